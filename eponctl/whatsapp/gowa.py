"""GOWA (go-whatsapp-web-multidevice), hosted by oneself.

`api_url` is the whole address: http://gateway.example:3000/send/message. `api_key` is
`user:password`, where the server has its APP_BASIC_AUTH, else nothing; `session` the device's id,
where the server has several.

Quirks: 401 with a JSON code is a lost session, without one a wrong password. A failed look-up
answers as a number that is not on WhatsApp does. A yes is WhatsApp's own: the server waits for it.

Source: field/whatsapp-gateways.md sections 7 and 12; what /app/status says of a session that is
there is not in them, so only a lost one is told from its answer.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from eponctl.answers import asked, found, identity, parsed, refused, sendable, unknown, words
from eponctl.config import WhatsAppSettings
from eponctl.errors import ConfigError, Outcome, Problem, SendError
from eponctl.provider import CHECK_NUMBER, CHECK_SENDER, Health, Level, Receipt
from eponctl.web import Limits, Page, Web

_CHECK_DEVICE = "set session to the id of a device that the gateway lists under /devices"
_CHECK_TEXT = "the gateway's own words say what it does not take"
_MUST_WRITE = "let the recipient write to the sender once: WhatsApp lets it open no new chats now"
_TIMELOCK = "WA_REACHOUT_TIMELOCK"
_TIMELOCK_S = 6 * 3600.0  # it lasts for hours, and tries make it worse
_CODES = {
    "AUTHENTICATION_ERROR": (Outcome.SENDER_DOWN, CHECK_SENDER, 1),
    "INVALID_WA_CLI": (Outcome.SENDER_DOWN, CHECK_SENDER, 1),
    # A failed look-up of a good number says the same.
    "INVALID_JID": (Outcome.BAD_RECIPIENT, CHECK_NUMBER, 2),
    _TIMELOCK: (Outcome.BAD_RECIPIENT, _MUST_WRITE, 1),
    "DEVICE_ID_REQUIRED": (Outcome.BAD_CONFIG, _CHECK_DEVICE, 1),
    "DEVICE_NOT_FOUND": (Outcome.BAD_CONFIG, _CHECK_DEVICE, 1),
    "VALIDATION_ERROR": (Outcome.BAD_CONFIG, _CHECK_TEXT, 1),
}


def provider(settings: WhatsAppSettings) -> Gowa:
    """The server that the settings describe. Raises ConfigError: the key cannot be had."""
    key = settings.api_key.reveal() if settings.api_key else ""
    user, colon, password = key.partition(":")
    if key and not colon:
        raise ConfigError([Problem("whatsapp.api_key", "", "expected user:password, for gowa")])
    return Gowa(settings.api_url, (user, password) if key else None, settings.session)


class Gowa:
    """One device of a GOWA server."""

    max_chars = 65_536
    max_bytes = 60_000
    # The server gives up after 45 s.
    read_timeout_s = 50.0
    pause_s = 6.0

    def __init__(self, api_url: str, login: tuple[str, str] | None, device: str) -> None:
        self._url = api_url
        self._login = login
        self._secrets = login[1:] if login else ()
        self._headers = {"X-Device-Id": device} if device else {}

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Hand `text` over; the yes comes when WhatsApp's server has it."""
        phone = to if "@" in to else f"{to}@s.whatsapp.net"
        data = {"phone": phone, "message": sendable(text)}
        page = self._ask("POST", self._url, limits, data)
        answer = parsed(page)
        if page.status == 200 and found(answer, "code") == "SUCCESS":  # noqa: PLR2004
            return Receipt(Level.SERVER_ACK, identity(answer, "results.message_id"))
        raise self._failure(page)

    def health(self, limits: Limits) -> Health:
        """Ask /app/status; only a lost session is known from it. Raises SendError."""
        page = self._ask("GET", urljoin(self._url, "../app/status"), limits)
        if page.status == 200 and parsed(page):  # noqa: PLR2004
            return Health.UNKNOWN
        error = self._failure(page)
        if error.outcome is Outcome.SENDER_DOWN:
            return Health.DISCONNECTED
        raise error

    def _ask(self, method: str, url: str, limits: Limits, data: Any = None) -> Page:
        with Web(self._url, limits, login=self._login) as web, web.within():
            headers, secrets = self._headers, self._secrets
            return asked(web, method, url, headers=headers, json=data, secrets=secrets)

    def _failure(self, page: Page) -> SendError:
        answer = parsed(page)
        code, text = words(answer, "code"), words(answer, "message", "code")
        if code not in _CODES:
            return unknown(page, text, secrets=self._secrets)
        outcome, hint, tries = _CODES[code]
        wait_s = _TIMELOCK_S if code == _TIMELOCK else None
        return refused(page, outcome, text, hint=hint, needed_tries=tries, wait_s=wait_s)

"""Fonnte (api.fonnte.com), hosted in Indonesia.

Where to get the key: the gateway's web page, the token of the device; the account's own token is
refused. `api_url` is https://api.fonnte.com/send unless it says otherwise.

Quirks: refusals come with HTTP 200; keys may be capitalised and booleans be texts; commas in a
target are a list, so one number a request. A disconnected device refuses at once (connectOnly).

Source: field/whatsapp-gateways.md sections 2 and 12.
"""

from __future__ import annotations

from urllib.parse import urljoin

from eponctl.answers import (
    Meaning,
    asked,
    found,
    identity,
    is_no,
    is_yes,
    meant,
    parsed,
    sendable,
    words,
)
from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome
from eponctl.provider import CHECK_NUMBER, CHECK_PLAN, CHECK_SENDER, Health, Level, Receipt, key_of
from eponctl.web import Limits, Page, Web

_CHECK_KEY = "check api_key: the token of the device, not of the account"
_REPORT = "the gateway does not take a request as eponctl makes it: please report this"
_REASONS: tuple[Meaning, ...] = (
    (Outcome.SENDER_DOWN, CHECK_SENDER, ("disconnect",)),
    (Outcome.BAD_RECIPIENT, CHECK_NUMBER, ("target invalid",)),
    (Outcome.BAD_CONFIG, _CHECK_KEY, ("token", "unknown user")),
    (Outcome.BAD_CONFIG, CHECK_PLAN, ("quota",)),
    (Outcome.BAD_CONFIG, _REPORT, ("input invalid", "json format invalid")),
)
_STATES = {"connect": Health.CONNECTED, "disconnect": Health.DISCONNECTED}


def provider(settings: WhatsAppSettings) -> Fonnte:
    """The device that the token belongs to. Raises ConfigError: the key cannot be had."""
    return Fonnte(settings.api_url, key_of(settings))


class Fonnte:
    """One device at Fonnte."""

    max_chars = 60_000
    max_bytes = 60_000
    read_timeout_s = 50.0
    pause_s = 6.0

    def __init__(self, api_url: str, token: str) -> None:
        self._url = api_url
        self._token = token

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Put `text` into the gateway's queue; the number is sent as it is (countryCode 0)."""
        fields = {"target": to, "message": sendable(text), "countryCode": "0"}
        page = self._post(self._url, fields, limits)
        answer = parsed(page)
        status = found(answer, "status")
        is_said = "success" in words(answer, "detail").lower() and not is_no(status)
        is_taken = is_yes(status) or is_said
        if page.status < 300 and is_taken:  # noqa: PLR2004
            return Receipt(Level.QUEUED, identity(answer, "id[0]", "id"))
        raise meant(page, words(answer, "reason", "detail"), _REASONS, secrets=(self._token,))

    def health(self, limits: Limits) -> Health:
        """Ask /device for our session. Raises SendError."""
        page = self._post(urljoin(self._url, "device"), {}, limits)
        answer = parsed(page)
        state = _STATES.get(words(answer, "device_status").lower())
        if state is None:
            raise meant(page, words(answer, "reason"), _REASONS, secrets=(self._token,))
        return state

    def _post(self, url: str, fields: dict[str, str], limits: Limits) -> Page:
        # The bare token, without "Bearer".
        headers = {"Authorization": self._token}
        with Web(self._url, limits) as web, web.within():
            return asked(web, "POST", url, headers=headers, form=fields, secrets=(self._token,))

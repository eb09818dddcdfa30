"""MPWA ("M-Pedia"): kirimwa.classy.id and many Indonesian resellers, all of one contract.

Where to get the key: the gateway's web page, Settings or API Docs. The same key may log the device
out or delete it: guard it. `api_url` is the whole address: https://gateway.example/send-message.

Quirks: a refusal comes as 400, or as 200 with `status` false; its text is in `msg` or `message`, in
the gateway's language, so only `status` says that a message was taken. One answer serves for a
number that is not on WhatsApp and for a sender that is not connected; /info-devices, where there is
one, tells them apart. A list of numbers is answered yes if one was reached: one a request.

Source: field/whatsapp-gateways.md sections 1, 12 and, for the pause, 4.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from eponctl.answers import asked, identity, parsed, sendable
from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.provider import (
    CHECK_KEY,
    CHECK_NUMBER,
    CHECK_PLAN,
    CHECK_SENDER,
    CHECK_URL,
    Health,
    Level,
    Receipt,
    quoted,
    refusal,
)
from eponctl.web import Limits, Page, Web

_NOT_CONNECTED = "gateway: the sender is not connected to WhatsApp"
_CHECK_BOTH = f"{CHECK_NUMBER}, and that the gateway shows the sender as connected"

# Failure texts in lower case, English and Indonesian; the first that fits counts. "Failed to send
# message!" and "... not registered in WhatsApp or your sender not connected" are left out: unclear.
_KEY_WORDS = ("api_key", "kunci api")
_TEXTS = (
    # Its worker is gone, or it sent the message and could not log it.
    (Outcome.AMBIGUOUS, "", ("check your connection", "periksa koneksi anda")),
    (Outcome.SENDER_DOWN, CHECK_SENDER, ("whatsapp connection", "sender is not connected")),
    (Outcome.SENDER_DOWN, CHECK_SENDER, ("koneksi whatsapp", "pengirim anda tidak terhubung")),
    (Outcome.BAD_CONFIG, CHECK_KEY, _KEY_WORDS),
    (Outcome.BAD_CONFIG, CHECK_PLAN, ("permission", "enough messages", "subscription")),
    (Outcome.BAD_CONFIG, CHECK_PLAN, ("izin", "cukup pesan", "langganan")),
    (Outcome.BAD_CONFIG, CHECK_URL, ("invalid parameters", "parameter tidak valid")),
    (Outcome.BAD_MESSAGE, "", ("check your parameter",)),
)
# How many tries must end in the unclear failure before the recipient is blamed.
_TRIES_IF_CONNECTED, _TRIES_IF_UNKNOWN = 2, 3
_NOT_FOUND = 404


def provider(settings: WhatsAppSettings) -> Mpwa:
    """The gateway that the settings describe. Raises ConfigError: the key cannot be had."""
    key = settings.api_key.reveal() if settings.api_key else ""
    return Mpwa(settings.api_url, key, settings.sender)


class Mpwa:
    """One MPWA gateway and one sender."""

    max_chars = 4000
    max_bytes = 60_000
    # PHP waits 30 s for the worker, which reconnects a lost session first.
    read_timeout_s = 50.0
    # As often as WhatsApp's own API allows it to one person.
    pause_s = 6.0

    def __init__(self, api_url: str, api_key: str, sender: str) -> None:
        self._url = api_url
        self._key = api_key
        self._sender = sender

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Hand `text` over; `full` asks for the message's id, older builds ignore it."""
        data = {"sender": self._sender, "number": to, "message": sendable(text), "full": 1}
        with Web(self._url, limits) as web, web.within():
            page = self._post(web, self._url, data)
            return self._receipt(web, page)

    def health(self, limits: Limits) -> Health:
        """Ask /info-devices for our session; older builds have none. Raises SendError."""
        with Web(self._url, limits) as web, web.within():
            page = self._info(web)
        error = refusal(page)
        if error and page.status != _NOT_FOUND:
            raise error
        health = self._told(page)
        said = str(parsed(page).get("msg") or "")
        if health is Health.UNKNOWN and any(word in said.lower() for word in _KEY_WORDS):
            text = f"gateway: {quoted(said, self._key)}"
            raise SendError(Outcome.BAD_CONFIG, text, hint=CHECK_KEY)
        return health

    def _post(self, web: Web, url: str, data: dict[str, Any]) -> Page:
        body = {"api_key": self._key, **data}
        return asked(web, "POST", url, json=body, secrets=(self._key,))

    def _receipt(self, web: Web, page: Page) -> Receipt:
        error = refusal(page)
        if error:
            raise error
        answer = parsed(page)
        is_ok = page.status < 300  # noqa: PLR2004
        # A derivative writes its booleans as text.
        status = str(answer.get("status")).lower()
        if is_ok and status in {"true", "1"}:
            return Receipt(Level.SENT, identity(answer, "data.key.id"))
        if is_ok and status not in {"false", "0"}:
            raise SendError(Outcome.AMBIGUOUS, "gateway: an answer that says neither yes nor no")
        if not answer:
            text = f"gateway: HTTP {page.status}, not as MPWA answers"
            raise SendError(Outcome.BAD_CONFIG, text, hint=CHECK_URL)
        raise self._failure(web, answer)

    def _failure(self, web: Web, answer: dict[str, Any]) -> SendError:
        text = str(answer.get("msg") or answer.get("message") or "refused without a reason")
        said = f"gateway: {quoted(text, self._key)}"
        for outcome, hint, words in _TEXTS:
            if any(word in text.lower() for word in words):
                return SendError(outcome, said, hint=hint)
        health = self._health(web)
        if health is Health.DISCONNECTED:
            return SendError(Outcome.SENDER_DOWN, _NOT_CONNECTED, hint=CHECK_SENDER)
        if health is Health.CONNECTED:
            tries, hint = _TRIES_IF_CONNECTED, CHECK_NUMBER
        else:
            tries, hint = _TRIES_IF_UNKNOWN, _CHECK_BOTH
        return SendError(Outcome.BAD_RECIPIENT, said, hint=hint, needed_tries=tries)

    def _health(self, web: Web) -> Health:
        try:
            return self._told(self._info(web))
        except SendError:
            return Health.UNKNOWN

    def _info(self, web: Web) -> Page:
        url = urljoin(self._url.rstrip("/"), "info-devices")
        return self._post(web, url, {"number": self._sender})

    def _told(self, page: Page) -> Health:
        devices = parsed(page).get("info")
        known = [d for d in devices if isinstance(d, dict)] if isinstance(devices, list) else []
        ours = [d for d in known if str(d.get("body")).lstrip("+") == self._sender]
        word = str(ours[0].get("status")).lower() if ours else ""
        return _HEALTH.get(word, Health.UNKNOWN)


_HEALTH = {
    "connected": Health.CONNECTED,
    "disconnect": Health.DISCONNECTED,
    "disconnected": Health.DISCONNECTED,
}

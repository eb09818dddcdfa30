"""WAHA (devlikeapro), hosted by oneself.

Where to get the key: the server's own X-Api-Key. `api_url` is the whole address:
http://gateway.example:3000/api/sendText; `session` which session sends, "default" if none is named.

Quirks: a number without WhatsApp may be answered as sent, so each number is asked for once before.
Its 500 echoes the request: only the exception's own message is shown. A session that is not
WORKING is waited for 5 s, then refused.

Source: field/whatsapp-gateways.md sections 5 and 12.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from eponctl.answers import asked, found, identity, parsed, refused, sendable, unknown, words
from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.provider import CHECK_NUMBER, CHECK_SENDER, Health, Level, Receipt, key_of
from eponctl.web import Limits, Page, Web

_CHECK_SESSION = "set session to the name of a session that the gateway has"
_IDS = ("id", "id._serialized", "key.id")
_NOT_FOUND, _NOT_WORKING = 404, 422


def provider(settings: WhatsAppSettings) -> Waha:
    """The session that the settings name. Raises ConfigError: the key cannot be had."""
    return Waha(settings.api_url, key_of(settings), settings.session or "default")


class Waha:
    """One session of a WAHA server."""

    max_chars = 65_536
    max_bytes = 60_000
    read_timeout_s = 50.0
    pause_s = 6.0

    def __init__(self, api_url: str, key: str, session: str) -> None:
        self._url = api_url
        self._key = key
        self._session = session
        self._known: set[str] = set()

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Hand `text` over, if the number is on WhatsApp."""
        chat = to if "@" in to else f"{to}@c.us"
        data = {"session": self._session, "chatId": chat, "text": sendable(text)}
        with Web(self._url, limits) as web, web.within():
            if "@" not in to and to not in self._known:
                self._look_up(web, to)
            page = self._ask(web, "POST", self._url, json={**data, "linkPreview": False})
        name = identity(parsed(page), *_IDS)
        if page.status < 300 and name:  # noqa: PLR2004
            return Receipt(Level.SENT, name)
        raise self._failure(page)

    def health(self, limits: Limits) -> Health:
        """Ask for our session: WORKING is the one state that sends. Raises SendError."""
        with Web(self._url, limits) as web, web.within():
            page = self._ask(web, "GET", urljoin(self._url, f"sessions/{self._session}"))
        state = words(parsed(page), "status") if page.status < 300 else ""  # noqa: PLR2004
        if not state:
            raise self._failure(page)
        return _STATES.get(state, Health.UNKNOWN)

    def _look_up(self, web: Web, to: str) -> None:
        """Raise SendError when the server says that there is no such number."""
        query = {"phone": to, "session": self._session}
        try:
            page = self._ask(web, "GET", urljoin(self._url, "contacts/check-exists"), query=query)
        except SendError as error:
            # Nothing was sent yet, whatever became of the question.
            raise SendError(Outcome.RETRY, error.message, hint=error.hint) from error
        exists = found(parsed(page), "numberExists") if page.status < 300 else None  # noqa: PLR2004
        if exists is False:
            text = "the number is not on WhatsApp"
            raise refused(page, Outcome.BAD_RECIPIENT, text, hint=CHECK_NUMBER)
        if exists is True:
            self._known.add(to)

    def _ask(self, web: Web, method: str, url: str, **parts: Any) -> Page:
        return asked(
            web, method, url, headers={"X-Api-Key": self._key}, secrets=(self._key,), **parts
        )

    def _failure(self, page: Page) -> SendError:
        answer = parsed(page)
        text = words(answer, "exception.message", "message", "error")
        if page.status == _NOT_WORKING and "session" in text.lower():
            state = f"the session {self._session} is {words(answer, 'status') or 'not working'}"
            return refused(page, Outcome.SENDER_DOWN, state, hint=CHECK_SENDER)
        if page.status == _NOT_FOUND and "session" in text.lower():
            return refused(
                page, Outcome.BAD_CONFIG, text, hint=_CHECK_SESSION, secrets=(self._key,)
            )
        if "no lid found" in text.lower():
            hint = CHECK_NUMBER
            return refused(page, Outcome.BAD_RECIPIENT, text, hint=hint, needed_tries=2)
        return unknown(page, text, secrets=(self._key,))


_STATES = {
    "WORKING": Health.CONNECTED,
    **dict.fromkeys(("STOPPED", "STARTING", "SCAN_QR_CODE", "FAILED"), Health.DISCONNECTED),
}

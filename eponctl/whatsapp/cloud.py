"""WhatsApp Cloud API: Meta's own, official.

Where to get the key: Meta's developer pages, a token of the app. `api_url` is the whole
address, with the version and the id of the sender's number:
https://graph.facebook.com/v23.0/PHONE_NUMBER_ID/messages.

Quirks: free text reaches only those who wrote to the sender within 24 hours; others get the
approved `template`, whose one parameter is the text on one line. A yes means accepted: a refusal
that comes later comes to a webhook, which we have not. What an error means is in its code, not in
the HTTP status. Groups are only those of Meta's own kind.

Source: field/whatsapp-gateways.md sections 4 and 12.
"""

from __future__ import annotations

import re
from typing import Any

from eponctl.answers import asked, found, identity, parsed, refused, sendable, unknown, words
from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.provider import CHECK_NUMBER, CHECK_PLAN, Health, Level, Receipt, key_of
from eponctl.web import Limits, Page, Web

PARAMETER_CHARS = 900
"""The most of a text that goes into a template: its body has 1,024 with its own words."""

_WINDOW_CLOSED = 131047
_BAD_PARAMETER = 100
# Which one is only in its words: one bad number must not stop what is for the others.
_ABOUT_RECIPIENT = re.compile(r"(?i)\brecipient\b|\bparam(eter)? \W?to\b")
_PAIR_WAIT_S = 16.0  # Meta asks for 4, 16, 64 s ...: one message in 6 s goes to one person
_CHECK_KEY = "check api_key: a token that has not expired and may send"
_CHECK_ID = "check api_url: the version, and the id of the sender's number"
_CHECK_ACCOUNT = "see the account's quality and limits in the WhatsApp Manager; do not hurry it"
_CHECK_TEMPLATE = "check template and template_language: approved, with one parameter in its body"
_NEEDS_TEMPLATE = "the recipient has not written for 24 h: set template to an approved one"
_CODES: dict[int, tuple[Outcome, str]] = {
    **dict.fromkeys((0, 190), (Outcome.BAD_CONFIG, _CHECK_KEY)),
    **dict.fromkeys((3, 10, *range(200, 300)), (Outcome.BAD_CONFIG, _CHECK_KEY)),
    **dict.fromkeys((33, 100), (Outcome.BAD_CONFIG, _CHECK_ID)),
    **dict.fromkeys((1, 2, 131016), (Outcome.RETRY, "")),
    131000: (Outcome.AMBIGUOUS, ""),
    **dict.fromkeys((4, 80007, 130429, 613, 131056), (Outcome.RETRY, "")),
    **dict.fromkeys((131048, 368, 131031, 130497), (Outcome.BAD_CONFIG, _CHECK_ACCOUNT)),
    131042: (Outcome.BAD_CONFIG, CHECK_PLAN),
    _WINDOW_CLOSED: (Outcome.BAD_MESSAGE, _NEEDS_TEMPLATE),
    **dict.fromkeys((131026, 131021, 131030), (Outcome.BAD_RECIPIENT, CHECK_NUMBER)),
    **dict.fromkeys((131049, 131008, 131009, 131051), (Outcome.BAD_MESSAGE, "")),
    132018: (Outcome.BAD_MESSAGE, _CHECK_TEMPLATE),
    **dict.fromkeys(
        (132000, 132001, 132005, 132007, 132012, 132015, 132016),
        (Outcome.BAD_CONFIG, _CHECK_TEMPLATE),
    ),
}
_RULE = re.compile(r"[─━═]{3,}")


def provider(settings: WhatsAppSettings) -> Cloud:
    """The number that `api_url` names. Raises ConfigError: the key cannot be had."""
    key = key_of(settings)
    return Cloud(settings.api_url, key, settings.template, settings.template_language)


class Cloud:
    """One number at the Cloud API."""

    max_chars = 4096
    max_bytes = 60_000
    read_timeout_s = 30.0
    pause_s = 6.0

    def __init__(self, api_url: str, token: str, template: str, language: str) -> None:
        self._url = api_url
        self._token = token
        self._template = template
        self._language = language

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Hand `text` over; by the template where the recipient has not written for too long."""
        body = sendable(text)
        with Web(self._url, limits) as web, web.within():
            free = {"type": "text", "text": {"preview_url": False, "body": body}}
            page = self._post(web, to, free)
            if self._template and _code(page) == _WINDOW_CLOSED:
                page = self._post(web, to, self._by_template(body))
        name = identity(parsed(page), "messages[0].id")
        if page.status == 200 and name:  # noqa: PLR2004
            return Receipt(Level.ACCEPTED, name)
        raise self._failure(page)

    def health(self, limits: Limits) -> Health:  # noqa: ARG002
        """There is no session to be lost."""
        return Health.UNKNOWN

    def _by_template(self, text: str) -> dict[str, Any]:
        parameter = {"type": "text", "text": one_line(text)}
        template = {
            "name": self._template,
            "language": {"code": self._language},
            "components": [{"type": "body", "parameters": [parameter]}],
        }
        return {"type": "template", "template": template}

    def _post(self, web: Web, to: str, content: dict[str, Any]) -> Page:
        kind = "group" if to.endswith("@g.us") else "individual"
        head = {"messaging_product": "whatsapp", "recipient_type": kind, "to": to}
        headers = {"Authorization": f"Bearer {self._token}"}
        data = {**head, **content}
        return asked(web, "POST", self._url, headers=headers, json=data, secrets=(self._token,))

    def _failure(self, page: Page) -> SendError:
        answer, code = parsed(page), _code(page)
        # The details say which parameter; the message says what for.
        parts = (words(answer, "error.message"), words(answer, "error.error_data.details"))
        text = ": ".join(part for part in parts if part)
        if code not in _CODES:
            return unknown(page, text, secrets=(self._token,))
        outcome, hint = _CODES[code]
        if code == _BAD_PARAMETER and _ABOUT_RECIPIENT.search(text):
            outcome, hint = Outcome.BAD_RECIPIENT, CHECK_NUMBER
        wait_s = _PAIR_WAIT_S if code == _PAIR_LIMIT else None
        said = text if str(code) in text else f"#{code} {text}"
        return refused(page, outcome, said, hint=hint, secrets=(self._token,), wait_s=wait_s)


_PAIR_LIMIT = 131056


def one_line(text: str) -> str:
    """A text as a template's parameter takes it: no line's end, no tab, no run of spaces, short."""
    lines = (" ".join(_RULE.sub(" ", line).split()) for line in text.splitlines())
    line = " | ".join(line for line in lines if line)
    return line if len(line) <= PARAMETER_CHARS else line[: PARAMETER_CHARS - 1].rstrip() + "…"


def _code(page: Page) -> int | None:
    code = found(parsed(page), "error.code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None

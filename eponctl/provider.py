"""What a WhatsApp provider is, how one is found by its name, and what HTTP says to any of them.

Providers are one file each in whatsapp/. Must not know any of them, nor the outbox. How their
answers are read is answers.py's.
Source: field/whatsapp-gateways.md section 12, the row `any`.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, cast
from urllib.parse import urlsplit

from eponctl.config import PROVIDERS, WhatsAppSettings
from eponctl.errors import ConfigError, OltError, Outcome, Problem, SendError, Unreachable
from eponctl.masking import masked
from eponctl.web import Limits, Page

MAX_RETRY_AFTER_S = 900.0
CHECK_URL = "check api_url: the gateway's whole address for sending"
CHECK_KEY = "check api_key and sender: both as the gateway's web page shows them"
CHECK_API_KEY = "check api_key: as the gateway shows it, and whether it may send"
CHECK_PLAN = "renew or top up the plan at the gateway"
CHECK_SENDER = "connect the sender again: scan its QR code on the gateway's web page"
CHECK_CERTIFICATE = "the gateway needs a certificate that this machine trusts, for api_url's host"
CHECK_NUMBER = "check that the number is on WhatsApp"

# By status; what is not here: 5xx ambiguous, other 4xx the gateway's own to explain.
_STATUS = {
    # Surely not taken: throttled, in maintenance, or a proxy that did not reach the gateway behind
    # it (521 to 523 are Cloudflare's words for that).
    **dict.fromkeys((408, 425, 429, 502, 503, 521, 522, 523), (Outcome.RETRY, "")),
    **dict.fromkeys((401, 403), (Outcome.BAD_CONFIG, CHECK_KEY)),
    **dict.fromkeys((404, 405, 410), (Outcome.BAD_CONFIG, CHECK_URL)),
    413: (Outcome.BAD_MESSAGE, "the gateway does not take a message of this length"),
}
_REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 300, 400, 500
_CLIPPED_AT = 120  # characters of a gateway's text
_KEY = re.compile(r"[!-~]+")


class Level(StrEnum):
    """How far a message got, as far as the gateway's yes tells."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    SENT = "sent"
    SERVER_ACK = "server-ack"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The gateway's yes: how far the message got, and its id where the gateway gave one."""

    level: Level
    gateway_id: str | None = None


class Health(StrEnum):
    """What the gateway says of our WhatsApp session; UNKNOWN where it cannot be asked."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    UNKNOWN = "unknown"


class Provider(Protocol):
    """A gateway for one run: one text to one recipient; no retry, no sleep, no splitting."""

    max_chars: int
    """Longest text, in the larger of code points and UTF-16 units."""
    max_bytes: int
    """Longest text in UTF-8 bytes."""
    read_timeout_s: float
    """How long an answer may take before it is taken for lost."""
    pause_s: float
    """Least time between two messages to one recipient: what WhatsApp does not take for spam."""

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Hand `text` to the gateway for `to`. Raises SendError: what that means for the rest."""
        ...

    def health(self, limits: Limits) -> Health:
        """Ask after our session, sending nothing. Raises SendError: why that was not answered."""
        ...


class Checkup(NamedTuple):
    """How the gateway says that our session is; where it did not say, `error` is why."""

    health: Health
    error: SendError | None = None


def names() -> tuple[str, ...]:
    """The providers that olts.toml may name."""
    return PROVIDERS


def load(settings: WhatsAppSettings) -> Provider:
    """The provider that the configuration names, ready to send."""
    module = importlib.import_module(f"eponctl.whatsapp.{settings.provider}")
    return cast(Provider, module.provider(settings))


def checkup(gateway: Provider, limits: Limits) -> Checkup:
    """Ask a gateway after our session, sending nothing; for who wants to know, and not to send."""
    try:
        return Checkup(gateway.health(limits))
    except SendError as error:
        return Checkup(Health.UNKNOWN, error)


def key_of(settings: WhatsAppSettings) -> str:
    """The key, as a header can carry it; empty where there is none.

    Raises ConfigError: it cannot be had, or is no key (a file's second line, say).
    """
    key = settings.api_key.reveal() if settings.api_key else ""
    if key and not _KEY.fullmatch(key):
        what = "expected a key of ASCII letters, digits and marks, on one line, without spaces"
        raise ConfigError([Problem("whatsapp.api_key", "", what)])
    return key


def unanswered(error: OltError, *secrets: str) -> SendError:
    """What it means that the gateway gave no answer that could be read."""
    was_sent = error.was_sent if isinstance(error, Unreachable) else True
    outcome = Outcome.AMBIGUOUS if was_sent else Outcome.RETRY
    # verify_tls is an OLT's: no key is told to a gateway that may be another.
    hint = CHECK_CERTIFICATE if "verify_tls" in error.hint else error.hint
    return SendError(outcome, f"gateway: {quoted(error.message, *secrets)}", hint=hint)


def refusal(page: Page) -> SendError | None:
    """What the status alone says; None for 2xx and for a 4xx that the gateway itself explains."""
    if _REDIRECTS <= page.status < _CLIENT_ERRORS:
        host = urlsplit(page.headers.get("Location", "")).hostname or "another page"
        text = f"gateway: redirects to {quoted(host)}, not followed: it would carry the key"
        return SendError(Outcome.BAD_CONFIG, text, hint=CHECK_URL)
    text = f"gateway: HTTP {page.status}"
    if page.status in _STATUS:
        outcome, hint = _STATUS[page.status]
        return SendError(outcome, text, hint=hint, retry_after_s=retry_after_s(page))
    return SendError(Outcome.AMBIGUOUS, text) if page.status >= _SERVER_ERRORS else None


def retry_after_s(page: Page) -> float | None:
    """Seconds to wait, as the gateway wishes it, at most a quarter of an hour."""
    wish = page.headers.get("Retry-After", "").strip()
    if wish.isdecimal():
        return min(float(wish), MAX_RETRY_AFTER_S)
    try:
        # The gateway's own clock, so that ours need not agree with it.
        wait = parsedate_to_datetime(wish) - parsedate_to_datetime(page.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def quoted(text: str, *secrets: str) -> str:
    """A gateway's own text as one harmless line: clipped, no secrets, numbers or control bytes."""
    text = hidden(text, *secrets)
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    line = masked(" ".join(plain.split()))
    return line if len(line) <= _CLIPPED_AT else line[: _CLIPPED_AT - 1] + "…"


def hidden(text: str, *secrets: str) -> str:
    """The text with `***` in the place of secrets."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text

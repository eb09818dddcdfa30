"""Every error eponctl raises on purpose; the bottom layer, imported by all and importing nothing.

EponctlError(message, hint)
  ConfigError         all problems of a file at once; exit 2, nothing polled
  LockHeld            another poll runs; exit 75
  OltError            one OLT, or one PON of it, could not be read; never stops another OLT
    Unreachable       connect, DNS, timeout, reset, the OLT's deadline
    LoginRejected     401, 403, a login page, "Access Denied" at HTTP 200; never retried
    SessionBusy       the device's only session is taken by a person
    PageChanged       the page is not what the driver knows: cut, empty, foreign, too few rows
      PageMissing     the device says that it has no such page
      ForeignRedirect a redirect away from the device; not followed, not retried
      UnknownFirmware no dialect fits
  SendError(outcome)  a WhatsApp gateway did not take a message
  StoreError          the database is locked, corrupt, of a newer schema, or the disk is full
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, NamedTuple


class EponctlError(Exception):
    """What went wrong in one line, and what to do about it in another."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Problem(NamedTuple):
    """One fault of a configuration file: where it is and what was expected there."""

    file: str
    key: str
    text: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.text}"


class ConfigError(EponctlError):
    """Everything that is wrong with the configuration, so that one attempt mends it all."""

    def __init__(self, problems: list[Problem], hint: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint)
        self.problems = problems


class LockHeld(EponctlError):
    """Another poll holds the lock of this database; nothing was done."""


class OltError(EponctlError):
    """An OLT, or one PON of it, could not be read whole. It changes no ONU's state."""

    kind: ClassVar[str] = "error"
    is_retryable: ClassVar[bool] = True


class Unreachable(OltError):
    """No (whole) answer in time. `was_sent`: the other side may have read the request."""

    kind = "unreachable"

    def __init__(self, message: str, hint: str = "", *, was_sent: bool = True) -> None:
        super().__init__(message, hint)
        self.was_sent = was_sent


class LoginRejected(OltError):
    """The device refused the credentials. Trying again may lock the account."""

    kind = "login"
    is_retryable = False


class SessionBusy(OltError):
    """The device's only session is in use."""

    kind = "busy"
    is_retryable = False


class PageChanged(OltError):
    """The page is cut, empty, foreign, or holds too little to be believed."""

    kind = "page"


class PageMissing(PageChanged):
    """The device has no such page (404, or its word for an unknown procedure)."""

    is_retryable = False


class ForeignRedirect(PageChanged):
    """The device sends its visitors to another host or port; credentials do not follow."""

    is_retryable = False


class UnknownFirmware(PageChanged):
    """The page has a table, but of no layout that is known."""

    kind = "firmware"
    is_retryable = False


class Outcome(StrEnum):
    """Why a gateway did not take a message, as far as it decides what comes next."""

    RETRY = "retry"
    SENDER_DOWN = "sender_down"
    BAD_RECIPIENT = "bad_recipient"
    BAD_MESSAGE = "bad_message"
    BAD_CONFIG = "bad_config"
    AMBIGUOUS = "ambiguous"


class SendError(EponctlError):
    """A message was not (or not surely) taken.

    `retry_after_s` is the gateway's own wish, in seconds; a recipient that is refused with one is
    closed for so long, and not for good. `needed_tries` is how many tries must end
    like this before it is believed: some gateways give one answer to several causes.
    """

    def __init__(
        self,
        outcome: Outcome,
        message: str,
        *,
        hint: str = "",
        retry_after_s: float | None = None,
        needed_tries: int = 1,
    ) -> None:
        super().__init__(message, hint)
        self.outcome = outcome
        self.retry_after_s = retry_after_s
        self.needed_tries = needed_tries


class StoreError(EponctlError):
    """The database could not be read or written; what was there before is intact."""

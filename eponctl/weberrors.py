"""What requests, urllib3 and the socket raise, in the words of the project's own errors."""

from __future__ import annotations

from requests import exceptions as rq
from urllib3 import exceptions as u3

from eponctl.errors import OltError, PageChanged, Unreachable

_MOST_LETTERS = 80


def mapped(error: Exception, path: str) -> OltError:  # noqa: PLR0911  (a table, as code)
    """What an exception of requests, urllib3 or the socket means to us; most specific first."""
    cause = _root(error)
    if isinstance(error, (rq.ContentDecodingError, u3.DecodeError)):
        return PageChanged(f"{path}: the page cannot be unpacked ({_short(cause)})")
    if isinstance(
        error,
        (
            rq.InvalidURL,
            rq.InvalidSchema,
            rq.MissingSchema,
            rq.InvalidHeader,
            u3.LocationValueError,
        ),
    ):
        return Unreachable(f"{path}: not a usable address ({_short(error)})", was_sent=False)
    if isinstance(error, (rq.SSLError, u3.SSLError)):
        hint = "if the device's certificate is its own, set verify_tls = false"
        if "WRONG_VERSION_NUMBER" in str(cause):
            hint = "it does not speak TLS there: try http:// instead of https://"
        return Unreachable(f"{path}: TLS failed ({_short(cause)})", hint, was_sent=False)
    if isinstance(cause, u3.NameResolutionError):
        return Unreachable("the host's name is not known", was_sent=False)
    # Before the timeouts, of which urllib3 has made it one.
    if isinstance(cause, u3.NewConnectionError):
        return Unreachable(_connection_text(cause), was_sent=False)
    if isinstance(error, (rq.ConnectTimeout, u3.ConnectTimeoutError)):
        return Unreachable("no answer to the connection in time", was_sent=False)
    if isinstance(error, (rq.ReadTimeout, u3.ReadTimeoutError, TimeoutError)):
        return Unreachable(f"{path}: no answer in time")
    return Unreachable(f"{path}: the connection broke ({_short(cause)})")


def _root(error: BaseException) -> BaseException:
    """The innermost cause that requests and urllib3 wrapped."""
    while True:
        inner = getattr(error, "reason", None) or next(
            (part for part in error.args if isinstance(part, BaseException)), None
        )
        if not isinstance(inner, BaseException) or inner is error:
            return error
        error = inner


def _connection_text(cause: u3.NewConnectionError) -> str:
    inner = cause.__cause__
    reason = getattr(inner, "strerror", None) or _short(inner or cause)
    return f"cannot connect: {str(reason).lower()}"


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 3] + "..."

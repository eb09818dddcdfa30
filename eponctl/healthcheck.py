"""The dead-man switch: a service outside is told that a poll began, and how it ended.

By the convention of healthchecks.io: `url/start`, then `url` or `url/fail`, with one short line.
The url is a secret: whoever has it can keep the switch quiet. Nothing here ever fails a poll or
holds it up: the beginning is told by a thread that nobody waits for, the end within some seconds.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
from typing import Self
from urllib.parse import urlsplit

from eponctl.errors import EponctlError, LockHeld
from eponctl.settings import Secret

END_S = 5.0
"""What the ping at the end may take, with what is left of that of the beginning."""
_START_S = 30.0
_GOOD = range(200, 300)
_HTTPS = "https"
# As a header, a line of the request and a host can hold it.
_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)


class Watch:
    """One poll under watch: enter it, say `began` once it really does, and then how it `ended`.

    What raises out of it has failed, but for a second poll that was not allowed to begin: that one
    says nothing. `faults` are words for a person who asked for them; the url is in none.
    """

    def __init__(self, url: Secret | None, *, end_s: float = END_S) -> None:
        self._url = url
        self._end_s = end_s
        self._start: threading.Thread | None = None
        self._faults: list[str] = []
        self._is_over = url is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None or not issubclass(kind, Exception) or issubclass(kind, LockHeld):
            return
        # Not its words: there may be a path in them, or the name of a customer.
        self.ended("fail", f"{kind.__name__}: the poll did not come to its end")

    @property
    def faults(self) -> tuple[str, ...]:
        """Why a ping did not arrive."""
        return tuple(self._faults)

    def began(self) -> None:
        """Tell of the beginning, without waiting for anything."""
        if not self._is_over:
            self._start = self._ping("start", "", _START_S)

    def ended(self, outcome: str, line: str) -> None:
        """Tell of the end: `outcome` is `fail`, or empty when all is well. Only once."""
        if self._is_over:
            return
        self._is_over = True
        end_at = time.monotonic() + self._end_s
        # In their order, or the service would think that the poll goes on. Not at any price.
        if self._start is not None:
            self._start.join(self._end_s / 2)
        left_s = end_at - time.monotonic()
        thread = self._ping(outcome, line, left_s)
        thread.join(left_s)
        if thread.is_alive():
            self._faults.append(f"no answer within {self._end_s:g} s")

    def _ping(self, path: str, line: str, timeout_s: float) -> threading.Thread:
        thread = threading.Thread(target=self._told, args=(path, line, timeout_s), daemon=True)
        thread.start()
        return thread

    def _told(self, path: str, line: str, timeout_s: float) -> None:
        word = path or "success"
        try:
            status = _post(self._url.reveal() if self._url else "", path, line, timeout_s)
        except EponctlError as error:
            self._faults.append(f"{word}: {error.message}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            # Not its own text: it may quote the address.
            self._faults.append(f"{word}: not reached ({type(error).__name__})")
        else:
            if status not in _GOOD:
                self._faults.append(f"{word}: HTTP {status}")


def _post(url: str, path: str, line: str, timeout_s: float) -> int:
    """POST the line to the url with the path behind it; the status of the answer.

    With nothing of requests: that would take the proxies of the environment, and its log lines have
    the path, which is the secret here. Raises EponctlError, OSError, HTTPException.
    """
    try:
        parts = urlsplit(url if _URL.fullmatch(url) else "")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise EponctlError("[healthcheck] url is no http(s)://host/path")
    connection = (
        http.client.HTTPSConnection(
            host, port, timeout=timeout_s, context=ssl.create_default_context()
        )
        if parts.scheme == _HTTPS
        else http.client.HTTPConnection(host, port, timeout=timeout_s)
    )
    target = parts.path.rstrip("/") + (f"/{path}" if path else "")
    query = f"?{parts.query}" if parts.query else ""
    try:
        headers = {"User-Agent": "eponctl", "Content-Type": "text/plain; charset=utf-8"}
        connection.request("POST", f"{target or '/'}{query}", line.encode(), headers)
        return connection.getresponse().status
    finally:
        connection.close()

"""Conversations that keep what was said, and ones that go by what was kept.

A driver asks through a `RecordingWeb` as through any other; what else is to be asked for is asked
within its session. A `ReplayWeb` answers a driver from a recording, in the way vcr does.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

from eponctl.errors import LoginRejected, OltError, PageChanged, SessionBusy, Unreachable
from eponctl.preparing import Prepared
from eponctl.web import Limits, Page, Web

REPLAY_HOST = "olt.example"
REPLAY_URL = f"http://{REPLAY_HOST}"
TOKEN = "X-Token"  # noqa: S105  (a header's name)
_RESERVE_S = 3.0
_REPLAY_S = 60.0


class Exchange(NamedTuple):
    """One request and its answer. `url` and the headers of both sides are as they were sent."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: Mapping[str, str]


def target_of(url: str) -> str:
    """Path and query of a url."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class RecordingWeb(Web):
    """A conversation that keeps every exchange.

    `further` says, from what was kept so far, what else is to be asked for once the driver has what
    it wants; in a session that is before its end.
    """

    def __init__(self, base_url: str, limits: Limits, **options: Any) -> None:
        super().__init__(base_url, limits, **options)
        self.kept: list[Exchange] = []
        self.further: Callable[[], Iterable[str]] = tuple
        self._has_gone_further = False

    @contextlib.contextmanager
    def session(self, farewell: Callable[[], object]) -> Iterator[None]:
        """As of any conversation; the further pages come before the farewell."""
        with super().session(farewell):
            try:
                yield
            except PageChanged:
                self.go_further()
                raise
            self.go_further()

    def go_further(self) -> None:
        """Ask for the further pages, once; one that is not there is kept as such."""
        if self._has_gone_further:
            return
        self._has_gone_further = True
        try:
            # As somebody without a password sees it: a realm, a refusal, where the way leads.
            self.probe("/")
        except OltError:
            return
        for path in self.further():
            if self.seconds_left() < _RESERVE_S:
                return
            try:
                self.get(path, self._token())
            except (Unreachable, LoginRejected, SessionBusy):
                # It has had enough of us.
                return
            except OltError:
                continue

    def _token(self) -> dict[str, str]:
        """The header of a session, as the driver sent it last; nothing where there is none."""
        sent = next((one.sent for one in reversed(self.kept) if TOKEN in one.sent), {})
        return {TOKEN: sent[TOKEN]} if sent else {}

    def _exchange(self, asked: Prepared, path: str) -> Page:
        page = super()._exchange(asked, path)
        self.kept.append(
            Exchange(asked.method, asked.url, page.status, page.headers, page.body, asked.headers)
        )
        return page


class NotRecorded(Exception):
    """A replay was asked for a page that the recording has not got, or not once more."""


class ReplayWeb(Web):
    """A conversation with a recording: each exchange is played once, in order."""

    def __init__(self, exchanges: Iterable[Exchange], *, sends_basic: bool, retries: int) -> None:
        limits = Limits(_REPLAY_S, _REPLAY_S, time.monotonic() + _REPLAY_S, retries=retries)
        super().__init__(REPLAY_URL, limits, login=("admin", "x"), sends_basic=sends_basic)
        self.unplayed = list(exchanges)

    def _exchange(self, asked: Prepared, path: str) -> Page:
        for one in self.unplayed:
            if (one.method, one.url) == (asked.method, asked.url):
                self.unplayed.remove(one)
                headers = CaseInsensitiveDict(one.headers)
                return Page(path, one.status, headers, one.body)
        raise NotRecorded(f"{asked.method} {path}")

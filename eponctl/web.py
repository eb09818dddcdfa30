"""HTTP to one device or gateway: timeouts, a hard deadline, a size cap, no foreign redirects.

Knows nothing of what the pages mean. Every exception of requests becomes one of the project's
own here, at one seam (weberrors.py); no secret enters a message or a log line. Long, because one
conversation, its session and its end belong into one head.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urljoin, urlsplit

from urllib3 import exceptions as u3
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from eponctl.addresses import origin, origin_text, path_of
from eponctl.connections import Line, Pools
from eponctl.errors import (
    ForeignRedirect,
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    Unreachable,
)
from eponctl.preparing import NO_PARTS, Cookies, Parts, Prepared, basic

MAX_PAGE_BYTES = 8 * 1024 * 1024
FAREWELL_S = 2.0
"""What a farewell may take beyond the deadline."""
_MAX_REDIRECTS = 3
_CHUNK_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "User-Agent": "eponctl",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}
_ASCII = "".join(map(chr, range(128)))
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _ERRORS = 401, 403, 404, 400

log = logging.getLogger(__name__)


class Page(NamedTuple):
    """One answer: `path` as it was asked for, the body unpacked but not decoded to text."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Limits(NamedTuple):
    """How long one conversation may take (s, monotonic clock for `deadline_at`)."""

    connect_timeout_s: float
    read_timeout_s: float
    deadline_at: float
    page_delay_s: float = 0.0
    retries: int = 0


class Web:
    """A conversation with one host: one request at a time, within one deadline.

    The deadline is kept in two ways: every timeout is cut to what is left of it, and `abort`,
    called from another thread, shuts the socket of a device that drips bytes just often enough.
    """

    def __init__(
        self,
        base_url: str,
        limits: Limits,
        *,
        login: tuple[str, str] | None = None,
        sends_basic: bool = True,
        verify_tls: bool = True,
    ) -> None:
        self.base_url = base_url
        self._login = login
        self._limits = limits
        self._origin = origin(base_url)
        self._line = Line()
        # What is prepared goes straight to the transport of requests, urllib3, past its Session: no
        # proxies, .netrc, cookies or redirects of its own making (`trust_env=False` and more), in
        # half of the time.
        self._pools = Pools(self._line, verify_tls=verify_tls)
        self._auth: Mapping[str, str] = {}
        if sends_basic:
            self.use_basic()
        self._cookies = Cookies()
        self._is_aborted = self._is_arriving = self._is_leaving = False
        self.has_session = False
        self._requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pools.close()

    @property
    def credentials(self) -> tuple[str, str]:
        """User name and password, for a driver whose device wants them in a form."""
        return self._login or ("", "")

    def use_basic(self) -> None:
        """From here on send user name and password with every request but probes."""
        if self._login:
            self._auth = basic(*self._login)

    @contextlib.contextmanager
    def session(self, farewell: Callable[[], object]) -> Iterator[None]:
        """Call `farewell` at the end of a session on the device, whatever happened amid it.

        It has some seconds of its own when the deadline has passed or the conversation was aborted:
        a session that is left open keeps people out. `has_session` is True until it has ended.
        """
        self.has_session = True
        try:
            yield
        finally:
            if self.seconds_left() < FAREWELL_S:
                self._limits = self._limits._replace(deadline_at=time.monotonic() + FAREWELL_S)
            self._is_leaving, self._is_aborted = True, False
            with contextlib.suppress(OltError):
                farewell()
            self.has_session = self._is_leaving = False

    @contextlib.contextmanager
    def arriving(self) -> Iterator[None]:
        """Let a login under way come to its end, also when the conversation is aborted amid it.

        Without its answer nobody could log out. It has a farewell's time beyond the deadline.
        """
        if not self.seconds_left():
            raise Unreachable("out of time", was_sent=False)
        limits = self._limits
        self._limits = limits._replace(deadline_at=limits.deadline_at + FAREWELL_S)
        self._is_arriving = True
        try:
            yield
        finally:
            self._is_arriving, self._limits = False, limits

    @property
    def request_count(self) -> int:
        """How many requests were made so far."""
        return self._requests

    def abort(self) -> None:
        """End the conversation now, from any thread: the deadline has passed.

        A farewell under way is let through, and a login: each has a short deadline of its own.
        """
        if not self._is_leaving:
            self._is_aborted = True
            if not self._is_arriving:
                self._line.cut()

    @contextlib.contextmanager
    def within(self) -> Iterator[None]:
        """Let a timer `abort` the conversation at its deadline for as long as this block lasts."""
        timer = threading.Timer(self.seconds_left(), self.abort)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def fetch(
        self,
        path: str,
        check: Callable[[Page], object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """GET a page that `check` accepts, trying again as often as the limits allow.

        Raises what the last try raised: Unreachable, LoginRejected, PageChanged and its children.
        """

        def ask() -> Page:
            page = self.get(path, headers)
            if check:
                check(page)
            return page

        return self._tried(ask)

    def _tried(self, ask: Callable[[], Page]) -> Page:
        for tries_left in range(self._limits.retries, -1, -1):
            try:
                return ask()
            except OltError as error:
                if not (tries_left and error.is_retryable and self.seconds_left() > 0):
                    raise
        raise AssertionError  # the last round returns or raises

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """GET one page, following redirects within the host; raises for anything but 2xx."""
        url = self._url(path)
        for _ in range(_MAX_REDIRECTS + 1):
            page = self._request("GET", url, path, headers=headers)
            if page.status not in _REDIRECTS:
                return _good(page)
            url = self._next_url(url, page)
        raise PageChanged(f"{path}: more than {_MAX_REDIRECTS} redirects")

    def probe(self, path: str) -> Page:
        """GET one page without a password; the answer whatever its status, redirects not followed.

        For looking at a device whose family is not known yet. Tries again as `fetch` does.
        """
        url = self._url(path)
        return self._tried(lambda: self._request("GET", url, path, is_anonymous=True))

    def post_form(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Page:
        """POST a form; the answer whatever its status, redirects not followed."""
        return self._request("POST", self._url(path), path, Parts(form=fields), headers)

    def post_json(self, url: str, data: Any, headers: Mapping[str, str] | None = None) -> Page:
        """POST `data` as JSON; the answer whatever its status, redirects not followed."""
        return self._request("POST", url, urlsplit(url).path, Parts(json=data), headers)

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Any = None,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        shown: str | None = None,
    ) -> Page:
        """Any request; the answer whatever its status, redirects not followed.

        `query`, and that of the url, may hold a key: neither is in a log line or an error. `shown`
        stands there for a path that holds one.
        """
        path = urlsplit(url).path if shown is None else shown
        return self._request(method, url, path, Parts(json, form, query), headers, shown=path)

    def seconds_left(self) -> float:
        """What is left of the deadline; 0.0 once it has passed or the conversation was aborted."""
        is_over = self._is_aborted and not self._is_arriving
        return 0.0 if is_over else max(0.0, self._limits.deadline_at - time.monotonic())

    def _url(self, path: str) -> str:
        return urljoin(self.base_url + "/", path.lstrip("/"))

    def _next_url(self, url: str, page: Page) -> str:
        try:
            # Bytes, read as latin-1: a name of a page in UTF-8 or gb2312 has to go back as it came.
            location = quote(page.headers.get("Location", ""), _ASCII, "latin-1")
            target = urljoin(url, location)
            is_here = origin(target) == self._origin
        except ValueError as error:
            raise PageChanged(f"{page.path}: redirected to no usable address") from error
        if not is_here:
            raise ForeignRedirect(
                f"{page.path}: redirected to another host ({origin_text(target)}), not followed",
                "check the OLT's url, or whether its web page asks for a login first",
            )
        if "login" in urlsplit(target).path.lower():
            raise LoginRejected(f"{page.path}: redirected to the login page")
        return target

    def _request(
        self,
        method: str,
        url: str,
        path: str,
        parts: Parts = NO_PARTS,
        headers: Mapping[str, str] | None = None,
        *,
        is_anonymous: bool = False,
        shown: str | None = None,
    ) -> Page:
        own = {**_HEADERS, **({} if is_anonymous else self._auth), **(headers or {})}
        self._pause()
        started = time.monotonic()
        status, size = "-", 0
        try:
            with self._translated(path):
                page = self._exchange(self._cookies.prepared(method, url, own, parts), path)
            status, size = str(page.status), len(page.body)
        finally:
            if log.isEnabledFor(logging.DEBUG):
                elapsed_ms = (time.monotonic() - started) * 1000
                where = path_of(url) if shown is None else shown
                log.debug(
                    "%s %s %s %d B %.0f ms %s",
                    *(method, where, status, size, elapsed_ms, urlsplit(url).netloc),
                )
        return page

    def _pause(self) -> None:
        if self._requests and self._limits.page_delay_s:
            time.sleep(min(self._limits.page_delay_s, self.seconds_left()))
        self._requests += 1
        if not self.seconds_left():
            raise Unreachable("out of time", was_sent=False)

    def _exchange(self, asked: Prepared, path: str) -> Page:
        left = self.seconds_left()
        timeout = Timeout(
            connect=min(self._limits.connect_timeout_s, left),
            read=min(self._limits.read_timeout_s, left),
        )
        self._line.is_connected = False
        response = self._pools.of(asked.url).urlopen(
            asked.method,
            path_of(asked.url) or "/",
            body=asked.body,
            headers=asked.headers,
            timeout=timeout,
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        with contextlib.closing(response):
            self._cookies.keep(asked, response)
            body = self._body(response, path)
            return Page(path, response.status, response.headers, body)

    def _body(self, response: BaseHTTPResponse, path: str) -> bytes:
        chunks, size = [], 0
        # urllib3 decodes in bounded steps, so that a page of a few kilobytes that unpacks to
        # gigabytes stops at the cap.
        for chunk in response.stream(_CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > MAX_PAGE_BYTES:
                raise PageChanged(f"{path}: more than {MAX_PAGE_BYTES // 2**20} MiB")
            if not self.seconds_left():
                raise Unreachable("the deadline passed amid the page")
            chunks.append(chunk)
        # A socket shut by `abort` looks like the end of a page without a length.
        if self._is_aborted and not self._is_arriving:
            raise Unreachable("the deadline passed amid the page")
        return b"".join(chunks)

    @contextlib.contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        try:
            yield
        except (u3.HTTPError, http.client.HTTPException, OSError) as error:
            from eponctl.weberrors import mapped

            if not self.seconds_left():
                raise Unreachable(f"{path}: no whole answer before the deadline") from error
            found = mapped(error, path)
            if isinstance(found, Unreachable):
                found.was_sent = self._line.is_connected
            raise found from error


def _good(page: Page) -> Page:
    if page.status in {_UNAUTHORIZED, _FORBIDDEN}:
        raise LoginRejected(f"{page.path}: HTTP {page.status}, user name or password refused")
    if page.status == _NOT_FOUND:
        raise PageMissing(f"{page.path}: HTTP 404")
    if page.status >= _ERRORS:
        raise PageChanged(f"{page.path}: HTTP {page.status}")
    return page

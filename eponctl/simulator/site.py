"""What an OLT's web server answers: credentials, routes and the faults that show in the content.

Pure but for the OLT's own counters: no sockets here. Faults of the connection itself are
`oltserver`'s business.
"""

from __future__ import annotations

import base64
import binascii
import functools
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from eponctl.simulator import pages
from eponctl.simulator.faults import Fault
from eponctl.simulator.olt import SimOlt
from eponctl.simulator.pages import Page
from eponctl.simulator.wire import Request

#: Box-wide these faults spoil the lists of ONUs and leave the PON list with its counters truthful.
_LIST_FAULTS = {Fault.EMPTY_ARRAY, Fault.FEW_ROWS, Fault.BROKEN_ROW, Fault.EXTRA_VALUE}
_ONU_LISTS = {"/onuAllPonOnuList.asp", "/onuOverview.asp", "/onuConfigOnuList.asp"}
_PON_LISTS = {"A": "/onuOverviewPonList.asp", "B": "/onuConfigPonList.asp"}
_PER_PON = {"A": "/onuOverview.asp", "B": "/onuConfigOnuList.asp"}
_LOG_LINES_PER_PAGE = 20
_HUGE_BYTES = 9 * 1024 * 1024
_BOMB_MIB = 64

_LOGIN_FORM = b"""<html><head><title>Login</title></head><body>
<form name="login" method="post" action="/login.cgi">
Username <input type="text" name="username"><br>
Password <input type="password" name="password"><br>
<input type="submit" value="Login">
</form></body></html>
"""
_FOREIGN = b"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Network Video Recorder</title></head>
<body><h1>NVR-16</h1><ul><li>Live view</li><li>Playback</li><li>Storage</li></ul></body></html>
"""
_FRAMES = b"""<html><head><title>EPON OLT</title></head>
<frameset rows="70,*"><frame name="top" src="top.asp">
<frameset cols="180,*"><frame name="item" src="item.asp">
<frame name="content" src="content.asp"></frameset>
</frameset></html>
"""
_LOG_FRAME = b"""<html><head><title>System Log</title></head>
<body><iframe src="sys_log_page.asp?page=0"></iframe></body></html>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and extra headers of one HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Site:
    """The web pages of one OLT; keeps rendered ONU lists until something in them changes."""

    def __init__(self, olt: SimOlt) -> None:
        """Serve this OLT."""
        self._olt = olt
        self._cache: dict[tuple[str | None, Fault], tuple[object, Page]] = {}

    def answer(self, request: Request, fault: Fault, *, aimed: bool) -> Answer:
        """Answer a request under a fault; `aimed`: the fault is meant for this very page."""
        if changes_state(request):
            return _error(500, "State-changing request refused by the simulator")
        if fault is Fault.REDIRECT_LOGIN and request.path == "/login.asp":
            return Answer(200, _LOGIN_FORM)
        canned = self._canned(fault)
        if canned is not None:
            return canned
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        return self._page_answer(request, fault, aimed=aimed)

    def warm(self) -> None:
        """Render the ONU lists now, so that the first client does not wait for it."""
        if self._olt.whole_box_columns is not None:
            self._onu_list(None, Fault.NONE)
        elif self._olt.pon_columns is not None:
            for pon in self._olt.pons:
                self._onu_list(pon, Fault.NONE)

    def _canned(self, fault: Fault) -> Answer | None:
        """Return the answer of a fault that does not depend on the page."""
        if fault is Fault.REDIRECT_ELSEWHERE:
            return Answer(302, b"", (("Location", self._olt.redirect_to),))
        answers = {
            Fault.DENIED: Answer(200, b"Access Denied! Please login."),
            Fault.LOGIN_PAGE: Answer(200, _LOGIN_FORM),
            Fault.EMPTY_BODY: Answer(200, b""),
            Fault.FOREIGN: Answer(200, _FOREIGN),
            Fault.REDIRECT_LOGIN: Answer(302, b"", (("Location", "/login.asp"),)),
            Fault.UNAUTHORIZED: _unauthorized("Access Denied\nWrong Password"),
            Fault.SERVER_ERROR: _error(500, "Internal Server Error"),
        }
        if fault in answers:
            return answers[fault]
        if fault is Fault.GZIP_BOMB:
            return Answer(200, gzip_bomb(), (("Content-Encoding", "gzip"),))
        if fault is Fault.HUGE:
            return Answer(200, b"<html><body>\n" + b"<!-- fill -->\n" * (_HUGE_BYTES // 14 + 1))
        return None

    def _refusal(self, request: Request) -> Answer | None:
        """Check HTTP Basic credentials; None when they are right."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return _unauthorized("Access to this document requires a User ID")
        try:
            given = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            return _unauthorized("Access to this document requires a User ID")
        user, _, password = given.partition(b":")
        if user != self._olt.username.encode():
            return _unauthorized("Access Denied\nUnknown User")
        if password != self._olt.password.encode():
            return _unauthorized("Access Denied\nWrong Password")
        return None

    def _page_answer(self, request: Request, fault: Fault, *, aimed: bool) -> Answer:
        shape = fault if fault in _LIST_FAULTS else Fault.NONE
        if not aimed and request.path not in _ONU_LISTS:
            shape = Fault.NONE
        found = self._page(request, shape)
        if isinstance(found, Answer):
            if fault is Fault.CUT and found.status == 200:  # noqa: PLR2004  (HTTP OK)
                return Answer(200, found.body[: len(found.body) // 2])
            return found
        now = time.time()
        if self._olt.missing_array_times > 0:
            self._olt.missing_array_times -= 1
            return Answer(200, found.without_array())
        if fault is Fault.NO_ARRAY:
            return Answer(200, found.without_array())
        if fault is Fault.CUT:
            return Answer(200, found.cut(now))
        return Answer(200, found.whole(now))

    def _page(self, request: Request, shape: Fault) -> Page | Answer:
        """Find the page for a path; an `Answer` when it is no page with an array."""
        olt, query = self._olt, request.query
        routes: dict[str, Callable[[], Page | Answer]] = {
            "/": lambda: Answer(200, _FRAMES),
            "/index.asp": lambda: Answer(200, _FRAMES),
            "/onuAllPonOnuList.asp": lambda: self._whole_box(shape),
            "/onuConfig.asp": lambda: self._detail(query.get("onuno", "")),
            "/system.asp": lambda: pages.system(olt, time.time()),
        }
        if not olt.no_pon_list:
            routes[_PON_LISTS[olt.family]] = lambda: pages.pon_list(olt, shape)
        if olt.pon_columns is not None:
            routes[_PER_PON[olt.family]] = lambda: self._onu_list(query.get("oltponno", ""), shape)
        if olt.family == "B":
            routes["/sys_log.asp"] = lambda: Answer(200, _LOG_FRAME)
            routes["/sys_log_page.asp"] = lambda: self._log_page(query.get("page", "0"))
        return routes.get(request.path, _not_found)()

    def _whole_box(self, shape: Fault) -> Page | Answer:
        if self._olt.whole_box_columns is not None:
            return self._onu_list(None, shape)
        if self._olt.family == "A":
            return Answer(200, b"ASP Error: Undefined procedure getAllPonOnuTable")
        return _not_found()

    def _onu_list(self, pon: str | None, shape: Fault) -> Page:
        olt = self._olt
        signature = (
            olt.quote_style,
            olt.rows_per_page,
            olt.b12_last,
            olt.b18_reason,
            [onu.revision for onu in olt.onus],
        )
        kept = self._cache.get((pon, shape))
        if kept is not None and kept[0] == signature:
            return kept[1]
        rendered = pages.onu_list(olt, pon, shape)
        # Queries for PONs that do not exist must not fill the memory.
        if pon is None or pon in olt.pons:
            self._cache[pon, shape] = (signature, rendered)
        return rendered

    def _detail(self, onu_id: str) -> Page | Answer:
        try:
            return pages.detail(self._olt, self._olt.onu(onu_id))
        except KeyError:
            return _not_found()

    def _log_page(self, number: str) -> Answer:
        """Return one page of the device's log, newest lines first."""
        start = (int(number) if number.isdigit() else 0) * _LOG_LINES_PER_PAGE
        lines = list(self._olt.syslog)[::-1][start : start + _LOG_LINES_PER_PAGE]
        cells = "".join(f"<tr><td>{line}</td></tr>\n" for line in lines)
        return Answer(200, pages.encode(f"<html><body><table>\n{cells}</table></body></html>\n"))


def changes_state(request: Request) -> bool:
    """Whether a monitor must never send this: anything but GET and HEAD, and all of `/goform/`."""
    return request.method not in {"GET", "HEAD"} or request.path.startswith("/goform/")


@functools.cache
def gzip_bomb() -> bytes:
    """Return some 64 KiB of gzip that unpack to 64 MiB of spaces."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b" " * (1024 * 1024)
    return b"".join([packer.compress(piece) for _ in range(_BOMB_MIB)] + [packer.flush()])


def _error(status: int, text: str, title: str = "") -> Answer:
    """Return an error page in the shape of the server's library."""
    body = (
        f"<html><head><title>Document Error: {title or text}</title></head>\n"
        f"<body><h2>Access Error: {title or text}</h2>\n<p>{text}</p></body></html>\n"
    )
    return Answer(status, body.encode())


def _not_found() -> Answer:
    return _error(404, "Page Not Found")


def _unauthorized(text: str) -> Answer:
    page = _error(401, text, "Unauthorized")
    return Answer(401, page.body, (("WWW-Authenticate", 'Basic realm="EPON OLT"'),))

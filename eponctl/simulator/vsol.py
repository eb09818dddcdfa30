"""A V-SOL OLT on the network: its login, its one session, its routes and its few connections."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from urllib.parse import parse_qs

from eponctl.simulator import vsolpages, wire
from eponctl.simulator.build import make_olt
from eponctl.simulator.faults import Fault
from eponctl.simulator.oltserver import OltServer
from eponctl.simulator.onu import SimOnu
from eponctl.simulator.site import Answer, Site
from eponctl.simulator.vsololt import BUILDS, PERSON, Build, VsolOlt

__all__ = ["BUILDS", "PERSON", "Build", "VsolOlt", "VsolServer", "make_vsol", "zombie"]

_LOGIN, _MAIN, _LOGOUT = "/action/login.html", "/action/main.html", "/action/loginout.html"
_STATUS, _AUTH = "/action/onustatusinfo.html", "/action/onuauthinfo.html"
_OPTICS, _SYSTEM = "/action/onuopmdiag.html", "/action/systeminfo.html"
_LISTS: dict[str, Callable[[VsolOlt, str, Fault], bytes]] = {
    _STATUS: vsolpages.states,
    _AUTH: vsolpages.auths,
    _OPTICS: vsolpages.optics,
}
#: The searches of the forms; every other number that a form or an address sends does something.
_READS = {
    (_MAIN, "100"),
    (_STATUS, "100"),
    (_STATUS, "10"),
    (_STATUS, "11"),
    (_OPTICS, "100"),
    (_AUTH, "300"),
}
_COOKIE = "vsolsession"
_STALLING = {Fault.HANG, Fault.DRIP, Fault.DRIP_HEADERS}


def changes_state(request: wire.Request) -> bool:
    """Whether a monitor must never send this: all that is not known to be a mere question."""
    fields = _fields(request)
    who = fields.get("who")
    if request.path == _LOGOUT:
        return request.method != "GET" or who is not None
    if request.method == "GET":
        return who is not None
    if request.method != "POST":
        return True
    return (request.path, who) not in _READS


def _fields(request: wire.Request) -> dict[str, str]:
    """Return what the address and the form say, the form before the address."""
    form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {**request.query, **{name: values[-1] for name, values in form.items()}}


class VsolSite(Site):
    """The pages of one V-SOL OLT, for whoever has its session."""

    def __init__(self, olt: VsolOlt) -> None:
        """Serve this OLT."""
        super().__init__(olt)
        self._device = olt
        self.client = ""

    def warm(self) -> None:
        """Do nothing: every page has a key of its own."""

    def answer(self, request: wire.Request, fault: Fault, *, aimed: bool) -> Answer:
        """Answer a request under a fault; `aimed`: the fault is meant for this very page."""
        olt = self._device
        if changes_state(request) or olt.violations:
            return Answer(500, b"ALARM: a request that changes the device was sent\n")
        canned = self._canned(fault)
        if canned is not None:
            return canned
        routes: dict[str, Callable[[], Answer]] = {
            "/": lambda: Answer(302, b"", (("Location", "/action/login_first.html"),)),
            "/action/login_first.html": lambda: Answer(302, b"", (("Location", _LOGIN),)),
            _LOGIN: lambda: Answer(olt.login_status, vsolpages.login(olt)),
            _MAIN: lambda: self._log_in(_fields(request)),
            _LOGOUT: lambda: self._log_out(request),
            _SYSTEM: lambda: self._for_session(request, lambda: vsolpages.system(olt)),
        }
        if request.path in routes:
            return routes[request.path]()
        if request.path not in _LISTS or (olt.is_gpon and request.path == _OPTICS):
            return Answer(404, b"<html><body>404 Not Found</body></html>\n")
        shape = fault if aimed or request.path == _STATUS else Fault.NONE
        answer = self._for_session(request, lambda: self._list(request, shape))
        if fault is Fault.CUT and b"<table border=1>" in answer.body:
            return Answer(200, answer.body[: answer.body.rindex(b"</tr>") - 9])
        return answer

    def _log_in(self, fields: dict[str, str]) -> Answer:
        olt = self._device
        olt.logins += 1
        is_right = (fields.get("user"), fields.get("pass")) == (olt.username, olt.password)
        if not is_right or olt.has_captcha or (olt.refuses_second and olt.session == PERSON):
            return Answer(200, vsolpages.refused())
        if olt.build == "B":
            olt.session = olt.new_cookie()
            cookie = ("Set-Cookie", f"{_COOKIE}={olt.session}; path=/")
            return Answer(200, vsolpages.shell(), (cookie,))
        olt.session = self.client
        return Answer(200, vsolpages.shell())

    def _log_out(self, request: wire.Request) -> Answer:
        self._device.logouts += 1
        if self._has_session(request):
            self._device.session = None
        return Answer(200, vsolpages.login(self._device))

    def _has_session(self, request: wire.Request) -> bool:
        olt = self._device
        if olt.build != "B":
            return olt.session == self.client
        given = re.search(rf"{_COOKIE}=([^;]+)", request.headers.get("cookie", ""))
        return given is not None and given[1] == olt.session

    def _for_session(self, request: wire.Request, page: Callable[[], bytes]) -> Answer:
        olt = self._device
        olt.count_page()
        if not self._has_session(request):
            if olt.build == "B":
                return Answer(302, b"", (("Location", _LOGIN),))
            return Answer(200, vsolpages.logged_out(olt))
        given = _fields(request).get("SessionKey")
        needs_key = olt.build == "C" and request.method == "POST"
        if (needs_key and given != olt.key) or given == "":
            return Answer(200, vsolpages.logged_out(olt))
        olt.turn_key()
        return Answer(200, page())

    def _list(self, request: wire.Request, shape: Fault) -> bytes:
        olt = self._device
        select = _fields(request).get("select", "")
        if request.method == "GET" and not olt.reads_get:
            shape = Fault.NO_ARRAY
        if request.method == "GET" and olt.ignores_get_select:
            select = ""
        if request.method == "GET" and olt.get_lists_nothing:
            select = "0"
        return _LISTS[request.path](olt, select, shape)


class VsolServer(OltServer):
    """Serves one `VsolOlt`; every method runs in the loop's thread."""

    olt: VsolOlt
    site: VsolSite

    def __init__(self, olt: VsolOlt, host: str, port: int) -> None:
        """Prepare the socket on `host` and `port` (0: any free one); nothing listens yet."""
        super().__init__(olt, host, port)
        self.site = VsolSite(olt)

    async def _handle(self, sock: socket.socket) -> None:
        """Drop a connection beyond the few that the box can hold, without a word."""
        if sum(not wire.has_left(other) for other in self._open) >= self.olt.most_connections:
            self.olt.dropped += 1
            return
        await super()._handle(sock)

    async def _serve(self, sock: socket.socket, request: wire.Request) -> None:
        olt = self.olt
        if olt.latency > 0:
            await asyncio.sleep(olt.latency)
        violation = changes_state(request)
        # What comes through TLS has no address any more: then it is of this machine.
        self.site.client = (sock.getpeername() or ("127.0.0.1",))[0]
        fault, aimed = olt.fault_of(request.target)
        if fault in {Fault.RESET, Fault.REFUSE}:
            wire.reset_on_close(sock)
            self._record(request, 0, violation=violation)
        elif fault in _STALLING:
            self._record(request, 0, violation=violation)
            await self._stall(sock, request, fault)
        else:
            answer = self.site.answer(request, fault, aimed=aimed)
            self._record(request, answer.status, violation=violation)
            data = self._head(answer) + answer.body
            await asyncio.get_running_loop().sock_sendall(sock, data)


VsolOlt.server_class = VsolServer


def make_vsol(
    build: Build = "A",
    onus: int = 64,
    *,
    pons: int = 4,
    seed: int = 0,
    name: str | None = None,
    latency: float = 0.0,
) -> VsolOlt:
    """Build a V-SOL OLT with all ONUs up, evenly on `pons` ports; the same seed, the same ONUs."""
    usual = make_olt("A22", onus, pons=pons, seed=seed)
    return VsolOlt(
        name=name or f"OLT-VSOL-{build}-{seed}",
        onus=usual.onus,
        build=build,
        latency=latency,
        model="V1600D8",
        firmware="V2.03.78R",
        uptime_seconds=usual.uptime_seconds,
        mac=usual.mac,
        pons=usual.pons,
    )


def zombie(onu: SimOnu, onu_id: str) -> SimOnu:
    """Return the row that stays at a slot which this ONU had before."""
    return SimOnu(onu_id, onu.name, onu.mac, status="Offline", offline_reason=1, rtt=0)

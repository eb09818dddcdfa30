"""What an HSGQ OLT's web server answers: the login, the routes, and answers that are spoilt.

Pure but for the OLT's own sessions and counters: no sockets here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from eponctl.simulator.faults import Fault
from eponctl.simulator.hsgqolt import HsgqOlt, Spoilt, port_of
from eponctl.simulator.site import Answer, gzip_bomb
from eponctl.simulator.wire import Request

_OPEN = {"/board_info", "/system_custom", "/system_captcha", "/system_lang", "/system_start"}
#: GETs that save, restart, or reset a device, or wear it out.
_HARMFUL = {"/system_reboot", "/system_save", "/system_def_config", "/system_backup"}
_SESSIONS = {"/userlogin?form=login", "/userlogin?form=logout"}
# Of the keys of an ONU's own page those that its row has, too.
_BASE_KEYS = ("onu_name", "auth_state", "status", "rtt", "distance", "macaddr", "onu_desc")
_OPTICS_KEYS = "work_temprature", "work_voltage", "transmit_bias", "transmit_power", "receive_power"
_JSON = (("Content-Type", "application/json"),)
_FOREIGN = b"<!DOCTYPE html><html><head><title>Network Video Recorder</title></head></html>\n"
_LOGIN_PAGE = b'<!DOCTYPE html><html><body><div id="app"></div></body></html>\n'
_HUGE_BYTES = 9 * 1024 * 1024
_REFUSED = 2

Found = Answer | list[Any] | dict[str, Any]


class HsgqSite:
    """The JSON interface of one OLT."""

    def __init__(self, olt: HsgqOlt) -> None:
        """Serve this OLT."""
        self._olt = olt

    def answer(self, request: Request, fault: Fault, *, aimed: bool) -> Answer:  # noqa: ARG002
        """Answer a request under a fault."""
        if changes_state(request):
            return Answer(500, b"State-changing request refused by the simulator")
        canned = _canned(fault, self._olt.redirect_to)
        if canned is not None:
            return canned
        spoilt = self._spoilt(request)
        is_cut = Spoilt.CUT is spoilt or fault is Fault.CUT
        found = self._spoil(spoilt) if spoilt and not is_cut else self._found(request)
        answer = found if isinstance(found, Answer) else self.said(1, "success", found)
        if is_cut:
            return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers)
        return answer

    def warm(self) -> None:
        """Nothing is kept, so there is nothing to prepare."""

    def said(
        self, code: int, message: str, data: object = None, headers: tuple[Any, ...] = ()
    ) -> Answer:
        """Put an answer into the envelope."""
        envelope: dict[str, object] = {"code": code, self._olt.message_key: message}
        if data is not None:
            envelope["data"] = data
        body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
        return Answer(200, body.encode("utf-8", "surrogatepass"), (*_JSON, *headers))

    def _spoilt(self, request: Request) -> Spoilt | None:
        spoilt = self._olt.spoilt
        for prefix in sorted(spoilt, key=len, reverse=True):
            if request.target.startswith(prefix):
                return spoilt[prefix]
        return None

    def _spoil(self, spoilt: Spoilt) -> Answer:
        return {
            Spoilt.NO_LOGIN: self.said(0, "Token Check Failed"),
            Spoilt.TIMED_OUT: self.said(-1, "Warning: no action for a long time"),
            Spoilt.REFUSED: self.said(_REFUSED, "Error: the device is busy with something"),
            Spoilt.EMPTY: Answer(200, b""),
            Spoilt.HTML: Answer(200, _LOGIN_PAGE),
            Spoilt.NO_DATA: self.said(1, "success"),
            Spoilt.NO_LIST: self.said(1, "success", {"count": 0}),
            Spoilt.UNAUTHORIZED: Answer(401, b""),
            Spoilt.FORBIDDEN: Answer(403, b""),
        }[spoilt]

    def _found(self, request: Request) -> Found:
        olt = self._olt
        if request.target in _SESSIONS:
            return self._login(request) if request.target.endswith("login") else self._out(request)
        is_open = request.path in _OPEN and not (
            request.path == "/board_info" and olt.front_needs_token
        )
        if not is_open and request.headers.get("x-token", "") not in olt.sessions:
            return self.said(0, "Token Check Failed")
        query = {key: value for key, value in request.query.items() if key != "t"}
        form = query.get("form") or query.get("info") or ""
        routes: dict[tuple[str, str], Callable[[], Found]] = {
            ("/board_info", ""): self._board,
            ("/system_custom", ""): self._features,
            ("/board", "system"): self._board,
            ("/board", "pon"): self._ports,
            ("/time", "info"): self._time,
            ("/onu_allow_list", ""): lambda: self._list(query),
            ("/onutable", ""): lambda: olt.table,
            ("/ponmgmt", "optical_onu"): lambda: self._optics(query),
            ("/board", "cpu"): lambda: {"cpu_usage": 25, "memory_usage": 70},
            ("/usermgmt", "userlevel"): lambda: {"name": olt.username, "level": 2},
            ("/onumgmt", "base-info"): lambda: self._of_onu(query, _BASE_KEYS),
            ("/onumgmt", "optical-diagnose"): lambda: self._of_onu(query, _OPTICS_KEYS),
        }
        route = routes.get((request.path, form))
        return route() if route else Answer(404, b"<html><body>404 Not Found</body></html>\n")

    def _login(self, request: Request) -> Answer:
        olt = self._olt
        try:
            given = json.loads(request.body)["param"]
        except (ValueError, KeyError, TypeError):
            return self.said(_REFUSED, "Error: bad request")
        key = hashlib.md5(f"{olt.username}:{olt.password}".encode(), usedforsecurity=False)
        value = base64.b64encode(olt.password.encode()).decode()
        is_right = (given.get("name"), given.get("key")) == (olt.username, key.hexdigest())
        if not is_right or (olt.needs_value and given.get("value") != value):
            return self.said(_REFUSED, "Error: user name or password is wrong")
        if olt.has_captcha:
            return self.said(_REFUSED, "Error: verification code is wrong")
        token = olt.open_session()
        if token is None:
            return self.said(_REFUSED, "Warning: too many users are online")
        headers = (("X-Token", token),) if olt.gives_token else ()
        return self.said(1, "success", headers=headers)

    def _out(self, request: Request) -> Answer:
        self._olt.end_session(request.headers.get("x-token", ""))
        return self.said(1, "success")

    def _board(self) -> Found:
        olt = self._olt
        return {
            "product_name": olt.model,
            "sys_ver": olt.firmware,
            "fw_ver": olt.firmware,
            "hw_ver": "V1.0",
            "bl_ver": "V1.0_Rel",
            "macaddr": olt.mac.lower(),
            "device_type": olt.device_type,
            "ponports": len(olt.ports),
            "geports": 4,
            "vendor": "Neutral",
        }

    def _features(self) -> Found:
        if not self._olt.has_features:
            return Answer(404, b"")
        return {"hsgq": 1, "captcha": int(self._olt.has_captcha), "alarm_save": 1}

    def _ports(self) -> Found:
        found = []
        for port in self._olt.ports:
            words = [row["status"] for row in self._olt.rows(port)]
            online = words.count("Online")
            online, offline = self._olt.counts.get(port, (online, len(words) - online))
            found.append({"port_id": port, "status": 1, "online": online, "offline": offline})
        return found

    def _time(self) -> Found:
        now = self._olt.now()
        up = int(self._olt.uptime_seconds + time.time() - self._olt.started_at)
        minutes, seconds = divmod(up, 60)
        hours, minutes = divmod(minutes, 60)
        return {
            "time_now": [now.year, now.month, now.day, now.hour, now.minute, now.second],
            "uptime": [*divmod(hours, 24), minutes, seconds],
            "timezone": 7,
        }

    def _list(self, query: dict[str, str]) -> Found:
        olt = self._olt
        if "port_id" not in query:
            olt.table = [row for port in olt.ports for row in olt.rows(port)]
            return []
        port = int(query["port_id"]) if query["port_id"].isdigit() else 0
        if olt.lists_all:
            return [row for port in olt.ports for row in olt.rows(port)]
        if port not in olt.ports:
            return self.said(_REFUSED, "Error: no such port")
        # An empty PON has no `data` at all.
        return olt.rows(port) or self.said(1, "success")

    def _optics(self, query: dict[str, str]) -> Found:
        wanted = query.get("port_id", "")
        olt = self._olt
        return [
            olt.optics(onu)
            for onu in olt.onus
            if str(port_of(onu.pon)) == wanted and olt.word(onu) == "Online"
        ]

    def _of_onu(self, query: dict[str, str], keys: Sequence[str]) -> Found:
        """Return what is known of one ONU, as far as its own pages hold it."""
        olt, wanted = self._olt, (query.get("port_id"), query.get("onu_id"))
        for onu in olt.onus:
            known = {**olt.row(onu), **olt.optics(onu)}
            if (str(known["port_id"]), str(known["onu_id"])) == wanted:
                return {key: known[key] for key in keys if key in known}
        return self.said(_REFUSED, "Error: no such ONU")


def changes_state(request: Request) -> bool:
    """Whether a monitor must never send this.

    That is every POST but login and logout, and the GETs that save, restart or reset the device.
    """
    if request.method == "POST":
        return request.target not in _SESSIONS
    is_download = request.query.get("form", "").startswith("download")
    harmful = request.path in _HARMFUL or (request.path == "/alarm" and is_download)
    return request.method not in {"GET", "HEAD"} or harmful


def _canned(fault: Fault, elsewhere: str) -> Answer | None:
    """Return the answer of a fault that does not depend on the page."""
    answers = {
        Fault.FOREIGN: Answer(200, _FOREIGN),
        Fault.LOGIN_PAGE: Answer(200, _LOGIN_PAGE),
        Fault.DENIED: Answer(200, b"Access Denied! Please login."),
        Fault.EMPTY_BODY: Answer(200, b""),
        Fault.UNAUTHORIZED: Answer(401, b""),
        Fault.SERVER_ERROR: Answer(500, b""),
        Fault.REDIRECT_ELSEWHERE: Answer(302, b"", (("Location", elsewhere),)),
        Fault.REDIRECT_LOGIN: Answer(302, b"", (("Location", "/login.html"),)),
    }
    if fault is Fault.GZIP_BOMB:
        return Answer(200, gzip_bomb(), (("Content-Encoding", "gzip"),))
    if fault is Fault.HUGE:
        return Answer(200, b" " * _HUGE_BYTES)
    return answers.get(fault)

"""HSGQ EPON OLTs with a JSON interface behind their web page, and their relabels.

Models: HSGQ E04, E04M, E04ID, E08; the same interface as Avies, HSAirpo, BTPON SEL1884.
Firmware seen: none by number; the vendor's page source of 2017 to 2021, clients up to 2026.
Login: a form with an MD5 of user and password; a token comes in the header `X-Token` and goes with
every request. A device has four sessions, or one a user: one login a poll, and always a logout.
Pages: `/board_info` (before the login), `/board?info=pon`, `/onu_allow_list` per PON, `/time`;
slow: `/ponmgmt?form=optical_onu` per PON, `/board?info=system`.
Quirks: `/onutable` is as old as the last one who asked for it to be made anew: not used; reason
and times describe the last outage, even of an ONU that is up; keys are missing on older firmware.
Evidence: field notes on other families, section 2; no capture of a device was ever published.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, NamedTuple

from eponctl import jsarray, units
from eponctl.driver import Known, Scrape
from eponctl.errors import (
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    SessionBusy,
    UnknownFirmware,
    Unreachable,
)
from eponctl.model import OltFacts, OltReading, OnuReading, Reason, Status
from eponctl.web import Page, Web

SENDS_BASIC = False
DIALECT = "JSON"
MEMORY = "JSON per PON"
FRONT, FEATURES = "/board_info", "/system_custom"
LOGIN, LOGOUT = "/userlogin?form=login", "/userlogin?form=logout"
PONS, SYSTEM, CLOCK = "/board?info=pon", "/board?info=system", "/time?form=info"
LIST, OPTICS = "/onu_allow_list?port_id=", "/ponmgmt?form=optical_onu&port_id="
OPTICS_RESERVE_S = 5.0
MOST_PONS, MOST_ONUS = 64, 1024
GPON = 2

# --- asking the device ------------------------------------------------------------------------


def fetch(web: Web, known: Known) -> Scrape:
    """The pages of one scrape, one after another, between one login and one logout.

    Nothing secret is sent before the device has shown that it is one of these. Raises OltError.
    """
    asking = _Asking(web, known)
    asking.front()
    with web.session(asking.log_out):
        asking.log_in()
        asking.pons()
    return Scrape(MEMORY, asking.pages, asking.failed)


class _Asking:
    """One scrape under way: the token, the pages so far, and those that failed."""

    def __init__(self, web: Web, known: Known) -> None:
        self.web = web
        self.known = known
        self.token = ""
        self.ended: SessionBusy | None = None
        self.pages: dict[str, Page] = {}
        self.failed: dict[str, OltError] = {}

    def front(self) -> None:
        """What every visitor may see: whether this is such a device, and may be logged in to."""
        try:
            self.pages[FRONT] = self.web.fetch(FRONT, check_front)
        except (PageMissing, LoginRejected) as error:
            raise UnknownFirmware(
                f"not a device of this family ({error.message})", _OTHER
            ) from error
        if self.known.memory == MEMORY and not self.known.wants_slow_pages:
            return
        # Older firmware may have no such page; it has no CAPTCHA then, either.
        features: Any = {}
        with contextlib.suppress(PageChanged, LoginRejected, SessionBusy):
            features = _data(self.web.fetch(FEATURES))
        if _text(_of(features, "captcha")).lower() in {"1", "true"}:
            raise UnknownFirmware(
                "CAPTCHA build: unattended login is not possible",
                "switch the CAPTCHA off on the device's web page",
            )

    def log_in(self) -> None:
        """Raises LoginRejected, or SessionBusy when the device has no session left."""
        user, password = self.web.credentials
        key = hashlib.md5(f"{user}:{password}".encode(), usedforsecurity=False).hexdigest()
        value = base64.b64encode(password.encode()).decode()
        # Firmware differs in whether it looks at `value`; none minds it.
        fields = {"name": user, "key": key, "value": value, "captcha_v": "", "captcha_f": ""}
        page = self.post(LOGIN, fields, "null")
        # Kept before the answer is looked at: a session that was opened is to be ended.
        self.token = page.headers.get("X-Token", "").strip().removeprefix("null")
        if page.status in _REFUSED:
            raise LoginRejected(f"HTTP {page.status}, user name or password refused")
        if page.status != _FINE:
            raise PageChanged(f"{LOGIN}: HTTP {page.status}")
        answer = _answer(page)
        if answer.code != _OK:
            is_busy = answer.code == _TIMED_OUT or (
                _NO_PLACE.search(answer.message) and not _LOCKED.search(answer.message)
            )
            raise (SessionBusy if is_busy else LoginRejected)(f"login refused ({answer.said})")
        if not self.token:
            raise PageChanged(f"{LOGIN}: accepted, but no token came with it")

    def log_out(self) -> None:
        if self.token:
            self.post(LOGOUT, {"name": self.web.credentials[0]}, self.token)

    def post(self, path: str, fields: Mapping[str, str], token: str) -> Page:
        headers = {"Content-Type": "application/json;charset=UTF-8", "X-Token": token}
        url = self.web.base_url.rstrip("/") + path
        return self.web.post_json(url, {"method": "set", "param": fields}, headers)

    def pons(self) -> None:
        """The lists first; what is slow, or only nice to have, once they are there."""
        front = _front(self.pages[FRONT])
        if self.known.wants_slow_pages and not _is_telling(front) and self.has(SYSTEM):
            _refuse_gpon(_data(self.pages[SYSTEM]))
        lists = [f"{LIST}{port}" for port in self.ports(front)]
        if not [path for path in lists if self.has(path)]:
            raise self.failed[lists[0]]
        self.has(CLOCK)
        if self.known.wants_slow_pages:
            self.optics(path for path in lists if path in self.pages)

    def optics(self, lists: Iterable[str]) -> None:
        for path in lists:
            slow = OPTICS + path.removeprefix(LIST)
            if self.web.seconds_left() < OPTICS_RESERVE_S:
                return
            # A device that does not answer once would take its time again for each PON.
            if not self.has(slow) and isinstance(self.failed[slow], Unreachable):
                return

    def ports(self, front: Any) -> list[int]:
        """The device's own list of PONs, or as many as it says it has. Raises OltError."""
        if self.has(PONS):
            return [pon.port for pon in _pons(self.pages[PONS])]
        error, most = self.failed[PONS], _whole(_of(front, "ponports"))
        if not isinstance(error, PageChanged) or not most or most > MOST_PONS:
            raise error
        return list(range(1, most + 1))

    def has(self, path: str) -> bool:
        """Ask for a page; a failure is kept. Once the session has ended nothing is asked for."""
        try:
            if self.ended:
                raise self.ended
            page = self.web.get(path, {"X-Token": self.token})
            _data(page)
        except LoginRejected as error:
            # The login was good: it is the session that the device knows no more.
            self.ended = SessionBusy(f"{path}: the session has ended ({error.message})", _BUSY)
            self.failed[path] = self.ended
        except SessionBusy as error:
            self.failed[path] = self.ended = error
        except OltError as error:
            self.failed[path] = error
        else:
            self.pages[path] = page
            return True
        return False


_OTHER = "check the OLT's url and its `driver` in olts.toml"
_BUSY = "somebody may have logged in as the same user: give eponctl a user of its own"
_FINE, _REFUSED = 200, frozenset({401, 403})
# The texts of refusals are not known by heart: only a hint at the number of logins is one.
_NO_PLACE = re.compile(r"session|online|already|limit|exceed|too many|max|full|busy", re.IGNORECASE)
_LOCKED = re.compile(r"password|lock|attempt|wrong|incorrect", re.IGNORECASE)


# --- the envelope -----------------------------------------------------------------------------

_OK, _NO_LOGIN, _TIMED_OUT = 1, 0, -1
_NO_SESSION = re.compile(r"token|session|log ?in|expired", re.IGNORECASE)


class _Answer(NamedTuple):
    code: int
    message: str
    data: Any

    @property
    def said(self) -> str:
        """Code and message, for a message of ours."""
        return f"code {self.code}: {self.message[:60]!r}"


def _answer(page: Page) -> _Answer:
    """The envelope of every answer. Raises PageChanged for what is none."""
    if not page.body.strip():
        raise PageChanged(f"{page.path}: the answer is empty; the session may have ended")
    try:
        # Not strict: a customer's name may hold any control character.
        whole = json.loads(page.body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        is_cut = page.body.lstrip().startswith(b"{")
        what = "the answer is cut short or broken" if is_cut else "the answer is no JSON"
        raise PageChanged(f"{page.path}: {what}") from error
    code = _whole(_of(whole, "code"))
    if code is None:
        raise PageChanged(f"{page.path}: the answer has no code")
    return _Answer(code, _text(whole.get("message", whole.get("msg"))), whole.get("data"))


def _data(page: Page) -> Any:
    """What an answer holds. Raises PageChanged, SessionBusy when the token is good no more."""
    answer = _answer(page)
    if answer.code == _OK:
        return answer.data
    if answer.code in {_NO_LOGIN, _TIMED_OUT} or _NO_SESSION.search(answer.message):
        raise SessionBusy(f"{page.path}: the session has ended ({answer.said})", _BUSY)
    raise PageChanged(f"{page.path}: refused by the device ({answer.said})")


def check_front(page: Page) -> None:
    """Refuse the front page of anything but an EPON device of this family."""
    if page.body.strip() and not page.body.lstrip().startswith(b"{"):
        raise UnknownFirmware(f"{page.path}: not the answer of this family", _OTHER)
    data = _front(page)
    if data is not None and not _name(data) and _whole(_of(data, "ponports")) is None:
        raise UnknownFirmware(f"{page.path}: it names no product", _OTHER)
    _refuse_gpon(data)


def _front(page: Page) -> Any:
    """What the front page holds; None where it is for those who are logged in."""
    try:
        return _data(page)
    except SessionBusy:
        return None


def _refuse_gpon(data: Any) -> None:
    if _whole(_of(data, "device_type")) == GPON:
        raise UnknownFirmware("a GPON build: this driver reads EPON only", _OTHER)


# --- reading the pages ------------------------------------------------------------------------


def read(scrape: Scrape, known: Known) -> OltReading:  # noqa: ARG001  (part of the protocol)
    """What the pages say. Raises PageChanged when not one of the lists can be believed."""
    counted = _counted(scrape)
    clock = _clock(scrape)
    tables: list[_Table] = []
    failed: dict[str, OltError] = {
        _pon(path.removeprefix(LIST)): error
        for path, error in scrape.failed.items()
        if path.startswith(LIST)
    }
    for path, page in scrape.pages.items():
        if path.startswith(LIST):
            pon = _pon(path.removeprefix(LIST))
            try:
                tables.append(_table(page, pon, counted.get(pon), clock))
            except PageChanged as error:
                failed[pon] = error
    if failed and not tables:
        raise next(iter(failed.values()))
    optics = _optics(scrape)
    return OltReading(
        dialect=DIALECT,
        onus=tuple(_with_optics(onu, optics) for table in tables for onu in table.onus),
        facts=_facts(scrape, clock),
        failed_pons=failed,
        unreadable=frozenset().union(*(table.odd for table in tables)),
        counted=counted,
        is_complete=all(table.is_complete for table in tables),
        is_whole_table=False,
        lacks_optics=_lacks_optics(scrape),
        memory=MEMORY,
        notes=tuple(note for table in tables for note in table.notes),
    )


class _Clock(NamedTuple):
    """The device's own clock, without a zone, and how long the device is up."""

    now: datetime
    uptime: timedelta


class _Port(NamedTuple):
    port: int
    onus: int | None


class _Table(NamedTuple):
    """The list of one PON; `odd` are the MACs of rows that could not be understood."""

    onus: tuple[OnuReading, ...]
    odd: frozenset[str]
    is_complete: bool
    notes: tuple[str, ...]


def _pon(port: int | str) -> str:
    return f"0/{port}"


def _pons(page: Page) -> list[_Port]:
    """The PONs of a device, in order, with its own counts. Raises PageChanged."""
    rows = _data(page)
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_PONS:
        raise PageChanged(f"{page.path}: no list of PONs")
    found: dict[int, _Port] = {}
    for row in rows:
        port = _whole(_of(row, "port_id"))
        if not port or port in found:
            raise PageChanged(
                f"{page.path}: the list of PONs has a row without a number of its own"
            )
        counts = [_whole(_of(row, key)) for key in ("online", "offline")]
        sums = [count for count in counts if count is not None and count >= 0]
        found[port] = _Port(port, sum(sums) if len(sums) == len(counts) else None)
    return [found[port] for port in sorted(found)]


def _counted(scrape: Scrape) -> dict[str, int]:
    if PONS not in scrape.pages:
        return {}
    return {_pon(pon.port): pon.onus for pon in _pons(scrape.pages[PONS]) if pon.onus is not None}


def _table(page: Page, pon: str, count: int | None, clock: _Clock | None) -> _Table:
    """The rows of one PON. Raises PageChanged when they cannot be this PON's, or all of it."""
    data = _data(page)
    # A PON without ONUs comes with no data, or with data that is no list.
    rows = data if isinstance(data, list) else []
    if not rows and count:
        raise PageChanged(f"PON {pon}: no rows, the device counts {count} ONUs")
    # Firmware that does not look at the number of the PON lists them all.
    ours = [row for row in rows if _pon(str(_of(row, "port_id"))) == pon or not _of(row, "port_id")]
    if rows and not ours:
        raise PageChanged(f"PON {pon}: the list holds the ONUs of another PON")
    onus: list[OnuReading] = []
    odd: set[str] = set()
    nameless = 0
    for row in ours:
        mac = units.mac(_text(_of(row, "macaddr")))
        onu = _onu(row, pon, mac, clock) if _IS_MAC(mac) else None
        if onu:
            onus.append(onu)
        elif _IS_MAC(mac):
            odd.add(mac)
        else:
            nameless += 1
    notes = [f"PON {pon}: {nameless} rows without a MAC"] if nameless else []
    if odd:
        notes.append(f"PON {pon}: {len(odd)} rows without a number or a state")
    is_complete = not nameless and (count is None or len(ours) >= count)
    return _Table(tuple(onus), frozenset(odd), is_complete, tuple(notes))


_IS_MAC = re.compile(jsarray.MAC).fullmatch

STATUSES = {
    "online": Status.UP,
    "offline": Status.DOWN,
    # On its way up, or never there: the vendor's page paints it red like the others.
    "initial": Status.DOWN,
    "register": Status.DOWN,
    "auth-fail": Status.DOWN,
    "unauth": Status.DOWN,
    "auth limit": Status.DOWN,
}
REFUSED = frozenset({"auth-fail", "unauth", "auth limit"})
_POWER = re.compile(r"dying|gasp|power", re.IGNORECASE)
_FIBRE = re.compile(r"laser|wire|\blosi?\b", re.IGNORECASE)


def _onu(row: Any, pon: str, mac: str, clock: _Clock | None) -> OnuReading | None:
    """One row; None where it has no number or no state."""
    number, word = _whole(_of(row, "onu_id")), _text(row.get("status")).strip()
    if number is None or not 0 <= number <= MOST_ONUS or not word:
        return None
    status, reason, reason_raw = _outage(word, _text(row.get("last_down_reason")))
    is_up = status is Status.UP
    return OnuReading(
        f"{pon}:{number}",
        mac,
        units.label(_text(row.get("onu_name"))),
        status,
        word,
        reason,
        reason_raw,
        rx_power_dbm=_level(row.get("receive_power")) if is_up else None,
        distance_m=_metres(row.get("distance")),
        auth_status=_auth(row.get("auth_state")),
        uptime_s=_uptime(_text(row.get("register_time")), clock) if is_up else None,
    )


def _outage(word: str, down_reason: str) -> tuple[Status, Reason | None, str | None]:
    """What a state means; the reason of the last outage only where that outage goes on."""
    key = word.lower()
    status = STATUSES.get(key, Status.UNKNOWN)
    if key in REFUSED:
        return status, Reason.AUTH_FAILED, word
    if key != "offline":
        return status, None, None
    raw = units.label(down_reason)
    is_power, is_fibre = _POWER.search(raw or ""), _FIBRE.search(raw or "")
    if is_power and not is_fibre:
        return Status.PWRDOWN, Reason.DYING_GASP, raw
    return status, Reason.LOS if is_fibre and not is_power else None, raw


# --- optics -----------------------------------------------------------------------------------

_RANGES = {"dBm": (-60, 14), "C": (-60, 150)}


class _Module(NamedTuple):
    temperature_c: float | None
    rx_power_dbm: float | None
    tx_power_dbm: float | None


def _lacks_optics(scrape: Scrape) -> bool:
    """Whether temperature and TX of a PON in the lists were not asked for, or did not come."""
    lists = [path.removeprefix(LIST) for path in scrape.pages if path.startswith(LIST)]
    return any(OPTICS + port not in scrape.pages for port in lists)


def _optics(scrape: Scrape) -> dict[str, _Module]:
    """What the slow pages have of each ONU, by MAC; nothing where a page is not as it should be."""
    found: dict[str, _Module] = {}
    for path, page in scrape.pages.items():
        rows = _data(page) if path.startswith(OPTICS) else None
        for row in rows if isinstance(rows, list) else ():
            mac = units.mac(_text(_of(row, "macaddr")))
            if _IS_MAC(mac):
                # Spelt so by the device.
                temperature = _level(row.get("work_temprature"), "C")
                rx, tx = _level(row.get("receive_power")), _level(row.get("transmit_power"))
                found[mac] = _Module(temperature, rx, tx)
    return found


def _with_optics(onu: OnuReading, optics: Mapping[str, _Module]) -> OnuReading:
    module = optics.get(onu.mac)
    # Of an ONU that is not up the values would be stale.
    if module is None or onu.status is not Status.UP:
        return onu
    # The list is read first, and every time: one source, so that the two do not take turns.
    rx = module.rx_power_dbm if onu.rx_power_dbm is None else onu.rx_power_dbm
    return onu._replace(
        temperature_c=module.temperature_c, rx_power_dbm=rx, tx_power_dbm=module.tx_power_dbm
    )


# --- facts and single values ------------------------------------------------------------------


def _is_telling(front: Any) -> bool:
    """Whether the front page has all that the system page would be asked for."""
    return bool(_name(front) and _firmware(front) and _of(front, "device_type"))


def _facts(scrape: Scrape, clock: _Clock | None) -> OltFacts | None:
    """From one and the same page in every poll, so that two of them do not take turns."""
    front = _front(scrape.pages[FRONT])
    source = front
    if not (_name(front) and _firmware(front)):
        if SYSTEM not in scrape.pages:
            return None
        source = _data(scrape.pages[SYSTEM])
    return OltFacts(_name(source), _firmware(source), str(clock.uptime) if clock else None)


def _name(data: Any) -> str | None:
    return units.label(_text(_of(data, "product_name")))


def _firmware(data: Any) -> str | None:
    return units.label(_text(_of(data, "fw_ver"))) or units.label(_text(_of(data, "sys_ver")))


def _clock(scrape: Scrape) -> _Clock | None:
    page = scrape.pages.get(CLOCK)
    data = _data(page) if page else None
    now, uptime = _of(data, "time_now"), _of(data, "uptime")
    try:
        days, hours, minutes, seconds = uptime
        year, month, day, *time = now
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        # Its zone does not matter: only differences of its own times are looked at.
        return _Clock(datetime.combine(date(year, month, day), clock_time(*time), UTC), length)
    except (TypeError, ValueError, OverflowError):
        return None


def _uptime(register_time: str, clock: _Clock | None) -> int | None:
    """Seconds since an ONU registered; None where the device's clock was set in the meantime."""
    try:
        registered = datetime.strptime(register_time, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    if clock is None or not timedelta() <= clock.now - registered <= clock.uptime:
        return None
    return int((clock.now - registered).total_seconds())


_MEASURE = re.compile(r"\s*(-?\d{1,9}(?:\.\d{1,9})?)\s*(dBm|°?C)?\s*", re.IGNORECASE)


def _level(value: Any, unit: str = "dBm") -> float | None:
    """A number with its unit, or without one; None for `inf` and for what cannot be."""
    found = _MEASURE.fullmatch(_text(value))
    if not found or (found[2] and found[2].lower().lstrip("°") != unit.lower()):
        return None
    number, (low, high) = units.number(found[1]), _RANGES[unit]
    return number if number is not None and low <= number <= high else None


def _metres(value: Any) -> int | None:
    """Metres; 0 is an ONU that was never ranged."""
    return units.whole(_text(value)) or None


def _auth(value: Any) -> str | None:
    word = _text(value).strip()
    return {"1": "Auth", "true": "Auth", "0": "Unauth", "false": "Unauth"}.get(
        word.lower(), units.label(word)
    )


def _of(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, dict) else None


def _text(value: Any) -> str:
    """A value of JSON as text; empty for none, for lists and for objects."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    # Half a pair of surrogates, which JSON can spell, is no text that could be stored.
    return str(value).encode("utf-8", "replace").decode()


def _whole(value: Any) -> int | None:
    """A whole number of JSON, also as text; None for anything else."""
    found = _WHOLE.fullmatch(_text(value).strip())
    return int(found[0]) if found else None


_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)

"""The tables of the `.asp` family: rows made readings. Pure.

Sentinels, stale optics and the reasons of outages long past are sorted out here. Evidence: field
notes on the .asp family. Which column means what is asplayout.py's, how the pages of a device are
put together asppages.py's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from eponctl import asplayout, jsarray, units
from eponctl.asplayout import WIDE_RX, WIDE_TEMPERATURE, WIDE_TX, Layout
from eponctl.errors import PageChanged, UnknownFirmware
from eponctl.model import OltFacts, OnuReading, Reason, Status

TABLE_NAMES = ("onutable", "ponOnuTable")

STATUS_WORDS = {
    "up": Status.UP,
    "down": Status.DOWN,
    "pwrdown": Status.PWRDOWN,
    "loopdetected": Status.LOOP,
}
CTC_STATES = ("--", "MpcpDiscovery", "MpcpSla", "CtcInfo", "RequestCfg", "CtcNegDone")
# The page's own labels, and what they mean to us. `Other` (0) says nothing.
REASONS: dict[str, tuple[str, Reason | None]] = {
    "0": ("Other", None),
    "1": ("TIMEOUT", Reason.TIMEOUT),
    "2": ("ONU-init", Reason.DEREGISTERED),
    "3": ("OLT-init", Reason.DEREGISTERED),
    "4": ("RejectByBlackList", Reason.AUTH_FAILED),
    "5": ("RejectByWhiteList", Reason.AUTH_FAILED),
}
REASON_WORDS = {
    **{word.lower(): (word, reason) for word, reason in REASONS.values()},
    "dying_gasp": ("Dying_gasp", Reason.DYING_GASP),
}
DEACTIVATED = {"2", "deactivate"}

METRES_PER_TICK = 1.6393
OFFSET_M = 157
_ANCHOR_VALUES = 3


class Table(NamedTuple):
    """One page's ONUs, typed. `odd` holds the MACs of rows that could not be understood."""

    dialect: str | None
    onus: tuple[OnuReading, ...]
    odd: frozenset[str] = frozenset()
    is_complete: bool = True
    notes: tuple[str, ...] = ()


def table(path: str, body: bytes) -> Table:
    """One page's rows as readings. Raises PageChanged and UnknownFirmware."""
    text = body.decode("utf-8", "replace")
    start = jsarray.array_start(text, *TABLE_NAMES)
    if start is None:
        raise PageChanged(f"{path}: no table of ONUs on the page")
    try:
        found = jsarray.table(text, start, asplayout.fits)
    except PageChanged as error:
        raise PageChanged(f"{path}: {error.message}") from error
    odd = frozenset(units.mac(row[2]) for row in found.odd_rows if len(row) >= _ANCHOR_VALUES)
    notes = tuple(
        f"{path}: the row of {row[0]} has {len(row)} values, not {found.stride}"
        for row in found.odd_rows
    )
    if not found.rows:
        if found.odd_rows:
            raise UnknownFirmware(f"{path}: no row of the table can be understood")
        return Table(None, ())
    if (
        len(found.rows) == 1
        and asplayout.is_known(found.rows[0])
        and not asplayout.fits(found.rows[0])
    ):
        # With a value too many or too few, a row of one dialect has the length of another.
        raise UnknownFirmware(f"{path}: the one row of {found.stride} values holds other columns")
    layout, doubt = asplayout.layout_of(found, path)
    onus = tuple([_onu(row, layout) for row in found.rows])
    return Table(layout.dialect, onus, odd, not found.odd_rows, notes + doubt)


UNSURE_REASONS = {
    "0": "0 (Timeout or Other)",
    "1": "1 (Dying_gasp or TIMEOUT)",
    "2": "2 (Timeout or ONU-init)",
    "3": "3 (Timeout or OLT-init)",
    "4": "4 (Timeout or RejectByBlackList)",
    "5": "5 (Timeout or RejectByWhiteList)",
}


def _onu(row: tuple[str, ...], layout: Layout) -> OnuReading:
    status_raw, status = _status(row[3])
    reason, reason_raw = None, None
    auth = _auth(row[layout.auth]) if layout.auth else None
    if auth == "Deactivate":
        status, reason, reason_raw = Status.DISABLED, Reason.ADMIN, auth
    elif status is Status.DOWN or status is Status.PWRDOWN:
        reason, reason_raw = _reason(row, layout)
        if reason is Reason.DYING_GASP:
            status = Status.PWRDOWN
    is_up = status is Status.UP
    temperature, rx, tx = _optics(row, layout) if is_up else (None, None, None)
    return OnuReading(
        row[0],
        units.mac(row[2]),
        units.label(row[1]),
        status,
        status_raw,
        reason,
        reason_raw,
        temperature,
        rx,
        tx,
        _distance(row[layout.rtt], layout.offsets) if is_up and layout.rtt else None,
        auth,
        _ctc(row[layout.ctc]) if layout.ctc else None,
        _firmware(row[4]),
        units.whole(row[layout.uptime]) if is_up and layout.uptime else None,
        units.whole(row[layout.deregistrations]) if layout.deregistrations else None,
    )


# Some hundred texts stand on thousands of rows: what they mean is looked up, not worked out.
@lru_cache(maxsize=256)
def _status(text: str) -> tuple[str, Status]:
    word = text.strip()
    return word, STATUS_WORDS.get(word.lower(), Status.UNKNOWN)


_firmware = lru_cache(maxsize=1024)(units.label)


def _optics(row: tuple[str, ...], layout: Layout) -> tuple[float | None, ...]:
    """Temperature, RX and TX; three times None where the dialect or the module gives nothing."""
    if layout.temperature is None or layout.rx is None or layout.tx is None:
        return _NOTHING
    return _measured(row[layout.temperature], row[layout.rx], row[layout.tx])


def _measured(temperature: str, rx: str, tx: str) -> tuple[float | None, ...]:
    found = (
        _possible(temperature, WIDE_TEMPERATURE),
        _possible(rx, WIDE_RX),
        _possible(tx, WIDE_TX),
    )
    # Zero in all of them is a module that was not read, not one at 0 degrees and 0 dBm.
    return found if any(found) else _NOTHING


@lru_cache(maxsize=8192)
def _possible(text: str, limits: tuple[float, float]) -> float | None:
    """A number that such a sensor can give; 65535 is none."""
    value = units.number(text)
    return value if value is not None and limits[0] <= value <= limits[1] else None


_NOTHING = (None, None, None)


def _reason(row: tuple[str, ...], layout: Layout) -> tuple[Reason | None, str | None]:
    """The last outage's reason; of an ONU that is up it must not be asked for."""
    if layout.unsure_reason:
        code = row[layout.unsure_reason].strip()
        word, reason = REASON_WORDS.get(code.lower(), (None, None))
        return (reason, word) if word else (None, UNSURE_REASONS.get(code, units.label(code)))
    if layout.gasp and row[layout.gasp].strip() == "1":
        return Reason.DYING_GASP, "Dying_gasp"
    if layout.reason is None:
        return None, None
    code = row[layout.reason].strip()
    word, reason = REASONS.get(code) or REASON_WORDS.get(code.lower()) or (units.label(code), None)
    return reason, word


@lru_cache(maxsize=64)
def _auth(text: str) -> str | None:
    word = text.strip()
    if word.lower() in DEACTIVATED:
        return "Deactivate"
    return "Activate" if word.isdigit() else units.label(word)


@lru_cache(maxsize=64)
def _ctc(text: str) -> str | None:
    code = units.whole(text.strip())
    if code is not None and code < len(CTC_STATES):
        return units.label(CTC_STATES[code])
    return units.label(text)


@lru_cache(maxsize=8192)
def _distance(text: str, offsets: int) -> int | None:
    """Metres from the RTT in ticks of 16 ns, as the page's own script has it; about right."""
    ticks = units.whole(text)
    if ticks is None or ticks <= 1:
        return None
    metres = ticks * METRES_PER_TICK
    for _ in range(offsets):
        if metres <= OFFSET_M:
            return 1
        metres -= OFFSET_M
    return max(1, round(metres))


def facts(body: bytes | None) -> OltFacts | None:
    """Model, firmware and uptime of `system.asp`; None where the page is not there, or broken."""
    values = _spare_array(body, "sysInfo")
    if len(values) <= _UPTIME:
        return None
    return OltFacts(
        model=units.label(values[_MODEL]),
        firmware=units.label(values[_FIRMWARE]),
        uptime=units.label(values[_UPTIME]),
    )


# Both families agree on these places of the thirteen.
_MODEL, _FIRMWARE, _UPTIME = 3, 4, 8


def detail_optics(body: bytes, onu_id: str) -> tuple[float | None, ...]:
    """Temperature, RX and TX of an ONU's own page; None each where it is not that ONU's page."""
    values = _spare_array(body, "onuOpmInfo")
    if len(values) <= _DETAIL_RX or values[0] != onu_id:
        return None, None, None
    return _measured(values[_DETAIL_TEMPERATURE], values[_DETAIL_RX], values[_DETAIL_TX])


_DETAIL_TEMPERATURE, _DETAIL_TX, _DETAIL_RX = 1, 4, 5

_TOTAL = re.compile(r"ONU Total\s*=\s*(\d{1,6})\b")
_PON = re.compile(r"\d{1,3}(?:/\d{1,3}){1,2}")


def pon_counts(body: bytes | None) -> dict[str, int | None]:
    """The PONs of a list, each with the device's own count of its ONUs where it gives one.

    Raises PageChanged on a list that was cut.
    """
    values = _array(body, "ponListTable")
    counts: dict[str, int | None] = {}
    for pon, text in zip(values[::2], values[1::2], strict=False):
        if _PON.fullmatch(pon):
            total = _TOTAL.search(text)
            counts[pon] = int(total[1]) if total else None
    return counts


def _array(body: bytes | None, name: str) -> tuple[str, ...]:
    """The values of a small array; none where the page or the array is not there."""
    if body is None:
        return ()
    text = body.decode("utf-8", "replace")
    start = jsarray.array_start(text, name)
    return () if start is None else jsarray.values(text, start)


def _spare_array(body: bytes | None, name: str) -> tuple[str, ...]:
    """The same of a page that one can do without, also when it was cut."""
    try:
        return _array(body, name)
    except PageChanged:
        return ()

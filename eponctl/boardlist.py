"""What the JSON of the `/board` family (HSGQ) says of ONUs: rows made readings. Pure.

Keys that older firmware lacks, numbers with and without their units, and reasons of outages long
past are sorted out here. Evidence: field notes on other web dialects, sections 2.4 and 2.5.
What it says of the device itself is board.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from eponctl import jsarray, units
from eponctl.board import Clock, pon_of
from eponctl.envelope import content, of, text, whole
from eponctl.errors import OltError, PageChanged
from eponctl.model import OnuReading, Reason, Status
from eponctl.web import Page

MOST_ONUS = 1024

STATUSES = {
    "online": Status.UP,
    "offline": Status.DOWN,
    # On its way up, or never there: the vendor's page paints it red like the others.
    "initial": Status.DOWN,
    "register": Status.DOWN,
    "auth-fail": Status.DOWN,
    "unauth": Status.DOWN,
    "auth limit": Status.DOWN,
    # Words that one client alone knows.
    "up": Status.UP,
    "registered": Status.UP,
    "down": Status.DOWN,
}
_OFFLINE = frozenset({"offline", "down"})
REFUSED = frozenset({"auth-fail", "unauth", "auth limit"})


class Table(NamedTuple):
    """The list of one PON; `odd` are the MACs of rows that could not be understood."""

    onus: tuple[OnuReading, ...]
    odd: frozenset[str]
    is_complete: bool
    notes: tuple[str, ...]


class Module(NamedTuple):
    """What an ONU's own optical module measures."""

    temperature_c: float | None
    rx_power_dbm: float | None
    tx_power_dbm: float | None


# --- lists ------------------------------------------------------------------------------------


def of_pon(page: Page, pon: str, count: int | None, clock: Clock | None) -> Table:
    """The rows of one PON's list. Raises PageChanged when they cannot be its, or all of it."""
    rows = _rows(page)
    # Firmware that does not look at the number of the PON lists them all.
    ours = [row for row in rows if not of(row, "port_id") or _pon(row) == pon]
    if rows and not ours:
        raise PageChanged(f"PON {pon}: the list holds the ONUs of another PON")
    return _table(ours, pon, count, clock)


def of_all(
    page: Page, counted: Mapping[str, int | None], clock: Clock | None
) -> tuple[list[Table], dict[str, OltError]]:
    """The list of all PONs: a table for each, and the PONs that cannot be believed.

    `counted` has the PONs there are; where it has none, the rows say which there are.
    """
    rows = _rows(page)
    known = set(counted) or {_pon(row) for row in rows if whole(of(row, "port_id"))}
    strays = [row for row in rows if _pon(row) not in known]
    tables: list[Table] = []
    failed: dict[str, OltError] = {}
    if strays:
        macs = (units.mac(text(of(row, "macaddr"))) for row in strays)
        note = f"{page.path}: {len(strays)} rows of no PON that is known"
        tables.append(Table((), frozenset(filter(_IS_MAC, macs)), is_complete=False, notes=(note,)))
    for pon in sorted(known):
        ours = [row for row in rows if _pon(row) == pon]
        try:
            tables.append(_table(ours, pon, counted.get(pon), clock))
        except PageChanged as error:
            failed[pon] = error
    return tables, failed


def _rows(page: Page) -> list[Any]:
    """The rows of a list; a PON without ONUs comes with no data, or with data that is no list."""
    found = content(page)
    return found if isinstance(found, list) else []


def _pon(row: Any) -> str:
    return pon_of(text(of(row, "port_id")))


def _table(rows: list[Any], pon: str, count: int | None, clock: Clock | None) -> Table:
    if not rows and count:
        raise PageChanged(f"PON {pon}: no rows, the device counts {count} ONUs")
    onus: list[OnuReading] = []
    odd: set[str] = set()
    nameless = 0
    for row in rows:
        mac = units.mac(text(of(row, "macaddr")))
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
    is_complete = not nameless and (count is None or len(rows) >= count)
    return Table(tuple(onus), frozenset(odd), is_complete, tuple(notes))


_IS_MAC = re.compile(jsarray.MAC).fullmatch


def _onu(row: Any, pon: str, mac: str, clock: Clock | None) -> OnuReading | None:
    """One row; None where it has no number or no state."""
    number, word = whole(of(row, "onu_id")), text(row.get("status")).strip()
    if number is None or not 0 <= number <= MOST_ONUS or not word:
        return None
    status, reason, reason_raw = _outage(word, text(row.get("last_down_reason")))
    is_up = status is Status.UP
    return OnuReading(
        f"{pon}:{number}",
        mac,
        units.label(text(row.get("onu_name"))),
        status,
        word,
        reason,
        reason_raw,
        rx_power_dbm=_level(row.get("receive_power")) if is_up else None,
        distance_m=_metres(row.get("distance")),
        auth_status=_auth(row.get("auth_state")),
        uptime_s=_uptime(text(row.get("register_time")), clock) if is_up else None,
    )


def _outage(word: str, down_reason: str) -> tuple[Status, Reason | None, str | None]:
    """What a state means; the reason of the last outage only where that outage goes on."""
    key = word.lower()
    status = STATUSES.get(key, Status.UNKNOWN)
    if key in REFUSED:
        return status, Reason.AUTH_FAILED, word
    if key not in _OFFLINE:
        return status, None, None
    raw = units.label(down_reason)
    is_power, is_fibre = _POWER.search(raw or ""), _FIBRE.search(raw or "")
    if is_power and not is_fibre:
        return Status.PWRDOWN, Reason.DYING_GASP, raw
    return status, Reason.LOS if is_fibre and not is_power else None, raw


_POWER = re.compile(r"dying|gasp|power", re.IGNORECASE)
_FIBRE = re.compile(r"laser|wire|\blosi?\b", re.IGNORECASE)


def _uptime(register_time: str, clock: Clock | None) -> int | None:
    """Seconds since an ONU registered; None where the device's clock was set in the meantime."""
    try:
        registered = datetime.strptime(register_time, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    if clock is None or not timedelta() <= clock.now - registered <= clock.uptime:
        return None
    return int((clock.now - registered).total_seconds())


def _metres(value: Any) -> int | None:
    """Metres; 0 is an ONU that was never ranged."""
    return units.whole(text(value)) or None


def _auth(value: Any) -> str | None:
    word = text(value).strip()
    return {"1": "Auth", "true": "Auth", "0": "Unauth", "false": "Unauth"}.get(
        word.lower(), units.label(word)
    )


# --- optics -----------------------------------------------------------------------------------


def modules(pages: Iterable[Page]) -> dict[str, Module]:
    """What the slow pages have of each ONU, by MAC; nothing where a page is not as it should be."""
    found: dict[str, Module] = {}
    for page in pages:
        for row in _rows(page):
            mac = units.mac(text(of(row, "macaddr")))
            if _IS_MAC(mac):
                # Spelt so by the device.
                temperature = _level(row.get("work_temprature"), "C")
                rx, tx = _level(row.get("receive_power")), _level(row.get("transmit_power"))
                found[mac] = Module(temperature, rx, tx)
    return found


def with_optics(onu: OnuReading, found: Mapping[str, Module]) -> OnuReading:
    """The ONU with what its module measures; of one that is not up that would be stale."""
    module = found.get(onu.mac)
    if module is None or onu.status is not Status.UP:
        return onu
    # The list is read first, and every time: one source, so that the two do not take turns.
    rx = module.rx_power_dbm if onu.rx_power_dbm is None else onu.rx_power_dbm
    return onu._replace(
        temperature_c=module.temperature_c, rx_power_dbm=rx, tx_power_dbm=module.tx_power_dbm
    )


_MEASURE = re.compile(r"\s*(-?\d{1,9}(?:\.\d{1,9})?)\s*(dBm|°?C)?\s*", re.IGNORECASE)
_RANGES = {"dBm": (-60, 14), "C": (-60, 150)}


def _level(value: Any, unit: str = "dBm") -> float | None:
    """A number with its unit, or without one; None for `inf` and for what cannot be."""
    found = _MEASURE.fullmatch(text(value))
    if not found or (found[2] and found[2].lower().lstrip("°") != unit.lower()):
        return None
    number, (low, high) = units.number(found[1]), _RANGES[unit]
    return number if number is not None and low <= number <= high else None

"""The tables of the `/action/` family (V-SOL): rows made readings. Pure.

Columns go by their headings, never by their places. Stale reasons, dead sensors and the slots that
an ONU once had are sorted out here. Evidence: field notes on other web dialects, section 1.
Which pages a device has, and how one gets at them, is drivers/vsol.py's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from eponctl import html, units
from eponctl.errors import PageChanged
from eponctl.model import OltFacts, OnuReading, Reason, Status

ID, MAC_ADDRESS, STATUS, NAME = "onu id", "mac address", "status", "description"
DISTANCE, RTT, REASON, ALIVE = "distance", "rtt", "last deregister reason", "alive time"
TEMPERATURE, VOLTAGE, TX, RX = "temperature", "supply voltage", "tx power", "rx power"
STATUS_WORDS = {"online": Status.UP, "offline": Status.DOWN}
REASON_WORDS = {
    "power off": Reason.DYING_GASP,
    "wire down": Reason.LOS,
    # Seen in rows that may have been invented; what it would mean is plain.
    "timeout": Reason.TIMEOUT,
}
AUTH_WORDS = frozenset({"Auth", "Unauth"})
METRES_PER_TICK, OFFSET_M = 1.6393, 157
# A dead sensor gives the ends of its scale: 6.55 V with 131.07 mA, 0.0 V with -40 dBm.
LIVE_VOLTS = (2.0, 5.0)

Row = Mapping[str, str]
Place = tuple[str, str]
"""An ONU's id and MAC: what two pages must agree on."""


class Rows(NamedTuple):
    """A page's ONUs: texts by heading, by id. `odd` are MACs of rows in doubt, `lost` counts them.

    A row in doubt may have no MAC.
    """

    by_id: Mapping[str, Row]
    odd: frozenset[str]
    lost: int


class Optics(NamedTuple):
    """What ONUs measure; `is_complete`: every page of it could be read."""

    rows: Mapping[Place, Row]
    is_complete: bool


_ID = re.compile(r"EPON(\d+/\d+:\d+)", re.IGNORECASE)
_ID_CELL = re.compile(rb">\s*EPON(\d+/\d+:\d+)\s*<", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_ALIVE = re.compile(r"(?:(\d{1,6})\s+)?(\d{1,3}):(\d\d):(\d\d)", re.ASCII)


def states(path: str, body: bytes) -> Rows:
    """The rows of a page of states. Raises PageChanged."""
    return _rows(path, body, STATUS, REASON, ALIVE)


def _rows(path: str, body: bytes, *needed: str) -> Rows:
    table = html.table(path, html.decoded(body), ID, MAC_ADDRESS, *needed)
    id_at, mac_at = table.columns[ID], table.columns[MAC_ADDRESS]
    # Each id that stands anywhere on the page is a row that has to be accounted for.
    listed = Counter(found.decode() for found in _ID_CELL.findall(body))
    rows: dict[str, Row] = {}
    odd: set[str] = set()
    for cells in table.rows:
        found = _ID.fullmatch(cells[id_at]) if len(cells) > id_at else None
        mac = cells[mac_at] if len(cells) > mac_at else ""
        if found and _MAC.fullmatch(mac):
            row = {name: cells[at] for name, at in table.columns.items() if at < len(cells)}
            if listed[found[1]] == 1 and _fits(row, len(cells), table.width):
                rows[found[1]] = row
            else:
                odd.add(units.mac(mac))
    return Rows(rows, frozenset(odd), listed.total() - len(rows))


def _fits(row: Row, cells: int, width: int) -> bool:
    """Whether each value is where it should be.

    A device may have cells without a heading; a name with `</td><td>` in it makes such a row, too.
    """
    if cells < width:
        return False
    if cells > width and row.get(STATUS, "online").lower() not in STATUS_WORDS:
        return False
    numbers = [row[name] for name in (DISTANCE, RTT) if name in row]
    return (
        all(units.is_missing(text) or units.number(text) is not None for text in numbers)
        and (cells == width or _is_time(row.get(ALIVE, "")))
        # One of the times that stand before it.
        and not _CLOCK.match(row.get(REASON, ""))
    )


_CLOCK = re.compile(r"\d{4}/\d\d/\d\d ")


def _is_time(text: str) -> bool:
    return units.is_missing(text) or _seconds(text) is not None


def onus(rows: Rows, auths: Mapping[Place, str], optics: Mapping[Place, Row]) -> list[OnuReading]:
    """The readings of a page of states, with what the other pages say of the same ONUs."""
    return [_onu(onu_id, row, auths, optics) for onu_id, row in rows.by_id.items()]


def _onu(
    onu_id: str, row: Row, auths: Mapping[Place, str], optics: Mapping[Place, Row]
) -> OnuReading:
    mac = units.mac(row[MAC_ADDRESS])
    status = STATUS_WORDS.get(row[STATUS].lower(), Status.UNKNOWN)
    is_up = status is Status.UP
    reason, reason_raw = None, None
    if status is Status.DOWN:
        # Of an ONU that is up the column tells why it was not, the last time.
        reason_raw = units.label(row[REASON])
        reason = REASON_WORDS.get((reason_raw or "").lower())
        if reason is Reason.DYING_GASP:
            status = Status.PWRDOWN
    temperature, rx, tx = _measured(optics.get((onu_id, mac), {})) if is_up else _NOTHING
    return OnuReading(
        onu_id,
        mac,
        units.label(row.get(NAME, "")),
        status,
        row[STATUS],
        reason,
        reason_raw,
        temperature,
        rx,
        tx,
        # Of one that is not up it is the last that was measured; 0 where there was none.
        _distance(row),
        auths.get((onu_id, mac)),
        # Of one that is not up it is how long it was, the time before.
        uptime_s=_seconds(row[ALIVE]) if is_up else None,
    )


_NOTHING = (None, None, None)


def _measured(row: Row) -> tuple[float | None, float | None, float | None]:
    """Temperature, RX and TX; nothing of a sensor whose voltage cannot be."""
    volts = units.number(row.get(VOLTAGE, ""))
    if volts is None or not LIVE_VOLTS[0] <= volts <= LIVE_VOLTS[1]:
        return _NOTHING
    return units.number(row[TEMPERATURE]), units.number(row[RX]), units.number(row[TX])


def _distance(row: Row) -> int | None:
    """Metres; by the round trip in ticks of 16 ns where the page has no metres."""
    metres, ticks = units.number(row.get(DISTANCE, "")), units.number(row.get(RTT, ""))
    if DISTANCE not in row and ticks:
        metres = ticks * METRES_PER_TICK - OFFSET_M
    return round(metres) if metres and metres >= 1 else None


def _seconds(text: str) -> int | None:
    """A time alive, `5 06:10:57` or `06:10:57`, in seconds."""
    found = _ALIVE.fullmatch(text)
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def optics(pages: Mapping[str, bytes]) -> Optics:
    """The optics of the PONs of these pages; one that is not what its path asked for is left."""
    found: dict[Place, Row] = {}
    is_complete = True
    for path, body in pages.items():
        try:
            rows = _rows(path, body, TEMPERATURE, VOLTAGE, TX, RX)
        except PageChanged:
            is_complete = False
            continue
        pon = path.rpartition("=")[2]
        is_complete &= not rows.lost
        for onu_id, row in rows.by_id.items():
            is_complete &= onu_id.partition(":")[0].rpartition("/")[2] == pon
            found[onu_id, units.mac(row[MAC_ADDRESS])] = row
    return Optics(found, is_complete)


def auths(path: str, body: bytes) -> dict[Place, str]:
    """Authorised or not, by ONU: the column that holds nothing but these two words.

    How it is headed was never published. Nothing where that does not settle it.
    """
    try:
        rows = _rows(path, body).by_id
    except PageChanged:
        return {}
    names = set[str]().union(*rows.values()) - {ID, MAC_ADDRESS, STATUS, NAME}
    flags = [name for name in names if all(row.get(name) in AUTH_WORDS for row in rows.values())]
    if len(flags) != 1:
        return {}
    return {(onu_id, units.mac(row[MAC_ADDRESS])): row[flags[0]] for onu_id, row in rows.items()}


def ghosts(onus: Iterable[OnuReading]) -> frozenset[str]:
    """The MACs that are listed more than once: every slot that an ONU ever had stays."""
    times = Counter(onu.mac for onu in onus)
    return frozenset(mac for mac, count in times.items() if count > 1)


def without_ghosts(onus: Iterable[OnuReading], doubtful: frozenset[str]) -> tuple[OnuReading, ...]:
    """The ONUs, of one that is up no slot that it has left, and none in doubt."""
    onus = [onu for onu in onus if onu.mac not in doubtful]
    up = {onu.mac for onu in onus if onu.status is Status.UP}
    return tuple(onu for onu in onus if onu.status is Status.UP or onu.mac not in up)


def facts(body: bytes) -> OltFacts | None:
    """Model, firmware and uptime of `systeminfo.html`; None where the page is another."""
    found = html.pairs(html.decoded(body))
    model = units.label(found.get("device model", ""))
    firmware = units.label(found.get("firmware version") or found.get("software version", ""))
    if not (model and firmware):
        return None
    return OltFacts(model, firmware, units.label(found.get("running time", "")))

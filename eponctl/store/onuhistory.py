"""What is remembered of one ONU over time: its signal, its status, and when anybody looked.

Plain SQL on the open connection, and only the rows that are asked for: `eponctl onu` has to be
quick on years of history. Times are UTC seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import peewee

from eponctl import optics
from eponctl.incidents.records import Cause
from eponctl.model import EventKind, OnuState, Reason
from eponctl.store.onus import state_of

_CHUNK = 500  # values in one statement
_DAY_S = 86400
STATUS_KINDS = (
    EventKind.DOWN,
    EventKind.PWRDOWN,
    EventKind.LOOP,
    EventKind.AUTH_FAILED,
    EventKind.RECOVERED,
    EventKind.REMOVED,
    EventKind.REGISTERED,
)


class OnuPlace(NamedTuple):
    """One ONU as a person may name it."""

    olt_id: str
    onu_id: str
    mac: str
    name: str | None


class StatusChange(NamedTuple):
    """One event about an ONU's status; `before` and `after` as model.Event has them."""

    at: int
    kind: EventKind
    before: str | None
    after: str | None
    lasted_s: int | None
    reason: Reason | None
    incident: str | None


def places(database: peewee.SqliteDatabase) -> list[OnuPlace]:
    """Every ONU that is there, on whatever OLT."""
    sql = "SELECT olt_id, onu_id, mac, name FROM onu_status WHERE gone_at IS NULL"
    return [OnuPlace._make(row) for row in database.execute_sql(sql)]


def onu(
    database: peewee.SqliteDatabase, olt_id: str, mac: str
) -> tuple[int, OnuState, optics.Track | None]:
    """One ONU that is there: its row's id, its state, and the hour of optics that runs."""
    columns = ", ".join(OnuState._fields)
    sql = f"SELECT id, optics, {columns} FROM onu_status WHERE olt_id = ? AND mac = ?"
    row = database.execute_sql(sql, (olt_id, mac)).fetchone()
    track = None if row[1] is None else optics.unpacked(row[1])
    return row[0], state_of(row[2:]), track


# --- optics ---


def samples(database: peewee.SqliteDatabase, row_id: int, since: int) -> list[optics.Sample]:
    """Its samples since then, the oldest first, and the one that held at that time."""
    last = (
        "SELECT at, rx, temperature FROM optical_history WHERE onu = ? AND at < ? "
        "ORDER BY at DESC LIMIT 1"
    )
    within = "SELECT at, rx, temperature FROM optical_history WHERE onu = ? AND at >= ? ORDER BY at"
    rows = [
        *database.execute_sql(last, (row_id, since)).fetchall(),
        *database.execute_sql(within, (row_id, since)).fetchall(),
    ]
    return [optics.Sample._make(row) for row in rows]


def hours(database: peewee.SqliteDatabase, row_id: int, since: int) -> list[optics.HourRow]:
    """Its hours since then, the one that it was then included; the oldest first."""
    columns = ", ".join(optics.HourRow._fields)
    sql = f"SELECT {columns} FROM optical_hourly WHERE onu = ? AND hour >= ? ORDER BY hour"
    rows = database.execute_sql(sql, (row_id, since // optics.HOUR_S))
    return [optics.HourRow._make(row) for row in rows]


# --- status ---


def changes(
    database: peewee.SqliteDatabase, olt_id: str, mac: str, since: int
) -> list[StatusChange]:
    """The events about its status since then, the oldest first, and the last one before."""
    kinds = ", ".join("?" * len(STATUS_KINDS))
    sql = (
        f"SELECT {', '.join(StatusChange._fields)} FROM alert_history "
        f"WHERE mac = ? AND olt_id = ? AND kind IN ({kinds}) AND at"
    )
    values = (mac, olt_id, *map(str, STATUS_KINDS), since)
    rows = [
        *database.execute_sql(f"{sql} < ? ORDER BY at DESC, id DESC LIMIT 1", values).fetchall(),
        *database.execute_sql(f"{sql} >= ? ORDER BY at, id", values).fetchall(),
    ]
    return [change_of(row) for row in rows]


def change_of(row: Sequence[Any]) -> StatusChange:
    """A change from its row, whose columns are the record's."""
    at, kind, before, after, lasted_s, reason, of = row
    return StatusChange(at, EventKind(kind), before, after, lasted_s, reason and Reason(reason), of)


def causes(database: peewee.SqliteDatabase, incident_ids: Iterable[str]) -> dict[str, Cause]:
    """What broke in each of these incidents, as far as that is known; of a part that of the whole.

    Incidents that are remembered no more are left out.
    """
    found: dict[str, tuple[str | None, str | None]] = {}
    wanted = sorted(set(incident_ids))
    while wanted:
        some, wanted = wanted[:_CHUNK], wanted[_CHUNK:]
        marks = ", ".join("?" * len(some))
        sql = f"SELECT id, verdict, merged_into FROM incident WHERE id IN ({marks})"
        for name, verdict, whole in database.execute_sql(sql, some):
            found[name] = verdict, whole
            if whole is not None and whole not in found and whole not in wanted:
                wanted.append(whole)
    named = {name: _root(name, found) for name in found}
    return {
        name: Cause(json.loads(verdict)["cause"])
        for name, root in named.items()
        if (verdict := found[root][0]) is not None
    }


def _root(name: str, found: dict[str, tuple[str | None, str | None]]) -> str:
    seen = {name}
    while (whole := found[name][1]) is not None and whole in found and whole not in seen:
        seen.add(whole)
        name = whole
    return name


# --- when anybody looked ---


def reads(database: peewee.SqliteDatabase, olt_id: str, since: int) -> Sequence[int]:
    """When the OLT was read well, from a day before then on; the oldest first."""
    sql = "SELECT at FROM monitoring_stats WHERE olt_id = ? AND at >= ? AND is_ok ORDER BY at"
    rows = database.execute_sql(sql, (olt_id, since - _DAY_S)).fetchall()
    return [at for (at,) in rows]

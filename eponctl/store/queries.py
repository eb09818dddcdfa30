"""Read-only questions of the views: aggregates, problem rows, and whole tables as streams.

SQL that any engine takes. Rows come out as OnuState, or as named tuples of this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import peewee

from eponctl.model import EventKind, OnuState, Priority
from eponctl.store.events import Alert
from eponctl.store.olts import PollStat
from eponctl.store.onus import state_of
from eponctl.store.schema import AlertRow, StatRow

_AT_ONCE = 500  # rows of a history that are fetched together, with what hangs on them

_COLUMNS = ", ".join(OnuState._fields)
_CALM = "(status = 'disabled' OR (status = 'up' AND signal = 'ok' AND heat = 'ok'))"
"""OnuState.is_problem, the other way round; a test holds the two together."""


class Tally(NamedTuple):
    """Counts and sums of one OLT's ONUs; the sums are over those that are up and gave a value."""

    onus: int = 0
    online: int = 0
    disabled: int = 0
    problems: int = 0
    temperatures: int = 0
    temperature_sum: float = 0.0
    powers: int = 0
    power_sum: float = 0.0


_TALLIES = f"""
    SELECT olt_id, COUNT(*),
           SUM(CASE WHEN status = 'up' THEN 1 ELSE 0 END),
           SUM(CASE WHEN status = 'disabled' THEN 1 ELSE 0 END),
           SUM(CASE WHEN {_CALM} THEN 0 ELSE 1 END),
           COUNT(CASE WHEN status = 'up' THEN temperature_c END),
           COALESCE(SUM(CASE WHEN status = 'up' THEN temperature_c END), 0),
           COUNT(CASE WHEN status = 'up' THEN rx_power_dbm END),
           COALESCE(SUM(CASE WHEN status = 'up' THEN rx_power_dbm END), 0)
    FROM onu_status WHERE gone_at IS NULL GROUP BY olt_id
"""


def tallies(database: peewee.SqliteDatabase) -> dict[str, Tally]:
    """Every OLT that has ONUs, by id; one pass over the table."""
    return {row[0]: Tally(*row[1:]) for row in database.execute_sql(_TALLIES)}


def problem_onus(database: peewee.SqliteDatabase) -> Iterator[OnuState]:
    """Every ONU that is a problem now, of whatever OLT, in no order."""
    sql = f"SELECT {_COLUMNS} FROM onu_status WHERE gone_at IS NULL AND NOT {_CALM}"
    return map(state_of, database.execute_sql(sql))


def onus_of(database: peewee.SqliteDatabase, olt_id: str) -> Iterator[OnuState]:
    """Every ONU of one OLT, in no order; ONUs that were removed are left out."""
    sql = f"SELECT {_COLUMNS} FROM onu_status WHERE olt_id = ? AND gone_at IS NULL"
    return map(state_of, database.execute_sql(sql, (olt_id,)))


def alerts() -> Iterator[list[Alert]]:
    """The whole alert history, the oldest first, in lists of some hundred."""
    for rows in _by_id(AlertRow, Alert.__slots__):
        yield [_alert(row) for row in rows]


def _alert(row: tuple[Any, ...]) -> Alert:
    values = dict(zip(Alert.__slots__, row, strict=True))
    values["kind"], values["priority"] = EventKind(values["kind"]), Priority(values["priority"])
    return Alert(**values)


def stats() -> Iterator[PollStat]:
    """Every poll of every OLT that is kept, the oldest first."""
    for rows in _by_id(StatRow, ("id", *PollStat._fields)):
        yield from (PollStat(*row[1:]) for row in rows)


def _by_id(table: type[peewee.Model], names: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """A table in the order of its ids, of which the first column is one, piece by piece."""
    columns = [getattr(table, name) for name in names]
    last = 0
    while True:
        query = table.select(*columns).where(columns[0] > last).order_by(columns[0])
        rows: list[Any] = list(query.limit(_AT_ONCE).tuples())
        if not rows:
            return
        last = rows[-1][0]
        yield rows

"""Read-only questions of the views: aggregates, problem rows, and whole tables as streams.

SQL that any engine takes. Rows come out as OnuState, or as named tuples of this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import peewee

from eponctl.model import EventKind, OnuState, Priority, Reason
from eponctl.store.events import Alert
from eponctl.store.olts import PollStat
from eponctl.store.onus import state_of
from eponctl.store.schema import AlertRow, StatRow

_AT_ONCE = 500  # rows of a history that are fetched together, with what hangs on them

_COLUMNS = ", ".join(OnuState._fields)
_CALM = "(status = 'disabled' OR (status = 'up' AND signal = 'ok' AND heat = 'ok'))"
"""OnuState.is_problem, the other way round; a test holds the two together."""


_ABANDONED = "(status NOT IN ('up', 'disabled') AND COALESCE(outage_at, since) <= ?)"
"""summary.is_abandoned; a test holds the two together."""


class Tally(NamedTuple):
    """Counts and sums of one OLT's ONUs; the sums are over those that are up and gave a value.

    Those that are abandoned are in `onus` and `abandoned`, in no other number.
    """

    onus: int = 0
    online: int = 0
    disabled: int = 0
    problems: int = 0
    temperatures: int = 0
    temperature_sum: float = 0.0
    powers: int = 0
    power_sum: float = 0.0
    abandoned: int = 0

    @property
    def expected(self) -> int:
        """How many should be online: neither switched off nor abandoned."""
        return self.onus - self.disabled - self.abandoned


_TALLIES = f"""
    SELECT olt_id, COUNT(*),
           SUM(CASE WHEN status = 'up' THEN 1 ELSE 0 END),
           SUM(CASE WHEN status = 'disabled' THEN 1 ELSE 0 END),
           SUM(CASE WHEN {_CALM} OR {_ABANDONED} THEN 0 ELSE 1 END),
           COUNT(CASE WHEN status = 'up' THEN temperature_c END),
           COALESCE(SUM(CASE WHEN status = 'up' THEN temperature_c END), 0),
           COUNT(CASE WHEN status = 'up' THEN rx_power_dbm END),
           COALESCE(SUM(CASE WHEN status = 'up' THEN rx_power_dbm END), 0),
           SUM(CASE WHEN {_ABANDONED} THEN 1 ELSE 0 END)
    FROM onu_status WHERE gone_at IS NULL GROUP BY olt_id
"""


def tallies(database: peewee.SqliteDatabase, abandoned_before: int) -> dict[str, Tally]:
    """Every OLT that has ONUs, by id; one pass over the table.

    Abandoned is what has not been up since before that time.
    """
    rows = database.execute_sql(_TALLIES, (abandoned_before, abandoned_before))
    return {row[0]: Tally(*row[1:]) for row in rows}


def problem_onus(database: peewee.SqliteDatabase, abandoned_before: int) -> Iterator[OnuState]:
    """Every ONU that is a problem now and not abandoned, of whatever OLT, in no order."""
    sql = (
        f"SELECT {_COLUMNS} FROM onu_status "
        f"WHERE gone_at IS NULL AND NOT {_CALM} AND NOT {_ABANDONED}"
    )
    return map(state_of, database.execute_sql(sql, (abandoned_before,)))


def abandoned_onus(database: peewee.SqliteDatabase, abandoned_before: int) -> Iterator[OnuState]:
    """Every ONU that has not been up since before that time, of whatever OLT, in no order."""
    sql = f"SELECT {_COLUMNS} FROM onu_status WHERE gone_at IS NULL AND {_ABANDONED}"
    return map(state_of, database.execute_sql(sql, (abandoned_before,)))


def onus_of(database: peewee.SqliteDatabase, olt_id: str) -> Iterator[OnuState]:
    """Every ONU of one OLT, in no order; ONUs that were removed are left out."""
    sql = f"SELECT {_COLUMNS} FROM onu_status WHERE olt_id = ? AND gone_at IS NULL"
    return map(state_of, database.execute_sql(sql, (olt_id,)))


def alerts() -> Iterator[list[Alert]]:
    """The whole alert history, the oldest first, in lists of some hundred."""
    for rows in _by_id(AlertRow, Alert.__slots__):
        yield [_alert(row) for row in rows]


def events_of(olt_id: str, mac: str, limit: int) -> list[Alert]:
    """The last events of one ONU, the newest first."""
    columns = [getattr(AlertRow, name) for name in Alert.__slots__]
    query = (
        AlertRow.select(*columns)
        .where(AlertRow.mac == mac, AlertRow.olt_id == olt_id)
        .order_by(AlertRow.at.desc(), AlertRow.id.desc())
        .limit(limit)
    )
    return list(map(_alert, cast(Iterable[tuple[Any, ...]], query.tuples())))


def _alert(row: tuple[Any, ...]) -> Alert:
    values = dict(zip(Alert.__slots__, row, strict=True))
    values["kind"], values["priority"] = EventKind(values["kind"]), Priority(values["priority"])
    values["reason"] = values["reason"] and Reason(values["reason"])
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

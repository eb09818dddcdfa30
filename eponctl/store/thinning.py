"""The statistics of polls get coarser with age: after a week, one row for each five minutes.

Every poll leaves a row for each OLT; at a poll every ten seconds that would be 78 MB an OLT in 90
days. Polls that failed and polls that did not are never put together, and a time without any polls
stays one. Whole UTC days at a time: of a day either all rows are there or none of the fine ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import peewee

from eponctl.store.events import fact, set_fact

FULL_DAYS = 7
"""How many days keep a row for each poll."""
STEP_S = 300
_DAY_S = 86400
_WINDOW_S = 3 * 3600  # of one OLT, in one transaction
_THINNED_TO = "stats_thinned_to"


def slices(database: peewee.SqliteDatabase, now: int) -> Iterator[int]:
    """Thin what is due; after each window, how many rows are gone. It goes on where it stopped."""
    until = (now // _DAY_S - FULL_DAYS) * _DAY_S
    olt_ids = olts_of(database)
    at = _begin(database, olt_ids, until)
    while at < until:
        for olt_id in olt_ids:
            with database.atomic("IMMEDIATE"):
                gone = _thin(database, olt_id, at, at + _WINDOW_S)
            if gone:
                yield gone
        at += _WINDOW_S
        with database.atomic("IMMEDIATE"):
            set_fact(_THINNED_TO, str(at))
        yield 0


def olts_of(database: peewee.SqliteDatabase) -> list[str]:
    """The OLTs that have statistics: one step in the index for each."""
    sql = (
        "WITH RECURSIVE some(id) AS (SELECT min(olt_id) FROM monitoring_stats UNION ALL SELECT "
        "(SELECT min(olt_id) FROM monitoring_stats WHERE olt_id > some.id) FROM some "
        "WHERE id IS NOT NULL) SELECT id FROM some WHERE id IS NOT NULL"
    )
    return [olt_id for (olt_id,) in database.execute_sql(sql)]


def _begin(database: peewee.SqliteDatabase, olt_ids: Iterable[str], until: int) -> int:
    """Up to where all is thin, or the first day that there is."""
    done = int(fact(_THINNED_TO) or 0)
    sql = "SELECT min(at) FROM monitoring_stats WHERE olt_id = ? AND at >= ?"
    rows = (database.execute_sql(sql, (olt_id, done)).fetchone() for olt_id in olt_ids)
    first = min((at for (at,) in rows if at is not None), default=until)
    return max(done, first // _DAY_S * _DAY_S)


def _thin(database: peewee.SqliteDatabase, olt_id: str, since: int, until: int) -> int:
    """One row for each step and outcome: at the first one's time, with the averages of all."""
    sql = (
        f"SELECT {', '.join(_COLUMNS)} FROM monitoring_stats "
        "WHERE olt_id = ? AND at >= ? AND at < ? ORDER BY at"
    )
    groups: dict[tuple[int, bool], list[Sequence[Any]]] = {}
    for row in database.execute_sql(sql, (olt_id, since, until)):
        groups.setdefault((row[1] // STEP_S, bool(row[2])), []).append(row)
    merged = [rows for rows in groups.values() if len(rows) > 1]
    gone = [(row[0],) for rows in merged for row in rows[1:]]
    connection = database.connection()
    connection.executemany(_UPDATE, [(*_averages(rows), rows[0][0]) for rows in merged])
    connection.executemany("DELETE FROM monitoring_stats WHERE id = ?", gone)
    return len(gone)


_WHOLE = ("poll_ms", "onus", "online", "problems")
_REAL = ("avg_temperature_c", "avg_rx_power_dbm")
_COLUMNS = ("id", "at", "is_ok", *_WHOLE, *_REAL)
_UPDATE = (
    f"UPDATE monitoring_stats SET {', '.join(f'{name} = ?' for name in (*_WHOLE, *_REAL))} "
    "WHERE id = ?"
)


def _averages(rows: Sequence[Sequence[Any]]) -> list[float | None]:
    found: list[float | None] = []
    for place, name in enumerate(_COLUMNS[3:], start=3):
        values = [row[place] for row in rows if row[place] is not None]
        average = sum(values) / len(values) if values else None
        found.append(round(average) if average is not None and name in _WHOLE else average)
    return found

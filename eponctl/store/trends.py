"""What polls found, averaged over equal steps of time: what a chart is made of.

Plain SQL on the open connection, an OLT at a time, as the index has them. Times are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import peewee


class TrendRow(NamedTuple):
    """One OLT in one step from `at` on: averages over its polls that read it."""

    olt_id: str
    at: int
    onus: float
    online: float
    problems: float
    temperature_c: float | None
    rx_power_dbm: float | None


class Span(NamedTuple):
    """When the first poll since a time was, and the most polls that an OLT has had since."""

    first_at: int
    polls: int


def span(database: peewee.SqliteDatabase, olt_ids: Iterable[str], since: int) -> Span | None:
    """What there is to be drawn; None: there was no poll since then."""
    sql = "SELECT MIN(at), COUNT(*) FROM monitoring_stats WHERE olt_id = ? AND at >= ?"
    rows = [database.execute_sql(sql, (olt_id, since)).fetchone() for olt_id in olt_ids]
    firsts = [first for first, _ in rows if first is not None]
    return Span(min(firsts), max(count for _, count in rows)) if firsts else None


def rows(
    database: peewee.SqliteDatabase, olt_ids: Iterable[str], since: int, step_s: int
) -> list[TrendRow]:
    """Each OLT's steps since then, at whole multiples of the step; what was not read is not there.

    While an OLT does not answer, its statistics repeat the last known ones: these do not count.
    """
    sql = (
        "SELECT olt_id, at - at % ?, AVG(onus), AVG(online), AVG(problems), "
        "AVG(avg_temperature_c), AVG(avg_rx_power_dbm) FROM monitoring_stats "
        "WHERE olt_id = ? AND at >= ? AND is_ok GROUP BY olt_id, at - at % ?"
    )
    return [
        TrendRow._make(row)
        for olt_id in olt_ids
        for row in database.execute_sql(sql, (step_s, olt_id, since, step_s))
    ]

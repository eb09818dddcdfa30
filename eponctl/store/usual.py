"""What is usual for an ONU: the median of its received power over 7 days.

An exact median costs 0.1 ms an ONU, so that each is looked at once a day: in its own second of the
day, which its row id gives, so that a poll has a small slice of them whatever the polls' interval.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import cast

import peewee

from eponctl.optics import DAY_S, HOUR_S
from eponctl.store.schema import OnuRow

_DAYS = 7
_FEW_HOURS = 24  # below so many hourly rows the samples count instead
_CHUNK = 500  # values in one statement
_MOST = 4000  # ONUs at once; more than a poll a quarter of an hour has of the largest sites
# Neighbouring row ids get seconds far from each other: about the golden section of a day, and with
# no divisor in common with it, so that each second belongs to one of 86,400 ids in a row.
_STRIDE = 53399
_INVERSE = pow(_STRIDE, -1, DAY_S)


def usual_due(database: peewee.SqliteDatabase, from_at: int, now: int) -> list[int]:
    """The row ids of the ONUs whose second of the day lies after `from_at` and not after `now`.

    Every ONU that is there comes up once in any 24 hours. After a longer time, or where these are
    more than some thousand, the rest waits for its next turn.
    """
    highest = OnuRow.select(peewee.fn.MAX(OnuRow.id)).scalar() or 0
    due: list[int] = []
    for some in peewee.chunked(_turns(max(from_at, now - DAY_S), now, highest), _CHUNK):
        sql = f"SELECT id FROM onu_status WHERE gone_at IS NULL AND id IN ({_marks(some)})"
        due += [row_id for (row_id,) in database.execute_sql(sql, some)]
        if len(due) >= _MOST:
            break
    return sorted(due[:_MOST])


def _turns(from_at: int, now: int, highest: int) -> Iterator[int]:
    """The row ids up to the highest that have their turn then; the latest turn first."""
    for at in range(now, from_at, -1):
        yield from range(at * _INVERSE % DAY_S or DAY_S, highest + 1, DAY_S)


def usual_rx(
    database: peewee.SqliteDatabase, row_ids: Iterable[int], now: int
) -> dict[tuple[str, str], float]:
    """The usual received power (dBm) of these ONUs by (OLT id, MAC); of those that have any.

    The median of the hourly averages of 7 days. Where these are less than a day's, that of the
    samples instead, each for as long as it held: they are kept by change.
    """
    usual: dict[tuple[str, str], float] = {}
    for some in peewee.chunked(sorted(set(row_ids)), _CHUNK):
        hours = _rows(database, _HOURS, some, now // HOUR_S - _DAYS * 24)
        young = [row_id for row_id in some if len(hours.get(row_id, ())) < _FEW_HOURS]
        samples = _samples(database, young, now)
        query = OnuRow.select(OnuRow.id, OnuRow.olt_id, OnuRow.mac).where(OnuRow.id.in_(some))
        for row_id, olt_id, mac in cast(Iterable[tuple[int, str, str]], query.tuples()):
            if row_id in samples:
                usual[olt_id, mac] = samples[row_id] / 100
            elif row_id in hours and row_id not in young:
                usual[olt_id, mac] = statistics.median(hours[row_id]) / 100
    return usual


def _samples(database: peewee.SqliteDatabase, row_ids: Sequence[int], now: int) -> dict[int, int]:
    """The median over time of what was sampled of each; None in between: it was not up."""
    points: dict[int, list[tuple[int, int | None]]] = {}
    if row_ids:
        cursor = database.execute_sql(
            _SAMPLES.format(_marks(row_ids)), (*row_ids, now - _DAYS * DAY_S)
        )
        for row_id, at, rx in cursor:
            points.setdefault(row_id, []).append((at, rx))
    held = {
        row_id: [
            (rx, until - at)
            for (at, rx), (until, _) in pairwise([*found, (now, None)])
            if rx is not None
        ]
        for row_id, found in points.items()
    }
    return {row_id: _weighted_median(values) for row_id, values in held.items() if values}


def _weighted_median(values: Iterable[tuple[int, int]]) -> int:
    """The value of which half of the time was above; of two that share it, the stronger.

    So of a signal that held as long as its fall, what it fell from is the usual one.
    """
    strongest_first = sorted(values, reverse=True)
    half, passed = sum(held for _, held in strongest_first) / 2, 0
    for value, held in strongest_first:
        passed += held
        if passed >= half:
            return value
    return strongest_first[-1][0]


def refresh(database: peewee.SqliteDatabase, from_at: int, now: int) -> None:
    """Look at those whose turn it is since `from_at`, and remember what is usual for them."""
    found = usual_rx(database, usual_due(database, from_at, now), now)
    rows = [(rx, olt_id, mac) for (olt_id, mac), rx in found.items()]
    database.connection().executemany(_REMEMBER, rows)


_REMEMBER = "UPDATE onu_status SET usual_rx_dbm = ? WHERE olt_id = ? AND mac = ?"
_HOURS = (
    "SELECT onu, rx_avg FROM optical_hourly WHERE rx_avg IS NOT NULL AND onu IN ({}) AND hour > ?"
)
_SAMPLES = "SELECT onu, at, rx FROM optical_history WHERE onu IN ({}) AND at > ? ORDER BY onu, at"


def _rows(
    database: peewee.SqliteDatabase, sql: str, row_ids: Sequence[int], since: int
) -> dict[int, list[int]]:
    """The values of each of these ONUs, in 0.01 dBm."""
    found: dict[int, list[int]] = {}
    if not row_ids:
        return found
    cursor = database.execute_sql(sql.format(_marks(row_ids)), (*row_ids, since))
    for row_id, value in cursor:
        found.setdefault(row_id, []).append(value)
    return found


def _marks(values: Sequence[int]) -> str:
    return ", ".join("?" * len(values))

"""What is remembered of all ONUs over time, each thing in one pass: for reports.

Plain SQL on the open connection. Times are UTC seconds; an ONU is (OLT id, MAC).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

import peewee

from eponctl import optics
from eponctl.model import EventKind
from eponctl.store import onuhistory
from eponctl.store.onuhistory import STATUS_KINDS, StatusChange

Onu = tuple[str, str]

_DROPS = frozenset({EventKind.DOWN, EventKind.PWRDOWN})
_DAY_S = 86400


def changes(database: peewee.SqliteDatabase, since: int) -> dict[Onu, list[StatusChange]]:
    """The events about each ONU's status since then, the oldest first."""
    kinds = ", ".join("?" * len(STATUS_KINDS))
    sql = (
        f"SELECT olt_id, mac, {', '.join(StatusChange._fields)} FROM alert_history "
        f"WHERE at >= ? AND mac IS NOT NULL AND kind IN ({kinds}) ORDER BY at, id"
    )
    found: dict[Onu, list[StatusChange]] = {}
    for olt_id, mac, *row in database.execute_sql(sql, (since, *map(str, STATUS_KINDS))):
        found.setdefault((olt_id, mac), []).append(onuhistory.change_of(row))
    return found


def last_changes(
    database: peewee.SqliteDatabase, onus: Iterable[Onu], before: int
) -> dict[Onu, StatusChange]:
    """The last event about the status of each of these ONUs before then, where there is one."""
    kinds = ", ".join("?" * len(STATUS_KINDS))
    sql = (
        f"SELECT {', '.join(StatusChange._fields)} FROM alert_history WHERE mac = ? "
        f"AND olt_id = ? AND kind IN ({kinds}) AND at < ? ORDER BY at DESC, id DESC LIMIT 1"
    )
    found: dict[Onu, StatusChange] = {}
    for olt_id, mac in onus:
        row = database.execute_sql(sql, (mac, olt_id, *map(str, STATUS_KINDS), before)).fetchone()
        if row is not None:
            found[olt_id, mac] = onuhistory.change_of(row)
    return found


def drops(those: Iterable[StatusChange], since: int, until: int) -> int:
    """How often it went down in that time."""
    return sum(one.kind in _DROPS and since <= one.at < until for one in those)


def powers(
    database: peewee.SqliteDatabase, since: int
) -> Iterable[tuple[int, list[tuple[int, float]]]]:
    """Each ONU that is there, by its row's id: the hours since then and their mean power (dBm).

    An hour is given by its middle.
    """
    # ONU by ONU along the primary key: of 90 days only those are read that are asked for.
    sql = (
        "SELECT one.id, hourly.hour, hourly.rx_avg FROM onu_status AS one "
        "JOIN optical_hourly AS hourly ON hourly.onu = one.id AND hourly.hour >= ? "
        "WHERE one.gone_at IS NULL AND hourly.rx_avg IS NOT NULL ORDER BY one.id, hourly.hour"
    )
    rows = database.execute_sql(sql, (since // optics.HOUR_S,))
    middle = optics.HOUR_S // 2
    for row_id, some in groupby(rows, itemgetter(0)):
        yield row_id, [(hour * optics.HOUR_S + middle, rx / 100) for _, hour, rx in some]


def polls(
    database: peewee.SqliteDatabase, olt_id: str, since: int, until: int
) -> list[tuple[int, bool]]:
    """When the OLT was polled, from a day before `since`, and whether it was read; in order."""
    sql = (
        "SELECT at, is_ok FROM monitoring_stats WHERE olt_id = ? AND at >= ? AND at < ? ORDER BY at"
    )
    rows = database.execute_sql(sql, (olt_id, since - _DAY_S, until))
    return [(at, bool(is_ok)) for at, is_ok in rows]


def first_poll(database: peewee.SqliteDatabase, olt_ids: Iterable[str]) -> int | None:
    """When the first of these OLTs was polled first, as far as that is remembered."""
    sql = "SELECT min(at) FROM monitoring_stats WHERE olt_id = ?"
    times = (database.execute_sql(sql, (olt_id,)).fetchone()[0] for olt_id in olt_ids)
    return min((at for at in times if at is not None), default=None)

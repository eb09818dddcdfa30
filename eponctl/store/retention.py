"""Old rows go, once a day, within a poll; pages are given back to the disk bit by bit.

In slices, each a short transaction of its own, so that a poll can stop between two of them: after a
long pause the next polls go on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

import peewee

from eponctl.settings import Retention
from eponctl.store import ledger, thinning
from eponctl.store.events import fact, set_fact
from eponctl.store.schema import (
    AlertRow,
    IncidentOnuRow,
    IncidentRow,
    MessageIncidentRow,
    MessageRow,
    OnuRow,
    OpticalHourRow,
    OpticalRow,
    SilenceRow,
    StatRow,
)

DAY_S = 86400
_PAGES_A_DAY = 2000
_PAGES = 250  # given back in one slice
_UNSETTLED_DAYS = 30
_CHUNK = 500  # values in one statement
_ROWS = 2000  # deleted in one slice
_ONUS = 200  # looked at in one slice
_GONE = 10  # ONUs forgotten with their whole history, in one slice
_NEXT_ONU = "cleaned_onu"
"""The fact that says up to which row id optical history was looked through, or that it all was."""

Slices = Iterator[tuple[str, int]]
"""Each is done when it comes out: the table, and how many of its rows are gone.

What comes out has made some way: so even one slice a poll gets to the end.
"""


class Cleaned(NamedTuple):
    """What is gone, by table; `is_done` False: the time was up before all was looked at."""

    rows: Mapping[str, int]
    is_done: bool


def _always() -> bool:
    return True


def clean(
    database: peewee.SqliteDatabase,
    keep: Retention,
    now: int,
    *,
    has_time: Callable[[], bool] = _always,
    most_pages: int = _PAGES_A_DAY,
    is_afresh: bool = False,
) -> Cleaned:
    """Delete what is older than the configuration says, for as long as there is time.

    `is_afresh`: look through everything, whatever was looked through today.

    Undelivered messages never go, nor what tells of an incident of which something may yet be told.
    """
    if is_afresh:
        with database.atomic("IMMEDIATE"):
            set_fact(_NEXT_ONU, "0")
    gone: Counter[str] = Counter()
    for table, rows in _slices(database, keep, now, most_pages):
        gone[table] += rows
        if not has_time():
            return Cleaned(+gone, is_done=False)
    return Cleaned(+gone, is_done=True)


def _slices(database: peewee.SqliteDatabase, keep: Retention, now: int, most_pages: int) -> Slices:
    alerts, stats = now - keep.alerts_days * DAY_S, now - keep.stats_days * DAY_S
    with database.atomic("IMMEDIATE"):
        ledger.settle(now)
    yield from _incidents(database, alerts, now)
    yield from _messages(database, alerts)
    yield from _by_ids(database, AlertRow, AlertRow.at < alerts)
    # By OLT, as the index has them; those that olts.toml no longer names are there too.
    for olt_id in thinning.olts_of(database):
        is_old = (StatRow.olt_id == olt_id) & (StatRow.at < stats)
        yield from _by_ids(database, StatRow, is_old)
    is_over = (SilenceRow.until_at < alerts) | (SilenceRow.ended_at < alerts)
    yield from _by_ids(database, SilenceRow, is_over)
    for rows in thinning.slices(database, now):
        yield StatRow._meta.table_name, rows  # noqa: SLF001
    if fact(_NEXT_ONU) != _end_of(now):
        yield from _optics(database, now - keep.optical_days * DAY_S, stats // 3600, now)
    yield from _gone_onus(database, stats)
    yield from _pages(database, most_pages)


def _by_ids(
    database: peewee.SqliteDatabase, table: type[peewee.Model], condition: peewee.Expression
) -> Slices:
    """The rows of a table that the condition fits."""
    key = cast(peewee.Field, table._meta.primary_key)  # noqa: SLF001
    rows = _ROWS
    while rows == _ROWS:
        with database.atomic("IMMEDIATE"):
            some = table.select(key).where(condition).limit(_ROWS)
            rows = table.delete().where(key.in_(some)).execute()
        if rows:
            yield table._meta.table_name, rows  # noqa: SLF001


def _incidents(database: peewee.SqliteDatabase, before: int, now: int) -> Slices:
    """Those that closed before then, and of which nothing is left to be told.

    An incident whose end somebody was not told is kept longer, but not for ever: whoever it is may
    have left the configuration.
    """
    is_settled = IncidentRow.settled_at.is_null(is_null=False)
    # What became part of another one goes when that one can.
    is_hopeless = IncidentRow.merged_into.is_null() & (
        IncidentRow.closed_at < now - _UNSETTLED_DAYS * DAY_S
    )
    query = IncidentRow.select(IncidentRow.id).where(
        IncidentRow.closed_at < before, is_settled | is_hopeless
    )
    gone = [incident_id for (incident_id,) in cast(Iterable[tuple[str]], query.tuples())]
    # An id may be given again: nothing may be left of it.
    for some in peewee.chunked(gone, _CHUNK // 10):
        with database.atomic("IMMEDIATE"):
            IncidentRow.delete().where(IncidentRow.id.in_(some)).execute()
            for table in (IncidentOnuRow, MessageIncidentRow):
                table.delete().where(table.incident.in_(some)).execute()
        yield "incident", len(some)


def _messages(database: peewee.SqliteDatabase, before: int) -> Slices:
    is_waiting = MessageRow.state.in_(("queued", "unsure"))
    unsettled = IncidentRow.select(IncidentRow.id).where(IncidentRow.settled_at.is_null())
    telling = MessageIncidentRow.select(MessageIncidentRow.message).where(
        MessageIncidentRow.incident.in_(unsettled)
    )
    is_over = ~is_waiting & (MessageRow.created_at < before) & MessageRow.id.not_in(telling)
    yield from _by_ids(database, MessageRow, is_over)


def _end_of(now: int) -> str:
    return f"done {now // DAY_S}"


def _optics(database: peewee.SqliteDatabase, samples: int, hours: int, now: int) -> Slices:
    """Samples and hours before then, ONU by ONU: under each the oldest rows stand first.

    Where the time was up amid them, the next cleaning goes on with the ONU behind.
    """
    place = fact(_NEXT_ONU) or ""
    last = int(place) if place.isdecimal() else 0
    while True:
        query = OnuRow.select(OnuRow.id).where(OnuRow.id > last).order_by(OnuRow.id).limit(_ONUS)
        ids = [row_id for (row_id,) in cast(Iterable[tuple[int]], query.tuples())]
        gone = {"optical_history": 0, "optical_hourly": 0}
        with database.atomic("IMMEDIATE"):
            for row_id in ids:
                gone["optical_history"] += _delete(
                    database,
                    "DELETE FROM optical_history WHERE onu = ? AND at < ?",
                    row_id,
                    samples,
                )
                gone["optical_hourly"] += _delete(
                    database, "DELETE FROM optical_hourly WHERE onu = ? AND hour < ?", row_id, hours
                )
                last = row_id
                if sum(gone.values()) >= _ROWS:
                    break
            is_end = len(ids) < _ONUS and (not ids or last == ids[-1])
            set_fact(_NEXT_ONU, _end_of(now) if is_end else str(last))
        yield from gone.items()
        if is_end:
            return


def _delete(database: peewee.SqliteDatabase, sql: str, *values: int) -> int:
    return int(database.execute_sql(sql, values).rowcount)


def _gone_onus(database: peewee.SqliteDatabase, before: int) -> Slices:
    """ONUs that left the devices before then, with all that is remembered of them."""
    while True:
        query = OnuRow.select(OnuRow.id).where(OnuRow.gone_at < before).limit(_GONE)
        ids: Sequence[int] = [row_id for (row_id,) in cast(Iterable[tuple[int]], query.tuples())]
        if not ids:
            return
        with database.atomic("IMMEDIATE"):
            for table in (OpticalRow, OpticalHourRow):
                table.delete().where(table.onu.in_(ids)).execute()
            OnuRow.delete().where(OnuRow.id.in_(ids)).execute()
        yield "onu_status", len(ids)


def _pages(database: peewee.SqliteDatabase, most: int) -> Slices:
    """Give pages that hold nothing back to the disk; a file that was not made for that keeps them.

    With executescript, because execute would stop after the first page.
    """
    connection = database.connection()
    left = most
    while left > 0:
        [free] = connection.execute("PRAGMA freelist_count").fetchone()
        connection.executescript(f"PRAGMA incremental_vacuum({min(_PAGES, left)})")
        [still] = connection.execute("PRAGMA freelist_count").fetchone()
        if still == free:
            return
        left -= free - still
        yield "pages", 0

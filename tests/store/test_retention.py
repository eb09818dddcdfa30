"""What is old goes; what was not delivered never does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest

from eponctl.judge import first_state
from eponctl.model import Event, EventKind, OnuReading, OnuState, Priority, Status
from eponctl.optics import HourRow, Sample
from eponctl.settings import Retention, Thresholds
from eponctl.store import events, olts, onus, outbox, retention
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook, OnuChanges
from eponctl.store.outbox import State
from eponctl.store.schema import MessageRow

DAY_S = 86400
NOW = 20_000 * DAY_S
KEEP = Retention(alerts_days=10, stats_days=5, optical_days=2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[peewee.SqliteDatabase]:
    """An empty database, open."""
    with open_database(tmp_path / "eponctl.db", create=True) as opened:
        yield opened


def rows(database: Any, sql: str) -> list[Any]:
    return [row[0] for row in database.execute_sql(sql)]


def days_ago(days: float) -> int:
    return NOW - round(days * DAY_S)


def onu(mac: str) -> OnuState:
    reading = OnuReading("0/1:1", mac, None, Status.UP, "Up")
    return first_state("OLT-1", reading, Thresholds(), NOW)


@pytest.mark.parametrize(("age", "is_kept"), [(9.9, True), (10.1, False)])
def test_alerts_are_kept_so_many_days(
    database: peewee.SqliteDatabase, age: float, is_kept: bool
) -> None:
    events.add(
        database, [Event(EventKind.DOWN, Priority.HIGH, "OLT-1", days_ago(age))], days_ago(age)
    )
    retention.clean(database, KEEP, NOW)

    assert is_kept == bool(events.history(0))


@pytest.mark.parametrize(("age", "is_kept"), [(4.9, True), (5.1, False)])
def test_stats_and_hours_are_kept_so_many_days(
    database: peewee.SqliteDatabase, age: float, is_kept: bool
) -> None:
    at = days_ago(age)
    olts.add_stats([PollStat(at, "OLT-1", True, 1, 1, 1, 0, None, None, None)])
    state = onu("02:00:00:00:00:01")
    hour = HourRow(at // 3600, -2000, -2000, -2000, None, None)
    sample = Sample(days_ago(1), -2000, None)
    changes = OnuChanges(
        OltBook(), {state.mac: state}, samples=[(state.mac, sample)], hours=[(state.mac, hour)]
    )
    onus.save(database, [changes], NOW)
    retention.clean(database, KEEP, NOW)

    assert is_kept == bool(rows(database, "SELECT at FROM monitoring_stats"))
    assert is_kept == bool(rows(database, "SELECT hour FROM optical_hourly"))


@pytest.mark.parametrize(("age", "is_kept"), [(1.9, True), (2.1, False)])
def test_optical_samples_are_kept_so_many_days(
    database: peewee.SqliteDatabase, age: float, is_kept: bool
) -> None:
    state = onu("02:00:00:00:00:01")
    sample = Sample(days_ago(age), -2000, None)
    onus.save(
        database,
        [OnuChanges(OltBook(), {state.mac: state}, samples=[(state.mac, sample)])],
        NOW,
    )
    retention.clean(database, KEEP, NOW)

    assert is_kept == bool(rows(database, "SELECT at FROM optical_history"))
    assert {"02:00:00:00:00:01"} == set(onus.load(database)["OLT-1"].states)


@pytest.mark.parametrize("state", State)
def test_message_goes_with_its_age_unless_it_is_still_to_be_told(
    database: peewee.SqliteDatabase, state: State
) -> None:
    for age in (9, 11):
        message = outbox.enqueue("6281", "alert", "text", days_ago(age))
        MessageRow.update(state=state).where(MessageRow.id == message).execute()
    retention.clean(database, KEEP, NOW)

    is_waiting = state in {State.QUEUED, State.UNSURE}
    assert (2 if is_waiting else 1) == len(outbox.listing([state]))


def test_message_that_waits_outlives_the_alert_it_tells_of(
    database: peewee.SqliteDatabase,
) -> None:
    at = days_ago(11)
    ids = events.add(database, [Event(EventKind.DOWN, Priority.HIGH, "OLT-1", at)], at)
    message = outbox.enqueue("6281", "alert", "text", at, ids)
    retention.clean(database, KEEP, NOW)

    assert [message] == [one.id for one in outbox.queued()]
    assert [] == events.history(0)
    assert [] == events.told_by([message])


def test_onu_that_is_gone_is_forgotten_with_its_history(database: peewee.SqliteDatabase) -> None:
    long_gone, just_gone, here = (onu(f"02:00:00:00:00:0{number}") for number in (1, 2, 3))
    states = {state.mac: state for state in (long_gone, just_gone, here)}
    kept = [(mac, Sample(days_ago(1), -2000, None)) for mac in states]
    onus.save(database, [OnuChanges(OltBook(), states, samples=kept)], NOW)
    for state, at in ((long_gone, days_ago(6)), (just_gone, days_ago(4))):
        book = onus.load(database)["OLT-1"]
        onus.save(database, [OnuChanges(book, {}, (state.mac,))], at)
    retention.clean(database, KEEP, NOW)

    assert [just_gone.mac, here.mac] == rows(database, "SELECT mac FROM onu_status ORDER BY mac")
    assert 2 == len(rows(database, "SELECT onu FROM optical_history"))


def test_pages_are_given_back_to_the_disk(database: peewee.SqliteDatabase) -> None:
    with database.atomic():
        for _ in range(300):
            outbox.enqueue("6281", "alert", "x" * 3000, days_ago(11))
        MessageRow.update(state=State.SENT).execute()
    [pages] = rows(database, "PRAGMA page_count")
    retention.clean(database, KEEP, NOW)

    assert rows(database, "PRAGMA page_count")[0] < pages / 4
    assert [0] == rows(database, "PRAGMA freelist_count")

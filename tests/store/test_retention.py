"""What is old goes; what was not delivered never does."""

from __future__ import annotations

from typing import Any

import peewee
import pytest

from eponctl.incidents.records import Incident
from eponctl.judge import first_state
from eponctl.model import Event, EventKind, OnuReading, OnuState, Priority, Status
from eponctl.optics import HourRow, Sample
from eponctl.settings import Retention, Thresholds
from eponctl.store import events, incidents, ledger, olts, onus, outbox, retention, silences
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook, OnuChanges
from eponctl.store.outbox import State
from eponctl.store.schema import MessageRow
from eponctl.telling.records import Stage
from tests.store.made import ANN, incident, send, tell

DAY_S = 86400
NOW = 20_000 * DAY_S
KEEP = Retention(alerts_days=10, stats_days=5, optical_days=2)


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


def over(name: str, days: float, **changes: Any) -> Incident:
    """An incident that ended so many days ago."""
    return incident(name, opened_at=days_ago(days), closed_at=days_ago(days), **changes)


def known(database: Any) -> list[str]:
    return rows(database, "SELECT id FROM incident ORDER BY id")


@pytest.mark.parametrize(("age", "is_kept"), [(9.9, True), (10.1, False)])
def test_incident_is_kept_so_many_days_from_its_end(
    database: peewee.SqliteDatabase, age: float, is_kept: bool
) -> None:
    incidents.save(database, [over("7K3Q", age), incident("OPEN", 2, opened_at=days_ago(99))])
    retention.clean(database, KEEP, NOW)

    assert (["7K3Q", "OPEN"] if is_kept else ["OPEN"]) == known(database)
    assert (3 if is_kept else 2) == len(rows(database, "SELECT number FROM incident_onu"))


def test_nothing_is_left_of_an_id_that_may_be_given_again(
    database: peewee.SqliteDatabase,
) -> None:
    incidents.save(database, [over("7K3Q", 11)])
    # A report of the day before yesterday was the last to name it.
    for stage, days in ((Stage.OPENED, 11), (Stage.CLOSED, 2)):
        send(ANN, tell("7K3Q", stage), at=days_ago(days))
    retention.clean(database, KEEP, NOW)

    assert [] == known(database)
    assert {} == ledger.told(["7K3Q"])
    assert 1 == len(outbox.listing([State.SENT]))


def test_messages_of_what_is_not_over_for_everybody_are_kept(
    database: peewee.SqliteDatabase,
) -> None:
    incidents.save(
        database,
        [
            over("DONE", 11),
            over("DUE1", 11),
            incident("OPEN"),
            over("PART", 11, merged_into="OPEN"),
        ],
    )
    for name in ("DONE", "DUE1", "OPEN", "PART"):
        send(ANN, tell(name), at=days_ago(11))
    send(ANN, tell("DONE", Stage.CLOSED), at=days_ago(11))
    retention.clean(database, KEEP, NOW)

    assert ["DUE1", "OPEN", "PART"] == known(database)
    assert {("DUE1", ANN), ("OPEN", ANN), ("PART", ANN)} == set(
        ledger.told(["DONE", "DUE1", "OPEN", "PART"])
    )
    assert ["DUE1"] == [one.id for one in ledger.closings_due()]


def test_incident_whose_end_cannot_be_told_goes_after_a_month(
    database: peewee.SqliteDatabase,
) -> None:
    incidents.save(
        database,
        [
            over("SOON", 29.9),
            over("GONE", 30.1),
            incident("OPEN"),
            over("PART", 99, merged_into="OPEN"),
        ],
    )
    for name in ("SOON", "GONE"):
        send(ANN, tell(name), at=days_ago(31))
    retention.clean(database, KEEP, NOW)

    assert ["OPEN", "PART", "SOON"] == known(database)


def test_incident_goes_though_a_message_that_was_begun_never_ended(
    database: peewee.SqliteDatabase,
) -> None:
    incidents.save(database, [over("7K3Q", 11)])
    first = outbox.enqueue(
        ANN, "alert", "(1/2)", days_ago(11), more=["(2/2)"], tells=[tell("7K3Q")]
    )
    outbox.mark_sent(first, days_ago(11), None)
    send(ANN, tell("7K3Q", Stage.CLOSED), at=days_ago(11))
    retention.clean(database, KEEP, NOW)

    assert [] == known(database)
    # Its first part is forgotten; the rest is still not to be withdrawn.
    [left] = ledger.pending()[ANN]
    assert ((first + 1,), True) == (left.message_ids, left.is_begun)


def test_silence_is_kept_as_long_as_alerts(database: peewee.SqliteDatabase) -> None:
    assert database
    long_over = silences.add("OLT-1", days_ago(20), days_ago(10.1))
    just_over = silences.add("OLT-1", days_ago(20), days_ago(9.9))
    ended = silences.add("OLT-1", days_ago(20), NOW + DAY_S)
    silences.end(ended, days_ago(10.1))
    goes_on = silences.add("OLT-1", days_ago(99), NOW + DAY_S)
    retention.clean(database, KEEP, NOW)

    assert [just_over, goes_on] == [one.id for one in silences.listing()]
    assert long_over


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


def with_history(database: Any, count: int) -> None:
    """So many ONUs, each with two old samples and a young one."""
    states = [onu(f"02:00:00:00:{number >> 8:02X}:{number & 255:02X}") for number in range(count)]
    kept = [
        (state.mac, Sample(days_ago(age), -2000, None)) for state in states for age in (9, 8, 1)
    ]
    onus.save(
        database, [OnuChanges(OltBook(), {one.mac: one for one in states}, samples=kept)], NOW
    )


def test_cleaning_without_time_still_gets_to_its_end(database: peewee.SqliteDatabase) -> None:
    with_history(database, 450)
    gone, runs, is_done = 0, 0, False
    while not is_done:
        cleaned = retention.clean(database, KEEP, NOW, has_time=lambda: False)
        gone, runs, is_done = gone + sum(cleaned.rows.values()), runs + 1, cleaned.is_done

    assert 2 * 450 == gone
    assert 2 < runs < 20
    assert 450 == len(rows(database, "SELECT onu FROM optical_history"))


def test_cleaning_by_hand_looks_through_everything_again(database: peewee.SqliteDatabase) -> None:
    with_history(database, 5)
    retention.clean(database, KEEP, NOW)
    shorter = KEEP._replace(optical_days=1)
    again = retention.clean(database, shorter, NOW + DAY_S // 4)
    afresh = retention.clean(database, shorter, NOW + DAY_S // 4, is_afresh=True)

    assert (0, 5) == (sum(again.rows.values()), afresh.rows["optical_history"])

"""Alert history: what an event was, and which messages tell of it."""

from __future__ import annotations

from typing import Any

import peewee
import pytest

from eponctl.judge import first_state
from eponctl.model import Event, EventKind, OnuReading, Priority, Reason, Status
from eponctl.settings import Thresholds
from eponctl.store import events, outbox, queries
from eponctl.store.events import Alert

NOW = 1_800_000_000
READING = OnuReading(
    "0/1:3",
    "02:00:00:00:00:01",
    "O'Brien *VIP*",
    Status.DOWN,
    "Down",
    Reason.LOS,
    distance_m=1163,
)
ONU = first_state("OLT-1", READING, Thresholds(), NOW)


pytestmark = pytest.mark.usefixtures("database")


def event(minute: int = 0, **changes: Any) -> Event:
    values: dict[str, Any] = {
        "kind": EventKind.DOWN,
        "priority": Priority.HIGH,
        "olt_id": "OLT-1",
        "at": NOW + 60 * minute,
        "onu": ONU,
    }
    return Event(**(values | changes))


def test_event_comes_back_as_an_alert_with_what_the_onu_was_then(
    database: peewee.SqliteDatabase,
) -> None:
    recovered = event(
        kind=EventKind.RECOVERED, before="down", after="up", lasted_s=315, detail="detail"
    )
    [row_id] = events.add(database, [recovered], NOW + 5)

    expected = Alert(
        id=row_id,
        at=NOW,
        olt_id="OLT-1",
        mac="02:00:00:00:00:01",
        onu_id="0/1:3",
        name="O'Brien *VIP*",
        kind=EventKind.RECOVERED,
        priority=Priority.HIGH,
        before="down",
        after="up",
        lasted_s=315,
        detail="detail",
        incident=None,
        distance_m=1163,
        reason=Reason.LOS,
    )
    assert [expected] == events.history(NOW)


def test_event_of_an_olt_has_no_onu(database: peewee.SqliteDatabase) -> None:
    events.add(database, [event(kind=EventKind.OLT_UNREACHABLE, onu=None, detail="refused")], NOW)

    [alert] = events.history(NOW)
    assert (None, None, None, "refused") == (alert.mac, alert.onu_id, alert.name, alert.detail)
    assert (None, None) == (alert.distance_m, alert.reason)


def test_event_names_the_incident_that_it_belongs_to(database: peewee.SqliteDatabase) -> None:
    events.add(database, [event(0), event(1), event(2)], NOW, ["7K3Q", None, "2ABC"])

    found = events.history(NOW)[::-1]
    assert ["7K3Q", None, "2ABC"] == [alert.incident for alert in found]
    [streamed] = queries.alerts()
    assert found == streamed
    with pytest.raises(ValueError, match="shorter"):
        events.add(database, [event(0), event(1)], NOW, ["7K3Q"])


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_can_be_kept(database: peewee.SqliteDatabase, kind: EventKind) -> None:
    events.add(database, [event(kind=kind)], NOW)

    assert [kind] == [alert.kind for alert in events.history(NOW)]


def test_ids_go_on_in_order(database: peewee.SqliteDatabase) -> None:
    first = events.add(database, [event(0), event(1)], NOW)
    second = events.add(database, [event(2)], NOW)

    assert [1, 2, 3] == [*first, *second]
    assert [] == events.add(database, [], NOW)


def test_history_is_newest_first_and_can_be_narrowed(database: peewee.SqliteDatabase) -> None:
    events.add(
        database,
        [
            event(0, priority=Priority.CRITICAL),
            event(1, olt_id="OLT-2"),
            event(2, priority=Priority.MEDIUM),
            event(2, priority=Priority.NORMAL),
        ],
        NOW,
    )

    def found(since: int = NOW, **narrowed: Any) -> list[int]:
        return [alert.id for alert in events.history(since, **narrowed)]

    assert [4, 3, 2, 1] == found()
    assert [4, 3, 2] == found(NOW + 60)
    assert [4, 3, 1] == found(olt_id="OLT-1")
    assert [2, 1] == found(priority=Priority.HIGH)
    assert [4, 3] == found(limit=2)
    assert [] == found(olt_id="OLT-9")


def test_alerts_of_a_backlog_come_once_each_oldest_first(
    database: peewee.SqliteDatabase,
) -> None:
    ids = events.add(database, [event(number) for number in range(3)], NOW)
    messages = [
        outbox.enqueue("6281", "alert", "text", NOW, ids[1:]),
        outbox.enqueue("6281", "alert", "text", NOW, ids[:2]),
    ]

    assert ids == [alert.id for alert in events.told_by(messages)]
    assert [] == events.told_by([])


def test_changes_are_the_times_an_onu_went_down_or_came_back(
    database: peewee.SqliteDatabase,
) -> None:
    other = ONU._replace(mac="02:00:00:00:00:02")
    events.add(
        database,
        [
            event(-1),
            event(3, kind=EventKind.RECOVERED),
            event(0),
            event(1, kind=EventKind.PWRDOWN),
            event(1, onu=other),
            event(1, kind=EventKind.RENAMED),
            event(1, kind=EventKind.LOOP),
            event(1, kind=EventKind.OLT_UNREACHABLE, onu=None),
            event(2, olt_id="OLT-2", onu=ONU._replace(olt_id="OLT-2")),
        ],
        NOW,
    )
    mine, others, still = ("OLT-1", ONU.mac), ("OLT-1", other.mac), ("OLT-9", ONU.mac)

    expected = {mine: [NOW, NOW + 60, NOW + 180], others: [NOW + 60], still: []}
    assert expected == events.changes([mine, others, still], NOW)
    assert {} == events.changes([], NOW)


def test_fact_is_none_until_it_is_set_and_then_the_last_value() -> None:
    assert None is events.fact("reported_hour")
    events.set_fact("reported_hour", "1")
    events.set_fact("reported_hour", "2")
    assert "2" == events.fact("reported_hour")

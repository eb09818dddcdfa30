"""The outbox's table: what is kept, merged, counted, and told of each event."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import Any

import peewee
import pytest

from eponctl.errors import Outcome
from eponctl.model import EventKind
from eponctl.store import incidents, ledger, outbox
from eponctl.store.links import alerts_of, tells_of
from eponctl.store.outbox import SUMMARY, Attempt, Counts, Message, State
from eponctl.store.schema import AlertRow
from eponctl.telling.records import Stage
from tests.store.made import ANN, BOB, fail, incident, queue, send, tell


@pytest.fixture
def alerts(database: peewee.Database) -> list[int]:
    """The ids of four events."""
    assert database
    return [
        AlertRow.create(at=1, seen_at=1, olt_id="OLT-1", kind="down", priority="high").id
        for _ in range(4)
    ]


def failed(at: int, state: State, outcome: Outcome = Outcome.AMBIGUOUS) -> Attempt:
    """An attempt at `at` that left the message in `state`."""
    return Attempt(at, state, outcome, "gateway: HTTP 500", 1, at, at)


def states() -> list[tuple[str, State]]:
    """Text and state of every message there is, oldest first."""
    return [(message.text, message.state) for message in outbox.listing(tuple(State))]


@pytest.mark.usefixtures("database")
def test_message_is_queued_whole_and_due_at_once() -> None:
    message_id = outbox.enqueue(ANN, "alert", "text", 100)

    expected = Message(
        id=message_id,
        created_at=100,
        recipient=ANN,
        kind="alert",
        text="text",
        state=State.QUEUED,
        due_at=100,
        tries=0,
        tries_alike=0,
        tried_at=None,
        outcome=None,
        error=None,
        sent_at=None,
        gateway_id=None,
    )
    assert [expected] == outbox.queued()


@pytest.mark.usefixtures("database")
def test_message_in_parts_is_queued_in_their_order_and_knows_its_first() -> None:
    first = outbox.enqueue(ANN, "alert", "(1/3)", 100, more=["(2/3)", "(3/3)"])

    found = [(one.id, one.text, one.bulletin) for one in outbox.queued()]
    assert [
        (first, "(1/3)", first),
        (first + 1, "(2/3)", first),
        (first + 2, "(3/3)", first),
    ] == found


def test_links_of_a_message_in_parts_are_those_of_its_first(alerts: list[int]) -> None:
    first = outbox.enqueue(
        ANN, "alert", "(1/2)", 1, alerts[:2], more=["(2/2)"], tells=[tell("7K3Q"), tell("7K3Q")]
    )
    assert {first: alerts[:2]} == alerts_of([first, first + 1])
    assert {first: [tell("7K3Q")]} == tells_of([first, first + 1])


def test_enqueue_is_undone_with_the_transaction_it_is_in(database: peewee.Database) -> None:
    with database.atomic() as transaction:
        outbox.enqueue(ANN, "alert", "text", 100)
        transaction.rollback()

    assert outbox.queued() == []


@pytest.mark.usefixtures("database")
def test_sent_message_keeps_when_and_as_what() -> None:
    message_id = outbox.enqueue(ANN, "alert", "text", 100)
    outbox.mark_failed(message_id, failed(105, State.QUEUED))
    outbox.mark_sent(message_id, 110, "3EB0")

    (message,) = outbox.listing((State.SENT,))
    assert (110, 110, 2, 0, None, None, "3EB0") == (
        message.sent_at,
        message.tried_at,
        message.tries,
        message.tries_alike,
        message.outcome,
        message.error,
        message.gateway_id,
    )


@pytest.mark.usefixtures("database")
def test_counts_by_state() -> None:
    for state in (State.DEAD, State.UNSURE, State.UNSURE):
        outbox.mark_failed(outbox.enqueue(ANN, "alert", "text", 1), failed(2, state))
    outbox.mark_sent(outbox.enqueue(ANN, "alert", "text", 1), 2, None)
    outbox.enqueue(ANN, "alert", "text", 1)

    assert Counts(queued=1, sent=1, unsure=2, dead=1) == outbox.counts()


@pytest.mark.usefixtures("database")
def test_listing_shows_what_is_not_delivered_and_the_newest_of_it() -> None:
    for number in range(5):
        outbox.enqueue(ANN, "alert", str(number), number)
    outbox.mark_failed(1, failed(9, State.DEAD))
    outbox.mark_sent(2, 9, None)

    assert ["0", "2", "3", "4"] == [message.text for message in outbox.listing()]
    assert ["3", "4"] == [message.text for message in outbox.listing(limit=2)]


@pytest.mark.usefixtures("database")
def test_backlog_is_what_is_older_by_recipient() -> None:
    outbox.enqueue(ANN, "alert", "old", 10)
    outbox.enqueue(BOB, "alert", "also old", 10)
    outbox.enqueue(ANN, "alert", "just young enough", 20)
    outbox.mark_failed(outbox.enqueue(ANN, "alert", "old, unsure", 11), failed(15, State.UNSURE))
    outbox.mark_failed(outbox.enqueue(ANN, "alert", "old, dead", 11), failed(15, State.DEAD))

    found = {to: [m.text for m in messages] for to, messages in outbox.backlog(20).items()}
    assert {ANN: ["old", "old, unsure"], BOB: ["also old"]} == found


@pytest.mark.usefixtures("database")
def test_unsure_is_backlog_once_another_message_was_taken_after_it() -> None:
    unsure = outbox.enqueue(ANN, "alert", "unsure", 100)
    other = outbox.enqueue(BOB, "alert", "other", 90)
    outbox.mark_sent(other, 95, None)
    outbox.mark_failed(unsure, failed(110, State.UNSURE))
    assert {} == outbox.backlog(0)

    outbox.mark_sent(other, 111, None)
    assert [ANN] == list(outbox.backlog(0))


@pytest.mark.usefixtures("database")
def test_unsure_summary_waits_for_its_age() -> None:
    summary = outbox.enqueue(ANN, SUMMARY, "unsure", 100)
    outbox.mark_failed(summary, failed(110, State.UNSURE))
    outbox.mark_sent(outbox.enqueue(BOB, "alert", "other", 90), 120, None)

    assert {} == outbox.backlog(100)
    assert [ANN] == list(outbox.backlog(101))


def test_merge_puts_summaries_in_the_place_of_messages(
    database: peewee.Database, alerts: list[int]
) -> None:
    for number, alert_id in enumerate(alerts[:3]):
        outbox.enqueue(ANN, "alert", str(number), 1, [alert_id, alerts[0]])
    outbox.merge(database, outbox.queued()[:2], ["(1/2)", "(2/2)"], 50)

    expected = [
        ("0", State.MERGED),
        ("1", State.MERGED),
        ("2", State.QUEUED),
        ("(1/2)", State.QUEUED),
        ("(2/2)", State.QUEUED),
    ]
    assert expected == states()


@pytest.mark.usefixtures("database")
def test_what_was_begun_is_put_apart_from_what_was_not() -> None:
    sure = outbox.enqueue(ANN, "alert", "not begun (1/2)", 1, more=["not begun (2/2)"])
    begun = outbox.enqueue(ANN, "alert", "sent", 1, more=["rest of it"])
    outbox.mark_sent(begun, 2, None)
    perhaps = outbox.enqueue(ANN, "alert", "perhaps", 1)
    outbox.mark_failed(perhaps, failed(2, State.UNSURE))

    (messages,) = outbox.backlog(100).values()
    found = [[message.id for message in part] for part in outbox.begun_apart(messages)]
    assert [[begun + 1, perhaps], [sure, sure + 1]] == found
    assert [] == outbox.begun_apart([])


def test_merge_is_not_disturbed_by_who_writes_meanwhile(database: Any) -> None:
    queue(ANN, more=["second part"])
    waiting = outbox.queued()

    def write_too(statement: str) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            path = database.database
            with (
                suppress(sqlite3.OperationalError),  # locked, as it should be
                closing(sqlite3.connect(path, timeout=0)) as other,
                other,
            ):
                other.execute("UPDATE outbox SET due_at = due_at + 1")

    database.connection().set_trace_callback(write_too)
    outbox.merge(database, waiting, ["summary"], 200)
    database.connection().set_trace_callback(None)

    assert [State.MERGED, State.MERGED, State.QUEUED] == [state for _, state in states()]


def test_merge_of_more_messages_than_a_statement_takes_values(database: peewee.Database) -> None:
    with database.atomic():
        for number in range(1200):
            outbox.enqueue(ANN, "alert", str(number), 1)
    outbox.merge(database, outbox.queued(), ["all"], 50)

    assert Counts(queued=1, merged=1200) == outbox.counts()


def test_delivery_of_an_event_is_that_of_its_worst_message(alerts: list[int]) -> None:
    first, second, third, untold = alerts
    outbox.mark_sent(outbox.enqueue(ANN, "alert", "", 1, [first, second, third]), 2, None)
    outbox.enqueue(BOB, "alert", "", 1, [second])
    outbox.mark_failed(
        outbox.enqueue(BOB, "alert", "", 1, [third]), failed(2, State.DEAD, Outcome.BAD_MESSAGE)
    )

    assert {first: "sent", second: "queued", third: "failed"} == outbox.delivery_of(alerts)
    assert untold not in outbox.delivery_of(alerts)


def test_delivery_of_a_merged_event_is_that_of_its_summary(
    database: peewee.Database, alerts: list[int]
) -> None:
    outbox.enqueue(ANN, "alert", "", 1, alerts[:1])
    (summary_id,) = outbox.merge(database, outbox.queued(), ["summary"], 2)
    assert {alerts[0]: "queued"} == outbox.delivery_of(alerts)

    outbox.mark_sent(summary_id, 3, None)
    assert {alerts[0]: "merged"} == outbox.delivery_of(alerts)


# --- events that belong to an incident ---


def event_of(name: str, kind: EventKind = EventKind.DOWN) -> int:
    """The id of an event of that incident."""
    row = AlertRow.create(
        at=1, seen_at=1, olt_id="OLT-1", kind=kind, priority="high", incident=name
    )
    return int(row.id)


@pytest.mark.usefixtures("database")
def test_delivery_of_a_trouble_is_that_of_its_incidents_beginning() -> None:
    down, back = event_of("7K3Q"), event_of("7K3Q", EventKind.RECOVERED)
    send(ANN, tell("7K3Q"))
    assert {down: "sent"} == outbox.delivery_of([down, back])

    queue(ANN, tell("7K3Q", Stage.CLOSED))
    assert {down: "sent", back: "queued"} == outbox.delivery_of([down, back])


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "kind",
    [
        EventKind.RECOVERED,
        EventKind.SIGNAL_OK,
        EventKind.TEMPERATURE_OK,
        EventKind.OLT_RECOVERED,
    ],
)
def test_delivery_of_an_end_is_that_of_half_or_all_of_its_incident(kind: EventKind) -> None:
    end = event_of("7K3Q", kind)
    send(ANN, tell("7K3Q"), tell("7K3Q", Stage.GREW), tell("7K3Q", Stage.REMINDER))
    assert {} == outbox.delivery_of([end])

    send(ANN, tell("7K3Q", Stage.HALF))
    queue(ANN, tell("7K3Q", Stage.CLOSED))
    assert {end: "sent"} == outbox.delivery_of([end])


@pytest.mark.usefixtures("database")
def test_delivery_is_the_best_of_each_recipient_and_the_worst_of_them_all() -> None:
    down = event_of("7K3Q")
    send(ANN, tell("7K3Q"))
    queue(ANN, tell("7K3Q", Stage.REMINDER))
    assert {down: "sent"} == outbox.delivery_of([down])

    fail(queue(BOB, tell("7K3Q")), State.DEAD)
    assert {down: "failed"} == outbox.delivery_of([down])


@pytest.mark.usefixtures("database")
def test_withdrawn_message_is_no_delivery() -> None:
    down = event_of("7K3Q")
    ledger.withdraw([queue(ANN, tell("7K3Q"))])
    assert {} == outbox.delivery_of([down])

    send(ANN, tell("7K3Q"))
    assert {down: "sent"} == outbox.delivery_of([down])


def test_delivery_in_a_summary_is_merged(database: peewee.Database) -> None:
    down = event_of("7K3Q")
    queue(ANN, tell("7K3Q"))
    (summary,) = outbox.merge(database, outbox.queued(), ["summary"], 2)
    assert {down: "queued"} == outbox.delivery_of([down])

    outbox.mark_sent(summary, 3, None)
    assert {down: "merged"} == outbox.delivery_of([down])


def test_delivery_of_a_part_is_also_that_of_the_whole(database: peewee.SqliteDatabase) -> None:
    down = event_of("PART")
    incidents.save(
        database,
        [
            incident("PART", closed_at=1, merged_into="MORE"),
            incident("MORE", closed_at=1, merged_into="AREA"),
            incident("AREA"),
        ],
    )
    send(ANN, tell("AREA"))
    queue(BOB, tell("MORE"))

    assert {down: "queued"} == outbox.delivery_of([down])


@pytest.mark.usefixtures("database")
def test_absolved_message_waits_again() -> None:
    message_id = outbox.enqueue(ANN, "alert", "text", 1)
    outbox.mark_failed(message_id, failed(2, State.DEAD, Outcome.BAD_RECIPIENT))
    outbox.absolve(message_id, Outcome.SENDER_DOWN)

    (message,) = outbox.queued()
    assert (Outcome.SENDER_DOWN, 0) == (message.outcome, message.tries_alike)


@pytest.mark.usefixtures("database")
def test_last_message_of_each_is_what_was_taken_last_surely_or_perhaps() -> None:
    send(ANN, at=50)
    send(ANN, at=40)
    fail(queue(BOB), State.QUEUED, maybe_sent_at=70)
    queue("6281200000003")

    assert {ANN: 50, BOB: 70} == outbox.last_sent([ANN, BOB, "6281200000003"])
    assert {} == outbox.last_sent([])


@pytest.mark.usefixtures("database")
def test_who_received_and_when_anything_was_taken() -> None:
    outbox.mark_sent(outbox.enqueue(ANN, "alert", "text", 1), 50, None)
    outbox.enqueue(BOB, "alert", "text", 1)

    assert outbox.has_received(ANN)
    assert not outbox.has_received(BOB)
    assert outbox.has_sent_after(49)
    assert not outbox.has_sent_after(50)

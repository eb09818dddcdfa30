"""The outbox's table: what is kept, merged, counted, and told of each event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest

from eponctl.errors import Outcome
from eponctl.store import outbox
from eponctl.store.database import open_database
from eponctl.store.outbox import SUMMARY, Attempt, Counts, Message, State
from eponctl.store.schema import AlertRow

ANN, BOB = "6281200000001", "6281200000002"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[peewee.Database]:
    """An empty database, open."""
    with open_database(tmp_path / "eponctl.db", create=True) as opened:
        yield opened


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


@pytest.mark.usefixtures("database")
def test_absolved_message_waits_again() -> None:
    message_id = outbox.enqueue(ANN, "alert", "text", 1)
    outbox.mark_failed(message_id, failed(2, State.DEAD, Outcome.BAD_RECIPIENT))
    outbox.absolve(message_id, Outcome.SENDER_DOWN)

    (message,) = outbox.queued()
    assert (Outcome.SENDER_DOWN, 0) == (message.outcome, message.tries_alike)


@pytest.mark.usefixtures("database")
def test_who_received_and_when_anything_was_taken() -> None:
    outbox.mark_sent(outbox.enqueue(ANN, "alert", "text", 1), 50, None)
    outbox.enqueue(BOB, "alert", "text", 1)

    assert outbox.has_received(ANN)
    assert not outbox.has_received(BOB)
    assert outbox.has_sent_after(49)
    assert not outbox.has_sent_after(50)

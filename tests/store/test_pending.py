"""What waits in the outbox and may be taken back; and the notes that wait outside of it."""

from __future__ import annotations

from dataclasses import asdict

import peewee
import pytest

from eponctl.errors import Outcome
from eponctl.judge import first_state
from eponctl.model import Event, EventKind, OnuReading, Priority, Status
from eponctl.settings import Thresholds
from eponctl.store import events, ledger, outbox
from eponctl.store.ledger import Pending
from eponctl.store.outbox import Attempt, Inherited, State
from eponctl.telling.records import Note, Stage
from tests.store.made import ANN, BOB, NOW, fail, queue, tell

ONU = first_state(
    "OLT-1", OnuReading("0/1:3", "02:00:00:00:00:01", "NEW", Status.UP, "Up"), Thresholds(), NOW
)


@pytest.fixture
def renamed(database: peewee.SqliteDatabase) -> list[int]:
    """The ids of three events that have no end."""
    event = Event(
        EventKind.RENAMED, Priority.MEDIUM, "OLT-1", NOW, ONU, "OLD", "NEW", detail="detail"
    )
    return events.add(database, [event] * 3, NOW)


def waiting(to: str = ANN) -> list[int]:
    """The ids of the events that wait to be told."""
    return [note.alert_id for note in ledger.notes(to)]


# --- notes --------------------------------------------------------------------------------------


def test_note_says_what_was_then(renamed: list[int]) -> None:
    ledger.add_notes({ANN: renamed[:1]})

    expected = Note(
        alert_id=renamed[0],
        at=NOW,
        kind=EventKind.RENAMED,
        priority=Priority.MEDIUM,
        olt_id="OLT-1",
        mac=ONU.mac,
        onu_id="0/1:3",
        name="NEW",
        before="OLD",
        after="NEW",
        detail="detail",
    )
    assert [expected] == ledger.notes(ANN)


def test_notes_wait_for_each_recipient_once(renamed: list[int]) -> None:
    ledger.add_notes({ANN: renamed[::-1], BOB: renamed[:1]})
    ledger.add_notes({ANN: renamed[:2]})

    assert renamed == waiting(ANN)
    assert renamed[:1] == waiting(BOB)
    assert [] == waiting("6281200000003")


def test_note_waits_no_longer_once_a_message_to_that_recipient_tells_it(
    renamed: list[int],
) -> None:
    ledger.add_notes({ANN: renamed, BOB: renamed})
    queue(ANN, alert_ids=renamed[:2])

    assert renamed[2:] == waiting(ANN)
    assert renamed == waiting(BOB)


def test_notes_of_what_is_pending_can_be_had_beside_those_that_wait(renamed: list[int]) -> None:
    ledger.add_notes({ANN: renamed[2:]})

    found = ledger.notes(ANN, also=[renamed[0], renamed[2]])
    assert [renamed[0], renamed[2]] == [note.alert_id for note in found]


# --- pending ------------------------------------------------------------------------------------


def test_message_that_waits_is_pending_with_all_that_it_tells(renamed: list[int]) -> None:
    opened, closed = tell("7K3Q", onus=3), tell("2ABC", Stage.CLOSED)
    first = queue(ANN, opened, closed, at=NOW, alert_ids=renamed[:2])
    second = queue(ANN, tell("4DEF"), at=NOW + 9)
    other = queue(BOB, alert_ids=renamed[2:])

    expected = {
        ANN: [
            Pending((first,), frozenset({opened, closed}), (renamed[0], renamed[1]), NOW),
            Pending((second,), frozenset({tell("4DEF")}), (), NOW + 9),
        ],
        BOB: [Pending((other,), frozenset(), (renamed[2],), NOW)],
    }
    assert expected == ledger.pending()
    assert {BOB: expected[BOB]} == ledger.pending(BOB)


@pytest.mark.usefixtures("database")
def test_nothing_is_pending_where_nothing_waits() -> None:
    outbox.mark_sent(queue(ANN, tell("7K3Q")), NOW, None)
    for state in (State.DEAD, State.UNSURE, State.MERGED):
        fail(queue(ANN, tell("7K3Q")), state)

    assert {} == ledger.pending()


@pytest.mark.usefixtures("database")
def test_what_was_perhaps_taken_is_not_pending() -> None:
    fail(queue(ANN, tell("7K3Q")), State.QUEUED, maybe_sent_at=NOW)

    assert {} == ledger.pending()


@pytest.mark.usefixtures("database")
def test_what_failed_surely_is_still_pending() -> None:
    message = queue(ANN, tell("7K3Q"))
    fail(message, State.QUEUED)

    assert [(message,)] == [one.message_ids for one in ledger.pending()[ANN]]


def test_message_that_tells_of_neither_is_not_pending(renamed: list[int]) -> None:
    outbox.enqueue(ANN, "report", "text", NOW)
    outbox.enqueue(ANN, "report", "text", NOW, renamed)
    queue(ANN)

    assert {} == ledger.pending()


@pytest.mark.usefixtures("database")
def test_parts_of_a_message_are_one() -> None:
    first = queue(ANN, tell("7K3Q"), more=["(2/3)", "(3/3)"])

    expected = Pending((first, first + 1, first + 2), frozenset({tell("7K3Q")}), (), NOW)
    assert {ANN: [expected]} == ledger.pending()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("ending", ["sent", "perhaps", "refused"])
def test_rest_of_a_message_that_was_begun_is_not_to_be_withdrawn(ending: str) -> None:
    first = queue(ANN, tell("7K3Q"), more=["(2/2)"])
    if ending == "sent":
        outbox.mark_sent(first, NOW, None)
    elif ending == "perhaps":
        fail(first, State.QUEUED, maybe_sent_at=NOW)
    else:
        fail(first, State.DEAD)

    expected = Pending((first + 1,), frozenset(), (), NOW, is_begun=True)
    assert {ANN: [expected]} == ledger.pending()


def test_summary_of_what_was_not_told_is_pending_with_all_of_it(
    database: peewee.SqliteDatabase, renamed: list[int]
) -> None:
    queue(ANN, tell("7K3Q"), alert_ids=renamed[:1])
    queue(ANN, tell("7K3Q", Stage.CLOSED), alert_ids=renamed[:2])
    made = outbox.merge(database, outbox.queued(), ["summary (1/2)", "summary (2/2)"], NOW + 9)

    tells = frozenset({tell("7K3Q"), tell("7K3Q", Stage.CLOSED)})
    expected = Pending(made, tells, (renamed[0], renamed[1]), NOW + 9)
    assert {ANN: [expected]} == ledger.pending()


def test_summary_of_what_was_perhaps_told_is_not_to_be_withdrawn(
    database: peewee.SqliteDatabase,
) -> None:
    fail(queue(ANN, tell("7K3Q")), State.UNSURE, maybe_sent_at=NOW)
    made = outbox.merge(database, outbox.listing((State.UNSURE,)), ["summary"], NOW + 9)

    expected = Pending(made, frozenset({tell("7K3Q")}), (), NOW + 9, is_begun=True)
    assert {ANN: [expected]} == ledger.pending()


# --- withdrawn ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
def test_withdrawn_message_is_not_sent_and_leaves_what_it_came_to() -> None:
    message = queue(ANN, tell("7K3Q"), at=NOW)
    attempt = Attempt(NOW + 60, State.QUEUED, Outcome.RETRY, "HTTP 502", 2, NOW + 75, None)
    outbox.mark_failed(message, attempt)

    expected = Inherited(NOW, NOW + 75, 1, 2, NOW + 60, Outcome.RETRY, "HTTP 502")
    assert expected == ledger.withdraw([message])
    assert [] == outbox.queued()
    assert [State.MERGED] == [one.state for one in outbox.listing(tuple(State))]
    assert {} == ledger.pending()
    assert {} == ledger.told(["7K3Q"])


@pytest.mark.usefixtures("database")
def test_of_several_the_oldest_age_and_the_most_tries_are_left() -> None:
    old, tried, new = (queue(ANN, tell("7K3Q"), at=NOW + at) for at in (0, 10, 20))
    fail(tried, State.QUEUED, at=NOW + 30)

    inherited = ledger.withdraw([new, tried, old])
    assert inherited is not None
    assert (NOW, NOW + 90, 1) == (inherited.created_at, inherited.due_at, inherited.tries)


@pytest.mark.usefixtures("database")
def test_message_in_its_place_goes_on_where_it_stood() -> None:
    message = queue(ANN, tell("7K3Q"), at=NOW)
    fail(message, State.QUEUED, at=NOW + 60)
    before = outbox.queued()[0]
    inherited = ledger.withdraw([message])
    outbox.enqueue(
        ANN,
        outbox.ALERT,
        "better",
        NOW + 120,
        more=["(2/2)"],
        tells=[tell("7K3Q", onus=9)],
        inherited=inherited,
    )

    first, second = outbox.queued()
    changed = {"id": message + 1, "text": "better", "bulletin": message + 1}
    assert asdict(before) | changed == asdict(first)
    # The parts behind it are as old, but were never tried.
    assert (NOW, NOW + 120, 0, None) == (
        second.created_at,
        second.due_at,
        second.tries,
        second.outcome,
    )
    [pending] = ledger.pending(ANN)[ANN]
    assert (NOW, False) == (pending.created_at, pending.is_begun)


def test_notes_of_a_withdrawn_message_wait_again(
    database: peewee.SqliteDatabase, renamed: list[int]
) -> None:
    down = Event(EventKind.DOWN, Priority.HIGH, "OLT-1", NOW, ONU)
    [of_incident] = events.add(database, [down], NOW, ["7K3Q"])
    ledger.add_notes({ANN: renamed, BOB: renamed[:1]})
    message = queue(ANN, tell("7K3Q"), alert_ids=[renamed[0], of_incident])
    ledger.withdraw([message])

    assert renamed == waiting(ANN)
    assert renamed[:1] == waiting(BOB)


@pytest.mark.usefixtures("database")
def test_what_was_perhaps_taken_is_not_withdrawn() -> None:
    taken, perhaps = queue(ANN, tell("7K3Q")), queue(ANN, tell("7K3Q"))
    outbox.mark_sent(taken, NOW, None)
    fail(perhaps, State.QUEUED, maybe_sent_at=NOW)

    assert None is ledger.withdraw([taken, perhaps])
    assert None is ledger.withdraw([])
    assert [perhaps] == [one.id for one in outbox.queued()]


@pytest.mark.usefixtures("database")
def test_very_many_messages_are_withdrawn_at_once() -> None:
    made = [queue(ANN, tell(f"{number:04d}")) for number in range(1100)]
    ledger.withdraw(made)

    assert [] == outbox.queued()

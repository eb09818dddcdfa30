"""The ledger: what counts as told, to whom, of which incident; and what is left to be told."""

from __future__ import annotations

from collections import Counter
from typing import Any

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eponctl.incidents.records import Extent, Incident, Kind
from eponctl.store import incidents, ledger, outbox
from eponctl.store.outbox import State
from eponctl.store.schema import TABLES, IncidentRow, MessageRow
from eponctl.telling.records import Stage, Told
from tests.store.made import ANN, BOB, NOW, fail, incident, queue, send, tell

pytestmark = pytest.mark.usefixtures("database")


def save(*some: Incident) -> None:
    incidents.save(IncidentRow._meta.database, some)


def over(name: str, at: int = NOW + 600, **changes: Any) -> Incident:
    """An incident that ended."""
    return incident(name, closed_at=at, **changes)


def due() -> list[str]:
    return sorted(one.id for one in ledger.closings_due())


# --- told ---------------------------------------------------------------------------------------


def test_sent_message_was_told_with_when_and_how_much() -> None:
    save(incident("7K3Q"))
    send(ANN, tell("7K3Q", onus=3, extent=Extent.PARTIAL_PON), at=NOW)
    send(ANN, tell("7K3Q", Stage.GREW, onus=9, extent=Extent.WHOLE_PON), at=NOW + 60)
    send(ANN, tell("7K3Q", Stage.REMINDER, onus=2), at=NOW + 99)

    expected = Told(NOW, NOW + 99, 9, Extent.WHOLE_PON)
    assert {("7K3Q", ANN): expected} == ledger.told(["7K3Q", "NONE"])


def test_half_and_closed_are_noticed() -> None:
    save(incident("7K3Q"))
    send(ANN, tell("7K3Q"))
    send(ANN, tell("7K3Q", Stage.HALF))
    assert ledger.told(["7K3Q"])["7K3Q", ANN].has_half
    assert not ledger.told(["7K3Q"])["7K3Q", ANN].is_closed

    send(ANN, tell("7K3Q", Stage.CLOSED))
    assert ledger.told(["7K3Q"])["7K3Q", ANN].is_closed


@pytest.mark.parametrize("state", [State.QUEUED, State.UNSURE, State.DEAD, State.MERGED])
def test_message_that_was_perhaps_taken_was_told_whatever_became_of_it(state: State) -> None:
    fail(queue(ANN, tell("7K3Q")), state, maybe_sent_at=NOW + 5)

    assert Told(NOW + 5, NOW + 5, 1, Extent.SINGLE) == ledger.told(["7K3Q"])["7K3Q", ANN]


@pytest.mark.parametrize("state", [State.QUEUED, State.MERGED])
def test_message_that_waits_or_was_replaced_was_not_told(state: State) -> None:
    fail(queue(ANN, tell("7K3Q")), state)

    assert {} == ledger.told(["7K3Q"])


def test_refused_message_is_lost_for_its_recipient_alone() -> None:
    fail(queue(ANN, tell("7K3Q", onus=4), at=NOW), State.DEAD, at=NOW + 7)
    send(BOB, tell("7K3Q"))

    found = ledger.told(["7K3Q"])
    assert Told(NOW + 7, NOW + 7, 4, Extent.SINGLE, is_lost=True) == found["7K3Q", ANN]
    assert not found["7K3Q", BOB].is_lost


def test_refused_message_does_not_count_beside_one_that_was_told() -> None:
    send(ANN, tell("7K3Q"), at=NOW)
    fail(queue(ANN, tell("7K3Q", Stage.GREW, onus=9)), State.DEAD, at=NOW + 60)

    expected = Told(NOW, NOW, 1, Extent.SINGLE, is_lost=True)
    assert expected == ledger.told(["7K3Q"])["7K3Q", ANN]


def test_only_the_asked_recipients_are_answered_for() -> None:
    send(ANN, tell("7K3Q"))
    send(BOB, tell("7K3Q"))

    assert [("7K3Q", BOB)] == list(ledger.told(["7K3Q"], [BOB]))


def test_part_of_an_incident_counts_for_the_whole_but_not_as_its_own() -> None:
    save(over("PART", merged_into="MORE"), over("MORE", merged_into="AREA"), incident("AREA"))
    send(ANN, tell("PART", onus=5, extent=Extent.WHOLE_PON), at=NOW)
    send(ANN, tell("MORE", Stage.HALF, onus=3), at=NOW + 9)
    send(BOB, tell("AREA"), at=NOW + 20)

    found = ledger.told(["AREA"])
    assert Told(NOW, NOW + 9, 5, Extent.WHOLE_PON, is_own=False) == found["AREA", ANN]
    assert Told(NOW + 20, NOW + 20, 1, Extent.SINGLE) == found["AREA", BOB]
    assert {("PART", ANN), ("MORE", ANN)} == set(ledger.told(["PART", "MORE"]))


def test_end_of_a_part_is_not_the_end_of_the_whole() -> None:
    save(over("PART", merged_into="AREA"), incident("AREA"))
    send(ANN, tell("PART", Stage.CLOSED))

    assert not ledger.told(["AREA"])["AREA", ANN].is_closed


def test_refusal_of_a_part_does_not_lose_the_whole() -> None:
    save(over("PART", merged_into="AREA"), incident("AREA"))
    fail(queue(ANN, tell("PART")), State.DEAD)

    assert {("PART", ANN)} == set(ledger.told(["AREA", "PART"]))


def test_merger_of_this_poll_counts_though_it_is_not_stored_yet() -> None:
    save(over("PART", merged_into="MORE"), incident("MORE"))
    send(ANN, tell("PART"))
    send(BOB, tell("MORE"))
    assert {} == ledger.told(["AREA"])

    found = ledger.told(["AREA"], merged={"MORE": "AREA"})
    assert {("AREA", ANN), ("AREA", BOB)} == set(found)


def test_incidents_that_name_each_other_end_nothing() -> None:
    save(over("ONE2", merged_into="TWO2"), over("TWO2", merged_into="ONE2"))
    send(ANN, tell("ONE2"))

    assert {("ONE2", ANN), ("TWO2", ANN)} == set(ledger.told(["ONE2", "TWO2"]))


def test_summary_tells_what_it_stands_for_once_it_is_sent(
    database: peewee.SqliteDatabase,
) -> None:
    queue(ANN, tell("7K3Q", onus=3), tell("2ABC"))
    queue(ANN, tell("7K3Q", onus=8, extent=Extent.WHOLE_PON))
    (summary,) = outbox.merge(database, outbox.queued(), ["summary"], NOW)
    assert {} == ledger.told(["7K3Q", "2ABC"])

    outbox.mark_sent(summary, NOW + 9, None)
    expected = {
        ("7K3Q", ANN): Told(NOW + 9, NOW + 9, 8, Extent.WHOLE_PON),
        ("2ABC", ANN): Told(NOW + 9, NOW + 9, 1, Extent.SINGLE),
    }
    assert expected == ledger.told(["7K3Q", "2ABC"])


def test_first_time_anyone_was_told() -> None:
    save(over("PART", merged_into="AREA"), incident("AREA"), incident("NONE"))
    send(ANN, tell("AREA"), at=NOW + 9)
    send(BOB, tell("PART"), at=NOW + 5)
    fail(queue(ANN, tell("NONE")), State.DEAD)

    assert {"AREA": NOW + 5} == ledger.told_at(["AREA", "NONE"])


def test_ledger_of_very_many_incidents() -> None:
    names = [f"{number:04d}" for number in range(1300)]
    send(ANN, *map(tell, names))

    assert 1300 == len(ledger.told(names))


# --- over ---------------------------------------------------------------------------------------


def test_end_is_due_while_someone_who_was_told_does_not_know_of_it() -> None:
    save(over("7K3Q"), incident("OPEN"))
    send(ANN, tell("7K3Q"), tell("OPEN"))
    send(BOB, tell("7K3Q"))
    assert ["7K3Q"] == due()
    assert [over("7K3Q")] == ledger.closings_due()

    send(ANN, tell("7K3Q", Stage.CLOSED))
    assert ["7K3Q"] == due()
    assert [] == ledger.closings_due([ANN])
    send(BOB, tell("7K3Q", Stage.CLOSED))
    assert [] == due()


def test_end_is_due_while_its_message_waits() -> None:
    save(over("7K3Q"))
    send(ANN, tell("7K3Q"))
    closing = queue(ANN, tell("7K3Q", Stage.CLOSED))
    assert ["7K3Q"] == due()

    outbox.mark_sent(closing, NOW, None)
    assert [] == due()


def test_end_is_not_due_where_nobody_was_told_or_it_is_lost() -> None:
    save(over("NONE"), over("LOST"), over("WAIT"))
    fail(queue(ANN, tell("LOST")), State.DEAD)
    queue(ANN, tell("WAIT"))

    assert [] == due()


def test_end_of_a_part_is_not_due_but_that_of_the_whole_is() -> None:
    save(over("PART", merged_into="AREA"), over("AREA"))
    send(ANN, tell("PART"))

    assert ["AREA"] == due()


def settled() -> list[str]:
    rows = IncidentRow.select().where(IncidentRow.settled_at.is_null(is_null=False))
    return sorted(row.id for row in rows)


def test_settled_is_what_is_over_for_everybody() -> None:
    save(over("DONE"), over("NONE"), over("LOST"), over("WAIT"), over("HALF"), incident("OPEN"))
    for name in ("DONE", "HALF"):
        send(ANN, tell(name))
        send(BOB, tell(name))
        send(ANN, tell(name, Stage.CLOSED))
    send(BOB, tell("DONE", Stage.CLOSED))
    fail(queue(ANN, tell("LOST")), State.DEAD)
    queue(ANN, tell("WAIT"))
    ledger.settle(NOW)

    assert ["DONE", "LOST", "NONE"] == settled()
    assert ["HALF"] == due()
    assert {"DONE", "NONE"} < {one.id for one in incidents.history(NOW)}


def test_part_is_settled_with_the_whole_and_not_before() -> None:
    save(over("PART", merged_into="MORE"), over("MORE", merged_into="AREA"), incident("AREA"))
    send(ANN, tell("PART"))
    ledger.settle(NOW)
    assert [] == settled()

    save(over("AREA"))
    ledger.settle(NOW)
    assert [] == settled()
    send(ANN, tell("AREA", Stage.CLOSED))
    ledger.settle(NOW)
    assert ["AREA", "MORE", "PART"] == settled()


def test_whole_is_not_settled_while_a_message_about_a_part_waits() -> None:
    save(over("PART", merged_into="AREA"), over("AREA"))
    message = queue(ANN, tell("PART"))
    ledger.settle(NOW)
    assert [] == settled()

    ledger.withdraw([message])
    ledger.settle(NOW)
    assert ["AREA", "PART"] == settled()


def test_incident_that_is_saved_again_is_settled_no_longer() -> None:
    save(over("7K3Q"))
    ledger.settle(NOW)
    save(incident("7K3Q"))

    assert [] == settled()
    assert ["7K3Q"] == [one.id for one in incidents.open_()]


# --- counts -------------------------------------------------------------------------------------


def test_passed_is_what_ended_then_and_the_recipient_never_heard_of() -> None:
    save(
        over("MINE", NOW),
        over("BOBS", NOW + 1),
        over("NOBO", NOW + 2, kind=Kind.SIGNAL),
        over("WAIT", NOW + 3),
        over("PART", NOW + 4, merged_into="OPEN"),
        over("EARL", NOW - 1),
        over("LATE", NOW + 60),
        incident("OPEN"),
    )
    send(ANN, tell("MINE"))
    send(BOB, tell("BOBS"))
    queue(ANN, tell("WAIT"))

    assert {Kind.OUTAGE: 2, Kind.SIGNAL: 1} == passed(ANN, NOW, NOW + 60)
    assert {} == passed(ANN, NOW + 90, NOW + 99)


def passed(recipient: str, from_at: int, to_at: int) -> dict[Kind, int]:
    return dict(Counter(one.kind for one in ledger.untold(from_at, to_at, recipient)))


def test_what_nobody_heard_of_is_counted_in_the_span_in_which_that_became_sure() -> None:
    save(over("TOLD", NOW), over("NOBO", NOW, kind=Kind.SIGNAL), over("WAIT", NOW))
    send(ANN, tell("TOLD"))
    waiting = queue(ANN, tell("WAIT"))

    ledger.settle(NOW + 30)
    ledger.withdraw([waiting])
    ledger.settle(NOW + 90)

    assert {Kind.SIGNAL: 1} == ledger.passed_untold(NOW, NOW + 60)
    assert {Kind.OUTAGE: 1} == ledger.passed_untold(NOW + 60, NOW + 120)
    assert {} == ledger.passed_untold(NOW + 120, NOW + 180)


def test_nothing_is_owed_to_who_left_the_configuration() -> None:
    save(over("GONE", NOW), over("HERE", NOW))
    send(BOB, tell("GONE"))
    send(ANN, tell("HERE"))

    ledger.settle(NOW, [ANN])

    assert ["GONE"] == [row.id for row in IncidentRow.select() if row.settled_at]


def test_what_was_told_as_part_of_something_did_not_pass_untold() -> None:
    save(over("PART", NOW, merged_into="AREA"), over("AREA", NOW + 9))
    send(ANN, tell("PART"))

    assert {} == passed(ANN, NOW, NOW + 60)
    assert {Kind.OUTAGE: 1} == passed(BOB, NOW, NOW + 60)


def test_refused_message_told_nothing_so_it_passed() -> None:
    save(over("LOST", NOW))
    fail(queue(ANN, tell("LOST")), State.DEAD)

    assert {Kind.OUTAGE: 1} == passed(ANN, NOW, NOW + 60)


def test_recent_counts_what_was_sent_surely_or_perhaps_of_whatever_kind() -> None:
    send(ANN, tell("7K3Q"), at=NOW - 1)
    send(ANN, tell("7K3Q"), at=NOW)
    outbox.mark_sent(outbox.enqueue(ANN, "report", "text", NOW), NOW + 5, None)
    fail(queue(ANN, tell("7K3Q")), State.UNSURE, maybe_sent_at=NOW + 6)
    fail(queue(ANN, tell("7K3Q")), State.DEAD)
    queue(ANN, tell("7K3Q"))

    assert {ANN: 3, BOB: 0} == ledger.recent([ANN, BOB], NOW)


def test_question_for_recent_messages_asks_an_index() -> None:
    query = MessageRow.select(MessageRow.recipient, peewee.fn.COUNT(MessageRow.id)).where(
        MessageRow.recipient.in_([ANN, BOB]), MessageRow.sent_at >= NOW
    )
    sql, values = query.group_by(MessageRow.recipient).sql()
    plan = list(MessageRow._meta.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values))

    assert "outbox_recipient_sent_at" in str(plan)


# --- whatever happens ---------------------------------------------------------------------------

NAMES = ["AAAA", "BBBB", "CCCC"]
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["open", "close", "merge", "queue", "withdraw", "send", "fail", "settle"]),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
    ),
    max_size=25,
)


def act(what: str, name: str, other: str) -> None:
    """One thing that may happen, as a poll would do it: what is over stays over."""
    known = incidents.get(name)
    waiting = [message.id for message in outbox.queued()]
    if what == "open" and known is None:
        save(incident(name))
    elif what == "close" and known and known.is_open:
        save(over(name))
    elif what == "merge" and known and known.is_open and incidents.get(other) and name < other:
        save(over(name, merged_into=other))
    elif what == "queue" and known and known.is_open:
        queue(ANN, tell(name, Stage.OPENED))
    elif what == "queue" and name in due():
        queue(ANN, tell(name, Stage.CLOSED))
    elif what == "settle":
        ledger.settle(NOW)
    elif waiting and what == "withdraw":
        ledger.withdraw(waiting[:1])
    elif waiting and what == "send":
        outbox.mark_sent(waiting[0], NOW, None)
    elif waiting and what == "fail":
        fail(waiting[0], State.DEAD)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(ACTIONS)
def test_settling_hides_no_end_that_is_due(actions: list[tuple[str, str, str]]) -> None:
    database = peewee.SqliteDatabase(":memory:")
    with database.bind_ctx(TABLES), database.connection_context():
        database.create_tables(TABLES)
        for action in actions:
            act(*action)
            marked = due()
            with database.atomic() as all_of_them:
                IncidentRow.update(settled_at=None).execute()
                assert due() == marked
                all_of_them.rollback()

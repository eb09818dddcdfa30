"""Delivery: order, tries, budget, summaries; and that no message is ever lost without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.outbox import Delivery, Summary, deliver
from eponctl.pacing import MOST_WAIT_S
from eponctl.provider import Health, Level, Receipt
from eponctl.store import outbox as store
from eponctl.store.database import open_database
from eponctl.store.outbox import SUMMARY, Message, State
from eponctl.store.schema import TABLES, AlertRow, MessageRow
from eponctl.tries import after_failure
from eponctl.web import Limits

ANN, BOB, CID = "6281200000001", "6281200000002", "6281200000003"
MAX_AGE_S = 3600
BUDGET_S = 60.0

YES = Receipt(Level.SENT, "3EB0")
RETRY = SendError(Outcome.RETRY, "gateway: HTTP 502")
AMBIGUOUS = SendError(Outcome.AMBIGUOUS, "gateway: HTTP 500")
SENDER_DOWN = SendError(Outcome.SENDER_DOWN, "gateway: not connected", hint="scan the code")
BAD_CONFIG = SendError(Outcome.BAD_CONFIG, "gateway: HTTP 401", hint="check api_key")
BAD_MESSAGE = SendError(Outcome.BAD_MESSAGE, "gateway: HTTP 413")
BAD_RECIPIENT = SendError(Outcome.BAD_RECIPIENT, "gateway: no such number")
UNCLEAR = SendError(Outcome.BAD_RECIPIENT, "gateway: Failed to send message!", needed_tries=2)

Answer = Receipt | BaseException


@dataclass
class Gateway:
    """A provider that answers as it is told, and remembers what it was given.

    `script` holds the next answers for a recipient; beyond it `usual` counts, then yes.
    """

    max_chars = 4000
    max_bytes = 60_000
    read_timeout_s = 50.0

    pause_s: float = 0.0
    script: dict[str, list[Answer]] = field(default_factory=dict)
    usual: dict[str, Answer] = field(default_factory=dict)
    session: Health = Health.CONNECTED
    health_checks: int = 0
    tried: list[tuple[str, str]] = field(default_factory=list)
    phone: list[tuple[str, str]] = field(default_factory=list)
    on_send: Callable[[], None] = lambda: None
    limits: list[Limits] = field(default_factory=list)

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Answer with what comes next for `to`."""
        self.tried.append((to, text))
        self.limits.append(limits)
        self.on_send()
        waiting = self.script.get(to)
        answer = waiting.pop(0) if waiting else self.usual.get(to, YES)
        if isinstance(answer, BaseException):
            raise answer
        self.phone.append((to, text))
        return answer

    def health(self, limits: Limits) -> Health:
        """Tell the session's state."""
        self.limits.append(limits)
        self.health_checks += 1
        return self.session


def counted(messages: Sequence[Message]) -> list[str]:
    return [f"{len(messages)} not delivered"]


@dataclass
class World:
    """A database, a gateway, and two clocks that stand still until they are told."""

    database: peewee.Database
    gateway: Gateway = field(default_factory=Gateway)
    now: int = 1_700_000_000
    ticks: float = 50.0
    slept: list[float] = field(default_factory=list)
    clock: Callable[[], int] | None = None

    def sleep(self, seconds: float) -> None:
        """Let both clocks go on."""
        self.slept.append(seconds)
        self.ticks += seconds
        self.now += round(seconds)

    def queue(self, to: str, *texts: str, alert_ids: Sequence[int] = ()) -> None:
        """Put messages into the outbox."""
        for text in texts:
            store.enqueue(to, "alert", text, self.now, alert_ids)

    def poll(self, after_s: int = 10, summary: Summary = counted) -> Delivery:
        """Deliver what is due, `after_s` seconds later."""
        self.now += after_s
        self.ticks += after_s
        self.gateway.tried.clear()
        self.slept.clear()
        return deliver(
            self.gateway,
            self.database,
            WhatsAppSettings(max_age_s=MAX_AGE_S),
            now=self.clock or (lambda: self.now),
            monotonic=lambda: self.ticks,
            budget_s=BUDGET_S,
            summary=summary,
            repeat=lambda text: f"(repeat) {text}",
            jitter=lambda: 1.0,
            sleep=self.sleep,
        )

    def answers(self, to: str, *answers: Answer) -> None:
        """Let the gateway's next answers for `to` be these."""
        self.gateway.script[to] = list(answers)

    def states(self) -> dict[str, State]:
        """State by text."""
        return {message.text: message.state for message in store.listing(tuple(State))}

    def message(self, text: str) -> Message:
        """Find a message by its text."""
        return next(m for m in store.listing(tuple(State)) if m.text == text)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty outbox and a gateway that takes everything."""
    with open_database(tmp_path / "eponctl.db", create=True) as database:
        yield World(database)


def test_nothing_to_do_asks_nothing(world: World) -> None:
    assert Delivery() == world.poll()
    assert world.gateway.limits == []


def test_all_is_sent_in_order_and_once(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.queue(BOB, "b1")
    world.queue(ANN, "a3")

    assert Delivery(sent=4) == world.poll()
    assert [(ANN, "a1"), (BOB, "b1"), (ANN, "a2"), (ANN, "a3")] == world.gateway.phone
    assert Delivery() == world.poll()


def test_message_is_marked_before_the_next_is_sent(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    seen: list[int] = []
    world.gateway.on_send = lambda: seen.append(store.counts().sent)
    world.poll()

    assert [0, 1] == seen


def test_kill_amid_a_run_leaves_the_rest_for_the_next(world: World) -> None:
    world.queue(ANN, "a1", "a2", "a3")
    world.answers(ANN, YES, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        world.poll()
    world.poll(60)

    # The interrupted request may have been read: it is repeated with its mark.
    assert [(ANN, "a1"), (ANN, "(repeat) a2"), (ANN, "a3")] == world.gateway.phone


def test_later_messages_wait_for_the_failed_one_other_recipients_do_not(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.queue(BOB, "b1")
    world.answers(ANN, RETRY)

    delivery = world.poll()
    assert [(BOB, "b1")] == world.gateway.phone
    assert (1, 0, 2) == (delivery.sent, delivery.failed, delivery.queued)
    world.poll()
    assert [(BOB, "b1"), (ANN, "a1"), (ANN, "a2")] == world.gateway.phone


def test_fault_masks_the_number_and_names_reason_and_next_try(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.answers(ANN, RETRY)

    line = (
        "WhatsApp 62812…0001: not delivered (gateway: HTTP 502), tried again at the next poll"
        "; 1 more wait"
    )
    assert (line,) == world.poll().faults


def test_retry_waits_longer_each_time_up_to_a_quarter_of_an_hour(world: World) -> None:
    world.queue(ANN, "a1")
    world.gateway.usual[ANN] = RETRY
    waits = []
    for _ in range(12):
        # Not older than max_age ever: the clock of the message goes along.
        message = world.message("a1")
        attempt = after_failure(message, RETRY, world.now, 1.0)
        store.mark_failed(message.id, attempt)
        waits.append(attempt.due_at - world.now)

    assert [0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900] == waits


def test_retry_is_not_tried_before_it_is_due(world: World) -> None:
    world.queue(ANN, "a1")
    world.answers(ANN, RETRY, RETRY)
    world.poll()
    world.poll()
    world.poll(4)
    assert world.gateway.tried == []
    world.poll(1)
    assert [(ANN, "a1")] == world.gateway.phone


def test_wish_to_wait_is_honoured_and_capped(world: World) -> None:
    world.queue(ANN, "a1")
    world.queue(BOB, "b1")
    world.answers(ANN, SendError(Outcome.RETRY, "gateway: HTTP 429", retry_after_s=42.5))
    world.answers(BOB, SendError(Outcome.RETRY, "gateway: closed", retry_after_s=86400.0))
    world.poll()

    assert 43 == world.message("a1").due_at - world.now
    assert 6 * 3600 == world.message("b1").due_at - world.now


def test_clock_set_back_strands_no_message(world: World) -> None:
    world.now += 10_000_000
    world.queue(ANN, "a1")
    world.now -= 10_000_000
    world.poll()

    assert [(ANN, "a1")] == world.gateway.phone


def test_clock_set_back_ends_a_wait(world: World) -> None:
    world.queue(ANN, "a1")
    world.answers(ANN, SendError(Outcome.RETRY, "gateway: HTTP 429", retry_after_s=600.0))
    world.poll()
    world.now -= 300
    world.poll()

    assert [(ANN, "a1")] == world.gateway.phone


def test_recipient_that_whatsapp_has_closed_for_hours_is_waited_for(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.queue(BOB, "b1")
    closed = SendError(Outcome.BAD_RECIPIENT, "gateway: closed", retry_after_s=1800.0)
    world.answers(ANN, closed)

    delivery = world.poll()
    assert (1, 0, 2) == (delivery.sent, delivery.failed, delivery.queued)
    world.poll(1799)
    assert [] == world.gateway.tried
    world.poll(1)
    assert [(BOB, "b1"), (ANN, "a1"), (ANN, "a2")] == world.gateway.phone


@pytest.mark.parametrize("stop", [SENDER_DOWN, BAD_CONFIG])
def test_channel_stops_and_keeps_all(world: World, stop: SendError) -> None:
    world.queue(ANN, "a1", "a2")
    world.queue(BOB, "b1")
    world.answers(ANN, stop)

    delivery = world.poll()
    assert [(ANN, "a1")] == world.gateway.tried
    assert (0, 0, 3, stop.outcome) == (
        delivery.sent,
        delivery.failed,
        delivery.queued,
        delivery.channel_stopped,
    )
    line = f"WhatsApp: nothing more was sent: {stop.message}: {stop.hint}; 3 wait"
    assert (line,) == delivery.faults
    assert 3 == world.poll().sent


def test_after_a_lost_session_it_is_asked_for_before_anything_is_sent(world: World) -> None:
    world.queue(ANN, "a1")
    world.answers(ANN, SENDER_DOWN)
    world.poll()
    assert 0 == world.gateway.health_checks

    world.gateway.session = Health.DISCONNECTED
    delivery = world.poll()
    assert ([], Outcome.SENDER_DOWN) == (world.gateway.tried, delivery.channel_stopped)

    world.gateway.session = Health.UNKNOWN
    assert 1 == world.poll().sent
    world.queue(ANN, "a2")
    world.poll()
    assert 2 == world.gateway.health_checks


def test_bad_message_dies_and_the_next_goes_on(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.answers(ANN, BAD_MESSAGE)

    delivery = world.poll()
    assert (1, 1, 0) == (delivery.sent, delivery.failed, delivery.queued)
    assert ("WhatsApp 62812…0001: given up (gateway: HTTP 413)",) == delivery.faults
    assert ["a1"] == [message.text for message in store.listing()]
    assert Delivery() == world.poll()


def test_refused_text_that_may_pass_later_is_tried_as_often_as_it_takes(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.gateway.usual[ANN] = SendError(Outcome.BAD_MESSAGE, "gateway: no", needed_tries=3)
    for failed in (0, 0, 1):
        # Its next message waits for it: what happened later is told later.
        assert [failed, "a1"] == [world.poll(60).failed, world.gateway.tried[0][1]]
        assert [failed * "a2" or "a1"] == [world.gateway.tried[-1][1]]


def test_certain_bad_recipient_dies_at_once_and_its_next_message_waits(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.gateway.usual[ANN] = BAD_RECIPIENT
    delivery = world.poll()

    assert (1, 1) == (delivery.failed, delivery.queued)
    assert {"a1": State.DEAD, "a2": State.QUEUED} == world.states()


def test_unclear_bad_recipient_dies_after_its_tries(world: World) -> None:
    world.queue(ANN, "a1")
    world.gateway.usual[ANN] = UNCLEAR

    assert (0, 1) == (world.poll().failed, store.counts().queued)
    assert (1, 0) == (world.poll().failed, store.counts().queued)


def test_refusal_that_may_mean_a_lost_session_is_not_believed_for_ten_minutes(
    world: World,
) -> None:
    world.queue(ANN, "a1")
    world.gateway.usual[ANN] = SendError(Outcome.BAD_RECIPIENT, "gateway: no", needed_tries=3)
    for _ in range(59):
        assert 0 == world.poll(10).failed
        assert 1 == len(world.gateway.tried)

    assert 1 == world.poll(10).failed


def test_tries_alike_start_anew_after_another_failure(world: World) -> None:
    world.queue(ANN, "a1")
    world.answers(ANN, UNCLEAR, RETRY, UNCLEAR)
    for _ in range(3):
        world.poll()

    assert {"a1": State.QUEUED} == world.states()


def test_recipient_that_received_before_is_not_given_up_without_a_sign(world: World) -> None:
    world.queue(ANN, "a0")
    world.poll()
    world.queue(ANN, "a1")
    world.gateway.usual[ANN] = UNCLEAR
    for _ in range(5):
        world.poll(60)
    assert State.QUEUED is world.states()["a1"]

    world.queue(BOB, "b1")
    world.poll(60)
    world.poll(60)
    assert State.DEAD is world.states()["a1"]


def test_two_recipients_refused_in_a_row_are_a_lost_session(world: World) -> None:
    world.queue(ANN, "a1")
    world.queue(BOB, "b1")
    world.queue(CID, "c1")
    world.answers(ANN, UNCLEAR)
    world.answers(BOB, UNCLEAR)

    delivery = world.poll()
    assert (Outcome.SENDER_DOWN, 3, 0) == (
        delivery.channel_stopped,
        delivery.queued,
        delivery.failed,
    )
    assert [ANN, BOB] == [to for to, _ in world.gateway.tried]
    assert [0, 1] == [world.message(text).tries_alike for text in ("a1", "b1")]
    world.poll()
    assert 1 == world.gateway.health_checks
    assert {(ANN, "a1"), (BOB, "b1"), (CID, "c1")} == set(world.gateway.phone)


def test_recipient_given_up_just_before_another_is_refused_too_is_revived(world: World) -> None:
    world.queue(ANN, "a1")
    world.gateway.usual = {ANN: UNCLEAR, BOB: UNCLEAR}
    world.poll()
    world.now += 1
    world.queue(BOB, "b1")
    store.mark_failed(
        world.message("b1").id, after_failure(world.message("b1"), RETRY, world.now, 0)
    )

    delivery = world.poll()
    assert [ANN, BOB] == [to for to, _ in world.gateway.tried]
    assert (0, 2) == (delivery.failed, delivery.queued)


def test_two_bad_recipients_are_told_from_a_lost_session_by_a_third(world: World) -> None:
    world.gateway.usual = {ANN: UNCLEAR, BOB: UNCLEAR}
    for to in (ANN, BOB, CID):
        world.queue(to, f"first to {to}")
    for number in range(3):
        world.poll()
        world.queue(CID, f"c{number}")
    world.poll()

    assert {State.DEAD} == {world.states()[f"first to {to}"] for to in (ANN, BOB)}
    assert 4 == len(world.gateway.phone)


def test_a_failing_recipient_does_not_starve_the_others(world: World) -> None:
    world.gateway.usual = {ANN: SENDER_DOWN}
    world.queue(ANN, "a1")
    world.poll()
    for number in range(3):
        world.queue(BOB, f"b{number}")
        world.poll()

    assert [(BOB, "b0"), (BOB, "b1"), (BOB, "b2")] == world.gateway.phone


def test_ambiguous_is_repeated_once_a_minute_later_with_its_mark(world: World) -> None:
    world.queue(ANN, "a1", "a2")
    world.answers(ANN, AMBIGUOUS)
    world.poll()
    world.poll(59)
    assert world.gateway.tried == []

    world.poll(1)
    assert [(ANN, "(repeat) a1"), (ANN, "a2")] == world.gateway.phone


def test_mark_stays_when_another_failure_comes_between(world: World) -> None:
    world.queue(ANN, "a1")
    world.answers(ANN, AMBIGUOUS, RETRY, AMBIGUOUS)
    world.poll()
    world.poll(60)
    world.poll()

    assert [(ANN, "(repeat) a1")] == world.gateway.tried
    assert {"a1": State.UNSURE} == world.states()


def test_second_ambiguous_is_unsure_and_told_once_the_channel_works(world: World) -> None:
    world.queue(ANN, "a1")
    world.answers(ANN, AMBIGUOUS, AMBIGUOUS)
    world.poll()
    delivery = world.poll(60)
    assert (1, 0) == (delivery.failed, delivery.queued)
    line = "WhatsApp 62812…0001: perhaps delivered, a summary will tell (gateway: HTTP 500)"
    assert (line,) == delivery.faults
    world.poll(60)
    assert world.gateway.tried == []

    world.queue(BOB, "b1")
    world.poll()
    world.poll()
    assert [(BOB, "b1"), (ANN, "1 not delivered")] == world.gateway.phone
    assert State.MERGED is world.states()["a1"]


def test_what_is_too_old_becomes_one_summary_per_recipient(world: World) -> None:
    alert_id = AlertRow.create(at=1, seen_at=1, olt_id="OLT-1", kind="down", priority="high").id
    world.queue(ANN, "a1", "a2", alert_ids=[alert_id])
    world.queue(BOB, "b1")
    world.gateway.usual = {ANN: BAD_CONFIG, BOB: BAD_CONFIG}
    world.poll()
    world.gateway.usual = {}
    world.queue(ANN, "a3")
    world.now += MAX_AGE_S - 10
    world.poll(1)

    phone = world.gateway.phone
    assert ["2 not delivered", "a3"] == [text for to, text in phone if to == ANN]
    assert ["1 not delivered"] == [text for to, text in phone if to == BOB]
    assert {alert_id: "merged"} == store.delivery_of([alert_id])


def test_summary_that_grew_too_old_is_merged_again(world: World) -> None:
    world.gateway.usual = {ANN: BAD_CONFIG}
    world.queue(ANN, "a1")
    world.poll(MAX_AGE_S + 1)
    world.poll(MAX_AGE_S + 1)

    kinds = [(message.kind, message.state) for message in store.listing(tuple(State))]
    assert [
        ("alert", State.MERGED),
        (SUMMARY, State.MERGED),
        (SUMMARY, State.QUEUED),
    ] == kinds


def test_summary_without_a_text_drops_nothing(world: World) -> None:
    world.queue(ANN, "a1")
    delivery = world.poll(MAX_AGE_S + 1, summary=lambda messages: [])
    assert (1, [(ANN, "a1")]) == (delivery.sent, world.gateway.phone)


def test_bug_in_the_summary_stops_nothing(world: World) -> None:
    world.queue(ANN, "a1")

    def summary(messages: Sequence[Message]) -> list[str]:
        raise ZeroDivisionError(messages[0].recipient)

    delivery = world.poll(MAX_AGE_S + 1, summary)
    assert 1 == delivery.sent
    (fault,) = delivery.faults
    assert fault.startswith("WhatsApp 62812…0001: no summary, a bug: ZeroDivisionError at test_")


def test_bug_in_a_provider_is_ambiguous_and_stops_no_other(world: World) -> None:
    world.queue(ANN, "a1")
    world.queue(BOB, "b1")
    world.answers(ANN, KeyError("secret"))

    delivery = world.poll()
    assert [(BOB, "b1")] == world.gateway.phone
    assert Outcome.AMBIGUOUS is world.message("a1").outcome
    (fault,) = delivery.faults
    assert "a bug: KeyError at test_outbox.py:" in fault
    assert "secret" not in fault


def test_deadline_of_the_phase_is_given_to_every_send(world: World) -> None:
    world.queue(ANN, "a1")
    world.poll()

    assert [Limits(10.0, 50.0, world.ticks + BUDGET_S)] == world.gateway.limits


def test_no_send_begins_when_the_time_is_up(world: World) -> None:
    world.queue(ANN, "a1", "a2", "a3")
    world.queue(BOB, "b1")
    world.answers(BOB, RETRY)

    def take_time() -> None:
        world.ticks += 29.6

    world.gateway.on_send = take_time
    delivery = world.poll()

    assert [(ANN, "a1"), (BOB, "b1")] == world.gateway.tried
    assert "WhatsApp: out of time; 2 wait for the next poll" in delivery.faults


def test_no_send_begins_that_the_slowest_yes_of_this_run_would_not_fit(world: World) -> None:
    world.queue(ANN, "a1", "a2", "a3")

    def take_time() -> None:
        world.ticks += 25

    world.gateway.on_send = take_time
    assert 2 == world.poll().sent


def test_those_who_were_not_tried_come_first_in_the_next_run(world: World) -> None:
    for to in (ANN, BOB, CID):
        world.queue(to, to)
    world.gateway.usual = {ANN: RETRY, BOB: RETRY, CID: RETRY}

    def take_time() -> None:
        world.ticks += 30

    world.gateway.on_send = take_time
    world.poll()
    assert [ANN, BOB] == [to for to, _ in world.gateway.tried]
    world.poll()
    assert [CID, ANN] == [to for to, _ in world.gateway.tried]


# --- pauses -----------------------------------------------------------------------------------


@pytest.fixture
def paced(world: World) -> World:
    """The gateway asks for six seconds between two messages to one recipient."""
    world.gateway.pause_s = 6.0
    return world


def test_first_messages_never_wait(paced: World) -> None:
    for to in (ANN, BOB, CID):
        paced.queue(to, to)

    assert 3 == paced.poll().sent
    assert [] == paced.slept


def test_next_message_to_a_recipient_waits_while_the_others_get_theirs(paced: World) -> None:
    paced.queue(ANN, "a1", "a2", "a3")
    paced.queue(BOB, "b1", "b2")

    def take_time() -> None:
        paced.ticks += 1

    paced.gateway.on_send = take_time
    assert Delivery(sent=5) == paced.poll()
    assert ["a1", "b1", "a2", "b2", "a3"] == [text for _, text in paced.gateway.phone]
    # After a1: b1 took one of the six seconds. After that both are due within a second.
    assert [5.0, 5.0] == paced.slept


def test_message_of_an_earlier_run_counts(paced: World) -> None:
    paced.queue(ANN, "a1")
    paced.poll()
    paced.queue(ANN, "a2")
    paced.queue(BOB, "b1")
    paced.poll(2)

    assert ["a1", "b1", "a2"] == [text for _, text in paced.gateway.phone]
    # A second more than what is missing: the first went out within that second.
    assert [5.0] == paced.slept


def test_message_of_a_run_long_enough_ago_does_not_count(paced: World) -> None:
    paced.queue(ANN, "a1")
    paced.poll()
    paced.queue(ANN, "a2")
    paced.poll(7)

    assert [] == paced.slept


def test_message_of_a_time_to_come_does_not_count(paced: World) -> None:
    paced.queue(ANN, "a1")
    paced.poll()
    paced.now -= 3600
    paced.queue(ANN, "a2")

    assert 1 == paced.poll().sent
    assert [] == paced.slept


def test_run_pauses_half_a_minute_at_most_and_the_rest_is_no_fault(paced: World) -> None:
    paced.queue(ANN, *(f"a{number}" for number in range(9)))

    assert Delivery(sent=6, queued=3, pausing=frozenset({ANN})) == paced.poll()
    assert [6.0] * 5 == paced.slept
    assert Delivery(sent=3) == paced.poll(60)


def test_pause_that_the_run_has_no_time_for_is_left_to_the_next(paced: World) -> None:
    paced.queue(ANN, "a1", "a2")

    def take_time() -> None:
        paced.ticks += BUDGET_S - 8

    paced.gateway.on_send = take_time
    assert Delivery(sent=1, queued=1, pausing=frozenset({ANN})) == paced.poll()
    assert [] == paced.slept


def test_one_who_pauses_is_no_fault_beside_one_who_fails(paced: World) -> None:
    paced.queue(ANN, *(f"a{number}" for number in range(8)))
    paced.queue(BOB, "b1")
    paced.answers(BOB, RETRY)
    delivery = paced.poll()

    assert (6, 3, 1) == (delivery.sent, delivery.queued, len(delivery.faults))
    assert "62812…0002" in delivery.faults[0]


def test_refused_message_asks_for_no_pause(paced: World) -> None:
    paced.queue(ANN, "a1", "a2")
    paced.answers(ANN, BAD_MESSAGE)
    paced.poll()

    assert [(ANN, "a2")] == paced.gateway.phone
    assert [] == paced.slept


def test_perhaps_taken_message_asks_for_a_pause_as_one_that_was(paced: World) -> None:
    paced.queue(ANN, "a1")
    paced.answers(ANN, AMBIGUOUS, YES)
    paced.poll()
    MessageRow.update(due_at=0).execute()
    paced.poll(3)

    assert [4.0] == paced.slept
    assert [(ANN, "(repeat) a1")] == paced.gateway.phone


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 5, 6, 7, 60]),
            st.lists(st.sampled_from([ANN, BOB, CID]), max_size=9),
        ),
        max_size=6,
    ),
    st.floats(0, 8),
)
def test_no_recipient_gets_two_messages_within_the_pause(
    polls: list[tuple[int, list[str]]], sending_s: float
) -> None:
    database = peewee.SqliteDatabase(":memory:")
    with database.bind_ctx(TABLES), database.connection_context():
        database.create_tables(TABLES)
        world = World(database, Gateway(pause_s=6.0))
        began: list[tuple[str, float]] = []

        def take_time() -> None:
            began.append((world.gateway.tried[-1][0], world.ticks))
            world.ticks += sending_s

        world.gateway.on_send = take_time
        # What was sent goes out at any time within the second that is stored.
        world.clock = lambda: int(1_700_000_000 + world.ticks)
        for after_s, recipients in polls:
            for to in recipients:
                world.queue(to, "text")
            delivery = world.poll(after_s)
            assert sum(world.slept) <= MOST_WAIT_S
            assert store.counts().queued == delivery.queued
    for to in (ANN, BOB, CID):
        times = [at for who, at in began if who == to]
        assert all(later - before >= 6 for before, later in pairwise(times))


ANSWERS = [YES, RETRY, AMBIGUOUS, SENDER_DOWN, BAD_CONFIG, BAD_MESSAGE, BAD_RECIPIENT, UNCLEAR]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 10, 60, 900, MAX_AGE_S + 1]),
        st.lists(st.sampled_from([ANN, BOB, CID]), max_size=3),
        st.lists(st.sampled_from([*ANSWERS, KeyError("bug"), KeyboardInterrupt()]), max_size=6),
        st.sampled_from(Health),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_no_message_is_lost_doubled_or_out_of_order(
    steps: list[tuple[int, list[str], list[Answer], Health]],
) -> None:
    database = peewee.SqliteDatabase(":memory:")
    with database.bind_ctx(TABLES), database.connection_context():
        database.create_tables(TABLES)
        world = World(database)
        told: set[str] = set()
        queued = 0
        for wait_s, recipients, answers, session in steps:
            for to in recipients:
                queued += 1
                world.queue(to, f"m{queued}")
            world.gateway.session = session
            follow(world, answers, wait_s, told)
            check(world, told)
        finish(world)
        assert {State.QUEUED, State.UNSURE}.isdisjoint(world.states().values())
        check(world, told)


def follow(world: World, answers: list[Answer], wait_s: int, told: set[str]) -> None:
    """One run with these answers, whoever gets them; `told` collects what ended as a fault."""
    left = list(answers)
    before = {message.id for message in store.listing((State.DEAD,))}

    def next_answer() -> None:
        to, _ = world.gateway.tried[-1]
        world.gateway.script[to] = [left.pop(0)] if left else []

    world.gateway.on_send = next_answer
    try:
        delivery = world.poll(wait_s)
    except KeyboardInterrupt:
        # Its faults went with it; what died is in the listing.
        delivery = None
    died = [m for m in store.listing((State.DEAD,)) if m.id not in before]
    told.update(message.text for message in died)
    if delivery:
        assert len(died) <= delivery.failed
        assert bool(delivery.faults) == bool(delivery.failed or delivery.queued)


def check(world: World, told: set[str]) -> None:
    """Every message is in one place, in order, and taken at most once after a clear answer."""
    for state in (State.SENT, State.DEAD):
        for message in store.listing((state,)):
            copies = [text for to, text in world.gateway.phone if message.text in text.split()]
            if message.kind != SUMMARY:
                assert len(copies) == (state is State.SENT)
            if state is State.DEAD:
                assert message.error
                assert message.text in told
    summaries = [message for message in store.listing(tuple(State)) if message.kind == SUMMARY]
    for message in store.listing((State.MERGED,)):
        later = [m for m in summaries if m.recipient == message.recipient and m.id > message.id]
        assert later
    for to in (ANN, BOB, CID):
        numbers = [text for who, text in world.gateway.phone if who == to if "m" in text]
        order = [int(text.split("m")[-1]) for text in numbers]
        assert order == sorted(order)


def finish(world: World) -> None:
    """Let everything work from now on, for long enough."""
    world.gateway.on_send = lambda: None
    world.gateway.script.clear()
    world.gateway.session = Health.CONNECTED
    for _ in range(3):
        world.poll(900)
    world.poll(MAX_AGE_S + 1)
    world.poll(900)

"""Turns: everybody in order, nobody twice within the pause, nobody waiting for another's."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eponctl.pacing import MOST_WAIT_S, Turns

NEVER = 1e9


def turns(queues: dict[str, str], pause_s: float = 6.0, **ready_at: float) -> Turns[str]:
    return Turns(queues.items(), pause_s=pause_s, ready_at=ready_at)


def run(some: Turns[str], at: float = 0.0, until: float = NEVER) -> list[tuple[str, float]]:
    """Take every turn there is, each in no time; the message and when it went."""
    sent = []
    while turn := some.next(at, until):
        at += turn.wait_s
        sent.append((turn.message, at))
        some.took(turn.recipient, at)
    return sent


def test_recipients_take_turns_and_each_waits_only_for_its_own_pause() -> None:
    expected = [("a", 0), ("x", 0), ("b", 6), ("y", 6), ("c", 12)]
    assert expected == run(turns({"ann": "abc", "bob": "xy"}))


def test_without_a_pause_nobody_waits() -> None:
    assert [("a", 0), ("x", 0), ("b", 0)] == run(turns({"ann": "ab", "bob": "x"}, pause_s=0))


def test_whoever_may_be_sent_to_comes_before_whoever_may_not() -> None:
    assert [("x", 0), ("a", 4)] == run(turns({"ann": "a", "bob": "x"}, ann=4.0))


def test_whoever_left_gets_nothing_more() -> None:
    some = turns({"ann": "ab", "bob": "x"})
    some.next(0, NEVER)
    some.leave("ann")

    assert [("x", 0)] == run(some)


def test_turn_that_would_begin_too_late_is_none() -> None:
    some = turns({"ann": "ab"})
    assert [("a", 0)] == run(some, until=5.9)
    assert {"ann"} == some.pausing(5.9)


def test_only_those_who_pause_are_pausing() -> None:
    some = turns({"ann": "a", "bob": "xy"}, bob=3.0)

    assert {"bob"} == some.pausing(2.0)
    assert set() == some.pausing(3.0)


QUEUES = st.dictionaries(st.sampled_from(["ann", "bob", "cid"]), st.text("abc", max_size=9))


@given(QUEUES, st.floats(0, 9), st.dictionaries(st.sampled_from(["ann", "bob"]), st.floats(0, 9)))
def test_order_pauses_and_the_longest_wait_hold(
    queues: dict[str, str], pause_s: float, ready_at: dict[str, float]
) -> None:
    some = turns(queues, pause_s, **ready_at)
    at, sent = 0.0, list[tuple[str, str, float]]()
    while turn := some.next(at, NEVER):
        at += turn.wait_s
        some.took(turn.recipient, at)
        sent.append((turn.recipient, turn.message, at))

    assert at <= MOST_WAIT_S + 1e-6
    for name, queue in queues.items():
        mine = [(message, when) for to, message, when in sent if to == name]
        assert queue.startswith("".join(message for message, _ in mine))
        assert all(when >= ready_at.get(name, 0.0) - 1e-6 for _, when in mine)
        assert all(b - a >= pause_s - 1e-6 for (_, a), (_, b) in pairwise(mine))
        if len(mine) < len(queue):
            assert name in some.pausing(at)

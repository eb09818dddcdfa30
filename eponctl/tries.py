"""Tries of a message: what is due and in which order, and what becomes of it after a failure. Pure.

Knows no gateway and no table; what a failure means for the channel is outbox.py's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import takewhile

from eponctl.errors import Outcome, SendError
from eponctl.masking import masked
from eponctl.store.outboxrows import SUMMARY, Attempt, Message, State

MAX_WAIT_S = 900
MAX_HOLD_S = 6 * 3600
"""The longest that a gateway's own wish is honoured: WhatsApp closes an account for hours."""
AMBIGUOUS_WAIT_S = 60
_FIRST_WAIT_S = 5.0
_MAX_DOUBLINGS = 10  # 5 s doubled so often is beyond MAX_WAIT_S
_PATIENCE_S = 600  # a recipient that may be good is tried with every poll for so long
_PATIENT_WAIT_S = 60  # and then so often
_CERTAIN_TRIES = 2  # needed where the gateway says itself that the session is there


def by_recipient(messages: Iterable[Message]) -> list[list[Message]]:
    """Queues in the order of sending: a summary tells of older things than what else waits.

    What took the place of an older message goes where that was.
    """
    queues: dict[str, list[Message]] = {}
    order = sorted(messages, key=lambda one: (one.kind != SUMMARY, one.created_at, one.id))
    for message in order:
        queues.setdefault(message.recipient, []).append(message)
    return list(queues.values())


def due(messages: Iterable[Message], now: int) -> list[list[Message]]:
    """What is due, by recipient; who waited longest for a try comes first, so that none starves."""
    queues = (
        list(takewhile(lambda message: not _is_waiting(message, now), queue))
        for queue in by_recipient(messages)
    )
    return sorted(filter(None, queues), key=lambda queue: (queue[0].tried_at or 0, queue[0].id))


def _is_waiting(message: Message, now: int) -> bool:
    # A try that is yet to come is of a clock that was set back since: its wait counts no more.
    return message.tried_at is not None and message.tried_at <= now < message.due_at


def after_failure(
    message: Message, error: SendError, now: int, jitter: float, *, is_believed: bool = True
) -> Attempt:
    """What becomes of a message that was not, or not surely, taken.

    `is_believed` False: whatever the gateway says, this recipient is not given up yet.
    """
    alike = message.tries_alike + 1 if message.outcome is error.outcome else 1
    is_last = alike >= error.needed_tries
    state, wait_s, maybe_sent_at = State.QUEUED, 0.0, message.sent_at
    if error.outcome is Outcome.BAD_MESSAGE:
        state, wait_s = State.DEAD if is_last else State.QUEUED, _PATIENT_WAIT_S
    elif error.outcome is Outcome.BAD_RECIPIENT:
        is_old = now - message.created_at >= _PATIENCE_S
        is_final = is_last and (is_old or error.needed_tries <= _CERTAIN_TRIES)
        # Who is only closed for a while is waited for.
        is_dead = is_final and is_believed and not error.retry_after_s
        state, wait_s = State.DEAD if is_dead else State.QUEUED, _PATIENT_WAIT_S if is_old else 0
    elif error.outcome is Outcome.AMBIGUOUS:
        state = State.QUEUED if maybe_sent_at is None else State.UNSURE
        wait_s, maybe_sent_at = AMBIGUOUS_WAIT_S, maybe_sent_at or now
    elif error.outcome is Outcome.RETRY:
        wait_s = _backoff_s(alike, jitter)
    if error.outcome in _AT_THE_GATEWAYS_WISH:
        wait_s = max(wait_s, min(error.retry_after_s or 0, MAX_HOLD_S))
    due_at = now + math.ceil(wait_s)
    return Attempt(now, state, error.outcome, masked(error.message), alike, due_at, maybe_sent_at)


_AT_THE_GATEWAYS_WISH = frozenset({Outcome.RETRY, Outcome.BAD_RECIPIENT})


def _backoff_s(alike: int, jitter: float) -> float:
    """Nothing after the first failure; then anything up to 5 s, 10 s, ... 15 min (full jitter)."""
    longest = min(MAX_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(alike - 2, _MAX_DOUBLINGS))
    return jitter * longest if alike > 1 else 0.0

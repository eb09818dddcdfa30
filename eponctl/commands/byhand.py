"""`eponctl whatsapp retry` and `drop`: single messages tried again now, or given up on purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from eponctl.errors import ConfigError, Problem
from eponctl.lock import poll_lock
from eponctl.sending import delivered
from eponctl.settings import Config
from eponctl.store import byhand, outbox
from eponctl.store.database import open_database
from eponctl.store.outbox import Message, State

_OVER = {
    State.SENT: "was sent: there is nothing to do for it",
    State.MERGED: "was told by another message, which took its place",
}
_SEE_QUEUE = "`eponctl whatsapp queue` shows what waits and what was given up"


class Tried(NamedTuple):
    """What became of the chosen messages, and the faults of the run that they were tried in.

    `untried` of them still wait for the pause between two messages to one telephone, or for time.
    """

    messages: tuple[Message, ...]
    faults: tuple[str, ...] = ()
    untried: int = 0


def retry(
    config: Config,
    message_ids: Sequence[int],
    *,
    also_failed: bool = False,
    clock: Callable[[], float],
) -> Tried:
    """Try these messages now; without ids all that wait, and `also_failed` what was given up.

    Left out of `also_failed` is what was given up on purpose, and what is older than max_age: news
    of yesterday. Whatever else is due is sent, too.

    Raises ConfigError: no channel, or an id of nothing that could be tried; LockHeld while a poll
    runs; StoreError when there is no database.
    """
    if not config.whatsapp.enabled:
        problem = Problem(str(config.path), "whatsapp.enabled", "is false: nothing can be sent")
        raise ConfigError([problem])
    with open_database(config.database) as database, poll_lock(config.database):
        now = int(clock())
        if message_ids:
            chosen = _chosen(message_ids, {State.QUEUED, State.UNSURE, State.DEAD})
        elif also_failed:
            oldest = now - config.whatsapp.max_age_s
            chosen = [one for one in outbox.listing() if _is_worth_it(one, oldest)]
        else:
            chosen = outbox.queued()
        if not chosen:
            return Tried(())
        with database.atomic("IMMEDIATE"):
            byhand.make_due(chosen, now)
        delivery = delivered(database, config, clock)
        after = byhand.messages(message.id for message in chosen)
    left = [one for one in after if one.state is State.QUEUED and (one.tried_at or 0) < now]
    return Tried(tuple(after), delivery.faults, 0 if delivery.channel_stopped else len(left))


def _is_worth_it(message: Message, oldest: int) -> bool:
    if message.state is State.QUEUED:
        return True
    return message.created_at >= oldest and message.error != byhand.GIVEN_UP


def droppable(config: Config, message_ids: Sequence[int]) -> tuple[Message, ...]:
    """What `drop` would give up: these with the rest of their parts, or without ids all that waits.

    Raises ConfigError: an id of nothing that waits; StoreError when there is no database.
    """
    with open_database(config.database):
        if not message_ids:
            return tuple(outbox.listing((State.QUEUED, State.UNSURE)))
        return tuple(byhand.with_parts(_chosen(message_ids, {State.QUEUED, State.UNSURE})))


def drop(config: Config, chosen: Sequence[Message]) -> tuple[Message, ...]:
    """Give up what was chosen, as far as it was not sent meanwhile; what it is now.

    Raises LockHeld while a poll runs, StoreError.
    """
    with open_database(config.database) as database, poll_lock(config.database):
        with database.atomic("IMMEDIATE"):
            ids = [message.id for message in chosen]
            waiting = {State.QUEUED, State.UNSURE}
            byhand.give_up(one for one in byhand.messages(ids) if one.state in waiting)
        return tuple(byhand.messages(ids))


def _chosen(message_ids: Sequence[int], states: set[State]) -> list[Message]:
    """These messages. Raises ConfigError with a fault for each that is not in such a state."""
    found = {message.id: message for message in byhand.messages(message_ids)}
    problems = []
    for name in dict.fromkeys(message_ids):
        message = found.get(name)
        if message is None:
            problems.append(Problem(f"message {name}", "", "there is none of this id"))
        elif message.state not in states:
            what = _OVER.get(message.state, f"was given up already ({message.error})")
            problems.append(Problem(f"message {name}", "", what))
    if problems:
        raise ConfigError(problems, _SEE_QUEUE)
    return list(found.values())

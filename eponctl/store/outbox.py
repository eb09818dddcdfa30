"""The outbox's table: messages that wait, what became of each, and which events they told of.

Knows how a message is kept, not when one is sent: that is eponctl/outbox.py. Every function works
on the database that is open (database.py). Times are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from peewee import Database, Expression, ModelSelect, chunked, fn

from eponctl.errors import Outcome
from eponctl.store.schema import MessageAlertRow, MessageRow

SUMMARY = "summary"
"""The kind of a message that tells of others, which grew too old or stayed unclear."""

_CHUNK = 500  # values in one statement


class State(StrEnum):
    """Where a message stands; only the first is sent by itself."""

    QUEUED = "queued"
    SENT = "sent"
    UNSURE = "unsure"
    DEAD = "dead"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one recipient, and what became of it so far.

    `tries_alike` counts the last failures with this `outcome` in a row. `sent_at` is when the
    gateway took it; as long as the state is another, when it may first have taken it.
    """

    id: int
    created_at: int
    recipient: str
    kind: str
    text: str
    state: State
    due_at: int
    tries: int
    tries_alike: int
    tried_at: int | None
    outcome: Outcome | None
    error: str | None
    sent_at: int | None
    gateway_id: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a try that failed makes of its message; `maybe_sent_at` as Message.sent_at."""

    at: int
    state: State
    outcome: Outcome
    error: str
    tries_alike: int
    due_at: int
    maybe_sent_at: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages are in which state."""

    queued: int = 0
    sent: int = 0
    unsure: int = 0
    dead: int = 0
    merged: int = 0


def has_open() -> bool:
    """Whether any message waits, or may not have arrived: else there is nothing to deliver."""
    is_open = MessageRow.state.in_([State.QUEUED, State.UNSURE])
    return bool(MessageRow.select(MessageRow.id).where(is_open).exists())


def enqueue(recipient: str, kind: str, text: str, now: int, alert_ids: Iterable[int] = ()) -> int:
    """Put a message into the outbox, due at once, and return its id.

    Opens no transaction of its own: it belongs into the one that stores the events it tells of.
    """
    row = MessageRow.create(created_at=now, recipient=recipient, kind=kind, text=text, due_at=now)
    links = [{"message": row.id, "alert": alert_id} for alert_id in sorted(set(alert_ids))]
    for some in chunked(links, _CHUNK):
        MessageAlertRow.insert_many(some).execute()
    return row.id


def queued() -> list[Message]:
    """All that waits to be sent, due or not, oldest first."""
    return _messages(MessageRow.state == State.QUEUED)


def listing(
    states: Sequence[State] = (State.QUEUED, State.UNSURE, State.DEAD), limit: int | None = None
) -> list[Message]:
    """The messages in these states, oldest first; with `limit` only the newest so many."""
    query = (
        MessageRow.select()
        .where(MessageRow.state.in_(list(states)))
        .order_by(MessageRow.id.desc())
        .limit(limit)
    )
    return [_message(row) for row in query][::-1]


def counts() -> Counts:
    """How many messages there are, by state."""
    query = MessageRow.select(MessageRow.state, fn.COUNT(MessageRow.id)).group_by(MessageRow.state)
    return Counts(**{str(state): int(number) for state, number in _tuples(query)})


def mark_sent(message_id: int, at: int, gateway_id: str | None) -> None:
    """The gateway took it: one statement, so one transaction."""
    MessageRow.update(
        state=State.SENT,
        sent_at=at,
        tried_at=at,
        tries=MessageRow.tries + 1,
        tries_alike=0,
        outcome=None,
        error=None,
        gateway_id=gateway_id,
    ).where(MessageRow.id == message_id).execute()


def mark_failed(message_id: int, attempt: Attempt) -> None:
    """The gateway did not, or not surely, take it: one statement, so one transaction."""
    MessageRow.update(
        state=attempt.state,
        tried_at=attempt.at,
        tries=MessageRow.tries + 1,
        tries_alike=attempt.tries_alike,
        due_at=attempt.due_at,
        outcome=attempt.outcome,
        error=attempt.error,
        sent_at=attempt.maybe_sent_at,
    ).where(MessageRow.id == message_id).execute()


def absolve(message_id: int, outcome: Outcome) -> None:
    """Queue it again: its last failure was not its recipient's fault, but came of `outcome`."""
    MessageRow.update(state=State.QUEUED, outcome=outcome, tries_alike=0).where(
        MessageRow.id == message_id
    ).execute()


def backlog(created_before: int) -> dict[str, list[Message]]:
    """What a summary should tell of instead, by recipient, oldest first.

    All that waits or stayed unclear and is older; and what stayed unclear before the gateway took
    another message, which shows that the channel works again. An unclear summary waits for its age:
    where a gateway delivers but never says so, summaries of summaries would follow each other.
    """
    open_states = [State.QUEUED, State.UNSURE]
    old = MessageRow.state.in_(open_states) & (MessageRow.created_at < created_before)
    found = _messages(old)
    unsure = _messages((MessageRow.state == State.UNSURE) & (MessageRow.kind != SUMMARY))
    if unsure:
        last_at = _last_sent_at()
        known = {message.id for message in found}
        found += [m for m in unsure if m.id not in known and (m.tried_at or 0) <= last_at]
    by_recipient: dict[str, list[Message]] = {}
    for message in sorted(found, key=lambda message: message.id):
        by_recipient.setdefault(message.recipient, []).append(message)
    return by_recipient


def merge(
    database: Database, messages: Sequence[Message], texts: Sequence[str], now: int
) -> tuple[int, ...]:
    """Put summaries in the place of one recipient's messages, in one transaction; return their ids.

    Each summary counts as telling of all the events that the messages told of.
    """
    recipient = messages[0].recipient
    ids = [message.id for message in messages]
    with database.atomic():
        alert_ids = _alert_ids(ids)
        made = tuple(enqueue(recipient, SUMMARY, text, now, alert_ids) for text in texts)
        for some in chunked(ids, _CHUNK):
            MessageRow.update(state=State.MERGED).where(MessageRow.id.in_(some)).execute()
    return made


def has_received(recipient: str) -> bool:
    """Whether the gateway ever took a message for this recipient."""
    sent = (MessageRow.state == State.SENT) & (MessageRow.recipient == recipient)
    return bool(MessageRow.select().where(sent).exists())


def has_sent_after(moment: int) -> bool:
    """Whether the gateway took any message later than this."""
    return _last_sent_at() > moment


def delivery_of(alert_ids: Iterable[int]) -> dict[int, str]:
    """How far the messages about each event got; an event that no message tells of is left out.

    The worst of them counts: `failed` (refused for good, or unclear), `queued`, `merged` (told in a
    summary that was sent), `sent`.
    """
    worst: dict[int, str] = {}
    for some in chunked(sorted(set(alert_ids)), _CHUNK):
        query = (
            MessageAlertRow.select(MessageAlertRow.alert, MessageRow.state)
            .join(MessageRow)
            .where(MessageAlertRow.alert.in_(some))
        )
        for alert_id, state in _tuples(query):
            words = {_WORDS[state], worst.get(alert_id, "sent")}
            worst[alert_id] = next(word for word in _WORST_FIRST if word in words)
    return worst


_WORST_FIRST = ("failed", "queued", "merged", "sent")
_WORDS = {
    State.DEAD: "failed",
    State.UNSURE: "failed",
    State.QUEUED: "queued",
    State.MERGED: "merged",
    State.SENT: "sent",
}


def _last_sent_at() -> int:
    query = MessageRow.select(fn.MAX(MessageRow.sent_at)).where(MessageRow.state == State.SENT)
    return int(query.scalar() or 0)


def _alert_ids(message_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for some in chunked(message_ids, _CHUNK):
        query = MessageAlertRow.select(MessageAlertRow.alert).where(
            MessageAlertRow.message.in_(some)
        )
        found.update(alert_id for (alert_id,) in _tuples(query))
    return found


def _tuples(query: ModelSelect[Any]) -> Iterable[tuple[Any, ...]]:
    return cast(Iterable[tuple[Any, ...]], query.tuples())


def _messages(condition: Expression) -> list[Message]:
    query = MessageRow.select().where(condition).order_by(MessageRow.id)
    return [_message(row) for row in query]


def _message(row: MessageRow) -> Message:
    return Message(
        id=row.id,
        created_at=row.created_at,
        recipient=row.recipient,
        kind=row.kind,
        text=row.text,
        state=State(row.state),
        due_at=row.due_at,
        tries=row.tries,
        tries_alike=row.tries_alike,
        tried_at=row.tried_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        error=row.error,
        sent_at=row.sent_at,
        gateway_id=row.gateway_id,
    )

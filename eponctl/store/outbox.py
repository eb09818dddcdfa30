"""The outbox's table: messages that wait, what became of each, and which events they told of.

Knows how a message is kept, not when one is sent: that is eponctl/outbox.py. Every function works
on the database that is open (database.py). Times are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

from peewee import Database, Expression, ModelSelect, chunked, fn

from eponctl.errors import Outcome
from eponctl.store.delivered import delivery_of
from eponctl.store.links import alerts_of, link, tells_of
from eponctl.store.outboxrows import (
    ALERT,
    SUMMARY,
    Attempt,
    Counts,
    Inherited,
    Message,
    State,
    message_of,
)
from eponctl.store.schema import MessageRow
from eponctl.telling.records import Tell

__all__ = [
    "ALERT",
    "SUMMARY",
    "Attempt",
    "Counts",
    "Inherited",
    "Message",
    "State",
    "absolve",
    "backlog",
    "begun_apart",
    "counts",
    "delivery_of",
    "enqueue",
    "has_open",
    "has_received",
    "has_sent_after",
    "last_id",
    "last_sent",
    "listing",
    "mark_begun",
    "mark_failed",
    "mark_sent",
    "merge",
    "queued",
    "texts_after",
]

_CHUNK = 500  # values in one statement


def has_open() -> bool:
    """Whether any message waits, or may not have arrived: else there is nothing to deliver."""
    is_open = MessageRow.state.in_([State.QUEUED, State.UNSURE])
    return bool(MessageRow.select(MessageRow.id).where(is_open).exists())


def enqueue(
    recipient: str,
    kind: str,
    text: str,
    now: int,
    alert_ids: Iterable[int] = (),
    *,
    more: Sequence[str] = (),
    tells: Iterable[Tell] = (),
    inherited: Inherited | None = None,
) -> int:
    """Put a message into the outbox, due at once, and return its id.

    `more` are the texts of its further parts. `alert_ids` and `tells` are the events and incidents
    that it tells of, all linked with its first part; those events wait to be told no longer.
    `inherited` are the age and the tries of the messages in whose place it comes.

    Opens no transaction of its own: it belongs into the one that stores the events it tells of.
    """
    age = inherited or Inherited(now, now)
    first = _insert(recipient, kind, text, age)
    rest = [_insert(recipient, kind, part, Inherited(age.created_at, now), first) for part in more]
    if rest:
        MessageRow.update(bulletin=first).where(MessageRow.id == first).execute()
    link(first, recipient, list(alert_ids), tells)
    return first


def _insert(
    recipient: str, kind: str, text: str, age: Inherited, bulletin: int | None = None
) -> int:
    row = MessageRow.create(
        recipient=recipient, kind=kind, text=text, bulletin=bulletin, **age._asdict()
    )
    return int(row.id)


def queued() -> list[Message]:
    """All that waits to be sent, due or not, oldest first."""
    return _messages(MessageRow.state == State.QUEUED)


def last_id() -> int:
    """The id of the newest message; 0 before the first."""
    return int(MessageRow.select(fn.MAX(MessageRow.id)).scalar() or 0)


def texts_after(message_id: int) -> list[str]:
    """What the messages say that were made after this one, each text once."""
    query = MessageRow.select(MessageRow.text).where(MessageRow.id > message_id)
    rows = _tuples(query.order_by(MessageRow.id))
    return list(dict.fromkeys(str(text) for (text,) in rows))


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
    return [message_of(row) for row in query][::-1]


def counts() -> Counts:
    """How many messages there are, by state."""
    query = MessageRow.select(MessageRow.state, fn.COUNT(MessageRow.id)).group_by(MessageRow.state)
    return Counts(**{str(state): int(number) for state, number in _tuples(query)})


def mark_begun(message_id: int, at: int) -> None:
    """It is handed to the gateway: until that ends, it may have been taken. One transaction."""
    MessageRow.update(sent_at=fn.COALESCE(MessageRow.sent_at, at)).where(
        MessageRow.id == message_id
    ).execute()


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


def begun_apart(messages: Sequence[Message]) -> list[list[Message]]:
    """The messages that were begun, apart from the others; each part in its order, none is empty.

    Begun is what was perhaps taken, and the rest of a bulletin that was: told already, and never
    withdrawn. What was not may be, and so one summary cannot stand for both.
    """
    untold = _untold_ids(message.bulletin for message in messages if message.bulletin)
    parts: tuple[list[Message], list[Message]] = [], []
    for message in messages:
        parts[_is_begun(message, untold)].append(message)
    return [part for part in reversed(parts) if part]


def _is_begun(message: Message, untold: Collection[int]) -> bool:
    is_rest = message.bulletin is not None and message.bulletin not in untold
    return message.sent_at is not None or is_rest


def _untold_ids(message_ids: Iterable[int]) -> set[int]:
    """Those of them that wait and were surely not taken."""
    is_untold = (MessageRow.state == State.QUEUED) & MessageRow.sent_at.is_null()
    found: set[int] = set()
    for some in chunked(sorted(set(message_ids)), _CHUNK):
        query = MessageRow.select(MessageRow.id).where(is_untold, MessageRow.id.in_(some))
        found.update(message_id for (message_id,) in _tuples(query))
    return found


def merge(
    database: Database, messages: Sequence[Message], texts: Sequence[str], now: int
) -> tuple[int, ...]:
    """Put a summary in the place of one recipient's messages, in one transaction.

    Returns the ids of its parts; the first tells of all that the messages told of. In the place of
    what was begun (`begun_apart`) it is one more part of that, so that it is not withdrawn either.
    """
    recipient = messages[0].recipient
    ids = [message.id for message in messages]
    # At once to write: what was read first, and another wrote since, could not be written upon.
    with database.atomic("IMMEDIATE"):
        untold = _untold_ids(message.bulletin for message in messages if message.bulletin)
        begun = [message for message in messages if _is_begun(message, untold)]
        made = [_insert(recipient, SUMMARY, text, Inherited(now, now)) for text in texts]
        tells = (tell for told in tells_of(ids).values() for tell in told)
        link(made[0], recipient, {a for told in alerts_of(ids).values() for a in told}, tells)
        of_begun = [one.bulletin if one.sent_at is None else one.id for one in begun]
        bulletin = of_begun[0] if of_begun else made[0]
        if of_begun or len(made) > 1:
            MessageRow.update(bulletin=bulletin).where(MessageRow.id.in_(made)).execute()
        for some in chunked(ids, _CHUNK):
            MessageRow.update(state=State.MERGED).where(MessageRow.id.in_(some)).execute()
    return tuple(made)


def has_received(recipient: str) -> bool:
    """Whether the gateway ever took a message for this recipient."""
    sent = (MessageRow.state == State.SENT) & (MessageRow.recipient == recipient)
    return bool(MessageRow.select().where(sent).exists())


def last_sent(recipients: Iterable[str]) -> dict[str, int]:
    """When the gateway last took, perhaps, a message for each of them; who got none is left out."""
    # One question each: for the highest of one recipient the index is looked into once.
    newest = MessageRow.select(fn.MAX(MessageRow.sent_at))
    times = {to: newest.where(MessageRow.recipient == to).scalar() for to in recipients}
    return {to: int(at) for to, at in times.items() if at is not None}


def has_sent_after(moment: int) -> bool:
    """Whether the gateway took any message later than this."""
    return _last_sent_at() > moment


def _last_sent_at() -> int:
    query = MessageRow.select(fn.MAX(MessageRow.sent_at)).where(MessageRow.state == State.SENT)
    return int(query.scalar() or 0)


def _tuples(query: ModelSelect[Any]) -> Iterable[tuple[Any, ...]]:
    return cast(Iterable[tuple[Any, ...]], query.tuples())


def _messages(condition: Expression) -> list[Message]:
    query = MessageRow.select().where(condition).order_by(MessageRow.id)
    return [message_of(row) for row in query]

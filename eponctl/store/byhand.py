"""What a person does to single messages of the outbox: let them be tried again, or give them up.

What was given up on purpose counts as refused for good, which is what the ledger makes of it: the
recipient was not told, nothing else of that incident goes to it, and the next incident does. What
is tried again after that counts as untold once more, and the incident as not settled: its end is
owed to whoever now hears of its beginning.

Every function works on the database that is open (database.py). Times are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from peewee import chunked

from eponctl.store.outboxrows import Message, State, message_of
from eponctl.store.schema import IncidentRow, MessageIncidentRow, MessageRow

GIVEN_UP = "given up on purpose"
"""The error of a message that a person gave up."""

_CHUNK = 500  # values in one statement


def messages(message_ids: Iterable[int]) -> list[Message]:
    """Those of these messages that there are, oldest first."""
    found: list[Message] = []
    for some in chunked(sorted(set(message_ids)), _CHUNK):
        query = MessageRow.select().where(MessageRow.id.in_(some)).order_by(MessageRow.id)
        found += [message_of(row) for row in query]
    return found


def with_parts(chosen: Iterable[Message]) -> list[Message]:
    """These messages, and what else waits of the bulletins that they are parts of."""
    ids = {message.id for message in chosen}
    bulletins = {message.bulletin for message in messages(ids) if message.bulletin}
    for some in chunked(sorted(bulletins), _CHUNK):
        query = MessageRow.select(MessageRow.id).where(
            MessageRow.bulletin.in_(some), MessageRow.state == State.QUEUED
        )
        ids.update(name for (name,) in cast(Iterable[tuple[int]], query.tuples()))
    return messages(ids)


def make_due(chosen: Sequence[Message], now: int) -> None:
    """Let them be tried at the next chance, and before them what waits for the same recipients.

    What was given up, by the gateway's word or on purpose, and what stayed unclear wait again, as
    if they had never been tried; what was perhaps taken is still marked as a repeat. The caller
    holds the transaction.
    """
    again = [message.id for message in chosen if message.state is not State.QUEUED]
    for some in chunked(again, _CHUNK):
        MessageRow.update(
            state=State.QUEUED, outcome=None, error=None, tries_alike=0, due_at=now
        ).where(MessageRow.id.in_(some)).execute()
    _unsettle(again)
    last: dict[str, int] = {}
    for message in chosen:
        last[message.recipient] = max(message.id, last.get(message.recipient, 0))
    for recipient, newest in last.items():
        is_before = (MessageRow.recipient == recipient) & (MessageRow.id <= newest)
        MessageRow.update(due_at=now).where(
            is_before, MessageRow.state == State.QUEUED, MessageRow.due_at > now
        ).execute()


def give_up(chosen: Iterable[Message]) -> None:
    """Never send them. The caller holds the transaction."""
    for some in chunked([message.id for message in chosen], _CHUNK):
        MessageRow.update(state=State.DEAD, outcome=None, error=GIVEN_UP).where(
            MessageRow.id.in_(some)
        ).execute()


def _unsettle(message_ids: Sequence[int]) -> None:
    """The incidents of these messages, and those they became part of, are owed an end again."""
    fresh: set[str] = set()
    for some in chunked(message_ids, _CHUNK):
        query = MessageIncidentRow.select(MessageIncidentRow.incident).where(
            MessageIncidentRow.message.in_(some)
        )
        fresh.update(name for (name,) in cast(Iterable[tuple[str]], query.tuples()))
    known: set[str] = set()
    while fresh:
        known |= fresh
        parents: set[str] = set()
        for names in chunked(sorted(fresh), _CHUNK):
            IncidentRow.update(settled_at=None).where(IncidentRow.id.in_(names)).execute()
            rows = IncidentRow.select(IncidentRow.merged_into).where(
                IncidentRow.id.in_(names), IncidentRow.merged_into.is_null(is_null=False)
            )
            parents.update(name for (name,) in cast(Iterable[tuple[Any]], rows.tuples()))
        fresh = parents - known

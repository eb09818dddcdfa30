"""Who was told what of which incident, as the outbox has it: nothing of that is stored twice.

A message that was sent, surely or perhaps (`sent_at` is set), was told. One that was refused for
good is lost. One that waits is pending: as long as it does, it was not told, and may be withdrawn
for one that says how things are by then. What took the place of another counts instead of it.

Every function works on the database that is open (database.py). Times are UTC seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import cast

from peewee import Expression, chunked, fn

from eponctl.incidents.records import Incident, Kind
from eponctl.store import incidents
from eponctl.store.notes import add_notes, notes
from eponctl.store.outboxrows import State
from eponctl.store.pending import Pending, pending, withdraw
from eponctl.store.schema import IncidentRow, MessageIncidentRow, MessageRow, NoteRow
from eponctl.store.told import known_to, roots_of, told, told_at

__all__ = [
    "Pending",
    "add_notes",
    "closings_due",
    "has_open",
    "notes",
    "passed_untold",
    "pending",
    "recent",
    "settle",
    "told",
    "told_at",
    "untold",
    "withdraw",
]

_CHUNK = 500  # values in one statement
_IS_WAITING = (MessageRow.state == State.QUEUED) & MessageRow.sent_at.is_null()


def has_open() -> bool:
    """Whether anything goes on, or is owed to someone, or waits: else there is nothing to tell."""
    going_on = IncidentRow.select(IncidentRow.id).where(IncidentRow.settled_at.is_null())
    return bool(going_on.exists()) or bool(NoteRow.select(NoteRow.alert).exists())


# --- what is over ---


def closings_due(recipients: Collection[str] | None = None) -> list[Incident]:
    """The incidents that are over, and that someone was told of who was not told so.

    `recipients`: only these count, as others may have left the configuration since. One query where
    all is told; what `settle` marks is not looked at again.
    """
    query = IncidentRow.select(IncidentRow.id).where(
        IncidentRow.settled_at.is_null(),
        IncidentRow.closed_at.is_null(is_null=False),
        IncidentRow.merged_into.is_null(),
    )
    over = [incident_id for (incident_id,) in cast(Iterable[tuple[str]], query.tuples())]
    due = sorted(_due(over, recipients))
    return [
        incident
        for some in chunked(due, _CHUNK)
        for incident in incidents.found(IncidentRow.id.in_(some))
    ]


def _due(incident_ids: Collection[str], recipients: Collection[str] | None) -> set[str]:
    return {
        incident_id
        for (incident_id, _), known in told(incident_ids, recipients).items()
        if not known.is_closed and not known.is_lost
    }


def settle(now: int, recipients: Collection[str] | None = None) -> None:
    """Mark what is over, of which everybody who was told was told so, and nothing waits.

    `recipients`: who there is; nothing is owed to others, who left the configuration since. An
    incident that became part of another is settled with that one. The caller holds the transaction.
    """
    if recipients is not None:
        NoteRow.delete().where(NoteRow.recipient.not_in(list(recipients))).execute()
    query = IncidentRow.select(IncidentRow.id, IncidentRow.merged_into).where(
        IncidentRow.settled_at.is_null(), IncidentRow.closed_at.is_null(is_null=False)
    )
    over = dict(cast(Iterable[tuple[str, str | None]], query.tuples()))
    if not over:
        return
    waiting = _roots_of_waiting(over)
    due = _due([incident_id for incident_id, into in over.items() if into is None], recipients)
    _mark_settled(
        [name for name, into in over.items() if into is None and name not in due | waiting], now
    )
    absorbed = {name: into for name, into in over.items() if into and name not in waiting}
    while absorbed:
        unsettled = _unsettled(absorbed.values())
        ready = [name for name, into in absorbed.items() if into not in unsettled]
        if not ready:
            return
        _mark_settled(ready, now)
        absorbed = {name: into for name, into in absorbed.items() if name not in ready}


def _roots_of_waiting(incident_ids: Collection[str]) -> set[str]:
    """Those of which a message waits, under their own id or of what became part of them."""
    query = (
        MessageIncidentRow.select(MessageIncidentRow.incident)
        .join(MessageRow)
        .where(_IS_WAITING)
        .distinct()
    )
    waiting = [name for (name,) in cast(Iterable[tuple[str]], query.tuples())]
    roots = roots_of(incident_ids) if waiting else {}
    return {root for name in waiting for root in roots.get(name, ())}


def _unsettled(incident_ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunked(sorted(set(incident_ids)), _CHUNK):
        query = IncidentRow.select(IncidentRow.id).where(
            IncidentRow.id.in_(some), IncidentRow.settled_at.is_null()
        )
        found.update(name for (name,) in cast(Iterable[tuple[str]], query.tuples()))
    return found


def _mark_settled(incident_ids: Iterable[str], now: int) -> None:
    for some in chunked(incident_ids, _CHUNK):
        IncidentRow.update(settled_at=now).where(IncidentRow.id.in_(some)).execute()


# --- counts ---


def untold(from_at: int, to_at: int, recipient: str | None = None) -> list[Incident]:
    """The incidents that ended in that time (`to_at` not in it), and of which nobody was told.

    With a recipient, those of which this one was not. What became part of another is left out.
    """
    names = sorted(_untold(from_at, to_at, recipient))
    return [
        incident
        for some in chunked(names, _CHUNK)
        for incident in incidents.found(IncidentRow.id.in_(some))
    ]


def _untold(from_at: int, to_at: int, recipient: str | None) -> dict[str, Kind]:
    was_then = (IncidentRow.closed_at >= from_at) & (IncidentRow.closed_at < to_at)
    return _unknown(was_then, recipient)


def _unknown(condition: Expression, recipient: str | None) -> dict[str, Kind]:
    """What is over and fits, and was told to nobody, or not to this recipient."""
    query = IncidentRow.select(IncidentRow.id, IncidentRow.kind).where(
        IncidentRow.merged_into.is_null(), IncidentRow.closed_at.is_null(is_null=False), condition
    )
    over = dict(cast(Iterable[tuple[str, str]], query.tuples()))
    known = known_to(over)
    return {
        name: Kind(kind)
        for name, kind in over.items()
        if name not in known or (recipient is not None and recipient not in known[name])
    }


def passed_untold(after: int, until: int) -> dict[Kind, int]:
    """How many incidents of which kind came and went without anybody told, by when that was sure.

    Sure it is once nothing waits any more that would tell of it: each is counted in one span only.
    """
    is_settled_then = (IncidentRow.settled_at > after) & (IncidentRow.settled_at <= until)
    return dict(Counter(_unknown(is_settled_then, None).values()))


def recent(recipients: Iterable[str], since: int) -> dict[str, int]:
    """How many messages each of them got, surely or perhaps, since then."""
    sent = dict.fromkeys(recipients, 0)
    query = (
        MessageRow.select(MessageRow.recipient, fn.COUNT(MessageRow.id))
        .where(MessageRow.recipient.in_(list(sent)), MessageRow.sent_at >= since)
        .group_by(MessageRow.recipient)
    )
    sent.update(cast(Iterable[tuple[str, int]], query.tuples()))
    return sent

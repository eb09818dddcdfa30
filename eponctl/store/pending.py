"""Messages of the ledger that wait: what they would tell, and taking them back for better ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from peewee import chunked

from eponctl.errors import Outcome
from eponctl.store.links import alerts_of, tells_of
from eponctl.store.notes import add_notes
from eponctl.store.outboxrows import ALERT, SUMMARY, Inherited, State
from eponctl.store.schema import AlertRow, MessageRow
from eponctl.telling.records import Tell

_CHUNK = 500  # values in one statement


class Pending(NamedTuple):
    """One bulletin, or what is left of it, that waits and was surely not taken.

    `is_begun`: its first part was taken, perhaps, or refused; or it stands for what was. Then it is
    never withdrawn. `alert_ids` are the notes that it tells of.
    """

    message_ids: tuple[int, ...]
    tells: frozenset[Tell]
    alert_ids: tuple[int, ...]
    created_at: int
    is_begun: bool = False


def withdrawable(waiting: Iterable[Pending]) -> list[Pending]:
    """Those that may still be taken back."""
    return [one for one in waiting if not one.is_begun]


class _Row(NamedTuple):
    id: int
    recipient: str
    created_at: int
    bulletin: int | None


def pending(recipient: str | None = None) -> dict[str, list[Pending]]:
    """What waits for each recipient, or for this one: messages that tell of incidents or notes.

    The oldest first. Left out is what may have been taken already, and what tells of neither.
    """
    rows = _rows(recipient)
    if not rows:
        return {}
    waiting = {row.id for row in rows}
    bulletins: dict[tuple[str, int], list[_Row]] = {}
    for row in rows:
        first = row.id if row.bulletin is None else row.bulletin
        bulletins.setdefault((row.recipient, first), []).append(row)
    tells, alerts = tells_of(waiting), alerts_of(waiting)
    found: dict[str, list[Pending]] = {}
    for (to, first), parts in bulletins.items():
        one = Pending(
            message_ids=tuple(part.id for part in parts),
            tells=frozenset(tell for part in parts for tell in tells.get(part.id, ())),
            alert_ids=tuple(sorted({a for part in parts for a in alerts.get(part.id, ())})),
            created_at=min(part.created_at for part in parts),
            is_begun=first not in waiting,
        )
        if one.tells or one.alert_ids or one.is_begun:
            found.setdefault(to, []).append(one)
    return found


def _rows(recipient: str | None) -> list[_Row]:
    query = MessageRow.select(*(getattr(MessageRow, name) for name in _Row._fields)).where(
        MessageRow.state == State.QUEUED,
        MessageRow.sent_at.is_null(),
        MessageRow.kind.in_((ALERT, SUMMARY)),
    )
    if recipient is not None:
        query = query.where(MessageRow.recipient == recipient)
    rows = cast(Iterable[tuple[Any, ...]], query.order_by(MessageRow.id).tuples())
    return list(map(_Row._make, rows))


def withdraw(message_ids: Sequence[int]) -> Inherited | None:
    """Take back messages of one recipient, for one that takes their place; what that one inherits.

    None where there is nothing to take back: what was perhaps taken meanwhile is not. The notes
    that they told of wait again. The caller holds the transaction.
    """
    is_untold = (MessageRow.state == State.QUEUED) & MessageRow.sent_at.is_null()
    rows: list[MessageRow] = []
    for some in chunked(sorted(set(message_ids)), _CHUNK):
        rows.extend(MessageRow.select().where(is_untold, MessageRow.id.in_(some)))
    if not rows:
        return None
    ids = [row.id for row in rows]
    for some in chunked(ids, _CHUNK):
        MessageRow.update(state=State.MERGED).where(MessageRow.id.in_(some)).execute()
    recipient_of = {row.id: row.recipient for row in rows}
    untold: dict[str, set[int]] = {}
    for message_id, alert_ids in alerts_of(ids).items():
        untold.setdefault(recipient_of[message_id], set()).update(_without_incident(alert_ids))
    add_notes(untold)
    return _inherited(rows)


def _without_incident(alert_ids: Sequence[int]) -> list[int]:
    """The notes among these events: the others are told with their incidents."""
    found: list[int] = []
    for some in chunked(alert_ids, _CHUNK):
        query = AlertRow.select(AlertRow.id).where(
            AlertRow.id.in_(some), AlertRow.incident.is_null()
        )
        found += [alert_id for (alert_id,) in cast(Iterable[tuple[int]], query.tuples())]
    return found


def _inherited(rows: Sequence[MessageRow]) -> Inherited:
    """The age of the oldest, and the tries of the one that was tried most."""
    tried = max(rows, key=lambda row: (row.tries, row.tried_at or 0, -row.id))
    return Inherited(
        created_at=min(row.created_at for row in rows),
        due_at=tried.due_at,
        tries=tried.tries,
        tries_alike=tried.tries_alike,
        tried_at=tried.tried_at,
        outcome=None if tried.outcome is None else Outcome(tried.outcome),
        error=tried.error,
    )

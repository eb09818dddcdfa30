"""Events in, alert history out, and single facts of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from eponctl.model import Event, EventKind, Priority
from eponctl.store.schema import AlertRow, MessageAlertRow, MetaRow


@dataclass(frozen=True, slots=True)
class Alert:
    """One event of the history, as it was then; `delivery` is that of its messages."""

    id: int
    at: int
    olt_id: str
    mac: str | None
    onu_id: str | None
    name: str | None
    kind: EventKind
    priority: Priority
    before: str | None
    after: str | None
    lasted_s: int | None
    detail: str | None


def add(database: peewee.SqliteDatabase, events: Sequence[Event], now: int) -> list[int]:
    """Write events and return their ids, in order; the caller holds the transaction."""
    first = (AlertRow.select(peewee.fn.max(AlertRow.id)).scalar() or 0) + 1
    rows = [(first + place, *_row(event, now)) for place, event in enumerate(events)]
    database.connection().executemany(_INSERT, rows)
    return [row[0] for row in rows]


_INSERT = (
    "INSERT INTO alert_history (id, at, seen_at, olt_id, mac, onu_id, name, kind, priority, "
    "before, after, lasted_s, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _row(event: Event, now: int) -> tuple[Any, ...]:
    onu = event.onu
    return (
        event.at,
        now,
        event.olt_id,
        event.mac,
        onu.onu_id if onu else None,
        onu.name if onu else None,
        event.kind,
        event.priority,
        event.before,
        event.after,
        event.lasted_s,
        event.detail,
    )


def history(
    since: int,
    *,
    olt_id: str | None = None,
    priority: Priority | None = None,
    limit: int | None = None,
) -> list[Alert]:
    """Events since then, the newest first. `priority` leaves out what is less urgent."""
    query = AlertRow.select().where(AlertRow.at >= since)
    if olt_id is not None:
        query = query.where(AlertRow.olt_id == olt_id)
    if priority is not None:
        wanted = [p.value for p in Priority if p.rank <= priority.rank]
        query = query.where(AlertRow.priority.in_(wanted))
    query = query.order_by(AlertRow.at.desc(), AlertRow.id.desc()).limit(limit)
    return [_alert(row) for row in query]


def told_by(message_ids: Sequence[int]) -> list[Alert]:
    """The events that these messages tell of, each once, the oldest first."""
    found: dict[int, Alert] = {}
    for part in peewee.chunked(message_ids, 500):
        links = MessageAlertRow.select(MessageAlertRow.alert).where(
            MessageAlertRow.message.in_(part)
        )
        for row in AlertRow.select().where(AlertRow.id.in_(links)):
            found[row.id] = _alert(row)
    return [found[key] for key in sorted(found)]


def _alert(row: AlertRow) -> Alert:
    return Alert(
        id=row.id,
        at=row.at,
        olt_id=row.olt_id,
        mac=row.mac,
        onu_id=row.onu_id,
        name=row.name,
        kind=EventKind(row.kind),
        priority=Priority(row.priority),
        before=row.before,
        after=row.after,
        lasted_s=row.lasted_s,
        detail=row.detail,
    )


def fact(key: str) -> str | None:
    """A single fact of the installation, None if it was never set."""
    row = MetaRow.get_or_none(MetaRow.key == key)
    return None if row is None else str(row.value)


def set_fact(key: str, value: str) -> None:
    """Remember a single fact; the caller holds the transaction."""
    MetaRow.replace(key=key, value=value).execute()

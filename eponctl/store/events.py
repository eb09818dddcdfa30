"""Events in, alert history out, and single facts of the installation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import peewee

from eponctl.model import Event, EventKind, Priority, Reason
from eponctl.store.schema import AlertRow, MessageAlertRow, MessageIncidentRow, MetaRow


@dataclass(frozen=True, slots=True)
class Alert:
    """One event of the history, and the ONU as it was then.

    `incident` is the id of the one that it belongs to. `distance_m` and `reason` are None, too,
    for events from before they were kept.
    """

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
    incident: str | None = None
    distance_m: int | None = None
    reason: Reason | None = None


def add(
    database: peewee.SqliteDatabase,
    events: Sequence[Event],
    now: int,
    incidents: Sequence[str | None] | None = None,
) -> list[int]:
    """Write events and return their ids, in order; the caller holds the transaction.

    `incidents` are the ids of the incidents that they belong to, one for each event.
    """
    first = (AlertRow.select(peewee.fn.max(AlertRow.id)).scalar() or 0) + 1
    of = [None] * len(events) if incidents is None else incidents
    pairs = zip(events, of, strict=True)
    rows = [(first + place, *_row(*pair, now)) for place, pair in enumerate(pairs)]
    database.connection().executemany(_INSERT, rows)
    return [row[0] for row in rows]


_INSERT = (
    "INSERT INTO alert_history (id, at, seen_at, olt_id, mac, onu_id, name, kind, priority, "
    "before, after, lasted_s, detail, incident, distance_m, reason) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _row(event: Event, incident: str | None, now: int) -> tuple[Any, ...]:
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
        incident,
        onu.distance_m if onu else None,
        onu.reason if onu else None,
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


def of_onu(olt_id: str, mac: str, since: int) -> list[Alert]:
    """The events of one ONU since then, the newest first."""
    query = AlertRow.select().where(
        AlertRow.mac == mac, AlertRow.olt_id == olt_id, AlertRow.at >= since
    )
    return [_alert(row) for row in query.order_by(AlertRow.at.desc(), AlertRow.id.desc())]


def told_by(message_ids: Sequence[int]) -> list[Alert]:
    """The events that these messages tell of, each once, the oldest first.

    Those of incidents with them, whatever of an incident a message tells.
    """
    found: dict[int, Alert] = {}
    for part in peewee.chunked(message_ids, 500):
        links = MessageAlertRow.select(MessageAlertRow.alert).where(
            MessageAlertRow.message.in_(part)
        )
        incidents = MessageIncidentRow.select(MessageIncidentRow.incident).where(
            MessageIncidentRow.message.in_(part)
        )
        is_told = AlertRow.id.in_(links) | AlertRow.incident.in_(incidents)
        for row in AlertRow.select().where(is_told):
            found[row.id] = _alert(row)
    return [found[key] for key in sorted(found)]


_CHANGES = tuple(map(str, (EventKind.DOWN, EventKind.PWRDOWN, EventKind.RECOVERED)))


def changes(onus: Iterable[tuple[str, str]], since: int) -> dict[tuple[str, str], list[int]]:
    """When each of these ONUs (OLT id, MAC) went down or came back since then, the oldest first.

    Every one of them is in the answer, those that changed nothing with no time.
    """
    times: dict[tuple[str, str], list[int]] = {onu: [] for onu in onus}
    if not times:
        return times
    # By time alone: the last hour's events are few, and one query serves any number of ONUs.
    query = (
        AlertRow.select(AlertRow.olt_id, AlertRow.mac, AlertRow.at)
        .where(AlertRow.at >= since, AlertRow.kind.in_(_CHANGES))
        .order_by(AlertRow.at)
    )
    for olt_id, mac, at in cast(Iterable[tuple[str, str, int]], query.tuples()):
        if (olt_id, mac) in times:
            times[olt_id, mac].append(at)
    return times


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
        incident=row.incident,
        distance_m=row.distance_m,
        reason=None if row.reason is None else Reason(row.reason),
    )


def fact(key: str) -> str | None:
    """A single fact of the installation, None if it was never set."""
    row = MetaRow.get_or_none(MetaRow.key == key)
    return None if row is None else str(row.value)


def set_fact(key: str, value: str) -> None:
    """Remember a single fact; the caller holds the transaction."""
    MetaRow.replace(key=key, value=value).execute()

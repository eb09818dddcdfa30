"""Events without an end (moved, renamed, registered, ...) that wait to be told to someone.

A note waits until a message tells of it (outbox.enqueue), and again when that is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from peewee import chunked

from eponctl.model import EventKind, Priority
from eponctl.store.schema import AlertRow, NoteRow
from eponctl.telling.records import Note

_CHUNK = 400  # rows in one statement


def add_notes(alert_ids: Mapping[str, Iterable[int]]) -> None:
    """Let these events wait, by recipient; the caller holds the transaction."""
    rows = [
        {"alert": alert_id, "recipient": recipient}
        for recipient, ids in alert_ids.items()
        for alert_id in sorted(set(ids))
    ]
    for some in chunked(rows, _CHUNK):
        NoteRow.insert_many(some).on_conflict_ignore().execute()


def notes(recipient: str, also: Iterable[int] = ()) -> list[Note]:
    """What waits to be told to this recipient, the oldest first.

    `also` are the events of messages that are pending: they are as good as untold.
    """
    own = NoteRow.select(NoteRow.alert).where(NoteRow.recipient == recipient)
    found = {row.id: _note(row) for row in AlertRow.select().where(AlertRow.id.in_(own))}
    for some in chunked(sorted(set(also)), _CHUNK):
        found.update({row.id: _note(row) for row in AlertRow.select().where(AlertRow.id.in_(some))})
    return [found[alert_id] for alert_id in sorted(found)]


def _note(row: AlertRow) -> Note:
    return Note(
        alert_id=row.id,
        at=row.at,
        kind=EventKind(row.kind),
        priority=Priority(row.priority),
        olt_id=row.olt_id,
        mac=row.mac,
        onu_id=row.onu_id,
        name=row.name,
        before=row.before,
        after=row.after,
        detail=row.detail,
    )

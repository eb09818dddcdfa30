"""What a message tells of: its links with events and incidents, which make the outbox a ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, cast

from peewee import chunked

from eponctl.incidents.records import Extent
from eponctl.store.schema import MessageAlertRow, MessageIncidentRow, NoteRow
from eponctl.telling.records import Stage, Tell

_CHUNK = 500  # values in one statement


def link(
    message_id: int, recipient: str, alert_ids: Collection[int], tells: Iterable[Tell]
) -> None:
    """Let this message tell of these; those events wait no longer to be told to its recipient."""
    names = sorted(set(alert_ids))
    alerts = [{"message": message_id, "alert": alert_id} for alert_id in names]
    for rows in chunked(alerts, _CHUNK):
        MessageAlertRow.insert_many(rows).execute()
    incidents = [
        {
            "message": message_id,
            "incident": tell.incident_id,
            "stage": tell.stage,
            "onus": tell.onus,
            "extent": tell.extent,
        }
        for tell in _most_of_each(tells)
    ]
    for more in chunked(incidents, _CHUNK):
        MessageIncidentRow.insert_many(more).execute()
    for some in chunked(names, _CHUNK):
        NoteRow.delete().where(NoteRow.recipient == recipient, NoteRow.alert.in_(some)).execute()


def _most_of_each(tells: Iterable[Tell]) -> Collection[Tell]:
    """One for each incident and stage: the most that was told."""
    most: dict[tuple[str, Stage], Tell] = {}
    for tell in tells:
        known = most.get((tell.incident_id, tell.stage), tell)
        most[tell.incident_id, tell.stage] = tell._replace(
            onus=max(known.onus, tell.onus),
            extent=max(known.extent, tell.extent, key=lambda extent: extent.rank),
        )
    return most.values()


def tells_of(message_ids: Iterable[int]) -> dict[int, list[Tell]]:
    """What each of these messages says of incidents; those that say nothing are left out."""
    row = MessageIncidentRow
    found: dict[int, list[Tell]] = {}
    for some in chunked(sorted(message_ids), _CHUNK):
        query = row.select(row.message, row.incident, row.stage, row.onus, row.extent)
        links = cast(Iterable[tuple[Any, ...]], query.where(row.message.in_(some)).tuples())
        for message_id, incident, stage, onus, extent in links:
            tell = Tell(incident, Stage(stage), onus, Extent(extent))
            found.setdefault(message_id, []).append(tell)
    return found


def alerts_of(message_ids: Iterable[int]) -> dict[int, list[int]]:
    """The events that each of these messages names; messages that name none are left out."""
    row = MessageAlertRow
    found: dict[int, list[int]] = {}
    for some in chunked(sorted(message_ids), _CHUNK):
        query = row.select(row.message, row.alert).where(row.message.in_(some))
        for message_id, alert_id in cast(Iterable[tuple[int, int]], query.tuples()):
            found.setdefault(message_id, []).append(alert_id)
    return found

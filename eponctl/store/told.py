"""What each recipient was told of each incident, added up from the messages that tell of it.

A message that was sent, surely or perhaps (`sent_at` is set), was told. One that was refused for
good is lost. One that waits is pending: as long as it does, it was not told. What another message
took the place of does not count: that one does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from peewee import chunked

from eponctl.incidents.records import Extent
from eponctl.store.outboxrows import State
from eponctl.store.schema import IncidentRow, MessageIncidentRow, MessageRow
from eponctl.telling.records import Stage, Told

_CHUNK = 500  # values in one statement
_NONE: Mapping[str, str] = MappingProxyType({})


class _Link(NamedTuple):
    """One message that was sent, perhaps, or refused: what it said of which incident, to whom."""

    incident: str
    stage: str
    onus: int
    extent: str
    recipient: str
    sent_at: int | None
    tried_at: int | None
    created_at: int


_Told = dict[tuple[str, str], list[_Link]]
"""The links that count for an incident and a recipient."""


def told(
    incident_ids: Iterable[str],
    recipients: Collection[str] | None = None,
    *,
    merged: Mapping[str, str] = _NONE,
) -> dict[tuple[str, str], Told]:
    """What each recipient was told of each of these incidents, by (incident id, recipient).

    Those of whom nothing was told to a recipient are left out. `merged` are incidents that became
    part of another in this poll, and are not stored yet: absorbed id to the other's.
    """
    counted = _counted(set(incident_ids), merged)
    return {
        (incident_id, recipient): _told(incident_id, links)
        for (incident_id, recipient), links in counted.items()
        if recipients is None or recipient in recipients
    }


def told_at(incident_ids: Iterable[str]) -> dict[str, int]:
    """When anyone was told first of each incident; those that nobody was told of are left out."""
    first: dict[str, int] = {}
    for (incident_id, _), links in _counted(set(incident_ids), _NONE).items():
        times = [link.sent_at for link in links if link.sent_at is not None]
        if times:
            first[incident_id] = min(*times, first.get(incident_id, times[0]))
    return first


def known_to(incident_ids: Iterable[str]) -> dict[str, set[str]]:
    """Who was told, surely or perhaps, of each of these incidents; those of nobody are left out."""
    known: dict[str, set[str]] = {}
    for (incident_id, recipient), links in _counted(set(incident_ids), _NONE).items():
        if any(link.sent_at is not None for link in links):
            known.setdefault(incident_id, set()).add(recipient)
    return known


def _told(incident_id: str, links: Iterable[_Link]) -> Told:
    links = list(links)
    # What was refused tells how much only where nothing else was told.
    said = [link for link in links if link.sent_at is not None]
    counted = said or links
    times = [_at(link) for link in counted]
    own = {link.stage for link in said if link.incident == incident_id}
    return Told(
        first_at=min(times),
        last_at=max(times),
        onus=max(link.onus for link in counted),
        extent=max((Extent(link.extent) for link in counted), key=lambda extent: extent.rank),
        is_own=any(link.incident == incident_id for link in counted),
        has_half=Stage.HALF in own,
        is_closed=Stage.CLOSED in own,
        is_lost=len(said) < len(links),
    )


def _at(link: _Link) -> int:
    return link.sent_at or link.tried_at or link.created_at


def _counted(incident_ids: Collection[str], merged: Mapping[str, str]) -> _Told:
    """The links of each of these incidents, with those of the ones that it absorbed.

    A refusal counts for its own incident only: an area's outage is told, though a message about one
    ONU of it was refused.
    """
    roots = roots_of(incident_ids, merged)
    found: _Told = {}
    for link in _links(sorted(roots)):
        for root in roots[link.incident]:
            if link.sent_at is not None or link.incident == root:
                found.setdefault((root, link.recipient), []).append(link)
    return found


def roots_of(
    incident_ids: Collection[str], merged: Mapping[str, str] = _NONE
) -> dict[str, set[str]]:
    """Each of these incidents and of those that became part of them: for which ones it counts."""
    roots = {incident_id: {incident_id} for incident_id in incident_ids}
    fresh = set(incident_ids)
    while fresh:
        pairs = [*_absorbed_by(fresh), *(pair for pair in merged.items() if pair[1] in fresh)]
        fresh = set()
        for absorbed, into in pairs:
            known = roots.setdefault(absorbed, set())
            if not roots[into] <= known:
                known |= roots[into]
                fresh.add(absorbed)
    return roots


def _absorbed_by(incident_ids: Iterable[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for some in chunked(sorted(incident_ids), _CHUNK):
        query = IncidentRow.select(IncidentRow.id, IncidentRow.merged_into).where(
            IncidentRow.merged_into.in_(some)
        )
        found.extend(cast(Iterable[tuple[str, str]], query.tuples()))
    return found


_IS_TOLD = MessageRow.sent_at.is_null(is_null=False)


def _links(incident_ids: list[str]) -> list[_Link]:
    links: list[_Link] = []
    for some in chunked(incident_ids, _CHUNK):
        query = (
            MessageIncidentRow.select(
                MessageIncidentRow.incident,
                MessageIncidentRow.stage,
                MessageIncidentRow.onus,
                MessageIncidentRow.extent,
                MessageRow.recipient,
                MessageRow.sent_at,
                MessageRow.tried_at,
                MessageRow.created_at,
            )
            .join(MessageRow)
            .where(
                MessageIncidentRow.incident.in_(some),
                _IS_TOLD | (MessageRow.state == State.DEAD),
            )
        )
        links += map(_Link._make, cast(Iterable[tuple[Any, ...]], query.tuples()))
    return links

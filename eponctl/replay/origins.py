"""Which stored incidents a replayed one is made of: what was split, what was joined. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from eponctl.incidents.records import Ending, Incident, Kind
from eponctl.store.past import Past


class _Trouble(NamedTuple):
    """One ONU's part of an incident, or an OLT's silence; whether another took it over."""

    kind: Kind
    olt_id: str
    mac: str
    at: int
    is_passed_on: bool = False


def origins(incidents: Iterable[Incident], past: Past) -> dict[str, tuple[str, ...]]:
    """The ids of the stored incidents in each of these, in their order; by the incident's id."""
    stored = [one for one in past.incidents if one.merged_into is None]
    names = {one.id for one in stored}
    owner = {trouble: one.id for one in stored for trouble in _troubles(one)}
    found: dict[str, tuple[str, ...]] = {}
    for incident in incidents:
        own = [incident.id] if incident.id in names else []
        made_of = (owner.get(trouble) for trouble in _troubles(incident))
        found[incident.id] = tuple(dict.fromkeys([*own, *(name for name in made_of if name)]))
    return found


def _troubles(incident: Incident) -> Iterator[_Trouble]:
    if incident.kind is Kind.OLT:
        yield _Trouble(incident.kind, incident.olt_ids[0], "", incident.opened_at)
    for member in incident.members:
        is_passed_on = member.ending is Ending.PASSED_ON
        yield _Trouble(incident.kind, member.olt_id, member.mac, member.at, is_passed_on)

"""Who is told: recipients, their routes, and the part of an incident that is theirs. Pure.

A recipient that a route names gets only what its routes match; one that none names gets all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from eponctl.incidents.records import Incident
from eponctl.model import Event, Priority
from eponctl.settings import Config, Route, WhatsAppSettings


def recipients(settings: WhatsAppSettings) -> tuple[str, ...]:
    """Everyone who gets anything, in the configuration's order, once."""
    routed = [name for route in settings.routes for name in route.recipients]
    return tuple(dict.fromkeys([*settings.recipients, *routed]))


def is_for(
    recipient: str, priority: Priority, olt_ids: Iterable[str], routes: Sequence[Route]
) -> bool:
    """Whether the routes let something this urgent through, of any of these OLTs."""
    own = _routes_of(recipient, routes)
    fitting = [route for route in own if priority.rank <= route.min_priority.rank]
    return not own or any(_fits(olt_id, fitting) for olt_id in olt_ids)


def note_recipients(event: Event, config: Config) -> tuple[str, ...]:
    """Who will get a note of this event."""
    settings = config.whatsapp
    return tuple(
        recipient
        for recipient in recipients(settings)
        if is_for(recipient, event.priority, (event.olt_id,), settings.routes)
    )


def part_for(recipient: str, incident: Incident, routes: Sequence[Route]) -> Incident | None:
    """What the recipient gets of an incident: its members on the OLTs that the routes match.

    None: nothing. What was found out of the whole stays as it is: extent, cause and evidence.
    """
    if not is_for(recipient, incident.priority, incident.olt_ids, routes):
        return None
    own = _routes_of(recipient, routes)
    fitting = [route for route in own if incident.priority.rank <= route.min_priority.rank]
    return _part(incident, fitting) if own else incident


def ending_for(recipient: str, incident: Incident, routes: Sequence[Route]) -> Incident:
    """What a recipient that was told of an incident gets of its end, whatever the routes say now.

    Its OLTs' part, however urgent; all of it where the routes match none of its OLTs any more.
    """
    own = _routes_of(recipient, routes)
    return (_part(incident, own) if own else None) or incident


def _routes_of(recipient: str, routes: Sequence[Route]) -> list[Route]:
    return [route for route in routes if recipient in route.recipients]


def _fits(olt_id: str, routes: Iterable[Route]) -> bool:
    return any(fnmatchcase(olt_id, pattern) for route in routes for pattern in route.olts)


def _part(incident: Incident, routes: Sequence[Route]) -> Incident | None:
    """The incident on the OLTs of these routes; None where it is on none."""
    olt_ids = tuple(olt_id for olt_id in incident.olt_ids if _fits(olt_id, routes))
    if len(olt_ids) == len(incident.olt_ids):
        return incident
    members = tuple(member for member in incident.members if member.olt_id in olt_ids)
    if not members:
        return None
    of = {pon: up for pon, up in incident.of.items() if pon.partition(":")[0] in olt_ids}
    return incident._replace(members=members, olt_ids=olt_ids, of=of)

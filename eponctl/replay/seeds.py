"""What went on already when a replay begins: the stored incidents as they were then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eponctl.incidents.book import Onu, onu_of
from eponctl.incidents.records import Ending, Incident, Kind, Member


def going_on(incidents: Iterable[Incident], at: int) -> list[Incident]:
    """Those of the stored incidents that went on at that time, without what came later.

    Each ONU with the one that it was with then: what was merged or passed on since is taken back.
    """
    known = {one.id: one for one in incidents if one.opened_at < at and _lasted(one, at)}
    # What became part of another one that is known is in that one.
    own = [one for one in known.values() if one.merged_into not in known]
    leaving: dict[Onu, str] = {
        onu_of(member): one.id
        for one in own
        for member in one.members
        if member.ending is Ending.PASSED_ON and member.ended_at is not None
        if member.ended_at >= at
    }
    found = [_as_of(one, at, leaving) for one in own]
    return [one for one in found if one.members or one.kind is Kind.OLT]


def _lasted(incident: Incident, at: int) -> bool:
    return incident.closed_at is None or incident.closed_at >= at


def _as_of(incident: Incident, at: int, leaving: Mapping[Onu, str]) -> Incident:
    members = [
        member if _is_over(member, at) else member._replace(ended_at=None, ending=None)
        for member in incident.members
        if member.at < at
    ]
    acked_at = incident.acked_at
    return incident._replace(
        members=tuple(
            member
            for member in members
            if not member.is_open or leaving.get(onu_of(member), incident.id) == incident.id
        ),
        grown_at=min(incident.grown_at, at),
        closed_at=None,
        merged_into=None,
        acked_at=None if acked_at is None or acked_at >= at else acked_at,
    )


def _is_over(member: Member, at: int) -> bool:
    return member.ended_at is not None and member.ended_at < at

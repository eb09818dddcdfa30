"""What is not told for now: in maintenance or silence, or beneath something larger. Pure.

Parents suppress children in telling only: an OLT that does not answer what is on it, a PON that
is out the lesser troubles of its ONUs. It waits, and when that is over it is told as it is then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from eponctl import windows
from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member


def hushed_by(targets: Sequence[str], incident: Incident) -> bool:
    """Whether these targets (OLT[:PON[:ONU]], globs) fit all of an incident that still counts.

    That is its ONUs which are still struck, or once it is closed those that it ended for; of an
    incident without ONUs its OLTs.
    """
    if not incident.members:
        return all(
            any(windows.fits(target, olt_id) for target in targets) for olt_id in incident.olt_ids
        )
    return all(_is_hushed(targets, member) for member in _counting(incident))


def _is_hushed(targets: Sequence[str], member: Member) -> bool:
    pon = member.onu_id.rpartition(":")[0]
    return any(
        windows.fits(target, member.olt_id, pon, member.onu_id, member.mac) for target in targets
    )


def _counting(incident: Incident) -> tuple[Member, ...]:
    ended = tuple(one for one in incident.members if one.ending is not Ending.PASSED_ON)
    return incident.standing or ended or incident.members


class Cover(NamedTuple):
    """OLTs that do not answer, and keys of PONs that are out."""

    olt_ids: frozenset[str]
    pons: frozenset[str]


def cover_of(incidents: Iterable[Incident], is_known: Callable[[Incident], bool]) -> Cover:
    """What larger troubles cover that are open, and known to whom they would keep others from.

    Of an outage only the PONs where it is not over yet.
    """
    large = [one for one in incidents if one.is_open and _is_large(one) and is_known(one)]
    return Cover(
        frozenset(olt_id for one in large if one.kind is Kind.OLT for olt_id in one.olt_ids),
        frozenset(member.pon for one in large for member in one.standing),
    )


def _is_large(incident: Incident) -> bool:
    is_out = incident.kind is Kind.OUTAGE and incident.extent.rank >= Extent.WHOLE_PON.rank
    return is_out or incident.kind is Kind.OLT


def is_covered(incident: Incident, cover: Cover) -> bool:
    """Whether an incident lies wholly beneath larger ones."""
    if incident.kind is Kind.OLT:
        return False
    if cover.olt_ids.issuperset(incident.olt_ids):
        return True
    return _is_small(incident) and cover.pons.issuperset(incident.pons)


def _is_small(incident: Incident) -> bool:
    """Whether it gives way to its PON's outage."""
    if incident.kind is Kind.OUTAGE:
        return incident.extent is Extent.SINGLE
    return incident.kind in {Kind.SIGNAL, Kind.HEAT, Kind.FLAPPING}

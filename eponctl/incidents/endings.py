"""When a trouble is over: for one ONU, and for the incident that it was part of. Pure."""

from __future__ import annotations

from eponctl.incidents.book import Book, by_pon
from eponctl.incidents.outages import judge
from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member
from eponctl.model import Heat, OnuState, Signal, Status

_ONU_KINDS = (Kind.OUTAGE, Kind.SIGNAL, Kind.HEAT, Kind.LOOP, Kind.AUTH)
_LEFT_SHARE = 0.1


def end_members(book: Book) -> None:
    """Mark the ONUs whose trouble is over; one whose OLT was not read stays as it was."""
    for incident in book.open(*_ONU_KINDS):
        after = [
            _after(member, incident.kind, book) if member.is_open else member
            for member in incident.members
        ]
        book.put(incident._replace(members=tuple(after)))


def _after(member: Member, kind: Kind, book: Book) -> Member:
    now = book.view.now
    if member.olt_id not in book.view.olt_ids:
        return member._replace(ended_at=now, ending=Ending.REMOVED)
    if member.olt_id not in book.view.after:
        return member
    state = book.view.state(member)
    ending = _ending(member, kind, state)
    if ending is None:
        return member
    ended_at = now
    if ending is Ending.RESTORED and kind in {Kind.OUTAGE, Kind.LOOP, Kind.AUTH} and state:
        ended_at = max(member.at, min(state.since, now))
    return member._replace(ended_at=ended_at, ending=ending)


def _ending(member: Member, kind: Kind, state: OnuState | None) -> Ending | None:
    if state is None:
        return Ending.REMOVED
    if state.told_status is Status.DISABLED:
        return Ending.DISABLED
    if state.told_status is not Status.UP:
        return None
    is_over = {
        Kind.SIGNAL: state.told_signal is Signal.OK,
        Kind.HEAT: state.told_heat is Heat.OK,
    }.get(kind, True)
    if not is_over:
        return None
    is_lower = kind is Kind.SIGNAL and _is_usual_by_now(member, state)
    return Ending.ACCEPTED if is_lower else Ending.RESTORED


def _is_usual_by_now(member: Member, state: OnuState) -> bool:
    """Whether the signal, and the usual one with it, is still nearer to where it fell than from."""
    fell_from, fell_to = member.usual, member.value
    now_dbm, usual_dbm = state.last_rx_power_dbm, state.usual_rx_dbm
    if fell_from is None or fell_to is None or now_dbm is None or usual_dbm is None:
        return False
    return max(now_dbm, usual_dbm) < (fell_from + fell_to) / 2


def close(book: Book) -> None:
    """Close what is over for all its ONUs, or for all but a few that do not come back with it."""
    for incident in book.open(*_ONU_KINDS, Kind.FLAPPING):
        rest = incident
        if incident.standing and _is_over_but_for_some(incident, book.view.now):
            rest = _without_rest(book, incident)
        if not rest.standing:
            closed_at = max(member.ended_at or 0 for member in rest.members)
            book.put(rest._replace(closed_at=closed_at))


def _is_over_but_for_some(incident: Incident, now: int) -> bool:
    """Whether the rest is back, and nothing more came back in this poll."""
    if incident.extent is Extent.SINGLE or incident.kind is Kind.FLAPPING:
        return False
    few = max(1, int(len(incident.members) * _LEFT_SHARE))
    last_at = max((member.ended_at or 0 for member in incident.members), default=now)
    return len(incident.standing) <= few and incident.restored > 0 and last_at < now


def _without_rest(book: Book, incident: Incident) -> Incident:
    """Hand the ONUs that stay away to incidents of their own, a PON each."""
    now = book.view.now
    for pon, members in by_pon(incident.standing):
        rest = book.begin(
            incident.kind,
            members,
            of={pon: incident.of.get(pon, len(members))},
            detail=incident.detail,
            # Not a beginning: what drops now has nothing to do with it.
            grown_at=incident.grown_at,
        )
        if rest.kind is Kind.OUTAGE:
            judge(book, rest)
    left = [
        member._replace(ended_at=now, ending=Ending.PASSED_ON) if member.is_open else member
        for member in incident.members
    ]
    return book.put(incident._replace(members=tuple(left)))

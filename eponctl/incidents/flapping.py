"""ONUs that come and go: one word when it begins, silence meanwhile, one when it is over. Pure.

Times count, not samples: four changes within an hour, whatever the pace of the polls.
"""

from __future__ import annotations

from collections.abc import Sequence

from eponctl.incidents.book import Book, Onu, by_pon, is_gasp, onu_of
from eponctl.incidents.records import Ending, Extent, Kind, Member
from eponctl.incidents.troubles import OFFLINE
from eponctl.incidents.verdict import SEVERAL, WHOLE_SHARE
from eponctl.model import OnuState, Priority, Status, outage_priority

HOUR_S = 3600
MANY_CHANGES = 4
CALM_S = 1800
CALM_CHANGES = 2


def follow(book: Book, window_s: int) -> list[Member]:
    """Begin and end flapping; return the ONUs that ended it by staying down: they dropped."""
    dropped = _end(book)
    flapping = silenced(book)
    begun = [
        _member(state, book)
        for onu, times in sorted(book.view.changes.items())
        if onu not in flapping
        and _recent(times, book.view.now) >= MANY_CHANGES
        and (state := book.view.after.get(onu[0], {}).get(onu[1])) is not None
    ]
    for pon, members in by_pon(begun):
        _begin(book, pon, members, window_s)
    return dropped


def silenced(book: Book) -> frozenset[Onu]:
    """The ONUs whose changes are not told, because they flap."""
    flapping = book.open(Kind.FLAPPING)
    return frozenset(onu_of(member) for one in flapping for member in one.standing)


def _recent(times: Sequence[int], now: int) -> int:
    return sum(now - at < HOUR_S for at in times)


def _member(onu: OnuState, book: Book) -> Member:
    return Member(
        olt_id=onu.olt_id,
        mac=onu.mac,
        onu_id=onu.onu_id,
        name=onu.name,
        status=onu.status,
        status_raw=onu.status_raw,
        priority=Priority.HIGH,
        at=book.view.now,
        after=book.view.read_at.get(onu.olt_id),
        reason=onu.reason,
        reason_raw=onu.reason_raw,
        distance_m=onu.distance_m,
        rx_power_dbm=onu.last_rx_power_dbm,
        temperature_c=onu.last_temperature_c,
        value=_recent(book.view.changes[onu.olt_id, onu.mac], book.view.now),
    )


def _begin(book: Book, pon: str, members: Sequence[Member], window_s: int) -> None:
    running = [
        one
        for one in book.open(Kind.FLAPPING)
        if one.pons == (pon,) and book.view.now - one.grown_at <= window_s
    ]
    incident = book.grow(running[-1], members) if running else book.begin(Kind.FLAPPING, members)
    lost = len(incident.members)
    prefix = members[0].onu_id.rpartition(":")[0]
    known = sum(onu.pon == prefix for onu in book.view.after[members[0].olt_id].values())
    extent = Extent.SINGLE
    if lost >= SEVERAL:
        extent = Extent.WHOLE_PON if lost >= known * WHOLE_SHARE else Extent.PARTIAL_PON
    incident = book.put(incident._replace(extent=extent, of={pon: max(known, lost)}))
    book.pass_on(map(onu_of, members), incident, *OFFLINE)


def _end(book: Book) -> list[Member]:
    """Let go of those that were calm: up, they are back; down, they are returned."""
    dropped: list[Member] = []
    for incident in book.open(Kind.FLAPPING):
        members = list(incident.members)
        for place, member in enumerate(members):
            if not member.is_open or member.olt_id not in book.view.after:
                continue
            state = book.view.state(member)
            ending = _ending(member, state, book)
            if ending:
                members[place] = member._replace(ended_at=book.view.now, ending=ending)
            elif state and _is_calm(member, state, book):
                dropped.append(_as_dropped(member, state))
        book.put(incident._replace(members=tuple(members)))
    return dropped


def _ending(member: Member, state: OnuState | None, book: Book) -> Ending | None:
    if state is None:
        return Ending.REMOVED
    if state.told_status is Status.DISABLED:
        return Ending.DISABLED
    is_back = state.told_status is Status.UP and _is_calm(member, state, book)
    return Ending.RESTORED if is_back else None


def _is_calm(member: Member, state: OnuState, book: Book) -> bool:
    now, times = book.view.now, book.view.changes.get(onu_of(member), ())
    return now - state.since >= CALM_S and _recent(times, now) < CALM_CHANGES


def _as_dropped(member: Member, state: OnuState) -> Member:
    return member._replace(
        status=state.status,
        status_raw=state.status_raw,
        reason=state.reason,
        reason_raw=state.reason_raw,
        is_gasp=is_gasp(state.status, state.reason),
        priority=outage_priority(state.status, state.reason),
        at=state.since,
    )

"""The incidents after a poll: (open incidents, what the poll saw) -> what is new or changed. Pure.

The unit is the transition: what has been offline for months is in no incident that begins now.
Nothing here knows who is told of what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from eponctl.incidents import endings, flapping, outages, troubles
from eponctl.incidents.book import Book, Onu, PollView, member_of, onu_of
from eponctl.incidents.records import Cause, Extent, Incident, Kind, Member, Verdict
from eponctl.incidents.wording import evidence_text
from eponctl.model import Event, EventKind, Priority
from eponctl.settings import AlertSettings

_MEASURED: Mapping[EventKind, Kind] = {
    EventKind.WEAK_SIGNAL: Kind.SIGNAL,
    EventKind.OVERLOAD: Kind.SIGNAL,
    EventKind.HIGH_TEMPERATURE: Kind.HEAT,
}
_POWER = frozenset({Cause.POWER_AREA, Cause.POWER_LOCAL})


class Advance(NamedTuple):
    """The incidents that are new or changed; outages that became one of several ONUs, by id."""

    incidents: tuple[Incident, ...] = ()
    outages: tuple[tuple[str, Event], ...] = ()


def advance(before: Iterable[Incident], view: PollView, settings: AlertSettings) -> Advance:
    """What this poll makes of the incidents that were open `before` it."""
    known = list(before)
    book = Book(known, view)
    window_s = settings.incident_window_s
    _follow_olts(book)
    endings.end_members(book)
    dropped = flapping.follow(book, window_s)
    struck = _struck(view, flapping.silenced(book) - set(map(onu_of, dropped)))
    troubles.strike_each(book, Kind.LOOP, struck[EventKind.LOOP])
    troubles.strike_each(book, Kind.AUTH, struck[EventKind.AUTH_FAILED])
    drops = [*dropped, *struck[EventKind.DOWN], *struck[EventKind.PWRDOWN]]
    outages.strike(book, drops, settings)
    _take_over(book, drops)
    for what, kind in _MEASURED.items():
        troubles.strike_measured(book, kind, what, struck[what], window_s)
    endings.close(book)
    changed = book.changed()
    return Advance(tuple(changed), tuple(_outage_events(changed, known)))


def _struck(view: PollView, silenced: Collection[Onu]) -> defaultdict[EventKind, list[Member]]:
    """The ONUs that something happened to, by what it was; not those that flap."""
    found: defaultdict[EventKind, list[Member]] = defaultdict(list)
    for event in view.events:
        if event.onu and (event.olt_id, event.onu.mac) not in silenced:
            found[event.kind].append(member_of(event, event.onu, view))
    return found


def _follow_olts(book: Book) -> None:
    """Open and close the incidents of OLTs that do not answer."""
    view = book.view
    for incident in book.open(Kind.OLT):
        olt_id = incident.olt_ids[0]
        if olt_id in view.after or olt_id not in view.olt_ids:
            book.put(incident._replace(closed_at=view.now))
    away = {incident.olt_ids[0] for incident in book.open(Kind.OLT)}
    for event in view.events:
        if event.kind is EventKind.OLT_UNREACHABLE and event.olt_id not in away:
            book.put(
                Incident(
                    id=view.new_id(),
                    kind=Kind.OLT,
                    extent=Extent.OLT_UNREACHABLE,
                    priority=event.priority,
                    opened_at=event.at,
                    grown_at=view.now,
                    olt_ids=(event.olt_id,),
                    after=view.read_at.get(event.olt_id),
                    detail=event.detail,
                )
            )


def _take_over(book: Book, drops: Iterable[Member]) -> None:
    """Let what flapped, looped or was refused, and is down now, be down and nothing else."""
    dropped = {onu_of(member) for member in drops}
    if not dropped:
        return
    for incident in book.open(Kind.OUTAGE):
        own = dropped.intersection(map(onu_of, incident.standing))
        if own:
            book.pass_on(own, incident, Kind.LOOP, Kind.AUTH, Kind.FLAPPING)


def _outage_events(
    changed: Iterable[Incident], known: Iterable[Incident]
) -> Iterator[tuple[str, Event]]:
    extents = {incident.id: incident.extent for incident in known}
    for incident in changed:
        was_several = extents.get(incident.id, Extent.SINGLE) is not Extent.SINGLE
        if was_several or incident.merged_into or incident.extent is Extent.SINGLE:
            continue
        if incident.verdict:
            yield incident.id, _outage_event(incident, incident.verdict)


def _outage_event(incident: Incident, verdict: Verdict) -> Event:
    return Event(
        EventKind.POWER_OUTAGE if verdict.cause in _POWER else EventKind.PON_OUTAGE,
        Priority.CRITICAL,
        incident.olt_ids[0],
        incident.opened_at,
        after=incident.extent.value,
        detail=f"{', '.join(incident.pons)}: {evidence_text(verdict.evidence)}",
    )


def ids_of(events: Sequence[Event], incidents: Iterable[Incident]) -> list[str | None]:
    """The incident that each event of an ONU or OLT belongs to; None: to none."""
    by_onu: dict[Onu, str] = {}
    by_olt: dict[str, str] = {}
    for incident in incidents:
        name = incident.merged_into or incident.id
        by_onu.update({onu_of(member): name for member in incident.members})
        if incident.kind is Kind.OLT:
            by_olt[incident.olt_ids[0]] = name
    return [
        by_onu.get((event.olt_id, event.onu.mac)) if event.onu else by_olt.get(event.olt_id)
        for event in events
    ]

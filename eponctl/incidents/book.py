"""The incidents under way in one poll, and the view of the network that they are judged by. Pure.

`Book` is the one place where an incident is replaced by its next self, so that what changed in this
poll is known at its end. It knows no rule: which ONUs belong together is the business of the
modules beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member
from eponctl.model import Event, EventKind, OnuState, Priority, Reason, Status

Onu = tuple[str, str]
"""An ONU's identity: OLT id and MAC."""


class PollView(NamedTuple):
    """What one poll saw, as far as incidents depend on it. Times are UTC seconds.

    `before` and `after` hold the ONUs of every OLT that was read, by OLT id and MAC; `read_at` when
    each was read the last time before. `olt_ids` are all that are polled. `changes` are the times
    at which an ONU's status changed within the last hour, this poll's included, for every ONU that
    changed now or is flapping. `new_id` makes an id that no incident has.
    """

    now: int
    events: Sequence[Event]
    before: Mapping[str, Mapping[str, OnuState]]
    after: Mapping[str, Mapping[str, OnuState]]
    read_at: Mapping[str, int | None]
    olt_ids: frozenset[str]
    changes: Mapping[Onu, Sequence[int]]
    new_id: Callable[[], str]

    def state(self, member: Member) -> OnuState | None:
        """How the ONU is now; None when it is no longer there."""
        return self.after[member.olt_id].get(member.mac)


class Book:
    """Open incidents by id; those that changed in this poll."""

    def __init__(self, incidents: Iterable[Incident], view: PollView) -> None:
        self.view = view
        self._incidents = {incident.id: incident for incident in incidents}
        self._changed: dict[str, None] = {}

    def open(self, *kinds: Kind) -> list[Incident]:
        """The open incidents of these kinds, the oldest first."""
        found = [one for one in self._incidents.values() if one.is_open and one.kind in kinds]
        return sorted(found, key=lambda one: (one.opened_at, one.id))

    def changed(self) -> list[Incident]:
        """What is new or not as it was, in the order in which it changed first."""
        return [self._incidents[name] for name in self._changed]

    def put(self, incident: Incident) -> Incident:
        """Take this as the incident's next self."""
        if self._incidents.get(incident.id) != incident:
            self._incidents[incident.id] = incident
            self._changed[incident.id] = None
        return incident

    def begin(self, kind: Kind, members: Sequence[Member], **more: object) -> Incident:
        """Open an incident about these ONUs; `more` are further fields of it."""
        now = self.view.now
        incident = Incident(
            id=self.view.new_id(),
            kind=kind,
            extent=Extent.SINGLE,
            priority=worst(member.priority for member in members),
            opened_at=min(member.at for member in members),
            grown_at=now,
            members=tuple(members),
            olt_ids=olt_ids_of(members),
            after=min((m.after for m in members if m.after is not None), default=None),
        )
        return self.put(incident._replace(**more))  # type: ignore[arg-type]

    def grow(self, incident: Incident, members: Sequence[Member]) -> Incident:
        """Strike more ONUs; one that was struck before and came back is struck anew."""
        known = {onu_of(member): member for member in incident.members}
        is_fresh = False
        for member in members:
            before = known.get(onu_of(member))
            if before and before.is_open:
                known[onu_of(member)] = member._replace(at=before.at, after=before.after)
            else:
                known[onu_of(member)] = member
                is_fresh = True
        everyone = tuple(known.values())
        grown = incident._replace(members=everyone, olt_ids=olt_ids_of(everyone))
        if is_fresh:
            polls = incident.polls + (incident.grown_at != self.view.now)
            grown = grown._replace(grown_at=self.view.now, polls=polls)
        return self.put(grown)

    def merge(self, into: Incident, others: Iterable[Incident]) -> Incident:
        """Make these incidents part of the first; what was told of them was told of it."""
        others = list(others)
        if not others:
            return into
        everyone = [into, *others]
        members = _joined(everyone)
        for other in others:
            self.put(other._replace(merged_into=into.id, closed_at=self.view.now))
        return self.put(
            into._replace(
                members=members,
                olt_ids=olt_ids_of(members),
                of={pon: up for one in reversed(everyone) for pon, up in one.of.items()},
                opened_at=min(one.opened_at for one in everyone),
                grown_at=max(one.grown_at for one in everyone),
                # Exact where each began and ended in one poll, which is what the number is for.
                polls=max(
                    len({one.grown_at for one in everyone}), *(one.polls for one in everyone)
                ),
            )
        )

    def pass_on(self, onus: Iterable[Onu], to: Incident, *kinds: Kind) -> None:
        """Take these ONUs out of the open incidents of these kinds: `to` is about them now.

        An incident that is left without an ONU, and without one that came back, becomes part of it.
        """
        leaving = set(onus)
        for incident in self.open(*kinds):
            if incident.id == to.id or leaving.isdisjoint(map(onu_of, incident.standing)):
                continue
            members = tuple(
                member._replace(ended_at=self.view.now, ending=Ending.PASSED_ON)
                if member.is_open and onu_of(member) in leaving
                else member
                for member in incident.members
            )
            left = self.put(incident._replace(members=members))
            if all(member.ending is Ending.PASSED_ON for member in members):
                self.put(left._replace(merged_into=to.id, closed_at=self.view.now))


def _joined(incidents: Iterable[Incident]) -> tuple[Member, ...]:
    """The ONUs of all, each once: as the incident knows it in which it is still struck."""
    found: dict[Onu, Member] = {}
    for member in (member for one in incidents for member in one.members):
        before = found.get(onu_of(member))
        if before is None or (member.is_open and not before.is_open):
            found[onu_of(member)] = member
    return tuple(sorted(found.values(), key=lambda member: (member.at, member.olt_id)))


def onu_of(member: Member) -> Onu:
    """The identity of a member."""
    return member.olt_id, member.mac


def olt_ids_of(members: Iterable[Member]) -> tuple[str, ...]:
    """The OLTs of these ONUs, in order."""
    return tuple(sorted({member.olt_id for member in members}))


def worst(priorities: Iterable[Priority]) -> Priority:
    """The most urgent of these; NORMAL of none."""
    return min(priorities, key=lambda priority: priority.rank, default=Priority.NORMAL)


def member_of(event: Event, onu: OnuState, view: PollView) -> Member:
    """The ONU of an event as an incident keeps it."""
    is_heat = event.kind is EventKind.HIGH_TEMPERATURE
    return Member(
        olt_id=onu.olt_id,
        mac=onu.mac,
        onu_id=onu.onu_id,
        name=onu.name,
        status=onu.status,
        status_raw=onu.status_raw,
        priority=event.priority,
        at=event.at,
        after=view.read_at.get(onu.olt_id),
        reason=onu.reason,
        reason_raw=onu.reason_raw,
        is_gasp=is_gasp(onu.status, onu.reason),
        distance_m=onu.distance_m,
        rx_power_dbm=onu.last_rx_power_dbm,
        temperature_c=onu.last_temperature_c,
        value=onu.temperature_c if is_heat else onu.rx_power_dbm,
        usual=None if is_heat else onu.step_ref_dbm,
    )


def is_gasp(status: Status, reason: Reason | None) -> bool | None:
    """Whether the ONU said that it lost its power; None where the device gives no reason.

    Deregistered, refused or switched off says nothing of power or fibre.
    """
    if status is Status.PWRDOWN or reason is Reason.DYING_GASP:
        return True
    return False if reason in {Reason.TIMEOUT, Reason.LOS} else None


def by_pon(members: Iterable[Member]) -> Iterator[tuple[str, list[Member]]]:
    """The members of each PON, in the order of the PONs."""
    found: dict[str, list[Member]] = {}
    for member in members:
        found.setdefault(member.pon, []).append(member)
    yield from sorted(found.items())

"""All ONUs through their stored events, poll by poll: what each poll saw. Pure.

What changed without an event is told from elsewhere: how an ONU is now, and since when; when it
went; the incidents that its being switched off had ended; its optical history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from eponctl.incidents.book import Onu
from eponctl.incidents.records import Ending
from eponctl.judge import REPLACED
from eponctl.model import Event, EventKind, Heat, OnuState, Signal, Status
from eponctl.replay.states import (
    STATUS_KINDS,
    first_state,
    measured,
    member_key,
    next_state,
    status_after,
    status_before,
    unknown_onu,
    with_status,
)
from eponctl.store.past import Happened, Past, Pulse, Sample

T = TypeVar("T")


class Seen(NamedTuple):
    """One poll: its events, and the ONUs of every OLT that it read, by OLT id and MAC."""

    events: Sequence[Event]
    before: Mapping[str, Mapping[str, OnuState]]
    after: Mapping[str, Mapping[str, OnuState]]


class _Silent(NamedTuple):
    """A change without an event; `status` None: the ONU is gone."""

    at: int
    olt_id: str
    mac: str
    status: Status | None


class Network:
    """The ONUs as they were. `sees_at_once`: one poll was enough to settle a change."""

    def __init__(self, past: Past, *, sees_at_once: bool) -> None:
        self._members = {
            (one.kind, member.olt_id, member.mac, member.at): member
            for one in past.incidents
            for member in one.members
        }
        events = [event for event in past.events if event.seen_at >= past.from_at]
        begun = _Begun(past, events, sees_at_once=sees_at_once)
        self._states: dict[str, dict[str, OnuState]] = begun.states
        self._events = _Queue(events, lambda event: event.seen_at)
        self._silent = _Queue(begun.silent, lambda silent: silent.at)
        self._samples = _Queue(past.samples, lambda sample: sample.at)
        self._sees_at_once = sees_at_once
        self._measure(self._samples.until(past.from_at - 1), ())

    def onus(self, olt_id: str) -> Mapping[str, OnuState]:
        """The ONUs of an OLT after the last poll, by MAC."""
        return self._states.get(olt_id, {})

    def poll(self, pulse: Pulse) -> Seen:
        """The next poll; each is given once, in their order."""
        happened, silent = self._events.until(pulse.at), self._silent.until(pulse.at)
        samples = self._samples.until(pulse.at)
        read = pulse.read.union(event.olt_id for event in happened if event.mac)
        before = {olt_id: self.onus(olt_id) for olt_id in read}
        # What was handed out stays as it was.
        touched = {event.olt_id for event in happened} | {one.olt_id for one in silent}
        for olt_id in touched.union(sample.olt_id for sample in samples):
            self._states[olt_id] = dict(self.onus(olt_id))
        told = {(event.olt_id, event.mac) for event in happened if event.mac}
        late = self._measure(samples, told)
        amended: dict[Onu, OnuState] = {}
        events = [self._happen(event, amended) for event in happened]
        for (olt_id, mac), state in amended.items():
            before[olt_id] = {**before[olt_id], mac: state}
        for one in silent:
            self._change(one)
        self._measure(late, told)
        return Seen(events, before, {olt_id: self.onus(olt_id) for olt_id in read})

    def _happen(self, event: Happened, amended: dict[Onu, OnuState]) -> Event:
        """Let an event happen. What must have been otherwise before it goes to `amended`."""
        if event.mac is None:
            return _event(event, None)
        onus = self._states[event.olt_id]
        known = onus.get(event.mac)
        if event.kind is EventKind.REGISTERED:
            if event.detail == REPLACED and event.before:
                onus.pop(event.before, None)
            known = known or unknown_onu(event)
        elif known is None or _was_otherwise(known, event):
            known = _amended(known, event)
            amended[event.olt_id, event.mac] = known
        if event.kind is EventKind.REMOVED:
            onus.pop(event.mac, None)
            return _event(event, known)
        key = member_key(event)
        state = next_state(known, event, self._members.get(key) if key else None)
        onus[event.mac] = state
        return _event(event, state)

    def _change(self, one: _Silent) -> None:
        onus = self._states[one.olt_id]
        if one.status is None:
            onus.pop(one.mac, None)
        elif one.mac in onus:
            onus[one.mac] = with_status(onus[one.mac], one.status, one.at)

    def _measure(self, samples: Iterable[Sample], told: Collection[Onu]) -> list[Sample]:
        """Take up what was measured; what is left is of ONUs that are not there yet.

        Who measures is up, and who stops is not, though no event says so: as `told` have one.
        """
        left: list[Sample] = []
        for sample in samples:
            onus = self._states.setdefault(sample.olt_id, {})
            onu = onus.get(sample.mac)
            if onu is None:
                left.append(sample)
                continue
            if self._sees_at_once and (sample.olt_id, sample.mac) not in told:
                onu = _as_measured(onu, sample)
            onus[sample.mac] = measured(onu, sample.rx_dbm, sample.temperature_c)
        return left


def _as_measured(onu: OnuState, sample: Sample) -> OnuState:
    if sample.rx_dbm is not None and onu.status is not Status.UP:
        return with_status(onu, Status.UP, sample.at)
    if sample.rx_dbm is None and onu.rx_power_dbm is not None:
        # Switched off, most likely; but that would end what it may be a part of.
        is_well = onu.told_signal is Signal.OK and onu.told_heat is Heat.OK
        return with_status(onu, Status.DISABLED if is_well else Status.UNKNOWN, sample.at)
    return onu


class _Queue(Generic[T]):
    """Things in the order of their times, taken once."""

    def __init__(self, items: Iterable[T], time_of: Callable[[T], int]) -> None:
        self._items = deque(sorted(items, key=time_of))
        self._time_of = time_of

    def until(self, at: int) -> list[T]:
        """What is left of that time and before."""
        taken: list[T] = []
        while self._items and self._time_of(self._items[0]) <= at:
            taken.append(self._items.popleft())
        return taken


def _event(event: Happened, onu: OnuState | None) -> Event:
    return Event(
        event.kind,
        event.priority,
        event.olt_id,
        event.at,
        onu,
        before=event.before,
        after=event.after,
        lasted_s=event.lasted_s,
        detail=event.detail,
    )


def _was_otherwise(known: OnuState, event: Happened) -> bool:
    return event.kind in STATUS_KINDS and known.told_status is not status_before(event)


def _amended(known: OnuState | None, event: Happened) -> OnuState:
    if known is None:
        return unknown_onu(event)
    return with_status(known, status_before(event), known.since)


# --- the beginning ---


class _Begun:
    """All ONUs as they were before the first poll, and what changed since without an event."""

    def __init__(self, past: Past, events: Iterable[Happened], *, sees_at_once: bool) -> None:
        self.states: dict[str, dict[str, OnuState]] = {}
        disabled = list(_disabled(past))
        gone = [_Silent(at, olt_id, mac, None) for (olt_id, mac), at in past.gone_at.items()]
        self.silent = [*disabled, *gone]
        self._from_at, self._sees_at_once = past.from_at, sees_at_once
        self._measured = {(sample.olt_id, sample.mac) for sample in past.samples}
        disabled_at = {(one.olt_id, one.mac): one.at for one in disabled}
        by_onu: dict[Onu, list[Happened]] = {}
        for event in events:
            if event.mac is not None:
                by_onu.setdefault((event.olt_id, event.mac), []).append(event)
        for onu in past.onus:
            name = (onu.olt_id, onu.mac)
            self._begin(onu, by_onu.pop(name, []), disabled_at.get(name))
        # Of these nothing is left but their events.
        for own in by_onu.values():
            if own[0].kind is not EventKind.REGISTERED:
                onu = unknown_onu(own[0])
                self.states.setdefault(onu.olt_id, {})[onu.mac] = onu

    def _begin(self, onu: OnuState, own: Sequence[Happened], disabled_at: int | None) -> None:
        name = (onu.olt_id, onu.mac)
        changes = [one for one in own if one.kind in STATUS_KINDS]
        first = first_state(onu, own, self._from_at)
        if not changes and own[:1] and own[0].kind is EventKind.REGISTERED:
            first = with_status(first, status_after(own[0]), own[0].at)
        elif not changes and disabled_at is None:
            first = self._otherwise(first, onu)
        last = status_after(changes[-1]) if changes else first.told_status
        last_at = changes[-1].seen_at if changes else self._from_at
        if disabled_at is not None and disabled_at > last_at:
            last, last_at = Status.DISABLED, disabled_at
        if onu.told_status is onu.status and onu.told_status is not last:
            self.silent.append(_Silent(max(onu.since, last_at + 1), *name, onu.status))
        if name in self._measured:
            first = _unmeasured(first)
        if not (own and own[0].kind is EventKind.REGISTERED):
            self.states.setdefault(onu.olt_id, {})[onu.mac] = first

    def _otherwise(self, first: OnuState, onu: OnuState) -> OnuState:
        """How an ONU was that has no event of a change, but is as it is for not so long.

        Up without a word comes what nobody was told to be down. Where polls must agree, it may
        just have been away for a moment.
        """
        if onu.since <= self._from_at or onu.status is not onu.told_status:
            return first
        if onu.status is Status.DISABLED:
            return with_status(first, Status.UP, self._from_at)
        if onu.status is Status.UP and self._sees_at_once:
            return with_status(first, Status.DOWN, self._from_at)
        return first


def _disabled(past: Past) -> Iterator[_Silent]:
    """The ONUs that were switched off while an incident was about them: nothing else tells of it.

    Each one's last comes last.
    """
    members = [member for one in past.incidents for member in one.members]
    for member in sorted(members, key=lambda member: member.ended_at or 0):
        if member.ending is Ending.DISABLED and (member.ended_at or 0) >= past.from_at:
            yield _Silent(member.ended_at or 0, member.olt_id, member.mac, Status.DISABLED)


def _unmeasured(onu: OnuState) -> OnuState:
    return onu._replace(
        rx_power_dbm=None, temperature_c=None, last_rx_power_dbm=None, last_temperature_c=None
    )

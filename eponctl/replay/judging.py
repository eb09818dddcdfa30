"""The engine's half of a replay: what each poll makes of the incidents that go on. Pure."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from eponctl.incidents import engine
from eponctl.incidents.book import Onu, PollView, onu_of
from eponctl.incidents.records import Incident, Kind
from eponctl.model import Event, EventKind, OnuState
from eponctl.replay.network import Network, Seen
from eponctl.replay.seeds import going_on
from eponctl.settings import Config
from eponctl.store.past import Past, Pulse

HOUR_S = 3600
CHANGES = frozenset({EventKind.DOWN, EventKind.PWRDOWN, EventKind.RECOVERED})


class Judging:
    """The incidents, poll by poll: `open` are those that go on, `all` every one, by id.

    Those that went on already keep the id that they have in the database.
    """

    def __init__(self, past: Past, config: Config) -> None:
        seeds = going_on(past.incidents, past.from_at)
        self.all: dict[str, Incident] = {one.id: one for one in seeds}
        self.open = dict(self.all)
        self._settings = config.alerts
        self.network = Network(past, sees_at_once=config.poll.confirm_polls == 1)
        self._enabled = frozenset(olt.id for olt in config.olts if olt.enabled)
        self._olts = past.olts
        self._read_at: dict[str, int | None] = dict(past.read_at)
        self._changed_at: dict[Onu, list[int]] = {}
        self._acks = deque(_acks(past))
        # As long as those that are stored: how much a message holds is told in letters.
        self._ids = (f"r{number:03}" for number in itertools.count(1))
        for event in past.events:
            if event.seen_at < past.from_at and event.kind in CHANGES and event.mac is not None:
                self._changed_at.setdefault((event.olt_id, event.mac), []).append(event.at)

    def onus(self, olt_id: str) -> Iterable[OnuState]:
        """The ONUs of an OLT as the last poll left them."""
        return self.network.onus(olt_id).values()

    def poll(self, pulse: Pulse) -> tuple[Sequence[Event], list[Incident]]:
        """The poll's events, and the incidents that are new or changed."""
        seen = self.network.poll(pulse)
        self._acknowledge(pulse.at)
        made: Sequence[Incident] = ()
        if seen.events or self.open:
            view = self._view(pulse, seen)
            made = engine.advance(self.running(), view, self._settings).incidents
        self._read_at.update(dict.fromkeys(seen.after, pulse.at))
        for incident in made:
            self.all[incident.id] = incident
            if incident.is_open:
                self.open[incident.id] = incident
            else:
                self.open.pop(incident.id, None)
        return seen.events, list(made)

    def running(self) -> list[Incident]:
        """The incidents that go on, the oldest first."""
        return sorted(self.open.values(), key=lambda one: (one.opened_at, one.id))

    def _view(self, pulse: Pulse, seen: Seen) -> PollView:
        polled = {
            olt_id for olt_id, state in self._olts.items() if (state.last_poll_at or 0) >= pulse.at
        }
        return PollView(
            now=pulse.at,
            events=seen.events,
            before=seen.before,
            after=seen.after,
            read_at=self._read_at,
            olt_ids=self._enabled | polled,
            changes=self._changes(seen.events, pulse.at),
            new_id=self._ids.__next__,
        )

    def _changes(self, events: Iterable[Event], now: int) -> dict[Onu, Sequence[int]]:
        """As alerting.py: of those that changed now, or flap, the changes of the last hour."""
        onus = {
            onu_of(member)
            for one in self.open.values()
            if one.kind is Kind.FLAPPING
            for member in one.standing
        }
        for event in events:
            if event.onu and event.kind in CHANGES:
                onus.add((event.olt_id, event.onu.mac))
                self._changed_at.setdefault((event.olt_id, event.onu.mac), []).append(event.at)
        found: dict[Onu, Sequence[int]] = {}
        for onu in onus:
            times = [at for at in self._changed_at.get(onu, ()) if at >= now - HOUR_S]
            self._changed_at[onu] = times
            found[onu] = times
        return found

    def _acknowledge(self, now: int) -> None:
        """What somebody acknowledged before this poll is so of whatever it is part of by then."""
        while self._acks and self._acks[0].at < now:
            ack = self._acks.popleft()
            for one in self.running():
                if one.kind is ack.kind and not ack.about.isdisjoint(_about(one, ack.at)):
                    acked = one._replace(acked_at=one.acked_at or ack.at)
                    self.open[one.id] = self.all[one.id] = acked


class _Ack(NamedTuple):
    """Somebody said that they know; `about` are the ONUs, or the OLT, that were struck then."""

    at: int
    kind: Kind
    about: frozenset[Onu]


def _acks(past: Past) -> Iterable[_Ack]:
    found = [
        _Ack(one.acked_at, one.kind, frozenset(_about(one, one.acked_at)))
        for one in past.incidents
        if one.acked_at is not None and one.acked_at >= past.from_at
    ]
    return sorted(found, key=lambda ack: ack.at)


def _about(incident: Incident, at: int) -> Iterator[Onu]:
    for member in incident.members:
        if member.at <= at and (member.ended_at is None or member.ended_at > at):
            yield onu_of(member)
    if incident.kind is Kind.OLT:
        yield from ((olt_id, "") for olt_id in incident.olt_ids)

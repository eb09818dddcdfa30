"""Whatever happens, each problem that was told has exactly one end, and no one else hears of it.

A model of what surrounds the plan: incidents that come, grow, merge and go, as the engine makes
them, and an outbox as the design has it. Pending messages are planned anew at each poll; what was
told is what the gateway took, or perhaps took; what it refused for good is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member
from eponctl.model import Priority, Status
from eponctl.settings import AlertSettings, Config, Quiet, Route, WhatsAppSettings
from eponctl.telling.hush import hushed_by
from eponctl.telling.plan import Situation, plan
from eponctl.telling.records import Bulletin, Stage, Tell, Told, tell_of
from eponctl.windows import quiet_span

ANN, BOB, CID = "6281200000001", "6281200000002", "6281200000003"
ZONE = ZoneInfo("Asia/Jakarta")
START = int(datetime(2027, 1, 15, 20, tzinfo=ZONE).timestamp())
MINUTE, HOUR = 60, 3600
QUIET = Quiet(22 * 60, 6 * 60)
ROUTES = (
    (),
    (Route((BOB,), ("OLT-A",)), Route((CID,), min_priority=Priority.CRITICAL)),
    (Route((ANN,), ("OLT-B",), Priority.HIGH), Route((BOB,), ("OLT-C",))),
)
TARGETS = ((), ("OLT-A",), ("OLT-A:0/1", "OLT-B:*:1"), ("*",))
MAX_PER_HOUR, KEPT = 3, 1


# --- the incidents ---


class Place(NamedTuple):
    """Where an ONU is."""

    olt_id: str
    pon: str
    number: int


PLACES = st.builds(
    Place, st.sampled_from(["OLT-A", "OLT-B"]), st.sampled_from(["0/1", "0/2"]), st.integers(1, 6)
)


def member_at(place: Place, now: int) -> Member:
    olt_id, pon, number = place
    mac = f"02:00:{ord(olt_id[-1]):02X}:00:0{pon[-1]}:{number:02X}"
    return Member(
        olt_id, mac, f"{pon}:{number}", None, Status.DOWN, "Down", Priority.HIGH, now, now
    )


def judged(incident: Incident) -> Incident:
    """The incident with what follows from its ONUs."""
    members = incident.members
    pons, onus = {one.pon for one in members}, len(members)
    extent = Extent.SINGLE
    if len(pons) > 1:
        extent = Extent.AREA
    elif onus > 2:
        extent = Extent.WHOLE_PON if onus > 3 else Extent.PARTIAL_PON
    is_critical = incident.kind is Kind.HEAT or (
        incident.kind is Kind.OUTAGE and extent is not Extent.SINGLE
    )
    return incident._replace(
        extent=extent,
        priority=Priority.CRITICAL if is_critical else Priority.HIGH,
        olt_ids=tuple(sorted({one.olt_id for one in members})),
        of=dict.fromkeys(pons, 6),
    )


# --- the outbox ---


class Answer(Enum):
    """What a gateway does with a message."""

    TAKES = auto()
    REFUSES = auto()
    LEAVES = auto()
    UNCLEAR = auto()


class State(Enum):
    """Where a message stands."""

    QUEUED = auto()
    SENT = auto()
    DEAD = auto()


@dataclass
class Row:
    """One message, and what it says of which incidents."""

    bulletin: Bulletin
    planned_at: int
    state: State = State.QUEUED
    sent_at: int | None = None
    tells: list[Tell] = field(default_factory=list)

    @property
    def is_pending(self) -> bool:
        return self.state is State.QUEUED and self.sent_at is None


class Ledger(RuleBasedStateMachine):
    """Two OLTs, three recipients, one gateway."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.incidents: dict[str, Incident] = {}
        self.rows: list[Row] = []
        self.routes: tuple[Route, ...] = ()
        self.targets: tuple[str, ...] = ()

    # --- what happens in the field ---

    @rule(
        kind=st.sampled_from([Kind.OUTAGE] * 5 + [one for one in Kind if one is not Kind.OLT]),
        places=st.sets(PLACES, min_size=1, max_size=5),
    )
    def begins(self, kind: Kind, places: set[Place]) -> None:
        members = tuple(member_at(place, self.now) for place in sorted(places))
        single = Incident(
            self._new_id(), kind, Extent.SINGLE, Priority.HIGH, self.now, self.now, members
        )
        self._put(judged(single))

    @rule(olt_id=st.sampled_from(["OLT-A", "OLT-B"]))
    def olt_stops_to_answer_or_returns(self, olt_id: str) -> None:
        for one in self._open():
            if one.kind is Kind.OLT and one.olt_ids == (olt_id,):
                self._put(one._replace(closed_at=self.now))
                return
        extent, priority, now = Extent.OLT_UNREACHABLE, Priority.HIGH, self.now
        one = Incident(self._new_id(), Kind.OLT, extent, priority, now, now)
        self._put(one._replace(olt_ids=(olt_id,)))

    @precondition(lambda self: self._struck())
    @rule(which=st.integers(0, 99), places=st.sets(PLACES, min_size=1, max_size=4))
    def grows(self, which: int, places: set[Place]) -> None:
        one = self._pick(which)
        known = {member.mac for member in one.members}
        fresh = [member_at(place, self.now) for place in sorted(places)]
        fresh = [member for member in fresh if member.mac not in known]
        self._put(judged(one._replace(members=(*one.members, *fresh), grown_at=self.now)))

    @precondition(lambda self: self._struck())
    @rule(
        which=st.integers(0, 99),
        onus=st.integers(1, 9),
        ending=st.sampled_from([Ending.RESTORED, Ending.RESTORED, Ending.PASSED_ON]),
    )
    def some_come_back(self, which: int, onus: int, ending: Ending) -> None:
        one = self._pick(which)
        back = {member.mac for member in one.standing[:onus]}
        members = tuple(
            member._replace(ended_at=self.now, ending=ending) if member.mac in back else member
            for member in one.members
        )
        is_over = all(not member.is_open for member in members)
        self._put(one._replace(members=members, closed_at=self.now if is_over else None))

    @precondition(lambda self: len(self._outages()) > 1)
    @rule(which=st.integers(0, 99))
    def two_outages_are_one(self, which: int) -> None:
        first, second, *_ = self._outages()
        if which % 2:
            first, second = second, first
        known = {member.mac for member in first.members}
        joined = [member for member in second.members if member.mac not in known]
        self._put(second._replace(closed_at=self.now, merged_into=first.id))
        self._put(judged(first._replace(members=(*first.members, *joined), grown_at=self.now)))

    # --- what people do ---

    @rule(hushed=st.sampled_from(TARGETS))
    def maintenance(self, hushed: tuple[str, ...]) -> None:
        self.targets = hushed

    @rule(routes=st.sampled_from(ROUTES))
    def routes_are_edited(self, routes: tuple[Route, ...]) -> None:
        self.routes = routes

    @precondition(lambda self: self._struck())
    @rule(which=st.integers(0, 99))
    def acknowledged(self, which: int) -> None:
        self._put(self._pick(which)._replace(acked_at=self.now))

    # --- a poll ---

    @rule(
        minutes=st.sampled_from([1, 1, 1, 5, 60, 300]),
        answers=st.lists(st.sampled_from([*Answer, Answer.TAKES]), min_size=3, max_size=3),
    )
    def poll(self, minutes: int, answers: list[Answer]) -> None:
        self.now += minutes * MINUTE
        told = self._told()
        bulletins = plan(self._situation(told), self._config())
        for bulletin in bulletins:
            self._check(bulletin, told)
        self.rows = [row for row in self.rows if not row.is_pending]
        self.rows += [
            Row(one, self.now, tells=[tell_of(item) for item in one.items]) for one in bulletins
        ]
        by_recipient = dict(zip((ANN, BOB, CID), answers, strict=True))
        for row in self.rows:
            if row.state is State.QUEUED:
                self._deliver(row, by_recipient[row.bulletin.recipient])

    def _deliver(self, row: Row, answer: Answer) -> None:
        if answer is Answer.REFUSES:
            row.state = State.DEAD
        elif answer is not Answer.LEAVES:
            # What may have been taken counts from then on, also when it is tried once more.
            row.sent_at = row.sent_at or self.now
            row.state = State.SENT if answer is Answer.TAKES else State.QUEUED

    def _situation(self, told: Mapping[tuple[str, str], Told]) -> Situation:
        digested = [row for row in self.rows if row.bulletin.quiet and not row.is_pending]
        return Situation(
            now=self.now,
            incidents=list(self.incidents.values()),
            told=told,
            notes={},
            passed=partial(self._passed, told),
            recent=self._used(),
            hushed=partial(hushed_by, self.targets),
            gaps={},
            digested_at={row.bulletin.recipient: row.planned_at for row in digested},
        )

    def _config(self) -> Config:
        return Config(
            path=Path("/etc/eponctl/olts.toml"),
            database=Path("/var/lib/eponctl.db"),
            timezone=ZONE,
            alerts=AlertSettings(quiet=QUIET, max_per_hour=MAX_PER_HOUR),
            whatsapp=WhatsAppSettings(recipients=(ANN, BOB, CID), routes=self.routes),
        )

    def _passed(
        self, told: Mapping[tuple[str, str], Told], recipient: str, from_: int, to: int
    ) -> Mapping[Kind, int]:
        return Counter(
            one.kind
            for one in self.incidents.values()
            if one.closed_at is not None
            and from_ <= one.closed_at < to
            and one.merged_into is None
            and (one.id, recipient) not in told
        )

    def _told(self) -> dict[tuple[str, str], Told]:
        """What the outbox says was told of each incident, and of those merged into it."""
        told: dict[tuple[str, str], Told] = {}
        for row, tell in self._tells():
            for incident_id in self._chain(tell.incident_id):
                key = incident_id, row.bulletin.recipient
                is_own = incident_id == tell.incident_id
                if row.sent_at is not None:
                    told[key] = _with(told.get(key), tell, row.sent_at, is_own=is_own)
                elif is_own:
                    known = told.get(key) or Told(0, 0, tell.onus, tell.extent)
                    told[key] = known._replace(is_lost=True)
        return told

    def _tells(self) -> Iterator[tuple[Row, Tell]]:
        return ((row, tell) for row in self.rows if not row.is_pending for tell in row.tells)

    def _chain(self, incident_id: str) -> Iterator[str]:
        current: str | None = incident_id
        while current is not None:
            yield current
            current = self.incidents[current].merged_into

    # --- what must hold ---

    def _check(self, bulletin: Bulletin, told: Mapping[tuple[str, str], Told]) -> None:
        is_quiet = quiet_span(QUIET, self.now, ZONE) is not None
        used = self._used()[bulletin.recipient]
        is_scarce = used >= MAX_PER_HOUR - KEPT
        assert used < MAX_PER_HOUR
        ids = [item.incident.id for item in bulletin.items]
        assert sorted(set(ids)) == sorted(ids)
        for incident, stage in bulletin.items:
            known = told.get((incident.id, bulletin.recipient))
            assert incident.merged_into is None
            assert known is not None or stage is Stage.OPENED
            # Under an id that is new to them it is new, unless it is over.
            is_new = known is None or not known.is_own
            assert (stage is Stage.OPENED) is (is_new and incident.is_open)
            assert known is None or not (known.is_closed or known.is_lost)
            assert (stage is Stage.CLOSED) is (incident.closed_at is not None)
            assert not (is_quiet or is_scarce) or incident.priority is Priority.CRITICAL
            assert not hushed_by(self.targets, incident)

    def teardown(self) -> None:
        """When all is over and the gateway works, each problem that was told was taken back."""
        self.targets = ()
        for one in self._open():
            self._put(one._replace(closed_at=self.now))
        for _ in range(24):
            self.poll(61, [Answer.TAKES] * 3)
        told = self._told()
        closings = Counter(
            (tell.incident_id, row.bulletin.recipient)
            for row, tell in self._tells()
            if tell.stage is Stage.CLOSED and row.sent_at is not None
        )
        expected = {
            key
            for key, known in told.items()
            if self.incidents[key[0]].merged_into is None and not known.is_lost
        }
        lost = {key for key, known in told.items() if known.is_lost}
        assert expected == set(closings) - lost
        assert {1} >= set(closings.values())
        assert [] == plan(self._situation(told), self._config())
        digests = Counter(
            (row.bulletin.recipient, row.bulletin.quiet)
            for row in self.rows
            if row.bulletin.quiet and row.sent_at is not None
        )
        assert {1} >= set(digests.values())

    # --- small things ---

    def _new_id(self) -> str:
        return f"I{len(self.incidents):03}"

    def _put(self, incident: Incident) -> None:
        self.incidents[incident.id] = incident

    def _open(self) -> list[Incident]:
        return [one for one in self.incidents.values() if one.is_open]

    def _struck(self) -> list[Incident]:
        return [one for one in self._open() if one.members]

    def _outages(self) -> list[Incident]:
        return [one for one in self._open() if one.kind is Kind.OUTAGE]

    def _pick(self, which: int) -> Incident:
        struck = self._struck()
        return struck[which % len(struck)]

    def _used(self) -> Counter[str]:
        """How many messages went to each recipient within the hour."""
        return Counter(
            row.bulletin.recipient
            for row in self.rows
            if row.sent_at is not None and self.now - row.sent_at < HOUR
        )


def _with(told: Told | None, tell: Tell, sent_at: int, *, is_own: bool) -> Told:
    """What was told, with one more message that the gateway (perhaps) took."""
    told = told or Told(sent_at, sent_at, tell.onus, tell.extent, is_own=is_own)
    return told._replace(
        first_at=min(told.first_at, sent_at) or sent_at,
        last_at=max(told.last_at, sent_at),
        onus=max(told.onus, tell.onus),
        extent=max(told.extent, tell.extent, key=lambda extent: extent.rank),
        is_own=told.is_own or is_own,
        has_half=told.has_half or (is_own and tell.stage is Stage.HALF),
        is_closed=told.is_closed or (is_own and tell.stage is Stage.CLOSED),
    )


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=400, stateful_step_count=30, deadline=None)

"""Quiet hours: what is told all the same, what is held, and the digest when they are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from eponctl.incidents.records import Extent, Incident, Kind, Member
from eponctl.model import Priority
from eponctl.settings import Config, Quiet
from eponctl.telling.plan import Situation, plan
from eponctl.telling.records import Bulletin, Note, Stage, Told

ANN, BOB = "6281200000001", "6281200000002"
QUIET = Quiet(22 * 60, 6 * 60)
ZONE = ZoneInfo("Asia/Jakarta")


def at(day: int, hour: int, minute: int = 0) -> int:
    """A time of January 2027 in Jakarta."""
    return int(datetime(2027, 1, day, hour, minute, tzinfo=ZONE).timestamp())


EVENING, NIGHT, MORNING = at(15, 22), at(16, 3), at(16, 6)

Make = Callable[..., Incident]
MakeMember = Callable[..., Member]
MakeTold = Callable[..., Told]
MakeNote = Callable[..., Note]
MakeSituation = Callable[..., Situation]
Plan = Callable[[Situation], list[Bulletin]]


@pytest.fixture
def planned(config: Callable[..., Config]) -> Plan:
    """Plan for one recipient with quiet hours from 22:00 to 06:00."""
    return lambda situation: plan(situation, config(ANN, quiet=QUIET))


def counted(**by_kind: int) -> Callable[[str, int, int], dict[Kind, int]]:
    """So many came and went within the quiet time."""

    def passed(recipient: str, from_: int, to: int) -> dict[Kind, int]:
        assert EVENING == from_
        return {Kind(kind): count for kind, count in by_kind.items()}

    return passed


def stages(bulletins: list[Bulletin]) -> list[tuple[str, Stage]]:
    return [(item.incident.id, item.stage) for one in bulletins for item in one.items]


# --- within ---


def test_only_what_is_urgent_enough_is_told_in_quiet_hours(
    incident: Make,
    member: MakeMember,
    note: MakeNote,
    situation: MakeSituation,
    planned: Plan,
) -> None:
    moment = situation(
        incident(*map(member, range(4)), id="CRIT"),
        incident(member(1, pon="0/2"), id="HIGH"),
        now=NIGHT,
        notes={ANN: (note(),)},
        passed=counted(outage=2),
    )
    [bulletin] = planned(moment)

    assert [("CRIT", Stage.OPENED)] == stages([bulletin])
    assert ((), {}, None, False) == (
        bulletin.notes,
        bulletin.passed,
        bulletin.quiet,
        bulletin.is_digest,
    )


def test_end_is_as_urgent_as_its_incident(
    incident: Make, told: MakeTold, situation: MakeSituation, planned: Plan
) -> None:
    known = {("CRIT", ANN): told(), ("HIGH", ANN): told()}
    moment = situation(
        incident(id="CRIT", priority=Priority.CRITICAL, closed_at=NIGHT),
        incident(id="HIGH", closed_at=NIGHT),
        now=NIGHT,
        told=known,
    )

    assert [("CRIT", Stage.CLOSED)] == stages(planned(moment))


def test_how_urgent_it_must_be_is_configured(
    incident: Make, note: MakeNote, situation: MakeSituation, config: Callable[..., Config]
) -> None:
    settings = config(ANN, quiet=Quiet(22 * 60, 6 * 60, Priority.HIGH))
    moment = situation(
        incident(id="HIGH"),
        incident(id="LESS", priority=Priority.MEDIUM),
        now=NIGHT,
        notes={ANN: (note(priority=Priority.HIGH),)},
    )
    [bulletin] = plan(moment, settings)

    assert [("HIGH", Stage.OPENED)] == stages([bulletin])
    assert () == bulletin.notes


@pytest.mark.parametrize(
    ("now", "is_told"),
    [(EVENING - 1, True), (EVENING, False), (MORNING - 1, False), (MORNING, True)],
)
def test_hours_begin_and_end_to_the_second(
    incident: Make, situation: MakeSituation, planned: Plan, now: int, is_told: bool
) -> None:
    assert is_told is bool(planned(situation(incident(opened_at=now), now=now)))


# --- after ---


def test_what_was_held_is_told_as_the_mornings_digest_with_the_count_of_what_passed(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    note: MakeNote,
    situation: MakeSituation,
    planned: Plan,
) -> None:
    moment = situation(
        incident(id="OPEN", opened_at=NIGHT),
        incident(member(1, pon="0/2"), id="OVER", closed_at=NIGHT),
        now=MORNING,
        told={("OVER", ANN): told(first_at=EVENING - 60)},
        notes={ANN: (note(at=NIGHT),)},
        passed=counted(outage=2, signal=0),
    )
    [bulletin] = planned(moment)

    assert [("OPEN", Stage.OPENED), ("OVER", Stage.CLOSED)] == stages([bulletin])
    assert (note(at=NIGHT),) == bulletin.notes
    assert {Kind.OUTAGE: 2} == bulletin.passed
    assert (EVENING, MORNING) == bulletin.quiet
    assert bulletin.is_digest


def test_count_alone_is_told_too(situation: MakeSituation, planned: Plan) -> None:
    moment = situation(now=MORNING, passed=counted(outage=1))

    expected = Bulletin(ANN, passed={Kind.OUTAGE: 1}, quiet=(EVENING, MORNING), is_digest=True)
    assert [expected] == planned(moment)


def test_note_alone_is_told_too(note: MakeNote, situation: MakeSituation, planned: Plan) -> None:
    [bulletin] = planned(situation(now=MORNING, notes={ANN: (note(at=NIGHT),)}))

    assert (EVENING, MORNING) == bulletin.quiet


def test_digest_of_a_quiet_time_is_told_once(
    incident: Make, situation: MakeSituation, planned: Plan
) -> None:
    again = {"now": MORNING + 60, "passed": counted(outage=1), "digested_at": {ANN: MORNING}}

    assert [] == planned(situation(**again))
    [bulletin] = planned(situation(incident(opened_at=MORNING + 60), **again))
    assert ({}, None, False) == (bulletin.passed, bulletin.quiet, bulletin.is_digest)


def test_digest_of_the_night_before_is_not_this_ones(
    situation: MakeSituation, planned: Plan
) -> None:
    before = {ANN: MORNING - 86400}
    moment = situation(now=MORNING, passed=counted(outage=1), digested_at=before)

    assert [(EVENING, MORNING)] == [one.quiet for one in planned(moment)]


def test_nothing_is_told_of_a_quiet_time_that_held_nothing(
    situation: MakeSituation, planned: Plan
) -> None:
    assert [] == planned(situation(now=MORNING))


def test_what_begins_after_the_hours_is_no_digest(
    incident: Make, note: MakeNote, situation: MakeSituation, planned: Plan
) -> None:
    moment = situation(
        incident(opened_at=MORNING + 60),
        now=MORNING + 60,
        notes={ANN: (note(at=MORNING + 60),)},
    )
    [bulletin] = planned(moment)

    assert (None, False) == (bulletin.quiet, bulletin.is_digest)


def test_what_is_told_in_quiet_hours_too_is_no_digest_either(
    incident: Make, situation: MakeSituation, planned: Plan
) -> None:
    moment = situation(incident(opened_at=NIGHT, priority=Priority.CRITICAL), now=MORNING)

    assert [None] == [one.quiet for one in planned(moment)]


def test_what_passed_is_each_recipients_own(
    situation: MakeSituation, config: Callable[..., Config]
) -> None:
    moment = situation(
        now=MORNING,
        passed=lambda recipient, _, __: {Kind.HEAT: 1} if recipient == BOB else {},
    )

    assert [BOB] == [one.recipient for one in plan(moment, config(ANN, BOB, quiet=QUIET))]


def test_digest_waits_while_the_budget_is_kept_for_critical_ones(
    incident: Make, situation: MakeSituation, planned: Plan
) -> None:
    fresh = incident(opened_at=MORNING, priority=Priority.CRITICAL)
    moment = situation(fresh, now=MORNING, passed=counted(outage=1), recent={ANN: 20})
    [bulletin] = planned(moment)

    assert ({}, None) == (bulletin.passed, bulletin.quiet)


def grown(incident: Make, member: MakeMember, when: int) -> Incident:
    return incident(member(1), member(2), opened_at=EVENING - 60, grown_at=when)


def half_back(incident: Make, member: MakeMember, when: int) -> Incident:
    half = incident(member(1, ended_at=when), member(2), member(3), member(4, ended_at=NIGHT))
    return half._replace(opened_at=EVENING - 60, grown_at=EVENING - 60, priority=Priority.HIGH)


def closed(incident: Make, member: MakeMember, when: int) -> Incident:
    return incident(member(1, ended_at=when), opened_at=EVENING - 60, closed_at=when)


@pytest.mark.parametrize(
    ("changed", "onus", "stage"),
    [(grown, 1, Stage.GREW), (half_back, 4, Stage.HALF), (closed, 1, Stage.CLOSED)],
)
@pytest.mark.parametrize(("when", "is_held"), [(NIGHT, True), (MORNING, False)])
def test_change_is_of_the_digest_when_it_came_in_the_quiet_time(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    situation: MakeSituation,
    planned: Plan,
    changed: Callable[[Make, MakeMember, int], Incident],
    onus: int,
    stage: Stage,
    when: int,
    is_held: bool,
) -> None:
    known = told(onus=onus, extent=Extent.WHOLE_PON, first_at=EVENING - 60)
    one = changed(incident, member, when)
    found = planned(situation(one, now=MORNING + 60, told={("7K3Q", ANN): known}))

    assert [("7K3Q", stage)] == stages(found)
    assert [(EVENING, MORNING) if is_held else None] == [bulletin.quiet for bulletin in found]


def test_digest_counts_until_now_when_it_comes_late(
    situation: MakeSituation, planned: Plan
) -> None:
    moment = situation(now=MORNING + 600, passed=lambda _, __, to: {Kind.HEAT: 1 + (to > MORNING)})

    assert [{Kind.HEAT: 2}] == [one.passed for one in planned(moment)]

"""The plan: what each recipient is told now, and what is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from eponctl.incidents.records import Extent, Incident, Kind, Member
from eponctl.model import Priority
from eponctl.settings import Config, Route
from eponctl.telling.plan import Situation, plan
from eponctl.telling.records import Bulletin, Item, Note, Stage, Told

NOW = 1_800_000_000
HOUR = 3600
ANN, BOB = "6281200000001", "6281200000002"

Make = Callable[..., Incident]
MakeMember = Callable[..., Member]
MakeTold = Callable[..., Told]
MakeNote = Callable[..., Note]
MakeConfig = Callable[..., Config]
MakeSituation = Callable[..., Situation]


def stages(bulletins: list[Bulletin]) -> dict[str, list[tuple[str, Stage]]]:
    """What is said of which incident, by recipient."""
    return {
        one.recipient: [(item.incident.id, item.stage) for item in one.items] for one in bulletins
    }


def test_nothing_to_say_is_no_bulletin(config: MakeConfig, situation: MakeSituation) -> None:
    assert [] == plan(situation(), config(ANN))
    assert [] == plan(situation(gaps={ANN: (NOW - 900, NOW)}), config(ANN))


def test_each_recipient_gets_a_bulletin_of_its_own_in_the_order_of_the_configuration(
    incident: Make, note: MakeNote, config: MakeConfig, situation: MakeSituation
) -> None:
    moment = situation(incident(), notes={BOB: (note(),)})

    expected = [
        Bulletin(BOB, (Item(incident(), Stage.OPENED),), (note(),)),
        Bulletin(ANN, (Item(incident(), Stage.OPENED),)),
    ]
    assert expected == plan(moment, config(BOB, ANN))


def test_everything_of_a_poll_is_in_one_bulletin_most_urgent_first_and_ends_last(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    config: MakeConfig,
    situation: MakeSituation,
) -> None:
    moment = situation(
        incident(member(1, pon="0/2"), id="OVER", closed_at=NOW, priority=Priority.CRITICAL),
        incident(id="LATE", kind=Kind.LOOP),
        incident(id="SOON", kind=Kind.AUTH, opened_at=NOW - 60),
        incident(*map(member, range(4)), id="LONG", opened_at=NOW - HOUR),
        told={
            ("OVER", ANN): told(),
            ("LONG", ANN): told(first_at=NOW - HOUR, onus=4, extent=Extent.WHOLE_PON),
        },
    )

    expected = [
        ("LONG", Stage.REMINDER),
        ("SOON", Stage.OPENED),
        ("LATE", Stage.OPENED),
        ("OVER", Stage.CLOSED),
    ]
    assert {ANN: expected} == stages(plan(moment, config(ANN)))


# --- routes and ledger ---


def test_recipient_is_told_what_its_routes_match_and_only_its_part(
    incident: Make, member: MakeMember, config: MakeConfig, situation: MakeSituation
) -> None:
    area = incident(member(1, olt_id="OLT-A"), member(1, olt_id="OLT-B"))
    routes = (Route((ANN,), ("OLT-A",)), Route((BOB,), ("OLT-C",)))
    [bulletin] = plan(situation(area), config(routes=routes))

    assert ANN == bulletin.recipient
    assert area.members[:1] == bulletin.items[0].incident.members


def test_recovery_goes_to_those_who_were_told_and_to_no_one_else(
    incident: Make, told: MakeTold, config: MakeConfig, situation: MakeSituation
) -> None:
    moment = situation(incident(closed_at=NOW), told={("7K3Q", ANN): told()})

    assert {ANN: [("7K3Q", Stage.CLOSED)]} == stages(plan(moment, config(ANN, BOB)))


@pytest.mark.parametrize(
    "route", [Route((ANN,), ("OLT-BLITAR",)), Route((ANN,), min_priority=Priority.CRITICAL)]
)
def test_recovery_goes_to_who_was_told_whatever_the_routes_say_now(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    config: MakeConfig,
    situation: MakeSituation,
    route: Route,
) -> None:
    half = incident(member(1, ended_at=NOW + 60), member(2))
    known = {("7K3Q", ANN): told(onus=2)}
    settings = config(routes=(route,))

    assert {ANN: [("7K3Q", Stage.HALF)]} == stages(
        plan(situation(half, told=known, now=NOW + 120), settings)
    )
    over = situation(half._replace(closed_at=NOW + 60), told=known)
    assert {ANN: [("7K3Q", Stage.CLOSED)]} == stages(plan(over, settings))
    grown = situation(incident(extent=Extent.AREA), told=known)
    assert [] == plan(grown, settings)


def test_part_that_is_back_before_it_was_told_is_not_told(
    incident: Make, member: MakeMember, config: MakeConfig, situation: MakeSituation
) -> None:
    area = incident(member(1, olt_id="OLT-A", ended_at=NOW), member(1, olt_id="OLT-B"))
    settings = config(routes=(Route((ANN,), ("OLT-A",)),))

    assert [] == plan(situation(area), settings)


def test_growth_is_measured_by_the_part_that_was_told(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    config: MakeConfig,
    situation: MakeSituation,
) -> None:
    here = [member(place, olt_id="OLT-A") for place in range(3)]
    there = [member(place, olt_id="OLT-B") for place in range(9)]
    area = incident(*here, *there, extent=Extent.AREA)
    known = {("7K3Q", ANN): told(onus=3, extent=Extent.AREA)}
    moment = situation(area, now=NOW + 60, told=known)

    assert [] == plan(moment, config(routes=(Route((ANN,), ("OLT-A",)),)))
    assert {ANN: [("7K3Q", Stage.GREW)]} == stages(plan(moment, config(ANN)))


def test_recipient_whose_message_was_refused_for_good_is_not_told_of_its_end(
    incident: Make, told: MakeTold, config: MakeConfig, situation: MakeSituation
) -> None:
    known = {("7K3Q", ANN): told(is_lost=True), ("7K3Q", BOB): told()}
    moment = situation(incident(closed_at=NOW), told=known)

    assert {BOB: [("7K3Q", Stage.CLOSED)]} == stages(plan(moment, config(ANN, BOB)))


# --- maintenance and silence ---


def test_hushed_incident_is_not_told_neither_opening_nor_closing(
    incident: Make, told: MakeTold, config: MakeConfig, situation: MakeSituation
) -> None:
    opening = situation(incident(), hushed=lambda _: True)
    closing = situation(
        incident(closed_at=NOW), told={("7K3Q", ANN): told()}, hushed=lambda _: True
    )

    assert [] == plan(opening, config(ANN))
    assert [] == plan(closing, config(ANN))


def test_what_is_still_wrong_when_maintenance_ends_is_told(
    incident: Make, config: MakeConfig, situation: MakeSituation
) -> None:
    since_long = situation(incident(opened_at=NOW - HOUR), hushed=lambda _: False)

    assert {ANN: [("7K3Q", Stage.OPENED)]} == stages(plan(since_long, config(ANN)))


def test_part_of_a_recipient_is_hushed_by_itself(
    incident: Make, member: MakeMember, config: MakeConfig, situation: MakeSituation
) -> None:
    area = incident(member(1, olt_id="OLT-A"), member(1, olt_id="OLT-B"))
    moment = situation(area, hushed=lambda one: one.olt_ids == ("OLT-A",))

    assert {BOB: [("7K3Q", Stage.OPENED)]} == stages(
        plan(moment, config(BOB, routes=(Route((ANN,), ("OLT-A",)),)))
    )


# --- parents ---


def test_nothing_is_told_of_what_lies_on_an_olt_that_is_told_not_to_answer(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    config: MakeConfig,
    situation: MakeSituation,
) -> None:
    away = incident(kind=Kind.OLT, id="AWAY")
    below = incident(*map(member, range(4)), id="OPEN"), incident(id="OVER", closed_at=NOW)
    known = {("OVER", ANN): told()}
    about_to_be = situation(away, *below, told=known)
    was = situation(
        away, *below, told={**known, ("AWAY", ANN): told(extent=Extent.OLT_UNREACHABLE)}
    )

    assert {ANN: [("AWAY", Stage.OPENED)]} == stages(plan(about_to_be, config(ANN)))
    assert [] == plan(was, config(ANN))


def test_return_of_an_olt_comes_with_what_is_still_wrong_on_it(
    incident: Make, told: MakeTold, config: MakeConfig, situation: MakeSituation
) -> None:
    moment = situation(
        incident(kind=Kind.OLT, id="AWAY", closed_at=NOW),
        incident(id="GONE"),
        incident(id="OVER", closed_at=NOW),
        told={
            ("AWAY", ANN): told(onus=0, extent=Extent.OLT_UNREACHABLE),
            ("OVER", ANN): told(),
        },
    )

    expected = [("GONE", Stage.OPENED), ("AWAY", Stage.CLOSED), ("OVER", Stage.CLOSED)]
    assert {ANN: expected} == stages(plan(moment, config(ANN)))


def test_recipient_that_is_not_told_of_the_olt_is_told_what_lies_on_it(
    incident: Make, member: MakeMember, config: MakeConfig, situation: MakeSituation
) -> None:
    moment = situation(
        incident(kind=Kind.OLT, id="AWAY"), incident(*map(member, range(4)), id="OPEN")
    )
    settings = config(routes=(Route((ANN,), min_priority=Priority.CRITICAL),))

    assert {ANN: [("OPEN", Stage.OPENED)]} == stages(plan(moment, settings))


def test_recipient_to_whom_the_olts_message_was_lost_is_told_what_lies_on_it(
    incident: Make, told: MakeTold, config: MakeConfig, situation: MakeSituation
) -> None:
    away, lost = incident(kind=Kind.OLT, id="AWAY"), told(is_lost=True)
    moment = situation(away, incident(), told={("AWAY", ANN): lost})

    assert {ANN: [("7K3Q", Stage.OPENED)]} == stages(plan(moment, config(ANN)))


def test_lesser_troubles_of_a_pon_that_is_out_wait_until_it_is_back(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    config: MakeConfig,
    situation: MakeSituation,
) -> None:
    out = incident(*map(member, range(4)), id="ROOT")
    weak = incident(member(9), id="WEAK", kind=Kind.SIGNAL)
    known = {("ROOT", ANN): told(onus=4, extent=Extent.WHOLE_PON)}

    assert {ANN: [("ROOT", Stage.OPENED)]} == stages(plan(situation(out, weak), config(ANN)))
    assert [] == plan(situation(out, weak, told=known), config(ANN))
    back = situation(out._replace(closed_at=NOW), weak, told=known)
    expected = [("WEAK", Stage.OPENED), ("ROOT", Stage.CLOSED)]
    assert {ANN: expected} == stages(plan(back, config(ANN)))


def test_there_are_no_reminders_of_what_lies_on_olts_that_do_not_answer(
    incident: Make,
    member: MakeMember,
    told: MakeTold,
    config: MakeConfig,
    situation: MakeSituation,
) -> None:
    out = incident(*map(member, range(4)))
    known = {("7K3Q", ANN): told(onus=4, extent=Extent.WHOLE_PON, first_at=NOW - HOUR)}
    away = incident(kind=Kind.OLT, id="AWAY")
    critical_only = config(routes=(Route((ANN,), min_priority=Priority.CRITICAL),))

    assert {ANN: [("7K3Q", Stage.REMINDER)]} == stages(
        plan(situation(out, told=known), critical_only)
    )
    assert [] == plan(situation(out, away, told=known), critical_only)


# --- budget ---


@pytest.fixture
def both(incident: Make, member: MakeMember) -> tuple[Incident, Incident]:
    """Make a critical incident and one that is not."""
    worse = incident(*map(member, range(4)), id="CRIT")
    return worse, incident(member(1, pon="0/2"), id="HIGH")


@pytest.mark.parametrize(
    ("used", "told_of", "is_digest"),
    [
        (0, ["CRIT", "HIGH"], False),
        (18, ["CRIT", "HIGH"], False),
        (19, ["CRIT", "HIGH"], True),
        (20, ["CRIT"], True),
        (29, ["CRIT"], True),
        (30, [], False),
        (99, [], False),
    ],
)
def test_a_third_of_the_budget_is_kept_for_critical_ones(
    both: tuple[Incident, Incident],
    note: MakeNote,
    config: MakeConfig,
    situation: MakeSituation,
    used: int,
    told_of: list[str],
    is_digest: bool,
) -> None:
    moment = situation(*both, recent={ANN: used}, notes={ANN: (note(),)})
    found = plan(moment, config(ANN, max_per_hour=30))

    assert told_of == [item.incident.id for one in found for item in one.items]
    assert [is_digest] * len(found) == [one.is_digest for one in found]
    assert [() if used >= 20 else (note(),)] * len(found) == [one.notes for one in found]


@pytest.mark.parametrize(("used", "is_digest"), [(20, False), (28, False), (29, True)])
def test_critical_one_alone_is_a_digest_only_as_the_last_that_fits(
    both: tuple[Incident, Incident],
    config: MakeConfig,
    situation: MakeSituation,
    used: int,
    is_digest: bool,
) -> None:
    [bulletin] = plan(situation(both[0], recent={ANN: used}), config(ANN, max_per_hour=30))

    assert is_digest is bulletin.is_digest


def test_end_of_a_critical_incident_is_told_from_the_third_that_is_kept(
    both: tuple[Incident, Incident],
    told: MakeTold,
    config: MakeConfig,
    situation: MakeSituation,
) -> None:
    worse = both[0]._replace(closed_at=NOW)
    moment = situation(worse, both[1], recent={ANN: 25}, told={("CRIT", ANN): told()})

    assert {ANN: [("CRIT", Stage.CLOSED)]} == stages(plan(moment, config(ANN)))


def test_budget_of_one_recipient_is_not_anothers(
    both: tuple[Incident, Incident], config: MakeConfig, situation: MakeSituation
) -> None:
    moment = situation(*both, recent={ANN: 30})

    assert [BOB] == [one.recipient for one in plan(moment, config(ANN, BOB))]


@pytest.mark.parametrize(("most", "used"), [(1, 0), (2, 1), (3, 1), (3, 2)])
def test_small_budgets_end_with_a_digest(
    both: tuple[Incident, Incident],
    config: MakeConfig,
    situation: MakeSituation,
    most: int,
    used: int,
) -> None:
    settings = config(ANN, max_per_hour=most)
    [bulletin] = plan(situation(*both, recent={ANN: used}), settings)

    assert bulletin.is_digest
    assert [] == plan(situation(*both, recent={ANN: most}), settings)


def test_what_the_budget_keeps_from_being_told_covers_nothing(
    incident: Make, member: MakeMember, config: MakeConfig, situation: MakeSituation
) -> None:
    away = incident(kind=Kind.OLT, id="AWAY")
    moment = situation(away, incident(*map(member, range(4)), id="OPEN"), recent={ANN: 20})

    assert {ANN: [("OPEN", Stage.OPENED)]} == stages(plan(moment, config(ANN)))


# --- gaps ---


GAP = (NOW - 2700, NOW)


def gaps_in(bulletins: Iterable[Bulletin]) -> list[tuple[str, tuple[int, int] | None, bool]]:
    return [(one.recipient, one.gap, one.is_digest) for one in bulletins]


def test_what_a_time_without_polls_has_brought_is_one_summary_that_says_so(
    incident: Make, config: MakeConfig, situation: MakeSituation
) -> None:
    moment = situation(incident(opened_at=NOW), gaps={ANN: GAP, BOB: GAP})

    assert [(ANN, GAP, True), (BOB, GAP, True)] == gaps_in(plan(moment, config(ANN, BOB)))


def test_who_was_told_of_the_time_without_polls_is_not_told_again(
    incident: Make, config: MakeConfig, situation: MakeSituation
) -> None:
    moment = situation(incident(opened_at=NOW), gaps={BOB: GAP})

    assert [(ANN, None, False), (BOB, GAP, True)] == gaps_in(plan(moment, config(ANN, BOB)))


@pytest.mark.parametrize("at", [NOW - 2700, NOW + 60])
def test_what_happened_before_or_after_a_time_without_polls_does_not_speak_of_it(
    incident: Make, config: MakeConfig, situation: MakeSituation, at: int
) -> None:
    moment = situation(incident(opened_at=at, grown_at=at), now=NOW + 60, gaps={ANN: GAP})

    assert [(ANN, None, False)] == gaps_in(plan(moment, config(ANN)))

"""What is next to be told of an incident."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member
from eponctl.model import Priority
from eponctl.settings import AlertSettings
from eponctl.telling.due import due
from eponctl.telling.records import Stage, Told

NOW = 1_800_000_000
HOUR = 3600
ALERTS = AlertSettings(reminder_after_s=HOUR)

Make = Callable[..., Incident]
MakeMember = Callable[..., Member]
MakeTold = Callable[..., Told]


def test_open_incident_that_was_not_told_is_opened(incident: Make) -> None:
    assert Stage.OPENED is due(incident(), None, ALERTS, NOW)


def test_incident_that_came_and_went_untold_is_not_told(incident: Make) -> None:
    assert due(incident(closed_at=NOW + 60), None, ALERTS, NOW + 60) is None


def test_incident_of_which_nothing_is_new_is_not_told_again(incident: Make, told: MakeTold) -> None:
    assert due(incident(), told(), ALERTS, NOW + 60) is None


def test_end_is_told_once_to_who_was_told(incident: Make, told: MakeTold) -> None:
    over = incident(closed_at=NOW + 60)

    assert Stage.CLOSED is due(over, told(), ALERTS, NOW + 60)
    assert due(over, told(is_closed=True), ALERTS, NOW + 60) is None


def test_incident_whose_message_was_refused_for_good_is_told_no_more(
    incident: Make, told: MakeTold
) -> None:
    assert due(incident(closed_at=NOW + 60), told(is_lost=True), ALERTS, NOW + 60) is None
    assert due(incident(extent=Extent.AREA), told(is_lost=True), ALERTS, NOW + 60) is None


def test_merged_incident_is_told_with_the_one_that_took_it_up(
    incident: Make, told: MakeTold
) -> None:
    merged = incident(closed_at=NOW + 60, merged_into="9XYZ")

    assert due(merged, None, ALERTS, NOW + 60) is None
    assert due(merged, told(), ALERTS, NOW + 60) is None


def test_incident_that_was_told_under_another_id_only_is_told_under_its_own(
    incident: Make, told: MakeTold
) -> None:
    assert Stage.OPENED is due(incident(), told(is_own=False), ALERTS, NOW + 60)
    over = incident(closed_at=NOW + 60)
    assert Stage.CLOSED is due(over, told(is_own=False), ALERTS, NOW + 60)


# --- growth ---


@pytest.mark.parametrize(
    ("onus", "before", "expected"),
    [(3, 2, None), (4, 2, Stage.GREW), (5, 3, None), (7, 3, Stage.GREW), (2, 1, Stage.GREW)],
)
def test_growth_is_told_when_the_number_doubled(
    incident: Make, member: MakeMember, told: MakeTold, onus: int, before: int, expected: Stage
) -> None:
    grown = incident(*map(member, range(onus)), extent=Extent.PARTIAL_PON)
    known = told(onus=before, extent=Extent.PARTIAL_PON)

    assert expected is due(grown, known, ALERTS, NOW + 60)


@pytest.mark.parametrize(
    ("told_before_s", "stage"), [(60, None), (299, None), (300, Stage.GREW), (3600, Stage.GREW)]
)
def test_growth_waits_a_little_while_more_are_lost_with_each_poll(
    told_before_s: int, stage: Stage | None, incident: Make, member: MakeMember, told: MakeTold
) -> None:
    grown = incident(member(1), member(2), extent=Extent.SINGLE, grown_at=NOW + 60)
    known = told(onus=1, first_at=NOW + 60 - told_before_s)

    assert stage is due(grown, known, ALERTS, NOW + 60)
    assert Stage.GREW is due(grown, known, ALERTS, NOW + 120)


def test_growth_that_makes_it_another_thing_does_not_wait(
    incident: Make, member: MakeMember, told: MakeTold
) -> None:
    wider = incident(*map(member, range(3)), extent=Extent.PARTIAL_PON, grown_at=NOW + 60)

    assert Stage.GREW is due(wider, told(onus=2), ALERTS, NOW + 60)


def test_growth_is_told_when_the_extent_became_wider_but_not_narrower(
    incident: Make, member: MakeMember, told: MakeTold
) -> None:
    wider = incident(*map(member, range(5)), extent=Extent.WHOLE_PON)

    assert Stage.GREW is due(wider, told(onus=4, extent=Extent.PARTIAL_PON), ALERTS, NOW + 60)
    assert due(wider, told(onus=4, extent=Extent.AREA), ALERTS, NOW + 60) is None


def test_olt_that_does_not_answer_does_not_grow(incident: Make, told: MakeTold) -> None:
    away = incident(kind=Kind.OLT)

    assert due(away, told(onus=0, extent=Extent.OLT_UNREACHABLE), ALERTS, NOW + 60) is None


# --- half restored ---


@pytest.mark.parametrize(
    ("onus", "back", "expected"),
    [(4, 1, None), (4, 2, Stage.HALF), (5, 2, None), (5, 3, Stage.HALF), (2, 1, Stage.HALF)],
)
def test_half_is_told_when_half_of_the_onus_are_back(
    incident: Make, member: MakeMember, told: MakeTold, onus: int, back: int, expected: Stage
) -> None:
    ended = [member(place, ended_at=NOW + 60) for place in range(back)]
    some = incident(*ended, *map(member, range(back, onus)), extent=Extent.PARTIAL_PON)
    known = told(onus=onus, extent=Extent.PARTIAL_PON)

    assert expected is due(some, known, ALERTS, NOW + 120)


def test_half_waits_while_onus_still_come_back(
    incident: Make, member: MakeMember, told: MakeTold
) -> None:
    back = [member(place, ended_at=NOW + 60 * place) for place in (1, 2)]
    some, known = incident(*back, member(3)), told(onus=3)

    assert due(some, known, ALERTS, NOW + 120) is None
    assert Stage.HALF is due(some, known, ALERTS, NOW + 180)


def test_half_is_told_once(incident: Make, member: MakeMember, told: MakeTold) -> None:
    half = incident(member(1, ended_at=NOW + 60), member(2))

    assert due(half, told(onus=2, has_half=True), ALERTS, NOW + 120) is None


def test_half_of_one_onu_is_nothing(incident: Make, member: MakeMember, told: MakeTold) -> None:
    assert due(incident(member(1, ended_at=NOW + 60)), told(), ALERTS, NOW + 120) is None


def test_half_that_was_back_when_the_opening_was_told_is_not_told_again(
    incident: Make, member: MakeMember, told: MakeTold
) -> None:
    half = incident(member(1, ended_at=NOW - 60), member(2))

    assert due(half, told(onus=2), ALERTS, NOW + 120) is None


def test_onus_that_left_the_incident_another_way_are_not_back(
    incident: Make, member: MakeMember, told: MakeTold
) -> None:
    left = member(1, ended_at=NOW + 60, ending=Ending.REMOVED)

    assert due(incident(left, member(2)), told(onus=2), ALERTS, NOW + 120) is None


def test_growth_is_told_before_half(incident: Make, member: MakeMember, told: MakeTold) -> None:
    both = incident(member(1, ended_at=NOW + 60), member(2), extent=Extent.PARTIAL_PON)

    assert Stage.GREW is due(both, told(onus=2), ALERTS, NOW + 120)


# --- reminders ---


@pytest.fixture
def critical(incident: Make, member: MakeMember) -> Make:
    """Make an outage of a PON."""
    return lambda **changes: incident(*map(member, range(4)), **changes)


@pytest.mark.parametrize(
    ("last_s", "now_s", "is_due"),
    [
        (0, HOUR - 1, False),
        (0, HOUR, True),
        (HOUR // 2, HOUR, True),  # that it grew meanwhile does not put it off
        (HOUR, 2 * HOUR, False),
        (HOUR, 5 * HOUR - 1, False),
        (HOUR, 5 * HOUR, True),
        (5 * HOUR, 9 * HOUR, True),
    ],
)
def test_reminders_come_after_an_hour_and_then_every_four(
    critical: Make, told: MakeTold, last_s: int, now_s: int, is_due: bool
) -> None:
    known = told(onus=4, extent=Extent.WHOLE_PON, last_at=NOW + last_s)
    expected = Stage.REMINDER if is_due else None

    assert expected is due(critical(), known, ALERTS, NOW + now_s)


def test_single_box_without_power_is_reminded_of_once(critical: Make, told: MakeTold) -> None:
    single = critical()._replace(extent=Extent.SINGLE)

    assert Stage.REMINDER is due(single, told(onus=4, last_at=NOW), ALERTS, NOW + 3600)
    assert None is due(single, told(onus=4, last_at=NOW + 3600), ALERTS, NOW + 99 * 3600)


def test_reminders_can_be_off(critical: Make, told: MakeTold) -> None:
    known = told(onus=4, extent=Extent.WHOLE_PON)

    assert due(critical(), known, AlertSettings(reminder_after_s=None), NOW + 99 * HOUR) is None


def test_acknowledged_incident_has_no_reminders_but_everything_else(
    critical: Make, told: MakeTold
) -> None:
    known, now = told(onus=4, extent=Extent.WHOLE_PON), NOW + 2 * HOUR

    assert due(critical(acked_at=NOW + 60), known, ALERTS, now) is None
    grown = critical(acked_at=NOW + 60, extent=Extent.AREA)
    assert Stage.GREW is due(grown, known, ALERTS, now)
    over = critical(acked_at=NOW + 60, closed_at=now)
    assert Stage.CLOSED is due(over, known, ALERTS, now)


@pytest.mark.parametrize(
    "changes", [{"priority": Priority.HIGH}, {"kind": Kind.HEAT}, {"kind": Kind.FLAPPING}]
)
def test_only_critical_outages_have_reminders(
    critical: Make, told: MakeTold, changes: dict[str, object]
) -> None:
    known = told(onus=4, extent=Extent.WHOLE_PON)

    assert due(critical(**changes), known, ALERTS, NOW + 2 * HOUR) is None

"""Who is told, and of which part of an incident."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eponctl.incidents.records import Incident, Kind, Member
from eponctl.model import Event, EventKind, Priority
from eponctl.settings import Config, Route
from eponctl.telling.routing import ending_for, is_for, note_recipients, part_for, recipients

NOW = 1_800_000_000
ANN, BOB = "6281200000001", "6281200000002"
GROUP = "120363000000000000@g.us"

Make = Callable[..., Incident]
MakeMember = Callable[..., Member]
MakeConfig = Callable[..., Config]


def test_recipients_come_in_the_order_of_the_configuration_once(config: MakeConfig) -> None:
    settings = config(BOB, ANN, routes=(Route((GROUP, ANN)), Route(("6281200000003",))))

    assert (BOB, ANN, GROUP, "6281200000003") == recipients(settings.whatsapp)


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (Route((BOB,), ("OLT-BLITAR",), Priority.CRITICAL), True),
        (Route((ANN,)), True),
        (Route((ANN,), ("OLT-KEDIRI-*",)), True),
        (Route((ANN,), ("OLT-B*", "*-02")), True),
        (Route((ANN,), ("OLT-BLITAR",)), False),
        (Route((ANN,), ("olt-kediri-*",)), False),
        (Route((ANN,), min_priority=Priority.HIGH), True),
        (Route((ANN,), min_priority=Priority.CRITICAL), False),
        (Route((ANN,), ("OLT-BLITAR",), Priority.CRITICAL), False),
    ],
)
def test_route_lets_through_what_it_matches(route: Route, expected: bool) -> None:
    olt_ids = ("OLT-KEDIRI-01", "OLT-KEDIRI-02")

    assert expected is is_for(ANN, Priority.HIGH, olt_ids, (route,))


def test_olt_and_priority_must_be_of_the_same_route() -> None:
    routes = (Route((ANN,), ("OLT-A",), Priority.CRITICAL), Route((ANN,), ("OLT-B",)))

    assert not is_for(ANN, Priority.HIGH, ("OLT-A",), routes)
    assert is_for(ANN, Priority.HIGH, ("OLT-B",), routes)


def test_note_is_for_those_whose_routes_let_its_event_through(config: MakeConfig) -> None:
    routes = (Route((GROUP,), ("OLT-BLITAR",)), Route((BOB,), min_priority=Priority.HIGH))
    settings = config(ANN, BOB, routes=routes)
    moved = Event(EventKind.MOVED, Priority.MEDIUM, "OLT-BLITAR", NOW)

    assert (ANN, GROUP) == note_recipients(moved, settings)


# --- a part of an incident ---


@pytest.fixture
def area(incident: Make, member: MakeMember) -> Incident:
    """Make an outage of two OLTs, three ONUs each."""
    members = [member(place, olt_id=olt) for olt in ("OLT-A", "OLT-B") for place in (1, 2, 3)]
    of = {"OLT-A:0/1": 4, "OLT-B:0/1": 5}
    return incident(*members, of=of, priority=Priority.CRITICAL)


def test_recipient_without_a_route_gets_the_whole(area: Incident) -> None:
    assert area == part_for(ANN, area, (Route((BOB,), ("OLT-A",)),))


def test_recipient_gets_the_part_that_is_on_the_olts_of_its_routes(area: Incident) -> None:
    part = part_for(ANN, area, (Route((ANN,), ("OLT-B",)),))

    expected = area._replace(members=area.members[3:], olt_ids=("OLT-B",), of={"OLT-B:0/1": 5})
    assert expected == part


def test_part_keeps_to_the_routes_that_are_for_its_priority(area: Incident) -> None:
    routes = (Route((ANN,), ("OLT-B",)), Route((ANN,), ("*",), Priority.CRITICAL))
    high = area._replace(priority=Priority.HIGH)

    assert area == part_for(ANN, area, routes)
    part = part_for(ANN, high, routes)
    assert part is not None
    assert ("OLT-B",) == part.olt_ids


def test_recipient_gets_nothing_of_what_no_route_matches(area: Incident) -> None:
    assert part_for(ANN, area, (Route((ANN,), ("OLT-C",)),)) is None


def test_recipient_gets_nothing_of_an_incident_without_onus_on_its_olts(area: Incident) -> None:
    left = area._replace(members=area.members[3:])

    assert part_for(ANN, left, (Route((ANN,), ("OLT-A",)),)) is None


def test_olt_that_does_not_answer_is_for_those_of_its_routes(incident: Make) -> None:
    away = incident(kind=Kind.OLT)

    assert away == part_for(ANN, away, (Route((ANN,), ("OLT-KEDIRI-*",)),))
    assert part_for(ANN, away, (Route((ANN,), ("OLT-BLITAR",)),)) is None


def test_end_is_of_the_part_that_is_the_recipients_however_urgent(area: Incident) -> None:
    high = area._replace(priority=Priority.HIGH)
    ending = ending_for(ANN, high, (Route((ANN,), ("OLT-A",), Priority.CRITICAL),))

    assert ("OLT-A",) == ending.olt_ids
    assert high.members[:3] == ending.members


def test_end_is_of_the_whole_where_the_routes_match_nothing_of_it_any_more(area: Incident) -> None:
    assert area == ending_for(ANN, area, (Route((ANN,), ("OLT-C",)),))

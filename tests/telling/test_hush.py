"""What is not told for now: maintenance, silence, and what lies beneath something larger."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member
from eponctl.telling.hush import cover_of, hushed_by, is_covered

NOW = 1_800_000_000

Make = Callable[..., Incident]
MakeMember = Callable[..., Member]


# --- maintenance and silence ---


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([], False),
        (["OLT-KEDIRI-*"], True),
        (["OLT-BLITAR"], False),
        (["OLT-KEDIRI-01:0/1"], False),
        (["OLT-KEDIRI-01:0/1", "OLT-KEDIRI-01:0/2"], True),
        (["OLT-KEDIRI-01:0/1:1", "OLT-KEDIRI-01:0/2:*"], True),
        (["02:00:00:00:01:01", "02:00:00:00:02:02"], True),
        (["OLT-KEDIRI-01:0/1:2", "OLT-KEDIRI-01:0/2"], False),
    ],
)
def test_incident_is_hushed_when_targets_fit_all_of_its_onus(
    incident: Make, member: MakeMember, targets: list[str], expected: bool
) -> None:
    both = incident(member(1, pon="0/1"), member(2, pon="0/2"))

    assert expected is hushed_by(targets, both)


def test_onus_that_are_back_do_not_count_while_others_are_not(
    incident: Make, member: MakeMember
) -> None:
    half = incident(member(1), member(2, ended_at=NOW))

    assert hushed_by(["OLT-KEDIRI-01:0/1:1"], half)
    assert not hushed_by(["OLT-KEDIRI-01:0/1:2"], half)


def test_of_a_closed_incident_all_count_that_it_ended_for(
    incident: Make, member: MakeMember
) -> None:
    passed_on = member(3, ended_at=NOW, ending=Ending.PASSED_ON)
    over = incident(member(1, ended_at=NOW), member(2, ended_at=NOW), passed_on, closed_at=NOW)

    assert not hushed_by(["OLT-KEDIRI-01:0/1:1"], over)
    assert hushed_by(["OLT-KEDIRI-01:0/1:1", "OLT-KEDIRI-01:0/1:2"], over)


@pytest.mark.parametrize(
    ("target", "expected"),
    [("OLT-*", True), ("OLT-KEDIRI-01", True), ("OLT-KEDIRI-01:0/1", False), ("OLT-B", False)],
)
def test_olt_that_does_not_answer_is_hushed_by_a_target_that_fits_the_olt(
    incident: Make, target: str, expected: bool
) -> None:
    assert expected is hushed_by([target], incident(kind=Kind.OLT))


# --- parents ---


def covers(parent: Incident, child: Incident) -> bool:
    return is_covered(child, cover_of([parent, child], lambda one: one is parent))


def test_olt_that_does_not_answer_covers_all_that_lies_wholly_on_it(
    incident: Make, member: MakeMember
) -> None:
    away = incident(kind=Kind.OLT)
    here, there = member(1), member(1, olt_id="OLT-BLITAR")

    assert covers(away, incident(here))
    assert covers(away, incident(*map(member, range(4))))
    assert covers(away, incident(here, kind=Kind.LOOP, closed_at=NOW))
    assert not covers(away, incident(there))
    assert not covers(away, incident(here, there))
    assert not covers(away, away)


def test_outage_of_several_olts_that_all_do_not_answer_is_covered(
    incident: Make, member: MakeMember
) -> None:
    both = [incident(kind=Kind.OLT, olt_ids=(olt_id,)) for olt_id in ("OLT-A", "OLT-B")]
    area = incident(member(1, olt_id="OLT-A"), member(1, olt_id="OLT-B"))

    assert is_covered(area, cover_of(both, lambda _: True))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": Kind.SIGNAL}, True),
        ({"kind": Kind.SIGNAL, "extent": Extent.WHOLE_PON}, True),
        ({"kind": Kind.HEAT}, True),
        ({"kind": Kind.FLAPPING}, True),
        ({"kind": Kind.OUTAGE}, True),
        ({"kind": Kind.OUTAGE, "extent": Extent.PARTIAL_PON}, False),
        ({"kind": Kind.LOOP}, False),
        ({"kind": Kind.AUTH}, False),
    ],
)
def test_pon_that_is_out_covers_the_lesser_troubles_on_it(
    incident: Make, member: MakeMember, changes: dict[str, object], expected: bool
) -> None:
    out = incident(*map(member, range(4)))

    assert expected is covers(out, incident(member(9), **changes))
    assert not covers(out, incident(member(9, pon="0/2"), **changes))


@pytest.mark.parametrize(
    ("extent", "expected"),
    [(Extent.PARTIAL_PON, False), (Extent.WHOLE_OLT, True), (Extent.AREA, True)],
)
def test_outage_of_a_whole_pon_or_more_covers(
    incident: Make, member: MakeMember, extent: Extent, expected: bool
) -> None:
    out = incident(*map(member, range(4)), extent=extent)

    assert expected is covers(out, incident(member(9)))


def test_what_is_over_or_unknown_covers_nothing(incident: Make, member: MakeMember) -> None:
    child, away = incident(member(9)), incident(kind=Kind.OLT)

    assert not covers(away._replace(closed_at=NOW), child)
    assert not is_covered(child, cover_of([away], lambda _: False))


def test_pon_whose_onus_are_back_is_not_covered_by_an_outage_that_goes_on_elsewhere(
    incident: Make, member: MakeMember
) -> None:
    back = [member(place, ended_at=NOW) for place in range(4)]
    area = incident(*back, member(1, pon="0/2"), extent=Extent.AREA)

    assert not covers(area, incident(member(9)))
    assert covers(area, incident(member(9, pon="0/2")))

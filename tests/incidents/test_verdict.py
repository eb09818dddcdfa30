"""What is made of an outage: extent, cause and confidence, and where high may stand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl.incidents.records import (
    Cause,
    Confidence,
    Evidence,
    Extent,
    Member,
    Survivors,
    Verdict,
    pon_key,
)
from eponctl.incidents.verdict import Survivor, verdict
from eponctl.model import Priority, Status

OLT, OTHER = "OLT-1", "OLT-2"
PON = "OLT-1:0/1"
HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
SINGLE, PARTIAL, WHOLE = Extent.SINGLE, Extent.PARTIAL_PON, Extent.WHOLE_PON
FEEDER, BRANCH = Cause.FIBRE_FEEDER, Cause.FIBRE_BRANCH
LOCAL, AREA, MIXED, UNKNOWN = Cause.POWER_LOCAL, Cause.POWER_AREA, Cause.MIXED, Cause.UNKNOWN


def dead(
    number: int,
    is_gasp: bool | None = False,
    distance_m: int | None = None,
    *,
    olt: str = OLT,
    pon: str = "0/1",
) -> Member:
    """An ONU that dropped."""
    return Member(
        olt_id=olt,
        mac=f"02:00:00:00:00:{number:02X}",
        onu_id=f"{pon}:{number}",
        name=None,
        status=Status.DOWN,
        status_raw="Down",
        priority=Priority.HIGH,
        at=0,
        is_gasp=is_gasp,
        distance_m=distance_m,
    )


def struck(
    lost: int, gasps: int = 0, silent: int = 0, *, olt: str = OLT, pon: str = "0/1"
) -> list[Member]:
    """So many ONUs of one PON, the first of them with a dying gasp, the last without a reason."""
    said = [number < gasps for number in range(lost - silent)]
    return [
        dead(number, is_gasp, olt=olt, pon=pon)
        for number, is_gasp in enumerate([*said, *[None] * silent], 1)
    ]


def alive(
    *distances: int | None, pon: str = PON, rx_change_db: float | None = 0.0
) -> list[Survivor]:
    return [Survivor(pon, metres, rx_change_db) for metres in distances]


def judged(
    members: Sequence[Member],
    of: int | dict[str, int],
    survivors: Sequence[Survivor] = (),
    *,
    pons_with_onus: dict[str, int] | None = None,
) -> Verdict:
    """The verdict of one poll's drops; `of` is that of PON 0/1, or of each PON."""
    ups = {PON: of} if isinstance(of, int) else of
    return verdict(members, ups, survivors, polls=1, pons_with_onus=pons_with_onus or ups)


def told(found: Verdict) -> tuple[Extent, Cause, Confidence]:
    return found.extent, found.cause, found.confidence


# --- one PON ---


@pytest.mark.parametrize(
    ("lost", "of", "expected"),
    [
        (1, 1, SINGLE),
        (2, 2, SINGLE),
        (2, 64, SINGLE),
        (3, 3, PARTIAL),
        (3, 64, PARTIAL),
        (4, 4, WHOLE),
        (4, 5, PARTIAL),
        (8, 9, PARTIAL),
        (9, 10, WHOLE),
        (17, 19, PARTIAL),
        (18, 20, WHOLE),
        (57, 64, PARTIAL),
        (58, 64, WHOLE),
    ],
)
def test_extent_of_one_pon_is_by_number_and_share(lost: int, of: int, expected: Extent) -> None:
    assert expected == judged(struck(lost), of).extent


@pytest.mark.parametrize(
    ("lost", "gasps", "of", "expected"),
    [
        (64, 0, 64, (WHOLE, FEEDER, HIGH)),
        (10, 2, 10, (WHOLE, FEEDER, HIGH)),
        (10, 3, 10, (WHOLE, MIXED, LOW)),
        (10, 6, 10, (WHOLE, MIXED, LOW)),
        (10, 7, 10, (WHOLE, LOCAL, MEDIUM)),
        (10, 0, 32, (PARTIAL, BRANCH, MEDIUM)),
        (10, 2, 32, (PARTIAL, BRANCH, MEDIUM)),
        (10, 3, 32, (PARTIAL, MIXED, LOW)),
        (10, 6, 32, (PARTIAL, MIXED, LOW)),
        (10, 7, 32, (PARTIAL, LOCAL, MEDIUM)),
        (10, 10, 32, (PARTIAL, LOCAL, MEDIUM)),
        (30, 21, 64, (PARTIAL, LOCAL, MEDIUM)),
        (36, 25, 64, (PARTIAL, MIXED, LOW)),
        (30, 6, 64, (PARTIAL, BRANCH, MEDIUM)),
        (29, 6, 64, (PARTIAL, MIXED, LOW)),
        (1, 1, 32, (SINGLE, LOCAL, LOW)),
        (1, 0, 32, (SINGLE, BRANCH, LOW)),
        (2, 1, 32, (SINGLE, MIXED, LOW)),
        (2, 0, 2, (SINGLE, BRANCH, LOW)),
        (3, 0, 3, (PARTIAL, FEEDER, MEDIUM)),
        (3, 3, 3, (PARTIAL, LOCAL, MEDIUM)),
    ],
)
def test_cause_on_one_pon_is_by_the_share_of_gasps(
    lost: int, gasps: int, of: int, expected: tuple[Extent, Cause, Confidence]
) -> None:
    assert expected == told(judged(struck(lost, gasps), of, alive(*[None] * (of - lost))))


@pytest.mark.parametrize(("lost", "extent"), [(1, SINGLE), (9, PARTIAL), (32, WHOLE)])
def test_device_that_gives_no_reason_leaves_the_cause_unknown(lost: int, extent: Extent) -> None:
    found = judged(struck(lost, silent=lost), 32, alive(*range(100, 100 * (33 - lost), 100)))

    assert (extent, UNKNOWN, LOW) == told(found)
    assert (0, 0) == (found.evidence.gasps, found.evidence.said)


def test_onus_without_reason_did_not_gasp_where_the_device_says_of_another() -> None:
    found = judged(struck(10, gasps=2, silent=8), 10)

    assert (WHOLE, FEEDER, HIGH) == told(found)
    assert (2, 10) == (found.evidence.gasps, found.evidence.said)


def test_partial_pon_of_whose_others_nothing_is_known_is_claimed_weakly() -> None:
    assert (PARTIAL, BRANCH, LOW) == told(judged(struck(19), 22))


def test_more_lost_than_were_known_to_be_up_is_all_of_them() -> None:
    found = judged(struck(5), 3)

    assert (WHOLE, FEEDER, HIGH) == told(found)
    assert (5, 5) == (found.evidence.lost, found.evidence.of)
    assert told(found) == told(verdict(struck(5), {}, [], polls=1, pons_with_onus={}))


def test_abandoned_boxes_are_in_no_count() -> None:
    found = judged(struck(7), 22, alive(*[None] * 15))

    assert Evidence(7, 22, 1, 0, 7, Survivors.UNCHANGED) == found.evidence


# --- where ---

FAR = [2480 + 70 * number for number in range(9)]
NEAR = [300 + 90 * number for number in range(22)]


def dead_at(*distances: int | None, gasps: int = 0) -> list[Member]:
    return [dead(number, number < gasps, metres) for number, metres in enumerate(distances)]


def test_nine_of_32_beyond_a_point_are_a_branch_for_sure_with_its_bracket() -> None:
    found = judged(dead_at(*FAR), 32, alive(*NEAR, 2310))

    assert (PARTIAL, BRANCH, HIGH) == told(found)
    assert (2310, 2480) == found.bracket_m
    assert not found.is_interleaved
    assert Evidence(9, 32, 1, 0, 9, Survivors.UNCHANGED, True, True) == found.evidence


def test_one_stretch_amid_the_living_is_a_branch_for_sure() -> None:
    found = judged(dead_at(*NEAR[8:16]), 30, alive(*NEAR[:8], *NEAR[16:], *FAR[:8]))

    assert (PARTIAL, BRANCH, HIGH) == told(found)
    assert (NEAR[7], NEAR[8]) == found.bracket_m
    assert (False, True) == (found.evidence.is_farther, found.evidence.is_stretch)


def test_dead_and_living_in_turn_are_a_branch_and_not_the_trunk() -> None:
    found = judged(dead_at(*NEAR[::2]), 22, alive(*NEAR[1::2]))

    assert (PARTIAL, BRANCH, MEDIUM) == told(found)
    assert found.bracket_m is None
    assert found.is_interleaved
    assert (False, False) == (found.evidence.is_farther, found.evidence.is_stretch)


def test_survivor_that_noise_puts_behind_the_first_dead_changes_nothing() -> None:
    found = judged(dead_at(*FAR), 32, alive(*NEAR, FAR[0] + 20))

    assert (PARTIAL, BRANCH, HIGH) == told(found)
    assert (NEAR[-1], FAR[0]) == found.bracket_m


@pytest.mark.parametrize(
    ("onus", "first", "expected"),
    [
        (7, 4, MEDIUM),  # 1 in 35
        (8, 5, HIGH),  # 1 in 56
        (13, 5, MEDIUM),  # a stretch: 11 in 286
        (17, 5, MEDIUM),  # 15 in 680: just over 2 %
        (18, 5, HIGH),  # 16 in 816: just under 2 %
    ],
)
def test_high_is_claimed_only_where_chance_would_hardly_lay_three_dead_so(
    onus: int, first: int, expected: Confidence
) -> None:
    metres = [500 + 100 * number for number in range(onus)]
    found = judged(
        dead_at(*metres[first : first + 3]),
        onus,
        alive(*metres[:first], *metres[first + 3 :]),
    )

    assert found.evidence.is_stretch
    assert (PARTIAL, BRANCH, expected) == told(found)
    assert (metres[first - 1], metres[first]) == found.bracket_m


def test_neighbours_in_one_building_get_neither_bracket_nor_high() -> None:
    found = judged(dead_at(1003, 1005, 1010, 1011), 10, alive(1001, 1004, 1006, 1009, 1012, 1015))

    assert (PARTIAL, BRANCH, MEDIUM) == told(found)
    assert (None, False) == (found.bracket_m, found.is_interleaved)
    assert found.evidence.is_farther is None


@pytest.mark.parametrize("gasps", [4, 9])
def test_no_bracket_where_the_fibre_is_not_the_cause(gasps: int) -> None:
    found = judged(dead_at(*FAR, gasps=gasps), 32, alive(*NEAR, 2310))

    assert (None, False) == (found.bracket_m, found.is_interleaved)
    assert found.evidence.is_farther


@pytest.mark.parametrize("gasps", [4, 11])
def test_power_that_went_here_and_there_is_no_branch(gasps: int) -> None:
    found = judged(dead_at(*NEAR[::2], gasps=gasps), 22, alive(*NEAR[1::2]))

    assert (None, False) == (found.bracket_m, found.is_interleaved)
    assert found.evidence.is_stretch is False


def test_no_bracket_of_a_whole_pon_or_of_a_single_onu() -> None:
    whole = judged(dead_at(*NEAR), 24, alive(100, 200))
    single = judged(dead_at(2900, 2950), 32, alive(*NEAR))

    assert [(WHOLE, None), (SINGLE, None)] == [
        (one.extent, one.bracket_m) for one in (whole, single)
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], None),
        ([None, None], Survivors.UNKNOWN),
        ([-3.0, None, None], Survivors.UNKNOWN),
        ([-3.0, None], Survivors.FELL),
        ([-1.0, -1.0, 0.0], Survivors.FELL),
        ([-0.9, -0.9, -8.0], Survivors.UNCHANGED),
        ([0.1, 2.0], Survivors.UNCHANGED),
    ],
)
def test_signal_of_survivors_is_their_median_where_half_of_it_is_known(
    changes: list[float | None], expected: Survivors | None
) -> None:
    survivors = [Survivor(PON, None, change) for change in changes]

    assert expected == judged(struck(9), 32, survivors).evidence.survivors


# --- several PONs ---


def several(*pons: tuple[str, str, int, int]) -> list[Member]:
    """The ONUs struck on PONs given by OLT, PON, how many, and how many of them gasped."""
    return [
        member for olt, pon, lost, gasps in pons for member in struck(lost, gasps, olt=olt, pon=pon)
    ]


A, B = pon_key(OLT, "0/1"), pon_key(OLT, "0/2")
C = pon_key(OTHER, "0/1")


@pytest.mark.parametrize(
    ("pons", "expected"),
    [
        ({}, Extent.WHOLE_OLT),
        ({"OLT-1:0/3": 0}, Extent.WHOLE_OLT),
        ({"OLT-1:0/3": 1}, Extent.AREA),
        ({"OLT-2:0/1": 9}, Extent.WHOLE_OLT),
        ({"OLT-10:0/1": 9}, Extent.WHOLE_OLT),
    ],
)
def test_olt_is_lost_whole_when_no_pon_of_it_is_left(
    pons: dict[str, int], expected: Extent
) -> None:
    members = several((OLT, "0/1", 10, 0), (OLT, "0/2", 2, 0))
    found = judged(members, {A: 11, B: 2}, pons_with_onus={A: 11, B: 2, **pons})

    assert expected == found.extent


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({A: 11, B: 2}, Extent.WHOLE_OLT),
        ({A: 12, B: 2}, Extent.AREA),
        ({A: 11, B: 3}, Extent.AREA),
    ],
)
def test_olt_is_lost_whole_when_each_pon_is(of: dict[str, int], expected: Extent) -> None:
    assert expected == judged(several((OLT, "0/1", 10, 0), (OLT, "0/2", 2, 0)), of).extent


def test_olt_of_one_pon_and_several_olts_are_never_a_whole_olt() -> None:
    assert WHOLE == judged(struck(10), 10).extent
    two = several((OLT, "0/1", 10, 0), (OTHER, "0/1", 10, 0))
    assert Extent.AREA == judged(two, {A: 10, C: 10}).extent


@pytest.mark.parametrize(
    ("gasps", "of", "expected"),
    [
        ((10, 10), (32, 32), (Extent.AREA, AREA, HIGH)),
        ((7, 7), (32, 32), (Extent.AREA, AREA, HIGH)),
        ((6, 8), (32, 32), (Extent.AREA, AREA, MEDIUM)),  # but one PON shows it itself
        ((6, 7), (32, 32), (Extent.AREA, MIXED, LOW)),
        ((2, 3), (32, 32), (Extent.AREA, MIXED, LOW)),
        ((2, 2), (32, 32), (Extent.AREA, BRANCH, MEDIUM)),
        ((0, 0), (10, 32), (Extent.AREA, BRANCH, MEDIUM)),
        ((0, 0), (10, 10), (Extent.WHOLE_OLT, FEEDER, HIGH)),
        ((10, 10), (10, 10), (Extent.WHOLE_OLT, AREA, HIGH)),
        ((5, 5), (10, 10), (Extent.WHOLE_OLT, MIXED, LOW)),
    ],
)
def test_cause_on_several_pons_is_by_the_gasps_of_all(
    gasps: tuple[int, int], of: tuple[int, int], expected: tuple[Extent, Cause, Confidence]
) -> None:
    members = several((OLT, "0/1", 10, gasps[0]), (OLT, "0/2", 10, gasps[1]))

    assert expected == told(judged(members, {A: of[0], B: of[1]}))


def test_two_olts_cut_whole_are_their_feeders() -> None:
    members = several((OLT, "0/1", 10, 0), (OTHER, "0/1", 20, 1))

    assert (Extent.AREA, FEEDER, HIGH) == told(judged(members, {A: 10, C: 20}))


@pytest.mark.parametrize(
    ("lost", "of", "expected"),
    [
        (2, 2, (FEEDER, HIGH)),
        (2, 30, (FEEDER, MEDIUM)),
        (3, 30, (BRANCH, MEDIUM)),
    ],
)
def test_cut_pon_with_some_of_another_is_a_feeder_unless_that_is_a_branch(
    lost: int, of: int, expected: tuple[Cause, Confidence]
) -> None:
    members = several((OLT, "0/1", 60, 0), (OLT, "0/2", lost, 0))

    assert expected == told(judged(members, {A: 60, B: of}))[1:]


def test_small_pons_alone_are_their_feeders_but_not_for_sure() -> None:
    members = several((OLT, "0/1", 2, 0), (OLT, "0/2", 3, 0))

    assert (Extent.WHOLE_OLT, FEEDER, MEDIUM) == told(judged(members, {A: 2, B: 3}))


def test_single_drops_on_two_pons_do_not_prove_a_feeder() -> None:
    members = several((OLT, "0/1", 1, 0), (OLT, "0/2", 2, 0))

    assert (Extent.AREA, BRANCH, MEDIUM) == told(judged(members, {A: 30, B: 30}))


def test_two_plugs_pulled_on_two_pons_do_not_prove_an_area() -> None:
    members = several((OLT, "0/1", 1, 1), (OLT, "0/2", 2, 2))

    assert (Extent.AREA, AREA, MEDIUM) == told(judged(members, {A: 30, B: 30}))


@pytest.mark.parametrize(("silent", "expected"), [(10, HIGH), (11, MEDIUM)])
def test_high_needs_half_of_the_onus_on_devices_that_say(silent: int, expected: Confidence) -> None:
    gasping = several((OLT, "0/1", 5, 5), (OLT, "0/2", 5, 5))
    others = struck(silent, silent=silent, olt=OTHER)
    found = judged([*gasping, *others], {A: 32, B: 32, C: 32})

    assert (Extent.AREA, AREA, expected) == told(found)
    assert (10, 10, 96) == (found.evidence.gasps, found.evidence.said, found.evidence.of)


def test_several_pons_of_which_no_device_says_are_unknown() -> None:
    members = [*struck(9, silent=9), *struck(9, silent=9, olt=OTHER)]

    assert (Extent.AREA, UNKNOWN, LOW) == told(judged(members, {A: 9, C: 9}))


def test_distances_of_several_pons_tell_nothing() -> None:
    members = [*dead_at(*FAR), dead(40, False, 900, pon="0/2")]
    found = judged(members, {A: 32, B: 32}, alive(*NEAR))

    assert (None, None) == (found.evidence.is_farther, found.evidence.is_stretch)
    assert (None, False) == (found.bracket_m, found.is_interleaved)


# --- whatever comes ---

GASPS = st.sampled_from([True, False, None])
METRES = st.none() | st.integers(1, 6000)
MEMBERS = st.lists(
    st.tuples(GASPS, METRES, st.sampled_from([OLT, OTHER]), st.sampled_from(["0/1", "0/2"])),
    min_size=1,
    max_size=40,
).map(
    lambda rows: [
        dead(number, is_gasp, metres, olt=olt, pon=pon)
        for number, (is_gasp, metres, olt, pon) in enumerate(rows, 1)
    ]
)
ONE_PON = st.lists(st.tuples(GASPS, METRES), min_size=1, max_size=40).map(
    lambda rows: [dead(number, *row) for number, row in enumerate(rows, 1)]
)
SURVIVORS = st.lists(
    st.builds(Survivor, st.just(PON), METRES, st.none() | st.floats(-9, 3)), max_size=40
)
UP = st.dictionaries(st.sampled_from([A, B, C]), st.integers(0, 64))


@given(MEMBERS | ONE_PON, SURVIVORS, UP, st.data())
def test_order_never_matters(
    members: list[Member], survivors: list[Survivor], ups: dict[str, int], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(members)), data.draw(st.permutations(survivors))

    assert judged(members, ups, survivors) == judged(shuffled[0], ups, shuffled[1])


@given(MEMBERS | ONE_PON, SURVIVORS, UP)
def test_no_verdict_claims_more_than_its_evidence(
    members: list[Member], survivors: list[Survivor], ups: dict[str, int]
) -> None:
    found = judged(members, ups, survivors)
    evidence = found.evidence

    assert 0 <= evidence.gasps <= evidence.said <= evidence.lost == len(members) <= evidence.of
    assert (found.cause is UNKNOWN) == (evidence.said == 0)
    if found.confidence is HIGH:
        assert 2 * evidence.said >= evidence.lost > 2
        assert found.extent is not SINGLE
        assert found.cause in {FEEDER, BRANCH, AREA}
    if found.bracket_m is not None:
        assert found.bracket_m[0] < found.bracket_m[1]
        assert (found.extent, False) == (PARTIAL, found.is_interleaved)
        assert found.cause in {FEEDER, BRANCH}


@given(ONE_PON | MEMBERS, SURVIVORS, UP)
def test_without_a_reason_from_any_device_nothing_is_high(
    members: list[Member], survivors: list[Survivor], ups: dict[str, int]
) -> None:
    silent = [member._replace(is_gasp=None) for member in members]

    assert (UNKNOWN, LOW) == told(judged(silent, ups, survivors))[1:]


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 6000)), min_size=3, max_size=20),
    st.lists(st.integers(1, 6000), min_size=1, max_size=20),
    st.integers(2, 5),
)
def test_cause_does_not_depend_on_how_many_onus_the_same_shares_are_of(
    rows: list[tuple[bool, int]], living: list[int], times: int
) -> None:
    def scaled(by: int) -> Verdict:
        members = [dead(number, *row) for number, row in enumerate(rows * by, 1)]
        return judged(members, len(members) + len(living) * by, alive(*living * by))

    once, often = scaled(1), scaled(times)
    assert (once.extent, once.cause) == (often.extent, often.cause)


# --- in the long run ---

MISSING, FALSE, NOISE_M = 0.10, 0.03, 8.0
RUNS = 1000


def gasped(rng: random.Random, *, is_power: bool) -> bool:
    return rng.random() >= MISSING if is_power else rng.random() < FALSE


def made_pon(
    rng: random.Random, pon: str, lost: range, *, is_power: bool
) -> tuple[list[Member], list[Survivor], int]:
    """A PON of which one stretch, or all, is lost: the dead, the living, how many there were."""
    onus = rng.randint(16, 64)
    metres = sorted(rng.uniform(200, 6000) for _ in range(onus))
    read = [max(1, round(one + rng.gauss(0, NOISE_M))) for one in metres]
    count = min(rng.choice(lost), onus)
    first = rng.choice([onus - count, rng.randint(0, onus - count)])
    members = [
        dead(number, gasped(rng, is_power=is_power), read[number], pon=pon)
        for number in range(first, first + count)
    ]
    rest = [*read[:first], *read[first + count :]]
    return members, alive(*rest, pon=pon_key(OLT, pon)), onus


def outage(rng: random.Random, cause: Cause, sizes: range) -> Verdict:
    count = rng.randint(2, 5) if cause is AREA else 1
    pons = [f"0/{number}" for number in range(1, count + 1)]
    lost = range(64, 65) if cause is FEEDER else sizes
    made = {pon: made_pon(rng, pon, lost, is_power=cause in {LOCAL, AREA}) for pon in pons}
    return judged(
        [member for members, _, _ in made.values() for member in members],
        {pon_key(OLT, pon): onus for pon, (_, _, onus) in made.items()},
        [one for _, survivors, _ in made.values() for one in survivors],
    )


def test_causes_are_right_and_high_is_precise_where_gasps_are_missing_and_false() -> None:
    rng = random.Random(20)
    right: Counter[Cause] = Counter()
    high: Counter[bool] = Counter()
    for cause in (FEEDER, BRANCH, LOCAL, AREA):
        for _ in range(RUNS):
            # Of 14 and less a branch is never 90 % of a PON of 16.
            found = outage(rng, cause, range(3, 15))
            right[cause] += found.cause is cause
            if found.confidence is HIGH:
                high[found.cause is cause] += 1

    assert sum(right.values()) >= 0.97 * 4 * RUNS
    assert high[True] >= 0.97 * high.total()
    assert high.total() > RUNS

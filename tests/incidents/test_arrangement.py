"""How the dead lie among the living, and whether chance would have laid them so."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl.incidents.arrangement import (
    TOLERANCE_M,
    Arrangement,
    arrangement,
    farther_ways,
    stretch_ways,
)

NEAR = [500, 900, 1300, 1700, 2310]
FAR = [2480, 2900, 3300]
METRES = st.integers(1, 8000)
# Near enough to each other that the tolerance matters all the time.
CROWDED = st.lists(st.integers(1000, 1150), min_size=3, max_size=9)


def test_dead_behind_all_living_are_farther_with_the_bracket_between() -> None:
    expected = Arrangement(
        is_farther=True, is_stretch=True, chance=1 / comb(8, 3), bracket_m=(2310, 2480)
    )

    assert expected == arrangement(FAR, NEAR)


def test_dead_between_living_without_one_among_them_are_a_stretch() -> None:
    found = arrangement([1300, 1700], [500, 900, 2310, 2480, 2900])

    assert Arrangement(False, True, 6 / comb(7, 2), (900, 1300)) == found


def test_bracket_of_dead_before_all_living_begins_at_the_olt() -> None:
    found = arrangement(NEAR, FAR)

    assert found is not None
    assert (0, 500) == found.bracket_m


def test_dead_and_living_in_turn_have_no_bracket() -> None:
    expected = Arrangement(is_farther=False, is_stretch=False, chance=1.0, bracket_m=None)

    assert expected == arrangement([500, 1300, 2480], [900, 1700])


@pytest.mark.parametrize(
    ("living", "is_farther", "bracket"),
    [
        (2480 - 1, True, (2479, 2480)),
        (2480, True, (1700, 2480)),
        (2480 + TOLERANCE_M, True, (1700, 2480)),
        (2480 + TOLERANCE_M + 1, False, None),
    ],
)
def test_survivor_within_the_tolerance_of_the_first_dead_is_not_behind_it(
    living: int, is_farther: bool, bracket: tuple[int, int] | None
) -> None:
    found = arrangement(FAR, [500, 900, 1300, 1700, living])

    assert found is not None
    assert (is_farther, bracket) == (found.is_farther, found.bracket_m)


@pytest.mark.parametrize(("living", "is_stretch"), [(2071, True), (2070, True), (2069, False)])
def test_survivor_within_the_tolerance_of_the_last_dead_is_not_among_them(
    living: int, is_stretch: bool
) -> None:
    found = arrangement([1700, 1900, 2100], [500, 900, living, 2900, 3300])

    assert found is not None
    assert is_stretch == found.is_stretch


@pytest.mark.parametrize(
    ("dead", "living"),
    [
        ([], NEAR),
        ([2480], NEAR),
        (FAR, []),
        (FAR, [None, None]),
        ([2480, None], NEAR),
        ([2480, 2900, None, None, None], NEAR),
        (FAR, [500, None, None]),
    ],
)
def test_distances_that_are_not_known_tell_nothing(
    dead: list[int | None], living: list[int | None]
) -> None:
    assert arrangement(dead, living) is None


def test_half_of_the_distances_are_enough() -> None:
    found = arrangement([*FAR, None, None, None], [500, 900, None, None])

    assert found == arrangement(FAR, [500, 900])
    assert found is not None


def test_neighbours_in_one_building_tell_nothing() -> None:
    dead, living = [1000, 1004, 1009, 1013], [998, 1002, 1006, 1011, 1015, 1020]

    assert arrangement(dead, living) is None
    assert arrangement(dead, [*living, 200]) is None


def test_dead_in_the_farther_of_two_buildings_are_farther_but_less_surely() -> None:
    near, far = [1000, 1003, 1006, 1009, 1012, 1015], [1500, 1503, 1506, 1509, 1512, 1515]
    found = arrangement([far[n] for n in (0, 2, 3, 5)], [*near, far[1], far[4]])

    assert found is not None
    assert found.is_farther
    assert comb(6, 4) / comb(12, 4) == found.chance


def is_farther(dead: tuple[int, ...], living: list[int]) -> bool:
    return not living or max(living) <= min(dead) + TOLERANCE_M


def is_stretch(dead: tuple[int, ...], living: list[int]) -> bool:
    low, high = min(dead) + TOLERANCE_M, max(dead) - TOLERANCE_M
    return not any(low < metres < high for metres in living)


@given(CROWDED, st.data())
def test_ways_are_those_that_one_counts_one_by_one(metres: list[int], data: st.DataObject) -> None:
    metres = sorted(metres)
    count = data.draw(st.integers(2, len(metres) - 1))
    places = range(len(metres))
    sets = [
        (
            tuple(metres[place] for place in chosen),
            [metres[place] for place in places if place not in chosen],
        )
        for chosen in combinations(places, count)
    ]

    assert sum(is_farther(*one) for one in sets) == farther_ways(metres, count, TOLERANCE_M)
    assert sum(is_stretch(*one) for one in sets) == stretch_ways(metres, count, TOLERANCE_M)


@given(st.integers(3, 60), st.data())
def test_where_all_are_far_apart_the_ways_are_one_and_the_places_of_a_stretch(
    onus: int, data: st.DataObject
) -> None:
    dead = data.draw(st.integers(2, onus - 1))
    metres = [(TOLERANCE_M + 1) * 2 * place for place in range(onus)]

    assert farther_ways(metres, dead, TOLERANCE_M) == 1
    assert onus - dead + 1 == stretch_ways(metres, dead, TOLERANCE_M)


@given(
    st.lists(METRES | st.none(), max_size=30), st.lists(METRES | st.none(), max_size=30), st.data()
)
def test_whatever_is_found_is_consistent_and_needs_no_order(
    dead: list[int | None], living: list[int | None], data: st.DataObject
) -> None:
    found = arrangement(dead, living)

    assert found == arrangement(
        data.draw(st.permutations(dead)), data.draw(st.permutations(living))
    )
    if found is not None:
        assert found.is_stretch or not found.is_farther
        assert 0 < found.chance <= 1
        assert (found.bracket_m is None) == (not found.is_stretch)
        low, high = found.bracket_m or (0, 1)
        assert 0 <= low < high

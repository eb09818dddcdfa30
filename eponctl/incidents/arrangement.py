"""How the dead of a PON lie among its living, by their distances along the fibre. Pure.

Distances stem from round trip times: in ticks of 16 ns, 1.6 m each, that wander from read to read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from math import comb
from typing import NamedTuple

TOLERANCE_M = 30
"""Two ONUs that are read so near to each other may lie the other way round.

Each reading is off by some 10 m; less than that by which a distance has to change to be news.
"""

_ANY_LIKELY_CHANCE = 0.5
"""What any set of ONUs more likely shows than not (neighbours in one building) tells nothing."""


class Arrangement(NamedTuple):
    """Where the dead lie: behind all the living, in one stretch, or among them.

    `chance` is how likely as many dead, picked at random from the same ONUs, would lie like that;
    1.0 where they lie among the living. `bracket_m` is the distance (m) of the last survivor before
    the first dead ONU (0: there is none), and of that ONU; None where they lie among the living.
    """

    is_farther: bool
    is_stretch: bool
    chance: float
    bracket_m: tuple[int, int] | None


def arrangement(
    dead: Sequence[int | None], living: Sequence[int | None], tolerance_m: int = TOLERANCE_M
) -> Arrangement | None:
    """How these lie, by their distances (m) in any order; None where distances do not tell.

    That is with fewer than two dead or no survivor, where more than half of either have no known
    distance, and where all are too near to each other to be told apart.
    """
    dead_m, living_m = _known(dead), _known(living)
    if len(dead_m) < 2 or not living_m:  # noqa: PLR2004
        return None
    if 2 * len(dead_m) < len(dead) or 2 * len(living_m) < len(living):
        return None
    first, last = dead_m[0], dead_m[-1]
    if living_m[-1] <= first + tolerance_m:
        is_farther, ways = True, farther_ways
    elif _count_between(living_m, first + tolerance_m, last - tolerance_m) == 0:
        is_farther, ways = False, stretch_ways
    else:
        return Arrangement(is_farther=False, is_stretch=False, chance=1.0, bracket_m=None)
    chance = _chance(ways, dead_m, living_m, tolerance_m)
    if chance > _ANY_LIKELY_CHANCE:
        return None
    nearer = bisect_left(living_m, first)
    bracket = (living_m[nearer - 1] if nearer else 0, first)
    return Arrangement(is_farther, is_stretch=True, chance=chance, bracket_m=bracket)


def _known(distances: Sequence[int | None]) -> list[int]:
    return sorted(metres for metres in distances if metres is not None)


def _count_between(metres: Sequence[int], low: int, high: int) -> int:
    """How many of the sorted distances lie between these two, both left out."""
    return max(0, bisect_left(metres, high) - bisect_right(metres, low))


def _chance(
    ways: Callable[[Sequence[int], int, int], int],
    dead_m: Sequence[int],
    living_m: Sequence[int],
    tolerance_m: int,
) -> float:
    everyone = sorted([*dead_m, *living_m])
    return ways(everyone, len(dead_m), tolerance_m) / comb(len(everyone), len(dead_m))


def farther_ways(metres: Sequence[int], dead: int, tolerance_m: int) -> int:
    """How many sets of so many ONUs lie behind all others, give or take the tolerance.

    One, where the sorted distances are farther apart than that.
    """
    ways = 0
    for place, first in enumerate(metres):
        beyond = bisect_right(metres, first + tolerance_m)
        needed = dead - 1 - (len(metres) - beyond)
        if needed >= 0:
            ways += comb(beyond - place - 1, needed)
    return ways


def stretch_ways(metres: Sequence[int], dead: int, tolerance_m: int) -> int:
    """How many sets of so many ONUs (two or more) lie in one stretch, give or take the tolerance.

    All but `dead - 1`, where the sorted distances are farther apart than that.
    """
    ways = 0
    for place, first in enumerate(metres):
        for end in range(place + dead - 1, len(metres)):
            within = _count_between(metres, first + tolerance_m, metres[end] - tolerance_m)
            needed = dead - 2 - within
            if needed < 0:
                break
            ways += comb(end - place - 1 - within, needed)
    return ways

"""Signals that fall steadily: how fast, how surely, and when they reach a limit. Pure.

The median of each day, and through these the median of the slopes between any two of them (Theil
and Sen): neither minds some wild hours, nor the day's warmth. What is no line gives nothing: noise,
one step, a fall that was mended. Powers are dBm, times UTC seconds, slopes dB a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import sqrt
from statistics import median
from typing import NamedTuple

DAYS = 14
HORIZON_DAYS = 60
"""What two weeks show says nothing of a later day."""
_DAY_S = 86400
_LEAST_DAYS = 10  # of the 14 must have values
_LEAST_VALUES = 4  # of a day
_LEAST_FALL_DB = 0.5  # over the whole time: less is what weather and rounding do
_LEAST_TAU = 0.8  # nine in ten pairs of days fall
_FALL_PER_SPREAD = 4.0
_LEAST_TOLD_DB = 1.0  # and so much before a day is told: two weeks of less are too little to go by
_EVEN = 0.25  # the slope of each half is not under this share of the whole's
_WIDEST = 0.15  # the error that a told day may have, as a share of the days
_DEVIATION = 1.4826  # a standard deviation, told from the median of what deviates
_TWO_SIDED_95 = 1.96


class Fall(NamedTuple):
    """A signal that falls on a line.

    `level_dbm` is the line's at the end, `fell_db` how much it fell in the time that was looked at.
    `tau` is the share of pairs of days that fall, less the share that rise: the measure of fit.
    `spread_db` is how far days are from the line (one deviation), `width` half of the slope's
    interval (95 of 100), as a share of the slope.
    """

    slope_db: float
    level_dbm: float
    fell_db: float
    tau: float
    spread_db: float
    width: float

    def days_to(self, limit_dbm: float) -> float | None:
        """In how many days it is at the limit; None where that cannot be told well.

        Also None when it is there already, or would be later than HORIZON_DAYS.
        """
        left_db = self.level_dbm - limit_dbm
        days = left_db / -self.slope_db
        if self.fell_db < _LEAST_TOLD_DB or not 0 < days <= HORIZON_DAYS:
            return None
        return days if self.width + self.spread_db / left_db <= _WIDEST else None


def fall(values: Iterable[tuple[int, float]], until: int) -> Fall | None:
    """The steady fall of a signal in the 14 days up to then; None: it does not, or not surely."""
    days = _medians(values, until)
    if len(days) < _LEAST_DAYS or _rough_fall(days) < _LEAST_FALL_DB / 2:
        return None
    slopes = _slopes(days)
    slope = median(slopes)
    tau = sum((one < 0) - (one > 0) for one in slopes) / len(slopes)
    if slope >= 0 or tau < _LEAST_TAU:
        return None
    fell = -slope * (days[-1][0] - days[0][0])
    level = median(power - slope * day for day, power in days)
    spread = _DEVIATION * median(abs(power - level - slope * day) for day, power in days)
    if fell < max(_LEAST_FALL_DB, _FALL_PER_SPREAD * spread) or not _is_even(days, slope):
        return None
    return Fall(slope, level, fell, tau, spread, _width(sorted(slopes), len(days)) / -slope)


_Day = tuple[float, float]
"""Days before the end (negative, of the day's middle), and the median of its values."""


def _medians(values: Iterable[tuple[int, float]], until: int) -> list[_Day]:
    """The days that have enough values, the oldest first; counted back, so that the last is whole.

    Of none of them when the last two days have no values: it is not measured any more.
    """
    by_day: list[list[float]] = [[] for _ in range(DAYS)]
    for at, power in values:
        back = (until - at) // _DAY_S
        if 0 <= back < DAYS:
            by_day[back].append(power)
    if not by_day[0] and not by_day[1]:
        return []
    return [
        (-back - 0.5, median(by_day[back]))
        for back in range(DAYS - 1, -1, -1)
        if len(by_day[back]) >= _LEAST_VALUES
    ]


def _rough_fall(days: Sequence[_Day]) -> float:
    """Of most signals this says enough: they do not fall."""
    some = len(days) // 3
    return (
        sum(power for _, power in days[:some]) / some
        - sum(power for _, power in days[-some:]) / some
    )


def _slopes(days: Sequence[_Day]) -> list[float]:
    return [(later - power) / (at - day) for (day, power), (at, later) in combinations(days, 2)]


def _is_even(days: Sequence[_Day], slope: float) -> bool:
    """Whether both halves fall: a step falls in one of them only, or in neither."""
    half = len(days) // 2
    parts = (days[: half + 1], days[half:])
    return all(median(_slopes(part)) <= _EVEN * slope for part in parts)


def _width(slopes: Sequence[float], days: int) -> float:
    """Half of the interval that holds the slope in 95 of 100 cases, by ranks (Sen)."""
    deviation = sqrt(days * (days - 1) * (2 * days + 5) / 18)
    aside = _TWO_SIDED_95 * deviation / 2
    middle = (len(slopes) - 1) / 2
    low, high = max(0, round(middle - aside)), min(len(slopes) - 1, round(middle + aside))
    return (slopes[high] - slopes[low]) / 2

"""Falling signals: whether the day is right on which they reach the limit, and noise is left alone.

Synthetic hours of 14 days, as optical_hourly has them: whole hundredths of a dBm, the warmth of the
day in them, hours that are missing, and wild ones. `python -m tests.bench.slopes` runs it alone.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from eponctl.trends import DAYS, Fall, fall

NOW = 1_790_000_000
LIMIT_DBM = -27.0
_HOURS = DAYS * 24
Values = list[tuple[int, float]]


class Score(NamedTuple):
    """Errors are shares of the true number of days (`high`: 99 of 100 are less), the others of all.

    False are those of pure noise that are said to fall; drifting ones do fall in a way.
    """

    worst_error: float
    high_error: float
    median_error: float
    told_share: float
    false_share: float
    drift_share: float
    step_share: float
    seconds_per_1000: float


def hours(power: Callable[[float], float], noise_db: float, dice: random.Random) -> Values:
    """The hours of a signal that is `power` so many days before the end, with what disturbs it."""
    warmth = dice.uniform(0, 0.3)
    found = []
    for hour in range(_HOURS):
        if dice.random() < 0.02:
            continue
        day = (hour - _HOURS) / 24
        wild = dice.uniform(-6, 0) if dice.random() < 0.01 else 0.0
        swing = warmth * (1 if hour % 24 < 12 else -1) * dice.random()
        value = power(day) + swing + wild + dice.gauss(0, noise_db)
        found.append((NOW - (_HOURS - hour) * 3600, round(value, 2)))
    return found


def _line(slope_db: float, level_dbm: float) -> Callable[[float], float]:
    return lambda day: level_dbm + slope_db * day


def measure(count: int = 1000) -> Score:
    """So many signals of each sort: falling, noisy, drifting like weather, and with one step."""
    dice = random.Random(14)
    errors, told = _errors(count, dice)
    quiet = [hours(_line(0, -22), dice.uniform(0.02, 0.6), dice) for _ in range(count)]
    began = time.perf_counter()
    found = [fall(one, NOW) for one in quiet]
    seconds = (time.perf_counter() - began) * 1000 / count
    drifting = [fall(hours(_drift(dice), 0.1, dice), NOW) for _ in range(count)]
    stepped = [fall(hours(_step(dice), 0.1, dice), NOW) for _ in range(count)]
    return Score(
        max(errors),
        sorted(errors)[int(len(errors) * 0.99)],
        statistics.median(errors),
        told,
        _share(found),
        _share(drifting),
        _share(stepped),
        seconds,
    )


def _errors(count: int, dice: random.Random) -> tuple[list[float], float]:
    """How wrong each predicted day is, and of how many signals one was told."""
    errors = []
    for _ in range(count):
        slope, days = -dice.uniform(0.05, 0.5), dice.uniform(5, 45)
        level = LIMIT_DBM - slope * days
        found = fall(hours(_line(slope, level), dice.uniform(0.02, 0.6), dice), NOW)
        told = found and found.days_to(LIMIT_DBM)
        if told:
            errors.append(abs(told - days) / days)
    return errors, len(errors) / count


def _drift(dice: random.Random) -> Callable[[float], float]:
    """A day that is like the one before, but for 0.1 dB."""
    levels = [-22.0]
    for _ in range(DAYS + 1):
        levels.append(levels[-1] + dice.gauss(0, 0.1))
    return lambda day: levels[int(day + DAYS)]


def _step(dice: random.Random) -> Callable[[float], float]:
    at, height = dice.uniform(-DAYS, 0), dice.uniform(0.5, 6)
    return lambda day: -20.0 - (height if day > at else 0.0)


def _share(found: Sequence[Fall | None]) -> float:
    return sum(one is not None for one in found) / len(found)


if __name__ == "__main__":
    for name, value in measure()._asdict().items():
        sys.stdout.write(f"{name:20} {value:.4f}\n")

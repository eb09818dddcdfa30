"""Falling signals: a line is found through noise, and what is no line is nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eponctl.trends import DAYS, HORIZON_DAYS, fall
from tests.bench import slopes

NOW, HOUR = 1_800_000_000, 3600
Values = list[tuple[int, float]]


def signal(power: Callable[[float], float]) -> Values:
    """Its hours of 14 days; `power` of days before the end."""
    count = DAYS * 24
    return [(NOW - (count - n) * HOUR, power((n - count) / 24)) for n in range(count)]


def test_line_is_found_exactly() -> None:
    found = fall(signal(lambda day: -24.0 + -0.15 * day), NOW)

    assert found is not None
    assert pytest.approx(-0.15) == found.slope_db
    assert pytest.approx(-24.0, abs=0.01) == found.level_dbm
    assert 1.0 == found.tau
    assert pytest.approx(20, rel=0.01) == found.days_to(-27.0)


@settings(max_examples=60, deadline=None)
@given(
    slope=st.floats(-0.6, -0.1),
    days=st.floats(2, 55),
    noise=st.lists(st.floats(-0.2, 0.2), min_size=7, max_size=24),
)
def test_predicted_day_is_at_most_a_fifth_wrong(
    slope: float, days: float, noise: list[float]
) -> None:
    level = -27.0 - slope * days
    values = signal(lambda day: level + slope * day)
    noisy = [(at, power + noise[n % len(noise)]) for n, (at, power) in enumerate(values)]
    found = fall(noisy, NOW)

    assert found is not None
    told = found.days_to(-27.0)
    # What disturbs all hours alike moves the level, which is then the true one.
    moved = sorted(noise)[len(noise) // 2] / -slope
    assert told is None or abs(told - days - moved) <= 0.2 * days + 0.25 / -slope


@settings(max_examples=60, deadline=None)
@given(
    level=st.floats(-30, -10),
    noise=st.lists(st.floats(-3, 3), min_size=5, max_size=50),
    rise=st.floats(0, 0.5),
)
def test_signal_that_does_not_fall_is_silent(level: float, noise: list[float], rise: float) -> None:
    values = signal(lambda day: level + rise * day)
    noisy = [(at, power + noise[n % len(noise)]) for n, (at, power) in enumerate(values)]

    assert fall(noisy, NOW) is None


@pytest.mark.parametrize("at", [-13.0, -10.0, -7.0, -4.0, -1.0])
@pytest.mark.parametrize("height", [0.6, 3.0, 9.0])
def test_step_is_no_fall(at: float, height: float) -> None:
    assert fall(signal(lambda day: -20.0 - (height if day > at else 0.0)), NOW) is None


def test_fall_that_was_mended_is_silent() -> None:
    mended = signal(lambda day: -20.0 if day > -3 else -20.0 - 0.3 * (day + DAYS))

    assert fall(mended, NOW) is None


def test_wild_hours_change_nothing() -> None:
    values = signal(lambda day: -24.0 - 0.15 * day)
    wild = [(at, -40.0 if n % 24 == 5 else power) for n, (at, power) in enumerate(values)]
    plain, found = fall(values, NOW), fall(wild, NOW)

    assert plain
    assert found
    assert pytest.approx(plain.slope_db, abs=0.005) == found.slope_db


def test_little_fall_has_no_day_and_very_little_is_silent() -> None:
    little = fall(signal(lambda day: -26.0 - 0.06 * day), NOW)

    assert little is not None
    assert little.days_to(-27.0) is None
    assert fall(signal(lambda day: -26.0 - 0.03 * day), NOW) is None


def test_day_beyond_the_horizon_or_behind_the_limit_is_not_told() -> None:
    found = fall(signal(lambda day: -20.0 - 0.1 * day), NOW)

    assert found is not None
    assert found.days_to(-20.0 - 0.1 * (HORIZON_DAYS + 2)) is None
    assert found.days_to(-19.0) is None
    assert pytest.approx(50, rel=0.01) == found.days_to(-25.0)


@pytest.mark.parametrize(
    "hours",
    [
        lambda one: one[: 8 * 24],  # not measured any more
        lambda one: one[6 * 24 :],  # measured for 8 days
        lambda one: one[::12],  # twice a day
        lambda _: [],
    ],
)
def test_too_few_values_are_silent(hours: Callable[[Values], Values]) -> None:
    assert fall(hours(signal(lambda day: -24.0 - 0.3 * day)), NOW) is None


def test_bench_finds_falls_and_hears_nothing_in_noise() -> None:
    score = slopes.measure(100)

    assert score.high_error <= 0.2
    assert score.told_share > 0.7
    assert 0 == score.false_share == score.step_share

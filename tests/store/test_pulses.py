"""When polls took place: the last one, and the usual time between two."""

from __future__ import annotations

import pytest

from eponctl.store import pulses
from tests.store.made import NOW

pytestmark = pytest.mark.usefixtures("database")


def record(*times: int) -> None:
    for at in times:
        pulses.record(NOW + at)


def test_nothing_is_known_before_the_first_polls() -> None:
    assert (None, None) == (pulses.last(), pulses.interval())
    record(0)
    assert (NOW, None) == (pulses.last(), pulses.interval())


def test_interval_is_the_median_so_that_one_gap_does_not_count() -> None:
    record(0, 60, 121, 180, 2580, 2640)

    assert (NOW + 2640, 60) == (pulses.last(), pulses.interval())


def test_only_the_last_nine_count() -> None:
    record(*range(0, 600, 60), *range(900, 3600, 300))

    assert 300 == pulses.interval()


def test_poll_within_the_same_second_is_no_interval() -> None:
    record(0, 60, 60, 120)

    assert 60 == pulses.interval()


@pytest.mark.parametrize(
    ("pace", "pause", "is_gap"),
    [(60, 180, False), (60, 181, True), (10, 45, False), (10, 60, False), (10, 61, True)],
)
def test_gap_is_longer_than_three_polls_and_a_minute(pace: int, pause: int, is_gap: bool) -> None:
    record(*range(0, 5 * pace, pace))
    last, now = NOW + 4 * pace, NOW + 4 * pace + pause

    assert ((last, now) if is_gap else None) == pulses.gap(now)


def test_clock_that_was_set_back_leaves_no_time_to_come() -> None:
    record(0, 60, 90_000, 90_060, 120, 180)

    assert (NOW + 180, 60) == (pulses.last(), pulses.interval())

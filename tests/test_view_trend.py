"""Optical history in equal steps."""

from __future__ import annotations

import pytest

from eponctl import optics
from eponctl.optics import HourRow, Sample
from eponctl.views.trend import (
    Spell,
    Step,
    spells_of_hours,
    spells_of_samples,
    step_length,
    trend,
)

HOUR, DAY = 3600, 86400
AT = 500_000 * HOUR


def test_step_has_least_mean_and_most_of_its_hours() -> None:
    hours = [
        HourRow(AT // HOUR, -2200, -2100, -2000, None, None),
        HourRow(AT // HOUR + 1, -2500, -2300, -2150, None, None),
        HourRow(AT // HOUR + 2, None, None, None, 400, 410),
    ]
    found = trend(list(spells_of_hours(hours)), AT, AT + 4 * HOUR, 2 * HOUR)

    expected = (Step(AT, -25.0, -22.0, -20.0), Step(AT + 2 * HOUR, None, None, None))
    assert expected == found.steps


def test_mean_is_weighted_by_how_long_a_sample_held() -> None:
    samples = [Sample(AT, -2000, None), Sample(AT + 900, -2400, None)]
    spells = list(spells_of_samples(samples, AT + HOUR, []))

    assert (Step(AT, -24.0, -23.0, -20.0),) == trend(spells, AT, AT + HOUR, HOUR).steps


def test_sample_holds_neither_while_it_is_down_nor_while_nobody_looks() -> None:
    samples = [Sample(AT, -2000, None), Sample(AT + 600, None, None), Sample(AT + 900, -2100, 1)]
    found = list(
        spells_of_samples(samples, AT + HOUR, [(AT + 300, AT + 400), (AT + 1800, AT + DAY)])
    )

    expected = [
        Spell(AT, AT + 300, -2000, -2000, -2000),
        Spell(AT + 400, AT + 600, -2000, -2000, -2000),
        Spell(AT + 900, AT + 1800, -2100, -2100, -2100),
    ]
    assert expected == found


def test_steps_begin_at_round_times_of_the_local_clock() -> None:
    jakarta = 7 * HOUR
    midnight = AT // DAY * DAY - jakarta
    found = trend([], midnight + 5000, midnight + 2 * DAY, DAY, jakarta)

    assert [midnight, midnight + DAY] == [step.at for step in found.steps]
    assert found.is_empty


@pytest.mark.parametrize(
    ("span_s", "most", "least_s", "expected"),
    [
        (7 * DAY, 69, HOUR, 3 * HOUR),
        (7 * DAY, 200, HOUR, HOUR),
        (2 * HOUR, 69, 60, 120),
        (90 * DAY, 30, HOUR, 7 * DAY),
        (3650 * DAY, 30, HOUR, 126 * DAY),
    ],
)
def test_step_is_the_shortest_round_one_that_fits(
    span_s: int, most: int, least_s: int, expected: int
) -> None:
    found = step_length(span_s, most, least_s)

    assert expected == found
    assert len(trend([], AT + 7, AT + 7 + span_s, found).steps) <= most


def test_hour_that_runs_counts_as_far_as_it_is_known() -> None:
    track, _, _ = optics.follow(None, AT, -20.0, 40.0)
    track, _, _ = optics.follow(track, AT + 900, -24.0, 40.0)

    expected = HourRow(AT // HOUR, -2400, -2200, -2000, 400, 400)
    assert expected == optics.so_far(track, AT + 1800)


def test_hour_that_ended_without_a_poll_counts_to_its_end() -> None:
    track, _, _ = optics.follow(None, AT, -20.0, None)

    assert HourRow(AT // HOUR, -2000, -2000, -2000, None, None) == optics.so_far(track, AT + DAY)

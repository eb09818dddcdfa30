"""A trend drawn with characters: a column a step, a mark on its mean, a bar from least to most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from eponctl.render import values
from eponctl.render.sheet import Column, Line, Sheet, Style
from eponctl.views.trend import DAY_S, Step, Trend

HEIGHT = 8
MOST_STEPS = 120
NUMBERED_STEPS = 30
"""So many steps at the most where numbers stand in the place of a drawing."""
_SCALE = 11  # cells of `-22.5 dBm` and the gap behind it
_LEAST_SPAN_DB = 2.0


class Ink(NamedTuple):
    """The characters to draw with."""

    mean: str
    bar: str


BLOCKS = Ink("█", "░")
ASCII = Ink("#", ":")


def steps_within(width: int) -> int:
    """How many steps a terminal of this width has room for."""
    return max(8, min(MOST_STEPS, width - _SCALE))


def chart_sheet(trend: Trend, zone: tzinfo, ink: Ink) -> Sheet:
    """The trend as a drawing: a table of two columns, its scale and its lines."""
    if trend.is_empty:
        return Sheet("", (), (), empty=_empty())
    lows = [step.low_dbm for step in trend.steps if step.low_dbm is not None]
    highs = [step.high_dbm for step in trend.steps if step.high_dbm is not None]
    top, unit = _scale(min(lows), max(highs))
    rows = [
        (
            values.dbm(top - (place + 0.5) * unit),
            "".join(_cell(step, top, unit, place, ink) for step in trend.steps).rstrip() or " ",
        )
        for place in range(HEIGHT)
    ]
    columns = (Column("RX", is_right=True), Column(_axis(trend.steps, zone)))
    legend = f"{ink.mean} mean, {ink.bar} least to most; {_every(trend)}"
    return Sheet("Signal", columns, rows, (Line(legend, Style.FAINT),))


def numbers_sheet(trend: Trend, zone: tzinfo) -> Sheet:
    """The trend in numbers, a line a step, without steps of which nothing is known."""
    columns = (
        Column("STEP"),
        Column("RX MIN", is_right=True),
        Column("RX AVG", is_right=True),
        Column("RX MAX", is_right=True),
    )
    rows = [
        (
            values.moment(step.at, zone),
            values.dbm(step.low_dbm),
            values.dbm(step.mean_dbm),
            values.dbm(step.high_dbm),
        )
        for step in trend.steps
        if step.mean_dbm is not None
    ]
    return Sheet("Signal", columns, rows, (Line(_every(trend)),), empty=_empty())


def _empty() -> str:
    return "No signal was measured in this time."


def _every(trend: Trend) -> str:
    return f"a step is {values.seconds(trend.step_s)}"


def _scale(low: float, high: float) -> tuple[float, float]:
    """The power at the upper edge, and how much of it a line is: round numbers."""
    span = max(_LEAST_SPAN_DB, high - low)
    middle = (low + high) / 2
    unit = math.ceil(span / (HEIGHT - 1) * 10) / 10
    top = math.ceil((middle + unit * HEIGHT / 2) / unit) * unit
    return (top if top - HEIGHT * unit < low else top - unit), unit


def _cell(step: Step, top: float, unit: float, place: int, ink: Ink) -> str:
    if step.mean_dbm is None or step.low_dbm is None or step.high_dbm is None:
        return " "
    if _row(step.mean_dbm, top, unit) == place:
        return ink.mean
    is_bar = _row(step.high_dbm, top, unit) <= place <= _row(step.low_dbm, top, unit)
    return ink.bar if is_bar else " "


def _row(dbm: float, top: float, unit: float) -> int:
    return min(HEIGHT - 1, max(0, int((top - dbm) / unit)))


def _axis(steps: Sequence[Step], zone: tzinfo) -> str:
    """The first and the last step's time, above the first and the last column."""
    is_long = steps[-1].at - steps[0].at >= DAY_S
    first, last = (
        datetime.fromtimestamp(step.at, zone).strftime("%m-%d %H:%M" if is_long else "%H:%M")
        for step in (steps[0], steps[-1])
    )
    room = len(steps) - len(first) - len(last)
    return f"{first}{' ' * room}{last}" if room > 0 else first

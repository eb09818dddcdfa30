"""An ONU's signal drawn with characters, or in numbers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from eponctl.render.trendchart import ASCII, BLOCKS, HEIGHT, chart_sheet, numbers_sheet
from eponctl.views.trend import Step, Trend

ZONE = ZoneInfo("Asia/Jakarta")
HOUR = 3600
AT = 1_800_000_000 // HOUR * HOUR
NOTHING = (None, None, None)


def made(*steps: tuple[float | None, float | None, float | None]) -> Trend:
    return Trend(HOUR, tuple(Step(AT + place * HOUR, *step) for place, step in enumerate(steps)))


def test_drawing_falls_where_the_signal_falls() -> None:
    sheet = chart_sheet(made((-20, -20, -20), NOTHING, (-27, -26, -25)), ZONE, ASCII)

    assert HEIGHT == len(sheet.rows)
    drawn = [row[1] for row in sheet.rows if row[1].strip()]
    assert ["#", "  :", "  #", "  :"] == [line.rstrip() for line in drawn]
    levels = [float(row[0].removesuffix(" dBm")) for row in sheet.rows]
    assert sorted(levels, reverse=True) == levels
    place = next(number for number, row in enumerate(sheet.rows) if row[1].startswith("#"))
    assert abs(levels[place] + 20) <= 0.5


def test_flat_signal_is_a_flat_line() -> None:
    sheet = chart_sheet(made(*[(-20.0, -20.0, -20.0)] * 30), ZONE, BLOCKS)

    assert ["█" * 30] == [row[1] for row in sheet.rows if row[1].strip()]


def test_axis_has_the_first_and_the_last_time_above_their_columns() -> None:
    sheet = chart_sheet(made(*[(-20.0, -20.0, -20.0)] * 30), ZONE, BLOCKS)

    axis = sheet.columns[1].title
    assert 30 == len(axis)
    assert axis.startswith("01-15")
    assert axis.split()[-1].endswith(":00")


def test_every_value_is_within_the_drawing() -> None:
    for low in (-39.99, -30.05, -20.0, -8.3, 0.0):
        for span in (0.0, 0.1, 2.0, 6.37, 30.0):
            sheet = chart_sheet(
                made((low, low, low + span), (low, low + span, low + span)), ZONE, ASCII
            )
            top, bottom = (float(sheet.rows[place][0].split()[0]) for place in (0, -1))
            unit = (top - bottom) / (HEIGHT - 1)
            assert bottom - unit <= low
            assert low + span <= top + unit


def test_numbers_leave_out_what_was_not_measured() -> None:
    sheet = numbers_sheet(made((-21.04, -20.5, -20), NOTHING), ZONE)

    assert [("2027-01-15 15:00:00", "-21.0 dBm", "-20.5 dBm", "-20.0 dBm")] == list(sheet.rows)


def test_nothing_measured_is_said() -> None:
    for sheet in (chart_sheet(made(NOTHING), ZONE, BLOCKS), numbers_sheet(made(NOTHING), ZONE)):
        assert ([], "No signal was measured in this time.") == (list(sheet.rows), sheet.empty)

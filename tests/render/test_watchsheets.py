"""A frame of `status --watch`: it fits, the most urgent is in it, and what is not is counted."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from eponctl.commands.incidents import Found
from eponctl.commands.watch import STEP_S, Glance
from eponctl.render.sparkline import sparkline
from eponctl.render.watchsheets import Frame, View, allotted, frame, height_of
from eponctl.settings import Config
from eponctl.store.shares import Share
from eponctl.views.status import NetworkStatus


@pytest.fixture
def view(status: NetworkStatus, zone: ZoneInfo) -> View:
    """A network with sixty problems, and a day in which one OLT lost a half for some time."""
    many = replace(status, onus=status.onus * 15)
    step = status.now // STEP_S
    day = {step - back: Share(5 if back < 4 else 10, 10) for back in range(48)}
    day[step - 10] = day[step - 11] = Share(0, 0)
    config = Config(path=Path("olts.toml"), timezone=zone, database=Path("x.db"))
    shares = {"OLT-KEDIRI-01": MappingProxyType(day)}
    glance = Glance(config, many, Found((), {}), shares, 3)
    return View(glance, status.now, 5)


def text_of(shown: Frame) -> str:
    lines = [line.text for line in (*shown.head, *shown.foot)]
    for sheet in shown.sheets:
        lines += [sheet.title, " ".join(column.title for column in sheet.columns)]
        lines += [" ".join(row) for row in sheet.rows] + [note.text for note in sheet.notes]
    return "\n".join(lines)


@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("height", [4, 6, 9, 12, 17, 24, 50, 90])
def test_a_frame_fits_its_terminal(width: int, height: int, view: View) -> None:
    shown = frame(view, width, height)

    assert shown.height <= height
    assert all(len(line.text) <= width for line in (*shown.head, *shown.foot))
    assert "3 messages wait" in text_of(shown)


def test_rows_that_are_left_out_are_counted(view: View) -> None:
    for height in range(12, 80):
        shown = frame(view, 120, height)
        *_, onus = shown.sheets
        left_out = re.findall(r"and (\d+) more", " ".join(note.text for note in onus.notes))
        assert not onus.rows or 60 == len(onus.rows) + sum(map(int, left_out))


def test_a_terminal_that_is_high_enough_shows_all(view: View) -> None:
    shown = frame(view, 200, 90)

    assert [4, 0, 60] == [len(sheet.rows) for sheet in shown.sheets]
    assert "more" not in text_of(shown)


def test_an_olt_in_trouble_is_not_left_out_for_one_that_is_well(view: View) -> None:
    assert view.glance is not None
    status = view.glance.status
    upwards = view.glance._replace(status=replace(status, olts=status.olts[::-1]))
    rows = frame(replace(view, glance=upwards), 80, 14).sheets[0].rows

    assert ["disabled", "ok"] == [status.olts[-1].condition, status.olts[0].condition]
    assert ["OLT-TULUNGAGUNG", "OLT-BLITAR"] == [row[0] for row in rows]


def test_the_last_day_is_drawn_two_half_hours_a_mark_where_it_is_narrow(view: View) -> None:
    day = {}
    for width in (80, 200):
        sheet = frame(view, width, 40).sheets[0]
        place = [column.title for column in sheet.columns].index("LAST DAY")
        day[width] = sheet.rows[0][place]

    assert "█" * 36 + "··" + "█" * 6 + "▃▃▃▃" == day[200]
    assert 24 == len(day[80])


def test_a_fault_stands_over_what_was_seen_before(view: View) -> None:
    broken = replace(view, now=view.now + 60, fault="x.db: database is locked; try\x1b[31m again")
    shown = text_of(frame(broken, 80, 24))

    assert "! as it was at 10:30:15: x.db: database is locked; try again" in shown
    assert "1m 12s ago" in shown


def test_before_anything_is_known_it_says_why(view: View) -> None:
    shown = frame(replace(view, glance=None, fault="x.db: no database yet"), 80, 24)

    assert "! x.db: no database yet" in text_of(shown)
    assert shown.height <= 24


def test_lines_are_dealt_out_in_turn() -> None:
    assert [3, 0, 7] == allotted([3, 0, 50], 10)
    assert [2, 2, 1] == allotted([9, 9, 9], 5)
    assert [1, 2] == allotted([1, 2], 99)
    assert [0, 0] == allotted([4, 4], -3)


def test_an_empty_table_takes_the_line_that_says_so(view: View) -> None:
    incidents = frame(view, 80, 24).sheets[1]

    assert ("No open incidents.", 1) == (incidents.empty, height_of(incidents))


def test_a_mark_is_higher_for_a_higher_share() -> None:
    parts = [0.0, 0.3, 0.6, 0.8, 0.92, 0.96, 0.99, 1.0]

    assert "▁▂▃▄▅▆▇█" == sparkline(parts, [True] * 8, is_ascii=False)
    assert "_.:-=+*#" == sparkline(parts, [True] * 8, is_ascii=True)


def test_what_was_not_read_is_another_mark_than_what_was_not_asked() -> None:
    assert "· █" == sparkline([None, None, 1.0], [True, False, True], is_ascii=False)
    assert "? #" == sparkline([None, None, 1.0], [True, False, True], is_ascii=True)

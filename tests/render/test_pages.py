"""Pages as they are seen: on terminals of 80 and 200 columns, and in a pipe."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo

import pytest

from eponctl.render.networksheets import status_page
from eponctl.render.page import MOST_DRAWN, Screen, shown
from eponctl.render.plain import broken, cells, clip, clip_middle, columns, safe
from eponctl.render.sheet import Column, Sheet, fitted
from eponctl.views.status import NetworkStatus

SCREENS = {
    "status-80": Screen(80, is_coloured=False),
    "status-200": Screen(200, is_coloured=False),
    "status-pipe": None,
}


@pytest.mark.parametrize("name", SCREENS)
def test_status_looks_as_it_should(
    status: NetworkStatus, zone: tzinfo, golden: Callable[[str], str], name: str
) -> None:
    assert golden(name) == "".join(shown(status_page(status, zone), SCREENS[name]))


@pytest.mark.parametrize("width", [80, 100, 132, 200])
def test_no_line_is_wider_than_the_terminal(
    status: NetworkStatus, zone: tzinfo, width: int
) -> None:
    text = "".join(shown(status_page(status, zone), Screen(width, is_coloured=False)))

    assert max(map(cells, text.splitlines())) <= width


def test_colours_say_what_words_say_as_well(status: NetworkStatus, zone: tzinfo) -> None:
    page = status_page(status, zone)

    coloured = "".join(shown(page, Screen(200)))
    plain = "".join(shown(page, Screen(200, is_coloured=False)))

    assert "\x1b[1;31mpwrdown" in coloured
    assert "\x1b[33mpartial" in coloured
    bare = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert plain.splitlines() == [line.rstrip() for line in bare.splitlines()]


def test_pipe_has_no_boxes_and_no_colour(status: NetworkStatus, zone: tzinfo) -> None:
    text = "".join(shown(status_page(status, zone), None))

    assert not re.search("[\x1b\u2500-\u257f]", text)
    assert "00:11:22:33:44:58" in text  # every column is there


def test_long_lists_are_plain_on_a_terminal_too(status: NetworkStatus, zone: tzinfo) -> None:
    long = replace(status, onus=status.onus * (MOST_DRAWN // len(status.onus) + 1))

    text = "".join(shown(status_page(long, zone), Screen(80)))

    assert not re.search("[\x1b\u2500-\u257f]", text)
    assert max(map(cells, text.splitlines())) <= 80


def test_columns_go_by_rank_and_only_free_text_is_clipped() -> None:
    sheet = Sheet(
        "t",
        (
            Column("ID"),
            Column("NAME", least=4),
            Column("WHY", rank=1, falls_below=True),
            Column("NO", rank=2),
        ),
        [("1", "a long name", "because", "-"), ("2", "b", "-", "-")],
    )

    wide, narrow = fitted(sheet, 80), fitted(sheet, 10)

    assert [column.title for column in wide.columns] == ["ID", "NAME", "WHY"]
    assert [list(row) for row in narrow.rows] == [["1", "a lon…"], ["2", "b"]]
    assert [note.text for note in narrow.notes] == ["1: because"]


def test_columns_are_in_line_whatever_the_script() -> None:
    lines = list(
        columns(["NAME", "N"], [["日本", "1"], ["ab", "22"], ["e\u0301", "3"]], [False, True])
    )

    assert lines == ["NAME   N", "日本   1", "ab    22", "e\u0301      3"]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 4, "日…"), ("日本", 4, "日本"), ("", 1, "")],
)
def test_clip_counts_cells(text: str, width: int, expected: str) -> None:
    assert expected == clip(text, width)
    assert cells(clip(text, width)) <= width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x1bcreset", "creset"),
        ("a\x1b", "a"),
        ("a\r\nb\x00c", "a  b c"),
        ("zero\u200bwidth", "zerowidth"),
        ("â\x80\x99s", "â  s"),
        ("\ud800", "\ufffd"),
        ("👍🏽 ok", "👍🏽 ok"),
    ],
)
def test_safe_text_has_nothing_a_terminal_obeys(text: str, expected: str) -> None:
    assert expected == safe(text)
    assert safe(safe(text)) == safe(text)


def test_no_problems_is_said_only_of_what_could_be_read(
    status: NetworkStatus, zone: tzinfo
) -> None:
    silent, fine = replace(status, onus=()), replace(status, onus=(), olts=status.olts[:1])

    assert "No problems.\n" in "".join(shown(status_page(fine, zone), None))
    text = "".join(shown(status_page(silent, zone), None))
    assert "No problems." not in text
    assert "not all OLTs could be read" in text


@pytest.mark.parametrize(
    ("sort", "title"), [("temperature", "TEMP"), ("distance", "DISTANCE"), ("mac", "MAC")]
)
def test_what_the_rows_are_sorted_by_is_never_left_out(
    status: NetworkStatus, zone: tzinfo, sort: str, title: str
) -> None:
    plain = status_page(status, zone)
    sorted_ = status_page(replace(status, wanted=replace(status.wanted, sort=sort)), zone)

    assert title not in [column.title for column in fitted(plain.sheets[1], 80).columns]
    assert title in [column.title for column in fitted(sorted_.sheets[1], 80).columns]


@pytest.mark.parametrize("width", [80, 200])
def test_long_id_of_an_olt_gives_way_and_the_words_beside_it_stay_whole(
    status: NetworkStatus, zone: tzinfo, width: int
) -> None:
    long = "OLT-KABUPATEN-TULUNGAGUNG-KECAMATAN-KEDUNGWARU-02"
    onus = tuple(
        onu._replace(olt_id=long if onu.olt_id == "OLT-TULUNGAGUNG" else onu.olt_id)
        for onu in status.onus
    )
    found = replace(
        status,
        onus=onus,
        olts=tuple(
            replace(one, olt=one.olt._replace(id=long), state=one.state._replace(olt_id=long))
            if one.olt.id == "OLT-TULUNGAGUNG"
            else one
            for one in status.olts
        ),
        customers={"00:11:22:33:44:55": "Budi Santoso"},
    )
    text = "".join(shown(status_page(found, zone), Screen(width, is_coloured=False)))

    assert {"0/1:12", "pwrdown", "unknown", "down", "timeout", "unreachable"} <= set(text.split())
    assert all("-02" in line for line in text.splitlines() if "OLT-KAB" in line)
    assert width >= max(map(cells, text.splitlines()))


def test_middle_of_an_id_gives_way_and_its_end_stays() -> None:
    assert "OLT-KED…AMAT-02" == clip_middle("OLT-KEDIRI-KECAMAT-02", 15)
    assert "OLT-1:0/1" == clip_middle("OLT-1:0/1", 9)
    assert "漢字…" == clip_middle("漢字漢字", 5)
    assert "…" == clip_middle("OLT-1", 1)


def test_message_is_broken_between_words_and_no_word_is_cut() -> None:
    path = "/very/long/path/to/olts.toml:"
    assert [path, "  olt[1].url: expected", "  http(s)://host[:port]"] == broken(
        f"{path} olt[1].url: expected http(s)://host[:port]", 24
    )
    assert ["  do     漢字漢字漢", "  字漢字漢字漢字"] == broken(
        "  do     漢字漢字漢 字漢字漢字漢字", 20
    )
    assert ["as it is"] == broken("as it is", 8)

"""Tables by their headings, whatever people wrote into their cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl import html
from eponctl.errors import PageChanged

PAGE = """<html><body><table><tr><td>Menu</td></tr></table>
<table border=1><tr><td class='hd'>ONU ID</td><td class='hd'><font>Name</font></td>
<td class='hd'><font>Distance</font>(m)</td></tr>
<tr><td class='hd'>1</td><td>{}</td><td>350</td></tr>
<tr><td class='hd'>2</td><td>next</td><td>7</td></tr>
</table></body></html>"""


def rows(text: str) -> tuple[tuple[str, ...], ...]:
    return html.table("/x", text, "onu id", "name", "distance").rows


def test_table_is_found_by_its_headings_and_not_by_its_place() -> None:
    table = html.table("/x", PAGE.format("A"), "distance", "onu id")

    assert {"onu id": 0, "name": 1, "distance": 2} == table.columns
    assert (("1", "A", "350"), ("2", "next", "7")) == table.rows
    assert 3 == table.width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Distance(m)", "distance"),
        ("  TX\xa0Power \n", "tx power"),
        ("Temperature(°C)", "temperature"),
        ("Running Time:", "running time"),
        ("Vendor ID", "vendor id"),
    ],
)
def test_heading_is_compared_without_case_unit_and_space(text: str, expected: str) -> None:
    assert expected == html.heading(text)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\0", "<!-- -->", "<html></html>", "login please", PAGE.replace("ONU ID", "ONU")],
)
def test_page_without_the_headings_has_changed(text: str) -> None:
    with pytest.raises(PageChanged, match="no table with the headings onu id"):
        rows(text)


def test_two_such_tables_are_one_too_many() -> None:
    with pytest.raises(PageChanged, match="2 tables"):
        rows(PAGE.format("A") * 2)


def test_heading_that_is_there_twice_decides_nothing() -> None:
    with pytest.raises(PageChanged):
        rows(PAGE.format("A").replace("<font>Name", "<font>ONU ID"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a<b", "a<b"),
        ("<", "<"),
        ("<Budi>", "<Budi>"),
        ("<td", "<td"),
        ("x <b>bold</b>", "x bold"),
        ("<!-- ", "<!--"),
        ("<script>", ""),
        ("<textarea>", "<textarea>"),
        ("]]><![CDATA[x", "]]><![CDATA[x"),
        ("&lt;b&gt; &amp; &#37;", "<b> & %"),
        ("&bogus;", "&bogus;"),
        ("", ""),
        ("\"quoted'", "\"quoted'"),
        ("two\n  lines", "two lines"),
        ("<b>" * 300, ""),
        ("中文说明", "中文说明"),
        ("\0nul", "nul"),
    ],
)
def test_what_is_written_in_a_cell_moves_no_other_cell(written: str, expected: str) -> None:
    assert (("1", expected, "350"), ("2", "next", "7")) == rows(PAGE.format(written))


def test_markup_of_a_table_in_a_cell_costs_its_own_row_only() -> None:
    first, second = rows(PAGE.format("x</td><td>y"))

    assert (4, ("2", "next", "7")) == (len(first), second)


@given(st.text(max_size=64))
def test_no_text_at_all_hides_the_row_behind_it(written: str) -> None:
    found = rows(PAGE.format(written.replace("{", "(")))

    assert ("2", "next", "7") in found
    if "</" not in written:
        assert ("1", "350") == (found[0][0], found[0][-1])


@given(st.binary(max_size=64).filter(lambda data: b"<" not in data))
def test_no_bytes_at_all_swallow_the_cell_behind_them(data: bytes) -> None:
    before, after = (part.encode() for part in PAGE.split("{}"))
    first, second = rows(html.decoded(before + data + after))

    assert ("1", "350", 3) == (first[0], first[2], len(first))
    assert ("2", "next", "7") == second


def test_page_is_gb18030_unless_it_says_otherwise() -> None:
    head = '<meta http-equiv="Content-Type" content="text/html; charset={}">客户'

    assert head.format("gb2312") == html.decoded(head.format("gb2312").encode("gb18030"))
    assert head.format("utf-8") == html.decoded(head.format("utf-8").encode())
    assert "\ufffd" in html.decoded(b"\xff\xff")


def test_choices_are_those_of_the_select_with_this_name() -> None:
    text = (
        "<form><select name=other><option value=9>x</select>"
        '<SELECT NAME="Select"><option value="1">PON1</option><option value=3 selected>PON3'
        "<option value=255>All</select></form>"
    )

    assert ("1", "3", "255") == html.options(text, "select")


def test_pairs_are_the_rows_of_two_cells() -> None:
    text = (
        "<table><tr><td>Device Model:</td><td>V1600D8</td></tr><tr><td>a</td></tr>"
        "<tr><td>CPU Usage</td><td>7&#37;</td></tr><tr><td>Device Model</td><td>x</td></tr></table>"
    )

    assert {"device model": "V1600D8", "cpu usage": "7%"} == html.pairs(text)

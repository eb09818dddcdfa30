"""CSV cells: text can be nothing but text."""

from __future__ import annotations

import pytest

from eponctl.render.csvtext import document, harmless
from eponctl.views.records import StatRecord


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@x", " =1", "\t=1", "\r=1", "\uff1d1", "\uff0b", "\uff0d", "\uff20", "-"],
)
def test_what_a_spreadsheet_would_run_is_marked_as_text(text: str) -> None:
    assert harmless(text).startswith("'")


@pytest.mark.parametrize("text", ["", "1=1", "a-b", "O'Brien", "(x)", "'=1", "é", "\ufffd"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert text == harmless(text)


def test_row_is_rfc_4180() -> None:
    row = StatRecord('a"b', "x,y", True, -0.5, 1, 2, 3, None, -22.5, "two\nlines")

    *_, line = document(StatRecord, [row])

    assert line == '"a""b","x,y",true,-0.5,1,2,3,,-22.5,two lines\r\n'

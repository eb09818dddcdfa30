"""Arrays of embedded pages: hostile names survive, cuts are noticed, junk costs no time."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eponctl import asp, jsarray
from eponctl.errors import PageChanged
from eponctl.jsarray import Table

HOSTILE = (
    "*VIP*",
    "[red]x[/red]",
    "=1+1",
    "O\\'Brien",
    "O'Brien",
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m",
    "{a|b}",
    "Jl. Kediri, No. 5 (blok B)",
    "a//b",
    "/* a",
    "{{ 7*7 }}",
    "x" * 400,
    "\ufffd\ufffd",
    "');alert(1);//",
    "a');\nvar b=new Array('c",
    "a)",
    ")",
    "x');",
    "'",
    '"',
    "\\",
    "\\\\",
    "ends in a backslash\\",
    "a','b",
    "a', 'b', 'c",
    "var onutable=new Array();",
    "02:00:00:00:00:01",
    "",
)
TAIL = ");\nfunction Reload()\n{\n  location.reload();\n}\n</script>\n</head></html>\n"
MAC = "02:00:00:00:00:0"


def quoted(text: str, quote: str = "'", *, escape: bool = True) -> str:
    """A value as a page that escapes properly prints it; or as one that does not."""
    if escape:
        text = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{text}{quote}"


def row(number: int, name: str = "NA", *, quote: str = "'", escape: bool = True) -> str:
    """A row of six values."""
    cells = [f"0/1:{number}", name, f"{MAC}{number}", "Up", "-20.00", "338"]
    return ",".join(
        quoted(cell, quote, escape=escape) if cell == name else f"{quote}{cell}{quote}"
        for cell in cells
    )


def page(*rows: str, tail: str = TAIL) -> tuple[str, int]:
    """A page with such rows and where its values begin."""
    text = "<script>\nvar onutable=new Array(\n" + ",\n".join(rows) + "\n" + tail
    start = jsarray.array_start(text, "onutable")
    assert start is not None
    return text, start


def names(table: Table) -> list[str]:
    return [cells[1] for cells in table.rows]


def both(text: str, start: int) -> Table:
    """What the tolerant reader says; the strict one must say the same, or nothing."""
    tolerant = jsarray._tolerant_table(text, start, jsarray._never)
    strict = jsarray._strict_table(text, start)
    assert strict is None or tolerant == strict
    assert tolerant == jsarray.table(text, start)
    return tolerant


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_that_the_page_escapes_comes_out_as_it_is(name: str, quote: str) -> None:
    table = both(*page(row(1, quote=quote), row(2, name, quote=quote), row(3, quote=quote)))

    assert ["NA", name, "NA"] == names(table)
    assert (6, ()) == (table.stride, table.odd_rows)


@pytest.mark.parametrize("name", [name for name in HOSTILE if "\\" not in name])
def test_hostile_name_that_the_page_does_not_escape_comes_out_as_it_is(name: str) -> None:
    table = both(*page(row(1), row(2, name, escape=False), row(3)))

    assert ["NA", name, "NA"] == names(table)
    assert (6, ()) == (table.stride, table.odd_rows)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_in_the_only_row_comes_out_as_it_is(name: str) -> None:
    assert [name] == names(both(*page(row(1, name))))


@given(
    st.lists(st.text(max_size=60), min_size=1, max_size=6), st.sampled_from("'\""), st.booleans()
)
@example(["a','02:00:00:00:00:09'"], "'", False)
def test_any_names_that_the_page_escapes_come_out_as_they_are(
    texts: list[str], quote: str, is_one_line: bool
) -> None:
    rows = [row(number + 1, text, quote=quote) for number, text in enumerate(texts)]
    text, start = page(*rows)
    if is_one_line:
        text = text.replace(f"{quote},\n{quote}0/1", f"{quote}, {quote}0/1")

    table = both(text, start)

    assert (texts, (), 6) == (names(table), table.odd_rows, table.stride)


def test_name_that_forges_half_a_row_is_noticed_and_loses_no_mac() -> None:
    # With the right number of values nobody could tell, not even the device's own page.
    forged = f"x','{MAC}9','Down','-1','0/1:9','y"
    table = both(*page(row(1), row(2, forged, escape=False), row(3)))

    assert [f"{MAC}1", f"{MAC}2", f"{MAC}3"] == [cells[2] for cells in table.rows]
    assert [f"{MAC}9"] == [cells[2] for cells in table.odd_rows]


def test_name_of_bytes_that_are_no_text_keeps_its_row() -> None:
    body = page(row(1, "X"))[0].encode().replace(b"X", b"\xff\xfe\x80")
    text = body.decode("utf-8", "replace")
    start = jsarray.array_start(text, "onutable")
    assert start is not None

    assert [f"{MAC}1"] == [cells[2] for cells in both(text, start).rows]


def test_first_of_several_arrays_is_read_not_one_in_a_name() -> None:
    forged = f"var onutable=new Array('0/1/1:1','x','{MAC}9');"
    text = f"var ponOnuTable=new Array({row(1, forged, escape=False)});"

    start = jsarray.array_start(text, *asp.TABLE_NAMES)

    assert text.index("'0/1:1'") == start


# --- what stands around the values --------------------------------------------------------------


@pytest.mark.parametrize(
    "comment", ['//"0/1:9","N/A"\n', "//'0/1:9','NA','02:00:00:00:00:09','Up'\n", "/* '0/1:9' */"]
)
def test_comment_between_rows_is_no_row(comment: str) -> None:
    plain = both(*page(row(1), row(2)))

    assert plain == both(*page(comment + row(1), row(2)))
    assert plain == both(*page(row(1), comment + row(2)))
    assert plain == both(*page(row(1), row(2), tail=comment + TAIL))


@pytest.mark.parametrize("end", [")", ");", " ) ;", ")\n", ")</script>", ") // done", ")var a=1;"])
def test_array_ends_at_its_bracket(end: str) -> None:
    assert 2 == len(both(*page(row(1), row(2), tail=end)).rows)


def test_blanks_trailing_comma_and_case_do_not_matter() -> None:
    expected = both(*page(row(1), row(2)))
    text = f"VAR  onuTable = new  array ( {row(1)} ,\r\n\t{row(2)} , );"
    start = jsarray.array_start(text, "onutable")
    assert start is not None

    assert expected == both(text, start)


def test_bare_last_value_is_a_value() -> None:
    rows = [row(number).replace("'338'", "338") for number in (1, 2)]

    assert both(*page(row(1), row(2))) == both(*page(*rows))


def test_array_with_nothing_inside_is_an_empty_table() -> None:
    assert Table(0, ()) == jsarray.table(*page())


def test_page_without_the_array_has_no_beginning() -> None:
    assert None is jsarray.array_start("var other=new Array('0/1:1');", "onutable")


def test_values_of_a_small_array_are_read_with_any_quotes() -> None:
    text = """x=new Array(//"0/1/1","N/A"\n'0/1/1','ONU Total=2,Online=1', "a\\"b", 7, null);"""
    expected = ("0/1/1", "ONU Total=2,Online=1", 'a"b', "7", "null")

    assert expected == jsarray.values(text, text.index("(") + 1)


# --- rows that are broken -----------------------------------------------------------------------


@pytest.mark.parametrize("change", ["less", "more", "comma"])
def test_row_of_another_length_is_reported_and_spoils_no_other(change: str) -> None:
    broken = {
        "less": row(2).replace("'Up',", ""),
        "more": row(2).replace("'Up',", "'Up','Up',"),
        "comma": row(2).replace("'Up',", "'Up','', "),
    }[change]
    table = both(*page(row(1), broken, row(3)))

    assert [f"{MAC}1", f"{MAC}3"] == [cells[2] for cells in table.rows]
    assert [f"{MAC}2"] == [cells[2] for cells in table.odd_rows]


def test_row_without_its_mac_is_reported_and_spoils_no_other() -> None:
    table = both(*page(row(1), row(2).replace(f"'{MAC}2',", ""), row(3)))

    assert [f"{MAC}1", f"{MAC}3"] == [cells[2] for cells in table.rows]
    assert ["0/1:2"] == [cells[0] for cells in table.odd_rows]


def test_between_two_lengths_the_one_that_fits_is_the_tables() -> None:
    text, start = page(row(1), row(2).replace("'Up',", "'Up','Up',"))

    assert 6 == jsarray.table(text, start, lambda cells: len(cells) == 6).stride
    assert 7 == jsarray.table(text, start, lambda cells: len(cells) == 7).stride


# --- cuts ---------------------------------------------------------------------------------------

CUT_PAGES = {
    "plain": page(row(1), row(2), row(3)),
    "escaped": page(row(1, "O'Brien"), row(2, "(a)"), row(3, "\\")),
    "raw": page(*(row(n, "O'Brien (b) 'c')", escape=False) for n in (1, 2, 3))),
    "raw, brackets": page(*(row(n, "x');", escape=False) for n in (1, 2, 3))),
    "raw, a bracket and a line": page(*(row(n, "x')\n", escape=False) for n in (1, 2, 3))),
    "double": page(*(row(n, "(blok B)", quote='"') for n in (1, 2, 3))),
    "bare": page(*(row(n).replace("'338'", "338") for n in (1, 2, 3))),
    "comments": page('//"0/1:9","N/A)"\n' + row(1), "/* a) */" + row(2), row(3)),
    "one line": page(", ".join(row(n) for n in (1, 2, 3)), tail="); var a=1;"),
}


@pytest.mark.parametrize("kind", CUT_PAGES)
def test_page_cut_anywhere_never_looks_like_a_whole_one(kind: str) -> None:
    text, start = CUT_PAGES[kind]
    whole = jsarray.table(text, start)
    assert (3, ()) == (len(whole.rows), whole.odd_rows)
    end = text.rindex(")", 0, text.index("function")) if "function" in text else text.rindex(")")
    wrong = []
    for cut in range(start, len(text)):
        try:
            table = jsarray.table(text[:cut], start)
        except PageChanged:
            if cut > end:
                wrong.append((cut, text[cut - 9 : cut], "refused though whole"))
            continue
        # Fewer rows are all right where the reader says that something is odd.
        if table != whole and not table.odd_rows:
            wrong.append((cut, text[cut - 9 : cut], "rows lost without a word"))
    assert [] == wrong


# --- junk ---------------------------------------------------------------------------------------

BITS = st.sampled_from(
    [
        *("'", '"', "\\", ",", ")", ");", "\n", "//", "/*", "*/", " ", "var ", "new Array("),
        *("0/1:1", "'0/1:1'", "02:00:00:00:00:01", "'0/1:1','NA','02:00:00:00:00:01'"),
        *("a", "1.5", "\0", "é"),
    ]
)


@given(st.lists(BITS | st.text(max_size=3), max_size=60).map("".join))
def test_junk_is_a_table_or_a_changed_page(text: str) -> None:
    for read in (jsarray.table, jsarray.values):
        with contextlib.suppress(PageChanged):
            read(text, 0)


def test_quote_in_a_name_does_not_send_the_page_to_the_slow_reader() -> None:
    text, start = page(row(1), row(2, "O'Brien"), row(3, 'a "b" (c), d\\e'))

    assert None is not jsarray._strict_table(text, start)


@given(st.lists(BITS, max_size=40).map("".join))
def test_strict_reader_agrees_with_the_tolerant_one_or_abstains(text: str) -> None:
    strict = jsarray._strict_table(text, 0)
    if strict is not None:
        assert strict == jsarray._tolerant_table(text, 0, jsarray._never)


@given(st.lists(st.text("'\\,)(;/* \n\"x", max_size=8), min_size=1, max_size=4))
@example(["", "','"])
@example(["", "','", "", "','"])
@example([",\n"])
def test_strict_reader_agrees_about_names_that_nobody_escaped(texts: list[str]) -> None:
    rows = [row(number + 1, text, escape=False) for number, text in enumerate(texts)]
    text, start = page(*rows)
    strict = jsarray._strict_table(text, start)
    if strict is not None:
        assert strict == jsarray._tolerant_table(text, start, jsarray._never)


@pytest.mark.parametrize(
    "piece",
    [
        "'",
        '"',
        "''",
        "',",
        "/*,",
        "//",
        "//\n",
        "\\'",
        "'\\",
        ")",
        ") ",
        ")\n x",
        "' ",
        "'\t\t\t\t\t\t\t\t",
        "'0/1:1',",
        "'0/1:1','",
        "'0/1:1' ",
        "'0/1:1','a','02:00:00:00:00:01'",
        "a, ",
        ", ",
    ],
)
@pytest.mark.parametrize("end", ["", ");\n"])
def test_junk_without_end_costs_time_in_proportion_only(piece: str, end: str) -> None:
    text = piece * (200_000 // len(piece)) + end
    started = time.process_time()
    with contextlib.suppress(PageChanged):
        jsarray.table(text, 0)
    # The square of such a length would be minutes.
    assert time.process_time() - started < 10

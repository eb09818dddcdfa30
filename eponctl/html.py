"""Tables of HTML pages: found by their headings, or PageChanged. Pure.

What operators and customers write stands on these pages as they wrote it, markup and all. So only
the tags that make a table or a list of choices reach the parser; any other `<` is text. Which page
has which table is a driver's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from lxml import etree

from eponctl.errors import PageChanged


class Table(NamedTuple):
    """A table below its headings: `columns` gives the place of each (see `heading`).

    `width` counts the headings, those without a text and of the same text with them.
    """

    columns: Mapping[str, int]
    width: int
    rows: tuple[tuple[str, ...], ...]


_UTF8 = re.compile(rb"""charset\s*=\s*["']?utf-?8""", re.IGNORECASE)
_HEAD_BYTES = 2048


def decoded(body: bytes) -> str:
    """A page's text: GB 18030, which holds GB 2312, unless it says that it is UTF-8.

    Bytes that are neither become replacement signs; none of them can swallow the tag behind it.
    """
    charset = "utf-8" if _UTF8.search(body[:_HEAD_BYTES]) else "gb18030"
    return body.decode(charset, "replace")


_PARENTHESES = re.compile(r"\([^()]*\)")


def heading(text: str) -> str:
    """A heading as it is compared: lower case, without its unit: `Distance(m)` is `distance`."""
    return " ".join(_PARENTHESES.sub(" ", text).lower().split()).rstrip(" :")


def table(path: str, text: str, *needed: str) -> Table:
    """The one table of a page that has all these headings, its columns in any order.

    Raises PageChanged when there is none, or more than one.
    """
    found = [one for rows in _tables(text) if (one := _below(rows, needed))]
    if len(found) != 1:
        what = "no table" if not found else f"{len(found)} tables"
        raise PageChanged(f"{path}: {what} with the headings {', '.join(needed)}")
    return found[0]


def _below(rows: list[tuple[str, ...]], needed: tuple[str, ...]) -> Table | None:
    for place, row in enumerate(rows):
        names = [heading(cell) for cell in row]
        if all(names.count(name) == 1 for name in needed):
            columns = {name: names.index(name) for name in names if name}
            return Table(columns, len(row), tuple(rows[place + 1 :]))
    return None


def pairs(text: str) -> dict[str, str]:
    """The rows of label and value, whatever tables they stand in; the first of equal labels."""
    found: dict[str, str] = {}
    for rows in _tables(text):
        for row in rows:
            if len(row) == _PAIR:
                found.setdefault(heading(row[0]), row[1])
    return found


_PAIR = 2


def options(text: str, name: str) -> tuple[str, ...]:
    """The values of the choices of a `<select>` with this name."""
    return tuple(
        option.get("value", "").strip()
        for select in _root(text).iter("select")
        if select.get("name", "").lower() == name
        for option in select.iter("option")
    )


def _tables(text: str) -> Iterator[list[tuple[str, ...]]]:
    """The cells of every table, row by row; the text of a table within a cell is the cell's."""
    for element in _root(text).iter("table"):
        yield [
            tuple(_text(cell) for cell in row if cell.tag in _CELLS)
            for row in cast("Iterable[Any]", _ROWS(element))
        ]


def _text(cell: Any) -> str:
    return " ".join("".join(cell.itertext()).split())


_CELLS = frozenset({"td", "th"})
_ROWS = etree.XPath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")

_UNSEEN = re.compile(r"<!--|<(?:script|style)\b", re.IGNORECASE)
_ENDS = {
    "<!--": re.compile("-->"),
    "<script": re.compile(r"</script\s*>", re.IGNORECASE),
    "<style": re.compile(r"</style\s*>", re.IGNORECASE),
}
_ROW = re.compile(r"<tr\b", re.IGNORECASE)


class _Search:
    """Where the next match is, for questions in rising order: no text is looked at twice."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self.found = pattern.finditer(text)
        self.next: tuple[int, int] | None = (-1, -1)

    def beyond(self, place: int) -> tuple[int, int] | None:
        while self.next is not None and self.next[0] < place:
            found = next(self.found, None)
            self.next = found.span() if found else None
        return self.next


def _seen(text: str) -> str:
    """The page without comments, scripts and styles.

    One that does not end before the next row is none: `<!--` in a name takes no row away.
    """
    ends = {start: _Search(end, text) for start, end in _ENDS.items()}
    rows = _Search(_ROW, text)
    parts, at = [], 0
    for found in _UNSEEN.finditer(text):
        if found.start() < at:
            continue
        end, row = ends[found[0].lower()].beyond(found.end()), rows.beyond(found.end())
        if end and not (row and row[0] < end[0]):
            parts.append(text[at : found.start()])
            at = end[1]
    return "".join([*parts, text[at:]])


_TAG = re.compile(r"""</?([a-zA-Z][a-zA-Z0-9]*)\b(?:(?:[^<>"']|"[^"<]*"|'[^'<]*')*>|[^<>]*>)|<""")
_KEPT = frozenset(
    {"html", "head", "body", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "select"}
    | {"option"}
)
_DROPPED = frozenset(
    {"a", "b", "br", "button", "center", "div", "em", "font", "form", "hr", "i", "img", "input"}
    | {"label", "li", "link", "meta", "nobr", "noscript", "p", "script", "small", "span", "strong"}
    | {"style", "title", "u", "ul", "h1", "h2", "h3", "h4"}
)


def _plain(text: str) -> str:
    """The page with nothing but the tags of tables and choices; what is no tag is text."""

    def kept(found: re.Match[str]) -> str:
        name = (found[1] or "").lower()
        if name in _KEPT:
            return found[0]
        return "" if name in _DROPPED else "&lt;" + found[0][1:]

    return _TAG.sub(kept, _seen(text.replace("\0", "")))


def _root(text: str) -> Any:
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    # The tags around it: a page of nothing else has a root, too.
    page = f"<html><body>{_plain(text)}</body></html>".encode("utf-8", "replace")
    return etree.fromstring(page, parser)

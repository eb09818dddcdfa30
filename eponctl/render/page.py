"""A page to text, for where it goes: boxes and colours on a terminal, plain columns elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eponctl.render import plain
from eponctl.render.sheet import Page, Sheet, fitted

MOST_DRAWN = 200
"""rich takes a millisecond a row: beyond this, plain columns on a terminal too."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal: its width in cells, and whether it is to be coloured."""

    width: int
    is_coloured: bool = True


def shown(page: Page, screen: Screen | None) -> Iterator[str]:
    """The page in pieces of text; `screen` None: it goes into a pipe or a file."""
    if screen is not None and page.rows <= MOST_DRAWN:
        from eponctl.render.tables import drawn

        yield drawn(page, screen.width, is_coloured=screen.is_coloured)
        return
    yield from (f"{line.text}\n" for line in page.head)
    for number, sheet in enumerate(page.sheets):
        if number or page.head:
            yield "\n"
        if screen is None:
            yield from _lines(sheet)
        else:
            fitting = fitted(sheet, screen.width)
            yield from _lines(fitting)
            yield from (f"{note.text}\n" for note in fitting.notes)


def _lines(sheet: Sheet) -> Iterator[str]:
    if not sheet.rows:
        if sheet.empty:
            yield f"{sheet.empty}\n"
        return
    titles = [column.title for column in sheet.columns]
    rights = [column.is_right for column in sheet.columns]
    for line in plain.columns(titles, sheet.rows, rights):
        yield f"{line}\n"

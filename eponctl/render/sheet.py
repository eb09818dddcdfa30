"""What is shown before it is known where: tables of texts, and how they fit into a width.

Pure. Every text is harmless already. A style is a word of STYLES; what it stands for is tables.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eponctl.render.plain import GAP, cells, clip

NOTHING = "-"
"""A value that is not known."""


class Style(StrEnum):
    """What a colour means; the text says the same without it."""

    PLAIN = ""
    GOOD = "green"
    WARN = "yellow"
    BAD = "red"
    WORST = "bold red"
    FAINT = "dim"
    STRONG = "bold"


StyleOf = Callable[[str], Style]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `rank` 0 is always shown; of the others the highest goes first for lack of room.

    `least`: a column of free text may be clipped to so many cells.
    """

    title: str
    rank: int = 0
    is_right: bool = False
    least: int | None = None
    style_of: StyleOf | None = None

    def style(self, text: str) -> Style:
        """The style of one of its cells."""
        return self.style_of(text) if self.style_of else Style.PLAIN


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in one style."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table; `notes` stand under it, `empty` in its place when it has no rows."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    notes: tuple[Line, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """All that a command shows: lines, then tables."""

    head: tuple[Line, ...]
    sheets: tuple[Sheet, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(len(sheet.rows) for sheet in self.sheets)


def by_word(styles: Mapping[str, Style]) -> StyleOf:
    """A style for each of a few words."""
    return lambda text: styles.get(text, Style.PLAIN)


def fitted(sheet: Sheet, width: int) -> Sheet:
    """The sheet with as many columns as `width` cells hold: empty ones go first, then by rank.

    Texts are clipped in columns that allow it. Where even the rest is too wide, it stays so.
    """
    widths = [
        max([cells(column.title), *map(cells, {row[place] for row in sheet.rows})])
        for place, column in enumerate(sheet.columns)
    ]
    kept = [
        place
        for place, column in enumerate(sheet.columns)
        if column.rank == 0 or any(row[place] != NOTHING for row in sheet.rows)
    ]
    while _needed(sheet, widths, kept) > width:
        last = max(kept, key=lambda place: sheet.columns[place].rank)
        if sheet.columns[last].rank == 0:
            break
        kept.remove(last)
    limits = _shrunk(sheet, widths, kept, width)
    rows = [[clip(row[place], limits[place]) for place in kept] for row in sheet.rows]
    return replace(sheet, columns=tuple(sheet.columns[place] for place in kept), rows=rows)


def _needed(sheet: Sheet, widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(_floor(sheet, widths, place) for place in kept) + len(GAP) * (len(kept) - 1)


def _floor(sheet: Sheet, widths: Sequence[int], place: int) -> int:
    least = sheet.columns[place].least
    return widths[place] if least is None else min(widths[place], least)


def _shrunk(
    sheet: Sheet, widths: Sequence[int], kept: Sequence[int], width: int
) -> dict[int, int]:
    """How wide each column may be: the widest gives way first."""
    limits = {place: widths[place] for place in kept}
    excess = sum(limits.values()) + len(GAP) * (len(kept) - 1) - width
    while excess > 0:
        room = {place: limits[place] - _floor(sheet, widths, place) for place in kept}
        able = [place for place in kept if room[place] > 0]
        if not able:
            break
        widest = max(able, key=lambda place: limits[place])
        step = min(excess, room[widest], max(1, limits[widest] // 10))
        limits[widest] -= step
        excess -= step
    return limits

"""What is shown before it is known where: tables of texts, and how they fit into a width.

Pure. Every text is harmless already. Colours are named here, and made by tables.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eponctl.render.plain import GAP, cells, clip, clip_middle

NOTHING = "-"
"""A value that is not known."""
EXTRA = 5


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

    From rank EXTRA on it also goes rather than that free text is clipped much.

    `least`: a column of free text may be clipped to so many cells. `falls_below`: where the column
    is left out, its texts stand under the table, each behind its row's first cell. `keeps_end`: it
    is clipped in the middle.
    """

    title: str
    rank: int = 0
    is_right: bool = False
    least: int | None = None
    falls_below: bool = False
    keeps_end: bool = False
    style_of: StyleOf | None = None

    def style(self, text: str) -> Style:
        """The style of one of its cells."""
        return self.style_of(text) if self.style_of else Style.PLAIN

    def clipped(self, text: str, width: int) -> str:
        """One of its cells, as fits into so many columns of a terminal."""
        return clip_middle(text, width) if self.keeps_end else clip(text, width)


OLT = Column("OLT", least=16, keeps_end=True)
"""An id is as long as whoever wrote olts.toml liked; the words beside it are to stay whole."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in one style; under a table only if a column that it is `about` is there.

    Where a head's line must be broken, what follows is set in by `hang` cells.
    """

    text: str
    style: Style = Style.PLAIN
    about: tuple[str, ...] = ()
    hang: int = 0


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


def without_empty(sheet: Sheet, title: str) -> Sheet:
    """The sheet, without the column of this title where no row has anything in it."""
    place = [column.title for column in sheet.columns].index(title)
    if any(row[place] != NOTHING for row in sheet.rows):
        return sheet
    return replace(
        sheet,
        columns=(*sheet.columns[:place], *sheet.columns[place + 1 :]),
        rows=[(*row[:place], *row[place + 1 :]) for row in sheet.rows],
    )


def by_word(styles: Mapping[str, Style]) -> StyleOf:
    """A style for each of a few words."""
    return lambda text: styles.get(text, Style.PLAIN)


def warning(text: str) -> Style:
    """The style of a cell that is best left empty."""
    return Style.PLAIN if text == NOTHING else Style.WARN


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
    _drop(sheet, widths, kept, width, least_rank=EXTRA, comfort=2)
    _drop(sheet, widths, kept, width, least_rank=1, comfort=1)
    limits = _shrunk(sheet, widths, kept, width)
    rows = [
        [sheet.columns[place].clipped(row[place], limits[place]) for place in kept]
        for row in sheet.rows
    ]
    return replace(
        sheet,
        columns=tuple(sheet.columns[place] for place in kept),
        rows=rows,
        notes=(*_fallen(sheet, kept), *_kept_notes(sheet, kept)),
    )


def _drop(
    sheet: Sheet,
    widths: Sequence[int],
    kept: list[int],
    width: int,
    *,
    least_rank: int,
    comfort: int,
) -> None:
    """Take columns of this rank and above out of `kept`, till the rest fits."""

    def needed() -> int:
        floors = (_floor(sheet, widths, place, comfort) for place in kept)
        return sum(floors) + len(GAP) * (len(kept) - 1)

    while needed() > width:
        last = max(kept, key=lambda place: sheet.columns[place].rank)
        if sheet.columns[last].rank < least_rank:
            return
        kept.remove(last)


def _kept_notes(sheet: Sheet, kept: Sequence[int]) -> list[Line]:
    titles = {sheet.columns[place].title for place in kept}
    return [note for note in sheet.notes if not note.about or titles & set(note.about)]


def _fallen(sheet: Sheet, kept: Sequence[int]) -> list[Line]:
    places = [place for place, column in enumerate(sheet.columns) if column.falls_below]
    return [
        Line(f"{row[0]}: {row[place]}", sheet.columns[place].style(row[place]))
        for place in places
        if place not in kept
        for row in sheet.rows
        if row[place] != NOTHING
    ]


def _floor(sheet: Sheet, widths: Sequence[int], place: int, comfort: int = 1) -> int:
    least = sheet.columns[place].least
    return widths[place] if least is None else min(widths[place], least * comfort)


def _shrunk(sheet: Sheet, widths: Sequence[int], kept: Sequence[int], width: int) -> dict[int, int]:
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

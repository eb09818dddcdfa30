"""A terminal's whole screen, in rich's hands: entered, drawn on, and left as it was before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Self

from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.live import Live
from rich.text import Text

from eponctl.render.sheet import Line, Sheet
from eponctl.render.tables import table
from eponctl.render.watchsheets import Frame


class LiveScreen:
    """The other screen of the terminal that stdout is, between `enter` and `leave`."""

    def __init__(self, *, is_coloured: bool) -> None:
        self._console = Console(
            file=sys.stdout,
            force_terminal=True,
            color_system="standard" if is_coloured else None,
            no_color=not is_coloured,
            highlight=False,
            emoji=False,
            markup=False,
            legacy_windows=False,
        )
        self._live = Live(
            console=self._console,
            screen=True,
            auto_refresh=False,  # no thread: what is drawn is drawn by `show`
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self.enter()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def enter(self) -> None:
        """Turn to the other screen, without a cursor."""
        self._live.start()

    def leave(self) -> None:
        """Turn back to what was there before."""
        self._live.stop()

    def show(self, frame: Frame, width: int, height: int) -> None:
        """Draw a frame; its last lines stand at the bottom."""
        self._console.size = ConsoleDimensions(width, height)
        self._live.update(Group(*_parts(frame, height)), refresh=True)


def _parts(frame: Frame, height: int) -> Iterator[RenderableType]:
    yield from map(_text, frame.head)
    for sheet in frame.sheets:
        yield from (Text() for _ in range(frame.gap))
        yield from _of_sheet(sheet)
    yield from (Text() for _ in range(height - frame.height))
    yield from map(_text, frame.foot)


def _of_sheet(sheet: Sheet) -> Iterator[RenderableType]:
    if not sheet.rows:
        yield _text(Line(sheet.empty))
        return
    yield Text(sheet.title, style="bold", no_wrap=True, overflow="crop")
    yield table(sheet, has_rule=False)
    yield from map(_text, sheet.notes)


def _text(line: Line) -> Text:
    return Text(line.text, style=line.style, no_wrap=True, overflow="crop")

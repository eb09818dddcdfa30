"""Pages on a terminal: rich's boxes and colours. Imported only when there is one."""

from __future__ import annotations

from io import StringIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from eponctl.render.sheet import Line, Page, Sheet, fitted


def drawn(page: Page, width: int, *, is_coloured: bool) -> str:
    """The page for a terminal of this width; without colour not even bold is left."""
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=True,
        color_system="standard" if is_coloured else None,
        no_color=not is_coloured,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        if page.head:
            console.print(_head(page.head))
        for number, sheet in enumerate(page.sheets):
            if number:
                console.print()
            _print(console, sheet, width)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _head(lines: tuple[Line, ...]) -> RenderableType:
    return Panel(Group(*map(_hung, lines)), box=box.ROUNDED, padding=(0, 1), border_style="dim")


def _hung(line: Line) -> RenderableType:
    if not line.hang:
        return _text(line)
    grid = Table.grid()
    grid.add_column(width=line.hang, no_wrap=True)
    grid.add_column()
    grid.add_row(Text(line.text[: line.hang]), Text(line.text[line.hang :]), style=line.style)
    return grid


def _text(line: Line) -> Text:
    # Text, not markup: a name like [red]x[/red] is only a name.
    return Text(line.text, style=line.style)


def _print(console: Console, sheet: Sheet, width: int) -> None:
    if not sheet.rows:
        if sheet.empty:
            console.print(Text(sheet.empty))
        return
    console.print(Text(sheet.title, style="bold"))
    fitting = fitted(sheet, width)
    console.print(table(fitting))
    for note in fitting.notes:
        console.print(_text(note))


def table(sheet: Sheet, *, has_rule: bool = True) -> Table:
    """A sheet's columns and rows; `has_rule`: a line between its head and the rest."""
    grid = Table(
        box=box.SIMPLE_HEAD if has_rule else None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1 if has_rule else 2, 0, 0),
        header_style="bold",
    )
    for column in sheet.columns:
        justify = "right" if column.is_right else "left"
        grid.add_column(Text(column.title), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for row in sheet.rows:
        cells = zip(sheet.columns, row, strict=True)
        grid.add_row(*(Text(text, style=column.style(text)) for column, text in cells))
    return grid

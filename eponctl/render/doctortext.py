"""What `eponctl doctor` found: a line each, what to do beneath it; and as one JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from eponctl.render.plain import safe
from eponctl.render.sheet import Style

if TYPE_CHECKING:  # to print must not cost the web library and the database
    from eponctl.commands.doctor import Finding
    from eponctl.render.page import Screen

SCHEMA = "eponctl-doctor/1"
_STYLES = {"ok": Style.GOOD, "warning": Style.WARN, "wrong": Style.WORST}
_MARK_WIDTH = 7
_GAP = "  "


def shown(findings: Sequence[Finding], screen: Screen | None) -> Iterator[str]:
    """Lines, broken to a terminal's width where there is one; a pipe gets a whole line each."""
    width = max((len(_what(one)) for one in findings), default=0)
    if screen is None:
        for one, is_last in _last_alike(findings):
            yield f"{_what(one):{width}}{_GAP}{one.mark:{_MARK_WIDTH}}{_GAP}{safe(one.text)}\n"
            if one.do and is_last:
                yield f"{'':{width + _MARK_WIDTH + 2 * len(_GAP)}}do: {safe(one.do)}\n"
        return
    yield _drawn(findings, screen, width)


def _what(finding: Finding) -> str:
    return safe(finding.about or finding.what)


def _last_alike(findings: Sequence[Finding]) -> Iterator[tuple[Finding, bool]]:
    """Each with whether the next one's advice is another: twenty OLTs need it once."""
    following = [*findings[1:], None]
    for one, after in zip(findings, following, strict=True):
        yield one, after is None or (after.what, after.do) != (one.what, one.do)


def _drawn(findings: Sequence[Finding], screen: Screen, width: int) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(
        file=StringIO(),
        width=screen.width,
        force_terminal=True,
        color_system="standard" if screen.is_coloured else None,
        no_color=not screen.is_coloured,
        highlight=False,
        legacy_windows=False,
    )
    grid = Table.grid(padding=(0, len(_GAP), 0, 0))
    grid.add_column(width=min(width, screen.width // 3), overflow="fold")
    grid.add_column(width=_MARK_WIDTH, no_wrap=True)
    grid.add_column(overflow="fold")
    for one, is_last in _last_alike(findings):
        mark = Text(one.mark, style=_STYLES[one.mark])
        grid.add_row(Text(_what(one), style=Style.STRONG), mark, Text(safe(one.text)))
        if one.do and is_last:
            grid.add_row("", "", Text(f"do: {safe(one.do)}", style=_STYLES[one.mark]))
    with console.capture() as capture:
        console.print(grid)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def closing(findings: Sequence[Finding]) -> str:
    """One line for people: how much of it is wrong."""
    wrong, warnings = (sum(one.mark == mark for one in findings) for mark in ("wrong", "warning"))
    if not wrong and not warnings:
        return "all is well"
    more = f", {warnings} worth a look" if warnings else ""
    return f"{wrong} wrong{more}"


def as_object(
    findings: Sequence[Finding], code: int, now: int, iso: Callable[[int | None], str | None]
) -> dict[str, object]:
    """The object of `doctor --json`; `state` is ok, warning or wrong, `olt` null but for an OLT."""
    return {
        "schema": SCHEMA,
        "generated_at": iso(now),
        "ok": code == 0,
        "findings": [
            {
                "what": one.what,
                "olt": one.about,
                "state": str(one.mark),
                "text": one.text,
                "do": one.do or None,
            }
            for one in findings
        ],
    }

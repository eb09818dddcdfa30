"""`status --watch` as a frame of so many lines: what it shows, and what is left out of it. Pure.

Every section gets its turn: lines are dealt out one by one, until each has all or none is left.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from eponctl.commands.watch import STEP_S, Glance, Shares
from eponctl.render import values
from eponctl.render.incidentsheets import incidents_page
from eponctl.render.networksheets import head_lines, onus_sheet
from eponctl.render.oltsheets import olts_sheet
from eponctl.render.plain import clip, safe
from eponctl.render.sheet import Column, Line, Sheet, Style, fitted
from eponctl.render.sparkline import sparkline
from eponctl.views.network import OltCondition

_DAY = "LAST DAY"
_STEPS = 48  # half hours
_WIDE = 140  # cells from which on each has its own mark; else two share one
_ROOMY = 18  # lines from which on there is one between two sections
_MOST_OF_FAULT = 3  # lines
_HEADING = 2  # a title and the names of the columns
# What goes first where there is no room: the sparkline is what one watches for.
_RANKS = {"POLLED": 2, _DAY: 1}


@dataclass(frozen=True, slots=True)
class View:
    """What there is to show: the last glance (None: none yet), and why there is no newer one."""

    glance: Glance | None
    now: int
    every_s: float
    fault: str | None = None
    has_keys: bool = True
    is_ascii: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines above, tables that fit, how many lines lie before each of them, and lines below."""

    head: tuple[Line, ...]
    sheets: tuple[Sheet, ...]
    gap: int
    foot: tuple[Line, ...]

    @property
    def height(self) -> int:
        """How many lines it takes."""
        tables = sum(self.gap + height_of(sheet) for sheet in self.sheets)
        return len(self.head) + tables + len(self.foot)


def frame(view: View, width: int, height: int) -> Frame:
    """As much as fits, the most urgent first; rows that do not are counted."""
    foot = tuple(_clipped(line, width) for line in _foot(view, width))
    if view.glance is None:
        return Frame((Line("nothing is known yet"),), (), 0, foot)
    # What could not be read anew gets older all the same.
    glance = view.glance._replace(status=replace(view.glance.status, now=view.now))
    lines = head_lines(glance.status, glance.config.timezone)
    head = tuple(_clipped(line, width) for line in lines)
    gap = int(height >= _ROOMY)
    # No more than could be shown are put into words: there may be some ten thousand.
    hidden = glance.status.onus[height:]
    few = replace(glance.status, onus=glance.status.onus[:height])
    sheets = [
        fitted(sheet, width)
        for sheet in _sheets(view, glance._replace(status=few), width, len(hidden))
    ]
    headings = sum(_HEADING if sheet.rows else 1 for sheet in sheets)
    room = height - len(head) - len(foot) - gap * len(sheets) - headings
    shares = allotted([_lines(sheet) for sheet in sheets], room)
    beyond = (0, 0, len(hidden))
    cut = tuple(_cut(*one) for one in zip(sheets, shares, beyond, strict=True))
    shown = Frame(head, cut, gap, foot)
    while shown.height > height and shown.sheets:  # a terminal of some few lines
        shown = replace(shown, sheets=shown.sheets[:-1])
    return shown


def _clipped(line: Line, width: int) -> Line:
    return replace(line, text=clip(line.text, width), hang=0)


def _foot(view: View, width: int) -> list[Line]:
    glance = view.glance
    text = f"! {_of_when(glance)}{safe(view.fault)}" if view.fault else ""
    broken = textwrap.wrap(text, width, max_lines=_MOST_OF_FAULT, placeholder=" …")
    fault = [Line(part, Style.WORST) for part in broken]
    ways = "q or Ctrl-C leaves" if view.has_keys else "Ctrl-C leaves"
    if glance is None:
        return [*fault, Line(f"every {view.every_s:g}s; {ways}", Style.FAINT)]
    time = values.moment(view.now, glance.config.timezone)
    waiting = values.counted(glance.waiting, "message")
    waits = f"{waiting} wait{'s' if glance.waiting == 1 else ''}" if glance.waiting else ""
    text = f"{waits or 'no message waits'}; {time}, every {view.every_s:g}s; {ways}"
    return [*fault, Line(text, Style.WARN if glance.waiting else Style.FAINT)]


def _of_when(glance: Glance | None) -> str:
    if glance is None:
        return ""
    at = values.moment(glance.status.now, glance.config.timezone)
    return f"as it was at {at.rpartition(' ')[2]}: "


# --- sections ---------------------------------------------------------------------------------


def _sheets(view: View, glance: Glance, width: int, hidden: int) -> list[Sheet]:
    """OLTs, incidents, ONUs; of those so many more are `hidden`."""
    zone, found = glance.config.timezone, glance.incidents
    # That page is a log, whose last line is the first one here.
    upwards = found._replace(incidents=found.incidents[::-1])
    (incidents,) = incidents_page(upwards, is_open_only=True, now=view.now, zone=zone).sheets
    title = f"Open incidents: {len(incidents.rows)}"
    columns = tuple(replace(column, falls_below=False) for column in incidents.columns)
    onus = onus_sheet(glance.status, zone)
    what = onus.title.partition(":")[0]
    return [
        _with_day(olts_sheet(glance.status.olts, view.now), view, glance, width),
        replace(incidents, title=title, columns=columns),
        replace(onus, title=f"{what}: {len(onus.rows) + hidden}"),
    ]


def _with_day(sheet: Sheet, view: View, glance: Glance, width: int) -> Sheet:
    """The OLTs with their last day beside them."""
    titles = [column.title for column in sheet.columns]
    if not sheet.rows:
        return sheet
    place = titles.index("PROBLEMS") + 1
    steps = _STEPS if width >= _WIDE else _STEPS // 2
    columns = [*sheet.columns[:place], Column(_DAY), *sheet.columns[place:]]
    rows = [
        (*row[:place], _day(glance.shares.get(row[0], {}), view, steps), *row[place:])
        for row in sheet.rows
    ]
    ranked = (replace(one, rank=_RANKS.get(one.title, one.rank)) for one in columns)
    return replace(sheet, columns=tuple(ranked), rows=rows)


def _day(shares: Shares, view: View, steps: int) -> str:
    last, of_each = view.now // STEP_S, _STEPS // steps
    parts: list[float | None] = []
    seen: list[bool] = []
    for first in range(last - _STEPS + 1, last + 1, of_each):
        some = [shares[step] for step in range(first, first + of_each) if step in shares]
        of = sum(share.of for share in some)
        parts.append(sum(share.online for share in some) / of if of else None)
        seen.append(bool(some))
    return sparkline(parts, seen, is_ascii=view.is_ascii)


# --- room -------------------------------------------------------------------------------------


def height_of(sheet: Sheet) -> int:
    """How many lines a table takes, without a rule under its head."""
    return _HEADING + _lines(sheet) if sheet.rows else int(bool(sheet.empty))


def _lines(sheet: Sheet) -> int:
    return len(sheet.rows) + len(sheet.notes) if sheet.rows else 0


def allotted(wants: Sequence[int], room: int) -> list[int]:
    """How many lines each gets: in turn one each, till it has what it wants or none is left."""
    got = [0] * len(wants)
    while room > 0 and got != list(wants):
        for place, want in enumerate(wants):
            if room > 0 and got[place] < want:
                got[place] += 1
                room -= 1
    return got


def _cut(sheet: Sheet, lines: int, hidden: int) -> Sheet:
    """So many rows and notes of a table; rows that are left out are counted in the last line.

    So are those that are hidden: they are not among its rows at all.
    """
    count = len(sheet.rows) + hidden
    if not sheet.rows:
        return sheet
    if count <= lines:
        return replace(sheet, notes=sheet.notes[: lines - count])
    if lines < 1:
        return replace(sheet, rows=[], empty=f"{sheet.title}; there is no room for them")
    rows = sorted(sheet.rows, key=_calm(sheet))[: lines - 1]
    more = Line(f"… and {count - len(rows)} more", Style.FAINT)
    if not rows:
        return replace(sheet, rows=[], empty=f"{sheet.title}; there is no room for them")
    return replace(sheet, rows=rows, notes=(more,))


def _calm(sheet: Sheet) -> Callable[[Sequence[str]], bool]:
    """Whether a row is of an OLT with nothing to tell; those are left out first."""
    titles = [column.title for column in sheet.columns]
    if _DAY not in titles and "ONLINE" not in titles:
        return lambda _: False
    state, problems = titles.index("STATE"), titles.index("PROBLEMS")
    well = {values.word(OltCondition.OK), values.word(OltCondition.DISABLED)}
    return lambda row: row[state] in well and row[problems] in {"0", "-"}

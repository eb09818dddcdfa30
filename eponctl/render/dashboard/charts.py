"""Charts as SVG, drawn by pygal: lines over a day, gaps where nothing was read.

Only shapes are taken over from it. Its style, its script and its links stay behind: colours are the
page's, light or dark, and a page that loads nothing can forbid everything.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from eponctl.messages.text import number
from eponctl.render import values
from eponctl.views.dashboard import Trends, Values

WIDTH, HEIGHT = 340, 190
"""Near the size that a phone shows it in: so letters are of one size everywhere."""
_FONT_PX = 12
_DOT, _WIDE_DOT = 1.1, 2.5  # no wider than the line: seen only where a value stands alone
_FEW = 12  # steps, of which each is to be seen
_MOST_TICKS = 5
_MOST_TIMES = 5
_MINUTE_S, _HOUR_S = 60, 3600
_TIME_STEPS_S = (
    *(minutes * _MINUTE_S for minutes in (5, 10, 15, 30)),
    *(hours * _HOUR_S for hours in (1, 2, 3, 6, 12)),
)


class Chart(NamedTuple):
    """One chart: `summary` says in words what it shows, `svg` is markup."""

    title: str
    summary: str
    svg: str


class _Kind(NamedTuple):
    """What is drawn: its unit, the least height of its scale, and where that must not go."""

    title: str
    spelled: Callable[[float], str]
    least: float
    bottom: float = -math.inf
    top: float = math.inf


_ONLINE = _Kind("ONUs online", lambda value: f"{number(value, 1)} %", 4, 0, 100)
_PROBLEMS = _Kind("Problems", lambda value: number(value, 1), 4, 0)
_TEMPERATURE = _Kind("Temperature", lambda value: f"{number(value, 1)} °C", 4)
_POWER = _Kind("Signal (RX)", lambda value: f"{number(value, 1)} dBm", 2)


def charts(trends: Trends, zone: tzinfo) -> list[Chart]:
    """The four charts of a network; the lines of all have the same colours in the same order."""
    of = {
        _ONLINE: trends.online_percent,
        _PROBLEMS: trends.problems,
        _TEMPERATURE: trends.temperature_c,
        _POWER: trends.rx_power_dbm,
    }
    return [_chart(kind, lines, trends, zone) for kind, lines in of.items()]


def _chart(kind: _Kind, lines: Sequence[Values], trends: Trends, zone: tzinfo) -> Chart:
    known = [
        (value, at)
        for line in lines
        for value, at in zip(line, trends.starts, strict=True)
        if value is not None
    ]
    if not known:
        return Chart(kind.title, "nothing was read in this time", "")
    low, high = min(known)[0], max(known)[0]
    ends = [f"{kind.spelled(value)} ({_clock(at, zone)})" for value, at in (min(known), max(known))]
    summary = f"{kind.spelled(low)} all the time" if low == high else " to ".join(ends)
    return Chart(kind.title, summary, _drawn(kind, lines, trends, zone, (low, high)))


def _drawn(
    kind: _Kind,
    lines: Sequence[Values],
    trends: Trends,
    zone: tzinfo,
    bounds: tuple[float, float],
) -> str:
    pygal = _pygal()
    ticks = ticks_of(*bounds, kind.least, kind.bottom, kind.top)
    times = [_clock(at, zone) for at in trends.starts]
    every = _time_step(trends.starts[-1] - trends.starts[0] + trends.step_s, trends.step_s)
    chart = pygal.Line(
        js=[],
        css=[],
        width=WIDTH,
        height=HEIGHT,
        no_prefix=True,
        explicit_size=False,
        show_legend=False,
        allow_interruptions=True,
        dots_size=_DOT if len(trends.starts) > _FEW else _WIDE_DOT,
        truncate_label=-1,
        margin=6,
        style=pygal.style.Style(label_font_size=_FONT_PX, major_label_font_size=_FONT_PX),
        show_minor_x_labels=False,
        formatter=kind.spelled,
        y_labels=[{"label": number(tick, 1), "value": tick} for tick in ticks],
    )
    chart.x_labels = times
    chart.x_labels_major = sorted({time for time in times if _is_round(time, every)})
    for name, line in zip(trends.names, lines, strict=True):
        chart.add(values.words(name), list(line))
    return "".join(_shapes(chart.render_tree()))


def _pygal() -> Any:
    """The library, without the finder of plug-ins that it hooks into every later import."""
    import pygal

    hooks = [one for one in sys.meta_path if type(one).__module__ == "pygal"]
    for hook in hooks:
        sys.meta_path.remove(hook)
    return pygal


def _clock(at: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%H:%M")


def ticks_of(
    low: float, high: float, least: float, bottom: float = -math.inf, top: float = math.inf
) -> list[float]:
    """Round numbers that a scale is marked with: the first is under all values, the last over."""
    middle, half = (low + high) / 2, max(high - low, least) / 2
    begin, end = min(middle - half, low), max(middle + half, high)
    if end > top:
        begin, end = min(begin, top - 2 * half), top
    if begin < bottom:
        begin, end = bottom, max(end, bottom + 2 * half)
    step = _round_step((end - begin) / (_MOST_TICKS - 1))
    first, last = math.floor(begin / step), math.ceil(end / step)
    return [round(place * step, 6) + 0.0 for place in range(first, last + 1)]


def _round_step(step: float) -> float:
    unit = float(10 ** math.floor(math.log10(step)))
    return next(size * unit for size in (1, 2, 5, 10) if size * unit >= step * (1 - 1e-9))


def _time_step(span_s: int, least_s: int) -> int:
    """The time between two that are written below: no more than so many of them."""
    fitting = (step for step in _TIME_STEPS_S if step >= least_s and span_s / step <= _MOST_TIMES)
    return next(fitting, _TIME_STEPS_S[-1])


def _is_round(time: str, every_s: int) -> bool:
    hour, minute = map(int, time.split(":"))
    return (hour * _HOUR_S + minute * _MINUTE_S) % every_s == 0


# --- of pygal's picture only what is to be seen -----------------------------------------------

_FOR_ITS_SCRIPT = frozenset({"titles", "plot text-overlay", "plot tooltip-overlay"})
_NAMESPACE = re.compile(r' xmlns(:xlink)?="[^"]*"')


def _shapes(root: Any) -> Iterator[str]:
    """The picture as markup that stands in a page; a dot's title says its time and value."""
    from pygal.etree import etree

    yield f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
    for graph in root:
        if _tag(graph) != "g":  # its style, its script, its links
            continue
        for part in list(graph):
            if part.get("class") in _FOR_ITS_SCRIPT:
                graph.remove(part)
        for node in list(graph.iter()):
            _plain(node)
        yield _NAMESPACE.sub("", etree.tostring(graph, encoding="unicode"))
    yield "</svg>"


def _plain(node: Any) -> None:
    """Take titles and notes for the script out of a group; of a dot they become its own title."""
    notes = {one.get("class"): one for one in node if _tag(one) in {"title", "desc"}}
    for note in notes.values():
        node.remove(note)
    if "value" in notes:
        title = node.makeelement(f"{node.tag[:-1]}title", {})
        when = notes["x_label"].text if "x_label" in notes else ""
        title.text = f"{when} {notes['value'].text}".strip()
        node.append(title)


def _tag(node: Any) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""

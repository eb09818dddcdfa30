"""A recording before it is written, as text: a line for each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from eponctl.capture.invention import Kind
from eponctl.commands.olt_capture import Capture, Target
from eponctl.render.plain import safe

_PLURALS: Mapping[str, str] = {"address": "addresses"}


def summary(capture: Capture) -> str:
    """What a recording holds, and what was replaced in it."""
    rows = [
        (
            one.method,
            str(one.status),
            f"{one.size} B",
            safe(one.path),
            _replaced(one.replaced) + ("; further" if one.is_further else ""),
        )
        for one in capture.asked
    ]
    heads = ("", "HTTP", "SIZE", "PATH", "REPLACED")
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(len(heads))]
    lines = [
        f"{row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]:>{widths[2]}}  "
        f"{row[3]:{widths[3]}}  {row[4]}".rstrip()
        for row in (heads, *rows)
    ]
    return "\n".join([*lines, *_closing(capture)])


def _replaced(counts: Mapping[Kind, int]) -> str:
    told = [
        f"{number} {kind if number == 1 else _PLURALS.get(kind, kind + 's')}"
        for kind, number in sorted(counts.items())
        if number
    ]
    return ", ".join(told) or "nothing"


def _closing(capture: Capture) -> Iterator[str]:
    if any(one.is_further for one in capture.asked):
        yield "further: no driver asks for it; recorded for people to look at"
    if capture.error:
        yield f"the driver could not read it: {safe(capture.error)}"
    elif capture.driver:
        mark = " (experimental)" if "(experimental)" in (capture.expected or "") else ""
        yield f"played back, driver {capture.driver}{mark} reads {capture.onus} ONUs"
    for doubt in capture.doubts:
        yield f"beware: {safe(doubt)}"


def question(files: Target, capture: Capture) -> str:
    """What a person is asked before anything is written."""
    also = "" if capture.expected is None else f" and {files.expectation.name}"
    return safe(f"Write {files.recording}{also}? [y/N] ")


def written(paths: tuple[Path, ...], capture: Capture) -> Iterator[str]:
    """Lines for people, once it is written."""
    yield f"{capture.olt.id}: wrote {' and '.join(str(path) for path in paths)}"
    yield "before you share it: read it through, for a name in a place where nobody looked"
    if capture.expected is not None:
        yield (
            "compare the .expected.json with the device's own page; both files in"
            f" cassettes/{capture.driver}/, named like {capture.name}, are a test"
        )

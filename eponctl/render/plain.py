"""Text for a terminal or a pipe without rich: cleaned of what a device might have smuggled in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

GAP = "  "
_MOST_PADDED = 40  # a longer cell pushes its row out of line, rather than all rows apart
_LEAST_BROKEN = 20
_BEFORE_SPACE = re.compile(r"(?<=\S)(?= )")

# Whole escape sequences: their tails would be left as "[31m". Not the 8-bit forms: in names whose
# bytes were taken for the wrong charset those are half a letter, and what follows is a name.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\])?")


class _Harmless(dict[int, str]):
    """What stands for a character: invisible ones vanish, breaks and controls are a space."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category in {"Cc", "Zl", "Zp", "Zs"}:
            kept = " "
        elif category == "Cf":  # bidirectional, zero-width
            kept = ""
        else:
            kept = "\ufffd" if category == "Cs" else char
        self[code] = kept
        return kept


_HARMLESS = _Harmless()


def safe(text: str) -> str:
    """One line of harmless text: escape sequences, controls and invisible characters are gone."""
    return text if text.isprintable() else _ESCAPE.sub("", text).translate(_HARMLESS).rstrip()


# All else takes one column a character: letters with accents, "°", "…", "→".
_UNEVEN = re.compile("[^\x00-\u02ff\u2010-\u22ff]")


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_cells, text)) if _UNEVEN.search(text) else len(text)


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def clip(text: str, width: int) -> str:
    """The text, or as much of it as fits into `width` columns with an ellipsis behind it."""
    if cells(text) <= width:
        return text
    kept, left = [], width - 1
    for char in text:
        left -= _cells(char)
        if left < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def clip_middle(text: str, width: int) -> str:
    """The same with the ellipsis in the middle: of ids and places it is the end that differs."""
    end = (width - 1) // 2
    if cells(text) <= width or end < 1 or _UNEVEN.search(text):
        return clip(text, width)
    return f"{text[: width - 1 - end]}…{text[-end:]}"


def broken(text: str, width: int) -> list[str]:
    """The text in lines of so many columns, where there is a space to break it; later ones set in.

    Words stay whole: a path or a command that was cut could not be copied.
    """
    if cells(text) <= width or width < _LEAST_BROKEN:
        return [text]
    lines = [""]
    for piece in _BEFORE_SPACE.split(text):
        if cells(lines[-1]) + cells(piece) <= width or not lines[-1]:
            lines[-1] += piece
        else:
            lines.append(GAP + piece.lstrip())
    return lines


def padded(text: str, width: int, *, to_right: bool) -> str:
    """The text filled up with spaces to `width` columns; a longer one stays as it is."""
    fill = " " * (width - cells(text))
    return fill + text if to_right else text + fill


def columns(
    titles: Sequence[str], rows: Sequence[Sequence[str]], rights: Sequence[bool]
) -> Iterator[str]:
    """A line of titles and a line a row; `rights` says which columns are set to the right."""
    widths = [
        min(_MOST_PADDED, max(cells(title), _widest(row[place] for row in rows)))
        for place, title in enumerate(titles)
    ]
    marks = (
        f"%{'' if right else '-'}{width}s" for width, right in zip(widths, rights, strict=True)
    )
    pattern = GAP.join(marks)
    for row in (titles, *rows):
        line = pattern % tuple(row)
        if _UNEVEN.search(line):
            parts = zip(row, widths, rights, strict=True)
            line = GAP.join(padded(text, width, to_right=right) for text, width, right in parts)
        yield line.rstrip()


def _widest(texts: Iterable[str]) -> int:
    """Columns of the widest text; many are alike, so each counts once."""
    return max(map(cells, set(texts)), default=0)

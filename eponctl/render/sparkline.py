"""A share over time on one line: a character a step, higher for more. Pure.

The scale is of losses, not even: what matters is whether it is all of them, nearly all, or half.
"""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.:-=+*#"
"""The same, for a terminal without UTF-8."""
UNREAD = "·"
_ASCII_UNREAD = "?"
# From the highest mark down; all of them is the highest alone.
_AT_LEAST = (1.0, 0.98, 0.95, 0.9, 0.75, 0.5, 0.25)


def sparkline(parts: Sequence[float | None], seen: Sequence[bool], *, is_ascii: bool) -> str:
    """A mark for each part from 0 to 1; None is UNREAD where it was `seen`, else nothing."""
    marks = ASCII if is_ascii else BLOCKS
    unread = _ASCII_UNREAD if is_ascii else UNREAD
    return "".join(
        (unread if was_seen else " ") if part is None else _mark(part, marks)
        for part, was_seen in zip(parts, seen, strict=True)
    )


def _mark(part: float, marks: str) -> str:
    below = sum(part < least for least in _AT_LEAST)
    return marks[len(marks) - 1 - below]

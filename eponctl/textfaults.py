"""What of somebody's own texts could not be used in this run, for the edge to tell, once each.

A message goes out with the built-in text then, so it is nobody's failure: it is noted where it is
met, deep below, and told where people are told things. Loads nothing: every verb asks it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class TextFault(NamedTuple):
    """What is wrong with a file of texts; line 0: with none of its lines in particular."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.what}"


_NOTED: dict[TextFault, None] = {}


def note(fault: TextFault) -> None:
    """Let it be told at the end of this run."""
    _NOTED[fault] = None


def taken() -> list[TextFault]:
    """What was noted since this was asked last, in that order."""
    found = list(_NOTED)
    _NOTED.clear()
    return found

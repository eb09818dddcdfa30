"""Telephone numbers as they may be shown: enough to know whose, too little to call."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d{8,}")
_HEAD, _TAIL = 5, 4  # digits of a number that may be shown


def masked(text: str) -> str:
    """`text` with the telephone numbers and group ids in it unrecognisable: `62812…0001`."""
    return _NUMBER.sub(_masked_number, text)


def _masked_number(found: re.Match[str]) -> str:
    digits = found.group()
    head = min(_HEAD, len(digits) - 2 * _TAIL)
    return f"{digits[:head]}…{digits[-_TAIL:]}"

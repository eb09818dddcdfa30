"""Text of a device's page to numbers; the one place where `--` becomes None."""

from __future__ import annotations

import math
from functools import lru_cache

# field/olt-web-asp.md section 5. Compared in lower case, after trimming.
_MISSING = frozenset(
    {"", "--", "-", "-inf", "inf", "n/a", "na", "nan", "null", "undefined", "0000-00-00 00:00:00"}
)


def is_missing(text: str) -> bool:
    """Whether a device's text stands for no value."""
    return text.strip().lower() in _MISSING


@lru_cache(maxsize=8192)
def number(text: str) -> float | None:
    """A finite number, or None for a sentinel and for what is no number.

    Cached: a farm of thousands of ONUs has some hundred different levels and temperatures.
    """
    if not text.isascii() or "_" in text:
        # Python reads `1_0` and digits of other scripts as numbers; no device prints them.
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """A whole number, or None for a sentinel, for what is none, and for what no column can hold."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _MOST_DIGITS:
        return None
    return int(digits)


# A row of nines must end as "no value", not as an overflow in the arithmetic or the database.
_MOST_DIGITS = 15


def label(text: str) -> str | None:
    """A text for people as the device gave it, trimmed; None where it stands for nothing."""
    trimmed = text.strip()
    return None if trimmed.lower() in _MISSING else trimmed


def mac(text: str) -> str:
    """A MAC in upper case with colons, whatever separators the device uses."""
    return text.upper().replace("-", ":")

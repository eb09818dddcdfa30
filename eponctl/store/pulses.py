"""When polls took place, as far as telling a time without any needs it: the last nine."""

from __future__ import annotations

import json
import statistics
from itertools import pairwise

from eponctl.store.events import fact, set_fact

KEPT = 9
_GAP_POLLS = 3
LEAST_GAP_S = 60
"""A time without polls is told to the minute, so a shorter one is none."""
_KEY = "poll_times"
_GAP_KEY = "gap"


def record(now: int) -> None:
    """Remember that a poll takes place now; the caller holds the transaction.

    Of a clock that was set back only the times that have been are kept.
    """
    times = [at for at in _times() if at < now]
    set_fact(_KEY, json.dumps([*times, now][-KEPT:]))


def last() -> int | None:
    """When the last poll took place that was recorded; None before the first."""
    return max(_times(), default=None)


def interval() -> int | None:
    """The usual time from one poll to the next, in seconds: the median; None before the second."""
    gaps = [after - before for before, after in pairwise(_times())]
    return round(statistics.median(gaps)) if gaps else None


def gap(now: int) -> tuple[int, int] | None:
    """The time without polls that ends now, if it was an outage of our own.

    That is over 3 intervals, and over a minute.
    """
    before, usual_s = last(), interval()
    if before is None or usual_s is None:
        return None
    return (before, now) if now - before > max(_GAP_POLLS * usual_s, LEAST_GAP_S) else None


def remember_gap(found: tuple[int, int]) -> None:
    """Keep a gap, for whoever is told later of what happened in it."""
    set_fact(_GAP_KEY, json.dumps(found))


def last_gap() -> tuple[int, int] | None:
    """The last gap that was kept."""
    text = fact(_GAP_KEY)
    if text is None:
        return None
    from_at, to_at = json.loads(text)
    return from_at, to_at


def _times() -> list[int]:
    text = fact(_KEY)
    return [] if text is None else list(json.loads(text))

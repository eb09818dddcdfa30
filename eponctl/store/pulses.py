"""When polls took place, as far as telling a time without any needs it: the last nine."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
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
    return _pace_s(_times())


def gap(now: int) -> tuple[int, int] | None:
    """The time without polls that ends now, if it was an outage of our own."""
    return gap_after(_times(), now)


def gap_after(times: Sequence[int], now: int) -> tuple[int, int] | None:
    """The time from the last of these polls to now, if it was over 3 intervals and a minute."""
    usual_s = _pace_s(times)
    if usual_s is None:
        return None
    least_s = max(_GAP_POLLS * usual_s, LEAST_GAP_S)
    return (times[-1], now) if now - times[-1] > least_s else None


def _pace_s(times: Sequence[int]) -> int | None:
    lengths = [after - before for before, after in pairwise(times)]
    return round(statistics.median(lengths)) if lengths else None


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

"""The time that a report is about, and when the daily one is due. Pure; clock and zone are given.

A period is whole days of the local calendar, so it may be an hour shorter or longer than its days.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from eponctl.windows import instant

_DAY = timedelta(days=1)


class Every(StrEnum):
    """How often a report is made."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Period(NamedTuple):
    """Whole local days, from the first second of `first` to the first one after `last` (UTC)."""

    every: Every
    first: date
    last: date
    since: int
    until: int


def last_period(every: Every, now: int, zone: tzinfo) -> Period:
    """The last one that is over: yesterday, the week from Monday to Sunday, the calendar month."""
    today = datetime.fromtimestamp(now, zone).date()
    return period_before(every, today, zone)


def period_before(every: Every, day: date, zone: tzinfo) -> Period:
    """The last one that was over when this day began."""
    if every is Every.DAILY:
        first, end = day - _DAY, day
    elif every is Every.WEEKLY:
        end = day - day.weekday() * _DAY
        first = end - 7 * _DAY
    else:
        end = day.replace(day=1)
        first = (end - _DAY).replace(day=1)
    return Period(every, first, end - _DAY, _midnight(first, zone), _midnight(end, zone))


def _midnight(day: date, zone: tzinfo) -> int:
    return instant(datetime.combine(day, time()), zone)


def due_day(minute: int, now: int, zone: tzinfo) -> date:
    """The last day whose report was due: today, or yesterday before that minute of the day.

    A minute that the clock leaves out is the moment of the change, of one that comes twice the
    first counts; so each day has exactly one.
    """
    today = datetime.fromtimestamp(now, zone).date()
    due_at = instant(datetime.combine(today, time()) + timedelta(minutes=minute), zone)
    return today if now >= due_at else today - _DAY

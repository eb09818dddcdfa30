"""Times in which less, or nothing, is told: quiet hours and maintenance; and what a target covers.

Pure: clock and zone are passed in; times are UTC seconds. Knows what a wall clock does where it is
put forward or back. Must not know incidents, nor what is told.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo
from fnmatch import fnmatchcase
from typing import NamedTuple

from eponctl.settings import Maintenance, Quiet

_DAY_S = 86400
_DAY_MINUTES = 1440
_PARTS = 3
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", re.IGNORECASE)


# --- quiet hours ---


def quiet_span(quiet: Quiet, now: int, zone: tzinfo) -> tuple[int, int] | None:
    """The quiet time that `now` is in: its first second and the first one after it.

    It is quiet exactly while the clock on the wall stands within the hours. So a change of the
    clock makes it shorter or longer, and parts it in two where an hour at its edge comes twice.
    """
    hours = _hours(quiet, zone)
    return (_begin(hours, now), _end(hours, now)) if _is_in(hours, now) else None


def last_quiet_span(quiet: Quiet, now: int, zone: tzinfo) -> tuple[int, int]:
    """The quiet time that `now` is in, else the last one that has ended."""
    hours = _hours(quiet, zone)
    if _is_in(hours, now):
        return _begin(hours, now), _end(hours, now)
    end = _begin(hours, now)  # of the time that is not quiet
    return _begin(hours, end - 1), end


class _Hours(NamedTuple):
    """The same hours of each day by a zone's clock: seconds since midnight, and how many."""

    from_s: int
    length_s: int
    zone: tzinfo


def _hours(quiet: Quiet, zone: tzinfo) -> _Hours:
    minutes = (quiet.to_minute - quiet.from_minute) % _DAY_MINUTES
    return _Hours(quiet.from_minute * 60, minutes * 60, zone)


def _phase(hours: _Hours, at: int) -> int:
    """Seconds by the clock since the hours began, today or yesterday."""
    return (at + _offset_s(at, hours.zone) - hours.from_s) % _DAY_S


def _is_in(hours: _Hours, at: int) -> bool:
    return _phase(hours, at) < hours.length_s


def _begin(hours: _Hours, at: int) -> int:
    """Since when it is as it is at `at`: within the hours, or outside them."""
    is_in = _is_in(hours, at)
    while True:
        begin = at - _phase(hours, at) + (0 if is_in else hours.length_s)
        begin = _clock_change(begin, at, hours.zone) or begin
        if _is_in(hours, begin - 1) != is_in:
            return begin
        at = begin - 1


def _end(hours: _Hours, at: int) -> int:
    """When the hours that `at` is in are over."""
    while _is_in(hours, at):
        end = at - _phase(hours, at) + hours.length_s
        at = _clock_change(at, end, hours.zone) or end
    return at


# --- maintenance ---


def is_in_maintenance(window: Maintenance, now: int, zone: tzinfo) -> bool:
    """Whether `now` is within the window, or one of its weekly ones."""
    return maintenance_end(window, now, zone) is not None


def maintenance_end(window: Maintenance, now: int, zone: tzinfo) -> int | None:
    """The end of the maintenance that `now` is in; None: it is in none.

    A weekly one is each week what `instant` makes of its two times, and never in two parts.
    """
    for start, end in _near(window, now, zone):
        if start <= now < end:
            return end
    return None


def maintenance_spans(
    window: Maintenance, since: int, until: int, zone: tzinfo
) -> list[tuple[int, int]]:
    """The maintenance times that reach into the time from `since` to `until`, in order."""
    days = (*range(since - _DAY_S, until + _DAY_S, _DAY_S), until)
    spans = {span for day in days for span in _near(window, day, zone)}
    return sorted((start, end) for start, end in spans if start < until and end > since)


def _near(window: Maintenance, now: int, zone: tzinfo) -> list[tuple[int, int]]:
    """The maintenance times that `now` may be in, each from its start to its end."""
    weekly = window.weekly
    if weekly is None:
        is_whole = window.starts_at is not None and window.ends_at is not None
        return [(window.starts_at or 0, window.ends_at or 0)] if is_whole else []
    begin = timedelta(minutes=weekly.from_minute)
    length = (weekly.to_minute - weekly.from_minute) % _DAY_MINUTES or _DAY_MINUTES
    today = datetime.fromtimestamp(now, zone).date()
    # Tomorrow's too: a clock that is put back just after midnight shows the day before again.
    days = (today + timedelta(days=shift) for shift in (-1, 0, 1))
    starts = [
        datetime.combine(day, time()) + begin for day in days if day.weekday() == weekly.weekday
    ]
    return [
        (instant(start, zone), instant(start + timedelta(minutes=length), zone)) for start in starts
    ]


# --- the clock on the wall ---


def instant(wall: datetime, zone: tzinfo) -> int:
    """The UTC second at which a clock in `zone` shows this (naive) time.

    Of a time that it shows twice the first; of one that it leaves out the moment of the change.
    """
    at = int(wall.replace(tzinfo=zone, fold=0).timestamp())
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) == wall:
        return at
    # Left out: read by the offset before the change it is too late, by the one after too early.
    early = int(wall.replace(tzinfo=zone, fold=1).timestamp())
    return _clock_change(early, at, zone) or at


def _clock_change(first: int, last: int, zone: tzinfo) -> int | None:
    """The first second of the offset that holds at `last`, if another one holds at `first`.

    The two are a day or so apart: no zone changes its clock twice in that time.
    """
    offset = _offset_s(last, zone)
    if _offset_s(first, zone) == offset:
        return None
    while last - first > 1:
        middle = (first + last) // 2
        if _offset_s(middle, zone) == offset:
            last = middle
        else:
            first = middle
    return last


def _offset_s(at: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


# --- targets ---


def is_target(text: str) -> bool:
    """Whether it has the form of a target: OLT[:PON[:ONU]], or an ONU's MAC."""
    if _MAC.fullmatch(text):
        return True
    parts = text.split(":", _PARTS - 1)
    if any(not part or part != part.strip() for part in parts):
        return False
    return len(parts) < _PARTS or ":" not in parts[-1] or _MAC.fullmatch(parts[-1]) is not None


def fits(
    target: str,
    olt_id: str,
    pon: str | None = None,
    onu_id: str | None = None,
    mac: str | None = None,
) -> bool:
    """Whether a target covers an OLT, one of its PONs (`pon`) or ONUs (`onu_id`, `mac`).

    Each part of OLT[:PON[:ONU]] is a glob; ONU is the number behind the colon of the ONU's id, or
    its MAC. A bare MAC is an ONU's, on any OLT. A target covers what is below it, not what is
    above: that of an ONU not its PON.
    """
    if _MAC.fullmatch(target):
        return mac is not None and mac.upper() == target.upper()
    parts = target.split(":", _PARTS - 1)
    number = None
    if onu_id is not None:
        own_pon, _, number = onu_id.rpartition(":")
        pon = pon or own_pon
    if _MAC.fullmatch(parts[-1]):
        number, parts[-1] = mac and mac.upper(), parts[-1].upper()
    return all(
        name is not None and fnmatchcase(name, part)
        for part, name in zip(parts, (olt_id, pon, number), strict=False)
    )

"""Whole local days, and the one moment of a day at which its report is due."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from eponctl.periods import Every, due_day, last_period, period_before

JAKARTA, BERLIN = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600, 86400


def at(text: str, zone: ZoneInfo = JAKARTA) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.mark.parametrize(
    ("every", "now", "first", "last"),
    [
        (Every.DAILY, "2026-11-22T00:00", "2026-11-21", "2026-11-21"),
        (Every.DAILY, "2026-11-22T23:59", "2026-11-21", "2026-11-21"),
        (Every.WEEKLY, "2026-11-22T23:59", "2026-11-09", "2026-11-15"),  # still Sunday
        (Every.WEEKLY, "2026-11-23T00:00", "2026-11-16", "2026-11-22"),
        (Every.MONTHLY, "2026-11-30T23:59", "2026-10-01", "2026-10-31"),
        (Every.MONTHLY, "2026-03-01T00:00", "2026-02-01", "2026-02-28"),
        (Every.MONTHLY, "2027-01-15T12:00", "2026-12-01", "2026-12-31"),
    ],
)
def test_last_period_is_the_one_that_is_over(every: Every, now: str, first: str, last: str) -> None:
    period = last_period(every, at(now), JAKARTA)

    assert (first, last) == (period.first.isoformat(), period.last.isoformat())
    assert at(f"{first}T00:00") == period.since
    assert at(f"{last}T00:00") + DAY == period.until


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-30", 23), ("2026-10-26", 25), ("2026-06-01", 24)]
)
def test_day_of_a_clock_change_is_shorter_or_longer(day: str, hours: int) -> None:
    period = period_before(Every.DAILY, date.fromisoformat(day), BERLIN)

    assert hours * HOUR == period.until - period.since


def test_day_whose_midnight_is_left_out_begins_with_the_change() -> None:
    # In Beirut the clock goes from 23:59:59 to 01:00.
    period = period_before(Every.DAILY, date(2026, 3, 30), ZoneInfo("Asia/Beirut"))

    assert 23 * HOUR == period.until - period.since


@pytest.mark.parametrize(("now", "expected"), [("06:59:59", "2026-11-21"), ("07:00", "2026-11-22")])
def test_report_is_due_from_its_minute_on(now: str, expected: str) -> None:
    assert expected == due_day(420, at(f"2026-11-22T{now}"), JAKARTA).isoformat()


@pytest.mark.parametrize("minute", [0, 120, 150, 179, 180, 420, 1439])
@pytest.mark.parametrize(
    "change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
)
def test_each_day_is_due_once_right_across_a_clock_change(minute: int, change: datetime) -> None:
    begin = int(change.timestamp()) - 2 * DAY
    days = [due_day(minute, begin + n * 300, BERLIN) for n in range(4 * 288)]

    assert sorted(days) == days  # none comes twice, and none is left out
    assert {1} == {
        (b - a).days for a, b in zip(sorted(set(days)), sorted(set(days))[1:], strict=False)
    }

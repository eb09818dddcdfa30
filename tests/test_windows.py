"""Quiet hours and maintenance by the clock on the wall, whatever it does; and targets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl import windows
from eponctl.settings import Maintenance, Quiet, Weekly

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
JAKARTA = ZoneInfo("Asia/Jakarta")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
HAVANA = ZoneInfo("America/Havana")
ST_JOHNS = ZoneInfo("America/St_Johns")
UNUSUAL = ("Africa/Casablanca", "America/Nuuk", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Chatham")

NIGHT = Quiet(22 * 60, 6 * 60)
DAY_S = 86400


def at(text: str) -> int:
    """UTC seconds of an ISO time; one without an offset is UTC."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def wall(now: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(now, zone).replace(tzinfo=None)


def quiet(hours: str) -> Quiet:
    """`22:00-06:00`."""
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in hours.split("-"))
    return Quiet(begin, end)


def span(begin: str, end: str) -> tuple[int, int]:
    return at(begin), at(end)


# --- random times, often near a change of the clock ---


@cache
def changed_days(name: str, year: int) -> list[int]:
    """Midnights (UTC) of the days of a year in which a zone's clock is changed."""
    zone, first = ZoneInfo(name), at(f"{year}-01-01")
    days = range(first, first + 366 * DAY_S, DAY_S)
    offsets = {day: datetime.fromtimestamp(day, zone).utcoffset() for day in days}
    return [day for day in days[:-1] if offsets[day] != offsets[day + DAY_S]]


ZONE_NAMES = st.one_of(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", *UNUSUAL]),
    st.sampled_from(sorted(available_timezones() - {"localtime"})),
)
CLOCKS = st.integers(0, 1439)
QUIETS = st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]).map(lambda p: Quiet(*p))


@st.composite
def moments(draw: st.DrawFn) -> tuple[int, tzinfo]:
    name = draw(ZONE_NAMES)
    if draw(st.booleans()) and (days := changed_days(name, draw(st.integers(2005, 2060)))):
        day = draw(st.sampled_from(days))
        return draw(st.integers(day - 2 * DAY_S, day + 3 * DAY_S)), ZoneInfo(name)
    return draw(st.integers(at("2005-01-01"), at("2060-01-01"))), ZoneInfo(name)


def is_within(hours: Quiet, now: int, zone: tzinfo) -> bool:
    shown = wall(now, zone)
    minute = shown.hour * 60 + shown.minute
    if hours.from_minute < hours.to_minute:
        return hours.from_minute <= minute < hours.to_minute
    return minute >= hours.from_minute or minute < hours.to_minute


# --- quiet hours ---


@given(moments(), QUIETS)
def test_it_is_quiet_exactly_while_the_clock_stands_within_the_hours(
    moment: tuple[int, tzinfo], hours: Quiet
) -> None:
    now, zone = moment
    found = windows.quiet_span(hours, now, zone)

    assert is_within(hours, now, zone) == (found is not None)
    if found is not None:
        start, end = found
        assert start <= now < end
        assert all(is_within(hours, second, zone) for second in (*range(start, end, 60), end - 1))
        assert not is_within(hours, start - 1, zone)
        assert not is_within(hours, end, zone)


@given(moments(), QUIETS)
def test_the_last_quiet_time_is_this_one_or_the_last_that_has_ended(
    moment: tuple[int, tzinfo], hours: Quiet
) -> None:
    now, zone = moment
    start, end = windows.last_quiet_span(hours, now, zone)

    assert (start, end) == windows.quiet_span(hours, start, zone)
    assert (start, end) == windows.quiet_span(hours, end - 1, zone)
    assert start <= now
    assert not any(is_within(hours, second, zone) for second in range(end, now + 1, 60))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-22T21:59:59+07:00", None),
        ("2026-11-22T22:00:00+07:00", ("2026-11-22T22:00+07:00", "2026-11-23T06:00+07:00")),
        ("2026-11-22T23:59:59+07:00", ("2026-11-22T22:00+07:00", "2026-11-23T06:00+07:00")),
        ("2026-11-23T00:00:00+07:00", ("2026-11-22T22:00+07:00", "2026-11-23T06:00+07:00")),
        ("2026-11-23T05:59:59+07:00", ("2026-11-22T22:00+07:00", "2026-11-23T06:00+07:00")),
        ("2026-11-23T06:00:00+07:00", None),
        ("2026-12-31T23:30:00+07:00", ("2026-12-31T22:00+07:00", "2027-01-01T06:00+07:00")),
    ],
)
def test_a_night_is_one_quiet_time_over_midnight(
    now: str, expected: tuple[str, str] | None
) -> None:
    assert (expected and span(*expected)) == windows.quiet_span(NIGHT, at(now), JAKARTA)


def test_after_the_night_it_is_the_last_one_until_the_next_begins() -> None:
    first = span("2026-11-22T22:00+07:00", "2026-11-23T06:00+07:00")
    second = span("2026-11-23T22:00+07:00", "2026-11-24T06:00+07:00")
    for now, expected in (
        ("2026-11-23T05:59:59+07:00", first),
        ("2026-11-23T06:00:00+07:00", first),
        ("2026-11-23T21:59:59+07:00", first),
        ("2026-11-23T22:00:00+07:00", second),
    ):
        assert expected == windows.last_quiet_span(NIGHT, at(now), JAKARTA)


@pytest.mark.parametrize(
    ("zone", "begin", "end", "hours"),
    [
        (BERLIN, "2026-03-28T22:00+01:00", "2026-03-29T06:00+02:00", 7),
        (BERLIN, "2026-10-24T22:00+02:00", "2026-10-25T06:00+01:00", 9),
        (NEW_YORK, "2026-03-07T22:00-05:00", "2026-03-08T06:00-04:00", 7),
        (NEW_YORK, "2026-10-31T22:00-04:00", "2026-11-01T06:00-05:00", 9),
        (LORD_HOWE, "2026-10-03T22:00+10:30", "2026-10-04T06:00+11:00", 7.5),
        (LORD_HOWE, "2026-04-04T22:00+11:00", "2026-04-05T06:00+10:30", 8.5),
        (JAKARTA, "2026-10-24T22:00+07:00", "2026-10-25T06:00+07:00", 8),
    ],
)
def test_a_night_in_which_the_clock_changes_ends_by_the_clock(
    zone: tzinfo, begin: str, end: str, hours: float
) -> None:
    start, stop = expected = span(begin, end)
    assert hours * 3600 == stop - start
    for now in (start, start + 7200, (start + stop) // 2, stop - 1):
        assert expected == windows.quiet_span(NIGHT, now, zone)
        assert expected == windows.last_quiet_span(NIGHT, now, zone)
    assert windows.quiet_span(NIGHT, start - 1, zone) is None
    assert windows.quiet_span(NIGHT, stop, zone) is None
    assert expected == windows.last_quiet_span(NIGHT, stop + 3600, zone)


@pytest.mark.parametrize(
    ("zone", "hours", "now", "expected"),
    [
        # Berlin, 29 March 2026: 02:00 is 03:00.
        (BERLIN, "22:00-02:30", "2026-03-29T00:30+01:00", ("2026-03-28T22+01", "2026-03-29T02+01")),
        (BERLIN, "02:30-06:00", "2026-03-29T04:00+02:00", ("2026-03-29T03+02", "2026-03-29T06+02")),
        # There, 25 October 2026: 03:00 is 02:00 again; an hour at the edge is quiet twice.
        (
            BERLIN,
            "22:00-02:30",
            "2026-10-25T02:10+02:00",
            ("2026-10-24T22:00+02:00", "2026-10-25T02:30+02:00"),
        ),
        (
            BERLIN,
            "22:00-02:30",
            "2026-10-25T02:10+01:00",
            ("2026-10-25T02:00+01:00", "2026-10-25T02:30+01:00"),
        ),
        (BERLIN, "22:00-03:00", "2026-10-25T01:00+02:00", ("2026-10-24T22+02", "2026-10-25T03+01")),
        (BERLIN, "02:00-06:00", "2026-10-25T05:00+01:00", ("2026-10-25T02+02", "2026-10-25T06+01")),
        # Havana, 8 March 2026: midnight is 01:00.
        (
            HAVANA,
            "23:30-00:30",
            "2026-03-07T23:45-05:00",
            ("2026-03-07T23:30-05:00", "2026-03-08T00:00-05:00"),
        ),
        # Lord Howe Island, 4 October 2026: 02:00 is 02:30.
        (
            LORD_HOWE,
            "02:15-02:45",
            "2026-10-04T02:40+11:00",
            ("2026-10-04T02:30+11:00", "2026-10-04T02:45+11:00"),
        ),
    ],
)
def test_hours_that_begin_or_end_at_a_change_of_the_clock(
    zone: tzinfo, hours: str, now: str, expected: tuple[str, str]
) -> None:
    assert span(*expected) == windows.quiet_span(quiet(hours), at(now), zone)


def test_hours_that_a_night_leaves_out_are_not_quiet_in_it() -> None:
    hours = quiet("02:10-02:40")
    night = range(at("2026-03-28T12:00+01:00"), at("2026-03-29T12:00+02:00"), 60)
    assert {None} == {windows.quiet_span(hours, now, BERLIN) for now in night}
    expected = span("2026-03-28T02:10+01:00", "2026-03-28T02:40+01:00")
    assert expected == windows.last_quiet_span(hours, night[-1], BERLIN)


# --- the clock on the wall ---


@given(moments())
def test_a_time_on_the_wall_is_its_first_moment(moment: tuple[int, tzinfo]) -> None:
    now, zone = moment
    found = windows.instant(wall(now, zone), zone)

    assert found <= now
    assert wall(now, zone) == wall(found, zone)


@given(moments(), st.integers(0, 2 * DAY_S))
def test_a_later_time_on_the_wall_is_no_earlier_moment(
    moment: tuple[int, tzinfo], seconds: int
) -> None:
    now, zone = moment
    first = wall(now, zone)
    later = first + timedelta(seconds=seconds)

    assert windows.instant(first, zone) <= windows.instant(later, zone)


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        (BERLIN, "2026-07-01T01:00", "2026-07-01T01:00+02:00"),
        (BERLIN, "2026-03-29T02:30", "2026-03-29T03:00+02:00"),
        (BERLIN, "2026-10-25T02:30", "2026-10-25T02:30+02:00"),
        (NEW_YORK, "2026-03-08T02:00", "2026-03-08T03:00-04:00"),
        (NEW_YORK, "2026-11-01T01:59", "2026-11-01T01:59-04:00"),
        (LORD_HOWE, "2026-10-04T02:29", "2026-10-04T02:30+11:00"),
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-05T01:45+11:00"),
        (ZoneInfo("Pacific/Apia"), "2011-12-30T12:00", "2011-12-31T00:00+14:00"),
        (timezone(timedelta(hours=7)), "2026-12-01T01:00", "2026-12-01T01:00+07:00"),
    ],
)
def test_a_time_shown_twice_is_the_first_and_one_left_out_the_change(
    zone: tzinfo, text: str, expected: str
) -> None:
    assert at(expected) == windows.instant(datetime.fromisoformat(text), zone)


# --- maintenance ---

WEEKLIES = st.builds(Weekly, st.integers(0, 6), CLOCKS, CLOCKS)


def weekly(day: int, hours: str) -> Maintenance:
    begin, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in hours.split("-"))
    return Maintenance("*", weekly=Weekly(day, begin, end))


def test_maintenance_of_one_time_includes_its_start_and_not_its_end() -> None:
    window = Maintenance("*", 1000, 2000)
    found = [windows.maintenance_end(window, now, UTC) for now in (999, 1000, 1999, 2000)]
    assert [None, 2000, 2000, None] == found
    assert windows.is_in_maintenance(window, 1500, UTC)
    assert not windows.is_in_maintenance(window, 2500, UTC)


def test_maintenance_between_two_times_that_the_clock_leaves_out_is_none() -> None:
    change = at("2026-03-29T03:00+02:00")
    assert not windows.is_in_maintenance(Maintenance("*", change, change), change, BERLIN)
    out = weekly(6, "02:10-02:40")
    night = range(change - 7200, change + 7200, 60)
    assert not any(windows.is_in_maintenance(out, now, BERLIN) for now in night)


@given(WEEKLIES, st.integers(at("2020-01-01"), at("2040-01-01")), st.integers(-14 * 4, 14 * 4))
def test_a_weekly_one_comes_when_the_wall_says_so(hours: Weekly, now: int, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    shown = wall(now, zone)
    minute = shown.weekday() * 1440 + shown.hour * 60 + shown.minute
    begin = hours.weekday * 1440 + hours.from_minute
    length = hours.to_minute - hours.from_minute
    length = length if length > 0 else length + 1440
    expected = (minute - begin) % 10080 < length

    assert expected == windows.is_in_maintenance(Maintenance("*", weekly=hours), now, zone)


@given(moments(), WEEKLIES)
def test_a_weekly_one_is_each_week_that_of_its_two_times(
    moment: tuple[int, tzinfo], hours: Weekly
) -> None:
    now, zone = moment
    window = Maintenance("*", weekly=hours)
    monday = datetime.combine(wall(now, zone).date(), datetime.min.time())
    monday -= timedelta(days=monday.weekday())
    expected = None
    for week in (-1, 0, 1):
        day = monday + timedelta(days=hours.weekday + 7 * week)
        over = timedelta(days=hours.to_minute <= hours.from_minute)
        start = windows.instant(day + timedelta(minutes=hours.from_minute), zone)
        end = windows.instant(day + over + timedelta(minutes=hours.to_minute), zone)
        once = Maintenance("*", start, end)
        expected = expected or windows.maintenance_end(once, now, zone)

    found = windows.maintenance_end(window, now, zone)
    assert expected == found
    if found is not None:
        assert found == windows.maintenance_end(window, found - 1, zone)
        assert not windows.is_in_maintenance(window, found, zone)


@pytest.mark.parametrize(
    ("zone", "window", "now", "expected"),
    [
        (JAKARTA, weekly(6, "01:00-03:00"), "2026-11-22T01:00+07:00", "2026-11-22T03:00+07:00"),
        (JAKARTA, weekly(6, "01:00-03:00"), "2026-11-22T00:59:59+07:00", None),
        (JAKARTA, weekly(6, "01:00-03:00"), "2026-11-22T03:00+07:00", None),
        (JAKARTA, weekly(6, "01:00-03:00"), "2026-11-23T02:00+07:00", None),
        (JAKARTA, weekly(5, "23:00-02:00"), "2026-11-22T01:59+07:00", "2026-11-22T02:00+07:00"),
        (JAKARTA, weekly(5, "23:00-02:00"), "2026-11-21T01:59+07:00", None),
        (JAKARTA, weekly(6, "00:00-00:00"), "2026-11-22T23:59+07:00", "2026-11-23T00:00+07:00"),
        # The clock is put back: up to the first 02:30, and past both of them.
        (BERLIN, weekly(6, "01:00-02:30"), "2026-10-25T02:10+02:00", "2026-10-25T02:30+02:00"),
        (BERLIN, weekly(6, "01:00-02:30"), "2026-10-25T02:10+01:00", None),
        (BERLIN, weekly(6, "02:15-03:30"), "2026-10-25T02:05+01:00", "2026-10-25T03:30+01:00"),
        # It is put forward.
        (BERLIN, weekly(5, "23:00-02:30"), "2026-03-29T01:59+01:00", "2026-03-29T03:00+02:00"),
        (NEW_YORK, weekly(6, "01:00-04:00"), "2026-03-08T03:00-04:00", "2026-03-08T04:00-04:00"),
        (LORD_HOWE, weekly(5, "23:00-03:00"), "2026-04-05T01:45+10:30", "2026-04-05T03:00+10:30"),
        # In Newfoundland Sunday's 00:01 was Saturday's 23:01 again.
        (ST_JOHNS, weekly(6, "00:00-02:00"), "2010-11-06T23:30-03:30", "2010-11-07T02:00-03:30"),
    ],
)
def test_weekly_maintenance_over_midnight_and_changes_of_the_clock(
    zone: tzinfo, window: Maintenance, now: str, expected: str | None
) -> None:
    assert (expected and at(expected)) == windows.maintenance_end(window, at(now), zone)


# --- targets ---

MAC = "02:00:00:00:00:0A"
OLT = ("OLT-1",)
PON = ("OLT-1", "0/1")
ONU = ("OLT-1", "0/1", "0/1:3", MAC)


@pytest.mark.parametrize(
    ("target", "olt", "pon", "onu"),
    [
        ("OLT-1", True, True, True),
        ("OLT-*", True, True, True),
        ("*", True, True, True),
        ("OLT-[12]", True, True, True),
        ("OLT-2", False, False, False),
        ("OLT", False, False, False),
        ("olt-1", False, False, False),
        ("OLT-1:0/1", False, True, True),
        ("OLT-1:0/*", False, True, True),
        ("*:*", False, True, True),
        ("OLT-1:0/2", False, False, False),
        ("OLT-1:0/1:3", False, False, True),
        ("OLT-*:*:*", False, False, True),
        ("OLT-1:0/1:30", False, False, False),
        ("OLT-1:0/2:3", False, False, False),
        ("OLT-1:0/1:02:00:00:00:00:0a", False, False, True),
        ("OLT-1:0/1:02:00:00:00:00:0B", False, False, False),
        ("OLT-2:*:02:00:00:00:00:0A", False, False, False),
        (MAC, False, False, True),
        (MAC.lower(), False, False, True),
        ("02:00:00:00:00:0B", False, False, False),
        ("OLT-1:0/1:3:4", False, False, False),
        ("", False, False, False),
        ("OLT-1:", False, False, False),
    ],
)
def test_a_target_covers_what_is_below_it(target: str, olt: bool, pon: bool, onu: bool) -> None:
    assert [olt, pon, onu] == [windows.fits(target, *thing) for thing in (OLT, PON, ONU)]


def test_a_pon_of_three_parts_is_that_of_the_onus_id() -> None:
    assert windows.fits("OLT-1:0/1/1:3", "OLT-1", "0/1/1", "0/1/1:3")
    assert windows.fits("OLT-1:0/1/1", "OLT-1", onu_id="0/1/1:3")
    assert not windows.fits("OLT-1:0/1", "OLT-1", "0/1/1", "0/1/1:3")


def test_an_onu_without_a_known_place_or_mac_is_covered_by_its_olt_only() -> None:
    assert windows.fits("OLT-1", "OLT-1", mac=MAC)
    assert not windows.fits("OLT-1:*", "OLT-1", mac=MAC)
    assert not windows.fits(MAC, "OLT-1", "0/1", "0/1:3")
    assert not windows.fits(f"OLT-1:0/1:{MAC}", "OLT-1", "0/1", "0/1:3")


@pytest.mark.parametrize(
    "text",
    [
        "OLT-1",
        "OLT-*",
        "OLT-1:0/1",
        "OLT-1:0/1:3",
        "*:*:*",
        MAC,
        MAC.lower(),
        f"OLT-1:0/1:{MAC}",
    ],
)
def test_targets_have_one_to_three_parts(text: str) -> None:
    assert windows.is_target(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", ":", "OLT-1:", ":0/1", "OLT-1::3", "OLT-1: 3", " OLT-1", "A:0/1:3:4", "A:0/1:02:00"],
)
def test_what_has_other_parts_is_no_target(text: str) -> None:
    assert not windows.is_target(text)


@given(st.text(), st.text(), st.none() | st.text(), st.none() | st.text(), st.none() | st.text())
def test_any_text_may_be_asked_for_as_a_target(
    target: str, olt_id: str, pon: str | None, onu_id: str | None, mac: str | None
) -> None:
    assert windows.fits(target, olt_id, pon, onu_id, mac) in {True, False}
    assert windows.is_target(target) in {True, False}

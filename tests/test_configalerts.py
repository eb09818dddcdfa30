"""What [alerts] and [[maintenance]] of olts.toml may say, and what is told of their faults."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from eponctl import config
from eponctl.config import AlertSettings, Config, Maintenance, Quiet, Weekly
from eponctl.errors import ConfigError
from eponctl.model import Priority

OLT = '[[olt]]\nid = "A"\nurl = "http://10.0.0.1"\nusername = "admin"\npassword = ""\n'


def parsed(text: str) -> Config:
    return config.parse(text, Path("/srv/olts.toml"))


def faults(text: str) -> list[str]:
    """The faults of a text, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    return [f"{problem.key}: {problem.text}" for problem in caught.value.problems]


def only_fault(text: str) -> str:
    found = faults(text)
    assert len(found) == 1, found
    return found[0]


def utc(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp())


# --- alerts ---


def test_without_their_tables_nothing_is_quiet() -> None:
    assert AlertSettings() == parsed("").alerts
    assert AlertSettings() == parsed("[alerts]").alerts
    assert parsed("").maintenance == ()


def test_reminders_can_be_off() -> None:
    assert parsed('[alerts]\nreminder_after = "off"').alerts.reminder_after_s is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ from = "22:00", to = "06:00" }', Quiet(1320, 360, Priority.CRITICAL)),
        (
            '{ from = "00:00", to = "23:59", min_priority = "medium" }',
            Quiet(0, 1439, Priority.MEDIUM),
        ),
    ],
)
def test_quiet_hours_are_minutes_of_the_day(text: str, expected: Quiet) -> None:
    assert expected == parsed(f"[alerts]\nquiet = {text}").alerts.quiet
    assert expected == parsed(f"[alerts.quiet]\n{text[1:-1].replace(',', chr(10))}").alerts.quiet


CLOCK = 'a time of day in quotes, from "00:00" to "23:59"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [f"from: missing, expected {CLOCK}", f"to: missing, expected {CLOCK}"]),
        ('from = "22:00", to = "24:00"', [f'to: expected {CLOCK}, got "24:00"']),
        (
            'from = "9:00", to = "10:60"',
            [f'from: expected {CLOCK}, got "9:00"', f'to: expected {CLOCK}, got "10:60"'],
        ),
        ('from = 22:00:00, to = "06:00"', [f"from: expected {CLOCK}, got a date or time"]),
        ('from = "22:00", to = "22:00"', ['to: expected another time than from, got "22:00"']),
        (
            'from = "22:00", to = "06:00", min_priority = "normal"',
            ['min_priority: expected one of critical, high, medium, got "normal"'],
        ),
        (
            'from = "22:00", to = "06:00", until = "06:00", min_priorty = "high"',
            [
                "until: unknown key; known here: from, min_priority, to",
                'min_priorty: unknown key; did you mean "min_priority"?',
            ],
        ),
    ],
)
def test_quiet_hours_have_two_different_times(text: str, expected: list[str]) -> None:
    found = faults(f"[alerts]\nquiet = {{ {text} }}")
    assert [f"alerts.quiet.{fault}" for fault in expected] == found


# --- maintenance ---


def maintenance(text: str, zone: str = "Asia/Jakarta") -> Maintenance:
    [found] = parsed(f'timezone = "{zone}"\n[[maintenance]]\ntarget = "*"\n{text}').maintenance
    return found


@pytest.mark.parametrize(
    ("zone", "begin", "end", "expected"),
    [
        ("Asia/Jakarta", "2026-12-01T01:00", "2026-12-01T03:00", ("2026-11-30T18:00", 7200)),
        ("Europe/Berlin", "2026-07-01T01:00", "2026-07-02T01:00", ("2026-06-30T23:00", 86400)),
        # The first of two 02:30s; 02:30 that is left out is the moment of the change.
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T03:30", ("2026-10-25T00:30", 7200)),
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T03:30", ("2026-03-29T01:00", 1800)),
        ("Europe/Berlin", "2026-03-29T01:30", "2026-03-29T02:30", ("2026-03-29T00:30", 1800)),
        ("Europe/Berlin", "2026-03-29T02:10", "2026-03-29T02:50", ("2026-03-29T01:00", 0)),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T02:15", ("2026-04-04T14:45", 3600)),
    ],
)
def test_maintenance_is_in_local_time(
    zone: str, begin: str, end: str, expected: tuple[str, int]
) -> None:
    start = utc(expected[0])
    found = maintenance(f'from = "{begin}"\nto = "{end}"', zone)
    assert Maintenance("*", start, start + expected[1]) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon 01:00-03:00", Weekly(0, 60, 180)),
        ("SUN 00:00-23:59", Weekly(6, 0, 1439)),
        ("sat 23:00-02:00", Weekly(5, 1380, 120)),
        ("Wed 00:00-00:00", Weekly(2, 0, 0)),
    ],
)
def test_weekly_maintenance_is_a_day_and_minutes(text: str, expected: Weekly) -> None:
    assert Maintenance("*", weekly=expected) == maintenance(f'weekly = "{text}"')


LOCAL = 'a local time in quotes, as "2026-12-01T01:00"'
WEEKLY = 'a day (Mon, Tue, Wed, Thu, Fri, Sat, Sun) and hours, as "Sun 01:00-03:00"'
TARGET = 'OLT[:PON[:ONU]], as "OLT-KEDIRI-*" or "OLT-KEDIRI-01:0/1:3", or a MAC'
FROM_TO = 'from = "2026-12-01T01:00"\nto = "2026-12-01T03:00"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "from: missing, expected from and to, or weekly"),
        ('from = "2026-12-01T01:00"', f"to: missing, expected {LOCAL}"),
        ('to = "2026-12-01T01:00"', f"from: missing, expected {LOCAL}"),
        (
            FROM_TO + 'weekly = "Sun 01:00-03:00"',
            "weekly: expected either from and to, or weekly, got from too",
        ),
        (
            'to = "2026-12-01T01:00"\nweekly = "Sun 01:00-03:00"',
            "weekly: expected either from and to, or weekly, got to too",
        ),
        (
            'from = "2026-12-01T03:00"\nto = "2026-12-01T03:00"',
            'to: expected a time after from ("2026-12-01T03:00"), got "2026-12-01T03:00"',
        ),
        (
            'from = "2026-12-01T03:00"\nto = "2026-11-30T04:00"',
            'to: expected a time after from ("2026-12-01T03:00"), got "2026-11-30T04:00"',
        ),
        (
            FROM_TO.replace("01T03", "32T03"),
            f'to: expected {LOCAL}, got "2026-12-32T03:00"',
        ),
        (FROM_TO.replace("T03", " 03"), f'to: expected {LOCAL}, got "2026-12-01 03:00"'),
        (
            FROM_TO.replace("03:00", "03:00+07:00"),
            f'to: expected {LOCAL}, got "2026-12-01T03:00+07:00"',
        ),
        (FROM_TO.replace("03:00", "24:00"), f'to: expected {LOCAL}, got "2026-12-01T24:00"'),
        (
            'from = 2026-12-01T01:00:00\nto = "2026-12-01T03:00"',
            f"from: expected {LOCAL}, got a date or time",
        ),
        (FROM_TO.replace("2026", "0001", 1), f'from: expected {LOCAL}, got "0001-12-01T01:00"'),
        ('weekly = "Min 01:00-03:00"', f'weekly: expected {WEEKLY}, got "Min 01:00-03:00"'),
        ('weekly = "Sunday 01:00-03:00"', f'weekly: expected {WEEKLY}, got "Sunday 01:00-03:00"'),
        ('weekly = "Sun 1:00-3:00"', f'weekly: expected {WEEKLY}, got "Sun 1:00-3:00"'),
        ('weekly = "Sun 01:00-24:00"', f'weekly: expected {WEEKLY}, got "Sun 01:00-24:00"'),
        ('weekly = "Sun 01:00"', f'weekly: expected {WEEKLY}, got "Sun 01:00"'),
        ("weekly = 7", f"weekly: expected {WEEKLY}, got 7"),
        (FROM_TO + "form = 1", 'form: unknown key; did you mean "from"?'),
    ],
)
def test_maintenance_is_once_or_weekly(text: str, expected: str) -> None:
    found = only_fault(f'[[maintenance]]\ntarget = "*"\n{text}')
    assert f"maintenance[1].{expected}" == found


@pytest.mark.parametrize(
    "target",
    [
        "OLT-KEDIRI-*",
        "NO-SUCH-OLT",
        "*:0/1",
        "A:0/1:3",
        "02:00:00:00:00:0a",
        "A:*:02:00:00:00:00:0A",
    ],
)
def test_a_target_is_a_place_or_a_mac_that_need_not_exist(target: str) -> None:
    text = f'[[maintenance]]\ntarget = "{target}"\n{FROM_TO}'
    assert [target] == [found.target for found in parsed(OLT + text).maintenance]


@pytest.mark.parametrize(
    "target", ["", "A:", ":0/1", "A::3", "A:0/1:3:4", " A", "A: 3", "A\\u0007"]
)
def test_a_target_of_other_parts_is_refused(target: str) -> None:
    found = only_fault(f'[[maintenance]]\ntarget = "{target}"\n{FROM_TO}')
    assert found.startswith(f"maintenance[1].target: expected {TARGET}, got ")


# --- both ---


def test_all_faults_of_alerts_and_maintenance_are_told_at_once() -> None:
    text = """
        timezone = "Asia/Jakrta"
        [alerts]
        incident_windw = "15m"
        max_per_hour = 1
        quiet = { from = "22", to = "06:00" }
        [[maintenance]]
        from = "2026-12-01T03:00"
        to = "2026-12-01T01:00"
        [[maintenance]]
        target = "A"
        weekly = "Sun"
    """
    expected = [
        "timezone",
        "alerts.max_per_hour",
        "alerts.quiet.from",
        "alerts.incident_windw",
        "maintenance[1].target",
        "maintenance[1].to",
        "maintenance[2].weekly",
    ]
    assert expected == [fault.partition(": ")[0] for fault in faults(text)]
    expected_target = f"maintenance[1].target: missing, expected {TARGET}"
    assert expected_target in faults(text)
    assert 'alerts.incident_windw: unknown key; did you mean "incident_window"?' in faults(text)


def test_maintenance_as_a_single_table_says_how_to_write_it() -> None:
    expected = "maintenance: expected tables, each under [[maintenance]], got a table"
    assert expected == only_fault(f'[maintenance]\ntarget = "A"\n{FROM_TO}')


@given(st.one_of(st.text(), st.from_regex(r"\A20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\Z")))
def test_any_text_as_a_local_time_is_taken_or_is_a_fault(text: str) -> None:
    window = {"target": "*", "from": text, "to": "2099-12-31T23:59"}
    content = tomli_w.dumps({"timezone": "Europe/Berlin", "maintenance": [window]})
    try:
        keys = [str(found.starts_at) for found in parsed(content).maintenance]
    except ConfigError as error:
        keys = [problem.key for problem in error.problems]
    assert len(keys) == 1
    assert re.fullmatch(r"[0-9]+|maintenance\[1\]\.(from|to)", keys[0])

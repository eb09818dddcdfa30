"""Finding, reading and checking olts.toml, and what becomes of its secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl import config
from eponctl.config import (
    AlertSettings,
    Config,
    HttpSettings,
    Maintenance,
    OltSettings,
    PollSettings,
    Quiet,
    ReportSettings,
    Retention,
    Route,
    Secret,
    Thresholds,
    Weekly,
    WhatsAppSettings,
)
from eponctl.errors import ConfigError, Problem
from eponctl.model import Priority

SAMPLE = Path(__file__).parent.parent / "olts.toml"
README = SAMPLE.with_name("README.md")
FILE = Path("/srv/olts.toml")
OLT = '[[olt]]\nid = "A"\nurl = "http://10.0.0.1"\nusername = "admin"\npassword = "hunter2"\n'
WHATSAPP = """
[whatsapp]
api_url = "https://gateway.example/send-message"
api_key = "hunter3"
sender = "6281200000000"
recipients = ["6281200000001"]
"""


def parsed(text: str) -> Config:
    return config.parse(text, FILE)


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


def recipients_of(value: str) -> tuple[str, ...]:
    text = f'[whatsapp]\nprovider = "console"\nrecipients = ["{value}"]'
    return parsed(text).whatsapp.recipients


# --- where it is ---


def test_the_file_is_looked_for_in_the_promised_order(tmp_path: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    environ = {"HOME": str(home)}
    in_home = home / ".config" / "eponctl" / "olts.toml"
    expected = (work / "olts.toml", in_home, Path("/etc/eponctl/olts.toml"))
    assert expected == config.places(None, environ, work)
    for path in (in_home, work / "olts.toml"):
        path.parent.mkdir(parents=True)
        path.touch()
        assert path == config.find(None, environ, work)
    by_variable = tmp_path / "variable.toml"
    by_variable.touch()
    environ["EPONCTL_CONFIG"] = str(by_variable)
    assert by_variable == config.find(None, environ, work)
    assert in_home == config.find(str(in_home), environ, work)


def test_xdg_config_home_counts_only_when_absolute(tmp_path: Path) -> None:
    absolute = {"XDG_CONFIG_HOME": "/xdg", "HOME": "/home/x"}
    relative = {"XDG_CONFIG_HOME": "xdg", "HOME": "/home/x"}
    assert Path("/xdg/eponctl/olts.toml") == config.places(None, absolute, tmp_path)[1]
    assert Path("/home/x/.config/eponctl/olts.toml") == config.places(None, relative, tmp_path)[1]
    assert len(config.places(None, {}, tmp_path)) == 2


def test_no_file_anywhere_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.find(None, {"HOME": str(tmp_path)}, tmp_path)
    expected = (
        f"no configuration file: tried {tmp_path}/olts.toml, "
        f"{tmp_path}/.config/eponctl/olts.toml, /etc/eponctl/olts.toml"
    )
    assert expected == caught.value.message
    assert "`eponctl demo`" in caught.value.hint
    assert "`eponctl olt add`" in caught.value.hint


def test_a_named_file_that_is_missing_is_not_replaced_by_another(tmp_path: Path) -> None:
    (tmp_path / "olts.toml").touch()
    with pytest.raises(ConfigError, match=r"tried .*/other\.toml$"):
        config.find("other.toml", {}, tmp_path)


# --- reading it ---


def test_an_empty_file_is_all_defaults() -> None:
    expected = Config(
        path=FILE, database=Path("/srv/eponctl.db"), timezone=config.machine_zone(), language="id"
    )
    assert expected == parsed("")


def test_every_key_arrives_in_its_field() -> None:
    text = """
        timezone = "Asia/Makassar"
        language = "en"
        database = "data/x.db"
        [poll]
        request_timeout = 5
        olt_deadline = "1.5m"
        max_parallel = 512
        page_delay = 0.25
        retries = 0
        optics_every = "6h"
        confirm_polls = 2
        unreachable_polls = 3
        [thresholds]
        temperature_high = 70
        temperature_clear = 55.5
        rx_power_low = -28
        rx_power_clear = -27.5
        rx_power_high = -6
        [alerts]
        incident_window = "30m"
        area_window = 600
        max_per_hour = 12
        reminder_after = "2h"
        abandoned_after = "60d"
        step_drop_db = 2
        quiet = { from = "21:30", to = "05:00", min_priority = "high" }
        [[maintenance]]
        target = "OLT-KEDIRI-*"
        from = "2026-12-01T01:00"
        to = "2026-12-01T03:00"
        [[maintenance]]
        target = "OLT-KEDIRI-01:0/1:3"
        weekly = "sat 23:00-02:00"
        [report]
        hourly = false
        daily = "07:00"
        [retention]
        alerts = 1
        stats = 2
        optical = 3
        [whatsapp]
        enabled = true
        provider = "mpwa"
        api_url = "https://gateway.example:8443/id/send-message"
        api_key_file = "key"
        sender = "0812 0000 0000"
        recipients = ["+62 812-0000-7891"]
        max_age = "30d"
        [[whatsapp.route]]
        recipients = ["120363000000000000@g.us"]
        olts = ["OLT-KEDIRI-*"]
        min_priority = "high"
        [[olt]]
        id = "OLT-KEDIRI-01"
        name = "OLT Kediri Pusat"
        url = "HTTP://Olt.Example:88/"
        username = "admin"
        password_env = "OLT_KEDIRI_PASSWORD"
        driver = "hioso"
        enabled = false
        verify_tls = false
        [[olt]]
        id = "B"
        url = "https://[fe80::1]:8443"
        username = "root"
        password = ""
    """
    expected = Config(
        path=FILE,
        database=Path("/srv/data/x.db"),
        timezone=ZoneInfo("Asia/Makassar"),
        language="en",
        poll=PollSettings(5.0, 90.0, 512, 0.25, 0, 21600, 2, 3),
        thresholds=Thresholds(70.0, 55.5, -28.0, -27.5, -6.0),
        alerts=AlertSettings(1800, 600, 12, 7200, 5184000, 2.0, Quiet(1290, 300, Priority.HIGH)),
        maintenance=(
            Maintenance("OLT-KEDIRI-*", utc("2026-11-30T17:00"), utc("2026-11-30T19:00")),
            Maintenance("OLT-KEDIRI-01:0/1:3", weekly=Weekly(5, 1380, 120)),
        ),
        report=ReportSettings(hourly=False, daily_minute=420),
        retention=Retention(1, 2, 3),
        whatsapp=WhatsAppSettings(
            enabled=True,
            provider="mpwa",
            api_url="https://gateway.example:8443/id/send-message",
            api_key=Secret(file=Path("/srv/key")),
            sender="6281200000000",
            recipients=("6281200007891",),
            max_age_s=2592000,
            routes=(Route(("120363000000000000@g.us",), ("OLT-KEDIRI-*",), Priority.HIGH),),
        ),
        olts=(
            OltSettings(
                id="OLT-KEDIRI-01",
                name="OLT Kediri Pusat",
                url="http://olt.example:88",
                username="admin",
                password=Secret(env="OLT_KEDIRI_PASSWORD"),
                driver="hioso",
                enabled=False,
                verify_tls=False,
            ),
            OltSettings("B", "B", "https://[fe80::1]:8443", "root", Secret(value="")),
        ),
    )
    assert expected == parsed(text)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = """
        language = "jv"
        [poll]
        retrys = 2
        [[olt]]
        id = "A"
        url = "http://10.0.0.1"
        username = "admin"
        password = "x"
        [[olt]]
        id = "B"
        url = "192.168.1.1"
        username = "admin"
        pasword = "x"
    """
    expected = [
        'language: expected one of id, en, got "jv"',
        'poll.retrys: unknown key; did you mean "retries"?',
        'olt[2].url: expected http(s)://host[:port], got "192.168.1.1"',
        "olt[2].password: missing, expected one of password, password_env, password_file",
        'olt[2].pasword: unknown key; did you mean "password"?',
    ]
    assert expected == faults(text)


def test_a_fault_names_the_file_as_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "olts.toml"
    path.write_text("poll = 3", "utf-8")
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert f"{path}: poll: expected a table, as [poll], got a number" == str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("poll.retries = true", "a whole number from 0 to 10, got true"),
        ("poll.retries = 1.0", "a whole number from 0 to 10, got 1.0"),
        ("poll.retries = 11", "a whole number from 0 to 10, got 11"),
        ("poll.max_parallel = 0", "a whole number from 1 to 512, got 0"),
        ("poll.max_parallel = 513", "a whole number from 1 to 512, got 513"),
        (
            f"poll.max_parallel = 0x{'f' * 5000}",
            "a whole number from 1 to 512, got a number",
        ),
        ("poll.confirm_polls = 0", "a whole number from 1 to 100, got 0"),
        ("poll.unreachable_polls = 0", "a whole number from 1 to 1000, got 0"),
        ("poll.request_timeout = 0", "a duration from 0.01 s to 10 m, got 0"),
        ('poll.olt_deadline = "2h"', 'a duration from 0.01 s to 1 h, got "2h"'),
        (
            "poll.page_delay = -1",
            'a duration as "90s", "15m", "6h", "30d" or in seconds, got -1',
        ),
        (
            "poll.page_delay = true",
            'a duration as "90s", "15m", "6h", "30d" or in seconds, got true',
        ),
        (
            'poll.optics_every = "15 minutes"',
            'a duration as "90s", "15m", "6h", "30d" or in seconds, got "15 minutes"',
        ),
        ("thresholds.rx_power_low = nan", "a number from -60 to 20 (dBm), got nan"),
        ("thresholds.rx_power_low = -inf", "a number from -60 to 20 (dBm), got -inf"),
        ("thresholds.temperature_high = true", "a number from 0 to 150 (degrees C), got true"),
        ("retention.stats = 0", "a whole number from 1 to 36500, got 0"),
        ("report.hourly = 1", "true or false, got 1"),
        ("report.daily = 7", 'a time of day in quotes, from "00:00" to "23:59", got 7'),
        (
            'report.daily = "24:00"',
            'a time of day in quotes, from "00:00" to "23:59", got "24:00"',
        ),
        ("alerts.incident_window = 0", "a duration from 1 s to 1 d, got 0"),
        ('alerts.area_window = "25h"', 'a duration from 1 s to 1 d, got "25h"'),
        ("alerts.max_per_hour = 2", "a whole number from 3 to 600, got 2"),
        ('alerts.abandoned_after = "30m"', 'a duration from 1 h to 3650 d, got "30m"'),
        (
            'alerts.reminder_after = "never"',
            'a duration as "90s", "15m", "6h", "30d" or in seconds, or "off", got "never"',
        ),
        ("alerts.reminder_after = 0", 'a duration from 1 s to 30 d, or "off", got 0'),
        (
            "alerts.reminder_after = false",
            'a duration as "90s", "15m", "6h", "30d" or in seconds, or "off", got false',
        ),
        ("alerts.step_drop_db = 0", "a number from 0.1 to 40 (dB), got 0"),
        ("alerts.step_drop_db = -3.0", "a number from 0.1 to 40 (dB), got -3.0"),
        ("alerts.quiet = false", "a table, as [alerts.quiet], got true or false"),
        ('language = "idn"', 'one of id, en, got "idn"; did you mean "id"?'),
        ("language = 2026-01-01", "one of id, en, got a date or time"),
        ("database = ['x']", "text in quotes, got an array"),
        ('database = ""', 'one line of text, not empty, got ""'),
        ('database = "postgresql://u:p@h/d"', "a file's path, got a URL"),
        (
            'timezone = "Asia/Jakrta"',
            'an IANA time zone, as "Asia/Jakarta", got "Asia/Jakrta"; did you mean "Asia/Jakarta"?',
        ),
        (
            'timezone = "WIB"',
            'an IANA time zone, as "Asia/Jakarta", got "WIB"; did you mean "Asia/Jakarta"?',
        ),
        ('timezone = "Asia"', 'an IANA time zone, as "Asia/Jakarta", got "Asia"'),
        (
            'timezone = "../../etc/passwd"',
            'an IANA time zone, as "Asia/Jakarta", got "../../etc/passwd"',
        ),
    ],
)
def test_a_value_out_of_its_kind_or_range_is_a_fault(text: str, expected: str) -> None:
    key = text.partition(" ")[0]
    found = only_fault(text)
    assert found.startswith(f"{key}: expected {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "temperature_high = 55",
            (
                "thresholds.temperature_high: expected more than temperature_clear "
                "(60, the default), got 55"
            ),
        ),
        (
            "temperature_high = 55\ntemperature_clear = 55",
            "thresholds.temperature_clear: expected less than temperature_high (55), got 55",
        ),
        (
            "rx_power_low = -25.5",
            (
                "thresholds.rx_power_low: expected less than rx_power_clear (-26, the default), "
                "got -25.5"
            ),
        ),
        (
            "rx_power_high = -26",
            (
                "thresholds.rx_power_high: expected more than rx_power_clear (-26, the default), "
                "got -26"
            ),
        ),
        (
            "temperature_high = 500\ntemperature_clear = 100",
            "thresholds.temperature_high: expected a number from 0 to 150 (degrees C), got 500",
        ),
    ],
)
def test_thresholds_must_leave_a_gap(text: str, expected: str) -> None:
    assert expected == only_fault(f"[thresholds]\n{text}")


# --- ids and addresses ---


def test_what_is_got_is_clipped_and_cannot_steer_a_terminal() -> None:
    found = only_fault(f'language = "\\u001b[2J{"x" * 500}"')
    assert "\x1b" not in found
    assert "\\u001b[2J" in found
    assert len(found) < 120


def test_a_strange_key_is_shown_harmlessly() -> None:
    assert '"\\u001b[31m": unknown key' in only_fault('"\\u001b[31m" = 1')


def test_olt_as_a_single_table_says_how_to_write_it() -> None:
    expected = "olt: expected tables, each under [[olt]], got a table"
    assert expected == only_fault('[olt]\nid = "A"')


def test_ids_are_unique_and_differ_by_case() -> None:
    other = OLT.replace('"A"', '"a"')
    assert [olt.id for olt in parsed(OLT + other).olts] == ["A", "a"]
    assert (
        only_fault(OLT + other + OLT)
        == 'olt[3].id: expected an id of its own, got "A", which olt[1] has'
    )


@pytest.mark.parametrize("olt_id", ["", "a b", "-x", "ä", "a/b", "x" * 65])
def test_an_id_is_of_plain_letters(olt_id: str) -> None:
    assert only_fault(OLT.replace('"A"', f'"{olt_id}"')).startswith("olt[1].id: expected letters")


@pytest.mark.parametrize(
    "url",
    [
        "192.168.1.1",
        "ftp://h",
        "http://",
        "http://h/x",
        "http://h:0",
        "http://h:65536",
        "http://h:",
        "http:/h",
        "http://h h",
        "http://192.168.1",
        "http://192.168.1.256",
        "http://a..b",
        "//h",
        "",
    ],
)
def test_an_olt_url_is_scheme_host_and_port(url: str) -> None:
    found = only_fault(OLT.replace("http://10.0.0.1", url))
    assert found.startswith("olt[1].url: expected http(s)://host[:port]")
    assert found.endswith(f'got "{url}"')


@pytest.mark.parametrize(
    "url", ["http://admin:hunter9@h", "http://h?key=hunter9", "http://h#hunter9", "admin:hunter9@h"]
)
def test_an_url_that_may_hold_a_secret_is_not_shown(url: str) -> None:
    found = only_fault(OLT.replace("http://10.0.0.1", url))
    assert found == (
        "olt[1].url: expected http(s)://host[:port] without user, password, ?query or #fragment"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a = \n", "line 1, column 5: not TOML: Invalid value"),
        (b"\xef\xbb\xbfpoll = [", "end of document: not TOML: Invalid value"),
        (b"a = 1\na = 2\n", "line 2, column 6: not TOML: Cannot overwrite a value"),
        (b"\n\n# \xff", "line 3: expected UTF-8 text, got byte 0xff"),
        (b"a = " + b"[" * 10000, "arrays or tables nested too deep"),
        (b"a = " + b"9" * 5000, "not TOML: "),
    ],
)
def test_what_is_no_toml_is_one_fault_with_its_place(
    content: bytes, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "olts.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    [problem] = caught.value.problems
    assert problem.text.startswith(expected)


def test_a_folder_or_nothing_in_the_files_place_is_a_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        config.load(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        config.load(tmp_path / "olts.toml")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parsed('\ufefflanguage = "en"').language == "en"


def test_the_systems_file_keeps_its_database_under_var() -> None:
    expected = Path("/var/lib/eponctl/eponctl.db")
    assert expected == config.parse("", Path("/etc/eponctl/olts.toml")).database


# --- durations ---


@given(st.integers(0, 10**6), st.sampled_from(["s", "m", "h", "d", ""]))
def test_a_duration_is_a_number_and_its_unit(count: int, unit: str) -> None:
    factor = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    assert count * factor == config.duration_s(f"{count}{unit}")


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"\A-?[0-9]+ ?[a-zA-Z]{0,2}\Z"),
        st.integers(),
        st.floats(),
        st.booleans(),
        st.none(),
        st.lists(st.integers()),
    )
)
def test_a_duration_is_finite_and_not_negative_or_else_refused(value: object) -> None:
    try:
        found = config.duration_s(value)
    except ValueError as error:
        found = None
        message = str(error)
    if found is None:
        assert message == 'a duration as "90s", "15m", "6h", "30d" or in seconds'
    else:
        assert 0 <= found < float("inf")
        assert not isinstance(value, bool)


# --- the machine's zone ---


def test_the_zone_is_the_machines_where_the_file_names_none(tmp_path: Path) -> None:
    utc, makassar = ZoneInfo("UTC"), ZoneInfo("Asia/Makassar")
    assert utc == config.machine_zone({}, tmp_path)
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/Asia/Makassar")
    assert makassar == config.machine_zone({}, tmp_path)
    (tmp_path / "timezone").write_text("Asia/Jayapura\n", "utf-8")
    assert ZoneInfo("Asia/Jayapura") == config.machine_zone({}, tmp_path)
    for name in ("Asia/Makassar", ":Asia/Makassar", "/usr/share/zoneinfo/Asia/Makassar"):
        assert makassar == config.machine_zone({"TZ": name}, tmp_path)
    assert ZoneInfo("Asia/Jayapura") == config.machine_zone({"TZ": "WIB-7"}, tmp_path)


# --- WhatsApp ---


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("6281200007890", "6281200007890"),
        ("+62 812-0000-7890", "6281200007890"),
        ("+62 (0)812.0000.7890", "6281200007890"),
        ("081200007890", "6281200007890"),
        ("81200007890", "6281200007890"),
        ("006281200007890", "6281200007890"),
        ("+81 90 1234 5678", "819012345678"),
        ("120363000000000000@g.us", "120363000000000000@g.us"),
        ("6281200007890-1500000000@g.us", "6281200007890-1500000000@g.us"),
        ("120363000000000000@newsletter", "120363000000000000@newsletter"),
    ],
)
def test_recipients_are_brought_into_one_form(value: str, expected: str) -> None:
    assert (expected,) == recipients_of(value)


@pytest.mark.parametrize(
    "value",
    ["", "0812", "6281200007890123", "0812-ABC", "x@g.us", "6281@s.whatsapp.net", "٠٨١٢٣٤٥٦٧٨"],
)
def test_what_is_no_recipient_is_refused(value: str) -> None:
    with pytest.raises(
        ConfigError, match=r"whatsapp\.recipients\[1\]: expected a telephone number"
    ):
        recipients_of(value)


def test_a_recipient_that_is_written_twice_in_two_ways_is_a_fault() -> None:
    text = WHATSAPP.replace('["6281200000001"]', '["6281200000001", "0812-0000-0001"]')
    expected = 'whatsapp.recipients[2]: expected each only once, got "0812-0000-0001" again'
    assert expected == only_fault(text)


def test_without_its_table_or_disabled_nothing_is_needed_for_whatsapp() -> None:
    assert WhatsAppSettings() == parsed("").whatsapp
    disabled = '[whatsapp]\nenabled = false\napi_url = ""\napi_key = ""\nsender = ""'
    assert not parsed(disabled).whatsapp.enabled
    assert only_fault("[whatsapp]\nenabled = false\nsender = 62812").startswith("whatsapp.sender:")


def test_a_whatsapp_table_that_does_not_say_so_is_enabled() -> None:
    assert parsed(WHATSAPP).whatsapp.enabled


def test_mpwa_needs_address_key_sender_and_somebody_to_tell() -> None:
    expected = [
        "whatsapp.api_key: missing, expected one of api_key, api_key_env, api_key_file",
        (
            "whatsapp.recipients: missing, expected at least one recipient, here or in a "
            "[[whatsapp.route]]"
        ),
        (
            "whatsapp.api_url: missing, expected http(s)://host[:port]/path, as "
            "https://gateway.example/send-message"
        ),
        (
            "whatsapp.sender: missing, expected a telephone number of 8 to 15 digits, "
            'as "6281200000001"'
        ),
    ]
    assert expected == faults("[whatsapp]")


def test_a_gateways_address_has_a_path_and_shows_no_key() -> None:
    bare = WHATSAPP.replace("/send-message", "")
    assert only_fault(bare).endswith('got "https://gateway.example"')
    keyed = WHATSAPP.replace("/send-message", "/send-message?api_key=hunter9")
    assert "hunter9" not in only_fault(keyed)


def test_an_enabled_channel_does_not_take_an_empty_key() -> None:
    text = WHATSAPP.replace("hunter3", "")
    assert only_fault(text) == "whatsapp.api_key: expected text that is not empty"


def test_console_needs_recipients_only_and_file_a_path() -> None:
    console = '[whatsapp]\nprovider = "console"\nrecipients = ["6281200000001"]\n'
    assert parsed(console).whatsapp.provider == "console"
    to_file = console.replace("console", "file")
    assert only_fault(to_file) == "whatsapp.api_url: missing, expected text in quotes"
    assert parsed(to_file + 'api_url = "out.txt"').whatsapp.api_url == "/srv/out.txt"


def test_a_recipient_may_be_named_in_a_route_only() -> None:
    text = WHATSAPP.replace('recipients = ["6281200000001"]', "")
    found = parsed(text + '[[whatsapp.route]]\nrecipients = ["0812-0000-0001"]').whatsapp
    assert found.recipients == ()
    assert (Route(("6281200000001",), ("*",), Priority.MEDIUM),) == found.routes


def test_a_route_names_its_recipients_and_patterns() -> None:
    expected = [
        "whatsapp.route[1].recipients: missing, expected at least one recipient, as [...]",
        'whatsapp.route[1].olts: expected at least one pattern, as "OLT-KEDIRI-*", got none',
        'whatsapp.route[1].min_priority: expected one of critical, high, medium, got "normal"',
    ]
    assert expected == faults(WHATSAPP + '[[whatsapp.route]]\nolts = []\nmin_priority = "normal"\n')


# --- secrets ---


def test_a_secret_shows_in_no_text_of_the_configuration() -> None:
    found = parsed(OLT + WHATSAPP)
    for thing in (found, found.olts, found.whatsapp, found.olts[0].password):
        for text in (repr(thing), str(thing), f"{thing}"):
            assert "hunter" not in text
            assert "***" in text


@pytest.mark.parametrize(
    "line",
    [
        'password = ["hunter9"]',
        'password_env = "hunter9 "',
        'password = "x"\npassword_env = "hunter9"',
        'password_file = ["hunter9"]',
        'password_fiel = "hunter9"',
        'password = { hunter9 = "hunter9" }',
        'password = "x"\ndriver = { hunter9 = 1 }',
    ],
)
def test_a_secret_shows_in_no_fault(line: str) -> None:
    text = OLT.replace('password = "hunter2"', line)
    assert all("hunter9" not in fault for fault in faults(text))
    username = OLT.replace('"admin"', '"admin:hunter9"')
    assert all("hunter9" not in fault for fault in faults(username))


def test_exactly_one_form_of_a_secret_is_taken() -> None:
    expected = (
        "olt[1].password_env: expected only one of password, password_env, password_file, got 2"
    )
    assert expected == only_fault(OLT + 'password_env = "X"\n')


def test_a_secret_comes_from_text_environment_or_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPONCTL_TEST_SECRET", "from env")
    file = tmp_path / "secret"
    file.write_text("from file \n", "utf-8")
    assert Secret(value="value").reveal() == "value"
    assert Secret(env="EPONCTL_TEST_SECRET").reveal() == "from env"
    assert Secret(file=file).reveal() == "from file "


def test_secrets_that_a_poll_will_miss_are_all_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EPONCTL_TEST_UNSET", raising=False)
    monkeypatch.setenv("EPONCTL_TEST_EMPTY", "")
    (tmp_path / "empty").write_text("\n", "utf-8")
    (tmp_path / "binary").write_bytes(b"hunter\xff")
    secrets = [
        'password_env = "EPONCTL_TEST_UNSET"',
        'password_env = "EPONCTL_TEST_UNSET"\nenabled = false',
        'password_env = "EPONCTL_TEST_EMPTY"',
        'password_file = "missing"',
        'password_file = "empty"',
        'password_file = "binary"',
    ]
    olts = [
        OLT.replace('"A"', f'"A{number}"').replace('password = "hunter2"', secret)
        for number, secret in enumerate(secrets)
    ]
    channel = WHATSAPP.replace('api_key = "hunter3"', 'api_key_env = "EPONCTL_TEST_UNSET"')
    path = tmp_path / "olts.toml"
    found = config.parse("".join(olts) + channel, path)
    unset = "environment variable EPONCTL_TEST_UNSET: not set, or empty"
    expected = [
        Problem(str(path), "olt[1].password_env", unset),
        Problem(
            str(path),
            "olt[3].password_env",
            "environment variable EPONCTL_TEST_EMPTY: not set, or empty",
        ),
        Problem(
            str(path),
            "olt[4].password_file",
            f"{tmp_path}/missing: cannot be read: No such file or directory",
        ),
        Problem(str(path), "olt[5].password_file", f"{tmp_path}/empty: is empty"),
        Problem(str(path), "olt[6].password_file", f"{tmp_path}/binary: not UTF-8 text"),
        Problem(str(path), "whatsapp.api_key_env", unset),
    ]
    assert expected == config.secret_problems(found)
    silent = found.whatsapp._replace(enabled=False)
    assert expected[:-1] == config.secret_problems(found._replace(whatsapp=silent))


def test_files_with_secrets_that_others_can_read_are_warned_of_once(tmp_path: Path) -> None:
    path, key = tmp_path / "my olts.toml", tmp_path / "key"
    key.write_text("x", "utf-8")
    in_file = OLT.replace('"A"', '"B"').replace('password = "hunter2"', 'password_file = "key"')
    path.write_text(OLT + OLT.replace('"A"', '"C"') + in_file, "utf-8")
    found = config.load(path)
    for file in (path, key):
        file.chmod(0o640)
    assert config.exposed(found) == []
    for file in (path, key):
        file.chmod(0o644)
    expected = [
        f"{path} holds a password and can be read by everyone: chmod 600 '{path}'",
        f"{key} holds a password and can be read by everyone: chmod 600 {key}",
    ]
    assert expected == config.exposed(found)


def test_a_file_without_a_secret_may_be_read_by_all(tmp_path: Path) -> None:
    path = tmp_path / "olts.toml"
    path.write_text(OLT.replace('password = "hunter2"', 'password_env = "X"'), "utf-8")
    path.chmod(0o644)
    assert config.exposed(config.load(path)) == []


# --- the sample ---


def sample_tables() -> dict[str, list[str]]:
    """The sample's keys as lines, by table; those behind `#` too."""
    tables: dict[str, list[str]] = {"": []}
    name = ""
    for line in SAMPLE.read_text("utf-8").splitlines():
        text = line.removeprefix("#")
        if header := re.match(r"\[\[?([a-z.]+)\]", text):
            name = header[1]
            tables.setdefault(name, [])
        elif re.match(r"[a-z_]+ = ", text):
            tables[name].append(line)
    return tables


def commented(name: str) -> str:
    """The keys of a table that stand behind `#`, but for alternatives and examples."""
    lines = [line[1:] for line in sample_tables()[name] if line.startswith("#")]
    return "\n".join(line for line in lines if not re.match(r"(\w+_(env|file)|quiet|daily) ", line))


def test_the_sample_is_the_simulated_farm() -> None:
    found = config.load(SAMPLE)
    assert found.timezone.key == "Asia/Jakarta"
    assert found.whatsapp.api_url == "http://127.0.0.1:18080/send-message"
    assert [f"OLT-SIM-0{n}" for n in range(1, 5)] == [olt.id for olt in found.olts]
    assert [f"http://127.0.0.1:1808{n}" for n in range(1, 5)] == [olt.url for olt in found.olts]
    assert config.secret_problems(found) == []


def test_the_sample_shows_every_key() -> None:
    """A key is a field's name without its unit; a secret has three."""
    unit = re.compile(r"_(s|c|dbm|days|minute)$")
    classes: dict[str, Any] = {
        "poll": PollSettings,
        "thresholds": Thresholds,
        "alerts": AlertSettings,
        "report": ReportSettings,
        "retention": Retention,
        "whatsapp": WhatsAppSettings,
        "whatsapp.http": HttpSettings,
        "whatsapp.route": Route,
        "olt": OltSettings,
    }
    for name, class_ in classes.items():
        keys = {unit.sub("", field) for field in class_._fields} - {"routes", "http"}
        for secret in keys & {"password", "api_key"}:
            keys |= {f"{secret}_env", f"{secret}_file"}
        assert keys == {line.lstrip("#").split(" ")[0] for line in sample_tables()[name]}
    windows = {line.lstrip("#").split(" ")[0] for line in sample_tables()["maintenance"]}
    assert {"target", "from", "to", "weekly"} == windows


def test_the_samples_commented_values_are_the_defaults() -> None:
    plain = config.load(SAMPLE)
    tables = ("poll", "thresholds", "alerts", "report", "retention", "export")
    for name in ("", *tables, "whatsapp", "whatsapp.http"):
        text = SAMPLE.read_text("utf-8")
        for line in commented(name).splitlines():
            text = text.replace(f"#{line}", line)
        assert text != SAMPLE.read_text("utf-8")
        assert plain == config.parse(text, SAMPLE)
    assert PollSettings() == plain.poll
    assert Thresholds() == plain.thresholds
    assert AlertSettings() == plain.alerts
    assert plain.maintenance == ()
    assert ReportSettings() == plain.report
    assert Retention() == plain.retention


def test_the_samples_commented_olt_keys_and_route_are_the_defaults() -> None:
    olt = tomllib.loads(commented("olt"))
    expected = {key: value for key, value in OltSettings._field_defaults.items() if key in olt}
    assert expected == olt
    assert {"driver", "enabled", "verify_tls"} == set(olt)
    route = parsed(WHATSAPP + "[[whatsapp.route]]\n" + commented("whatsapp.route"))
    assert (Route(("120363000000000000@g.us",)),) == route.whatsapp.routes


def test_the_samples_quiet_hours_and_maintenance_can_be_uncommented() -> None:
    text = SAMPLE.read_text("utf-8").replace("#quiet = ", "quiet = ")
    for key in ("[[maintenance]]", "target", "from", "to"):
        text = re.sub(rf"^#{re.escape(key)}", key, text, flags=re.MULTILINE)
    found = config.parse(text, SAMPLE)
    begin, end = utc("2026-11-30T18:00"), utc("2026-11-30T20:00")
    assert Quiet(1320, 360, Priority.CRITICAL) == found.alerts.quiet
    assert (Maintenance("OLT-KEDIRI-*", begin, end),) == found.maintenance
    text = re.sub(r"^(from|to) ", r"#\1 ", text, flags=re.MULTILINE).replace("#weekly", "weekly")
    window = Maintenance("OLT-KEDIRI-*", weekly=Weekly(6, 60, 180))
    assert (window,) == config.parse(text, SAMPLE).maintenance


def test_the_readmes_examples_of_configuration_are_without_a_fault() -> None:
    examples = re.findall(
        r"^```toml\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    found = parsed("".join(examples))
    assert found.whatsapp.enabled
    assert AlertSettings(quiet=Quiet(1320, 360)) == found.alerts
    assert [window.target for window in found.maintenance] == ["OLT-KEDIRI-*", "OLT-KEDIRI-01:0/1"]


# --- cost ---


def test_importing_it_loads_nothing_heavy() -> None:
    code = (
        "import sys, eponctl.config, eponctl.configfile\n"
        "print({'tomli_w', 'difflib', 'requests', 'typer', 'asyncio'} & set(sys.modules))"
    )
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SAMPLE.parent)}
    run = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, env=environ, check=True
    )
    assert run.stdout.strip() == "set()"

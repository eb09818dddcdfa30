"""Text of a device to numbers: what is no number is None, never 0 and never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl import units

# field/olt-web-asp.md, section 5.
SENTINELS = (
    "--",
    "-inf",
    "",
    "N/A",
    "NA",
    "na",
    "nan",
    "null",
    "undefined",
    "0000-00-00 00:00:00",
)


@pytest.mark.parametrize("text", [*SENTINELS, " -- ", "NaN", "INF", "Undefined", "\t"])
def test_sentinel_is_no_value_in_any_reading(text: str) -> None:
    assert (True, None, None, None) == (
        units.is_missing(text),
        units.number(text),
        units.whole(text),
        units.label(text),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-24.44", -24.44),
        ("49.00", 49.0),
        ("0", 0.0),
        ("0.00", 0.0),
        (" 3.00 ", 3.0),
        ("1e999", None),
        ("1_0", None),
        ("٣", None),
        ("0x10", None),
        ("12,5", None),
        ("-24.44 dBm", None),
        ("9" * 5000, None),
    ],
)
def test_number_is_what_devices_print_as_one(text: str, expected: float | None) -> None:
    assert expected == units.number(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("338", 338),
        ("0", 0),
        (" 338 ", 338),
        ("007", 7),
        ("-1", None),
        ("+1", None),
        ("3.0", None),
        ("²", None),
        ("٣", None),
        ("999999999999999", 999_999_999_999_999),
        ("1" + "0" * 15, None),
        ("9" * 5000, None),
    ],
)
def test_whole_number_fits_arithmetic_and_database(text: str, expected: int | None) -> None:
    assert expected == units.whole(text)


@given(st.text())
def test_any_text_is_a_number_or_nothing(text: str) -> None:
    number, whole = units.number(text), units.whole(text)

    assert number is None or number - number == 0  # neither infinite nor nan
    assert whole is None or 0 <= whole < 10**15
    if whole is not None:
        assert whole == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [("  Kantor ", "Kantor"), ("Na", None), ("NAS", "NAS"), ("-", None), ("0", "0")],
)
def test_label_is_trimmed_text_or_nothing(text: str, expected: str | None) -> None:
    assert expected == units.label(text)


@pytest.mark.parametrize("text", ["02:ab:0c:00:00:01", "02-AB-0C-00-00-01", "02:AB:0C:00:00:01"])
def test_mac_is_upper_case_with_colons(text: str) -> None:
    assert "02:AB:0C:00:00:01" == units.mac(text)

"""Values as people read them."""

from __future__ import annotations

from datetime import tzinfo

from eponctl.render import values


def test_missing_is_a_dash_and_never_zero(zone: tzinfo) -> None:
    calls = (
        values.dbm,
        values.celsius,
        values.distance,
        values.percent,
        values.seconds,
        values.words,
        values.word,
    )

    assert {"-"} == {call(None) for call in calls}
    assert values.age(None, 10) == values.moment(None, zone) == "-"


def test_units_are_as_people_write_them(zone: tzinfo) -> None:
    assert values.dbm(-22.46) == "-22.5 dBm"
    assert values.dbm(-0.01) == "0.0 dBm"
    assert values.celsius(45) == "45.0 °C"
    assert [values.distance(m) for m in (0, 397, 999, 1000, 1580)] == [
        "0 m",
        "397 m",
        "999 m",
        "1.0 km",
        "1.6 km",
    ]
    assert values.age(100, 415) == "5m 15s"
    assert values.age(500, 400) == "0s"  # a clock that was set back
    assert values.moment(1734665415, zone) == "2024-12-20 10:30:15"


def test_blank_names_are_a_dash() -> None:
    assert values.words(" \x1b[0m\u200b ") == "-"
    assert values.words("two  spaces") == "two spaces"

"""States to records: rounding, times, conditions."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from eponctl.model import Heat, OltState, OnuState, Signal, Status
from eponctl.settings import OltSettings
from eponctl.store.queries import Tally
from eponctl.views.network import (
    OltCondition,
    Watched,
    iso_in,
    last_seen_at,
    olt_record,
    onu_record,
    percent,
    summary_record,
)
from eponctl.views.records import AlertRecord, keys

JAKARTA = iso_in(ZoneInfo("Asia/Jakarta"))


def onu(**changes: Any) -> OnuState:
    """An ONU that is up."""
    values: dict[str, Any] = {
        "olt_id": "OLT-1",
        "onu_id": "0/1/1:3",
        "mac": "00:11:22:33:44:55",
        "status": Status.UP,
        "status_raw": "Up",
        "signal": Signal.OK,
        "heat": Heat.OK,
        "since": 0,
        "seen_at": 5,
        "missed": 0,
    }
    return OnuState(**{**dict.fromkeys(OnuState._fields), **values, **changes})


def watched(*, enabled: bool = True, tally: Tally | None = None, **state: Any) -> Watched:
    """An OLT in this state."""
    olt = OltSettings("OLT-1", "one", "http://192.0.2.1", "admin", None, enabled=enabled)
    return Watched(olt, OltState("OLT-1", **state), tally or Tally())


def test_times_have_the_offset_of_their_day() -> None:
    berlin = iso_in(ZoneInfo("Europe/Berlin"))

    assert JAKARTA(1734665415) == "2024-12-20T10:30:15+07:00"
    assert berlin(1719792000) == "2024-07-01T02:00:00+02:00"
    assert berlin(None) is None


def test_numbers_are_rounded_and_never_minus_zero() -> None:
    record = onu_record(
        onu(rx_power_dbm=-28.8649, temperature_c=-0.001), OltState("OLT-1"), JAKARTA
    )

    assert (record.rx_power_dbm, record.tx_power_dbm) == (-28.86, None)
    assert str(record.temperature_c) == "0.0"
    assert record.pon == "0/1/1"


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, None), (145, 150, 96.7), (150, 150, 100.0), (25599, 25600, 99.9), (0, 3, 0.0)],
)
def test_hundred_percent_is_all_of_them(part: int, whole: int, expected: float | None) -> None:
    assert expected == percent(part, whole)


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        ({}, OltCondition.NEVER_POLLED),
        ({"last_poll_at": 1}, OltCondition.OK),
        ({"last_poll_at": 1, "failures": 1}, OltCondition.UNREACHABLE),
        ({"last_poll_at": 1, "failed_pons": {"0/1": None}}, OltCondition.PARTIAL),
        ({"last_poll_at": 1, "enabled": False}, OltCondition.DISABLED),
    ],
)
def test_condition_is_one_word(state: dict[str, Any], condition: OltCondition) -> None:
    assert condition is watched(**state).condition


def test_olt_that_was_never_polled_is_not_reachable() -> None:
    record = olt_record(watched(), JAKARTA)

    assert (record.reachable, record.last_poll_at, record.poll_seconds) == (False, None, None)
    assert summary_record([watched()]).olts_unreachable == 0


def test_averages_are_weighted_by_onus() -> None:
    many = watched(last_poll_at=1, tally=Tally(3, 3, 0, 0, 3, 120.0, 3, -60.0))
    few = watched(last_poll_at=1, tally=Tally(1, 1, 0, 0, 1, 60.0, 0, 0.0))

    total = summary_record([many, few])

    assert (total.avg_temperature_c, total.avg_rx_power_dbm) == (45.0, -20.0)


def test_nothing_has_no_averages_and_no_share() -> None:
    assert summary_record([]) == (0, 0, 0, 0, 0, None, None, None)


@pytest.mark.parametrize(
    ("changes", "state", "expected"),
    [
        ({}, {"last_success_at": 100}, 100),
        ({}, {"last_success_at": 100, "failed_pons": {"0/1": 70}}, 100),
        ({}, {"last_success_at": 100, "failed_pons": {"0/1/1": 70}}, 70),
        ({}, {"last_success_at": 100, "failed_pons": {"0/1/1": None}}, 5),
        ({"missed": 1}, {"last_success_at": 100}, 5),
    ],
)
def test_seen_whenever_its_olt_or_pon_was_read(
    changes: dict[str, Any], state: dict[str, Any], expected: int
) -> None:
    assert expected == last_seen_at(onu(**changes), OltState("OLT-1", **state))


def test_key_may_be_a_word_of_python() -> None:
    assert "from" in keys(AlertRecord)

"""An OLT's counts and averages, from the states of its ONUs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from eponctl.judge import first_state
from eponctl.model import (
    Heat,
    OltState,
    OltSummary,
    OnuReading,
    OnuState,
    Signal,
    Status,
)
from eponctl.settings import OltSettings, Thresholds
from eponctl.summary import is_abandoned, summarise

DAY_S = 86400
OLT = OltSettings("OLT-1", "OLT Kediri", "http://192.0.2.1", "admin", None)


def onu(status: Status = Status.UP, **changes: Any) -> OnuState:
    reading = OnuReading("0/1:1", "02:00:00:00:00:01", None, status, status.value)
    return first_state("OLT-1", reading, Thresholds(), 0)._replace(**changes)


def summary_of(onus: Iterable[OnuState], state: OltState | None = None, now: int = 0) -> OltSummary:
    return summarise(OLT, state, onus, now=now, abandoned_after_s=DAY_S)


def test_olt_without_onus_has_no_averages() -> None:
    expected = OltSummary(
        olt_id="OLT-1",
        name="OLT Kediri",
        onus=0,
        online=0,
        disabled=0,
        problem_onus=0,
        problems={},
        avg_temperature_c=None,
        avg_rx_power_dbm=None,
    )

    assert expected == summary_of([])


def test_onus_are_counted_by_what_is_the_matter_in_the_order_of_an_alert() -> None:
    onus = [
        onu(Status.UNKNOWN),
        onu(heat=Heat.HIGH),
        onu(signal=Signal.OVERLOAD),
        onu(signal=Signal.WEAK),
        onu(Status.LOOP),
        onu(Status.DOWN),
        onu(Status.DOWN),
        onu(Status.PWRDOWN),
        onu(Status.DISABLED),
        onu(),
    ]
    found = summary_of(onus)

    problems = [
        ("DOWN", 2),
        ("PWRDOWN", 1),
        ("LOOP", 1),
        ("UNKNOWN", 1),
        ("WEAK SIGNAL", 1),
        ("OVERLOAD", 1),
        ("HIGH TEMPERATURE", 1),
    ]
    assert problems == list(found.problems.items())
    assert (10, 4, 1, 8) == (found.onus, found.online, found.disabled, found.problem_onus)


def test_onu_with_two_problems_is_one_onu_with_problems() -> None:
    found = summary_of([onu(signal=Signal.WEAK, heat=Heat.HIGH)])

    assert {"WEAK SIGNAL": 1, "HIGH TEMPERATURE": 1} == found.problems
    assert 1 == found.problem_onus


def test_signal_that_fell_by_a_step_is_counted_as_weak() -> None:
    found = summary_of([onu(signal=Signal.STEPPED), onu(signal=Signal.WEAK)])

    assert {"WEAK SIGNAL": 2} == found.problems


def test_onu_that_is_down_is_counted_as_down_and_not_as_weak_too() -> None:
    found = summary_of([onu(Status.DOWN, signal=Signal.WEAK, heat=Heat.HIGH)])

    assert {"DOWN": 1} == found.problems


def test_averages_are_over_onus_that_are_up_and_gave_a_value() -> None:
    onus = [
        onu(rx_power_dbm=-20.0, temperature_c=40.0),
        onu(rx_power_dbm=-25.0),
        onu(),
        onu(Status.DOWN, rx_power_dbm=-90.0, temperature_c=90.0),
        onu(Status.LOOP, rx_power_dbm=-90.0),
    ]
    found = summary_of(onus)

    assert (-22.5, 40.0) == (found.avg_rx_power_dbm, found.avg_temperature_c)


@pytest.mark.parametrize(
    ("state", "since"),
    [
        (None, None),
        (OltState("OLT-1"), None),
        (OltState("OLT-1", failures=1, failing_since=100), None),
        (OltState("OLT-1", failures=2, failing_since=100, announced_at=160), 100),
    ],
)
def test_olt_is_unreachable_since_its_first_failed_poll_once_that_was_told(
    state: OltState | None, since: int | None
) -> None:
    assert since == summary_of([], state).unreachable_since


def test_abandoned_onu_is_in_no_number_but_the_total() -> None:
    onus = [onu(), onu(Status.DOWN), onu(Status.DOWN, outage_at=DAY_S)]
    found = summary_of(onus, now=DAY_S)

    assert (3, 1, 1, 1) == (found.onus, found.online, found.disabled, found.problem_onus)
    assert {"DOWN": 1} == found.problems


@pytest.mark.parametrize(
    ("status", "changes", "expected"),
    [
        (Status.DOWN, {"since": 100}, True),
        (Status.DOWN, {"since": 101}, False),
        (Status.PWRDOWN, {"since": 500, "outage_at": 100}, True),
        (Status.UNKNOWN, {"since": 100}, True),
        (Status.LOOP, {"since": 100}, True),
        (Status.UP, {"since": 100}, False),
        (Status.UP, {"since": 500, "outage_at": 100}, False),
        (Status.DISABLED, {"since": 100}, False),
    ],
)
def test_onu_is_abandoned_by_the_length_of_its_outage_whatever_the_device_calls_it(
    status: Status, changes: dict[str, Any], expected: bool
) -> None:
    state = onu(status)._replace(**{"outage_at": None, **changes})

    assert expected is is_abandoned(state, 100)

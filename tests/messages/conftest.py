"""Samples for the texts: an ONU, an event, an OLT, each with only what a test is about changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eponctl.messages import Limits
from eponctl.model import (
    EVENT_PRIORITIES,
    Event,
    EventKind,
    Heat,
    OltSummary,
    OnuState,
    Priority,
    Reason,
    Signal,
    Status,
)

NOW = 1734665415  # 2024-12-20 10:30:15 in Jakarta
_ONU: dict[str, object] = {
    "olt_id": "OLT-KEDIRI-01",
    "mac": "00:11:22:33:44:55",
    "onu_id": "0/1:3",
    "name": "CLIENT-001",
    "status": Status.DOWN,
    "status_raw": "Down",
    "reason": Reason.TIMEOUT,
    "reason_raw": "Timeout",
    "distance_m": 150,
    "last_rx_power_dbm": -22.5,
    "last_temperature_c": 45.0,
    "signal": Signal.OK,
    "heat": Heat.OK,
    "since": NOW,
    "seen_at": NOW,
}


def _onu(**changes: object) -> OnuState:
    # What no text asks for is None, whatever the model says of it.
    return OnuState(**(dict.fromkeys(OnuState._fields) | _ONU | changes))  # type: ignore[arg-type]


def _event(kind: EventKind, onu: OnuState | None = None, **changes: object) -> Event:
    values: dict[str, object] = {
        "priority": EVENT_PRIORITIES.get(kind, Priority.HIGH),
        "olt_id": "OLT-KEDIRI-01",
        "at": NOW,
    }
    return Event(kind, onu=onu, **(values | changes))  # type: ignore[arg-type]


def _olt(**changes: object) -> OltSummary:
    values: dict[str, object] = {
        "olt_id": "OLT-KEDIRI-01",
        "name": "OLT Kediri Pusat",
        "onus": 50,
        "online": 48,
        "disabled": 0,
        "problem_onus": 2,
        "problems": {"DOWN": 1, "PWRDOWN": 1},
        "avg_temperature_c": 42.0,
        "avg_rx_power_dbm": -22.0,
    }
    return OltSummary(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def onu() -> Callable[..., OnuState]:
    """Make an ONU that is down by a timeout."""
    return _onu


@pytest.fixture(scope="session")
def event() -> Callable[..., Event]:
    """Make an event of a kind, with the priority of that kind."""
    return _event


@pytest.fixture(scope="session")
def olt() -> Callable[..., OltSummary]:
    """Make an OLT with 2 of 50 ONUs down."""
    return _olt


@pytest.fixture(scope="session")
def now() -> int:
    """Return the time of the original's example, UTC seconds."""
    return NOW


@pytest.fixture(scope="session")
def zone() -> ZoneInfo:
    """Return the zone of the original's users."""
    return ZoneInfo("Asia/Jakarta")


@pytest.fixture(scope="session")
def limits() -> Limits:
    """Return the default thresholds."""
    return Limits(temperature_high_c=65.0, rx_power_low_dbm=-27.0, rx_power_high_dbm=-8.0)


@pytest.fixture(scope="session")
def golden() -> Callable[[str], str]:
    """Read golden/<name>.txt; several messages stand apart by a line of `8<`."""
    folder = Path(__file__).parent / "golden"

    def read(name: str) -> str:
        return (folder / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n")

    return read

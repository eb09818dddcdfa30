"""A network in memory, with one of each kind of trouble, and golden pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from eponctl.model import Heat, OltState, OnuState, Reason, Signal, Status
from eponctl.settings import OltSettings
from eponctl.store.queries import Tally
from eponctl.views.network import Watched
from eponctl.views.status import NetworkStatus, Wanted

NOW = 1734665415  # 2024-12-20 10:30:15 in Jakarta
_UP: dict[str, Any] = {
    "olt_id": "OLT-KEDIRI-01",
    "status": Status.UP,
    "status_raw": "Up",
    "signal": Signal.OK,
    "heat": Heat.OK,
    "since": NOW - 315,
    "seen_at": NOW,
    "missed": 0,
}


def _onu(**changes: Any) -> OnuState:
    values: dict[str, Any] = {**dict.fromkeys(OnuState._fields), **_UP, **changes}
    return OnuState(**values)


def _olt(olt_id: str, name: str, *, enabled: bool = True) -> OltSettings:
    return OltSettings(olt_id, name, "http://192.0.2.1", "admin", None, enabled=enabled)


@pytest.fixture(scope="session")
def zone() -> ZoneInfo:
    """The zone of the original's users."""
    return ZoneInfo("Asia/Jakarta")


@pytest.fixture
def status() -> NetworkStatus:
    """Four OLTs, of which one is silent, one half read and one off, and their problems."""
    polled: dict[str, Any] = {"last_poll_at": NOW - 12, "last_success_at": NOW - 12}
    silent: dict[str, Any] = {
        "last_poll_at": NOW - 12,
        "last_success_at": NOW - 8000,
        "failures": 3,
    }
    error = "connect to 192.0.2.2:88 timed out"
    olts = (
        Watched(
            _olt("OLT-KEDIRI-01", "OLT Kediri Pusat"),
            OltState("OLT-KEDIRI-01", **polled),
            Tally(50, 46, 1, 3, 46, 46 * 42.04, 46, 46 * -22.46),
        ),
        Watched(
            _olt("OLT-BLITAR", "OLT Blitar"),
            OltState("OLT-BLITAR", **polled, failed_pons={"0/2": None}, error="0/2: page is cut"),
            Tally(20, 20, 0, 0, 0, 0.0, 20, 20 * -19.0),
        ),
        Watched(
            _olt("OLT-TULUNGAGUNG", "OLT Tulungagung Barat"),
            OltState("OLT-TULUNGAGUNG", **silent, error=error),
            Tally(64, 63, 0, 1, 63, 63 * 40.0, 63, 63 * -20.0),
        ),
        Watched(_olt("OLT-GUDANG", "OLT Gudang", enabled=False), OltState("OLT-GUDANG"), Tally()),
    )
    return NetworkStatus(NOW, olts, _problems(), Wanted())


def _problems() -> tuple[OnuState, ...]:
    return (
        _onu(
            onu_id="0/1:3",
            mac="00:11:22:33:44:55",
            name="CLIENT-001",
            status=Status.PWRDOWN,
            reason=Reason.DYING_GASP,
            distance_m=150,
            last_rx_power_dbm=-28.0,
            last_temperature_c=45.0,
        ),
        _onu(
            onu_id="0/1:12",
            mac="00:11:22:33:44:56",
            name="Jl. Kediri, No. 5 (blok B)",
            signal=Signal.WEAK,
            heat=Heat.HIGH,
            rx_power_dbm=-28.86,
            temperature_c=71.0,
            distance_m=1580,
            since=NOW - 86400 * 3,
        ),
        _onu(
            onu_id="0/2:1",
            mac="00:11:22:33:44:57",
            name="日本 さくら",
            status=Status.UNKNOWN,
            status_raw="Initialising",
        ),
        _onu(
            olt_id="OLT-TULUNGAGUNG",
            onu_id="0/1:1",
            mac="00:11:22:33:44:58",
            status=Status.DOWN,
            reason=Reason.TIMEOUT,
        ),
    )


@pytest.fixture(scope="session")
def golden() -> Callable[[str], str]:
    """Read golden/<name>.txt."""
    folder = Path(__file__).parent / "golden"
    return lambda name: (folder / f"{name}.txt").read_text("utf-8")

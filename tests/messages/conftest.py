"""Samples for the texts: ONUs and incidents, with only what a test is about changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member
from eponctl.messages import Limits, bulletin
from eponctl.model import OltSummary, Priority, Reason, Status
from eponctl.telling.records import Bulletin, Item, Stage, Told

NOW = 1734665415  # 2024-12-20 10:30:15 in Jakarta
OLT = "OLT-KEDIRI-01"


def _member(place: int = 3, pon: str = "0/1", **changes: Any) -> Member:
    values: dict[str, Any] = {
        "olt_id": OLT,
        "mac": f"02:11:22:33:44:{place:02X}",
        "onu_id": f"{pon}:{place}",
        "name": f"CLIENT-{place:03}",
        "status": Status.DOWN,
        "status_raw": "Down",
        "priority": Priority.HIGH,
        "at": NOW,
        "after": NOW - 60,
        "reason": Reason.TIMEOUT,
        "reason_raw": "Timeout",
        "is_gasp": False,
        "distance_m": 150,
        "rx_power_dbm": -22.5,
        "temperature_c": 45.0,
    }
    return Member(**(values | changes))


def _incident(*members: Member, of: int = 0, **changes: Any) -> Incident:
    """About these ONUs, of each of whose PONs `of` ONUs were up before (0: not known)."""
    is_single = len(members) < 3
    values: dict[str, Any] = {
        "id": "7K3Q",
        "kind": Kind.OUTAGE,
        "extent": Extent.SINGLE if is_single else Extent.PARTIAL_PON,
        "priority": Priority.HIGH if is_single else Priority.CRITICAL,
        "opened_at": NOW,
        "grown_at": NOW,
        "members": members,
        "olt_ids": tuple(sorted({member.olt_id for member in members})),
        "of": {member.pon: of for member in members if of},
        "after": NOW - 60,
    }
    return Incident(**(values | changes))


def _over(incident: Incident, lasted_s: int, *left: int, ending: Ending | None = None) -> Incident:
    """End it now, after so long; the ONUs at the places `left` by `ending`, or not at all."""
    began = NOW - lasted_s
    back = {"ended_at": NOW, "ending": Ending.RESTORED}
    rest = {"ended_at": NOW if ending else None, "ending": ending}
    members = tuple(
        member._replace(at=min(member.at, began), **(rest if place in left else back))
        for place, member in enumerate(incident.members)
    )
    is_open = bool(left) and ending is None
    return incident._replace(
        members=members,
        opened_at=began,
        after=began - 60,
        closed_at=None if is_open else NOW,
    )


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


OLTS = (
    _olt(),
    _olt(olt_id="OLT-KEDIRI-02", name="OLT Kediri Timur"),
    _olt(olt_id="OLT-KEDIRI-03", name="OLT Kediri Barat"),
)


@pytest.fixture(scope="session")
def member() -> Callable[..., Member]:
    """Make an ONU that is down by a timeout."""
    return _member


@pytest.fixture(scope="session")
def incident() -> Callable[..., Incident]:
    """Make an outage of some ONUs, seen first in this poll."""
    return _incident


@pytest.fixture(scope="session")
def over() -> Callable[..., Incident]:
    """Make an incident's next self, with some or all of its ONUs back."""
    return _over


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


@pytest.fixture(scope="session")
def told_texts(zone: ZoneInfo, limits: Limits) -> Callable[..., list[str]]:
    """Make the texts of a bulletin about three OLTs, with what is the same everywhere filled in."""

    def made(
        *items: tuple[Incident, Stage],
        language: str = "id",
        limit: int = 4000,
        told: Mapping[str, Told] | None = None,
        olts: tuple[OltSummary, ...] = OLTS,
        **others: Any,
    ) -> list[str]:
        return bulletin(
            Bulletin("6281200000001", tuple(Item(*item) for item in items), **others),
            {olt.olt_id: olt for olt in olts},
            now=NOW,
            zone=zone,
            language=language,
            olts=len(olts),
            limits=limits,
            told=told or {},
            limit=limit,
        )

    return made

"""Samples for telling: an incident, what was told of it, and a moment with nothing else to mind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member
from eponctl.model import EventKind, Priority, Status
from eponctl.settings import AlertSettings, Config, Quiet, Route, WhatsAppSettings
from eponctl.telling.plan import Situation
from eponctl.telling.records import Note, Told

NOW = 1_800_000_000  # 2027-01-15 15:00 in Jakarta
OLT = "OLT-KEDIRI-01"


def _member(place: int = 1, *, pon: str = "0/1", **changes: object) -> Member:
    values: dict[str, object] = {
        "olt_id": OLT,
        "mac": f"02:00:00:00:{int(pon[-1]):02X}:{place:02X}",
        "onu_id": f"{pon}:{place}",
        "name": f"CLIENT-{place:03}",
        "status": Status.DOWN,
        "status_raw": "Down",
        "priority": Priority.HIGH,
        "at": NOW,
    }
    if "ended_at" in changes:
        values["ending"] = Ending.RESTORED
    return Member(**(values | changes))  # type: ignore[arg-type]


def _incident(*members: Member, **changes: object) -> Incident:
    """An outage of one ONU, or of these; critical and of a whole PON where they are four."""
    if not members and changes.get("kind") is not Kind.OLT:
        members = (_member(),)
    is_whole = len(members) > 3
    values: dict[str, object] = {
        "id": "7K3Q",
        "kind": Kind.OUTAGE,
        "extent": Extent.WHOLE_PON if is_whole else Extent.SINGLE,
        "priority": Priority.CRITICAL if is_whole else Priority.HIGH,
        "opened_at": NOW,
        "grown_at": NOW,
        "members": members,
        "olt_ids": tuple(sorted({one.olt_id for one in members})) or (OLT,),
        "of": {one.pon: 8 for one in members},
    }
    if changes.get("kind") is Kind.OLT:
        values["extent"] = Extent.OLT_UNREACHABLE
    return Incident(**(values | changes))  # type: ignore[arg-type]


def _told(**changes: object) -> Told:
    values: dict[str, object] = {
        "first_at": NOW,
        "last_at": changes.get("first_at", NOW),
        "onus": 1,
        "extent": Extent.SINGLE,
    }
    return Told(**(values | changes))  # type: ignore[arg-type]


def _note(**changes: object) -> Note:
    values: dict[str, object] = {
        "alert_id": 1,
        "at": NOW,
        "kind": EventKind.MOVED,
        "priority": Priority.MEDIUM,
        "olt_id": OLT,
        "mac": "02:00:00:00:01:01",
        "onu_id": "0/1:1",
        "name": "CLIENT-001",
    }
    return Note(**(values | changes))  # type: ignore[arg-type]


def _config(
    *recipients: str, routes: tuple[Route, ...] = (), quiet: Quiet | None = None, **alerts: object
) -> Config:
    return Config(
        path=Path("/etc/eponctl/olts.toml"),
        database=Path("/var/lib/eponctl.db"),
        timezone=ZoneInfo("Asia/Jakarta"),
        alerts=AlertSettings(quiet=quiet, **alerts),  # type: ignore[arg-type]
        whatsapp=WhatsAppSettings(enabled=True, recipients=recipients, routes=routes),
    )


def _nothing_passed(recipient: str, from_: int, to: int) -> Mapping[Kind, int]:
    return {}


def _situation(*incidents: Incident, **changes: object) -> Situation:
    values: dict[str, object] = {
        "now": NOW,
        "incidents": incidents,
        "told": {},
        "notes": {},
        "passed": _nothing_passed,
        "recent": {},
        "hushed": lambda _: False,
        "gaps": {},
        "digested_at": {},
    }
    return Situation(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def member() -> Callable[..., Member]:
    """Make an ONU that is down; with `ended_at` it is back."""
    return _member


@pytest.fixture(scope="session")
def incident() -> Callable[..., Incident]:
    """Make an open incident."""
    return _incident


@pytest.fixture(scope="session")
def told() -> Callable[..., Told]:
    """Make what was told: that it opened, at NOW, with one ONU."""
    return _told


@pytest.fixture(scope="session")
def note() -> Callable[..., Note]:
    """Make a note that an ONU was moved."""
    return _note


@pytest.fixture(scope="session")
def config() -> Callable[..., Config]:
    """Make a configuration of recipients and routes."""
    return _config


@pytest.fixture(scope="session")
def situation() -> Callable[..., Situation]:
    """Make a moment with these incidents, of which nothing was told."""
    return _situation

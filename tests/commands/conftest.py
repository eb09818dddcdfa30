"""A configuration and a database as polls leave them, and the verbs that read it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from eponctl.cli import incidents as incident_verbs
from eponctl.cli import views
from eponctl.cli.frame import Globals
from eponctl.incidents.records import Extent, Incident, Kind, Member
from eponctl.incidents.verdict import Survivor, verdict
from eponctl.model import Event, Heat, OltState, OnuState, Priority, Reason, Signal, Status
from eponctl.store import events, incidents, olts, onus, outbox
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook, OnuChanges
from eponctl.telling.records import Stage, Tell

_ONU: dict[str, Any] = {
    "olt_id": "OLT-1",
    "onu_id": "0/1:1",
    "mac": "00:11:22:33:44:55",
    "name": "CLIENT-001",
    "status": Status.UP,
    "status_raw": "Up",
    "signal": Signal.OK,
    "heat": Heat.OK,
    "missed": 0,
    "told_status": Status.UP,
    "status_off": 0,
    "told_signal": Signal.OK,
    "signal_off": 0,
    "told_heat": Heat.OK,
    "heat_off": 0,
    "announced": 0,
    "step_off": 0,
}
HEAD = 'timezone = "Asia/Jakarta"\n'
OLT = """
[[olt]]
id = "{id}"
name = "{name}"
url = "http://127.0.0.1:{port}"
username = "admin"
password = "hunter2"
enabled = {enabled}
"""


@dataclass(frozen=True)
class Site:
    """A folder with olts.toml and a database; times are relative to `now`, UTC seconds."""

    folder: Path
    now: int

    def olt(self, olt_id: str, name: str = "", *, enabled: bool = True) -> None:
        """Name an OLT in olts.toml."""
        with (self.folder / "olts.toml").open("a", encoding="utf-8") as file:
            text = OLT.format(
                id=olt_id, name=name or olt_id, port=8001, enabled=str(enabled).lower()
            )
            file.write(text)

    def onu(self, **changes: Any) -> OnuState:
        """An ONU that is up, seen now, with only what is told changed."""
        times = {"since": self.now - 315, "seen_at": self.now}
        values: dict[str, Any] = {**dict.fromkeys(OnuState._fields), **_ONU, **times, **changes}
        return OnuState(**values)

    def polled(self, olt_id: str, those: Iterable[OnuState] = (), **changes: Any) -> None:
        """Store an OLT that was polled 12 s ago, and its ONUs."""
        at = self.now - 12
        facts: dict[str, Any] = {
            "last_poll_at": at,
            "last_success_at": at,
            "poll_ms": 412,
            "driver": "hioso",
        }
        with open_database(self.folder / "eponctl.db", create=True) as database, database.atomic():
            olts.save([OltState(olt_id, **(facts | changes))])
            changed = OnuChanges(OltBook(), {onu.mac: onu for onu in those})
            onus.save(database, [changed], self.now)

    def happened(self, happened: Sequence[Event], recipients: Sequence[str] = ()) -> list[int]:
        """Store events, and a queued message for each recipient that tells of the first."""
        with open_database(self.folder / "eponctl.db", create=True) as database, database.atomic():
            ids = events.add(database, happened, self.now)
            for recipient in recipients:
                outbox.enqueue(recipient, "alert", "*ALERT*\nCLIENT-001", self.now, ids[:1])
        return ids

    def configure(self, text: str) -> None:
        """Add tables to olts.toml."""
        with (self.folder / "olts.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    def incident(self, *some: Incident) -> None:
        """Store incidents."""
        with open_database(self.folder / "eponctl.db", create=True) as database, database.atomic():
            incidents.save(database, some)

    def told(self, incident: Incident, recipient: str, stage: Stage, at: int | None = None) -> int:
        """Put a message about an incident into the outbox, as sent where `at` says when."""
        tell = Tell(incident.id, stage, len(incident.members), incident.extent)
        with open_database(self.folder / "eponctl.db") as database, database.atomic():
            number = outbox.enqueue(recipient, "alert", "x", self.now - 60, tells=[tell])
            if at is not None:
                outbox.mark_sent(number, at, None)
        return number

    def stat(self, stat: PollStat) -> None:
        """Store one OLT's poll."""
        with open_database(self.folder / "eponctl.db", create=True):
            olts.add_stats([stat])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty olts.toml, and no database yet."""
    file = tmp_path / "olts.toml"
    file.write_text(HEAD, "utf-8")
    file.chmod(0o600)
    return Site(tmp_path, int(time.time()))


@pytest.fixture
def network(site: Site) -> Site:
    """Three OLTs: two ONUs of the first are a problem, the second is silent, the third is off."""
    site.olt("OLT-1", "OLT Kediri Pusat")
    site.olt("OLT-2", "OLT Blitar")
    site.olt("OLT-3", "OLT Gudang", enabled=False)
    down = {"status": Status.DOWN, "status_raw": "Down", "reason": Reason.TIMEOUT}
    first = [
        site.onu(temperature_c=45.0, rx_power_dbm=-22.46, distance_m=397),
        site.onu(
            mac="00:11:22:33:44:56",
            onu_id="0/1:10",
            name="Budi Santoso",
            last_rx_power_dbm=-28.0,
            reason_raw="Timeout",
            distance_m=1580,
            **down,
        ),
        site.onu(
            mac="00:11:22:33:44:57",
            onu_id="0/2:2",
            name=None,
            rx_power_dbm=-28.86,
            temperature_c=41.0,
            signal=Signal.WEAK,
        ),
        site.onu(
            mac="00:11:22:33:44:58",
            onu_id="0/2:3",
            name="Off",
            status=Status.DISABLED,
            status_raw="Disable",
        ),
    ]
    second = [site.onu(olt_id="OLT-2", mac="AA:BB:CC:DD:EE:01", name="Siti", rx_power_dbm=-20.0)]
    third = [site.onu(olt_id="OLT-3", mac="AA:BB:CC:DD:EE:02", name="Gudang", **down)]
    gone = [site.onu(olt_id="OLT-9", mac="AA:BB:CC:DD:EE:03", name="Old", **down)]
    site.polled("OLT-1", first, dialect="A22", model="HA7304", firmware="V2.1")
    site.polled(
        "OLT-2",
        second,
        failures=2,
        failing_since=site.now - 600,
        last_success_at=site.now - 700,
        error="connect timed out",
    )
    site.polled("OLT-3", third)
    site.polled("OLT-9", gone)
    return site


@pytest.fixture
def outage(site: Site) -> Callable[..., Incident]:
    """Make an outage of `lost` of `of` ONUs of a PON, of which `gasps` gasped; not stored.

    The ONU of number n is n * 10 m away; those that are farthest are lost. It began 315 s ago.
    """

    def make(
        lost: int = 64, of: int = 64, gasps: int | None = 0, pon: str = "0/1", **changes: Any
    ) -> Incident:
        olt_id = changes.pop("olt_id", "OLT-1")
        at = site.now - 315
        members = tuple(
            Member(
                olt_id=olt_id,
                mac=f"02:00:00:00:{pon[-1]:0>2}:{number:02X}",
                onu_id=f"{pon}:{number}",
                name=f"CLIENT-{number:03}",
                status=Status.DOWN,
                status_raw="Down",
                priority=Priority.HIGH,
                at=at,
                after=at - 60,
                reason=Reason.TIMEOUT,
                is_gasp=None if gasps is None else number <= of - lost + gasps,
                distance_m=number * 10,
                rx_power_dbm=-20.0,
            )
            for number in range(of - lost + 1, of + 1)
        )
        key = f"{olt_id}:{pon}"
        survivors = [Survivor(key, number * 10, 0.0) for number in range(1, of - lost + 1)]
        found = verdict(members, {key: of}, survivors, polls=1, pons_with_onus={key: of, "x": 1})
        incident = Incident(
            id="7K3Q",
            kind=Kind.OUTAGE,
            extent=found.extent,
            priority=Priority.CRITICAL,
            opened_at=at,
            grown_at=at,
            members=members,
            olt_ids=(olt_id,),
            of={key: of},
            verdict=found,
            after=at - 60,
        )
        return incident._replace(**changes)

    return make


@pytest.fixture
def unreachable(site: Site) -> Incident:
    """OLT-2 does not answer for ten minutes; not stored."""
    at = site.now - 600
    return Incident(
        id="9WXY",
        kind=Kind.OLT,
        extent=Extent.OLT_UNREACHABLE,
        priority=Priority.HIGH,
        opened_at=at,
        grown_at=at,
        olt_ids=("OLT-2",),
        detail="connect timed out",
    )


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a verb on the site; options before it may be given as `verbose`, `is_quiet`."""
    monkeypatch.setattr(time, "time", lambda: float(site.now))
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

    @app.callback()
    def _globals(context: typer.Context) -> None:
        context.obj = Globals(config=str(site.folder / "olts.toml"))

    views.register(app)
    incident_verbs.register(app)

    @app.command("olt-list")
    def _list(context: typer.Context, json: bool = False) -> None:
        views.show_olt_list(context, as_json=json)

    @app.command("queue")
    def _queue(context: typer.Context, json: bool = False, all: bool = False) -> None:  # noqa: A002
        views.show_queue(context, as_json=json, everything=all)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    return invoke

"""Where invented happenings happen, and the records that they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from eponctl import messages, notify
from eponctl.incidents.records import (
    Cause,
    Confidence,
    Ending,
    Evidence,
    Extent,
    Incident,
    Kind,
    Member,
    Survivors,
    Verdict,
    pon_key,
)
from eponctl.messages import Backlog
from eponctl.model import EventKind, OltSummary, Priority, Reason, Status
from eponctl.settings import Config
from eponctl.telling.records import Bulletin, Item, Note, Told

OLT = ("OLT-KEDIRI-01", "OLT Kediri Pusat")
OTHER = ("OLT-KEDIRI-02", "OLT Kediri Timur")
LASTED_S = 315
HOUR_S = 3600

GASP: Mapping[str, Any] = {
    "status": Status.PWRDOWN,
    "status_raw": "PwrDown",
    "reason": Reason.DYING_GASP,
    "is_gasp": True,
    "priority": Priority.CRITICAL,
}
DROP: Mapping[str, Any] = {"value": -24.4, "usual": -20.3}
HOT: Mapping[str, Any] = {"value": 71.0}


class Scene(NamedTuple):
    """Where and when it happens."""

    config: Config
    now: int
    olt: tuple[str, str]

    def summary(self, *, of: tuple[str, str] | None = None, **changes: Any) -> OltSummary:
        """An OLT in which one ONU of 128 is down, unless said otherwise."""
        olt_id, name = of or self.olt
        summary = OltSummary(
            olt_id=olt_id,
            name=name,
            onus=128,
            online=127,
            disabled=0,
            problem_onus=1,
            problems={"DOWN": 1},
            avg_temperature_c=47.5,
            avg_rx_power_dbm=-21.4,
        )
        return summary._replace(**changes)

    def told(
        self,
        *items: Item,
        summaries: tuple[OltSummary, ...] = (),
        before: Mapping[str, Told] | None = None,
        **bulletin: Any,
    ) -> list[str]:
        """A bulletin in words."""
        olts = {one.olt_id: one for one in summaries or (self.summary(),)}
        made = Bulletin("", items, **bulletin)
        return notify.bulletin_texts(made, olts, before or {}, self.config, self.now)


def backlog_text(scene: Scene, backlog: Backlog) -> str:
    """Many messages as one."""
    config = scene.config
    return messages.backlog_summary(
        backlog, now=scene.now, zone=config.timezone, language=config.words
    )


def member(olt_id: str, at: int, place: int = 3, *, pon: str = "0/1", **changes: Any) -> Member:
    """An ONU that is down, of which all is known."""
    member = Member(
        olt_id=olt_id,
        mac=f"02:11:22:33:44:{place:02X}",
        onu_id=f"{pon}:{place}",
        name=f"CLIENT-{place:03}",
        status=Status.DOWN,
        status_raw="Down",
        priority=Priority.HIGH,
        at=at,
        after=at - 60,
        reason=Reason.TIMEOUT,
        reason_raw="Timeout",
        is_gasp=False,
        distance_m=1480,
        rx_power_dbm=-22.5,
        temperature_c=45.0,
    )
    return member._replace(**changes)


def restored(scene: Scene) -> Member:
    """One that is up again."""
    at, now = scene.now - LASTED_S, scene.now
    return member(scene.olt[0], at, ended_at=now, ending=Ending.RESTORED)


def weak(scene: Scene) -> Member:
    """One whose signal is under the threshold."""
    value = scene.config.thresholds.rx_power_low_dbm - 1.3
    return member(
        scene.olt[0],
        scene.now,
        status=Status.UP,
        status_raw="Up",
        reason=None,
        reason_raw=None,
        rx_power_dbm=value,
        value=value,
    )


def single(member: Member, *, kind: Kind = Kind.OUTAGE, closed_at: int | None = None) -> Incident:
    """The incident of one ONU."""
    return Incident(
        id="4N7P",
        kind=kind,
        extent=Extent.SINGLE,
        priority=member.priority,
        opened_at=member.at,
        grown_at=member.at,
        members=(member,),
        olt_ids=(member.olt_id,),
        of={member.pon: 64},
        after=member.after,
        closed_at=closed_at,
    )


def several(
    scene: Scene, incident_id: str, members: list[Member], verdict: Verdict | None
) -> Incident:
    """An incident of several ONUs, 32 of which were up before on each of their PONs."""
    return Incident(
        id=incident_id,
        kind=Kind.OUTAGE,
        extent=verdict.extent if verdict else Extent.PARTIAL_PON,
        priority=Priority.CRITICAL,
        opened_at=scene.now,
        grown_at=scene.now,
        members=tuple(members),
        olt_ids=(scene.olt[0],),
        of={member.pon: 32 for member in members},
        verdict=verdict,
        after=scene.now - 45 * 60,
    )


def outage(scene: Scene, *, back: int = 0) -> Incident:
    """A feeder that was cut; `back` of its 64 ONUs are on line again."""
    olt_id = scene.olt[0]
    members = [member(olt_id, scene.now, place) for place in range(1, 65)]
    members[:back] = [
        one._replace(ended_at=scene.now, ending=Ending.RESTORED) for one in members[:back]
    ]
    evidence = Evidence(lost=64, of=64, polls=1, gasps=0, said=64, survivors=Survivors.UNKNOWN)
    verdict = Verdict(Extent.WHOLE_PON, Cause.FIBRE_FEEDER, Confidence.HIGH, evidence)
    found = several(scene, "7K3Q", members, verdict)
    return found._replace(of={pon_key(olt_id, "0/1"): 64}, after=scene.now - 60)


def unknown(lost: int, *, said: int) -> Verdict:
    """A verdict that claims nothing."""
    evidence = Evidence(lost, 32, 1, 0, said)
    return Verdict(Extent.PARTIAL_PON, Cause.UNKNOWN, Confidence.LOW, evidence)


def unreachable(scene: Scene) -> Incident:
    """An OLT that does not answer."""
    return Incident(
        id="9XQ2",
        kind=Kind.OLT,
        extent=Extent.OLT_UNREACHABLE,
        priority=Priority.HIGH,
        opened_at=scene.now,
        grown_at=scene.now,
        olt_ids=(scene.olt[0],),
        after=scene.now - 60,
        detail="cannot connect: connection refused",
    )


def note(scene: Scene, kind: EventKind = EventKind.MOVED, **changes: Any) -> Note:
    """A change that has no end."""
    note = Note(
        alert_id=1,
        at=scene.now,
        kind=kind,
        priority=Priority.MEDIUM,
        olt_id=scene.olt[0],
        mac="02:11:22:33:44:03",
        onu_id="0/2:7",
        name="CLIENT-003",
        before="0/1:3",
        after="0/2:7",
    )
    return note._replace(**changes)

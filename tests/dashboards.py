"""A network as the dashboard page shows it: three OLTs, a thousand ONUs, a day with an outage."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from eponctl.incidents.records import Extent, Incident, Kind, Member
from eponctl.incidents.verdict import Survivor, verdict
from eponctl.model import (
    EventKind,
    Heat,
    OltState,
    OnuState,
    Priority,
    Reason,
    Signal,
    Status,
)
from eponctl.settings import Config, OltSettings
from eponctl.store.events import Alert
from eponctl.store.queries import Tally
from eponctl.store.trends import TrendRow
from eponctl.views.dashboard import Dashboard, Overview, trends
from eponctl.views.history import Told
from eponctl.views.network import Watched

NOW, MINUTE, HOUR, DAY = 1_796_000_400, 60, 3600, 86400
ZONE = ZoneInfo("Asia/Jakarta")
OLTS = {
    "OLT-KEDIRI-01": "OLT Kediri Pusat",
    "OLT-KEDIRI-02": "OLT Kediri Timur",
    "OLT-BLITAR-01": "OLT Blitar Kota Selatan",
}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
_PLACES = ("Melati", "Mawar", "Kenanga", "Anggrek", "Dahlia", "Cempaka", "Flamboyan", "Seruni")
_KINDS = ("CLIENT", "TOKO", "WARNET", "KOS", "SEKOLAH", "KANTOR", "PSB")
_PEOPLE = ("Budi Santoso", "Siti Rahmawati", "Agus Wijaya", "Dewi Lestari", "Joko Prasetyo")
_CALM: dict[str, Any] = {
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
    "auth_status": "Authorized",
}


def config(folder: Path = Path("/srv")) -> Config:
    """Its olts.toml."""
    olts = tuple(
        OltSettings(olt_id, name, "http://127.0.0.1:9", "admin", None)
        for olt_id, name in OLTS.items()
    )
    return Config(folder / "olts.toml", folder / "eponctl.db", ZONE, olts=olts)


def onus(count: int = 1000) -> list[OnuState]:
    """So many ONUs; the last OLT's are as last seen, one of the first has a hostile name."""
    dice = random.Random(7)
    return [_onu(number, list(OLTS)[number % len(OLTS)], dice) for number in range(count)]


def _onu(number: int, olt_id: str, dice: random.Random) -> OnuState:
    place = number // len(OLTS)
    name = f"{dice.choice(_KINDS)}-{dice.choice(_PLACES).upper()}-{number:03d}"
    rx, heat = round(-19 - 5 * dice.random(), 2), round(40 + 8 * dice.random(), 1)
    since = NOW - dice.randrange(HOUR, 40 * DAY)
    values: dict[str, Any] = dict.fromkeys(OnuState._fields)
    values |= _CALM | {
        "olt_id": olt_id,
        "mac": f"02:00:00:{number >> 16 & 255:02X}:{number >> 8 & 255:02X}:{number & 255:02X}",
        "onu_id": f"0/{place // 84 + 1}:{place % 84 + 1}",
        "name": HOSTILE if number == 1 else name,
        "status": Status.UP,
        "status_raw": "Up",
        "rx_power_dbm": rx,
        "tx_power_dbm": 2.1,
        "temperature_c": heat,
        "last_rx_power_dbm": rx,
        "last_temperature_c": heat,
        "distance_m": 300 + dice.randrange(9000),
        "since": since,
        "seen_at": NOW,
    }
    values |= _trouble(number, dice)
    return OnuState(**values)


def _trouble(number: int, dice: random.Random) -> dict[str, Any]:
    dark = {"rx_power_dbm": None, "temperature_c": None, "tx_power_dbm": None}
    if number % 61 == 3:
        why = {"reason": Reason.TIMEOUT, "reason_raw": "Timeout"}
        since = {"since": NOW - dice.randrange(MINUTE, 5 * HOUR)}
        return {"status": Status.DOWN, "status_raw": "Down", **dark, **why, **since}
    if number % 83 == 5:
        why = {"reason": Reason.DYING_GASP, "reason_raw": "Dying_gasp"}
        since = {"since": NOW - dice.randrange(MINUTE, 9 * HOUR)}
        return {"status": Status.PWRDOWN, "status_raw": "PwrDown", **dark, **why, **since}
    if number % 97 == 7:
        return {"rx_power_dbm": round(-27.2 - 2 * dice.random(), 2), "signal": Signal.WEAK}
    if number % 211 == 9:
        return {"temperature_c": 66.5, "heat": Heat.HIGH}
    if number % 307 == 11:
        return {"status": Status.DISABLED, "status_raw": "Disable", **dark}
    gone = {"since": NOW - 90 * DAY, "outage_at": NOW - 90 * DAY}
    return {"status": Status.DOWN, "status_raw": "Down", **dark, **gone} if number == 412 else {}


def dashboard(count: int = 1000) -> Dashboard:
    """What the page of it is made of."""
    all_onus = onus(count)
    return Dashboard(
        overview=Overview(
            now=NOW,
            olts=tuple(_watched(olt, all_onus) for olt in config().olts),
            onus=tuple(sorted(all_onus, key=lambda onu: list(OLTS).index(onu.olt_id))),
            customers={
                onu.mac: _PEOPLE[place % len(_PEOPLE)]
                for place, onu in enumerate(all_onus)
                if place % 4 == 2
            },
            open_incidents=2,
            waiting=1,
            failed=0,
        ),
        abandoned_before=NOW - 30 * DAY,
        trends=trends(_rows(), list(OLTS.items()), NOW - DAY, NOW, 1800),
        since=NOW - 7 * DAY,
        incidents=(_silent(), *_outages()),
        told_at={},
        alerts=tuple(_alerts(all_onus)),
        has_more=True,
    )


def _watched(olt: OltSettings, all_onus: list[OnuState]) -> Watched:
    own = [onu for onu in all_onus if onu.olt_id == olt.id]
    up = [onu for onu in own if onu.status is Status.UP]
    abandoned = sum(onu.outage_at is not None for onu in own)
    tally = Tally(
        onus=len(own),
        online=len(up),
        disabled=sum(onu.status is Status.DISABLED for onu in own),
        problems=sum(onu.is_problem for onu in own) - abandoned,
        temperatures=len(up),
        temperature_sum=sum(onu.temperature_c or 0 for onu in up),
        powers=len(up),
        power_sum=sum(onu.rx_power_dbm or 0 for onu in up),
        abandoned=abandoned,
    )
    facts: dict[str, Any] = {
        "driver": "hioso",
        "dialect": "A22",
        "model": "HA7304",
        "firmware": "V2.1",
        "last_poll_at": NOW - 12,
        "last_success_at": NOW - 12,
        "poll_ms": 412,
    }
    if olt.id == "OLT-BLITAR-01":
        facts |= {
            "failures": 9,
            "failing_since": NOW - 640,
            "last_success_at": NOW - 640,
            "error": "cannot connect: connection refused",
        }
    return Watched(olt, OltState(olt.id, **facts), tally)


def _rows() -> list[TrendRow]:
    """A day; in the middle of it the first OLT lost a PON, at its end the last one fell silent."""
    found = []
    for number, olt_id in enumerate(OLTS):
        for place in range(49):
            at = (NOW - DAY) // 1800 * 1800 + place * 1800
            lost = 62 if number == 0 and 22 <= place < 27 else 9 + (place + number) % 4
            if number == 2 and (place > 47 or 8 < place < 11):
                continue
            wave = math.sin((place - 10) / 48 * 2 * math.pi)
            found.append(
                TrendRow(
                    olt_id,
                    at,
                    333,
                    333 - lost,
                    lost + 3,
                    43 + 2 * number + 3 * wave,
                    -21.5 - number / 2 - wave / 5,
                )
            )
    return found


def _outages() -> list[Incident]:
    olt_id, key = "OLT-KEDIRI-01", "OLT-KEDIRI-01:0/4"
    found = []
    for name, began, lost, of, gasps in (
        ("7K3Q", 2 * HOUR, 9, 32, 0),
        ("4MNP", 30 * HOUR, 64, 64, 62),
    ):
        members = tuple(
            Member(
                olt_id=olt_id,
                mac=f"02:00:00:01:00:{number:02X}",
                onu_id=f"0/4:{number}",
                name=f"CLIENT-{number:03}",
                status=Status.DOWN,
                status_raw="Down",
                priority=Priority.HIGH,
                at=NOW - began,
                after=NOW - began - MINUTE,
                reason=Reason.DYING_GASP if number <= gasps else Reason.TIMEOUT,
                is_gasp=number <= gasps,
                distance_m=number * 40,
            )
            for number in range(of - lost + 1, of + 1)
        )
        survivors = [Survivor(key, number * 40, 0.0) for number in range(1, of - lost + 1)]
        judged = verdict(members, {key: of}, survivors, polls=1, pons_with_onus={key: of, "x": 1})
        found.append(
            Incident(
                id=name,
                kind=Kind.OUTAGE,
                extent=judged.extent,
                priority=Priority.CRITICAL,
                opened_at=NOW - began,
                grown_at=NOW - began,
                members=members,
                olt_ids=(olt_id,),
                of={key: of},
                verdict=judged,
                after=NOW - began - MINUTE,
                closed_at=None if name == "7K3Q" else NOW - began + 3 * HOUR,
            )
        )
    return found


def _silent() -> Incident:
    return Incident(
        id="9WXY",
        kind=Kind.OLT,
        extent=Extent.OLT_UNREACHABLE,
        priority=Priority.HIGH,
        opened_at=NOW - 640,
        grown_at=NOW - 640,
        olt_ids=("OLT-BLITAR-01",),
        detail="cannot connect: connection refused",
    )


def _alerts(all_onus: list[OnuState]) -> list[Told]:
    kinds = (
        (EventKind.DOWN, Priority.HIGH, "up", "down", None, "sent"),
        (EventKind.RECOVERED, Priority.HIGH, "down", "up", 1325, "sent"),
        (EventKind.PWRDOWN, Priority.CRITICAL, "up", "pwrdown", None, "queued"),
        (EventKind.WEAK_SIGNAL, Priority.HIGH, "-22.1", "-28.4", None, None),
        (EventKind.RENAMED, Priority.MEDIUM, "old", HOSTILE, None, None),
    )
    found = []
    for number in range(40):
        kind, priority, before, after, lasted, delivery = kinds[number % len(kinds)]
        onu = all_onus[number * 7 % len(all_onus)]
        alert = Alert(
            id=number,
            at=NOW - number * 1700,
            olt_id=onu.olt_id,
            mac=onu.mac,
            onu_id=onu.onu_id,
            name=onu.name,
            kind=kind,
            priority=priority,
            before=before,
            after=after,
            lasted_s=lasted,
            detail=None,
        )
        found.append(Told(alert, delivery, _PEOPLE[number % 5] if number % 3 == 0 else None))
    return found

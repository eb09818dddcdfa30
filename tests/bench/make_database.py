"""A database and an olts.toml of any size, through the store's own functions: for benchmarks.

`python tests/bench/make_database.py FOLDER [OLTS] [ONUS]` makes FOLDER/olts.toml and its database.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from eponctl.model import (
    Event,
    EventKind,
    Heat,
    OltState,
    OnuState,
    Priority,
    Reason,
    Signal,
    Status,
)
from eponctl.store import events, olts, onus, outbox
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook, OnuChanges

_OLT = """
[[olt]]
id = "{id}"
name = "OLT number {number}"
url = "http://127.0.0.1:{port}"
username = "admin"
password = "secret"
"""


def make_database(folder: Path, olt_count: int = 100, onu_count: int = 256, *, now: int) -> Path:
    """Make olts.toml and eponctl.db in `folder`, polled at `now`; give back olts.toml.

    One ONU in forty is a problem: down, without power, weak or hot, in turn.
    """
    ids = [f"OLT-{number:03d}" for number in range(1, olt_count + 1)]
    file = folder / "olts.toml"
    tables = (_OLT.format(id=name, number=n, port=8000 + n) for n, name in enumerate(ids, start=1))
    file.write_text('timezone = "Asia/Jakarta"\n' + "".join(tables), "utf-8")
    file.chmod(0o600)
    states = {olt_id: _onus(olt_id, onu_count, place, now) for place, olt_id in enumerate(ids)}
    with open_database(folder / "eponctl.db", create=True) as database, database.atomic():
        changes = [
            OnuChanges(OltBook(), {onu.mac: onu for onu in those}) for those in states.values()
        ]
        onus.save(database, changes, now)
        olts.save(_olt(olt_id, onu_count, now) for olt_id in ids)
        olts.add_stats([_stat(olt_id, states[olt_id], now) for olt_id in ids])
        happened = [_event(onu) for those in states.values() for onu in those if onu.is_problem]
        alert_ids = events.add(database, happened, now)
        outbox.enqueue("6281234567890", "alert", "text of the alert", now, alert_ids)
    return file


def _onus(olt_id: str, count: int, olt_place: int, now: int) -> list[OnuState]:
    return [_onu(olt_id, olt_place, place, now) for place in range(count)]


def _onu(olt_id: str, olt_place: int, place: int, now: int) -> OnuState:
    pon, number = divmod(place, 64)
    trouble = place // 40 % 4 if place % 40 == 0 else None
    status = {0: Status.DOWN, 1: Status.PWRDOWN}.get(trouble, Status.UP)  # type: ignore[arg-type]
    is_up, reason = status is Status.UP, Reason.TIMEOUT if trouble == 0 else None
    rx = -28.5 if trouble == 2 else -18.0 - place % 70 / 10
    temperature = 71.0 if trouble == 3 else 40.0 + place % 15
    return OnuState(
        olt_id=olt_id,
        mac=f"00:11:{olt_place // 256:02X}:{olt_place % 256:02X}:{pon:02X}:{number:02X}",
        onu_id=f"0/{pon + 1}:{number + 1}",
        name=f"PSB_CUSTOMER-{olt_place:03d}-{place:03d}",
        status=status,
        status_raw={Status.UP: "Up", Status.DOWN: "Down"}.get(status, "PwrDown"),
        reason=reason,
        reason_raw="Timeout" if reason else None,
        temperature_c=temperature if is_up else None,
        rx_power_dbm=rx if is_up else None,
        tx_power_dbm=2.1 if is_up else None,
        distance_m=100 + place * 37,
        last_rx_power_dbm=rx,
        last_temperature_c=temperature,
        online_since=now - 86400 if is_up else None,
        optics_at=None,
        auth_status="Authorized",
        ctc_status="CTC Success",
        firmware="V1.0.3",
        deregistrations=place % 5,
        signal=Signal.WEAK if trouble == 2 else Signal.OK,
        heat=Heat.HIGH if trouble == 3 else Heat.OK,
        since=now - 1000 * (place + 1),
        outage_at=None if is_up else now - 1000,
        outage_raw=None if is_up else "Down",
        outage_reason=reason,
        seen_at=now,
        missed=0,
        told_status=status,
        status_off=0,
        told_signal=Signal.OK,
        signal_off=0,
        told_heat=Heat.OK,
        heat_off=0,
        announced=0,
    )


def _olt(olt_id: str, count: int, now: int) -> OltState:
    return OltState(
        olt_id,
        driver="hioso",
        dialect="A22",
        model="HA7304",
        firmware="V2.1",
        baseline_at=now,
        last_poll_at=now,
        last_success_at=now,
        poll_ms=412,
        onus_by_pon={"0/1": count},
    )


def _stat(olt_id: str, those: list[OnuState], now: int) -> PollStat:
    online = sum(onu.status is Status.UP for onu in those)
    problems = sum(onu.is_problem for onu in those)
    return PollStat(now, olt_id, True, 412, len(those), online, problems, 47.0, -21.5, None)


def _event(onu: OnuState) -> Event:
    return Event(
        EventKind.DOWN, Priority.HIGH, onu.olt_id, onu.since, onu, before="up", after="down"
    )


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    make_database(target, *map(int, sys.argv[2:]), now=int(time.time()))

"""Whole polls of every family at once: field by field right, and no session is left or fought for.

What is expected is written down here, from the simulated ONUs and the field notes; no driver is
asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from eponctl.simulator import (
    Fault,
    SimOlt,
    SimOnu,
    make_bdcom,
    make_hsgq,
    make_olt,
    make_vsol,
)
from eponctl.simulator.vsol import PERSON

METRES_PER_TICK, OFFSET_M = 1.6393, 157
Outage = tuple[str, str, str | None, str | None]
"""Status, the device's word, reason and its raw text."""

UP, LOST, GASPED = "up", "lost", "gasped"
OUTAGES: dict[str, dict[str, Outage]] = {
    "A22": {
        UP: ("up", "Up", None, None),
        LOST: ("down", "Down", "timeout", "TIMEOUT"),
        GASPED: ("pwrdown", "Down", "dying_gasp", "Dying_gasp"),
    },
    "A16": {
        UP: ("up", "Up", None, None),
        LOST: ("down", "Down", None, None),
        GASPED: ("down", "Down", None, None),
    },
    "B13": {
        UP: ("up", "Up", None, None),
        LOST: ("down", "Down", None, None),
        GASPED: ("pwrdown", "PwrDown", None, None),
    },
    "vsol": {
        UP: ("up", "Online", None, None),
        LOST: ("down", "Offline", "los", "Wire Down"),
        GASPED: ("pwrdown", "Offline", "dying_gasp", "Power Off"),
    },
    "hsgq": {
        UP: ("up", "Online", None, None),
        LOST: ("down", "Offline", "los", "Laser out"),
        GASPED: ("pwrdown", "Offline", "dying_gasp", "Power Down"),
    },
    "bdcom": {
        UP: ("up", "up", None, None),
        LOST: ("down", "down", "los", "wire-down"),
        GASPED: ("pwrdown", "down", "dying_gasp", "power-off"),
    },
}
OFFSETS = {"A22": 2, "A16": 2, "B13": 1, "vsol": 1, "hsgq": 1}
FACTS = {
    "A22": ("hioso", "A22", "OLT", "V2.3.1"),
    "A16": ("hioso", "A16", "OLT", "V2.3.1"),
    "B13": ("hioso", "B13", "HA7302CST", "v7.80"),
    "A": ("vsol", "keyed", "V1600D8", "V2.03.78R"),
    "B": ("vsol", "keyed", "V1600D8", "V2.03.78R"),
    "C": ("vsol", "keyed", "V1600D8", "V2.03.78R"),
    "hsgq": ("hsgq", "JSON", "HSGQ-E04", "I_V1.0.0_Rel"),
    "bdcom": ("bdcom", "arrays (experimental)", None, None),
}
DATA = Path(__file__).parents[1] / "data"
HOT = 60.0
NAME = "Bu Ani, RT 3 & co"


def farm() -> dict[str, tuple[str, SimOlt]]:
    """Three `.asp` boxes, V-SOL in its builds A, B and C, one HSGQ and one BDCOM, by name."""
    made: list[tuple[str, SimOlt]] = [
        ("A22", make_olt("A22", 12, seed=1, name="OLT-A22")),
        ("A16", make_olt("A16", 12, seed=2, name="OLT-A16")),
        ("B13", make_olt("B13", 12, seed=3, name="OLT-B13")),
        ("vsol", make_vsol("A", 12, seed=4, name="OLT-A")),
        ("vsol", make_vsol("B", 12, seed=5, name="OLT-B")),
        ("vsol", make_vsol("C", 12, seed=6, name="OLT-C")),
        ("hsgq", make_hsgq(12, seed=7, name="OLT-hsgq")),
        ("bdcom", make_bdcom(12, seed=8, name="OLT-bdcom")),
    ]
    # As most of them: by TLS, with a certificate that has run out.
    made[5][1].certificate = (str(DATA / "expired.crt"), str(DATA / "selfsigned.key"))
    return {olt.name: (shape, olt) for shape, olt in made}


def spoil(shape: str, olt: SimOlt) -> dict[str, str]:
    """Let something befall the first ONUs; what that is, by id. All others are up."""
    lost, gasped, nameless, named, weak = olt.onus[:5]
    olt.lose(lost.onu_id, reason=1)
    lost.dying_gasp = False
    olt.lose(gasped.onu_id, gasp=True, word="PwrDown" if shape == "B13" else "Down")
    nameless.name, named.name = "NA", NAME
    weak.rx_power_dbm = -28.24
    return {lost.onu_id: LOST, gasped.onu_id: GASPED}


def expected_of(shape: str, olt: SimOlt, onu: SimOnu, part: str, at: str) -> dict[str, Any]:
    """Every key of an ONU, polled for the first time `at`."""
    status, word, reason, raw = OUTAGES[shape][part]
    is_up = part == UP
    # BDCOM has optics on a page per ONU alone, which is not read.
    has_optics = is_up and shape != "bdcom"
    rx = onu.rx_power_dbm if has_optics else None
    is_weak = rx is not None and rx < -27
    ctc = None
    if shape in {"A22", "A16"}:
        ctc = "MpcpDiscovery" if shape == "A16" and not is_up else "CtcNegDone"
    auth = {"A22": "Activate", "A16": "Activate", "vsol": "Auth", "hsgq": "Auth"}
    priorities = {"up": "high" if is_weak else "normal", "down": "high", "pwrdown": "critical"}
    assert isinstance(onu.name, str)
    return {
        "olt_id": olt.name,
        "onu_id": onu.onu_id,
        "pon": onu.onu_id.partition(":")[0],
        "name": None if onu.name == "NA" else onu.name,
        "mac": onu.mac,
        "status": status,
        "status_raw": word,
        "reason": reason,
        "reason_raw": raw,
        "priority": priorities[status],
        "problem": not is_up or is_weak,
        "temperature_c": onu.temperature_c if has_optics else None,
        "rx_power_dbm": rx,
        "tx_power_dbm": onu.tx_power_dbm if has_optics else None,
        "distance_m": distance_of(shape, onu, is_up=is_up),
        "last_rx_power_dbm": rx,
        "last_temperature_c": onu.temperature_c if has_optics else None,
        "auth_status": auth.get(shape),
        "ctc_status": ctc,
        "firmware": onu.firmware if shape in {"A22", "A16", "B13"} else None,
        "since": at,
        "last_seen_at": at,
        "stale": False,
        "optics_at": at if has_optics else None,
        # What people call it: nobody was named here.
        "customer": None,
    }


def distance_of(shape: str, onu: SimOnu, *, is_up: bool) -> int | None:
    """Metres by the law of the notes; what is lost has its last with HSGQ and V-SOL."""
    if shape == "bdcom" or not (is_up or shape in {"hsgq", "vsol"}):
        return None
    return round(onu.rtt * METRES_PER_TICK - OFFSET_M * OFFSETS[shape])


def exported(site: Any) -> dict[str, Any]:
    """What `export --json` prints."""
    run = site.run("export", "--json")
    assert (0, "") == (run.code, run.err)
    found: dict[str, Any] = json.loads(run.out)
    return found


def test_farm_of_every_family_is_read_in_one_poll_field_by_field(make_site: Any) -> None:
    olts = farm()
    parts = {name: spoil(shape, olt) for name, (shape, olt) in olts.items()}
    site = make_site(*(olt for _, olt in olts.values()), deadline_s=30.0)

    site.good_poll()
    found = exported(site)

    at = {olt["id"]: olt["last_success_at"] for olt in found["olts"]}
    assert list(olts) == list(at)
    assert 1 == len(set(at.values()))
    expected = [
        expected_of(shape, olt, onu, parts[name].get(onu.onu_id, UP), at[name])
        for name, (shape, olt) in olts.items()
        for onu in olt.onus
    ]
    assert len(expected) == len(found["onus"])
    for wanted, onu in zip(expected, found["onus"], strict=True):
        assert wanted == onu
    facts = {
        olt["id"]: (olt["driver"], olt["dialect"], olt["model"], olt["firmware"])
        for olt in found["olts"]
    }
    assert {f"OLT-{label}": wanted for label, wanted in FACTS.items()} == facts
    for olt in found["olts"]:
        assert (True, None, 12, 10) == (
            olt["reachable"],
            olt["error"],
            olt["onus"],
            olt["online"],
        )
    # A baseline tells nothing; nothing that could change a device was sent, nor two things at once.
    assert [] == site.news()
    for _, one in olts.values():
        assert ([], 1) == (one.violations, one.served_concurrently_max)
    for label in ("A", "B", "C"):
        box: Any = olts[f"OLT-{label}"][1]
        assert (1, 1, None) == (box.logins, box.logouts, box.session)
    hsgq: Any = olts["OLT-hsgq"][1]
    assert (1, 1, {}) == (hsgq.logins, hsgq.logouts, hsgq.sessions)


def test_what_changes_is_told_of_every_family_and_once(
    make_site: Any, names_by_place: Callable[[str], dict[tuple[str, str], str]]
) -> None:
    olts = {name: olt for name, (_, olt) in farm().items()}
    site = make_site(*olts.values())
    site.good_poll()
    lost = {(name, olt.onus[0].onu_id) for name, olt in olts.items()}
    for name, onu_id in lost:
        site.farm.change(lambda name=name, onu_id=onu_id: olts[name].lose(onu_id))

    site.good_poll()

    assert {(*place, "down") for place in lost} == {
        event for event in site.history() if event[1] is not None
    }
    told: dict[tuple[str, str], str] = {}
    for text in site.news():
        told |= names_by_place(text)
    assert lost == set(told)
    site.good_poll()
    assert [] == site.news()


# --- slow pages -------------------------------------------------------------------------------


def test_slow_pages_come_at_their_own_pace_and_say_how_old_they_are(make_site: Any) -> None:
    listed, detailed, keyed, tokened = (
        make_olt("A22", 4, seed=1, name="LISTED"),
        make_olt("A11", 4, seed=2, name="DETAILED"),
        make_vsol("C", 4, seed=3, name="KEYED"),
        make_hsgq(4, seed=4, name="TOKENED"),
    )
    olts = (listed, detailed, keyed, tokened)
    pace = {"edit": lambda text: text.replace('every = "0s"', 'every = "15m"')}
    site = make_site(*olts, deadline_s=30.0, **pace)
    site.good_poll()
    first = exported(site)
    site.let_pass(600)
    for olt in olts:
        olt.log.clear()
        for onu in olt.onus:
            onu.temperature_c = HOT
    site.good_poll()
    second = exported(site)
    site.let_pass(600)
    site.good_poll()
    third = exported(site)

    slow = ("/onuConfig.asp", "/action/onuopmdiag.html", "/ponmgmt?form=optical_onu")
    asked = {olt.name: [one.path for one in olt.log if one.path.startswith(slow)] for olt in olts}
    # In the third poll only.
    assert {"LISTED": 0, "DETAILED": 4, "KEYED": 4, "TOKENED": 4} == {
        name: len(paths) for name, paths in asked.items()
    }
    for found, ages in (
        (first, {"LISTED": 0, "DETAILED": 0, "KEYED": 0, "TOKENED": 0}),
        (second, {"LISTED": 0, "DETAILED": 600, "KEYED": 600, "TOKENED": 600}),
        (third, {"LISTED": 0, "DETAILED": 0, "KEYED": 0, "TOKENED": 0}),
    ):
        assert ages == {onu["olt_id"]: rounded(age_of(onu)) for onu in found["onus"]}
        # Merged: there at any time, as they were last measured.
        assert all(onu["tx_power_dbm"] is not None for onu in found["onus"])
    was, then, now = (
        {(onu["olt_id"], onu["onu_id"]): onu["temperature_c"] for onu in found["onus"]}
        for found in (first, second, third)
    )
    assert then == {key: HOT if key[0] == "LISTED" else was[key] for key in was}
    assert now == dict.fromkeys(was, HOT)


def age_of(onu: dict[str, Any]) -> float:
    """How much older the optics are than the rest."""
    seen, measured = (datetime.fromisoformat(onu[key]) for key in ("last_seen_at", "optics_at"))
    return (seen - measured).total_seconds()


def rounded(seconds: float) -> int:
    """To ten seconds: a poll may take one or two."""
    return round(seconds / 10) * 10


# --- sessions ---------------------------------------------------------------------------------


def test_person_who_takes_the_session_amid_a_poll_raises_no_alert_and_costs_nothing(
    make_site: Any,
) -> None:
    taken, whole = make_vsol("C", 12, seed=1, name="TAKEN"), make_vsol("A", 12, seed=2, name="V-2")
    taken.answers_all = False
    site = make_site(taken, whole, poll="unreachable_polls = 2")
    site.good_poll()
    known, before = site.statuses(taken), exported(site)
    # Of four PONs the second is asked for when a person comes; there, an ONU was lost already.
    # The first was read, and stays read.
    lost = taken.on_pon("0/2")[0].onu_id
    taken.lose(lost)
    taken.person_after = 2
    logins, logouts = taken.logins, taken.logouts

    run = site.poll()

    assert (1, "", 1) == (run.code, run.out, len(run.lines))
    assert run.lines[0].startswith("eponctl: TAKEN: ")
    assert "session is somebody else's" in run.lines[0]
    assert ([], [], known) == (site.news(), site.history(), site.statuses(taken))
    # One login, no second, and the person is not logged out.
    assert (logins + 1, logouts, PERSON) == (taken.logins, taken.logouts, taken.session)
    assert values(before, taken) == values(exported(site), taken)
    stale = {(onu["olt_id"], onu["pon"]) for onu in exported(site)["onus"] if onu["stale"]}
    assert {("TAKEN", "0/2"), ("TAKEN", "0/3"), ("TAKEN", "0/4")} == stale

    site.good_poll()
    assert [("TAKEN", lost, "down")] == site.history()
    [text] = site.news()
    assert taken.onu(lost).mac in text
    assert "UNREACHABLE" not in text
    assert [] == [*taken.violations, *whole.violations]


def values(found: dict[str, Any], olt: SimOlt) -> list[dict[str, Any]]:
    """The ONUs of an OLT as they were exported, without how old that is."""
    no_age = {"stale": None, "last_seen_at": None}
    return [{**onu, **no_age} for onu in found["onus"] if onu["olt_id"] == olt.name]


def test_gpon_build_is_named_and_no_alert_is_made_of_it(make_site: Any) -> None:
    gpon, other = make_vsol("A", 4, seed=1, name="GPON-BOX"), make_olt("A22", 4, name="OTHER")
    gpon.is_gpon = True
    site = make_site(gpon, other, poll="unreachable_polls = 2")

    runs = [site.poll() for _ in range(3)]

    for run in runs:
        assert (1, "", 1) == (run.code, run.out, len(run.lines))
        assert run.lines[0].startswith("eponctl: GPON-BOX: ")
        assert "GPON build" in run.lines[0]
        assert "enabled = false" in run.lines[0]
    assert ([], []) == (site.news(), site.history())
    box = next(olt for olt in exported(site)["olts"] if olt["id"] == "GPON-BOX")
    assert (False, True) == (box["reachable"], "GPON build" in box["error"])


def test_polls_of_a_box_with_one_session_left_leave_it_free(make_site: Any) -> None:
    olt = make_hsgq(8, pons=2, name="TOKENED")
    site = make_site(olt, deadline_s=2.5)
    # A single session that stays open would fail the next poll.
    for _ in range(3):
        olt.open_session()
    held = dict(olt.sessions)
    site.good_poll()
    for fault in (Fault.RESET, Fault.HANG, Fault.CUT, Fault.SERVER_ERROR):
        site.farm.set_fault(olt, fault, "/onu_allow_list?port_id=2")
        assert 1 == site.poll().code, fault
        site.farm.set_fault(olt, Fault.NONE, "/onu_allow_list?port_id=2")
        assert held == olt.sessions, fault
        site.good_poll()

    assert (0, held) == (olt.refused_logins, olt.sessions)
    assert ([], []) == (site.news(), olt.violations)


@pytest.mark.parametrize("made", [make_hsgq, make_vsol], ids=["hsgq", "vsol"])
def test_poll_that_is_interrupted_logs_out(make_site: Any, made: Callable[..., Any]) -> None:
    olt = made(onus=4, name="OLT-1")
    patient = {"edit": lambda text: text.replace("request_timeout = 2.0", "request_timeout = 15.0")}
    site = make_site(olt, deadline_s=20.0, **patient)
    site.good_poll()
    slow = {"/onu_allow_list": "hsgq", "/action/onuauthinfo.html": "vsol"}
    for page in slow:
        site.farm.set_fault(olt, Fault.HANG, page)
    olt.log.clear()
    process = site.start()
    wait_for(lambda: any(one.path.startswith(tuple(slow)) for one in olt.log))
    assert 130 == interrupted(process)
    assert olt.logins == olt.logouts
    assert not (olt.sessions if made is make_hsgq else olt.session)


def test_poll_that_is_terminated_logs_out_first(make_site: Any) -> None:
    olt = make_hsgq(onus=4, name="OLT-1")
    patient = {"edit": lambda text: text.replace("request_timeout = 2.0", "request_timeout = 15.0")}
    site = make_site(olt, deadline_s=20.0, **patient)
    site.farm.set_fault(olt, Fault.HANG, "/onu_allow_list")
    process = site.start()
    wait_for(lambda: any(one.path.startswith("/onu_allow_list") for one in olt.log))
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)

    # As whoever sent it expects of a process without a handler.
    assert (-signal.SIGTERM, "", "") == (process.returncode, out, err)
    assert (1, 1, {}) == (olt.logins, olt.logouts, olt.sessions)


def interrupted(process: subprocess.Popen[str]) -> int:
    """The exit code after Ctrl-C.

    A second one where Python lost the first: it does so amid the callbacks of an import.
    """
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=4)
            break
    return process.returncode


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until another process has come so far."""
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, "it did not come so far"
        time.sleep(0.01)


# --- what is experimental ---------------------------------------------------------------------


def test_experimental_family_is_marked_wherever_it_shows(make_site: Any) -> None:
    olt, other = make_bdcom(4, seed=1, name="OLT-1"), make_olt("A22", 4, seed=2, name="OLT-2")
    site = make_site(olt, other)
    site.good_poll()
    site.farm.change(lambda: olt.lose("0/1:1"))

    shown = [
        ("olt", "list"),
        ("olt", "list", "--json"),
        ("olt", "test", "OLT-1"),
        ("olt", "test", "OLT-1", "--json"),
        ("olt", "detect", olt.url),
        ("status",),
        ("status", "--json"),
        ("export", "--json"),
        ("export", "--csv", "--table", "olts"),
    ]
    for verb in shown:
        assert "experimental" in site.run(*verb).out, verb
    readme = Path(__file__).parents[2].joinpath("README.md").read_text("utf-8")
    assert "| `bdcom` **(experimental)** |" in readme

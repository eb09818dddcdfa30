"""`onu REF`: one ONU, found by whatever names it, with its history."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eponctl import optics
from eponctl.cli.program import program
from eponctl.model import Event, EventKind, Priority, Reason, Status
from eponctl.store import onus, silences
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat, add_stats
from eponctl.store.onus import OltBook, OnuChanges

Run = Callable[..., Result]
HOUR, DAY = 3600, 86400
BUDI = "00:11:22:33:44:56"


@pytest.fixture
def call(network: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the whole program on the network."""
    monkeypatch.setattr(time, "time", lambda: float(network.now))

    def run(*arguments: str) -> Result:
        line = ["-c", str(network.folder / "olts.toml"), *arguments]
        return CliRunner().invoke(program(), line, prog_name="eponctl", catch_exceptions=False)

    return run


def polls(network: Any, first: int, last: int) -> None:
    """OLT-1 was read well every minute from then to then."""
    stats = [
        PollStat(at, "OLT-1", True, 400, 4, 3, 1, None, None, None) for at in range(first, last, 60)
    ]
    with open_database(network.folder / "eponctl.db"):
        add_stats(stats)


@pytest.fixture
def history(network: Any, outage: Callable[..., Any]) -> Any:
    """Budi is down since 315 s; was down by the power two hours yesterday; polls stood for one."""
    now, folder = network.now, network.folder
    polls(network, now - 8 * DAY, now - 3 * HOUR)
    polls(network, now - 2 * HOUR, now + 1)
    budi = network.onu(
        mac=BUDI,
        onu_id="0/1:10",
        name="Budi Santoso",
        status=Status.DOWN,
        status_raw="Down",
        reason=Reason.TIMEOUT,
        since=now - 315,
        outage_at=now - 315,
        last_rx_power_dbm=-28.0,
    )
    gone = Event(EventKind.DOWN, Priority.CRITICAL, "OLT-1", now - DAY, budi, "up", "down")
    gone = gone._replace(onu=budi._replace(reason=Reason.DYING_GASP))
    back = Event(
        EventKind.RECOVERED, Priority.HIGH, "OLT-1", now - DAY + 2 * HOUR, budi, "down", "up"
    )
    lost = Event(EventKind.DOWN, Priority.HIGH, "OLT-1", now - 315, budi, "up", "down")
    network.happened([gone, back._replace(lasted_s=2 * HOUR), lost])
    cut = outage(lost=64)
    cut = cut._replace(members=(cut.members[0]._replace(mac=BUDI), *cut.members[1:]))
    network.incident(cut)
    hours = [
        (BUDI, optics.HourRow((now - age * HOUR) // HOUR, -2200, -2100, -2000, None, None))
        for age in range(3, 48)
    ]
    with open_database(folder / "eponctl.db") as database, database.atomic():
        book = onus.load(database)["OLT-1"]
        onus.save(database, [OnuChanges(OltBook(ids=book.ids), {BUDI: budi}, hours=hours)], now)
    return network


@pytest.mark.parametrize(
    "ref",
    [BUDI, "0011.2233.4456", "00-11-22-33-44-56", "OLT-1:0/1:10", "budi santoso", "santos"],
)
def test_onu_is_found_by_whatever_names_it(call: Run, ref: str) -> None:
    ended = call("onu", ref)

    assert 0 == ended.exit_code
    assert f"OLT-1:0/1:10: Budi Santoso, {BUDI}" == ended.stdout.splitlines()[0]


def test_ambiguous_ref_lists_the_candidates(call: Run) -> None:
    ended = call("onu", "OLT-1:0/2")

    assert (2, "") == (ended.exit_code, ended.stdout)
    assert "fits 2 ONUs" in ended.stderr
    assert "OLT-1:0/2:2: 00:11:22:33:44:57\n" in ended.stderr
    assert "OLT-1:0/2:3: 00:11:22:33:44:58 Off\n" in ended.stderr


@pytest.mark.parametrize(
    ("ref", "near"),
    [("Budi Santosa", '"Budi Santoso"'), ("00:11:22:33:44:65", '"00:11:22:33:44:5'), ("x", "")],
)
def test_unknown_ref_names_what_is_near(call: Run, ref: str, near: str) -> None:
    ended = call("onu", ref)

    assert (2, "") == (ended.exit_code, ended.stdout)
    first = ended.stderr.splitlines()[0]
    assert "fits no ONU" in first
    assert near in first
    assert bool(near) == ("near:" in first)


def test_onu_of_an_olt_that_left_the_file_is_not_found(call: Run) -> None:
    assert 2 == call("onu", "AA:BB:CC:DD:EE:03").exit_code


def test_page_has_facts_signal_availability_incident_and_events(history: Any, call: Run) -> None:
    text = call("onu", "budi").stdout

    assert "status     Down (Timeout) since " in text
    assert ", 5m 15s\n" in text
    assert "signal     RX -28.0 dBm when it was last up\n" in text
    assert "-22.0 dBm  -21.0 dBm  -20.0 dBm\n" in text
    day = next(line for line in text.splitlines() if line.strip().startswith("1 day"))
    expected = ["1 day", "90.9 %", "20h 53m", "5m 15s", "2h", "-", "-", "-", "1h 1m"]
    assert expected == re.split(r"\s{2,}", day.strip())
    assert "#7K3Q  whole pon outage  fibre feeder" in text
    assert 2 == text.count("up → down")


def test_availability_in_json_is_shared_out_to_the_second(history: Any, call: Run) -> None:
    found = json.loads(call("onu", "budi", "--json").stdout)

    assert "eponctl-onu/1" == found["schema"]
    day, week, month = found["availability"]
    assert (1, 7, 30) == (day["days"], week["days"], month["days"])
    assert 2 * HOUR == day["power_seconds"]
    assert 315 == day["fibre_seconds"]
    assert HOUR <= day["not_observed_seconds"] <= HOUR + 120
    assert DAY == sum(value for key, value in day.items() if key.endswith("_seconds"))
    assert 30 * DAY == sum(value for key, value in month.items() if key.endswith("_seconds"))
    assert month["not_observed_seconds"] > 21 * DAY
    up = day["up_seconds"]
    assert round(100 * up / (up + 2 * HOUR + 315), 1) == day["availability_percent"]


def test_silence_makes_of_downtime_maintenance(history: Any, call: Run) -> None:
    at = history.now - DAY
    with open_database(history.folder / "eponctl.db"):
        silences.add("OLT-1:0/1", at + HOUR, at + 2 * HOUR)
        silences.add("OLT-2", at, at + 2 * HOUR)
    history.configure(f'[[maintenance]]\ntarget = "{BUDI}"\nweekly = "Mon 00:00-00:00"')
    day = json.loads(call("onu", BUDI, "--json").stdout)["availability"][0]

    assert HOUR <= day["maintenance_seconds"]
    assert DAY == sum(value for key, value in day.items() if key.endswith("_seconds"))
    assert HOUR >= day["power_seconds"]


def test_json_has_incident_events_trend_and_no_customer(history: Any, call: Run) -> None:
    found = json.loads(call("onu", BUDI, "--json").stdout)

    assert (None, None) == (found["contact"], found["onu"]["customer"])
    (incident,) = found["incidents"]
    assert ("7K3Q", "fibre_feeder", None) == (
        incident["id"],
        incident["cause"],
        incident["back_at"],
    )
    assert ["down", "recovered", "down"] == [event["kind"] for event in found["events"]]
    steps = [step for step in found["trend"]["steps"] if step["rx_avg_dbm"] is not None]
    assert 45 == len(steps)
    assert 3600 == found["trend"]["step_seconds"]
    assert (-22.0, -21.0, -20.0) == tuple(
        steps[0][key] for key in ("rx_min_dbm", "rx_avg_dbm", "rx_max_dbm")
    )


def test_outage_that_became_part_of_a_larger_one_is_told_once(
    history: Any, call: Run, outage: Callable[..., Any]
) -> None:
    part = outage(lost=64)._replace(id="4MNP", merged_into="7K3Q", closed_at=history.now)
    history.incident(part._replace(members=(part.members[0]._replace(mac=BUDI),)))

    page = call("onu", BUDI).stdout
    found = json.loads(call("onu", BUDI, "--json").stdout)["incidents"]

    assert (True, False) == ("#7K3Q" in page, "#4MNP" in page)
    assert {"7K3Q": None, "4MNP": "7K3Q"} == {one["id"]: one["merged_into"] for one in found}


def test_since_bounds_events_incidents_and_trend_but_not_availability(
    history: Any, call: Run
) -> None:
    found = json.loads(call("onu", BUDI, "--json", "--since", "1h").stdout)

    assert 1 == len(found["events"])
    assert [] == [step for step in found["trend"]["steps"] if step["rx_avg_dbm"] is not None]
    assert 2 * HOUR == found["availability"][0]["power_seconds"]


@pytest.mark.parametrize("since", ["0s", "yesterday", "-1d"])
def test_since_that_is_no_time_is_refused(call: Run, since: str) -> None:
    ended = call("onu", BUDI, "--since", since)

    assert 2 == ended.exit_code
    assert "--since" in ended.stderr


def test_options_may_stand_before_ref(call: Run) -> None:
    assert "eponctl-onu/1" == json.loads(call("onu", "--json", BUDI).stdout)["schema"]


def test_words_of_the_group_are_told_in_its_help(call: Run) -> None:
    for text in (call("onu", "--help").stdout, call("onu").output):
        assert {"REF", "label", "import"} <= set(text.split())
    assert "--since" in call("onu", "REF", "--help").stdout


def test_onu_that_is_named_like_a_word_is_reached_by_its_mac(network: Any, call: Run) -> None:
    network.polled("OLT-2", [network.onu(olt_id="OLT-2", mac="AA:BB:CC:DD:EE:01", name="label")])

    assert "label" in call("onu", "AA:BB:CC:DD:EE:01").stdout.splitlines()[0]
    assert 2 == call("onu", "label").exit_code


def test_hostile_name_draws_nothing(network: Any, call: Run) -> None:
    name = "x\x1b[31m\nFAKE"
    network.polled("OLT-2", [network.onu(olt_id="OLT-2", mac="AA:BB:CC:DD:EE:01", name=name)])

    text = call("onu", "AA:BB:CC:DD:EE:01").stdout
    assert "OLT-2:0/1:1: x FAKE, AA:BB:CC:DD:EE:01" == text.splitlines()[0]
    assert "\x1b" not in text


def test_no_database_is_told(site: Any) -> None:
    site.olt("OLT-1")
    line = ["-c", str(site.folder / "olts.toml"), "onu", BUDI]
    ended = CliRunner().invoke(program(), line)

    assert 1 == ended.exit_code
    assert "no database yet" in ended.stderr


HEAVY = {"requests", "urllib3", "lxml", "jinja2", "rich", "asyncio", "tomli_w"}


@pytest.mark.parametrize("arguments", [["onu", BUDI], ["onu", BUDI, "--json"], ["check"]])
def test_onu_and_check_import_nothing_heavy(network: Any, arguments: list[str]) -> None:
    line = ["eponctl", "-c", str(network.folder / "olts.toml"), *arguments]
    code = (
        f"import os, sys, json; sys.argv = {line!r}; os._exit = lambda code: None\n"
        "from eponctl.cli.main import run; run()\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(json.loads(ended.stderr)).isdisjoint(HEAVY)

"""`eponctl poll` as cron, a script and a person run it: options, exit codes, silence, secrets."""

from __future__ import annotations

import json
import signal
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from eponctl.simulator import Fault, GatewayFault, SimOlt, make_olt

GROUP = "120363000000000000@g.us"
PASSWORD = "s3cret-Of-The-0LT"
MINUTE = 60


@pytest.fixture
def olt() -> SimOlt:
    """One OLT with eight ONUs."""
    return make_olt("A22", 8, name="OLT-1")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def wait_for(condition: Callable[[], object]) -> None:
    """Until something is true; a test that waits in vain fails."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# --- options ----------------------------------------------------------------------------------


def test_dry_run_says_what_would_be_told_and_leaves_nothing(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt)
    run = site.poll("--dry-run")
    assert (0, "", "") == (run.code, run.out, run.err)
    assert {"olts.toml"} == files(site.folder)

    site.good_poll()
    before = site.database.read_bytes()
    kept = files(site.folder)
    site.farm.change(lambda: olt.lose("0/1:1"))
    run = site.poll("--dry-run")
    assert (0, "") == (run.code, run.err)
    assert "🔴 NEW DOWN DETECTED:" in run.out
    assert olt.onu("0/1:1").mac in run.out
    assert [] == site.news()
    assert before == site.database.read_bytes()
    assert kept == files(site.folder)

    site.good_poll()
    assert 1 == len(site.news())


def test_no_send_leaves_the_message_to_a_later_poll(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt)
    site.good_poll()
    site.farm.change(lambda: olt.lose("0/1:1"))
    site.good_poll("--no-send")
    assert [] == site.news()
    assert [] == site.gateway.calls

    site.good_poll()
    assert 1 == len(site.news())


def test_only_the_olts_that_were_named_are_asked_and_the_others_left_as_they_are(
    make_site: Any,
) -> None:
    one, two, three = (make_olt("A22", 8, seed=n, name=f"OLT-{n}") for n in (1, 2, 3))
    site = make_site(one, two, three)
    site.good_poll()
    for device in (one, two, three):
        device.log.clear()
        site.farm.change(lambda device=device: device.lose("0/1:1"))
    run = site.poll("--olt", "OLT-2", "--olt", "OLT-3", "--json")

    assert ["OLT-2", "OLT-3"] == [found["id"] for found in json.loads(run.out)["olts"]]
    assert [] == one.log
    assert {"OLT-2", "OLT-3"} == {olt_id for olt_id, _, _ in site.history()}
    assert "up" == site.statuses(one)["0/1:1"]
    [text] = site.news()
    assert "🌐 Total OLT Monitored: 3" in text


def test_olt_that_is_not_there_is_an_error_with_the_nearest(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt)
    run = site.poll("--olt", "OLT-l")

    assert (2, "") == (run.code, run.out)
    assert "OLT-1" in run.err
    assert [] == olt.log
    assert {"olts.toml"} == files(site.folder)


def test_json_has_the_keys_that_are_promised(make_site: Any, olt: SimOlt) -> None:
    bad = make_olt("A22", 8, seed=1, name="OLT-2")
    site = make_site(olt, bad)
    site.good_poll()
    site.farm.change(lambda: olt.lose("0/1:1"))
    site.farm.set_fault(bad, Fault.REFUSE)
    run = site.poll("--json")
    found = json.loads(run.out)

    assert 1 == run.code
    promised = {"schema", "started_at", "seconds", "olts", "events", "messages"}
    assert promised <= set(found)
    assert "eponctl-poll/1" == found["schema"]
    assert found["started_at"].endswith("+07:00")
    good, failed = found["olts"]
    assert {"id", "ok", "error", "onus", "seconds"} <= set(good)
    assert ("OLT-1", True, None, 8) == (good["id"], good["ok"], good["error"], good["onus"])
    assert ("OLT-2", False) == (failed["id"], failed["ok"])
    assert "refused" in failed["error"]
    [event] = found["events"]
    expected = {
        "olt_id": "OLT-1",
        "onu_id": "0/1:1",
        "kind": "down",
        "from": "up",
        "to": "down",
        "priority": "high",
        "at": found["started_at"],
    }
    assert expected.items() <= event.items()
    assert {"queued": 1, "sent": 1, "failed": 0} == found["messages"]


def test_disabled_olt_is_left_alone(make_site: Any, olt: SimOlt) -> None:
    off = make_olt("A22", 8, seed=1, name="OLT-2")
    site = make_site(olt, off, more="enabled = false\n")
    site.good_poll()

    assert [] == off.log
    assert [("OLT-1",)] == site.rows("SELECT olt_id FROM olt_status")
    run = site.poll("--olt", "OLT-2")
    assert 2 == run.code
    assert "disabled" in run.err


def test_recipients_get_what_their_routes_let_through(make_site: Any) -> None:
    one, two = (make_olt("A22", 8, seed=n, name=f"OLT-{n}") for n in (1, 2))
    route = (
        f'\n[[whatsapp.route]]\nrecipients = ["{GROUP}"]\n'
        'olts = ["*-2"]\nmin_priority = "critical"\n'
    )
    site = make_site(one, two, edit=lambda text: text.replace("\n[[olt]]", route + "\n[[olt]]", 1))
    site.good_poll()

    def trouble() -> None:
        for device in (one, two):
            device.lose("0/1:1")
            device.lose("0/2:1", gasp=True)

    def back(onu_id: str) -> None:
        for device in (one, two):
            device.restore(onu_id)

    site.farm.change(trouble)
    site.good_poll()
    [group] = site.gateway.texts_for(GROUP)
    [person] = site.gateway.texts_for("6281200000001")
    macs = [device.onu(onu_id).mac for device in (one, two) for onu_id in ("0/1:1", "0/2:1")]
    assert [two.onu("0/2:1").mac] == [mac for mac in macs if mac in group]
    assert macs == [mac for mac in macs if mac in person]
    # Whoever heard of it hears of its end, and no one of the end of anything else.
    site.gateway.received.clear()
    site.farm.change(partial(back, "0/2:1"))
    site.let_pass(MINUTE)
    site.good_poll()
    [group] = site.gateway.texts_for(GROUP)
    [person] = site.gateway.texts_for("6281200000001")
    assert [two.onu("0/2:1").mac] == [mac for mac in macs if mac in group]
    assert [one.onu("0/2:1").mac, two.onu("0/2:1").mac] == [mac for mac in macs if mac in person]
    # What the group was not told of has no end for it either.
    site.gateway.received.clear()
    site.farm.change(partial(back, "0/1:1"))
    site.let_pass(MINUTE)
    site.good_poll()
    assert [] == site.gateway.texts_for(GROUP)
    assert 1 == len(site.gateway.texts_for("6281200000001"))


# --- exit codes -------------------------------------------------------------------------------


def test_second_poll_at_once_leaves_with_75_and_does_nothing(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt)
    site.good_poll()
    olt.latency = 1.5
    first = site.start()
    lock = site.folder / "eponctl.db.lock"
    wait_for(lambda: lock.read_text() == f"{first.pid}\n")
    second = site.poll()
    assert None is first.poll()
    assert (75, "") == (second.code, second.out)
    assert str(first.pid) in second.err
    assert 1 == len(second.lines)

    out, err = first.communicate(timeout=30)
    assert (0, "", "") == (first.returncode, out, err)
    assert 2 == len(site.rows("SELECT 1 FROM monitoring_stats"))


def test_interrupted_poll_leaves_with_130_and_nothing_half_written(
    make_site: Any, olt: SimOlt
) -> None:
    site = make_site(olt)
    site.good_poll()
    before = site.database.read_bytes()
    site.farm.change(lambda: olt.lose("0/1:1"))
    site.farm.set_fault(olt, Fault.HANG)
    asked = len(olt.log)
    process = site.start()
    wait_for(lambda: len(olt.log) > asked)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)

    assert (130, "") == (process.returncode, out)
    assert "interrupted" in err
    assert "Traceback" not in err
    assert before == site.database.read_bytes()
    site.farm.set_fault(olt, Fault.NONE)
    site.good_poll()
    assert [("OLT-1", "0/1:1", "down")] == site.history()


def test_poll_interrupted_while_it_sends_keeps_the_message(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt, deadline_s=20)
    site.good_poll()
    site.farm.change(lambda: olt.lose("0/1:1"))
    site.gateway.fault = GatewayFault.HANG
    process = site.start()
    wait_for(lambda: site.gateway.calls)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)

    assert 130 == process.returncode
    assert [("queued",)] == site.rows("SELECT state FROM outbox")
    assert "down" == site.statuses(olt)["0/1:1"]
    site.gateway.fault = GatewayFault.NONE
    site.let_pass(MINUTE)
    site.good_poll()
    assert 1 == len(site.news())


@pytest.mark.parametrize(
    "line",
    [
        'password_env = "EPONCTL_TEST_MISSING"',
        'password_file = "missing.txt"',
    ],
)
def test_missing_secret_is_a_fault_of_the_configuration_and_nothing_is_asked(
    make_site: Any, olt: SimOlt, line: str
) -> None:
    site = make_site(olt, edit=lambda text: text.replace('password = "admin"', line))
    run = site.poll()

    assert (2, "") == (run.code, run.out)
    assert "EPONCTL_TEST_MISSING" in run.err or "missing.txt" in run.err
    assert [] == olt.log
    assert {"olts.toml"} == files(site.folder)


def test_password_comes_from_the_environment(make_site: Any, olt: SimOlt) -> None:
    site = make_site(
        olt, edit=lambda text: text.replace('password = "admin"', 'password_env = "OLT_PASSWORD"')
    )
    site.env["OLT_PASSWORD"] = "admin"
    site.good_poll()
    site.env["OLT_PASSWORD"] = "wrong"
    assert 1 == site.poll().code
    # A refused login is not tried again: it may lock the account. The front page was asked for
    # without one, to see which family this is.
    assert ["/", "/onuAllPonOnuList.asp"] == [one.path for one in olt.log if one.status == 401]


def test_faulty_configuration_polls_nothing(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt, edit=lambda text: text.replace("olt_deadline", "olt_deadlin"))
    run = site.poll()

    assert (2, "") == (run.code, run.out)
    assert "olt_deadlin" in run.err
    assert [] == olt.log


# --- silence and secrets ----------------------------------------------------------------------


def test_poll_without_news_says_nothing_to_anybody(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt)
    for _ in range(3):
        site.good_poll()

    assert [] == site.gateway.calls


def test_no_secret_is_shown_or_stored_anywhere(make_site: Any, olt: SimOlt) -> None:
    olt.password = PASSWORD
    bad = make_olt("B13", 8, seed=1, name="OLT-2")
    bad.password = PASSWORD
    site = make_site(olt, bad)
    site.gateway.api_key = "the-0ther-s3cret"
    site.configure()
    site.good_poll()
    site.farm.change(lambda: olt.lose("0/1:1"))
    site.farm.set_fault(bad, Fault.UNAUTHORIZED)
    runs = [site.poll("--json", before=["-vv"])]
    site.gateway.fault = GatewayFault.WRONG_KEY
    site.farm.change(lambda: olt.lose("0/1:2"))
    runs.append(site.poll(before=["-vv"]))

    said = "".join(run.out + run.err for run in runs)
    assert "GET /onuAllPonOnuList.asp 200" in said
    assert "POST /send-message" in said
    with closing(sqlite3.connect(site.database)) as connection:
        said += "\n".join(connection.iterdump())
    for secret in (PASSWORD, "the-0ther-s3cret", "Authorization", "Basic "):
        assert secret not in said
    assert "6281200000001" not in runs[0].err + runs[1].err


def test_request_lines_have_method_path_status_bytes_and_time(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt)
    lines = site.poll(before=["-vv"]).lines

    [line] = [line for line in lines if "/onuAllPonOnuList.asp" in line]
    assert ["GET", "/onuAllPonOnuList.asp", "200"] == line.split()[:3]
    assert ["B", "ms"] == line.split()[4::2]
    assert "HTTP" not in line


def test_database_and_lock_are_for_their_owner_only(make_site: Any, olt: SimOlt) -> None:
    site = make_site(olt)
    site.good_poll()

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in site.folder.iterdir()}
    assert {"olts.toml": 0o600, "eponctl.db": 0o600, "eponctl.db.lock": 0o600} == modes


# --- storage ----------------------------------------------------------------------------------


def test_database_that_is_none_stops_the_poll_before_anything_is_asked(
    make_site: Any, olt: SimOlt
) -> None:
    site = make_site(olt)
    site.database.write_bytes(b"not a database at all" * 100)
    run = site.poll()

    assert (1, "") == (run.code, run.out)
    assert "not a database" in run.lines[0]
    assert run.lines[1].startswith("hint: ")
    assert [] == olt.log
    assert "Traceback" not in run.err

"""`status`: what is listed, in which order, and what JSON says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from eponctl.model import Heat, OnuState, Signal, Status
from eponctl.store import queries
from eponctl.store.database import open_database
from eponctl.summary import is_abandoned

Run = Callable[..., Result]


def listed(result: Result) -> list[str]:
    """The MACs that JSON lists, in its order, without what they share."""
    assert result.exit_code == 0, result.output
    return [onu["mac"][-5:] for onu in json.loads(result.stdout)["onus"]]


def test_json_has_the_keys_that_are_promised(network: Any, run: Run) -> None:
    found = json.loads(run("status", "--json").stdout)

    assert list(found) == ["schema", "generated_at", "summary", "olts", "onus"]
    assert found["schema"] == "eponctl/1"
    assert found["generated_at"].endswith("+07:00")
    expected = (
        "id,name,enabled,driver,dialect,model,firmware,reachable,error,last_poll_at,"
        "last_success_at,poll_seconds,onus,online,problems,avg_temperature_c,"
        "avg_rx_power_dbm"
    )
    assert expected == ",".join(found["olts"][0])
    expected = (
        "olt_id,onu_id,pon,name,mac,status,status_raw,reason,reason_raw,priority,"
        "problem,temperature_c,rx_power_dbm,tx_power_dbm,distance_m,last_rx_power_dbm,"
        "last_temperature_c,auth_status,ctc_status,firmware,since,last_seen_at,stale,"
        "optics_at,customer"
    )
    assert expected == ",".join(found["onus"][0])


def test_summary_counts_enabled_olts_and_averages_what_can_be_read(network: Any, run: Run) -> None:
    found = json.loads(run("status", "--json").stdout)

    expected = {
        "olts": 2,
        "olts_unreachable": 1,
        "onus": 5,
        "online": 3,
        "problems": 2,
        "uptime_percent": 75.0,
        "avg_temperature_c": 43.0,
        "avg_rx_power_dbm": -25.66,
    }
    assert expected == found["summary"]


def test_summary_is_of_the_olts_asked_for_whatever_else_is(network: Any, run: Run) -> None:
    alone = json.loads(run("status", "--olt", "OLT-1", "--json").stdout)
    filtered = json.loads(run("status", "nobody", "--olt", "OLT-1", "--json").stdout)

    assert alone["summary"]["onus"] == 4
    assert alone["summary"] == filtered["summary"]
    assert ["OLT-1"] == [olt["id"] for olt in filtered["olts"]]
    assert filtered["onus"] == []


def test_olt_that_cannot_be_read_keeps_its_rows_and_says_so(network: Any, run: Run) -> None:
    found = json.loads(run("status", "--json").stdout)
    olt = found["olts"][1]
    onu = next(onu for onu in found["onus"] if onu["olt_id"] == "OLT-2")

    assert olt["reachable"] is False
    assert olt["error"] == "connect timed out"
    assert olt["online"] == 1
    assert olt["avg_rx_power_dbm"] is None
    assert olt["last_success_at"] < olt["last_poll_at"]
    assert onu["stale"] is True
    assert onu["last_seen_at"] == olt["last_success_at"]
    assert onu["rx_power_dbm"] == -20.0


def test_values_of_an_onu_that_is_down_are_null_and_the_last_ones_stay(
    network: Any, run: Run
) -> None:
    onu = json.loads(run("status", "budi", "--json").stdout)["onus"][0]

    assert (onu["rx_power_dbm"], onu["last_rx_power_dbm"]) == (None, -28.0)
    assert (onu["status"], onu["reason"], onu["priority"]) == ("down", "timeout", "high")
    assert (onu["problem"], onu["stale"]) == (True, False)


def test_disabled_olt_is_shown_and_its_onus_are_not(network: Any, run: Run) -> None:
    found = json.loads(run("status", "--json").stdout)
    text = run("status", "--all").stdout

    assert [olt["enabled"] for olt in found["olts"]] == [True, True, False]
    assert "OLT-3" not in {onu["olt_id"] for onu in found["onus"]}
    assert "OLT Gudang" in text
    assert "disabled" in text
    assert "OLT-9" not in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["44:55", "44:56", "44:57", "44:58", "EE:01"]),
        (("--problems",), ["44:56", "44:57"]),
        (("--state", "problem"), ["44:56", "44:57"]),
        (("--state", "disabled"), ["44:58"]),
        (("--state", "stale"), ["EE:01"]),
        (("--pon", "0/1"), ["44:55", "44:56", "EE:01"]),
        (("--pon", "0/1", "--problems"), ["44:56"]),
        (("BUDI",), ["44:56"]),
        (("aabb.ccdd",), ["EE:01"]),
        (("33-44-57",), ["44:57"]),
        (("0/1:1",), ["44:55", "44:56", "EE:01"]),
        (("olt-2:0/1",), ["EE:01"]),
        (("--olt", "OLT-2"), ["EE:01"]),
        (("--sort", "rx", "--problems"), ["44:57", "44:56"]),
        (("--sort", "rx"), ["44:57", "44:56", "44:55", "EE:01", "44:58"]),
        (("--sort", "temperature", "--olt", "OLT-1"), ["44:55", "44:57", "44:56", "44:58"]),
        (("--sort", "distance", "--olt", "OLT-1"), ["44:55", "44:56", "44:57", "44:58"]),
        (("--sort", "name", "--olt", "OLT-1"), ["44:56", "44:55", "44:58", "44:57"]),
        (("--sort", "status", "--olt", "OLT-1"), ["44:56", "44:55", "44:57", "44:58"]),
    ],
)
def test_options_pick_and_sort(
    network: Any, run: Run, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert expected == listed(run("status", "--json", *arguments))


def test_table_lists_problems_alone_unless_more_is_asked_for(network: Any, run: Run) -> None:
    default, found, everything = run("status"), run("status", "client"), run("status", "--all")

    assert "Budi Santoso" in default.stdout
    assert "CLIENT-001" not in default.stdout
    assert "CLIENT-001" in found.stdout
    assert "Budi Santoso" not in found.stdout
    assert "CLIENT-001" in everything.stdout
    assert "Budi Santoso" in everything.stdout


def test_ids_are_sorted_as_numbers(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    ids = ["0/1:10", "0/1:9", "0/10:1", "0/2:1"]
    site.polled(
        "OLT-1", [site.onu(onu_id=i, mac=f"00:00:00:00:00:{n:02}") for n, i in enumerate(ids)]
    )

    found = json.loads(run("status", "--json").stdout)["onus"]

    assert [onu["onu_id"] for onu in found] == ["0/1:9", "0/1:10", "0/2:1", "0/10:1"]


def test_unread_pon_is_stale_since_it_was_last_read(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    onus = [site.onu(), site.onu(mac="00:00:00:00:00:02", onu_id="0/2:1")]
    site.polled("OLT-1", onus, failed_pons={"0/2": site.now - 900}, error="0/2: page is cut")

    found = json.loads(run("status", "--json").stdout)
    text = run("status").stdout

    assert [onu["stale"] for onu in found["onus"]] == [False, True]
    seen = [onu["last_seen_at"] for onu in found["onus"]]
    assert seen[1] < seen[0] == found["olts"][0]["last_success_at"]
    assert found["olts"][0]["reachable"] is True
    assert "partial" in text
    assert "0/2: page is cut" in text


def test_onu_that_was_missed_was_seen_when_its_row_says(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    site.polled("OLT-1", [site.onu(missed=1, seen_at=0)])

    onu = json.loads(run("status", "--json").stdout)["onus"][0]

    assert onu["stale"] is True
    assert onu["last_seen_at"] == "1970-01-01T07:00:00+07:00"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--state", "dwon"), ['did you mean "down"', "stale"]),
        (("--state", "abandonned"), ['did you mean "abandoned"']),
        (("--sort", "nmae"), ['did you mean "name"']),
        (("--olt", "OLT-11"), ["OLT-11", "did you mean OLT-1"]),
    ],
)
def test_unknown_words_are_refused_with_the_nearest(
    network: Any, run: Run, arguments: tuple[str, ...], words: list[str]
) -> None:
    result = run("status", *arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_without_a_database_it_names_poll(site: Any, run: Run) -> None:
    site.olt("OLT-1")

    result = run("status")

    assert result.exit_code == 1
    assert "eponctl poll" in result.stderr


def test_olts_that_were_never_polled_are_no_network_without_problems(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    site.polled("OLT-9")

    result = run("status")

    assert result.exit_code == 1
    assert "eponctl poll" in result.stderr


def test_new_olt_beside_others_was_never_polled(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    site.olt("OLT-2")
    site.polled("OLT-1")

    result = run("status")

    assert result.exit_code == 0
    assert "never polled" in result.stdout


def test_old_poll_is_called_out(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    site.polled("OLT-1", last_poll_at=site.now - 7380)

    assert "! OLD: the last poll was 2h 3m ago" in run("status").stdout


def test_fresh_poll_is_not(network: Any, run: Run) -> None:
    assert "OLD" not in run("status").stdout


def test_problem_in_sql_is_problem_in_the_model(site: Any) -> None:
    site.olt("OLT-1")
    before = site.now - 3600
    every = [
        site.onu(
            mac=f"{status}-{signal}-{heat}-{since}-{outage_at}",
            status=status,
            signal=signal,
            heat=heat,
            since=since,
            outage_at=outage_at,
        )
        for status in Status
        for signal in Signal
        for heat in Heat
        for since in (before, before + 1)
        for outage_at in (None, before, before + 1)
    ]
    site.polled("OLT-1", every)

    with open_database(site.folder / "eponctl.db") as database:
        found = {onu.mac for onu in queries.problem_onus(database, before)}
        abandoned = {onu.mac for onu in queries.abandoned_onus(database, before)}
        tally = queries.tallies(database, before)["OLT-1"]

    left = {onu.mac for onu in every if is_abandoned(onu, before)}
    expected = {onu.mac for onu in every if OnuState.is_problem.fget(onu)} - left  # type: ignore[attr-defined]
    assert (left, expected) == (abandoned, found)
    assert (len(expected), len(left)) == (tally.problems, tally.abandoned)
    of_each = len(every) // len(Status)
    assert (len(every), of_each, of_each) == (tally.onus, tally.online, tally.disabled)


# --- abandoned --------------------------------------------------------------------------------


@pytest.fixture
def neglected(site: Any) -> Any:
    """One ONU up, one down since yesterday, one for 35 days, one in other words for as long."""
    site.olt("OLT-1", "OLT Kediri Pusat")
    down = {"status": Status.DOWN, "status_raw": "Down"}
    day = 86400
    site.polled(
        "OLT-1",
        [
            site.onu(),
            site.onu(mac="00:11:22:33:44:56", onu_id="0/1:2", since=site.now - day, **down),
            site.onu(mac="00:11:22:33:44:57", onu_id="0/1:3", since=site.now - 35 * day, **down),
            site.onu(
                mac="00:11:22:33:44:58",
                onu_id="0/1:4",
                since=site.now - day,
                outage_at=site.now - 31 * day,
                status=Status.PWRDOWN,
                status_raw="PwrDown",
            ),
        ],
    )
    return site


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--state", "abandoned"), ["44:57", "44:58"]),
        (("--problems",), ["44:56"]),
        (("--state", "problem"), ["44:56"]),
        (("--state", "down"), ["44:56", "44:57"]),
        (("--state", "abandoned", "--problems"), []),
        (("--all",), ["44:55", "44:56", "44:57", "44:58"]),
    ],
)
def test_abandoned_onus_are_no_problem_and_have_their_own_list(
    neglected: Any, run: Run, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert expected == listed(run("status", "--json", *arguments))


def test_abandoned_onus_are_in_no_count_but_the_total(neglected: Any, run: Run) -> None:
    found = json.loads(run("status", "--json").stdout)

    counts = {key: found["summary"][key] for key in ("onus", "online", "problems")}
    assert {"onus": 4, "online": 1, "problems": 1} == counts
    assert found["summary"]["uptime_percent"] == 50.0
    assert found["olts"][0]["problems"] == 1
    assert [onu["problem"] for onu in found["onus"]] == [False, True, True, True]


def test_page_names_how_many_are_abandoned(neglected: Any, run: Run) -> None:
    text = run("status").stdout

    assert "1 problem\n" in text
    assert "abandoned: 2" in text
    assert "1/2" in text
    assert "0/1:3" not in text


def test_page_says_nothing_of_abandoned_ones_where_there_are_none(network: Any, run: Run) -> None:
    assert "abandoned" not in run("status").stdout


def test_abandoned_after_is_what_the_configuration_says(neglected: Any, run: Run) -> None:
    neglected.configure('[alerts]\nabandoned_after = "33d"\n')

    assert ["44:57"] == listed(run("status", "--json", "--state", "abandoned"))


def test_report_counts_no_abandoned_onu_as_a_problem(neglected: Any, run: Run) -> None:
    text = run("report", "--hourly").stdout

    assert "OLT Kediri Pusat: 1/2 (50.0%)" in text
    assert "❌ Problems: 1\n" in text

"""`check`: what a monitoring system reads, and its exit codes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eponctl.cli.program import program
from eponctl.incidents.records import Kind
from eponctl.store import silences
from eponctl.store.database import open_database

Run = Callable[..., Result]
OK, WARNING, CRITICAL, UNKNOWN = range(4)
CALM = ("--warning", "100", "--critical", "100")
# The plugin guidelines: 'label'=value[UOM];[warn];[crit];[min];[max]
DATUM = re.compile(r"[a-z_]+=-?\d+(?:\.\d+)?(?:s|%|B|c)?(?:;[\d.]*){0,4}")


@pytest.fixture
def call(site: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the whole program on the site."""
    monkeypatch.setattr(time, "time", lambda: float(site.now))

    def run(*arguments: str) -> Result:
        line = ["-c", str(site.folder / "olts.toml"), "check", *arguments]
        return CliRunner().invoke(program(), line, catch_exceptions=False)

    return run


@pytest.fixture
def well(site: Any) -> Any:
    """One OLT with two ONUs, all well."""
    site.olt("OLT-1", "OLT Kediri Pusat")
    onus = [site.onu(), site.onu(mac="00:11:22:33:44:56", onu_id="0/1:2", rx_power_dbm=-20.0)]
    site.polled("OLT-1", onus)
    return site


def data(ended: Result) -> dict[str, str]:
    """The performance data of the first line, each as the guidelines want it."""
    first = ended.stdout.splitlines()[0]
    text, _, found = first.partition(" | ")
    assert "|" not in text
    pairs = found.split(" ")
    assert all(DATUM.fullmatch(pair) for pair in pairs)
    return dict(pair.split("=", 1) for pair in pairs)


def test_all_well_is_ok_in_one_line(well: Any, call: Run) -> None:
    ended = call()

    assert (OK, "") == (ended.exit_code, ended.stderr)
    (line,) = ended.stdout.splitlines()
    assert line.startswith(
        "EPON OK - 1 OLT, 0 unreachable; 2 ONUs, 2 online, 0 problems | problem_share=0.0%;5;15;"
    )
    found = data(ended)
    assert ("0;;;0;2", "2;;;0;2", "0;;0;0;1", "0;;0;0", "12s;900;3000;0", "-20.0") == tuple(
        found[key]
        for key in (
            "problems", "online", "olts_unreachable", "critical_incidents", "poll_age", "rx_power"
        )
    )  # fmt: skip


def test_silent_olt_is_critical(network: Any, call: Run) -> None:
    ended = call(*CALM)

    assert CRITICAL == ended.exit_code
    first, *rest = ended.stdout.splitlines()
    assert first.startswith("EPON CRITICAL - OLT-2 unreachable for 10m: connect timed out; 2 OLTs")
    assert ["CRITICAL: OLT-2 unreachable for 10m: connect timed out"] == rest
    assert "1;;0;0;2" == data(ended)["olts_unreachable"]


def test_one_failed_poll_is_not_yet_unreachable(well: Any, call: Run) -> None:
    well.polled("OLT-1", failures=1, failing_since=well.now - 12, error="connect timed out")

    assert OK == call().exit_code


def test_one_olt_is_looked_at_by_itself(network: Any, call: Run) -> None:
    assert CRITICAL == call("--olt", "OLT-2").exit_code
    ended = call("--olt", "OLT-1", *CALM)
    assert OK == ended.exit_code
    assert "1 OLT, 0 unreachable; 4 ONUs" in ended.stdout


@pytest.mark.parametrize(
    ("warning", "critical", "expected"),
    [("80", "90", OK), ("50%", "90%", WARNING), ("10", "50", CRITICAL), ("66.7", "66.7", OK)],
)
def test_share_of_problems_warns_above_its_limits(
    network: Any, call: Run, warning: str, critical: str, expected: int
) -> None:
    ended = call("--olt", "OLT-1", "--warning", warning, "--critical", critical)

    assert expected == ended.exit_code  # 2 of 3 that are not switched off
    assert data(ended)["problem_share"].startswith("66.7%;")


@pytest.mark.parametrize(("age_s", "expected"), [(899, OK), (901, WARNING), (3001, CRITICAL)])
def test_stale_data_is_told(well: Any, call: Run, age_s: int, expected: int) -> None:
    at = well.now - age_s
    well.polled("OLT-1", last_poll_at=at, last_success_at=at)
    ended = call()

    assert expected == ended.exit_code
    assert (expected != OK) == ("stale: the last poll was " in ended.stdout)


def test_olt_that_was_never_polled_warns(well: Any, call: Run) -> None:
    well.olt("OLT-NEW")
    ended = call()

    assert WARNING == ended.exit_code
    assert "OLT-NEW was never polled" in ended.stdout


def test_critical_incident_is_critical_until_somebody_is_at_it(
    well: Any, call: Run, outage: Callable[..., Any]
) -> None:
    well.incident(outage(lost=64))
    ended = call()
    assert CRITICAL == ended.exit_code
    assert "CRITICAL: #7K3Q whole pon outage, OLT-1:0/1\n" in ended.stdout
    assert "1;;0;0" == data(ended)["critical_incidents"]

    well.incident(outage(lost=64, acked_at=well.now))
    ended = call()
    assert WARNING == ended.exit_code
    assert "WARNING: #7K3Q whole pon outage, OLT-1:0/1, acknowledged\n" in ended.stdout

    well.incident(outage(lost=64, closed_at=well.now))
    assert OK == call().exit_code


def test_incident_of_another_olt_or_less_urgent_raises_nothing(
    well: Any, call: Run, outage: Callable[..., Any]
) -> None:
    well.incident(outage(lost=64, olt_id="OLT-9"))
    well.incident(outage(lost=1, id="2ABC", kind=Kind.SIGNAL, priority="high"))

    assert OK == call().exit_code


def test_incident_that_is_silenced_raises_nothing(
    well: Any, call: Run, outage: Callable[..., Any]
) -> None:
    well.incident(outage(lost=64))
    with open_database(well.folder / "eponctl.db"):
        silences.add("OLT-1:0/1", well.now - 60, well.now + 60)

    assert OK == call().exit_code


def test_device_text_begins_no_performance_data(well: Any, call: Run) -> None:
    error = "bad | problems=0\nEPON OK - fine \x1b[32m"
    well.polled("OLT-1", failures=5, failing_since=well.now - 60, error=error)
    ended = call()

    assert CRITICAL == ended.exit_code
    assert 2 == len(ended.stdout.splitlines())
    assert 1 == ended.stdout.count("|")
    assert "\x1b" not in ended.stdout
    data(ended)


def test_long_output_has_a_limit(well: Any, call: Run) -> None:
    for number in range(30):
        well.olt(f"OLT-N{number:02}")
    lines = call().stdout.splitlines()

    assert 22 == len(lines)
    assert "... and 10 more" == lines[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--warning", "x"],
        ["--critical", "101"],
        ["--warning", "nan"],
        ["--warning", "20", "--critical", "10"],
        ["--olt", "OLT-9"],
        ["--nonsense"],
        ["--warning"],
        ["more"],
    ],
)
def test_wrong_call_is_unknown_and_told_on_stdout(
    well: Any, call: Run, arguments: list[str]
) -> None:
    ended = call(*arguments)

    assert (UNKNOWN, "") == (ended.exit_code, ended.stderr)
    (line,) = ended.stdout.splitlines()
    assert line.startswith("EPON UNKNOWN - ")


def test_no_database_a_broken_one_and_a_broken_file_are_unknown(site: Any, call: Run) -> None:
    site.olt("OLT-1")
    ended = call()
    assert UNKNOWN == ended.exit_code
    assert "no database yet" in ended.stdout

    (site.folder / "eponctl.db").write_text("no database" * 100)
    ended = call()
    assert (UNKNOWN, "") == (ended.exit_code, ended.stderr)
    assert "not a database" in ended.stdout

    site.configure("[nonsense]\nx = 1")
    ended = call()
    assert (UNKNOWN, "") == (ended.exit_code, ended.stderr)
    assert "EPON UNKNOWN - " in ended.stdout
    assert 1 == len(ended.stdout.splitlines())

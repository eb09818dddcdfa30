"""`export`: the same numbers for programs, on stdout or whole in a file."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from eponctl.model import Event, EventKind, Priority
from eponctl.store.olts import PollStat

Run = Callable[..., Result]


def test_json_is_what_status_gives_and_incidents(network: Any, run: Run) -> None:
    found = json.loads(run("export", "--json").stdout)

    assert [] == found.pop("incidents")
    assert json.loads(run("status", "--json").stdout) == found


@pytest.mark.parametrize("table", ["onus", "olts"])
def test_csv_has_the_columns_and_rows_of_json(network: Any, run: Run, table: str) -> None:
    expected = json.loads(run("export", "--json").stdout)[table]

    text = run("export", "--csv", "--table", table).stdout_bytes.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert text.count("\r\n") == text.count("\n") == len(expected) + 1
    assert [list(row) for row in expected] == [list(row) for row in rows]
    assert [[_cell(value) for value in row.values()] for row in expected] == [
        list(row.values()) for row in rows
    ]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


@pytest.mark.parametrize("table", ["onus", "olts", "alerts", "stats"])
def test_ndjson_is_the_rows_of_json_each_on_its_line(network: Any, run: Run, table: str) -> None:
    kind, priority = EventKind.OLT_UNREACHABLE, Priority.HIGH
    network.happened([Event(kind, priority, "OLT-9", at, detail="a\nb") for at in range(3)])
    network.stat(PollStat(0, "OLT-1", True, 1500, 3, 2, 1, None, -22.456, None))
    expected = json.loads(run("export", "--json", "--table", table).stdout)[table]

    text = run("export", "--ndjson", "--table", table).stdout

    assert expected == [json.loads(line) for line in text.splitlines()] != []
    assert text.endswith("}\n")


def test_ndjson_without_a_table_has_the_onus_and_may_be_empty(network: Any, run: Run) -> None:
    onus = json.loads(run("export", "--json").stdout)["onus"]

    lines = run("export", "--ndjson").stdout.splitlines()
    assert onus == [json.loads(line) for line in lines]
    assert "" == run("export", "--ndjson", "--table", "stats").stdout


def test_prometheus_and_html_are_of_the_same_network(network: Any, run: Run) -> None:
    metrics, page = run("export", "--prometheus").stdout, run("export", "--html").stdout

    assert 'eponctl_olt_up{olt="OLT-1"} 1\neponctl_olt_up{olt="OLT-2"} 0\n' in metrics
    assert 'eponctl_onu_up{olt="OLT-1",onu="0/1:10",mac="00:11:22:33:44:56"} 0\n' in metrics
    assert "OLT-3" not in metrics
    assert page.startswith("<!DOCTYPE html>")
    assert "Budi Santoso" in page
    assert "OLT Gudang" in page
    assert 'data-reload="' not in page


@pytest.mark.parametrize("arguments", [["--prometheus"], ["--html"], ["--ndjson"]])
def test_what_is_exported_loads_only_what_it_needs(network: Any, arguments: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['eponctl', '-c', sys.argv[1], 'export', *sys.argv[2:]]\n"
        "import os; os._exit = lambda code: None\n"
        "from eponctl.cli.main import run; run()\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    file = str(network.folder / "olts.toml")
    ended = subprocess.run(
        [sys.executable, "-c", code, file, *arguments], capture_output=True, check=True, text=True
    )

    loaded = set(ended.stderr.split())
    heavy = {"requests", "rich", "pydantic", "asyncio", "tomli_w"}
    page = {"jinja2", "markupsafe"}
    assert set() == loaded & heavy
    assert (page if arguments == ["--html"] else set()) == loaded & page
    assert "eponctl.commands.overview" in loaded or arguments == ["--ndjson"]


def test_csv_without_a_table_has_the_onus(network: Any, run: Run) -> None:
    assert run("export", "--csv").stdout.startswith("olt_id,onu_id,pon,name,mac,status,")


def test_numbers_stay_numbers(network: Any, run: Run) -> None:
    assert ",-22.46,," in run("export", "--csv").stdout


def test_single_table_is_an_object_with_that_list(network: Any, run: Run) -> None:
    found = json.loads(run("export", "--json", "--table", "olts").stdout)

    assert list(found) == ["schema", "generated_at", "olts"]
    assert [olt["id"] for olt in found["olts"]] == ["OLT-1", "OLT-2", "OLT-3"]


def test_alerts_are_all_there_the_oldest_first(network: Any, run: Run) -> None:
    kind, priority = EventKind.OLT_UNREACHABLE, Priority.HIGH
    network.happened([Event(kind, priority, "OLT-9", at) for at in range(1200)], ["6281234567890"])

    found = json.loads(run("export", "--json", "--table", "alerts").stdout)["alerts"]

    assert len(found) == 1200
    assert found[0]["at"] == "1970-01-01T07:00:00+07:00"
    assert [alert["delivery"] for alert in found[:2]] == ["queued", None]
    assert sorted(alert["at"] for alert in found) == [alert["at"] for alert in found]


def test_stats_have_a_row_for_each_poll(network: Any, run: Run) -> None:
    network.stat(PollStat(0, "OLT-1", False, 1500, 3, 2, 1, None, -22.456, "reset"))

    found = json.loads(run("export", "--json", "--table", "stats").stdout)["stats"]

    expected = {
        "at": "1970-01-01T07:00:00+07:00",
        "olt_id": "OLT-1",
        "ok": False,
        "poll_seconds": 1.5,
        "onus": 3,
        "online": 2,
        "problems": 1,
        "avg_temperature_c": None,
        "avg_rx_power_dbm": -22.46,
        "error": "reset",
    }
    assert [expected] == found


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "--json, --ndjson, --csv, --prometheus and --html"),
        (("--json", "--csv"), "exactly one"),
        (("--html", "--table", "onus"), "--html is always of the whole network"),
        (("--csv", "--table", "onu"), 'did you mean "onus"'),
    ],
)
def test_unclear_wishes_are_refused(
    network: Any, run: Run, arguments: tuple[str, ...], word: str
) -> None:
    result = run("export", *arguments)

    assert result.exit_code == 2
    assert word in result.stderr


def test_file_takes_the_place_of_the_old_one_and_keeps_its_mode(
    network: Any, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "onus.csv"
    file.write_text("old")
    file.chmod(0o640)

    result = run("export", "--csv", "-o", str(file))

    assert (0, "") == (result.exit_code, result.stdout)
    assert file.read_bytes().startswith(b"olt_id,")
    assert file.stat().st_mode & 0o777 == 0o640
    assert not list(tmp_path.glob("*.tmp"))
    assert not list(tmp_path.glob(".eponctl-*"))


def test_folder_that_is_not_there_is_one_clear_line(network: Any, run: Run) -> None:
    result = run("export", "--csv", "-o", "/nowhere/at/all.csv")

    assert result.exit_code == 1
    assert "/nowhere/at/all.csv: cannot be written: No such file or directory" in result.stderr


@pytest.mark.parametrize("name", ["olts.toml", "link.json", "eponctl.db", "eponctl.db.lock"])
@pytest.mark.parametrize("verb", [("export", "--json"), ("report", "--hourly", "--json")])
def test_own_files_are_not_written_over(
    network: Any, run: Run, name: str, verb: tuple[str, ...]
) -> None:
    (network.folder / "link.json").symlink_to(network.folder / "olts.toml")
    file = network.folder / name
    before = file.read_bytes() if file.exists() else None

    result = run(*verb, "-o", str(file))

    assert (2, True) == (result.exit_code, "a file of eponctl's own" in result.stderr)
    assert before == (file.read_bytes() if file.exists() else None)


def test_nothing_polled_writes_no_file(site: Any, run: Run, tmp_path: Path) -> None:
    site.olt("OLT-1")

    result = run("export", "--json", "-o", str(tmp_path / "all.json"))

    assert result.exit_code == 1
    assert "eponctl poll" in result.stderr
    assert not (tmp_path / "all.json").exists()

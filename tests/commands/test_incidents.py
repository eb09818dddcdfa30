"""`incidents`: what is listed, its JSON to the letter, and the same rows in `export`."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import Result

from eponctl.commands.incidents import incidents
from eponctl.config import load
from eponctl.incidents.records import Ending, Extent, Incident, Kind
from eponctl.model import Priority
from eponctl.render.incidentsheets import incidents_page
from eponctl.render.page import Screen, shown
from eponctl.store.versions import VERSION_1
from eponctl.telling.records import Stage

Run = Callable[..., Result]
Make = Callable[..., Incident]
HOUR = 3600


def ids(result: Result) -> list[str]:
    """The ids that JSON lists, in its order."""
    assert result.exit_code == 0, result.output
    return [one["id"] for one in json.loads(result.stdout)["incidents"]]


@pytest.fixture
def history(network: Any, outage: Make, unreachable: Incident) -> Any:
    """Store a feeder that is cut, a silent OLT, a branch repaired yesterday, and a weak signal."""
    network.incident(
        outage(),
        unreachable,
        outage(
            9,
            32,
            pon="0/2",
            id="4MNP",
            opened_at=network.now - 30 * HOUR,
            closed_at=network.now - 26 * HOUR,
        ),
        outage(1, 8, pon="0/3", id="5RST", kind=Kind.SIGNAL, verdict=None),
        outage(3, 64, id="6UVW", merged_into="7K3Q", closed_at=network.now - 100),
    )
    return network


def test_json_is_what_the_interface_says_to_the_letter(
    network: Any, run: Run, outage: Make
) -> None:
    incident = outage(9, 32, acked_at=network.now - 5)
    back = incident.members[0]._replace(ended_at=network.now - 60, ending=Ending.RESTORED)
    incident = incident._replace(members=(back, *incident.members[1:]))
    network.incident(incident)
    network.told(incident, "6281200000001", Stage.OPENED)
    network.told(incident, "6281200000002", Stage.OPENED, at=network.now - 200)
    network.told(incident, "6281200000002", Stage.HALF, at=network.now - 50)

    def iso(ago_s: int) -> str:
        return datetime.fromtimestamp(network.now - ago_s, ZoneInfo("Asia/Jakarta")).isoformat()

    expected = {
        "schema": "eponctl-incidents/1",
        "incidents": [
            {
                "id": "7K3Q",
                "class": "partial_pon",
                "cause": "fibre_branch",
                "confidence": "high",
                "olts": ["OLT-1"],
                "pons": ["OLT-1:0/1"],
                "onus": 9,
                "restored": 1,
                "of": 32,
                "dying_gasps": 0,
                "bracket_m": [230, 240],
                "evidence": "9 of 32 lost in one poll, 0 dying gasps, survivors' signal "
                "unchanged, all farther than the last survivor",
                "opened_at": iso(315),
                "told_at": iso(200),
                "closed_at": None,
                "acked_at": iso(5),
            }
        ],
    }
    found = json.loads(run("incidents", "--json").stdout)

    assert expected == found
    assert list(expected["incidents"][0]) == list(found["incidents"][0])


def test_olt_that_does_not_answer_claims_nothing_of_its_onus(
    network: Any, run: Run, unreachable: Incident
) -> None:
    network.incident(unreachable)

    (found,) = json.loads(run("incidents", "--json").stdout)["incidents"]

    assert ("olt_unreachable", "unknown", "low") == (
        found["class"],
        found["cause"],
        found["confidence"],
    )
    assert (["OLT-2"], [], 0, 0, None) == tuple(
        found[key] for key in ("olts", "pons", "onus", "of", "dying_gasps")
    )
    assert "connect timed out" == found["evidence"]


def test_device_that_gives_no_reason_has_null_gasps(network: Any, run: Run, outage: Make) -> None:
    network.incident(outage(gasps=None))

    (found,) = json.loads(run("incidents", "--json").stdout)["incidents"]

    assert (None, "unknown") == (found["dying_gasps"], found["cause"])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["7K3Q", "9WXY"]),
        (("--open",), ["7K3Q", "9WXY"]),
        (("--since", "27h"), ["7K3Q", "9WXY", "4MNP"]),
        (("--since", "1s"), ["7K3Q", "9WXY"]),
    ],
)
def test_what_goes_on_is_always_there_and_what_ended_since(
    history: Any, run: Run, arguments: tuple[str, ...], expected: list[str]
) -> None:
    assert expected == ids(run("incidents", "--json", *arguments))


def test_only_outages_and_silent_olts_are_incidents(history: Any, run: Run) -> None:
    text = run("incidents", "--since", "30d").stdout

    assert "5RST" not in text
    assert "6UVW" not in text


def test_text_reads_like_a_log(history: Any, run: Run) -> None:
    lines = run("incidents", "--since", "30d").stdout.splitlines()

    assert ["ID", "#4MNP", "#9WXY", "#7K3Q"] == [line.split()[0] for line in lines]
    cells = [re.split(" {2,}", line) for line in lines]
    assert ["CLASS", "CAUSE", "CONFIDENCE", "WHERE", "LOST", "BACK", "STATE"] == cells[0][1:8]
    assert ["partial pon", "fibre branch", "high", "OLT-1:0/2", "9 of 32", "0", "closed"] == cells[
        1
    ][1:8]
    assert ["olt unreachable", "unknown", "low", "OLT-2", "-", "-", "open"] == cells[2][1:8]
    assert ["whole pon", "fibre feeder", "high", "OLT-1:0/1", "64 of 64", "0", "open"] == cells[3][
        1:8
    ]
    assert ["4h", "10m", "5m 15s"] == [row[8] for row in cells[1:]]
    assert "64 of 64 lost in one poll, 0 dying gasps" == cells[3][-1]


def test_none_is_said_to_be_none(network: Any, run: Run) -> None:
    assert "No incidents.\n" == run("incidents").stdout
    assert "No open incidents.\n" == run("incidents", "--open").stdout
    assert [] == ids(run("incidents", "--json"))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_terminal_has_the_evidence_and_no_line_is_too_wide(history: Any, width: int) -> None:
    config = load(history.folder / "olts.toml")
    found = incidents(config, history.now - 86400)
    page = incidents_page(found, is_open_only=False, now=history.now, zone=config.timezone)

    text = "".join(shown(page, Screen(width, is_coloured=False)))

    assert "#7K3Q" in text
    assert "64 of 64 lost in one poll, 0 dying gasps" in text
    assert max(map(len, text.splitlines())) <= width


def test_usual_id_of_an_olt_is_whole_at_80_columns(history: Any) -> None:
    config = load(history.folder / "olts.toml")
    found = incidents(config, history.now - 2 * 86400)
    moved = tuple(
        one._replace(
            olt_ids=("OLT-KEDIRI-01",),
            members=tuple(member._replace(olt_id="OLT-KEDIRI-01") for member in one.members),
        )
        for one in found.incidents
        if one.kind is Kind.OUTAGE
    )
    page = incidents_page(
        found._replace(incidents=moved), is_open_only=False, now=history.now, zone=config.timezone
    )

    assert " OLT-KEDIRI-01:0/1 " in "".join(shown(page, Screen(80, is_coloured=False)))


def test_export_has_the_same_rows(history: Any, run: Run) -> None:
    exported = json.loads(run("export", "--json").stdout)

    assert json.loads(run("incidents", "--json").stdout)["incidents"] == exported["incidents"]
    assert 2 == len(exported["incidents"])


@pytest.mark.parametrize(
    ("olts", "pons", "expected"),
    [
        (("OLT-1",), ("0/1",), "OLT-1:0/1"),
        (("OLT-1",), ("0/1", "0/2"), "OLT-1:0/1, OLT-1:0/2"),
        (("OLT-1",), ("0/1", "0/2", "0/3"), "OLT-1, 3 PONs"),
        (("OLT-1", "OLT-2"), ("0/1", "0/2"), "2 OLTs, 4 PONs"),
    ],
)
def test_where_is_short(
    network: Any,
    run: Run,
    outage: Make,
    olts: tuple[str, ...],
    pons: tuple[str, ...],
    expected: str,
) -> None:
    members = [
        member
        for olt in olts
        for pon in pons
        for member in outage(3, 8, pon=pon, olt_id=olt).members
    ]
    network.incident(
        outage(members=tuple(members), olt_ids=olts, extent=Extent.AREA, priority=Priority.CRITICAL)
    )

    assert f"  {expected}  " in run("incidents").stdout


def test_names_of_hostile_devices_are_harmless(
    network: Any, run: Run, unreachable: Incident
) -> None:
    network.incident(unreachable._replace(detail="\x1b[2Jgone\nand more"))

    text, found = run("incidents").stdout, run("incidents", "--json").stdout

    assert 2 == len(text.splitlines())
    assert "gone and more" in text
    assert "\x1b" not in text + found


def test_database_of_the_first_schema_is_read_as_it_is(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    with sqlite3.connect(site.folder / "eponctl.db") as connection:
        connection.execute(
            "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER)"
        )
        for statement in VERSION_1:
            connection.execute(statement)
        connection.execute("INSERT INTO schema_version VALUES (1, 0)")
        connection.execute(
            "INSERT INTO olt_status (olt_id, last_poll_at, last_success_at, failures) "
            "VALUES ('OLT-1', ?, ?, 0)",
            (site.now - 12, site.now - 12),
        )
    connection.close()

    assert [] == ids(run("incidents", "--json"))
    assert "Nothing is silenced.\n" == run("silence", "list").stdout
    assert 0 == run("status").exit_code
    assert 2 == run("ack", "7K3Q").exit_code


def test_without_a_database_it_names_poll(site: Any, run: Run) -> None:
    for line in (("incidents",), ("why", "7K3Q"), ("silence", "list"), ("ack", "7K3Q")):
        result = run(*line)

        assert result.exit_code == 1
        assert "eponctl poll" in result.stderr

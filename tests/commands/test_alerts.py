"""`alerts` and the outbox's list."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from eponctl.model import Event, EventKind, Priority

Run = Callable[..., Result]


@pytest.fixture
def history(network: Any) -> Any:
    """Three events: one an hour ago that two are told of, one silent, one three days old."""
    onu = network.onu(name="Budi Santoso")
    now = network.now
    network.happened(
        [
            Event(
                EventKind.RECOVERED,
                Priority.HIGH,
                "OLT-1",
                now - 3600,
                onu,
                before="down",
                after="up",
                lasted_s=315,
            ),
            Event(EventKind.OLT_UNREACHABLE, Priority.HIGH, "OLT-2", now - 60, detail="timed out"),
            Event(
                EventKind.RENAMED,
                Priority.MEDIUM,
                "OLT-1",
                now - 3 * 86400,
                onu,
                before="A",
                after="B",
            ),
        ],
        ["6281234567890", "6281234567891"],
    )
    return network


def test_json_has_the_newest_first_with_its_delivery(history: Any, run: Run) -> None:
    found = json.loads(run("alerts", "--json").stdout)

    assert list(found) == ["schema", "generated_at", "alerts"]
    assert [alert["kind"] for alert in found["alerts"]] == ["olt_unreachable", "recovered"]
    expected = "at,olt_id,onu_id,mac,name,kind,from,to,priority,lasted_seconds,delivery,customer"
    assert expected == ",".join(found["alerts"][1])
    assert [alert["delivery"] for alert in found["alerts"]] == [None, "queued"]
    assert found["alerts"][1]["from"] == "down"
    assert found["alerts"][1]["lasted_seconds"] == 315


def test_text_reads_like_a_log(history: Any, run: Run) -> None:
    lines = run("alerts", "--since", "30d").stdout.splitlines()

    assert [line.split()[3] for line in lines[1:]] == ["renamed", "recovered", "olt"]
    assert "5m 15s" in lines[2]
    assert "queued" in lines[2]
    assert "timed out" in lines[3]


def test_outage_is_told_with_its_extent_and_not_as_a_change(network: Any, run: Run) -> None:
    kind, extent = EventKind.PON_OUTAGE, "partial_pon"
    network.happened([Event(kind, Priority.CRITICAL, "OLT-1", network.now - 60, after=extent)])

    assert "partial pon" in run("alerts").stdout
    assert "→" not in run("alerts").stdout


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (("--since", "2m"), ["olt_unreachable"]),
        (("--since", "7d", "--limit", "1"), ["olt_unreachable"]),
        (("--since", "7d", "--olt", "OLT-1"), ["recovered", "renamed"]),
        (("--since", "7d", "--priority", "high"), ["olt_unreachable", "recovered"]),
        (("--since", "30"), []),
    ],
)
def test_options_pick(history: Any, run: Run, arguments: tuple[str, ...], kinds: list[str]) -> None:
    found = json.loads(run("alerts", "--json", *arguments).stdout)["alerts"]

    assert kinds == [alert["kind"] for alert in found]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--olt", "OLT-22"), "did you mean OLT-2"),
        (("--priority", "hihg"), 'did you mean "high"'),
        (("--since", "yesterday"), '"15m"'),
        (("--limit", "0"), "--limit"),
    ],
)
def test_unknown_words_are_refused(
    history: Any, run: Run, arguments: tuple[str, ...], word: str
) -> None:
    result = run("alerts", *arguments)

    assert result.exit_code == 2
    assert word in result.stderr


def test_nothing_is_said_to_be_nothing(network: Any, run: Run) -> None:
    assert run("alerts").stdout == "No alerts.\n"


def test_queue_shows_what_waits(history: Any, run: Run) -> None:
    found = json.loads(run("queue", "--json").stdout)
    text = run("queue").stdout

    assert found["schema"] == "eponctl-outbox/1"
    assert [message["recipient"] for message in found["messages"]] == [
        "6281234567890",
        "6281234567891",
    ]
    expected = "id,created_at,recipient,kind,state,tries,due_at,tried_at,outcome,error,text"
    assert expected == ",".join(found["messages"][0])
    assert "*ALERT*" in text
    assert "queued" in text


def test_empty_queue_says_so(network: Any, run: Run) -> None:
    assert run("queue").stdout == "Nothing waits.\n"


def test_olt_list_works_before_the_first_poll_and_keeps_the_password(site: Any, run: Run) -> None:
    site.olt("OLT-1", "OLT Kediri Pusat")
    site.olt("OLT-2", enabled=False)

    text, found = run("olt-list").stdout, json.loads(run("olt-list", "--json").stdout)

    assert "http://127.0.0.1:8001" in text
    assert "hunter2" not in text + json.dumps(found)
    assert [olt["state"] for olt in found["olts"]] == ["never_polled", "disabled"]
    expected = "id,name,url,driver,dialect,model,firmware,enabled,state"
    assert expected == ",".join(found["olts"][0])
    assert not (site.folder / "eponctl.db").exists()

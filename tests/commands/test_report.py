"""`report`: the text that `poll` sends, and sending it by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from eponctl.lock import poll_lock

Run = Callable[..., Result]
# The provider "file" needs no network: it writes what a phone would get.
CHANNEL = """
[whatsapp]
enabled = true
provider = "file"
api_url = "{path}"
recipients = ["6281234567890", "6281234567891"]
"""


@pytest.fixture
def channel(network: Any, tmp_path: Path) -> Path:
    """A channel that writes into a file."""
    path, config = tmp_path / "phone.txt", network.folder / "olts.toml"
    text = config.read_text("utf-8")
    head, olts = text.split("\n[[olt]]", 1)
    config.write_text(head + CHANNEL.format(path=path) + "\n[[olt]]" + olts, "utf-8")
    return path


def test_text_is_the_report_of_the_original(network: Any, run: Run) -> None:
    text = run("report", "--hourly").stdout

    assert text.startswith("📋 HOURLY STATUS REPORT 📋\n")
    assert "🏢 Total OLT: 2" in text
    assert "OLT Kediri Pusat: 2/3" in text


def test_json_has_summary_and_olts(network: Any, run: Run) -> None:
    found = json.loads(run("report", "--hourly", "--json").stdout)
    status = json.loads(run("status", "--json").stdout)

    assert list(found) == ["schema", "generated_at", "period", "summary", "olts"]
    assert found["schema"] == "eponctl-report/1"
    assert (status["summary"], status["olts"]) == (found["summary"], found["olts"])


def test_file_holds_the_text(network: Any, run: Run, tmp_path: Path) -> None:
    run("report", "--hourly", "-o", str(tmp_path / "report.txt"))

    assert run("report", "--hourly").stdout == (tmp_path / "report.txt").read_text("utf-8")


def test_report_needs_its_period(network: Any, run: Run) -> None:
    result = run("report")

    assert result.exit_code == 2
    assert "--hourly" in result.stderr


def test_sending_needs_a_channel(network: Any, run: Run) -> None:
    result = run("report", "--hourly", "--send")

    assert result.exit_code == 2
    assert "whatsapp.enabled" in result.stderr


def test_sent_report_says_what_happened(channel: Path, run: Run) -> None:
    result = run("report", "--hourly", "--send")

    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "2 of 2 messages sent" in result.stderr
    assert channel.read_text("utf-8").count("HOURLY STATUS REPORT") == 2


def test_report_that_is_not_delivered_is_a_failure_and_waits(channel: Path, run: Run) -> None:
    channel.mkdir()  # what should be a file cannot be written

    result = run("report", "--hourly", "--send")
    queue = json.loads(run("queue", "--json").stdout)["messages"]

    assert result.exit_code == 1
    assert "0 of 2 messages sent" in result.stderr
    assert [message["kind"] for message in queue] == ["report", "report"]


def test_running_poll_is_not_disturbed(channel: Path, network: Any, run: Run) -> None:
    with poll_lock(network.folder / "eponctl.db"):
        result = run("report", "--hourly", "--send")

    assert result.exit_code == 75
    assert not channel.exists()

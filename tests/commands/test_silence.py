"""`silence` and `ack`: quiet on purpose, for a time; and no more reminders."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import Result

from eponctl.incidents.records import Incident
from eponctl.store import incidents
from eponctl.store.database import open_database

Run = Callable[..., Result]
Make = Callable[..., Incident]


def listed(run: Run) -> list[tuple[Any, ...]]:
    """Target, OLTs and ONUs of what is silenced."""
    found = json.loads(run("silence", "list", "--json").stdout)["silences"]
    return [(one["target"], one["olts"], one["onus"]) for one in found]


@pytest.mark.parametrize(
    ("target", "covers", "row"),
    [
        ("OLT-1", "1 OLT, 4 ONUs", ("OLT-1", 1, 4)),
        ("OLT-*", "3 OLTs, 6 ONUs", ("OLT-*", 3, 6)),
        ("OLT-1:0/1", "2 ONUs", ("OLT-1:0/1", 0, 2)),
        ("OLT-1:0/1:10", "1 ONU", ("OLT-1:0/1:10", 0, 1)),
        ("OLT-1:*:3", "1 ONU", ("OLT-1:*:3", 0, 1)),
        ("00-11-22-33-44-56", "1 ONU", ("00:11:22:33:44:56", 0, 1)),
    ],
)
def test_silence_says_what_it_covers_and_until_when(
    network: Any, run: Run, target: str, covers: str, row: tuple[Any, ...]
) -> None:
    result = run("silence", target, "--for", "2h", "--why", "splicing")

    until = datetime.fromtimestamp(network.now + 7200, ZoneInfo("Asia/Jakarta"))
    assert 0 == result.exit_code, result.output
    assert result.stdout.startswith(f"{row[0]}: {covers}, until ")
    assert result.stdout.endswith(until.strftime("%H:%M\n"))
    assert [row] == listed(run)


def test_long_silence_names_the_day_it_ends(network: Any, run: Run) -> None:
    until = datetime.fromtimestamp(network.now + 3 * 86400, ZoneInfo("Asia/Jakarta"))

    assert until.strftime("until %Y-%m-%d %H:%M\n") in run("silence", "OLT-1", "--for", "3d").stdout


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("OLT-11", 'did you mean "OLT-1"?'),
        ("OLT-1:0/11", 'did you mean "OLT-1:0/1"?'),
        ("OLT-1:0/1:11", 'did you mean "OLT-1:0/1:1"?'),
        ("budi santoso", 'did you mean "00:11:22:33:44:56"?'),
        ("00:11:22:33:44:99", 'did you mean "00:11:22:33:44:5'),
        ("OLT-9", 'did you mean "OLT-'),
        ("KEDIRI-*", "fits no OLT, PON or ONU"),
        ("OLT-1:", "expected OLT[:PON[:ONU]]"),
    ],
)
def test_target_that_fits_nothing_is_refused_with_the_nearest(
    network: Any, run: Run, target: str, word: str
) -> None:
    result = run("silence", target, "--for", "2h")

    assert (2, "") == (result.exit_code, result.stdout)
    assert word in result.stderr
    assert [] == listed(run)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (("OLT-1",), "--for"),
        (("OLT-1", "--for", "0s"), "--for"),
        (("OLT-1", "--for", "9999d"), "--for"),
        (("OLT-1", "--for", "tomorrow"), '"15m"'),
        (("OLT-1", "OLT-2", "--for", "2h"), "one TARGET at a time"),
        (("list", "OLT-1"), "shows all"),
        (("list", "--for", "2h"), "not with `silence list`"),
        (("end",), "missing"),
        (("end", "1", "--why", "x"), "not with `silence end`"),
        ((), "TARGET|list|end"),
    ],
)
def test_unclear_lines_are_refused(
    network: Any, run: Run, line: tuple[str, ...], word: str
) -> None:
    result = run("silence", *line)

    assert 2 == result.exit_code
    assert word in result.stderr


def test_list_has_the_keys_and_the_first_to_end_first(network: Any, run: Run) -> None:
    run("silence", "OLT-1", "--for", "2h", "--why", "tower \x1b[31mwork")
    run("silence", "OLT-2", "--for", "30m")

    found = json.loads(run("silence", "list", "--json").stdout)
    text = run("silence", "list").stdout

    assert ["schema", "generated_at", "silences"] == list(found)
    assert "eponctl-silences/1" == found["schema"]
    expected = "id,target,olts,onus,why,from_at,until_at,ended_at"
    assert expected == ",".join(found["silences"][0])
    assert ["OLT-2", "OLT-1"] == [one["target"] for one in found["silences"]]
    assert ["OLT-2", "OLT-1"] == [line.split()[1] for line in text.splitlines()[1:]]
    assert "tower work" in text
    assert "30m" in text


def test_silence_ends_by_itself(network: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("silence", "OLT-1", "--for", "2h")
    monkeypatch.setattr("time.time", lambda: float(network.now + 7200))

    assert "Nothing is silenced.\n" == run("silence", "list").stdout


def test_second_silence_of_a_target_takes_the_place_of_the_first(network: Any, run: Run) -> None:
    run("silence", "OLT-1", "--for", "2h")
    run("silence", "OLT-1", "--for", "10m")

    (line,) = run("silence", "list").stdout.splitlines()[1:]

    assert "10m" in line


@pytest.mark.parametrize("which", ["1", "OLT-1"])
def test_silence_is_ended_by_number_or_target(network: Any, run: Run, which: str) -> None:
    run("silence", "OLT-1", "--for", "2h")
    run("silence", "OLT-2", "--for", "2h")

    result = run("silence", "end", which)

    assert (0, "OLT-1: silence 1 ended\n") == (result.exit_code, result.stdout)
    assert [("OLT-2", 1, 1)] == listed(run)


def test_silence_of_a_mac_is_ended_however_it_is_written(network: Any, run: Run) -> None:
    run("silence", "0011.2233.4456", "--for", "2h")

    assert 0 == run("silence", "end", "00:11:22:33:44:56").exit_code
    assert [] == listed(run)


def test_silence_that_is_not_there_is_answered_with_those_that_are(network: Any, run: Run) -> None:
    run("silence", "OLT-1", "--for", "2h")

    result = run("silence", "end", "7")

    assert 2 == result.exit_code
    assert "silence 1: OLT-1" in result.stderr


def test_help_tells_of_all_three_forms(run: Run) -> None:
    text = run("silence", "--help").stdout

    for word in ("TARGET|list|end", "silence list", "silence end", "--for", "--why", "--json"):
        assert word in text


# --- ack --------------------------------------------------------------------------------------


def acked_at(site: Any, incident_id: str) -> int | None:
    """When the incident was acknowledged."""
    with open_database(site.folder / "eponctl.db"):
        found = incidents.get(incident_id)
    assert found is not None
    return found.acked_at


@pytest.mark.parametrize("name", ["#7K3Q", "7K3Q", "7k3q", "#7k3q"])
def test_incident_is_acknowledged_in_any_case(
    network: Any, run: Run, outage: Make, name: str
) -> None:
    network.incident(outage())

    result = run("ack", name)

    assert 0 == result.exit_code, result.output
    assert result.stdout.startswith("#7K3Q: acknowledged (whole pon outage, OLT-1:0/1)")
    assert network.now == acked_at(network, "7K3Q")
    assert "acked" in run("incidents").stdout


def test_first_acknowledgement_counts(network: Any, run: Run, outage: Make) -> None:
    network.incident(outage(acked_at=network.now - 60))

    result = run("ack", "7K3Q")

    assert 0 == result.exit_code
    assert "was acknowledged at" in result.stdout
    assert network.now - 60 == acked_at(network, "7K3Q")


def test_what_became_part_of_another_stands_for_that_one(
    network: Any, run: Run, outage: Make
) -> None:
    part = outage(3, 64, id="6UVW", merged_into="7K3Q", closed_at=network.now - 100)
    network.incident(outage(), part)

    assert "#6UVW became part of #7K3Q: acknowledged" in run("ack", "6UVW").stdout
    assert network.now == acked_at(network, "7K3Q")


def test_what_is_over_needs_no_acknowledgement(network: Any, run: Run, outage: Make) -> None:
    network.incident(outage(closed_at=network.now - 60))

    result = run("ack", "7K3Q")

    assert 0 == result.exit_code
    assert "#7K3Q: is over since" in result.stdout
    assert acked_at(network, "7K3Q") is None


def test_unknown_id_is_answered_with_what_is_open(network: Any, run: Run, outage: Make) -> None:
    network.incident(outage())

    result = run("ack", "#XXXX")

    assert (2, "") == (result.exit_code, result.stdout)
    assert "#7K3Q: open: whole pon outage, OLT-1:0/1" in result.stderr


@pytest.mark.parametrize("verb", ["ack", "why"])
def test_id_that_the_shell_took_for_a_comment_is_explained(
    network: Any, run: Run, verb: str
) -> None:
    result = run(verb)

    assert 2 == result.exit_code
    assert "'#7K3Q'" in result.stderr

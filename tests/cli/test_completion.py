"""What a shell offers behind TAB: its protocol, spoken with the installed command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from eponctl.cli import completing
from eponctl.cli.program import program
from eponctl.commands.samples import ALL_KINDS
from eponctl.commands.status import SORTS, STATES
from eponctl.incidents.records import Extent, Incident, Kind
from eponctl.model import Priority
from eponctl.store import incidents
from eponctl.store.database import open_database

EPONCTL = Path(sys.executable).with_name("eponctl")
FILE = """
[[olt]]
id = "OLT-KEDIRI-01"
url = "http://127.0.0.1:1"
username = "admin"
password = "x"

[[olt]]
id = "OLT-PARE-01"
url = "http://127.0.0.1:2"
username = "admin"
password = "x"
enabled = false
"""
OLTS = ["OLT-KEDIRI-01", "OLT-PARE-01"]
Complete = Callable[..., list[str]]


@pytest.fixture
def complete(tmp_path: Path) -> Complete:
    """Give a function that says what bash offers at the end of a line; `file` is its olts.toml."""
    (tmp_path / "olts.toml").write_text(FILE)

    def call(line: str, folder: Path = tmp_path) -> list[str]:
        words = line.split(" ")
        env = {
            "PATH": os.environ["PATH"],
            "_EPONCTL_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        ended = subprocess.run(
            [str(EPONCTL)], capture_output=True, text=True, cwd=folder, env=env, check=False
        )
        assert (0, "") == (ended.returncode, ended.stderr)
        return ended.stdout.split()

    return call


def incident(incident_id: str, opened_at: int, closed_at: int | None = None) -> Incident:
    return Incident(
        id=incident_id,
        kind=Kind.OLT,
        extent=Extent.OLT_UNREACHABLE,
        priority=Priority.HIGH,
        opened_at=opened_at,
        grown_at=opened_at,
        olt_ids=("OLT-KEDIRI-01",),
        closed_at=closed_at,
    )


@pytest.fixture
def known(tmp_path: Path) -> None:
    """Have a database with two incidents that are open and one that is over."""
    made = [incident("7K3Q", 100), incident("8MMQ", 300, 400), incident("4N7P", 200)]
    with open_database(tmp_path / "eponctl.db", create=True) as database, database.atomic():
        incidents.save(database, made)


def test_verbs_are_offered(complete: Complete) -> None:
    assert ["olt"] == complete("eponctl ol")
    assert {"list", "add", "test"} < set(complete("eponctl olt "))
    assert "--olt" in complete("eponctl status --")


@pytest.mark.parametrize(
    "line",
    [
        "eponctl poll --olt ",
        "eponctl status --olt ",
        "eponctl alerts --olt ",
        "eponctl check --olt ",
        "eponctl olt test ",
        "eponctl olt test OLT-PARE-01 ",
        "eponctl olt edit ",
        "eponctl olt remove ",
        "eponctl olt enable ",
        "eponctl olt disable ",
        "eponctl olt capture ",
        "eponctl -v -q status --all --olt ",
    ],
)
def test_olts_of_the_configuration_are_offered(complete: Complete, line: str) -> None:
    assert complete(line) == OLTS


def test_begun_id_is_completed(complete: Complete) -> None:
    assert ["OLT-PARE-01"] == complete("eponctl olt test OLT-P")
    assert [] == complete("eponctl olt test X")


def test_a_new_olt_has_no_known_id(complete: Complete) -> None:
    assert [] == complete("eponctl olt add ")


def test_silence_offers_olts_and_its_words(complete: Complete) -> None:
    assert [*OLTS, "list", "end"] == complete("eponctl silence ")


@pytest.mark.parametrize(
    "line",
    [
        "eponctl -c {}/olts.toml olt test ",
        "eponctl --config={}/olts.toml olt test ",
        "eponctl olt test -c {}/olts.toml ",
    ],
)
def test_file_that_the_line_names_counts(complete: Complete, tmp_path: Path, line: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert [] == complete("eponctl olt test ", elsewhere)
    assert complete(line.format(tmp_path), elsewhere) == OLTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[olt]]\nid = 7\n[[olt]]\nid = 'A'\nunknown = true\n", ["A"]),
        ("[[olt]]\nid = 'a b'\n[[olt]]\nid = \"a\\nb$(x)\"\n", []),
        ("olt = 'A'\n", []),
        ("[[olt]", []),
        ("\udcff", []),
    ],
)
def test_broken_file_says_nothing(
    complete: Complete, tmp_path: Path, text: str, expected: list[str]
) -> None:
    (tmp_path / "olts.toml").write_bytes(text.encode("utf-8", "surrogateescape"))

    assert expected == complete("eponctl status --olt ")


def test_place_of_an_onu_is_no_word_of_its_own(complete: Complete) -> None:
    assert ["label", "import"] == complete("eponctl onu ")


@pytest.mark.usefixtures("known")
def test_incidents_are_offered_open_ones_first(complete: Complete) -> None:
    assert ["4N7P", "7K3Q", "8MMQ"] == complete("eponctl why ")
    assert ["4N7P", "7K3Q"] == complete("eponctl ack ")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("begun", "expected"), [("7", "7K3Q"), ("7k", "7k3q"), ("'#7K'", "#7K3Q")])
def test_incident_is_completed_as_it_was_begun(
    complete: Complete, begun: str, expected: str
) -> None:
    assert [expected] == complete(f"eponctl ack {begun}")


def test_without_a_database_no_incident_is_offered(complete: Complete, tmp_path: Path) -> None:
    assert [] == complete("eponctl why ")
    assert not (tmp_path / "eponctl.db").exists()


@pytest.mark.parametrize("content", [b"no database", b""])
def test_broken_database_says_nothing(complete: Complete, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "eponctl.db").write_bytes(content)

    assert [] == complete("eponctl ack ")
    assert content == (tmp_path / "eponctl.db").read_bytes()


def test_words_of_options_are_offered(complete: Complete) -> None:
    assert list(STATES) == complete("eponctl status --state ")
    assert list(SORTS) == complete("eponctl status --sort ")
    assert ["critical"] == complete("eponctl alerts --priority c")
    assert ["onus", "olts"] == complete("eponctl export --table o")
    assert list(ALL_KINDS) == complete("eponctl messages show ")


def test_line_with_an_open_quote_says_nothing(complete: Complete) -> None:
    assert [] == complete("eponctl status 'open --olt ")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"COMP_WORDS": "eponctl status --olt O", "COMP_CWORD": "3"}, ["status", "--olt"]),
        ({"COMP_WORDS": "eponctl status", "COMP_CWORD": "1"}, []),
        ({"_TYPER_COMPLETE_ARGS": "eponctl olt test O"}, ["olt", "test"]),
        ({}, []),
    ],
)
def test_line_is_what_stands_before_the_cursor(
    variables: dict[str, str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert expected == completing.words()


def test_every_option_and_argument_for_an_olt_is_completed() -> None:
    def parameters(command: object, path: str) -> list[str]:
        found = []
        for verb, inner in getattr(command, "commands", {}).items():
            found += parameters(inner, f"{path} {verb}")
        for one in getattr(command, "params", ()):
            is_olt = "--olt" in one.opts or one.name in {"olt_id", "olt_ids"}
            if is_olt and one._custom_shell_complete is None:
                found.append(f"{path} {one.opts[0]}")
        return found

    assert ["eponctl olt add olt_id"] == parameters(typer.main.get_command(program()), "eponctl")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_for_the_shell_is_shown(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Else typer asks which process started this one.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")

    ended = CliRunner().invoke(program(), ["--show-completion", shell])

    assert (0, "") == (ended.exit_code, ended.stderr)
    assert "_EPONCTL_COMPLETE" in ended.stdout

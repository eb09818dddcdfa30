"""`eponctl messages init|check|show`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eponctl import textfaults
from eponctl.cli.program import program
from eponctl.messages.templates import FOLDER

Run = Callable[..., Result]
app = program()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Give a function that runs eponctl in a folder with an olts.toml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EPONCTL_CONFIG", raising=False)
    Path("olts.toml").write_text('language = "en"\n')
    textfaults.taken()
    yield lambda *arguments: CliRunner().invoke(app, ["messages", *arguments])
    textfaults.taken()


@pytest.fixture
def own(run: Run) -> Path:
    """Give the folder of one's own texts, which olts.toml names."""
    Path("olts.toml").write_text('language = "en"\n[messages]\ndir = "own"\n')
    folder = Path("own/en")
    folder.mkdir(parents=True)
    return folder.absolute()


def test_init_writes_all_texts_where_olts_toml_says(run: Run) -> None:
    Path("olts.toml").write_text('[messages]\ndir = "texts/own"\n')

    ended = run("init")

    assert 0 == ended.exit_code
    written = sorted(path.relative_to(FOLDER) for path in FOLDER.glob("*/*.j2"))
    assert sorted(str(Path.cwd() / "texts/own" / name) for name in written) == sorted(
        ended.stdout.splitlines()
    )
    for name in written:
        text = (Path("texts/own") / name).read_text("utf-8")
        assert text.startswith(f"{{# Your own words: {name}")
        assert text.endswith((FOLDER / name).read_text("utf-8"))
    assert "every text can be used in both languages (12 files" in run("check").stderr


def test_init_says_what_olts_toml_lacks(run: Run) -> None:
    ended = run("init", "there")

    assert f'to have it used, put into olts.toml: [messages] dir = "{Path.cwd()}' in ended.stderr
    assert Path("there/id/onu.j2").is_file()
    assert Path.cwd() / "messages/en/onu.j2" in map(Path, run("init").stdout.splitlines())


def test_init_writes_over_nothing_unless_told_to(run: Run, own: Path) -> None:
    (own / "onu.j2").write_text("mine")

    ended = run("init")

    assert 2 == ended.exit_code
    assert [
        f"eponctl: {own}/onu.j2: is there already, and may be yours",
        "hint: --force replaces them",
    ] == ended.stderr.splitlines()
    assert "mine" == (own / "onu.j2").read_text()
    assert not (own / "notes.j2").exists()
    assert 0 == run("init", "--force").exit_code
    assert "mine" != (own / "onu.j2").read_text()


def test_check_names_file_line_and_fault_of_both_languages(run: Run, own: Path) -> None:
    (own / "onu.j2").write_text("\n{% macro trouble(onu) %}\n{{ onu.nmae }}\n{% endmacro %}")
    other = own.parent / "id"
    other.mkdir()
    (other / "notes.j2").write_text("{% macro tset(time, olts) %}x{% endmacro %}\n{% if %}")

    ended = run("check")

    assert 1 == ended.exit_code
    assert [
        f"{own}/onu.j2:3: OnuView has no 'nmae'",
        f"{other}/notes.j2:2: Expected an expression, got 'end of statement block'",
    ] == ended.stdout.splitlines()
    assert "" == ended.stderr


def test_check_finds_what_breaks_only_where_little_is_known(run: Run, own: Path) -> None:
    (own / "onu.j2").write_text(
        "{% macro trouble(onu) %}\n{{ onu.name }} {{ onu.rx_power.text }}\n{% endmacro %}"
    )

    expected = f"{own}/onu.j2:2: None has no 'text'; {{% if %}} asks whether there is a value\n"
    assert expected == run("check").stdout


def test_check_as_json(run: Run, own: Path) -> None:
    (own / "notes.j2").write_text("{% macro tets() %}x{% endmacro %}")

    ended = run("check", "--json")

    told = json.loads(ended.stdout)
    assert (1, "eponctl-messages-check/1") == (ended.exit_code, told["schema"])
    assert [str(own / "notes.j2")] == told["files"]
    assert str(own.parent) == told["dir"]
    what = 'nothing uses tets; did you mean "test"?'
    assert [{"path": str(own / "notes.j2"), "line": 1, "what": what}] == told["faults"]


def test_check_without_a_folder_is_well(run: Run) -> None:
    ended = run("check")

    assert (0, "") == (ended.exit_code, ended.stdout)
    assert "every text can be used in both languages (no [messages] dir)\n" == ended.stderr


def test_show_has_the_words_that_a_poll_would_send(run: Run, own: Path) -> None:
    (own / "onu.j2").write_text("{% macro trouble(onu) %}\n*{{ onu.name }}* mati\n{% endmacro %}")

    ended = run("show", "down")

    assert 0 == ended.exit_code
    assert "──── down, en\n🚨 EPON MULTI-OLT" in ended.stdout
    assert "\n*CLIENT-003* mati\n" in ended.stdout
    assert "*CLIENT-003*" not in run("show", "down", "--language", "id").stdout


def test_show_says_which_text_it_could_not_use(run: Run, own: Path) -> None:
    (own / "onu.j2").write_text("{% macro trouble(onu) %}\n{{ x }}\n{% endmacro %}")

    ended = run("show", "down")

    assert 0 == ended.exit_code
    assert "🔴 CLIENT-003" in ended.stdout
    assert f"{own}/onu.j2:2: 'x' is undefined; the built-in text is used\n" == ended.stderr


def test_show_knows_more_than_the_usual_kinds(run: Run) -> None:
    usual = run("show").stdout

    assert "──── outage, en" in usual
    assert "──── digest, en" not in usual
    assert "──── digest, en" in run("show", "digest").stdout
    assert "📋 WEEKLY STATUS REPORT" in run("show", "weekly").stdout


def test_show_refuses_what_it_does_not_know(run: Run) -> None:
    ended = run("show", "outgae")

    assert 2 == ended.exit_code
    assert 'unknown: "outgae"; did you mean "outage"?' in ended.stderr

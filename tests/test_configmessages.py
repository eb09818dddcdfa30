"""[messages]: the folder of one's own texts, and what in it can never be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from eponctl import config, configmessages
from eponctl.errors import ConfigError
from eponctl.messages.templates import FOLDER, LANGUAGES
from eponctl.settings import Words

DIR = '[messages]\ndir = "own"\n'


def faults(text: str, folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, folder / "olts.toml")
    return [
        f"{problem.key}: {problem.text}".replace(f"{folder}/", "")
        for problem in caught.value.problems
    ]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Give a folder with a language in it."""
    (tmp_path / "own" / "id").mkdir(parents=True)
    return tmp_path / "own"


def test_names_are_those_of_the_texts() -> None:
    assert tuple(sorted(LANGUAGES)) == configmessages.languages()
    assert configmessages.names() == tuple(sorted(one.name for one in (FOLDER / "id").iterdir()))


def test_without_a_folder_words_are_built_in() -> None:
    assert Words("id") == config.parse("", Path("/srv/olts.toml")).words
    assert Words("en") == config.parse('language = "en"\n[messages]\n', Path("/o.toml")).words


def test_folder_counts_from_the_file(own: Path) -> None:
    (own / "id" / "onu.j2").touch()

    assert Words("id", own) == config.parse(DIR, own.parent / "olts.toml").words


def test_folder_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    expected = "messages.dir: expected a folder: own is not there; `eponctl messages init` makes it"
    assert [expected] == faults(DIR, tmp_path)
    (tmp_path / "own").touch()
    assert ["messages.dir: expected a folder: own is none"] == faults(DIR, tmp_path)


def test_every_name_that_no_text_has_is_a_fault_at_once(own: Path) -> None:
    for name in ("id/oun.j2", "id/whatsapp.j2", "onu.j2", "eng/onu.j2"):
        (own / name).parent.mkdir(exist_ok=True)
        (own / name).touch()
    known = ", ".join(configmessages.names())

    assert [
        'messages.dir: no language is called "eng"; did you mean "en"? (known: en, id)',
        f'messages.dir: no text is called "id/oun.j2"; did you mean "onu.j2"? (known: {known})',
        f'messages.dir: no text is called "id/whatsapp.j2" (known: {known})',
        'messages.dir: "onu.j2": expected in en/ or id/, the folder of its language',
    ] == faults(DIR, own.parent)


def test_what_editors_leave_behind_stops_no_poll(own: Path) -> None:
    for name in (
        ".git/x.j2",
        ".onu.j2.swp",
        "README.md",
        "id/onu.j2~",
        "id/.#onu.j2",
        "id/old.txt",
    ):
        (own / name).parent.mkdir(exist_ok=True)
        (own / name).touch()

    assert own == config.parse(DIR, own.parent / "olts.toml").messages_dir


def test_unknown_key_is_a_fault(own: Path) -> None:
    assert ["messages.path: unknown key; known here: dir"] == faults(
        '[messages]\npath = "own"\n', own.parent
    )

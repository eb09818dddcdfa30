"""The README's command reference says what the program does, and nothing else."""

from __future__ import annotations

import difflib
import re

import pytest

from eponctl.cli.program import VERBS
from eponctl.config import PROVIDERS
from tests.reference import BEGIN, END, README, reference, split


def test_reference_in_the_readme_is_up_to_date() -> None:
    _, found, _ = split(README.read_text("utf-8"))

    expected = reference()
    changes = difflib.unified_diff(found.splitlines(), expected.splitlines(), lineterm="", n=0)
    if found != expected:
        told = "\n".join(list(changes)[2:])
        pytest.fail(
            f"the command reference is out of date: `python -m tests.reference` writes it\n{told}"
        )


def test_reference_tells_of_verbs_options_and_defaults() -> None:
    lines = reference()

    assert "- **`eponctl poll [OPTIONS]`**<br>\n" in lines
    assert "- **`eponctl onu REF [OPTIONS]`**<br>\n" in lines
    assert "- **`eponctl olt add ID [OPTIONS]`**<br>\n" in lines
    assert "`--olt ID` Only this OLT" in lines
    assert "(default: 24h)" in lines
    # Passwords on the command line are refused with an explanation, not offered.
    assert "`--password`" not in lines


def test_marks_that_are_missing_are_named() -> None:
    with pytest.raises(ValueError, match="expected the lines"):
        split(f"{BEGIN}x")
    assert (BEGIN, "x\n", f"{END}y") == split(f"{BEGIN}x\n{END}y")


def test_every_file_of_the_readmes_map_is_there() -> None:
    text = README.read_text("utf-8").partition("Files, under `eponctl/`:")[2]
    rows = [row.split("|")[1] for row in text.split("\n\n")[1].splitlines()[2:]]

    places = re.findall(r"`([^`]+)`", " ".join(rows))

    assert {"web.py", "drivers/", "asp*.py"} <= set(places)
    assert [] == [one for one in places if not [*(README.parent / "eponctl").glob(one)]]


def test_changelog_names_every_verb_provider_and_table_of_keys() -> None:
    text = (README.parent / ".github" / "CHANGELOG.md").read_text("utf-8")
    sample = (README.parent / "olts.toml").read_text("utf-8")

    words = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]+)`", text))))
    tables = {
        table.split(".")[-1] for table in re.findall(r"^#?\[+([a-z.]+)\]", sample, re.MULTILINE)
    }

    assert {"poll", "whatsapp", "route", "messages", "export"} <= tables
    assert set() == {*VERBS, *PROVIDERS, *tables} - words

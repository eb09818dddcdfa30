"""The lists of verbs in the help: all of them, in order, and in whole sentences."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from eponctl.cli.program import VERBS, program

GROUPS = ("", "onu", "olt", "whatsapp", "messages", "schedule", "db")


def listed(group: str) -> str:
    """The list of verbs in a group's help, for a terminal of 80 columns."""
    line = [*group.split(), "--help"]
    result = CliRunner().invoke(program(), line, prog_name="eponctl", env={"COLUMNS": "80"})
    assert 0 == result.exit_code
    return result.output.partition("Commands:\n")[2]


def test_verbs_stand_in_the_order_of_the_interface() -> None:
    assert list(VERBS) == re.findall(r"^  (\S+)", listed(""), re.MULTILINE)


@pytest.mark.parametrize("group", GROUPS)
def test_no_sentence_is_cut(group: str) -> None:
    text = listed(group)

    assert "..." not in text
    assert 80 >= max(map(len, text.splitlines()))

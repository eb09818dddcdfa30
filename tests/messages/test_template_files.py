"""The templates as files: the languages say the same, and nothing is loaded before it is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from eponctl import messages
from eponctl.messages import LANGUAGES

FOLDER = Path(messages.__file__).parent
NAMES = sorted(path.name for path in (FOLDER / "id").iterdir())


def _bones(language: str, name: str) -> tuple[list[str], list[str], int]:
    """Return what a translation must keep: macros with their values, signs, and lines."""
    text = (FOLDER / language / name).read_text(encoding="utf-8")
    return (
        re.findall(r"{%-? (?:macro .*?|if .*?|for .*?) -?%}", text),
        re.findall(r"[^\x00-\u024f–…]+", text),
        text.count("\n"),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_language_says_the_same_as_the_original(language: str, name: str) -> None:
    assert sorted(path.name for path in (FOLDER / language).iterdir()) == NAMES
    assert _bones(language, name) == _bones("id", name)


@pytest.mark.parametrize("name", NAMES)
def test_every_macro_of_a_template_is_used(name: str) -> None:
    template = (FOLDER / "id" / name).read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))

    macros = re.findall(r"{% macro (\w+)\(", template)
    unused = [one for one in macros if template.count(f"{one}(") == 1 and f'"{one}"' not in code]

    assert [] == unused


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.j2")), ids=lambda path: path.parent.name)
def test_no_template_holds_a_mark_that_formats(path: Path) -> None:
    text = re.sub(r"{[{%#].*?[}%#]}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert not set(text) & set("*_~`")


def test_jinja2_is_not_imported_before_there_is_a_text_to_make() -> None:
    code = "import sys, eponctl.messages; sys.exit('jinja2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""The texts' templates: one folder per language beside this file, compiled once per process.

A template holds macros and one macro makes one block of text, so that the splitter gets whole
blocks and nothing is compiled twice. jinja2 is imported when the first text is made: most polls
have nothing to tell and should not pay for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

LANGUAGES = ("id", "en")


class Texts:
    """The macros of one template in one language, called by name."""

    def __init__(self, language: str, template: str) -> None:
        """Load `<language>/<template>.j2`; ValueError for a language without templates."""
        self._macros = _macros(language, template)

    def __call__(self, macro: str, *values: object) -> str:
        """Return the block that a macro makes, without the line break at its end."""
        return str(getattr(self._macros, macro)(*values)).strip("\n")


@cache
def _macros(language: str, template: str) -> object:
    """Return the module of `<language>/<template>.j2`.

    Raises ValueError for a language without templates.
    """
    if language not in LANGUAGES:
        message = f"no messages in language {language!r}, only in {', '.join(LANGUAGES)}"
        raise ValueError(message)
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Autoescape stays off: these are plain texts for a phone, where `&amp;` would be shown as such.
    # What is hostile there is another matter, and text.neutral() has dealt with it before.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / language),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{template}.j2").module

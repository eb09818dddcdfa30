"""The texts' templates: one folder per language beside this file, compiled once per process.

A template holds macros and one macro makes one block of text, so that the splitter gets whole
blocks and nothing is compiled twice. jinja2 is imported when the first text is made: most polls
have nothing to tell and should not pay for it. Somebody's own macros are owntexts' business.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from eponctl.settings import Words

LANGUAGES = ("id", "en")
FOLDER = Path(__file__).parent

Language = str | Words
"""A language with the built-in texts, or with somebody's own in their place."""


class Texts:
    """The macros of one template in one language, called by name."""

    def __init__(self, language: Language, template: str) -> None:
        """Load `<language>/<template>.j2`; ValueError for a language without templates."""
        words = language if isinstance(language, Words) else Words(language)
        self._macros = _macros(words.language, template)
        self._own = None
        if words.folder is not None:
            from eponctl.messages import owntexts

            name = f"{words.language}/{template}.j2"
            self._own = owntexts.load(words.folder / name, FOLDER / name)

    def __call__(self, macro: str, *values: object) -> str:
        """Return the block that a macro makes, without the line break at its end."""
        own = self._own.text(macro, *values) if self._own else None
        return str(getattr(self._macros, macro)(*values)).strip("\n") if own is None else own


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
        loader=FileSystemLoader(FOLDER / language),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{template}.j2").module

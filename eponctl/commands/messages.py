"""`eponctl messages`: one's own texts: a start, what is broken in them, how they look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from eponctl import atomicfile, configmessages, textfaults
from eponctl import config as configuration
from eponctl.commands import samples
from eponctl.errors import ConfigError, Problem
from eponctl.messages import owntexts
from eponctl.messages.templates import FOLDER, LANGUAGES
from eponctl.settings import Config
from eponctl.textfaults import TextFault

DEFAULT_DIR = "messages"
"""Where `init` writes if nobody says where: beside the configuration."""

_START = """\
{{# Your own words: {name}, as `eponctl messages init` wrote it.

   Each macro makes one text. Keep those that you change and delete all others: what this file does
   not define is the built-in text, that of later versions too. A `set` can be replaced the same
   way. What a macro is given, as `onu.name`, are the values that you find in it below. A customer's
   and a device's words have been made harmless before; there is no way to files from here.

   `eponctl messages check` says what is broken, and where; `eponctl messages show` shows the rest.
#}}
"""


class Checked(NamedTuple):
    """The files that were looked at, in their order, and what is wrong with them."""

    files: tuple[Path, ...]
    faults: tuple[TextFault, ...]


def folder_of(document: Mapping[str, object], base: Path) -> tuple[Path, bool]:
    """Where own texts belong by the tables of olts.toml, and whether these say so.

    Asked before there is such a folder, when the file as a whole is not valid yet.
    """
    table = document.get("messages")
    name = table.get("dir") if isinstance(table, dict) else None
    if isinstance(name, str) and name.strip():
        return base / Path(name).expanduser(), True
    return base / DEFAULT_DIR, False


def read_folder(path: Path) -> tuple[Path, bool]:
    """The same, of the file at `path`. Raises ConfigError when that is no TOML."""
    document = configuration.parse_toml(configuration.read_text(path), path)
    return folder_of(document, path.absolute().parent)


def init(folder: Path, *, overwrites: bool) -> list[Path]:
    """Write the built-in texts into a folder, in every language; return the files.

    Raises ConfigError where some are there already, unless it `overwrites`; EponctlError where they
    cannot be written.
    """
    names = [f"{language}/{name}" for language in LANGUAGES for name in configmessages.names()]
    there = [str(folder / name) for name in names if (folder / name).exists()]
    if there and not overwrites:
        problems = [Problem(one, "", "is there already, and may be yours") for one in there]
        raise ConfigError(problems, "--force replaces them")
    written = []
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomicfile.replacing(path) as file:
            file.write(_START.format(name=name).encode() + (FOLDER / name).read_bytes())
        written.append(path)
    return written


def check(config: Config, *, now: int) -> Checked:
    """Make every text in both languages of what was invented, and say what could not be used."""
    files = tuple(_files(config))
    textfaults.taken()
    for path in files:
        for fault in owntexts.oddities(path, FOLDER / path.parent.name / path.name):
            textfaults.note(fault)
    for language in LANGUAGES:
        for _ in samples.texts(config._replace(language=language), now, samples.ALL_KINDS):
            pass
    return Checked(files, tuple(sorted(textfaults.taken())))


def _files(config: Config) -> Iterator[Path]:
    if config.messages_dir is None:
        return
    for language in LANGUAGES:
        for name in configmessages.names():
            path = config.messages_dir / language / name
            if path.is_file():
                yield path

"""What a shell offers behind TAB. Says nothing else, whatever happens, and starts quickly.

OLTs are those of olts.toml even while that file has faults; incidents are read from the database
without a lock or a change.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

_OLT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VARIABLES = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")


def words() -> list[str]:
    """The line so far, without the program's name and the word at the cursor; [] if none is."""
    line = next((os.environ[name] for name in _VARIABLES if name in os.environ), "")
    place = os.environ.get("COMP_CWORD", "")
    found = _split(line)
    # fish and zsh tell the whole line, bash also which word it is.
    return found[1 : int(place)] if place.isdecimal() else found[1:-1]


def _split(line: str) -> list[str]:
    import shlex

    with contextlib.suppress(ValueError):
        return shlex.split(line)
    return line.split()  # a quote that is open still


def olt_ids(context: typer.Context, incomplete: str) -> list[str]:
    """The ids of the OLTs in olts.toml, enabled or not."""
    return [one for one in _olts(context) if one.startswith(incomplete)]


def targets(context: typer.Context, incomplete: str) -> list[str]:
    """What `silence` takes first: OLTs, and its two words."""
    return [one for one in (*_olts(context), "list", "end") if one.startswith(incomplete)]


def incidents(context: typer.Context, incomplete: str) -> list[str]:
    """Incidents, those that are open first."""
    return _incidents(context, incomplete, are_open=False)


def open_incidents(context: typer.Context, incomplete: str) -> list[str]:
    """Incidents that are open."""
    return _incidents(context, incomplete, are_open=True)


def states(incomplete: str) -> list[str]:
    """What `status --state` takes."""
    from eponctl.commands.status import STATES

    return _begun(STATES, incomplete)


def sorts(incomplete: str) -> list[str]:
    """What `status --sort` takes."""
    from eponctl.commands.status import SORTS

    return _begun(SORTS, incomplete)


def priorities(incomplete: str) -> list[str]:
    """What `alerts --priority` takes."""
    return _begun(("critical", "high", "medium"), incomplete)


def tables(incomplete: str) -> list[str]:
    """What `export --table` takes."""
    return _begun(("onus", "olts", "alerts", "stats"), incomplete)


def languages(incomplete: str) -> list[str]:
    """What --language takes."""
    return _begun(("id", "en", "both"), incomplete)


def usual_kinds(incomplete: str) -> list[str]:
    """What `whatsapp preview --kind` takes."""
    from eponctl.commands.samples import KINDS

    return _begun(KINDS, incomplete)


def kinds_of_message(incomplete: str) -> list[str]:
    """What `messages show` takes."""
    from eponctl.commands.samples import ALL_KINDS

    return _begun(ALL_KINDS, incomplete)


def _begun(known: Iterable[str], incomplete: str) -> list[str]:
    return [str(one) for one in known if str(one).startswith(incomplete)]


# --- where it is found ---


def _path(context: typer.Context) -> Path | None:
    """The configuration file of the line so far; None where there is none."""
    from eponctl import config
    from eponctl.errors import ConfigError

    named = context.find_root().params.get("config") or next(_named(words()), None)
    with contextlib.suppress(ConfigError, OSError):
        return config.find(named and os.path.expanduser(named), os.environ, Path.cwd())  # noqa: PTH111
    return None


def _named(line: list[str]) -> Iterator[str]:
    """The file that the line names, also behind the verb."""
    for place, word in enumerate(line):
        if word in {"-c", "--config"}:
            yield from line[place + 1 : place + 2]
        elif word.startswith("--config="):
            yield word.partition("=")[2]


def _document(context: typer.Context) -> dict[str, object]:
    """The tables of the configuration file; none where it cannot be read."""
    from eponctl import config
    from eponctl.errors import ConfigError

    path = _path(context)
    with contextlib.suppress(ConfigError, OSError):
        return config.parse_toml(config.read_text(path), path) if path else {}
    return {}


def _olts(context: typer.Context) -> list[str]:
    found = _document(context).get("olt")
    ids = [one.get("id") for one in (found if isinstance(found, list) else ()) if _is_table(one)]
    return [one for one in ids if isinstance(one, str) and _OLT_ID.fullmatch(one)]


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _incidents(context: typer.Context, incomplete: str, *, are_open: bool) -> list[str]:
    """Ids as the person began to write them: with the `#` or without, in small letters or not."""
    import sqlite3

    from eponctl import config
    from eponctl.errors import ConfigError
    from eponctl.store.atonce import incident_ids

    path, mark = _path(context), "#" if incomplete.startswith("#") else ""
    if path is None:
        return []
    found: list[str] = []
    with contextlib.suppress(ConfigError, OSError, sqlite3.Error):
        found = incident_ids(config.load(path).database, are_open=are_open)
    wanted = incomplete.removeprefix("#")
    chosen = [one.lower() if wanted.islower() else one for one in found]
    return [mark + one for one in chosen if one.startswith(wanted)]

"""What is remembered of each OLT, read before anything is asked: SQLite alone, no peewee.

The way to each device's pages is all that a poll needs of its database to begin; the rest is
opened while the devices think.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from eponctl.model import OltState

SCHEMA_VERSION = 4
"""The newest schema: how many steps migrations.py has."""

NAMES = OltState._fields
_PLACES_OF_JSON = tuple(map(NAMES.index, ("failed_pons", "onus_by_pon")))
_SELECT = f"SELECT {', '.join(NAMES)} FROM olt_status"


def at_once(path: Path) -> dict[str, OltState] | None:
    """Every OLT that was ever polled, by id, where the database is there and up to date.

    None where it has to be made, brought up to date or complained of: store/database.py does.
    """
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_TIMEOUT_S)) as connection:
            version = connection.execute("SELECT max(version) FROM schema_version").fetchone()
            return read(connection) if version == (SCHEMA_VERSION,) else None
    except sqlite3.Error:
        return None


_TIMEOUT_S = 5.0


def read(connection: sqlite3.Connection) -> dict[str, OltState]:
    """Every OLT that was ever polled, by id; also those no longer in olts.toml."""
    states = map(_state, connection.execute(_SELECT))
    return {state.olt_id: state for state in states}


def _state(row: tuple[Any, ...]) -> OltState:
    values = list(row)
    for place in _PLACES_OF_JSON:
        values[place] = json.loads(values[place] or "{}")
    return OltState(*values)


def row_of(state: OltState) -> list[Any]:
    """The values of a row, in the order of `NAMES`."""
    values: list[Any] = list(state)
    for place in _PLACES_OF_JSON:
        values[place] = json.dumps(dict(values[place]))
    return values

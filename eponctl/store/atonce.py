"""What is read of the database without opening it as a whole: SQLite alone, no peewee, no wait.

For what may be late by a poll and must neither disturb one nor change a thing.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

_MOST = 50


def incident_ids(path: Path, *, are_open: bool) -> list[str]:
    """The ids of incidents, at most 50: open ones first, then the newest. Raises sqlite3.Error."""
    if not path.is_file():
        return []
    where = "WHERE closed_at IS NULL" if are_open else ""
    query = (
        f"SELECT id FROM incident {where} ORDER BY closed_at IS NOT NULL, opened_at DESC LIMIT ?"
    )
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("PRAGMA busy_timeout = 100")
        return [row[0] for row in connection.execute(query, (_MOST,))]

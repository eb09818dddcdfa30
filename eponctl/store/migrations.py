"""Numbered steps from one schema to the next; each and its record commit together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import peewee

from eponctl.errors import StoreError
from eponctl.store.versions import VERSION_1, VERSION_2, VERSION_3, VERSION_4

Step = Callable[[peewee.SqliteDatabase], None]


def _execute(statements: Iterable[str], database: peewee.SqliteDatabase) -> None:
    for statement in statements:
        database.execute_sql(statement)


STEPS: tuple[Step, ...] = (
    partial(_execute, VERSION_1),
    partial(_execute, VERSION_2),
    partial(_execute, VERSION_3),
    partial(_execute, VERSION_4),
)
"""Step N takes the schema from version N-1 to N; a step that was released never changes."""


def migrate(database: peewee.SqliteDatabase, path: Path) -> None:
    """Bring the schema to the newest version. Raises StoreError on one from the future."""
    version = current_version(database)
    if version == len(STEPS):
        return
    if version > len(STEPS):
        raise StoreError(
            f"{path}: its schema is version {version}, this eponctl knows up to {len(STEPS)}",
            "upgrade eponctl, or name another file under `database`",
        )
    for number, step in enumerate(STEPS[version:], start=version + 1):
        with database.atomic("IMMEDIATE"):
            # Another process may have migrated while this one waited for the lock.
            if current_version(database) < number:
                step(database)
                database.execute_sql(
                    "INSERT INTO schema_version (version, applied_at) VALUES (?, ?)",
                    (number, int(time.time())),
                )


def refuse_foreign(database: peewee.SqliteDatabase, path: Path) -> None:
    """Raise StoreError where the file is the database of another program."""
    rows = database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = {name for (name,) in rows}
    # The first of them is made before all others, which come in one transaction.
    if names and not (names == {"schema_version"} or names > {"schema_version", "olt_status"}):
        what = f"{path}: is the database of another program"
        raise StoreError(what, "name another file under `database` in olts.toml")


def current_version(database: peewee.SqliteDatabase) -> int:
    """0 for an empty file."""
    database.execute_sql(
        "CREATE TABLE IF NOT EXISTS schema_version "
        "(version INTEGER PRIMARY KEY, applied_at INTEGER)"
    )
    row = database.execute_sql("SELECT max(version) FROM schema_version").fetchone()
    return int(row[0] or 0)

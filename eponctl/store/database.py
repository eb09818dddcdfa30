"""Opening the database: file mode, pragmas, migrations, and SQLite's errors in plain words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee

from eponctl.errors import StoreError
from eponctl.store import migrations
from eponctl.store.schema import TABLES

# Lets retention give pages back bit by bit. Only at birth: before the first table, or it does
# nothing; and on a database that is there it writes, so that readers would wait for a poll.
_AT_BIRTH = {"auto_vacuum": 2}
_PRAGMAS = {
    "synchronous": 1,
    "busy_timeout": 5000,
    "foreign_keys": 1,
}


@contextmanager
def open_database(path: Path, *, create: bool = False) -> Iterator[peewee.SqliteDatabase]:
    """Open the database at `path`, bring its schema up to date, and close it at the end.

    Raises StoreError when there is none and `create` is False, when it is locked, corrupt, another
    program's or of a newer schema, or when the disk is full. The file and its side files are
    readable by their owner only: SQLite gives the side files the mode of the file itself.
    """
    is_new = _ensure_file(path, create=create)
    address = unchanging(path)
    database = _connection(path, address, is_new=is_new)
    with translated(path), database.bind_ctx(TABLES):
        try:
            database.connect()
            migrations.refuse_foreign(database, path)
            if address is None:
                # Only now, for it writes: what is somebody else's stays as it is.
                database.pragma("journal_mode", "wal")
            migrations.migrate(database, path)
            yield database
        finally:
            database.close()


def _connection(path: Path, address: str | None, *, is_new: bool) -> peewee.SqliteDatabase:
    if address is not None:
        return peewee.SqliteDatabase(address, uri=True)
    return peewee.SqliteDatabase(
        str(path), pragmas={**_AT_BIRTH, **_PRAGMAS} if is_new else _PRAGMAS
    )


def unchanging(path: Path) -> str | None:
    """SQLite's address of a file that cannot change: its file system is read-only; else None.

    The side files of WAL cannot be made there. Where something stands in them still, the file alone
    would be half a transaction, and it is left to SQLite.
    """
    if not os.statvfs(path).f_flag & os.ST_RDONLY:
        return None
    log = Path(f"{os.path.realpath(path)}-wal")
    is_whole = not (log.exists() and log.stat().st_size)
    return f"{path.absolute().as_uri()}?immutable=1" if is_whole else None


def _ensure_file(path: Path, *, create: bool) -> bool:
    """Make the file where there is none and say whether it is empty."""
    try:
        if path.exists():
            return path.stat().st_size == 0
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            return True
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}", _hint(str(error))) from error
    raise StoreError(f"{path}: no database yet", "run `eponctl poll` first")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into StoreError with a hint."""
    try:
        yield
    except (peewee.PeeweeException, sqlite3.Error) as error:
        text = str(_origin(error))
        raise StoreError(f"{path}: {text}", _hint(text)) from error


def _origin(error: BaseException) -> BaseException:
    """What went wrong first: on a full disk SQLite rolls back itself, and peewee's own fails."""
    while "cannot rollback" in str(error) and error.__context__ is not None:
        error = error.__context__
    return error


_HINTS = {
    "full": "free some disk space; what was there before is intact",
    "locked": "another program holds the database; the next poll tries again",
    "malformed": "restore a backup, or move the file away to start anew",
    "not a database": "the file is something else; check `database` in olts.toml",
    "readonly": "check who owns the file and its folder",
    "unable to open": "check that the folder exists and who owns it",
    "disk i/o": "check whether the disk is full, or failing",
    "permission denied": "check who owns the file and its folder",
    "no such file": "check that its folder exists, and where it leads if it is a link",
    "symbolic links": "it is a link that leads back to itself",
    "no space": "free some disk space; what was there before is intact",
}


def _hint(text: str) -> str:
    lower = text.lower()
    return next((hint for word, hint in _HINTS.items() if word in lower), "")

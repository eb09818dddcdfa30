"""The file of the database itself: is it whole, a copy of it, how large it is, what it holds.

SQLite alone, no peewee: it looks at files of any schema, and changes none but by `shrink`.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from eponctl.atomicfile import draft_name, hint_for, sweep
from eponctl.errors import EponctlError, StoreError
from eponctl.store.database import translated, unchanging
from eponctl.store.migrations import STEPS

SIDE_FILES = ("-wal", "-shm", "-journal")
_TIMEOUT_S = 10.0
_MOST_FAULTS = 20
_INCREMENTAL = 2
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH

# What grows with time, and the column that says when, with how many seconds one of it is.
TIMES = {
    "alert_history": ("at", 1),
    "incident": ("opened_at", 1),
    "monitoring_stats": ("at", 1),
    "outbox": ("created_at", 1),
    "optical_history": ("at", 1),
    "optical_hourly": ("hour", 3600),
}


class Fault(NamedTuple):
    """Something that is wrong, and what to do."""

    what: str
    hint: str


class TableSize(NamedTuple):
    """One table: rows, bytes with its indexes (None: SQLite cannot say), first and last time."""

    name: str
    rows: int
    bytes: int | None
    oldest_at: int | None = None
    newest_at: int | None = None


class FileSize(NamedTuple):
    """The file, what waits beside it to be put into it, and what in it is free."""

    file_bytes: int
    wal_bytes: int
    free_bytes: int


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that never makes a file. Raises StoreError."""
    if not path.exists():
        raise StoreError(f"{path}: no database yet", "run `eponctl poll` first")
    with translated(path):
        # mode=rw, not ro: beside a file in WAL mode the reader, too, may have to make the -shm.
        address = unchanging(path) or f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=_TIMEOUT_S)) as connection:
            yield connection


# --- check ---


def faults(path: Path) -> list[Fault]:
    """Everything that is wrong with the database and the files about it. Raises StoreError."""
    if not path.exists():
        raise StoreError(f"{path}: no database yet", "run `eponctl poll` first")
    return [*faults_of_files(path), *faults_of_content(path)]


def faults_of_content(path: Path) -> Iterator[Fault]:
    """What is wrong within the file."""
    restore = "restore a backup, or move the file away to start anew"
    try:
        with connected(path) as connection:
            for (text,) in connection.execute(f"PRAGMA integrity_check({_MOST_FAULTS})"):
                if text != "ok":
                    yield Fault(f"integrity: {text}", restore)
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_FAULTS)
            for table, row, parent, _ in broken:
                yield Fault(f"row {row} of {table} belongs to none of {parent}", restore)
            yield from _faults_of_schema(connection)
    except StoreError as error:
        yield Fault(error.message.removeprefix(f"{path}: "), error.hint or restore)


def _faults_of_schema(connection: sqlite3.Connection) -> Iterator[Fault]:
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "schema_version" not in names:
        yield Fault("it has no schema of eponctl", "check `database` in olts.toml")
        return
    [version] = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    if (version or 0) > len(STEPS):
        what = f"schema version {version}, this eponctl knows up to {len(STEPS)}"
        yield Fault(what, "upgrade eponctl, or name another file under `database`")
    elif (version or 0) < len(STEPS):
        yield Fault(
            f"schema version {version or 0}, this eponctl writes {len(STEPS)}",
            "the next `eponctl poll` brings it up to date; `eponctl db backup` first, if you like",
        )
    if not can_shrink(connection):
        yield Fault(
            "the file can never become smaller",
            "`eponctl db cleanup` mends that, once; it needs room for a copy",
        )


def can_shrink(connection: sqlite3.Connection) -> bool:
    """Whether free pages can be given back to the disk bit by bit."""
    [mode] = connection.execute("PRAGMA auto_vacuum").fetchone()
    return bool(mode == _INCREMENTAL)


def faults_of_files(path: Path) -> Iterator[Fault]:
    """Whose the files and their folder are, and who else may read and write them."""
    path = Path(os.path.realpath(path))  # the side files stand where a link leads
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Fault(f"{folder}: not writable for you", "check who owns the folder")
    elif folder.stat().st_mode & _WRITABLE and not folder.stat().st_mode & stat.S_ISVTX:
        yield Fault(f"{folder}: others may write there", f"chmod go-w {folder}")
    owner = path.stat().st_uid
    for file in (path, *(path.with_name(path.name + end) for end in (*SIDE_FILES, ".lock"))):
        with suppress(FileNotFoundError):
            status = file.stat()
            if status.st_mode & _OTHERS:
                yield Fault(f"{file}: open to others", f"chmod 600 {file}")
            if status.st_uid != owner:
                yield Fault(f"{file}: of another owner than the database", f"chown it as {path} is")
            if not os.access(file, os.R_OK | os.W_OK):
                yield Fault(
                    f"{file}: not yours to read and write", "run it as its owner, or as root"
                )


# --- backup ---


def backup(path: Path, target: Path, *, overwrites: bool) -> int:
    """Copy the database into `target`, whole or not at all, for its owner only; its bytes.

    Of one moment, also while a poll writes. What was written is looked through before it gets its
    name. Raises EponctlError where that exists and is not to be replaced, StoreError.
    """
    target = target.absolute()
    own = os.path.realpath(path)
    if os.path.realpath(target) in {own, *(own + end for end in SIDE_FILES)}:
        raise EponctlError(f"{target}: is the database itself", "name another file")
    if target.is_dir():
        raise EponctlError(f"{target}: is a folder", "name a file in it")
    if target.exists() and not overwrites:
        raise EponctlError(f"{target}: is there already", "--force replaces it")
    draft = target.with_name(draft_name())
    sweep(target.parent)
    try:
        with connected(path) as source:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            _copy(source, path, draft, target)
        _publish(draft, target, overwrites=overwrites)
        return target.stat().st_size
    except FileExistsError as error:
        raise EponctlError(f"{target}: is there already", "--force replaces it") from error
    except OSError as error:
        message = f"{target}: cannot be written: {error.strerror or error}"
        raise EponctlError(message, hint_for(error)) from error
    finally:
        for end in ("", *SIDE_FILES):
            with suppress(OSError):
                draft.with_name(draft.name + end).unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, path: Path, draft: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)  # in one step: a writer goes on, and is not in the copy
            # One file, without a log beside it.
            copy.execute("PRAGMA journal_mode = delete")
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        is_of_source = error.sqlite_errorcode in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        with translated(path if is_of_source else target):
            raise
    if found != ("ok",):
        raise StoreError(f"{path}: its copy is not whole: {found[0]}", "see `eponctl db check`")


def _publish(draft: Path, target: Path, *, overwrites: bool) -> None:
    handle = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    if overwrites:
        draft.replace(target)
    else:
        os.link(draft, target)  # unlike a rename, not over a file that came up meanwhile
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(folder)
    finally:
        os.close(folder)


# --- size ---


def file_size(path: Path) -> FileSize:
    """How large it is. Raises StoreError."""
    with connected(path) as connection:
        [free] = connection.execute("PRAGMA freelist_count").fetchone()
        [page] = connection.execute("PRAGMA page_size").fetchone()
        wal = Path(f"{os.path.realpath(path)}-wal")
        wal_bytes = wal.stat().st_size if wal.exists() else 0
        return FileSize(path.stat().st_size, wal_bytes, free * page)


def tables(path: Path) -> list[TableSize]:
    """Every table, the largest first. Raises StoreError."""
    with connected(path) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        sizes = _bytes(connection)
        found = [_table(connection, name, sizes) for (name,) in names]
    return sorted(found, key=lambda one: (-(one.bytes or 0), -one.rows, one.name))


def _table(connection: sqlite3.Connection, name: str, sizes: dict[str, int] | None) -> TableSize:
    [rows] = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
    oldest = newest = None
    if name in TIMES:
        column, unit = TIMES[name]
        sql = f'SELECT min("{column}") * {unit}, max("{column}") * {unit} FROM "{name}"'
        oldest, newest = connection.execute(sql).fetchone()
    return TableSize(name, rows, None if sizes is None else sizes.get(name, 0), oldest, newest)


def _bytes(connection: sqlite3.Connection) -> dict[str, int] | None:
    """Bytes of each table with its indexes; None where SQLite was built without that."""
    sql = (
        "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat AS s JOIN sqlite_master AS m "
        "ON m.name = s.name WHERE s.aggregate = TRUE GROUP BY m.tbl_name"
    )
    try:
        return dict(connection.execute(sql).fetchall())
    except sqlite3.OperationalError:
        return None


def shrink(path: Path) -> bool:
    """Give all that is free back to the disk; True: the file was made anew, to be able to.

    Raises StoreError.
    """
    with connected(path) as connection:
        connection.isolation_level = None
        is_made_anew = not can_shrink(connection)
        if is_made_anew:
            connection.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")
            connection.execute("VACUUM")
        else:
            connection.executescript("PRAGMA incremental_vacuum")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return is_made_anew

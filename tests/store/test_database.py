"""Opening the database: who may read it, which schema it has, and what SQLite's errors become."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from eponctl.errors import StoreError
from eponctl.store import database as store_database
from eponctl.store import events, migrations
from eponctl.store.database import open_database
from eponctl.store.schema import TABLES, MetaRow

NOBODY = 65534
OPENER = """
import sys
from pathlib import Path
from eponctl.store import events
from eponctl.store.database import open_database
with open_database(Path(sys.argv[1]), create=True) as database, database.atomic("IMMEDIATE"):
    events.set_fact(sys.argv[2], "here")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one fact in it."""
    with open_database(tmp_path / "eponctl.db", create=True):
        events.set_fact("key", "old")
    return tmp_path / "eponctl.db"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a function that changes pragmas; at once nobody waits long for a lock."""

    def change(**pragmas: int) -> None:
        changed = store_database._PRAGMAS | {"busy_timeout": 50} | pragmas
        monkeypatch.setattr(store_database, "_PRAGMAS", changed)

    change()
    return change


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user can look into; pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def as_somebody() -> Iterator[None]:
    """No more rights than anybody: root may do everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def opened(path: Path, *, create: bool = False) -> str | None:
    """Open, read the one fact, and close."""
    with open_database(path, create=create):
        return events.fact("key")


def error_of(path: Path, *, create: bool = False) -> StoreError:
    with pytest.raises(StoreError) as caught:
        opened(path, create=create)
    assert "\n" not in caught.value.message
    return caught.value


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


# --- files ------------------------------------------------------------------------------------


def test_database_and_its_side_files_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "eponctl.db"
    before = os.umask(0)
    try:
        with open_database(path, create=True):
            events.set_fact("key", "value")
            modes = {file.name: mode(file) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)

    names = ("eponctl.db", "eponctl.db-shm", "eponctl.db-wal")
    assert dict.fromkeys(names, 0o600) == modes
    assert ["eponctl.db"] == [file.name for file in tmp_path.iterdir()]


def test_database_in_a_folder_that_is_missing_is_made_with_it(tmp_path: Path) -> None:
    assert None is opened(tmp_path / "var" / "lib" / "eponctl.db", create=True)


def test_database_that_must_exist_is_not_made(tmp_path: Path) -> None:
    error = error_of(tmp_path / "eponctl.db")

    assert "no database yet" in error.message
    assert "eponctl poll" in error.hint
    assert [] == list(tmp_path.iterdir())


def test_folder_that_nobody_may_write_to(public_folder: Path) -> None:
    path = public_folder / "eponctl.db"
    public_folder.chmod(0o555)
    with as_somebody():
        error = error_of(path, create=True)

    assert f"{path}: Permission denied" == error.message
    assert "who owns" in error.hint


def test_folder_that_nobody_may_look_into(public_folder: Path) -> None:
    folder = public_folder / "private"
    folder.mkdir(mode=0o700)
    opened(folder / "eponctl.db", create=True)
    folder.chmod(0)
    with as_somebody():
        error = error_of(folder / "eponctl.db")
    folder.chmod(0o700)

    assert "Permission denied" in error.message
    assert "who owns" in error.hint


def test_database_that_is_somebody_elses(public_folder: Path) -> None:
    path = public_folder / "eponctl.db"
    opened(path, create=True)
    path.chmod(0)
    with as_somebody():
        error = error_of(path)

    assert error.hint


def test_folder_in_the_place_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "eponctl.db").mkdir()

    assert "check that" in error_of(tmp_path / "eponctl.db").hint


# --- schema -----------------------------------------------------------------------------------


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name for (name,) in found} - {"sqlite_sequence"}


def test_fresh_database_has_every_table_and_the_newest_version(path: Path) -> None:
    named = {table._meta.table_name for table in TABLES}

    assert {"onu_status", "alert_history", "monitoring_stats"} < named
    assert named | {"schema_version"} == tables(path)
    with open_database(path) as database:
        assert len(migrations.STEPS) == migrations.current_version(database)


def test_opening_again_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    opened(path)
    opened(path)

    assert before == path.read_bytes()


def test_schema_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO schema_version VALUES (99, 0)")
    before = path.read_bytes()
    error = error_of(path)

    assert "version 99" in error.message
    assert "upgrade eponctl" in error.hint
    assert before == path.read_bytes()


def test_older_schema_is_brought_up_step_by_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def third(database: Any) -> None:
        database.execute_sql("ALTER TABLE meta ADD COLUMN third TEXT")

    def fourth(database: Any) -> None:
        database.execute_sql("UPDATE meta SET third = 'from the fourth'")

    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, third, fourth))
    with open_database(path) as database:
        version = migrations.current_version(database)
    with closing(sqlite3.connect(path)) as connection:
        [row] = connection.execute("SELECT value, third FROM meta").fetchall()

    assert ("old", "from the fourth") == row
    assert len(migrations.STEPS) == version


def test_step_that_fails_leaves_nothing_of_itself_and_keeps_those_before(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def good(database: Any) -> None:
        database.execute_sql("CREATE TABLE good (x INTEGER)")

    def bad(database: Any) -> None:
        database.execute_sql("CREATE TABLE half (x INTEGER)")
        database.execute_sql("INSERT INTO nowhere VALUES (1)")

    released = migrations.STEPS
    monkeypatch.setattr(migrations, "STEPS", (*released, good, bad))
    assert "nowhere" in error_of(path).message

    assert "good" in tables(path)
    assert "half" not in tables(path)
    monkeypatch.setattr(migrations, "STEPS", (*released, good))
    assert "old" == opened(path)


def test_processes_that_make_the_database_at_once_do_not_disturb_each_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "eponctl.db"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(path), f"key{number}"], stderr=subprocess.PIPE
        )
        for number in range(3)
    ]
    errors = [process.communicate()[1] for process in started]

    assert [b"", b"", b""] == errors
    with open_database(path):
        assert ["here"] * 3 == [events.fact(f"key{number}") for number in range(3)]


# --- what can go wrong ------------------------------------------------------------------------


def test_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "eponctl.db"
    path.write_bytes(b"this is a letter to my grandmother\n" * 100)
    before = path.read_bytes()
    error = error_of(path)

    assert "not a database" in error.message
    assert "`database` in olts.toml" in error.hint
    assert before == path.read_bytes()


@pytest.mark.parametrize("table", ["meta", "schema_version"])
def test_database_of_another_program_is_left_alone(tmp_path: Path, table: str) -> None:
    path = tmp_path / "eponctl.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE {table} (version INTEGER, applied_at INTEGER)")
        connection.execute("CREATE TABLE letters (version INTEGER)")
        connection.execute(f"INSERT INTO {table} VALUES (1, 1)")
    before = path.read_bytes()
    error = error_of(path, create=True)

    assert "another program" in error.message
    assert "`database` in olts.toml" in error.hint
    assert before == path.read_bytes()


def test_process_that_was_killed_before_the_first_step_left_an_empty_database(
    tmp_path: Path,
) -> None:
    path = tmp_path / "eponctl.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER, applied_at INTEGER)")

    assert None is opened(path)


def test_damaged_database_is_an_error_with_a_hint(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))

    assert "backup" in error_of(path).hint


def test_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "eponctl.db").touch()

    assert None is opened(tmp_path / "eponctl.db")


@pytest.mark.usefixtures("quick")
def test_locked_database_is_an_error_with_a_hint(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(StoreError, match="locked") as caught,
            open_database(path) as database,
            database.atomic("IMMEDIATE"),
        ):
            pass
        # Readers never wait.
        assert "old" == opened(path)

    assert "next poll" in caught.value.hint


def test_full_disk_is_an_error_and_what_was_there_stays(
    path: Path, quick: Callable[..., None]
) -> None:
    def fill() -> None:
        with open_database(path) as database, database.atomic("IMMEDIATE"):
            events.set_fact("key", "new")
            for number in range(100):
                MetaRow.create(key=str(number), value="x" * 4000)

    quick(max_page_count=path.stat().st_size // 4096 + 2)
    with pytest.raises(StoreError, match="full") as caught:
        fill()

    assert "free some disk space" in caught.value.hint
    assert "old" == opened(path)


def test_database_on_a_read_only_file_system_is_read_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs(path)
    flags = [*real[:8], os.ST_RDONLY, real[9], real.f_fsid]
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(flags))

    with open_database(path):
        found = events.fact("key"), sorted(one.name for one in path.parent.iterdir())
    with pytest.raises(StoreError, match="readonly"), open_database(path):
        events.set_fact("key", "new")

    assert ("old", ["eponctl.db"]) == found


def test_error_amid_a_transaction_leaves_nothing_of_it(path: Path) -> None:
    with suppress(KeyboardInterrupt), open_database(path) as database, database.atomic("IMMEDIATE"):
        events.set_fact("key", "new")
        raise KeyboardInterrupt

    assert "old" == opened(path)


def test_errors_of_others_pass_as_they_are(path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), open_database(path):
        raise ValueError("mine")

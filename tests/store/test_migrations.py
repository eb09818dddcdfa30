"""From the first version of the schema to the newest: what it made, and that nothing is lost."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import peewee
import pytest

from eponctl.errors import Outcome
from eponctl.model import EventKind, OltState, Status
from eponctl.store import events, ledger, migrations, olts, onus, outbox, remembered
from eponctl.store.database import open_database
from eponctl.store.outbox import State
from eponctl.store.schema import TABLES

# What eponctl left when its schema was version 1, something in each table.
VERSION_1 = Path(__file__).with_name("version-1.sql").read_text("utf-8")
ANN, BOB = "6281200000001", "6281200000002"
NOW = 1_800_000_000


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of version 1."""
    path = tmp_path / "eponctl.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)
    return path


@pytest.fixture
def migrated(old: Path) -> Iterator[peewee.SqliteDatabase]:
    """The same, brought up to date."""
    with open_database(old) as database:
        yield database


def connection_of(database: Any) -> sqlite3.Connection:
    found: sqlite3.Connection = database.connection()
    return found


def schema(connection: sqlite3.Connection) -> dict[str, str]:
    """The statement that made each table and index, by name, with its white space made even."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.split())) for name, sql in found}


def test_first_step_makes_what_it_made_when_it_was_released(tmp_path: Path) -> None:
    made = peewee.SqliteDatabase(str(tmp_path / "new.db"))
    with made.connection_context():
        migrations.current_version(made)
        migrations.STEPS[0](made)
        now_made = schema(connection_of(made))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(VERSION_1)
        released = schema(connection)

    assert released == now_made


def test_old_database_is_left_to_the_migrations_and_then_remembered(old: Path) -> None:
    assert None is remembered.at_once(old)
    with open_database(old):
        pass
    states = remembered.at_once(old)

    assert states is not None
    assert {"OLT-1", "OLT-2"} == set(states)


def test_every_row_is_as_it_was(old: Path) -> None:
    def rows(path: Path, columns: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
        with closing(sqlite3.connect(path)) as connection:
            return {
                table: connection.execute(f"SELECT {names} FROM {table} ORDER BY 1, 2").fetchall()
                for table, names in columns.items()
            }

    with closing(sqlite3.connect(old)) as connection:
        columns = {
            table: ", ".join(
                f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table})")
            )
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'schema_version'"
            )
        }
    before = rows(old, columns)
    with open_database(old) as database:
        assert len(migrations.STEPS) == migrations.current_version(database)

    assert 9 == len(before)
    assert all(before.values())
    assert before == rows(old, columns)


@pytest.mark.usefixtures("migrated")
def test_what_was_remembered_is_read_as_before(migrated: peewee.SqliteDatabase) -> None:
    book = onus.load(migrated)["OLT-1"]
    up, down = (book.states[f"02:00:00:00:00:0{number}"] for number in (1, 2))

    assert {up.mac, down.mac} == set(book.states)
    assert ("O'Brien *VIP*", Status.UP, -20.25, 1163) == (
        up.name,
        up.status,
        up.rx_power_dbm,
        up.distance_m,
    )
    assert (None, 0, None) == (down.usual_rx_dbm, down.step_off, down.step_ref_dbm)
    assert 46 == len(book.tracks[up.mac])
    assert OltState(
        "OLT-2", failures=3, failing_since=NOW - 180, error="refused", announced_at=NOW - 120
    ) == olts.load().get("OLT-2")
    kinds = [EventKind.OLT_UNREACHABLE, EventKind.DOWN, EventKind.RENAMED]
    history = events.history(0)[::-1]
    assert kinds == [alert.kind for alert in history]
    assert {(None, None, None)} == {(a.incident, a.distance_m, a.reason) for a in history}
    assert "2027-01-15T15+0700" == events.fact("reported_hour")


@pytest.mark.usefixtures("migrated")
def test_what_waited_goes_out_as_it_is_and_is_never_withdrawn() -> None:
    waiting = outbox.queued()
    assert ["waiting (1/2)", "waiting (2/2)", "a summary"] == [one.text for one in waiting]
    assert (Outcome.RETRY, 1) == (waiting[0].outcome, waiting[0].tries)

    found = ledger.pending()
    assert {ANN, BOB} == set(found)
    assert {True} == {one.is_begun for some in found.values() for one in some}
    assert {1: "queued", 2: "failed", 3: "queued"} == outbox.delivery_of([1, 2, 3])


@pytest.mark.usefixtures("migrated")
def test_summary_of_what_waited_is_never_withdrawn_either(migrated: peewee.Database) -> None:
    mine = [message for message in outbox.queued() if message.recipient == BOB]
    assert [mine] == outbox.begun_apart(mine)
    outbox.merge(migrated, mine, ["summary"], NOW)

    [summary] = ledger.pending(BOB)[BOB]
    assert summary.is_begun
    assert State.MERGED is outbox.listing(tuple(State))[1].state


def test_tables_are_as_the_models_say(tmp_path: Path) -> None:
    by_models = peewee.SqliteDatabase(str(tmp_path / "models.db"))
    with by_models.bind_ctx(TABLES), by_models.connection_context():
        by_models.create_tables(TABLES)
        expected = shape(connection_of(by_models))
    with open_database(tmp_path / "eponctl.db", create=True) as database:
        found = shape(connection_of(database))
        del found["schema_version"]

    assert expected == found


def shape(connection: sqlite3.Connection) -> dict[str, tuple[set[Any], set[Any], set[Any]]]:
    """The columns, indexed columns and references of each table, whatever their order."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {}
    for (table,) in tables:
        # Name, type, whether it may be null, place in the key.
        columns = {
            (row[1], row[2], row[3], row[5])
            for row in connection.execute(f'PRAGMA table_info("{table}")')
        }
        indexes = {
            (is_unique, tuple(row[2] for row in connection.execute(f'PRAGMA index_info("{name}")')))
            for _, name, is_unique, *_ in connection.execute(f'PRAGMA index_list("{table}")')
        }
        references = {row[2:7] for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')}
        found[table] = (columns, indexes, references)
    return found

"""What a poll reads of its database before it asks a device: at once, or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from eponctl.model import OltState
from eponctl.store import migrations, olts, remembered
from eponctl.store.database import open_database

STATE = OltState("OLT-1", memory="A whole", onus_by_pon={"0/1": 8}, failed_pons={"0/2": None})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database that knows one OLT."""
    made = tmp_path / "eponctl'?.db"
    with open_database(made, create=True):
        olts.save([STATE])
    return made


def test_remembered_olts_come_without_opening_the_rest(path: Path) -> None:
    assert {"OLT-1": STATE} == remembered.at_once(path)


def test_no_database_is_not_made(tmp_path: Path) -> None:
    assert None is remembered.at_once(tmp_path / "none.db")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "change",
    [
        f"DELETE FROM schema_version WHERE version = {remembered.SCHEMA_VERSION}",
        f"INSERT INTO schema_version (version) VALUES ({remembered.SCHEMA_VERSION + 1})",
    ],
    ids=["older", "newer"],
)
def test_an_older_or_newer_database_is_left_to_the_migrations(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)

    assert None is remembered.at_once(path)


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_something_else_is_left_to_those_who_say_so(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)

    assert None is remembered.at_once(path)


def test_the_newest_version_is_the_last_step_of_the_migrations() -> None:
    assert len(migrations.STEPS) == remembered.SCHEMA_VERSION

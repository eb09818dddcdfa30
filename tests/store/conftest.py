"""An empty database for each test that wants one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest

from eponctl.store.database import open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[peewee.SqliteDatabase]:
    """An empty database, open."""
    with open_database(tmp_path / "eponctl.db", create=True) as opened:
        yield opened

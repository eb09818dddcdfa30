"""`eponctl db`: whether the file is whole, a copy of it, what is old away, its size."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eponctl.cli.program import program
from eponctl.lock import poll_lock
from eponctl.store import events, olts
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat

Run = Callable[..., Result]
DAY_S = 86400


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with olts.toml and a database, mode 0700."""
    folder = tmp_path / "site"
    folder.mkdir(mode=0o700)
    (folder / "olts.toml").write_text('timezone = "Asia/Jakarta"\n')
    with open_database(folder / "eponctl.db", create=True) as database, database.atomic():
        events.set_fact("colour", "blue")
    return folder


@pytest.fixture
def run(site: Path) -> Run:
    """Give a function that runs a verb of db."""

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(program(), ["-c", str(site / "olts.toml"), "db", *arguments])

    return call


def ok(result: Result) -> str:
    assert 0 == result.exit_code, result.output
    return result.stdout


def sql(path: Path, *statements: str) -> list[Any]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def polled(site: Path, days: int) -> None:
    """Statistics of so many days: a poll an hour, none of them at the edge of a day."""
    now = int(time.time()) - 1800
    rows = [
        PollStat(now - hours * 3600, "A", True, 1, 1, 1, 0, None, None, None)
        for hours in range(days * 24)
    ]
    with open_database(site / "eponctl.db") as database, database.atomic():
        olts.add_stats(rows)


# --- check ---


def test_good_database_is_whole_and_nothing_is_changed(run: Run, site: Path) -> None:
    assert "whole, up to date, and yours alone" in ok(run("check"))
    assert [] == json.loads(ok(run("check", "--json")))["faults"]
    assert {"olts.toml", "eponctl.db"} == {path.name for path in site.iterdir()}


def test_where_there_is_none_it_says_so(run: Run, site: Path) -> None:
    (site / "eponctl.db").unlink()
    for verb in (("check",), ("stats",), ("cleanup",), ("backup", str(site / "b.db"))):
        result = run(*verb)
        assert 1 == result.exit_code
        assert "no database yet" in result.stderr
    assert ["olts.toml"] == [path.name for path in site.iterdir()]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("INSERT INTO schema_version VALUES (99, 0)", "this eponctl knows up to"),
        ("DELETE FROM schema_version WHERE version > 1", "the next `eponctl poll`"),
        ("INSERT INTO outbox_alert VALUES (7, 7)", "row"),
        ("DROP TABLE schema_version", "no schema of eponctl"),
    ],
)
def test_what_is_wrong_inside_is_exit_1_and_what_to_do(
    run: Run, site: Path, damage: str, expected: str
) -> None:
    sql(site / "eponctl.db", damage)
    result = run("check")

    assert 1 == result.exit_code
    assert expected in result.stdout
    assert "  do     " in result.stdout


def test_damaged_pages_are_noticed(run: Run, site: Path) -> None:
    polled(site, 30)
    sql(site / "eponctl.db", "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray((site / "eponctl.db").read_bytes())
    data[-4096 * 6 :] = b"x" * 4096 * 6
    (site / "eponctl.db").write_bytes(data)

    assert 1 == run("check").exit_code


def test_file_that_is_something_else_is_noticed(run: Run, site: Path) -> None:
    (site / "eponctl.db").write_text("not a database, but a text of some length\n" * 100)
    result = run("check")

    assert 1 == result.exit_code
    assert "file is not a database" in result.stdout


@pytest.mark.parametrize(
    ("name", "mode", "expected"),
    [
        ("eponctl.db", 0o640, "chmod 600"),
        ("", 0o777, "others may write there"),
        ("eponctl.db.lock", 0o644, "open to others"),
    ],
)
def test_what_is_open_to_others_is_told(
    run: Run, site: Path, name: str, mode: int, expected: str
) -> None:
    path = site / name if name else site
    if name:
        path.touch()
    path.chmod(mode)
    result = run("check")

    assert 1 == result.exit_code
    assert expected in result.stdout


# --- backup ---


def test_backup_is_one_whole_file_for_its_owner(run: Run, site: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    text = ok(run("backup", str(target)))

    assert f"{target}: " in text
    assert 0o600 == target.stat().st_mode & 0o777
    assert [("blue",)] == sql(target, "SELECT value FROM meta WHERE key = 'colour'")
    assert ["copy.db", "site"] == sorted(path.name for path in tmp_path.iterdir())


def test_files_beside_what_a_link_leads_to_are_looked_at(run: Run, site: Path) -> None:
    real = site / "real.db"
    (site / "eponctl.db").rename(real)
    (site / "eponctl.db").symlink_to(real)
    beside = site / "real.db-wal"
    beside.touch(0o644)
    beside.chmod(0o644)

    assert f"{beside}: open to others" in run("check").stdout


def test_backup_works_while_a_poll_writes(run: Run, site: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    with closing(sqlite3.connect(site / "eponctl.db", isolation_level=None)) as poll:
        poll.execute("BEGIN IMMEDIATE")
        poll.execute("UPDATE meta SET value = 'red' WHERE key = 'colour'")
        ok(run("backup", str(target)))
        poll.execute("COMMIT")

    assert [("blue",)] == sql(target, "SELECT value FROM meta WHERE key = 'colour'")


def test_backup_replaces_nothing_unless_told_to(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("something dear")
    refused = run("backup", str(target))
    dear = target.read_text()
    ok(run("backup", "--force", str(target)))

    assert (1, "something dear") == (refused.exit_code, dear)
    assert "--force replaces it" in refused.stderr
    assert [("blue",)] == sql(target, "SELECT value FROM meta WHERE key = 'colour'")


def test_backup_of_what_is_no_database_names_that_and_leaves_nothing(
    run: Run, site: Path, tmp_path: Path
) -> None:
    (site / "eponctl.db").write_bytes(b"a letter\n" * 100)
    refused = run("backup", str(tmp_path / "copy.db"))

    assert 1 == refused.exit_code
    assert f"{site / 'eponctl.db'}: file is not a database" in refused.stderr
    assert ["site"] == [one.name for one in tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["eponctl.db", "eponctl.db-wal", ".", "nowhere/copy.db"])
def test_backup_to_where_it_cannot_be_is_refused_and_leaves_nothing(
    run: Run, site: Path, name: str
) -> None:
    before = sorted(path.name for path in site.iterdir())
    result = run("backup", "--force", str(site / name))

    assert 1 == result.exit_code
    assert 2 == len(result.stderr.splitlines())
    assert before == sorted(path.name for path in site.iterdir())


# --- cleanup and stats ---


def test_cleanup_says_what_is_gone(run: Run, site: Path) -> None:
    polled(site, 100)
    first, second = ok(run("cleanup")), ok(run("cleanup"))

    assert "monitoring_stats: 2" in first
    assert "nothing was old enough to go" in second


def test_cleanup_holds_the_lock(run: Run, site: Path) -> None:
    with poll_lock(site / "eponctl.db"):
        assert 75 == run("cleanup").exit_code


def test_old_file_is_made_able_to_become_smaller(run: Run, site: Path) -> None:
    path = site / "eponctl.db"
    sql(path, "PRAGMA auto_vacuum = 0", "VACUUM")
    noticed = run("check")
    cleaned = ok(run("cleanup"))

    assert "`eponctl db cleanup` mends that" in noticed.stdout
    assert "made anew" in cleaned
    assert [(2,)] == sql(path, "PRAGMA auto_vacuum")
    ok(run("check"))


def test_stats_say_what_it_grows_by(run: Run, site: Path) -> None:
    polled(site, 10)
    found = json.loads(ok(run("stats", "--json")))
    table = next(one for one in found["tables"] if one["name"] == "monitoring_stats")

    assert ("eponctl-db-stats/1", 240) == (found["schema"], table["rows"])
    assert (site / "eponctl.db").stat().st_size == found["file_bytes"]
    # Ten days of it are there, ninety will be; all else stays as it is.
    rest = found["settles_at_bytes"] - 90 * found["growth_bytes_per_day"]
    assert 0 < rest < found["file_bytes"]
    assert "monitoring_stats" in ok(run("stats"))
    assert "grows by" in ok(run("stats"))


def test_stats_of_a_new_database_claim_nothing(run: Run) -> None:
    found = json.loads(ok(run("stats", "--json")))

    assert None is found["growth_bytes_per_day"]
    assert "is known after a day" in ok(run("stats"))

"""One poll at a time, whatever became of the one before."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from eponctl.errors import LockHeld, StoreError
from eponctl.lock import poll_lock

HOLDER = """
import sys, time
from pathlib import Path
from eponctl.lock import poll_lock
with poll_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_holder_is_refused_at_once_and_told_who_holds_it(tmp_path: Path) -> None:
    database = tmp_path / "eponctl.db"

    with (
        poll_lock(database),
        pytest.raises(LockHeld, match=str(os.getpid())),
        poll_lock(database),
    ):
        pass


def test_lock_is_free_after_its_holder_has_left_it(tmp_path: Path) -> None:
    for _ in range(2):
        with poll_lock(tmp_path / "eponctl.db"):
            pass


def test_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), poll_lock(tmp_path / "eponctl.db"):
        raise KeyboardInterrupt
    with poll_lock(tmp_path / "eponctl.db"):
        pass


def test_databases_in_one_folder_have_locks_of_their_own(tmp_path: Path) -> None:
    with poll_lock(tmp_path / "one.db"), poll_lock(tmp_path / "two.db"):
        assert {"one.db.lock", "two.db.lock"} == {path.name for path in tmp_path.iterdir()}


def test_lock_dies_with_its_process(tmp_path: Path) -> None:
    database = tmp_path / "eponctl.db"
    arguments = [sys.executable, "-c", HOLDER, str(database)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert "held\n" == holder.stdout.readline()
        with pytest.raises(LockHeld, match=str(holder.pid)), poll_lock(database):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    with poll_lock(database):
        pass


def test_lock_file_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with poll_lock(tmp_path / "eponctl.db"):
            pass
    finally:
        os.umask(before)

    assert 0o600 == (tmp_path / "eponctl.db.lock").stat().st_mode & 0o777


def test_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    with poll_lock(tmp_path / "a" / "b" / "eponctl.db"):
        assert (tmp_path / "a" / "b").is_dir()


def test_lock_that_cannot_be_made_is_a_store_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="file"), poll_lock(tmp_path / "file" / "eponctl.db"):
        pass


def test_full_disk_does_not_need_to_hold_the_number_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with (
        poll_lock(tmp_path / "eponctl.db"),
        pytest.raises(LockHeld, match="unknown"),
        poll_lock(tmp_path / "eponctl.db"),
    ):
        pass


def test_file_system_without_locks_is_a_store_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with (
        pytest.raises(StoreError, match="No locks available"),
        poll_lock(tmp_path / "eponctl.db"),
    ):
        pass


def test_lock_that_leaves_no_file_leaves_none_and_no_folder(tmp_path: Path) -> None:
    for database in (tmp_path / "eponctl.db", tmp_path / "missing" / "eponctl.db"):
        with poll_lock(database, leaves_file=False):
            pass

    assert [] == list(tmp_path.iterdir())


def test_lock_that_leaves_no_file_keeps_one_that_was_there(tmp_path: Path) -> None:
    with poll_lock(tmp_path / "eponctl.db"):
        pass
    with poll_lock(tmp_path / "eponctl.db", leaves_file=False):
        pass

    assert (tmp_path / "eponctl.db.lock").exists()


def test_lock_on_a_file_that_was_deleted_meanwhile_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "eponctl.db.lock", fcntl.flock
    races = iter([True, True, False])

    def deleted_before(handle: int, operation: int) -> None:
        # Between open and flock another holder left, and took the file away.
        if next(races):
            path.unlink()
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", deleted_before)
    with poll_lock(tmp_path / "eponctl.db"):
        monkeypatch.setattr(fcntl, "flock", real)
        with pytest.raises(LockHeld), poll_lock(tmp_path / "eponctl.db"):
            pass


def test_database_has_one_lock_by_whatever_link_it_is_named(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to("real.db")

    with poll_lock(tmp_path / "real.db"), pytest.raises(LockHeld), poll_lock(link):
        pass
    assert ["link.db", "real.db.lock"] == sorted(one.name for one in tmp_path.iterdir())


def test_name_that_leaves_no_room_for_the_lock(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="too long") as caught, poll_lock(tmp_path / ("x" * 253)):
        pass

    assert "shorter" in caught.value.hint

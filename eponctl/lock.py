"""One poll at a time: a lock on a file beside the database, which dies with its process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from eponctl.errors import LockHeld, StoreError


@contextlib.contextmanager
def poll_lock(database: Path, *, leaves_file: bool = True) -> Iterator[None]:
    """Hold the lock of this database. Raises LockHeld at once when another process has it.

    With `leaves_file` False a file that was not there before is gone afterwards.
    """
    # Beside the file itself: by whatever link it is named, the lock is one.
    path = Path(f"{os.path.realpath(database)}.lock")
    if not leaves_file and not path.parent.exists():
        # Nobody can hold a lock in a folder that is not there.
        yield
        return
    is_to_stay = leaves_file or path.exists()
    handle = _locked(path)
    try:
        # Only for people: a full disk may have no room for it.
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        if not is_to_stay:
            path.unlink(missing_ok=True)
        os.close(handle)


def _locked(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                _lock(handle)
                if _is_still_at(path, handle):
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, _HINT)
        raise StoreError(f"{path}: {error.strerror}", hint) from error


_HINT = "check who owns the folder, and that it is not on a network"
_HINTS = {
    errno.ENAMETOOLONG: "give `database` in olts.toml a shorter name",
    errno.ENOSPC: "free some disk space; what was there before is intact",
    errno.EROFS: "its file system is read-only: put `database` somewhere else",
}


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise LockHeld(f"another poll (or test) is running (process {holder})") from error


def _is_still_at(path: Path, handle: int) -> bool:
    """Whether this file is the one that others will find: its last holder may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False

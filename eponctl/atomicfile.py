"""A file written whole or not at all: beside its target first, then put in its place.

Knows nothing of what is written.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from eponctl.errors import EponctlError


@contextmanager
def replacing(path: Path, new_mode: int | None = None) -> Iterator[BinaryIO]:
    """A file to write to; at the end it takes the place of `path`, if all went well.

    A new file's mode follows the umask, or is just `new_mode`; else all is as with `draft_of`. A
    device or a pipe is written to as it is. Raises EponctlError when the file cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            # By its own name: what /dev/stdout leads to may have none.
            with path.open("wb") as file:
                yield file
            return
        target = followed(path)
        is_new = not target.exists()
        with draft_of(target, new_mode=0o666) as file:
            if is_new and new_mode is not None:
                os.fchmod(file.fileno(), new_mode)
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror or error}"
        raise EponctlError(message, hint_for(error)) from error


@contextmanager
def draft_of(
    path: Path, *, new_mode: int, check: Callable[[], None] = lambda: None
) -> Iterator[BinaryIO]:
    """A draft to write to, put in the place of `path` if neither the writer nor `check` raises.

    An existing file's mode stays (and its owner, where that may be); what a link points at is
    replaced, not the link. `check` is called last, with the draft safe on the disk. Raises OSError;
    after that, and after any other exception, the file is as it was and nothing of the draft left.
    """
    target = followed(path)
    sweep(target.parent)
    # Not the target's name with something behind it: that may be too long a name.
    draft = target.with_name(draft_name())
    # Nobody may open it while it has not got the mode of the old file, which may hold passwords.
    mode = 0o600 if target.exists() else new_mode
    with ExitStack() as undo:
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
        undo.callback(draft.unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as file:
            _keep_owner_and_mode(file.fileno(), target)
            yield file
            file.flush()
            os.fsync(file.fileno())
        check()
        draft.replace(target)
    _sync(target.parent)


def followed(path: Path) -> Path:
    """Where a path leads in the end. Raises OSError on links that lead in a circle."""
    try:
        return path.resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def draft_name() -> str:
    """A name for a draft that nobody has, and by which `sweep` knows it."""
    return f".eponctl-{secrets.token_hex(6)}.tmp"


def sweep(folder: Path) -> None:
    """Take away the drafts of this folder that somebody was killed over, an hour ago or more."""
    before = time.time() - _ABANDONED_S
    with suppress(OSError):
        for draft in folder.glob(".eponctl-*.tmp*"):
            with suppress(OSError):
                if draft.lstat().st_mtime < before:
                    draft.unlink()


_ABANDONED_S = 3600


def hint_for(error: OSError) -> str:
    """What to do where a draft could not be written; nothing where there is no more to say."""
    return _HINTS.get(error.errno or 0, "")


def _keep_owner_and_mode(handle: int, target: Path) -> None:
    """The mode last: a change of owner may take bits away."""
    with suppress(FileNotFoundError):
        old = target.stat()
        with suppress(PermissionError):  # only root may give files away; its own group anyone
            os.fchown(handle, -1, old.st_gid)
            os.fchown(handle, old.st_uid, -1)
        os.fchmod(handle, stat.S_IMODE(old.st_mode))


def _sync(folder: Path) -> None:
    """Make the new name last through a power cut, where the file system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_HINTS = {
    errno.ENOENT: "the folder must exist",
    errno.ENOSPC: "make room on the disk, then try again",
    errno.EDQUOT: "make room on the disk, then try again",
    errno.EACCES: "the file is made beside the old one: the folder must be writable",
    errno.EPERM: "the file is made beside the old one: the folder must be writable",
    errno.EROFS: "the file system is mounted read-only",
    errno.ELOOP: "it is a link that leads back to itself",
    errno.EISDIR: "name a file, not a folder",
}

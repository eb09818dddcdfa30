"""Messages into a file, one JSON object a line: {"at", "to", "text"}. Needs no key.

`api_url` is the file's path. Quirks: the file is its owner's alone, since it holds numbers; a line
that could not be written whole is taken back, so that every line is a message.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.provider import Health, Level, Receipt
from eponctl.web import Limits

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# O_NONBLOCK: a pipe that nobody reads is an error at once, not a poll that hangs.
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK


def provider(settings: WhatsAppSettings) -> File:
    """Append to the file that `api_url` names."""
    return File(settings.api_url)


class File:
    """A file that takes every message."""

    max_chars = 4000
    max_bytes = 60_000
    read_timeout_s = 1.0
    pause_s = 0.0

    def __init__(self, path: str, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now

    def send(self, to: str, text: str, limits: Limits) -> Receipt:  # noqa: ARG002
        """Append one line and have it on disk. Raises SendError."""
        at = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="seconds")
        entry = json.dumps({"at": at, "to": to, "text": text}, ensure_ascii=False)
        try:
            _append(self._path, entry.encode(errors="replace") + b"\n")
        except OSError as error:
            raise _refusal(self._path, error) from error
        return Receipt(Level.SENT)

    def health(self, limits: Limits) -> Health:  # noqa: ARG002
        """Always there: whether it can be written shows when it is."""
        return Health.CONNECTED


def _append(path: str, line: bytes) -> None:
    file = os.open(path, _FLAGS, 0o600)
    try:
        end = os.fstat(file).st_size
        try:
            _write(file, line)
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, end)
            raise
    finally:
        os.close(file)


def _write(file: int, line: bytes) -> None:
    if os.write(file, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    try:
        os.fsync(file)
    except OSError as error:
        # A device or a pipe has nothing to bring to a disk.
        if error.errno != errno.EINVAL:
            raise


def _refusal(path: str, error: OSError) -> SendError:
    text = f"file {path}: {error.strerror or error}"
    if error.errno in _DISK_FULL:
        return SendError(Outcome.RETRY, text, hint="free some disk space")
    return SendError(Outcome.BAD_CONFIG, text, hint="check api_url: a file that can be written")

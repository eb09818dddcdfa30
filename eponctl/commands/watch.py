"""`eponctl status --watch`: what the screen shows, read anew only when something has changed.

A read is one short transaction, which no poll waits for. Whether there is something new, the
files tell: every commit writes to the database or to the log beside it, and a file that was put in
the place of another is another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import peewee

from eponctl import config as configuration
from eponctl.commands.incidents import Found, outages
from eponctl.commands.status import status_of
from eponctl.incidents.records import Incident
from eponctl.settings import Config
from eponctl.store import outbox
from eponctl.store.database import open_database
from eponctl.store.shares import Share, shares_since
from eponctl.views.status import NetworkStatus, Wanted

DAY_S = 86400
STEP_S = 1800
"""A step of the shares: half an hour."""
_AT_LEAST_S = 60  # what gets older without a poll is read so often: windows, who is abandoned

_File: TypeAlias = tuple[int, int, int] | None
Shares: TypeAlias = Mapping[int, Share]


class Glance(NamedTuple):
    """All that the screen shows. `shares` are of the last day, by OLT and number of the step.

    The most urgent incident comes first. `waiting` counts messages.
    """

    config: Config
    status: NetworkStatus
    incidents: Found
    shares: Mapping[str, Shares]
    waiting: int


class Watcher:
    """Looks at one configuration and its database again and again."""

    def __init__(self, path: Path, wanted: Wanted) -> None:
        self._path = path
        self._wanted = wanted
        self._last: Glance | None = None
        self._read_at = 0
        self._seen: tuple[_File, ...] = ()
        self._database: _File = None
        self._shares: dict[str, dict[int, Share]] = {}

    @property
    def last(self) -> Glance | None:
        """What was read last; None: nothing could be read yet."""
        return self._last

    def look(self, now: int) -> Glance:
        """How it is now. Raises StoreError, ConfigError; the next look tries again."""
        last = self._last
        if last is not None and 0 <= now - self._read_at < _AT_LEAST_S:
            # Before it is read: what is committed meanwhile shall be seen the next time.
            files = self._files(last.config)
            if files == self._seen:
                self._last = last._replace(status=replace(last.status, now=now))
                return self._last
        config = configuration.load(self._path)
        files = self._files(config)
        self._last = self._read(config, now)
        self._seen, self._read_at = files, now
        return self._last

    def _files(self, config: Config) -> tuple[_File, ...]:
        database = config.database
        log = database.with_name(f"{database.name}-wal")
        return tuple(map(_file, (self._path, database, log)))

    def _read(self, config: Config, now: int) -> Glance:
        self._forget_another(_file(config.database))
        with open_database(config.database) as database, database.atomic():
            status = status_of(database, config, self._wanted, now=now)
            found = outages(0, is_open_only=True)
            waiting = outbox.counts().queued
            shares = {one.olt.id: self._day(database, one.olt.id, now) for one in status.olts}
        ids = {one.olt.id for one in status.olts} if self._wanted.olt_ids else None
        incidents = [one for one in found.incidents if ids is None or ids & set(one.olt_ids)]
        incidents.sort(key=_urgency)
        return Glance(config, status, Found(tuple(incidents), found.told_at), shares, waiting)

    def _forget_another(self, file: _File) -> None:
        """Forget what is known of the past, where another file is in the old one's place."""
        if file is None or self._database is None or file[0] != self._database[0]:
            self._shares.clear()
        self._database = file

    def _day(self, database: peewee.SqliteDatabase, olt_id: str, now: int) -> Shares:
        """The last day's steps; of those that are over nothing is read twice."""
        first = now // STEP_S - DAY_S // STEP_S + 1
        known = self._shares.get(olt_id, {})
        since = max(first, max(known, default=first))
        new = shares_since(database, olt_id, since * STEP_S, STEP_S)
        merged = {step: share for step, share in known.items() if first <= step < since} | new
        self._shares[olt_id] = merged
        return merged


def _urgency(incident: Incident) -> tuple[int, int]:
    return incident.priority.rank, -incident.opened_at


def _file(path: Path) -> _File:
    """What a file looks like from outside: which one it is, its size and its last change."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns

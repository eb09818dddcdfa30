"""`eponctl db`: whether the database is whole, a copy of it, what is old away, how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from eponctl.lock import poll_lock
from eponctl.settings import Config, Retention
from eponctl.store import queries, retention, upkeep
from eponctl.store.database import open_database
from eponctl.store.upkeep import Fault, FileSize, TableSize

DAY_S = 86400


def check(config: Config) -> list[Fault]:
    """What is wrong with it; nothing is changed. Raises StoreError when there is none."""
    return upkeep.faults(config.database)


def backup(config: Config, target: Path, *, overwrites: bool) -> int:
    """A copy of it, of one moment; its bytes. Raises StoreError, EponctlError."""
    return upkeep.backup(config.database, target, overwrites=overwrites)


class Cleanup(NamedTuple):
    """What is gone, by table, and the file before and after; `is_made_anew`: see upkeep.shrink."""

    rows: Mapping[str, int]
    before: FileSize
    after: FileSize
    is_made_anew: bool


def cleanup(config: Config, *, now: int) -> Cleanup:
    """Do now, and to the end, what polls do once a day. Raises LockHeld, StoreError."""
    path = config.database
    before = upkeep.file_size(path)
    with poll_lock(path):
        with open_database(path) as database:
            cleaned = retention.clean(database, config.retention, now, most_pages=0, is_afresh=True)
        is_made_anew = upkeep.shrink(path)
    return Cleanup(cleaned.rows, before, upkeep.file_size(path), is_made_anew)


class Stats(NamedTuple):
    """How large it is and becomes. Bytes a day are what came in a day lately, where that is known.

    `settles_at` is the size from when on as much goes as comes.
    """

    path: Path
    size: FileSize
    tables: tuple[TableSize, ...]
    onus: int
    bytes_per_onu_and_day: float | None
    growth_bytes_per_day: float | None
    settles_at_bytes: int | None


def stats(config: Config) -> Stats:
    """Its size, and what it comes to. Raises StoreError."""
    path = config.database
    size = upkeep.file_size(path)
    tables = tuple(upkeep.tables(path))
    with open_database(path) as database:
        onus = sum(tally.onus for tally in queries.tallies(database, 0).values())
    paces = _paces(tables, config.retention)
    if paces is None:
        return Stats(path, size, tables, onus, None, None, None)
    a_day = sum(pace for pace, _, _ in paces.values())
    growing = sum(pace for pace, days, kept in paces.values() if days < kept)
    settled = sum(pace * kept for pace, _, kept in paces.values())
    rest = sum(table.bytes or 0 for table in tables if table.name not in paces)
    each = a_day / onus if onus else None
    return Stats(path, size, tables, onus, each, growing, round(settled + rest))


def _paces(
    tables: tuple[TableSize, ...], keep: Retention
) -> dict[str, tuple[float, float, int]] | None:
    """Bytes a day, days there are, and days that are kept, of each history a day old or more."""
    kept = {
        "alert_history": keep.alerts_days,
        "incident": keep.alerts_days,
        "outbox": keep.alerts_days,
        "monitoring_stats": keep.stats_days,
        "optical_hourly": keep.stats_days,
        "optical_history": keep.optical_days,
    }
    found: dict[str, tuple[float, float, int]] = {}
    for table in tables:
        if table.name not in kept or table.oldest_at is None or table.newest_at is None:
            continue
        days = (table.newest_at - table.oldest_at) / DAY_S
        if table.bytes is None:
            return None
        if days >= 1:
            found[table.name] = (table.bytes / days, days, kept[table.name])
    return found or None

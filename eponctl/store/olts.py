"""What is remembered of each OLT, and what each poll of it was like."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple, cast

import peewee

from eponctl.model import OltState, OltSummary
from eponctl.store import remembered
from eponctl.store.schema import OltRow, StatRow


class PollStat(NamedTuple):
    """One OLT in one poll; averages are over ONUs that are up."""

    at: int
    olt_id: str
    is_ok: bool
    poll_ms: int
    onus: int
    online: int
    problems: int
    avg_temperature_c: float | None
    avg_rx_power_dbm: float | None
    error: str | None


def load() -> dict[str, OltState]:
    """Every OLT that was ever polled, by id; also those no longer in olts.toml."""
    return remembered.read(_connection())


def save(states: Iterable[OltState]) -> None:
    """Write these OLTs; the caller holds the transaction."""
    _connection().executemany(_REPLACE, map(remembered.row_of, states))


_REPLACE = (
    f"INSERT OR REPLACE INTO olt_status ({', '.join(remembered.NAMES)}) "
    f"VALUES ({', '.join('?' * len(remembered.NAMES))})"
)


def add_stats(stats: Iterable[PollStat]) -> None:
    """One row per OLT and poll."""
    _connection().executemany(_ADD_STAT, stats)


_ADD_STAT = (
    f"INSERT INTO monitoring_stats ({', '.join(PollStat._fields)}) "
    f"VALUES ({', '.join('?' * len(PollStat._fields))})"
)


def _connection() -> sqlite3.Connection:
    """The open database's own: one statement over a list costs a tenth of peewee's insert_many."""
    return cast(sqlite3.Connection, OltRow._meta.database.connection())  # noqa: SLF001


def request_baseline(olt_id: str) -> None:
    """Take the OLT's next good read as it comes, whatever was known before."""
    OltRow.update(baseline_at=None, memory=None, onus_by_pon=None).where(
        OltRow.olt_id == olt_id
    ).execute()


LOW_SHARE = 0.8
"""An OLT with less than this share of its ONUs online is in a low spell."""


def low_spells(summaries: Iterable[OltSummary]) -> dict[str, int]:
    """Since when each OLT that has too few ONUs online has had so few."""
    found: dict[str, int] = {}
    for olt in summaries:
        enabled = olt.onus - olt.disabled
        if enabled and olt.online < enabled * LOW_SHARE:
            since = low_since(olt.olt_id, LOW_SHARE)
            if since is not None:
                found[olt.olt_id] = since
    return found


def low_since(olt_id: str, share: float) -> int | None:
    """Since when the OLT has had less than this share of its ONUs online; None: it has not."""
    readable = (StatRow.olt_id == olt_id) & StatRow.is_ok
    # Unconverted: next to a column of whole numbers peewee would make 0 of 0.8.
    enough = StatRow.online >= StatRow.onus * peewee.Value(share, converter=False)
    last_good = StatRow.select(peewee.fn.max(StatRow.at)).where(readable, enough).scalar()
    first_low = StatRow.select(peewee.fn.min(StatRow.at)).where(
        readable, ~enough, StatRow.at > (last_good or 0)
    )
    since: int | None = first_low.scalar()
    return since

"""What is remembered of each OLT, and what each poll of it was like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import peewee

from eponctl.model import OltState, OltSummary
from eponctl.store.schema import OltRow, StatRow

_NAMES = tuple(part.name for part in fields(OltState))
_JSON = ("failed_pons", "onus_by_pon")


@dataclass(frozen=True, slots=True)
class PollStat:
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
    columns = [getattr(OltRow, name) for name in _NAMES]
    states: dict[str, OltState] = {}
    for row in cast(Iterable[dict[str, Any]], OltRow.select(*columns).dicts()):
        for name in _JSON:
            row[name] = json.loads(row[name] or "{}")
        states[row["olt_id"]] = OltState(**row)
    return states


def save(states: Iterable[OltState]) -> None:
    """Write these OLTs; the caller holds the transaction."""
    rows = [asdict(state) for state in states]
    for row in rows:
        row.update({name: json.dumps(row[name]) for name in _JSON})
    for part in peewee.chunked(rows, 30):
        OltRow.replace_many(part).execute()


def add_stats(stats: Sequence[PollStat]) -> None:
    """One row per OLT and poll."""
    for part in peewee.chunked([asdict(stat) for stat in stats], 50):
        StatRow.insert_many(part).execute()


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

"""When ONUs could be seen, and when they were quiet on purpose: what availability is shared out by.

Reads the store; the sharing itself is views/availability.py's. Times are UTC seconds.
"""

from __future__ import annotations

from typing import NamedTuple

import peewee

from eponctl.incidents.records import Member
from eponctl.model import OltState, OnuState, Status
from eponctl.settings import Config
from eponctl.store import onuhistory, silences
from eponctl.views.availability import Span
from eponctl.windows import fits, maintenance_spans


class Quiet(NamedTuple):
    """What was quiet on purpose, planned or by a silence, and when."""

    target: str
    spans: tuple[Span, ...]

    def covers(self, onu: OnuState | Member) -> bool:
        """Whether it is about this ONU."""
        return fits(self.target, onu.olt_id, None, onu.onu_id, onu.mac)


def quiets(config: Config, since: int, until: int) -> list[Quiet]:
    """What was quiet on purpose at any time from then to then, as far as it is remembered."""
    planned = (
        Quiet(one.target, tuple(maintenance_spans(one, since, until, config.timezone)))
        for one in config.maintenance
    )
    by_hand = (Quiet(one.target, ((one.from_at, one.over_at),)) for one in silences.listing())
    return [
        one
        for one in (*planned, *by_hand)
        if any(first < until and last > since for first, last in one.spans)
    ]


def not_found(onu: OnuState, state: OltState, until: int) -> list[Span]:
    """Since when the ONU, or its PON, is not found though its OLT is read."""
    spans = [(onu.seen_at, until)] if onu.missed else []
    if onu.pon in state.failed_pons:
        spans.append((state.failed_pons[onu.pon] or 0, until))
    return spans


def dark_since(database: peewee.SqliteDatabase, onu: OnuState, row_id: int) -> int | None:
    """Since when it gave no light before it came up, if light came with its present status."""
    if onu.status is not Status.UP:
        return None
    around = onuhistory.samples(database, row_id, onu.since)
    has_come = any(sample.rx is not None for sample in around if sample.at >= onu.since)
    before = around[0] if around and around[0].at < onu.since else None
    return before.at if has_come and before is not None and before.rx is None else None

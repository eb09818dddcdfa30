"""Old rows go, once a day, within a poll; pages are given back to the disk bit by bit."""

from __future__ import annotations

import peewee

from eponctl.settings import Retention
from eponctl.store.schema import AlertRow, MessageRow, OnuRow, OpticalHourRow, OpticalRow, StatRow

DAY_S = 86400
_PAGES_A_DAY = 2000


def clean(database: peewee.SqliteDatabase, keep: Retention, now: int) -> None:
    """Delete what is older than the configuration says; undelivered messages never are."""
    alerts, stats = now - keep.alerts_days * DAY_S, now - keep.stats_days * DAY_S
    with database.atomic("IMMEDIATE"):
        waiting = MessageRow.state.in_(("queued", "unsure"))
        MessageRow.delete().where(~waiting, MessageRow.created_at < alerts).execute()
        AlertRow.delete().where(AlertRow.at < alerts).execute()
        StatRow.delete().where(StatRow.at < stats).execute()
        OpticalRow.delete().where(OpticalRow.at < now - keep.optical_days * DAY_S).execute()
        OpticalHourRow.delete().where(OpticalHourRow.hour < stats // 3600).execute()
        _forget_gone_onus(stats)
    # executescript, because execute would stop after the first page.
    database.connection().executescript(f"PRAGMA incremental_vacuum({_PAGES_A_DAY})")


def _forget_gone_onus(before: int) -> None:
    gone = OnuRow.select(OnuRow.id).where(OnuRow.gone_at < before)
    for table in (OpticalRow, OpticalHourRow):
        table.delete().where(table.onu.in_(gone)).execute()
    OnuRow.delete().where(OnuRow.gone_at < before).execute()

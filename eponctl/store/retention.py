"""Old rows go, once a day, within a poll; pages are given back to the disk bit by bit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import peewee

from eponctl.settings import Retention
from eponctl.store import ledger
from eponctl.store.schema import (
    AlertRow,
    IncidentOnuRow,
    IncidentRow,
    MessageIncidentRow,
    MessageRow,
    OnuRow,
    OpticalHourRow,
    OpticalRow,
    SilenceRow,
    StatRow,
)

DAY_S = 86400
_PAGES_A_DAY = 2000
_UNSETTLED_DAYS = 30
_CHUNK = 500  # values in one statement


def clean(database: peewee.SqliteDatabase, keep: Retention, now: int) -> None:
    """Delete what is older than the configuration says.

    Undelivered messages never go, nor what tells of an incident of which something may yet be told.
    """
    alerts, stats = now - keep.alerts_days * DAY_S, now - keep.stats_days * DAY_S
    with database.atomic("IMMEDIATE"):
        ledger.settle(now)
        _forget_incidents(alerts, now)
        _forget_messages(alerts)
        AlertRow.delete().where(AlertRow.at < alerts).execute()
        StatRow.delete().where(StatRow.at < stats).execute()
        SilenceRow.delete().where(
            (SilenceRow.until_at < alerts) | (SilenceRow.ended_at < alerts)
        ).execute()
        OpticalRow.delete().where(OpticalRow.at < now - keep.optical_days * DAY_S).execute()
        OpticalHourRow.delete().where(OpticalHourRow.hour < stats // 3600).execute()
        _forget_gone_onus(stats)
    # executescript, because execute would stop after the first page.
    database.connection().executescript(f"PRAGMA incremental_vacuum({_PAGES_A_DAY})")


def _forget_incidents(before: int, now: int) -> None:
    """Those that closed before then, and of which nothing is left to be told.

    An incident whose end somebody was not told is kept longer, but not for ever: whoever it is may
    have left the configuration.
    """
    is_settled = IncidentRow.settled_at.is_null(is_null=False)
    # What became part of another one goes when that one can.
    is_hopeless = IncidentRow.merged_into.is_null() & (
        IncidentRow.closed_at < now - _UNSETTLED_DAYS * DAY_S
    )
    query = IncidentRow.select(IncidentRow.id).where(
        IncidentRow.closed_at < before, is_settled | is_hopeless
    )
    gone = [incident_id for (incident_id,) in cast(Iterable[tuple[str]], query.tuples())]
    # An id may be given again: nothing may be left of it.
    for some in peewee.chunked(gone, _CHUNK):
        IncidentRow.delete().where(IncidentRow.id.in_(some)).execute()
        for table in (IncidentOnuRow, MessageIncidentRow):
            table.delete().where(table.incident.in_(some)).execute()


def _forget_messages(before: int) -> None:
    is_waiting = MessageRow.state.in_(("queued", "unsure"))
    unsettled = IncidentRow.select(IncidentRow.id).where(IncidentRow.settled_at.is_null())
    telling = MessageIncidentRow.select(MessageIncidentRow.message).where(
        MessageIncidentRow.incident.in_(unsettled)
    )
    MessageRow.delete().where(
        ~is_waiting, MessageRow.created_at < before, MessageRow.id.not_in(telling)
    ).execute()


def _forget_gone_onus(before: int) -> None:
    gone = OnuRow.select(OnuRow.id).where(OnuRow.gone_at < before)
    for table in (OpticalRow, OpticalHourRow):
        table.delete().where(table.onu.in_(gone)).execute()
    OnuRow.delete().where(OnuRow.gone_at < before).execute()

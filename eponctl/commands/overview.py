"""What metrics and the dashboard page show: the network now, and how it came here."""

from __future__ import annotations

from collections.abc import Sequence

import peewee

from eponctl.commands.incidents import outages
from eponctl.commands.network import abandoned_before, place, watched_olts
from eponctl.settings import Config
from eponctl.store import customers, events, incidents, outbox, queries, trends
from eponctl.store.database import open_database
from eponctl.views.dashboard import Dashboard, Overview, Trends
from eponctl.views.dashboard import trends as trends_of
from eponctl.views.history import Told
from eponctl.views.incidents import is_outage
from eponctl.views.network import Watched
from eponctl.views.trend import step_length

DAY_S = 86400
HISTORY_S = 7 * DAY_S
"""How far back incidents and alerts go on the page."""
MOST_ALERTS = 200
_MOST_STEPS = 60
_LEAST_STEP_S = 60


def overview(config: Config, *, now: int) -> Overview:
    """The network now. Raises StoreError when there is no database, or nothing was polled yet."""
    with open_database(config.database) as database, database.atomic():
        return _overview(database, config, now)


def dashboard(config: Config, *, now: int) -> Dashboard:
    """The same, and what happened; all of one moment. Raises StoreError as `overview` does."""
    since = now - HISTORY_S
    with open_database(config.database) as database, database.atomic():
        found = outages(since)
        told = _alerts(since)
        seen = _overview(database, config, now)
        return Dashboard(
            overview=seen,
            abandoned_before=abandoned_before(config, now),
            trends=_trends(database, [one for one in seen.olts if one.olt.enabled], now),
            since=since,
            incidents=found.incidents,
            told_at=found.told_at,
            alerts=tuple(told[:MOST_ALERTS]),
            has_more=len(told) > MOST_ALERTS,
        )


def _overview(database: peewee.SqliteDatabase, config: Config, now: int) -> Overview:
    olts = watched_olts(database, config, now=now)
    messages = outbox.counts()
    return Overview(
        now=now,
        olts=olts,
        onus=tuple(
            onu
            for watched in olts
            if watched.olt.enabled
            for onu in sorted(queries.onus_of(database, watched.olt.id), key=place)
        ),
        customers=customers.names(),
        open_incidents=sum(map(is_outage, incidents.open_())),
        waiting=messages.queued + messages.unsure,
        failed=messages.dead,
    )


def _alerts(since: int) -> list[Told]:
    alerts = events.history(since, limit=MOST_ALERTS + 1)
    deliveries = outbox.delivery_of(alert.id for alert in alerts)
    named = customers.names(alert.mac for alert in alerts if alert.mac)
    return [Told(alert, deliveries.get(alert.id), named.get(alert.mac or "")) for alert in alerts]


def _trends(database: peewee.SqliteDatabase, olts: Sequence[Watched], now: int) -> Trends | None:
    """The last day, or as much of it as there is; in steps that hold at least two polls."""
    ids = [watched.olt.id for watched in olts]
    span = trends.span(database, ids, now - DAY_S)
    if span is None:
        return None
    length = now - span.first_at
    step_s = step_length(length, _MOST_STEPS, max(_LEAST_STEP_S, 2 * length // span.polls))
    rows = trends.rows(database, ids, span.first_at, step_s)
    names = [(watched.olt.id, watched.olt.name) for watched in olts]
    return trends_of(rows, names, span.first_at, now, step_s)

"""`eponctl alerts`: what happened, and whether anybody was told."""

from __future__ import annotations

from collections.abc import Sequence

from eponctl.commands.choice import olt_of
from eponctl.model import Priority
from eponctl.settings import Config
from eponctl.store import customers, events, outbox
from eponctl.store.database import open_database
from eponctl.views.history import Told


def alerts(
    config: Config,
    since: int,
    *,
    olt_id: str | None = None,
    priority: Priority | None = None,
    limit: int | None = None,
) -> Sequence[Told]:
    """Events since then, the newest first, `limit` of them at most; `priority` and more urgent.

    Raises ConfigError for an OLT that is not there, StoreError when there is no database.
    """
    known = None if olt_id is None else olt_of(config, olt_id).id
    with open_database(config.database) as database, database.atomic():
        found = events.history(since, olt_id=known, priority=priority, limit=limit)
        deliveries = outbox.delivery_of(alert.id for alert in found)
        named = customers.names(alert.mac for alert in found if alert.mac)
    return [Told(alert, deliveries.get(alert.id), named.get(alert.mac or "")) for alert in found]

"""`eponctl incidents`: outages and silent OLTs, and when somebody was told first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from eponctl.incidents.records import Incident
from eponctl.settings import Config
from eponctl.store import incidents as store
from eponctl.store import ledger
from eponctl.store.database import open_database
from eponctl.views.incidents import is_outage


class Found(NamedTuple):
    """Incidents, the newest first; `told_at` is when anyone was told first, by id."""

    incidents: tuple[Incident, ...]
    told_at: Mapping[str, int]


def incidents(config: Config, since: int, *, is_open_only: bool = False) -> Found:
    """What is open, and what was since then. Raises StoreError when there is no database."""
    with open_database(config.database) as database, database.atomic():
        return outages(since, is_open_only=is_open_only)


def outages(since: int, *, is_open_only: bool = False) -> Found:
    """The same, of the database that is open."""
    history = store.history(since, is_open_only=is_open_only)
    found = sorted(filter(is_outage, history), key=lambda one: (-one.opened_at, one.id))
    return Found(tuple(found), ledger.told_at(one.id for one in found))

"""What several views begin with: the OLTs of olts.toml with what the database knows of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import peewee

from eponctl.commands.choice import olt_of
from eponctl.errors import StoreError
from eponctl.model import OltState, OnuState
from eponctl.settings import Config
from eponctl.store import olts as store_olts
from eponctl.store import queries
from eponctl.store.database import open_database
from eponctl.store.queries import Tally
from eponctl.views.network import Watched


def watched_olts(
    database: peewee.SqliteDatabase, config: Config, olt_ids: Sequence[str] = (), *, now: int
) -> tuple[Watched, ...]:
    """These OLTs, or all, in the order of olts.toml; what the file no longer names is left out.

    Raises ConfigError for an id that is not there, StoreError if none of the enabled ones was ever
    polled.
    """
    wanted = {olt_of(config, olt_id).id for olt_id in olt_ids}
    states = store_olts.load()
    tallies = queries.tallies(database, abandoned_before(config, now))
    found = tuple(
        Watched(olt, states.get(olt.id) or OltState(olt.id), tallies.get(olt.id) or Tally())
        for olt in config.olts
        if not wanted or olt.id in wanted
    )
    enabled = [watched for watched in found if watched.olt.enabled]
    if enabled and all(watched.state.last_poll_at is None for watched in enabled):
        who = enabled[0].olt.id if len(enabled) == 1 else "the OLTs"
        raise StoreError(f"nothing is known of {who} yet", "run `eponctl poll` first")
    return found


def abandoned_before(config: Config, now: int) -> int:
    """Since before when an ONU must have been down to be abandoned."""
    return now - config.alerts.abandoned_after_s


def listed_olts(config: Config) -> tuple[Watched, ...]:
    """Every OLT of olts.toml, also before the first poll. Raises StoreError."""
    states: dict[str, OltState] = {}
    if config.database.exists():
        with open_database(config.database):
            states = store_olts.load()
    return tuple(
        Watched(olt, states.get(olt.id) or OltState(olt.id), Tally()) for olt in config.olts
    )


def place(onu: OnuState) -> tuple[int, ...]:
    """Where an ONU stands among those of its OLT: `0/1:3` before `0/1:10`."""
    return _numbers(onu.onu_id)


@lru_cache(maxsize=4096)
def _numbers(onu_id: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall("[0-9]+", onu_id)))

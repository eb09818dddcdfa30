"""`eponctl onu REF`: one ONU, how it is and how it was, from the database.

Reads no more than it shows: quick also on years of history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import peewee

from eponctl import optics
from eponctl.commands.choice import olt_of, onu_of
from eponctl.commands.network import abandoned_before
from eponctl.model import OltState, OnuState
from eponctl.observed import dark_since, not_found, quiets
from eponctl.settings import Config
from eponctl.store import customers, events, incidents, ledger, onuhistory, outbox
from eponctl.store import olts as store_olts
from eponctl.store.database import open_database
from eponctl.store.queries import Tally
from eponctl.summary import is_abandoned
from eponctl.views.availability import DAY_S, Availability, Span, availability, steps_of, unseen
from eponctl.views.history import Told
from eponctl.views.network import Watched
from eponctl.views.onus import OnuFacts
from eponctl.views.trend import (
    Trend,
    spells_of_hours,
    spells_of_samples,
    step_length,
    trend,
)

DAYS = (1, 7, 30)
_SHORT_S = 12 * optics.HOUR_S
"""Up to so much samples are drawn, beyond it hours: these have least and most of each reading."""


def facts(config: Config, text: str, since: int, *, now: int, steps: int) -> OnuFacts:
    """All that is known of the ONU that is meant; its trend in so many steps at the most.

    Raises ConfigError when no ONU fits, or several do; StoreError when there is no database.
    """
    with open_database(config.database) as database, database.atomic():
        known = [olt.id for olt in config.olts]
        places = [one for one in onuhistory.places(database) if one.olt_id in known]
        place = onu_of(places, text, customers.names())
        row_id, onu, track = onuhistory.onu(database, place.olt_id, place.mac)
        state = store_olts.load().get(onu.olt_id) or OltState(onu.olt_id)
        holes = _unseen(database, onu, state, min(since, now - DAYS[-1] * DAY_S), now)
        customer = customers.of(onu.mac)
        found = incidents.about(onu.olt_id, onu.mac, since)
        return OnuFacts(
            now=now,
            since=since,
            onu=onu,
            watched=Watched(olt_of(config, onu.olt_id), state, Tally()),
            is_abandoned=is_abandoned(onu, abandoned_before(config, now)),
            trend=_trend(database, (row_id, track), holes, config, (since, now), steps),
            availability=tuple(_availability(database, config, onu, row_id, holes, now)),
            incidents=tuple(found),
            told_at=ledger.told_at(one.id for one in found),
            events=tuple(_events(onu, since, None if customer is None else customer.name)),
            customer=customer,
        )


def _events(onu: OnuState, since: int, customer: str | None) -> Iterator[Told]:
    happened = events.of_onu(onu.olt_id, onu.mac, since)
    deliveries = outbox.delivery_of(alert.id for alert in happened)
    return (Told(alert, deliveries.get(alert.id), customer) for alert in happened)


# --- the signal ---


def _trend(
    database: peewee.SqliteDatabase,
    row: tuple[int, optics.Track | None],
    holes: Sequence[Span],
    config: Config,
    span: tuple[int, int],
    steps: int,
) -> Trend:
    (row_id, track), (since, now) = row, span
    is_short = now - since <= _SHORT_S
    if is_short:
        samples = onuhistory.samples(database, row_id, since)
        spells = list(spells_of_samples(samples, now, holes))
    else:
        hours = onuhistory.hours(database, row_id, since)
        running = None if track is None else optics.so_far(track, now)
        spells = list(spells_of_hours([*hours, *([running] if running else [])]))
    length = step_length(now - since, steps, 60 if is_short else optics.HOUR_S)
    offset = datetime.fromtimestamp(now, config.timezone).utcoffset()
    return trend(spells, since, now, length, int(offset.total_seconds()) if offset else 0)


# --- availability ---


def _availability(
    database: peewee.SqliteDatabase,
    config: Config,
    onu: OnuState,
    row_id: int,
    holes: Sequence[Span],
    now: int,
) -> Iterator[Availability]:
    since = now - DAYS[-1] * DAY_S
    changes = onuhistory.changes(database, onu.olt_id, onu.mac, since)
    causes = onuhistory.causes(database, (one.incident for one in changes if one.incident))
    steps = steps_of(changes, onu, causes, dark_since(database, onu, row_id))
    quiet = [span for one in quiets(config, since, now) if one.covers(onu) for span in one.spans]
    return (availability(days, now, steps, holes, quiet) for days in DAYS)


def _unseen(
    database: peewee.SqliteDatabase, onu: OnuState, state: OltState, since: int, now: int
) -> list[Span]:
    """When nobody could see it: its OLT was not read, or the ONU or its PON is not found now."""
    reads = onuhistory.reads(database, onu.olt_id, since)
    return [*unseen(reads, since, now), *not_found(onu, state, now)]

"""What became of every ONU's time in a report's period: up, down and why, or not looked at.

Everything is read in one pass for all ONUs; an ONU to which nothing happened costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import peewee

from eponctl.incidents.records import Cause
from eponctl.model import OltState, OnuState, Status
from eponctl.observed import Quiet, dark_since, not_found, quiets
from eponctl.periods import Period
from eponctl.reports import Gap, Shares
from eponctl.settings import Config
from eponctl.store import allhistory, onuhistory, onus
from eponctl.store import olts as store_olts
from eponctl.store.onuhistory import StatusChange
from eponctl.views.availability import Part, Span, shared, steps_of, unseen

_NOTHING = Shares()


class PolledOlt(NamedTuple):
    """One OLT of the configuration: its ONUs with their rows, and when it was not read."""

    olt_id: str
    name: str
    state: OltState
    onus: tuple[tuple[int, OnuState], ...]
    unread: tuple[Span, ...]


class Past(NamedTuple):
    """What happened to all ONUs: events since the period began, causes by incident id."""

    changes: Mapping[tuple[str, str], Sequence[StatusChange]]
    causes: Mapping[str, Cause]
    quiets: Sequence[Quiet]


def polled_olts(
    database: peewee.SqliteDatabase, config: Config, period: Period
) -> tuple[list[PolledOlt], list[Gap]] | None:
    """The OLTs that are polled, and the times without any poll; None: it was before the first."""
    those = [olt for olt in config.olts if olt.enabled]
    first = allhistory.first_poll(database, (olt.id for olt in those))
    if first is None or first >= period.until:
        return None
    states, books = store_olts.load(), onus.load(database, (olt.id for olt in those))
    olts, polled = [], set[int]()
    for olt in those:
        polls = allhistory.polls(database, olt.id, period.since, period.until)
        polled.update(at for at, _ in polls)
        reads = [at for at, is_read in polls if is_read]
        unread = unseen(reads, period.since, period.until)
        book = books.get(olt.id) or onus.OltBook()
        rows = ((book.ids[mac], onu) for mac, onu in book.states.items())
        state = states.get(olt.id) or OltState(olt.id)
        olts.append(PolledOlt(olt.id, olt.name, state, tuple(rows), tuple(unread)))
    since = max(first, period.since)
    return olts, [Gap(*span) for span in unseen(sorted(polled), since, period.until)]


def past_of(
    database: peewee.SqliteDatabase, config: Config, period: Period, those: Iterable[OnuState]
) -> Past:
    """What happened to these ONUs, as far as the period is concerned."""
    changes = allhistory.changes(database, period.since)
    # What an ONU was before the period matters where something happened since, or has not ended.
    begun = [
        (onu.olt_id, onu.mac)
        for onu in those
        if onu.status is not Status.UP or (onu.olt_id, onu.mac) in changes
    ]
    for key, last in allhistory.last_changes(database, begun, period.since).items():
        changes[key] = [last, *changes.get(key, ())]
    named = {one.incident for some in changes.values() for one in some if one.incident}
    causes = onuhistory.causes(database, named)
    return Past(changes, causes, quiets(config, period.since, period.until))


def shares_of(
    database: peewee.SqliteDatabase, olt: PolledOlt, past: Past, period: Period
) -> Iterator[tuple[OnuState, Shares]]:
    """Each ONU of the OLT, and what became of its time."""
    whole = period.since, period.until
    same: dict[Part, Shares] = {}
    for row_id, onu in olt.onus:
        changes = past.changes.get((onu.olt_id, onu.mac), ())
        is_fresh = not changes and onu.since > period.since
        dark = dark_since(database, onu, row_id) if is_fresh else None
        steps = steps_of(changes, onu, past.causes, dark)
        unfound = not_found(onu, olt.state, period.until)
        quiet = [span for one in past.quiets if one.covers(onu) for span in one.spans]
        was = [part for at, part in steps if at <= period.since][-1]
        is_plain = not (unfound or quiet) and not any(
            period.since < at < period.until for at, _ in steps
        )
        if is_plain and was in same:
            yield onu, same[was]
            continue
        shares = _made_of(shared(whole, steps, [*olt.unread, *unfound], quiet))
        if is_plain:
            same[was] = shares
        yield onu, shares


def _made_of(seconds: Mapping[Part, int]) -> Shares:
    return Shares(
        up_s=seconds[Part.UP],
        fibre_s=seconds[Part.FIBRE],
        power_s=seconds[Part.POWER],
        other_s=seconds[Part.OTHER],
        unseen_s=seconds[Part.UNSEEN],
        maintenance_s=seconds[Part.MAINTENANCE],
        disabled_s=seconds[Part.DISABLED],
    )


def total(those: Iterable[Shares]) -> Shares:
    """The time of all these together."""
    columns = list(zip(*those, strict=True))
    return Shares(*map(sum, columns)) if columns else _NOTHING


def drops_of(onu: OnuState, past: Past, period: Period) -> int:
    """How often the ONU dropped in the period."""
    changes = past.changes.get((onu.olt_id, onu.mac), ())
    return allhistory.drops(changes, period.since, period.until)

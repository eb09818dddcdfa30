"""The stored history as a replay needs it: what was seen and when, and what people did. Read-only.

Times are UTC seconds. An hour before the replay's beginning is there too: for the changes that make
an ONU flap, and for the pace of the polls. Long, because it is one list of queries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import peewee

from eponctl.incidents.records import Extent, Incident
from eponctl.model import EventKind, OltState, OnuState, Priority, Reason
from eponctl.store import customers, olts, silences
from eponctl.store import incidents as store_incidents
from eponctl.store.onus import state_of
from eponctl.store.outboxrows import ALERT, SUMMARY
from eponctl.store.pulses import KEPT
from eponctl.store.schema import AlertRow, MessageIncidentRow, MessageRow
from eponctl.store.silences import Silence
from eponctl.store.told import roots_of
from eponctl.telling.records import Stage, Tell

HOUR_S, DAY_S = 3600, 86400
_CHUNK = 500  # values in one statement
_MINE = frozenset({EventKind.PON_OUTAGE, EventKind.POWER_OUTAGE})


class Happened(NamedTuple):
    """One stored event, of the ONU what it was then; `seen_at` is the poll that found it."""

    seen_at: int
    at: int
    olt_id: str
    mac: str | None
    onu_id: str | None
    name: str | None
    kind: EventKind
    priority: Priority
    before: str | None
    after: str | None
    lasted_s: int | None
    detail: str | None
    incident: str | None
    distance_m: int | None
    reason: Reason | None


class Pulse(NamedTuple):
    """One poll, and the OLTs that it read well."""

    at: int
    read: frozenset[str]


class Sample(NamedTuple):
    """What an ONU measured from then on; None: it was not up, or gave no value."""

    at: int
    olt_id: str
    mac: str
    rx_dbm: float | None
    temperature_c: float | None


class Said(NamedTuple):
    """One message that was sent, perhaps; `tell` is what it said of which incident."""

    at: int
    recipient: str
    tell: Tell


class Past(NamedTuple):
    """All that a replay of the time from `from_at` to `until` depends on.

    What is asked about begins at `since`: later than `from_at` where incidents went on then. `onus`
    are the present ones, and those that are gone since; `gone_at` says when, by OLT id and MAC.
    `read_at` is each OLT's last good read before `from_at`. `incidents` are the
    stored ones that went on at `from_at` or later. `said` is what was told before `from_at` of
    those that went on then; `absorbed` maps what had become part of them to them. `news` and
    `others` are when messages of alerts, and all others, were sent, by recipient. `kept_from` is
    the first poll that is still known; before it polls are known by their events only. `customers`
    are their names by MAC.
    """

    from_at: int
    since: int
    until: int
    pulses: Sequence[Pulse] = ()
    events: Sequence[Happened] = ()
    onus: Sequence[OnuState] = ()
    gone_at: Mapping[tuple[str, str], int] = MappingProxyType({})
    olts: Mapping[str, OltState] = MappingProxyType({})
    read_at: Mapping[str, int] = MappingProxyType({})
    samples: Sequence[Sample] = ()
    incidents: Sequence[Incident] = ()
    said: Sequence[Said] = ()
    absorbed: Mapping[str, Collection[str]] = MappingProxyType({})
    silences: Sequence[Silence] = ()
    news: Mapping[str, Sequence[int]] = MappingProxyType({})
    others: Mapping[str, Sequence[int]] = MappingProxyType({})
    kept_from: int | None = None
    customers: Mapping[str, str] = MappingProxyType({})


def load(database: peewee.SqliteDatabase, since: int, until: int, begin: int | None = None) -> Past:
    """Read it all; the caller holds the transaction, so that it is of one moment.

    It begins where the incidents began that went on at `since`, if that is not more than a day
    before; or at `begin`, if that is earlier.
    """
    begun = (one.opened_at for one in store_incidents.history(since))
    lead = [at for at in begun if since - DAY_S <= at < since]
    from_at = min(*lead, since, since if begin is None else begin)
    incidents = tuple(reversed(store_incidents.history(from_at)))
    first = from_at - HOUR_S
    states = olts.load()
    events = _events(first, until)
    stats = {olt_id: _stats(database, olt_id, first, until) for olt_id in states}
    kept_from = min((at for rows in stats.values() for at, _ in rows), default=None)
    onus, gone_at = _onus(database, from_at)
    running = [one.id for one in incidents if one.opened_at < from_at]
    roots = roots_of(running)
    news, others = _sent(first, until)
    return Past(
        from_at=from_at,
        since=since,
        until=until,
        pulses=_pulses(stats, events),
        events=events,
        onus=onus,
        gone_at=gone_at,
        olts=states,
        read_at=_read_at(database, states, from_at),
        samples=_samples(database, from_at, until),
        incidents=incidents,
        said=_said(sorted(roots), from_at),
        absorbed={name: into - {name} for name, into in roots.items() if into != {name}},
        silences=silences.listing(),
        news=news,
        others=others,
        kept_from=kept_from,
        customers=customers.names(),
    )


# --- events and polls ---


def _events(from_at: int, until: int) -> list[Happened]:
    """What polls found from then on, in order; without the outages that an engine made of it."""
    columns = [getattr(AlertRow, name) for name in Happened._fields]
    # By the time that has an index: what was found long after it began is of an OLT that was away.
    query = (
        AlertRow.select(*columns)
        .where(AlertRow.at >= from_at - DAY_S, AlertRow.seen_at.between(from_at, until))
        .order_by(AlertRow.id)
    )
    found = (_happened(row) for row in cast(Iterable[tuple[Any, ...]], query.tuples()))
    return sorted((one for one in found if one.kind not in _MINE), key=lambda one: one.seen_at)


def _happened(row: tuple[Any, ...]) -> Happened:
    one = Happened._make(row)
    return one._replace(
        kind=EventKind(one.kind),
        priority=Priority(one.priority),
        reason=one.reason and Reason(one.reason),
    )


def _stats(
    database: peewee.SqliteDatabase, olt_id: str, from_at: int, until: int
) -> list[tuple[int, bool]]:
    """An OLT's polls of that time, and those before by which their pace is told."""
    within = "SELECT at, is_ok FROM monitoring_stats WHERE olt_id = ? AND at BETWEEN ? AND ?"
    earlier = (
        "SELECT at, is_ok FROM monitoring_stats WHERE olt_id = ? AND at < ? "
        "ORDER BY at DESC LIMIT ?"
    )
    return [
        *database.execute_sql(earlier, (olt_id, from_at, KEPT)).fetchall(),
        *database.execute_sql(within, (olt_id, from_at, until)),
    ]


def _pulses(
    stats: Mapping[str, Iterable[tuple[int, bool]]], events: Iterable[Happened]
) -> list[Pulse]:
    """The polls in their order; those of which only events are left have read those OLTs."""
    read: dict[int, set[str]] = {}
    for olt_id, rows in stats.items():
        for at, is_ok in rows:
            found = read.setdefault(at, set())
            if is_ok:
                found.add(olt_id)
    for event in events:
        found = read.setdefault(event.seen_at, set())
        if event.mac is not None or event.kind is EventKind.OLT_RECOVERED:
            found.add(event.olt_id)
    return [Pulse(at, frozenset(read[at])) for at in sorted(read)]


def _read_at(
    database: peewee.SqliteDatabase, olt_ids: Iterable[str], before: int
) -> dict[str, int]:
    sql = (
        "SELECT at FROM monitoring_stats WHERE olt_id = ? AND at < ? AND is_ok "
        "ORDER BY at DESC LIMIT 1"
    )
    found = {olt: database.execute_sql(sql, (olt, before)).fetchone() for olt in olt_ids}
    return {olt_id: row[0] for olt_id, row in found.items() if row}


# --- ONUs ---


def _onus(
    database: peewee.SqliteDatabase, from_at: int
) -> tuple[list[OnuState], dict[tuple[str, str], int]]:
    names = ", ".join(OnuState._fields)
    sql = f"SELECT gone_at, {names} FROM onu_status WHERE gone_at IS NULL OR gone_at >= ?"
    onus: list[OnuState] = []
    gone_at: dict[tuple[str, str], int] = {}
    for row in database.execute_sql(sql, (from_at,)):
        onu = state_of(row[1:])
        onus.append(onu)
        if row[0] is not None:
            gone_at[onu.olt_id, onu.mac] = row[0]
    return onus, gone_at


def _samples(database: peewee.SqliteDatabase, from_at: int, until: int) -> list[Sample]:
    """The measurements of ONUs that changed since then, each one's last before included."""
    onus = dict(_ids(database))
    sql = (
        "SELECT onu, at, rx, temperature FROM optical_history WHERE onu = ? AND at BETWEEN ? AND ?"
    )
    last = (
        "SELECT onu, at, rx, temperature FROM optical_history WHERE onu = ? AND at < ? "
        "ORDER BY at DESC LIMIT 1"
    )
    found: list[Sample] = []
    for row_id, (olt_id, mac) in onus.items():
        rows = database.execute_sql(sql, (row_id, from_at, until)).fetchall()
        if rows:
            before = database.execute_sql(last, (row_id, from_at)).fetchall()
            found += [_sample(olt_id, mac, *row[1:]) for row in (*before, *rows)]
    return sorted(found, key=lambda sample: sample.at)


def _ids(database: peewee.SqliteDatabase) -> Iterable[tuple[int, tuple[str, str]]]:
    for row_id, olt_id, mac in database.execute_sql("SELECT id, olt_id, mac FROM onu_status"):
        yield row_id, (olt_id, mac)


def _sample(olt_id: str, mac: str, at: int, rx: int | None, warm: int | None) -> Sample:
    return Sample(
        at, olt_id, mac, None if rx is None else rx / 100, None if warm is None else warm / 10
    )


# --- messages ---


def _said(incident_ids: Sequence[str], before: int) -> list[Said]:
    found: list[Said] = []
    for some in peewee.chunked(incident_ids, _CHUNK):
        query = (
            MessageIncidentRow.select(
                MessageRow.sent_at,
                MessageRow.recipient,
                MessageIncidentRow.incident,
                MessageIncidentRow.stage,
                MessageIncidentRow.onus,
                MessageIncidentRow.extent,
            )
            .join(MessageRow)
            .where(MessageIncidentRow.incident.in_(some), MessageRow.sent_at < before)
        )
        for at, recipient, name, stage, onus, extent in cast(
            Iterable[tuple[Any, ...]], query.tuples()
        ):
            found.append(Said(at, recipient, Tell(name, Stage(stage), onus, Extent(extent))))
    return sorted(found, key=lambda said: said.at)


def _sent(from_at: int, until: int) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """When messages about alerts, and when all others, were sent, by recipient."""
    query = (
        MessageRow.select(MessageRow.recipient, MessageRow.kind, MessageRow.sent_at)
        .where(MessageRow.sent_at.between(from_at, until))
        .order_by(MessageRow.sent_at)
    )
    news: dict[str, list[int]] = {}
    others: dict[str, list[int]] = {}
    for recipient, kind, at in cast(Iterable[tuple[str, str, int]], query.tuples()):
        kept = news if kind in {ALERT, SUMMARY} else others
        kept.setdefault(recipient, []).append(at)
    return news, others

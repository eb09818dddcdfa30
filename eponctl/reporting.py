"""A report's numbers, from the database: for `poll`, which sends it, and for `eponctl report`.

What became of each ONU's time is reporttimes.py's; here it stands beside what else a report has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import peewee

from eponctl.incidents.records import Cause, Confidence, Incident, Kind, Member
from eponctl.model import OnuState, Signal, Status
from eponctl.observed import Quiet
from eponctl.periods import Period
from eponctl.reports import (
    Abandoned,
    Falling,
    Flapper,
    OltTime,
    OnuTime,
    Outage,
    Report,
    Weak,
    Who,
)
from eponctl.reporttimes import Past, drops_of, past_of, polled_olts, shares_of, total
from eponctl.settings import Config
from eponctl.store import allhistory, customers, incidents
from eponctl.summary import down_since, is_abandoned
from eponctl.trends import DAYS, fall
from eponctl.views.availability import DAY_S
from eponctl.views.incidents import cause_of, is_outage, lasted_s


def report(
    database: peewee.SqliteDatabase, config: Config, period: Period, now: int
) -> Report | None:
    """The report on a period; None when nothing was polled yet when it ended.

    What nobody looked at is no downtime; ONUs that are abandoned are listed, and count nowhere.
    """
    polled = polled_olts(database, config, period)
    if polled is None:
        return None
    olts, gaps = polled
    before = now - config.alerts.abandoned_after_s
    given_up = [onu for olt in olts for _, onu in olt.onus if is_abandoned(onu, before)]
    olts = [
        olt._replace(onus=tuple(row for row in olt.onus if not is_abandoned(row[1], before)))
        for olt in olts
    ]
    known = {row_id: onu for olt in olts for row_id, onu in olt.onus}
    names = customers.names()
    past = past_of(database, config, period, known.values())
    times = {
        olt.olt_id: [
            OnuTime(_who(onu, names), shares, drops_of(onu, past, period))
            for onu, shares in shares_of(database, olt, past, period)
        ]
        for olt in olts
    }
    everyone = [time for those in times.values() for time in those]
    found = [
        one
        for one in incidents.history(period.since)
        if one.opened_at < period.until and {olt.olt_id for olt in olts} & set(_olts(one))
    ]
    outages = [_outage(one, past.quiets, names, now) for one in found if is_outage(one)]
    per_olt = Counter(olt_id for one in outages for olt_id in _olts(one.incident))
    return Report(
        period=period,
        made_at=now,
        onus=len(everyone),
        shares=total(time.shares for time in everyone),
        olts=tuple(
            OltTime(
                olt.olt_id,
                olt.name,
                len(olt.onus),
                total(time.shares for time in times[olt.olt_id]),
                sum(last - first for first, last in olt.unread),
                per_olt[olt.olt_id],
            )
            for olt in olts
        ),
        worst=tuple(
            sorted(
                (one for one in everyone if one.shares.down_s),
                key=lambda one: (-one.shares.down_s, one.onu),
            )
        ),
        outages=tuple(sorted(outages, key=_weight)),
        falling=tuple(_falling(database, known, names, config, now)),
        weak=tuple(_weak(known.values(), names)),
        flappers=tuple(_flappers(found, known.values(), names, past, period)),
        abandoned=tuple(
            Abandoned(_who(onu, names), down_since(onu)) for onu in sorted(given_up, key=down_since)
        ),
        gaps=tuple(gaps),
        limit_dbm=config.thresholds.rx_power_low_dbm,
    )


# --- outages and flappers ---


def _olts(incident: Incident) -> tuple[str, ...]:
    return incident.olt_ids or tuple({member.olt_id for member in incident.members})


def _outage(
    incident: Incident, quiet: Sequence[Quiet], names: Mapping[str, str], now: int
) -> Outage:
    cause, confidence = cause_of(incident) or (Cause.UNKNOWN, Confidence.LOW)
    those = incident.members
    onu = _member(those[0], names) if len(those) == 1 else None
    planned = bool(those) and all(_was_planned(member, quiet) for member in those)
    return Outage(incident, onu, cause, confidence, lasted_s(incident, now), planned)


def _was_planned(member: Member, quiet: Sequence[Quiet]) -> bool:
    return any(
        one.covers(member) and any(first <= member.at < last for first, last in one.spans)
        for one in quiet
    )


def _weight(outage: Outage) -> tuple[bool, int, int, int]:
    """The most ONUs first, then the longest; what was planned last."""
    incident = outage.incident
    return (
        outage.is_planned,
        -len(incident.members) or -_AS_MANY * (incident.kind is Kind.OLT),
        -outage.lasted_s,
        incident.opened_at,
    )


_AS_MANY = 1000  # ONUs: an OLT that does not answer stands among the largest outages


def _flappers(
    found: Iterable[Incident],
    those: Iterable[OnuState],
    names: Mapping[str, str],
    past: Past,
    period: Period,
) -> list[Flapper]:
    flapping = {
        (member.olt_id, member.mac)
        for one in found
        if one.kind is Kind.FLAPPING
        for member in one.members
        if member.at < period.until and (member.ended_at or period.until) >= period.since
    }
    flappers = [
        Flapper(_who(onu, names), drops_of(onu, past, period))
        for onu in those
        if (onu.olt_id, onu.mac) in flapping
    ]
    return sorted(flappers, key=lambda one: (-one.drops, one.onu))


# --- signals ---


def _falling(
    database: peewee.SqliteDatabase,
    known: Mapping[int, OnuState],
    names: Mapping[str, str],
    config: Config,
    now: int,
) -> list[Falling]:
    """What falls steadily, the next to be too weak first; what is too weak already is not in it."""
    limit = config.thresholds.rx_power_low_dbm
    found = []
    for row_id, values in allhistory.powers(database, now - DAYS * DAY_S):
        onu = known.get(row_id)
        if onu is None or onu.signal is Signal.WEAK:
            continue
        falls = fall(values, now)
        if falls is not None:
            found.append(Falling(_who(onu, names), falls, falls.days_to(limit)))
    return sorted(found, key=lambda one: (one.days is None, one.days or one.fall.slope_db, one.onu))


def _weak(those: Iterable[OnuState], names: Mapping[str, str]) -> list[Weak]:
    found = [
        Weak(_who(onu, names), onu.rx_power_dbm, onu.signal is Signal.OVERLOAD)
        for onu in those
        if onu.signal is not Signal.OK and onu.status is Status.UP and onu.rx_power_dbm is not None
    ]
    return sorted(found, key=lambda one: (one.is_overload, one.rx_dbm, one.onu))


# --- names ---


def _who(onu: OnuState, names: Mapping[str, str]) -> Who:
    return Who(onu.olt_id, onu.onu_id, onu.mac, onu.name, names.get(onu.mac))


def _member(member: Member, names: Mapping[str, str]) -> Who:
    return Who(member.olt_id, member.onu_id, member.mac, member.name, names.get(member.mac))

"""What changed: (before, reading, rules, now) -> next states and events. Pure.

Which ONUs there are, are new, or gone, and what is remembered of each. When a change of an ONU's
status, signal or heat counts is settle.py's. What could not be observed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from eponctl.model import (
    OUTAGES,
    Event,
    EventKind,
    Heat,
    OltReading,
    OnuReading,
    OnuState,
    Signal,
    Status,
)
from eponctl.settings import Thresholds
from eponctl.settle import event_of, heat_of, is_unsettled, outage_at, settle, signal_of

# A device's uptime is a whole number, read some seconds before or after the poll before.
_UPTIME_SLACK_S = 10


class Rules(NamedTuple):
    """What the configuration says about judging."""

    thresholds: Thresholds
    confirm_polls: int = 1


class Judgement(NamedTuple):
    """Next state of every ONU of an OLT by MAC, which of them are gone, and what happened."""

    onus: Mapping[str, OnuState]
    removed: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


def judge(
    olt_id: str,
    before: Mapping[str, OnuState],
    reading: OltReading,
    rules: Rules,
    *,
    now: int,
    is_baseline: bool,
    last_success_at: int | None,
    failed_before: Mapping[str, int | None] | None = None,
) -> Judgement:
    """Compare one good reading of an OLT with what is remembered of it.

    `is_baseline`: the first good read; everything is taken as it is and nothing is an event.
    `last_success_at` is the time of the read that `before` stems from. `failed_before` are the PONs
    which that read lacked, each with when it was last read; a PON that never was has its baseline.
    """
    seen = _by_mac(reading.onus, before)
    if is_baseline:
        return _baseline(olt_id, before, seen, reading, rules, now)
    pons_seen_at = failed_before or {}
    unread_pons = {pon for pon, read_at in pons_seen_at.items() if read_at is None}
    onus: dict[str, OnuState] = {}
    events: list[Event] = []
    removed: list[str] = []
    for mac, onu in seen.items():
        known = before.get(mac)
        if known is None:
            onus[mac] = first_state(olt_id, onu, rules.thresholds, now)
            if onu.pon not in unread_pons:
                events.append(event_of(EventKind.REGISTERED, onus[mac], now, after=onu.status))
        else:
            last_seen_at = known.seen_at if known.missed else last_success_at
            last_seen_at = pons_seen_at.get(known.pon, last_seen_at)
            onus[mac], news = _next(known, onu, reading, rules, now, last_seen_at)
            events += news
    for mac, known in before.items():
        if mac in seen:
            continue
        if not _is_missing(known, reading):
            onus[mac] = known
        elif known.missed + 1 < rules.confirm_polls:
            last_seen_at = known.seen_at if known.missed else last_success_at or known.seen_at
            onus[mac] = known._replace(missed=known.missed + 1, seen_at=last_seen_at)
        else:
            removed.append(mac)
            events.append(event_of(EventKind.REMOVED, known, now, before=known.status))
    return Judgement(onus, tuple(removed), tuple(events))


def _baseline(
    olt_id: str,
    before: Mapping[str, OnuState],
    seen: Mapping[str, OnuReading],
    reading: OltReading,
    rules: Rules,
    now: int,
) -> Judgement:
    """Everything as it is now; what goes on as it was (a trouble that was told, too) stays so."""
    at_once = rules._replace(confirm_polls=1)
    onus: dict[str, OnuState] = {}
    for mac, onu in seen.items():
        known, news = before.get(mac), tuple[Event, ...]()
        if known is not None:
            onus[mac], news = _next(known, onu, reading, at_once, now, None)
        if known is None or news:
            onus[mac] = first_state(olt_id, onu, rules.thresholds, now)
    unseen = {mac: known for mac, known in before.items() if mac not in seen}
    removed = tuple(mac for mac, known in unseen.items() if _is_missing(known, reading))
    kept = {mac: known for mac, known in unseen.items() if mac not in removed}
    return Judgement({**onus, **kept}, removed)


def _by_mac(onus: Iterable[OnuReading], before: Mapping[str, OnuState]) -> dict[str, OnuReading]:
    """One row per MAC. Of two the one that is up wins, then the one at the known id.

    Where that settles nothing, any rule will do that does not ask for their order.
    """
    chosen: dict[str, OnuReading] = {}
    for onu in onus:
        other = chosen.get(onu.mac)
        if other is None or _beats(onu, other, before.get(onu.mac)):
            chosen[onu.mac] = onu
    return chosen


def _beats(onu: OnuReading, other: OnuReading, known: OnuState | None) -> bool:
    def rank(row: OnuReading) -> tuple[bool, bool]:
        return row.status is Status.UP, known is not None and row.onu_id == known.onu_id

    return (rank(onu), repr(other)) > (rank(other), repr(onu))


def _is_missing(known: OnuState, reading: OltReading) -> bool:
    """Whether its row can be said not to be there, rather than not to have been seen."""
    return (
        reading.is_complete
        and known.pon not in reading.failed_pons
        and known.mac not in reading.unreadable
    )


def first_state(olt_id: str, onu: OnuReading, thresholds: Thresholds, now: int) -> OnuState:
    """An ONU that was never seen before: as it is now, it is settled, and nobody was told."""
    is_up = onu.status is Status.UP
    signal = signal_of(Signal.OK, onu.rx_power_dbm, thresholds)
    heat = heat_of(Heat.OK, onu.temperature_c, thresholds)
    return OnuState(
        olt_id=olt_id,
        mac=onu.mac,
        onu_id=onu.onu_id,
        name=onu.name,
        status=onu.status,
        status_raw=onu.status_raw,
        reason=onu.reason,
        reason_raw=onu.reason_raw,
        temperature_c=onu.temperature_c,
        rx_power_dbm=onu.rx_power_dbm,
        tx_power_dbm=onu.tx_power_dbm,
        distance_m=onu.distance_m,
        last_rx_power_dbm=onu.rx_power_dbm,
        last_temperature_c=onu.temperature_c,
        auth_status=onu.auth_status,
        ctc_status=onu.ctc_status,
        firmware=onu.firmware,
        online_since=now - onu.uptime_s if is_up and onu.uptime_s is not None else None,
        deregistrations=onu.deregistrations,
        signal=signal,
        heat=heat,
        since=now,
        outage_at=now if onu.status in OUTAGES else None,
        outage_raw=onu.status_raw if onu.status in OUTAGES else None,
        outage_reason=onu.reason if onu.status in OUTAGES else None,
        seen_at=now,
        missed=0,
        told_status=onu.status,
        status_off=0,
        told_signal=signal,
        signal_off=0,
        told_heat=heat,
        heat_off=0,
        announced=0,
    )


def _next(
    known: OnuState,
    onu: OnuReading,
    reading: OltReading,
    rules: Rules,
    now: int,
    seen_at: int | None,
) -> tuple[OnuState, tuple[Event, ...]]:
    """What is remembered from now of an ONU last seen at `seen_at`, and what is news of it."""
    if _is_as_before(known, onu, rules.thresholds, now):
        return known, ()
    state = _observed(known, onu, reading, rules.thresholds, now)
    settled, news = settle(known, state, onu, rules.confirm_polls, now)
    return settled, (*_facts_changed(known, onu, state, now, seen_at), *news)


def _is_as_before(known: OnuState, onu: OnuReading, thresholds: Thresholds, now: int) -> bool:
    """Whether this observation changes nothing at all: the common case, so a quick look at first.

    From status to tx both records have the same fields in the same order.
    """
    return (
        known[_STATE_STATUS:_STATE_DISTANCE] == onu[_READ_STATUS:_READ_DISTANCE]
        and known.onu_id == onu.onu_id
        and known.name == onu.name
        and (onu.distance_m is None or known.distance_m == onu.distance_m)
        and known[_STATE_AUTH:_STATE_SIGNAL]
        == (onu.auth_status, onu.ctc_status, onu.firmware, onu.deregistrations)
        and (onu.uptime_s is None or _online_since(known, onu, now) == known.online_since)
        and not known.missed
        and not is_unsettled(known)
        # The thresholds may have been changed since.
        and signal_of(known.signal, onu.rx_power_dbm, thresholds) is known.signal
        and heat_of(known.heat, onu.temperature_c, thresholds) is known.heat
    )


_STATE_STATUS, _STATE_DISTANCE, _STATE_AUTH, _STATE_SIGNAL = map(
    OnuState._fields.index, ("status", "distance_m", "auth_status", "signal")
)
_READ_STATUS, _READ_DISTANCE = map(OnuReading._fields.index, ("status", "distance_m"))


def _observed(
    known: OnuState, onu: OnuReading, reading: OltReading, thresholds: Thresholds, now: int
) -> OnuState:
    """The remembered state with this observation in it."""
    is_up = onu.status is Status.UP
    temperature, rx, tx = onu.temperature_c, onu.rx_power_dbm, onu.tx_power_dbm
    if reading.lacks_optics and is_up and known.status is Status.UP and rx is None:
        temperature, rx, tx = known.temperature_c, known.rx_power_dbm, known.tx_power_dbm
    return known._replace(
        onu_id=onu.onu_id,
        name=onu.name,
        status=onu.status,
        status_raw=onu.status_raw,
        reason=onu.reason,
        reason_raw=onu.reason_raw,
        temperature_c=temperature,
        rx_power_dbm=rx,
        tx_power_dbm=tx,
        distance_m=known.distance_m if onu.distance_m is None else onu.distance_m,
        last_rx_power_dbm=known.last_rx_power_dbm if rx is None else rx,
        last_temperature_c=known.last_temperature_c if temperature is None else temperature,
        auth_status=onu.auth_status,
        ctc_status=onu.ctc_status,
        firmware=onu.firmware,
        online_since=_online_since(known, onu, now) if is_up else None,
        deregistrations=onu.deregistrations,
        signal=signal_of(known.signal, rx, thresholds),
        heat=heat_of(known.heat, temperature, thresholds),
        since=known.since if onu.status is known.status else now,
        outage_at=outage_at(known, onu.status, now),
        missed=0,
    )


def _online_since(known: OnuState, onu: OnuReading, now: int) -> int | None:
    """When it registered; the same as before unless it differs by more than the slack."""
    if onu.uptime_s is None:
        return None
    since = now - onu.uptime_s
    if known.online_since is not None and abs(since - known.online_since) <= _UPTIME_SLACK_S:
        return known.online_since
    return since


def _facts_changed(
    known: OnuState, onu: OnuReading, state: OnuState, now: int, last_seen_at: int | None
) -> Iterable[Event]:
    if onu.onu_id != known.onu_id:
        yield event_of(EventKind.MOVED, state, now, before=known.onu_id, after=onu.onu_id)
    if onu.name != known.name:
        yield event_of(EventKind.RENAMED, state, now, before=known.name, after=onu.name)
    if _has_restarted(known, onu, last_seen_at):
        yield event_of(EventKind.RESTARTED, state, now)


def _has_restarted(known: OnuState, onu: OnuReading, last_seen_at: int | None) -> bool:
    """Up in both polls, and registered anew between them."""
    if not (onu.status is Status.UP and known.status is Status.UP):
        return False
    before, count = known.deregistrations, onu.deregistrations
    if before is not None and count is not None and count > before:
        return True
    if onu.uptime_s is None or known.online_since is None or last_seen_at is None:
        return False
    return onu.uptime_s < last_seen_at - known.online_since - _UPTIME_SLACK_S

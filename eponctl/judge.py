"""What changed: (before, reading, rules, now) -> next states and events. Pure.

Which ONUs are new, or gone, and what is remembered of each. When a change of an ONU's status,
signal or heat counts is settle.py's, a step of the signal steps.py's, any other change facts.py's.
What could not be observed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from eponctl.facts import (
    distance_after,
    facts_changed,
    is_near,
    is_newly_measured,
    online_since,
    optics_at,
    without_shifts,
)
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
from eponctl.presence import by_mac, is_missing, replacements
from eponctl.settings import Thresholds
from eponctl.settle import (
    Rules,
    event_of,
    heat_of,
    is_blip,
    is_power,
    is_unsettled,
    outage_at,
    settle,
    signal_of,
)
from eponctl.steps import follow_step, pending_steps, signal_after

__all__ = ["Judgement", "Rules", "first_state", "judge", "pending_steps"]

REPLACED = "replaced"
"""The detail of a REGISTERED that took another's place; `before` is the MAC it had."""


class Judgement(NamedTuple):
    """Next state of every ONU of an OLT by MAC, which of them are gone, and what happened.

    `blips` counts the outages that passed before they were settled: nothing else tells of them.
    """

    onus: Mapping[str, OnuState]
    removed: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    blips: int = 0


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
    usuals: Mapping[str, float] | None = None,
) -> Judgement:
    """Compare one good reading of an OLT with what is remembered of it.

    `is_baseline`: the first good read; everything is taken as it is and nothing is an event.
    `last_success_at` is the time of the read that `before` stems from. `failed_before` are the PONs
    which that read lacked, each with when it was last read; a PON that never was has its baseline.
    `usuals` are medians of 7 days (dBm) by MAC, for the ONUs that `pending_steps` names.
    """
    seen = by_mac(reading.onus, before)
    if is_baseline:
        return _baseline(olt_id, before, seen, reading, rules, now)
    pons_seen_at, medians = failed_before or {}, usuals or {}
    unread_pons = {pon for pon, read_at in pons_seen_at.items() if read_at is None}
    onus: dict[str, OnuState] = {}
    events: list[Event] = []
    fresh: list[OnuReading] = []
    blips = 0
    for mac, onu in seen.items():
        known = before.get(mac)
        if known is None:
            onus[mac] = first_state(olt_id, onu, rules.thresholds, now)
            if onu.pon not in unread_pons:
                fresh.append(onu)
            continue
        last_seen_at = known.seen_at if known.missed else last_success_at
        last_seen_at = pons_seen_at.get(known.pon, last_seen_at)
        onus[mac], news = _next(known, onu, reading, rules, now, last_seen_at, medians)
        if onus[mac] is not known:
            events += news
            blips += is_blip(known, onus[mac])
    events = without_shifts(events, reading)
    replaced = replacements(fresh, before, seen, reading)
    events += _registered((onus[onu.mac] for onu in fresh), replaced, now)
    taken = set(replaced.values())
    removed = [*replaced.values()]
    for mac, known in before.items():
        if mac in seen or mac in taken:
            continue
        if not is_missing(known, reading):
            onus[mac] = known
        elif known.missed + 1 < rules.confirm_polls:
            last_seen_at = known.seen_at if known.missed else last_success_at or known.seen_at
            onus[mac] = known._replace(missed=known.missed + 1, seen_at=last_seen_at)
        else:
            removed.append(mac)
            events.append(event_of(EventKind.REMOVED, known, now, before=known.status))
    return Judgement(onus, tuple(removed), tuple(events), blips)


def _registered(
    newcomers: Iterable[OnuState], replaced: Mapping[str, str], now: int
) -> Iterable[Event]:
    for state in newcomers:
        old_mac = replaced.get(state.mac)
        yield event_of(
            EventKind.REGISTERED,
            state,
            now,
            before=old_mac,
            after=state.status,
            detail=REPLACED if old_mac else None,
        )


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
            onus[mac], news = _next(known, onu, reading, at_once, now, None, {})
        if known is None or news:
            onus[mac] = first_state(olt_id, onu, rules.thresholds, now)
    unseen = {mac: known for mac, known in before.items() if mac not in seen}
    removed = tuple(mac for mac, known in unseen.items() if is_missing(known, reading))
    kept = {mac: known for mac, known in unseen.items() if mac not in removed}
    return Judgement({**onus, **kept}, removed)


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
        distance_m=onu.distance_m or None,
        last_rx_power_dbm=onu.rx_power_dbm,
        last_temperature_c=onu.temperature_c,
        auth_status=onu.auth_status,
        ctc_status=onu.ctc_status,
        firmware=onu.firmware,
        online_since=now - onu.uptime_s if is_up and onu.uptime_s is not None else None,
        optics_at=None,
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
        usual_rx_dbm=onu.rx_power_dbm if is_up and is_power(onu.rx_power_dbm) else None,
    )


def _next(
    known: OnuState,
    onu: OnuReading,
    reading: OltReading,
    rules: Rules,
    now: int,
    seen_at: int | None,
    medians: Mapping[str, float],
) -> tuple[OnuState, tuple[Event, ...]]:
    """What is remembered from now of an ONU last seen at `seen_at`, and what is news of it."""
    if _is_as_before(known, onu, rules.thresholds, now) and not is_newly_measured(
        known, onu, reading
    ):
        return known, ()
    state = _observed(known, onu, reading, rules, now, seen_at)
    state = follow_step(known, state, onu, rules, medians.get(known.mac))
    settled, news = settle(known, state, onu, rules.confirm_polls, now)
    return settled, (*facts_changed(known, onu, state, now, seen_at), *news)


def _is_as_before(known: OnuState, onu: OnuReading, thresholds: Thresholds, now: int) -> bool:
    """Whether this observation changes nothing at all: the common case, so a quick look at first.

    From status to tx both records have the same fields in the same order. A signal that fell by a
    step is never found here, which looks at the thresholds alone: such ONUs are few.
    """
    return (
        known[_STATE_STATUS:_STATE_DISTANCE] == onu[_READ_STATUS:_READ_DISTANCE]
        and known.onu_id == onu.onu_id
        and known.name == onu.name
        and (not onu.distance_m or is_near(known.distance_m, onu.distance_m))
        and known[_STATE_AUTH:_STATE_SIGNAL]
        == (onu.auth_status, onu.ctc_status, onu.firmware, onu.deregistrations)
        and (onu.uptime_s is None or online_since(known, onu, now) == known.online_since)
        and not known.missed
        and not known.step_off
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
    known: OnuState,
    onu: OnuReading,
    reading: OltReading,
    rules: Rules,
    now: int,
    seen_at: int | None,
) -> OnuState:
    """The remembered state with this observation in it."""
    is_up = onu.status is Status.UP
    temperature, rx, tx = onu.temperature_c, onu.rx_power_dbm, onu.tx_power_dbm
    if reading.lacks_optics and is_up and known.status is Status.UP:
        # Each by itself: some lists give the power alone.
        temperature = known.temperature_c if temperature is None else temperature
        rx = known.rx_power_dbm if rx is None else rx
        tx = known.tx_power_dbm if tx is None else tx
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
        distance_m=distance_after(known, onu),
        last_rx_power_dbm=known.last_rx_power_dbm if rx is None else rx,
        last_temperature_c=known.last_temperature_c if temperature is None else temperature,
        # None: its page was not read this time.
        auth_status=onu.auth_status or known.auth_status,
        ctc_status=onu.ctc_status,
        firmware=onu.firmware,
        online_since=online_since(known, onu, now) if is_up else None,
        optics_at=optics_at(known, onu, reading, now, seen_at),
        deregistrations=onu.deregistrations,
        signal=signal_after(known, rx, rules),
        heat=heat_of(known.heat, temperature, rules.thresholds),
        since=known.since if onu.status is known.status else now,
        outage_at=outage_at(known, onu.status, now),
        missed=0,
    )

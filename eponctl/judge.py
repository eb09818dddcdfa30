"""What changed: (before, reading, rules, now) -> next states and events. Pure.

An ONU has three tracks: status, signal, heat. On each, what is observed differs from what has been
settled until `confirm_polls` good reads in a row say so; then it is settled, and if that is news,
it is an event. What could not be observed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from eponctl.model import (
    EVENT_PRIORITIES,
    OUTAGES,
    Event,
    EventKind,
    Heat,
    OltReading,
    OnuReading,
    OnuState,
    Priority,
    Reason,
    Signal,
    Status,
    outage_priority,
    status_text,
)
from eponctl.settings import Thresholds

# Bits of OnuState.announced: the trouble that was made an event, so that its end is one too.
# TOLD_CRITICAL: the outage was told as a critical one, whatever it has become since.
TOLD_STATUS, TOLD_SIGNAL, TOLD_HEAT, TOLD_CRITICAL = 1, 2, 4, 8
# Optics outside these are no measurement; they are kept, and never alert.
_RX_RANGE_DBM = (-40.0, 5.0)
_TEMPERATURE_RANGE_C = (-40.0, 150.0)
# A device's uptime is a whole number, read some seconds before or after the poll before.
_UPTIME_SLACK_S = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says about judging."""

    thresholds: Thresholds
    confirm_polls: int = 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """Next state of every ONU of an OLT by MAC, which of them are gone, and what happened."""

    onus: Mapping[str, OnuState]
    removed: tuple[str, ...] = ()
    events: tuple[Event, ...] = field(default=())


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
    seen = by_mac(reading.onus, before)
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
                events.append(_event(EventKind.REGISTERED, onus[mac], now, after=onu.status))
        else:
            last_seen_at = known.seen_at if known.missed else last_success_at
            last_seen_at = pons_seen_at.get(known.pon, last_seen_at)
            onus[mac] = _next(known, onu, reading, rules, now, last_seen_at, events)
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
            events.append(_event(EventKind.REMOVED, known, now, before=known.status))
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
    at_once = replace(rules, confirm_polls=1)
    onus: dict[str, OnuState] = {}
    for mac, onu in seen.items():
        known, events = before.get(mac), list[Event]()
        if known is not None:
            onus[mac] = _next(known, onu, reading, at_once, now, None, events)
        if known is None or events:
            onus[mac] = first_state(olt_id, onu, rules.thresholds, now)
    unseen = {mac: known for mac, known in before.items() if mac not in seen}
    removed = tuple(mac for mac, known in unseen.items() if _is_missing(known, reading))
    kept = {mac: known for mac, known in unseen.items() if mac not in removed}
    return Judgement({**onus, **kept}, removed)


def by_mac(onus: Iterable[OnuReading], before: Mapping[str, OnuState]) -> dict[str, OnuReading]:
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

    if rank(onu) != rank(other):
        return rank(onu) > rank(other)
    return repr(onu) < repr(other)


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
    signal = _signal(Signal.OK, onu.rx_power_dbm, thresholds)
    heat = _heat(Heat.OK, onu.temperature_c, thresholds)
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
    last_seen_at: int | None,
    events: list[Event],
) -> OnuState:
    if _is_as_before(known, onu, rules.thresholds, now):
        return known
    state = _observed(known, onu, reading, rules.thresholds, now)
    events += _facts_changed(known, onu, state, now, last_seen_at)
    state, status_event = _settle_status(known, state, rules.confirm_polls, now)
    state, signal_event = _settle_signal(state, onu, rules.confirm_polls, now)
    state, heat_event = _settle_heat(state, onu, rules.confirm_polls, now)
    events += [event for event in (status_event, signal_event, heat_event) if event]
    return state


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
        and not _is_unsettled(known)
        # The thresholds may have been changed since.
        and _signal(known.signal, onu.rx_power_dbm, thresholds) is known.signal
        and _heat(known.heat, onu.temperature_c, thresholds) is known.heat
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
    is_same = onu.status is known.status
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
        signal=_signal(known.signal, rx, thresholds),
        heat=_heat(known.heat, temperature, thresholds),
        since=known.since if is_same else now,
        outage_at=_outage_at(known, onu.status, now),
        missed=0,
    )


def _is_unsettled(state: OnuState) -> bool:
    return (
        state.status is not state.told_status
        or state.signal is not state.told_signal
        or state.heat is not state.told_heat
    )


def _outage_at(known: OnuState, status: Status, now: int) -> int | None:
    if status in OUTAGES:
        return known.outage_at or now
    # Kept over an unknown word, and until its end is settled: the outage may go on.
    if status is Status.UNKNOWN or known.told_status in OUTAGES:
        return known.outage_at
    return None


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
        yield _event(EventKind.MOVED, state, now, before=known.onu_id, after=onu.onu_id)
    if onu.name != known.name:
        yield _event(EventKind.RENAMED, state, now, before=known.name, after=onu.name)
    if _has_restarted(known, onu, last_seen_at):
        yield _event(EventKind.RESTARTED, state, now)


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


def _settle_status(
    known: OnuState, state: OnuState, confirm: int, now: int
) -> tuple[OnuState, Event | None]:
    told, status = state.told_status, state.status
    if status is told or status is Status.UNKNOWN:
        # A word nobody knows settles nothing: neither an outage nor the end of one.
        return (state._replace(status_off=0) if state.status_off else state), None
    # Two kinds of outage confirm each other, but no other two words do.
    is_same = status is known.status or (status in OUTAGES and known.status in OUTAGES)
    polls = state.status_off + 1 if is_same else 1
    if polls < confirm:
        return state._replace(status_off=polls), None
    settled = state._replace(told_status=status, status_off=0)
    was_told = bool(state.announced & TOLD_STATUS)
    if status not in OUTAGES:
        settled = settled._replace(
            announced=state.announced & ~(TOLD_STATUS | TOLD_CRITICAL),
            outage_at=None,
            outage_raw=None,
            outage_reason=None,
        )
        if status is Status.UP and was_told:
            return settled, _end(EventKind.RECOVERED, state, settled, now)
        return settled, None
    settled = settled._replace(outage_raw=state.status_raw, outage_reason=state.reason)
    if told in OUTAGES and not _is_news(status, state):
        return settled, None
    event = _event(_outage_kind(settled), settled, state.since, before=told, after=status)
    told_now = TOLD_STATUS | (TOLD_CRITICAL if event.priority is Priority.CRITICAL else 0)
    settled = settled._replace(announced=state.announced | told_now)
    return settled, replace(event, onu=settled)


def _is_news(status: Status, state: OnuState) -> bool:
    """Of an ONU in trouble: something worse than was told, or the beginning or end of a loop."""
    told = state.told_status
    is_worse = outage_priority(status, None).rank < outage_priority(told, None).rank
    return Status.LOOP in (status, told) or (is_worse and not state.announced & TOLD_CRITICAL)


def _outage_kind(state: OnuState) -> EventKind:
    if state.status is Status.DOWN and state.reason is Reason.AUTH_FAILED:
        return EventKind.AUTH_FAILED
    return EventKind(state.status.value)


def _end(kind: EventKind, state: OnuState, settled: OnuState, now: int) -> Event:
    """The end of an outage that was told; `state` still has its beginning and its name."""
    began = state.outage_at
    was_critical = bool(state.announced & TOLD_CRITICAL)
    priority = outage_priority(state.told_status, state.outage_reason)
    return Event(
        kind,
        # Whoever was told of it is told of its end.
        Priority.CRITICAL if was_critical else priority,
        state.olt_id,
        state.since,
        settled,
        before=state.told_status,
        after=state.status,
        before_text=status_text(state.outage_raw or state.told_status, state.outage_reason),
        lasted_s=None if began is None else max(0, min(state.since, now) - began),
    )


def _settle_signal(
    state: OnuState, onu: OnuReading, confirm: int, now: int
) -> tuple[OnuState, Event | None]:
    if state.signal is state.told_signal or state.status is not Status.UP:
        return (state._replace(signal_off=0) if state.signal_off else state), None
    if not _is_within(onu.rx_power_dbm, _RX_RANGE_DBM):
        return state, None
    if state.signal_off + 1 < confirm:
        return state._replace(signal_off=state.signal_off + 1), None
    was_told = bool(state.announced & TOLD_SIGNAL)
    before, settled = state.told_signal, state._replace(told_signal=state.signal, signal_off=0)
    if state.signal is Signal.OK:
        settled = settled._replace(announced=state.announced & ~TOLD_SIGNAL)
        if not was_told:
            return settled, None
        event = _event(EventKind.SIGNAL_OK, settled, now, before=before, after=Signal.OK)
        return settled, event
    settled = settled._replace(announced=state.announced | TOLD_SIGNAL)
    kind = EventKind.WEAK_SIGNAL if state.signal is Signal.WEAK else EventKind.OVERLOAD
    return settled, _event(kind, settled, now, before=before, after=state.signal)


def _settle_heat(
    state: OnuState, onu: OnuReading, confirm: int, now: int
) -> tuple[OnuState, Event | None]:
    if state.heat is state.told_heat or state.status is not Status.UP:
        return (state._replace(heat_off=0) if state.heat_off else state), None
    if not _is_within(onu.temperature_c, _TEMPERATURE_RANGE_C):
        return state, None
    if state.heat_off + 1 < confirm:
        return state._replace(heat_off=state.heat_off + 1), None
    was_told = bool(state.announced & TOLD_HEAT)
    settled = state._replace(told_heat=state.heat, heat_off=0)
    if state.heat is Heat.OK:
        settled = settled._replace(announced=state.announced & ~TOLD_HEAT)
        kind = EventKind.TEMPERATURE_OK
        return settled, _event(kind, settled, now, before="high", after="ok") if was_told else None
    settled = settled._replace(announced=state.announced | TOLD_HEAT)
    return settled, _event(EventKind.HIGH_TEMPERATURE, settled, now, before="ok", after="high")


def _event(
    kind: EventKind,
    state: OnuState,
    at: int,
    *,
    before: str | None = None,
    after: str | None = None,
) -> Event:
    priority = _ENDED.get(kind) or EVENT_PRIORITIES[kind]
    if kind is EventKind.DOWN:
        priority = outage_priority(state.status, state.reason)
    return Event(kind, priority, state.olt_id, at, state, before=before, after=after)


_ENDED = {
    EventKind.SIGNAL_OK: Priority.HIGH,
    EventKind.TEMPERATURE_OK: Priority.CRITICAL,
}


def _is_within(value: float | None, limits: tuple[float, float]) -> bool:
    """Whether this is a measurement: there, and possible."""
    return value is not None and limits[0] < value < limits[1]


def _signal(before: Signal, rx_dbm: float | None, thresholds: Thresholds) -> Signal:
    """With hysteresis; without a (possible) measurement it stays what it was."""
    if rx_dbm is None or not _is_within(rx_dbm, _RX_RANGE_DBM):
        return before
    if rx_dbm <= thresholds.rx_power_low_dbm:
        return Signal.WEAK
    if rx_dbm >= thresholds.rx_power_high_dbm:
        return Signal.OVERLOAD
    # Overload has no threshold of its own to clear: the gap of the low one serves both.
    gap = thresholds.rx_power_clear_dbm - thresholds.rx_power_low_dbm
    if before is Signal.WEAK and rx_dbm <= thresholds.rx_power_clear_dbm:
        return Signal.WEAK
    if before is Signal.OVERLOAD and rx_dbm >= thresholds.rx_power_high_dbm - gap:
        return Signal.OVERLOAD
    return Signal.OK


def _heat(before: Heat, temperature_c: float | None, thresholds: Thresholds) -> Heat:
    if temperature_c is None or not _is_within(temperature_c, _TEMPERATURE_RANGE_C):
        return before
    if temperature_c >= thresholds.temperature_high_c:
        return Heat.HIGH
    if before is Heat.HIGH and temperature_c >= thresholds.temperature_clear_c:
        return Heat.HIGH
    return Heat.OK

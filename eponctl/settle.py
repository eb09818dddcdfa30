"""When what is seen of an ONU counts: its three tracks, status, signal and heat. Pure.

On each, what is observed differs from what has been settled until `confirm_polls` good reads in a
row say so; then it is settled, and if that is news, it is an event: trouble always is, its end only
where the trouble was told. What could not be observed settles nothing. Knows one ONU at a time;
which ONUs there are is judge.py's.
"""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

from eponctl.model import (
    EVENT_PRIORITIES,
    OUTAGES,
    Event,
    EventKind,
    Heat,
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
_LEAST_DBM, _MOST_DBM = -40.0, 5.0
_LEAST_C, _MOST_C = -40.0, 150.0

# Too little light, by whatever measure: one trouble.
LOW = frozenset({Signal.WEAK, Signal.STEPPED})
_SIGNAL_KINDS = {
    Signal.OK: EventKind.SIGNAL_OK,
    Signal.WEAK: EventKind.WEAK_SIGNAL,
    Signal.STEPPED: EventKind.WEAK_SIGNAL,
    Signal.OVERLOAD: EventKind.OVERLOAD,
}
_HEAT_KINDS = {Heat.OK: EventKind.TEMPERATURE_OK, Heat.HIGH: EventKind.HIGH_TEMPERATURE}
_ENDED = {
    EventKind.SIGNAL_OK: Priority.HIGH,
    EventKind.TEMPERATURE_OK: Priority.CRITICAL,
}


class Rules(NamedTuple):
    """What the configuration says about judging."""

    thresholds: Thresholds
    confirm_polls: int = 1
    step_drop_db: float = 3.0


def settle(
    known: OnuState, state: OnuState, onu: OnuReading, confirm_polls: int, now: int
) -> tuple[OnuState, list[Event]]:
    """Move each track on by one good read; `state` is `known` with this reading already in it."""
    if not (is_unsettled(state) or state.status_off or state.signal_off or state.heat_off):
        return state, []
    state, of_status = _settle_status(known, state, confirm_polls, now)
    state, of_signal = _settle_signal(state, onu, confirm_polls, now)
    state, of_heat = _settle_heat(state, onu, confirm_polls, now)
    return state, [event for event in (of_status, of_signal, of_heat) if event]


def is_unsettled(state: OnuState) -> bool:
    """Whether a track is under way, so that even a read like the one before moves it on."""
    return (
        state.status is not state.told_status
        or state.signal is not state.told_signal
        or state.heat is not state.told_heat
    )


# --- status ---


def outage_at(known: OnuState, status: Status, now: int) -> int | None:
    """When the outage began that this status belongs to; None: to none."""
    if status in OUTAGES:
        return known.outage_at or now
    # Kept over an unknown word, and until its end is settled: the outage may go on.
    if status is Status.UNKNOWN or known.told_status in OUTAGES:
        return known.outage_at
    return None


def is_blip(known: OnuState, state: OnuState) -> bool:
    """Whether an outage has just passed that was never settled, so that nobody heard of it."""
    return (
        state.status is Status.UP
        and known.outage_at is not None
        and known.told_status not in OUTAGES
    )


def _settle_status(
    known: OnuState, state: OnuState, confirm_polls: int, now: int
) -> tuple[OnuState, Event | None]:
    told, status = state.told_status, state.status
    if status is told or status is Status.UNKNOWN:
        # A word nobody knows settles nothing: neither an outage nor the end of one.
        return state._replace(status_off=0), None
    # Two kinds of outage confirm each other, but no other two words do.
    is_same = status is known.status or (status in OUTAGES and known.status in OUTAGES)
    polls = state.status_off + 1 if is_same else 1
    if polls < confirm_polls:
        return state._replace(status_off=polls), None
    settled = state._replace(told_status=status, status_off=0)
    return _outage(state, settled) if status in OUTAGES else _outage_ended(state, settled, now)


def _outage(state: OnuState, settled: OnuState) -> tuple[OnuState, Event | None]:
    settled = settled._replace(outage_raw=state.status_raw, outage_reason=state.reason)
    told, status = state.told_status, state.status
    if told in OUTAGES and not _is_news(status, state):
        return settled, None
    event = event_of(_outage_kind(settled), settled, state.since, before=told, after=status)
    told_now = TOLD_STATUS | (TOLD_CRITICAL if event.priority is Priority.CRITICAL else 0)
    settled = settled._replace(announced=state.announced | told_now)
    return settled, event._replace(onu=settled)


def _is_news(status: Status, state: OnuState) -> bool:
    """Of an ONU in trouble: something worse than was told, or the beginning or end of a loop."""
    told = state.told_status
    is_worse = outage_priority(status, None).rank < outage_priority(told, None).rank
    return Status.LOOP in (status, told) or (is_worse and not state.announced & TOLD_CRITICAL)


def _outage_kind(state: OnuState) -> EventKind:
    if state.status is Status.DOWN and state.reason is Reason.AUTH_FAILED:
        return EventKind.AUTH_FAILED
    return EventKind(state.status.value)


def _outage_ended(state: OnuState, settled: OnuState, now: int) -> tuple[OnuState, Event | None]:
    """The end of an outage, if it was told; `state` still has its beginning and its name."""
    settled = settled._replace(
        announced=state.announced & ~(TOLD_STATUS | TOLD_CRITICAL),
        outage_at=None,
        outage_raw=None,
        outage_reason=None,
    )
    if state.status is not Status.UP or not state.announced & TOLD_STATUS:
        return settled, None
    began = state.outage_at
    priority = outage_priority(state.told_status, state.outage_reason)
    event = Event(
        EventKind.RECOVERED,
        # Whoever was told of it is told of its end.
        Priority.CRITICAL if state.announced & TOLD_CRITICAL else priority,
        state.olt_id,
        state.since,
        settled,
        before=state.told_status,
        after=state.status,
        before_text=status_text(state.outage_raw or state.told_status, state.outage_reason),
        lasted_s=None if began is None else max(0, min(state.since, now) - began),
    )
    return settled, event


# --- signal and heat ---


def signal_of(before: Signal, rx_dbm: float | None, thresholds: Thresholds) -> Signal:
    """With hysteresis; without a (possible) measurement it stays what it was."""
    if not is_power(rx_dbm):
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


def heat_of(before: Heat, temperature_c: float | None, thresholds: Thresholds) -> Heat:
    """With hysteresis, as `signal_of`."""
    if not _is_temperature(temperature_c):
        return before
    if temperature_c >= thresholds.temperature_high_c:
        return Heat.HIGH
    if before is Heat.HIGH and temperature_c >= thresholds.temperature_clear_c:
        return Heat.HIGH
    return Heat.OK


def _settle_signal(
    state: OnuState, onu: OnuReading, confirm_polls: int, now: int
) -> tuple[OnuState, Event | None]:
    is_off = state.status is Status.UP and state.signal is not state.told_signal
    if is_off and not is_power(onu.rx_power_dbm):
        return state, None
    polls = state.signal_off + 1 if is_off else 0
    if not is_off or polls < confirm_polls:
        return state._replace(signal_off=polls), None
    told, signal = state.told_signal, state.signal
    fell_from = state.step_ref_dbm if signal in LOW else None
    settled = state._replace(told_signal=signal, signal_off=0, step_ref_dbm=fell_from)
    if signal in LOW and told in LOW:
        return settled, None
    event = event_of(
        _SIGNAL_KINDS[signal],
        settled,
        now,
        before=_signal_word(told),
        after=_signal_word(signal),
        detail=_fall(fell_from, onu.rx_power_dbm),
    )
    return _told(settled, TOLD_SIGNAL, event, is_over=signal is Signal.OK)


def _signal_word(signal: Signal) -> str:
    """As the JSON has it, which knows two ways for a signal to be bad."""
    return Signal.WEAK if signal in LOW else signal


def _fall(usual_dbm: float | None, rx_dbm: float | None) -> str | None:
    if usual_dbm is None or rx_dbm is None:
        return None
    return f"fell from {usual_dbm:.1f} to {rx_dbm:.1f} dBm"


def _settle_heat(
    state: OnuState, onu: OnuReading, confirm_polls: int, now: int
) -> tuple[OnuState, Event | None]:
    is_off = state.status is Status.UP and state.heat is not state.told_heat
    if is_off and not _is_temperature(onu.temperature_c):
        return state, None
    polls = state.heat_off + 1 if is_off else 0
    if not is_off or polls < confirm_polls:
        return state._replace(heat_off=polls), None
    settled = state._replace(told_heat=state.heat, heat_off=0)
    event = event_of(
        _HEAT_KINDS[state.heat], settled, now, before=state.told_heat, after=state.heat
    )
    return _told(settled, TOLD_HEAT, event, is_over=state.heat is Heat.OK)


def _told(
    settled: OnuState, bit: int, event: Event, *, is_over: bool
) -> tuple[OnuState, Event | None]:
    """With it remembered that the trouble was told; the end of one that was not is no news."""
    is_news = not is_over or bool(settled.announced & bit)
    announced = settled.announced & ~bit if is_over else settled.announced | bit
    settled = settled._replace(announced=announced)
    return settled, event._replace(onu=settled) if is_news else None


def is_power(rx_dbm: float | None) -> TypeGuard[float]:
    """Whether this is a measurement: there, and possible."""
    return rx_dbm is not None and _LEAST_DBM < rx_dbm < _MOST_DBM


def _is_temperature(value_c: float | None) -> TypeGuard[float]:
    return value_c is not None and _LEAST_C < value_c < _MOST_C


# --- what is told ---


def event_of(
    kind: EventKind,
    state: OnuState,
    at: int,
    *,
    before: str | None = None,
    after: str | None = None,
    detail: str | None = None,
) -> Event:
    """An event of one ONU with the urgency of its kind; an end has that of what it ends."""
    priority = _ENDED.get(kind) or EVENT_PRIORITIES[kind]
    if kind is EventKind.DOWN:
        priority = outage_priority(state.status, state.reason)
    return Event(kind, priority, state.olt_id, at, state, before=before, after=after, detail=detail)

"""One ONU through its stored events: how it was before the first, and after each. Pure.

An event says what the ONU was before, and what after; where it has none it was all along as it is
now. Its measurements are the optical history's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from eponctl.facts import DISTANCE
from eponctl.incidents.records import Kind, Member
from eponctl.model import OUTAGES, EventKind, Heat, OnuState, Reason, Signal, Status
from eponctl.store.past import Happened

STATUS_KINDS = frozenset(
    {
        EventKind.DOWN,
        EventKind.PWRDOWN,
        EventKind.LOOP,
        EventKind.AUTH_FAILED,
        EventKind.RECOVERED,
    }
)
_SIGNAL_KINDS = frozenset({EventKind.WEAK_SIGNAL, EventKind.OVERLOAD, EventKind.SIGNAL_OK})
_HEAT_KINDS = frozenset({EventKind.HIGH_TEMPERATURE, EventKind.TEMPERATURE_OK})
_TROUBLES = {
    EventKind.DOWN: Kind.OUTAGE,
    EventKind.PWRDOWN: Kind.OUTAGE,
    EventKind.LOOP: Kind.LOOP,
    EventKind.AUTH_FAILED: Kind.AUTH,
    EventKind.WEAK_SIGNAL: Kind.SIGNAL,
    EventKind.OVERLOAD: Kind.SIGNAL,
    EventKind.HIGH_TEMPERATURE: Kind.HEAT,
}
_RAW = {Status.PWRDOWN: "PwrDown", Status.LOOP: "LoopDetected"}
_STATUSES = {word.value: word for word in Status}
_SIGNALS = {word.value: word for word in Signal}
_HEATS = {word.value: word for word in Heat}

MemberKey = tuple[Kind, str, str, int]
"""A trouble of one ONU: what it is, OLT id, MAC, when it began."""


def member_key(event: Happened) -> MemberKey | None:
    """The trouble that began with this event; None: none did."""
    kind = _TROUBLES.get(event.kind)
    return None if kind is None or event.mac is None else (kind, event.olt_id, event.mac, event.at)


def status_before(event: Happened) -> Status:
    """What the ONU was before an event of its status; up, where that does not say."""
    return _STATUSES.get(event.before or "", Status.UP)


def status_after(event: Happened) -> Status:
    """What the ONU was after an event of its status, or when it was registered."""
    return _STATUSES.get(event.after or "", Status.UP)


# --- before ---


def first_state(onu: OnuState, events: Sequence[Happened], from_at: int) -> OnuState:
    """The ONU as it was before all of these events, which are its own, in their order.

    `onu` is how it is now, or was when it went. What it measures is left as it is.
    """
    status, since = _first_status(onu, events, from_at)
    signal = _SIGNALS.get(_word_before(events, _SIGNAL_KINDS), onu.told_signal)
    heat = _HEATS.get(_word_before(events, _HEAT_KINDS), onu.told_heat)
    return with_status(onu, status, since)._replace(
        onu_id=_first_place(onu, events),
        name=_first_name(onu, events),
        distance_m=_first_distance(onu, events),
        signal=signal,
        told_signal=signal,
        heat=heat,
        told_heat=heat,
        step_ref_dbm=None,
    )


def _first_status(onu: OnuState, events: Sequence[Happened], from_at: int) -> tuple[Status, int]:
    """The status before, and since when; at the latest since `from_at`."""
    event = _first(events, STATUS_KINDS)
    if event is None:
        began = onu.since if onu.outage_at is None else onu.outage_at
        return onu.told_status, min(began, from_at)
    status = status_before(event)
    was_out = event.kind is EventKind.RECOVERED and event.lasted_s is not None
    return status, min(event.at - (event.lasted_s or 0) if was_out else from_at, from_at)


def _first_place(onu: OnuState, events: Sequence[Happened]) -> str:
    moved = _first([event for event in events if event.detail != DISTANCE], {EventKind.MOVED})
    if moved:
        return moved.before or onu.onu_id
    return (events[0].onu_id if events else None) or onu.onu_id


def _first_name(onu: OnuState, events: Sequence[Happened]) -> str | None:
    renamed = _first(events, {EventKind.RENAMED})
    if renamed:
        return renamed.before
    return events[0].name if events else onu.name


def _first_distance(onu: OnuState, events: Sequence[Happened]) -> int | None:
    for event in events:
        if event.detail == DISTANCE:
            return _metres(event.before)
        if event.distance_m is not None:
            return event.distance_m
    return onu.distance_m


def _metres(text: str | None) -> int | None:
    """The distance of `397 m`."""
    number = (text or "").removesuffix(" m")
    return int(number) if number.isdecimal() else None


def _first(events: Sequence[Happened], kinds: Collection[EventKind]) -> Happened | None:
    return next((event for event in events if event.kind in kinds), None)


def _word_before(events: Sequence[Happened], kinds: Collection[EventKind]) -> str:
    event = _first(events, kinds)
    return (event.before if event else None) or ""


def unknown_onu(event: Happened) -> OnuState:
    """An ONU of which nothing is left but this event: as it was before that, as far as it says."""
    values: dict[str, object] = dict.fromkeys(OnuState._fields)
    values.update(dict.fromkeys(_COUNTS, 0))
    onu = OnuState(**values)  # type: ignore[arg-type]
    onu = onu._replace(
        olt_id=event.olt_id,
        mac=event.mac or "",
        onu_id=event.onu_id or "",
        name=event.name,
        distance_m=event.distance_m,
        told_status=Status.UP,
        told_signal=Signal.OK,
        told_heat=Heat.OK,
    )
    return first_state(onu, [event], event.at)


_COUNTS = (
    "since",
    "seen_at",
    "missed",
    "status_off",
    "signal_off",
    "heat_off",
    "announced",
    "step_off",
)


# --- after ---


def next_state(onu: OnuState, event: Happened, member: Member | None = None) -> OnuState:
    """The ONU after an event of its own. `member` has the device's words, where they were kept."""
    state = onu._replace(
        onu_id=event.onu_id or onu.onu_id,
        name=event.name,
        distance_m=onu.distance_m if event.distance_m is None else event.distance_m,
    )
    if event.kind in STATUS_KINDS:
        return _with_status_of(state, event, member)
    if event.kind in _SIGNAL_KINDS:
        signal = _SIGNALS.get(event.after or "", Signal.OK)
        state = state._replace(signal=signal, told_signal=signal, step_ref_dbm=None)
        if member:
            state = state._replace(rx_power_dbm=member.value, step_ref_dbm=member.usual)
    elif event.kind in _HEAT_KINDS:
        heat = _HEATS.get(event.after or "", Heat.OK)
        state = state._replace(heat=heat, told_heat=heat)
        if member:
            state = state._replace(temperature_c=member.value)
    elif event.kind is EventKind.REGISTERED:
        state = with_status(state, status_after(event), event.at)
    return state


def _with_status_of(onu: OnuState, event: Happened, member: Member | None) -> OnuState:
    state = with_status(onu, status_after(event), event.at)
    reason = event.reason
    if event.kind is EventKind.AUTH_FAILED:
        reason = Reason.AUTH_FAILED
    state = state._replace(reason=reason)
    if member is None:
        return state
    state = state._replace(step_ref_dbm=member.usual)
    if member.status is not state.status:
        return state
    rx_dbm, warm = member.rx_power_dbm, member.temperature_c
    return state._replace(
        status_raw=member.status_raw,
        reason_raw=member.reason_raw,
        last_rx_power_dbm=state.last_rx_power_dbm if rx_dbm is None else rx_dbm,
        last_temperature_c=state.last_temperature_c if warm is None else warm,
    )


def with_status(onu: OnuState, status: Status, since: int) -> OnuState:
    """The ONU with another status, settled; one that is not up measures nothing."""
    is_same = status is onu.status
    is_out = status in OUTAGES
    is_up = status is Status.UP
    return onu._replace(
        status=status,
        told_status=status,
        status_raw=onu.status_raw if is_same else _RAW.get(status, status.value.capitalize()),
        reason=onu.reason if is_same else None,
        reason_raw=onu.reason_raw if is_same else None,
        since=since,
        outage_at=min(onu.outage_at or since, since) if is_out else None,
        rx_power_dbm=onu.rx_power_dbm if is_up else None,
        tx_power_dbm=onu.tx_power_dbm if is_up else None,
        temperature_c=onu.temperature_c if is_up else None,
    )


def measured(onu: OnuState, rx_dbm: float | None, temperature_c: float | None) -> OnuState:
    """The ONU with these measurements; the last of each that there was is kept."""
    return onu._replace(
        rx_power_dbm=rx_dbm,
        temperature_c=temperature_c,
        last_rx_power_dbm=onu.last_rx_power_dbm if rx_dbm is None else rx_dbm,
        last_temperature_c=onu.last_temperature_c if temperature_c is None else temperature_c,
    )

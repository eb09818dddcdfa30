"""The page's table of ONUs: what stands in a row, and by what it is picked and sorted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from eponctl.model import Heat, OnuState, Signal, Status, onu_priority
from eponctl.render import values
from eponctl.render.sheet import NOTHING
from eponctl.summary import is_abandoned
from eponctl.views.dashboard import Dashboard
from eponctl.views.network import is_stale, last_seen_at

PROBLEM, STALE, ABANDONED = "problem", "stale", "abandoned"
_STATUSES = {
    Status.UP: "good",
    Status.DOWN: "bad",
    Status.PWRDOWN: "worst",
    Status.LOOP: "bad",
    Status.UNKNOWN: "warn",
    Status.DISABLED: "faint",
}
_ABANDONED_RANK = 9  # behind all that is urgent


def onu_row(onu: OnuState, seen: Dashboard, zone: tzinfo) -> dict[str, Any]:
    """One row: what is read, and behind it what it is sorted by (the worst first)."""
    now = seen.overview.now
    olt = seen.overview.states[onu.olt_id]
    is_up = onu.status is Status.UP
    abandoned, stale = is_abandoned(onu, seen.abandoned_before), is_stale(onu, olt)
    seen_at = last_seen_at(onu, olt)
    rx = onu.rx_power_dbm if is_up else onu.last_rx_power_dbm
    temperature = onu.temperature_c if is_up else onu.last_temperature_c
    device, customer = values.words(onu.name), values.words(seen.overview.customers.get(onu.mac))
    return {
        "olt": onu.olt_id,
        "id": values.words(onu.onu_id),
        "name": device if customer == NOTHING else customer,
        "device": device if customer not in {NOTHING, device} else "",
        "mac": onu.mac,
        "states": " ".join(_words(onu, is_abandoned=abandoned, is_stale_=stale)),
        "status": ABANDONED if abandoned else values.word(onu.status),
        "style": "faint" if abandoned else _STATUSES[onu.status],
        "rank": _ABANDONED_RANK if abandoned else onu_priority(onu).rank,
        "reason": "" if abandoned else _reason(onu),
        "seen": values.clock(seen_at, now, zone) if stale and seen_at else "",
        "seen_at": values.moment(seen_at, zone),
        "since": onu.since,
        "since_at": values.moment(onu.since, zone),
        "lasted": values.age(onu.since, now),
        "rx": values.dbm(rx),
        "rx_key": "" if rx is None else f"{rx:.2f}",
        "rx_style": _style_of(rx, is_up=is_up, is_bad=onu.signal is not Signal.OK),
        "temp": values.celsius(temperature),
        "temp_key": "" if temperature is None else f"{temperature:.1f}",
        "temp_style": _style_of(temperature, is_up=is_up, is_bad=onu.heat is Heat.HIGH),
        "tx": values.dbm(onu.tx_power_dbm),
        "distance": values.distance(onu.distance_m),
        "distance_style": _style_of(onu.distance_m),
        "distance_key": "" if onu.distance_m is None else onu.distance_m,
        "auth": values.words(onu.auth_status),
    }


def _style_of(value: float | None, *, is_up: bool = True, is_bad: bool = False) -> str:
    if value is None:
        return "none"
    return "last" if not is_up else "bad" if is_bad else ""


def _words(onu: OnuState, *, is_abandoned: bool, is_stale_: bool) -> Iterator[str]:
    """By what it can be picked."""
    yield ABANDONED if is_abandoned else onu.status
    if onu.is_problem and not is_abandoned:
        yield PROBLEM
    if is_stale_:
        yield STALE


_SIGNALS = {
    Signal.WEAK: "weak signal",
    Signal.STEPPED: "signal fell",
    Signal.OVERLOAD: "overload",
}


def _reason(onu: OnuState) -> str:
    """Why it is down; of one that is up, what is the matter with it."""
    if onu.status is not Status.UP:
        return values.words(onu.reason_raw) if onu.reason is None else values.word(onu.reason)
    matters = [_SIGNALS[onu.signal]] if onu.signal in _SIGNALS else []
    if onu.heat is Heat.HIGH:
        matters.append("high temperature")
    return ", ".join(matters)


def states_of(onus: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """By what ONUs can be picked here, and how many fit."""
    counts = Counter(word for onu in onus for word in onu["states"].split())
    order = (PROBLEM, *Status, STALE, ABANDONED)
    return [(word, counts[word]) for word in order if counts[word]]

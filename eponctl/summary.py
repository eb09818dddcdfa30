"""Counts and averages of one OLT, from the states of its ONUs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from eponctl.model import Heat, OltState, OltSummary, OnuState, Signal, Status
from eponctl.settings import OltSettings

# In the order of the original's status block, which names DOWN first (mission/messages.md).
_STATUS_WORDS = {
    Status.DOWN: "DOWN",
    Status.PWRDOWN: "PWRDOWN",
    Status.LOOP: "LOOP",
    Status.UNKNOWN: "UNKNOWN",
}
_SIGNAL_WORDS = {
    Signal.WEAK: "WEAK SIGNAL",
    Signal.STEPPED: "WEAK SIGNAL",
    Signal.OVERLOAD: "OVERLOAD",
}
_HEAT_WORD = "HIGH TEMPERATURE"


def summarise(
    olt: OltSettings,
    state: OltState | None,
    onus: Iterable[OnuState],
    *,
    now: int,
    abandoned_after_s: int,
) -> OltSummary:
    """What an alert's head and a report say of this OLT.

    An ONU that is abandoned counts as one that was switched off: in `onus` and `disabled` alone.
    """
    abandoned_before = now - abandoned_after_s
    counts: Counter[str] = Counter()
    total = online = disabled = problems = 0
    temperatures: list[float] = []
    powers: list[float] = []
    for onu in onus:
        total += 1
        if onu.status is Status.DISABLED or is_abandoned(onu, abandoned_before):
            disabled += 1
            continue
        problems += onu.is_problem
        if onu.status is Status.UP:
            online += 1
            if onu.temperature_c is not None:
                temperatures.append(onu.temperature_c)
            if onu.rx_power_dbm is not None:
                powers.append(onu.rx_power_dbm)
        if onu.is_problem:
            counts.update(_words(onu))
    return OltSummary(
        olt_id=olt.id,
        name=olt.name,
        onus=total,
        online=online,
        disabled=disabled,
        problem_onus=problems,
        problems=_in_order(counts),
        avg_temperature_c=_average(temperatures),
        avg_rx_power_dbm=_average(powers),
        unreachable_since=state.failing_since if state and state.announced_at else None,
    )


def is_abandoned(onu: OnuState, before: int) -> bool:
    """Whether it has not been up since before that time: nobody waits for it any more."""
    return onu.status not in _EXPECTED and down_since(onu) <= before


_EXPECTED = frozenset({Status.UP, Status.DISABLED})


def down_since(onu: OnuState) -> int:
    """When the outage began that an ONU is in, whatever words its device had for it since."""
    return onu.since if onu.outage_at is None else onu.outage_at


def _words(onu: OnuState) -> Iterable[str]:
    if onu.status is not Status.UP:
        yield _STATUS_WORDS[onu.status]
        return
    if onu.signal is not Signal.OK:
        yield _SIGNAL_WORDS[onu.signal]
    if onu.heat is not Heat.OK:
        yield _HEAT_WORD


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    order = (*_STATUS_WORDS.values(), *_SIGNAL_WORDS.values(), _HEAT_WORD)
    return {word: counts[word] for word in order if word in counts}


def _average(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None

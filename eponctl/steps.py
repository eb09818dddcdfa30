"""The step drop: a signal that fell far below its own usual one, though above the threshold. Pure.

A bent fibre or a bad splice takes a few dB at once; the threshold alone would see it weeks later.
The reference is the ONU's own median of 7 days. The state keeps one that is good enough to suspect
a step by, so that the exact one is asked for the few that are suspected: `pending_steps`. What an
ONU fell from is frozen while the fall lasts, until the median itself has fallen as far: what has
been so for most of a week is usual by then, and no trouble any more.
"""

from __future__ import annotations

from collections.abc import Mapping

from eponctl.model import OnuReading, OnuState, Signal, Status
from eponctl.settle import LOW, Rules, is_power, signal_of

_LEAST_POLLS = 2
# What is left of a fall when it has recovered: half of it at most, whatever the hysteresis says.
_MOST_GAP = 0.5
# Above any error of a difference, and below what devices say.
_ROUNDING_DB = 0.005


def pending_steps(states: Mapping[str, OnuState]) -> set[str]:
    """The MACs whose next reading is judged by their exact median: see `judge`'s `usuals`."""
    return {mac for mac, state in states.items() if state.step_off}


def signal_after(known: OnuState, rx_dbm: float | None, rules: Rules) -> Signal:
    """As `signal_of`; a step that is a trouble goes on until the signal is nearly what it was."""
    signal, usual = signal_of(known.signal, rx_dbm, rules.thresholds), known.step_ref_dbm
    if usual is None or signal is not Signal.OK or not is_power(rx_dbm):
        return signal
    fall = rules.step_drop_db
    if known.usual_rx_dbm is not None and _fall_db(usual, known.usual_rx_dbm) >= fall:
        return Signal.OK
    if known.signal in LOW:
        thresholds = rules.thresholds
        gap = thresholds.rx_power_clear_dbm - thresholds.rx_power_low_dbm
        fall -= min(gap, fall * _MOST_GAP)
    return Signal.STEPPED if _fall_db(usual, rx_dbm) >= fall else Signal.OK


def follow_step(
    known: OnuState, state: OnuState, onu: OnuReading, rules: Rules, median_dbm: float | None
) -> OnuState:
    """Count this poll for or against a step; `state` is `known` with this reading in it.

    Where it is confirmed, the signal is STEPPED at least, and ready to be settled. A trouble that
    was told goes on under that name: it ends when the signal is neither weak nor fallen.
    """
    if state.step_ref_dbm is not None or _is_usual(state, onu, rules):
        return state
    if state.status is not Status.UP or state.told_signal is Signal.OVERLOAD:
        return state._replace(step_off=0) if state.step_off else state
    rx = onu.rx_power_dbm
    if not is_power(rx):
        return state
    usual = _usual(known, rx, median_dbm)
    # Who had too much light and has less was helped.
    is_usable = usual < rules.thresholds.rx_power_high_dbm
    has_fallen = is_usable and _fall_db(usual, rx) >= rules.step_drop_db
    polls = state.step_off + 1 if has_fallen else 0
    if polls < max(_LEAST_POLLS, rules.confirm_polls):
        if polls == state.step_off and usual == state.usual_rx_dbm:
            return state
        return state._replace(usual_rx_dbm=usual, step_off=polls)
    return state._replace(
        signal=Signal.STEPPED if state.signal is Signal.OK else state.signal,
        # It was bad in all these polls, whatever it was called: not one more is waited for.
        signal_off=rules.confirm_polls - 1,
        usual_rx_dbm=usual,
        step_off=0,
        step_ref_dbm=usual,
    )


def _is_usual(state: OnuState, onu: OnuReading, rules: Rules) -> bool:
    """Whether there is nothing to count: nearly always, so it is asked first."""
    rx, usual = onu.rx_power_dbm, state.usual_rx_dbm
    if rx is None or usual is None or state.step_off:
        return False
    return rx > usual - rules.step_drop_db + _ROUNDING_DB


def _usual(known: OnuState, rx_dbm: float, median_dbm: float | None) -> float:
    """What is usual of this ONU, as well as it is known; the first reading is, of a new one."""
    if known.step_off and is_power(median_dbm):
        return median_dbm
    if known.usual_rx_dbm is not None:
        return known.usual_rx_dbm
    last = known.last_rx_power_dbm
    return last if is_power(last) else rx_dbm


def _fall_db(usual_dbm: float, rx_dbm: float) -> float:
    """How far it has fallen, to the 0.01 dB that devices say."""
    return round(usual_dbm - rx_dbm, 2)

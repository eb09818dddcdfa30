"""A signal that falls far below its own usual one, though above the threshold: steps.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eponctl.judge import Rules, judge, pending_steps
from eponctl.model import (
    Event,
    EventKind,
    OltReading,
    OnuReading,
    OnuState,
    Priority,
    Signal,
    Status,
)
from eponctl.settings import Thresholds

NOW, MINUTE = 1_800_000_000, 60
MAC = "02:00:00:00:00:01"
UP = OnuReading("0/1:1", MAC, "CLIENT-001", Status.UP, "Up", rx_power_dbm=-20.0)
DOWN = UP._replace(status=Status.DOWN, status_raw="Down", rx_power_dbm=None)
WEAK_SIGNAL, SIGNAL_OK = [EventKind.WEAK_SIGNAL], [EventKind.SIGNAL_OK]
QUIET: list[EventKind] = []


@dataclass
class Onu:
    """An ONU that is read once a minute; `medians` are what its history would say of it."""

    rules: Rules = field(default_factory=lambda: Rules(Thresholds()))
    medians: Mapping[str, float] = field(default_factory=dict)
    states: Mapping[str, OnuState] = field(default_factory=dict)
    now: int = NOW

    def read(self, onu: OnuReading, **facts: Any) -> list[Event]:
        """Judge one reading; the first is a baseline. Returns its events."""
        asked = pending_steps(self.states)
        judged = judge(
            "OLT-1",
            self.states,
            OltReading("A22", (onu,), **facts),
            self.rules,
            now=self.now,
            is_baseline=not self.states,
            last_success_at=self.now - MINUTE,
            usuals={mac: dbm for mac, dbm in self.medians.items() if mac in asked},
        )
        self.states, self.now = judged.onus, self.now + MINUTE
        return list(judged.events)

    def powers(self, *powers: float | None) -> list[list[EventKind]]:
        """Read it up with these powers, one after the other: the kinds of each one's events."""
        return [kinds(self.read(UP._replace(rx_power_dbm=power))) for power in powers]

    @property
    def state(self) -> OnuState:
        """What is remembered of it."""
        return self.states[MAC]


def onu_at(usual_dbm: float, confirm: int = 1, **changes: Any) -> Onu:
    """An ONU after its baseline, at its usual power."""
    onu = Onu(Rules(Thresholds(), confirm), **changes)
    onu.powers(usual_dbm)
    return onu


def kinds(events: Iterable[Event]) -> list[EventKind]:
    return [event.kind for event in events]


# --- when it is told --------------------------------------------------------------------------


def test_fall_of_two_polls_is_told_with_what_it_fell_from() -> None:
    onu = onu_at(-20.3)

    assert [QUIET] == onu.powers(-24.2)
    [event] = onu.read(UP._replace(rx_power_dbm=-24.4))
    assert (EventKind.WEAK_SIGNAL, Priority.HIGH) == (event.kind, event.priority)
    assert ("ok", "weak") == (event.before, event.after)
    assert "fell from -20.3 to -24.4 dBm" == event.detail
    assert event.onu == onu.state
    assert (Signal.STEPPED, Signal.STEPPED) == (onu.state.signal, onu.state.told_signal)
    assert onu.state.is_problem
    assert [QUIET] * 3 == onu.powers(-24.4, -24.4, -24.9)


@pytest.mark.parametrize(("confirm", "polls"), [(1, 2), (2, 2), (3, 3), (5, 5)])
def test_fall_is_told_after_two_polls_or_as_many_as_confirm(confirm: int, polls: int) -> None:
    onu = onu_at(-20.0, confirm)

    assert [*[QUIET] * (polls - 1), WEAK_SIGNAL, QUIET] == onu.powers(*[-24.0] * (polls + 1))


@pytest.mark.parametrize(("power", "told"), [(-23.0, WEAK_SIGNAL), (-22.99, QUIET)])
def test_fall_begins_at_the_configured_step(power: float, told: list[EventKind]) -> None:
    assert [QUIET, told] == onu_at(-20.0).powers(power, power)


@pytest.mark.parametrize("usual", [-19.9, -20.3, -20.1, -17.7])
def test_step_is_exact_to_what_devices_say(usual: float) -> None:
    assert [QUIET, WEAK_SIGNAL] == onu_at(usual).powers(*[round(usual - 3.0, 2)] * 2)
    assert [QUIET, QUIET] == onu_at(usual).powers(*[round(usual - 2.99, 2)] * 2)


def test_step_is_as_configured() -> None:
    onu = onu_at(-20.0)
    onu.rules = onu.rules._replace(step_drop_db=5.0)

    assert [QUIET, QUIET, QUIET, WEAK_SIGNAL] == onu.powers(-24.9, -24.9, -25.0, -25.0)


def test_dip_of_one_poll_is_no_step() -> None:
    onu = onu_at(-20.0)

    assert [QUIET] * 6 == onu.powers(-24.0, -20.0, -24.0, -20.0, -24.0, -20.0)
    assert 0 == onu.state.step_off


@pytest.mark.parametrize("nothing", [None, -40.0, 9.0])
def test_reading_without_a_measurement_neither_confirms_nor_denies(nothing: float | None) -> None:
    onu = onu_at(-20.0)

    assert [QUIET] * 4 == onu.powers(-24.0, nothing, nothing, nothing)
    assert [WEAK_SIGNAL, QUIET, QUIET] == onu.powers(-24.0, nothing, -24.0)


def test_lingering_power_confirms_no_step() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0)
    bare = UP._replace(rx_power_dbm=None)

    assert [] == [event for _ in range(4) for event in onu.read(bare, lacks_optics=True)]
    assert [WEAK_SIGNAL] == onu.powers(-24.0)


def test_power_that_stands_still_confirms_a_step() -> None:
    onu = onu_at(-20.0)

    assert [QUIET, WEAK_SIGNAL] == onu.powers(-24.0, -24.0)


def test_onu_that_is_lost_between_counts_anew() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0)
    onu.read(DOWN)

    assert [[EventKind.RECOVERED], WEAK_SIGNAL] == onu.powers(-24.0, -24.0)


def test_onu_that_comes_back_weaker_has_stepped() -> None:
    onu = onu_at(-20.0)
    onu.read(DOWN)

    assert [[EventKind.RECOVERED], WEAK_SIGNAL] == onu.powers(-24.1, -24.0)


def test_slow_fall_that_never_leaves_the_median_behind_is_no_step() -> None:
    onu = onu_at(-18.0)
    told = []
    for tenths in range(80):
        power = -18.0 - tenths / 10
        onu.medians = {MAC: power + 1.0}
        told += onu.powers(power)

    assert [QUIET] * 80 == told


# --- what is usual ----------------------------------------------------------------------------


def test_first_power_ever_seen_is_usual_until_there_is_a_median() -> None:
    onu = Onu()
    onu.read(DOWN)
    assert onu.state.usual_rx_dbm is None

    onu.powers(None, -60.0, -21.5, -22.0)
    assert -21.5 == onu.state.usual_rx_dbm


def test_last_power_is_usual_where_none_was_kept() -> None:
    onu = onu_at(-20.0)
    onu.states = {MAC: onu.state._replace(usual_rx_dbm=None)}

    assert [QUIET, WEAK_SIGNAL] == onu.powers(-24.0, -24.0)
    assert -20.0 == onu.state.step_ref_dbm


def test_suspected_step_is_decided_by_the_exact_median() -> None:
    onu = onu_at(-20.0, medians={MAC: -22.5})

    assert [QUIET] * 3 == onu.powers(-24.0, -24.0, -24.1)
    assert (-22.5, 0) == (onu.state.usual_rx_dbm, onu.state.step_off)
    assert set() == pending_steps(onu.states)


def test_confirmed_step_is_measured_by_the_exact_median() -> None:
    onu = onu_at(-20.0, medians={MAC: -19.4})
    onu.powers(-24.0)
    [event] = onu.read(UP._replace(rx_power_dbm=-24.0))

    assert "fell from -19.4 to -24.0 dBm" == event.detail
    assert (-19.4, -19.4) == (onu.state.usual_rx_dbm, onu.state.step_ref_dbm)


def test_median_is_asked_for_while_a_step_is_suspected_only() -> None:
    onu = onu_at(-20.0, confirm=3)
    asked = []
    for power in (-20.0, -24.0, -24.0, -24.0, -24.0, -20.0):
        onu.powers(power)
        asked.append(pending_steps(onu.states))

    assert [set(), {MAC}, {MAC}, set(), set(), set()] == asked


def test_attenuator_that_ends_an_overload_is_no_step() -> None:
    onu = onu_at(-20.0, medians={MAC: -4.0})
    onu.states = {MAC: onu.state._replace(usual_rx_dbm=-4.0)}

    assert [[EventKind.OVERLOAD], SIGNAL_OK, QUIET, QUIET] == onu.powers(-4.0, -12.0, -12.1, -12.0)


# --- when it is over --------------------------------------------------------------------------


def test_step_is_over_a_hysteresis_above_where_it_began() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0, -24.0)

    assert [QUIET, QUIET, SIGNAL_OK] == onu.powers(-22.9, -22.0, -21.99)
    assert (Signal.OK, None) == (onu.state.told_signal, onu.state.step_ref_dbm)
    assert [QUIET, QUIET] == onu.powers(-22.9, -22.9)


def test_end_of_a_step_is_as_urgent_as_its_beginning_and_has_its_word() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0, -24.0)
    [event] = onu.read(UP)

    assert (Priority.HIGH, "weak", "ok") == (event.priority, event.before, event.after)


@pytest.mark.parametrize("confirm", [1, 2, 3])
def test_end_of_a_step_is_told_at_the_poll_that_confirms_it(confirm: int) -> None:
    onu = onu_at(-20.0, confirm)
    onu.powers(*[-24.0] * 3)

    assert [*[QUIET] * (confirm - 1), SIGNAL_OK, QUIET] == onu.powers(*[-20.0] * (confirm + 1))


def test_step_that_falls_again_before_its_end_is_confirmed_goes_on() -> None:
    onu = onu_at(-20.0, confirm=2)
    onu.powers(-24.0, -24.0)

    assert [QUIET] * 3 == onu.powers(-20.0, -23.0, -20.0)
    assert [SIGNAL_OK] == onu.powers(-20.0)


def test_what_it_fell_from_is_frozen_while_the_median_follows() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0, -24.0)
    onu.states = {MAC: onu.state._replace(usual_rx_dbm=-22.5)}

    assert [QUIET, QUIET, SIGNAL_OK] == onu.powers(-24.0, -23.0, -20.0)


def test_what_the_median_has_fallen_to_is_usual_and_no_trouble_any_more() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0, -24.0)
    onu.states = {MAC: onu.state._replace(usual_rx_dbm=-24.0)}

    assert [SIGNAL_OK, QUIET, QUIET] == onu.powers(-24.0, -24.0, -26.5)
    assert (Signal.OK, None) == (onu.state.told_signal, onu.state.step_ref_dbm)


def test_step_from_what_was_a_step_once_is_told_anew() -> None:
    onu = onu_at(-20.0)
    onu.powers(-22.0, -23.5, -23.5)
    onu.states = {MAC: onu.state._replace(usual_rx_dbm=-23.5)}

    assert [SIGNAL_OK, QUIET, WEAK_SIGNAL] == onu.powers(-23.5, -26.6, -26.6)


def test_small_step_ends_short_of_what_was_usual() -> None:
    onu = onu_at(-20.0)
    onu.rules = onu.rules._replace(step_drop_db=1.0)

    assert [QUIET, WEAK_SIGNAL, QUIET, SIGNAL_OK] == onu.powers(-21.0, -21.0, -20.5, -20.4)


def test_step_outlives_an_outage_and_ends_after_it() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0, -24.0)
    onu.read(DOWN)

    assert [[EventKind.RECOVERED], SIGNAL_OK] == onu.powers(-24.0, -20.0)


# --- with the thresholds ----------------------------------------------------------------------


def test_step_that_becomes_weak_is_one_trouble_until_neither_holds() -> None:
    onu = onu_at(-20.0)

    assert [QUIET, WEAK_SIGNAL, QUIET] == onu.powers(-24.0, -24.0, -28.0)
    assert Signal.WEAK is onu.state.told_signal
    assert [QUIET, QUIET, SIGNAL_OK] == onu.powers(-26.5, -24.0, -20.0)


def test_fall_below_the_threshold_is_one_trouble_until_neither_holds() -> None:
    onu = onu_at(-20.0)

    assert [WEAK_SIGNAL, QUIET, QUIET, QUIET, SIGNAL_OK] == onu.powers(
        -28.0, -28.0, -25.0, -24.0, -20.0
    )


def test_fall_below_the_threshold_of_one_poll_is_one_trouble_too() -> None:
    assert [WEAK_SIGNAL, QUIET, QUIET, SIGNAL_OK] == onu_at(-20.0).powers(
        -28.0, -25.0, -25.0, -20.0
    )


def test_weak_signal_that_was_always_near_the_threshold_has_no_step() -> None:
    onu = onu_at(-25.5)

    assert [WEAK_SIGNAL, QUIET, SIGNAL_OK] == onu.powers(-27.1, -27.1, -25.9)
    assert onu.state.step_ref_dbm is None


def test_step_and_threshold_confirm_each_other() -> None:
    onu = onu_at(-24.0, confirm=2)

    assert [QUIET, WEAK_SIGNAL] == onu.powers(-27.0, -27.2)


def test_step_that_turns_into_overload_is_told_and_ends_once() -> None:
    onu = onu_at(-20.0)
    onu.powers(-24.0, -24.0)

    assert [[EventKind.OVERLOAD], SIGNAL_OK] == onu.powers(-5.0, -20.0)
    assert onu.state.step_ref_dbm is None


# --- whatever comes ---------------------------------------------------------------------------

STEADY = st.sampled_from([-20.0, -21.9, -22.0, -22.5, -22.99, -23.0, -24.0, -25.9])


def expected(powers: Iterable[float], confirm: int) -> list[list[EventKind]]:
    """What is told of an ONU that is used to -20 dBm, and never weak: counted by hand."""
    told, low, well, is_told = [], 0, 0, False
    for power in powers:
        news = QUIET
        if not is_told:
            low = low + 1 if power <= -23.0 else 0
            if low >= max(2, confirm):
                news, is_told, well = WEAK_SIGNAL, True, 0
        else:
            # Between the two limits it stays what it was.
            is_well = power > -22.0 or (well > 0 and power > -23.0)
            well = well + 1 if is_well else 0
            if well >= confirm:
                news, is_told, low = SIGNAL_OK, False, 0
        told.append(news)
    return told


@settings(max_examples=200, deadline=None)
@given(powers=st.lists(STEADY, max_size=20), confirm=st.integers(1, 3))
def test_steps_are_told_as_one_would_count_them(powers: list[float], confirm: int) -> None:
    onu = onu_at(-20.0, confirm, medians={MAC: -20.0})

    assert expected(powers, confirm) == onu.powers(*powers)


@settings(max_examples=200, deadline=None)
@given(
    powers=st.lists(STEADY | st.sampled_from([None, -40.0, 7.5]), max_size=20),
    confirm=st.integers(1, 3),
)
def test_readings_without_a_measurement_could_as_well_be_left_out(
    powers: list[float | None], confirm: int
) -> None:
    nothing = {None, -40.0, 7.5}
    told = onu_at(-20.0, confirm).powers(*powers)

    measured = [power for power in powers if power not in nothing]
    without = onu_at(-20.0, confirm).powers(*measured)
    assert without == [
        news for power, news in zip(powers, told, strict=True) if power not in nothing
    ]
    assert all(news == QUIET for power, news in zip(powers, told, strict=True) if power in nothing)

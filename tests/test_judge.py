"""What is news of an ONU, and what is not: every rule of judge.py, settle.py and facts.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eponctl.errors import PageChanged
from eponctl.judge import Judgement, Rules, judge, pending_steps
from eponctl.model import (
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
)
from eponctl.settings import Thresholds

NOW, MINUTE = 1_800_000_000, 60
MAC = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"
UP = OnuReading("0/1:1", MAC, "CLIENT-001", Status.UP, "Up", rx_power_dbm=-20.0, temperature_c=40.0)
DOWN = UP._replace(
    status=Status.DOWN,
    status_raw="Down",
    reason=Reason.TIMEOUT,
    reason_raw="TIMEOUT",
    rx_power_dbm=None,
    temperature_c=None,
)
PWRDOWN = DOWN._replace(status=Status.PWRDOWN, status_raw="PwrDown", reason=None, reason_raw=None)
GASP = DOWN._replace(status=Status.PWRDOWN, reason=Reason.DYING_GASP, reason_raw="Dying_gasp")
LOOP = PWRDOWN._replace(status=Status.LOOP, status_raw="LoopDetected")
DISABLED = DOWN._replace(status=Status.DISABLED, reason=Reason.ADMIN, reason_raw="Deactivate")
UNKNOWN = PWRDOWN._replace(status=Status.UNKNOWN, status_raw="Ranging")
BY_STATUS = {onu.status: onu for onu in (UP, DOWN, PWRDOWN, LOOP, DISABLED, UNKNOWN)}


@dataclass
class Olt:
    """An OLT that is read once a minute, and what the polls before left of it."""

    rules: Rules = field(default_factory=lambda: Rules(Thresholds()))
    now: int = NOW
    states: Mapping[str, OnuState] = field(default_factory=dict)
    last_success_at: int | None = None
    failed_pons: Mapping[str, int | None] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    blips: int = 0

    def read(self, *onus: OnuReading, is_baseline: bool | None = None, **facts: Any) -> list[Event]:
        """Judge one reading; the first is a baseline. Returns its events."""
        reading = OltReading("A22", onus, **facts)
        baseline = self.last_success_at is None if is_baseline is None else is_baseline
        judged = self._judged(reading, is_baseline=baseline)
        self.states, self.removed, self.blips = judged.onus, judged.removed, judged.blips
        since = {
            pon: self.failed_pons.get(pon, self.last_success_at) for pon in reading.failed_pons
        }
        self.failed_pons, self.last_success_at = since, self.now
        self.now += MINUTE
        self.events += judged.events
        return list(judged.events)

    def fail(self, polls: int = 1) -> None:
        """Let time pass without a good read."""
        self.now += polls * MINUTE

    def _judged(self, reading: OltReading, *, is_baseline: bool) -> Judgement:
        return judge(
            "OLT-1",
            self.states,
            reading,
            self.rules,
            now=self.now,
            is_baseline=is_baseline,
            last_success_at=self.last_success_at,
            failed_before=self.failed_pons,
        )

    @property
    def onu(self) -> OnuState:
        """The ONU that most tests are about."""
        return self.states[MAC]


def olt_with(*onus: OnuReading, confirm: int = 1) -> Olt:
    """An OLT after its baseline of these ONUs."""
    olt = Olt(Rules(Thresholds(), confirm))
    olt.read(*onus)
    return olt


def kinds(events: Iterable[Event]) -> list[EventKind]:
    return [event.kind for event in events]


def other(onu: OnuReading) -> OnuReading:
    """The second ONU, as the first one."""
    return onu._replace(mac=OTHER, onu_id="0/1:2", name="CLIENT-002")


# --- baseline ---------------------------------------------------------------------------------


@pytest.mark.parametrize("onu", BY_STATUS.values(), ids=BY_STATUS)
def test_baseline_tells_nothing_whatever_it_finds(onu: OnuReading) -> None:
    olt = Olt()

    assert [] == olt.read(onu)
    assert onu.status is olt.onu.status


@pytest.mark.parametrize("onu", [DOWN, PWRDOWN, GASP, LOOP, DISABLED, UNKNOWN])
def test_what_the_baseline_found_in_trouble_comes_up_without_a_word(onu: OnuReading) -> None:
    olt = olt_with(onu)

    assert [] == olt.read(onu)
    assert [] == olt.read(UP)


def test_what_the_baseline_found_weak_and_hot_gets_well_without_a_word() -> None:
    olt = olt_with(UP._replace(rx_power_dbm=-29.0, temperature_c=80.0))

    assert (Signal.WEAK, Heat.HIGH) == (olt.onu.signal, olt.onu.heat)
    assert [] == olt.read(UP)
    assert (Signal.OK, Heat.OK) == (olt.onu.signal, olt.onu.heat)


def test_second_baseline_takes_everything_as_it_is() -> None:
    olt = olt_with(UP, other(UP), confirm=3)

    assert [] == olt.read(DOWN._replace(onu_id="0/2:7", name="NEW"), is_baseline=True)
    assert [MAC] == list(olt.states)
    assert (OTHER,) == olt.removed
    assert (Status.DOWN, 0) == (olt.onu.told_status, olt.onu.announced)
    assert [] == [event for _ in range(4) for event in olt.read(DOWN._replace(onu_id="0/2:7"))[1:]]


def test_second_baseline_keeps_the_trouble_that_was_told_and_goes_on() -> None:
    olt = olt_with(UP)
    olt.read(DOWN)

    olt.read(DOWN, is_baseline=True)

    assert [EventKind.RECOVERED] == kinds(olt.read(UP))


# --- status, and how it is settled ------------------------------------------------------------


@pytest.mark.parametrize(
    ("onu", "kind", "priority"),
    [
        (DOWN, EventKind.DOWN, Priority.HIGH),
        (DOWN._replace(reason=None), EventKind.DOWN, Priority.HIGH),
        (DOWN._replace(reason=Reason.LOS), EventKind.DOWN, Priority.HIGH),
        (DOWN._replace(reason=Reason.DEREGISTERED), EventKind.DOWN, Priority.MEDIUM),
        (DOWN._replace(reason=Reason.DYING_GASP), EventKind.DOWN, Priority.CRITICAL),
        (DOWN._replace(reason=Reason.AUTH_FAILED), EventKind.AUTH_FAILED, Priority.HIGH),
        (PWRDOWN, EventKind.PWRDOWN, Priority.CRITICAL),
        (GASP, EventKind.PWRDOWN, Priority.CRITICAL),
        (LOOP, EventKind.LOOP, Priority.HIGH),
    ],
)
def test_outage_is_told_once_with_its_priority_and_so_is_its_end(
    onu: OnuReading, kind: EventKind, priority: Priority
) -> None:
    olt = olt_with(UP)

    [lost] = olt.read(onu)
    assert (kind, priority, "up", onu.status) == (lost.kind, lost.priority, lost.before, lost.after)
    assert [] == olt.read(onu)
    [back] = olt.read(UP)
    expected = (EventKind.RECOVERED, priority, onu.status, "up")
    assert expected == (back.kind, back.priority, back.before, back.after)
    assert [] == olt.read(UP)


def test_recovery_says_how_long_it_lasted_and_how_the_trouble_was_called() -> None:
    olt = olt_with(UP)
    [lost] = olt.read(DOWN)
    olt.fail(polls=4)
    [back] = olt.read(UP)

    assert NOW + MINUTE == lost.at
    assert NOW + 6 * MINUTE == back.at
    assert 5 * MINUTE == back.lasted_s
    assert "Down (Timeout)" == back.before_text


def test_recovery_counts_from_the_first_poll_that_saw_it_to_the_first_that_saw_its_end() -> None:
    olt = olt_with(UP, confirm=3)
    olt.read(DOWN), olt.read(DOWN)
    [lost] = olt.read(DOWN)
    olt.read(UP), olt.read(UP)
    [back] = olt.read(UP)

    assert NOW + MINUTE == lost.at
    assert NOW + 4 * MINUTE == back.at
    assert 3 * MINUTE == back.lasted_s


@pytest.mark.parametrize("confirm", [1, 2, 3])
def test_outage_and_recovery_are_news_at_the_poll_that_confirms_them(confirm: int) -> None:
    olt = olt_with(UP, confirm=confirm)
    quiet: list[EventKind] = []

    for onu, kind in ((DOWN, EventKind.DOWN), (UP, EventKind.RECOVERED)):
        told = [kinds(olt.read(onu)) for _ in range(confirm + 2)]
        assert [*[quiet] * (confirm - 1), [kind], quiet, quiet] == told


@pytest.mark.parametrize("confirm", [1, 2, 3])
@pytest.mark.parametrize(
    ("bad", "kind", "end"),
    [
        ({"rx_power_dbm": -28.0}, EventKind.WEAK_SIGNAL, EventKind.SIGNAL_OK),
        ({"rx_power_dbm": -5.0}, EventKind.OVERLOAD, EventKind.SIGNAL_OK),
        ({"temperature_c": 71.0}, EventKind.HIGH_TEMPERATURE, EventKind.TEMPERATURE_OK),
    ],
)
def test_signal_and_heat_are_news_at_the_poll_that_confirms_them(
    bad: dict[str, Any], kind: EventKind, end: EventKind, confirm: int
) -> None:
    olt = olt_with(UP, confirm=confirm)
    quiet: list[EventKind] = []

    for onu, expected in ((UP._replace(**bad), kind), (UP, end)):
        told = [kinds(olt.read(onu)) for _ in range(confirm + 2)]
        assert [*[quiet] * (confirm - 1), [expected], quiet, quiet] == told


def test_blip_shorter_than_confirm_polls_is_no_news_and_leaves_no_trace() -> None:
    olt = olt_with(UP, confirm=2)

    for _ in range(5):
        assert [] == olt.read(DOWN)
        assert [] == olt.read(UP)
    assert (0, 0, None) == (olt.onu.status_off, olt.onu.announced, olt.onu.outage_at)


@pytest.mark.parametrize("polls", [1, 2])
@pytest.mark.parametrize("lost", [DOWN, PWRDOWN, LOOP])
def test_outage_that_passed_before_it_was_settled_is_counted(lost: OnuReading, polls: int) -> None:
    olt = olt_with(UP, other(UP), confirm=3)
    counts = []
    for onu in (*[lost] * polls, UP, UP, UP):
        olt.read(onu, other(UP))
        counts.append(olt.blips)

    assert [*[0] * polls, 1, 0, 0] == counts
    assert [] == olt.events


def test_outage_that_passed_behind_an_unknown_word_is_counted() -> None:
    olt = olt_with(UP, confirm=2)
    counts = [(olt.read(onu), olt.blips)[1] for onu in (DOWN, UNKNOWN, UP, UNKNOWN, UP)]

    assert [0, 0, 1, 0, 0] == counts


@pytest.mark.parametrize(
    "polls",
    [(DOWN, DOWN, UP, UP), (DOWN, DOWN, UP, DOWN, UP, UP), (DISABLED, UP), (DOWN, DISABLED, UP)],
    ids=["told", "told, and not over", "switched off", "switched off while down"],
)
def test_what_is_told_or_was_meant_is_no_blip(polls: tuple[OnuReading, ...]) -> None:
    olt = olt_with(UP, confirm=2)

    assert [0] * len(polls) == [(olt.read(onu), olt.blips)[1] for onu in polls]


def test_blip_of_recovery_does_not_shorten_the_outage() -> None:
    olt = olt_with(UP, confirm=2)
    olt.read(DOWN), olt.read(DOWN), olt.read(UP), olt.read(DOWN), olt.read(UP)
    [back] = olt.read(UP)

    assert 4 * MINUTE == back.lasted_s


def test_outage_that_is_switched_off_for_one_poll_keeps_its_beginning() -> None:
    olt = olt_with(UP, confirm=2)
    olt.read(DOWN), olt.read(DOWN), olt.read(DISABLED), olt.read(DOWN), olt.read(UP)
    [back] = olt.read(UP)

    assert 4 * MINUTE == back.lasted_s


def test_two_kinds_of_outage_confirm_each_other() -> None:
    olt = olt_with(UP, confirm=2)

    assert [] == olt.read(DOWN)
    assert [EventKind.PWRDOWN] == kinds(olt.read(PWRDOWN))


@pytest.mark.parametrize("between", [LOOP, PWRDOWN, DISABLED])
def test_recovery_is_not_confirmed_by_a_poll_that_saw_something_else(between: OnuReading) -> None:
    olt = olt_with(UP, confirm=2)
    olt.read(DOWN), olt.read(DOWN)
    olt.read(between)

    assert EventKind.RECOVERED not in kinds(olt.read(UP))
    assert [EventKind.RECOVERED] == kinds(olt.read(UP))


def test_outage_is_not_confirmed_by_a_poll_that_saw_it_switched_off() -> None:
    olt = olt_with(UP, confirm=2)

    assert [] == olt.read(DISABLED)
    assert [] == olt.read(DOWN)
    assert [EventKind.DOWN] == kinds(olt.read(DOWN))


def test_failed_polls_between_neither_confirm_nor_deny() -> None:
    olt = olt_with(UP, confirm=2)
    assert [] == olt.read(DOWN)
    olt.fail(polls=3)

    assert [EventKind.DOWN] == kinds(olt.read(DOWN))


def test_disabled_onu_is_no_problem_and_no_news() -> None:
    olt = olt_with(UP)

    assert [] == olt.read(DISABLED)
    assert not olt.onu.is_problem
    assert [] == olt.read(UP)


def test_onu_that_was_switched_on_again_and_lost_is_news() -> None:
    olt = olt_with(DISABLED)

    assert [EventKind.DOWN] == kinds(olt.read(DOWN))


def test_outage_that_ends_by_switching_the_onu_off_ends_without_a_word() -> None:
    olt = olt_with(UP)
    olt.read(DOWN)

    assert [] == olt.read(DISABLED)
    assert (0, None) == (olt.onu.announced, olt.onu.outage_at)
    assert [] == olt.read(UP)


def test_unknown_word_is_no_outage() -> None:
    olt = olt_with(UP)

    assert [] == olt.read(UNKNOWN)
    assert (Status.UNKNOWN, "Ranging") == (olt.onu.status, olt.onu.status_raw)
    assert [] == olt.read(UP)


def test_unknown_word_does_not_end_an_outage() -> None:
    olt = olt_with(UP)
    olt.read(DOWN)

    assert [] == olt.read(UNKNOWN)
    assert [] == olt.read(DOWN)
    [back] = olt.read(UP)
    assert 3 * MINUTE == back.lasted_s


def test_unknown_word_makes_the_polls_count_anew() -> None:
    olt = olt_with(UP, confirm=2)

    assert [] == olt.read(DOWN)
    assert [] == olt.read(UNKNOWN)
    assert [] == olt.read(DOWN)
    assert [EventKind.DOWN] == kinds(olt.read(DOWN))


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (DOWN, PWRDOWN, [EventKind.PWRDOWN]),
        (DOWN, GASP, [EventKind.PWRDOWN]),
        (PWRDOWN, DOWN, []),
        (DOWN, LOOP, [EventKind.LOOP]),
        (LOOP, DOWN, [EventKind.DOWN]),
        (PWRDOWN, LOOP, [EventKind.LOOP]),
        (LOOP, PWRDOWN, [EventKind.PWRDOWN]),
        (DOWN, DOWN._replace(reason=Reason.LOS), []),
    ],
)
def test_outage_that_turns_into_another_is_news_when_it_is_worse_or_a_loop(
    first: OnuReading, second: OnuReading, told: list[EventKind]
) -> None:
    olt = olt_with(UP)
    olt.read(first)

    assert told == kinds(olt.read(second))
    [back] = olt.read(UP)
    assert (EventKind.RECOVERED, 2 * MINUTE) == (back.kind, back.lasted_s)


def test_power_cut_that_comes_and_goes_as_a_word_is_told_once() -> None:
    olt = olt_with(UP)
    told = [kinds(olt.read(onu)) for onu in (PWRDOWN, DOWN, PWRDOWN, DOWN, PWRDOWN)]

    assert [[EventKind.PWRDOWN], [], [], [], []] == told


@pytest.mark.parametrize("last", [DOWN, LOOP])
def test_who_heard_of_a_critical_outage_hears_of_its_end(last: OnuReading) -> None:
    olt = olt_with(UP)
    olt.read(PWRDOWN)
    olt.read(last)
    [back] = olt.read(UP)

    assert Priority.CRITICAL == back.priority


def test_end_of_a_later_outage_is_no_more_urgent_than_itself() -> None:
    olt = olt_with(UP)
    for onu in (PWRDOWN, UP, DOWN):
        olt.read(onu)
    [back] = olt.read(UP)

    assert Priority.HIGH == back.priority


# --- optics -----------------------------------------------------------------------------------


def rx_track(*values: float | None) -> list[Signal]:
    """Where the signal stands against the thresholds, wherever it came from."""
    olt = olt_with(UP)
    olt.rules = olt.rules._replace(step_drop_db=30.0)
    signals = []
    for value in values:
        olt.read(UP._replace(rx_power_dbm=value))
        signals.append(olt.onu.signal)
    return signals


OK, WEAK, OVERLOAD = Signal.OK, Signal.WEAK, Signal.OVERLOAD


def test_signal_is_weak_at_the_threshold_and_well_only_above_the_clear_one() -> None:
    values = (-26.99, -27.0, -26.5, -26.0, -25.99, -26.5, -26.99, -27.0)

    assert [OK, WEAK, WEAK, WEAK, OK, OK, OK, WEAK] == rx_track(*values)


def test_overload_begins_at_the_threshold_and_ends_a_hysteresis_below_it() -> None:
    values = (-8.01, -8.0, -8.5, -9.0, -9.01, -8.5, -8.0)

    assert [OK, OVERLOAD, OVERLOAD, OVERLOAD, OK, OK, OVERLOAD] == rx_track(*values)


def test_temperature_is_high_at_the_threshold_and_well_only_below_the_clear_one() -> None:
    olt = olt_with(UP)
    heats = []
    for value in (64.9, 65.0, 64.0, 60.0, 59.9, 62.0, 64.9, 65.0):
        olt.read(UP._replace(temperature_c=value))
        heats.append(olt.onu.heat)

    no, yes = Heat.OK, Heat.HIGH
    assert [no, yes, yes, yes, no, no, no, yes] == heats


def test_weak_signal_that_turns_into_overload_is_told_and_ends_once() -> None:
    olt = olt_with(UP)
    told = [
        kinds(olt.read(UP._replace(rx_power_dbm=value))) for value in (-28.0, -5.0, -28.0, -20.0)
    ]

    weak, overload = [EventKind.WEAK_SIGNAL], [EventKind.OVERLOAD]
    assert [weak, overload, weak, [EventKind.SIGNAL_OK]] == told


@pytest.mark.parametrize("rx", [-40.0, -60.0, -99.99, 5.0, 12.3])
def test_impossible_power_is_no_measurement(rx: float) -> None:
    assert [OK] == rx_track(rx)
    assert [WEAK, WEAK] == rx_track(-28.0, rx)


@pytest.mark.parametrize("temperature", [150.0, 255.0, -40.0, -127.0])
def test_impossible_temperature_is_no_measurement(temperature: float) -> None:
    olt = olt_with(UP)

    assert [] == olt.read(UP._replace(temperature_c=temperature))
    assert [EventKind.HIGH_TEMPERATURE] == kinds(olt.read(UP._replace(temperature_c=70.0)))
    assert [] == olt.read(UP._replace(temperature_c=temperature))


def test_missing_measurement_leaves_signal_and_heat_as_they_were() -> None:
    olt = olt_with(UP)
    olt.read(UP._replace(rx_power_dbm=-28.0, temperature_c=70.0))

    assert [] == olt.read(UP._replace(rx_power_dbm=None, temperature_c=None))
    assert (None, None) == (olt.onu.rx_power_dbm, olt.onu.temperature_c)
    assert (-28.0, 70.0) == (olt.onu.last_rx_power_dbm, olt.onu.last_temperature_c)
    assert (WEAK, Heat.HIGH) == (olt.onu.signal, olt.onu.heat)


def test_weak_signal_outlives_an_outage_and_ends_after_it() -> None:
    olt = olt_with(UP)
    weak = UP._replace(rx_power_dbm=-28.0)
    told = [kinds(olt.read(onu)) for onu in (weak, DOWN, weak, UP)]

    kind = EventKind
    assert [[kind.WEAK_SIGNAL], [kind.DOWN], [kind.RECOVERED], [kind.SIGNAL_OK]] == told


def test_optics_of_a_list_without_them_linger_until_the_onu_is_lost() -> None:
    olt = olt_with(UP)
    bare = UP._replace(rx_power_dbm=None, temperature_c=None)

    olt.read(bare, lacks_optics=True)
    assert (-20.0, 40.0) == (olt.onu.rx_power_dbm, olt.onu.temperature_c)
    olt.read(DOWN, lacks_optics=True)
    assert (None, None) == (olt.onu.rx_power_dbm, olt.onu.temperature_c)
    assert (-20.0, 40.0) == (olt.onu.last_rx_power_dbm, olt.onu.last_temperature_c)
    olt.read(bare, lacks_optics=True)
    assert (None, None) == (olt.onu.rx_power_dbm, olt.onu.temperature_c)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ({"rx_power_dbm": -28.0}, EventKind.WEAK_SIGNAL),
        ({"temperature_c": 71.0}, EventKind.HIGH_TEMPERATURE),
    ],
)
def test_lingering_optics_confirm_nothing(bad: dict[str, Any], kind: EventKind) -> None:
    olt = olt_with(UP, confirm=2)
    bare = UP._replace(rx_power_dbm=None, temperature_c=None)

    assert [] == olt.read(UP._replace(**bad))
    assert [] == [event for _ in range(5) for event in olt.read(bare, lacks_optics=True)]
    assert [kind] == kinds(olt.read(UP._replace(**bad)))


@pytest.mark.parametrize(
    ("bad", "words", "priority"),
    [
        ({"rx_power_dbm": -28.0}, (Signal.OK, WEAK), Priority.HIGH),
        ({"rx_power_dbm": -5.0}, (Signal.OK, Signal.OVERLOAD), Priority.HIGH),
        ({"temperature_c": 71.0}, (Heat.OK, Heat.HIGH), Priority.CRITICAL),
    ],
)
def test_end_of_bad_optics_is_as_urgent_as_their_beginning(
    bad: dict[str, Any], words: tuple[str, str], priority: Priority
) -> None:
    olt = olt_with(UP)
    (began,) = olt.read(UP._replace(**bad))
    (ended,) = olt.read(UP)

    assert (priority, words) == (began.priority, (began.before, began.after))
    assert (priority, words[::-1]) == (ended.priority, (ended.before, ended.after))


def test_changed_threshold_is_news_of_an_onu_that_did_not_change() -> None:
    olt = olt_with(UP)
    olt.rules = Rules(Thresholds(rx_power_low_dbm=-19.0, rx_power_clear_dbm=-18.0))

    assert [EventKind.WEAK_SIGNAL] == kinds(olt.read(UP))


def test_distance_stays_known_while_the_onu_is_lost() -> None:
    olt = olt_with(UP._replace(distance_m=1200))
    olt.read(DOWN)

    assert 1200 == olt.onu.distance_m


# --- who is there -----------------------------------------------------------------------------


@pytest.mark.parametrize("onu", [UP, DOWN])
def test_new_onu_is_registered_and_taken_as_it_is(onu: OnuReading) -> None:
    olt = olt_with(other(UP))

    [event] = olt.read(other(UP), onu)
    assert (EventKind.REGISTERED, Priority.MEDIUM) == (event.kind, event.priority)
    assert (None, onu.status, MAC) == (event.before, event.after, event.mac)
    assert [] == olt.read(other(UP), UP)


@pytest.mark.parametrize("confirm", [1, 2, 3])
def test_onu_is_removed_when_so_many_good_reads_lack_it(confirm: int) -> None:
    olt = olt_with(UP, other(UP), confirm=confirm)

    for _ in range(confirm - 1):
        assert [] == olt.read(other(UP))
        assert {MAC, OTHER} == set(olt.states)
    [event] = olt.read(other(UP))
    assert (EventKind.REMOVED, "up", MAC) == (event.kind, event.before, event.mac)
    assert {OTHER} == set(olt.states)
    assert (MAC,) == olt.removed


@pytest.mark.parametrize(
    "facts",
    [
        {"failed_pons": {"0/1": PageChanged("cut")}},
        {"unreadable": frozenset({MAC})},
        {"is_complete": False},
    ],
    ids=["PON not read", "row not understood", "page incomplete"],
)
def test_onu_that_could_not_be_seen_is_not_missing(facts: dict[str, Any]) -> None:
    olt = olt_with(UP, confirm=2)
    olt.read()
    before = olt.onu

    for _ in range(3):
        assert [] == olt.read(**facts)
    assert before == olt.onu
    assert [EventKind.REMOVED] == kinds(olt.read())


def test_onu_that_is_back_before_it_is_removed_counts_anew() -> None:
    olt = olt_with(UP, confirm=2)

    for _ in range(3):
        assert [] == olt.read()
        assert [] == olt.read(UP)
    assert 0 == olt.onu.missed


def test_missing_onu_was_last_seen_at_the_last_good_read_before() -> None:
    olt = olt_with(UP, confirm=3)
    olt.read(UP)
    olt.read()
    olt.read()

    assert (2, NOW + MINUTE) == (olt.onu.missed, olt.onu.seen_at)


def test_identity_is_the_mac_wherever_it_is_and_however_it_is_called() -> None:
    olt = olt_with(UP)

    moved, renamed = olt.read(UP._replace(onu_id="0/3:9", name="BUDI"))
    assert (EventKind.MOVED, "0/1:1", "0/3:9") == (moved.kind, moved.before, moved.after)
    expected = (EventKind.RENAMED, "CLIENT-001", "BUDI")
    assert expected == (renamed.kind, renamed.before, renamed.after)
    assert ("0/3:9", "BUDI", "0/3") == (olt.onu.onu_id, olt.onu.name, olt.onu.pon)


@pytest.mark.parametrize(
    ("name", "new_name"),
    [("CLIENT-001", "CLIENT-009"), (None, None), ("", ""), (None, "CLIENT-001")],
)
def test_other_mac_at_the_same_place_is_another_onu(name: str | None, new_name: str | None) -> None:
    olt = olt_with(UP._replace(name=name))
    told = olt.read(UP._replace(mac=OTHER, name=new_name))

    assert {(EventKind.REGISTERED, OTHER, None), (EventKind.REMOVED, MAC, None)} == {
        (event.kind, event.mac, event.detail) for event in told
    }


@pytest.mark.parametrize("confirm", [1, 3])
@pytest.mark.parametrize("onu", [UP, DOWN])
def test_other_mac_at_the_same_place_with_the_same_name_has_replaced_it(
    onu: OnuReading, confirm: int
) -> None:
    olt = olt_with(DOWN, confirm=confirm)
    [event] = olt.read(onu._replace(mac=OTHER))

    assert (EventKind.REGISTERED, OTHER, "replaced") == (event.kind, event.mac, event.detail)
    assert (MAC, onu.status) == (event.before, event.after)
    assert ((MAC,), {OTHER}) == (olt.removed, set(olt.states))
    assert [] == [event for _ in range(4) for event in olt.read(onu._replace(mac=OTHER))]


def test_onu_that_is_missing_for_a_while_can_still_be_replaced() -> None:
    olt = olt_with(UP, confirm=3)
    olt.read()

    assert [EventKind.REGISTERED] == kinds(olt.read(UP._replace(mac=OTHER)))
    assert (MAC,) == olt.removed


@pytest.mark.parametrize(
    ("rows", "facts"),
    [
        ([UP._replace(onu_id="0/1:9")], {}),
        ([UP._replace(onu_id="0/2:1", status=Status.DOWN)], {}),
        ([], {"unreadable": frozenset({MAC})}),
        ([], {"is_complete": False}),
    ],
    ids=["elsewhere", "elsewhere and down", "row not understood", "page incomplete"],
)
def test_onu_whose_row_may_still_be_there_was_not_replaced(
    rows: list[OnuReading], facts: dict[str, Any]
) -> None:
    olt = olt_with(UP)
    told = olt.read(*rows, UP._replace(mac=OTHER), **facts)

    [registered] = [event for event in told if event.kind is EventKind.REGISTERED]
    assert (None, None) == (registered.before, registered.detail)
    assert {MAC, OTHER} == set(olt.states)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_new_macs_at_one_place_one_has_replaced_the_old(order: int) -> None:
    third = "02:00:00:00:00:03"
    olt = olt_with(UP)
    told = olt.read(*[UP._replace(mac=OTHER), UP._replace(mac=third)][::order])

    assert {(OTHER, "replaced"), (third, None)} == {(event.mac, event.detail) for event in told}


def test_onu_that_moves_to_a_pon_that_was_read_from_one_that_was_not_has_moved() -> None:
    olt = olt_with(UP)
    told = olt.read(UP._replace(onu_id="0/2:1"), failed_pons={"0/1": PageChanged("cut")})

    assert [EventKind.MOVED] == kinds(told)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rows_of_a_mac_the_one_that_is_up_wins(order: int) -> None:
    olt = olt_with(UP)
    rows = [DOWN, UP._replace(onu_id="0/2:5")][::order]

    assert [EventKind.MOVED] == kinds(olt.read(*rows))
    assert ("0/2:5", Status.UP) == (olt.onu.onu_id, olt.onu.status)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rows_of_a_mac_in_one_state_the_one_at_the_known_place_wins(order: int) -> None:
    olt = olt_with(UP._replace(onu_id="0/2:5"))
    rows = [UP, UP._replace(onu_id="0/2:5")][::order]

    assert [] == olt.read(*rows)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rows_of_a_new_mac_always_the_same_one_wins(order: int) -> None:
    olt = olt_with()
    olt.read(*[UP, UP._replace(onu_id="0/2:5", name="B")][::order])

    assert "0/1:1" == olt.onu.onu_id


# --- distance ---------------------------------------------------------------------------------


def at(metres: int | None, onu: OnuReading = UP) -> OnuReading:
    return onu._replace(distance_m=metres)


def test_distance_that_changed_by_more_than_the_noise_is_a_move() -> None:
    olt = olt_with(at(1200))

    assert [] == olt.read(at(1250))
    [event] = olt.read(at(1290))
    assert (EventKind.MOVED, Priority.MEDIUM, "distance") == (
        event.kind,
        event.priority,
        event.detail,
    )
    assert ("1200 m", "1290 m") == (event.before, event.after)
    assert [] == olt.read(at(1250))
    assert 1290 == olt.onu.distance_m


def test_noise_of_ranging_changes_no_state() -> None:
    olt = olt_with(at(1200))
    before = olt.onu

    for metres in (1203, 1150, 1250, 1199):
        assert [] == olt.read(at(metres))
        assert before is olt.onu


def test_distance_that_creeps_is_told_whenever_it_has_come_far_enough() -> None:
    olt = olt_with(at(1000))
    told = [event for poll in range(1, 13) for event in olt.read(at(1000 + 10 * poll))]

    assert [("1000 m", "1060 m"), ("1060 m", "1120 m")] == [
        (event.before, event.after) for event in told
    ]


@pytest.mark.parametrize("nothing", [None, 0])
def test_no_distance_is_no_move(nothing: int | None) -> None:
    olt = olt_with(at(nothing))

    told = [olt.read(at(metres)) for metres in (1200, nothing, 1200, nothing, 1230)]
    assert [[]] * 5 == told
    assert 1200 == olt.onu.distance_m
    assert [EventKind.MOVED] == kinds(olt.read(at(1300)))


@pytest.mark.parametrize("lost", [DOWN, PWRDOWN, DISABLED, UNKNOWN])
def test_distance_that_is_another_after_an_outage_is_taken_as_it_is(lost: OnuReading) -> None:
    olt = olt_with(at(1200))
    olt.read(at(9000, lost))
    assert 1200 == olt.onu.distance_m

    assert EventKind.MOVED not in kinds(olt.read(at(1900)))
    assert 1900 == olt.onu.distance_m
    assert [EventKind.MOVED] == kinds(olt.read(at(1200)))


def test_onu_at_another_id_has_moved_once_whatever_its_distance_says() -> None:
    olt = olt_with(at(1200))
    [event] = olt.read(at(3400)._replace(onu_id="0/2:1"))

    assert (EventKind.MOVED, "0/1:1", "0/2:1") == (event.kind, event.before, event.after)
    assert [] == olt.read(at(3400)._replace(onu_id="0/2:1"))


def neighbours(count: int, metres: int, pon: str = "0/1") -> list[OnuReading]:
    """ONUs of one PON that are up, each so much farther than it was."""
    return [
        UP._replace(
            mac=f"02:00:00:00:0{pon[-1]}:{place:02X}",
            onu_id=f"{pon}:{place}",
            distance_m=1000 + 40 * place + metres,
        )
        for place in range(1, count + 1)
    ]


@pytest.mark.parametrize(("moved", "told"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 0), (8, 0)])
def test_half_a_pon_that_is_farther_at_once_did_not_move(moved: int, told: int) -> None:
    far, near = neighbours(8, 157), neighbours(8, 0)
    olt = olt_with(*near, *neighbours(8, 0, "0/2"))

    events = olt.read(*far[:moved], *near[moved:], *neighbours(8, 0, "0/2"))
    assert [EventKind.MOVED] * told == kinds(events)
    assert [] == olt.read(*far[:moved], *near[moved:], *neighbours(8, 0, "0/2"))
    assert far[:moved] + near[moved:] == [
        onu._replace(distance_m=olt.states[onu.mac].distance_m)
        for onu in far[:moved] + near[moved:]
    ]


def test_pon_of_two_onus_is_too_small_to_say_that_neither_moved() -> None:
    olt = olt_with(*neighbours(2, 0))

    assert [EventKind.MOVED] * 2 == kinds(olt.read(*neighbours(2, 157)))


# --- restarts ---------------------------------------------------------------------------------


def up_for(seconds: int, **changes: Any) -> OnuReading:
    return UP._replace(uptime_s=seconds, **changes)


def test_uptime_that_is_smaller_than_before_is_a_restart() -> None:
    olt = olt_with(up_for(100_000))

    [event] = olt.read(up_for(20))
    assert (EventKind.RESTARTED, Priority.MEDIUM) == (event.kind, event.priority)
    assert [] == olt.read(up_for(80))


def test_counter_of_deregistrations_that_grew_is_a_restart() -> None:
    olt = olt_with(UP._replace(deregistrations=5))

    assert [EventKind.RESTARTED] == kinds(olt.read(UP._replace(deregistrations=6)))
    assert [] == olt.read(UP._replace(deregistrations=6))


def test_counter_that_was_reset_is_no_restart() -> None:
    olt = olt_with(UP._replace(deregistrations=5))

    assert [] == olt.read(UP._replace(deregistrations=0))
    assert [EventKind.RESTARTED] == kinds(olt.read(UP._replace(deregistrations=1)))


def test_both_signs_of_one_restart_are_one_event() -> None:
    olt = olt_with(up_for(100_000, deregistrations=5))

    assert [EventKind.RESTARTED] == kinds(olt.read(up_for(30, deregistrations=6)))


def test_onu_that_was_moved_is_not_told_as_restarted_too() -> None:
    olt = olt_with(up_for(100_000, deregistrations=5))

    moved = up_for(30, deregistrations=6)._replace(onu_id="0/2:1")
    assert [EventKind.MOVED] == kinds(olt.read(moved))
    assert [] == olt.read(up_for(90, deregistrations=6)._replace(onu_id="0/2:1"))


@pytest.mark.parametrize("confirm", [1, 2])
@pytest.mark.parametrize("onu", [DOWN, PWRDOWN, LOOP, DISABLED, UNKNOWN])
def test_outage_that_was_seen_is_not_told_as_a_restart_too(onu: OnuReading, confirm: int) -> None:
    olt = olt_with(up_for(100_000, deregistrations=5), confirm=confirm)
    for _ in range(confirm):
        olt.read(onu._replace(deregistrations=5))
    for uptime_s in (10, 70, 130):
        olt.read(up_for(uptime_s, deregistrations=6))

    assert EventKind.RESTARTED not in kinds(olt.events)


def test_jitter_of_clocks_is_no_restart() -> None:
    olt = olt_with(up_for(1000))
    for jitter in (0, 9, -9, 5, -5, 3, 0, -8, 8):
        uptime_s = 1000 + (olt.now - NOW) + jitter
        assert [] == olt.read(up_for(uptime_s))


def test_jitter_of_clocks_changes_no_state() -> None:
    olt = olt_with(up_for(1000))
    before = olt.onu
    for jitter in (9, -9, 5):
        olt.read(up_for(1000 + (olt.now - NOW) + jitter))
        assert before is olt.onu


def test_clock_that_drifts_is_no_restart() -> None:
    olt = olt_with(up_for(1000))
    for poll in range(1, 50):
        assert [] == olt.read(up_for(1000 + poll * 57))


def test_uptime_that_stands_still_is_no_restart() -> None:
    olt = olt_with(up_for(5000))

    assert [] == [event for _ in range(10) for event in olt.read(up_for(5000))]


@pytest.mark.parametrize("polls", [5, 5000])
def test_long_gap_is_no_restart(polls: int) -> None:
    olt = olt_with(up_for(1000))
    olt.fail(polls)

    assert [] == olt.read(up_for(1000 + (olt.now - NOW)))


def test_uptime_that_stood_still_over_a_gap_is_no_restart() -> None:
    olt = olt_with(up_for(5000))
    olt.fail(100)

    assert [] == olt.read(up_for(5000))


def test_restart_during_a_gap_is_told() -> None:
    olt = olt_with(up_for(100_000))
    olt.fail(100)

    assert [EventKind.RESTARTED] == kinds(olt.read(up_for(50)))


@pytest.mark.parametrize("step_s", [-7200, 7200])
def test_clock_of_this_machine_that_was_set_is_no_restart(step_s: int) -> None:
    olt = olt_with(up_for(100_000))
    olt.now += step_s

    assert [] == olt.read(up_for(100_060))
    assert [] == olt.read(up_for(100_120))


@pytest.mark.parametrize(
    "facts",
    [{"failed_pons": {"0/1": PageChanged("cut")}}, {}],
    ids=["PON not read", "row missing"],
)
def test_uptime_that_stood_still_while_nobody_looked_is_no_restart(facts: dict[str, Any]) -> None:
    olt = olt_with(up_for(5000), confirm=9)
    for _ in range(5):
        olt.read(**facts)

    assert [] == olt.read(up_for(5000))


def test_onu_without_uptime_and_counter_never_restarts() -> None:
    olt = olt_with(up_for(5000, deregistrations=1))

    assert [] == olt.read(UP)
    assert [] == olt.read(up_for(5, deregistrations=9))


# --- whatever comes ---------------------------------------------------------------------------

MACS = [f"02:00:00:00:00:{number:02X}" for number in range(4)]
PONS = ("0/1", "0/2")
POWERS = [None, -20.0, -22.5, -24.0, -26.5, -28.0, -5.0, -60.0]


@st.composite
def observations(draw: st.DrawFn, mac: str) -> OnuReading:
    status = draw(st.sampled_from(list(BY_STATUS)))
    is_up = status is Status.UP
    reasons = [None, Reason.TIMEOUT, Reason.AUTH_FAILED, Reason.DEREGISTERED, Reason.DYING_GASP]
    return OnuReading(
        onu_id=f"{draw(st.sampled_from(PONS))}:{MACS.index(mac) % 2 + 1}",
        mac=mac,
        name=draw(st.sampled_from([None, "A", "B"])),
        status=status,
        status_raw=status.value,
        reason=None if is_up else draw(st.sampled_from(reasons)),
        temperature_c=draw(st.sampled_from([None, 40.0, 62.0, 70.0])) if is_up else None,
        rx_power_dbm=draw(st.sampled_from(POWERS)) if is_up else None,
        distance_m=draw(st.sampled_from([None, 0, 1000, 1040, 1300])),
        uptime_s=draw(st.sampled_from([None, 5, 100_000])) if is_up else None,
        deregistrations=draw(st.sampled_from([None, 1, 2])),
    )


@st.composite
def readings(draw: st.DrawFn) -> OltReading | None:
    """A good reading, whole or not, or None for a failed one."""
    if draw(st.integers(0, 5)) == 0:
        return None
    failed = draw(st.sets(st.sampled_from(PONS), max_size=1))
    onus = []
    for mac in draw(st.lists(st.sampled_from(MACS), max_size=6)):
        onu = draw(observations(mac))
        if onu.pon not in failed:
            onus.append(onu)
    seen = {onu.mac for onu in onus}
    return OltReading(
        "A22",
        tuple(onus),
        failed_pons={pon: PageChanged("cut") for pon in failed},
        unreadable=frozenset(draw(st.sets(st.sampled_from(MACS), max_size=1)) - seen),
        is_complete=draw(st.integers(0, 5)) > 0,
        lacks_optics=draw(st.booleans()),
    )


def play(polls: Iterable[OltReading | None], confirm: int) -> list[tuple[OltReading, Judgement]]:
    """Judge these polls one after the other."""
    rules = Rules(Thresholds(), confirm)
    states: dict[str, OnuState] = {}
    last: int | None = None
    judged = []
    for poll, reading in enumerate(polls):
        if reading is None:
            continue
        now = NOW + poll * MINUTE
        result = judge(
            "OLT-1",
            states,
            reading,
            rules,
            now=now,
            is_baseline=last is None,
            last_success_at=last,
            usuals=dict.fromkeys(pending_steps(states), -20.0),
        )
        judged.append((reading, result))
        states, last = dict(result.onus), now
    return judged


POLLS = st.lists(readings(), min_size=2, max_size=14)
CONFIRMS = st.integers(1, 3)
STARTS = {EventKind.DOWN, EventKind.PWRDOWN, EventKind.LOOP, EventKind.AUTH_FAILED}
PAIRS = [
    (STARTS, EventKind.RECOVERED),
    ({EventKind.WEAK_SIGNAL, EventKind.OVERLOAD}, EventKind.SIGNAL_OK),
    ({EventKind.HIGH_TEMPERATURE}, EventKind.TEMPERATURE_OK),
]


@settings(max_examples=100, deadline=None)
@given(polls=POLLS, confirm=CONFIRMS)
def test_trouble_and_its_end_are_told_by_turns(
    polls: list[OltReading | None], confirm: int
) -> None:
    open_trouble: defaultdict[str, dict[EventKind, EventKind]] = defaultdict(dict)
    for _, result in play(polls, confirm):
        for event in result.events:
            trouble = open_trouble[str(event.mac)]
            for starts, end in PAIRS:
                if event.kind in starts:
                    # Only what it turned into may be told amid an outage.
                    assert event.kind is not trouble.get(end)
                    trouble[end] = event.kind
                elif event.kind is end:
                    assert trouble.pop(end, None)
        for mac in result.removed:
            open_trouble.pop(mac, None)
        for mac, onu in result.onus.items():
            if onu.told_status is Status.DISABLED:
                open_trouble[mac].pop(EventKind.RECOVERED, None)


@settings(max_examples=100, deadline=None)
@given(polls=POLLS, confirm=CONFIRMS)
def test_what_was_not_observed_makes_no_event_and_keeps_its_state(
    polls: list[OltReading | None], confirm: int
) -> None:
    before: Mapping[str, OnuState] = {}
    for reading, result in play(polls, confirm):
        seen = {onu.mac for onu in reading.onus}
        unobserved = {
            mac
            for mac, onu in before.items()
            if mac not in seen
            and (
                onu.pon in reading.failed_pons
                or mac in reading.unreadable
                or not reading.is_complete
            )
        }
        assert not unobserved & {event.mac for event in result.events}
        assert [before[mac] for mac in unobserved] == [result.onus[mac] for mac in unobserved]
        before = result.onus


@settings(max_examples=100, deadline=None)
@given(polls=POLLS, last=readings().filter(bool), confirm=CONFIRMS)
def test_same_reading_again_is_no_news_once_it_is_confirmed(
    polls: list[OltReading | None], last: OltReading, confirm: int
) -> None:
    *_, (_, result) = play([*polls, *[last] * (max(2, confirm) + 1)], confirm)

    assert () == result.events


@settings(max_examples=100, deadline=None)
@given(polls=POLLS, confirm=CONFIRMS, data=st.data())
def test_order_of_the_rows_does_not_matter(
    polls: list[OltReading | None], confirm: int, data: st.DataObject
) -> None:
    shuffled = [
        poll and poll._replace(onus=tuple(data.draw(st.permutations(poll.onus)))) for poll in polls
    ]

    for (_, one), (_, two) in zip(play(polls, confirm), play(shuffled, confirm), strict=True):
        assert dict(one.onus) == dict(two.onus)
        assert sorted(one.removed) == sorted(two.removed)
        assert sorted(map(repr, one.events)) == sorted(map(repr, two.events))


@settings(max_examples=100, deadline=None)
@given(polls=POLLS, confirm=CONFIRMS)
def test_what_is_remembered_agrees_with_itself(
    polls: list[OltReading | None], confirm: int
) -> None:
    for _, result in play(polls, confirm):
        assert not result.blips or confirm > 1
        for mac, onu in result.onus.items():
            assert ("OLT-1", mac) == (onu.olt_id, onu.mac)
            assert (onu.told_status in OUTAGES) <= (onu.outage_at is not None)
            assert 0 <= onu.status_off < confirm
            assert 0 <= onu.missed < confirm
            assert 0 <= onu.step_off < max(2, confirm)
            assert (onu.told_signal is Signal.STEPPED) <= (onu.step_ref_dbm is not None)
            assert (onu.step_ref_dbm is not None) <= (onu.told_signal in {WEAK, Signal.STEPPED})
            assert onu.distance_m != 0
            assert onu.since >= (onu.outage_at or 0) or onu.status is not Status.UP

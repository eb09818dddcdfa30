"""How an ONU's time is shared out, and what counts as nobody having looked."""

from __future__ import annotations

from typing import Any

import pytest

from eponctl.incidents.records import Cause
from eponctl.model import EventKind, Heat, OnuState, Reason, Signal, Status
from eponctl.store.onuhistory import StatusChange
from eponctl.views.availability import Availability, Part, availability, steps_of, unseen

NOW = 1_800_000_000
HOUR, DAY = 3600, 86400


def onu(status: Status = Status.UP, since: int = NOW - 100 * DAY, **changes: Any) -> OnuState:
    values: dict[str, Any] = dict.fromkeys(OnuState._fields)
    values |= {
        "olt_id": "OLT-1",
        "mac": "02:00:00:00:00:01",
        "onu_id": "0/1:1",
        "status": status,
        "status_raw": status.value,
        "signal": Signal.OK,
        "heat": Heat.OK,
        "since": since,
        "missed": 0,
    }
    return OnuState(**(values | changes))


def change(at: int, kind: EventKind, **changes: Any) -> StatusChange:
    values: dict[str, Any] = dict.fromkeys(StatusChange._fields)
    return StatusChange(**(values | {"at": at, "kind": kind, "before": "up"} | changes))


def back(at: int, lasted_s: int | None) -> StatusChange:
    return change(at, EventKind.RECOVERED, before="down", after="up", lasted_s=lasted_s)


def shared(
    *changes: StatusChange,
    of: OnuState | None = None,
    causes: dict[str, Cause] | None = None,
    dark_since: int | None = None,
    days: int = 1,
    holes: tuple[tuple[int, int], ...] = (),
    quiet: tuple[tuple[int, int], ...] = (),
) -> Availability:
    steps = steps_of(changes, of or onu(), causes or {}, dark_since)
    return availability(days, NOW, steps, holes, quiet)


def parts(one: Availability) -> dict[Part, int]:
    return {part: seconds for part, seconds in one.seconds.items() if seconds}


def test_onu_without_events_was_up_all_the_time() -> None:
    assert {Part.UP: DAY} == parts(shared())


def test_outage_of_fibre_and_one_of_power_are_told_apart() -> None:
    first, second = NOW - 10 * HOUR, NOW - 4 * HOUR
    found = shared(
        change(first, EventKind.DOWN, reason=Reason.TIMEOUT),
        back(first + HOUR, HOUR),
        change(second, EventKind.DOWN, reason=Reason.DYING_GASP),
        back(second + 2 * HOUR, 2 * HOUR),
    )

    assert {Part.UP: 21 * HOUR, Part.FIBRE: HOUR, Part.POWER: 2 * HOUR} == parts(found)
    assert (3 * HOUR, DAY) == (found.down_s, found.expected_s)


@pytest.mark.parametrize(
    ("cause", "kind", "reason", "expected"),
    [
        (Cause.POWER_AREA, EventKind.DOWN, Reason.TIMEOUT, Part.POWER),
        (Cause.FIBRE_FEEDER, EventKind.DOWN, Reason.DYING_GASP, Part.FIBRE),
        (Cause.MIXED, EventKind.DOWN, Reason.LOS, Part.FIBRE),
        (Cause.MIXED, EventKind.PWRDOWN, None, Part.POWER),
        (Cause.UNKNOWN, EventKind.DOWN, Reason.TIMEOUT, Part.OTHER),
        (Cause.UNKNOWN, EventKind.DOWN, None, Part.OTHER),
        (Cause.FIBRE_BRANCH, EventKind.LOOP, None, Part.OTHER),
    ],
)
def test_incidents_cause_counts_before_the_onus_own_word(
    cause: Cause, kind: EventKind, reason: Reason | None, expected: Part
) -> None:
    lost = change(NOW - HOUR, kind, reason=reason, incident="7K3Q")
    found = shared(
        lost, of=onu(Status.DOWN, since=NOW - HOUR, outage_at=NOW - HOUR), causes={"7K3Q": cause}
    )

    assert {Part.UP: 23 * HOUR, expected: HOUR} == parts(found)


def test_outage_whose_beginning_is_forgotten_counts_by_its_length() -> None:
    found = shared(back(NOW - HOUR, 3 * HOUR))

    assert {Part.UP: 21 * HOUR, Part.OTHER: 3 * HOUR} == parts(found)


def test_outage_that_goes_on_counts_from_its_beginning_though_no_event_is_kept() -> None:
    down = onu(Status.PWRDOWN, since=NOW - HOUR, outage_at=NOW - 2 * HOUR)

    assert {Part.UNSEEN: 22 * HOUR, Part.POWER: 2 * HOUR} == parts(shared(of=down))


def test_times_without_a_look_are_no_downtime() -> None:
    lost = NOW - 10 * HOUR
    found = shared(
        change(lost, EventKind.DOWN, reason=Reason.LOS),
        back(lost + 4 * HOUR, 4 * HOUR),
        holes=((lost + HOUR, lost + 6 * HOUR),),
    )

    assert {Part.UP: 18 * HOUR, Part.FIBRE: HOUR, Part.UNSEEN: 5 * HOUR} == parts(found)
    assert 19 * HOUR == found.expected_s


def test_maintenance_takes_what_was_down_or_unseen_in_it_and_nothing_else() -> None:
    lost = NOW - 10 * HOUR
    found = shared(
        change(lost, EventKind.DOWN, reason=Reason.LOS),
        back(lost + 4 * HOUR, 4 * HOUR),
        holes=((lost + 5 * HOUR, lost + 6 * HOUR),),
        quiet=((lost + 2 * HOUR, lost + 7 * HOUR),),
    )

    assert {Part.UP: 19 * HOUR, Part.FIBRE: 2 * HOUR, Part.MAINTENANCE: 3 * HOUR} == parts(found)


def test_time_before_it_was_registered_is_not_observed() -> None:
    found = shared(change(NOW - 5 * HOUR, EventKind.REGISTERED, before=None, after="up"))

    assert {Part.UP: 5 * HOUR, Part.UNSEEN: 19 * HOUR} == parts(found)


def test_time_between_removed_and_registered_is_not_observed() -> None:
    found = shared(
        change(NOW - 5 * HOUR, EventKind.REMOVED),
        change(NOW - 2 * HOUR, EventKind.REGISTERED, before=None, after="up"),
    )

    assert {Part.UP: 21 * HOUR, Part.UNSEEN: 3 * HOUR} == parts(found)


def test_onu_that_was_dark_before_it_came_up_silently_was_down() -> None:
    found = shared(of=onu(since=NOW - HOUR), dark_since=NOW - 3 * HOUR)

    assert {Part.UP: 22 * HOUR, Part.OTHER: 2 * HOUR} == parts(found)


def test_onu_that_is_switched_off_is_neither_up_nor_down() -> None:
    found = shared(of=onu(Status.DISABLED, since=NOW - HOUR))

    assert HOUR == found.seconds[Part.DISABLED]
    assert 0 == found.down_s


@pytest.mark.parametrize("days", [1, 7, 30])
def test_parts_are_the_whole_time(days: int) -> None:
    found = shared(
        change(NOW - 20 * DAY, EventKind.DOWN, reason=Reason.LOS),
        back(NOW - 3 * DAY, 17 * DAY),
        days=days,
        holes=((NOW - 40 * DAY, NOW - 25 * DAY), (NOW - 60, NOW + 60)),
        quiet=((NOW - 7 * DAY - 5, NOW - 6 * DAY),),
    )

    assert days * DAY == sum(found.seconds.values())


# --- when nobody looked ---


def test_polls_at_their_pace_leave_no_hole() -> None:
    assert [] == unseen(range(NOW - DAY, NOW, 60), NOW - DAY, NOW)


def test_two_polls_that_are_left_out_are_no_hole_and_three_are() -> None:
    reads = [at for at in range(NOW - DAY, NOW, 60) if not NOW - 3600 <= at < NOW - 3480]
    assert [] == unseen(reads, NOW - DAY, NOW)

    reads = [at for at in range(NOW - DAY, NOW, 60) if not NOW - 3600 <= at < NOW - 3420]
    assert [(NOW - 3660, NOW - 3420)] == unseen(reads, NOW - DAY, NOW)


def test_time_before_the_first_and_after_the_last_poll_is_a_hole() -> None:
    reads = range(NOW - 5 * HOUR, NOW - 2 * HOUR, 60)

    expected = [(NOW - DAY, NOW - 5 * HOUR), (reads[-1], NOW)]
    assert expected == unseen(reads, NOW - DAY, NOW)


def test_slower_pace_of_earlier_days_is_no_hole() -> None:
    slow, quick = range(NOW - 6 * DAY, NOW - 3 * DAY, 300), range(NOW - 3 * DAY, NOW, 10)

    assert [] == unseen([*slow, *quick], NOW - 5 * DAY, NOW)


def test_hole_after_a_day_that_is_full_is_seen() -> None:
    reads = [*range(NOW - 5 * DAY, NOW - 4 * DAY + 1, 60), *range(NOW - DAY, NOW, 60)]

    assert [(NOW - 4 * DAY, NOW - DAY)] == unseen(reads, NOW - 5 * DAY, NOW)


def test_olt_that_was_never_read_was_never_seen() -> None:
    assert [(NOW - DAY, NOW)] == unseen([], NOW - DAY, NOW)

"""How old the optics of an ONU are: whatever pages they come from, and whatever happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from eponctl.judge import Rules, judge
from eponctl.model import OltReading, OltState, OnuReading, OnuState, Status
from eponctl.settings import Thresholds
from eponctl.views.network import optics_at

MAC, NOW, MINUTE = "02:00:00:00:00:01", 1_800_000_000, 60
UP = OnuReading(
    "0/1:1",
    MAC,
    "CLIENT-001",
    Status.UP,
    "Up",
    temperature_c=40.0,
    rx_power_dbm=-20.0,
    tx_power_dbm=2.0,
)
BARE = UP._replace(temperature_c=None, rx_power_dbm=None, tx_power_dbm=None)
POWER_ONLY = UP._replace(temperature_c=None, tx_power_dbm=None)
DOWN = BARE._replace(status=Status.DOWN, status_raw="Down")
LISTED: Mapping[str, Any] = {}
SLOW: Mapping[str, Any] = {"lacks_optics": True}

Poll = tuple[OnuReading | None, Mapping[str, Any]]


def ages(*polls: Poll) -> list[int | None]:
    """After each poll, a minute apart: since how many minutes the optics are as they are."""
    states: Mapping[str, OnuState] = {}
    last: int | None = None
    found = []
    for number, (onu, facts) in enumerate(polls):
        now = NOW + number * MINUTE
        if onu is not None:
            judged = judge(
                "OLT-1",
                states,
                OltReading("A22", (onu,), **facts),
                Rules(Thresholds()),
                now=now,
                is_baseline=last is None,
                last_success_at=last,
            )
            states, last = judged.onus, now
        at = optics_at(states[MAC], OltState("OLT-1", last_success_at=last))
        found.append(None if at is None else (now - at) // MINUTE)
    return found


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        # Lists that carry them: as old as the last read, which may be some failed ones ago.
        ([(UP, LISTED), (UP, LISTED), (None, {}), (UP, LISTED)], [0, 0, 1, 0]),
        # Slow pages in the first poll and the fourth; the values are the same each time.
        ([(UP, LISTED), (BARE, SLOW), (BARE, SLOW), (UP, LISTED), (BARE, SLOW)], [0, 1, 2, 0, 1]),
        # A page per ONU: the lists never carry them.
        ([(UP, SLOW), (BARE, SLOW), (UP, SLOW), (UP, SLOW), (BARE, SLOW)], [0, 1, 0, 0, 1]),
        # The list has the power; temperature and TX come from slow pages.
        ([(UP, LISTED), (POWER_ONLY, SLOW), (POWER_ONLY, SLOW), (UP, LISTED)], [0, 1, 2, 0]),
        # Of one that is down: the last while it was up.
        ([(UP, LISTED), (DOWN, LISTED), (DOWN, LISTED), (UP, LISTED)], [0, 1, 2, 0]),
        ([(UP, SLOW), (BARE, SLOW), (DOWN, SLOW), (BARE, SLOW), (UP, SLOW)], [0, 1, 2, 3, 0]),
        # A sensor that died.
        ([(UP, LISTED), (BARE, LISTED), (BARE, LISTED), (UP, LISTED)], [0, 1, 2, 0]),
        ([(BARE, LISTED), (BARE, SLOW), (UP, LISTED)], [None, None, 0]),
        ([(DOWN, LISTED), (DOWN, LISTED), (UP, LISTED)], [None, None, 0]),
    ],
)
def test_age_of_optics_is_told_whatever_page_they_come_from(
    polls: list[Poll], expected: list[int | None]
) -> None:
    assert expected == ages(*polls)


def test_age_is_not_written_anew_while_each_list_brings_them() -> None:
    first = judge(
        "OLT-1",
        {},
        OltReading("A22", (UP,)),
        Rules(Thresholds()),
        now=NOW,
        is_baseline=True,
        last_success_at=None,
    )
    second = judge(
        "OLT-1",
        first.onus,
        OltReading("A22", (UP,)),
        Rules(Thresholds()),
        now=NOW + MINUTE,
        is_baseline=False,
        last_success_at=NOW,
    )

    assert first.onus[MAC] is second.onus[MAC]

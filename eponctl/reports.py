"""What a daily, weekly or monthly report says. Records only; times are UTC seconds.

Lists stand in the order of how much they matter, whole: each view shows as much as it has room for.
"""

from __future__ import annotations

from typing import NamedTuple

from eponctl.incidents.records import Cause, Confidence, Incident
from eponctl.periods import Period
from eponctl.trends import Fall

_ALL = 100.0
_MOST_BUT_ALL = 99.99


class Shares(NamedTuple):
    """What became of a time, in seconds of an ONU, or of several together.

    Not observed, in maintenance or switched off is neither up nor down.
    """

    up_s: int = 0
    fibre_s: int = 0
    power_s: int = 0
    other_s: int = 0
    unseen_s: int = 0
    maintenance_s: int = 0
    disabled_s: int = 0

    @property
    def down_s(self) -> int:
        """How long it was down and should not have been."""
        return self.fibre_s + self.power_s + self.other_s

    @property
    def percent(self) -> float | None:
        """How much it was up of the time that it should have been; 100 only if it was all of it."""
        expected_s = self.up_s + self.down_s
        if not expected_s:
            return None
        exact = _ALL * self.up_s / expected_s
        return round(exact if not self.down_s else min(exact, _MOST_BUT_ALL), 2)


class Who(NamedTuple):
    """An ONU as a person knows it."""

    olt_id: str
    onu_id: str
    mac: str
    name: str | None
    customer: str | None


class OltTime(NamedTuple):
    """One OLT: the time of all its ONUs, how long it was not read itself, its outages."""

    olt_id: str
    name: str
    onus: int
    shares: Shares
    unread_s: int
    outages: int


class OnuTime(NamedTuple):
    """One ONU that was down, and how often it went down."""

    onu: Who
    shares: Shares
    drops: int


class Outage(NamedTuple):
    """One outage and how long it lasted, or has so far; `is_planned`: it began in maintenance.

    `onu` is the one that was lost, where it was one.
    """

    incident: Incident
    onu: Who | None
    cause: Cause
    confidence: Confidence
    lasted_s: int
    is_planned: bool


class Weak(NamedTuple):
    """An ONU with too weak (or too strong) a signal now."""

    onu: Who
    rx_dbm: float
    is_overload: bool


class Falling(NamedTuple):
    """An ONU whose signal falls steadily; `days` until it is too weak, where that can be told."""

    onu: Who
    fall: Fall
    days: float | None


class Flapper(NamedTuple):
    """An ONU that came and went, and how often it went down."""

    onu: Who
    drops: int


class Abandoned(NamedTuple):
    """An ONU that nobody waits for any more, and since when it is down."""

    onu: Who
    since: int


class Gap(NamedTuple):
    """A time without any poll."""

    since: int
    until: int


class Report(NamedTuple):
    """All of it. Signals and what is abandoned are as of `made_at`; the rest is of the period.

    `limit_dbm` is the power that a falling signal is measured against.
    """

    period: Period
    made_at: int
    onus: int
    shares: Shares
    olts: tuple[OltTime, ...]
    worst: tuple[OnuTime, ...]
    outages: tuple[Outage, ...]
    falling: tuple[Falling, ...]
    weak: tuple[Weak, ...]
    flappers: tuple[Flapper, ...]
    abandoned: tuple[Abandoned, ...]
    gaps: tuple[Gap, ...]
    limit_dbm: float

    @property
    def gap_s(self) -> int:
        """How long there was no poll."""
        return sum(gap.until - gap.since for gap in self.gaps)

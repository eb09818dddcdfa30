"""`eponctl check`: the network's health for Nagios and its kin, from the database.

Knows what is worth a warning and what is critical; no device is touched. What is quiet on purpose
(silences, maintenance) raises nothing, and an acknowledged incident only a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from eponctl.commands.network import watched_olts
from eponctl.incidents.records import Incident
from eponctl.model import Priority
from eponctl.settings import Config
from eponctl.store import incidents as store
from eponctl.store import pulses, silences
from eponctl.store.database import open_database
from eponctl.telling.hush import hushed_by
from eponctl.views.incidents import kind_words, where
from eponctl.views.network import Watched, summary_record, total_of
from eponctl.views.records import SummaryRecord
from eponctl.windows import is_in_maintenance

OLD_POLLS, VERY_OLD_POLLS = 3, 10
_LEAST_OLD_S = 180
_UNKNOWN_PACE_S = 300
_PERCENT = 100


class Health(IntEnum):
    """A plugin's exit codes."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class Limits(NamedTuple):
    """Above which share of problems (percent) it is a warning, and critical."""

    warning: float
    critical: float


class Fault(NamedTuple):
    """One thing that is wrong; `text` may hold what a device wrote."""

    health: Health
    text: str


class Checked(NamedTuple):
    """What was found. `unreachable` are OLTs that failed as often as is worth an alert.

    `old_s` are the ages (s) of the last poll that warn, and that are critical. `critical_incidents`
    are those that go on, but for what is quiet on purpose.
    """

    summary: SummaryRecord
    unreachable: int
    share_percent: float
    age_s: int | None
    old_s: tuple[int, int]
    critical_incidents: int
    limits: Limits
    faults: tuple[Fault, ...]

    @property
    def health(self) -> Health:
        """The worst of it."""
        return max((fault.health for fault in self.faults), default=Health.OK)


def check(config: Config, olt_id: str | None, limits: Limits, *, now: int) -> Checked:
    """Look at all enabled OLTs, or at one.

    Raises ConfigError for an OLT that is not there, StoreError when nothing was ever polled.
    """
    with open_database(config.database) as database, database.atomic():
        wanted = () if olt_id is None else (olt_id,)
        olts = [one for one in watched_olts(database, config, wanted, now=now) if one.olt.enabled]
        ids = {watched.olt.id for watched in olts}
        pace = pulses.interval() or _UNKNOWN_PACE_S
        critical = [
            one
            for one in store.open_()
            if one.priority is Priority.CRITICAL and ids.intersection(one.olt_ids)
        ]
        targets = _targets(config, now)
    loud = [one for one in critical if not (targets and hushed_by(targets, one))]
    old_s = max(_LEAST_OLD_S, OLD_POLLS * pace), max(2 * _LEAST_OLD_S, VERY_OLD_POLLS * pace)
    expected = total_of(olts).expected
    summary = summary_record(olts)
    share = _PERCENT * summary.problems / expected if expected else 0.0
    polls = [one.state.last_poll_at for one in olts if one.state.last_poll_at is not None]
    age = max(0, now - max(polls)) if polls else None
    faults = (
        *_of_age(age, old_s),
        *_of_olts(olts, config, now, old_s),
        *(_of_incident(one) for one in loud),
        *_of_share(share, summary.problems, limits),
    )
    silent = sum(_is_silent(one, config) for one in olts)
    return Checked(summary, silent, share, age, old_s, len(loud), limits, faults)


def _targets(config: Config, now: int) -> list[str]:
    """What is quiet on purpose now."""
    planned = [
        window.target
        for window in config.maintenance
        if is_in_maintenance(window, now, config.timezone)
    ]
    return [*planned, *(silence.target for silence in silences.active(now))]


def _of_age(age: int | None, old_s: tuple[int, int]) -> Iterator[Fault]:
    from eponctl.messages.text import duration

    if age is not None and age > old_s[0]:
        health = Health.CRITICAL if age > old_s[1] else Health.WARNING
        yield Fault(health, f"stale: the last poll was {duration(age)} ago")


def _of_olts(
    olts: Sequence[Watched], config: Config, now: int, old_s: tuple[int, int]
) -> Iterator[Fault]:
    """OLTs that do not answer, that are passed over, that were never asked."""
    from eponctl.messages.text import duration

    if not olts:
        yield Fault(Health.UNKNOWN, "no OLT is enabled")
    newest = max((one.state.last_poll_at or 0 for one in olts), default=0)
    for watched in olts:
        state, olt_id = watched.state, watched.olt.id
        if state.last_poll_at is None:
            yield Fault(Health.WARNING, f"{olt_id} was never polled")
        elif _is_silent(watched, config):
            lasts = duration(now - (state.failing_since or state.last_poll_at))
            error = f": {state.error}" if state.error else ""
            yield Fault(Health.CRITICAL, f"{olt_id} unreachable for {lasts}{error}")
        elif newest - state.last_poll_at > old_s[0]:
            ago = duration(now - state.last_poll_at)
            yield Fault(Health.WARNING, f"{olt_id} was last polled {ago} ago")


def _is_silent(watched: Watched, config: Config) -> bool:
    """Whether it failed as often as is worth an alert."""
    return watched.state.failures >= config.poll.unreachable_polls


def _of_incident(incident: Incident) -> Fault:
    health = Health.CRITICAL if incident.acked_at is None else Health.WARNING
    acked = "" if incident.acked_at is None else ", acknowledged"
    return Fault(health, f"#{incident.id} {kind_words(incident)}, {where(incident)}{acked}")


def _of_share(share: float, problems: int, limits: Limits) -> Iterator[Fault]:
    for health, limit in ((Health.CRITICAL, limits.critical), (Health.WARNING, limits.warning)):
        if problems and share > limit:
            yield Fault(health, f"{share:.1f} % of the ONUs are a problem")
            return

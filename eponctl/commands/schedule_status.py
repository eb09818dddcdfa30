"""`eponctl schedule status`: when the last poll was, how it ended, and what runs the next."""

from __future__ import annotations

from typing import NamedTuple

from eponctl.commands import schedule
from eponctl.commands.schedule import By, Installed
from eponctl.errors import EponctlError
from eponctl.schedule import crontab, machine
from eponctl.schedule.job import Job, job_of, longest_s
from eponctl.schedule.machine import Machine
from eponctl.settings import Config
from eponctl.store import olts, outbox, pulses
from eponctl.store.database import open_database

_MISSED = 3
_LEAST_S = 180


class Last(NamedTuple):
    """The last poll: when, of how many OLTs, which of them were not read and why."""

    at: int | None = None
    olts: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    waiting: int = 0
    usual_s: int | None = None


class Standing(NamedTuple):
    """How the schedule stands. `allowed_s`: older than that, the last poll is overdue.

    `own_lines` are lines of the crontab that somebody else wrote and that run a poll. `result` is
    systemd's word on the last run. `problems` say what is wrong, each with what to do.
    """

    name: str
    installed: tuple[Installed, ...]
    own_lines: tuple[int, ...]
    last: Last
    allowed_s: int
    is_overdue: bool
    result: str | None
    problems: tuple[str, ...]

    @property
    def every_s(self) -> int | None:
        """The pace that is meant."""
        return self.installed[0].every_s if self.installed else None

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to do."""
        return not self.problems


def status(config: Config, of: Machine, now: int) -> Standing:
    """How it stands. Raises StoreError when the database cannot be read."""
    job = job_of(config, of.program, schedule.EVERY_S, of.default)
    found = tuple(schedule.installed(job.name, of))
    own = _own_lines()
    last = _last(config)
    pace_s = next((one.every_s for one in found if one.every_s), last.usual_s) or job.every_s
    # A poll that uses its deadlines up is late, and so is the one after it.
    allowed_s = max(_MISSED * pace_s, _LEAST_S, pace_s + 2 * longest_s(config))
    is_overdue = last.at is None or now - last.at > allowed_s
    result = None
    if any(one.by is By.SYSTEMD for one in found) and of.has_systemd:
        result = machine.last_result(of, f"{job.name}.service")
    standing = Standing(job.name, found, own, last, allowed_s, is_overdue, result, ())
    return standing._replace(problems=_problems(standing, config, job, of))


def _last(config: Config) -> Last:
    if not config.database.exists():
        return Last()
    enabled = {olt.id for olt in config.olts if olt.enabled}
    with open_database(config.database):
        states = [state for olt_id, state in olts.load().items() if olt_id in enabled]
        failed = [(one.olt_id, one.error or "not read") for one in states if one.failures]
        times = [one.last_poll_at for one in states if one.last_poll_at is not None]
        at = max([*times, *filter(None, [pulses.last()])], default=None)
        return Last(at, len(enabled), tuple(failed), len(outbox.queued()), pulses.interval())


def _own_lines() -> tuple[int, ...]:
    try:
        return tuple(crontab.own_lines(machine.read_crontab()))
    except EponctlError:
        return ()


def _problems(standing: Standing, config: Config, job: Job, of: Machine) -> tuple[str, ...]:
    problems = []
    if not standing.installed and not standing.own_lines:
        problems.append("nothing runs it: `eponctl schedule install`")
    if len(standing.installed) > 1:
        problems.append("systemd and cron both run it: `eponctl schedule remove --cron`")
    if standing.last.at is None:
        problems.append("there was no poll yet: `eponctl poll` by hand says why")
    elif standing.is_overdue:
        problems.append("the last poll is too long ago: `eponctl poll` by hand says why")
    for one in standing.installed:
        if one.by is By.SYSTEMD and not machine.is_active(of, f"{job.name}.timer"):
            problems.append(f"{job.name}.timer does not run: `eponctl schedule install`")
        elif _is_changed(one, config, of):
            problems.append("it is not as it would be written now: `eponctl schedule install`")
    return tuple(problems)


def _is_changed(one: Installed, config: Config, of: Machine) -> bool:
    """Whether the configuration, or the way to eponctl, is another than when it was installed."""
    if one.every_s is None:
        return False
    try:
        return schedule.plan(config, of, one.by, one.every_s).is_new
    except EponctlError:
        return True

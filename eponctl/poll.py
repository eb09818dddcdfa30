"""One run, a straight line: lock, read the devices, judge, save in one transaction, deliver.

Threads fetch; the main thread reads the pages as they come (saving.py) and owns the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from eponctl import driver
from eponctl.lock import poll_lock
from eponctl.model import Event, OltState
from eponctl.scrape import Job, scrape_all
from eponctl.settings import Config, OltSettings
from eponctl.store import remembered

if TYPE_CHECKING:
    import peewee

    from eponctl.incidents.records import Incident
    from eponctl.outcome import OltResult

# After so many failed polls in a row the way to a device's pages is looked for anew: its dialect
# may have changed in a way that no single page says.
FAILURES_TO_FORGET = 3


class PollOptions(NamedTuple):
    """What the command line asks for. `olt_ids`: only these; empty: all that are enabled."""

    olt_ids: tuple[str, ...] = ()
    is_dry_run: bool = False
    sends: bool = True


EVERYTHING = PollOptions()


class PollResult(NamedTuple):
    """What a run did. `faults` are lines for stderr, beyond those of the OLTs.

    `incidents` are those that are new or changed; `told_at` is when anyone was told first, by id.
    """

    started_at: int
    seconds: float
    olts: tuple[OltResult, ...]
    events: tuple[Event, ...] = ()
    incidents: tuple[Incident, ...] = ()
    told_at: Mapping[str, int] = MappingProxyType({})
    messages: tuple[str, ...] = ()
    queued: int = 0
    sent: int = 0
    failed: int = 0
    faults: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when all went well, else 1."""
        is_well = all(olt.is_ok for olt in self.olts) and not self.faults
        return 0 if is_well else 1


def poll(
    config: Config,
    options: PollOptions = EVERYTHING,
    *,
    clock: Callable[[], float] = time.time,
    progress: Callable[[OltResult], None] | None = None,
    began: Callable[[], None] | None = None,
) -> PollResult:
    """Do one run. Raises LockHeld, StoreError and ConfigError before anything was asked or sent.

    `began` is called once the lock is held.
    """
    started, began_at = int(clock()), time.monotonic()
    chosen = _chosen(config, options)
    with ExitStack() as stack:
        stack.enter_context(poll_lock(config.database, leaves_file=not options.is_dry_run))
        if began:
            began()
        database, states = None, remembered.at_once(config.database)
        if states is None:
            database = _opened(stack, config.database, options)
            states = _states_of(database)
        jobs = [_job(olt, states.get(olt.id), config, started) for olt in chosen]
        scraped = stack.enter_context(scrape_all(jobs, config.poll))
        # From here on the devices think; what judges and stores is imported meanwhile.
        from eponctl import duereports, saving

        database = database or _opened(stack, config.database, options)
        books = saving.books_of(database)
        usuals = saving.usuals_of(database, books, started)
        outcomes = saving.outcomes_of(scraped, states, books, usuals, config, started, progress)
        summaries = saving.summaries_of(config, states, books, outcomes, started)
        result = PollResult(started, 0.0, tuple(outcome.result for outcome in outcomes))
        if database is None:
            return result._replace(seconds=time.monotonic() - began_at)
        saved = saving.save(
            database,
            config,
            outcomes,
            states,
            summaries,
            started,
            is_dry_run=options.is_dry_run,
        )
        result = result._replace(
            events=saved.events, incidents=saved.incidents, queued=saved.queued
        )
        if options.is_dry_run:
            return result._replace(messages=saved.texts, seconds=time.monotonic() - began_at)
        if options.sends:
            result = _delivered(result, database, config, clock)
        # Behind the alerts: a report may take some seconds to make.
        reports = duereports.queue_daily(database, config, started)
        if reports:
            result = result._replace(queued=result.queued + reports)
            # A gateway that has just failed is not waited for twice: the next poll sends it.
            if options.sends and not result.faults:
                result = _delivered(result, database, config, clock)
        if result.incidents:
            result = result._replace(told_at=saving.told_at(result.incidents))
        saving.clean_daily(database, config, started)
        return result._replace(seconds=time.monotonic() - began_at)


def _delivered(
    result: PollResult,
    database: peewee.SqliteDatabase,
    config: Config,
    clock: Callable[[], float],
) -> PollResult:
    """The result with what was delivered now."""
    from eponctl import saving

    if not saving.has_something_to_send(config):
        return result
    from eponctl.sending import delivered

    delivery = delivered(database, config, clock)
    return result._replace(
        sent=result.sent + delivery.sent,
        failed=result.failed + delivery.failed,
        faults=result.faults + delivery.faults,
    )


def _chosen(config: Config, options: PollOptions) -> list[OltSettings]:
    enabled = [olt for olt in config.olts if olt.enabled]
    if not options.olt_ids:
        return enabled
    return [olt for olt in enabled if olt.id in options.olt_ids]


def _opened(stack: ExitStack, path: Path, options: PollOptions) -> peewee.SqliteDatabase | None:
    """The database; None in a dry run that finds none, for it must not leave one."""
    if options.is_dry_run and not path.exists():
        return None
    from eponctl.store.database import open_database

    return stack.enter_context(open_database(path, create=True))


def _states_of(database: peewee.SqliteDatabase | None) -> dict[str, OltState]:
    from eponctl.store import olts

    return olts.load() if database else {}


def way_to(olt: OltSettings, state: OltState) -> tuple[str, str | None]:
    """The driver to ask with, and what it wanted to be told, unless that is to be forgotten."""
    remembered = state.driver if state.failures < FAILURES_TO_FORGET else None
    name = driver.resolved(olt.driver, remembered)
    return name, state.memory if name == remembered else None


def _job(olt: OltSettings, state: OltState | None, config: Config, now: int) -> Job:
    state = state or OltState(olt.id)
    name, memory = way_to(olt, state)
    known = driver.Known(
        memory=memory,
        onus_by_pon=state.onus_by_pon,
        wants_slow_pages=state.optics_at is None
        # Also when the clock was ahead then, and has been put right.
        or not 0 <= now - state.optics_at < config.poll.optics_every_s,
    )
    password = olt.password.reveal() if olt.password else ""
    return Job(olt, driver.load(name), known, (olt.username, password))

"""One run, a straight line: lock, read the devices, judge, save in one transaction, deliver.

Threads fetch; this module, in the main thread, reads the pages as they come and owns the database.
What makes and sends texts is imported where there is something to tell: a quiet poll has nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import peewee

from eponctl import driver
from eponctl.lock import poll_lock
from eponctl.model import Event, OltState, OltSummary, OnuState
from eponctl.outcome import OltResult, Outcome, outcome_of
from eponctl.scrape import Job, Scraped, scrape_all
from eponctl.settings import Config, OltSettings
from eponctl.store import events as store_events
from eponctl.store import olts as store_olts
from eponctl.store import onus as store_onus
from eponctl.store import outbox as store_outbox
from eponctl.store import retention
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook
from eponctl.summary import summarise

if TYPE_CHECKING:
    from eponctl.notify import Outgoing

DAY_S = 86400


@dataclass(frozen=True, slots=True)
class PollOptions:
    """What the command line asks for. `olt_ids`: only these; empty: all that are enabled."""

    olt_ids: tuple[str, ...] = ()
    is_dry_run: bool = False
    sends: bool = True


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a run did. `faults` are lines for stderr, beyond those of the OLTs."""

    started_at: int
    seconds: float
    olts: tuple[OltResult, ...]
    events: tuple[Event, ...]
    messages: tuple[str, ...] = ()
    queued: int = 0
    sent: int = 0
    failed: int = 0
    faults: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 when all went well, else 1."""
        is_well = all(olt.is_ok for olt in self.olts) and not self.faults
        return 0 if is_well else 1


def poll(
    config: Config,
    options: PollOptions = PollOptions(),
    *,
    clock: Callable[[], float] = time.time,
    progress: Callable[[OltResult], None] | None = None,
) -> PollResult:
    """Do one run. Raises LockHeld, StoreError and ConfigError before anything was asked or sent."""
    started, began = int(clock()), time.monotonic()
    chosen = _chosen(config, options)
    with ExitStack() as stack:
        stack.enter_context(poll_lock(config.database, leaves_file=not options.is_dry_run))
        database = _database(stack, config.database, options)
        states = store_olts.load() if database else {}
        jobs = [_job(olt, states.get(olt.id), config, started) for olt in chosen]
        scraped = scrape_all(jobs, config.poll)
        books = store_onus.load(database) if database else {}
        outcomes = _outcomes(scraped, states, books, config, started, progress)
        events = tuple(event for outcome in outcomes for event in outcome.events)
        summaries = _summaries(config, states, books, outcomes)
        result = PollResult(started, 0.0, tuple(outcome.result for outcome in outcomes), events)
        if database is None or options.is_dry_run:
            texts = _preview(events, summaries, config, started)
            return replace(result, messages=texts, seconds=time.monotonic() - began)
        queued = _save(database, config, outcomes, events, summaries, started)
        result = replace(result, queued=queued)
        if options.sends and config.whatsapp.enabled and store_outbox.has_open():
            from eponctl.sending import delivered

            delivery = delivered(database, config, clock)
            result = replace(
                result, sent=delivery.sent, failed=delivery.failed, faults=delivery.faults
            )
        _clean_daily(database, config, started)
        return replace(result, seconds=time.monotonic() - began)


def _chosen(config: Config, options: PollOptions) -> list[OltSettings]:
    enabled = [olt for olt in config.olts if olt.enabled]
    if not options.olt_ids:
        return enabled
    return [olt for olt in enabled if olt.id in options.olt_ids]


def _database(stack: ExitStack, path: Path, options: PollOptions) -> peewee.SqliteDatabase | None:
    """The database; None in a dry run that finds none, for it must not leave one."""
    if options.is_dry_run and not path.exists():
        return None
    return stack.enter_context(open_database(path, create=True))


def _job(olt: OltSettings, state: OltState | None, config: Config, now: int) -> Job:
    state = state or OltState(olt.id)
    known = driver.Known(
        memory=state.memory if state.driver == driver.resolved(olt.driver) else None,
        onus_by_pon=state.onus_by_pon,
        wants_slow_pages=state.optics_at is None
        # Also when the clock was ahead then, and has been put right.
        or not 0 <= now - state.optics_at < config.poll.optics_every_s,
    )
    password = olt.password.reveal() if olt.password else ""
    return Job(olt, driver.load(olt.driver), known, (olt.username, password))


def _outcomes(
    scraped: Iterable[Scraped],
    states: Mapping[str, OltState],
    books: Mapping[str, OltBook],
    config: Config,
    now: int,
    progress: Callable[[OltResult], None] | None,
) -> list[Outcome]:
    """Every OLT's outcome, in the configuration's order, read as the pages come in."""
    outcomes: dict[str, Outcome] = {}
    for item in scraped:
        olt_id = item.job.olt.id
        state = states.get(olt_id) or OltState(olt_id)
        book = books.get(olt_id) or OltBook()
        outcome = outcome_of(item, state, book, config, now)
        outcomes[olt_id] = outcome
        if progress:
            progress(outcome.result)
    return [outcomes[olt.id] for olt in config.olts if olt.id in outcomes]


# --- saving and telling -----------------------------------------------------------------------


def _summaries(
    config: Config,
    states: Mapping[str, OltState],
    books: Mapping[str, OltBook],
    outcomes: Sequence[Outcome],
) -> dict[str, OltSummary]:
    """Every enabled OLT after this poll, in the configuration's order."""
    by_id = {outcome.state.olt_id: outcome for outcome in outcomes}
    summaries: dict[str, OltSummary] = {}
    for olt in config.olts:
        if not olt.enabled:
            continue
        outcome = by_id.get(olt.id)
        book = books.get(olt.id) or OltBook()
        state = outcome.state if outcome else states.get(olt.id)
        onus = _onus_after(outcome, book)
        summaries[olt.id] = summarise(olt, state, onus.values())
    return summaries


def _onus_after(outcome: Outcome | None, book: OltBook) -> dict[str, OnuState]:
    if outcome is None:
        return book.states
    after = {**book.states, **outcome.changes.states}
    for mac in outcome.changes.removed:
        after.pop(mac, None)
    return after


def _save(
    database: peewee.SqliteDatabase,
    config: Config,
    outcomes: Sequence[Outcome],
    events: Sequence[Event],
    summaries: Mapping[str, OltSummary],
    now: int,
) -> int:
    """States, events, statistics and messages in one transaction; returns how many were queued."""
    hour = _local_hour(config, now)
    last_hour = store_events.fact("reported_hour")
    # Texts are made before the database is locked for writing.
    outgoing = _outgoing(config, events, summaries, now, is_new_hour=last_hour not in {None, hour})
    stats = [_stat(outcome, summaries[outcome.state.olt_id], now) for outcome in outcomes]
    with database.atomic("IMMEDIATE"):
        store_onus.save(database, [outcome.changes for outcome in outcomes], now)
        store_olts.save(outcome.state for outcome in outcomes)
        store_olts.add_stats(stats)
        ids = store_events.add(database, events, now)
        for out in outgoing:
            alert_ids = [ids[place] for place in out.events]
            store_outbox.enqueue(out.recipient, out.kind, out.text, now, alert_ids)
        if last_hour != hour:
            store_events.set_fact("reported_hour", hour)
    return len(outgoing)


def _outgoing(
    config: Config,
    events: Sequence[Event],
    summaries: Mapping[str, OltSummary],
    now: int,
    *,
    is_new_hour: bool,
) -> list[Outgoing]:
    """The alert and, in the first poll of an hour, the report, for everyone who gets them."""
    has_report = config.report.hourly and is_new_hour
    if not config.whatsapp.enabled or not (events or has_report):
        return []
    from eponctl import notify

    outgoing = notify.alerts(events, summaries, config, now=now)
    if has_report:
        low = store_olts.low_spells(summaries.values())
        texts = notify.hourly(list(summaries.values()), config, now=now, low_since=low)
        outgoing += notify.hourly_for_all(texts, config.whatsapp)
    return outgoing


def _preview(
    events: Sequence[Event], summaries: Mapping[str, OltSummary], config: Config, now: int
) -> tuple[str, ...]:
    """What a recipient without routes would be told."""
    if not events:
        return ()
    from eponctl import notify

    return tuple(notify.alert_texts(events, summaries, config, now))


def _local_hour(config: Config, now: int) -> str:
    """The hour as people there count it; with the offset, for an hour that DST repeats."""
    return datetime.fromtimestamp(now, config.timezone).strftime("%Y-%m-%dT%H%z")


def _stat(outcome: Outcome, summary: OltSummary, now: int) -> PollStat:
    is_read = not outcome.state.failures
    return PollStat(
        at=now,
        olt_id=summary.olt_id,
        is_ok=is_read,
        poll_ms=outcome.state.poll_ms or 0,
        onus=summary.onus - summary.disabled,
        online=summary.online,
        problems=summary.problem_onus,
        avg_temperature_c=summary.avg_temperature_c if is_read else None,
        avg_rx_power_dbm=summary.avg_rx_power_dbm if is_read else None,
        error=outcome.state.error,
    )


def _clean_daily(database: peewee.SqliteDatabase, config: Config, now: int) -> None:
    today = str(now // DAY_S)
    if store_events.fact("cleaned_day") != today:
        retention.clean(database, config.retention, now)
        store_events.set_fact("cleaned_day", today)

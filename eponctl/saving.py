"""The second half of a poll, in the main thread: pages to outcomes, saved in one transaction.

Imported while the devices think: what judges and stores is not needed to ask them. What makes
texts is imported where there is something to tell: a quiet poll has nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import peewee

from eponctl import duereports
from eponctl.judge import pending_steps
from eponctl.model import Event, OltState, OltSummary, OnuState
from eponctl.outcome import OltResult, Outcome, outcome_of
from eponctl.scrape import Scraped
from eponctl.settings import Config
from eponctl.store import events as store_events
from eponctl.store import ledger, pulses, retention, usual
from eponctl.store import olts as store_olts
from eponctl.store import onus as store_onus
from eponctl.store import outbox as store_outbox
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook
from eponctl.summary import summarise
from eponctl.telling.quiet import hours_of

if TYPE_CHECKING:
    from eponctl.incidents.records import Incident

DAY_S = 86400
CLEANING_S = 0.4
"""What a poll may spend on old rows."""
DIGESTED = "digested"
"""The fact that says when everybody's digest of the last quiet time was done."""


def books_of(database: peewee.SqliteDatabase | None) -> dict[str, OltBook]:
    """What is remembered of every ONU, by OLT; nothing where there is no database."""
    return store_onus.load(database) if database else {}


def usuals_of(
    database: peewee.SqliteDatabase | None, books: Mapping[str, OltBook], now: int
) -> dict[str, dict[str, float]]:
    """The usual received power (dBm) of ONUs that may have fallen from it, by OLT id and MAC."""
    rows = [
        book.ids[mac]
        for book in books.values()
        for mac in pending_steps(book.states)
        if mac in book.ids
    ]
    found: dict[str, dict[str, float]] = {}
    if database and rows:
        for (olt_id, mac), rx in usual.usual_rx(database, rows, now).items():
            found.setdefault(olt_id, {})[mac] = rx
    return found


def has_something_to_send(config: Config) -> bool:
    """Whether a channel is configured and any message waits for it."""
    return config.whatsapp.enabled and store_outbox.has_open()


def outcomes_of(
    scraped: Iterable[Scraped],
    states: Mapping[str, OltState],
    books: Mapping[str, OltBook],
    usuals: Mapping[str, Mapping[str, float]],
    config: Config,
    now: int,
    progress: Callable[[OltResult], None] | None,
) -> list[Outcome]:
    """Every OLT's outcome, in the configuration's order, read as the pages come in.

    `usuals` are the medians that the judge asks for, by OLT id and MAC.
    """
    outcomes: dict[str, Outcome] = {}
    for item in scraped:
        olt_id = item.job.olt.id
        state = states.get(olt_id) or OltState(olt_id)
        book = books.get(olt_id) or OltBook()
        outcome = outcome_of(item, state, book, config, now, usuals.get(olt_id))
        outcomes[olt_id] = outcome
        if progress:
            progress(outcome.result)
    return [outcomes[olt.id] for olt in config.olts if olt.id in outcomes]


def summaries_of(
    config: Config,
    states: Mapping[str, OltState],
    books: Mapping[str, OltBook],
    outcomes: Sequence[Outcome],
    now: int,
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
        summaries[olt.id] = summarise(
            olt,
            state,
            onus.values(),
            now=now,
            abandoned_after_s=config.alerts.abandoned_after_s,
        )
    return summaries


def _onus_after(outcome: Outcome | None, book: OltBook) -> dict[str, OnuState]:
    if outcome is None:
        return book.states
    after = {**book.states, **outcome.changes.states}
    for mac in outcome.changes.removed:
        after.pop(mac, None)
    return after


class Saved(NamedTuple):
    """What the transaction wrote: the poll's events and incidents, and messages per recipient."""

    events: tuple[Event, ...] = ()
    incidents: tuple[Incident, ...] = ()
    queued: int = 0
    texts: tuple[str, ...] = ()


def save(
    database: peewee.SqliteDatabase,
    config: Config,
    outcomes: Sequence[Outcome],
    states: Mapping[str, OltState],
    summaries: Mapping[str, OltSummary],
    now: int,
    *,
    is_dry_run: bool = False,
) -> Saved:
    """States, events, incidents, statistics and messages in one transaction.

    `states` are the OLTs' before this poll. A dry run does all of it, and then takes it back.
    """
    stats = [_stat(outcome, summaries[outcome.state.olt_id], now) for outcome in outcomes]
    with database.atomic("IMMEDIATE") as transaction:
        newest = store_outbox.last_id() if is_dry_run else 0
        store_onus.save(database, [outcome.changes for outcome in outcomes], now)
        store_olts.save(outcome.state for outcome in outcomes)
        store_olts.add_stats(stats)
        saved = _alerted(database, config, outcomes, states, summaries, now)
        if is_dry_run:
            duereports.queue_daily(database, config, now)
            texts = tuple(store_outbox.texts_after(newest))
            transaction.rollback()
            return saved._replace(queued=0, texts=texts)
        return saved


def _alerted(
    database: peewee.SqliteDatabase,
    config: Config,
    outcomes: Sequence[Outcome],
    states: Mapping[str, OltState],
    summaries: Mapping[str, OltSummary],
    now: int,
) -> Saved:
    """The poll's events become incidents and messages; nothing is imported for a quiet poll."""
    gap = pulses.gap(now)
    usual.refresh(database, pulses.last() or now, now)
    pulses.record(now)
    if gap:
        pulses.remember_gap(gap)
    duereports.count_blips(sum(outcome.blips for outcome in outcomes))
    saved = Saved()
    has_events = any(outcome.events for outcome in outcomes)
    if has_events or ledger.has_open() or _owes_digest(config, now):
        from eponctl import alerting

        recorded = alerting.record(database, outcomes, states, config, now)
        saved = Saved(recorded.events, recorded.incidents)
        if config.whatsapp.enabled:
            saved = saved._replace(queued=alerting.tell(config, summaries, now))
        else:
            ledger.settle(now)
    return saved._replace(queued=saved.queued + duereports.queue_hourly(config, summaries, now))


def _owes_digest(config: Config, now: int) -> bool:
    """Whether a quiet time is over, and not everyone's digest of it is done."""
    last = hours_of(config, now).last
    return last is not None and int(store_events.fact(DIGESTED) or 0) < last[1]


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


def told_at(incidents: Iterable[Incident]) -> dict[str, int]:
    """When anyone was told first of each of these; those that nobody was told of are left out."""
    return ledger.told_at(incident.id for incident in incidents)


def clean_daily(database: peewee.SqliteDatabase, config: Config, now: int) -> None:
    """Let retention do its work in the first poll of a day, and in the next where time was up."""
    today = str(now // DAY_S)
    if store_events.fact("cleaned_day") == today:
        return
    end_at = time.monotonic() + CLEANING_S
    cleaned = retention.clean(
        database, config.retention, now, has_time=lambda: time.monotonic() < end_at
    )
    if cleaned.is_done:
        store_events.set_fact("cleaned_day", today)

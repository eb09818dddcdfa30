"""The second half of a poll, in the main thread: pages to outcomes, saved in one transaction.

Imported while the devices think: what judges and stores is not needed to ask them. What makes
texts is imported where there is something to tell: a quiet poll has nothing.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import peewee

from eponctl.model import Event, OltState, OltSummary, OnuState
from eponctl.outcome import OltResult, Outcome, outcome_of, write_crash_file
from eponctl.scrape import Scraped
from eponctl.settings import Config
from eponctl.store import events as store_events
from eponctl.store import olts as store_olts
from eponctl.store import onus as store_onus
from eponctl.store import outbox as store_outbox
from eponctl.store import retention
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook
from eponctl.summary import summarise

if TYPE_CHECKING:
    from eponctl.notify import Outgoing

DAY_S = 86400


def books_of(database: peewee.SqliteDatabase | None) -> dict[str, OltBook]:
    """What is remembered of every ONU, by OLT; nothing where there is no database."""
    return store_onus.load(database) if database else {}


def has_something_to_send(config: Config) -> bool:
    """Whether a channel is configured and any message waits for it."""
    return config.whatsapp.enabled and store_outbox.has_open()


def outcomes_of(
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


def summaries_of(
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


def save(
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

    try:
        outgoing = notify.alerts(events, summaries, config, now=now)
        if has_report:
            low = store_olts.low_spells(summaries.values())
            texts = notify.hourly(list(summaries.values()), config, now=now, low_since=low)
            outgoing += notify.hourly_for_all(texts, config.whatsapp)
    except Exception:  # noqa: BLE001  (a bug in the words must not lose what they are about)
        write_crash_file(config.database, "messages", traceback.format_exc())
        outgoing = notify.bare_alerts(events, config.whatsapp)
    return outgoing


def preview(
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


def clean_daily(database: peewee.SqliteDatabase, config: Config, now: int) -> None:
    """Let retention do its work in the first poll of a day."""
    today = str(now // DAY_S)
    if store_events.fact("cleaned_day") != today:
        retention.clean(database, config.retention, now)
        store_events.set_fact("cleaned_day", today)

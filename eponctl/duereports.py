"""The reports that polls send by themselves: the hourly one, and the daily one at its time.

Whether one is due is looked at in every poll, so a quiet one imports nothing that makes them. Which
was sent last is written in the transaction that queues it: none goes out twice.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from datetime import date, datetime

import peewee

from eponctl.model import OltSummary
from eponctl.outcome import write_crash_file
from eponctl.periods import Every, due_day, period_before
from eponctl.settings import Config
from eponctl.store import events as store_events
from eponctl.store import ledger
from eponctl.store import olts as store_olts
from eponctl.store import outbox as store_outbox

HOUR_S = 3600
REPORTED_DAY = "reported_day"
"""The fact that says on which day the last daily report was due."""


def queue(
    database: peewee.SqliteDatabase,
    config: Config,
    summaries: Mapping[str, OltSummary],
    now: int,
) -> int:
    """Queue the reports that are due, for everyone who gets them; how many messages that is."""
    return _hourly(config, summaries, now) + _daily(database, config, now)


def _hourly(config: Config, summaries: Mapping[str, OltSummary], now: int) -> int:
    """The hourly report, in the first poll of an hour."""
    hour, last_hour = _local_hour(config, now), store_events.fact("reported_hour")
    if hour == last_hour:
        return 0
    reported_at = int(store_events.fact("reported_at") or now - HOUR_S)
    store_events.set_fact("reported_hour", hour)
    store_events.set_fact("reported_at", str(now))
    if last_hour is None or not (config.report.hourly and config.whatsapp.enabled):
        return 0

    def texts() -> list[str]:
        from eponctl import notify

        passed = sum(ledger.passed_untold(reported_at, now).values()) + _blips()
        low = store_olts.low_spells(summaries.values())
        return notify.hourly(
            list(summaries.values()), config, now=now, low_since=low, passed=passed
        )

    queued = _queued(config, texts, now)
    if queued:
        count_blips(-_blips())
    return queued


def _daily(database: peewee.SqliteDatabase, config: Config, now: int) -> int:
    """The daily report, in the first poll at or after its time: once for each day.

    Of several days that passed without a poll the last one is told. Where the time has just been
    put into the configuration, the next one is the first.
    """
    minute = config.report.daily_minute
    if minute is None:
        return 0
    day, last = due_day(minute, now, config.timezone), store_events.fact(REPORTED_DAY)
    if last is not None and day <= date.fromisoformat(last):
        return 0
    store_events.set_fact(REPORTED_DAY, day.isoformat())
    if last is None or not config.whatsapp.enabled:
        return 0

    def texts() -> list[str]:
        from eponctl import notify, reporting

        period = period_before(Every.DAILY, day, config.timezone)
        report = reporting.report(database, config, period, now)
        return [] if report is None else notify.periodic(report, config)

    return _queued(config, texts, now)


def _queued(config: Config, texts: Callable[[], list[str]], now: int) -> int:
    from eponctl import notify

    try:
        made = texts()
    except Exception:  # noqa: BLE001  (a bug in a report must not lose what was judged)
        write_crash_file(config.database, "messages", traceback.format_exc())
        return 0
    outgoing = notify.report_for_all(made, config.whatsapp)
    for out in outgoing:
        store_outbox.enqueue(out.recipient, out.kind, out.text, now)
    return len(outgoing)


def _blips() -> int:
    return int(store_events.fact("blips") or 0)


def count_blips(more: int) -> None:
    """Count what came and went before it was settled, for the next hourly report."""
    if more:
        store_events.set_fact("blips", str(_blips() + more))


def _local_hour(config: Config, now: int) -> str:
    """The hour as people there count it; with the offset, for an hour that DST repeats."""
    return datetime.fromtimestamp(now, config.timezone).strftime("%Y-%m-%dT%H%z")

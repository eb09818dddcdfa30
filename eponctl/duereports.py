"""The reports that polls send by themselves: the hourly one, and the daily one at its time.

Whether one is due is looked at in every poll, so a quiet one imports nothing that makes them. Which
was sent last is written in the transaction that queues it: none goes out twice. The hourly one goes
with the poll's alerts; the daily one is made behind them, for it may take some seconds.
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


def queue_hourly(config: Config, summaries: Mapping[str, OltSummary], now: int) -> int:
    """Queue the hourly report, in the first poll of an hour; how many messages that is."""
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

    queued = _queued(config, _made(config, texts), now)
    if queued:
        count_blips(-_blips())
    return queued


def queue_daily(database: peewee.SqliteDatabase, config: Config, now: int) -> int:
    """Queue the daily report, in the first poll at or after its time; how many messages that is.

    Once for each day: of several that passed without a poll the last one is told. Where the time
    has just been put into the configuration, the next one is the first. What it says is read before
    anything is written, so that nobody waits for it who writes.
    """
    minute = config.report.daily_minute
    if minute is None:
        return 0
    day, last = due_day(minute, now, config.timezone), store_events.fact(REPORTED_DAY)
    if last is not None and day <= date.fromisoformat(last):
        return 0

    def texts() -> list[str]:
        from eponctl import notify, reporting

        period = period_before(Every.DAILY, day, config.timezone)
        report = reporting.report(database, config, period, now)
        return [] if report is None else notify.periodic(report, config)

    is_told = last is not None and config.whatsapp.enabled
    made = _made(config, texts) if is_told else []
    with database.atomic("IMMEDIATE"):
        store_events.set_fact(REPORTED_DAY, day.isoformat())
        return _queued(config, made, now)


def _made(config: Config, texts: Callable[[], list[str]]) -> list[str]:
    try:
        return texts()
    except Exception:  # noqa: BLE001  (a bug in a report must not lose what was judged)
        write_crash_file(config.database, "messages", traceback.format_exc())
        return []


def _queued(config: Config, made: list[str], now: int) -> int:
    if not made:
        return 0
    from eponctl import notify

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

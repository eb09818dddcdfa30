"""`eponctl report`: how the network stands, or how a time was; as text, and by WhatsApp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import peewee

from eponctl import notify, reporting
from eponctl.commands.network import watched_olts
from eponctl.errors import ConfigError, Problem, StoreError
from eponctl.lock import poll_lock
from eponctl.periods import Every, last_period
from eponctl.reports import Report
from eponctl.sending import delivered
from eponctl.settings import Config
from eponctl.store import olts as store_olts
from eponctl.store import onus as store_onus
from eponctl.store import outbox as store_outbox
from eponctl.store.database import open_database
from eponctl.store.onus import OltBook
from eponctl.summary import summarise
from eponctl.telling.routing import recipients
from eponctl.views.network import Watched

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hourly:
    """The messages of an hourly report, and the OLTs it tells of."""

    texts: tuple[str, ...]
    olts: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class Sent(Generic[T]):
    """What became of a report: messages made, recipients, messages that were not delivered.

    `following` only wait for the pause between two messages to one recipient: the next poll sends
    them, and they are not `missing`.
    """

    report: T
    messages: int
    recipients: int
    missing: int
    following: int
    faults: tuple[str, ...]


def hourly(config: Config, *, now: int) -> Hourly:
    """The hourly report as it stands. Raises StoreError when nothing was polled yet."""
    with open_database(config.database) as database, database.atomic():
        return _hourly(database, config, now)


def send_hourly(config: Config, *, clock: Callable[[], float]) -> Sent[Hourly]:
    """Queue the hourly report for its recipients, and deliver what is due.

    Raises ConfigError if there is no channel, LockHeld while a poll runs, StoreError.
    """

    def make(database: peewee.SqliteDatabase, now: int) -> tuple[Hourly, tuple[str, ...]]:
        made = _hourly(database, config, now)
        return made, made.texts

    return _sent(config, make, clock)


def periodic(config: Config, every: Every, *, now: int) -> Report:
    """The report on the last day, week or month that is over.

    Raises StoreError when nothing was polled yet when that ended.
    """
    with open_database(config.database) as database, database.atomic():
        return _periodic(database, config, every, now)


def send_periodic(config: Config, every: Every, *, clock: Callable[[], float]) -> Sent[Report]:
    """As `send_hourly`, for the report on a time."""

    def make(database: peewee.SqliteDatabase, now: int) -> tuple[Report, tuple[str, ...]]:
        with database.atomic():
            made = _periodic(database, config, every, now)
        return made, tuple(notify.periodic(made, config))

    return _sent(config, make, clock)


def _sent(
    config: Config,
    make: Callable[[peewee.SqliteDatabase, int], tuple[T, tuple[str, ...]]],
    clock: Callable[[], float],
) -> Sent[T]:
    _require_channel(config)
    now = int(clock())
    with poll_lock(config.database), open_database(config.database) as database:
        report, texts = make(database, now)
        outgoing = notify.report_for_all(texts, config.whatsapp)
        with database.atomic("IMMEDIATE"):
            ids = {store_outbox.enqueue(o.recipient, o.kind, o.text, now) for o in outgoing}
        delivery = delivered(database, config, clock)
        left = [message for message in store_outbox.listing() if message.id in ids]
    following = sum(
        message.recipient in delivery.pausing and message.outcome is None for message in left
    )
    return Sent(
        report=report,
        messages=len(outgoing),
        recipients=len({one.recipient for one in outgoing}),
        missing=len(left) - following,
        following=following,
        faults=delivery.faults,
    )


def _hourly(database: peewee.SqliteDatabase, config: Config, now: int) -> Hourly:
    """The same numbers in the same words as the report that `poll` sends."""
    olts = watched_olts(database, config, now=now)
    books = store_onus.load(database)
    summaries = [
        summarise(
            one.olt,
            one.state,
            (books.get(one.olt.id) or OltBook()).states.values(),
            now=now,
            abandoned_after_s=config.alerts.abandoned_after_s,
        )
        for one in olts
        if one.olt.enabled
    ]
    texts = notify.hourly(summaries, config, now=now, low_since=store_olts.low_spells(summaries))
    return Hourly(tuple(texts), olts)


def _periodic(database: peewee.SqliteDatabase, config: Config, every: Every, now: int) -> Report:
    period = last_period(every, now, config.timezone)
    found = reporting.report(database, config, period, now)
    if found is None:
        last = period.last.isoformat()
        when = last if every is Every.DAILY else f"{period.first.isoformat()} to {last}"
        hint = "`eponctl report --hourly` tells how the network stands now"
        raise StoreError(f"nothing was polled yet in the time of this report, {when}", hint)
    return found


def _require_channel(config: Config) -> None:
    settings = config.whatsapp
    if not settings.enabled:
        problem = Problem(str(config.path), "whatsapp.enabled", "is false: nothing can be sent")
        raise ConfigError([problem])
    if not recipients(settings):
        raise ConfigError([Problem(str(config.path), "whatsapp.recipients", "nobody is named")])

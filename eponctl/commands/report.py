"""`eponctl report`: the report as text, and by WhatsApp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import peewee

from eponctl import notify
from eponctl.commands.network import watched_olts
from eponctl.errors import ConfigError, Problem
from eponctl.lock import poll_lock
from eponctl.outbox import Delivery
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


@dataclass(frozen=True, slots=True)
class Report:
    """The messages a report is made of, and the OLTs it tells of."""

    texts: tuple[str, ...]
    olts: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a report: messages made, recipients, messages that were not delivered."""

    report: Report
    messages: int
    recipients: int
    missing: int
    faults: tuple[str, ...]


def hourly(config: Config, *, now: int) -> Report:
    """The hourly report as it stands. Raises StoreError when nothing was polled yet."""
    with open_database(config.database) as database, database.atomic():
        return _hourly(database, config, now)


def send_hourly(config: Config, *, clock: Callable[[], float]) -> Sent:
    """Queue the hourly report for its recipients, and deliver what is due.

    Raises ConfigError if there is no channel, LockHeld while a poll runs, StoreError.
    """
    _require_channel(config)
    now = int(clock())
    with poll_lock(config.database), open_database(config.database) as database:
        report = _hourly(database, config, now)
        outgoing = notify.hourly_for_all(report.texts, config.whatsapp)
        with database.atomic("IMMEDIATE"):
            ids = {store_outbox.enqueue(o.recipient, o.kind, o.text, now) for o in outgoing}
        delivery = delivered(database, config, clock)
        missing = ids & {message.id for message in store_outbox.listing()}
    return _sent(report, outgoing, len(missing), delivery)


def _sent(
    report: Report, outgoing: Sequence[notify.Outgoing], missing: int, delivery: Delivery
) -> Sent:
    recipients = len({one.recipient for one in outgoing})
    return Sent(report, len(outgoing), recipients, missing, delivery.faults)


def _hourly(database: peewee.SqliteDatabase, config: Config, now: int) -> Report:
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
    return Report(tuple(texts), olts)


def _require_channel(config: Config) -> None:
    settings = config.whatsapp
    if not settings.enabled:
        problem = Problem(str(config.path), "whatsapp.enabled", "is false: nothing can be sent")
        raise ConfigError([problem])
    if not recipients(settings):
        raise ConfigError([Problem(str(config.path), "whatsapp.recipients", "nobody is named")])

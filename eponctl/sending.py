"""The outbox with its provider and its texts put together: what `poll` and `--send` both do."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

import peewee

from eponctl import messages, naming, outbox, provider
from eponctl.messages import Backlog
from eponctl.settings import Config
from eponctl.store import events as store_events
from eponctl.store.links import tells_of
from eponctl.store.outbox import SUMMARY, Message


def delivered(
    database: peewee.SqliteDatabase, config: Config, clock: Callable[[], float]
) -> outbox.Delivery:
    """Deliver what is due, within one OLT deadline; the caller holds the poll's lock."""

    def summary(waiting: Sequence[Message]) -> list[str]:
        return [_summary(waiting, config, int(clock()))]

    def repeat(text: str) -> str:
        return messages.repeat_marked(text, config.words, limit=_limit(config))

    return outbox.deliver(
        provider.load(config.whatsapp),
        database,
        config.whatsapp,
        now=lambda: int(clock()),
        monotonic=time.monotonic,
        budget_s=config.poll.olt_deadline_s,
        summary=summary,
        repeat=repeat,
        connect_timeout_s=config.poll.request_timeout_s,
    )


def _summary(waiting: Sequence[Message], config: Config, now: int) -> str:
    """One text in the place of many: how many, of what, about whom."""
    ids = [message.id for message in waiting]
    alerts = store_events.told_by(ids)
    backlog = Backlog(
        # An earlier summary stands for messages that are told of by their events here.
        count=sum(message.kind != SUMMARY for message in waiting) or len(waiting),
        first_at=min(message.created_at for message in waiting),
        last_at=max(message.created_at for message in waiting),
        kinds=Counter(alert.kind for alert in alerts),
        names=naming.names_of(alerts),
        olts=[alert.olt_id for alert in alerts if alert.mac is None],
        incidents=[tell.incident_id for tells in tells_of(ids).values() for tell in tells],
        reports=sum(message.kind == "report" for message in waiting),
        is_unsure=any(message.sent_at is not None for message in waiting),
    )
    text = messages.backlog_summary(backlog, now=now, zone=config.timezone, language=config.words)
    return messages.clip(text, _limit(config))


def _limit(config: Config) -> int:
    return min(messages.LIMIT, config.whatsapp.max_chars)

"""Events, polls and messages to the records that the outside sees. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from eponctl.store.events import Alert
from eponctl.store.olts import PollStat
from eponctl.store.outbox import Message
from eponctl.views.network import Iso, rounded
from eponctl.views.records import AlertRecord, MessageRecord, StatRecord


@dataclass(frozen=True, slots=True)
class Told:
    """One event, how far the messages about it got (None: none tells of it), and its customer."""

    alert: Alert
    delivery: str | None
    customer: str | None = None


def alert_record(
    alert: Alert, delivery: str | None, iso: Iso, customer: str | None = None
) -> AlertRecord:
    """One event, and the customer's name, as the outside sees them."""
    return AlertRecord(
        at=iso(alert.at),
        olt_id=alert.olt_id,
        onu_id=alert.onu_id,
        mac=alert.mac,
        name=alert.name,
        kind=alert.kind,
        from_=alert.before,
        to=alert.after,
        priority=alert.priority,
        lasted_seconds=alert.lasted_s,
        delivery=delivery,
        customer=customer,
    )


def stat_record(stat: PollStat, iso: Iso) -> StatRecord:
    """One OLT in one poll as the outside sees it."""
    return StatRecord(
        at=iso(stat.at),
        olt_id=stat.olt_id,
        ok=bool(stat.is_ok),
        poll_seconds=stat.poll_ms / 1000,
        onus=stat.onus,
        online=stat.online,
        problems=stat.problems,
        avg_temperature_c=rounded(stat.avg_temperature_c, 1),
        avg_rx_power_dbm=rounded(stat.avg_rx_power_dbm, 2),
        error=stat.error,
    )


def message_record(message: Message, iso: Iso) -> MessageRecord:
    """One message of the outbox, with its whole text."""
    return MessageRecord(
        id=message.id,
        created_at=iso(message.created_at),
        recipient=message.recipient,
        kind=message.kind,
        state=message.state,
        tries=message.tries,
        due_at=iso(message.due_at),
        tried_at=iso(message.tried_at),
        outcome=message.outcome,
        error=message.error,
        text=message.text,
    )

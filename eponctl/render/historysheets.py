"""`alerts` and `whatsapp queue` as pages: what stands in which column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from eponctl.model import EVENT_PRIORITIES, EventKind, Priority
from eponctl.render import values
from eponctl.render.networksheets import PRIORITIES
from eponctl.render.sheet import NOTHING, OLT, Column, Page, Sheet, Style, by_word, without_empty
from eponctl.store.events import Alert
from eponctl.store.outbox import Message, State
from eponctl.views.history import Told

_OF_PRIORITY: Mapping[Priority, Style] = {
    Priority.CRITICAL: Style.WORST,
    Priority.HIGH: Style.BAD,
    Priority.MEDIUM: Style.PLAIN,
}
_KINDS = by_word(
    {
        values.word(kind): _OF_PRIORITY[EVENT_PRIORITIES[kind]]
        if kind in EVENT_PRIORITIES
        else Style.GOOD
        for kind in EventKind
    }
)
_OUTAGES = frozenset({EventKind.PON_OUTAGE, EventKind.POWER_OUTAGE})
_DELIVERIES = by_word({"failed": Style.BAD, "queued": Style.WARN, "sent": Style.GOOD})

_ALERT_COLUMNS = (
    Column("TIME"),
    Column("PRIORITY", rank=3, style_of=PRIORITIES),
    Column("WHAT", style_of=_KINDS),
    OLT,
    Column("ONU", rank=1),
    Column("NAME", least=10, style_of=lambda _: Style.STRONG),
    Column("CUSTOMER", least=8),
    Column("LASTED", rank=4, is_right=True),
    Column("TOLD", rank=2, style_of=_DELIVERIES),
    Column("CHANGE", rank=5, least=12),
    Column("MAC", rank=6),
)


def alerts_page(told: Sequence[Told], zone: tzinfo) -> Page:
    """Events given newest first, as a log: the newest is the last line."""
    return Page((), (events_sheet(told, zone),))


def events_sheet(told: Sequence[Told], zone: tzinfo) -> Sheet:
    """The table of that page."""
    rows = [_alert(one, zone) for one in reversed(told)]
    sheet = Sheet(f"Alerts: {len(rows)}", _ALERT_COLUMNS, rows, empty="No alerts.")
    return without_empty(sheet, "CUSTOMER")


def _alert(told: Told, zone: tzinfo) -> tuple[str, ...]:
    alert = told.alert
    return (
        values.moment(alert.at, zone),
        alert.priority,
        values.word(alert.kind),
        values.words(alert.olt_id),
        values.words(alert.onu_id),
        values.words(alert.name),
        values.words(told.customer),
        values.seconds(alert.lasted_s),
        told.delivery or NOTHING,
        change_of(alert),
        values.words(alert.mac),
    )


def change_of(alert: Alert) -> str:
    """What was, and what is; of an outage how far it reached."""
    if not alert.before and not alert.after:
        return values.words(alert.detail)
    if alert.kind in _OUTAGES:  # how far it reached
        return values.word(alert.after)
    return f"{values.words(alert.before)} → {values.words(alert.after)}"


_STATES = by_word(
    {
        State.QUEUED: Style.WARN,
        State.UNSURE: Style.WARN,
        State.DEAD: Style.BAD,
        State.SENT: Style.GOOD,
        State.MERGED: Style.FAINT,
    }
)
_QUEUE_COLUMNS = (
    Column("ID", is_right=True),
    Column("CREATED"),
    Column("RECIPIENT"),
    Column("STATE", style_of=_STATES),
    Column("TRIES", is_right=True),
    Column("DUE", rank=3),
    Column("KIND", rank=1),
    Column("OUTCOME", rank=4),
    Column("ERROR", rank=5, falls_below=True),
    Column("TEXT", rank=2, least=12),
)


def queue_page(messages: Sequence[Message], zone: tzinfo) -> Page:
    """Messages of the outbox in the order given."""
    rows = [_message(message, zone) for message in messages]
    sheet = Sheet(f"Outbox: {len(rows)}", _QUEUE_COLUMNS, rows, empty="Nothing waits.")
    return Page((), (sheet,))


def _message(message: Message, zone: tzinfo) -> tuple[str, ...]:
    is_due = message.state is State.QUEUED
    lines = (line for line in message.text.splitlines() if line.strip())
    return (
        str(message.id),
        values.moment(message.created_at, zone),
        values.words(message.recipient),
        message.state,
        str(message.tries),
        values.moment(message.due_at, zone) if is_due else NOTHING,
        values.words(message.kind),
        values.word(message.outcome),
        values.words(message.error),
        values.words(next(lines, None)),
    )

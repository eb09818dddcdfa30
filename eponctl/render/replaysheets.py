"""`replay`: its table, its messages, and the line that compares it with what was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from eponctl.incidents.records import Confidence, Extent, Incident, Kind
from eponctl.render import values
from eponctl.render.plain import safe
from eponctl.render.sheet import NOTHING, Column, Line, Page, Sheet, Style, by_word
from eponctl.views.incidents import cause_of, evidence_of, kind_words, where
from eponctl.views.replays import Comparison

OPEN = "open"
_CLASSES = by_word(
    {values.word(extent): Style.BAD for extent in Extent if extent is not Extent.SINGLE}
)
_COLUMNS = (
    Column("ID", style_of=lambda _: Style.STRONG),
    Column("CLASS", style_of=_CLASSES),
    Column("CAUSE"),
    Column("CONFIDENCE", rank=4, style_of=by_word({Confidence.HIGH: Style.STRONG})),
    Column("WHERE", least=20, keeps_end=True),
    Column("LOST", is_right=True),
    Column("OPENED", rank=1),
    Column("CLOSED", rank=3, style_of=by_word({OPEN: Style.BAD})),
    Column("MESSAGES", is_right=True),
    Column("STORED AS", rank=2, least=5),
    Column("EVIDENCE", rank=5, falls_below=True),
)


def replay_page(found: Comparison, zone: tzinfo) -> Page:
    """The incidents as a log: the newest is the last line."""
    rows = [_row(one, found, zone) for one in reversed(found.replayed.incidents)]
    first, last = values.moment(found.since, zone), values.moment(found.until, zone)
    polls = values.counted(found.replayed.polls, "poll")
    head = Line(f"{polls} from {first} to {last}, rules of {values.words(str(found.rules))}")
    return Page((head,), (Sheet(f"Incidents: {len(rows)}", _COLUMNS, rows, empty="No incidents."),))


def _row(incident: Incident, found: Comparison, zone: tzinfo) -> tuple[str, ...]:
    lost, now = len(incident.members), found.until
    cause, confidence = cause_of(incident) or (None, None)
    closed_at = incident.closed_at
    stored = found.origins.get(incident.id, ())
    return (
        f"#{incident.id}",
        values.word(incident.extent) if incident.kind is Kind.OUTAGE else kind_words(incident),
        values.word(cause),
        values.word(confidence),
        values.words(where(incident)),
        f"{lost} of {max(lost, sum(incident.of.values()))}" if lost else NOTHING,
        values.clock(incident.opened_at, now, zone),
        OPEN if closed_at is None else values.clock(closed_at, now, zone),
        str(found.replayed.messages.get(incident.id, 0)),
        ", ".join(f"#{name}" for name in stored) or NOTHING,
        values.words(evidence_of(incident)),
    )


def message_lines(found: Comparison, zone: tzinfo) -> Iterator[str]:
    """Every message that would have been sent, each under a line that says when and to whom."""
    for one in found.replayed.sendings:
        for text in one.texts:
            yield f"──── {values.moment(one.at, zone)} to {safe(one.recipient)}\n"
            yield from (f"{safe(line)}\n" for line in text.splitlines())
            yield "\n"


def totals_line(found: Comparison) -> str:
    """How many messages, to how many, and how many there were."""
    incidents = values.counted(len(found.replayed.incidents), "incident")
    return (
        f"{incidents}, as stored: {found.stored_incidents}; "
        f"{_messages(found)}, as stored: {found.stored_messages}"
    )


def _messages(found: Comparison) -> str:
    if not found.is_telling:
        return "no messages (WhatsApp is not enabled)"
    text = values.counted(found.messages, "message")
    if not found.counts:
        return text
    busiest, most = found.counts[0]
    text += f" to {values.counted(len(found.counts), 'recipient')}"
    return f"{text} (busiest: {busiest} with {most})" if len(found.counts) > 1 else text

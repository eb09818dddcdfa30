"""`incidents`, `silence` and `ack`: what stands in which column, and in which line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from eponctl.commands.ack import Acknowledged
from eponctl.commands.incidents import Found
from eponctl.incidents.records import Confidence, Extent, Incident
from eponctl.render import values
from eponctl.render.sheet import NOTHING, Column, Page, Sheet, Style, by_word
from eponctl.views.incidents import cause_of, evidence_of, kind_words, lasted_s, where
from eponctl.views.silences import Silenced

OPEN, ACKED, CLOSED = "open", "acked", "closed"
STATES = by_word({OPEN: Style.BAD, ACKED: Style.WARN, CLOSED: Style.GOOD})
_CLASSES = by_word(
    {
        values.word(extent): Style.PLAIN if extent is Extent.SINGLE else Style.BAD
        for extent in Extent
    }
)
_CONFIDENCES = by_word({Confidence.HIGH: Style.STRONG, Confidence.LOW: Style.FAINT})


def _strong(_: str) -> Style:
    return Style.STRONG


_INCIDENT_COLUMNS = (
    Column("ID", style_of=_strong),
    Column("CLASS", style_of=_CLASSES),
    Column("CAUSE"),
    Column("CONFIDENCE", rank=3, style_of=_CONFIDENCES),
    Column("WHERE", least=20, keeps_end=True),
    Column("LOST", is_right=True),
    Column("BACK", rank=1, is_right=True),
    Column("STATE", style_of=STATES),
    Column("FOR", rank=2, is_right=True),
    Column("SINCE", rank=4),
    Column("TOLD", rank=6),
    Column("EVIDENCE", rank=5, falls_below=True),
)


def incidents_page(found: Found, *, is_open_only: bool, now: int, zone: tzinfo) -> Page:
    """Incidents given newest first, as a log: the newest is the last line."""
    rows = [
        _incident(one, found.told_at.get(one.id), now, zone) for one in reversed(found.incidents)
    ]
    empty = "No open incidents." if is_open_only else "No incidents."
    return Page((), (Sheet(f"Incidents: {len(rows)}", _INCIDENT_COLUMNS, rows, empty=empty),))


def _incident(incident: Incident, told_at: int | None, now: int, zone: tzinfo) -> tuple[str, ...]:
    lost = len(incident.members)
    cause, confidence = cause_of(incident) or (None, None)
    return (
        f"#{incident.id}",
        values.word(incident.extent),
        values.word(cause),
        values.word(confidence),
        values.words(where(incident)),
        f"{lost} of {max(lost, sum(incident.of.values()))}" if lost else NOTHING,
        str(incident.restored) if lost else NOTHING,
        state_of(incident),
        values.seconds(lasted_s(incident, now)),
        values.moment(incident.opened_at, zone),
        values.moment(told_at, zone),
        values.words(evidence_of(incident)),
    )


def state_of(incident: Incident) -> str:
    """Whether it goes on, and whether somebody took it on."""
    if not incident.is_open:
        return CLOSED
    return OPEN if incident.acked_at is None else ACKED


# --- silences ---------------------------------------------------------------------------------

_SILENCE_COLUMNS = (
    Column("ID", is_right=True),
    Column("TARGET", style_of=_strong),
    Column("ONUS", is_right=True),
    Column("UNTIL"),
    Column("LEFT", is_right=True),
    Column("WHY", least=12),
    Column("SINCE", rank=1),
)


def silences_page(silences: Sequence[Silenced], now: int, zone: tzinfo) -> Page:
    """What is silenced now, in the order given."""
    rows = [
        (
            str(one.silence.id),
            values.words(one.silence.target),
            str(one.onus),
            values.moment(one.silence.until_at, zone),
            values.seconds(one.silence.until_at - now),
            values.words(one.silence.why),
            values.moment(one.silence.from_at, zone),
        )
        for one in silences
    ]
    sheet = Sheet(f"Silences: {len(rows)}", _SILENCE_COLUMNS, rows, empty="Nothing is silenced.")
    return Page((), (sheet,))


def silenced_line(silenced: Silenced, now: int, zone: tzinfo) -> str:
    """What was silenced, and until when: `OLT-1:0/1: 64 ONUs, until 14:30`."""
    what = ", ".join(_counts(silenced))
    until = values.clock(silenced.silence.until_at, now, zone)
    return f"{values.words(silenced.silence.target)}: {what}, until {until}"


def _counts(silenced: Silenced) -> Iterator[str]:
    if silenced.olts:
        yield values.counted(silenced.olts, "OLT")
    yield values.counted(silenced.onus, "ONU")


# --- acknowledging ----------------------------------------------------------------------------


def acked_line(acked: Acknowledged, zone: tzinfo) -> str:
    """What came of acknowledging an incident."""
    incident = acked.incident
    name = f"#{incident.id}"
    if acked.asked != incident.id:
        name = f"#{acked.asked} became part of {name}"
    if incident.closed_at is not None:
        return f"{name}: is over since {values.moment(incident.closed_at, zone)}; nothing to do"
    if acked.was_before:
        return f"{name}: was acknowledged at {values.moment(incident.acked_at, zone)}"
    what = f"{kind_words(incident)}, {where(incident)}"
    return f"{name}: acknowledged ({what}); no reminders, only its end is told"

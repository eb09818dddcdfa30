"""One message in place of many: a line each of what is most urgent, as many as fit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from eponctl.incidents.records import Kind
from eponctl.messages.changes import change_line
from eponctl.messages.outages import ENDS, incident_view, olts_of
from eponctl.messages.pieces import is_of_several, olt_view, onu_views, reminder
from eponctl.messages.split import room
from eponctl.messages.templates import Texts
from eponctl.messages.text import neutral, units
from eponctl.messages.views import ID_LIMIT, Occasion
from eponctl.telling.records import Bulletin, Item, Stage

_GAP = "\n\n"


class _Part(NamedTuple):
    """Lines of one sort, in order, of `number` in all; `more` makes a line of how many are left."""

    name: str
    lines: tuple[str, ...]
    number: int
    more: Callable[[int], str]


def digest(head: str, bulletin: Bulletin, tail: str, occasion: Occasion, limit: int) -> str:
    """Return a bulletin as one text of at most `limit` UTF-16 units, between `head` and `tail`.

    Troubles first, by urgency; then what has ended; then changes. What is left out is counted,
    with the command that lists it.

    Raises ValueError when `limit` leaves no room for head and tail.
    """
    most = room(limit)
    parts = _parts(bulletin, occasion, most)
    texts = Texts(occasion.language, "bulletin")
    counts = [(part.name, part.number) for part in parts if part.number]
    whole = _joined(_GAP, head, texts("digest_heading", counts) if counts else "")
    for shown in range(sum(len(part.lines) for part in parts), -1, -1):
        text = _joined(_GAP, whole, *_shown(parts, shown), tail)
        if units(text) <= most:
            return text
    message = "head and tail leave no room for a digest"
    raise ValueError(message)


def _parts(bulletin: Bulletin, occasion: Occasion, most: int) -> list[_Part]:
    """Return troubles, ends and changes, with no more lines of each than could ever fit."""
    texts = Texts(occasion.language, "bulletin")
    items = sorted(bulletin.items, key=_urgency)
    troubles = [item for item in items if item.stage not in ENDS]
    ends = [item for item in items if item.stage in ENDS]
    has_olt = len(olts_in(bulletin)) > 1
    item_lines = [
        _fitting((_line(item, occasion, has_olt=has_olt) for item in chosen), most)
        for chosen in (troubles, ends)
    ]
    notes = (
        change_line(note, occasion, olt=neutral(note.olt_id, ID_LIMIT) if has_olt else "")
        for note in bulletin.notes
    )
    return [
        _Part(
            "troubles", item_lines[0], len(troubles), lambda count: texts("more_troubles", count)
        ),
        _Part("ends", item_lines[1], len(ends), lambda count: texts("more_ends", count)),
        _Part(
            "changes",
            _fitting(notes, most),
            len(bulletin.notes),
            lambda count: texts("more_changes", count),
        ),
    ]


def olts_in(bulletin: Bulletin) -> frozenset[str]:
    """Return the ids of all OLTs that a bulletin is about."""
    named = [olt_id for item in bulletin.items for olt_id in olts_of(item.incident)]
    return frozenset([*named, *(note.olt_id for note in bulletin.notes)])


def _fitting(lines: Iterable[str], most: int) -> tuple[str, ...]:
    found, size = [], 0
    for line in lines:
        size += units(line) + 1
        if size > most:
            break
        found.append(line)
    return tuple(found)


def _shown(parts: Sequence[_Part], shown: int) -> list[str]:
    """Return the first `shown` lines of all, each sort a block, with what is left out counted."""
    blocks = []
    for part in parts:
        lines = list(part.lines[:shown])
        shown -= len(lines)
        if len(lines) < part.number:
            lines.append(part.more(part.number - len(lines)))
        blocks.append("\n".join(lines))
    return blocks


def _joined(gap: str, *texts: str) -> str:
    return gap.join(text for text in texts if text)


def _urgency(item: Item) -> tuple[int, bool, int, int]:
    incident = item.incident
    is_known = item.stage is Stage.REMINDER
    return incident.priority.rank, is_known, -incident.extent.rank, incident.opened_at


def _line(item: Item, occasion: Occasion, *, has_olt: bool) -> str:
    """Return an incident as one line; `has_olt` where it must say on which OLT."""
    incident, stage = item
    olts = olts_of(incident)
    olt = neutral(olts[0], ID_LIMIT) if has_olt and len(olts) == 1 else ""
    if incident.kind is Kind.OLT:
        return Texts(occasion.language, "onu")("olt_line", olt_view(incident, stage, occasion), olt)
    texts = Texts(occasion.language, "incident")
    if stage is Stage.REMINDER:
        return texts("reminder_line", *reminder(incident, occasion), olt)
    if is_of_several(incident):
        return texts("line", incident_view(item, occasion), olt)
    first, *others = onu_views(item, occasion)
    label = f"{first.label} (+{len(others)})" if others else first.label
    view = first._replace(label=f"{olt} · {label}" if olt else label)
    return Texts(occasion.language, "onu")("line", view)

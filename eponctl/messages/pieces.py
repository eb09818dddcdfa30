"""Items of a bulletin as blocks under their headings, the most urgent first. Pure.

Knows which stage of which incident has which block; what stands in it is members' and outages'.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from eponctl.incidents.records import Extent, Incident, Kind
from eponctl.messages.members import (
    OnuView,
    end_view,
    newest,
    trouble_view,
    trouble_word,
    word_emoji,
)
from eponctl.messages.outages import (
    ENDS,
    IncidentView,
    incident_view,
    names_of,
    olts_of,
    since,
)
from eponctl.messages.split import Group
from eponctl.messages.templates import Texts
from eponctl.messages.text import duration, moment, neutral
from eponctl.messages.views import DETAIL_LIMIT, Occasion, olt_name
from eponctl.telling.records import Item, Stage

CROWD = 3
"""So many ONUs under one heading are told in a line each."""

_BLOCKS: Mapping[str, str] = {
    "flapping": "flapping",
    "recovered": "recovery",
    "signal_ok": "signal_recovery",
    "temperature_ok": "temperature_recovery",
    "stable": "stable",
    "removed": "gone",
    "disabled": "gone",
    "accepted": "accepted",
    "passed_on": "line",
}
_SHARED = frozenset({Kind.OUTAGE, Kind.SIGNAL, Kind.HEAT, Kind.FLAPPING})

OLT, TROUBLE, REMINDER, CHANGE, END = range(5)
"""The order of what is told of one OLT."""


class OltView(NamedTuple):
    """An OLT's own incident: it does not answer, or (then `lasted` is set) answers again.

    `is_removed`: nobody asks it any more.
    """

    id: str
    name: str
    priority: str
    error: str
    since: str
    since_clock: str
    at: str
    lasted: str
    is_removed: bool


class _Piece(NamedTuple):
    """What one block says; `rank` is its place, `heading` the key of what stands above it."""

    rank: tuple[int, int, int]
    template: str
    heading: str
    macro: str
    views: tuple[object, ...]


def groups(items: Iterable[Item], occasion: Occasion) -> Iterator[tuple[int, Group]]:
    """Yield blocks under their headings, in their order, each group with its stage."""
    by_heading: defaultdict[tuple[int, str], list[_Piece]] = defaultdict(list)
    pieces = [piece for item in items for piece in _pieces(item, occasion)]
    for piece in sorted(pieces, key=_rank):
        heading = Texts(occasion.language, piece.template)("heading", piece.heading)
        by_heading[piece.rank[0], heading].append(piece)
    for (stage, heading), under in by_heading.items():
        for group in _groups(heading, under, occasion):
            yield stage, group


def is_of_several(incident: Incident) -> bool:
    """Whether an incident is told as one block, not as one of each ONU."""
    return incident.kind in _SHARED and incident.extent is not Extent.SINGLE


def olt_view(incident: Incident, stage: Stage, occasion: Occasion) -> OltView:
    """Return an OLT's own incident; it is unreachable since the first poll that failed."""
    now, zone = occasion.now, occasion.zone
    olt_id = next(iter(olts_of(incident)), "")
    olt = occasion.olts.get(olt_id)
    closed_at = now if incident.closed_at is None else incident.closed_at
    return OltView(
        id=incident.id,
        name=olt_name(olt) if olt else neutral(olt_id),
        priority=incident.priority.value.upper(),
        error=neutral(incident.detail or "", DETAIL_LIMIT),
        since=moment(incident.opened_at, zone),
        since_clock=" - ".join(filter(None, since(incident, occasion))),
        at=moment(closed_at, zone),
        lasted=duration(closed_at - incident.opened_at) if stage in ENDS else "",
        is_removed=olt is None,
    )


def reminder(incident: Incident, occasion: Occasion) -> tuple[IncidentView, str]:
    """Return what is open still, and the names of one or two ONUs; empty where there are more."""
    view = incident_view(Item(incident, Stage.REMINDER), occasion)
    members = incident.standing or incident.members
    if is_of_several(incident) or not members:
        return view, ""
    return view._replace(sign=word_emoji(trouble_word(members[0], incident))), names_of(members)


def _pieces(item: Item, occasion: Occasion) -> Iterator[_Piece]:
    incident, stage = item
    if incident.kind is Kind.OLT:
        view = olt_view(incident, stage, occasion)
        what = "olt_unreachable"
        if view.lasted:
            what = "olt_removed" if view.is_removed else "olt_recovered"
        yield _Piece((OLT, 0, 0), "onu", what, what, (view,))
    elif stage is Stage.REMINDER:
        rank = REMINDER, incident.priority.rank, 0
        yield _Piece(rank, "incident", "reminder", "reminder", reminder(incident, occasion))
    elif is_of_several(incident):
        whole = incident_view(item, occasion)
        macro = {Stage.HALF: "half", Stage.CLOSED: "closing"}.get(stage, "body")
        rank = END if stage in ENDS else TROUBLE, incident.priority.rank, 0
        yield _Piece(rank, "incident", _heading(incident, stage, whole), macro, (whole,))
    else:
        for onu in onu_views(item, occasion):
            rank = END if stage in ENDS else TROUBLE, onu.priority.rank, 1
            yield _Piece(rank, "onu", onu.what, _BLOCKS.get(onu.what, "trouble"), (onu,))


def onu_views(item: Item, occasion: Occasion) -> list[OnuView]:
    """Return each ONU of an incident of one or two that a message is about."""
    incident, stage = item
    if stage in ENDS:
        members = [one for one in incident.members if stage is Stage.CLOSED or not one.is_open]
        return [end_view(member, incident, occasion) for member in members or incident.members]
    told, total = occasion.told.get(incident.id), len(incident.members)
    if stage is not Stage.GREW or told is None or told.onus >= total:
        return [trouble_view(member, incident, occasion) for member in incident.members]
    return [
        trouble_view(member, incident, occasion)._replace(known=told.onus, total=total)
        for member in newest(incident.members, told.onus)
    ]


def _heading(incident: Incident, stage: Stage, whole: IncidentView) -> str:
    if whole.is_accepted:
        return "signal_accepted"
    return whole.kind if stage is Stage.OPENED else f"{incident.kind}_{stage}"


def _groups(heading: str, pieces: Sequence[_Piece], occasion: Occasion) -> Iterator[Group]:
    """Yield what stands under one heading: blocks, but a line each where there are many ONUs."""
    texts = Texts(occasion.language, "onu")
    onus = [piece for piece in pieces if isinstance(piece.views[0], OnuView)]
    crowd = onus if len(onus) >= CROWD else []
    blocks = tuple(
        Texts(occasion.language, piece.template)(piece.macro, *piece.views)
        for piece in pieces
        if not (crowd and isinstance(piece.views[0], OnuView))
    )
    if blocks:
        yield Group(heading, blocks)
    if crowd:
        lines = tuple(texts("line", *piece.views) for piece in crowd)
        yield Group(texts("crowd_heading", heading, len(lines)), lines, gap="\n")


def _rank(piece: _Piece) -> tuple[int, int, int]:
    return piece.rank

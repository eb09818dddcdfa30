"""How far the news of an event got: in messages that name it, or that tell of its incident."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, cast

from peewee import chunked

from eponctl.model import EventKind
from eponctl.store.outboxrows import SUMMARY, State
from eponctl.store.schema import (
    AlertRow,
    IncidentRow,
    MessageAlertRow,
    MessageIncidentRow,
    MessageRow,
)
from eponctl.telling.records import Stage

_CHUNK = 500  # values in one statement
_WORST_FIRST = ("failed", "queued", "merged", "sent")
_WORDS = {
    State.DEAD: "failed",
    State.UNSURE: "failed",
    State.QUEUED: "queued",
    State.SENT: "sent",
}
_ENDS = frozenset(
    {
        EventKind.RECOVERED,
        EventKind.SIGNAL_OK,
        EventKind.TEMPERATURE_OK,
        EventKind.OLT_RECOVERED,
    }
)
_STAGES_OF_ENDS = frozenset({Stage.HALF, Stage.CLOSED})


def delivery_of(alert_ids: Iterable[int]) -> dict[int, str]:
    """How far the messages about each event got; an event that no message tells of is left out.

    `failed` (refused for good, or unclear), `queued`, `merged` (told in a summary that was sent),
    `sent`. Of the messages that name the event the worst counts. Of those that tell of its incident
    (of its end, where the event is one) whatever got farthest to each recipient, and of that the
    worst. What another message took the place of does not count: that one does.
    """
    words: dict[int, str] = {}
    for some in chunked(sorted(set(alert_ids)), _CHUNK):
        for alert_id, told in (*_by_name(some).items(), *_by_incident(some).items()):
            words[alert_id] = _worst({told, words.get(alert_id, "sent")})
    return words


def _worst(words: Iterable[str]) -> str:
    return min(words, key=_WORST_FIRST.index)


def _word(state: str, kind: str) -> str:
    return "merged" if kind == SUMMARY and state == State.SENT else _WORDS[State(state)]


_IS_LIVE = MessageRow.state != State.MERGED


def _by_name(alert_ids: list[int]) -> dict[int, str]:
    query = (
        MessageAlertRow.select(MessageAlertRow.alert, MessageRow.state, MessageRow.kind)
        .join(MessageRow)
        .where(MessageAlertRow.alert.in_(alert_ids), _IS_LIVE)
    )
    words: dict[int, set[str]] = {}
    for alert_id, state, kind in cast(Iterable[tuple[int, str, str]], query.tuples()):
        words.setdefault(alert_id, set()).add(_word(state, kind))
    return {alert_id: _worst(found) for alert_id, found in words.items()}


class _Link(NamedTuple):
    recipient: str
    is_end: bool
    word: str


def _by_incident(alert_ids: list[int]) -> dict[int, str]:
    query = AlertRow.select(AlertRow.id, AlertRow.incident, AlertRow.kind).where(
        AlertRow.id.in_(alert_ids), AlertRow.incident.is_null(is_null=False)
    )
    events = list(cast(Iterable[tuple[int, str, str]], query.tuples()))
    lines = _lines({incident for _, incident, _ in events})
    links = _links({name for line in lines.values() for name in line})
    found: dict[int, str] = {}
    for alert_id, incident, kind in events:
        is_end = kind in _ENDS
        best: dict[str, str] = {}
        for link in (link for name in lines[incident] for link in links.get(name, ())):
            if link.is_end is is_end:
                words = (link.word, best.get(link.recipient, link.word))
                best[link.recipient] = max(words, key=_WORST_FIRST.index)
        if best:
            found[alert_id] = _worst(best.values())
    return found


def _lines(incident_ids: set[str]) -> dict[str, set[str]]:
    """Each incident, with those that it became part of, one after the other."""
    parents: dict[str, str | None] = {}
    unknown = set(incident_ids)
    while unknown:
        parents.update(dict.fromkeys(unknown))
        for some in chunked(sorted(unknown), _CHUNK):
            query = IncidentRow.select(IncidentRow.id, IncidentRow.merged_into).where(
                IncidentRow.id.in_(some)
            )
            parents.update(cast(Iterable[tuple[str, str | None]], query.tuples()))
        unknown = {parent for parent in parents.values() if parent} - set(parents)
    lines: dict[str, set[str]] = {}
    for incident_id in incident_ids:
        line, name = set[str](), cast(str | None, incident_id)
        while name and name not in line:
            line.add(name)
            name = parents[name]
        lines[incident_id] = line
    return lines


def _links(incident_ids: set[str]) -> dict[str, list[_Link]]:
    links: dict[str, list[_Link]] = {}
    for some in chunked(sorted(incident_ids), _CHUNK):
        query = (
            MessageIncidentRow.select(
                MessageIncidentRow.incident,
                MessageIncidentRow.stage,
                MessageRow.recipient,
                MessageRow.state,
                MessageRow.kind,
            )
            .join(MessageRow)
            .where(MessageIncidentRow.incident.in_(some), _IS_LIVE)
        )
        rows = cast(Iterable[tuple[str, str, str, str, str]], query.tuples())
        for incident, stage, recipient, state, kind in rows:
            link = _Link(recipient, stage in _STAGES_OF_ENDS, _word(state, kind))
            links.setdefault(incident, []).append(link)
    return links

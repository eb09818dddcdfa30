"""The alert: what is new on each OLT, as the texts of one or more messages. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from eponctl.messages.split import LIMIT, Group, Section, pack
from eponctl.messages.templates import Texts
from eponctl.messages.text import moment, neutral
from eponctl.messages.views import (
    ENDS,
    ID_LIMIT,
    LOST,
    Limits,
    OltView,
    OnuView,
    kind_sign,
    kind_word,
    olt_name,
    olt_view,
    onu_view,
    word_sign,
)
from eponctl.model import Event, EventKind, OltSummary

CROWD = 3
"""So many ONUs of one kind on one PON are told in a line each."""
MAX_LINES = 20
"""So many lines at most; the others are counted."""

_KINDS = {kind: place for place, kind in enumerate(EventKind)}
_BLOCKS: Mapping[EventKind, str] = {
    EventKind.DOWN: "trouble",
    EventKind.PWRDOWN: "trouble",
    EventKind.LOOP: "trouble",
    EventKind.AUTH_FAILED: "trouble",
    EventKind.RECOVERED: "recovery",
    EventKind.WEAK_SIGNAL: "trouble",
    EventKind.OVERLOAD: "trouble",
    EventKind.SIGNAL_OK: "signal_recovery",
    EventKind.HIGH_TEMPERATURE: "trouble",
    EventKind.TEMPERATURE_OK: "temperature_recovery",
    EventKind.REGISTERED: "change",
    EventKind.REMOVED: "removal",
    EventKind.MOVED: "move",
    EventKind.RENAMED: "renaming",
    EventKind.RESTARTED: "change",
    EventKind.OLT_UNREACHABLE: "olt_unreachable",
    EventKind.OLT_RECOVERED: "olt_recovery",
}
_LINES: Mapping[EventKind, str] = {
    EventKind.DOWN: "status_line",
    EventKind.PWRDOWN: "status_line",
    EventKind.LOOP: "status_line",
    EventKind.AUTH_FAILED: "status_line",
    EventKind.RECOVERED: "recovery_line",
    EventKind.WEAK_SIGNAL: "signal_line",
    EventKind.OVERLOAD: "signal_line",
    EventKind.SIGNAL_OK: "signal_line",
    EventKind.HIGH_TEMPERATURE: "temperature_line",
    EventKind.TEMPERATURE_OK: "temperature_line",
    EventKind.REGISTERED: "mac_line",
    EventKind.REMOVED: "mac_line",
    EventKind.MOVED: "move_line",
    EventKind.RENAMED: "renaming_line",
    EventKind.RESTARTED: "mac_line",
}


@dataclass(frozen=True, slots=True)
class OltNews:
    """What is new on one OLT, and how it stands now."""

    summary: OltSummary
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What every block of one alert needs to know besides its event."""

    texts: Texts
    limits: Limits
    zone: tzinfo
    olt: OltSummary


def alert(
    sections: Sequence[OltNews],
    *,
    now: int,
    zone: tzinfo,
    language: str,
    olts: int,
    limits: Limits,
    limit: int = LIMIT,
) -> list[str]:
    """Return the alert's parts, each at most `limit` UTF-16 units; none where nothing is new.

    `sections` in the order of the configuration; `olts` is how many are monitored. Within an OLT:
    its own events, then trouble by priority, then changes, then what has ended.

    Raises ValueError for a language without templates, or a limit under split.MIN_LIMIT.
    """
    texts = Texts(language, "alert")
    parts = [
        _section(news.events, _Occasion(texts, limits, zone, news.summary))
        for news in sections
        if news.events
    ]
    if not parts:
        return []
    time = moment(now, zone)
    return pack(texts("head", time, olts), parts, again=texts("head_again", time), limit=limit)


def _section(events: Sequence[Event], occasion: _Occasion) -> Section:
    olt, texts = occasion.olt, occasion.texts
    names = neutral(olt_name(olt).upper()), neutral(olt.olt_id)
    if olt.unreachable_since is None:
        counts = [(word_sign(word), word, count) for word, count in olt.problems.items() if count]
        total = sum(count for _, _, count in counts)
        head = texts("section", *names, total, counts)
    else:
        head = texts("unreachable_section", *names)
    groups = tuple(group for _, group in sorted(_groups(events, occasion), key=_place))
    return Section(head, groups, again=texts("section_again", *names))


def _place(placed: tuple[tuple[int, ...], Group]) -> tuple[int, ...]:
    return placed[0]


def _groups(
    events: Iterable[Event], occasion: _Occasion
) -> Iterator[tuple[tuple[int, ...], Group]]:
    """Yield each crowd, and each kind's heading with its blocks, with its place in the section."""
    by_kind: defaultdict[EventKind, list[Event]] = defaultdict(list)
    for (_, pon), members in _gathered(events).items():
        if pon and len(members) >= CROWD:  # "" where the id names no PON
            yield _rank(members), _crowd(members, pon, occasion)
        else:
            for event in members:
                by_kind[event.kind].append(event)
    for kind, members in by_kind.items():
        blocks = [
            occasion.texts(_BLOCKS[kind], _view(event, occasion))
            for event in _urgent_first(members)
        ]
        yield _rank(members), Group(occasion.texts("heading", kind.value), tuple(blocks))


def _gathered(events: Iterable[Event]) -> dict[tuple[str, str | None], list[Event]]:
    """Return the events by kind and PON, all ways of being lost counting as one kind."""
    gathered: defaultdict[tuple[str, str | None], list[Event]] = defaultdict(list)
    for event in events:
        kind = "lost" if event.kind in LOST else event.kind.value
        gathered[kind, event.onu.pon if event.onu else None].append(event)
    return gathered


def _rank(events: Sequence[Event]) -> tuple[int, ...]:
    """Return a group's place: OLT events first, ends last, else by the highest priority.

    An end carries the priority of what it ended, which says how good the news is, not how urgent.
    """
    first = _urgent_first(events)[0]
    stage = 0 if first.onu is None else 2 if first.kind in ENDS else 1
    return stage, first.priority.rank, min(_KINDS[event.kind] for event in events)


def _urgent_first(events: Sequence[Event]) -> list[Event]:
    return sorted(events, key=_priority_rank)


def _priority_rank(event: Event) -> int:
    return event.priority.rank


def _view(event: Event, occasion: _Occasion) -> OnuView | OltView:
    if event.onu is None:
        return olt_view(event, occasion.olt, occasion.zone)
    return onu_view(event, event.onu, occasion.limits, occasion.zone)


def _crowd(events: Sequence[Event], pon: str, occasion: _Occasion) -> Group:
    """Return three or more ONUs of one PON as one block: how many, then a line each."""
    texts = occasion.texts
    lines = [
        texts(_LINES[event.kind], _view(event, occasion))
        for event in _urgent_first(events)[:MAX_LINES]
    ]
    if len(events) > MAX_LINES:
        lines.append(texts("more", len(events) - MAX_LINES))
    return Group(_crowd_heading(events, pon, texts), ("\n".join(lines),))


def _crowd_heading(events: Sequence[Event], pon: str, texts: Texts) -> str:
    kind, where = events[0].kind, neutral(pon, ID_LIMIT)
    if kind not in LOST:
        return texts("crowd_heading", kind.value, len(events), where)
    counted = Counter(event.kind for event in events)
    counts = [(kind_sign(lost), kind_word(lost), counted[lost]) for lost in LOST if counted[lost]]
    return texts("lost_heading", len(events), where, counts)

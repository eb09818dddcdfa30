"""Messages about messages: what could not be delivered, what may come twice, a first try. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from eponctl.messages.split import LIMIT
from eponctl.messages.templates import Language, Texts
from eponctl.messages.text import clip, moment, neutral, units
from eponctl.messages.views import kind_sign, kind_word
from eponctl.model import EventKind

MAX_NAMES = 20

_COUNTER = re.compile(r"\n+\(\d+/\d+\)$")


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that grew too old to be sent one by one.

    `count` is how many, `reports` how many of them were reports; `first_at` and `last_at` (UTC
    seconds) when the oldest and the newest was made. `names` are the ONUs that they told of, `olts`
    the ids of the OLTs, and `incidents` of the incidents. `is_unsure`: the gateway may have taken
    them.
    """

    count: int
    first_at: int
    last_at: int
    kinds: Mapping[EventKind, int]
    names: Sequence[str]
    reports: int = 0
    olts: Sequence[str] = ()
    incidents: Sequence[str] = ()
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class _BacklogView:
    time: str
    count: int
    reports: int
    first: str
    last: str
    events: int
    kinds: list[tuple[str, str, int]]
    olts: list[str]
    names: list[str]
    others: int
    incidents: list[str]
    is_unsure: bool


def backlog_summary(backlog: Backlog, *, now: int, zone: tzinfo, language: Language) -> str:
    """Return the one message that goes out in place of many; names once each, at most 20."""
    names = list(dict.fromkeys(name for text in backlog.names if (name := neutral(text))))
    counts = [(kind, count) for kind in EventKind if (count := backlog.kinds.get(kind, 0))]
    view = _BacklogView(
        time=moment(now, zone),
        count=backlog.count,
        reports=backlog.reports,
        first=moment(backlog.first_at, zone),
        last=moment(backlog.last_at, zone),
        events=sum(count for _, count in counts),
        kinds=[(kind_sign(kind), kind_word(kind), count) for kind, count in counts],
        olts=list(dict.fromkeys(backlog.olts))[:MAX_NAMES],
        names=names[:MAX_NAMES],
        others=max(0, len(names) - MAX_NAMES),
        incidents=list(dict.fromkeys(backlog.incidents))[-MAX_NAMES:],
        is_unsure=backlog.is_unsure,
    )
    return Texts(language, "notes")("backlog", view)


def repeat_marked(text: str, language: Language, *, limit: int = LIMIT) -> str:
    """Return a text with the mark of a possible repeat, once, on a line of its own at the end.

    A counter like `(1/2)` stays the last line. The texts of this package leave room for the mark;
    any other text is cut where it would not fit.
    """
    mark = "\n" + Texts(language, "notes")("repeat")
    counter = _COUNTER.search(text)
    tail = counter[0] if counter else ""
    body = text.removesuffix(tail)
    if body.endswith(mark):
        return text
    return clip(body, limit - units(mark + tail)) + mark + tail


def test_message(*, now: int, zone: tzinfo, language: Language, olts: int) -> str:
    """Return what `eponctl whatsapp test` sends."""
    return Texts(language, "notes")("test", moment(now, zone), olts)

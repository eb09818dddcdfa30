"""All that one recipient is told at a time, as the texts of one or more messages. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType

from eponctl.incidents.records import Ending, Kind
from eponctl.messages.changes import changes_group
from eponctl.messages.digests import digest, olts_in
from eponctl.messages.outages import olts_of
from eponctl.messages.pieces import CHANGE, groups, is_of_several
from eponctl.messages.split import LIMIT, Group, Section, pack
from eponctl.messages.templates import Language, Texts
from eponctl.messages.text import clock, moment, neutral, span, units
from eponctl.messages.views import Limits, Occasion, olt_name, word_sign
from eponctl.model import EventKind, OltSummary
from eponctl.telling.records import Bulletin, Item, Note, Stage, Told

SHORT = 1500
"""Units of a message that one reads on a phone without losing the thread."""


def bulletin(
    bulletin: Bulletin,
    summaries: Mapping[str, OltSummary],
    *,
    now: int,
    zone: tzinfo,
    language: Language,
    olts: int,
    limits: Limits,
    told: Mapping[str, Told] = MappingProxyType({}),
    limit: int = LIMIT,
) -> list[str]:
    """Return the bulletin's parts, each at most `limit` UTF-16 units; none of an empty one.

    `summaries` in the order of the configuration; `olts` is how many are monitored; `told` is what
    this recipient was told before, by incident id. What is about several OLTs stands before their
    sections. Within an OLT: its own incidents, then trouble by priority, then changes, then what
    has ended. A digest is always one part: a line for each of the most urgent, the rest counted,
    unless all of it is SHORT.

    Raises ValueError for a language without templates, or a limit under split.MIN_LIMIT.
    """
    occasion = Occasion(language, limits, now, zone, summaries, told)
    texts = Texts(language, "bulletin")
    has_news = bool(bulletin.items or bulletin.notes or any(bulletin.passed.values()))
    if not has_news and bulletin.gap is None:
        return []
    time = moment(now, zone)
    lines = _circumstances(bulletin, occasion, has_news=has_news)
    head = "\n".join([texts("head", time, olts), *lines])
    tail = _passed(bulletin.passed, texts)
    sections = [*_areas(bulletin.items, occasion), *_sections(bulletin, occasion)]
    if tail:
        sections.append(Section("", (Group("", (tail,)),)))
    parts = pack(head, sections, again=texts("head_again", time), limit=limit)
    if not bulletin.is_digest or _is_short(parts, bulletin):
        return parts
    return [digest(_with_olt(head, bulletin, occasion), bulletin, tail, occasion, limit)]


def _is_short(parts: Sequence[str], bulletin: Bulletin) -> bool:
    """Whether a digest needs to leave nothing out: a verdict is worth its evidence.

    What a night has held is a list all the same.
    """
    return bulletin.quiet is None and len(parts) == 1 and units(parts[0]) <= SHORT


def _circumstances(bulletin: Bulletin, occasion: Occasion, *, has_news: bool) -> list[str]:
    """Return the lines that say why all of this is told now."""
    texts, now, zone = Texts(occasion.language, "bulletin"), occasion.now, occasion.zone
    lines = []
    if bulletin.quiet:
        # The hours come every day; their dates would say nothing.
        first, last = (clock(at, at, zone) for at in bulletin.quiet)
        lines.append(texts("quiet", first, last))
    if bulletin.gap:
        lines.append(texts("gap", *span(*bulletin.gap, now, zone), has_news))
    return lines


def _passed(passed: Mapping[Kind, int], texts: Texts) -> str:
    counts = [(kind.value, count) for kind in Kind if (count := passed.get(kind, 0))]
    return texts("passed", counts) if counts else ""


def _with_olt(head: str, bulletin: Bulletin, occasion: Occasion) -> str:
    """Return the head with the OLT's line below, where all of the bulletin is about one OLT."""
    found = list(olts_in(bulletin))
    return head if len(found) != 1 else f"{head}\n\n{_olt_line(found[0], occasion)}"


def _areas(items: Iterable[Item], occasion: Occasion) -> Iterator[Section]:
    several = [item for item in items if len(olts_of(item.incident)) > 1]
    if several:
        yield Section("", tuple(_in_order(groups(several, occasion))))


def _sections(bulletin: Bulletin, occasion: Occasion) -> Iterator[Section]:
    items: defaultdict[str, list[Item]] = defaultdict(list)
    notes: defaultdict[str, list[Note]] = defaultdict(list)
    for item in bulletin.items:
        olt_ids = olts_of(item.incident)
        if len(olt_ids) == 1:
            items[olt_ids[0]].append(item)
    removed = _removed(bulletin.items)
    for note in bulletin.notes:
        if note.kind is not EventKind.REMOVED or (note.olt_id, note.mac) not in removed:
            notes[note.olt_id].append(note)
    # An OLT that was taken out of the configuration has no summary, but may have news.
    for olt_id in dict.fromkeys([*occasion.olts, *items, *notes]):
        found = list(groups(items[olt_id], occasion))
        if notes[olt_id]:
            found.append((CHANGE, changes_group(notes[olt_id], occasion)))
        if found:
            head, again = _section_head(olt_id, occasion), _olt_line(olt_id, occasion)
            yield Section(head, tuple(_in_order(found)), again=again)


def _removed(items: Iterable[Item]) -> set[tuple[str, str | None]]:
    """Return the ONUs whose removal has a block of its own, as the end of their trouble."""
    return {
        (member.olt_id, member.mac)
        for incident, stage in items
        if stage is Stage.CLOSED and not is_of_several(incident)
        for member in incident.members
        if member.ending is Ending.REMOVED
    }


def _in_order(found: Iterable[tuple[int, Group]]) -> Iterator[Group]:
    for _, group in sorted(found, key=_place):
        yield group


def _place(placed: tuple[int, Group]) -> int:
    return placed[0]


def _section_head(olt_id: str, occasion: Occasion) -> str:
    texts, olt = Texts(occasion.language, "bulletin"), occasion.olts.get(olt_id)
    if olt is None:
        return _olt_line(olt_id, occasion)
    if olt.unreachable_since is not None:
        return texts("unreachable_section", *_names(olt))
    counts = [(word_sign(word), word, count) for word, count in olt.problems.items() if count]
    return texts("section", *_names(olt), sum(count for _, _, count in counts), counts)


def _olt_line(olt_id: str, occasion: Occasion) -> str:
    olt = occasion.olts.get(olt_id)
    names = _names(olt) if olt else (neutral(olt_id), "")
    return Texts(occasion.language, "bulletin")("section_again", *names)


def _names(olt: OltSummary) -> tuple[str, str]:
    return neutral(olt_name(olt).upper()), neutral(olt.olt_id)

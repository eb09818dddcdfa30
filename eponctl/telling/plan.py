"""What each recipient is told now: one bulletin of all that is due and that nothing holds. Pure.

    due by ledger and routes -> not in maintenance or silence -> through quiet hours -> within the
    budget -> not beneath something larger -> the bulletin, the most urgent first

What is held leaves no trace: the ledger still lacks it, so it is due again at the next poll. Each
recipient's routes, ledger, budget and digest are its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from eponctl.incidents.records import Incident, Kind
from eponctl.model import Priority
from eponctl.settings import Config
from eponctl.telling.due import due
from eponctl.telling.hush import Cover, cover_of, is_covered
from eponctl.telling.quiet import Hours, hours_of, is_urgent, was_held
from eponctl.telling.records import Bulletin, Item, Note, Stage, Told
from eponctl.telling.routing import ending_for, part_for, recipients

_KEPT_SHARE = 3  # a third of an hour's messages is kept for what is critical


class Situation(NamedTuple):
    """All that the plan depends on, as of `now`.

    `incidents` are the open ones, and the closed ones whose end somebody may still have to be told.
    `told` is by (incident id, recipient); messages that are pending do not count. `notes` wait, by
    recipient. `passed`: (recipient, from, to) to how many incidents came and went untold, by kind.
    `recent` counts the messages that went to each recipient within the last hour. `hushed`: whether
    all of an incident that still counts is in maintenance or silence. `gaps`: the last time without
    polls (from, to), for each recipient that was not told of it. `digested_at`: when each recipient
    last got a quiet time's digest.
    """

    now: int
    incidents: Sequence[Incident]
    told: Mapping[tuple[str, str], Told]
    notes: Mapping[str, Sequence[Note]]
    passed: Callable[[str, int, int], Mapping[Kind, int]]
    recent: Mapping[str, int]
    hushed: Callable[[Incident], bool]
    gaps: Mapping[str, tuple[int, int]]
    digested_at: Mapping[str, int]


def plan(situation: Situation, config: Config) -> list[Bulletin]:
    """A bulletin for each recipient that has something to be told, in the configuration's order."""
    hours = hours_of(config, situation.now)
    found = (
        _bulletin(recipient, situation, config, hours) for recipient in recipients(config.whatsapp)
    )
    return [bulletin for bulletin in found if bulletin]


class _Batch(NamedTuple):
    """What could be told at once."""

    items: tuple[Item, ...] = ()
    notes: tuple[Note, ...] = ()


def _bulletin(
    recipient: str, situation: Situation, config: Config, hours: Hours
) -> Bulletin | None:
    allowed = budget(situation.recent.get(recipient, 0), config.alerts.max_per_hour)
    if allowed.is_spent:
        return None
    items = tuple(_items(recipient, situation, config))
    due_now = _Batch(items, tuple(situation.notes.get(recipient, ())))
    if hours.is_quiet:
        due_now = _Batch(tuple(item for item in items if is_urgent(item, hours)))
    affordable, left = _split(due_now, allowed)
    cover = _cover(recipient, situation, affordable.items)
    batch, left = _uncovered(affordable, cover), _uncovered(left, cover)
    passed = None if allowed.is_critical_only else _digest(recipient, situation, hours, batch)
    if not (batch.items or batch.notes or passed):
        return None
    gap = situation.gaps.get(recipient)
    if gap and not _came_of(gap, batch):
        gap = None
    is_short = allowed.is_last or left != _Batch()
    return Bulletin(
        recipient,
        items=tuple(sorted(batch.items, key=_urgency)),
        notes=batch.notes,
        passed=passed or {},
        gap=gap,
        quiet=None if passed is None else hours.last,
        is_digest=is_short or gap is not None or passed is not None,
    )


def _came_of(gap: tuple[int, int], batch: _Batch) -> bool:
    """Whether any of it was found by the poll that ended the gap."""
    times = [note.at for note in batch.notes]
    for incident in (item.incident for item in batch.items):
        times += [incident.opened_at, incident.grown_at, incident.closed_at or 0]
        times += [member.ended_at or 0 for member in incident.members]
    return any(gap[0] < at <= gap[1] for at in times)


def _urgency(item: Item) -> tuple[bool, int, int, list[str | int], str]:
    """What to sort by: the most urgent first, ends last, then the oldest, then by place."""
    incident = item.incident
    is_end = item.stage is Stage.CLOSED
    place = _place(incident)
    return is_end, incident.priority.rank, incident.opened_at, place, incident.id


def _place(incident: Incident) -> list[str | int]:
    """OLT and ONU of its first member, in an order in which 0/1:10 comes after 0/1:9."""
    first = min(incident.members, key=lambda one: (one.olt_id, one.onu_id), default=None)
    numbers = re.findall(r"\d+", first.onu_id) if first else []
    return ["".join(incident.olt_ids[:1]), *map(int, numbers)]


# --- what is due ---


def _items(recipient: str, situation: Situation, config: Config) -> Iterator[Item]:
    """What the recipient would be told of each incident, were there nothing else to mind."""
    for incident in situation.incidents:
        item = _end_item(recipient, incident, situation, config)
        item = item or _news_item(recipient, incident, situation, config)
        if item and not situation.hushed(item.incident):
            yield item


def _end_item(
    recipient: str, incident: Incident, situation: Situation, config: Config
) -> Item | None:
    """Good news: for whoever was told of the incident, whatever the routes say now."""
    told = situation.told.get((incident.id, recipient))
    if told is None:
        return None
    part = ending_for(recipient, incident, config.whatsapp.routes)
    stage = due(part, told, config.alerts, situation.now)
    return Item(part, stage) if stage in {Stage.CLOSED, Stage.HALF} else None


def _news_item(
    recipient: str, incident: Incident, situation: Situation, config: Config
) -> Item | None:
    """Bad news: for whom the routes let it through, as long as it is bad for their OLTs."""
    part = part_for(recipient, incident, config.whatsapp.routes)
    if part is None:
        return None
    told = situation.told.get((incident.id, recipient))
    stage = due(part, told, config.alerts, situation.now)
    is_over_here = part is not incident and not part.standing
    if stage is None or is_over_here:
        return None
    if stage is Stage.REMINDER and _is_unreachable(part, situation.incidents):
        return None
    return Item(part, stage)


def _is_unreachable(incident: Incident, incidents: Iterable[Incident]) -> bool:
    """Whether none of its OLTs answers: nobody knows whether it goes on."""
    away = {
        olt_id
        for one in incidents
        if one.kind is Kind.OLT and one.is_open
        for olt_id in one.olt_ids
    }
    return away.issuperset(incident.olt_ids)


# --- what is held ---


def _cover(recipient: str, situation: Situation, items: Iterable[Item]) -> Cover:
    """What lies beneath something that the recipient was told of, or is told of now."""
    named = {item.incident.id for item in items}

    def is_known(incident: Incident) -> bool:
        told = situation.told.get((incident.id, recipient))
        return incident.id in named if told is None else not told.is_lost

    return cover_of(situation.incidents, is_known)


def _uncovered(batch: _Batch, cover: Cover) -> _Batch:
    items = tuple(item for item in batch.items if not is_covered(item.incident, cover))
    return batch._replace(items=items)


class Budget(NamedTuple):
    """What is left of an hour's messages: nothing, some for what is critical, one before less."""

    is_spent: bool
    is_critical_only: bool
    is_last: bool


def budget(used: int, most: int) -> Budget:
    """What is left for a recipient that got `used` of `most` messages within the hour."""
    usual = most - most // _KEPT_SHARE
    limit = usual if used < usual else most
    return Budget(used >= most, used >= usual, used + 1 == limit)


def _split(batch: _Batch, allowed: Budget) -> tuple[_Batch, _Batch]:
    """What the budget allows, and what it leaves for later."""
    if not allowed.is_critical_only:
        return batch, _Batch()
    now = [item for item in batch.items if item.incident.priority is Priority.CRITICAL]
    later = [item for item in batch.items if item.incident.priority is not Priority.CRITICAL]
    return _Batch(tuple(now)), _Batch(tuple(later), batch.notes)


def _digest(
    recipient: str, situation: Situation, hours: Hours, batch: _Batch
) -> Mapping[Kind, int] | None:
    """What came and went since the last quiet time began, if its digest is to be told now.

    It is told once, if the quiet time held something or something came and went in it.
    """
    if hours.last is None or situation.digested_at.get(recipient, 0) >= hours.last[1]:
        return None
    passed = _counts(situation.passed(recipient, *hours.last))
    if not passed and not was_held(batch.items, batch.notes, hours):
        return None
    return _counts(situation.passed(recipient, hours.last[0], situation.now))


def _counts(passed: Mapping[Kind, int]) -> Mapping[Kind, int]:
    return {kind: count for kind, count in passed.items() if count > 0}

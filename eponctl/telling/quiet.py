"""Quiet hours: what they hold, and what makes the digest when they are over. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from eponctl.incidents.records import Ending
from eponctl.model import Priority
from eponctl.settings import Config
from eponctl.telling.records import Item, Note, Stage
from eponctl.windows import last_quiet_span, quiet_span


class Hours(NamedTuple):
    """How quiet it is: whether now; what is told all the same; the last quiet time (from, to).

    `last` is None while it is quiet, and where no hours are.
    """

    is_quiet: bool = False
    min_priority: Priority = Priority.NORMAL
    last: tuple[int, int] | None = None


def hours_of(config: Config, now: int) -> Hours:
    """The configured quiet hours, seen from `now`."""
    quiet = config.alerts.quiet
    if quiet is None:
        return Hours()
    if quiet_span(quiet, now, config.timezone):
        return Hours(is_quiet=True, min_priority=quiet.min_priority)
    last = last_quiet_span(quiet, now, config.timezone)
    return Hours(min_priority=quiet.min_priority, last=last)


def is_urgent(item: Item, hours: Hours) -> bool:
    """Whether it is told in quiet hours too; an end is as urgent as its incident."""
    return item.incident.priority.rank <= hours.min_priority.rank


def was_held(items: Iterable[Item], notes: Iterable[Note], hours: Hours) -> bool:
    """Whether anything of these would have been told in the last quiet time, had it not been."""
    if hours.last is None:
        return False
    until = hours.last[1]
    return any(note.at < until for note in notes) or any(
        not is_urgent(item, hours) and _since(item) < until for item in items
    )


def _since(item: Item) -> int:
    """Since when it could have been told."""
    incident = item.incident
    if item.stage is Stage.CLOSED:
        return incident.closed_at or 0
    if item.stage is Stage.HALF:
        return max(one.ended_at or 0 for one in incident.members if one.ending is Ending.RESTORED)
    return incident.grown_at if item.stage is Stage.GREW else incident.opened_at

"""What happened to an incident, and when: its beginning, growth, returns and end. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from eponctl.incidents.records import Ending, Incident, Kind
from eponctl.messages.text import duration

MOST_STEPS = 20
_ENDINGS = {
    Ending.RESTORED: "back",
    Ending.REMOVED: "removed from the OLT",
    Ending.DISABLED: "switched off on purpose",
    Ending.ACCEPTED: "usual at the lower signal by now",
    Ending.PASSED_ON: "passed on to another incident",
}


class Step(NamedTuple):
    """One thing that happened; `at` None stands for the steps that are left out here."""

    at: int | None
    what: str


def timeline(incident: Incident) -> list[Step]:
    """The steps in the order of time; of a long tale the beginning and the end."""
    steps: list[Step] = sorted(_steps(incident), key=lambda step: step.at or 0)
    if incident.closed_at is not None:
        steps.append(Step(incident.closed_at, _end(incident)))
    return _shortened(steps)


def _steps(incident: Incident) -> Iterator[Step]:
    if incident.after is not None:
        yield Step(incident.after, "the last good read before it")
    if not incident.members:
        yield Step(incident.opened_at, "opened")
    yield from _struck(incident)
    yield from _ended(incident)
    if incident.acked_at is not None:
        yield Step(incident.acked_at, "acknowledged: no more reminders")


def _struck(incident: Incident) -> Iterator[Step]:
    total = 0
    struck = Counter(member.at for member in incident.members)
    for at, count in sorted(struck.items()):
        what = f"grew: {count} more, {total + count} in all" if total else f"opened: {_onus(count)}"
        total += count
        yield Step(at, what)


def _ended(incident: Incident) -> Iterator[Step]:
    left = len(incident.members)
    ended = Counter(
        (member.ended_at, member.ending)
        for member in incident.members
        if member.ended_at is not None and member.ending is not None
    )
    for (at, ending), count in sorted(ended.items()):
        left -= count
        yield Step(at, f"{_onus(count)} {_ENDINGS[ending]}, {left} left")


def _onus(count: int) -> str:
    return f"{count} ONU" if count == 1 else f"{count} ONUs"


def _end(incident: Incident) -> str:
    if incident.merged_into is not None:
        return f"became part of #{incident.merged_into}"
    lasted = duration((incident.closed_at or 0) - incident.opened_at)
    what = "closed: the OLT answers again, after" if incident.kind is Kind.OLT else "closed after"
    return f"{what} {lasted}"


def _shortened(steps: Sequence[Step]) -> list[Step]:
    if len(steps) <= MOST_STEPS:
        return list(steps)
    half = MOST_STEPS // 2
    gap = Step(None, f"({len(steps) - 2 * half} more)")
    return [*steps[:half], gap, *steps[-half:]]

"""How much of a time an ONU was up, and where the rest of it went. Pure.

What nobody saw is no downtime, and what was quiet on purpose is not either. Times are UTC seconds,
spans are from their first second to the first one after them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from operator import sub
from typing import NamedTuple, TypeAlias

from eponctl.incidents.records import Cause
from eponctl.model import EventKind, OnuState, Reason, Status
from eponctl.store.onuhistory import StatusChange

DAY_S = 86400
_GAP_POLLS = 3  # as pulses.gap has it
_NEAR = 9  # reads that tell the pace, as pulses.py has it

Span: TypeAlias = tuple[int, int]


class Part(StrEnum):
    """What an ONU's time is made of. `other`: down without a cause that is known, or by a loop."""

    UP = "up"
    FIBRE = "fibre"
    POWER = "power"
    OTHER = "other"
    DISABLED = "disabled"
    UNSEEN = "not_observed"
    MAINTENANCE = "maintenance"


_DOWN = frozenset({Part.FIBRE, Part.POWER, Part.OTHER})


class Availability(NamedTuple):
    """The last `days` days of an ONU in seconds, by what they were."""

    days: int
    seconds: Mapping[Part, int]

    @property
    def down_s(self) -> int:
        """How long it was down and should not have been."""
        return sum(self.seconds[part] for part in _DOWN)

    @property
    def expected_s(self) -> int:
        """How long it should have been up and somebody looked."""
        return self.seconds[Part.UP] + self.down_s


def availability(
    days: int,
    now: int,
    steps: Sequence[tuple[int, Part]],
    unseen: Iterable[Span],
    quiet: Iterable[Span],
) -> Availability:
    """Share out the last days."""
    return Availability(days, shared((now - days * DAY_S, now), steps, unseen, quiet))


def shared(
    time: Span, steps: Sequence[tuple[int, Part]], unseen: Iterable[Span], quiet: Iterable[Span]
) -> dict[Part, int]:
    """Share out a time. `steps` say what the ONU was from when on, the first one from ever.

    While it is quiet on purpose only what was seen up counts, as up.
    """
    since, until = time
    holes, pauses = _within(unseen, since, until), _within(quiet, since, until)
    cuts = {since, until, *(at for span in (*holes, *pauses) for at in span)}
    cuts.update(at for at, _ in steps if since < at < until)
    seconds = dict.fromkeys(Part, 0)
    for first, last in pairwise(sorted(cuts)):
        part = _at(steps, first)
        if _covers(holes, first):
            part = Part.UNSEEN
        if part is not Part.UP and _covers(pauses, first):
            part = Part.MAINTENANCE
        seconds[part] += last - first
    return seconds


def _within(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    clipped = ((max(first, since), min(last, until)) for first, last in spans)
    return [(first, last) for first, last in clipped if first < last]


def _covers(spans: Iterable[Span], at: int) -> bool:
    return any(first <= at < last for first, last in spans)


def _at(steps: Sequence[tuple[int, Part]], at: int) -> Part:
    part = steps[0][1]
    for since, later in steps:
        if since <= at:
            part = later
    return part


# --- what it was, and when --------------------------------------------------------------------

_FIBRE = frozenset({Cause.FIBRE_FEEDER, Cause.FIBRE_BRANCH})
_POWER = frozenset({Cause.POWER_AREA, Cause.POWER_LOCAL})
_LIGHT = frozenset({Reason.TIMEOUT, Reason.LOS})


def steps_of(
    changes: Sequence[StatusChange],
    onu: OnuState,
    causes: Mapping[str, Cause],
    dark_since: int | None = None,
) -> list[tuple[int, Part]]:
    """What the ONU was from when on, in order; the first of it holds from ever.

    `changes` the oldest first, `causes` by incident id. `dark_since`: it gave no light from then
    until its present status began, though no event says so (an ONU that was down when it was first
    seen is told of nowhere).
    """
    steps = [(0, _before(changes[0]) if changes else _first(onu))]
    for change in changes:
        steps += _steps(change, causes, is_up=steps[-1][1] is Part.UP, last_at=steps[-1][0])
    return [*steps, *_present(onu, steps[-1], dark_since)]


def _steps(
    change: StatusChange, causes: Mapping[str, Cause], *, is_up: bool, last_at: int
) -> Iterator[tuple[int, Part]]:
    if change.kind is EventKind.REMOVED:
        yield change.at, Part.UNSEEN
    elif change.kind is EventKind.REGISTERED:
        yield change.at, _of_status(change.after)
    elif change.kind is EventKind.RECOVERED:
        if is_up and change.lasted_s:
            # Its beginning is older than what is kept.
            yield max(last_at, change.at - change.lasted_s), Part.OTHER
        yield change.at, Part.UP
    else:
        cause = causes.get(change.incident or "")
        yield change.at, _of_outage(change.kind, change.reason, cause)


def _of_status(word: str | None) -> Part:
    if word == Status.UP:
        return Part.UP
    return Part.DISABLED if word == Status.DISABLED else Part.OTHER


def _of_outage(kind: str, reason: Reason | None, cause: Cause | None) -> Part:
    """What an outage is put down to: to the whole incident's cause, else to what its box said."""
    if kind in {EventKind.LOOP, EventKind.AUTH_FAILED}:
        return Part.OTHER
    if cause in _FIBRE:
        return Part.FIBRE
    if cause in _POWER or kind == EventKind.PWRDOWN or reason is Reason.DYING_GASP:
        return Part.POWER
    is_fibre = cause is not Cause.UNKNOWN and reason in _LIGHT
    return Part.FIBRE if is_fibre else Part.OTHER


def _before(first: StatusChange) -> Part:
    """What it was before the first change that is known."""
    if first.kind is EventKind.REGISTERED:
        return Part.UNSEEN
    if first.kind is EventKind.RECOVERED:
        return Part.UP if first.lasted_s else Part.OTHER
    return _of_status(first.before)


def _first(onu: OnuState) -> Part:
    """What it was before its present status, where nothing tells of a change."""
    return Part.UP if onu.status is Status.UP else Part.UNSEEN


def _present(
    onu: OnuState, last: tuple[int, Part], dark_since: int | None
) -> Iterator[tuple[int, Part]]:
    last_at, part = last
    if onu.status is Status.UP:
        if part is Part.UP and dark_since is not None and dark_since > last_at:
            yield dark_since, Part.OTHER
        yield max(onu.since, last_at), Part.UP
    elif onu.status is Status.DISABLED:
        yield max(onu.since, last_at), Part.DISABLED
    elif part not in _DOWN:
        began = onu.since if onu.outage_at is None else onu.outage_at
        yield max(began, last_at), _of_outage(onu.status, onu.reason, None)


# --- when nobody looked -----------------------------------------------------------------------


def unseen(reads: Sequence[int], since: int, until: int) -> list[Span]:
    """The times from then to then without a good read: over three times the pace around them.

    `reads` in order. The pace may have been another one once: it is told from the reads nearby.
    """
    if not reads:
        return [(since, until)]
    spans = [(since, reads[0])] if reads[0] > since else []
    for at in range(reads[0], reads[-1] + 1, DAY_S):
        first, after = bisect_left(reads, at), bisect_left(reads, at + DAY_S)
        spans += _holes(reads, first, min(after, len(reads) - 1))
    if until - reads[-1] > _GAP_POLLS * (_pace(reads[-_NEAR:]) or 0):
        spans.append((reads[-1], until))
    return _within(spans, since, until)


def _holes(reads: Sequence[int], first: int, last: int) -> Iterator[Span]:
    """The holes between the reads at these places; most days have none, and are passed quickly."""
    some = reads[first : last + 1]
    usual = _pace(some)
    # A few reads do not tell a pace.
    limit = _GAP_POLLS * usual if usual and len(some) > _NEAR else 0
    if max(map(sub, some[1:], some), default=0) <= limit:
        return
    for place, (one, other) in enumerate(pairwise(some), start=first):
        if other - one <= limit:
            continue
        before = _pace(reads[max(0, place - _NEAR + 1) : place + 1])
        behind = _pace(reads[place + 1 : place + 1 + _NEAR])
        if other - one > _GAP_POLLS * max(before or 1, behind or 1):
            yield one, other


def _pace(reads: Sequence[int]) -> int | None:
    """The usual time from one read to the next: the median; None for fewer than two reads."""
    gaps = sorted(map(sub, reads[1:], reads))
    return max(1, gaps[len(gaps) // 2]) if gaps else None

"""An ONU's received power over time, in equal steps: least, mean and most of each. Pure.

Powers are whole numbers of 0.01 dBm where they come from, dBm in the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from eponctl.optics import HOUR_S, HourRow, Sample

DAY_S = 86400
_LENGTHS_S = (
    *(60, 120, 300, 600, 900, 1800),
    *(hours * HOUR_S for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(days * DAY_S for days in (1, 2, 3, 7, 14, 30)),
)


class Spell(NamedTuple):
    """A time in which the power is known: its least, mean and most."""

    from_at: int
    until: int
    low: int
    mean: int
    high: int


class Step(NamedTuple):
    """One step from `at` on; None: nothing was measured in it."""

    at: int
    low_dbm: float | None
    mean_dbm: float | None
    high_dbm: float | None


class Trend(NamedTuple):
    """Steps of one length, the oldest first."""

    step_s: int
    steps: tuple[Step, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured at all."""
        return all(step.mean_dbm is None for step in self.steps)


def step_length(span_s: int, most: int, least_s: int) -> int:
    """The shortest round length, and not under `least_s`, of which `most` cover the span."""
    for length in _LENGTHS_S:
        if length >= least_s and span_s <= length * (most - 1):
            return length
    return -(-span_s // (max(1, most - 1) * DAY_S)) * DAY_S


def trend(spells: Sequence[Spell], since: int, until: int, step_s: int, offset_s: int = 0) -> Trend:
    """The steps that cover the time; they begin at round times of a clock that is `offset_s` on."""
    first = (since + offset_s) // step_s * step_s - offset_s
    starts = range(first, until, step_s)
    found: dict[int, list[tuple[int, Spell]]] = {}
    for spell in spells:
        begin, end = max(spell.from_at, first), min(spell.until, until)
        for at in starts[max(0, (begin - first) // step_s) :]:
            if at >= end:
                break
            found.setdefault(at, []).append((min(end, at + step_s) - max(begin, at), spell))
    return Trend(step_s, tuple(_step(at, found.get(at, ())) for at in starts))


def _step(at: int, spells: Sequence[tuple[int, Spell]]) -> Step:
    weight = sum(held_s for held_s, _ in spells)
    if weight <= 0:
        return Step(at, None, None, None)
    return Step(
        at,
        min(spell.low for _, spell in spells) / 100,
        round(sum(held_s * spell.mean for held_s, spell in spells) / weight) / 100,
        max(spell.high for _, spell in spells) / 100,
    )


def spells_of_hours(hours: Iterable[HourRow]) -> Iterator[Spell]:
    """Each hour that has a mean."""
    for row in hours:
        if row.rx_avg is not None and row.rx_min is not None and row.rx_max is not None:
            at = row.hour * HOUR_S
            yield Spell(at, at + HOUR_S, row.rx_min, row.rx_avg, row.rx_max)


def spells_of_samples(
    samples: Sequence[Sample], until: int, unseen: Sequence[tuple[int, int]]
) -> Iterator[Spell]:
    """Each sample for as long as it held, but for times in which nobody looked."""
    ends = [*samples, Sample(until, None, None)]
    for sample, following in pairwise(ends):
        if sample.rx is None:
            continue
        for from_at, end in _seen(sample.at, following.at, unseen):
            yield Spell(from_at, end, sample.rx, sample.rx, sample.rx)


def _seen(from_at: int, until: int, unseen: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for first, last in unseen:
        if first < until and last > from_at:
            if first > from_at:
                yield from_at, first
            from_at = last
    if from_at < until:
        yield from_at, until

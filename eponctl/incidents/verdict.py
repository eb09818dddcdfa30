"""What happened, from the ONUs that dropped and those that did not: extent, cause, evidence. Pure.

The cause rests on g, the share of dying gasps among those whose device says why an ONU went: who
loses power gasps, who loses light cannot. Boxes miss gasps, and gasp when they crash, so between
the two nothing is claimed, and HIGH stands only where several things speak for the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from eponctl.incidents.arrangement import Arrangement, arrangement
from eponctl.incidents.records import (
    Cause,
    Confidence,
    Evidence,
    Extent,
    Member,
    Survivors,
    Verdict,
    pon_key,
)

SEVERAL = 3
"""One or two ONUs have a trouble of their own; from three on it is the PON's."""
WHOLE_SHARE, WHOLE_ONUS = 0.9, 4
"""A PON is down as a whole from this share of its ONUs on, if they are at least so many."""
FIBRE_SHARE, POWER_SHARE = 0.2, 0.7
"""Up to this share of dying gasps it is the fibre, from that on the power."""
FELL_DB = -1.0
"""A median change of the survivors' signal from which on it fell."""

_MOST_CHANCE = 0.02
"""An arrangement of the dead proves something if a random one is like it no more often."""
_FEWEST_GASPS = 4
"""For an area: fewer are boxes that were unplugged about the same time as easily."""


class Survivor(NamedTuple):
    """An ONU of a struck PON that stayed up.

    `pon` is the PON's key over all OLTs; `rx_change_db` is its signal now against the one before
    the incident (None: not known).
    """

    pon: str
    distance_m: int | None
    rx_change_db: float | None


class _Pon(NamedTuple):
    """What was lost of one PON: `lost` of `of` ONUs, `gasps` of `said` that could say."""

    lost: int
    of: int
    gasps: int
    said: int

    @property
    def is_lost(self) -> bool:
        """Whether (almost) nothing of it is left, however small it is."""
        return self.lost / self.of >= WHOLE_SHARE

    @property
    def extent(self) -> Extent:
        if self.lost < SEVERAL:
            return Extent.SINGLE
        is_whole = self.is_lost and self.lost >= WHOLE_ONUS
        return Extent.WHOLE_PON if is_whole else Extent.PARTIAL_PON


class _Finding(NamedTuple):
    cause: Cause
    confidence: Confidence


_UNKNOWN = _Finding(Cause.UNKNOWN, Confidence.LOW)
_MIXED = _Finding(Cause.MIXED, Confidence.LOW)


def verdict(
    members: Sequence[Member],
    of: Mapping[str, int],
    survivors: Sequence[Survivor],
    *,
    polls: int,
    pons_with_onus: Mapping[str, int],
) -> Verdict:
    """Judge one outage, all of it that is known by now. The order of its ONUs does not matter.

    `members` are all ONUs that dropped (at least one), those that are back too; `survivors` those
    of the same PONs that stayed up. `of` has for each PON's key how many of its ONUs were up at the
    last good read before, and `pons_with_onus` the same for all PONs of the OLTs concerned, struck
    or not. `polls`: in how many polls the drops came. That ONUs of several PONs are one outage is
    taken as given.
    """
    pons = _pons(members, of)
    gasps, said = sum(pon.gasps for pon in pons.values()), sum(pon.said for pon in pons.values())
    extent = _extent(pons, {member.olt_id for member in members}, pons_with_onus)
    lie = None
    if len(pons) == 1:
        lie = arrangement([m.distance_m for m in members], [s.distance_m for s in survivors])
        finding = _of_one_pon(*pons.values(), has_survivors=bool(survivors), lie=lie)
    else:
        finding = _of_several_pons(list(pons.values()), gasps, said)
    cause, confidence = finding
    if confidence is Confidence.HIGH and 2 * said < len(members):
        confidence = Confidence.MEDIUM
    evidence = Evidence(
        lost=len(members),
        of=sum(pon.of for pon in pons.values()),
        polls=polls,
        gasps=gasps,
        said=said,
        survivors=_signal(survivors),
        is_farther=lie.is_farther if lie else None,
        is_stretch=lie.is_stretch if lie else None,
    )
    # Only on a part of one PON do distances tell where its fibre is broken.
    has_place = extent is Extent.PARTIAL_PON and cause in {Cause.FIBRE_BRANCH, Cause.FIBRE_FEEDER}
    return Verdict(
        extent,
        cause,
        confidence,
        evidence,
        bracket_m=lie.bracket_m if lie and has_place else None,
        is_interleaved=has_place and lie is not None and not lie.is_stretch,
    )


def _pons(members: Iterable[Member], of: Mapping[str, int]) -> dict[str, _Pon]:
    """What was lost of each PON that lost something."""
    members = list(members)
    # A device that names one reason would have named a dying gasp: the others had none.
    saying = {member.olt_id for member in members if member.is_gasp is not None}
    lost = Counter([member.pon for member in members])
    gasps = Counter([member.pon for member in members if member.is_gasp])
    said = Counter([member.pon for member in members if member.olt_id in saying])
    return {
        pon: _Pon(count, max(count, of.get(pon, 0)), gasps[pon], said[pon])
        for pon, count in lost.items()
    }


# --- extent ---


def _extent(
    pons: Mapping[str, _Pon], olt_ids: set[str], pons_with_onus: Mapping[str, int]
) -> Extent:
    if len(pons) == 1:
        return next(iter(pons.values())).extent
    if len(olt_ids) > 1 or not all(pon.is_lost for pon in pons.values()):
        return Extent.AREA
    of_olt = pon_key(min(olt_ids), "")
    in_use = {pon for pon, up in pons_with_onus.items() if up and pon.startswith(of_olt)}
    return Extent.WHOLE_OLT if in_use <= pons.keys() else Extent.AREA


# --- cause and confidence ---


def _of_one_pon(pon: _Pon, *, has_survivors: bool, lie: Arrangement | None) -> _Finding:
    if not pon.said:
        return _UNKNOWN
    share = pon.gasps / pon.said
    if FIBRE_SHARE < share < POWER_SHARE:
        return _MIXED
    is_power = share >= POWER_SHARE
    if pon.extent is Extent.SINGLE:
        # A plug that was pulled, or the last metres of fibre: one witness is not evidence.
        return _Finding(Cause.POWER_LOCAL if is_power else Cause.FIBRE_BRANCH, Confidence.LOW)
    if is_power:
        return _Finding(Cause.POWER_LOCAL, Confidence.MEDIUM)
    if pon.extent is Extent.WHOLE_PON:
        return _Finding(Cause.FIBRE_FEEDER, Confidence.HIGH)
    return _of_partial_fibre(pon, has_survivors=has_survivors, lie=lie)


def _of_partial_fibre(pon: _Pon, *, has_survivors: bool, lie: Arrangement | None) -> _Finding:
    if not has_survivors:
        # Others were up before, but none of them is known to be up now: branch or feeder.
        is_all = pon.lost == pon.of
        return (
            _Finding(Cause.FIBRE_FEEDER, Confidence.MEDIUM)
            if is_all
            else _Finding(Cause.FIBRE_BRANCH, Confidence.LOW)
        )
    is_proven = lie is not None and lie.chance <= _MOST_CHANCE
    return _Finding(Cause.FIBRE_BRANCH, Confidence.HIGH if is_proven else Confidence.MEDIUM)


def _of_several_pons(pons: Sequence[_Pon], gasps: int, said: int) -> _Finding:
    if not said:
        return _UNKNOWN
    share = gasps / said
    if share >= POWER_SHARE:
        without_power = sum(pon.said > 0 and pon.gasps / pon.said >= POWER_SHARE for pon in pons)
        is_proven = without_power > 1 and gasps >= _FEWEST_GASPS
        return _Finding(Cause.POWER_AREA, Confidence.HIGH if is_proven else Confidence.MEDIUM)
    if share <= FIBRE_SHARE:
        return _of_several_fibres(pons)
    return _MIXED


def _of_several_fibres(pons: Sequence[_Pon]) -> _Finding:
    """A cable with the feeders of all these PONs, or what is left of one further out."""
    has_whole = any(pon.extent is Extent.WHOLE_PON for pon in pons)
    if all(pon.is_lost for pon in pons):
        return _Finding(Cause.FIBRE_FEEDER, Confidence.HIGH if has_whole else Confidence.MEDIUM)
    # One or two ONUs of yet another PON do not make a branch of a cut cable.
    if has_whole and all(pon.is_lost or pon.extent is Extent.SINGLE for pon in pons):
        return _Finding(Cause.FIBRE_FEEDER, Confidence.MEDIUM)
    return _Finding(Cause.FIBRE_BRANCH, Confidence.MEDIUM)


# --- evidence ---


def _signal(survivors: Sequence[Survivor]) -> Survivors | None:
    """What the signal of those that stayed up did; None where there are none."""
    if not survivors:
        return None
    changes = [one.rx_change_db for one in survivors if one.rx_change_db is not None]
    if 2 * len(changes) < len(survivors):
        return Survivors.UNKNOWN
    return Survivors.FELL if median(changes) <= FELL_DB else Survivors.UNCHANGED

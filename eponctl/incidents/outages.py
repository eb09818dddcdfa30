"""ONUs that dropped, made into outages: by PON, then by what several PONs have in common. Pure.

Drops on one PON within `incident_window` of its outage's last belong to it. Outages of several PONs
that began within `area_window` and lean to the same cause are one; so are those which together
leave an OLT without an ONU. An outage of one or two ONUs is too common a thing to prove an area.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto

from eponctl.incidents.book import Book, PollView, by_pon, onu_of, worst
from eponctl.incidents.records import (
    Cause,
    Extent,
    Incident,
    Kind,
    Member,
    Survivors,
    Verdict,
    pon_key,
)
from eponctl.incidents.verdict import SEVERAL, WHOLE_SHARE, Survivor, verdict
from eponctl.model import OnuState, Priority, Status
from eponctl.settings import AlertSettings

_WHOLE_OLT_ONUS = 4
_POWER_LEANING, _FIBRE_LEANING = 0.5, 0.3


def strike(book: Book, struck: Sequence[Member], settings: AlertSettings) -> None:
    """Take up the ONUs that dropped in this poll, and what that makes of all outages."""
    known = {
        onu_of(member): incident
        for incident in book.open(Kind.OUTAGE)
        for member in incident.standing
    }
    fresh = []
    for member in struck:
        incident = known.get(onu_of(member))
        if incident is None:
            fresh.append(member)
        else:  # already out: what has changed is what the device says of it
            judge(book, book.grow(_current(book, incident), [member]))
    for pon, members in by_pon(fresh):
        _strike_pon(book, pon, members, settings.incident_window_s)
    if fresh:
        _join(book, settings.area_window_s)


def _current(book: Book, incident: Incident) -> Incident:
    return next(one for one in book.open(Kind.OUTAGE) if one.id == incident.id)


def _strike_pon(book: Book, pon: str, members: Sequence[Member], window_s: int) -> None:
    running = [
        one
        for one in book.open(Kind.OUTAGE)
        if pon in one.of and book.view.now - one.grown_at <= window_s
    ]
    if running:
        incident = book.grow(running[-1], members)
    else:
        up = up_by_pon(book.view.before[members[0].olt_id].values())
        incident = book.begin(Kind.OUTAGE, members, of={pon: up[pon]})
    judge(book, incident)


def up_by_pon(onus: Iterable[OnuState]) -> Counter[str]:
    """How many ONUs of each PON are up, as far as that is settled."""
    return Counter([pon_key(onu.olt_id, onu.pon) for onu in onus if onu.told_status is Status.UP])


def judge(book: Book, incident: Incident) -> Incident:
    """Give the outage the verdict that its ONUs now make up."""
    lost = Counter([member.pon for member in incident.members])
    # ONUs that came up after the outage began, and dropped too.
    of = {pon: max(up, lost[pon]) for pon, up in incident.of.items()}
    found = _verdict(book.view, incident.members, of, incident.polls)
    is_single = found.extent is Extent.SINGLE
    return book.put(
        incident._replace(
            of=of,
            verdict=_with_signal_kept(found, incident.verdict),
            extent=found.extent,
            priority=worst(member.priority for member in incident.members)
            if is_single
            else Priority.CRITICAL,
        )
    )


def _verdict(
    view: PollView, members: Sequence[Member], of: Mapping[str, int], polls: int
) -> Verdict:
    now_up: Counter[str] = Counter()
    survivors: list[Survivor] = []
    struck = {onu_of(member) for member in members}
    for olt_id in {member.olt_id for member in members}:
        onus = view.after.get(olt_id, {})
        now_up += up_by_pon(onus.values())
        before = view.before.get(olt_id, {})
        survivors += [
            _survivor(onu, before.get(onu.mac))
            for onu in onus.values()
            if onu.status is Status.UP
            and pon_key(olt_id, onu.pon) in of
            and (olt_id, onu.mac) not in struck
        ]
    return verdict(members, of, survivors, polls=polls, pons_with_onus={**now_up, **of})


def _survivor(onu: OnuState, before: OnuState | None) -> Survivor:
    was = before.rx_power_dbm if before else None
    change = None if was is None or onu.rx_power_dbm is None else onu.rx_power_dbm - was
    return Survivor(pon_key(onu.olt_id, onu.pon), onu.distance_m, change)


def _with_signal_kept(found: Verdict, before: Verdict | None) -> Verdict:
    """The verdict with what the survivors' signal did when the outage began.

    A later poll compares with one amid the outage, when the signal had fallen already.
    """
    if before is None or before.evidence.survivors is not Survivors.FELL:
        return found
    return found._replace(evidence=found.evidence._replace(survivors=Survivors.FELL))


# --- several PONs ---


class _Leaning(Enum):
    POWER = auto()
    FIBRE = auto()
    SILENT = auto()
    NEITHER = auto()


def _leaning(incident: Incident) -> _Leaning:
    evidence = incident.verdict.evidence if incident.verdict else None
    if evidence is None or not evidence.said:
        return _Leaning.SILENT
    share = evidence.gasps / evidence.said
    if share >= _POWER_LEANING:
        return _Leaning.POWER
    return _Leaning.FIBRE if share <= _FIBRE_LEANING else _Leaning.NEITHER


def _join(book: Book, window_s: int) -> None:
    """Make one of those that belong together; each looks only at what began about when it did."""
    for olt_id in sorted({olt for one in book.open(Kind.OUTAGE) for olt in one.olt_ids}):
        _join_whole_olt(book, olt_id, window_s)
    for leaning in (_Leaning.POWER, _Leaning.FIBRE):
        _join_alike(book, [one for one in _several(book) if _leaning(one) is leaning], window_s)
    # Devices that give no reason have nothing in common but the time: one OLT's, at least.
    silent = [one for one in _several(book) if _leaning(one) is _Leaning.SILENT]
    for olt_ids in sorted({one.olt_ids for one in silent}):
        _join_alike(book, [one for one in silent if one.olt_ids == olt_ids], window_s)


def _several(book: Book) -> list[Incident]:
    return [one for one in book.open(Kind.OUTAGE) if len(one.members) >= SEVERAL]


def _join_whole_olt(book: Book, olt_id: str, window_s: int) -> None:
    """All outages of an OLT, whatever they lean to, when they leave nothing of it."""
    own = [one for one in book.open(Kind.OUTAGE) if one.olt_ids == (olt_id,)]
    for run in _runs(own, window_s):
        of = {pon: up for one in run for pon, up in one.of.items()}
        lost = Counter([member.pon for one in run for member in one.members])
        left = up_by_pon(book.view.after.get(olt_id, {}).values())
        all_pons = {pon: max(up, left[pon]) for pon, up in {**left, **of}.items()}
        is_whole = all(lost[pon] >= up * WHOLE_SHARE for pon, up in all_pons.items())
        if len(of) > 1 and is_whole and sum(lost.values()) >= _WHOLE_OLT_ONUS:
            judge(book, _merged(book, run))


def _join_alike(book: Book, alike: Sequence[Incident], window_s: int) -> None:
    for run in _runs(alike, window_s):
        members = [member for one in run for member in one.members]
        of = {pon: up for one in run for pon, up in one.of.items()}
        # Two outages of one PON are two: the window between them was too long.
        if len(of) < len(run) or len(of) == 1:
            continue
        area = run[0]
        if len(run) > 1:
            if _verdict(book.view, members, of, 1).cause is Cause.MIXED:
                continue
            area = judge(book, _merged(book, run))
        elif _leaning(area) is not _Leaning.POWER:
            # A cut cable takes what it takes at once; a power cut is seen little by little.
            continue
        stragglers = _stragglers(book, area, window_s)
        if stragglers:
            judge(book, book.merge(area, stragglers))


def _merged(book: Book, run: Sequence[Incident]) -> Incident:
    """One of all these, under the id of the oldest: the one that may have been told already."""
    oldest = min(run, key=lambda one: one.opened_at)
    return book.merge(oldest, [one for one in run if one.id != oldest.id])


def _stragglers(book: Book, area: Incident, window_s: int) -> list[Incident]:
    """One or two ONUs of another PON of these OLTs, with the same leaning at the same time."""
    leaning, last_at = _leaning(area), _beginning(area) + window_s
    return [
        one
        for one in book.open(Kind.OUTAGE)
        if one.id != area.id
        and len(one.members) < SEVERAL
        and set(one.olt_ids) <= set(area.olt_ids)
        and _leaning(one) is leaning
        and area.opened_at - window_s <= _beginning(one) <= last_at
    ]


def _runs(incidents: Sequence[Incident], window_s: int) -> list[list[Incident]]:
    """Those that began within the window of each other, the oldest first."""
    runs: list[list[Incident]] = []
    for one in sorted(incidents, key=lambda one: (_beginning(one), one.id)):
        if runs and _beginning(one) - _last_beginning(runs[-1][-1]) <= window_s:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _beginning(incident: Incident) -> int:
    """When half of its ONUs had dropped: one may have gone before, for a reason of its own."""
    times = sorted(member.at for member in incident.members)
    return times[len(times) // 2]


def _last_beginning(incident: Incident) -> int:
    """When the last PON of it was struck; a lone PON began once, however long it grows."""
    return incident.grown_at if len(incident.of) > 1 else _beginning(incident)

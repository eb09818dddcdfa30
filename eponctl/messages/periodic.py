"""The daily, weekly and monthly report: what a time was like, and what comes. Pure.

Knows what is shown of each thing, and how much; the words are the templates'.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import NamedTuple

from eponctl.incidents.records import Extent, Incident, Kind
from eponctl.messages.customers import beside
from eponctl.messages.outages import olts_of, pon_name
from eponctl.messages.split import LIMIT, Group, Section, pack
from eponctl.messages.templates import Language, Texts
from eponctl.messages.text import clock, duration, moment, neutral, number, span
from eponctl.messages.views import ID_LIMIT, onu_label
from eponctl.periods import Every
from eponctl.reports import (
    Abandoned,
    Falling,
    Flapper,
    OltTime,
    OnuTime,
    Outage,
    Report,
    Shares,
    Weak,
    Who,
)

MOST = 10
"""So many of each sort are named at most; the others are counted."""
MOST_GAPS = 5
GOOD_PERCENT, FAIR_PERCENT = 99.5, 95.0
"""From where on an OLT is green, and yellow."""
_MOST_PONS = 2


class HeadView(NamedTuple):
    """The network in that time; what is empty has no line. Causes are in whole percents."""

    every: str
    time: str
    days: tuple[str, str]
    weekday: int
    olts: int
    onus: int
    percent: str
    offline: str
    causes: tuple[tuple[str, int], ...]
    outages: int
    unread: str


class OltView(NamedTuple):
    """One OLT."""

    sign: str
    name: str
    percent: str
    onus: int
    outages: int
    unread: str
    maintenance: str


class OutageView(NamedTuple):
    """One outage; `olts` counts them where it struck several, else `olt` names it."""

    id: str
    kind: str
    olt: str
    olts: int
    pons: str
    pon_count: int
    onu: str
    onus: int
    cause: str
    confidence: str
    since: str
    lasted: str
    is_open: bool
    is_planned: bool


class FallView(NamedTuple):
    """A falling signal; `days` 0: when it is too weak cannot be told."""

    label: str
    level: str
    a_day: str
    limit: str
    days: int


def periodic_report(
    report: Report, *, zone: tzinfo, language: Language, limit: int = LIMIT
) -> list[str]:
    """Return the report's parts, each within `limit`; sorts of which there is none are left out."""
    texts = Texts(language, "periodic")
    view = _head(report, zone)
    lines = tuple(texts("olt", _olt(olt)) for olt in report.olts)
    sections = [Section("", (Group("", lines, gap="\n"),)) if lines else None]
    several = len(report.olts) > 1
    for name, blocks, total in _lists(report, texts, zone, has_olt=several):
        if blocks:
            more = total - len(blocks)
            shown = (*blocks, texts("more", more, report.period.every.value)) if more else blocks
            sections.append(Section("", (Group(texts("heading", name), shown, gap="\n"),)))
    if not report.outages and not report.worst:
        sections.append(Section("", (Group("", (texts("nothing", view),)),)))
    again = texts("head_again", view)
    return pack(texts("head", view), [one for one in sections if one], again=again, limit=limit)


def _lists(
    report: Report, texts: Texts, zone: tzinfo, *, has_olt: bool
) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield each sort's name, the lines of the first of it, and how many there are."""
    now = report.made_at

    def lines(macro: str, views: Iterator[object]) -> tuple[str, ...]:
        return tuple(texts(macro, view) for view in views)

    def label(who: Who) -> str:
        return _label(who, has_olt=has_olt)

    some = report.outages[:MOST]
    names = {olt.olt_id: neutral(olt.name) or neutral(olt.olt_id) for olt in report.olts}
    outages = (_outage(one, names, now, zone, has_olt=has_olt) for one in some)
    yield "outages", lines("outage", outages), len(report.outages)
    worst = (_worst(one, label(one.onu)) for one in report.worst[:MOST])
    yield "worst", lines("worst", worst), len(report.worst)
    falling = (_fall(one, label(one.onu), report.limit_dbm) for one in report.falling[:MOST])
    yield "falling", lines("falling", falling), len(report.falling)
    weak = (_weak(one, label(one.onu)) for one in report.weak[:MOST])
    yield "weak", lines("weak", weak), len(report.weak)
    flappers = (_flapper(one, label(one.onu)) for one in report.flappers[:MOST])
    yield "flapping", lines("flapper", flappers), len(report.flappers)
    if report.period.every is Every.MONTHLY:
        given_up = (_abandoned(one, label(one.onu), zone) for one in report.abandoned[:MOST])
        yield "abandoned", lines("abandoned", given_up), len(report.abandoned)
    gaps = (
        (*span(gap.since, gap.until, now, zone), duration(gap.until - gap.since))
        for gap in report.gaps[:MOST_GAPS]
    )
    yield "gaps", lines("gap", gaps), len(report.gaps)


def _head(report: Report, zone: tzinfo) -> HeadView:
    period, shares = report.period, report.shares
    is_one = period.first == period.last
    return HeadView(
        every=period.every.value,
        time=moment(report.made_at, zone),
        days=(period.first.isoformat(), "" if is_one else period.last.isoformat()),
        weekday=period.first.weekday(),
        olts=len(report.olts),
        onus=report.onus,
        percent=_percent(shares),
        offline=duration(shares.down_s) if shares.down_s else "",
        causes=_causes(shares),
        outages=len(report.outages),
        unread=duration(report.gap_s) if report.gaps else "",
    )


def _percent(shares: Shares) -> str:
    return "" if shares.percent is None else f"{shares.percent:.2f}"


def _causes(shares: Shares) -> tuple[tuple[str, int], ...]:
    """Return what share of the downtime was of which cause; what rounds to nothing is left out."""
    down = shares.down_s
    parts = (("fibre", shares.fibre_s), ("power", shares.power_s), ("other", shares.other_s))
    found = ((name, round(100 * seconds / down)) for name, seconds in parts if down)
    return tuple((name, percent) for name, percent in found if percent)


def _olt(olt: OltTime) -> OltView:
    percent = olt.shares.percent
    sign = "⚪"
    if percent is not None:
        sign = "🟢" if percent >= GOOD_PERCENT else "🟡" if percent >= FAIR_PERCENT else "🔴"
    paused = olt.shares.maintenance_s
    return OltView(
        sign=sign,
        name=neutral(olt.name) or neutral(olt.olt_id),
        percent=_percent(olt.shares),
        onus=olt.onus,
        outages=olt.outages,
        unread=duration(olt.unread_s) if olt.unread_s else "",
        maintenance=duration(paused) if paused else "",
    )


def _label(who: Who, *, has_olt: bool) -> str:
    """Return what to call an ONU, and where it is: `CLIENT-001 (Budi) · OLT-1 0/1:3`."""
    label = onu_label(beside(who.name, who.customer), who.onu_id, who.mac)
    return f"{label} · {neutral(who.olt_id, ID_LIMIT)}" if has_olt else label


def _outage(
    outage: Outage, names: dict[str, str], now: int, zone: tzinfo, *, has_olt: bool
) -> OutageView:
    incident = outage.incident
    olts, pons = olts_of(incident), incident.pons
    olt = names.get(olts[0]) or neutral(olts[0]) if olts else ""
    return OutageView(
        id=incident.id,
        kind=_kind(incident),
        olt=olt if has_olt or incident.kind is Kind.OLT else "",
        olts=len(olts),
        pons=", ".join(map(pon_name, pons)) if len(pons) <= _MOST_PONS else "",
        pon_count=len(pons),
        onu=_label(outage.onu, has_olt=False) if outage.onu else "",
        onus=len(incident.members),
        cause=outage.cause.value,
        confidence=outage.confidence.value,
        since=clock(incident.opened_at, now, zone),
        lasted=duration(outage.lasted_s),
        is_open=incident.is_open,
        is_planned=outage.is_planned,
    )


def _kind(incident: Incident) -> str:
    """Return what of it is named: the OLT alone, its PONs, or one ONU."""
    if incident.kind is Kind.OLT:
        return "olt"
    if len(incident.members) == 1:
        return "onu"
    return "whole_olt" if incident.extent is Extent.WHOLE_OLT else "pon"


def _worst(one: OnuTime, label: str) -> tuple[str, str, str, int]:
    return label, _percent(one.shares), duration(one.shares.down_s), one.drops


def _fall(one: Falling, label: str, limit_dbm: float) -> FallView:
    return FallView(
        label=label,
        level=number(one.fall.level_dbm, 1),
        a_day=number(one.fall.slope_db),
        limit=number(limit_dbm, 1),
        days=0 if one.days is None else max(1, round(one.days)),
    )


def _weak(one: Weak, label: str) -> tuple[str, str, str]:
    return "🔆" if one.is_overload else "📵", label, number(one.rx_dbm, 1)


def _flapper(one: Flapper, label: str) -> tuple[str, int]:
    return label, one.drops


def _abandoned(one: Abandoned, label: str, zone: tzinfo) -> tuple[str, str]:
    return label, moment(one.since, zone)[:10]

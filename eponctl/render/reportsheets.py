"""A daily, weekly or monthly report as a page: network, OLTs, what went wrong, what comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from eponctl.messages.periodic import FAIR_PERCENT, GOOD_PERCENT
from eponctl.render import values
from eponctl.render.sheet import NOTHING, OLT, Column, Line, Page, Sheet, Style, without_empty
from eponctl.reports import Falling, OltTime, OnuTime, Outage, Report, Shares, Who
from eponctl.views.incidents import kind_words, where

MOST = 20
"""So many rows of a sort are shown; the others are counted, and all are in --json."""
_LABEL = 14


def report_page(report: Report, zone: tzinfo, most: int | None = MOST) -> Page:
    """The page; sorts of which there is none are left out, but for outages and worst ONUs.

    `most` None: all rows there are.
    """
    sheets = [
        _olts(report),
        _outages(report, zone, most),
        _worst(report, most),
        _falling(report, most),
        *_simple(report, zone, most),
    ]
    shown = tuple(sheet for sheet in sheets if sheet.rows or sheet.empty)
    return Page(tuple(_head(report, zone)), shown)


def _simple(report: Report, zone: tzinfo, most: int | None) -> Iterator[Sheet]:
    """What is a name and a value or two."""
    weak = [
        (*_whom(one.onu), values.dbm(one.rx_dbm), "overload" if one.is_overload else "weak")
        for one in report.weak
    ]
    columns: tuple[Column, ...]
    columns = (*_WHO, Column("RX", is_right=True), Column("WHAT", style_of=_warning))
    yield _sheet("Weak or too strong signal now", columns, weak, most)
    flappers = [(*_whom(one.onu), str(one.drops)) for one in report.flappers]
    yield _sheet("Came and went", (*_WHO, Column("DROPS", is_right=True)), flappers, most)
    abandoned = [(*_whom(one.onu), values.moment(one.since, zone)) for one in report.abandoned]
    yield _sheet("Abandoned: in no count", (*_WHO, Column("DOWN SINCE")), abandoned, most)
    gaps = [
        (
            values.moment(gap.since, zone),
            values.moment(gap.until, zone),
            values.seconds(gap.until - gap.since),
        )
        for gap in report.gaps
    ]
    columns = (Column("FROM"), Column("TO"), Column("FOR", is_right=True))
    yield _sheet("Times without polls", columns, gaps, most)


def title(report: Report) -> str:
    """What the report is, in a line: `Weekly report, 2026-11-16 to 2026-11-22`."""
    period = report.period
    days = period.first.isoformat()
    if period.last != period.first:
        days = f"{days} to {period.last.isoformat()}"
    return f"{period.every.value.capitalize()} report, {days}"


# --- the network ---


def _line(label: str, text: str, style: Style = Style.PLAIN) -> Line:
    return Line(f"{label:<{_LABEL}}{text}", style, hang=_LABEL)


def _head(report: Report, zone: tzinfo) -> Iterator[Line]:
    yield Line(title(report), Style.STRONG)
    olts, onus = values.counted(len(report.olts), "OLT"), values.counted(report.onus, "ONU")
    yield _line("network", f"{olts}, {onus}")
    style = _percents(_percent(report.shares))
    yield _line("availability", f"{_percent(report.shares)}, where somebody looked", style)
    if report.shares.down_s:
        parts = ", ".join(_causes(report.shares))
        yield _line("down", f"{values.seconds(report.shares.down_s)} of all ONUs ({parts})")
    planned = sum(one.is_planned for one in report.outages)
    apart = f", {planned} of them in maintenance" if planned else ""
    yield _line("outages", f"{len(report.outages)}{apart}")
    if report.gaps:
        yield _line("no polls", values.seconds(report.gap_s), Style.WARN)
    yield _line("made", values.moment(report.made_at, zone))


def _causes(shares: Shares) -> Iterator[str]:
    parts = (("fibre", shares.fibre_s), ("power", shares.power_s), ("other", shares.other_s))
    return (f"{name} {values.seconds(seconds)}" for name, seconds in parts if seconds)


def _percent(shares: Shares) -> str:
    return NOTHING if shares.percent is None else f"{shares.percent:.2f} %"


def _percents(text: str) -> Style:
    if text == NOTHING:
        return Style.PLAIN
    percent = float(text.removesuffix(" %"))
    if percent >= GOOD_PERCENT:
        return Style.GOOD
    return Style.WARN if percent >= FAIR_PERCENT else Style.BAD


# --- tables ---


def _strong(_: str) -> Style:
    return Style.STRONG


def _warning(_: str) -> Style:
    return Style.WARN


_AVAILABLE = Column("AVAILABLE", is_right=True, style_of=_percents)
_PARTS = (
    Column("DOWN", is_right=True),
    Column("FIBRE", rank=2, is_right=True),
    Column("POWER", rank=2, is_right=True),
    Column("OTHER", rank=3, is_right=True),
    Column("MAINTENANCE", rank=4, is_right=True),
    Column("NOT OBSERVED", rank=3, is_right=True),
)
_WHO = (OLT, Column("ONU"), Column("NAME", least=12))
_MAINTENANCE = "MAINTENANCE"


def _sheet(
    title: str, columns: tuple[Column, ...], rows: Sequence[tuple[str, ...]], most: int | None
) -> Sheet:
    more = 0 if most is None else len(rows) - most
    notes = (Line(f"… and {more} more; --json has all", Style.FAINT),) if more > 0 else ()
    return Sheet(f"{title}: {len(rows)}", columns, rows[:most], notes)


def _whom(who: Who) -> tuple[str, str, str]:
    return values.words(who.olt_id), values.words(who.onu_id), values.beside(who.name, who.customer)


def _parts(shares: Shares) -> tuple[str, ...]:
    return tuple(
        values.seconds(seconds or None)
        for seconds in (
            shares.down_s,
            shares.fibre_s,
            shares.power_s,
            shares.other_s,
            shares.maintenance_s,
            shares.unseen_s,
        )
    )


def _olts(report: Report) -> Sheet:
    columns = (
        OLT,
        Column("NAME", rank=5, least=12),
        _AVAILABLE,
        Column("ONUS", is_right=True),
        Column("OUTAGES", rank=1, is_right=True),
        *_PARTS,
        Column("NOT READ", rank=1, is_right=True, style_of=_unread),
    )
    rows = [_olt(one) for one in report.olts]
    sheet = Sheet(f"OLTs: {len(rows)}", columns, rows, empty="No OLT is polled.")
    return without_empty(sheet, _MAINTENANCE) if rows else sheet


def _unread(text: str) -> Style:
    return Style.PLAIN if text == NOTHING else Style.WARN


def _olt(one: OltTime) -> tuple[str, ...]:
    return (
        values.words(one.olt_id),
        values.words(one.name),
        _percent(one.shares),
        str(one.onus),
        str(one.outages),
        *_parts(one.shares),
        values.seconds(one.unread_s or None),
    )


def _outages(report: Report, zone: tzinfo, most: int | None) -> Sheet:
    columns = (
        Column("ID", style_of=_strong),
        Column("WHAT", rank=2),
        Column("WHERE", least=12, keeps_end=True),
        Column("ONUS", is_right=True),
        Column("CAUSE", rank=1),
        Column("CONFIDENCE", rank=3),
        Column("SINCE", rank=2),
        Column("FOR", is_right=True),
        Column("STATE", rank=1, style_of=_states),
    )
    if not report.outages:
        return Sheet("", columns, [], empty="No outages.")
    rows = [_outage(one, zone) for one in report.outages]
    return _sheet("Outages", columns, rows, most)


def _states(text: str) -> Style:
    return Style.BAD if text == "open" else Style.PLAIN


def _outage(one: Outage, zone: tzinfo) -> tuple[str, ...]:
    incident = one.incident
    name = values.beside(one.onu.name, one.onu.customer) if one.onu else NOTHING
    place = values.words(where(incident))
    state = "open" if incident.is_open else "over"
    return (
        f"#{incident.id}",
        kind_words(incident),
        place if name == NOTHING else f"{place}, {name}",
        str(len(incident.members) or NOTHING),
        values.word(one.cause),
        values.word(one.confidence),
        values.moment(incident.opened_at, zone),
        values.seconds(one.lasted_s),
        "planned" if one.is_planned else state,
    )


def _worst(report: Report, most: int | None) -> Sheet:
    columns = (*_WHO, _AVAILABLE, *_PARTS, Column("DROPS", rank=1, is_right=True))
    if not report.worst:
        return Sheet("", columns, [], empty="No ONU was seen down.")
    sheet = _sheet("Worst ONUs", columns, [_onu(one) for one in report.worst], most)
    return without_empty(sheet, _MAINTENANCE)


def _onu(one: OnuTime) -> tuple[str, ...]:
    return (*_whom(one.onu), _percent(one.shares), *_parts(one.shares), str(one.drops))


def _falling(report: Report, most: int | None) -> Sheet:
    columns = (
        *_WHO,
        Column("RX", is_right=True),
        Column("A DAY", is_right=True),
        Column("FELL", rank=2, is_right=True),
        Column(f"{report.limit_dbm:g} dBm IN", is_right=True, style_of=_unread),
    )
    rows = [_fall(one) for one in report.falling]
    return _sheet("Falling signal, by the last 14 days", columns, rows, most)


def _fall(one: Falling) -> tuple[str, ...]:
    return (
        *_whom(one.onu),
        values.dbm(one.fall.level_dbm),
        f"{one.fall.slope_db:.2f} dB",
        f"{one.fall.fell_db:.1f} dB",
        NOTHING if one.days is None else f"about {values.counted(max(1, round(one.days)), 'day')}",
    )

"""`onu` as a page: facts, signal, availability, incidents, events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo

from eponctl.incidents.records import Incident
from eponctl.model import OnuState, Status, onu_priority, status_text
from eponctl.render import values
from eponctl.render.historysheets import events_sheet
from eponctl.render.incidentsheets import STATES, state_of
from eponctl.render.networksheets import STATUSES
from eponctl.render.sheet import NOTHING, Column, Line, Page, Sheet, Style
from eponctl.render.trendchart import ASCII, BLOCKS, chart_sheet, numbers_sheet
from eponctl.store.customers import Customer
from eponctl.views.availability import Availability, Part
from eponctl.views.incidents import cause_of, kind_words
from eponctl.views.network import is_stale, last_seen_at, percent
from eponctl.views.onus import OnuFacts

MOST_EVENTS = 20
_LABEL = 11


def onu_page(facts: OnuFacts, zone: tzinfo, *, draws: bool, is_ascii: bool = False) -> Page:
    """An ONU's page; `draws`: its signal as a drawing, else in numbers."""
    trend = (
        chart_sheet(facts.trend, zone, ASCII if is_ascii else BLOCKS)
        if draws
        else numbers_sheet(facts.trend, zone)
    )
    events = facts.events[:MOST_EVENTS]
    sheets = (
        trend,
        _availability(facts.availability),
        _incidents(facts, zone),
        events_sheet([replace(told, customer=None) for told in events], zone),
    )
    return Page(tuple(_head(facts, zone)), sheets)


def _line(label: str, text: str, style: Style = Style.PLAIN) -> Line:
    return Line(f"{label:<{_LABEL}}{text}", style, hang=_LABEL)


# --- facts ---


def _head(facts: OnuFacts, zone: tzinfo) -> Iterator[Line]:
    onu, state, now = facts.onu, facts.watched.state, facts.now
    has_name = onu.name or facts.customer
    name = f"{values.beside(onu.name, facts.customer_name)}, " if has_name else ""
    yield Line(values.words(f"{onu.olt_id}:{onu.onu_id}: {name}{onu.mac}"), Style.STRONG)
    yield from _customer(facts.customer)
    yield _line("OLT", f"{facts.watched.olt.id}, {values.words(facts.watched.olt.name)}")
    since = f"since {values.moment(onu.since, zone)}, {values.age(onu.since, now)}"
    yield _line("status", f"{_status(onu)} {since}", STATUSES(onu.status))
    if onu.is_problem:
        yield _line("priority", onu_priority(onu))
    if facts.is_abandoned:
        yield _line("abandoned", "yes: in no count", Style.WARN)
    yield _line("signal", ", ".join(_signal(onu)) or NOTHING)
    heat = onu.last_temperature_c if onu.temperature_c is None else onu.temperature_c
    if heat is not None:
        yield _line("heat", f"{values.celsius(heat)}{_last(onu)}")
    if onu.distance_m is not None:
        yield _line("distance", values.distance(onu.distance_m))
    about = (onu.firmware, onu.auth_status, onu.ctc_status)
    told = ", ".join(values.words(text) for text in about if text)
    if told:
        yield _line("device", told)
    stale = "; the last poll did not see it" if is_stale(onu, state) else ""
    yield _line("seen", f"{values.age(last_seen_at(onu, state), now)} ago{stale}")


def _customer(customer: Customer | None) -> Iterator[Line]:
    if customer is None:
        return
    who = (customer.name, customer.phone)
    yield _line("customer", ", ".join(values.words(text) for text in who if text))
    if customer.note:
        yield _line("note", values.words(customer.note))


def _status(onu: OnuState) -> str:
    text = values.words(status_text(onu.status_raw, onu.reason))
    return text if onu.status_raw.casefold() == onu.status else f"{onu.status}, {text}"


def _last(onu: OnuState) -> str:
    return "" if onu.status is Status.UP else " when it was last up"


def _signal(onu: OnuState) -> Iterator[str]:
    rx = onu.last_rx_power_dbm if onu.rx_power_dbm is None else onu.rx_power_dbm
    if rx is not None:
        yield f"RX {values.dbm(rx)}{_last(onu)}"
    if onu.usual_rx_dbm is not None:
        yield f"usual {values.dbm(onu.usual_rx_dbm)}"
    if onu.tx_power_dbm is not None:
        yield f"TX {values.dbm(onu.tx_power_dbm)}"


# --- availability ---

_PARTS = {
    Part.FIBRE: "FIBRE",
    Part.POWER: "POWER",
    Part.OTHER: "OTHER",
    Part.MAINTENANCE: "MAINTENANCE",
    Part.DISABLED: "DISABLED",
    Part.UNSEEN: "NOT OBSERVED",
}


def _availability(those: tuple[Availability, ...]) -> Sheet:
    columns = (
        Column("LAST", is_right=True),
        Column("AVAILABLE", is_right=True),
        Column("UP", is_right=True),
        *(Column(title, is_right=True, rank=1) for title in _PARTS.values()),
    )
    rows = [
        (
            "1 day" if one.days == 1 else f"{one.days} days",
            values.percent(percent(one.seconds[Part.UP], one.expected_s)),
            values.seconds(one.seconds[Part.UP]),
            *(values.seconds(one.seconds[part] or None) for part in _PARTS),
        )
        for one in those
    ]
    return Sheet("Availability, where somebody looked", columns, rows)


# --- incidents ---

_INCIDENT_COLUMNS = (
    Column("ID", style_of=lambda _: Style.STRONG),
    Column("WHAT"),
    Column("CAUSE"),
    Column("CONFIDENCE", rank=2),
    Column("ONUS", rank=3, is_right=True),
    Column("STRUCK"),
    Column("BACK", rank=1),
    Column("FOR", is_right=True),
    Column("STATE", style_of=STATES),
)


def _incidents(facts: OnuFacts, zone: tzinfo) -> Sheet:
    """As a log: the newest is the last line. What became part of another is told by that one."""
    own = [one for one in reversed(facts.incidents) if one.merged_into is None]
    rows = [_incident(one, facts, zone) for one in own]
    title = f"Incidents: {len(rows)}"
    return Sheet(title, _INCIDENT_COLUMNS, rows, empty="It was in no incident.")


def _incident(incident: Incident, facts: OnuFacts, zone: tzinfo) -> tuple[str, ...]:
    own = facts.own(incident)
    cause, confidence = cause_of(incident) or (None, None)
    until = facts.now if own.ended_at is None else own.ended_at
    return (
        f"#{incident.id}",
        kind_words(incident),
        values.word(cause),
        values.word(confidence),
        str(len(incident.members)),
        values.moment(own.at, zone),
        values.moment(own.ended_at, zone),
        values.seconds(until - own.at),
        state_of(incident),
    )

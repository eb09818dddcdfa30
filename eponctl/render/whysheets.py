"""`why` as a page: the decision in plain words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import tzinfo

from eponctl.incidents.records import Ending, Incident, Kind, Member
from eponctl.incidents.wording import bracket_text
from eponctl.model import OnuState, Status, status_text
from eponctl.render import values
from eponctl.render.historysheets import events_sheet
from eponctl.render.incidentsheets import OPEN, state_of
from eponctl.render.networksheets import STATUSES
from eponctl.render.sheet import NOTHING, OLT, Column, Line, Page, Sheet, Style, without_empty
from eponctl.views.history import Told
from eponctl.views.incidents import cause_of, evidence_of, kind_words, lasted_s, where
from eponctl.views.network import is_stale, last_seen_at
from eponctl.views.reasons import cause_reasons, class_reason, member_reason
from eponctl.views.stories import IncidentStory, OnuStory, Story
from eponctl.views.timeline import timeline
from eponctl.views.untold import Reason

MOST_ONUS = 20
_LABEL = 11


def why_page(story: Story, zone: tzinfo) -> Page:
    """An incident's or an ONU's page."""
    if isinstance(story, IncidentStory):
        return _incident_page(story, zone)
    return _onu_page(story, zone)


def _line(label: str, text: str, style: Style = Style.PLAIN) -> Line:
    return Line(f"{label:<{_LABEL}}{text}", style, hang=_LABEL)


# --- an incident ------------------------------------------------------------------------------


def _incident_page(story: IncidentStory, zone: tzinfo) -> Page:
    incident = story.incident
    sheets = [_timeline(incident, zone)]
    if incident.members:
        sheets.append(_members(story, zone))
    if story.told:
        sheets.append(_told(story, zone))
    return Page(tuple(_incident_head(story, zone)), tuple(sheets))


def _incident_head(story: IncidentStory, zone: tzinfo) -> Iterator[Line]:
    incident, state = story.incident, state_of(story.incident)
    lasted = values.seconds(lasted_s(incident, story.now))
    lasts = f"after {lasted}" if incident.closed_at is not None else f"for {lasted}"
    yield Line(
        f"#{incident.id}: {kind_words(incident)}, {incident.priority}, {state} {lasts}",
        Style.BAD if state == OPEN else Style.PLAIN,
    )
    yield _line("where", values.words(where(incident)))
    if incident.members:
        yield _line("ONUs", _onus(incident, story.customers))
    yield _line("class", f"{values.word(incident.extent)}: {class_reason(incident)}")
    cause = cause_of(incident)
    if cause is not None:
        what, confidence = cause
        yield _line("cause", f"{values.word(what)}, {confidence}")
        for label, clause in zip(_because(), cause_reasons(incident), strict=False):
            yield _line(label, clause)
    evidence = evidence_of(incident)
    if evidence:
        label = "evidence" if incident.kind is Kind.OUTAGE else "error"
        yield _line(label, values.words(evidence))
    place = bracket_text(incident.verdict) if incident.verdict else None
    if place:
        yield _line("place", place)
    yield from _untold(story, zone)


def _because() -> Iterator[str]:
    yield "because"
    yield from itertools.repeat("")


def _onus(incident: Incident, customers: Mapping[str, str]) -> str:
    count = len(incident.members)
    text = f"{values.counted(count, 'ONU')}, {incident.restored} back"
    if count == 1:
        (member,) = incident.members
        reason = member_reason(member, incident.kind, incident.detail)
        name = values.beside(member.name, customers.get(member.mac))
        return f"{name}, {member.mac}" + (f": {reason}" if reason else "")
    return text if count <= MOST_ONUS else f"{text}; the first {MOST_ONUS} are listed"


def _untold(story: IncidentStory, zone: tzinfo) -> Iterator[Line]:
    for one in story.untold:
        reason = reason_text(one.reason, story.now, zone)
        yield _line("not told", f"{one.recipient}: {reason}", Style.WARN)
    if not story.told and not story.untold:
        yield _line("not told", "[whatsapp] in olts.toml names nobody", Style.WARN)


def reason_text(reason: Reason, now: int, zone: tzinfo) -> str:
    """A reason, and until when it holds."""
    until = "" if reason.until is None else f", until {values.clock(reason.until, now, zone)}"
    return f"{values.words(reason.why)}{until}"


def _timeline(incident: Incident, zone: tzinfo) -> Sheet:
    columns = (Column("WHEN"), Column("WHAT"))
    rows = [(values.moment(step.at, zone), step.what) for step in timeline(incident)]
    return Sheet("What happened", columns, rows)


_ENDINGS = {
    None: "still out",
    Ending.RESTORED: "back",
    Ending.REMOVED: "removed",
    Ending.DISABLED: "disabled",
    Ending.ACCEPTED: "usual by now",
    Ending.PASSED_ON: "passed on",
}
_MEMBER_COLUMNS = (
    replace(OLT, rank=3),
    Column("ONU"),
    Column("NAME", least=12, style_of=lambda _: Style.STRONG),
    Column("CUSTOMER", least=8),
    Column("STATUS", style_of=STATUSES),
    Column("REASON", rank=1),
    Column("DISTANCE", rank=4, is_right=True),
    Column("RX", rank=5, is_right=True),
    Column("STRUCK"),
    Column("NOW", rank=2),
    Column("ENDED", rank=6),
    Column("MAC", rank=7),
)


def _members(story: IncidentStory, zone: tzinfo) -> Sheet:
    incident = story.incident
    shown = incident.members[:MOST_ONUS]
    title = f"ONUs: {len(shown)} of {len(incident.members)}"
    standing = "still so" if incident.kind is Kind.FLAPPING else _ENDINGS[None]
    rows = [_member(member, story.customers.get(member.mac), standing, zone) for member in shown]
    return without_empty(Sheet(title, _MEMBER_COLUMNS, rows), "CUSTOMER")


def _member(member: Member, customer: str | None, standing: str, zone: tzinfo) -> tuple[str, ...]:
    return (
        values.words(member.olt_id),
        values.words(member.onu_id),
        values.words(member.name),
        values.words(customer),
        member.status,
        values.word(member.reason) if member.reason else values.words(member.reason_raw),
        values.distance(member.distance_m),
        values.dbm(member.rx_power_dbm),
        values.moment(member.at, zone),
        _ENDINGS[member.ending] if member.ending else standing,
        values.moment(member.ended_at, zone),
        values.words(member.mac),
    )


_TOLD_COLUMNS = (
    Column("RECIPIENT"),
    Column("INCIDENT"),
    Column("STAGE"),
    Column("TOLD"),
    Column("STATE"),
)


def _told(story: IncidentStory, zone: tzinfo) -> Sheet:
    rows = [
        (
            one.recipient,
            f"#{one.incident_id}",
            one.stage,
            values.moment(one.sent_at, zone),
            one.state,
        )
        for one in story.told
    ]
    return Sheet("Who was told", _TOLD_COLUMNS, rows)


# --- an ONU -----------------------------------------------------------------------------------


def _onu_page(story: OnuStory, zone: tzinfo) -> Page:
    told = [Told(alert, delivery) for alert, delivery in story.events]
    return Page(tuple(_onu_head(story, zone)), (events_sheet(told, zone),))


def _onu_head(story: OnuStory, zone: tzinfo) -> Iterator[Line]:
    onu, state = story.onu, story.watched.state
    has_name = onu.name or story.customer
    name = f"{values.beside(onu.name, story.customer)}, " if has_name else ""
    yield Line(values.words(f"{onu.olt_id}:{onu.onu_id}: {name}{onu.mac}"), Style.STRONG)
    since = f"since {values.moment(onu.since, zone)}, {values.age(onu.since, story.now)}"
    yield _line("status", f"{_status(onu)} {since}", STATUSES(onu.status))
    yield _line("value", ", ".join(_measured(onu)) or NOTHING)
    seen = last_seen_at(onu, state)
    stale = "; the last poll did not see it" if is_stale(onu, state) else ""
    yield _line("seen", f"{values.age(seen, story.now)} ago{stale}")
    if story.is_flapping:
        yield _line("flapping", "yes: its changes are not told one by one", Style.WARN)
    if story.is_abandoned:
        yield _line("abandoned", "yes: in no count", Style.WARN)
    for reason in story.reasons:
        yield _line("why", reason_text(reason, story.now, zone))
    for one in story.incidents:
        yield from _incident_lines(one, zone)


def _status(onu: OnuState) -> str:
    text = values.words(status_text(onu.status_raw, onu.reason))
    return text if onu.status_raw.casefold() == onu.status else f"{onu.status}, {text}"


def _measured(onu: OnuState) -> Iterator[str]:
    last = "" if onu.status is Status.UP else " when it was last up"
    rx = onu.last_rx_power_dbm if onu.rx_power_dbm is None else onu.rx_power_dbm
    heat = onu.last_temperature_c if onu.temperature_c is None else onu.temperature_c
    if rx is not None:
        usual = onu.usual_rx_dbm
        yield f"RX {values.dbm(rx)}{last}" + (
            "" if usual is None else f" (usual {values.dbm(usual)})"
        )
    if heat is not None:
        yield f"{values.celsius(heat)}{last}"
    if onu.distance_m is not None:
        yield values.distance(onu.distance_m)


def _incident_lines(story: IncidentStory, zone: tzinfo) -> Iterator[Line]:
    incident = story.incident
    lasts = values.seconds(lasted_s(incident, story.now))
    text = f"#{incident.id}, {kind_words(incident)}, {state_of(incident)} for {lasts}"
    yield _line("incident", f"{text}; `eponctl why {incident.id}` says more", Style.BAD)
    evidence = evidence_of(incident)
    if evidence:
        yield _line("evidence", values.words(evidence))
    for one in story.told:
        yield _line("told", f"{one.recipient}: {one.stage}, {_when(one.sent_at, one.state, zone)}")
    yield from _untold(story, zone)


def _when(at: int | None, state: str, zone: tzinfo) -> str:
    return f"{values.moment(at, zone)}, {state}" if at is not None else f"{state} in the outbox"

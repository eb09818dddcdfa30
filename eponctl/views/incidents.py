"""Incidents to the records and words that the outside sees. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo

from eponctl.incidents.records import Cause, Confidence, Extent, Incident, Kind
from eponctl.incidents.wording import evidence_text
from eponctl.views.network import Iso, iso_in
from eponctl.views.records import IncidentRecord

_OUTAGES = frozenset({Kind.OUTAGE, Kind.OLT})
_MOST_PONS = 2


def is_outage(incident: Incident) -> bool:
    """Whether it is in interface.md's `incidents`: an outage or a silent OLT, and part of none."""
    return incident.kind in _OUTAGES and incident.merged_into is None


def incident_records(
    incidents: Iterable[Incident], told_at: Mapping[str, int], zone: tzinfo
) -> list[IncidentRecord]:
    """The outages among these, in their order; `told_at` is when anyone was told first, by id."""
    iso = iso_in(zone)
    return [
        incident_record(incident, told_at.get(incident.id), iso)
        for incident in incidents
        if is_outage(incident)
    ]


def incident_record(incident: Incident, told_at: int | None, iso: Iso) -> IncidentRecord:
    """One outage as the outside sees it."""
    verdict = incident.verdict
    cause, confidence = cause_of(incident) or (None, None)
    gives_reasons = verdict is not None and verdict.evidence.said > 0
    return IncidentRecord(
        id=incident.id,
        class_=incident.extent,
        cause=cause,
        confidence=confidence,
        olts=incident.olt_ids,
        pons=incident.pons,
        onus=len(incident.members),
        restored=incident.restored,
        of=sum(incident.of.values()),
        dying_gasps=verdict.evidence.gasps if verdict and gives_reasons else None,
        bracket_m=verdict.bracket_m if verdict else None,
        evidence=evidence_of(incident),
        opened_at=iso(incident.opened_at),
        told_at=iso(told_at),
        closed_at=iso(incident.closed_at),
        acked_at=iso(incident.acked_at),
    )


def evidence_of(incident: Incident) -> str:
    """What its verdict rests on, in a line; of an OLT what it failed with; empty of all else."""
    if incident.verdict is not None:
        return evidence_text(incident.verdict.evidence)
    return (incident.detail or "") if incident.kind is Kind.OLT else ""


def cause_of(incident: Incident) -> tuple[Cause, Confidence] | None:
    """What broke and how sure that is; None for troubles that nothing needs to have broken for."""
    if incident.verdict is not None:
        return incident.verdict.cause, incident.verdict.confidence
    return (Cause.UNKNOWN, Confidence.LOW) if incident.kind in _OUTAGES else None


_KIND_WORDS = {
    Kind.SIGNAL: "signal",
    Kind.HEAT: "high temperature",
    Kind.LOOP: "loop",
    Kind.AUTH: "authentication failed",
    Kind.FLAPPING: "flapping",
}


def kind_words(incident: Incident) -> str:
    """What it is, in two or three words: `whole pon outage`, `flapping`."""
    extent = incident.extent.replace("_", " ")
    if incident.kind is Kind.OLT:
        return extent
    if incident.kind is Kind.OUTAGE:
        return f"{extent} outage"
    words = _KIND_WORDS[incident.kind]
    return words if incident.extent is Extent.SINGLE else f"{words}, {extent}"


def where(incident: Incident) -> str:
    """Where it is, short: an ONU, a PON or two, an OLT, or how many of them."""
    olts, pons = incident.olt_ids, incident.pons
    if incident.extent in {Extent.OLT_UNREACHABLE, Extent.WHOLE_OLT}:
        return ", ".join(olts)
    if len(incident.members) == 1:
        (member,) = incident.members
        return f"{member.olt_id}:{member.onu_id}"
    if len(pons) <= _MOST_PONS:
        return ", ".join(pons)
    return f"{olts[0] if len(olts) == 1 else f'{len(olts)} OLTs'}, {len(pons)} PONs"


def lasted_s(incident: Incident, now: int) -> int:
    """How long it lasted, or has lasted so far."""
    return max(0, (incident.closed_at or now) - incident.opened_at)

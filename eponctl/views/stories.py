"""All that `why` has to say of an incident or of an ONU, and its object in JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, NamedTuple

from eponctl.incidents.records import Incident, Member
from eponctl.incidents.wording import bracket_text
from eponctl.model import OnuState
from eponctl.store.events import Alert
from eponctl.store.tellings import Telling
from eponctl.views.history import alert_record
from eponctl.views.incidents import incident_record
from eponctl.views.network import Iso, Watched, iso_in, onu_record, rounded
from eponctl.views.reasons import cause_reasons, class_reason
from eponctl.views.records import as_object
from eponctl.views.timeline import timeline
from eponctl.views.untold import Hush, Reason


class Untold(NamedTuple):
    """A (masked) recipient that was told nothing of an incident, and why."""

    recipient: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class IncidentStory:
    """One incident, who was told of it, the oldest first, and who was not.

    Recipients are masked. `customers` are the customers' names of its ONUs, by MAC.
    """

    now: int
    incident: Incident
    told: tuple[Telling, ...] = ()
    untold: tuple[Untold, ...] = ()
    customers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OnuStory:
    """One ONU: the open incidents about it, its last events, what is quiet on purpose around it.

    `reasons` say why nothing, or nothing more, is told of it. `events` are newest first, each with
    its messages' delivery. `customer` is its customer's name.
    """

    now: int
    onu: OnuState
    watched: Watched
    is_abandoned: bool
    is_flapping: bool
    incidents: tuple[IncidentStory, ...] = ()
    hushes: tuple[Hush, ...] = ()
    reasons: tuple[Reason, ...] = ()
    events: tuple[tuple[Alert, str | None], ...] = ()
    customer: str | None = None


Story = IncidentStory | OnuStory


def story_object(story: Story, zone: tzinfo) -> dict[str, Any]:
    """What `why --json` has beside its head."""
    iso = iso_in(zone)
    if isinstance(story, IncidentStory):
        return {"incident": _incident(story, iso)}
    return {
        "onu": as_object(onu_record(story.onu, story.watched.state, iso, story.customer)),
        "abandoned": story.is_abandoned,
        "flapping": story.is_flapping,
        "reasons": [_reason(reason, iso) for reason in story.reasons],
        "quiet": [
            {"target": hush.target, "what": hush.words, "until": iso(hush.until)}
            for hush in story.hushes
        ],
        "incidents": [_incident(one, iso) for one in story.incidents],
        "events": [
            as_object(alert_record(alert, sent, iso, story.customer))
            for alert, sent in story.events
        ],
    }


def first_told(story: IncidentStory) -> int | None:
    """When anyone was told first."""
    return min((one.sent_at for one in story.told if one.sent_at is not None), default=None)


def _incident(story: IncidentStory, iso: Iso) -> dict[str, Any]:
    """The keys of `incidents --json`, then why."""
    incident = story.incident
    record = as_object(incident_record(incident, first_told(story), iso))
    return record | {
        "kind": incident.kind,
        "priority": incident.priority,
        "merged_into": incident.merged_into,
        "why_class": class_reason(incident),
        "why_cause": "; ".join(cause_reasons(incident)) or None,
        "place": bracket_text(incident.verdict) if incident.verdict else None,
        "timeline": [{"at": iso(step.at), "what": step.what} for step in timeline(incident)],
        "members": [
            _member(member, iso, story.customers.get(member.mac)) for member in incident.members
        ],
        "told": [_telling(one, iso) for one in story.told],
        "not_told": [
            {"recipient": one.recipient, **_reason(one.reason, iso)} for one in story.untold
        ],
    }


def _telling(telling: Telling, iso: Iso) -> dict[str, Any]:
    return {
        "recipient": telling.recipient,
        "incident_id": telling.incident_id,
        "stage": telling.stage,
        "state": telling.state,
        "at": iso(telling.sent_at),
    }


def _reason(reason: Reason, iso: Iso) -> dict[str, Any]:
    return {"why": reason.why, "until": iso(reason.until)}


def _member(member: Member, iso: Iso, customer: str | None) -> dict[str, Any]:
    return {
        "olt_id": member.olt_id,
        "onu_id": member.onu_id,
        "mac": member.mac,
        "name": member.name,
        "status": member.status,
        "status_raw": member.status_raw,
        "reason": member.reason,
        "reason_raw": member.reason_raw,
        "dying_gasp": member.is_gasp,
        "distance_m": member.distance_m,
        "last_rx_power_dbm": rounded(member.rx_power_dbm, 2),
        "value": rounded(member.value, 2),
        "usual": rounded(member.usual, 2),
        "at": iso(member.at),
        "ended_at": iso(member.ended_at),
        "ending": member.ending,
        "customer": customer,
    }

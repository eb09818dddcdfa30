"""All that `onu` has to say of one ONU, and its object in JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from eponctl.incidents.records import Incident, Kind, Member
from eponctl.model import OnuState
from eponctl.store.customers import Customer
from eponctl.views.availability import Availability, Part
from eponctl.views.history import Told, alert_record
from eponctl.views.incidents import incident_record
from eponctl.views.network import Iso, Watched, iso_in, onu_record, percent
from eponctl.views.records import as_object
from eponctl.views.trend import Trend


@dataclass(frozen=True, slots=True)
class OnuFacts:
    """One ONU: how it is, and how it was since then; events and incidents newest first.

    `told_at` is when anyone was told first of each incident, by id.
    """

    now: int
    since: int
    onu: OnuState
    watched: Watched
    is_abandoned: bool
    trend: Trend
    availability: tuple[Availability, ...]
    incidents: tuple[Incident, ...]
    told_at: dict[str, int]
    events: tuple[Told, ...]
    customer: Customer | None = None

    @property
    def customer_name(self) -> str | None:
        """Its customer's name."""
        return None if self.customer is None else self.customer.name

    def own(self, incident: Incident) -> Member:
        """What the incident says of this ONU; of one that was struck twice the last."""
        identity = self.onu.olt_id, self.onu.mac
        return [one for one in incident.members if (one.olt_id, one.mac) == identity][-1]


def facts_object(facts: OnuFacts, zone: tzinfo) -> dict[str, Any]:
    """What `onu --json` has beside its head."""
    iso = iso_in(zone)
    return {
        "onu": as_object(onu_record(facts.onu, facts.watched.state, iso, facts.customer_name)),
        "contact": _contact(facts.customer),
        "abandoned": facts.is_abandoned,
        "since": iso(facts.since),
        "trend": _trend(facts.trend, iso),
        "availability": [_availability(one) for one in facts.availability],
        "incidents": [_incident(one, facts, iso) for one in facts.incidents],
        "events": [
            as_object(alert_record(one.alert, one.delivery, iso, one.customer))
            for one in facts.events
        ],
    }


def _contact(customer: Customer | None) -> dict[str, str | None] | None:
    if customer is None:
        return None
    return {"name": customer.name, "phone": customer.phone, "note": customer.note}


def _trend(trend: Trend, iso: Iso) -> dict[str, Any]:
    steps = [
        {
            "at": iso(step.at),
            "rx_min_dbm": step.low_dbm,
            "rx_avg_dbm": step.mean_dbm,
            "rx_max_dbm": step.high_dbm,
        }
        for step in trend.steps
    ]
    return {"step_seconds": trend.step_s, "steps": steps}


def _availability(one: Availability) -> dict[str, Any]:
    parts = {f"{part}_seconds": one.seconds[part] for part in Part}
    up_percent = percent(one.seconds[Part.UP], one.expected_s)
    return {"days": one.days, "availability_percent": up_percent, **parts}


def _incident(incident: Incident, facts: OnuFacts, iso: Iso) -> dict[str, Any]:
    own = facts.own(incident)
    record = as_object(incident_record(incident, facts.told_at.get(incident.id), iso))
    return record | {
        "kind": Kind(incident.kind).value,
        "merged_into": incident.merged_into,
        "struck_at": iso(own.at),
        "back_at": iso(own.ended_at),
    }

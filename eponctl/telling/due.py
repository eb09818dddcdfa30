"""What is next to be told of an incident to someone who was told this much of it. Pure.

Knows neither routes nor quiet hours nor budget: what is due stays due until it was told.
"""

from __future__ import annotations

from eponctl.incidents.records import Ending, Extent, Incident, Kind
from eponctl.model import Priority
from eponctl.settings import AlertSettings
from eponctl.telling.records import Stage, Told

REMINDER_EVERY_S = 4 * 3600
"""Between two reminders of one incident."""
GROWTH_PATIENCE_S = 300
"""So long the same incident with more ONUs waits, while more are lost with each poll."""

_HALF_OF = 2  # ONUs that an incident must have for half of it to mean anything


def due(incident: Incident, told: Told | None, settings: AlertSettings, now: int) -> Stage | None:
    """The stage that is due; None: nothing.

    What was over before it was told is not told at all, and what became part of another incident
    is told with that one.
    """
    if incident.merged_into is not None:
        return None
    if told is None:
        return Stage.OPENED if incident.is_open else None
    if told.is_lost or told.is_closed:
        return None
    return _of_open(incident, told, settings, now) if incident.is_open else Stage.CLOSED


def _of_open(incident: Incident, told: Told, settings: AlertSettings, now: int) -> Stage | None:
    if not told.is_own:
        # Told of under other ids only: its end would name an id that nobody knows.
        return Stage.OPENED
    if _has_grown(incident, told, now):
        return Stage.GREW
    if _is_half_back(incident, told, now):
        return Stage.HALF
    if _is_reminder_due(incident, told, settings.reminder_after_s, now):
        return Stage.REMINDER
    return None


def _has_grown(incident: Incident, told: Told, now: int) -> bool:
    """Of a wider extent than was told, or with twice as many ONUs and no more in this poll.

    An OLT takes some polls to miss all the ONUs of a cut PON: a message with each would be many.
    """
    if incident.extent.rank > told.extent.rank:
        return True
    is_growing = incident.grown_at == now and now - told.last_at < GROWTH_PATIENCE_S
    return not is_growing and len(incident.members) >= 2 * max(told.onus, 1)


def _is_half_back(incident: Incident, told: Told, now: int) -> bool:
    """Whether half of its ONUs came back, and not before it was told at all, which said so.

    While ONUs still come back with each poll it waits: in a minute they may all be there.
    """
    onus = len(incident.members)
    back_at = sorted(
        member.ended_at
        for member in incident.members
        if member.ending is Ending.RESTORED and member.ended_at is not None
    )
    if told.has_half or onus < _HALF_OF or 2 * len(back_at) < onus:
        return False
    return told.first_at < back_at[(onus + 1) // 2 - 1] and back_at[-1] < now


def _is_reminder_due(incident: Incident, told: Told, after_s: int | None, now: int) -> bool:
    is_critical = incident.kind is Kind.OUTAGE and incident.priority is Priority.CRITICAL
    if after_s is None or not is_critical or incident.acked_at is not None:
        return False
    first_at = told.first_at + after_s
    if told.last_at < first_at:
        return now >= first_at
    # What was told since the first one was due stood in for it. Of one or two homes without power
    # once is enough: every night some hundred are switched off.
    return incident.extent is not Extent.SINGLE and now >= told.last_at + REMINDER_EVERY_S

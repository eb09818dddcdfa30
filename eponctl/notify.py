"""Who is told what: events and reports to texts per recipient, by the routes. Pure.

A recipient that a route names gets only what its routes match; one that none names gets all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from fnmatch import fnmatchcase

from eponctl import messages
from eponctl.messages import Limits, OltNews
from eponctl.model import Event, OltSummary
from eponctl.settings import Config, Route, Thresholds, WhatsAppSettings


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text for one recipient, and the places of its events in the list that it was made of."""

    recipient: str
    kind: str
    text: str
    events: tuple[int, ...] = ()


def limits_of(thresholds: Thresholds) -> Limits:
    """The thresholds that a message shows."""
    return Limits(
        temperature_high_c=thresholds.temperature_high_c,
        rx_power_low_dbm=thresholds.rx_power_low_dbm,
        rx_power_high_dbm=thresholds.rx_power_high_dbm,
    )


def recipients(settings: WhatsAppSettings) -> tuple[str, ...]:
    """Everyone who gets anything, in the configuration's order, once."""
    routed = [name for route in settings.routes for name in route.recipients]
    return tuple(dict.fromkeys([*settings.recipients, *routed]))


def alerts(
    events: Sequence[Event],
    summaries: Mapping[str, OltSummary],
    config: Config,
    *,
    now: int,
) -> list[Outgoing]:
    """The alert of this poll for each recipient; `summaries` are in the configuration's order."""
    outgoing: list[Outgoing] = []
    texts: dict[tuple[int, ...], list[str]] = {}
    for recipient in recipients(config.whatsapp):
        wanted = tuple(
            place
            for place, event in enumerate(events)
            if is_for(recipient, event, config.whatsapp.routes)
        )
        if not wanted:
            continue
        if wanted not in texts:
            chosen = [events[place] for place in wanted]
            texts[wanted] = alert_texts(chosen, summaries, config, now)
        outgoing += [Outgoing(recipient, "alert", text, wanted) for text in texts[wanted]]
    return outgoing


def bare_alerts(events: Sequence[Event], settings: WhatsAppSettings) -> list[Outgoing]:
    """The fact without the words, for when these cannot be made: how many, and where to look."""
    outgoing = []
    for recipient in recipients(settings):
        wanted = tuple(
            place for place, event in enumerate(events) if is_for(recipient, event, settings.routes)
        )
        if wanted:
            olts = ", ".join(sorted({events[place].olt_id for place in wanted}))
            text = f"🚨 eponctl: {len(wanted)} events ({olts}): `eponctl alerts` lists them"
            outgoing.append(Outgoing(recipient, "alert", text[:_BARE_LIMIT], wanted))
    return outgoing


_BARE_LIMIT = 1000


def is_for(recipient: str, event: Event, routes: Sequence[Route]) -> bool:
    """Whether the routes let this event through to this recipient."""
    own = [route for route in routes if recipient in route.recipients]
    return not own or any(
        event.priority.rank <= route.min_priority.rank
        and any(fnmatchcase(event.olt_id, pattern) for pattern in route.olts)
        for route in own
    )


def alert_texts(
    events: Sequence[Event], summaries: Mapping[str, OltSummary], config: Config, now: int
) -> list[str]:
    """One alert of these events, split where it is long."""
    by_olt: dict[str, list[Event]] = {}
    for event in events:
        by_olt.setdefault(event.olt_id, []).append(event)
    sections = [
        OltNews(summary, tuple(by_olt[olt_id]))
        for olt_id, summary in summaries.items()
        if olt_id in by_olt
    ]
    return messages.alert(
        sections,
        now=now,
        zone=config.timezone,
        language=config.language,
        olts=sum(olt.enabled for olt in config.olts),
        limits=limits_of(config.thresholds),
    )


def hourly(
    summaries: Sequence[OltSummary],
    config: Config,
    *,
    now: int,
    low_since: Mapping[str, int],
) -> list[str]:
    """The hourly report, split where it is long."""
    zone: tzinfo = config.timezone
    return messages.hourly_report(
        summaries,
        now=now,
        zone=zone,
        language=config.language,
        limits=limits_of(config.thresholds),
        low_since=low_since,
    )


def hourly_for_all(texts: Sequence[str], settings: WhatsAppSettings) -> list[Outgoing]:
    """The report for those who get everything; routes are about events."""
    routed = {name for route in settings.routes for name in route.recipients}
    chosen = [name for name in settings.recipients if name not in routed] or list(
        recipients(settings)
    )
    return [Outgoing(name, "report", text) for name in chosen for text in texts]

"""What stands where on the page, in words: from the network's data to the template.

The template escapes whatever it is given; what a device wrote is made one harmless line before. The
page forbids its reader's browser to load or run anything but what stands in it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from importlib import resources
from typing import TYPE_CHECKING, Any

from eponctl import __version__
from eponctl.incidents.records import Incident
from eponctl.model import EVENT_PRIORITIES, Priority
from eponctl.render import values
from eponctl.render.dashboard.rows import PROBLEM, onu_row, states_of
from eponctl.render.historysheets import change_of
from eponctl.render.incidentsheets import state_of
from eponctl.render.networksheets import OLD_S
from eponctl.render.oltsheets import experimental
from eponctl.render.sheet import NOTHING
from eponctl.settings import Config
from eponctl.views.dashboard import Dashboard, Overview
from eponctl.views.history import Told
from eponctl.views.incidents import cause_of, evidence_of, lasted_s, where
from eponctl.views.network import (
    OltCondition,
    Watched,
    olt_record,
    percent,
    summary_record,
)

if TYPE_CHECKING:
    from eponctl.render.dashboard.charts import Chart

_FINE_PERCENT, _FAIR_PERCENT = 98.0, 90.0  # shares online from which an OLT is fine, and fair
_CONDITIONS = {
    OltCondition.OK: "good",
    OltCondition.PARTIAL: "warn",
    OltCondition.UNREACHABLE: "worst",
    OltCondition.NEVER_POLLED: "faint",
    OltCondition.DISABLED: "faint",
}
_PRIORITIES = {
    Priority.CRITICAL: "worst",
    Priority.HIGH: "bad",
    Priority.MEDIUM: "warn",
    Priority.NORMAL: "good",
}
_INCIDENTS = {"open": "bad", "acked": "warn", "closed": "good"}
_DELIVERIES = {"failed": "bad", "queued": "warn", "sent": "good"}


def document(seen: Dashboard, config: Config, *, reload_s: int | None = None) -> Iterator[str]:
    """The page in pieces; `reload_s`: it looks for a newer one so often, unless told not to."""
    from jinja2 import Environment, StrictUndefined

    style, script = _part("page.css"), _part("page.js")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_part("page.html"))
    yield from template.generate(
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        reload_s=reload_s,
        version=__version__,
        old_s=OLD_S,
        **_content(seen, config.timezone),
    )


def _part(name: str) -> str:
    return resources.files("eponctl.render.dashboard").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """As a Content-Security-Policy names a text that may stand in the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _content(seen: Dashboard, zone: tzinfo) -> dict[str, Any]:
    now = seen.overview.now
    charts, names = _charts(seen, zone)
    onus = [onu_row(onu, seen, zone) for onu in seen.overview.onus]
    olts = {watched.olt.id: watched for watched in seen.overview.olts}
    return {
        "now": now,
        "made_at": values.moment(now, zone),
        "zone": str(zone),
        "polled_at": seen.overview.last_poll_at,
        "tiles": list(_tiles(seen.overview)),
        "troubles": list(_troubles(seen.overview, zone)),
        "olts": [_olt(watched, now, zone) for watched in olts.values()],
        "charts": charts,
        "lines": names,
        "onus": onus,
        "states": states_of(onus),
        "olt_ids": [watched.olt.id for watched in olts.values() if watched.olt.enabled],
        "has_tx": any(onu["tx"] != NOTHING for onu in onus),
        "has_auth": any(onu["auth"] != NOTHING for onu in onus),
        "incidents": [_incident(one, now, zone) for one in _open_first(seen.incidents)],
        "alerts": [_alert(told, zone) for told in seen.alerts],
        "has_more_alerts": seen.has_more,
    }


# --- the whole --------------------------------------------------------------------------------


def _tiles(overview: Overview) -> Iterator[dict[str, Any]]:
    """A tile each: its title, its number, a note, how it is, and where it leads."""
    total = summary_record(overview.olts)
    read = total.olts - total.olts_unreachable
    share = total.uptime_percent
    yield {
        "title": "OLTs read",
        "value": f"{read} / {total.olts}",
        "note": f"{total.olts_unreachable} unreachable"
        if total.olts_unreachable
        else "all of them",
        "style": "bad" if total.olts_unreachable else "good",
        "link": "#olts",
    }
    yield {
        "title": "ONUs online",
        "value": f"{total.online:,}",
        "note": f"of {total.onus:,}",
        "style": "plain",
        "link": "#state=up",
    }
    yield {
        "title": "Network uptime",
        "value": values.percent(share),
        "note": "share that is online",
        "style": "plain" if share is None else _share_style(share),
        "link": "#trends",
    }
    yield {
        "title": "Problems",
        "value": f"{total.problems:,}",
        "note": "down, weak or hot",
        "style": "bad" if total.problems else "good",
        "link": f"#state={PROBLEM}",
    }
    yield {
        "title": "Open incidents",
        "value": str(overview.open_incidents),
        "note": "outages that go on",
        "style": "bad" if overview.open_incidents else "good",
        "link": "#incidents",
    }
    yield {
        "title": "Average temperature",
        "value": values.celsius(total.avg_temperature_c),
        "note": "of ONUs that are up",
        "style": "plain",
        "link": "#sort=temp&dir=desc",
    }
    yield {
        "title": "Average RX power",
        "value": values.dbm(total.avg_rx_power_dbm),
        "note": "of ONUs that are up",
        "style": "plain",
        "link": "#sort=rx",
    }


def _share_style(share: float) -> str:
    return "good" if share >= _FINE_PERCENT else "warn" if share >= _FAIR_PERCENT else "bad"


def _troubles(overview: Overview, zone: tzinfo) -> Iterator[str]:
    """What is wrong with the watching itself."""
    for watched in overview.olts:
        if watched.condition is OltCondition.UNREACHABLE:
            begun = watched.state.failing_since or overview.now
            since, why = values.clock(begun, overview.now, zone), values.words(watched.state.error)
            yield f"{watched.olt.id} was not read since {since}: {why}. Its ONUs are as last seen."
        elif watched.condition is OltCondition.PARTIAL:
            pons = ", ".join(map(values.words, watched.state.failed_pons))
            yield f"{watched.olt.id} could not be read whole: PON {pons} is as last seen."
    for line in experimental(
        (watched.olt.id, watched.state.dialect) for watched in overview.olts if watched.olt.enabled
    ):
        yield f"{line.text[:1].upper()}{line.text[1:]}"
    if overview.failed:
        yield f"{values.counted(overview.failed, 'message')} given up: eponctl whatsapp queue"


# --- OLTs and trends --------------------------------------------------------------------------


def _olt(watched: Watched, now: int, zone: tzinfo) -> dict[str, Any]:
    record = olt_record(watched, lambda at: values.moment(at, zone))
    tally = watched.tally
    share = percent(tally.online, tally.expected)
    hardware = " · ".join(values.words(one) for one in (record.model, record.firmware) if one)
    return {
        "id": watched.olt.id,
        "name": values.words(watched.olt.name),
        "condition": values.word(watched.condition),
        "style": _CONDITIONS[watched.condition],
        "is_enabled": watched.olt.enabled,
        "hardware": hardware or values.words(record.dialect),
        "online": tally.online,
        "expected": tally.expected,
        "share": values.percent(share),
        "percent": share or 0,
        "share_style": "faint"
        if share is None or not watched.is_reachable
        else _share_style(share),
        "problems": record.problems,
        "temperature": values.celsius(record.avg_temperature_c),
        "rx": values.dbm(record.avg_rx_power_dbm),
        "polled": values.age(watched.state.last_poll_at, now),
        "polled_at": record.last_poll_at,
        "seconds": NOTHING if record.poll_seconds is None else f"{record.poll_seconds:.1f} s",
        "error": values.words(record.error) if record.error else "",
    }


def _charts(seen: Dashboard, zone: tzinfo) -> tuple[Sequence[Chart], Sequence[str]]:
    """The charts, whose markup is ours, and the names of their lines."""
    if seen.trends is None:
        return (), ()
    from markupsafe import Markup

    from eponctl.render.dashboard.charts import charts

    drawn = [one._replace(svg=Markup(one.svg)) for one in charts(seen.trends, zone)]  # noqa: S704
    return drawn, [values.words(name) for name in seen.trends.names]


# --- what happened ----------------------------------------------------------------------------


def _open_first(incidents: Sequence[Incident]) -> list[Incident]:
    return sorted(incidents, key=lambda one: not one.is_open)


def _incident(incident: Incident, now: int, zone: tzinfo) -> dict[str, Any]:
    cause, confidence = cause_of(incident) or (None, None)
    lost, state = len(incident.members), state_of(incident)
    return {
        "id": incident.id,
        "kind": values.word(incident.extent),
        "cause": "" if lost == 0 else values.word(cause),
        "confidence": "" if lost == 0 or confidence is None else f"{confidence} confidence",
        "where": values.words(where(incident)),
        "lost": f"{lost} of {max(lost, sum(incident.of.values()))}" if lost else "",
        "back": str(incident.restored) if lost else "",
        "state": state,
        "style": _INCIDENTS[state],
        "lasted": values.seconds(lasted_s(incident, now)),
        "opened": values.clock(incident.opened_at, now, zone),
        "opened_at": values.moment(incident.opened_at, zone),
        "evidence": values.words(evidence_of(incident)),
    }


def _alert(told: Told, zone: tzinfo) -> dict[str, Any]:
    alert = told.alert
    change = change_of(alert)
    return {
        "at": values.moment(alert.at, zone),
        "kind": values.word(alert.kind),
        "style": _PRIORITIES[alert.priority] if alert.kind in EVENT_PRIORITIES else "good",
        "priority": alert.priority,
        "where": ":".join(values.words(one) for one in (alert.olt_id, alert.onu_id) if one),
        "name": values.beside(alert.name, told.customer),
        "change": "" if change == NOTHING else change,
        "lasted": "" if alert.lasted_s is None else values.seconds(alert.lasted_s),
        "delivery": told.delivery or "",
        "delivery_style": _DELIVERIES.get(told.delivery or "", "faint"),
    }

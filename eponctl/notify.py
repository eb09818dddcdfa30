"""Bulletins and reports as texts, in the language and zone of the configuration. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from eponctl import messages
from eponctl.messages import Limits
from eponctl.model import OltSummary
from eponctl.reports import Report
from eponctl.settings import Config, Thresholds, WhatsAppSettings
from eponctl.telling.records import Bulletin, Told
from eponctl.telling.routing import recipients
from eponctl.textfaults import TextFault, note


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text for one recipient."""

    recipient: str
    kind: str
    text: str


def limits_of(thresholds: Thresholds) -> Limits:
    """The thresholds that a message shows."""
    return Limits(
        temperature_high_c=thresholds.temperature_high_c,
        rx_power_low_dbm=thresholds.rx_power_low_dbm,
        rx_power_high_dbm=thresholds.rx_power_high_dbm,
    )


def text_limit(settings: WhatsAppSettings) -> int:
    """UTF-16 units of one message: what the gateway takes, if that is less than what is handy."""
    return min(messages.LIMIT, settings.max_chars)


def bulletin_texts(
    bulletin: Bulletin,
    summaries: Mapping[str, OltSummary],
    told: Mapping[str, Told],
    config: Config,
    now: int,
) -> list[str]:
    """A bulletin, split where it is long; `summaries` are in the configuration's order.

    `told` is what its recipient was told before, by incident id.
    """
    make = partial(
        messages.bulletin,
        bulletin,
        summaries,
        now=now,
        zone=config.timezone,
        olts=sum(olt.enabled for olt in config.olts),
        limits=limits_of(config.thresholds),
        told=told,
        limit=text_limit(config.whatsapp),
    )
    return _worded(make, config)


def _worded(make: Callable[..., list[str]], config: Config) -> list[str]:
    """What `make` makes with the configuration's words; with ours where those leave no room."""
    try:
        return make(language=config.words)
    except ValueError as error:
        if config.messages_dir is None:
            raise
        note(TextFault(config.messages_dir, 0, str(error)))
        return make(language=config.language)


def bare_text(bulletin: Bulletin) -> str:
    """The fact without the words, for when these cannot be made: what, and where to look."""
    names = ", ".join(f"#{item.incident.id} {item.stage}" for item in bulletin.items)
    count = len(bulletin.items) + len(bulletin.notes)
    text = f"🚨 eponctl: {count} news: `eponctl incidents` and `eponctl alerts` list them"
    return f"{text} ({names})"[:_BARE_LIMIT] if names else text


_BARE_LIMIT = 1000


def hourly(
    summaries: Sequence[OltSummary],
    config: Config,
    *,
    now: int,
    low_since: Mapping[str, int],
    passed: int = 0,
) -> list[str]:
    """The hourly report, split where it is long; `passed` troubles came and went untold."""
    make = partial(
        messages.hourly_report,
        summaries,
        now=now,
        zone=config.timezone,
        limits=limits_of(config.thresholds),
        low_since=low_since,
        passed=passed,
        limit=text_limit(config.whatsapp),
    )
    return _worded(make, config)


def periodic(report: Report, config: Config) -> list[str]:
    """A daily, weekly or monthly report, split where it is long."""
    make = partial(
        messages.periodic_report, report, zone=config.timezone, limit=text_limit(config.whatsapp)
    )
    return _worded(make, config)


def report_for_all(texts: Sequence[str], settings: WhatsAppSettings) -> list[Outgoing]:
    """The report for those who get everything; routes are about events."""
    routed = {name for route in settings.routes for name in route.recipients}
    chosen = [name for name in settings.recipients if name not in routed] or list(
        recipients(settings)
    )
    return [Outgoing(name, "report", text) for name in chosen for text in texts]

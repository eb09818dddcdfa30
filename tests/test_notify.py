"""Who is told what: recipients and routes."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eponctl import notify
from eponctl.judge import first_state
from eponctl.model import (
    Event,
    EventKind,
    OltSummary,
    OnuReading,
    OnuState,
    Priority,
    Status,
)
from eponctl.notify import Outgoing
from eponctl.settings import Config, OltSettings, Route, Thresholds, WhatsAppSettings

NOW = 1_800_000_000
ANN, BOB, EVE = "6281200000001", "6281200000002", "6281200000003"
GROUP = "120363000000000000@g.us"


def config(*recipients: str, routes: tuple[Route, ...] = ()) -> Config:
    return Config(
        path=Path("/etc/eponctl/olts.toml"),
        database=Path("/var/lib/eponctl.db"),
        timezone=ZoneInfo("Asia/Jakarta"),
        whatsapp=WhatsAppSettings(enabled=True, recipients=recipients, routes=routes),
        olts=tuple(
            OltSettings(f"OLT-{place}", f"Olt {place}", "http://192.0.2.1", "admin", None)
            for place in ("KEDIRI-01", "KEDIRI-02", "BLITAR")
        ),
    )


def summaries(settings: Config) -> dict[str, OltSummary]:
    return {
        olt.id: OltSummary(olt.id, olt.name, 10, 9, 0, 1, {"DOWN": 1}, 40.0, -20.0)
        for olt in settings.olts
    }


def onu(olt_id: str) -> OnuState:
    reading = OnuReading("0/1:3", "02:00:00:00:00:01", "CLIENT", Status.DOWN, "Down")
    return first_state(olt_id, reading, Thresholds(), NOW)


def event(olt_id: str, priority: Priority = Priority.HIGH) -> Event:
    return Event(EventKind.DOWN, priority, olt_id, NOW, onu(olt_id))


EVENTS = (
    event("OLT-KEDIRI-01", Priority.CRITICAL),
    event("OLT-KEDIRI-02", Priority.MEDIUM),
    event("OLT-BLITAR", Priority.HIGH),
)


def told(settings: Config, *events: Event) -> dict[str, list[tuple[int, ...]]]:
    """The places of the events in each message, by recipient."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for out in notify.alerts(events or EVENTS, summaries(settings), settings, now=NOW):
        found.setdefault(out.recipient, []).append(out.events)
    return found


def test_recipient_that_no_route_names_gets_everything() -> None:
    route = Route((BOB,), ("OLT-BLITAR",))

    assert {ANN: [(0, 1, 2)], BOB: [(2,)]} == told(config(ANN, routes=(route,)))


@pytest.mark.parametrize(
    ("route", "places"),
    [
        (Route((GROUP,)), (0, 1, 2)),
        (Route((GROUP,), ("OLT-KEDIRI-*",)), (0, 1)),
        (Route((GROUP,), min_priority=Priority.HIGH), (0, 2)),
        (Route((GROUP,), min_priority=Priority.CRITICAL), (0,)),
        (Route((GROUP,), ("OLT-B*", "*-02")), (1, 2)),
        (Route((GROUP,), ("OLT-KEDIRI-*",), Priority.HIGH), (0,)),
        (Route((GROUP,), ("olt-kediri-*",)), ()),
        (Route((GROUP,), ("KEDIRI",)), ()),
    ],
)
def test_recipient_of_a_route_gets_what_it_matches(route: Route, places: tuple[int, ...]) -> None:
    expected = {GROUP: [places]} if places else {}

    assert expected == told(config(routes=(route,)))


def test_recipient_that_is_named_twice_gets_what_its_routes_match_once() -> None:
    routes = (Route((ANN, BOB), ("OLT-KEDIRI-*",)), Route((ANN,), ("OLT-KEDIRI-01", "OLT-BLITAR")))

    assert {ANN: [(0, 1, 2)], BOB: [(0, 1)]} == told(config(ANN, routes=routes))


def test_nobody_is_told_nothing() -> None:
    settings = config(ANN)

    assert [] == notify.alerts([], summaries(settings), settings, now=NOW)


def test_recipients_are_asked_for_in_the_order_of_the_configuration() -> None:
    routes = (Route((GROUP, ANN)), Route((EVE,)))

    assert (BOB, ANN, GROUP, EVE) == notify.recipients(config(BOB, ANN, routes=routes).whatsapp)


def test_recipients_of_the_same_events_get_the_same_text() -> None:
    settings = config(ANN, BOB)
    one, two = notify.alerts(EVENTS, summaries(settings), settings, now=NOW)

    assert (ANN, BOB) == (one.recipient, two.recipient)
    assert one.text == two.text


def test_alert_has_a_section_for_each_olt_with_news_in_the_order_of_the_configuration() -> None:
    settings = config(ANN)
    [out] = notify.alerts(EVENTS[::-1], summaries(settings), settings, now=NOW)

    places = [out.text.index(f"({olt.id})") for olt in settings.olts]
    assert sorted(places) == places
    assert "🌐 Total OLT Monitored: 3" in out.text
    [other] = notify.alerts(EVENTS[:1], summaries(settings), settings, now=NOW)
    assert "OLT-BLITAR" not in other.text


def test_long_alert_comes_in_parts_that_each_tell_of_its_events() -> None:
    settings = config(ANN)
    # Few of one kind on one PON: each has a block of its own.
    events = [
        Event(
            EventKind.DOWN,
            Priority.HIGH,
            "OLT-BLITAR",
            NOW,
            onu("OLT-BLITAR")._replace(onu_id=f"0/{pon}:1", mac=f"02:00:00:00:00:{pon:02X}"),
        )
        for pon in range(60)
    ]
    parts = notify.alerts(events, summaries(settings), settings, now=NOW)

    assert len(parts) > 1
    assert all(tuple(range(60)) == part.events for part in parts)
    text = "".join(part.text for part in parts)
    assert all(1 == text.count(f"MAC: 02:00:00:00:00:{pon:02X}\n") for pon in range(60))


def test_report_is_for_those_who_get_everything() -> None:
    route = Route((BOB,), ("OLT-BLITAR",))
    found = notify.hourly_for_all(["one", "two"], config(ANN, BOB, routes=(route,)).whatsapp)

    assert [Outgoing(ANN, "report", "one"), Outgoing(ANN, "report", "two")] == found


def test_report_is_for_all_where_everyone_has_a_route() -> None:
    routes = (Route((BOB,), ("OLT-BLITAR",)), Route((GROUP,)))
    found = notify.hourly_for_all(["text"], config(routes=routes).whatsapp)

    assert [BOB, GROUP] == [out.recipient for out in found]


def test_report_shows_every_olt() -> None:
    settings = config(ANN)
    [text] = notify.hourly(list(summaries(settings).values()), settings, now=NOW, low_since={})

    assert "📡 Total ONU: 30" in text
    assert all(f"{olt.name}: 9/10 (90.0%)" in text for olt in settings.olts)

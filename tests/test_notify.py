"""Bulletins and reports in the words and for the people of the configuration."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eponctl import notify
from eponctl.gatewaypresets import PRESETS
from eponctl.incidents.records import Extent, Incident, Kind
from eponctl.messages import units
from eponctl.model import OltSummary, Priority
from eponctl.notify import Outgoing
from eponctl.settings import Config, HttpSettings, OltSettings, Route, WhatsAppSettings
from eponctl.telling.records import Bulletin, Item, Stage

NOW = 1_800_000_000
ANN, BOB = "6281200000001", "6281200000002"
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


def unreachable(number: int, olt_id: str) -> Item:
    incident = Incident(
        f"AB{number:02d}",
        Kind.OLT,
        Extent.OLT_UNREACHABLE,
        Priority.HIGH,
        NOW,
        NOW,
        olt_ids=(olt_id,),
        detail="no answer in time",
    )
    return Item(incident, Stage.OPENED)


def test_bulletin_has_a_section_for_each_olt_in_the_order_of_the_configuration() -> None:
    settings = config(ANN)
    items = tuple(unreachable(n, olt.id) for n, olt in enumerate(settings.olts[::-1]))
    bulletin = Bulletin(ANN, items)

    [text] = notify.bulletin_texts(bulletin, summaries(settings), {}, settings, NOW)

    places = [text.index(f"({olt.id})") for olt in settings.olts]
    assert sorted(places) == places
    assert "🌐 Total OLT Monitored: 3" in text


def test_bare_text_names_every_incident_that_fits_and_where_to_look() -> None:
    few = notify.bare_text(Bulletin(ANN, (unreachable(1, "OLT-1"), unreachable(2, "OLT-2"))))
    many = notify.bare_text(Bulletin(ANN, tuple(unreachable(1, "OLT-1") for _ in range(500))))

    assert "#AB01 opened, #AB02 opened" in few
    assert "eponctl incidents" in few
    assert len(many) <= 1000


def test_report_is_for_those_who_get_everything() -> None:
    route = Route((BOB,), ("OLT-BLITAR",))
    found = notify.report_for_all(["one", "two"], config(ANN, BOB, routes=(route,)).whatsapp)

    assert [Outgoing(ANN, "report", "one"), Outgoing(ANN, "report", "two")] == found


def test_report_is_for_all_where_everyone_has_a_route() -> None:
    routes = (Route((BOB,), ("OLT-BLITAR",)), Route((GROUP,)))
    found = notify.report_for_all(["text"], config(routes=routes).whatsapp)

    assert [BOB, GROUP] == [out.recipient for out in found]


def test_report_shows_every_olt_and_counts_what_was_not_told() -> None:
    settings, of_olts = config(ANN), list(summaries(config(ANN)).values())
    [text] = notify.hourly(of_olts, settings, now=NOW, low_since={})
    [more] = notify.hourly(of_olts, settings, now=NOW, low_since={}, passed=3)

    assert "📡 Total ONU: 30" in text
    assert all(f"{olt.name}: 9/10 (90.0%)" in text for olt in settings.olts)
    assert text != more
    assert ": 3" in more


@pytest.mark.parametrize(("preset", "longest"), [("", 4000), ("twilio", 1550), ("callmebot", 1000)])
def test_messages_are_as_short_as_the_gateway_needs_them(preset: str, longest: int) -> None:
    settings = config(ANN)
    http = PRESETS.get(preset, HttpSettings())
    short = settings.whatsapp._replace(provider="http", http=http)
    settings = settings._replace(whatsapp=short)
    items = tuple(unreachable(number, olt.id) for number in range(40) for olt in settings.olts)
    texts = notify.bulletin_texts(Bulletin(ANN, items), summaries(settings), {}, settings, NOW)

    assert longest - 300 < max(map(units, texts)) <= longest

"""Customers' names in what goes out by WhatsApp; a quiet poll asks for none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eponctl import naming
from eponctl.settings import WhatsAppSettings
from eponctl.store import customers, events
from tests.alerting.town import ANN, Town

MakeTown = Callable[..., Town]


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    """A town of which Ann alone is told, in English; one customer has a name."""
    made = make_town(language="en", whatsapp=WhatsAppSettings(enabled=True, recipients=(ANN,)))
    [(_, mac)] = made.network.find("OLT-A", "0/1", {3})
    customers.name(mac, "Budi *Santoso*")
    return made


def test_alert_and_recovery_name_the_customer(town: Town) -> None:
    onu = town.network.find("OLT-A", "0/1", {3})
    town.network.lose(onu)
    town.poll()
    town.network.restore(onu)
    town.poll()

    first, second = (one.text for one in town.seen)
    assert "OLT-A-0/1-03 (Budi ∗Santoso∗)\n" in first
    assert "OLT-A-0/1-03 (Budi ∗Santoso∗) (DOWN → ONLINE)" in second


def test_summary_of_what_was_not_delivered_names_the_customer(town: Town) -> None:
    town.network.lose(town.network.find("OLT-A", "0/1", {3}))
    town.poll()

    assert ["OLT-A-0/1-03 (Budi ∗Santoso∗)"] == naming.names_of(
        alert for alert in events.history(0) if alert.mac
    )


def test_events_keep_the_devices_own_name(town: Town) -> None:
    town.network.lose(town.network.find("OLT-A", "0/1", {3}))
    town.poll()

    assert {"OLT-A-0/1-03"} == {alert.name for alert in events.history(0) if alert.mac}


def test_quiet_poll_and_one_without_news_read_no_names(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.network.lose(town.network.find("OLT-A", "0/1", {3}))
    town.poll()

    def refuse(*_: object) -> dict[str, str]:
        pytest.fail("names were read")

    monkeypatch.setattr(customers, "names", refuse)
    town.poll()
    assert 1 == len(town.seen)

"""What metrics and the page are made of, from the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eponctl.commands.overview import MOST_ALERTS, dashboard, overview
from eponctl.config import load
from eponctl.errors import StoreError
from eponctl.incidents.records import Incident
from eponctl.model import Event, EventKind, Priority
from eponctl.settings import Config
from eponctl.store.olts import PollStat

MINUTE, DAY = 60, 86400


def configured(site: Any) -> Config:
    return load(site.folder / "olts.toml")


def polled(site: Any, olt_id: str, ages_s: list[int], *, online: int = 3, ok: bool = True) -> None:
    for age_s in ages_s:
        error = None if ok else "x"
        stat = PollStat(site.now - age_s, olt_id, ok, 400, 4, online, 1, 40.0, -20.0, error)
        site.stat(stat)


def test_overview_has_the_enabled_olts_onus_in_their_order(network: Any) -> None:
    found = overview(configured(network), now=network.now)

    assert ["0/1:1", "0/1:10", "0/2:2", "0/2:3", "0/1:1"] == [onu.onu_id for onu in found.onus]
    assert ["OLT-1", "OLT-2", "OLT-3"] == [watched.olt.id for watched in found.olts]
    assert network.now - 12 == found.last_poll_at


def test_incidents_that_go_on_are_counted_and_messages_that_wait(
    network: Any, outage: Callable[..., Incident], unreachable: Incident
) -> None:
    over = outage(id="4MNP", closed_at=network.now - 60)
    network.incident(outage(), unreachable, over)
    network.happened(
        [Event(EventKind.DOWN, Priority.HIGH, "OLT-1", network.now)], ["6281200000001"]
    )

    found = dashboard(configured(network), now=network.now)

    assert (2, 1, 0) == (
        found.overview.open_incidents,
        found.overview.waiting,
        found.overview.failed,
    )
    assert {"7K3Q", "9WXY", "4MNP"} == {incident.id for incident in found.incidents}


def test_old_alerts_are_left_out_and_of_many_the_newest_are_there(network: Any) -> None:
    kind = Event(EventKind.DOWN, Priority.HIGH, "OLT-1", 0)
    network.happened([kind._replace(at=network.now - 8 * DAY)])
    assert () == dashboard(configured(network), now=network.now).alerts

    network.happened([kind._replace(at=network.now - age) for age in range(MOST_ALERTS + 5, 0, -1)])
    found = dashboard(configured(network), now=network.now)

    assert list(range(1, MOST_ALERTS + 1)) == [network.now - told.alert.at for told in found.alerts]
    assert found.has_more


def test_trends_reach_back_to_the_first_poll_of_the_last_day(network: Any) -> None:
    polled(network, "OLT-1", [2 * DAY, *range(0, 2 * 3600, MINUTE)], online=2)

    found = dashboard(configured(network), now=network.now).trends

    assert found
    assert (300, ("OLT Kediri Pusat", "OLT Blitar")) == (found.step_s, found.names)
    assert {50.0} == set(found.online_percent[0])
    assert {None} == set(found.online_percent[1])
    assert 24 <= len(found.starts) <= 25


def test_slow_polls_make_long_steps_not_holes(network: Any) -> None:
    polled(network, "OLT-1", list(range(0, DAY, 3600)))

    found = dashboard(configured(network), now=network.now).trends

    assert found
    assert found.step_s >= 7200
    assert None not in found.rx_power_dbm[0]


def test_polls_that_did_not_read_an_olt_are_a_hole(network: Any) -> None:
    ages = list(range(0, 4 * 3600, MINUTE))
    polled(network, "OLT-1", ages[:60])
    polled(network, "OLT-1", ages[60:120], ok=False)
    polled(network, "OLT-1", ages[120:])

    found = dashboard(configured(network), now=network.now).trends

    assert found
    known = [value is not None for value in found.problems[0]]
    assert known[0]
    assert known[-1]
    assert 3600 / found.step_s - 1 <= known.count(False) <= 3600 / found.step_s + 1


def test_without_a_poll_there_is_no_page(site: Any) -> None:
    site.olt("OLT-1")

    with pytest.raises(StoreError, match="no database yet"):
        dashboard(configured(site), now=site.now)

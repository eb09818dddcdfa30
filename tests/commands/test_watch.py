"""What `status --watch` reads, and when it reads anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from eponctl.commands.watch import STEP_S, Watcher
from eponctl.errors import ConfigError, StoreError
from eponctl.incidents.records import Incident
from eponctl.model import Priority
from eponctl.store.olts import PollStat
from eponctl.views.status import Wanted


def watcher(site: Any, **wanted: Any) -> Watcher:
    return Watcher(site.folder / "olts.toml", Wanted(**wanted))


def stat(at: int, online: int, of: int = 10, *, is_ok: bool = True) -> PollStat:
    return PollStat(at, "OLT-1", is_ok, 10, of, online, 0, None, None, None)


def test_nothing_is_read_anew_before_something_changes(network: Any) -> None:
    watch = watcher(network)
    first, second = watch.look(network.now), watch.look(network.now + 5)
    network.polled("OLT-1", last_poll_at=network.now + 6)
    third = watch.look(network.now + 10)

    assert first.status.olts is second.status.olts
    assert network.now + 5 == second.status.now
    assert third.status.olts is not second.status.olts
    assert network.now + 6 == third.status.olts[0].state.last_poll_at


def test_what_only_time_changes_is_read_once_a_minute(network: Any) -> None:
    watch = watcher(network)
    first, later = watch.look(network.now), watch.look(network.now + 61)

    assert first.status.olts is not later.status.olts


def test_configuration_that_changes_is_read_anew(network: Any) -> None:
    watch = watcher(network)
    watch.look(network.now)
    network.olt("OLT-4", "OLT Pare")

    assert "OLT-4" == watch.look(network.now + 5).status.olts[-1].olt.id


def test_database_that_goes_away_and_comes_back_is_no_end(network: Any) -> None:
    watch, path = watcher(network), network.folder / "eponctl.db"
    shown = watch.look(network.now)
    aside = path.rename(network.folder / "aside")
    with pytest.raises(StoreError, match="no database yet"):
        watch.look(network.now + 5)
    path.write_bytes(b"no database" * 500)
    with pytest.raises(StoreError, match="not a database"):
        watch.look(network.now + 10)
    assert watch.last == shown
    aside.replace(path)

    assert 5 == sum(one.tally.onus for one in watch.look(network.now + 15).status.olts[:2])


def test_an_olt_that_is_not_there_is_said(network: Any) -> None:
    with pytest.raises(ConfigError, match="OLT-77"):
        watcher(network, olt_ids=("OLT-77",)).look(network.now)


def test_shares_are_of_the_last_day_by_half_hours(network: Any) -> None:
    step = network.now // STEP_S
    at = step * STEP_S
    for one in (
        stat(at, 8),
        stat(at, 10),
        stat(at - STEP_S, 10, is_ok=False),
        stat(at - 47 * STEP_S, 10),
        stat(at - 48 * STEP_S, 1),
    ):
        network.stat(one)
    shares = watcher(network).look(network.now).shares["OLT-1"]

    parts = {number - step: share.part for number, share in shares.items()}
    assert {0: 0.9, -1: None, -47: 1.0} == parts


def test_a_step_that_goes_on_is_read_again_and_old_ones_fall_out(network: Any) -> None:
    watch, step = watcher(network), network.now // STEP_S
    network.stat(stat(step * STEP_S, 10))
    network.stat(stat((step - 47) * STEP_S, 10))
    watch.look(network.now)
    network.stat(stat(step * STEP_S + 1, 5))
    network.stat(stat((step + 1) * STEP_S, 1))
    shares = watch.look((step + 1) * STEP_S).shares["OLT-1"]

    assert {step: 0.75, step + 1: 0.1} == {one: share.part for one, share in shares.items()}


def test_shares_of_another_database_in_its_place_are_not_mixed(network: Any) -> None:
    watch, path = watcher(network), network.folder / "eponctl.db"
    network.stat(stat(network.now, 10))
    watch.look(network.now)
    copy = network.folder / "copy"
    copy.write_bytes(path.read_bytes())

    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("DELETE FROM monitoring_stats")
    copy.replace(path)

    assert {} == watch.look(network.now + 5).shares["OLT-1"]


def test_the_most_urgent_incident_comes_first(
    network: Any, outage: Callable[..., Incident], unreachable: Incident
) -> None:
    older = outage(opened_at=network.now - 9000, id="2AAA")
    lesser = outage(id="3BBB", priority=Priority.HIGH, opened_at=network.now)
    over = outage(id="4CCC", closed_at=network.now)
    network.incident(unreachable, lesser, older, outage(), over)

    every = watcher(network).look(network.now).incidents.incidents
    of_one = watcher(network, olt_ids=("OLT-2",)).look(network.now).incidents.incidents
    assert ["7K3Q", "2AAA", "3BBB", "9WXY"] == [one.id for one in every]
    assert ["9WXY"] == [one.id for one in of_one]


def test_messages_that_wait_are_counted(network: Any) -> None:
    assert 0 == watcher(network).look(network.now).waiting
    network.happened([], ["6281200000001", "6281200000002"])
    assert 2 == watcher(network).look(network.now).waiting

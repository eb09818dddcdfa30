"""Statistics get coarser after a week, and still say when nobody looked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import peewee
import pytest

from eponctl import config as configuration
from eponctl import saving
from eponctl.settings import Retention
from eponctl.store import olts, retention, thinning
from eponctl.store.events import fact
from eponctl.store.olts import PollStat

DAY_S = 86400
NOW = 20_000 * DAY_S + 5000
OLD = 20_000 * DAY_S - 8 * DAY_S


def polled(times: Iterable[int], olt_id: str = "OLT-1", *, is_ok: bool = True, **more: Any) -> None:
    values = {"poll_ms": 400, "onus": 64, "online": 60, "problems": 4} | more
    rows = [
        PollStat(
            at, olt_id, is_ok, avg_temperature_c=45.0, avg_rx_power_dbm=-21.0, error=None, **values
        )
        for at in times
    ]
    olts.add_stats(rows)


def times(database: Any, olt_id: str = "OLT-1") -> list[int]:
    sql = "SELECT at FROM monitoring_stats WHERE olt_id = ? ORDER BY at"
    return [at for (at,) in database.execute_sql(sql, (olt_id,))]


def thin(database: peewee.SqliteDatabase, now: int = NOW) -> int:
    return sum(thinning.slices(database, now))


def test_polls_of_ten_seconds_become_one_row_each_five_minutes(
    database: peewee.SqliteDatabase,
) -> None:
    polled(range(OLD, OLD + 3600, 10))

    assert 360 - 12 == thin(database)
    assert list(range(OLD, OLD + 3600, 300)) == times(database)


def test_row_that_stays_has_the_averages_of_its_polls(database: Any) -> None:
    polled([OLD], online=60)
    polled([OLD + 60], online=0)
    polled([OLD + 120], online=61)
    thin(database)

    [row] = database.execute_sql("SELECT online, onus, avg_rx_power_dbm FROM monitoring_stats")
    assert (40, 64, -21.0) == row


def test_failed_polls_are_not_put_together_with_good_ones(database: Any) -> None:
    polled([OLD, OLD + 10, OLD + 40, OLD + 50])
    polled([OLD + 20, OLD + 30], is_ok=False)
    thin(database)

    rows = database.execute_sql("SELECT at, is_ok FROM monitoring_stats ORDER BY at").fetchall()
    assert [(OLD, 1), (OLD + 20, 0)] == rows


def test_time_without_polls_stays_one(database: peewee.SqliteDatabase) -> None:
    polled([*range(OLD, OLD + 900, 60), *range(OLD + 3600, OLD + 4500, 60)])
    thin(database)

    assert [OLD, OLD + 300, OLD + 600, OLD + 3600, OLD + 3900, OLD + 4200] == times(database)


def test_last_week_keeps_every_poll(database: peewee.SqliteDatabase) -> None:
    edge = (NOW // DAY_S - thinning.FULL_DAYS) * DAY_S
    polled(range(edge - 600, edge + 600, 60))
    thin(database)

    assert [edge - 600, edge - 300, *range(edge, edge + 600, 60)] == times(database)


def test_thinning_twice_changes_nothing(database: peewee.SqliteDatabase) -> None:
    polled(range(OLD, OLD + 3600, 10))
    polled(range(OLD, OLD + 3600, 10), "OLT-2")
    thin(database)

    assert 0 == thin(database)
    assert 12 == len(times(database, "OLT-2"))


def test_polls_of_a_quarter_of_an_hour_are_left_alone(database: peewee.SqliteDatabase) -> None:
    polled(range(OLD, OLD + DAY_S, 900))

    assert 0 == thin(database)
    assert 96 == len(times(database))


def test_cleaning_goes_on_where_its_time_was_up(database: peewee.SqliteDatabase) -> None:
    polled(range(OLD, OLD + DAY_S, 60))
    keep, runs = Retention(), 1
    while not retention.clean(database, keep, NOW, has_time=lambda: False).is_done:
        runs += 1

    assert runs > 1
    assert DAY_S // 300 == len(times(database))
    assert str((NOW // DAY_S - thinning.FULL_DAYS) * DAY_S) == fact("stats_thinned_to")


def test_poll_whose_time_was_up_leaves_the_rest_to_the_next(
    database: peewee.SqliteDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    polled(range(OLD, OLD + DAY_S, 60))
    config = configuration.parse("", tmp_path / "olts.toml")
    monkeypatch.setattr(saving, "CLEANING_S", 0.0)
    saving.clean_daily(database, config, NOW)
    after_first = fact("cleaned_day")
    for _ in range(100):
        saving.clean_daily(database, config, NOW)

    assert None is after_first
    assert str(NOW // DAY_S) == fact("cleaned_day")
    assert DAY_S // 300 == len(times(database))

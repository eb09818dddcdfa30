"""The usual power of an ONU: the median of its week; and every ONU has its turn once a day."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import peewee
import pytest

from eponctl.judge import first_state
from eponctl.model import OnuReading, Status
from eponctl.optics import HourRow, Sample
from eponctl.settings import Thresholds
from eponctl.store import onus, usual
from eponctl.store.onus import OltBook, OnuChanges
from eponctl.store.usual import usual_due, usual_rx

NOW = 1_800_000_000
HOUR, DAY = 3600, 86400
MAC = "02:00:00:00:00:01"


def store(
    database: peewee.SqliteDatabase,
    hours: Iterable[tuple[int, int | None]] = (),
    samples: Iterable[tuple[int, int | None]] = (),
    mac: str = MAC,
) -> int:
    """An ONU with averages so many hours ago and samples so many seconds ago; its row id."""
    state = first_state("OLT-1", OnuReading("0/1:1", mac, None, Status.UP, "Up"), Thresholds(), NOW)
    rows = [(mac, HourRow(NOW // HOUR - ago, rx, rx, rx, None, None)) for ago, rx in hours]
    points = [(mac, Sample(NOW - ago, rx, None)) for ago, rx in samples]
    with database.atomic("IMMEDIATE"):
        onus.save(database, [OnuChanges(OltBook(), {mac: state})], NOW)
        book = onus.load(database)["OLT-1"]
        onus.save(database, [OnuChanges(book, {mac: state}, samples=points, hours=rows)], NOW)
    return onus.load(database)["OLT-1"].ids[mac]


def test_usual_is_the_median_of_the_hourly_averages_of_a_week(
    database: peewee.SqliteDatabase,
) -> None:
    rng = random.Random(7)
    values = [round(rng.gauss(-2050, 30)) for _ in range(167)]
    row_id = store(database, enumerate(values, start=1))

    assert {("OLT-1", MAC): statistics.median(values) / 100} == usual_rx(database, [row_id], NOW)


def test_one_bad_day_does_not_count(database: peewee.SqliteDatabase) -> None:
    hours = [(ago, -2900 if ago <= 24 else -2000) for ago in range(1, 160)]

    assert {("OLT-1", MAC): -20.0} == usual_rx(database, [store(database, hours)], NOW)


def test_what_is_older_than_a_week_does_not_count(database: peewee.SqliteDatabase) -> None:
    hours = [*((ago, -2000) for ago in range(1, 30)), *((ago, -2500) for ago in range(168, 400))]

    assert {("OLT-1", MAC): -20.0} == usual_rx(database, [store(database, hours)], NOW)


def test_young_onu_has_the_median_over_the_time_that_its_samples_held(
    database: peewee.SqliteDatabase,
) -> None:
    row_id = store(
        database,
        hours=[(1, -3000), (2, None)],
        samples=[(9 * DAY, -9000), (500, -2000), (200, None), (180, -2400), (10, -2900)],
    )

    assert {("OLT-1", MAC): -20.0} == usual_rx(database, [row_id], NOW)


def test_a_fall_that_lasts_as_long_as_what_was_before_is_not_the_usual_yet(
    database: peewee.SqliteDatabase,
) -> None:
    row_id = store(database, samples=[(120, -2000), (60, -2450)])

    assert {("OLT-1", MAC): -20.0} == usual_rx(database, [row_id], NOW)


def test_samples_do_not_count_once_there_is_a_day_of_hours(
    database: peewee.SqliteDatabase,
) -> None:
    row_id = store(
        database,
        hours=[(ago, -2000) for ago in range(1, 25)],
        samples=[(ago, -3000) for ago in range(99)],
    )

    assert {("OLT-1", MAC): -20.0} == usual_rx(database, [row_id], NOW)


def test_onu_without_any_value_has_no_usual_one(database: peewee.SqliteDatabase) -> None:
    known = store(database, samples=[(60, -2155)])
    unknown = store(database, mac="02:00:00:00:00:02")

    assert {("OLT-1", MAC): -21.55} == usual_rx(database, [known, unknown, 999], NOW)
    assert {} == usual_rx(database, [], NOW)


# --- turns --------------------------------------------------------------------------------------


@pytest.fixture
def many(database: peewee.SqliteDatabase) -> peewee.SqliteDatabase:
    """Two thousand ONUs."""
    states = {}
    for number in range(2000):
        mac = f"02:00:00:00:{number >> 8:02X}:{number & 255:02X}"
        reading = OnuReading(f"0/1:{number}", mac, None, Status.UP, "Up")
        states[mac] = first_state("OLT-1", reading, Thresholds(), NOW)
    with database.atomic("IMMEDIATE"):
        onus.save(database, [OnuChanges(OltBook(), states)], NOW)
    return database


@pytest.mark.parametrize("every_s", [60, 97, 300, 3600])
def test_each_onu_has_its_turn_once_a_day_whatever_the_interval(
    many: peewee.SqliteDatabase, every_s: int
) -> None:
    times = [*range(NOW, NOW + DAY, every_s), NOW + DAY]
    slices = [usual_due(many, before, after) for before, after in pairwise(times)]

    turns = Counter(row_id for some in slices for row_id in some)
    assert dict.fromkeys(range(1, 2001), 1) == turns
    # Evenly: no slice is more than some ONUs larger than its share.
    assert max(map(len, slices)) <= 2000 * every_s / DAY + 5


def test_after_a_long_time_each_has_one_turn(many: peewee.SqliteDatabase) -> None:
    assert list(range(1, 2001)) == usual_due(many, NOW - 9 * DAY, NOW)
    assert [] == usual_due(many, NOW, NOW)


def test_there_are_never_too_many_at_once(
    many: peewee.SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usual, "_MOST", 100)

    assert 100 == len(usual_due(many, NOW - DAY, NOW))


def test_onu_that_is_gone_has_no_turn(many: peewee.SqliteDatabase) -> None:
    book = onus.load(many)["OLT-1"]
    with many.atomic("IMMEDIATE"):
        onus.save(many, [OnuChanges(book, {}, tuple(book.states)[10:])], NOW)

    assert sorted(book.ids.values())[:10] == usual_due(many, NOW - DAY, NOW)


def test_ids_beyond_a_days_seconds_have_their_turn_too(database: Any) -> None:
    row_id = store(database)
    database.execute_sql("UPDATE onu_status SET id = ? WHERE id = ?", (3 * DAY, row_id))

    assert [3 * DAY] == usual_due(database, NOW - DAY, NOW)

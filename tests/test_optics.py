"""Optical history: few samples, true averages, a size that is promised."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eponctl import optics
from eponctl.judge import first_state
from eponctl.model import OnuReading, OnuState, Status
from eponctl.optics import DAY_S, HOUR_S, HourRow, Sample, Track, follow, packed, unpacked
from eponctl.settings import Thresholds
from eponctl.store import onus as store_onus
from eponctl.store.database import open_database
from eponctl.store.onus import OltBook, OnuChanges

# Midnight UTC.
DAY = 20_833 * DAY_S
MINUTE = 60
PROMISED_BYTES = 1500

Reading = tuple[int, float | None, float | None]


def history(readings: Iterable[Reading]) -> tuple[list[Sample], list[HourRow]]:
    """What is kept of readings (time, rx, temperature), by way of what the database would hold."""
    track: Track | None = None
    samples, hours = [], []
    for at, rx, temperature in readings:
        track, sample, hour = follow(track, at, rx, temperature)
        track = unpacked(packed(track))
        samples += [sample] if sample else []
        hours += [hour] if hour else []
    return samples, hours


def every_minute(
    values: Iterable[float | None], start: int = DAY, temperature: float | None = 40.0
) -> Iterator[Reading]:
    for minute, rx in enumerate(values):
        yield start + minute * MINUTE, rx, temperature


def samples_of(values: Iterable[float | None]) -> list[int | None]:
    return [sample.rx for sample in history(every_minute(values))[0]]


def hours_of(values: Iterable[float | None]) -> list[HourRow]:
    return history(every_minute(values))[1]


# --- samples ----------------------------------------------------------------------------------


def test_first_reading_is_kept_and_the_same_again_is_not() -> None:
    samples, _ = history([(DAY, -21.37, 42.5), (DAY + MINUTE, -21.37, 42.5)])

    assert [Sample(DAY, -2137, 425)] == samples


def test_same_reading_changes_nothing_that_would_have_to_be_written() -> None:
    track, _, _ = follow(None, DAY, -20.0, 40.0)

    assert track is follow(track, DAY + MINUTE, -20.0, 40.0)[0]


def test_step_beyond_the_dead_band_is_kept_at_once() -> None:
    assert [-2000, -2050, -2110, -2000] == samples_of([-20.0, -20.5, -20.6, -21.1, -20.0])


def test_slow_drift_is_kept_in_steps_of_the_dead_band() -> None:
    drift = samples_of(-20.0 - minute * 0.01 for minute in range(201))

    assert [-2000, -2050, -2100, -2150, -2200] == drift


def test_loss_and_return_of_the_signal_are_kept() -> None:
    assert [-2000, None, -2010] == samples_of([-20.0, None, None, -20.1])


def test_step_of_the_temperature_is_kept() -> None:
    samples, _ = history([(DAY, -20.0, 40.0), (DAY + 60, -20.0, 44.9), (DAY + 120, -20.0, 45.0)])

    assert [400, 450] == [sample.temperature for sample in samples]


def test_noisy_onu_still_shows_a_step_beyond_its_noise() -> None:
    rng = random.Random(1)
    calm = [rng.gauss(-20, 0.3) for _ in range(600)]
    lost = [rng.gauss(-25, 0.3) for _ in range(60)]
    samples, _ = history(every_minute([*calm, *lost]))

    fallen = [sample.at for sample in samples if sample.rx is not None and sample.rx < -2300]
    assert fallen[0] < DAY + 602 * MINUTE


@pytest.mark.parametrize("value", [400.0, -400.0, 1e9, -1e300])
def test_value_that_is_no_measurement_is_kept_as_none(value: float) -> None:
    assert [None] == samples_of([value])


WILD: dict[str, Callable[[random.Random, int], tuple[float | None, float]]] = {
    "0.3 dB of noise": lambda rng, _: (rng.gauss(-20, 0.3), 40.0),
    "3 dB of noise": lambda rng, _: (rng.gauss(-20, 3), 40.0),
    "swings of 15 dB": lambda _, minute: (-10.0 if minute % 2 else -25.0, 40.0),
    "swings of 30 degrees": lambda _, minute: (-20.0, 30.0 if minute % 2 else 60.0),
    "up and down": lambda _, minute: (-20.0 if minute % 2 else None, 40.0),
    "anything": lambda rng, _: (rng.choice([None, rng.uniform(-40, 5)]), rng.uniform(-20, 120)),
}


@pytest.mark.parametrize("wild", WILD)
def test_samples_of_a_day_are_bounded_whatever_the_onu_does(wild: str) -> None:
    rng = random.Random(1)
    polls = range(3 * DAY_S // MINUTE)
    samples, hours = history((DAY + n * MINUTE, *WILD[wild](rng, n)) for n in polls)

    days = [sum(sample.at // DAY_S == DAY // DAY_S + day for sample in samples) for day in range(3)]
    assert max(days) <= optics.MOST_SAMPLES_A_DAY
    # What is not told by samples is still told by the hours.
    assert 3 * 24 - 1 == len(hours)


def test_busy_day_does_not_silence_the_next() -> None:
    wild = [(-10.0 if minute % 2 else -25.0) for minute in range(1440)]
    samples, _ = history(every_minute([*wild, *[-20.0] * 60, *[-24.0] * 10]))

    assert -2400 == samples[-1].rx


# --- hours ------------------------------------------------------------------------------------


def test_hour_has_least_average_and_most() -> None:
    values = [-20.0] * 30 + [-22.0] * 30
    [hour] = hours_of([*values, -20.0])

    assert HourRow(DAY // HOUR_S, -2200, -2100, -2000, 400, 400) == hour


def test_average_is_weighted_by_time_and_not_by_polls() -> None:
    readings = [(0, -20.0), (2700, -24.0), (2760, -24.0), (2820, -24.0), (3600, -20.0)]
    _, [hour] = history((DAY + at, rx, 40.0) for at, rx in readings)

    assert -2100 == hour.rx_avg


def test_average_counts_only_the_time_in_which_the_onu_was_up() -> None:
    [hour] = hours_of([*[-20.0] * 15, *[None] * 30, *[-24.0] * 15, -24.0])

    assert (-2400, -2200, -2000) == (hour.rx_min, hour.rx_avg, hour.rx_max)


def test_average_of_noise_is_the_mean_of_all_readings_and_not_of_the_samples() -> None:
    rng = random.Random(7)
    values = [round(rng.gauss(-20, 0.4), 2) for _ in range(60)]
    [hour] = hours_of([*values, -20.0])

    assert hour.rx_avg == pytest.approx(sum(values) / 60 * 100, abs=1)
    assert [round(100 * end(values)) for end in (min, max)] == [hour.rx_min, hour.rx_max]


def test_quiet_onu_has_a_row_for_every_hour_though_nothing_was_written_between() -> None:
    hours = hours_of([-20.0] * 181)

    first = DAY // HOUR_S
    assert [HourRow(first + n, -2000, -2000, -2000, 400, 400) for n in range(3)] == hours


def test_hour_that_began_before_midnight_ends_with_the_day() -> None:
    late = DAY + DAY_S - 10 * MINUTE
    _, hours = history(every_minute([-20.0] * 11, late))

    assert [DAY // HOUR_S + 23] == [hour.hour for hour in hours]


def test_gap_stays_a_gap() -> None:
    before = every_minute([-20.0] * 10)
    after = every_minute([-24.0] * 61, DAY + 5 * HOUR_S + 1800)
    _, hours = history([*before, *after])

    first = DAY // HOUR_S
    assert [(first, -2000), (first + 5, -2400)] == [(hour.hour, hour.rx_avg) for hour in hours[:2]]
    assert -2400 == hours[1].rx_min


def test_onu_that_was_down_all_hour_has_no_row() -> None:
    readings = [(DAY, -20.0, 40.0), *((DAY + n * MINUTE, None, None) for n in range(1, 200))]
    _, hours = history(readings)

    assert [DAY // HOUR_S] == [hour.hour for hour in hours]


def test_onu_without_temperature_has_none() -> None:
    _, [hour] = history(every_minute([-20.0] * 61, temperature=None))

    assert (None, None) == (hour.temperature_avg, hour.temperature_max)


def test_clock_that_was_set_back_breaks_nothing() -> None:
    forth = every_minute([-20.0, -21.0] * 45)
    back = every_minute([-20.0, -22.0] * 90, DAY - 2 * HOUR_S)

    samples, hours = history([*forth, *back, *every_minute([-20.0, -21.0] * 45)])
    assert all(-2200 <= (hour.rx_avg or 0) <= -2000 for hour in hours)
    assert samples


# --- any values -------------------------------------------------------------------------------

VALUES = st.one_of(st.none(), st.floats(-45, 10), st.floats(allow_nan=False, allow_infinity=False))
STEPS = st.one_of(st.integers(0, 300), st.integers(3000, 40_000), st.integers(-7200, 0))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(STEPS, VALUES, VALUES), max_size=60))
def test_track_is_the_same_after_it_was_stored(
    steps: list[tuple[int, float | None, float | None]],
) -> None:
    track, now = None, DAY
    for step, rx, temperature in steps:
        now += step
        track, _, _ = follow(track, now, rx, temperature)
        assert track == unpacked(packed(track))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), VALUES, VALUES), min_size=1, max_size=80))
def test_hour_lies_within_its_values_and_comes_once(
    steps: list[tuple[int, float | None, float | None]],
) -> None:
    now, readings = DAY, []
    for step, rx, temperature in steps:
        now += step
        readings.append((now, rx, temperature))
    _, hours = history(readings)

    assert sorted({hour.hour for hour in hours}) == [hour.hour for hour in hours]
    for hour in hours:
        if hour.rx_avg is not None:
            assert hour.rx_min is not None
            assert hour.rx_max is not None
            assert hour.rx_min <= hour.rx_avg <= hour.rx_max


# --- the promise ------------------------------------------------------------------------------


def value_of(database: Any, sql: str) -> int:
    return int(database.execute_sql(sql).fetchone()[0])


def used_bytes(path: Path) -> int:
    with open_database(path) as database:
        free = value_of(database, "PRAGMA freelist_count")
        size = value_of(database, "PRAGMA page_size")
    return path.stat().st_size - free * size


def test_history_of_noisy_onus_keeps_the_promised_size(tmp_path: Path) -> None:
    path, onus, days, rng = tmp_path / "eponctl.db", 40, 3, random.Random(3)
    macs = [f"02:00:00:00:00:{number:02X}" for number in range(onus)]
    levels = {mac: rng.uniform(-26, -16) for mac in macs}
    tracks: dict[str, Track] = {}
    sizes = []
    for hour in range(days * 24 + 1):
        samples: list[tuple[str, Sample]] = []
        rows: list[tuple[str, HourRow]] = []
        for minute in range(60):
            now = DAY + hour * HOUR_S + minute * MINUTE
            for mac in macs:
                # As the device prints it: two decimals, whole degrees.
                rx, warm = round(rng.gauss(levels[mac], 0.3), 2), float(round(rng.gauss(42, 0.4)))
                tracks[mac], sample, row = follow(tracks.get(mac), now, rx, warm)
                samples += [(mac, sample)] if sample else []
                rows += [(mac, row)] if row else []
        with open_database(path, create=True) as database:
            book = store_onus.load(database).get("OLT-1") or OltBook()
            states = {mac: state(mac, levels[mac], DAY) for mac in macs}
            changes = OnuChanges(
                book, states, (), {mac: packed(tracks[mac]) for mac in macs}, samples, rows
            )
            with database.atomic("IMMEDIATE"):
                store_onus.save(database, [changes], now)
        if hour % 24 == 0:
            sizes.append(used_bytes(path))

    per_day = [(end - begin) / onus for begin, end in itertools.pairwise(sizes)]
    assert days == len(per_day)
    assert max(per_day) <= PROMISED_BYTES
    # It is a history all the same: every hour of every ONU.
    with open_database(path) as database:
        count = value_of(database, "SELECT count(*) FROM optical_hourly")
    assert onus * days * 24 == count


def state(mac: str, rx: float, now: int) -> OnuState:
    reading = OnuReading(f"0/1:{int(mac[-2:], 16)}", mac, "NAME", Status.UP, "Up", rx_power_dbm=rx)
    return first_state("OLT-1", reading, Thresholds(), now)


def test_packed_track_is_small() -> None:
    track, _, _ = follow(None, DAY, -20.0, 40.0)

    assert len(packed(track)) <= 46
    assert optics.MOST < 2**15

"""ONU states in the database: every field comes back, and only what changed is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eponctl.judge import first_state
from eponctl.model import Heat, OnuReading, OnuState, Reason, Signal, Status
from eponctl.optics import HourRow, Sample
from eponctl.settings import Thresholds
from eponctl.store import onus
from eponctl.store.database import open_database
from eponctl.store.onus import OltBook, OnuChanges

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def one_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peewee.SqliteDatabase]:
    """A database for many examples; OLTs keep them apart."""
    with open_database(tmp_path_factory.mktemp("store") / "eponctl.db", create=True) as opened:
        yield opened


def onu(number: int = 1, **changes: Any) -> OnuState:
    mac = f"02:00:00:00:{number >> 8:02X}:{number & 255:02X}"
    reading = OnuReading(f"0/1:{number}", mac, f"CLIENT-{number}", Status.UP, "Up")
    return first_state("OLT-1", reading, Thresholds(), NOW)._replace(**changes)


def book_of(database: peewee.SqliteDatabase, olt_id: str = "OLT-1") -> OltBook:
    return onus.load(database).get(olt_id, OltBook())


def save(database: peewee.SqliteDatabase, *states: OnuState, **changes: Any) -> None:
    """Write these states of one OLT as a poll would."""
    olt_id = states[0].olt_id if states else "OLT-1"
    by_mac = {state.mac: state for state in states}
    with database.atomic("IMMEDIATE"):
        change = OnuChanges(book_of(database, olt_id), by_mac, **changes)
        onus.save(database, [change], changes.get("now", NOW))


def written(database: Any, action: Callable[[], None]) -> int:
    """How many rows an action writes."""
    before = database.connection().total_changes
    action()
    return int(database.connection().total_changes - before)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
WHOLE = st.integers(-(2**63), 2**63 - 1)
FIELDS: Mapping[object, st.SearchStrategy[object]] = {
    str: TEXT,
    str | None: st.none() | TEXT,
    int: WHOLE,
    int | None: st.none() | WHOLE,
    float | None: st.none() | st.floats(allow_nan=False),
    Status: st.sampled_from(Status),
    Reason | None: st.none() | st.sampled_from(Reason),
    Signal: st.sampled_from(Signal),
    Heat: st.sampled_from(Heat),
}
STATES = st.builds(
    OnuState, **{name: FIELDS[kind] for name, kind in get_type_hints(OnuState).items()}
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=STATES, after=STATES, track=st.binary(min_size=1, max_size=46))
def test_every_field_comes_back_as_it_was(
    one_database: peewee.SqliteDatabase, before: OnuState, after: OnuState, track: bytes
) -> None:
    after = after._replace(olt_id=before.olt_id, mac=before.mac)
    # As a poll changes little: measurements only.
    measured = after._replace(
        temperature_c=41.5, rx_power_dbm=None, online_since=5, usual_rx_dbm=-20.5, step_off=1
    )
    for state in (before, after, measured):
        with one_database.atomic("IMMEDIATE"):
            book = book_of(one_database, state.olt_id)
            changes = OnuChanges(book, {state.mac: state}, (), {state.mac: track})
            onus.save(one_database, [changes], NOW)

        found = book_of(one_database, state.olt_id)
        assert state == found.states[state.mac]
        assert list(map(type, state)) == list(map(type, found.states[state.mac]))
        assert track == found.tracks[state.mac]


def test_infinite_measurement_comes_back(database: peewee.SqliteDatabase) -> None:
    save(database, onu(rx_power_dbm=-math.inf))

    assert -math.inf == book_of(database).states[onu().mac].rx_power_dbm


def test_only_rows_that_changed_are_written(database: peewee.SqliteDatabase) -> None:
    save(database, *map(onu, range(100)))
    book = book_of(database)
    states = dict(book.states)
    for number in (3, 50, 77):
        changed = onu(number, rx_power_dbm=-25.0)
        states[changed.mac] = changed

    def again() -> None:
        with database.atomic("IMMEDIATE"):
            onus.save(database, [OnuChanges(book, states)], NOW + 60)

    assert 3 == written(database, again)
    assert -25.0 == book_of(database).states[onu(50).mac].rx_power_dbm


def test_equal_states_are_not_written_even_if_they_are_new_objects(
    database: peewee.SqliteDatabase,
) -> None:
    save(database, *map(onu, range(20)))

    assert 0 == written(database, lambda: save(database, *map(onu, range(20))))


def test_optical_track_alone_is_written_alone(database: peewee.SqliteDatabase) -> None:
    save(database, onu(1), onu(2))

    mac = onu(1).mac
    assert 1 == written(database, lambda: save(database, onu(1), onu(2), tracks={mac: b"track"}))
    assert {mac: b"track"} == book_of(database).tracks


@pytest.mark.parametrize("changes", [{"rx_power_dbm": -25.0}, {"status": Status.DOWN}])
def test_change_of_the_state_keeps_the_track(
    database: peewee.SqliteDatabase, changes: dict[str, Any]
) -> None:
    save(database, onu(), tracks={onu().mac: b"track"})
    save(database, onu(**changes))

    assert {onu().mac: b"track"} == book_of(database).tracks


def test_onus_of_different_olts_with_one_mac_are_two(database: peewee.SqliteDatabase) -> None:
    save(database, onu())
    save(database, onu(olt_id="OLT-2", name="OTHER"))

    assert "CLIENT-1" == book_of(database).states[onu().mac].name
    assert "OTHER" == book_of(database, "OLT-2").states[onu().mac].name


def test_only_the_wanted_olts_are_loaded(database: peewee.SqliteDatabase) -> None:
    for number in range(3):
        save(database, onu(olt_id=f"OLT-{number}"))

    assert {"OLT-1"} == set(onus.load(database, ["OLT-1", "OLT-9"]))


def rows(database: Any, table: str) -> list[tuple[Any, ...]]:
    return list(database.execute_sql(f"SELECT * FROM {table} ORDER BY 2"))


def test_removed_onu_is_left_out_and_keeps_id_and_history_when_it_comes_back(
    database: peewee.SqliteDatabase,
) -> None:
    mac = onu().mac
    save(database, onu(), samples=[(mac, Sample(NOW, -2000, 400))])
    row_id = book_of(database).ids[mac]

    save(database, removed=(mac,))
    assert {} == book_of(database).states
    assert [(row_id, NOW, -2000, 400)] == rows(database, "optical_history")

    back = onu(name="BACK", since=NOW + 60)
    save(database, back, samples=[(mac, Sample(NOW + 60, -2100, 410))])
    assert {mac: back} == book_of(database).states
    assert {mac: row_id} == book_of(database).ids
    expected = [(row_id, NOW, -2000, 400), (row_id, NOW + 60, -2100, 410)]
    assert expected == rows(database, "optical_history")


def test_history_of_onus_that_are_new_goes_with_them(database: peewee.SqliteDatabase) -> None:
    states = [onu(number) for number in range(3)]
    kept = [(state.mac, Sample(NOW, -2000 - place, 400)) for place, state in enumerate(states)]
    hours = [(states[0].mac, HourRow(500_000, -2100, -2050, -2000, 400, 410))]
    save(database, *states, samples=kept, hours=hours)

    ids = book_of(database).ids
    expected = {(ids[state.mac], NOW, -2000 - place, 400) for place, state in enumerate(states)}
    assert expected == set(rows(database, "optical_history"))
    found = rows(database, "optical_hourly")
    assert [(ids[states[0].mac], 500_000, -2100, -2050, -2000, 400, 410)] == found


def test_second_poll_within_a_second_replaces_the_sample(database: peewee.SqliteDatabase) -> None:
    mac = onu().mac
    save(database, onu(), samples=[(mac, Sample(NOW, -2000, 400))])
    save(database, onu(), samples=[(mac, Sample(NOW, -2100, None))])

    assert [(-2100, None)] == [row[2:] for row in rows(database, "optical_history")]


def test_many_onus_are_removed_at_once(database: peewee.SqliteDatabase) -> None:
    save(database, *map(onu, range(1200)))
    save(database, removed=[onu(number).mac for number in range(1, 1200)])

    assert {onu(0).mac} == set(book_of(database).states)

"""What is remembered of OLTs, and what each poll of them was like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eponctl.model import OltState
from eponctl.store import olts
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def one_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peewee.SqliteDatabase]:
    """A database for many examples."""
    with open_database(tmp_path_factory.mktemp("store") / "eponctl.db", create=True) as opened:
        yield opened


@pytest.fixture
def database(tmp_path: Path) -> Iterator[peewee.SqliteDatabase]:
    """An empty database, open."""
    with open_database(tmp_path / "eponctl.db", create=True) as opened:
        yield opened


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WHOLE = st.integers(-(2**63), 2**63 - 1)
FIELDS: Mapping[object, st.SearchStrategy[object]] = {
    str: TEXT,
    str | None: st.none() | TEXT,
    int: WHOLE,
    int | None: st.none() | WHOLE,
    Mapping[str, int | None]: st.dictionaries(TEXT, st.none() | WHOLE, max_size=4),
    Mapping[str, int]: st.dictionaries(TEXT, WHOLE, max_size=4),
}
STATES = st.builds(
    OltState, **{name: FIELDS[kind] for name, kind in get_type_hints(OltState).items()}
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(states=st.lists(STATES, max_size=3, unique_by=lambda state: state.olt_id))
def test_every_field_comes_back_as_it_was(
    one_database: peewee.SqliteDatabase, states: list[OltState]
) -> None:
    assert one_database
    olts.save(states)

    found = olts.load()
    assert states == [found[state.olt_id] for state in states]


@pytest.mark.usefixtures("database")
def test_many_olts_are_saved_and_saved_again() -> None:
    for failures in (1, 2):
        olts.save(OltState(f"OLT-{number}", failures=failures) for number in range(100))

    assert {2} == {state.failures for state in olts.load().values()}
    assert 100 == len(olts.load())


@pytest.mark.usefixtures("database")
def test_new_baseline_is_asked_for_one_olt_and_forgets_what_the_driver_knew() -> None:
    state = OltState("OLT-1", memory="plan", baseline_at=NOW, onus_by_pon={"0/1": 4}, model="M")
    olts.save([state, OltState("OLT-2", baseline_at=NOW)])
    olts.request_baseline("OLT-1")

    found = olts.load()
    assert OltState("OLT-1", model="M") == found["OLT-1"]
    assert NOW == found["OLT-2"].baseline_at


def stat(minute: int, online: int, **changes: Any) -> PollStat:
    values: dict[str, Any] = {
        "at": NOW + 60 * minute,
        "olt_id": "OLT-1",
        "is_ok": True,
        "poll_ms": 100,
        "onus": 10,
        "online": online,
        "problems": 0,
        "avg_temperature_c": None,
        "avg_rx_power_dbm": -20.5,
        "error": None,
    }
    return PollStat(**(values | changes))


@pytest.mark.parametrize(
    ("online", "minute"),
    [
        ([10, 9, 8], None),
        ([10, 7], 1),
        ([10, 7, 7, 3], 1),
        ([3, 7, 7], 0),
        ([7, 10, 7, 6], 2),
        ([], None),
    ],
)
@pytest.mark.usefixtures("database")
def test_olt_is_low_since_the_first_poll_of_the_present_bad_time(
    online: list[int], minute: int | None
) -> None:
    olts.add_stats([stat(number, value) for number, value in enumerate(online)])

    expected = None if minute is None else NOW + 60 * minute
    assert expected == olts.low_since("OLT-1", 0.8)


@pytest.mark.usefixtures("database")
def test_failed_polls_and_other_olts_do_not_say_since_when_an_olt_is_low() -> None:
    olts.add_stats([stat(0, 10), stat(1, 5), stat(2, 10, is_ok=False), stat(3, 5)])
    olts.add_stats([stat(2, 10, olt_id="OLT-2"), stat(0, 1, olt_id="OLT-3")])

    assert NOW + 60 == olts.low_since("OLT-1", 0.8)


@pytest.mark.usefixtures("database")
def test_stats_of_many_olts_are_kept_one_row_each(database: Any) -> None:
    olts.add_stats([stat(0, 5, olt_id=f"OLT-{number}") for number in range(130)])

    [(count,)] = database.execute_sql("SELECT count(*) FROM monitoring_stats").fetchall()
    assert 130 == count

"""Incidents in the database: every field comes back, and each is found by what it is asked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any, get_type_hints

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eponctl.incidents.records import (
    Cause,
    Confidence,
    Ending,
    Evidence,
    Extent,
    Incident,
    Kind,
    Member,
    Survivors,
    Verdict,
)
from eponctl.model import Priority, Reason, Status
from eponctl.store import incidents
from eponctl.store.database import open_database
from eponctl.store.schema import IncidentRow
from tests.store.made import NOW, incident, member


def save(database: peewee.SqliteDatabase, *some: Incident) -> None:
    with database.atomic("IMMEDIATE"):
        incidents.save(database, some)


def ids(found: list[Incident]) -> list[str]:
    return [one.id for one in found]


# --- every field --------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WHOLE = st.integers(-(2**63), 2**63 - 1)
ENUMS = (Kind, Extent, Cause, Confidence, Ending, Survivors, Priority, Status, Reason)
FIELDS: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    str | None: st.none() | TEXT,
    int: WHOLE,
    int | None: st.none() | WHOLE,
    float | None: st.none() | st.floats(allow_nan=False),
    bool: st.booleans(),
    bool | None: st.none() | st.booleans(),
    tuple[int, int] | None: st.none() | st.tuples(WHOLE, WHOLE),
    tuple[str, ...]: st.lists(TEXT, max_size=3).map(tuple),
    Mapping[str, int]: st.dictionaries(TEXT, WHOLE, max_size=3),
}
for enum in ENUMS:
    FIELDS[enum] = st.sampled_from(enum)
    FIELDS[enum | None] = st.none() | st.sampled_from(enum)


def built(record: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        record, **{name: FIELDS[kind] for name, kind in get_type_hints(record).items()}
    )


FIELDS[Evidence] = built(Evidence)
FIELDS[Verdict | None] = st.none() | built(Verdict)
FIELDS[tuple[Member, ...]] = st.lists(built(Member), max_size=4).map(tuple)
INCIDENTS: st.SearchStrategy[Incident] = built(Incident)


@pytest.fixture(scope="module")
def one_path(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A database file for many examples."""
    return tmp_path_factory.mktemp("store") / "eponctl.db"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=INCIDENTS, after=INCIDENTS)
def test_every_field_comes_back_as_it_was(one_path: Any, before: Incident, after: Incident) -> None:
    # Once acknowledged it stays so; that is a test of its own.
    before, after = before._replace(id="7K3Q", acked_at=None), after._replace(id="7K3Q")
    with open_database(one_path, create=True) as database:
        for one in (before, after):
            IncidentRow.update(acked_at=None).execute()
            save(database, one)
            found = incidents.get("7K3Q")

            assert one == found
            assert list(map(type, one[:7])) == list(map(type, found[:7]))
            assert [list(map(type, m)) for m in one.members] == [
                list(map(type, m)) for m in found.members
            ]


def test_verdict_comes_back_with_its_own_words(database: peewee.SqliteDatabase) -> None:
    evidence = Evidence(19, 22, 1, 0, 19, Survivors.UNCHANGED, is_farther=True)
    verdict = Verdict(
        Extent.PARTIAL_PON, Cause.FIBRE_BRANCH, Confidence.HIGH, evidence, (2310, 2480)
    )
    save(database, incident("7K3Q", verdict=verdict))

    found = incidents.get("7K3Q")
    assert found is not None
    assert verdict == found.verdict
    assert Cause.FIBRE_BRANCH is verdict.cause


def test_onu_that_was_struck_twice_is_there_twice_and_in_order(
    database: peewee.SqliteDatabase,
) -> None:
    members = (
        member(1, ended_at=NOW + 60, ending=Ending.RESTORED),
        member(2),
        member(1, at=NOW + 120),
    )
    save(database, incident("7K3Q", members=members))

    found = incidents.get("7K3Q")
    assert found is not None
    assert members == found.members


def test_onus_that_are_left_out_are_gone(database: peewee.SqliteDatabase) -> None:
    save(database, incident("7K3Q", 5), incident("2ABC", 5))
    save(database, incident("7K3Q", 2))

    assert [5, 2] == [len(one.members) for one in incidents.open_()]


# --- found --------------------------------------------------------------------------------------


def test_open_are_those_that_go_on_the_oldest_first(database: peewee.SqliteDatabase) -> None:
    save(
        database,
        incident("LATE", opened_at=NOW + 9),
        incident("OVER", closed_at=NOW + 60),
        incident("EARL", opened_at=NOW),
    )

    assert ["EARL", "LATE"] == ids(incidents.open_())


def test_question_for_what_is_open_asks_an_index(database: Any) -> None:
    plan = database.execute_sql(
        "EXPLAIN QUERY PLAN SELECT * FROM incident WHERE settled_at IS NULL AND closed_at IS NULL"
    )

    assert "incident_settled_at_closed_at" in str(list(plan))


@pytest.mark.parametrize("text", ["7K3Q", "#7K3Q", "7k3q", " #7k3q\n"])
def test_id_is_found_however_it_is_written(database: peewee.SqliteDatabase, text: str) -> None:
    save(database, incident("7K3Q"))

    assert incident("7K3Q") == incidents.get(text)
    assert None is incidents.get("7K3")


def test_history_is_what_went_on_at_any_time_since_the_newest_first(
    database: peewee.SqliteDatabase,
) -> None:
    save(
        database,
        incident("GONE", opened_at=NOW - 99, closed_at=NOW - 1),
        incident("LONG", opened_at=NOW - 98, closed_at=NOW),
        incident("OPEN", opened_at=NOW - 97),
        incident("PART", opened_at=NOW + 1, closed_at=NOW + 9, merged_into="OPEN"),
    )

    assert ["PART", "OPEN", "LONG"] == ids(incidents.history(NOW))
    assert ["OPEN"] == ids(incidents.history(NOW + 99, is_open_only=True))


def test_incidents_about_an_onu_are_those_it_is_or_was_in(database: peewee.SqliteDatabase) -> None:
    back = member(2, ended_at=NOW + 5, ending=Ending.RESTORED)
    save(
        database,
        incident("MINE", members=(member(1), back)),
        incident("BOTH", members=(back, member(3), member(2)), opened_at=NOW + 1),
        incident("PAST", members=(back,), closed_at=NOW + 5),
        incident("ELSE", members=(member(2, olt_id="OLT-2"),)),
    )

    assert ["BOTH", "MINE"] == ids(incidents.about("OLT-1", back.mac, NOW + 6))
    assert ["BOTH", "PAST", "MINE"] == ids(incidents.about("OLT-1", back.mac, NOW))
    assert [] == incidents.about("OLT-1", "02:00:00:00:00:99", NOW)


def test_many_incidents_come_with_their_own_onus(database: peewee.SqliteDatabase) -> None:
    save(database, *(incident(f"{number:04d}", number % 3) for number in range(1200)))

    found = incidents.open_()
    assert 1200 == len(found)
    assert all(len(one.members) == int(one.id) % 3 for one in found)


# --- ids ----------------------------------------------------------------------------------------


def test_ids_are_four_letters_that_nobody_mixes_up(database: peewee.SqliteDatabase) -> None:
    assert database
    made = incidents.new_ids(500)

    assert 500 == len(set(made))
    assert all(re.fullmatch("[2-9A-HJKMNP-Z]{4}", one) for one in made)
    assert [] == incidents.new_ids(0)


def test_id_that_is_in_use_is_not_given_again(
    database: peewee.SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "_LETTERS", "AB")
    every = ["".join(letters) for letters in itertools.product("AB", repeat=4)]
    save(database, *(incident(one) for one in every[:8]))
    assert set(incidents.new_ids(3)) < set(every[8:])

    # Rather a longer one than none.
    save(database, *(incident(one) for one in every[8:]))
    assert 5 == len(incidents.new_ids(1)[0])


def test_source_of_ids_gives_none_twice(
    database: peewee.SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database
    monkeypatch.setattr(incidents, "_LETTERS", "AB")
    source = incidents.id_source(at_once=3)
    made = [source() for _ in range(16)]

    assert 16 == len(set(made))
    assert {4} == set(map(len, made))


# --- acknowledged -------------------------------------------------------------------------------


def test_acknowledged_is_told_at_once_and_remembered(database: peewee.SqliteDatabase) -> None:
    save(database, incident("7K3Q"))

    expected = incident("7K3Q", acked_at=NOW + 9)
    assert expected == incidents.acknowledge("#7k3q", NOW + 9)
    assert expected == incidents.get("7K3Q")
    assert expected == incidents.acknowledge("7K3Q", NOW + 99)
    assert None is incidents.acknowledge("NONE", NOW)


def test_acknowledging_what_is_over_changes_nothing(database: peewee.SqliteDatabase) -> None:
    over = incident("7K3Q", closed_at=NOW + 5)
    save(database, over)

    assert over == incidents.acknowledge("7K3Q", NOW + 9)
    assert over == incidents.get("7K3Q")


def test_acknowledging_a_part_acknowledges_what_it_is_part_of(
    database: peewee.SqliteDatabase,
) -> None:
    save(
        database,
        incident("PART", closed_at=NOW, merged_into="MORE"),
        incident("MORE", closed_at=NOW, merged_into="AREA"),
        incident("AREA", 3),
    )

    found = incidents.acknowledge("PART", NOW + 9)
    assert incident("AREA", 3, acked_at=NOW + 9) == found


def test_poll_that_did_not_know_of_it_does_not_undo_an_acknowledgement(
    database: peewee.SqliteDatabase,
) -> None:
    save(database, incident("7K3Q"))
    incidents.acknowledge("7K3Q", NOW + 9)
    save(database, incident("7K3Q", 3))

    assert incident("7K3Q", 3, acked_at=NOW + 9) == incidents.get("7K3Q")

"""One ONU's history, and its customer, as the store gives them."""

from __future__ import annotations

from typing import Any

import peewee

from eponctl.incidents.records import Cause, Confidence, Evidence, Extent, Incident, Verdict
from eponctl.store import customers, incidents, onuhistory
from eponctl.store.customers import Customer
from eponctl.store.olts import PollStat, add_stats
from tests.store.made import NOW, incident

DAY = 86400


def of_cause(name: str, cause: Cause, **changes: Any) -> Incident:
    found = Verdict(Extent.WHOLE_PON, cause, Confidence.HIGH, Evidence(4, 4, 1, 0, 4))
    return incident(name, verdict=found, **changes)


def test_part_of_another_incident_has_the_cause_of_the_whole(
    database: peewee.SqliteDatabase,
) -> None:
    whole = of_cause("AAAA", Cause.POWER_AREA)
    part = of_cause("BBBB", Cause.POWER_LOCAL, merged_into="AAAA", closed_at=NOW)
    small = of_cause("CCCC", Cause.UNKNOWN, merged_into="BBBB", closed_at=NOW)
    lost = of_cause("DDDD", Cause.FIBRE_BRANCH, merged_into="GONE", closed_at=NOW)
    bare = incident("EEEE")
    incidents.save(database, [whole, part, small, lost, bare])

    found = onuhistory.causes(database, ["CCCC", "AAAA", "DDDD", "EEEE", "NONE"])

    expected = {
        "CCCC": Cause.POWER_AREA,
        "BBBB": Cause.POWER_AREA,
        "AAAA": Cause.POWER_AREA,
        "DDDD": Cause.FIBRE_BRANCH,
    }
    assert expected == found


def test_incidents_that_name_each_other_end_the_search(database: peewee.SqliteDatabase) -> None:
    one = of_cause("AAAA", Cause.MIXED, merged_into="BBBB")
    other = of_cause("BBBB", Cause.UNKNOWN, merged_into="AAAA")
    incidents.save(database, [one, other])

    assert {"AAAA", "BBBB"} == set(onuhistory.causes(database, ["AAAA"]))


def test_reads_are_the_good_polls_of_one_olt_and_of_a_day_before(
    database: peewee.SqliteDatabase,
) -> None:
    add_stats(
        PollStat(NOW + at, olt_id, is_ok, 1, 1, 1, 0, None, None, None)
        for at, olt_id, is_ok in (
            (0, "OLT-1", True),
            (-DAY, "OLT-1", True),
            (-DAY - 1, "OLT-1", True),
            (60, "OLT-1", False),
            (120, "OLT-2", True),
        )
    )

    assert [NOW - DAY, NOW] == onuhistory.reads(database, "OLT-1", NOW)


def test_names_are_found_by_any_number_of_macs(database: peewee.SqliteDatabase) -> None:
    macs = [f"02:00:00:00:{number >> 8:02X}:{number & 255:02X}" for number in range(1200)]
    customers.put((Customer(mac, f"name {mac}") for mac in macs), ["name"])

    assert {mac: f"name {mac}" for mac in macs} == customers.names(macs)
    assert 1200 == len(customers.names())
    assert {} == customers.names([])
    assert {} == customers.names(["02:FF:00:00:00:00"])

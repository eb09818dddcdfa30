"""Cannot observe is not observed bad: every way a read can fail, in every dialect."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from eponctl.simulator import DIALECTS, Dialect, Fault, SimOlt, make_olt

# Not failures of a read: all the other faults are.
ROWS = {Fault.NONE, Fault.BROKEN_ROW, Fault.EXTRA_VALUE}
# These cost a test their timeout, or much work.
SLOW = {Fault.HANG, Fault.DRIP, Fault.DRIP_HEADERS, Fault.HUGE, Fault.GZIP_BOMB}
QUICK_CASES = [
    (dialect, fault) for fault in Fault for dialect in DIALECTS if fault not in ROWS | SLOW
]
SLOW_CASES = [(dialect, fault) for fault in SLOW for dialect in DIALECTS]
POLL = "max_parallel = 300\nunreachable_polls = 2"
# So far apart that the many parts of a message are all within what may go out in an hour.
APART_S = 4000


@dataclass
class Bad:
    """An OLT that is about to fail in one way."""

    olt: SimOlt
    fault: Fault
    lost: str


def site_of(
    make_site: Any, cases: list[tuple[Dialect, Fault]], deadline_s: float
) -> tuple[Any, list[Bad], SimOlt]:
    """A farm of one OLT for each case, and a healthy one, after the baseline."""
    bad = []
    for number, (dialect, fault) in enumerate(cases):
        name = f"{dialect.replace('+', '-')}-{fault}"
        olt = make_olt(dialect, 8, seed=number, name=name, pons=1)
        bad.append(Bad(olt, fault, olt.onus[0].onu_id))
    good = make_olt("A22", 8, seed=999, name="GOOD")
    olts = [one.olt for one in bad]
    site = make_site(*olts, good, poll=POLL, deadline_s=deadline_s, edit=into_file)
    site.good_poll()
    return site, bad, good


def into_file(text: str) -> str:
    """Let the messages go into a file, which takes all parts of a long one in one poll."""
    text = text.replace('provider = "mpwa"', 'provider = "file"')
    return re.sub('api_url = ".*"', 'api_url = "messages"', text)


def news(site: Any) -> str:
    """What went into the file since this was last asked."""
    file = site.folder / "messages"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return "\n\n".join(json.loads(line)["text"] for line in lines)


@pytest.mark.parametrize(("cases", "deadline_s"), [(QUICK_CASES, 10.0), (SLOW_CASES, 2.0)])
def test_read_that_fails_tells_nothing_of_any_onu(
    make_site: Any, names_by_place: Any, cases: list[tuple[Dialect, Fault]], deadline_s: float
) -> None:
    site, bad, good = site_of(make_site, cases, deadline_s)
    names = {one.olt.name for one in bad}
    known = {olt.name: site.statuses(olt) for olt in site.farm.olts}
    sql = "SELECT olt_id, last_success_at - ? FROM olt_status"
    last_good = dict(site.rows(sql, APART_S))

    for one in bad:
        site.farm.set_fault(one.olt, one.fault)
    # Meanwhile something happens on all of them.
    for one in bad:
        site.farm.change(lambda one=one: one.olt.lose(one.lost))
    site.farm.change(lambda: good.lose("0/1:1"))
    site.let_pass(APART_S)
    first = site.poll()

    assert (1, "") == (first.code, first.out)
    # One line for each, and nothing else.
    assert Counter(names) == Counter(line.split(": ")[1] for line in first.lines)
    assert all(line.startswith("eponctl: ") for line in first.lines)
    assert [("GOOD", "0/1:1", "down")] == site.history()
    text = news(site)
    assert good.onu("0/1:1").mac in text
    assert not [name for name in names if name in text]
    # The ONUs are kept as they were, and it shows that they are old.
    kept = {olt.name: site.statuses(olt) for olt in site.farm.olts if olt is not good}
    assert {name: known[name] for name in names} == kept
    sql = "SELECT olt_id, last_success_at, failures, error FROM olt_status WHERE olt_id != 'GOOD'"
    for name, last_success_at, failures, error in site.rows(sql):
        assert (last_good[name], 1) == (last_success_at, failures), name
        assert error
        assert "\n" not in error

    site.let_pass(APART_S)
    second = site.poll()
    assert 1 == second.code
    told = site.history()[1:]
    assert {(name, None, "olt_unreachable") for name in names} == set(told)
    assert len(names) == len(told)
    text = news(site)
    assert Counter(names) == Counter(re.findall(r"^🏢 .* \((.+)\)$", text, re.MULTILINE))
    assert len(names) == text.count("⛔ OLT UNREACHABLE:")

    for one in bad:
        site.farm.set_fault(one.olt, Fault.NONE)
    site.let_pass(APART_S)
    site.good_poll()
    told = site.history()[1 + len(names) :]
    back = [event for event in told if event[2] == "olt_recovered"]
    assert Counter((name, None, "olt_recovered") for name in names) == Counter(back)
    changed = {event for event in told if event[2] != "olt_recovered"}
    assert {(one.olt.name, one.lost, "down") for one in bad} == changed
    # The recovery of an OLT comes before what changed meanwhile.
    for name in names:
        assert "olt_recovered" == next(kind for olt, _, kind in told if olt == name)
    text = news(site)
    assert len(names) == text.count(" (UNREACHABLE → ONLINE)\n")
    assert {(one.olt.name, one.lost) for one in bad} == set(names_by_place(text))

    site.let_pass(APART_S)
    site.good_poll()
    assert "" == news(site)


def test_olt_that_was_never_read_is_told_once_and_its_first_read_is_a_baseline(
    make_site: Any,
) -> None:
    olt = make_olt("A22", 8, name="OLT-1")
    olt.fault = Fault.REFUSE
    site = make_site(olt)
    codes = [site.poll().code for _ in range(4)]

    assert [1, 1, 1, 1] == codes
    assert [("OLT-1", None, "olt_unreachable")] == site.history()
    site.farm.set_fault(olt, Fault.NONE)
    site.farm.change(lambda: olt.lose("0/1:1"))
    site.good_poll()
    assert [("OLT-1", None, "olt_recovered")] == site.history()[1:]


def test_one_failed_poll_between_good_ones_is_not_told(make_site: Any) -> None:
    olt = make_olt("A22", 8, name="OLT-1")
    site = make_site(olt)
    for _ in range(3):
        site.good_poll()
        site.farm.set_fault(olt, Fault.EMPTY_BODY)
        assert 1 == site.poll().code
        site.farm.set_fault(olt, Fault.NONE)

    assert [] == site.history()


# --- one PON of several -----------------------------------------------------------------------

PER_PON: dict[Dialect, str] = {
    "A11": "/onuOverview.asp?oltponno=0/1",
    "A16": "/onuOverview.asp?oltponno=0/1",
    "B12": "/onuConfigOnuList.asp?oltponno=0/1/1",
    "B13": "/onuConfigOnuList.asp?oltponno=0/1/1",
    "B13+B18": "/onuConfigOnuList.asp?oltponno=0/1/1",
}
PON_FAULTS = (
    Fault.CUT,
    Fault.FOREIGN,
    Fault.EMPTY_ARRAY,
    Fault.FEW_ROWS,
    Fault.NO_ARRAY,
    Fault.SERVER_ERROR,
    Fault.RESET,
    Fault.EMPTY_BODY,
)


def test_pon_that_cannot_be_read_tells_nothing_and_the_others_go_on(make_site: Any) -> None:
    # Rows that one page lacks may be on the other, where a device has both.
    mended = {Fault.EMPTY_ARRAY, Fault.FEW_ROWS}
    cases = [
        (dialect, fault)
        for dialect in PER_PON
        for fault in PON_FAULTS
        if dialect != "B13+B18" or fault not in mended
    ]
    olts = [
        make_olt(dialect, 16, seed=number, name=f"{dialect.replace('+', '-')}-{fault}", pons=2)
        for number, (dialect, fault) in enumerate(cases)
    ]
    site = make_site(*olts, poll=POLL)
    site.good_poll()
    expected = set()
    for olt, (dialect, fault) in zip(olts, cases, strict=True):
        dark, bright = olt.on_pon(olt.pons[0])[1], olt.on_pon(olt.pons[1])[1]
        site.farm.set_fault(olt, fault, PER_PON[dialect])
        site.farm.change(lambda ids=(dark.onu_id, bright.onu_id), olt=olt: [*map(olt.lose, ids)])
        expected.add((olt.name, bright.onu_id, "down"))
    run = site.poll()

    assert expected == set(site.history())
    assert 1 == run.code
    assert Counter(olt.name for olt in olts) == Counter(line.split(": ")[1] for line in run.lines)
    for olt in olts:
        assert "up" == site.statuses(olt)[olt.on_pon(olt.pons[0])[1].onu_id]
        assert 16 == len(site.statuses(olt))

    # However long it lasts: only the PON's own return tells.
    assert 1 == site.poll().code
    assert len(expected) == len(site.history())
    for olt, (dialect, _) in zip(olts, cases, strict=True):
        site.farm.set_fault(olt, Fault.NONE, PER_PON[dialect])
    site.good_poll()
    late = {(olt.name, olt.on_pon(olt.pons[0])[1].onu_id, "down") for olt in olts}
    assert late == set(site.history()[len(expected) :])


def test_pon_that_the_baseline_lacked_has_a_baseline_of_its_own(make_site: Any) -> None:
    olt = make_olt("A16", 8, name="OLT-1", pons=2)
    olt.page_faults["/onuOverview.asp?oltponno=0/1"] = Fault.CUT
    site = make_site(olt)

    assert 1 == site.poll().code
    site.farm.set_fault(olt, Fault.NONE, "/onuOverview.asp?oltponno=0/1")
    site.farm.change(lambda: olt.lose("0/1:1"))
    site.good_poll()
    assert [] == site.history()
    assert 8 == len(site.statuses(olt))


@pytest.mark.parametrize("fault", [Fault.BROKEN_ROW, Fault.EXTRA_VALUE])
def test_row_that_cannot_be_understood_is_not_missing(make_site: Any, fault: Fault) -> None:
    olts = [
        make_olt(dialect, 16, seed=n, name=dialect.replace("+", "-"), pons=2)
        for n, dialect in enumerate(DIALECTS)
    ]
    site = make_site(*olts)
    site.good_poll()
    for olt in olts:
        site.farm.set_fault(olt, fault)
    for _ in range(2):
        site.poll()

    assert [] == site.history()
    assert {16} == {len(site.statuses(olt)) for olt in olts}


def test_onus_that_were_really_taken_away_are_believed_where_the_device_counts_them(
    make_site: Any,
) -> None:
    olt = make_olt("B13", 12, name="OLT-1", pons=1)
    site = make_site(olt)
    site.good_poll()
    site.farm.change(lambda: olt.onus.__delitem__(slice(1, None)))
    site.good_poll()

    assert {"removed"} == {kind for _, _, kind in site.history()}
    assert 1 == len(site.statuses(olt))

"""The .asp family against simulated devices: every dialect, every fault, never a wrong ONU."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from eponctl import asp, asppages
from eponctl.driver import Known, Scrape
from eponctl.drivers import hioso
from eponctl.errors import (
    ForeignRedirect,
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    UnknownFirmware,
    Unreachable,
)
from eponctl.model import OltFacts, OltReading, Status
from eponctl.simulator import DIALECTS, Dialect, Farm, Fault, SimOlt, SimOnu, make_olt
from eponctl.web import Page

Serve = Callable[..., Farm]

WHOLE_TABLE: tuple[Dialect, ...] = ("A22", "A23", "A24", "B18")
PER_PON: tuple[Dialect, ...] = ("A11", "A16", "B12", "B13", "B13+B18")
HOSTILE: tuple[str | bytes, ...] = (
    "*VIP*",
    "[red]x[/red]",
    "=1+1",
    "O\\'Brien",
    "O'Brien",
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m",
    "{a|b}",
    "Jl. Kediri, No. 5 (blok B)",
    "a//b",
    "{{ 7*7 }}",
    "x" * 400,
    b"caf\xe9 \xff\xfe",
    "');</script>",
    "NA",
)


def varied(dialect: Dialect, **changes: Any) -> SimOlt:
    """An OLT with an ONU in every state that its pages can show."""
    olt = make_olt(dialect, 16, pons=2, seed=7)
    olt.b12_last = "absent"
    first, second = (olt.on_pon(pon) for pon in olt.pons)
    for code, onu in enumerate(second[:6]):
        onu.lose(code if dialect[0] == "A" else code % 2)
    first[1].lose(1, gasp=True)
    first[2].lose(1, word="PwrDown", gasp=True)
    first[3].status = "LoopDetected"
    first[4].status = "Rebooting"
    first[5].auth = 2 if dialect[0] == "A" else 0
    first[6].rx_power_dbm = None
    for name, value in changes.items():
        setattr(olt, name, value)
    return olt


def only_known(olt: SimOlt) -> list[str]:
    """What must hold after anything: one connection at a time, and no page that changes a state."""
    return [served.path for served in olt.violations] + (
        ["two at once"] if olt.served_concurrently_max > 1 else []
    )


# --- every dialect ------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_onu_is_read_as_the_notes_say(dialect: Dialect, serve: Serve, rules: Any) -> None:
    olt = varied(dialect)
    serve(olt)
    reading = rules.poll(olt)

    if dialect == "A11":
        # Optics that the page per ONU has not either.
        assert None is reading.onus[6].rx_power_dbm
    assert rules.expected(olt) == rules.seen(reading)
    assert (dialect if dialect not in {"A23", "A24"} else "A22") == reading.dialect
    # Eight to a PON, with no count of the device's own: perhaps that is not all of them.
    notes = [asppages.PAGER_TEXT.format(pon=pon) for pon in olt.pons if dialect in {"A11", "A16"}]
    assert ({}, frozenset(), True, notes) == (
        reading.failed_pons,
        reading.unreadable,
        reading.is_complete,
        [*reading.notes],
    )
    assert (dialect in WHOLE_TABLE, dialect == "A11") == (
        reading.is_whole_table,
        reading.lacks_optics,
    )
    assert [] == only_known(olt)


@pytest.mark.parametrize("dialect", ["A22", "B18", "B13+B18"])
def test_uptime_counts_from_the_registration(dialect: Dialect, serve: Serve, rules: Any) -> None:
    olt = varied(dialect)
    serve(olt)
    seen = {onu.onu_id: onu.uptime_s for onu in rules.poll(olt).onus}
    for onu in olt.onus:
        if onu.status != "Up" or onu.auth == 2:
            assert None is seen[onu.onu_id]
        else:
            assert onu.uptime() - 5 <= (seen[onu.onu_id] or 0) <= onu.uptime()


def test_b12_without_its_last_value_is_read_too(serve: Serve, rules: Any) -> None:
    olt = varied("B12", b12_last="absent")
    serve(olt)
    reading = rules.poll(olt)

    assert (rules.expected(olt), "B12") == (rules.seen(reading), reading.dialect)


def test_b12_whose_last_value_is_bare_is_b13(serve: Serve, rules: Any) -> None:
    olt = varied("B12", b12_last="bare")
    serve(olt)
    reading = rules.poll(olt)
    olt.dialect = "B13"

    assert (rules.expected(olt), "B13") == (rules.seen(reading), reading.dialect)


def test_b18_with_a_reason_code_is_read_as_cautiously(serve: Serve, rules: Any) -> None:
    olt = varied("B18", b18_reason="reason-code")
    serve(olt)
    lost = [onu for onu in rules.poll(olt).onus if onu.status is Status.DOWN]

    assert {None} == {onu.reason for onu in lost}
    assert {"0 (Timeout or Other)", "1 (Dying_gasp or TIMEOUT)"} == {onu.reason_raw for onu in lost}


@pytest.mark.parametrize("style", ["backslash", "raw"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_hostile_names_cost_no_onu(dialect: Dialect, style: str, serve: Serve, rules: Any) -> None:
    olt = make_olt(dialect, 2 * len(HOSTILE), pons=2, seed=3)
    for onu, name in zip(olt.onus, itertools.cycle(HOSTILE), strict=False):
        onu.name = name
    olt.quote_style = style  # type: ignore[assignment]
    serve(olt)
    expected, seen = rules.expected(olt), rules.seen(rules.poll(olt))
    if style == "raw":
        # A backslash that the page does not double reads as an escape: only that name differs.
        expected = [
            onu._replace(name=(onu.name or "").replace("\\'", "'") or None) for onu in expected
        ]
    if dialect == "B12":
        expected = [onu._replace(distance_m=None) for onu in expected]
        seen = [onu._replace(distance_m=None) for onu in seen]

    assert expected == seen


@pytest.mark.parametrize("dialect", DIALECTS)
def test_facts_come_from_the_page_about_the_box(dialect: Dialect, serve: Serve, rules: Any) -> None:
    olt = make_olt(dialect, 4, pons=2)
    olt.uptime_seconds = 7 * 3600
    serve(olt)
    facts = rules.poll(olt).facts

    assert isinstance(facts, OltFacts)
    assert (olt.firmware, True) == (facts.firmware, (facts.uptime or "").startswith("7 hours "))
    if dialect[0] == "B":
        assert olt.model == facts.model


def test_box_without_its_own_page_is_read_all_the_same(serve: Serve, rules: Any) -> None:
    olt = make_olt("A22", 4, pons=2)
    olt.page_faults["/system.asp"] = Fault.SERVER_ERROR
    serve(olt)
    reading = rules.poll(olt)

    assert (4, None) == (len(reading.onus), reading.facts)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_olt_without_onus_is_empty_and_nothing_is_remembered(
    dialect: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(dialect, 0, pons=2)
    serve(olt)
    reading = rules.poll(olt)

    assert ((), {}, None) == (reading.onus, reading.failed_pons, reading.memory)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_single_onu_is_enough_to_know_the_dialect(
    dialect: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(dialect, 1, pons=1)
    serve(olt)
    if dialect == "B12":
        olt.b12_last = "absent"
    reading = rules.poll(olt)

    assert rules.expected(olt) == rules.seen(reading)


# --- FIT, pagers, details -----------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["A11", "A16"])
def test_blade_without_a_list_of_pons_is_asked_for_four(
    dialect: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(dialect, 8, pons=4)
    olt.no_pon_list = True
    serve(olt)
    reading = rules.poll(olt)

    assert rules.expected(olt) == rules.seen(reading)
    assert {"0/1", "0/2", "0/3", "0/4"} == {onu.pon for onu in reading.onus}


def test_blade_with_fewer_pons_than_guessed_fails_for_none(serve: Serve, rules: Any) -> None:
    olt = make_olt("A16", 8, pons=2)
    olt.no_pon_list = True
    for pon in ("0/3", "0/4"):
        olt.page_faults[asppages.OVERVIEW + pon] = Fault.NO_ARRAY
    serve(olt)
    reading = rules.poll(olt)

    assert (rules.expected(olt), {}) == (rules.seen(reading), reading.failed_pons)


def test_guessed_pon_that_had_onus_must_be_there(serve: Serve, rules: Any) -> None:
    olt = make_olt("A16", 8, pons=2)
    olt.no_pon_list = True
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.page_faults[asppages.OVERVIEW + "0/2"] = Fault.NO_ARRAY
    reading = rules.poll(olt, known)

    assert (rules.expected(olt)[:4], ["0/2"]) == (rules.seen(reading), list(reading.failed_pons))


def test_first_of_the_guessed_pons_fails_for_itself_alone(serve: Serve, rules: Any) -> None:
    olt = make_olt("A16", 8, pons=2)
    olt.no_pon_list = True
    olt.page_faults[asppages.OVERVIEW + "0/1"] = Fault.CUT
    serve(olt)
    reading = rules.poll(olt)

    assert (rules.expected(olt)[4:], ["0/1"]) == (rules.seen(reading), list(reading.failed_pons))


def test_guessed_pon_that_does_not_answer_is_not_taken_to_be_absent(
    serve: Serve, rules: Any
) -> None:
    olt = make_olt("A16", 8, pons=2)
    olt.no_pon_list = True
    olt.page_faults[asppages.OVERVIEW + "0/2"] = Fault.RESET
    serve(olt)

    assert ["0/2"] == list(rules.poll(olt).failed_pons)


def test_pager_of_eight_is_filled_from_the_whole_page(serve: Serve, rules: Any) -> None:
    olt = make_olt("B13+B18", 24, pons=2)
    olt.rows_per_page = 8
    serve(olt)
    # The sim keeps to eight rows on its pages per PON; the page of all has no pager.
    reading = rules.poll(olt)

    assert {onu.mac for onu in rules.expected(olt)} == {onu.mac for onu in reading.onus}
    assert {} == reading.failed_pons


def test_pager_of_eight_is_filled_without_counters_too(serve: Serve, rules: Any) -> None:
    olt = make_olt("B13+B18", 24, pons=2)
    olt.rows_per_page = 8
    olt.counters = False
    serve(olt)

    assert 24 == len(rules.poll(olt).onus)


def test_pager_of_eight_alone_is_no_whole_list(serve: Serve, rules: Any) -> None:
    olt = make_olt("B13", 24, pons=2)
    olt.rows_per_page = 8
    serve(olt)
    with pytest.raises(PageChanged) as caught:
        rules.poll(olt)

    assert "PON 0/1/1: 8 rows on the page, the device counts 12" == caught.value.message


def test_eight_rows_that_no_count_confirms_are_remarked_on(serve: Serve, rules: Any) -> None:
    olt = make_olt("A16", 19, pons=2)
    olt.rows_per_page = 8
    serve(olt)
    found = rules.poll(olt)

    assert [16, True] == [len(found.onus), found.is_complete]
    assert ["PON 0/1: 8 ONUs", "PON 0/2: 8 ONUs"] == [note[:15] for note in found.notes]
    olt.rows_per_page = 7
    assert () == rules.poll(olt).notes


def test_details_are_asked_of_onus_that_are_up_and_only_when_due(serve: Serve, rules: Any) -> None:
    olt = make_olt("A11", 6, pons=2)
    olt.onus[0].lose()
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    details = [served.path for served in olt.log if served.path.startswith("/onuConfig.asp")]
    olt.log.clear()
    reading = rules.poll(olt, known)

    assert [asppages.DETAIL.format(onu=onu.onu_id, pon=onu.pon) for onu in olt.onus[1:]] == details
    assert [asppages.OVERVIEW_LIST, asppages.OVERVIEW + "0/1", asppages.OVERVIEW + "0/2"] == [
        served.path for served in olt.log
    ]
    assert True is reading.lacks_optics


def test_whole_table_without_optics_has_details_asked_at_the_first_poll(
    serve: Serve, rules: Any
) -> None:
    olt = make_olt("A22", 2, pons=1)
    for onu in olt.onus:
        onu.temperature_c = onu.voltage_v = onu.bias_ma = None
        onu.tx_power_dbm = onu.rx_power_dbm = None
    serve(olt)
    reading = rules.poll(olt)

    details = [asppages.DETAIL.format(onu=onu.onu_id, pon=onu.pon) for onu in olt.onus]
    assert [asppages.WHOLE, asppages.SYSTEM, *details] == [served.path for served in olt.log]
    assert "A whole+detail" == reading.memory


def test_detail_of_another_onu_is_not_taken(serve: Serve, rules: Any) -> None:
    olt = make_olt("A11", 2, pons=1)
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    page = Page("/", 200, {}, b"var onuOpmInfo=new Array('0/1:2','34.00','3','13','2.06','-26.2');")

    assert (None, None, None) == asp.detail_optics(page.body, "0/1:1")
    assert "A overview+detail" == known.memory


def test_details_stop_while_there_is_time_to_keep_what_was_read(serve: Serve, rules: Any) -> None:
    olt = make_olt("A11", 60, pons=1)
    olt.latency = 0.05
    serve(olt)
    reading = rules.poll(olt, seconds=3.0)
    with_optics = [onu for onu in reading.onus if onu.rx_power_dbm is not None]

    assert 60 == len(reading.onus)
    assert 0 < len(with_optics) < 60


# --- faults -------------------------------------------------------------------------------------

ERRORS: dict[Fault, type[OltError]] = {
    Fault.REFUSE: Unreachable,
    Fault.HANG: Unreachable,
    Fault.DRIP: Unreachable,
    Fault.DRIP_HEADERS: Unreachable,
    Fault.CUT: PageChanged,
    Fault.FOREIGN: PageChanged,
    Fault.UNAUTHORIZED: LoginRejected,
    Fault.DENIED: LoginRejected,
    Fault.LOGIN_PAGE: LoginRejected,
    Fault.EMPTY_BODY: PageChanged,
    Fault.EMPTY_ARRAY: PageChanged,
    Fault.NO_ARRAY: PageChanged,
    Fault.RESET: Unreachable,
    Fault.SERVER_ERROR: PageChanged,
    Fault.REDIRECT_ELSEWHERE: ForeignRedirect,
    Fault.REDIRECT_LOGIN: LoginRejected,
    Fault.GZIP_BOMB: PageChanged,
    Fault.HUGE: PageChanged,
    Fault.FEW_ROWS: PageChanged,
}
SLOW = {Fault.DRIP, Fault.DRIP_HEADERS}
SPOILT_ROWS = {Fault.BROKEN_ROW, Fault.EXTRA_VALUE}


def test_every_fault_of_the_simulator_is_tried() -> None:
    assert set(Fault) == {Fault.NONE} | ERRORS.keys() | SPOILT_ROWS


def waits(fault: Fault) -> dict[str, float]:
    """Limits that make a fault of patience short."""
    if fault in SLOW:
        return {"seconds": 0.6, "read_timeout_s": 0.4}
    return {"read_timeout_s": 0.2} if fault is Fault.HANG else {}


def wrong(olt: SimOlt, reading: OltReading, rules: Any) -> list[object]:
    """What a reading says that is not so, and ONUs it lost without a word."""
    truth = {onu.mac: onu for onu in rules.expected(olt)}
    seen = rules.seen(reading)
    unsure: dict[str, Any] = {}
    if olt.dialect == "A11":
        # What comes from slower pages.
        unsure = dict.fromkeys(("temperature_c", "rx_power_dbm", "tx_power_dbm"))
    if olt.dialect == "B13+B18":
        # One of the two pages may have failed; their formulas for the distance differ.
        unsure = dict.fromkeys(("deregistrations", "reason", "reason_raw", "distance_m"))
    lies: list[object] = [
        onu
        for onu in seen
        if onu.mac not in truth or onu._replace(**unsure) != truth[onu.mac]._replace(**unsure)
    ]
    silent = [
        mac
        for mac, onu in truth.items()
        if mac not in {found.mac for found in seen}
        and onu.pon not in reading.failed_pons
        and mac not in reading.unreadable
    ]
    return lies + silent


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("fault", ERRORS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_fault_of_the_box_fails_the_read(
    dialect: Dialect, fault: Fault, is_known: bool, serve: Serve, rules: Any
) -> None:
    olt = varied(dialect, drip_seconds=0.1)
    farm = serve(olt)
    known = rules.known(olt, rules.poll(olt)) if is_known else None
    farm.set_fault(olt, fault)
    if not is_known and fault in {Fault.EMPTY_ARRAY, Fault.FEW_ROWS}:
        # Nothing is known yet: only a device that counts can be held to it.
        if dialect in {"B12", "B13", "B13+B18"}:
            with pytest.raises(PageChanged):
                rules.poll(olt)
        return
    started = time.monotonic()
    with pytest.raises(ERRORS[fault]) as caught:
        rules.poll(olt, known, **waits(fault))

    assert time.monotonic() - started < 3
    assert "admin" not in f"{caught.value.message} {caught.value.hint}"
    assert [] == only_known(olt)


@pytest.mark.parametrize("fault", ERRORS)
@pytest.mark.parametrize("dialect", PER_PON)
def test_fault_of_one_pon_fails_that_pon_only(
    dialect: Dialect, fault: Fault, serve: Serve, rules: Any
) -> None:
    olt = varied(dialect, drip_seconds=0.1)
    farm = serve(olt)
    known = rules.known(olt, rules.poll(olt))
    pon = olt.pons[1]
    prefix = asppages.OVERVIEW if dialect[0] == "A" else asppages.CONFIG
    farm.set_fault(olt, fault, prefix + pon)
    if ERRORS[fault] is LoginRejected:
        with pytest.raises(LoginRejected):
            rules.poll(olt, known)
        return
    reading = rules.poll(olt, known, **waits(fault))

    assert [] == wrong(olt, reading, rules)
    if dialect == "B13+B18" and fault in {Fault.EMPTY_ARRAY, Fault.FEW_ROWS}:
        # The page of all has the rows that this one withholds.
        assert {} == reading.failed_pons
        return
    assert [pon] == list(reading.failed_pons)
    assert len(olt.on_pon(olt.pons[0])) == len(reading.onus)
    error = reading.failed_pons[pon]
    assert isinstance(error, ERRORS[fault] if fault is not Fault.REFUSE else Unreachable)


@pytest.mark.parametrize("where", ["box", "pon"])
@pytest.mark.parametrize("fault", sorted(SPOILT_ROWS))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_spoilt_row_is_reported_and_gives_no_wrong_onu(
    dialect: Dialect, fault: Fault, where: str, serve: Serve, rules: Any
) -> None:
    olt = varied(dialect)
    farm = serve(olt)
    known = rules.known(olt, rules.poll(olt))
    page = asppages.WHOLE if dialect in WHOLE_TABLE else asppages.OVERVIEW
    if dialect in PER_PON and dialect[0] == "B":
        page = asppages.CONFIG + olt.pons[0]
    farm.set_fault(olt, fault, page if where == "pon" else None)
    reading = rules.poll(olt, known)

    assert [] == wrong(olt, reading, rules)
    assert 1 <= len(reading.unreadable) <= 2
    assert len(reading.notes) == len(reading.unreadable)
    assert not reading.is_complete


@pytest.mark.parametrize("fault", [fault for fault in ERRORS if ERRORS[fault] is not LoginRejected])
def test_whole_page_of_b_is_one_that_can_be_done_without(
    fault: Fault, serve: Serve, rules: Any
) -> None:
    olt = varied("B13+B18", drip_seconds=0.1)
    farm = serve(olt)
    known = rules.known(olt, rules.poll(olt))
    farm.set_fault(olt, fault, asppages.WHOLE)
    if fault in SLOW:
        # A device that drips takes the time that the pages per PON would have needed.
        with pytest.raises(Unreachable):
            rules.poll(olt, known, **waits(fault))
        return
    reading = rules.poll(olt, known, **waits(fault))

    assert [] == wrong(olt, reading, rules)
    assert (16, {}) == (len(reading.onus), reading.failed_pons)


# --- retries and pace ---------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_page_that_came_without_its_array_is_asked_for_again(
    dialect: Dialect, serve: Serve, rules: Any
) -> None:
    olt = varied(dialect)
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.missing_array_times = 1
    olt.log.clear()
    reading = rules.poll(olt, known, retries=1)

    asked = [served.path for served in olt.log]
    assert asked[0] == asked[1]
    assert len(set(asked)) == len(asked) - 1
    assert [] == wrong(olt, reading, rules)
    assert {} == reading.failed_pons


@pytest.mark.parametrize(
    "fault",
    [
        Fault.CUT,
        Fault.RESET,
        Fault.EMPTY_BODY,
        Fault.FOREIGN,
        Fault.SERVER_ERROR,
        Fault.NO_ARRAY,
        Fault.GZIP_BOMB,
    ],
)
@pytest.mark.parametrize("dialect", ["A22", "B13"])
def test_page_that_failed_once_is_asked_for_again(
    dialect: Dialect, fault: Fault, serve: Serve, rules: Any
) -> None:
    olt = varied(dialect)
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.fault_queue = [fault]

    assert rules.expected(olt) == rules.seen(rules.poll(olt, known, retries=1))


@pytest.mark.parametrize(
    "fault",
    [
        Fault.UNAUTHORIZED,
        Fault.DENIED,
        Fault.LOGIN_PAGE,
        Fault.REDIRECT_LOGIN,
        Fault.REDIRECT_ELSEWHERE,
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_refused_login_is_not_tried_again(
    fault: Fault, is_known: bool, serve: Serve, rules: Any
) -> None:
    olt = varied("B13")
    farm = serve(olt)
    known = rules.known(olt, rules.poll(olt)) if is_known else None
    farm.set_fault(olt, fault)
    olt.log.clear()
    with pytest.raises(ERRORS[fault]):
        rules.poll(olt, known, retries=5)

    assert 1 == len(olt.log)


def test_page_is_tried_as_often_as_said_and_no_more(serve: Serve, rules: Any) -> None:
    olt = varied("A22")
    farm = serve(olt)
    known = rules.known(olt, rules.poll(olt))
    farm.set_fault(olt, Fault.CUT)
    olt.log.clear()
    with pytest.raises(PageChanged):
        rules.poll(olt, known, retries=2)

    assert 3 == len(olt.log)


def test_array_of_the_pages_own_script_is_not_the_table_that_is_missing(
    serve: Serve, rules: Any
) -> None:
    page = Page(
        asppages.WHOLE, 200, {}, b"var ctc_status=new Array('--','MpcpDiscovery');\n</script>"
    )
    with pytest.raises(PageChanged) as caught:
        hioso.check_page(page)

    assert caught.value.is_retryable
    assert "no table on the page" in caught.value.message


@pytest.mark.parametrize(
    "name", ["Access Denied", "Please login", '<input type="password">', "Undefined procedure"]
)
def test_name_cannot_make_a_page_look_like_a_login(name: str, serve: Serve, rules: Any) -> None:
    olt = make_olt("A22", 4, pons=1)
    olt.onus[0].name = name
    serve(olt)

    assert name == rules.poll(olt).onus[0].name


def test_pages_keep_their_distance(serve: Serve, rules: Any) -> None:
    olt = make_olt("B13", 4, pons=2)
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.log.clear()
    rules.poll(olt, known, page_delay_s=0.1)

    times = [served.at for served in olt.log]
    assert 3 == len(times)
    assert all(later - earlier >= 0.099 for earlier, later in itertools.pairwise(times))


# --- memory -------------------------------------------------------------------------------------

REMEMBERED = {
    "A11": [asppages.OVERVIEW_LIST, asppages.OVERVIEW + "0/1", asppages.OVERVIEW + "0/2"],
    "A16": [asppages.OVERVIEW_LIST, asppages.OVERVIEW + "0/1", asppages.OVERVIEW + "0/2"],
    "A22": [asppages.WHOLE],
    "A23": [asppages.WHOLE],
    "A24": [asppages.WHOLE],
    "B12": [asppages.CONFIG_LIST, asppages.CONFIG + "0/1/1", asppages.CONFIG + "0/1/2"],
    "B13": [asppages.CONFIG_LIST, asppages.CONFIG + "0/1/1", asppages.CONFIG + "0/1/2"],
    "B18": [asppages.WHOLE],
    "B13+B18": [
        asppages.WHOLE,
        asppages.CONFIG_LIST,
        asppages.CONFIG + "0/1/1",
        asppages.CONFIG + "0/1/2",
    ],
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_second_poll_asks_only_for_the_pages_that_it_needs(
    dialect: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(dialect, 8, pons=2)
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.log.clear()
    rules.poll(olt, known)

    assert REMEMBERED[dialect] == [served.path for served in olt.log]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *itertools.permutations(("A16", "A22", "B13", "B18", "B13+B18"), 2),
        *(("A11", "B12"), ("B12", "A11"), ("A11", "A16")),
    ],
)
def test_other_box_behind_the_same_port_is_found_again(
    before: Dialect, after: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(before, 8, pons=2)
    olt.b12_last = "absent"
    serve(olt)
    memory = rules.poll(olt).memory
    other = make_olt(after, 8, pons=2, seed=1)
    olt.dialect, olt.onus, olt.pons = after, other.onus, other.pons
    known = Known(memory)
    reading = rules.poll(olt, known)

    if after == "A22" and before == "A16":
        # The pages it was read by are still there: less is known, nothing wrong.
        assert "A16" == reading.dialect
    else:
        # The other half of family B is looked for whenever slow pages are due.
        assert (after, rules.expected(other)) == (reading.dialect, rules.seen(reading))


def test_hiccup_while_the_pages_are_looked_for_is_not_remembered(serve: Serve, rules: Any) -> None:
    olt = make_olt("B13+B18", 8, pons=2)
    olt.page_faults[asppages.CONFIG_LIST] = Fault.EMPTY_BODY
    farm = serve(olt)
    first = rules.poll(olt)
    farm.set_fault(olt, Fault.NONE, asppages.CONFIG_LIST)
    second = rules.poll(olt, rules.known(olt, first))

    assert (8, None, "B18") == (len(first.onus), first.memory, first.dialect)
    assert (8, "B whole+config", "B13+B18") == (len(second.onus), second.memory, second.dialect)


def test_list_of_pons_with_nothing_inside_is_no_olt_without_onus(serve: Serve, rules: Any) -> None:
    for dialect in ("A16", "B13"):
        olt = make_olt(dialect, 8, pons=2)
        olt.page_faults["/onuOverviewPonList.asp"] = Fault.EMPTY_ARRAY
        olt.page_faults["/onuConfigPonList.asp"] = Fault.EMPTY_ARRAY
        serve(olt)
        with pytest.raises(PageChanged) as caught:
            rules.poll(olt)
        assert "the list of PONs is empty" in caught.value.message


def test_device_of_another_kind_is_said_to_be_one(serve: Serve, rules: Any) -> None:
    olt = make_olt("A22", 4)
    olt.dialect, olt.no_pon_list, olt.onus = "B13", True, []
    serve(olt)
    with pytest.raises(UnknownFirmware) as caught:
        rules.poll(olt)

    assert not isinstance(caught.value, PageMissing)
    assert "check the OLT's url" in caught.value.hint


# --- counters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["B12", "B13", "B18", "B13+B18"])
def test_olt_that_was_emptied_is_believed_when_its_counters_say_so(
    dialect: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(dialect, 8, pons=2)
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.onus = []
    reading = rules.poll(olt, known)

    assert ((), {}, {"0/1/1": 0, "0/1/2": 0}) == (
        reading.onus,
        reading.failed_pons,
        reading.counted,
    )


@pytest.mark.parametrize("dialect", ["A11", "A16", "A22", "B12", "B13", "B18", "B13+B18"])
def test_olt_that_was_emptied_is_not_believed_without_counters(
    dialect: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(dialect, 8, pons=2)
    olt.counters = False
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.onus = []
    with pytest.raises(PageChanged):
        rules.poll(olt, known)


@pytest.mark.parametrize("dialect", ["B13", "B18"])
@pytest.mark.parametrize("left", [1, 2])
def test_few_onus_left_are_believed_when_the_counters_say_so(
    dialect: Dialect, left: int, serve: Serve, rules: Any
) -> None:
    olt = make_olt(dialect, 20, pons=2)
    serve(olt)
    known = rules.known(olt, rules.poll(olt))
    olt.onus = olt.on_pon("0/1/1")[:left] + olt.on_pon("0/1/2")[:left]

    assert 2 * left == len(rules.poll(olt, known).onus)


@pytest.mark.parametrize("dialect", ["B12", "B13"])
def test_counter_above_the_rows_fails_the_pon(dialect: Dialect, serve: Serve, rules: Any) -> None:
    olt = make_olt(dialect, 20, pons=2)
    olt.counter_override["0/1/2"] = "ONU Total=11,Online=11,Offline=0"
    serve(olt)
    reading = rules.poll(olt)

    assert (rules.expected(olt)[:10], ["0/1/2"]) == (
        [onu._replace(distance_m=None) for onu in rules.seen(reading)]
        if dialect == "B12"
        else rules.seen(reading),
        list(reading.failed_pons),
    )


def test_row_that_is_odd_is_still_one_of_the_counted(serve: Serve, rules: Any) -> None:
    olt = make_olt("B13", 20, pons=2)
    olt.page_faults[asppages.CONFIG + "0/1/1"] = Fault.BROKEN_ROW
    serve(olt)
    reading = rules.poll(olt)

    assert (19, 1, {}) == (len(reading.onus), len(reading.unreadable), reading.failed_pons)


def test_page_with_the_onus_of_another_pon_fails_its_own(serve: Serve, rules: Any) -> None:
    olt = make_olt("A16", 8, pons=2)
    serve(olt)
    scrape = hioso.fetch(rules.web_to(olt), Known())
    first, second = (asppages.OVERVIEW + pon for pon in olt.pons)
    pages = {**scrape.pages, second: scrape.pages[first]}
    reading = hioso.read(Scrape(scrape.plan, pages), Known())

    assert (rules.expected(olt)[:4], ["0/2"]) == (rules.seen(reading), list(reading.failed_pons))


def test_mac_case_does_not_split_an_onu(serve: Serve, rules: Any) -> None:
    olt = make_olt("B13+B18", 0, pons=1)
    olt.onus = [SimOnu("0/1/1:1", "A", "02-ab-cd-00-00-01", deregister_count=4)]
    serve(olt)
    (onu,) = rules.poll(olt).onus

    assert ("02:AB:CD:00:00:01", 4) == (onu.mac, onu.deregistrations)


@pytest.mark.parametrize("half", ["B13", "B18"])
def test_half_of_family_b_is_kept_to_between_slow_pages(
    half: Dialect, serve: Serve, rules: Any
) -> None:
    olt = make_olt(half, 8, pons=2)
    serve(olt)
    memory = rules.poll(olt).memory
    olt.dialect = "B13+B18"

    assert half == rules.poll(olt, Known(memory, wants_slow_pages=False)).dialect
    assert "B13+B18" == rules.poll(olt, Known(memory, wants_slow_pages=True)).dialect

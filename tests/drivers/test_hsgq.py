"""The HSGQ family against simulated devices: whatever they answer, no session is left open."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl import board, boardlist, driver
from eponctl.driver import Known, Scrape
from eponctl.drivers import hsgq
from eponctl.envelope import content
from eponctl.errors import (
    LoginRejected,
    OltError,
    PageChanged,
    SessionBusy,
    UnknownFirmware,
    Unreachable,
)
from eponctl.model import OltReading, OnuReading, Reason, Status
from eponctl.simulator import Farm, Fault, SimOlt, make_olt
from eponctl.simulator.hsgq import STATES, HsgqOlt, Spoilt, make_hsgq
from eponctl.web import Limits, Page, Web

Serve = Callable[..., Farm]
LIST_2 = "/onu_allow_list?port_id=2"
QUICK = Known(hsgq.PER_PON, wants_slow_pages=False)


class Ask:
    """One read of a simulated device, as the poll does it."""

    def __init__(self, limits: Callable[..., Limits]) -> None:
        self.limits = limits

    def web(self, olt: SimOlt, seconds: float = 20.0, **changes: Any) -> Web:
        login = (olt.username, olt.password)
        return Web(olt.url, self.limits(seconds, **changes), login=login, sends_basic=False)

    def __call__(
        self, olt: SimOlt, known: Known = QUICK, seconds: float = 20.0, **changes: Any
    ) -> OltReading:
        with self.web(olt, seconds, **changes) as web, web.within():
            scrape = hsgq.fetch(web, known)
        return driver.believed(hsgq.read(scrape, known), known)


@pytest.fixture
def ask(limits: Callable[..., Limits]) -> Ask:
    """Read simulated OLTs."""
    return Ask(limits)


@pytest.fixture
def olt(serve: Serve) -> Iterator[HsgqOlt]:
    """Serve an OLT of two PONs; in the end nothing harmful was asked, nor two things at once."""
    made = make_hsgq(8, pons=2, seed=3)
    serve(made)
    yield made
    assert [] == made.violations
    assert made.served_concurrently_max <= 1


def asked(olt: SimOlt) -> list[str]:
    return [f"{served.method} {served.path}" for served in olt.log]


def by_id(reading: OltReading) -> dict[str, OnuReading]:
    return {onu.onu_id: onu for onu in reading.onus}


def failures(reading: OltReading) -> dict[str, type[OltError]]:
    return {pon: type(error) for pon, error in reading.failed_pons.items()}


# --- a good device ------------------------------------------------------------------------------


def test_every_onu_is_read_with_its_values(olt: HsgqOlt, ask: Ask) -> None:
    reading = ask(olt, Known())

    assert [onu.onu_id for onu in olt.onus] == [onu.onu_id for onu in reading.onus]
    for onu, seen in zip(olt.onus, reading.onus, strict=True):
        assert (onu.mac, Status.UP, "Online") == (seen.mac, seen.status, seen.status_raw)
        assert (onu.rx_power_dbm, onu.tx_power_dbm) == (seen.rx_power_dbm, seen.tx_power_dbm)
        assert (onu.temperature_c, "Auth") == (seen.temperature_c, seen.auth_status)
        assert abs(onu.rtt * 1.6393 - 157 - (seen.distance_m or 0)) <= 1
        assert abs(onu.uptime() - (seen.uptime_s or 0)) <= 5
    assert reading.facts
    assert ("HSGQ-E02", "I_V1.0.0_Rel") == (reading.facts.model, reading.facts.firmware)
    assert ({"0/1": 4, "0/2": 4}, False, {}) == (
        reading.counted,
        reading.lacks_optics,
        reading.failed_pons,
    )


def test_poll_between_two_looks_at_the_optics_asks_for_the_lists_only(
    olt: HsgqOlt, ask: Ask
) -> None:
    reading = ask(olt)

    assert [
        "GET /board_info",
        "POST /userlogin?form=login",
        "GET /board?info=pon",
        "GET /onu_allow_list?port_id=1",
        "GET /onu_allow_list?port_id=2",
        "GET /time?form=info",
        "POST /userlogin?form=logout",
    ] == asked(olt)
    assert reading.lacks_optics
    assert all(onu.rx_power_dbm is not None for onu in reading.onus)
    assert all(onu.temperature_c is None for onu in reading.onus)


def test_cause_of_an_outage_is_told_by_the_reason(olt: HsgqOlt, ask: Ask) -> None:
    olt.lose("0/1:1")
    olt.lose("0/1:2", gasp=True)
    olt.lose("0/1:3")
    olt.reasons["0/1:3"] = "Dunno"
    seen = by_id(ask(olt))

    outages = [seen[f"0/1:{number}"] for number in (1, 2, 3, 4)]
    assert [
        (Status.DOWN, Reason.LOS, "Laser out"),
        (Status.PWRDOWN, Reason.DYING_GASP, "Power Down"),
        (Status.DOWN, None, "Dunno"),
        (Status.UP, None, None),
    ] == [(onu.status, onu.reason, onu.reason_raw) for onu in outages]
    assert [None] * 3 == [onu.rx_power_dbm for onu in outages[:3]]


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("Power Down", Status.PWRDOWN, Reason.DYING_GASP),
        ("Dying Gasp", Status.PWRDOWN, Reason.DYING_GASP),
        ("dying-gasp", Status.PWRDOWN, Reason.DYING_GASP),
        ("Power Off", Status.PWRDOWN, Reason.DYING_GASP),
        ("Laser out", Status.DOWN, Reason.LOS),
        ("Onu Los", Status.DOWN, Reason.LOS),
        ("LOSi", Status.DOWN, Reason.LOS),
        ("Wire Down", Status.DOWN, Reason.LOS),
        ("Laser power low", Status.DOWN, None),
        ("closed", Status.DOWN, None),
        ("N/A", Status.DOWN, None),
        ("", Status.DOWN, None),
    ],
)
def test_reason_is_told_by_its_words(
    olt: HsgqOlt, ask: Ask, text: str, status: Status, reason: Reason | None
) -> None:
    olt.lose("0/1:1")
    olt.reasons["0/1:1"] = text
    seen = by_id(ask(olt))["0/1:1"]

    assert (status, reason) == (seen.status, seen.reason)
    assert (None if text in {"", "N/A"} else text) == seen.reason_raw


def test_only_online_is_up_among_the_seven_states(olt: HsgqOlt, ask: Ask) -> None:
    places = [onu.onu_id for onu in olt.onus]
    olt.words = dict(zip(places, [*STATES, "Rebooting"], strict=True))
    seen = by_id(ask(olt))

    statuses = {seen[place].status_raw: seen[place].status for place in places}
    reasons = {seen[place].status_raw: seen[place].reason for place in places}
    assert {"Online": Status.UP, "Rebooting": Status.UNKNOWN} == {
        word: status for word, status in statuses.items() if status is not Status.DOWN
    }
    assert {"Auth-Fail", "Unauth", "Auth Limit"} == {
        word for word, reason in reasons.items() if reason is Reason.AUTH_FAILED
    }


@pytest.mark.parametrize("word", ["ONLINE", "online", " Online "])
def test_case_of_a_state_does_not_matter(olt: HsgqOlt, ask: Ask, word: str) -> None:
    olt.words["0/1:1"] = word

    assert Status.UP is by_id(ask(olt))["0/1:1"].status


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        ("Up", Status.UP, None),
        ("Registered", Status.UP, None),
        ("Down", Status.DOWN, Reason.LOS),
        ("Offline", Status.DOWN, Reason.LOS),
        ("Register", Status.DOWN, None),
    ],
)
def test_words_of_other_firmware_are_known(
    olt: HsgqOlt, ask: Ask, word: str, status: Status, reason: Reason | None
) -> None:
    olt.lose("0/1:1", reason=1)
    olt.words["0/1:1"] = word

    seen = by_id(ask(olt))["0/1:1"]
    assert (word, status, reason) == (seen.status_raw, seen.status, seen.reason)


@pytest.mark.parametrize("form", ["int", "text", "upper"])
def test_authorisation_is_read_however_it_is_written(olt: HsgqOlt, ask: Ask, form: Any) -> None:
    olt.auth_form = form
    olt.onus[0].auth = 1
    states = [onu.auth_status for onu in ask(olt).onus]

    assert ["Unauth", *["Auth"] * 7] == states


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        ("-27.10", -27.1),
        ("-23", -23.0),
        ("-12.3 dBm", -12.3),
        ("-12.3dbm", -12.3),
        (-21.5, -21.5),
        ("inf", None),
        ("-inf", None),
        ("-inf dBm", None),
        ("nan", None),
        ("", None),
        ("--", None),
        (None, None),
        ("-23 mW", None),
        ("65535", None),
        ("-١٢", None),
        (True, None),
        ([], None),
        (1e999, None),
    ],
)
def test_power_is_a_number_with_or_without_its_unit(
    olt: HsgqOlt, ask: Ask, power: object, expected: float | None
) -> None:
    olt.powers["0/1:1"] = power
    seen = by_id(ask(olt))["0/1:1"]

    assert (expected, Status.UP) == (seen.rx_power_dbm, seen.status)


def test_older_firmware_lacks_the_distance(olt: HsgqOlt, ask: Ask) -> None:
    olt.is_old = True
    seen = ask(olt).onus

    assert [None] * 8 == [onu.distance_m for onu in seen]
    assert all(onu.status is Status.UP for onu in seen)


@pytest.mark.parametrize("key", ["message", "msg"])
def test_both_names_of_the_message_are_read(olt: HsgqOlt, ask: Ask, key: Any) -> None:
    olt.message_key = key
    olt.most_sessions = 0
    with pytest.raises(SessionBusy, match="too many users"):
        ask(olt)


def test_uptime_over_that_of_the_olt_itself_is_none(olt: HsgqOlt, ask: Ask) -> None:
    olt.uptime_seconds, olt.started_at = 60, time.time()

    assert [None] * 8 == [onu.uptime_s for onu in ask(olt).onus]


def test_list_of_all_pons_is_cut_to_the_one_that_was_asked_for(olt: HsgqOlt, ask: Ask) -> None:
    olt.lists_all = True

    assert [onu.onu_id for onu in olt.onus] == [onu.onu_id for onu in ask(olt).onus]


def test_empty_pon_is_no_failure(olt: HsgqOlt, ask: Ask) -> None:
    olt.onus = olt.on_pon("0/1")
    reading = ask(olt)

    assert ({"0/1": 4, "0/2": 0}, {}, 4) == (
        reading.counted,
        reading.failed_pons,
        len(reading.onus),
    )


# --- the login ----------------------------------------------------------------------------------


def test_key_of_the_login_is_that_of_the_notes(olt: HsgqOlt, limits: Callable[..., Limits]) -> None:
    sent: list[Any] = []

    class Watched(Web):
        def post_json(self, url: str, data: Any, headers: Any = None) -> Page:
            sent.append((data, headers))
            return super().post_json(url, data, headers)

    with Watched(olt.url, limits(), login=("root", "admin"), sends_basic=False) as web:
        hsgq.fetch(web, QUICK)

    param = {
        "name": "root",
        "key": "1761d487ba0cde5f285059b5cca9a22c",
        "value": "YWRtaW4=",
        "captcha_v": "",
        "captcha_f": "",
    }
    (login, headers), (logout, _) = sent
    assert ({"method": "set", "param": param}, "null") == (login, headers["X-Token"])
    assert {"method": "set", "param": {"name": "root"}} == logout


@pytest.mark.parametrize("needs_value", [False, True])
def test_login_is_good_with_and_without_a_look_at_its_value(
    olt: HsgqOlt, ask: Ask, needs_value: bool
) -> None:
    olt.needs_value = needs_value

    assert 8 == len(ask(olt).onus)


def test_wrong_password_is_tried_once(olt: HsgqOlt, ask: Ask) -> None:
    olt.password, right = "wrong", olt.password
    web = ask.web(olt, retries=2)
    olt.password = right
    with web, pytest.raises(LoginRejected, match="wrong"):
        hsgq.fetch(web, QUICK)

    assert ["GET /board_info", "POST /userlogin?form=login"] == asked(olt)


@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        (Spoilt.NO_LOGIN, LoginRejected),
        (Spoilt.TIMED_OUT, SessionBusy),
        (Spoilt.REFUSED, SessionBusy),
        (Spoilt.EMPTY, PageChanged),
        (Spoilt.HTML, PageChanged),
        (Spoilt.CUT, PageChanged),
        (Spoilt.UNAUTHORIZED, LoginRejected),
    ],
)
def test_login_that_fails_says_how(
    olt: HsgqOlt, ask: Ask, spoilt: Spoilt, error: type[OltError]
) -> None:
    olt.spoilt["/userlogin?form=login"] = spoilt
    with pytest.raises(error) as caught:
        ask(olt, retries=2)

    assert error is type(caught.value)
    assert 1 == asked(olt).count("POST /userlogin?form=login")
    assert {} == olt.sessions


def test_login_without_a_token_counts_as_failed(olt: HsgqOlt, ask: Ask) -> None:
    olt.gives_token = False
    with pytest.raises(PageChanged, match="no token"):
        ask(olt)

    assert "POST /userlogin?form=logout" not in asked(olt)


def test_password_is_kept_from_a_captcha_build(olt: HsgqOlt, ask: Ask) -> None:
    olt.has_captcha = True
    with pytest.raises(UnknownFirmware, match="CAPTCHA build: unattended login is not possible"):
        ask(olt, Known())

    assert ["GET /board_info", "GET /system_custom"] == asked(olt)


def test_password_is_kept_from_a_gpon_build(olt: HsgqOlt, ask: Ask) -> None:
    olt.device_type = 2
    with pytest.raises(UnknownFirmware, match="GPON"):
        ask(olt)

    assert ["GET /board_info"] == asked(olt)


def test_password_is_kept_from_a_device_of_another_family(serve: Serve, ask: Ask) -> None:
    other = make_olt("A22", 4)
    serve(other)
    with pytest.raises((UnknownFirmware, LoginRejected)):
        ask(other)

    assert ["GET /board_info"] == asked(other)


@pytest.mark.parametrize("fault", [Fault.FOREIGN, Fault.LOGIN_PAGE, Fault.REDIRECT_LOGIN])
def test_password_is_kept_from_whatever_answers_otherwise(
    olt: HsgqOlt, ask: Ask, fault: Fault
) -> None:
    olt.fault = fault
    with pytest.raises(UnknownFirmware):
        ask(olt)

    assert ["GET /board_info"] == asked(olt)


def test_firmware_that_shows_its_front_to_nobody_is_read_all_the_same(
    olt: HsgqOlt, ask: Ask
) -> None:
    olt.front_needs_token, olt.has_features = True, False
    first, second = ask(olt, Known()), ask(olt)

    assert (8, 8) == (len(first.onus), len(second.onus))
    # Once by its own page, and then as it was: never by turns.
    assert first.facts
    assert ("HSGQ-E02", None) == (first.facts.model, second.facts)


# --- pages that fail ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoilt",
    [Spoilt.REFUSED, Spoilt.EMPTY, Spoilt.HTML, Spoilt.CUT, Spoilt.NO_DATA, Spoilt.NO_LIST],
)
def test_pon_that_fails_takes_no_other_with_it(olt: HsgqOlt, ask: Ask, spoilt: Spoilt) -> None:
    olt.spoilt["/onu_allow_list?port_id=1"] = spoilt
    reading = ask(olt)

    assert {"0/1": PageChanged} == failures(reading)
    assert [onu.onu_id for onu in olt.on_pon("0/2")] == [onu.onu_id for onu in reading.onus]
    assert {} == olt.sessions


@pytest.mark.parametrize(
    "spoilt", [Spoilt.NO_LOGIN, Spoilt.TIMED_OUT, Spoilt.UNAUTHORIZED, Spoilt.FORBIDDEN]
)
def test_session_that_ends_leaves_what_was_read(olt: HsgqOlt, ask: Ask, spoilt: Spoilt) -> None:
    olt.spoilt[LIST_2] = spoilt
    reading = ask(olt, Known())

    assert ({"0/2": SessionBusy}, 4) == (failures(reading), len(reading.onus))
    assert ["GET " + LIST_2, "POST /userlogin?form=logout"] == asked(olt)[-2:]
    assert 1 == olt.logins


def test_session_that_ends_at_once_is_no_wrong_password(olt: HsgqOlt, ask: Ask) -> None:
    olt.spoilt["/board?info=pon"] = Spoilt.NO_LOGIN
    with pytest.raises(SessionBusy, match="Token Check Failed"):
        ask(olt)

    assert ({}, 1) == (olt.sessions, olt.logouts)


def test_all_lists_failing_is_a_failed_read(olt: HsgqOlt, ask: Ask) -> None:
    olt.spoilt["/onu_allow_list"] = Spoilt.EMPTY
    with pytest.raises(PageChanged):
        ask(olt)

    assert {} == olt.sessions


def test_list_without_rows_is_not_believed_against_the_count(olt: HsgqOlt, ask: Ask) -> None:
    olt.onus, olt.counts[2] = olt.on_pon("0/1"), (1, 3)

    assert {"0/2": PageChanged} == failures(ask(olt))


def test_list_with_fewer_rows_than_counted_says_that_it_may_lack_some(
    olt: HsgqOlt, ask: Ask
) -> None:
    olt.counts[2] = (4, 1)
    reading = ask(olt)

    assert (False, {}, 8) == (reading.is_complete, reading.failed_pons, len(reading.onus))


def test_list_that_lost_most_of_its_rows_is_not_believed(olt: HsgqOlt, ask: Ask) -> None:
    olt.onus, olt.counts[2] = olt.onus[:5], (0, 4)
    known = Known(hsgq.PER_PON, {"0/1": 4, "0/2": 4}, wants_slow_pages=False)

    assert {"0/2": PageChanged} == failures(ask(olt, known))


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.EMPTY_BODY, Fault.CUT, Fault.SERVER_ERROR])
def test_page_behind_the_login_is_tried_again_like_any_other(
    olt: HsgqOlt, ask: Ask, fault: Fault
) -> None:
    olt.fault_queue = [Fault.NONE] * 3 + [fault]
    reading = ask(olt, retries=1)

    assert ({}, 8) == (failures(reading), len(reading.onus))
    assert 2 == asked(olt).count("GET /onu_allow_list?port_id=1")
    assert (1, 1, {}) == (olt.logins, olt.logouts, olt.sessions)


# --- one list for all PONs ----------------------------------------------------------------------

REFUSED_EACH = {"/onu_allow_list?port_id=": Spoilt.REFUSED}


def test_list_of_all_pons_is_made_anew_and_read_where_no_pons_own_is_given(
    olt: HsgqOlt, ask: Ask
) -> None:
    usual = ask(olt, Known())
    olt.spoilt = dict(REFUSED_EACH)
    olt.log.clear()
    reading = ask(olt, Known())

    assert by_id(usual).keys() == by_id(reading).keys()
    for onu_id, onu in by_id(usual).items():
        assert onu._replace(uptime_s=None) == by_id(reading)[onu_id]._replace(uptime_s=None)
    assert ("JSON whole", {}, False) == (
        reading.memory,
        reading.failed_pons,
        reading.lacks_optics,
    )
    assert (True, False) == (reading.is_complete, reading.is_whole_table)
    making = asked(olt).index("GET /onu_allow_list")
    assert "GET /onutable" == asked(olt)[making + 1]


def test_list_of_all_pons_is_remembered_and_never_stale(olt: HsgqOlt, ask: Ask) -> None:
    olt.spoilt = dict(REFUSED_EACH)
    memory = ask(olt).memory
    olt.lose("0/2:1")
    olt.log.clear()
    reading = ask(olt, Known(memory, {"0/1": 4, "0/2": 4}, wants_slow_pages=False))

    assert Status.DOWN is by_id(reading)["0/2:1"].status
    assert [
        "GET /board_info",
        "POST /userlogin?form=login",
        "GET /board?info=pon",
        "GET /onu_allow_list",
        "GET /onutable",
        "GET /time?form=info",
        "POST /userlogin?form=logout",
    ] == asked(olt)


def test_list_of_all_pons_that_lacks_one_fails_that_pon(olt: HsgqOlt, ask: Ask) -> None:
    olt.spoilt = dict(REFUSED_EACH)
    olt.onus, olt.counts[2] = olt.on_pon("0/1"), (4, 0)
    reading = ask(olt)

    assert ({"0/2": PageChanged}, 4) == (failures(reading), len(reading.onus))


def test_row_of_no_pon_that_is_known_was_not_observed() -> None:
    rows = [
        {"port_id": port, "onu_id": 1, "macaddr": f"02:00:00:00:00:0{number}", "status": "Online"}
        for number, port in enumerate([1, 9, None], start=1)
    ]
    page = Page(hsgq.TABLE, 200, {}, json.dumps({"code": 1, "data": rows}).encode())
    tables, failed = boardlist.of_all(page, {"0/1": 1, "0/2": None}, None)

    assert (["0/1:1"], {}) == ([onu.onu_id for table in tables for onu in table.onus], failed)
    odd = {mac for table in tables for mac in table.odd}
    assert {"02:00:00:00:00:02", "02:00:00:00:00:03"} == odd
    assert not all(table.is_complete for table in tables)


@pytest.mark.parametrize("page", ["/onu_allow_list", "/onutable"])
@pytest.mark.parametrize("spoilt", [Spoilt.REFUSED, Spoilt.EMPTY, Spoilt.NO_LOGIN])
def test_list_of_all_pons_that_fails_too_is_a_failed_read(
    olt: HsgqOlt, ask: Ask, page: str, spoilt: Spoilt
) -> None:
    olt.spoilt = {page: spoilt, **REFUSED_EACH}
    with pytest.raises(PageChanged, match="port_id=1: refused by the device"):
        ask(olt)

    assert {} == olt.sessions


def test_device_that_does_not_answer_is_not_asked_for_all_pons(olt: HsgqOlt, ask: Ask) -> None:
    olt.page_faults["/onu_allow_list?port_id="] = Fault.RESET
    with pytest.raises(Unreachable):
        ask(olt)

    assert "GET /onu_allow_list" not in asked(olt)


@pytest.mark.parametrize("spoilt", list(Spoilt))
@pytest.mark.parametrize("page", ["/ponmgmt", "/time", "/system_custom"])
def test_page_that_one_can_do_without_costs_no_list(
    olt: HsgqOlt, ask: Ask, page: str, spoilt: Spoilt
) -> None:
    olt.spoilt[page] = spoilt
    reading = ask(olt, Known())

    assert ({}, 8) == (reading.failed_pons, len(reading.onus))
    ends = {Spoilt.NO_LOGIN, Spoilt.TIMED_OUT, Spoilt.UNAUTHORIZED, Spoilt.FORBIDDEN}
    holds_no_optics = {Spoilt.NO_DATA, Spoilt.NO_LIST}
    lacks = (page == "/ponmgmt" and spoilt not in holds_no_optics) or (
        page == "/time" and spoilt in ends
    )
    assert lacks is reading.lacks_optics
    assert {} == olt.sessions


def test_optics_that_do_not_come_are_asked_for_once(olt: HsgqOlt, ask: Ask) -> None:
    olt.page_faults["/ponmgmt"] = Fault.HANG
    reading = ask(olt, Known(), read_timeout_s=0.3)

    assert (8, True) == (len(reading.onus), reading.lacks_optics)
    assert 1 == sum("/ponmgmt" in line for line in asked(olt))
    assert {} == olt.sessions


ANSWERED_WITH_NOTHING = [Fault.RESET, Fault.HANG, Fault.DRIP, Fault.DRIP_HEADERS]


@pytest.mark.parametrize(
    "fault",
    [*ANSWERED_WITH_NOTHING, Fault.SERVER_ERROR, Fault.FOREIGN, Fault.EMPTY_BODY, Fault.CUT],
)
def test_fault_amid_the_scrape_ends_with_a_logout(olt: HsgqOlt, ask: Ask, fault: Fault) -> None:
    olt.page_faults[LIST_2] = fault
    reading = ask(olt, seconds=1.5)

    expected = Unreachable if fault in ANSWERED_WITH_NOTHING else PageChanged
    assert ({"0/2": expected}, 4) == (failures(reading), len(reading.onus))
    assert ({}, 1) == (olt.sessions, olt.logouts)


@pytest.mark.parametrize("fault", [Fault.GZIP_BOMB, Fault.HUGE, Fault.REDIRECT_ELSEWHERE])
def test_hostile_answer_costs_one_pon(olt: HsgqOlt, ask: Ask, fault: Fault) -> None:
    olt.page_faults[LIST_2] = fault
    reading = ask(olt)

    assert ["0/2"] == list(reading.failed_pons)
    assert {} == olt.sessions


# --- sessions -----------------------------------------------------------------------------------


def test_two_hundred_scrapes_leave_no_session_open(olt: HsgqOlt, ask: Ask) -> None:
    # Three of the four are somebody else's: the first that stays open fails the next scrape.
    held = [olt.open_session() for _ in range(3)]
    olt.logins = 0
    spoilt = [None, Spoilt.EMPTY, Spoilt.REFUSED, Spoilt.HTML]
    faults = [Fault.NONE, Fault.RESET, Fault.SERVER_ERROR]
    failed = 0
    for number in range(200):
        kind = spoilt[number % len(spoilt)]
        olt.spoilt = {LIST_2: kind} if kind else {}
        olt.page_faults = {"/onu_allow_list?port_id=1": faults[number % len(faults)]}
        try:
            ask(olt)
        except (PageChanged, Unreachable):
            failed += 1
        assert held == list(olt.sessions)

    assert (200, 200, 0, 4) == (olt.logins, olt.logouts, olt.refused_logins, olt.sessions_most)
    # Where one list does not come and the other is bad; two that are bad are read as one.
    assert 50 == failed


def test_device_without_a_session_left_is_busy(olt: HsgqOlt, ask: Ask) -> None:
    others = [olt.open_session() for _ in range(4)]
    with pytest.raises(SessionBusy):
        ask(olt)

    assert others == list(olt.sessions)
    assert "POST /userlogin?form=logout" not in asked(olt)


def test_session_is_ended_when_the_poll_is_cut_off(olt: HsgqOlt, ask: Ask) -> None:
    olt.page_faults["/onu_allow_list"] = Fault.HANG
    with ask.web(olt) as web:
        threading.Timer(0.5, web.abort).start()
        started = time.monotonic()
        with pytest.raises(Unreachable):
            hsgq.fetch(web, QUICK)

    assert ({}, 1) == (olt.sessions, olt.logouts)
    assert time.monotonic() - started < 4


def test_login_that_is_under_way_when_the_poll_is_cut_off_is_logged_out(
    olt: HsgqOlt, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ask.web(olt) as web:
        post = web.post_json

        def cut_amid_it(url: str, *rest: Any) -> Page:
            if hsgq.LOGIN in url:
                web.abort()
            return post(url, *rest)

        monkeypatch.setattr(web, "post_json", cut_amid_it)
        with pytest.raises(Unreachable):
            hsgq.fetch(web, QUICK)

    assert ({}, 1, 1) == (olt.sessions, olt.logins, olt.logouts)
    assert hsgq.LOGOUT in asked(olt)[-1]


def test_session_is_ended_when_a_bug_of_ours_ends_the_scrape(
    olt: HsgqOlt, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "ports", lambda page: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ask(olt)

    assert ({}, 1) == (olt.sessions, olt.logouts)


# --- wild input ---------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
KEYS = [
    *("port_id", "onu_id", "onu_name", "macaddr", "status", "auth_state", "register_time"),
    *("last_down_reason", "receive_power", "distance", "work_temprature", "transmit_power"),
    *("time_now", "uptime", "product_name", "ponports", "device_type"),
]
GOOD = st.sampled_from(
    [1, "1", "02:3a:21:20:22:79", "Online", "Offline", "2019/03/04 12:29:54", "-23", "inf", "21 C"]
)
ROWS = st.lists(st.dictionaries(st.sampled_from(KEYS), GOOD | VALUES) | VALUES, max_size=4)
BODIES = (
    st.binary(max_size=60)
    | st.builds(lambda data: json.dumps({"code": 1, "data": data}).encode(), ROWS | VALUES)
    | st.builds(lambda data: json.dumps(data).encode(), VALUES)
    | st.just(b"[" * 100_000)
    | st.just(b'{"code":' + b"9" * 5000 + b"}")
)


@given(front=BODIES, listed=BODIES, clock=BODIES, slow=BODIES)
def test_no_answer_whatever_it_holds_is_a_bug(
    front: bytes, listed: bytes, clock: bytes, slow: bytes
) -> None:
    # As in `fetch`: an answer without a good envelope never reaches `read`.
    pages = {}
    for path, body in (
        (hsgq.FRONT, front),
        (hsgq.LIST + "1", listed),
        (hsgq.CLOCK, clock),
        (hsgq.OPTICS + "1", slow),
    ):
        answer = Page(path, 200, {}, body)
        try:
            board.check_front(answer) if path == hsgq.FRONT else content(answer)
        except OltError:
            continue
        pages[path] = answer
    if hsgq.FRONT not in pages or hsgq.LIST + "1" not in pages:
        return
    try:
        reading = hsgq.read(Scrape(hsgq.PER_PON, pages), Known())
    except PageChanged:
        return
    for onu in reading.onus:
        assert onu.pon == "0/1"
        onu_text = f"{onu.name}{onu.status_raw}{onu.reason_raw}{onu.auth_status}"
        assert onu_text.encode()

"""The V-SOL family against simulated devices: builds, sessions, odd pages, nothing changed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl import action, actionpage, actionsession, driver
from eponctl.driver import Known, Scrape
from eponctl.drivers import vsol
from eponctl.errors import (
    LoginRejected,
    OltError,
    PageChanged,
    SessionBusy,
    UnknownFirmware,
    Unreachable,
)
from eponctl.model import OltFacts, OltReading, OnuReading, Reason, Status
from eponctl.simulator import Farm, Fault, Gateway, SimOnu, configuration
from eponctl.simulator.vsol import BUILDS, PERSON, Build, VsolOlt, make_vsol, zombie
from eponctl.web import Limits, Page, Web

Serve = Callable[..., Farm]
DATA = Path(__file__).parents[1] / "data"
BRIEF = Known(wants_slow_pages=False)


def limits(seconds: float = 20.0, retries: float = 0) -> Limits:
    return Limits(5.0, 5.0, time.monotonic() + seconds, retries=int(retries))


def scrape(olt: VsolOlt, known: Known = Known(), **changes: float) -> Scrape:  # noqa: B008
    login = (olt.username, olt.password)
    web = Web(olt.url, limits(**changes), login=login, sends_basic=vsol.SENDS_BASIC)
    with web, web.within():
        return vsol.fetch(web, known)


def poll(olt: VsolOlt, known: Known = Known(), **changes: float) -> OltReading:  # noqa: B008
    """One read, as the poll does it."""
    return driver.believed(vsol.read(scrape(olt, known, **changes), known), known)


def known_of(olt: VsolOlt, reading: OltReading, *, slow: bool = False) -> Known:
    counts = {pon: n for pon in olt.pons if (n := len(olt.on_pon(pon)))}
    return Known(reading.memory, counts, wants_slow_pages=slow)


def asked(olt: VsolOlt) -> list[str]:
    """What reached the device, without `/action/`; then forgotten."""
    found = [f"{one.method} {one.path.removeprefix('/action/')}" for one in olt.log]
    olt.log.clear()
    return found


def expected_of(onu: SimOnu) -> OnuReading:
    """The reading of an ONU by the field notes, less its time alive."""
    is_up = onu.status == "Up"
    gasp = onu.dying_gasp and not is_up
    wire = bool(onu.offline_reason) and not is_up and not gasp
    assert isinstance(onu.name, str)
    return OnuReading(
        onu.onu_id,
        onu.mac.upper(),
        None if onu.name == "NA" else onu.name,
        Status.UP if is_up else Status.PWRDOWN if gasp else Status.DOWN,
        "Online" if is_up else "Offline",
        Reason.DYING_GASP if gasp else Reason.LOS if wire else None,
        "Power Off" if gasp else "Wire Down" if wire else None,
        onu.temperature_c if is_up else None,
        onu.rx_power_dbm if is_up else None,
        onu.tx_power_dbm if is_up else None,
        round(1.6393 * onu.rtt - 157) if onu.rtt else None,
        "Auth",
    )


def seen(reading: OltReading) -> dict[str, OnuReading]:
    return {onu.onu_id: onu._replace(uptime_s=None) for onu in reading.onus}


def expected(olt: VsolOlt) -> dict[str, OnuReading]:
    return {onu.onu_id: expected_of(onu) for onu in olt.onus}


@pytest.fixture(autouse=True)
def _nothing_is_changed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every test fail in which a request went out that may change a device."""
    made: list[VsolOlt] = []
    before = VsolOlt.__post_init__

    def note(self: VsolOlt) -> None:
        before(self)
        made.append(self)

    monkeypatch.setattr(VsolOlt, "__post_init__", note)
    yield
    assert [] == [violation for olt in made for violation in olt.violations]
    assert {1} >= {olt.served_concurrently_max for olt in made if olt.log}


# --- builds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("reads_get", [True, False])
@pytest.mark.parametrize("build", BUILDS)
def test_every_build_is_read_and_remembered(serve: Serve, build: Build, reads_get: bool) -> None:
    olt = make_vsol(build, 16, pons=2)
    olt.reads_get = reads_get
    serve(olt)
    olt.lose("0/1:3", gasp=True)
    olt.lose("0/2:4", reason=1)
    olt.lose("0/2:5", reason=0)
    olt.onu("0/2:5").dying_gasp = False

    reading = poll(olt)

    assert expected(olt) == seen(reading)
    assert ("whole" if reads_get else "whole+post") == reading.memory
    assert ("keyless" if build == "keyless" else "keyed") == reading.dialect
    assert not reading.lacks_optics
    assert reading.is_complete
    asked(olt)
    again = poll(olt, known_of(olt, reading))
    assert again.lacks_optics
    wanted = {onu_id: without_optics(onu) for onu_id, onu in expected(olt).items()}
    assert wanted == seen(again)
    verb = "GET" if reads_get else "POST"
    states = [line for line in asked(olt) if line.startswith(f"{verb} onustatusinfo")]
    assert states
    assert (None, 2, 2) == (olt.session, olt.logins, olt.logouts)


def without_optics(onu: OnuReading) -> OnuReading:
    return onu._replace(temperature_c=None, rx_power_dbm=None, tx_power_dbm=None)


def test_scrape_asks_for_these_pages_in_this_order(serve: Serve) -> None:
    olt = make_vsol("C", 4, pons=2)
    serve(olt)

    reading = poll(olt)

    assert [
        "GET onustatusinfo.html?select=255",
        "GET login.html",
        "POST main.html",
        "GET onustatusinfo.html?select=255",
        "GET onuauthinfo.html?select=255",
        "GET onuopmdiag.html?select=1",
        "GET onuopmdiag.html?select=2",
        "GET systeminfo.html",
        "GET loginout.html",
    ] == asked(olt)
    assert OltFacts("V1600D8", "V2.03.78R") == reading.facts._replace(uptime=None)  # type: ignore[union-attr]
    poll(olt, known_of(olt, reading))
    assert [
        "GET onustatusinfo.html?select=255",
        "GET login.html",
        "POST main.html",
        "GET onustatusinfo.html?select=255",
        "GET onuauthinfo.html?select=255",
        "GET loginout.html",
    ] == asked(olt)


def test_time_alive_is_the_only_time_that_is_used(serve: Serve) -> None:
    olt = make_vsol("A", 2, pons=2)
    serve(olt)
    olt.onus[0].online_seconds = 5 * 86_400 + 22_257
    olt.onus[1].online_seconds = 3_661
    olt.lose("0/2:1")

    for olt.year in (1907, 2075):
        first, second = poll(olt).onus
        assert 454_257 <= (first.uptime_s or 0) < 454_260
        assert second.uptime_s is None


@pytest.mark.parametrize("columns", ["shuffled", "extra"])
@pytest.mark.parametrize("has_hd_cells", [True, False])
def test_columns_go_by_their_headings(serve: Serve, columns: str, has_hd_cells: bool) -> None:
    olt = make_vsol("A", 8, pons=2)
    serve(olt)
    olt.lose("0/1:1", gasp=True)
    olt.columns, olt.has_hd_cells = columns, has_hd_cells  # type: ignore[assignment]

    assert expected(olt) == seen(poll(olt))


def test_optics_without_a_description_are_read(serve: Serve) -> None:
    olt = make_vsol("A", 8, pons=2)
    serve(olt)
    olt.without_description = True

    assert expected(olt) == seen(poll(olt))


# --- all PONs at once, or one after another ------------------------------------------------------


def test_pon_by_pon_where_all_at_once_is_not_answered_and_tried_only_once(serve: Serve) -> None:
    olt = make_vsol("C", 9, pons=3)
    olt.answers_all = False
    serve(olt)

    reading = poll(olt, BRIEF)

    assert expected(olt).keys() == seen(reading).keys()
    assert ("pons", False) == (reading.memory, reading.is_whole_table)
    asked(olt)
    poll(olt, known_of(olt, reading))
    assert [
        "GET onustatusinfo.html?select=1",
        "GET login.html",
        "POST main.html",
        "GET onustatusinfo.html?select=1",
        "GET onustatusinfo.html?select=2",
        "GET onustatusinfo.html?select=3",
        "GET onuauthinfo.html?select=255",
        "GET loginout.html",
    ] == asked(olt)


def test_pons_with_gaps_come_from_the_pages_own_choice(serve: Serve) -> None:
    olt = make_vsol("A", 8, pons=8)
    olt.onus = [onu for onu in olt.onus if onu.pon not in {"0/2", "0/4"}]
    olt.pons = ["0/1", "0/3", "0/5", "0/6", "0/7", "0/8", "0/12"]
    olt.answers_all = False
    serve(olt)

    reading = poll(olt, BRIEF)

    assert expected(olt).keys() == seen(reading).keys()
    wanted = [f"GET onustatusinfo.html?select={pon}" for pon in (1, 3, 5, 6, 7, 8, 12)]
    assert wanted == asked(olt)[-9:-2]


def test_choice_that_an_address_cannot_make_is_made_by_the_form(serve: Serve) -> None:
    olt = make_vsol("C", 9, pons=3)
    olt.answers_all, olt.ignores_get_select = False, True
    serve(olt)

    reading = poll(olt)

    assert expected(olt) == seen(reading)
    assert "pons+post" == reading.memory


@pytest.mark.parametrize("build", BUILDS)
def test_build_that_lists_its_onus_for_its_own_form_only_is_read(
    serve: Serve, build: Build
) -> None:
    olt = make_vsol(build, 9, pons=3)
    olt.get_lists_nothing = True
    serve(olt)

    reading = poll(olt)

    assert expected(olt) == seen(reading)
    assert "whole+post" == reading.memory
    asked(olt)
    poll(olt, known_of(olt, reading))
    assert not any("GET onustatusinfo.html?select" in line for line in asked(olt))


@pytest.mark.parametrize("build", BUILDS)
def test_box_without_onus_is_asked_by_its_form_too_and_left_logged_out(
    serve: Serve, build: Build
) -> None:
    olt = make_vsol(build, 0, pons=2)
    serve(olt)

    reading = poll(olt)

    assert ((), None) == (reading.onus, reading.memory)
    assert 1 == sum(line.startswith("POST onustatusinfo") for line in asked(olt))
    assert (None, 1, 1) == (olt.session, olt.logins, olt.logouts)


def test_pon_that_is_not_in_the_answer_for_all_is_asked_for(serve: Serve) -> None:
    olt = make_vsol("A", 9, pons=3)
    serve(olt)
    known = known_of(olt, poll(olt))
    olt.answers_all = False

    reading = poll(olt, known)

    assert expected(olt).keys() == seen(reading).keys()
    assert {} == reading.failed_pons


def test_pon_that_fails_is_the_only_one_that_is_not_read(serve: Serve) -> None:
    olt = make_vsol("A", 9, pons=3)
    olt.answers_all = False
    farm = serve(olt)
    known = known_of(olt, poll(olt))
    farm.set_fault(olt, Fault.CUT, "/action/onustatusinfo.html?select=2")

    reading = poll(olt, known)

    assert ["0/2"] == list(reading.failed_pons)
    assert {"0/1", "0/3"} == {onu.pon for onu in reading.onus}


def test_olt_without_onus_has_none(serve: Serve) -> None:
    olt = make_vsol("A", 0, pons=2)
    serve(olt)

    reading = poll(olt)

    assert ((), None) == (reading.onus, reading.memory)


# --- sessions ----------------------------------------------------------------------------------


def test_device_that_knows_us_is_asked_without_a_login_and_not_logged_out(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    olt.session = "127.0.0.1"

    assert expected(olt) == seen(poll(olt))
    assert (0, 0, "127.0.0.1") == (olt.logins, olt.logouts, olt.session)


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("after", [1, 2, 3])
def test_person_who_takes_the_session_keeps_it(serve: Serve, build: Build, after: int) -> None:
    olt = make_vsol(build, 12, pons=3)
    olt.answers_all = False
    serve(olt)
    known = known_of(olt, poll(olt))
    olt.logins = olt.logouts = 0
    asked(olt)
    olt.person_after = after

    if after == 1:
        with pytest.raises(SessionBusy):
            poll(olt, known, retries=1)
    else:
        # What was read is kept, and nothing is said of what was not.
        reading = poll(olt, known, retries=1)
        read = {f"0/{pon}" for pon in range(1, after)}
        kept = [without_optics(onu) for onu in expected(olt).values() if onu.pon in read]
        assert [onu._replace(auth_status=None) for onu in kept] == [*seen(reading).values()]
        assert {"0/1", "0/2", "0/3"} - read == set(reading.failed_pons)
        assert {SessionBusy} == set(map(type, reading.failed_pons.values()))

    # No second login, and no logout of the person.
    assert (1, 0, PERSON) == (olt.logins, olt.logouts, olt.session)
    assert 3 + after == len(asked(olt))


@pytest.mark.parametrize("build", ["A", "C", "keyless"])
def test_login_page_in_the_place_of_a_page_says_that_the_session_is_gone(
    serve: Serve, build: Build
) -> None:
    olt = make_vsol(build, 12, pons=3)
    olt.answers_all, olt.shows_login = False, True
    serve(olt)
    known = known_of(olt, poll(olt))
    olt.logins = olt.logouts = 0
    olt.person_after = 2

    failed = poll(olt, known, retries=1).failed_pons

    assert {"0/2": SessionBusy, "0/3": SessionBusy} == {pon: type(failed[pon]) for pon in failed}
    assert (1, 0, PERSON) == (olt.logins, olt.logouts, olt.session)


def test_person_who_comes_when_all_states_are_read_costs_the_rest_only(serve: Serve) -> None:
    olt = make_vsol("C", 12, pons=3)
    serve(olt)
    olt.person_after = 4

    reading = poll(olt)

    assert set(expected(olt)) == set(seen(reading))
    assert reading.lacks_optics
    assert (1, 0, PERSON) == (olt.logins, olt.logouts, olt.session)
    assert "GET onuopmdiag.html?select=2" == asked(olt)[-1]


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("after", range(2, 6))
def test_person_who_comes_amid_the_pages_one_can_do_without_is_not_logged_out(
    serve: Serve, build: Build, after: int
) -> None:
    olt = make_vsol(build, 4, pons=2)
    serve(olt)
    # Authorisation, optics of two PONs, the system's page; before them the states, twice.
    olt.person_after = after

    reading = poll(olt)

    assert set(expected(olt)) == set(seen(reading))
    assert {} == reading.failed_pons
    assert (1, 0, PERSON) == (olt.logins, olt.logouts, olt.session)


def test_page_without_a_table_is_its_builds_where_the_states_still_have_theirs(
    serve: Serve,
) -> None:
    olt = make_vsol("C", 4, pons=2)
    farm = serve(olt)
    farm.set_fault(olt, Fault.NO_ARRAY, actionsession.AUTH)

    reading = poll(olt)

    assert [None] * 4 == [onu.auth_status for onu in reading.onus]
    assert all(onu.rx_power_dbm is not None for onu in reading.onus)
    assert (1, 1, None) == (olt.logins, olt.logouts, olt.session)
    # Once to log in, once to be read, once to make sure.
    assert 3 == sum("onustatusinfo" in line for line in asked(olt))


def test_page_without_a_table_is_a_persons_where_the_states_lack_theirs_too(
    serve: Serve,
) -> None:
    olt = make_vsol("C", 4, pons=2)
    farm = serve(olt)
    farm.set_fault(olt, Fault.NO_ARRAY, actionsession.AUTH)
    # Gone between the two.
    olt.person_after = 3

    reading = poll(olt)

    assert set(expected(olt)) == set(seen(reading))
    assert (1, 0, PERSON) == (olt.logins, olt.logouts, olt.session)
    assert "onustatusinfo" in asked(olt)[-1]


@pytest.mark.parametrize("build", ["A", "B", "C"])
def test_key_that_stays_blank_says_that_somebody_has_the_session(
    serve: Serve, build: Build
) -> None:
    olt = make_vsol(build, 4, pons=2)
    serve(olt)
    olt.blank = True

    with pytest.raises(SessionBusy):
        poll(olt)

    assert (1, 0) == (olt.logins, olt.logouts)


@pytest.mark.parametrize("build", BUILDS)
def test_wrong_password_is_sent_once(serve: Serve, build: Build) -> None:
    olt = make_vsol(build, 4, pons=2)
    serve(olt)
    with (
        Web(olt.url, limits(retries=3), login=("admin", "wrong"), sends_basic=False) as web,
        pytest.raises(LoginRejected),
    ):
        vsol.fetch(web, Known())

    assert (1, 0) == (olt.logins, olt.logouts)


def test_login_that_fails_because_somebody_is_there_says_that_this_may_be_it(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    olt.refuses_second = True
    serve(olt)
    olt.enter_person()

    with pytest.raises(LoginRejected, match="or the session is somebody else's"):
        poll(olt)

    assert (1, 0, PERSON) == (olt.logins, olt.logouts, olt.session)


def test_login_that_was_good_before_and_fails_now_may_be_a_persons_doing(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    olt.refuses_second = True
    serve(olt)
    known = known_of(olt, poll(olt))
    olt.enter_person()

    with pytest.raises(SessionBusy, match="password refused, or the session is somebody else's"):
        poll(olt, known, retries=1)

    assert (2, 1, PERSON) == (olt.logins, olt.logouts, olt.session)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_password_goes_to_no_page_but_the_login_page(serve: Serve, status: int) -> None:
    olt = make_vsol("A", 4, pons=2)
    olt.login_status = status
    serve(olt)

    with pytest.raises(PageChanged, match=f"HTTP {status}; the password was not sent"):
        poll(olt)

    assert 0 == olt.logins


def test_password_goes_to_no_other_device(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    farm = serve(olt)
    farm.set_fault(olt, Fault.FOREIGN)

    with pytest.raises(PageChanged, match="no login form; the password was not sent"):
        poll(olt)

    assert not any(line.startswith("POST") for line in asked(olt))


def test_captcha_build_is_named_and_gets_no_password(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    olt.has_captcha = True
    serve(olt)

    with pytest.raises(UnknownFirmware, match="CAPTCHA build: unattended login is not possible"):
        poll(olt)

    assert 0 == olt.logins


@pytest.mark.parametrize("has_headings", [True, False])
def test_gpon_build_is_named(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, has_headings: bool
) -> None:
    olt = make_vsol("A", 4, pons=2)
    olt.is_gpon = True
    serve(olt)
    if not has_headings:
        # Then only the page that is not there tells.
        monkeypatch.setattr(actionpage, "_GPON", re.compile(b"of another build"))

    with pytest.raises(UnknownFirmware, match="GPON build"):
        poll(olt)

    assert has_headings == ("GET onuopmdiag.html" not in asked(olt))


def test_gpon_build_that_heads_its_list_as_an_epon_one_is_named(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    session = actionsession.Session(
        Web(olt.url, limits(), sends_basic=False), posts=False, was_read=False
    )
    row = "GPON0/1:1|Online|02:a0:63:7e:d6:a8|EPON|0|0|N/A|N/A|N/A|N/A"
    named_so = "EPON0/1:1|Online|02:a0:63:7e:d6:a8|GPON0/1:1|0|0|N/A|N/A|N/A|N/A"

    session.check(states_page(named_so))
    with pytest.raises(UnknownFirmware, match="GPON build"):
        session.check(states_page(row))


def test_session_is_ended_when_the_deadline_has_passed(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    farm = serve(olt)
    farm.set_fault(olt, Fault.HANG, "/action/onuauthinfo.html")

    reading = poll(olt, seconds=1.0)

    assert set(expected(olt)) == set(seen(reading))
    assert (None, 1) == (olt.session, olt.logouts)


@pytest.mark.parametrize("certificate", ["selfsigned.crt", "expired.crt"])
def test_device_with_a_certificate_of_its_own_is_read_when_told_so(
    serve: Serve, certificate: str
) -> None:
    olt = make_vsol("C", 8, pons=2)
    olt.certificate = (str(DATA / certificate), str(DATA / "selfsigned.key"))
    serve(olt)
    login = (olt.username, olt.password)
    assert olt.url.startswith("https:")

    with Web(olt.url, limits(), login=login, sends_basic=False, verify_tls=False) as web:
        reading = vsol.read(vsol.fetch(web, Known()), Known())
    assert expected(olt) == seen(reading)
    olt.log.clear()
    with (
        Web(olt.url, limits(), login=login, sends_basic=False) as web,
        pytest.raises(Unreachable, match="TLS failed"),
    ):
        vsol.fetch(web, Known())
    assert [] == olt.log


# --- what the pages say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dead", "lost"),
    [
        ({"voltage_v": 6.55, "bias_ma": 131.07, "rx_power_dbm": 8.16, "tx_power_dbm": 8.16}, "all"),
        ({"voltage_v": 0.0, "bias_ma": 0.22, "rx_power_dbm": -40.0, "tx_power_dbm": -40.0}, "all"),
        ({"voltage_v": None}, "all"),
        ({"tx_power_dbm": None}, "tx"),
        ({"rx_power_dbm": -2.87}, "none"),
        ({"rx_power_dbm": -28.24}, "none"),
    ],
)
def test_dead_sensor_gives_nothing_and_an_extreme_one_does(
    serve: Serve, dead: dict[str, float | None], lost: str
) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    onu = olt.onus[0]
    for name, value in dead.items():
        setattr(onu, name, value)

    found = seen(poll(olt))[onu.onu_id]

    wanted = expected_of(onu)
    assert (without_optics(wanted) if lost == "all" else wanted) == found


@pytest.mark.parametrize("name", ["客户-北京 001", "", "NA", "Warung <Bu> & 'Co'", "a<b"])
def test_description_is_read_as_the_device_wrote_it(serve: Serve, name: str) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    olt.onus[1].name = name

    assert (name if name not in {"", "NA"} else None) == seen(poll(olt))["0/1:2"].name


def test_description_that_is_no_text_costs_nothing_else(serve: Serve) -> None:
    olt = make_vsol("A", 4, pons=2)
    serve(olt)
    olt.onus[0].name = b"\xff\xfe\x81"

    reading = poll(olt)

    assert 4 == len(reading.onus)
    assert "\ufffd" in (reading.onus[0].name or "")


def test_slot_that_an_onu_has_left_is_no_onu(serve: Serve) -> None:
    olt = make_vsol("A", 8, pons=2)
    serve(olt)
    olt.onus.append(zombie(olt.onu("0/2:2"), "0/1:76"))

    reading = poll(olt)

    assert 8 == len(reading.onus)
    assert Status.UP is seen(reading)["0/2:2"].status
    assert f"whole {olt.onu('0/2:2').mac}" == reading.memory


def test_left_slot_is_not_believed_while_the_pon_it_moved_to_is_not_read(serve: Serve) -> None:
    olt = make_vsol("A", 8, pons=2)
    olt.answers_all = False
    farm = serve(olt)
    moved = olt.onu("0/2:2")
    olt.onus.append(zombie(moved, "0/1:7"))
    known = known_of(olt, poll(olt))
    farm.set_fault(olt, Fault.CUT, "/action/onustatusinfo.html?select=2")

    reading = poll(olt, known)

    assert moved.mac not in {onu.mac for onu in reading.onus}
    assert {moved.mac} == reading.unreadable
    assert (reading.memory or "").endswith(moved.mac)


@pytest.mark.parametrize("fault", [Fault.BROKEN_ROW, Fault.EXTRA_VALUE])
def test_row_that_cannot_be_understood_is_not_seen(serve: Serve, fault: Fault) -> None:
    olt = make_vsol("A", 8, pons=2)
    farm = serve(olt)
    farm.set_fault(olt, fault)

    reading = poll(olt)

    assert 7 == len(reading.onus)
    assert {olt.onus[0].mac} == reading.unreadable
    assert (False, 1) == (reading.is_complete, len(reading.notes))


@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize(
    "fault",
    [
        *(Fault.CUT, Fault.FOREIGN, Fault.UNAUTHORIZED, Fault.DENIED, Fault.LOGIN_PAGE),
        *(Fault.EMPTY_BODY, Fault.EMPTY_ARRAY, Fault.NO_ARRAY, Fault.RESET, Fault.SERVER_ERROR),
        *(Fault.REDIRECT_ELSEWHERE, Fault.REDIRECT_LOGIN, Fault.GZIP_BOMB, Fault.HUGE),
        *(Fault.FEW_ROWS, Fault.REFUSE),
    ],
)
def test_fault_is_a_failed_read(serve: Serve, fault: Fault, retries: int) -> None:
    olt = make_vsol("A", 16, pons=1)
    farm = serve(olt)
    known = known_of(olt, poll(olt))
    farm.set_fault(olt, fault)

    with pytest.raises(OltError):
        poll(olt, known, retries=retries)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DRIP, Fault.DRIP_HEADERS])
def test_device_that_takes_for_ever_is_left(serve: Serve, fault: Fault) -> None:
    olt = make_vsol("A", 4, pons=2)
    farm = serve(olt)
    farm.set_fault(olt, fault)

    began = time.monotonic()
    with pytest.raises(Unreachable):
        poll(olt, seconds=0.5)

    assert time.monotonic() - began < 2.0


HEADINGS: tuple[str, ...] = (
    *("ONU ID", "Status", "MAC Address", "Description", "Distance(m)", "RTT(TQ)"),
    *("Last Register Time", "Last Deregister Time", "Last Deregister Reason", "Alive Time"),
)


def states_page(*rows: str, headings: tuple[str, ...] = HEADINGS) -> Page:
    """A page of states of the rows as the notes print them, cells parted by `|`."""
    lines = "".join(f"<tr><td>{row.replace('|', '</td><td>')}</td></tr>\n" for row in rows)
    head = "".join(f"<td>{heading}</td>" for heading in headings)
    body = f"<html><table><tr>{head}</tr>\n{lines}</table></html>"
    return Page(actionsession.STATUS, 200, {}, body.encode("gb18030"))


def read_states(*rows: str, headings: tuple[str, ...] = HEADINGS) -> OltReading:
    page = states_page(*rows, headings=headings)
    return vsol.read(Scrape("whole", {f"{actionsession.STATUS}?select=255": page}), Known())


ROWS = (
    "EPON0/3:1|Offline|02:4d:12:05:04:90||0|0|2075/02/01 14:29:50|2075/02/01 14:29:51|Wire Down|00:00:02",  # noqa: E501
    "EPON0/1:1|offline|02:3e:05:23:83:f0|A|779|571|2026/08/13 16:17:23|2026/08/14 01:53:51|Power Off|09:36:28",  # noqa: E501
    "EPON0/1:2|online|02:a0:63:7e:d6:a8|B|1436|972|1907/12/27 01:26:01|N/A|N/A|42 02:24:43",
    "EPON0/1:3|Online|02:a0:63:7e:d6:a9|N/A|0|0|1907/12/27 01:26:01|N/A|Power Off|N/A",
    "EPON0/1:4|Offline|02:a0:63:7e:d6:aa|C|0|0|N/A|N/A|N/A|N/A",
    "EPON0/1:5|Offline|02:a0:63:7e:d6:ab|D|350|240|N/A|N/A|Timeout|00:01:00",
    "EPON0/1:6|Offline|02:a0:63:7e:d6:ac|E|350|240|N/A|N/A|Fan Off|00:01:00",
    "EPON0/1:7|Registering|02:a0:63:7e:d6:ad|F|350|240|N/A|N/A|Wire Down|00:01:00",
)


def test_rows_of_the_notes_are_read_as_they_are_meant() -> None:
    found = [
        (onu.onu_id, onu.name, onu.status, onu.reason, onu.reason_raw, onu.distance_m, onu.uptime_s)
        for onu in read_states(*ROWS).onus
    ]

    assert [
        ("0/3:1", None, Status.DOWN, Reason.LOS, "Wire Down", None, None),
        ("0/1:1", "A", Status.PWRDOWN, Reason.DYING_GASP, "Power Off", 779, None),
        ("0/1:2", "B", Status.UP, None, None, 1436, 3_637_483),
        ("0/1:3", None, Status.UP, None, None, None, None),
        ("0/1:4", "C", Status.DOWN, None, None, None, None),
        ("0/1:5", "D", Status.DOWN, Reason.TIMEOUT, "Timeout", 350, None),
        ("0/1:6", "E", Status.DOWN, None, "Fan Off", 350, None),
        ("0/1:7", "F", Status.UNKNOWN, None, None, 350, None),
    ] == found


def test_page_without_metres_has_them_by_the_round_trip() -> None:
    headings = tuple(heading for heading in HEADINGS if heading != "Distance(m)")
    (onu,) = read_states(
        "EPON0/1:1|Online|02:3e:05:23:83:f0|A|972|N/A|N/A|N/A|00:00:01", headings=headings
    ).onus

    assert 1436 == onu.distance_m


def test_id_that_two_rows_have_is_in_doubt_with_both() -> None:
    reading = read_states(ROWS[1], ROWS[1].replace("83:f0", "83:f1"), ROWS[2])

    assert ["0/1:2"] == [onu.onu_id for onu in reading.onus]
    assert {"02:3E:05:23:83:F0", "02:3E:05:23:83:F1"} == reading.unreadable
    assert not reading.is_complete


@pytest.mark.parametrize("alive", ["42 days 02:24:43", "1 day, 0:00:01", "long"])
def test_time_alive_in_other_words_is_not_known_and_costs_no_onu(alive: str) -> None:
    reading = read_states(f"EPON0/1:2|Online|02:a0:63:7e:d6:a8|B|1436|972|N/A|N/A|N/A|{alive}")

    assert [(Status.UP, None)] == [(onu.status, onu.uptime_s) for onu in reading.onus]
    assert reading.is_complete


def test_page_without_the_reasons_is_another_page() -> None:
    with pytest.raises(PageChanged):
        read_states(ROWS[1], headings=(*HEADINGS[:8], "Why", "Alive Time"))


@given(st.text(max_size=64))
def test_no_description_changes_another_onu_or_a_status(name: str) -> None:
    hostile = ROWS[1].replace("|A|", f"|{name.replace('|', '')}|")
    reading = read_states(hostile, ROWS[2])

    found = {onu.mac: onu for onu in reading.onus}
    assert Status.UP is found["02:A0:63:7E:D6:A8"].status
    first = found.get("02:3E:05:23:83:F0")
    if first is None:
        assert {"02:3E:05:23:83:F0"} == reading.unreadable
    else:
        assert (Status.PWRDOWN, Reason.DYING_GASP) == (first.status, first.reason)


@pytest.mark.parametrize(
    "name",
    ["</td><td>", "</td><td>x</td><td>", "</tr>", "</td></tr>", "</table>", "<table>", "<tr><td>"],
)
def test_markup_of_a_table_in_a_description_lets_nobody_go_missing(name: str) -> None:
    reading = read_states(ROWS[1].replace("|A|", f"|{name}|"), ROWS[2])

    assert not reading.is_complete
    assert "02:3E:05:23:83:F0" not in {onu.mac for onu in reading.onus}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"document.f.SessionKey.value = 'kmwex';", "kmwex"),
        (b'<input type=hidden name="SessionKey" value="fgzki">', "fgzki"),
        (b"<input type=hidden name=SessionKey value=fgzki>", "fgzki"),
        (b"<a href='x.html?SessionKey=fbabv'>", "fbabv"),
        (b"<a href='x.html?who=5&amp;SessionKey=fbabv'>", "fbabv"),
        (b"SessionKey.value = '';", ""),
        (b"var SessionKey=document.createElement('input');SessionKey.value = '';", ""),
        (b"<td>nothing</td>", None),
    ],
)
def test_key_is_found_wherever_builds_put_it(body: bytes, expected: str | None) -> None:
    assert expected == actionpage.key(body)


def test_authorisation_is_the_column_of_its_two_words() -> None:
    head = "<html><table><tr><td>ONU ID</td><td>Status</td><td>MAC Address</td><td>X</td></tr>"
    row = "<tr><td>EPON0/1:{}</td><td>Online</td><td>02:00:00:00:00:0{}</td><td>{}</td></tr>"
    rows = row.format(1, 1, "Auth") + row.format(2, 2, "Unauth")

    assert {
        ("0/1:1", "02:00:00:00:00:01"): "Auth",
        ("0/1:2", "02:00:00:00:00:02"): "Unauth",
    } == action.auths("/x", f"{head}{rows}</table></html>".encode())
    assert {} == action.auths("/x", b"<html></html>")
    assert {} == action.auths("/x", f"{head}{row.format(1, 1, '?')}</table></html>".encode())


# --- the whole way -------------------------------------------------------------------------------


def test_whole_poll_reads_it_and_tells_of_a_power_cut(tmp_path: Path) -> None:
    olt = make_vsol("C", 8, pons=2, name="OLT-V")
    gateway = Gateway()
    with Farm([olt], gateway=gateway) as farm:
        config = tmp_path / "olts.toml"
        text = configuration([olt], gateway).replace("[[olt]]", '[[olt]]\ndriver = "vsol"')
        config.write_text(f"[report]\nhourly = false\n{text}", encoding="utf-8")
        config.chmod(0o600)
        line = [sys.executable, "-m", "eponctl", "-c", str(config), "poll"]
        first = subprocess.run(line, capture_output=True, text=True, check=False)
        farm.change(lambda: olt.lose("0/1:2", gasp=True))
        second = subprocess.run(line, capture_output=True, text=True, check=False)

    assert (0, "", 0, "") == (first.returncode, first.stderr, second.returncode, second.stderr)
    assert 1 == len(gateway.received)
    assert (2, 2, None) == (olt.logins, olt.logouts, olt.session)

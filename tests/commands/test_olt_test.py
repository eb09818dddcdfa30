"""What a scrape comes to, without a network."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eponctl import driver
from eponctl.commands.choice import driver_problems
from eponctl.commands.olt_test import OltTest, verdict
from eponctl.driver import Known, Scrape
from eponctl.errors import OltError, PageChanged, SessionBusy, Unreachable
from eponctl.model import OltReading, OnuReading, Status
from eponctl.render import olttext
from eponctl.scrape import Bug, Job, Scraped
from eponctl.settings import Config, OltSettings
from eponctl.web import Web

OLT = OltSettings("OLT-1", "Kediri", "https://[2001:db8::7]:88", "admin", None)


class Fixed:
    """A driver that reads what it was given."""

    SENDS_BASIC = True

    def __init__(self, reading: OltReading) -> None:
        self.reading = reading

    def fetch(self, web: Web, known: Known) -> Scrape:
        raise NotImplementedError

    def read(self, scrape: Scrape, known: Known) -> OltReading:
        return self.reading


def onu(onu_id: str, status: Status = Status.UP, rx: float | None = None) -> OnuReading:
    mac = f"02:00:00:00:00:{onu_id.rpartition(':')[2]:0>2}"
    return OnuReading(onu_id, mac, None, status, status.value, rx_power_dbm=rx)


def result_of(
    result: Scrape | OltError | Bug, reading: OltReading | None = None, known: Known | None = None
) -> OltTest:
    job = Job(OLT, Fixed(reading or OltReading("A22", ())), known or Known(), ("admin", ""))
    return verdict(Scraped(job, result, 0.5, 3))


def read(reading: OltReading, known: Known | None = None, **failed: OltError) -> OltTest:
    return result_of(Scrape("plan", {}, failed), reading, known)


def test_a_bug_is_told_as_one_with_its_trace() -> None:
    test = result_of(Bug("KeyError: 'x'", "Traceback ..."))
    assert (test.is_ok, test.kind, test.trace) == (False, "bug", "Traceback ...")
    assert test.is_reachable is None
    assert "report" in test.hint
    assert "bug in eponctl" in olttext.blocks([test])


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (Unreachable("no answer to the connection in time"), "ping 2001:db8::7"),
        (Unreachable("x: TLS failed (WRONG_VERSION_NUMBER)", "verify_tls"), "--url http://"),
        (Unreachable("x: TLS failed (self-signed)", "set verify_tls = false"), "verify_tls"),
        (SessionBusy("the device's only session is taken"), "somebody is logged in"),
        (PageChanged("x: HTTP 500"), "open https://[2001:db8::7]:88 in a browser"),
    ],
)
def test_an_error_comes_with_what_to_do(error: OltError, advice: str) -> None:
    assert advice in result_of(error).hint


def test_pons_are_in_the_order_of_their_numbers() -> None:
    test = read(OltReading("A22", (onu("0/10:1"), onu("0/2:2", Status.DOWN), onu("0/2:3")), None))
    assert [("0/2", 2, 1), ("0/10", 1, 1)] == [(pon.pon, pon.onus, pon.up) for pon in test.pons]


@pytest.mark.parametrize(
    ("onus", "has_optics"),
    [
        ((onu("0/1:1", rx=-20.0),), True),
        ((onu("0/1:1"),), False),
        ((onu("0/1:1", Status.DOWN),), None),
        ((), None),
    ],
)
def test_optics_are_known_where_an_onu_is_up(
    onus: tuple[OnuReading, ...], has_optics: bool | None
) -> None:
    assert has_optics == read(OltReading("A22", onus)).has_optics


def test_a_page_that_one_can_do_without_is_a_note() -> None:
    cut = PageChanged("/onu?0/2: cut short")
    reading = OltReading("A16", (onu("0/1:1"),), failed_pons={"0/2": cut}, is_whole_table=False)
    test = read(reading, system=PageChanged("/system.asp: HTTP 500"), pon=cut)
    assert test.notes == ("/system.asp: HTTP 500",)
    assert (test.is_ok, test.error) == (False, "/onu?0/2: cut short")


def test_a_shrunk_pon_is_not_accepted_while_another_cannot_be_read() -> None:
    cut = PageChanged("/onu?0/2: cut short")
    reading = OltReading("A16", (onu("0/1:1"),), failed_pons={"0/2": cut}, is_whole_table=False)
    test = read(reading, Known(onus_by_pon={"0/1": 10, "0/2": 10}))
    assert (test.is_ok, test.is_refused) == (False, False)
    assert test.error == "/onu?0/2: cut short; PON 0/1: 1 ONUs where 10 were known"


def test_many_notes_are_clipped() -> None:
    test = read(OltReading("A22", (), notes=tuple(f"row {number}" for number in range(20))))
    text = olttext.blocks([test])
    assert text.count("note ") == 9
    assert "and 12 more (all with --json)" in text


def test_a_driver_that_is_not_there_is_a_fault_with_the_nearest() -> None:
    olts = (OLT, OltSettings("OLT-2", "x", "http://x", "admin", None, driver="hiosso"))
    config = Config(Path("/x/olts.toml"), Path("/x/db"), ZoneInfo("UTC"), olts=olts)
    (problem,) = driver_problems(config)
    assert str(problem) == (
        f"/x/olts.toml: olt[2].driver: expected one of {', '.join(('auto', *driver.names()))}, "
        'got "hiosso"; did you mean "hioso"?'
    )

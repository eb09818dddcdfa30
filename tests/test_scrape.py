"""Many OLTs at once: every result comes, none beyond its deadline, no bug stops another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from eponctl.driver import Known, Scrape
from eponctl.errors import LoginRejected, Unreachable
from eponctl.model import OltReading
from eponctl.scrape import Bug, Job, Scraped, scrape_all
from eponctl.settings import OltSettings, PollSettings
from eponctl.simulator import Farm, Fault, SimOlt, make_olt
from eponctl.web import Web

SETTINGS = PollSettings(request_timeout_s=0.5, olt_deadline_s=0.6, retries=0)
SLACK_S = 3.0

Fetch = Callable[[Web], Scrape]


class Driver:
    """A driver that does what a test wants."""

    SENDS_BASIC = True

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def fetch(self, web: Web, known: Known) -> Scrape:
        return self._fetch(web)

    def read(self, scrape: Scrape, known: Known) -> OltReading:
        raise AssertionError


def job(olt_id: str, fetch: Fetch, url: str = "http://127.0.0.1:9") -> Job:
    olt = OltSettings(olt_id, olt_id, url, "admin", None)
    return Job(olt, Driver(fetch), Known(), ("admin", "admin"))


def done(web: Web) -> Scrape:
    return Scrape("done", {})


def by_olt(jobs: list[Job], settings: PollSettings = SETTINGS) -> dict[str, Scraped]:
    with scrape_all(jobs, settings) as scraped:
        results = list(scraped)
    found = {result.job.olt.id: result for result in results}
    assert len(results) == len(found) == len(jobs)
    return found


def page_job(olt: SimOlt) -> Job:
    def fetch(web: Web) -> Scrape:
        return Scrape("page", {"/system.asp": web.get("/system.asp")})

    return job(olt.name, fetch, olt.url)


def test_no_job_has_no_result() -> None:
    assert {} == by_olt([])


@pytest.mark.parametrize("max_parallel", [1, 3, 50])
def test_every_job_has_one_result_however_few_threads(max_parallel: int) -> None:
    settings = SETTINGS._replace(max_parallel=max_parallel)
    found = by_olt([job(f"OLT-{number}", done) for number in range(20)], settings)

    assert {"done"} == {one.result.plan for one in found.values() if isinstance(one.result, Scrape)}


def test_no_more_threads_fetch_at_once_than_allowed() -> None:
    running, most, guard = set[int](), [0], threading.Lock()

    def fetch(web: Web) -> Scrape:
        with guard:
            running.add(threading.get_ident())
            most[0] = max(most[0], len(running))
        time.sleep(0.02)
        with guard:
            running.discard(threading.get_ident())
        return done(web)

    by_olt([job(f"OLT-{number}", fetch) for number in range(12)], SETTINGS._replace(max_parallel=3))
    assert 3 == most[0]


def test_results_come_as_they_are_done() -> None:
    def slow(web: Web) -> Scrape:
        time.sleep(0.3)
        return done(web)

    with scrape_all([job("SLOW", slow), job("QUICK", done)], SETTINGS) as results:
        assert ["QUICK", "SLOW"] == [result.job.olt.id for result in results]


def test_block_that_is_left_before_anything_is_taken_ends_what_was_begun() -> None:
    begun, said = threading.Event(), list[str]()

    def fetch(web: Web) -> Scrape:
        with web.session(lambda: said.append("bye")):
            begun.set()
            while web.seconds_left():
                time.sleep(0.01)
        return done(web)

    settings = SETTINGS._replace(max_parallel=1, olt_deadline_s=60.0)
    jobs = [job("FIRST", fetch), job("SECOND", fetch)]
    with scrape_all(jobs, settings):
        assert begun.wait(SLACK_S)

    # The first has logged out, and the second never began.
    assert ["bye"] == said


def test_error_and_bug_of_one_olt_are_its_own() -> None:
    def refused(web: Web) -> Scrape:
        raise LoginRejected("no")

    def buggy(web: Web) -> Scrape:
        raise ZeroDivisionError("by zero")

    found = by_olt([job("REFUSED", refused), job("BUGGY", buggy), job("GOOD", done)])
    assert isinstance(found["REFUSED"].result, LoginRejected)
    bug = found["BUGGY"].result
    assert isinstance(bug, Bug)
    assert "ZeroDivisionError: by zero" == bug.text
    assert "in buggy" in bug.trace
    assert isinstance(found["GOOD"].result, Scrape)


def test_olts_of_one_address_are_not_mixed_up() -> None:
    olts = [make_olt("A22", 1, seed=number, name=f"OLT-{number}") for number in range(5)]
    with Farm(olts):
        found = by_olt([page_job(olt) for olt in olts])

    for olt in olts:
        result = found[olt.name].result
        assert isinstance(result, Scrape)
        assert olt.name.encode() in result.pages["/system.asp"].body


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DRIP, Fault.DRIP_HEADERS])
def test_device_that_never_ends_is_left_at_the_deadline(fault: Fault) -> None:
    olts = [make_olt("A22", 1, name="BAD"), make_olt("A22", 1, seed=1, name="GOOD")]
    olts[0].drip_seconds = 0.05
    with Farm(olts) as farm:
        farm.set_fault("BAD", fault)
        settings = SETTINGS._replace(request_timeout_s=30.0)
        began = time.monotonic()
        found = by_olt([page_job(olt) for olt in olts], settings)
        seconds = time.monotonic() - began

    assert isinstance(found["BAD"].result, Unreachable)
    assert isinstance(found["GOOD"].result, Scrape)
    assert seconds < settings.olt_deadline_s + SLACK_S


def test_thread_that_cannot_be_stopped_is_left_behind_and_its_place_filled() -> None:
    """As one that hangs in the resolver: no socket to shut, no timeout."""
    release = threading.Event()

    def stuck(web: Web) -> Scrape:
        release.wait(30)
        return done(web)

    settings = SETTINGS._replace(max_parallel=1, olt_deadline_s=0.2)
    began = time.monotonic()
    found = by_olt([job("STUCK", stuck), job("NEXT", done)], settings)
    seconds = time.monotonic() - began
    release.set()

    stuck_result = found["STUCK"].result
    assert isinstance(stuck_result, Unreachable)
    assert "deadline" in stuck_result.message
    assert isinstance(found["NEXT"].result, Scrape)
    assert seconds < 2 * SLACK_S


def test_requests_and_seconds_are_counted() -> None:
    olt = make_olt("A22", 1, latency=0.1)
    with Farm([olt]):
        [found] = by_olt([page_job(olt)]).values()

    assert 1 == found.requests
    assert 0.1 <= found.seconds < SLACK_S

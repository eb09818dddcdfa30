"""Asking many OLTs at once: a thread each, in completion order, none beyond its deadline.

Threads only fetch; pages are read by whoever takes the results, so that the interpreter is not
fought over (limits: parsing in the threads costs a third to two thirds more).
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from eponctl.driver import Driver, Known, Scrape
from eponctl.errors import OltError, Unreachable
from eponctl.settings import OltSettings, PollSettings
from eponctl.web import FAREWELL_S, Limits, Web

# How long after its deadline a thread may take to notice that its socket was shut. One that hangs
# in the resolver never does: it is left behind, a daemon.
_GRACE_S = 2.0


class Job(NamedTuple):
    """One OLT to ask, with what its driver has to know."""

    olt: OltSettings
    driver: Driver
    known: Known
    login: tuple[str, str]


class Bug(NamedTuple):
    """An exception that nobody meant to raise; it stops this OLT's read and no other."""

    text: str
    trace: str


class Scraped(NamedTuple):
    """What came of one job: its pages, why there are none, or a bug of ours."""

    job: Job
    result: Scrape | OltError | Bug
    seconds: float
    requests: int = 0


class _Running(NamedTuple):
    job: Job
    web: Web
    started: float


class _Scraping:
    """The jobs still to do, those under way, and the results nobody has taken yet."""

    def __init__(self, jobs: Sequence[Job], settings: PollSettings) -> None:
        self.settings = settings
        self.todo: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[Scraped] = queue.SimpleQueue()
        self.running: dict[str, _Running] = {}
        for job in jobs:
            self.todo.put(job)

    def start_worker(self) -> None:
        # Daemons: a poll that is over, or interrupted, does not wait for a device.
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        while True:
            try:
                job = self.todo.get_nowait()
            except queue.Empty:
                return
            self.done.put(self.ask(job))

    def ask(self, job: Job) -> Scraped:
        started = time.monotonic()
        try:
            web = Web(
                job.olt.url,
                self.limits(started),
                login=job.login,
                sends_basic=job.driver.SENDS_BASIC,
                verify_tls=job.olt.verify_tls,
            )
        except ValueError as error:
            return Scraped(job, Unreachable(f"not a usable address ({error})"), 0.0)
        with web:
            self.running[job.olt.id] = _Running(job, web, started)
            result = _fetched(job, web)
            return Scraped(job, result, time.monotonic() - started, web.request_count)

    def limits(self, started: float) -> Limits:
        settings = self.settings
        return Limits(
            connect_timeout_s=settings.request_timeout_s,
            read_timeout_s=settings.request_timeout_s,
            deadline_at=started + settings.olt_deadline_s,
            page_delay_s=settings.page_delay_s,
            retries=settings.retries,
        )

    def overdue(self, beyond_s: float) -> list[_Running]:
        latest = time.monotonic() - self.settings.olt_deadline_s - beyond_s
        return [run for run in list(self.running.values()) if run.started < latest]


def _fetched(job: Job, web: Web) -> Scrape | OltError | Bug:
    try:
        return job.driver.fetch(web, job.known)
    except OltError as error:
        return error
    except Exception as error:  # noqa: BLE001  (one OLT's bug must not end the poll of the others)
        if not web.seconds_left():
            return Unreachable("no whole answer before the deadline")
        return Bug(f"{type(error).__name__}: {error}", traceback.format_exc())


@contextlib.contextmanager
def scrape_all(jobs: Sequence[Job], settings: PollSettings) -> Iterator[Iterator[Scraped]]:
    """Each job's result as it comes. All of them come: at the latest a little after the deadline.

    The threads start at once, before the first result is asked for. However the block is left,
    amid it or before anything was taken, also by SIGTERM: what is under way then is cut, and logged
    out.
    """
    scraping = _Scraping(jobs, settings)
    # Longer turns for each thread: they wait far more than they work.
    sys.setswitchinterval(0.05)
    with _ended_by_sigterm():
        try:
            for _ in range(min(len(jobs), settings.max_parallel)):
                scraping.start_worker()
            yield _results(scraping, len(jobs))
        finally:
            _end(scraping)


class _Terminated(KeyboardInterrupt):
    """Raised for SIGTERM, as Python raises its parent for Ctrl-C."""


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end this block like Ctrl-C, so that devices are logged out, and then the process.

    A supervisor sends it to a poll that takes too long; a second one ends the process at once.
    """

    def terminated(number: int, frame: object) -> None:  # noqa: ARG001
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise _Terminated

    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return
    signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    except _Terminated:
        os.kill(os.getpid(), signal.SIGTERM)
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _results(scraping: _Scraping, expected: int) -> Iterator[Scraped]:
    taken: set[str] = set()
    while len(taken) < expected:
        for scraped in _next_results(scraping):
            # One that was given up may still come in, late.
            if scraped.job.olt.id not in taken:
                taken.add(scraped.job.olt.id)
                scraping.running.pop(scraped.job.olt.id, None)
                yield scraped


def _end(scraping: _Scraping) -> None:
    """Begin nothing more, cut what is under way, and wait a little for those that log out."""
    with contextlib.suppress(queue.Empty):
        while True:
            scraping.todo.get_nowait()
    running = list(scraping.running.values())
    for run in running:
        run.web.abort()
    patience_at = time.monotonic() + FAREWELL_S
    while time.monotonic() < patience_at and any(run.web.has_session for run in running):
        time.sleep(0.02)


def _next_results(scraping: _Scraping) -> list[Scraped]:
    try:
        return [scraping.done.get(timeout=0.25)]
    except queue.Empty:
        pass
    for run in scraping.overdue(0.0):
        run.web.abort()
    given_up = scraping.overdue(_GRACE_S)
    for _ in given_up:
        scraping.start_worker()
    return [
        Scraped(run.job, Unreachable("no whole answer before the deadline"), _age(run))
        for run in given_up
    ]


def _age(run: _Running) -> float:
    return time.monotonic() - run.started

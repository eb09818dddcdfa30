"""`eponctl olt test`: each OLT read as a poll reads it, without storing what was seen.

The same scrape, driver and disbelief as poll.py's; what is known of an OLT is its database's. Only
`--accept` writes: that the next good read is to be a baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from eponctl import config as configuration
from eponctl import driver
from eponctl.commands.choice import driver_problems, olt_of
from eponctl.errors import (
    ConfigError,
    LoginRejected,
    OltError,
    PageChanged,
    Problem,
    SessionBusy,
    Unreachable,
)
from eponctl.lock import poll_lock
from eponctl.model import OltReading, OltState, Status
from eponctl.poll import way_to
from eponctl.scrape import Bug, Job, Scraped, scrape_all
from eponctl.settings import Config, OltSettings
from eponctl.store import olts as store_olts
from eponctl.store.database import open_database


@dataclass(frozen=True, slots=True)
class PonTest:
    """One PON: its ONUs and how many of them are up, or why it could not be read."""

    pon: str
    onus: int
    up: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OltTest:
    """How one OLT's read went.

    `has_pages`: all that a read needs was fetched. `reading` is there whenever the pages could be
    understood, also where a poll would not believe them (`is_refused`). `error` and `hint` are
    lines for people, `kind` is the error's own word. `trace` is that of a bug of ours. `seconds`
    are those of the scrape.
    """

    olt: OltSettings
    driver: str
    error: str | None = None
    hint: str = ""
    kind: str | None = None
    has_pages: bool = False
    reading: OltReading | None = None
    is_refused: bool = False
    is_accepted: bool = False
    requests: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    trace: str | None = None

    @property
    def is_ok(self) -> bool:
        """Whether the next poll would take this read whole."""
        return self.error is None or self.is_accepted

    @property
    def is_reachable(self) -> bool | None:
        """Whether it answered at all; None where a bug keeps that from being known."""
        return None if self.kind == "bug" else self.kind != Unreachable.kind

    @property
    def is_logged_in(self) -> bool | None:
        """Whether user name and password were taken; None where it did not come to that."""
        if self.has_pages:
            return True
        return False if self.kind == LoginRejected.kind else None

    @property
    def up(self) -> int:
        """How many ONUs are up."""
        return sum(pon.up for pon in self.pons)

    @property
    def has_optics(self) -> bool | None:
        """Whether ONUs that are up have a receiving power; None where none is up."""
        if self.reading is None or not self.up:
            return None
        return any(onu.rx_power_dbm is not None for onu in self.reading.onus)

    @property
    def pons(self) -> tuple[PonTest, ...]:
        """Every PON seen or missed, in the order of its numbers."""
        if self.reading is None:
            return ()
        onus: dict[str, list[Status]] = {}
        for onu in self.reading.onus:
            onus.setdefault(onu.pon, []).append(onu.status)
        failed = self.reading.failed_pons
        return tuple(
            PonTest(
                pon,
                len(onus.get(pon, ())),
                onus.get(pon, []).count(Status.UP),
                failed[pon].message if pon in failed else None,
            )
            for pon in sorted({*onus, *failed}, key=_numbers)
        )


def _numbers(pon: str) -> tuple[tuple[int, str], ...]:
    parts = pon.split("/")
    return tuple((int(part) if part.isdecimal() else 0, part) for part in parts)


def chosen(config: Config, olt_ids: Sequence[str]) -> tuple[OltSettings, ...]:
    """The OLTs of these ids, disabled ones too, or all that are enabled, ready to be asked.

    Raises ConfigError: an id or a driver that is not there, nothing to test, a password that
    cannot be had.
    """
    named = [olt_of(config, olt_id) for olt_id in dict.fromkeys(olt_ids)]
    olts = named or [olt for olt in config.olts if olt.enabled]
    if not olts:
        what = "no OLT is enabled" if config.olts else "there is no OLT in it"
        verb = "enable ID` enables" if config.olts else "add ID --url URL` adds"
        hint = f"`eponctl olt {verb} one"
        raise ConfigError([Problem(str(config.path), "", what)], hint)
    problems = driver_problems(config) + _password_problems(config, {olt.id for olt in olts})
    if problems:
        raise ConfigError(problems)
    return tuple(olts)


def _password_problems(config: Config, olt_ids: set[str]) -> list[Problem]:
    """The faults of a poll that asks these OLTs and no gateway."""
    only = [olt._replace(enabled=olt.id in olt_ids) for olt in config.olts]
    quiet = config.whatsapp._replace(enabled=False)
    return configuration.secret_problems(config._replace(olts=tuple(only), whatsapp=quiet))


def read_olts(
    config: Config,
    olts: Sequence[OltSettings],
    *,
    accepts: bool = False,
    progress: Callable[[OltTest], None] | None = None,
) -> tuple[OltTest, ...]:
    """Read these OLTs at once, one page at a time of each, and return them in this order.

    `accepts`: those that a poll would not believe are noted for a new baseline. Raises LockHeld,
    StoreError and ConfigError before anything was asked.
    """
    with poll_lock(config.database):
        states = _states(config.database)
        jobs = [_job(olt, states.get(olt.id)) for olt in olts]
        tests: dict[str, OltTest] = {}
        with scrape_all(jobs, config.poll) as scraped:
            for item in scraped:
                test = verdict(item, states.get(item.job.olt.id))
                tests[test.olt.id] = test
                if progress:
                    progress(test)
        results = [tests[olt.id] for olt in olts]
        return tuple(_accepted(config.database, results) if accepts else results)


def _states(database: Path) -> Mapping[str, OltState]:
    """What the polls know; nothing where there was none, for a test leaves no database."""
    if not database.exists():
        return {}
    with open_database(database):
        return store_olts.load()


def _job(olt: OltSettings, state: OltState | None) -> Job:
    """As a poll's, with the slow pages: they tell model, firmware and optics."""
    state = state or OltState(olt.id)
    name, memory = way_to(olt, state)
    known = driver.Known(memory, state.onus_by_pon)
    password = olt.password.reveal() if olt.password else ""
    return Job(olt, driver.load(name), known, (olt.username, password))


def _accepted(database: Path, tests: Sequence[OltTest]) -> Iterator[OltTest]:
    refused = [test.olt.id for test in tests if test.is_refused]
    if refused:  # so something is known, and there is a database
        with open_database(database) as opened, opened.atomic("IMMEDIATE"):
            for olt_id in refused:
                store_olts.request_baseline(olt_id)
    for test in tests:
        yield replace(test, is_accepted=True, hint="") if test.is_refused else test


# --- one OLT ---


def verdict(item: Scraped, state: OltState | None = None) -> OltTest:
    """What a scrape comes to; pure. A driver's bug is not caught: a person is there to see it."""
    olt = item.job.olt
    name = driver.resolved(olt.driver, state and state.driver)
    test = OltTest(olt, name, requests=item.requests, seconds=item.seconds)
    if isinstance(item.result, Bug):
        error = f"a bug in eponctl: {item.result.text}"
        hint = f"please report it with the output of `eponctl -vv olt test {olt.id}`"
        return replace(test, error=error, hint=hint, kind="bug", trace=item.result.trace)
    if isinstance(item.result, OltError):
        return _failed(test, item.result)
    test = replace(test, has_pages=True, driver=item.result.driver or name)
    try:
        reading = item.job.driver.read(item.result, item.job.known)
    except OltError as error:
        return _failed(test, error)
    test = replace(test, reading=reading, notes=_notes(item.result, reading))
    return _judged(test, reading, item.job.known)


def _judged(test: OltTest, reading: OltReading, known: driver.Known) -> OltTest:
    """The test with what would keep a poll from believing the reading, whole or in part.

    Only a reading without other faults can be accepted: a baseline must be of all PONs.
    """
    faults = list(reading.failed_pons.values())
    doubts = _doubts(reading, known)
    if not faults and not doubts:
        return test
    told = _failed(test, (faults or doubts)[0])
    error = "; ".join(fault.message for fault in (*faults, *doubts))
    if faults:
        return replace(told, error=error)
    return replace(told, error=error, hint=_accept_hint(test.olt), is_refused=True)


def _doubts(reading: OltReading, known: driver.Known) -> list[OltError]:
    try:
        believed = driver.believed(reading, known)
    except PageChanged as error:
        return [error]
    return [error for pon, error in believed.failed_pons.items() if pon not in reading.failed_pons]


def _accept_hint(olt: OltSettings) -> str:
    return f"if they were really taken away: `eponctl olt test {olt.id} --accept`"


def _notes(scrape: driver.Scrape, reading: OltReading) -> tuple[str, ...]:
    """Oddities on the pages, and pages that one can do without."""
    of_pons = [id(error) for error in reading.failed_pons.values()]
    missed = [error.message for error in scrape.failed.values() if id(error) not in of_pons]
    return (*reading.notes, *missed)


def _failed(test: OltTest, error: OltError) -> OltTest:
    return replace(test, error=error.message, hint=_hint(error, test.olt), kind=error.kind)


# --- what to do ---

_EDIT = "`eponctl olt edit {id}"
_LOGIN = f"check user name and password: {_EDIT} --username U --ask-password`"
_FORM = "if they are right, this device wants a login form, which no driver here fills in"
_HINTS: tuple[tuple[type[OltError], str, str], ...] = (
    # Of an error's kind, the first whose words are in its message counts.
    (LoginRejected, "login page", f"{_LOGIN}; {_FORM}"),
    (LoginRejected, "", _LOGIN),
    (Unreachable, "refused", "check the port in the url, and that its web page is switched on"),
    (Unreachable, "name is not known", f"check the host in the url: {_EDIT} --url URL`"),
    (Unreachable, "to the connection", "check power, cable, route and firewall: try `ping {host}`"),
    (Unreachable, "cannot connect", "check the address in the url, and the route to it"),
    (Unreachable, "deadline", "it answers too slowly: raise olt_deadline in [poll], or try later"),
    (Unreachable, "", "its web server is stuck or busy: try again; if it stays so, restart it"),
    (SessionBusy, "", "somebody is logged in on its web page: try again when they have left"),
    (PageChanged, "cut short", "try again; if it stays so, set page_delay = 0.5 in [poll]"),
    (PageChanged, "it begins", "try again; if it stays so: is {url} this OLT's web page? Open it"),
    (PageChanged, "", "try again; if it stays so, open {url} in a browser"),
)
_PLAIN = f"it speaks plain http there: {_EDIT} --url http://...`"


def _hint(error: OltError, olt: OltSettings) -> str:
    """The error's own, or what its words suggest."""
    if "WRONG_VERSION_NUMBER" in error.message:  # OpenSSL's word; no matter of certificates
        found = _PLAIN
    elif error.hint:
        return error.hint
    else:
        fitting = (
            hint
            for kind, words, hint in _HINTS
            if isinstance(error, kind) and words in error.message
        )
        found = next(fitting, "")
    return found.format(id=olt.id, url=olt.url, host=urlsplit(olt.url).hostname)

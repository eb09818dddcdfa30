"""One OLT after a poll: what is handed on of its ONUs, and under which rules they were judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from eponctl.driver import Known, Scrape
from eponctl.errors import OltError, SessionBusy, Unreachable
from eponctl.judge import pending_steps
from eponctl.model import EventKind, OltReading, OltState, OnuReading, Status
from eponctl.outcome import BUSY_PATIENCE_S, Outcome, outcome_of
from eponctl.scrape import Bug, Job, Scraped
from eponctl.settings import AlertSettings, Config, OltSettings, PollSettings
from eponctl.store.onus import OltBook
from eponctl.web import Web

NOW, MINUTE = 1_800_000_000, 60
MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
UP = OnuReading("0/1:1", MAC, "CLIENT-001", Status.UP, "Up", rx_power_dbm=-20.0)
BESIDE = UP._replace(onu_id="0/1:2", mac=OTHER, name="CLIENT-002")
DOWN = UP._replace(status=Status.DOWN, status_raw="Down", rx_power_dbm=None)


@dataclass(frozen=True)
class Driver:
    """A driver that has read these ONUs."""

    SENDS_BASIC = True

    onus: tuple[OnuReading, ...]

    def fetch(self, web: Web, known: Known) -> Scrape:
        raise AssertionError

    def read(self, scrape: Scrape, known: Known) -> OltReading:
        return OltReading("A22", self.onus)


@dataclass
class Olt:
    """An OLT that is polled once a minute, with what the polls before left of it."""

    config: Config
    state: OltState
    book: OltBook
    now: int = NOW

    def poll(
        self,
        *onus: OnuReading,
        fault: OltError | Bug | None = None,
        usuals: dict[str, float] | None = None,
    ) -> Outcome:
        olt = OltSettings("OLT-1", "one", "http://127.0.0.1:9", "admin", None)
        job = Job(olt, Driver(onus), Known(), ("admin", "admin"))
        item = Scraped(job, fault or Scrape("whole", {}), seconds=0.1)
        outcome = outcome_of(item, self.state, self.book, self.config, self.now, usuals)
        self.state, self.now = outcome.state, self.now + MINUTE
        if outcome.after is not None:
            self.book = OltBook(dict(outcome.after), self.book.ids, self.book.tracks)
        return outcome


@pytest.fixture
def olt(tmp_path: Path) -> Olt:
    """An OLT after its baseline of two ONUs that are up."""
    config = Config(tmp_path / "olts.toml", tmp_path / "eponctl.db", ZoneInfo("UTC"))
    olt = Olt(config, OltState("OLT-1"), OltBook())
    olt.poll(UP, BESIDE)
    return olt


def test_good_read_hands_on_what_it_found_and_what_it_left(olt: Olt) -> None:
    book = olt.book
    outcome = olt.poll(DOWN, BESIDE)

    assert book.states is outcome.before
    assert outcome.after is not None
    assert {MAC: Status.DOWN, OTHER: Status.UP} == {
        mac: onu.status for mac, onu in outcome.after.items()
    }
    # What did not change is the very same record: nothing is copied for 25,600 ONUs.
    assert book.states[OTHER] is outcome.after[OTHER]


def test_onu_that_was_removed_is_in_what_was_found_only(olt: Olt) -> None:
    outcome = olt.poll(BESIDE)

    assert outcome.before is not None
    assert outcome.after is not None
    assert {MAC, OTHER} == set(outcome.before)
    assert {OTHER} == set(outcome.after)


@pytest.mark.parametrize("fault", [Unreachable("no answer"), Bug("KeyError: 'x'", "trace")])
def test_failed_read_says_nothing_of_any_onu(olt: Olt, fault: OltError | Bug) -> None:
    outcome = olt.poll(fault=fault)

    assert (None, None, 0) == (outcome.before, outcome.after, outcome.blips)
    assert {} == outcome.changes.states


BUSY, GONE = SessionBusy("the only session is somebody else's"), Unreachable("no answer")


@pytest.mark.parametrize("polls", [1, 2, 5])
def test_session_that_somebody_keeps_is_told_after_an_hour_and_says_so(
    olt: Olt, polls: int
) -> None:
    olt.config = olt.config._replace(poll=PollSettings(unreachable_polls=polls))
    began = olt.now

    told = []
    while olt.now < began + 2 * BUSY_PATIENCE_S:
        at = olt.now
        outcome = olt.poll(fault=BUSY)
        assert (BUSY.message, {}) == (outcome.state.error, outcome.changes.states)
        told += [(at - began, event) for event in outcome.events]

    [(after_s, event)] = told
    assert BUSY_PATIENCE_S + MINUTE * max(0, polls - 2) == after_s
    assert (EventKind.OLT_UNREACHABLE, began) == (event.kind, event.at)
    assert BUSY.message == event.detail
    back = olt.poll(UP, BESIDE)
    assert [EventKind.OLT_RECOVERED] == [event.kind for event in back.events]


def test_person_who_leaves_within_the_hour_was_no_outage(olt: Olt) -> None:
    outcomes = [olt.poll(fault=BUSY) for _ in range(59)]
    outcomes.append(olt.poll(UP, BESIDE))

    assert [()] * 60 == [outcome.events for outcome in outcomes]


@pytest.mark.parametrize(
    ("faults", "told_at"),
    [([BUSY] * 5 + [GONE], 5), ([BUSY, GONE, GONE], 1), ([GONE, BUSY, BUSY, GONE], 3)],
)
def test_device_that_is_gone_is_told_soon_whoever_was_there_before(
    olt: Olt, faults: list[OltError], told_at: int
) -> None:
    told = [at for at, fault in enumerate(faults) if olt.poll(fault=fault).events]

    assert [told_at] == told


def test_outages_that_passed_unsettled_are_counted(olt: Olt) -> None:
    olt.config = olt.config._replace(poll=PollSettings(confirm_polls=2))

    outcomes = [olt.poll(onu, BESIDE) for onu in (DOWN, UP, UP)]
    assert [0, 1, 0] == [outcome.blips for outcome in outcomes]
    assert [()] * 3 == [outcome.events for outcome in outcomes]


@pytest.mark.parametrize(("step_db", "kinds"), [(3.0, [EventKind.WEAK_SIGNAL]), (5.0, [])])
def test_signal_is_judged_by_the_configured_step(
    olt: Olt, step_db: float, kinds: list[EventKind]
) -> None:
    olt.config = olt.config._replace(alerts=AlertSettings(step_drop_db=step_db))
    fallen = UP._replace(rx_power_dbm=-24.0)
    olt.poll(fallen, BESIDE)

    assert kinds == [event.kind for event in olt.poll(fallen, BESIDE).events]


def test_suspected_step_is_judged_by_the_median_that_is_handed_in(olt: Olt) -> None:
    fallen = UP._replace(rx_power_dbm=-24.0)
    olt.poll(fallen, BESIDE)

    assert {MAC} == pending_steps(olt.book.states)
    assert () == olt.poll(fallen, BESIDE, usuals={MAC: -23.0}).events
    assert -23.0 == olt.book.states[MAC].usual_rx_dbm

"""Whole polls with a clock of their own, in this process: hours, durations, a store that fails."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eponctl import config as configuration
from eponctl import poll as polling
from eponctl.errors import StoreError
from eponctl.poll import PollResult
from eponctl.simulator import Fault, GatewayFault, SimOlt, make_olt
from eponctl.store import database as store_database

# 10:00:05 in Jakarta.
TEN = 1_800_000_000 - 1_800_000_000 % 86400 + 3 * 3600 + 5
MINUTE, HOUR = 60, 3600
GROUP = "120363000000000000@g.us"
QUIET = """
[alerts]
quiet = {from = "22:00", to = "06:00", min_priority = "critical"}
"""


@dataclass
class Clocked:
    """A site whose polls take place when a test says."""

    site: Any
    now: int = TEN

    def poll(self, after_s: int = MINUTE) -> PollResult:
        self.now += after_s
        return polling.poll(configuration.load(self.site.config), clock=lambda: float(self.now))

    def optics(self) -> list[tuple[Any, ...]]:
        """The hourly rows: ONU, hour, average."""
        sql = (
            "SELECT onu_id, hour, rx_avg FROM optical_hourly JOIN onu_status ON onu = id "
            "ORDER BY onu_id, hour"
        )
        return list(self.site.rows(sql))


@pytest.fixture
def olt() -> SimOlt:
    """One OLT with eight ONUs on two PONs."""
    return make_olt("A16", 8, name="OLT-1", pons=2)


@pytest.fixture
def clocked(make_site: Any) -> Callable[..., Clocked]:
    """Give a function that makes a site of these OLTs."""
    return lambda *olts, **configured: Clocked(make_site(*olts, **configured))


# --- hours ------------------------------------------------------------------------------------


def test_hourly_report_comes_with_the_first_poll_of_each_hour_and_not_with_the_first_of_all(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt, hourly=True)
    reports = []
    for minutes in (0, 30, 29, 1, 1, 58, 1, 59, 60, 180):
        run.poll(minutes * MINUTE)
        reports += [(run.now - TEN) // MINUTE for text in run.site.news() if "HOURLY" in text]

    assert [60, 120, 239, 419] == reports


def test_hour_that_was_reported_is_remembered_in_the_database(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt, hourly=True)
    run.poll()
    run.site.rows("UPDATE meta SET value = 'another' WHERE key = 'reported_hour'")
    run.poll()
    [text] = run.site.news()
    assert "📋 HOURLY STATUS REPORT 📋" in text
    assert "OLT-1: 8/8 (100.0%)" in text
    run.poll()
    assert [] == run.site.news()


def test_report_and_alert_of_one_poll_are_two_messages(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt, hourly=True)
    run.poll()
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    run.poll(HOUR)
    [alert] = run.site.news()
    # What has to wait for the pause between two messages goes out with the next poll.
    run.poll()
    [report] = run.site.news()

    assert "ALERT" in alert
    assert olt.onu("0/1:1").mac in alert
    assert "OLT-1: 7/8 (87.5%)" in report
    assert "Report Time: 2027-01-15 11:01:05" in report


def test_report_says_since_when_an_olt_is_low(clocked: Callable[..., Clocked], olt: SimOlt) -> None:
    run = clocked(olt, hourly=True)
    run.poll()
    run.site.farm.change(lambda: [*map(olt.lose, ("0/1:1", "0/1:2", "0/2:1"))])
    for _ in range(3):
        run.poll(10 * MINUTE)
    run.site.news()
    run.poll(40 * MINUTE)
    [report] = run.site.news()

    assert "🔴 OLT-1: 5/8 (62.5%)" in report
    assert "sejak 2027-01-15 10:11:05" in report


def test_digest_of_a_night_that_no_gateway_took_is_part_of_what_takes_its_place(
    clocked: Callable[..., Clocked],
) -> None:
    olt = make_olt("A16", 8, name="OLT-1", pons=4)
    run = clocked(olt, more=QUIET)
    # 21:30; from here on a poll each hour.
    run.now = TEN + 11 * HOUR + 30 * MINUTE
    run.poll(0)
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    run.poll(HOUR)
    run.site.farm.change(lambda: olt.restore("0/1:1"))
    run.poll(HOUR)
    run.site.farm.change(lambda: olt.lose("0/2:1"))
    for _ in range(6):
        run.poll(HOUR)
    assert [] == run.site.rows("SELECT id FROM outbox")
    run.site.gateway.fault = GatewayFault.REFUSE
    run.poll(HOUR)
    [(digest,)] = run.site.rows("SELECT text FROM outbox")
    run.site.farm.change(lambda: olt.lose("0/3:1"))
    run.site.gateway.fault = GatewayFault.NONE
    run.poll(HOUR)

    [text] = run.site.news()
    for told in (digest, text):
        assert "🌙 Jam tenang 22:00 sampai 06:00: ini yang ditahan" in told
        assert "🔁 Sempat terjadi lalu pulih: 1 outage" in told
    held, fresh = re.findall(r"^🔴 .*\b(0/\d:1)\b", text, re.MULTILINE)
    assert ["0/2:1"] == re.findall(r"^🔴 .*\b(0/\d:1)\b", digest, re.MULTILINE)
    assert ("0/2:1", "0/3:1") == (held, fresh)
    for _ in range(3):
        run.poll(HOUR)
    assert [] == run.site.news()


def test_digest_counts_what_its_recipient_would_have_been_told_of(
    clocked: Callable[..., Clocked],
) -> None:
    one, two = (make_olt("A16", 8, seed=n, name=f"OLT-{n}", pons=2) for n in (1, 2))
    route = f'\n[[whatsapp.route]]\nrecipients = ["{GROUP}"]\nolts = ["OLT-2"]\n'
    run = clocked(
        one,
        two,
        more=QUIET,
        edit=lambda text: text.replace("\n[[olt]]", route + "\n[[olt]]", 1),
    )
    run.now = TEN + 11 * HOUR + 30 * MINUTE
    run.poll(0)
    for olt in (one, one, two):
        run.site.farm.change(lambda olt=olt: olt.lose("0/1:1"))
        run.poll(HOUR)
        run.site.farm.change(lambda olt=olt: olt.restore("0/1:1"))
        run.poll(HOUR)
    for _ in range(3):
        run.poll(HOUR)

    [person] = run.site.gateway.texts_for("6281200000001")
    [group] = run.site.gateway.texts_for(GROUP)
    assert person.endswith("🔁 Sempat terjadi lalu pulih: 3 outage")
    assert group.endswith("🔁 Sempat terjadi lalu pulih: 1 outage")


def test_without_a_channel_what_is_over_is_done_with(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt, edit=lambda text: text.replace("enabled = true", "enabled = false", 1))
    run.poll()
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    run.poll()
    run.site.farm.change(lambda: olt.restore("0/1:1"))
    run.poll()

    sql = "SELECT closed_at, settled_at FROM incident"
    assert [(run.now, run.now)] == run.site.rows(sql)
    assert [] == run.site.gateway.calls


# --- durations --------------------------------------------------------------------------------


def test_report_counts_what_came_and_went_and_was_not_told(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt, hourly=True, poll="confirm_polls = 2")
    run.poll()
    for _ in range(2):
        # Too short to be believed.
        run.site.farm.change(lambda: olt.lose("0/1:1"))
        run.poll()
        run.site.farm.change(lambda: olt.restore("0/1:1"))
        run.poll()
    # Believed, but over before anyone was told.
    run.site.gateway.fault = GatewayFault.REFUSE
    run.site.farm.change(lambda: olt.lose("0/2:1"))
    for _ in range(2):
        run.poll()
    run.site.farm.change(lambda: olt.restore("0/2:1"))
    for _ in range(2):
        run.poll()
    run.site.gateway.fault = GatewayFault.NONE
    assert [] == run.site.news()
    run.poll(55 * MINUTE)

    [report] = run.site.news()
    assert "🔁 Sempat terjadi lalu pulih, tidak dikirim: 3" in report
    run.poll(HOUR)
    [report] = run.site.news()
    assert "tidak dikirim" not in report


def test_outage_of_an_olt_and_of_an_onu_are_told_with_their_lengths(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt)
    run.poll()
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    run.poll()
    run.site.farm.set_fault(olt, Fault.REFUSE)
    for _ in range(3):
        run.poll()
    run.site.news()
    run.site.farm.set_fault(olt, Fault.NONE)
    run.site.farm.change(lambda: olt.restore("0/1:1"))
    run.poll(HOUR)
    [text] = run.site.news()

    assert "⏱️ Was Unreachable: 1h 2m" in text
    assert "⏱️ Was Offline: 1h 3m" in text
    assert text.index("Was Unreachable") < text.index("Was Offline")


def test_unreachable_is_told_after_so_many_polls_and_since_the_first(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt, poll="unreachable_polls = 3")
    run.poll()
    run.site.farm.set_fault(olt, Fault.REFUSE)
    told = [len(run.poll().events) for _ in range(5)]

    assert [0, 0, 1, 0, 0] == told
    [text] = run.site.news()
    assert "Sejak: 2027-01-15 10:02:05" in text


def test_confirm_polls_of_the_configuration_count(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt, poll="confirm_polls = 3")
    run.poll()
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    assert [0, 0, 1, 0] == [len(run.poll().events) for _ in range(4)]


# --- optics -----------------------------------------------------------------------------------


def test_what_nobody_could_measure_is_not_in_the_history(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt)
    for onu in olt.onus:
        onu.rx_power_dbm = -20.0
    run.poll(0)
    run.site.farm.set_fault(olt, Fault.CUT, "/onuOverview.asp?oltponno=0/1")
    for _ in range(4):
        run.poll(HOUR)
    first = run.now // HOUR - 4
    rows = run.optics()

    assert [(first + n, -2000) for n in range(4)] == [row[1:] for row in rows if row[0] == "0/2:1"]
    assert [] == [row for row in rows if row[0] == "0/1:1"]
    run.site.farm.set_fault(olt, Fault.NONE, "/onuOverview.asp?oltponno=0/1")
    run.poll(HOUR)
    # The hour in which it was last seen, and none of those without a look.
    assert [first] == [row[1] for row in run.optics() if row[0] == "0/1:1"]


def test_poll_after_which_an_olt_could_not_be_read_counts_as_failed_even_within_a_second(
    clocked: Callable[..., Clocked], olt: SimOlt
) -> None:
    run = clocked(olt)
    run.poll(0)
    run.site.farm.set_fault(olt, Fault.REFUSE)
    run.poll(0)

    sql = "SELECT is_ok, avg_rx_power_dbm IS NULL, onus FROM monitoring_stats"
    assert [(1, 0, 8), (0, 1, 8)] == run.site.rows(sql)


# --- a driver's bug ---------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["fetch", "read"])
def test_bug_of_a_driver_is_one_olts_failure_with_a_crash_file(
    clocked: Callable[..., Clocked], olt: SimOlt, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    from eponctl.drivers import hioso

    other = make_olt("B13", 8, seed=1, name="OLT-2")
    run = clocked(olt, other)
    run.poll()
    real = getattr(hioso, part)

    def buggy(first: Any, known: Any) -> Any:
        found = real(first, known)
        if (found.plan if part == "fetch" else found.dialect) in {"A overview", "A16"}:
            raise ZeroDivisionError("by zero")
        return found

    monkeypatch.setattr(hioso, part, buggy)
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    run.site.farm.change(lambda: other.lose("0/1/1:1"))
    result = run.poll()

    assert 1 == result.exit_code
    assert [False, True] == [one.is_ok for one in result.olts]
    assert "bug" in str(result.olts[0].error)
    assert [("OLT-2", "0/1/1:1", "down")] == run.site.history()
    crash = run.site.folder / "eponctl-crash-OLT-1.txt"
    assert 0o600 == crash.stat().st_mode & 0o777
    assert "in buggy" in crash.read_text()
    assert "admin" not in crash.read_text()
    # It is as any failed read: told after two polls, and its end is told.
    assert ["olt_unreachable"] == [event.kind for event in run.poll().events]
    monkeypatch.setattr(hioso, part, real)
    assert {"olt_recovered", "down"} == {event.kind for event in run.poll().events}


def test_bug_in_the_words_loses_no_event_and_still_tells_that_there_are_some(
    clocked: Callable[..., Clocked], olt: SimOlt, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eponctl import notify

    run = clocked(olt)
    run.poll()

    def buggy(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("by zero")

    with monkeypatch.context() as patched:
        patched.setattr(notify, "bulletin_texts", buggy)
        run.site.farm.change(lambda: olt.lose("0/1:1"))
        [incident] = run.poll().incidents

    assert [("OLT-1", "0/1:1", "down")] == run.site.history()
    listed = "`eponctl incidents` and `eponctl alerts` list them"
    assert [f"🚨 eponctl: 1 news: {listed} (#{incident.id} opened)"] == run.site.news()
    assert (run.site.folder / "eponctl-crash-messages.txt").exists()
    # It was told of all the same, and so of its end.
    run.site.farm.change(lambda: olt.restore("0/1:1"))
    run.poll()
    [text] = run.site.news()
    assert "✅ RECOVERY DETECTED:" in text
    assert f"🆔 #{incident.id}" in text


def test_bug_in_the_words_of_the_report_keeps_no_alert_back(
    clocked: Callable[..., Clocked], olt: SimOlt, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eponctl import notify

    run = clocked(olt, hourly=True)
    run.poll()

    def buggy(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(notify, "hourly", buggy)
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    run.poll(HOUR)

    [alert] = run.site.news()
    assert olt.onu("0/1:1").mac in alert
    assert "by zero" in (run.site.folder / "eponctl-crash-messages.txt").read_text()


# --- a store that fails -----------------------------------------------------------------------


def state_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_full_disk_stops_the_poll_before_anything_is_sent_and_the_next_goes_on(
    clocked: Callable[..., Clocked], olt: SimOlt, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = clocked(olt)
    run.poll()
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    [(pages,)] = run.site.rows("PRAGMA page_count")
    pragmas = store_database._PRAGMAS
    monkeypatch.setattr(store_database, "_PRAGMAS", pragmas | {"max_page_count": pages})
    # More than the last pages of the file have room for.
    for onu in olt.onus:
        onu.name = "y" * 1900
    before = state_of(run.site.database)
    with pytest.raises(StoreError, match="full") as caught:
        run.poll()

    assert "free some disk space" in caught.value.hint
    assert before == state_of(run.site.database)
    assert [] == run.site.news()
    monkeypatch.setattr(store_database, "_PRAGMAS", pragmas)
    run.poll()
    assert ("OLT-1", "0/1:1", "down") in run.site.history()
    assert 1 == len(run.site.news())


def test_database_that_another_program_holds_stops_the_poll_before_anything_is_sent(
    clocked: Callable[..., Clocked], olt: SimOlt, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = clocked(olt)
    run.poll()
    monkeypatch.setattr(store_database, "_PRAGMAS", store_database._PRAGMAS | {"busy_timeout": 50})
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    with closing(sqlite3.connect(run.site.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            run.poll()
    assert [] == run.site.news()
    assert [] == run.site.history()

    run.poll()
    assert [("OLT-1", "0/1:1", "down")] == run.site.history()
    assert 1 == len(run.site.news())


def test_old_rows_go_once_a_day(clocked: Callable[..., Clocked], olt: SimOlt) -> None:
    run = clocked(olt)
    run.poll()
    run.site.farm.change(lambda: olt.lose("0/1:1"))
    run.poll()
    run.poll(400 * 24 * HOUR)

    assert [] == run.site.history()
    assert [run.now] == [at for (at,) in run.site.rows("SELECT at FROM monitoring_stats")]
    assert 8 == len(run.site.statuses(olt))


def test_optics_of_every_onu_are_asked_for_no_more_often_than_configured(
    clocked: Callable[..., Clocked],
) -> None:
    olt = make_olt("A11", 4, name="OLT-1", pons=1)
    run = clocked(
        olt, edit=lambda text: text.replace('optics_every = "0s"', 'optics_every = "15m"')
    )
    asked = []
    for _ in range(20):
        olt.log.clear()
        run.poll()
        asked.append(sum("/system.asp" in served.path for served in olt.log))

    assert [1, *[0] * 14, 1, *[0] * 4] == asked
    # A clock that was years ahead does not put them off for years.
    run.now -= 400 * 24 * HOUR
    olt.log.clear()
    run.poll()
    assert 1 == sum("/system.asp" in served.path for served in olt.log)

"""`report --daily`, `--weekly`, `--monthly`: what a time was like, from the database."""

from __future__ import annotations

import html.parser
import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from eponctl import optics, provider
from eponctl.cli.program import program
from eponctl.incidents.records import Extent, Kind
from eponctl.model import Event, EventKind, OnuState, Priority, Reason, Signal, Status
from eponctl.provider import Health, Level, Receipt
from eponctl.store import customers, onus, silences
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat, add_stats
from eponctl.store.onus import OltBook, OnuChanges

Run = Callable[..., Result]
HOUR, DAY = 3600, 86400
JAKARTA = ZoneInfo("Asia/Jakarta")
BUDI, SITI, HOT = "02:11:22:33:44:56", "02:11:22:33:44:57", "02:11:22:33:44:58"
MIDNIGHT = int(datetime(2026, 11, 22, tzinfo=JAKARTA).timestamp())
"""The end of the day that is reported: a Saturday."""
NAME = "<b>Budi</b> & *Co*"


def mac(number: int) -> str:
    return f"02:00:00:00:00:{number:02X}"


def lost(onu: OnuState, at: int, reason: Reason, incident: str | None = None) -> Event:
    onu = onu._replace(status=Status.DOWN, reason=reason)
    return Event(EventKind.DOWN, Priority.HIGH, onu.olt_id, at, onu, "up", "down")


def back(onu: OnuState, at: int, lasted_s: int) -> Event:
    return Event(
        EventKind.RECOVERED, Priority.HIGH, onu.olt_id, at, onu, "down", "up", lasted_s=lasted_s
    )


@pytest.fixture
def call(site: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the whole program on the site, at 07:30 on the morning after the day."""
    object.__setattr__(site, "now", MIDNIGHT + 7 * HOUR + 1800)
    monkeypatch.setattr(time, "time", lambda: float(site.now))

    def run(*arguments: str) -> Result:
        line = ["-c", str(site.folder / "olts.toml"), *arguments]
        return CliRunner().invoke(
            program("report"), line, prog_name="eponctl", catch_exceptions=False
        )

    return run


def polls(site: Any, *spans: tuple[int, int], olt_id: str = "OLT-1", is_ok: bool = True) -> None:
    """Store a poll a minute in each of these times."""
    stats = [
        PollStat(at, olt_id, is_ok, 400, 4, 4, 0, None, None, None)
        for first, last in spans
        for at in range(first, last, 60)
    ]
    with open_database(site.folder / "eponctl.db", create=True):
        add_stats(stats)


@pytest.fixture
def day(call: Run, site: Any, outage: Callable[..., Any]) -> Any:
    """A day: an outage of two hours by fibre, an hour without polls, a signal that falls."""
    site.olt("OLT-1", "OLT Kediri Pusat")
    site.olt("OLT-2", "OLT Blitar")
    begin = MIDNIGHT - DAY
    old = {"since": begin - 20 * DAY}
    those = [
        site.onu(mac=mac(1), onu_id="0/1:1", rx_power_dbm=-24.1, **old),
        site.onu(mac=mac(2), onu_id="0/1:2", name="WARUNG", since=begin + 12 * HOUR),
        site.onu(
            mac=mac(3), onu_id="0/1:3", name="LEMAH", rx_power_dbm=-28.5, signal=Signal.WEAK, **old
        ),
        site.onu(
            mac=mac(4),
            onu_id="0/1:4",
            name="KOSONG",
            status=Status.DOWN,
            status_raw="Down",
            since=begin - 60 * DAY,
            outage_at=begin - 60 * DAY,
        ),
    ]
    site.polled("OLT-1", those)
    site.polled("OLT-2", [site.onu(olt_id="OLT-2", mac=mac(9), name="JAUH", **old)])
    warung = those[1]
    cut = outage(lost=1, of=8, opened_at=begin + 10 * HOUR, closed_at=begin + 12 * HOUR)
    member = cut.members[0]._replace(mac=mac(2), onu_id="0/1:2", name="WARUNG", at=cut.opened_at)
    site.incident(cut._replace(members=(member,)))
    site.happened(
        [
            lost(warung, begin + 10 * HOUR, Reason.LOS),
            back(warung, begin + 12 * HOUR, 2 * HOUR),
        ]
    )
    whole = ((begin - 2 * DAY, begin + 6 * HOUR), (begin + 7 * HOUR, site.now))
    polls(site, *whole)
    polls(site, (begin - DAY, begin + 6 * HOUR), (begin + 18 * HOUR, site.now), olt_id="OLT-2")
    polls(site, (begin + 7 * HOUR, begin + 18 * HOUR), olt_id="OLT-2", is_ok=False)
    fallen = [
        (
            mac(1),
            optics.HourRow(
                site.now // HOUR - age, None, -2410 + round(age * 15 / 24), None, None, None
            ),
        )
        for age in range(14 * 24)
    ]
    with open_database(site.folder / "eponctl.db") as database, database.atomic():
        book = onus.load(database)["OLT-1"]
        onus.save(database, [OnuChanges(OltBook(ids=book.ids), {}, hours=fallen)], site.now)
        customers.name(mac(1), NAME)
    return site


def found(call: Run, *arguments: str) -> Any:
    return json.loads(call("report", *(arguments or ("--daily",)), "--json").stdout)


# --- numbers ----------------------------------------------------------------------------------


def test_day_is_shared_out_by_olt_and_what_nobody_saw_is_no_downtime(day: Any, call: Run) -> None:
    report = found(call)
    first, second = report["olts"]

    assert ("eponctl-report/1", "daily") == (report["schema"], report["period"])
    assert ("2026-11-21T00:00:00+07:00", "2026-11-22T00:00:00+07:00") == (
        report["from"],
        report["to"],
    )
    # Three ONUs: the fourth is abandoned. Of 23 hours seen one was down for two.
    assert (3, 2 * HOUR) == (first["onus"], first["fibre_seconds"])
    assert 3 * (DAY - HOUR) - 2 * HOUR == pytest.approx(first["up_seconds"], abs=200)
    assert round(100 * 67 / 69, 2) == pytest.approx(first["availability_percent"], abs=0.02)
    assert HOUR == pytest.approx(first["not_read_seconds"], abs=61)
    # An OLT that did not answer for half a day was not down for it.
    assert 100.0 == second["availability_percent"]
    assert 12 * HOUR == pytest.approx(second["not_observed_seconds"], abs=120)


def test_worst_onu_outage_signal_and_gap_are_named(day: Any, call: Run) -> None:
    report = found(call)
    [worst], [outage] = report["worst_onus"], report["outages"]
    [falling], [weak], [gap] = report["falling_signals"], report["weak_signals"], report["gaps"]

    assert ("WARUNG", 1, 2 * HOUR) == (worst["name"], worst["drops"], worst["fibre_seconds"])
    assert ("7K3Q", 2 * HOUR, False) == (outage["id"], outage["seconds"], outage["planned"])
    assert (mac(1), NAME) == (falling["mac"], falling["customer"])
    assert -0.15 == falling["db_per_day"]
    assert 19.3 == pytest.approx(falling["days_to_limit"], abs=0.5)
    assert ("LEMAH", -28.5) == (weak["name"], weak["rx_power_dbm"])
    assert ["KOSONG"] == [one["name"] for one in report["abandoned"]]
    assert HOUR == pytest.approx(gap["seconds"], abs=61)


def test_maintenance_is_apart_from_downtime(day: Any, call: Run) -> None:
    with open_database(day.folder / "eponctl.db"):
        silences.add("OLT-1:0/1:2", MIDNIGHT - DAY + 10 * HOUR, MIDNIGHT - DAY + 11 * HOUR)
    report = found(call)

    assert HOUR == report["olts"][0]["maintenance_seconds"]
    assert HOUR == report["olts"][0]["fibre_seconds"]
    assert report["outages"][0]["planned"]


def test_onus_that_came_and_went_are_counted_by_drops(day: Any, call: Run, outage: Any) -> None:
    begin = MIDNIGHT - DAY + 15 * HOUR
    flaps = outage(lost=1, of=8, opened_at=begin, closed_at=begin + HOUR)
    member = flaps.members[0]._replace(mac=mac(2), at=begin, ended_at=begin + HOUR)
    changes = {"id": "9FLP", "kind": Kind.FLAPPING, "extent": Extent.SINGLE, "verdict": None}
    day.incident(flaps._replace(members=(member,), **changes))
    warung = day.onu(mac=mac(2), onu_id="0/1:2", name="WARUNG")
    day.happened(
        [
            event
            for n in range(4)
            for event in (
                lost(warung, begin + n * 600, Reason.LOS),
                back(warung, begin + n * 600 + 60, 60),
            )
        ]
    )

    assert [("WARUNG", 5)] == [(one["name"], one["drops"]) for one in found(call)["flapping"]]


def test_week_and_month_are_the_last_that_are_over(day: Any, call: Run) -> None:
    weekly = call("report", "--weekly")

    assert 1 == weekly.exit_code
    assert "nothing was polled yet in the time of this report, 2026-11-09 to 2026-11-15" in (
        weekly.stderr
    )
    polls(day, (MIDNIGHT - 60 * DAY, MIDNIGHT - 60 * DAY + HOUR))
    monthly = found(call, "--monthly")
    assert ("2026-10-01T00:00:00+07:00", "2026-11-01T00:00:00+07:00") == (
        monthly["from"],
        monthly["to"],
    )


# --- where it goes ----------------------------------------------------------------------------


def test_page_in_a_pipe_has_plain_columns_and_everything(day: Any, call: Run) -> None:
    text = call("report", "--daily").stdout

    assert text.startswith("Daily report, 2026-11-21\n")
    assert "#7K3Q  single outage" in text
    assert "about 19 days" in text
    assert "CLIENT-001 (<b>Budi</b> & *Co*)" in text
    assert "\x1b" not in text


class Page(html.parser.HTMLParser):
    """What a page has: its elements, and what they would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "data"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_html_is_one_page_that_runs_and_loads_nothing(day: Any, call: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    ended = call("report", "--daily", "-o", str(path))
    text = path.read_text("utf-8")
    page = Page(text)

    assert (0, "") == (ended.exit_code, ended.stdout)
    assert [] == page.loads
    assert not {"script", "link", "img", "iframe", "b"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert f"CLIENT-001 ({NAME})" in page.words
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert [path.name] == [one.name for one in tmp_path.glob("*report*")]


def test_other_file_holds_the_page_as_text(day: Any, call: Run, tmp_path: Path) -> None:
    call("report", "--daily", "-o", str(tmp_path / "report.txt"))

    assert call("report", "--daily").stdout == (tmp_path / "report.txt").read_text("utf-8")


@pytest.mark.parametrize(
    "line", [("--daily", "--weekly"), ("--hourly", "-o", "x.html"), ()], ids=["two", "page", "none"]
)
def test_line_that_makes_no_sense_is_refused(day: Any, call: Run, line: tuple[str, ...]) -> None:
    ended = call("report", *line)

    assert (2, "") == (ended.exit_code, ended.stdout)
    assert "--hourly" in ended.stderr


class Gateway:
    """Takes everything, with a pause between two messages to one recipient."""

    max_chars, max_bytes, read_timeout_s, pause_s = 4000, 60_000, 1.0, 600.0

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, to: str, text: str, limits: Any) -> Receipt:
        self.texts.append(text)
        return Receipt(Level.SENT)

    def health(self, limits: Any) -> Health:
        return Health.UNKNOWN


def test_parts_that_wait_for_their_turn_follow_and_are_not_missing(
    day: Any, call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    day.configure('[whatsapp]\nprovider = "console"\nrecipients = ["6281200000001"]')
    for number in range(200):
        day.olt(f"OLT-LONG-NAME-{number:03}", f"OLT dengan nama yang panjang {number}")
    gateway = Gateway()
    monkeypatch.setattr(provider, "load", lambda *_: gateway)
    ended = call("report", "--daily", "--send")

    assert 0 == ended.exit_code
    assert 1 == len(gateway.texts)
    assert gateway.texts[0].startswith("📋 DAILY STATUS REPORT 📋")
    assert "report: 1 sent, 3 follow with the next poll (recipients: 1)" in ended.stderr

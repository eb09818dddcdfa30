"""The daily report comes by itself: once a day, at its time, or as soon after it as can be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from eponctl import duereports, reporting
from eponctl.settings import Config, OltSettings, ReportSettings, WhatsAppSettings
from eponctl.store import olts, outbox
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat

JAKARTA, BERLIN = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Berlin")
SEVEN, HALF_PAST_TWO = 420, 150


def config(folder: Path, zone: ZoneInfo = JAKARTA, **report: Any) -> Config:
    settings = ReportSettings(**({"hourly": False, "daily_minute": SEVEN} | report))
    return Config(
        folder / "olts.toml",
        folder / "eponctl.db",
        zone,
        report=settings,
        whatsapp=WhatsAppSettings(enabled=True, recipients=("6281200000001",)),
        olts=(OltSettings("OLT-1", "OLT Satu", "http://127.0.0.1:9", "admin", None),),
    )


def at(text: str, zone: ZoneInfo = JAKARTA) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def sent(settings: Config, polls: Iterable[int]) -> list[str]:
    """When a daily report was queued, and on which day, given polls at these times."""
    found = []
    with open_database(settings.database, create=True) as database:
        for now in polls:
            with database.atomic("IMMEDIATE"):
                olts.add_stats([PollStat(now, "OLT-1", True, 1, 0, 0, 0, None, None, None)])
                newest = outbox.last_id()
                duereports.queue_hourly(settings, {}, now)
                duereports.queue_daily(database, settings, now)
                texts = outbox.texts_after(newest)
            when = datetime.fromtimestamp(now, settings.timezone)
            for text in texts:
                [days] = [line for line in text.split("\n") if line.startswith("📅")]
                found.append(f"{when:%d %H:%M} on {days[-2:]}")
    return found


def test_daily_report_comes_once_a_day_with_the_first_poll_at_its_time(tmp_path: Path) -> None:
    begin = at("2026-11-20T12:00:30")
    polls = range(begin, begin + 3 * 86400, 300)

    expected = ["21 07:00 on 20", "22 07:00 on 21", "23 07:00 on 22"]
    assert expected == sent(config(tmp_path), polls)


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        (("2026-11-21T06:00", "2026-11-21T09:30"), ["21 09:30 on 20", "22 07:00 on 21"]),
        # It was due when nobody polled: it comes late, and the next one in time.
        (("2026-11-21T06:00", "2026-11-22T05:00"), ["22 05:00 on 20", "22 07:00 on 21"]),
        (("2026-11-20T13:00", "2026-11-22T09:00"), ["22 09:00 on 21"]),
    ],
)
def test_daily_report_after_an_outage_of_the_polls(
    tmp_path: Path, away: tuple[str, str], expected: list[str]
) -> None:
    begin, (gone, back) = at("2026-11-20T12:00"), map(at, away)
    polls = [one for one in range(begin, begin + 2 * 86400, 300) if not gone <= one < back]

    assert expected == sent(config(tmp_path), polls)


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
@pytest.mark.parametrize("minute", [HALF_PAST_TWO, SEVEN])
def test_daily_report_comes_once_each_day_right_across_a_clock_change(
    tmp_path: Path, day: str, minute: int
) -> None:
    begin = at(f"{day}T12:00", BERLIN)
    settings = config(tmp_path, BERLIN, daily_minute=minute)
    found = sent(settings, range(begin, begin + 3 * 86400 - 3 * 3600, 600))

    first = int(day[-2:])
    assert [f"on {first + n}" for n in range(3)] == [one[-5:] for one in found]


def test_daily_report_that_was_just_configured_begins_with_the_next(tmp_path: Path) -> None:
    off, on = config(tmp_path, daily_minute=None), config(tmp_path)
    begin = at("2026-11-20T00:00")

    assert [] == sent(off, range(begin, begin + 86400, 600))
    later = range(begin + 86400 + 10 * 3600, begin + 3 * 86400, 600)
    assert ["22 07:00 on 21"] == sent(on, later)


def test_clock_that_is_set_back_repeats_no_report(tmp_path: Path) -> None:
    settings, begin = config(tmp_path), at("2026-11-20T12:00")
    sent(settings, range(begin, begin + 86400, 600))

    assert [] == sent(settings, range(begin - 3600, begin + 6 * 3600, 600))


def test_nothing_is_read_for_a_report_that_is_not_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def report(database: Any, settings: Any, period: Any, now: int) -> None:
        asked.append(now)

    monkeypatch.setattr(reporting, "report", report)
    begin = at("2026-11-20T12:00")
    sent(config(tmp_path), range(begin, begin + 86400, 600))

    assert [at("2026-11-21T07:00")] == asked


def test_bug_in_a_report_loses_nothing_of_the_poll_and_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def buggy(database: Any, settings: Any, period: Any, now: int) -> None:
        asked.append(now)
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(reporting, "report", buggy)
    begin = at("2026-11-20T12:00")

    assert [] == sent(config(tmp_path), range(begin, begin + 86400, 600))
    assert 1 == len(asked)
    assert "by zero" in (tmp_path / "eponctl-crash-messages.txt").read_text("utf-8")

"""What the daily, weekly and monthly report say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from eponctl.incidents.records import Cause, Confidence, Extent, Incident, Kind, Member
from eponctl.messages import LIMIT, periodic_report, units
from eponctl.periods import Every, period_before
from eponctl.reports import (
    Abandoned,
    Falling,
    Flapper,
    Gap,
    OltTime,
    OnuTime,
    Outage,
    Report,
    Shares,
    Weak,
    Who,
)
from eponctl.trends import Fall

HOUR, DAY = 3600, 86400
ONE, TWO = "OLT-KEDIRI-01", "OLT-KEDIRI-02"
BUDI = Who(ONE, "0/1:3", "02:11:22:33:44:03", "CLIENT-003", "Budi Santoso")
WARUNG = Who(TWO, "0/2:7", "02:11:22:33:44:07", "WARUNG-SITI", None)
NAMELESS = Who(TWO, "0/2:8", "02:11:22:33:44:08", None, None)
HOSTILE = Who(ONE, "0/1:9", "02:11:22:33:44:09", "*A*\n{b|c}", "_x_")


def shares(days: float, **down: int) -> Shares:
    return Shares(up_s=round(days * DAY) - sum(down.values()), **down)


def falling(slope_db: float, level_dbm: float, days: float | None, who: Who = BUDI) -> Falling:
    return Falling(who, Fall(slope_db, level_dbm, -slope_db * 13, 0.95, 0.05, 0.05), days)


@pytest.fixture
def made(
    now: int, zone: ZoneInfo, incident: Callable[..., Incident], member: Callable[..., Member]
) -> Callable[..., Report]:
    """Make the report of a bad time."""

    def outage(
        *members: Member,
        cause: Cause,
        confidence: Confidence = Confidence.HIGH,
        who: Who | None = None,
        is_planned: bool = False,
        lasted_s: int = 2 * HOUR,
        **changes: Any,
    ) -> Outage:
        one = incident(*members, opened_at=now - 20 * HOUR, **changes)
        return Outage(one, who, cause, confidence, lasted_s, is_planned)

    def make(every: Every = Every.DAILY, **changes: Any) -> Report:
        from datetime import date

        cut = [member(place) for place in range(1, 65)]
        power = [member(n, f"0/{n % 4 + 1}", olt_id=olt) for n in range(40) for olt in (ONE, TWO)]
        whole = [member(n, f"0/{n % 4 + 1}") for n in range(12)]
        period = period_before(every, date(2024, 12, 20), zone)
        values: dict[str, Any] = {
            "period": period,
            "made_at": now,
            "onus": 150,
            "shares": shares(150, fibre_s=300_000, power_s=90_000, other_s=1_000),
            "olts": (
                OltTime(ONE, "OLT Kediri Pusat", 64, shares(64, fibre_s=300_000), 0, 4),
                OltTime(TWO, "OLT Kediri Timur", 50, shares(50, power_s=90_000), 1200, 2),
                OltTime("OLT-3", "OLT Baru", 36, shares(36), 0, 0),
                OltTime("OLT-4", "OLT Diam", 0, Shares(unseen_s=DAY, maintenance_s=60), DAY, 0),
            ),
            "worst": (
                OnuTime(BUDI, shares(1, fibre_s=5 * HOUR), 3),
                OnuTime(WARUNG, shares(1, power_s=2 * HOUR), 1),
                OnuTime(NAMELESS, shares(1, other_s=60), 0),
            ),
            "outages": (
                outage(*cut, cause=Cause.FIBRE_FEEDER, id="7K3Q", closed_at=now),
                outage(*power, cause=Cause.POWER_AREA, id="8LMN", extent=Extent.AREA),
                outage(
                    *whole,
                    cause=Cause.UNKNOWN,
                    confidence=Confidence.LOW,
                    id="9PQR",
                    extent=Extent.WHOLE_OLT,
                    closed_at=now,
                ),
                outage(
                    id="A2B3",
                    kind=Kind.OLT,
                    olt_ids=(TWO,),
                    cause=Cause.UNKNOWN,
                    extent=Extent.OLT_UNREACHABLE,
                    closed_at=now,
                ),
                outage(
                    member(3),
                    cause=Cause.POWER_LOCAL,
                    confidence=Confidence.LOW,
                    id="C4D5",
                    who=BUDI,
                    closed_at=now,
                    lasted_s=315,
                ),
                outage(
                    *cut[:9],
                    cause=Cause.FIBRE_BRANCH,
                    id="E6F7",
                    is_planned=True,
                    closed_at=now,
                ),
            ),
            "falling": (
                falling(-0.15, -24.1, 19.3),
                falling(-0.4, -26.7, 0.4, WARUNG),
                falling(-0.05, -20.0, None, NAMELESS),
            ),
            "weak": (Weak(HOSTILE, -28.86, is_overload=False), Weak(BUDI, -6.0, is_overload=True)),
            "flappers": (Flapper(WARUNG, 23),),
            "abandoned": (Abandoned(BUDI, now - 40 * DAY),),
            "gaps": (Gap(now - 26 * HOUR, now - 25 * HOUR), Gap(now - 12 * HOUR, now - 11 * HOUR)),
            "limit_dbm": -27.0,
        }
        return Report(**(values | changes))

    return make


@pytest.fixture
def texts(zone: ZoneInfo) -> Callable[..., list[str]]:
    def make(report: Report, language: str = "id", limit: int = LIMIT) -> list[str]:
        return periodic_report(report, zone=zone, language=language, limit=limit)

    return make


QUIET: dict[str, Any] = {
    "shares": shares(150),
    "worst": (),
    "outages": (),
    "falling": (),
    "weak": (),
    "flappers": (),
    "abandoned": (),
    "gaps": (),
}


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("every", list(Every))
def test_report_of_a_bad_time(
    made: Any, texts: Any, golden: Callable[[str], str], language: str, every: Every
) -> None:
    assert golden(f"{every}-{language}") == "\n8<\n".join(texts(made(every), language))


@pytest.mark.parametrize("language", ["id", "en"])
def test_report_of_a_day_without_trouble(
    made: Any, texts: Any, golden: Callable[[str], str], language: str
) -> None:
    assert [golden(f"daily-quiet-{language}")] == texts(made(**QUIET), language)


def test_day_that_nobody_saw_is_not_told_as_one_without_trouble(
    made: Any, texts: Any, now: int
) -> None:
    gaps = (Gap(now - 30 * HOUR, now - 6 * HOUR),)
    [text] = texts(made(**(QUIET | {"shares": Shares(unseen_s=DAY), "gaps": gaps})))

    assert "⚡ Network Availability: -\n" in text
    assert "⚠️ Tanpa data: 1d\n" in text
    assert "✅ Tidak ada gangguan yang teramati" in text


def test_abandoned_onus_are_a_matter_of_the_monthly_report(made: Any, texts: Any) -> None:
    found = {every: "🗑️" in "".join(texts(made(every))) for every in Every}

    assert {Every.DAILY: False, Every.WEEKLY: False, Every.MONTHLY: True} == found


def test_what_is_left_out_is_counted_with_the_command_that_lists_it(made: Any, texts: Any) -> None:
    many = tuple(Flapper(WARUNG._replace(onu_id=f"0/1:{n}"), 9) for n in range(1, 65))
    text = "".join(texts(made(Every.WEEKLY, flappers=many)))

    assert 10 == text.count(": 9x putus")
    assert "… dan 54 lagi: eponctl report --weekly" in text


def test_long_report_is_split_between_lines(made: Any, texts: Any) -> None:
    olts = tuple(OltTime(f"OLT-{n}", f"OLT nomor {n}", 8, shares(8), 0, 0) for n in range(300))
    parts = texts(made(olts=olts))

    assert len(parts) > 2
    assert all(units(part) <= LIMIT for part in parts)
    lines = [line for part in parts for line in part.split("\n") if "OLT nomor" in line]
    assert [f"🟢 {olt.name}: 100.00% | 📡8" for olt in olts] == lines


def test_device_text_can_forge_no_line_and_no_format(made: Any, texts: Any) -> None:
    text = "".join(texts(made(weak=(Weak(HOSTILE, -28.0, is_overload=False),))))

    assert "*A*" not in text
    assert "{b|c}" not in text
    assert "\n{b" not in text


def test_report_of_one_olt_does_not_name_it_in_each_line(made: Any, texts: Any) -> None:
    report = made()
    text = "".join(texts(report._replace(olts=report.olts[:1])))

    assert "🔻 CLIENT-003 (Budi Santoso) · 0/1:3: 79.17% | offline 5h | 3x putus" in text

"""What the hourly report says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import pytest

from eponctl.messages import LIMIT, Averages, Limits, hourly_report, units
from eponctl.model import OltSummary

MakeOlt = Callable[..., OltSummary]
Golden = Callable[[str], str]
Report = Callable[..., list[str]]


@pytest.fixture(scope="session")
def report(zone: ZoneInfo, limits: Limits) -> Report:
    """Make the report of some OLTs at the original's example time."""

    def made(olts: Sequence[OltSummary], language: str = "id", **others: object) -> list[str]:
        return hourly_report(
            olts,
            now=1734667200,
            zone=zone,
            language=language,
            limits=limits,
            **others,  # type: ignore[arg-type]
        )

    return made


def test_the_originals_report_to_the_letter(olt: MakeOlt, golden: Golden, report: Report) -> None:
    """The example has green OLTs with ONUs missing; all five problems are told of the third."""
    olts = [
        olt(name="OLT Kediri Pusat", problem_onus=0),
        olt(
            name="OLT Kediri Timur",
            online=49,
            problem_onus=0,
            avg_temperature_c=38.0,
            avg_rx_power_dbm=-20.0,
        ),
        olt(
            name="OLT Kediri Barat",
            problem_onus=5,
            avg_temperature_c=66.0,
            avg_rx_power_dbm=-28.0,
        ),
    ]

    assert report(olts, averages=Averages(48.67, -23.33)) == [golden("original-report")]


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_case_of_a_line(
    olt: MakeOlt, golden: Golden, report: Report, now: int, language: str
) -> None:
    olts = [
        olt(name="OLT All Well", online=50, problem_onus=0),
        olt(name="OLT Problem", online=49, problem_onus=1),
        olt(name="OLT Hot", online=50, problem_onus=0, avg_temperature_c=65.0),
        olt(name="OLT Weak", online=50, problem_onus=0, avg_rx_power_dbm=-27.04),
        olt(name="OLT Low", olt_id="LOW", online=39, problem_onus=11),
        olt(name="OLT At The Limit", online=40, problem_onus=10),
        olt(name="OLT Disabled", online=40, disabled=10, problem_onus=0),
        olt(name="OLT Silent", unreachable_since=now),
        olt(name="OLT No Optics", avg_temperature_c=None, avg_rx_power_dbm=None, problem_onus=0),
        olt(name="OLT New", onus=0, online=0, problem_onus=0, avg_temperature_c=None),
        olt(name="*OLT*\n{a|b}", online=50, problem_onus=0),
    ]

    texts = report(olts, language, low_since={"LOW": now})

    assert texts == [golden(f"report-{language}")]


def test_averages_are_over_onus_not_over_olts(olt: MakeOlt, report: Report) -> None:
    olts = [
        olt(online=30, avg_temperature_c=40.0),
        olt(online=10, avg_temperature_c=60.0),
        olt(online=50, avg_temperature_c=None),
        olt(online=50, avg_temperature_c=99.0, unreachable_since=1),
    ]

    assert "🌡️ Avg Temperature: 45.0°C" in report(olts)[0]


def test_a_network_without_values_leaves_them_out(report: Report) -> None:
    (text,) = report([])

    assert "🟢 Online: 0\n" in text
    assert "Avg" not in text
    assert text.endswith("⚡ Network Uptime: -")


def test_one_onu_missing_of_many_is_not_all(olt: MakeOlt, report: Report) -> None:
    (text,) = report([olt(onus=10_000, online=9_999, problem_onus=1)])

    assert "(99.9%)" in text
    assert "100.0" not in text


def test_many_hundred_olts_are_split_between_lines(olt: MakeOlt, report: Report) -> None:
    olts = [olt(name=f"OLT Kediri {number:03}") for number in range(600)]

    texts = report(olts)

    lines = [line for text in texts for line in text.split("\n") if "OLT Kediri" in line]
    assert [line.split(":")[0] for line in lines] == [f"🟡 {entry.name}" for entry in olts]
    assert all(units(text) <= LIMIT for text in texts)
    assert texts[1].startswith("⏰ Report Time: 2024-12-20 11:00:00\n\n🟡 OLT Kediri")
    assert texts[-1].split("\n")[-3] == "⚡ Network Uptime: 96.0%"
    assert texts[-1].endswith(f"\n\n({len(texts)}/{len(texts)})")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("id", "🔁 Sempat terjadi lalu pulih, tidak dikirim: 3"),
        ("en", "🔁 Came and went, not alerted: 3"),
    ],
)
def test_what_came_and_went_is_counted_at_the_end(
    olt: MakeOlt, report: Report, language: str, line: str
) -> None:
    (text,) = report([olt()], language, passed=3)

    assert [f"{text}\n{line}" for text in report([olt()], language)] == [text]

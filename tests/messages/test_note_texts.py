"""Messages about messages."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from eponctl.messages import LIMIT, Backlog, Section, backlog_summary, notes, pack, units
from eponctl.messages.notes import repeat_marked
from eponctl.messages.split import Group
from eponctl.model import EventKind

Golden = Callable[[str], str]


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_backlog_becomes_one_message(
    golden: Golden, now: int, zone: ZoneInfo, language: str
) -> None:
    backlog = Backlog(
        count=12,
        first_at=now - 30_000,
        last_at=now - 600,
        kinds={EventKind.RECOVERED: 4, EventKind.DOWN: 20, EventKind.LOOP: 0},
        names=["*VIP*", "CLIENT-000", *(f"CLIENT-{place:03}" for place in range(22)), "\n"],
        reports=2,
        olts=["OLT-KEDIRI-01", "OLT-KEDIRI-01"],
        incidents=["7K3Q", "M2XA", "7K3Q"],
    )

    text = backlog_summary(backlog, now=now, zone=zone, language=language)

    assert text == golden(f"backlog-{language}")


def test_the_longest_backlog_is_one_message(now: int, zone: ZoneInfo) -> None:
    backlog = Backlog(
        count=10**9,
        first_at=0,
        last_at=now,
        kinds=dict.fromkeys(EventKind, 10**9),
        names=[f"{place}{'😀' * 400}" for place in range(10_000)],
        reports=10**9,
        olts=[f"{place}{'X' * 60}" for place in range(1000)],
        incidents=[f"{place:04}" for place in range(9999)],
    )

    text = backlog_summary(backlog, now=now, zone=zone, language="id")

    assert units(text) <= LIMIT - 40
    assert "… dan 9980 ONU lain" in text


def test_a_backlog_of_reports_alone_names_nobody(now: int, zone: ZoneInfo) -> None:
    backlog = Backlog(count=3, first_at=0, last_at=now, kinds={}, names=(), reports=3)

    text = backlog_summary(backlog, now=now, zone=zone, language="en")

    assert "Events" not in text
    assert "ONU:" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("language", "is_unsure", "line"),
    [
        ("en", False, "📭 1 message undelivered, 1 report among them"),
        ("en", True, "📭 1 message perhaps undelivered, 1 report among them"),
        ("id", False, "📭 1 pesan tidak terkirim, termasuk 1 laporan"),
        ("id", True, "📭 1 pesan mungkin tidak terkirim, termasuk 1 laporan"),
    ],
)
def test_what_was_perhaps_delivered_is_not_called_undelivered(
    now: int, zone: ZoneInfo, language: str, is_unsure: bool, line: str
) -> None:
    backlog = Backlog(1, 0, now, {}, (), reports=1, is_unsure=is_unsure)
    text = backlog_summary(backlog, now=now, zone=zone, language=language)
    assert line in text.splitlines()


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("🚨 ALERT", "🚨 ALERT\n(mungkin terulang)"),
        ("🚨 ALERT\n\n(1/2)", "🚨 ALERT\n(mungkin terulang)\n\n(1/2)"),
        ("🚨 ALERT (1/2)", "🚨 ALERT (1/2)\n(mungkin terulang)"),
    ],
)
def test_a_possible_repeat_is_marked_once_before_the_counter(text: str, marked: str) -> None:
    assert repeat_marked(text, "id") == marked
    assert repeat_marked(marked, "id") == marked


def test_the_mark_is_in_the_texts_language() -> None:
    assert repeat_marked("ALERT", "en") == "ALERT\n(possible repeat)"


def test_a_full_part_still_has_room_for_the_mark() -> None:
    parts = pack("HEAD", [Section("", (Group("", tuple("x" * size for size in range(1, 300))),))])

    for part in parts:
        marked = repeat_marked(part, "id")
        assert units(marked) <= LIMIT
        assert marked.replace("\n(mungkin terulang)", "") == part


def test_a_foreign_text_is_cut_to_make_room_for_the_mark() -> None:
    marked = repeat_marked("😀" * 2000 + "\n\n(3/3)", "id")

    assert units(marked) <= LIMIT
    assert marked.endswith("😀…\n(mungkin terulang)\n\n(3/3)")


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_test_message_says_so(golden: Golden, now: int, zone: ZoneInfo, language: str) -> None:
    text = notes.test_message(now=now, zone=zone, language=language, olts=3)

    assert text == golden(f"test-{language}")

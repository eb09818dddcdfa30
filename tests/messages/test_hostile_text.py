"""Device text on a phone: an independent reading of the formatting rules, and names meant to harm.

The rules are those of field/whatsapp-gateways.md, section 11, read the strict way: any two marks
that could be an opening and a closing one count, whatever lies between.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eponctl.messages import LIMIT, Backlog, Limits, OltNews, alert, backlog_summary, neutral, units
from eponctl.messages.split import RESERVE
from eponctl.model import Event, EventKind, OltSummary, OnuState

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
MARKS = frozenset("*_~`")
PROBLEMS = ("DOWN", "PWRDOWN", "LOOP", "UNKNOWN", "WEAK SIGNAL", "OVERLOAD", "HIGH TEMPERATURE")
OLT_KINDS = {EventKind.OLT_UNREACHABLE, EventKind.OLT_RECOVERED}

HOSTILE = [
    "*VIP*",
    "_a_ ~b~ `c` ```d```",
    "[red]x[/red]",
    "=1+1",
    "O'Brien",
    "<script>",
    "\x1b[31mred",
    "{a|b}",
    "Jl. Kediri, No. 5 (blok B)",
    "a//b",
    "{{ 7*7 }}",
    "{% raw %}",
    "N" * 400,
    "😀" * 400,
    "budi\ufffd\ufffd",
    "A\r\n🔴 FORGED\n   🚨 Status: Up",
    "\u202eevil\u202c\u200b\u2067",
    "- a",
    "> a",
    "1. a",
    "*",
    "-",
    "a*" * 40,
    "\u1fef\u1fefx\u1fef",
    "\ud800",
    "@6281234567890",
    "http://evil.example/x",
    "PSB_BUDI_RT03",
    "",
    " \t ",
]
NAMES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="*_~`ab1 ->.{}|@:/\n\u200b\x1b[é😀", max_size=90),
    st.text(max_size=90),
)


def formatted(text: str) -> list[tuple[int, int]]:
    """Return where a phone would format: spans by mark, `(at, at)` for a list or quote prefix."""
    found: list[tuple[int, int]] = []
    if re.search(r"```.*?```", text, re.DOTALL):
        found.append((text.index("```"), text.rindex("```")))
    offset = 0
    for line in text.split("\n"):
        if re.match(r"[-*>] |\d+\. ", line):
            found.append((offset, offset))
        found += [(offset + start, offset + end) for start, end in _spans(line)]
        offset += len(line) + 1
    return found


def _spans(line: str) -> list[tuple[int, int]]:
    return [
        (start, end)
        for start, mark in enumerate(line)
        if mark in MARKS and _opens(line, start)
        for end in range(start + 2, len(line))
        if line[end] == mark and _closes(line, end)
    ]


def _opens(line: str, at: int) -> bool:
    return at == 0 or line[at - 1].isspace() or line[at - 1] == ">" or line[at - 1] in MARKS


def _closes(line: str, at: int) -> bool:
    return at + 1 == len(line) or line[at + 1] not in LETTERS


def test_the_rules_find_what_a_phone_formats() -> None:
    assert formatted("a *b* c") == [(2, 4)]
    assert formatted("PSB_BUDI_RT03") == []
    assert formatted("x\n- a") == [(2, 2)]
    assert formatted("*_a_*")
    assert formatted("```a\nb```")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("*VIP*", "∗VIP∗"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("=1+1", "=1+1"),
        ("O'Brien", "O'Brien"),
        ("<script>", "<script>"),
        ("\x1b[31mred", "red"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07red", "red"),
        ("\x1bred", "red"),
        ("{a|b}", "(a¦b)"),
        ("Jl. Kediri, No. 5 (blok B)", "Jl. Kediri, No. 5 (blok B)"),
        ("a//b", "a//b"),
        ("{{ 7*7 }}", "(( 7*7 ))"),
        ("PSB_BUDI_RT03", "PSB_BUDI_RT03"),
        ("_PSB__BUDI_", "＿PSB＿＿BUDI＿"),
        ("é*a", "é∗a"),
        ("`x`", "ˋxˋ"),
        ("\u1fefx", "ˋx"),
        ("a\r\n\tb\u2028c\x85d", "a b c d"),
        ("\u202ea\u200b\u2060b\ufeff\u00ad", "ab"),
        ("e\u0301", "é"),
        ("a \u3000\xa0 b", "a b"),
        ("@628 @x", "@ 628 @x"),
        ("http://x", "http: //x"),
        (":\u200b//", ": //"),
        ("budi\ufffd", "budi\ufffd"),
        ("bu\udcffdi", "bu\ufffddi"),
        ("- a", "– a"),
        ("> a", "› a"),
        ("12. a", "12․ a"),
        ("-", "–"),
        ("-5", "-5"),
        ("1.5", "1.5"),
        ("\n", ""),
        ("x" * 400, "x" * 59 + "…"),
        ("😀" * 400, "😀" * 29 + "…"),
        ("x" * 58 + "*y", "x" * 58 + "*y"),
        ("x" * 58 + "*yz", "x" * 58 + "∗…"),
    ],
)
def test_what_a_name_becomes(name: str, shown: str) -> None:
    assert neutral(name) == shown


@given(NAMES)
@example("a*" * 40)
@settings(max_examples=500, deadline=None)
def test_no_name_formats_anything_in_any_frame(name: str) -> None:
    shown = neutral(name)

    assert not set(shown) & set("{}|`\n\r\t")
    assert "://" not in shown
    for plain in (f"Halo {shown} ok", f"   📍 PON: {shown}", f"{shown} is down", shown):
        assert formatted(plain) == []
    # Inside a frame's own marks nothing but those may format, nor may they end early.
    whole = [(0, len(shown) + 1)] if shown else []
    assert formatted(f"*{shown}*") == whole
    assert formatted(f"_{shown}_") == whole
    assert formatted(f"- {shown} ok") == [(0, 0)]


@given(NAMES, st.integers(8, 80))
@settings(deadline=None)
def test_a_neutral_text_is_short_visible_and_stays_as_it_is(name: str, limit: int) -> None:
    shown = neutral(name, limit)

    assert units(shown) <= limit
    assert shown == shown.strip()
    assert "  " not in shown
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in shown)
    assert shown == unicodedata.normalize("NFC", shown)
    assert neutral(shown, limit) == shown
    shown.encode()


Tell = Callable[[EventKind, Sequence[str], int], list[str]]


@pytest.fixture(scope="session")
def tell(
    onu: Callable[..., OnuState],
    event: Callable[..., Event],
    olt: Callable[..., OltSummary],
    zone: ZoneInfo,
    limits: Limits,
) -> Tell:
    """Make the alert of as many events of a kind as wanted, with six texts where a device's go."""

    def made(kind: EventKind, texts: Sequence[str], count: int) -> list[str]:
        name, place, status_raw, reason_raw, before, after = texts
        client = onu(
            name=name,
            onu_id=f"{place}0/1:{place}",
            mac=place,
            status_raw=status_raw,
            reason=None,
            reason_raw=reason_raw,
        )
        news = event(
            kind,
            None if kind in OLT_KINDS else client,
            before=before,
            after=after,
            before_text=status_raw,
            detail=reason_raw,
            lasted_s=10**9,
        )
        problems = dict.fromkeys(PROBLEMS, 10**6)
        return alert(
            [OltNews(olt(name=name, problems=problems), (news,) * count)],
            now=news.at,
            zone=zone,
            language="id",
            olts=500,
            limits=limits,
        )

    return made


@given(
    kind=st.sampled_from(EventKind),
    texts=st.lists(NAMES, min_size=6, max_size=6),
    count=st.sampled_from([1, 3]),
)
@settings(deadline=None)
def test_no_device_text_formats_or_forges_anything_in_an_alert(
    tell: Tell, kind: EventKind, texts: list[str], count: int
) -> None:
    (text,) = tell(kind, texts, count)
    (harmless,) = tell(kind, ["a"] * 6, count)

    assert formatted(text) == []
    assert not set(text) & set("{}|")
    # Every line begins as one of ours does, and there are no more of them.
    signs = {line.strip().split(" ")[0] for line in harmless.split("\n")}
    assert {line.strip().split(" ")[0] for line in text.split("\n")} <= signs
    assert text.count("\n") <= harmless.count("\n")


@given(
    kind=st.sampled_from(sorted(set(EventKind) - OLT_KINDS)),
    text=st.sampled_from(["😀" * 400, "N" * 400, "_" * 400, "字" * 400]),
    count=st.integers(1, 64),
)
@settings(deadline=None)
def test_no_crowd_is_ever_longer_than_a_message(
    tell: Tell, kind: EventKind, text: str, count: int
) -> None:
    """Worst texts everywhere: with all heads before it, a crowd is still one message."""
    texts = tell(kind, [text] * 6, count)

    assert len(texts) == 1
    assert units(texts[0]) <= LIMIT - RESERVE


def test_hostile_names_in_a_backlog(now: int, zone: ZoneInfo) -> None:
    backlog = Backlog(1, 0, now, {EventKind.DOWN: 1}, HOSTILE, 0)

    text = backlog_summary(backlog, now=now, zone=zone, language="id")

    assert formatted(text) == []
    assert "7*7" in text
    assert "FORGED" not in [line.split(" ")[-1] for line in text.split("\n")]

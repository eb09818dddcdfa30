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

from eponctl.incidents.records import (
    Cause,
    Confidence,
    Ending,
    Evidence,
    Extent,
    Incident,
    Kind,
    Member,
    Survivors,
    Verdict,
)
from eponctl.messages import (
    LANGUAGES,
    LIMIT,
    Backlog,
    Limits,
    backlog_summary,
    bulletin,
    neutral,
    repeat_marked,
    units,
)
from eponctl.messages.split import RESERVE
from eponctl.model import EventKind, OltSummary, Priority, Status
from eponctl.telling.records import Bulletin, Item, Note, Stage, Told

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
MARKS = frozenset("*_~`")
PROBLEMS = ("DOWN", "PWRDOWN", "LOOP", "UNKNOWN", "WEAK SIGNAL", "OVERLOAD", "HIGH TEMPERATURE")
NOW = 1734665415
STATUSES = tuple(Status)
PRIORITIES = tuple(Priority)
ENDINGS = (None, *Ending)

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


def _olt(name: str) -> OltSummary:
    problems = dict.fromkeys(PROBLEMS, 10**6)
    return OltSummary("OLT-1", name, 64, 0, 0, 64, problems, None, None)


def _member(texts: Sequence[str], place: int, olt_id: str) -> Member:
    name, onu_id, mac, status_raw, reason_raw = texts[:5]
    ending = ENDINGS[place % len(ENDINGS)]
    return Member(
        olt_id=olt_id,
        mac=f"{mac}{place}",
        onu_id=f"{onu_id}0/{place % 3}:{place}",
        name=name,
        status=STATUSES[place % len(STATUSES)],
        status_raw=status_raw,
        priority=PRIORITIES[place % len(PRIORITIES)],
        at=NOW - 10**6 + place,
        reason_raw=reason_raw,
        distance_m=10**6,
        rx_power_dbm=-22.123456,
        temperature_c=-40.123456,
        value=-24.123456,
        usual=-20.123456 if place % 2 else None,
        ended_at=NOW if ending else None,
        ending=ending,
    )


def _incident(kind: Kind, extent: Extent, texts: Sequence[str], count: int) -> Incident:
    olts = ("OLT-1", "OLT-2", "OLT-3") if extent is Extent.AREA else ("OLT-1",)
    members = tuple(_member(texts, place, olts[place % len(olts)]) for place in range(count))
    evidence = Evidence(10**6, 10**6, 10**6, 10**6 - 1, 10**6 - 1, Survivors.UNCHANGED, True)
    verdict = Verdict(extent, Cause.FIBRE_BRANCH, Confidence.MEDIUM, evidence, (10**6, 10**6))
    return Incident(
        id="7K3Q",
        kind=kind,
        extent=extent,
        priority=Priority.CRITICAL,
        opened_at=NOW - 10**6,
        grown_at=NOW,
        members=() if kind is Kind.OLT else members,
        olt_ids=olts,
        of={member.pon: 10**6 for member in members},
        verdict=verdict if kind is Kind.OUTAGE else None,
        after=NOW - 2 * 10**6,
        closed_at=NOW,
        detail=texts[5],
    )


def _notes(texts: Sequence[str], count: int) -> tuple[Note, ...]:
    name, onu_id, mac, before, after, detail = texts
    details = (detail, "distance")
    return tuple(
        Note(place, NOW, kind, Priority.MEDIUM, "OLT-1", mac, onu_id, name, before, after, detail)
        for kind in EventKind
        for detail in details
        for place in range(count)
    )


Tell = Callable[..., list[str]]


@pytest.fixture(scope="session")
def tell(zone: ZoneInfo, limits: Limits) -> Tell:
    """Make the texts of a bulletin, with six texts where a device's go."""

    def made(
        items: Sequence[tuple[Kind, Extent, Stage]],
        texts: Sequence[str],
        count: int,
        *,
        notes: int = 1,
        is_digest: bool = False,
        language: str = "id",
        limit: int = LIMIT,
    ) -> list[str]:
        told = Told(0, 0, 1, Extent.SINGLE)
        return bulletin(
            Bulletin(
                "6281200000001",
                tuple(
                    Item(_incident(kind, extent, texts, count), how) for kind, extent, how in items
                ),
                _notes(texts, notes),
                passed=dict.fromkeys(Kind, 10**6),
                gap=(NOW - 10**7, NOW - 10**6),
                quiet=(NOW - 10**5, NOW),
                is_digest=is_digest,
            ),
            {"OLT-1": _olt(texts[0])},
            now=NOW,
            zone=zone,
            language=language,
            olts=500,
            limits=limits,
            told={"7K3Q": told},
            limit=limit,
        )

    return made


ITEMS = st.tuples(st.sampled_from(Kind), st.sampled_from(Extent), st.sampled_from(Stage))
DEVICE_TEXTS = st.lists(NAMES, min_size=6, max_size=6)


@given(
    items=st.lists(ITEMS, min_size=1, max_size=3),
    texts=DEVICE_TEXTS,
    count=st.sampled_from([1, 2, 9]),
    is_digest=st.booleans(),
    language=st.sampled_from(LANGUAGES),
)
@settings(deadline=None)
def test_no_device_text_formats_or_forges_anything_in_a_bulletin(
    tell: Tell,
    items: list[tuple[Kind, Extent, Stage]],
    texts: list[str],
    count: int,
    is_digest: bool,
    language: str,
) -> None:
    others: dict[str, object] = {"is_digest": is_digest, "language": language, "limit": 100_000}
    (text,) = tell(items, texts, count, **others)
    (harmless,) = tell(items, ["a"] * 6, count, **others)
    (bare,) = tell(items, [""] * 6, count, **others)

    assert formatted(text) == []
    assert not set(text) & set("{}|")
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in _visible(text))
    # Every line begins as one of ours does, and there are no more of them.
    signs = {line.strip().split(" ")[0] for line in (harmless + "\n" + bare).split("\n")}
    assert {line.strip().split(" ")[0] for line in text.split("\n")} <= signs
    assert text.count("\n") <= harmless.count("\n")


def _visible(text: str) -> str:
    return text.replace("\n", "")


@given(
    items=st.lists(ITEMS, max_size=40),
    texts=DEVICE_TEXTS,
    count=st.integers(1, 70),
    notes=st.integers(1, 30),
    is_digest=st.booleans(),
    limit=st.sampled_from([1500, 4000]),
)
@settings(deadline=None, max_examples=60)
def test_every_part_is_within_the_limit_and_a_digest_is_one_part(
    tell: Tell,
    items: list[tuple[Kind, Extent, Stage]],
    texts: list[str],
    count: int,
    notes: int,
    is_digest: bool,
    limit: int,
) -> None:
    parts = tell(items, texts, count, notes=notes, is_digest=is_digest, limit=limit)

    assert all(units(part) <= limit for part in parts)
    assert len(parts) == 1 or not is_digest
    if is_digest:
        assert units(repeat_marked(parts[0], "id", limit=limit)) <= limit
        assert parts[0] in repeat_marked(parts[0], "id", limit=limit)


@given(
    item=ITEMS,
    text=st.sampled_from(["😀" * 400, "N" * 400, "_" * 400, "字" * 400]),
    count=st.integers(3, 64),
)
@settings(deadline=None)
def test_no_incident_is_ever_longer_than_a_message(
    tell: Tell, item: tuple[Kind, Extent, Stage], text: str, count: int
) -> None:
    """Worst texts everywhere: with all heads before it, a block is not parted."""
    kind, extent, _ = item
    several = kind in {Kind.OUTAGE, Kind.SIGNAL, Kind.HEAT, Kind.FLAPPING}
    parts = tell([item], [text] * 6, count, notes=0)

    if kind is Kind.OLT or (several and extent is not Extent.SINGLE):
        assert len(parts) == 1
        assert units(parts[0]) <= LIMIT - RESERVE


def test_hostile_names_in_a_backlog(now: int, zone: ZoneInfo) -> None:
    backlog = Backlog(1, 0, now, {EventKind.DOWN: 1}, HOSTILE, 0)

    text = backlog_summary(backlog, now=now, zone=zone, language="id")

    assert formatted(text) == []
    assert "7*7" in text
    assert "FORGED" not in [line.split(" ")[-1] for line in text.split("\n")]

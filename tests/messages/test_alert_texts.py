"""What an alert says: the original's words, every kind, both languages, crowds, whole OLTs."""

from __future__ import annotations

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from eponctl.messages import Limits, OltNews, alert
from eponctl.model import Event, EventKind, OltSummary, OnuState, Priority, Reason, Status

OLT_KINDS = {EventKind.OLT_UNREACHABLE, EventKind.OLT_RECOVERED}
CUT = "\n8<\n"
MAX_SECONDS = 0.1

Make = Callable[..., OnuState]
MakeEvent = Callable[..., Event]
MakeOlt = Callable[..., OltSummary]
Golden = Callable[[str], str]
Tell = Callable[..., list[str]]


@pytest.fixture(scope="session")
def tell_all(now: int, zone: ZoneInfo, limits: Limits) -> Tell:
    """Make the alert of several OLTs, with what is the same in every test filled in."""

    def made(*news: OltNews, language: str = "id", limit: int = 4000) -> list[str]:
        return alert(
            news, now=now, zone=zone, language=language, olts=3, limits=limits, limit=limit
        )

    return made


@pytest.fixture(scope="session")
def tell(tell_all: Tell, olt: MakeOlt) -> Tell:
    """Make the alert of one OLT's events."""

    def made(*events: Event, summary: OltSummary | None = None, **others: object) -> list[str]:
        return tell_all(OltNews(summary or olt(), events), **others)

    return made


def _changes(onu: Make, event: MakeEvent) -> list[Event]:
    """One ONU for each kind of event, each on a PON of its own, as the judge would tell it."""
    up = onu(status=Status.UP, status_raw="Up", reason=None, reason_raw=None, rx_power_dbm=-21.5)
    gasp = {"status_raw": "PwrDown", "status": Status.PWRDOWN, "reason": Reason.DYING_GASP}
    ended = {"before_text": "Down (Timeout)", "lasted_s": 315, "after": "up"}
    return [
        event(EventKind.DOWN, onu(onu_id="0/1:1")),
        event(EventKind.PWRDOWN, onu(onu_id="0/2:1", **gasp)),
        event(EventKind.LOOP, onu(onu_id="0/3:1", status=Status.LOOP, status_raw="LoopDetected")),
        event(EventKind.AUTH_FAILED, onu(onu_id="0/4:1", reason=Reason.AUTH_FAILED)),
        event(EventKind.RECOVERED, up._replace(onu_id="0/5:1"), before="down", **ended),
        event(EventKind.WEAK_SIGNAL, up._replace(onu_id="0/6:1", rx_power_dbm=-28.86)),
        event(EventKind.OVERLOAD, up._replace(onu_id="0/7:1", rx_power_dbm=-6.0)),
        event(
            EventKind.SIGNAL_OK,
            up._replace(onu_id="0/8:1"),
            before="weak",
            after="ok",
            before_text="RX -28.86 dBm",
            lasted_s=7380,
        ),
        event(EventKind.HIGH_TEMPERATURE, up._replace(onu_id="0/9:1", temperature_c=71.0)),
        event(
            EventKind.TEMPERATURE_OK,
            up._replace(onu_id="0/10:1", temperature_c=58.5),
            before="high",
            after="ok",
            lasted_s=100_800,
        ),
        event(EventKind.REGISTERED, up._replace(onu_id="0/11:1", distance_m=None)),
        event(EventKind.REMOVED, onu(onu_id="0/12:1")),
        event(EventKind.MOVED, up._replace(onu_id="0/13:1"), before="0/1:3", after="0/13:1"),
        event(
            EventKind.RENAMED,
            up._replace(onu_id="0/14:1", name="BUDI_RT03"),
            before="CLIENT-001",
            after="BUDI_RT03",
        ),
        event(EventKind.RESTARTED, up._replace(onu_id="0/15:1")),
    ]


def test_the_originals_alert_to_the_letter(
    onu: Make, event: MakeEvent, golden: Golden, tell: Tell
) -> None:
    client = onu(onu_id="1/1/1", temperature_c=45.0, rx_power_dbm=-28.0)

    texts = tell(event(EventKind.DOWN, client))

    assert texts == [golden("original-alert")]


def test_the_originals_recovery_to_the_letter(
    onu: Make, event: MakeEvent, golden: Golden, tell: Tell
) -> None:
    client = onu(
        onu_id="1/1/2:8",
        mac="70:A5:6A:78:90:12",
        name="CUSTOMER-WARNET-SENTRAL",
        status=Status.UP,
        status_raw="Up",
        reason=None,
    )
    news = event(
        EventKind.RECOVERED,
        client,
        at=1705304110,
        before="down",
        after="up",
        before_text="Down (Timeout)",
        lasted_s=315,
    )

    (text,) = tell(news)

    assert text.endswith("\n\n" + golden("original-recovery"))


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_kind_has_its_block(
    onu: Make, event: MakeEvent, golden: Golden, tell: Tell, language: str
) -> None:
    changes = _changes(onu, event)

    texts = tell(*changes, language=language)

    assert {change.kind for change in changes} == set(EventKind) - OLT_KINDS
    assert CUT.join(texts) == golden(f"every-kind-{language}")


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_kind_has_its_lines(
    onu: Make, event: MakeEvent, golden: Golden, tell: Tell, language: str
) -> None:
    changes = [change for change in _changes(onu, event) for _ in range(3)]

    texts = tell(*changes, language=language)

    assert CUT.join(texts) == golden(f"every-crowd-{language}")


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_olt_falls_silent_and_another_answers_again(
    event: MakeEvent, olt: MakeOlt, golden: Golden, tell_all: Tell, language: str
) -> None:
    silent = olt(name="OLT Timur", olt_id="OLT-02", unreachable_since=1734665355)
    trouble = "connect timed out: http://192.168.1.100:88"
    back = event(EventKind.OLT_RECOVERED, before="unreachable", after="reachable", lasted_s=750)

    texts = tell_all(
        OltNews(silent, (event(EventKind.OLT_UNREACHABLE, detail=trouble),)),
        OltNews(olt(olt_id="OLT-03", name="OLT Barat"), ()),
        OltNews(olt(), (back,)),
        language=language,
    )

    assert texts == [golden(f"olts-{language}")]


def test_what_changed_while_an_olt_was_silent_comes_after_its_recovery(
    onu: Make, event: MakeEvent, tell: Tell
) -> None:
    meanwhile = event(EventKind.PWRDOWN, onu(status=Status.PWRDOWN, status_raw="PwrDown"))

    (text,) = tell(meanwhile, event(EventKind.OLT_RECOVERED, lasted_s=750))

    assert text.index("OLT RECOVERY DETECTED") < text.index("NEW PWRDOWN DETECTED")


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_whole_pon_is_one_compact_block(
    onu: Make, event: MakeEvent, golden: Golden, tell: Tell, language: str
) -> None:
    crowd = [
        event(EventKind.DOWN, onu(onu_id=f"0/1:{place}", name=f"CLIENT-{place:03}"))
        for place in range(1, 61)
    ]
    dark = {"status": Status.PWRDOWN, "status_raw": "PwrDown", "reason": None, "name": None}
    crowd += [
        event(EventKind.PWRDOWN, onu(onu_id=f"0/1:{place}", **dark)) for place in range(61, 65)
    ]
    hot = onu(status=Status.UP, status_raw="Up", reason=None, temperature_c=71.0)
    others = [
        event(EventKind.DOWN, onu(onu_id="0/2:1", name="A")),
        event(EventKind.DOWN, onu(onu_id="0/2:2", name="B")),
        event(EventKind.HIGH_TEMPERATURE, hot),
    ]

    texts = tell(*others, *crowd, language=language)

    assert texts == [golden(f"whole-pon-{language}")]


def test_reasons_have_a_gloss_in_both_languages(onu: Make, event: MakeEvent, tell: Tell) -> None:
    lines = {
        (reason, language): next(
            line
            for line in tell(event(EventKind.DOWN, onu(reason=reason)), language=language)[0].split(
                "\n"
            )
            if "Reason" in line
        )
        for reason in Reason
        for language in ("id", "en")
    }

    assert lines[Reason.TIMEOUT, "id"] == "   ❌ Reason: TIMEOUT (Koneksi Terputus)"
    assert lines[Reason.DYING_GASP, "id"] == "   ❌ Reason: DYING GASP (Listrik Padam)"
    assert lines[Reason.DYING_GASP, "en"] == "   ❌ Reason: DYING GASP (Power Cut)"
    assert len(set(lines.values())) == len(lines)


def test_a_reason_that_nobody_knows_is_shown_as_the_device_wrote_it(
    onu: Make, event: MakeEvent, tell: Tell
) -> None:
    news = event(EventKind.DOWN, onu(reason=None, reason_raw="code {7}"))

    (text,) = tell(news)

    assert "   🚨 Status: Down\n" in text
    assert "   ❌ Reason: code (7)" in text


def test_lines_without_a_value_are_left_out(onu: Make, event: MakeEvent, tell: Tell) -> None:
    bare = onu(
        reason=None,
        reason_raw=None,
        distance_m=None,
        last_rx_power_dbm=None,
        last_temperature_c=None,
    )

    (text,) = tell(event(EventKind.DOWN, bare))

    assert text.endswith("   🚨 Status: Down\n   ⚠️ Priority: HIGH")


def test_an_onu_that_is_up_shows_no_old_values(onu: Make, event: MakeEvent, tell: Tell) -> None:
    up = onu(status=Status.UP, status_raw="Up", reason=None, reason_raw=None)

    (text,) = tell(event(EventKind.RESTARTED, up))

    assert "RX" not in text
    assert "terakhir" not in text


@pytest.mark.parametrize(
    ("rx_power_dbm", "line"),
    [
        (-28.86, "📵 RX: -28.86 dBm"),
        (-27.0, "📵 RX: -27 dBm"),
        (-26.99, "📶 RX: -26.99 dBm"),
        (-8.0, "🔆 RX: -8 dBm"),
    ],
)
def test_the_sign_of_a_power(
    onu: Make, event: MakeEvent, tell: Tell, rx_power_dbm: float, line: str
) -> None:
    up = onu(status=Status.UP, status_raw="Up", reason=None, rx_power_dbm=rx_power_dbm)

    (text,) = tell(event(EventKind.REGISTERED, up))

    assert f"   {line}" in text


@pytest.mark.parametrize(("temperature_c", "line"), [(65.0, "🔥 Temp: 65"), (64.9, "🌡️ Temp: 64.9")])
def test_the_sign_of_a_temperature(
    onu: Make, event: MakeEvent, tell: Tell, temperature_c: float, line: str
) -> None:
    up = onu(status=Status.UP, status_raw="Up", reason=None, temperature_c=temperature_c)

    (text,) = tell(event(EventKind.REGISTERED, up))

    assert f"   {line}°C" in text


def test_an_onu_that_is_up_again_has_no_reason(onu: Make, event: MakeEvent, tell: Tell) -> None:
    (text,) = tell(event(EventKind.RESTARTED, onu(status=Status.UP, status_raw="Up")))

    assert "🚨 Status: Up\n" in text
    assert "Reason" not in text


def test_problems_are_counted_by_word(
    event: MakeEvent, olt: MakeOlt, onu: Make, tell: Tell
) -> None:
    problems = {"DOWN": 2, "UNKNOWN": 1, "WEAK SIGNAL": 1, "OVERLOAD": 0, "HIGH TEMPERATURE": 3}

    (text,) = tell(event(EventKind.DOWN, onu()), summary=olt(problems=problems))
    (well,) = tell(event(EventKind.REMOVED, onu()), summary=olt(problems={}))

    assert (
        "📊 Status: 7 Total Problems\n   🔴 DOWN: 2\n   ❓ UNKNOWN: 1\n"
        "   📵 WEAK SIGNAL: 1\n   🔥 HIGH TEMPERATURE: 3\n\n" in text
    )
    assert "📊 Status: 0 Total Problems\n\n" in well


def test_ids_that_name_no_pon_make_no_crowd(onu: Make, event: MakeEvent, tell: Tell) -> None:
    news = [event(EventKind.DOWN, onu(onu_id=f"1/1/{place}")) for place in range(1, 4)]

    (text,) = tell(*news)

    assert text.count("📍 PON: 1/1/") == len(news)


def test_an_onu_without_a_name_is_called_by_its_id(onu: Make, event: MakeEvent, tell: Tell) -> None:
    (text,) = tell(event(EventKind.DOWN, onu(name=" \u200b ")))

    assert "\n🔴 0/1:3\n" in text


def test_a_dying_gasp_puts_its_kind_first(onu: Make, event: MakeEvent, tell: Tell) -> None:
    gasp = event(
        EventKind.DOWN,
        onu(name="GASP", onu_id="0/2:1", reason=Reason.DYING_GASP),
        priority=Priority.CRITICAL,
    )
    timeout = event(EventKind.DOWN, onu(name="TIMEOUT"))
    loop = event(EventKind.LOOP, onu(name="LOOP", status=Status.LOOP))

    (text,) = tell(loop, timeout, gasp)

    assert text.index("GASP\n") < text.index("TIMEOUT\n") < text.index("LOOP\n")


def test_no_news_is_no_message(tell: Tell, tell_all: Tell) -> None:
    assert tell_all() == []
    assert tell() == []


def test_an_unknown_language_is_refused(onu: Make, event: MakeEvent, tell: Tell) -> None:
    with pytest.raises(ValueError, match=r"'\.\./id'"):
        tell(event(EventKind.DOWN, onu()), language="../id")


def test_a_long_alert_goes_on_under_its_olts_name(
    onu: Make, event: MakeEvent, golden: Golden, tell: Tell
) -> None:
    news = [event(EventKind.DOWN, onu(onu_id=f"0/{pon}:1", name=f"C-{pon}")) for pon in range(9)]

    texts = tell(*news, limit=1200)

    assert CUT.join(texts) == golden("split")


def test_500_events_are_rendered_well_under_100_ms(onu: Make, event: MakeEvent, tell: Tell) -> None:
    news = tuple(
        event(EventKind.DOWN, onu(onu_id=f"0/{place // 2}:{place}", name=f"*VIP {place}*"))
        for place in range(500)
    )
    tell(news[0])  # jinja2 imported, templates compiled

    seconds = []
    for _ in range(3):
        begun = time.process_time()
        tell(*news)
        seconds.append(time.process_time() - begun)

    assert min(seconds) < MAX_SECONDS

"""What holds for every bulletin: the original's words, order, lengths, what is left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
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
    Verdict,
)
from eponctl.messages import LANGUAGES, LIMIT, units
from eponctl.messages.text import clock, span
from eponctl.model import EventKind, OltSummary, Priority, Reason, Status
from eponctl.telling.records import Note, Stage, Told

PHONE_UNITS = 1500
MAX_SECONDS = 0.1
NIGHT = (1734620400, 1734649200)  # 22:00 to 06:00 in Jakarta

Golden = Callable[[str], str]
Make = Callable[..., Member]
MakeIncident = Callable[..., Incident]
Texts = Callable[..., list[str]]


# --- the original's blocks ---


def test_the_originals_alert_to_the_letter(
    member: Make, incident: MakeIncident, golden: Golden, told_texts: Texts
) -> None:
    client = member(onu_id="1/1/1", mac="00:11:22:33:44:55", name="CLIENT-001", rx_power_dbm=-28.0)

    (text,) = told_texts((incident(client), Stage.OPENED))

    # The original showed what an ONU that is down still claims to measure.
    assert golden("original-alert") + "\n   🆔 #7K3Q" == text.replace(" (terakhir)", "")


def test_the_originals_recovery_to_the_letter(
    member: Make, incident: MakeIncident, golden: Golden, told_texts: Texts
) -> None:
    client = member(
        onu_id="1/1/2:8",
        mac="70:A5:6A:78:90:12",
        name="CUSTOMER-WARNET-SENTRAL",
        at=1705303795,
        ended_at=1705304110,
        ending=Ending.RESTORED,
    )

    (text,) = told_texts((incident(client, closed_at=1705304110), Stage.CLOSED))

    assert text.endswith("\n\n" + golden("original-recovery") + "\n   🆔 #7K3Q")


def test_reasons_have_a_gloss_in_both_languages(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    lines = {
        (reason, language): line
        for reason in Reason
        for language in LANGUAGES
        for line in told_texts((incident(member(reason=reason)), Stage.OPENED), language=language)[
            0
        ].split("\n")
        if "Reason" in line
    }

    assert lines[Reason.TIMEOUT, "id"] == "   ❌ Reason: TIMEOUT (Koneksi Terputus)"
    assert lines[Reason.DYING_GASP, "en"] == "   ❌ Reason: DYING GASP (Power Cut)"
    assert len(set(lines.values())) == len(Reason) * len(LANGUAGES)


def test_a_reason_that_nobody_knows_is_shown_as_the_device_wrote_it(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    (text,) = told_texts((incident(member(reason=None, reason_raw="code {7}")), Stage.OPENED))

    assert "   🚨 Status: Down\n" in text
    assert "   ❌ Reason: code (7)\n" in text


def test_lines_without_a_value_are_left_out(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    bare = member(
        reason=None, reason_raw=None, distance_m=None, rx_power_dbm=None, temperature_c=None
    )

    (text,) = told_texts((incident(bare), Stage.OPENED))

    assert text.endswith("   🚨 Status: Down\n   ⚠️ Priority: HIGH\n   🆔 #7K3Q")


def test_an_onu_that_is_up_has_no_reason_and_no_old_values(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    hot = member(status=Status.UP, status_raw="Up", value=71.0)

    (text,) = told_texts((incident(hot, kind=Kind.HEAT), Stage.OPENED))

    assert "   🚨 Status: Up\n" in text
    assert "   🔥 Temp: 71°C\n" in text
    assert "Reason" not in text
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
    member: Make, incident: MakeIncident, told_texts: Texts, rx_power_dbm: float, line: str
) -> None:
    (text,) = told_texts((incident(member(rx_power_dbm=rx_power_dbm)), Stage.OPENED))

    assert f"   {line} (terakhir)\n" in text


@pytest.mark.parametrize(("temperature_c", "line"), [(65.0, "🔥 Temp: 65"), (64.9, "🌡️ Temp: 64.9")])
def test_the_sign_of_a_temperature(
    member: Make, incident: MakeIncident, told_texts: Texts, temperature_c: float, line: str
) -> None:
    (text,) = told_texts((incident(member(temperature_c=temperature_c)), Stage.OPENED))

    assert f"   {line}°C (terakhir)\n" in text


def test_an_onu_without_a_name_is_called_by_its_id(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    (text,) = told_texts((incident(member(name=" \u200b ")), Stage.OPENED))

    assert "\n🔴 0/1:3\n" in text


def test_an_onu_that_came_back_before_it_was_told_says_so(
    member: Make, incident: MakeIncident, now: int, told_texts: Texts
) -> None:
    back = member(4, ended_at=now, ending=Ending.RESTORED)

    (text,) = told_texts((incident(member(3), back), Stage.OPENED))

    assert text.count("   🟢 Pulih: 10:30\n   🆔 #7K3Q") == 1


def test_problems_are_counted_by_word(
    member: Make, incident: MakeIncident, olt: Callable[..., OltSummary], told_texts: Texts
) -> None:
    problems = {"DOWN": 2, "UNKNOWN": 1, "WEAK SIGNAL": 1, "OVERLOAD": 0, "HIGH TEMPERATURE": 3}
    item = incident(member()), Stage.OPENED

    (text,) = told_texts(item, olts=(olt(problems=problems),))
    (well,) = told_texts(item, olts=(olt(problems={}),))

    assert (
        "📊 Status: 7 Total Problems\n   🔴 DOWN: 2\n   ❓ UNKNOWN: 1\n"
        "   📵 WEAK SIGNAL: 1\n   🔥 HIGH TEMPERATURE: 3\n\n" in text
    )
    assert "📊 Status: 0 Total Problems\n\n" in well


# --- incidents of several ONUs ---


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cut_pon_of_64_fits_on_a_phone_whatever_its_names(
    member: Make, incident: MakeIncident, told_texts: Texts, language: str
) -> None:
    evidence = Evidence(64, 64, 1, 0, 64)
    verdict = Verdict(Extent.WHOLE_PON, Cause.FIBRE_FEEDER, Confidence.HIGH, evidence)
    members = [member(place, name="N" * 400) for place in range(1, 65)]
    cut = incident(*members, of=64, extent=Extent.WHOLE_PON, verdict=verdict)

    (text,) = told_texts((cut, Stage.OPENED), language=language)

    assert units(text) < PHONE_UNITS
    assert "64 dari 64" in text or "64 of 64" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_words_and_a_confidence_but_the_unknown(
    member: Make, incident: MakeIncident, told_texts: Texts, language: str
) -> None:
    found = {}
    for cause, confidence in product(Cause, Confidence):
        verdict = Verdict(Extent.PARTIAL_PON, cause, confidence, Evidence(3, 9, 1, 1, 3))
        outage = incident(*(member(place) for place in range(3)), of=9, verdict=verdict)
        (text,) = told_texts((outage, Stage.OPENED), language=language)
        (found[cause, confidence],) = [line for line in text.split("\n") if "❌" in line]

    assert len(set(found.values())) == (len(Cause) - 1) * len(Confidence) + 1


def test_what_the_evidence_does_not_say_is_not_said(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    """A device without reasons says nothing of gasps; one PON's number may be missing."""
    verdict = Verdict(Extent.PARTIAL_PON, Cause.UNKNOWN, Confidence.LOW, Evidence(3, 9, 1, 0, 0))
    outage = incident(*(member(place) for place in range(3)), verdict=verdict)

    (text,) = told_texts((outage, Stage.OPENED), language="en")

    assert "🚨 PON 0/1: 3 ONUs lost\n" in text
    assert "❌ Cause: Unknown: the device gives no reason\n" in text
    assert "gasp" not in text


def test_an_id_that_names_no_pon_is_told_by_its_olt(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    outage = incident(*(member(place, onu_id=f"1/1/{place}") for place in range(3)))

    (text,) = told_texts((outage, Stage.OPENED))

    assert "🚨 PON OLT-KEDIRI-01: 3 ONU terputus\n" in text


def test_of_many_pons_the_first_are_named_and_the_rest_counted(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    members = [member(place, f"0/{pon}") for pon in range(1, 17) for place in range(4)]
    outage = incident(*members, of=4, extent=Extent.WHOLE_OLT)

    (text,) = told_texts((outage, Stage.OPENED), language="en")

    assert "🚨 Whole OLT, 16 PONs: 64 of 64 ONUs lost\n" in text
    assert "   📍 PON 0/12: 4 of 4\n   … and 4 more PONs\n" in text


def test_the_command_that_ends_reminders_can_be_pasted_into_a_shell(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    """A word that begins with `#` is a comment there."""
    (text,) = told_texts((incident(member()), Stage.REMINDER))

    assert text.endswith("eponctl ack 7K3Q")


# --- order ---


def test_an_olts_own_incident_is_first_and_ends_are_last(
    member: Make, incident: MakeIncident, over: MakeIncident, told_texts: Texts
) -> None:
    note = Note(
        1, 0, EventKind.RESTARTED, Priority.MEDIUM, "OLT-KEDIRI-01", "02:00", "0/1:9", "RESTARTED"
    )
    away = incident(kind=Kind.OLT, olt_ids=("OLT-KEDIRI-01",), detail="refused")
    critical = member(5, status=Status.PWRDOWN, priority=Priority.CRITICAL)

    (text,) = told_texts(
        (over(incident(member(2, name="ENDED", priority=Priority.CRITICAL)), 60), Stage.CLOSED),
        (incident(member(7, name="REMINDED"), priority=Priority.CRITICAL), Stage.REMINDER),
        (incident(member(3, name="HIGH")), Stage.OPENED),
        (incident(critical._replace(name="CRITICAL"), priority=Priority.CRITICAL), Stage.OPENED),
        (incident(*(member(place, "0/2") for place in range(3))), Stage.OPENED),
        (away, Stage.OPENED),
        notes=(note,),
    )

    order = [
        "OLT UNREACHABLE",
        "PON 0/2",
        "🔌 CRITICAL",
        "🔴 HIGH",
        "REMINDED",
        "RESTARTED",
        "🟢 ENDED",
    ]
    assert order == sorted(order, key=text.index)


def test_sections_are_in_the_order_of_the_configuration_with_what_is_everywhere_before(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    olts = ("OLT-KEDIRI-03", "OLT-UNKNOWN", "OLT-KEDIRI-02")
    alone = [(incident(member(olt_id=olt_id)), Stage.OPENED) for olt_id in olts]
    area = incident(*(member(olt_id=olt_id) for olt_id in olts), extent=Extent.AREA)

    (text,) = told_texts(*alone, (area, Stage.OPENED))

    order = ["3 OLT, 3 PON", "🏢 OLT KEDIRI TIMUR", "🏢 OLT KEDIRI BARAT", "🏢 OLT-UNKNOWN\n\n"]
    assert order == sorted(order, key=text.index)
    assert "🏢 OLT KEDIRI PUSAT" not in text


# --- parts ---


def test_no_news_is_no_message(told_texts: Texts) -> None:
    assert told_texts() == []
    assert told_texts(is_digest=True, passed={Kind.OUTAGE: 0}) == []


def test_an_unknown_language_is_refused(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    with pytest.raises(ValueError, match=r"'\.\./id'"):
        told_texts((incident(member()), Stage.OPENED), language="../id")


def test_a_long_bulletin_goes_on_under_its_olts_name(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    items = [(incident(member(place), id=f"S{place:03}"), Stage.OPENED) for place in range(60)]

    texts = told_texts(*items, limit=1200)

    again = "⏰ Time: 2024-12-20 10:30:15\n\n🏢 OLT KEDIRI PUSAT (OLT-KEDIRI-01)\n\n🔴 NEW DOWN"
    assert all(text.startswith(again) for text in texts[1:])
    assert all(f"#S{place:03}" in "".join(texts) for place in range(60))


def test_500_incidents_are_rendered_well_under_100_ms(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    items = [
        (incident(member(place, f"0/{place}", name=f"*VIP {place}*")), Stage.OPENED)
        for place in range(500)
    ]
    told_texts(items[0])  # jinja2 imported, templates compiled

    seconds = []
    for _ in range(3):
        begun = time.process_time()
        told_texts(*items)
        seconds.append(time.process_time() - begun)

    assert min(seconds) < MAX_SECONDS


# --- digests ---


@given(
    troubles=st.integers(0, 120),
    ends=st.integers(0, 120),
    notes=st.integers(0, 120),
    limit=st.integers(1000, LIMIT),
)
@settings(deadline=None)
def test_a_digest_names_or_counts_everything(
    member: Make,
    incident: MakeIncident,
    over: MakeIncident,
    told_texts: Texts,
    troubles: int,
    ends: int,
    notes: int,
    limit: int,
) -> None:
    texts = told_texts(
        *((over(incident(member(place)), 60), Stage.CLOSED) for place in range(ends)),
        *((incident(member(place)), Stage.OPENED) for place in range(troubles)),
        notes=_restarts(notes),
        limit=limit,
        language="en",
        quiet=NIGHT,
        is_digest=True,
    )

    if not troubles + ends + notes:
        assert texts == []
        return
    (text,) = texts
    lines = text.split("\n")
    assert units(text) <= limit
    assert troubles == _named(lines, "🔴 ") + _left(lines, "incidents --open")
    assert ends == _named(lines, "🟢 ") + _left(lines, "incidents")
    assert notes == _named(lines, "🔄 ") + _left(lines, "alerts")
    # What is less urgent gives way.
    assert not _left(lines, "incidents --open") or not _named(lines, "🟢 ")


def _restarts(count: int) -> tuple[Note, ...]:
    return tuple(
        Note(
            place,
            0,
            EventKind.RESTARTED,
            Priority.MEDIUM,
            "OLT-KEDIRI-01",
            "02:00:00:00:00:01",
            f"0/1:{place}",
            f"CLIENT-{place}",
        )
        for place in range(count)
    )


def _named(lines: Sequence[str], sign: str) -> int:
    return sum(line.startswith(sign) for line in lines)


def _left(lines: Sequence[str], command: str) -> int:
    found = [line for line in lines if line.endswith(f": eponctl {command}")]
    return int(found[0].split(" ")[2]) if found else 0


def test_a_digest_of_one_olt_names_it_once(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    (text,) = told_texts((incident(member()), Stage.OPENED), is_digest=True, quiet=NIGHT)

    assert text.endswith(
        "22:00 sampai 06:00: ini yang ditahan\n\n🏢 OLT KEDIRI PUSAT (OLT-KEDIRI-01)\n\n"
        "📋 Ringkasan: 1 gangguan\n\n"
        "🔴 CLIENT-003 · 0/1:3 · Down (Timeout) · #7K3Q"
    )


def test_a_digest_that_is_short_leaves_nothing_out(
    member: Make, incident: MakeIncident, told_texts: Texts
) -> None:
    one = incident(member()), Stage.OPENED
    many = [(incident(member(place, f"0/{place}")), Stage.OPENED) for place in range(30)]

    assert told_texts(one) == told_texts(one, is_digest=True)
    assert "📋 Ringkasan: 30 gangguan" in told_texts(*many, is_digest=True)[0]


def test_a_digest_of_what_came_and_went_alone_is_a_count(told_texts: Texts) -> None:
    (text,) = told_texts(is_digest=True, passed={Kind.OUTAGE: 1, Kind.AUTH: 2}, language="en")

    assert text.endswith(
        "Monitored: 3\n\n🔁 Came and went meanwhile: 1 outage, 2 authentication failures"
    )


def test_an_outage_that_was_told_in_part_counts_only_what_is_new(
    member: Make, incident: MakeIncident, now: int, told_texts: Texts
) -> None:
    told = {"7K3Q": Told(now, now, 2, Extent.SINGLE)}
    outage = incident(*(member(place) for place in range(1, 6)), of=8)

    (text,) = told_texts((outage, Stage.GREW), told=told)
    (same,) = told_texts((outage, Stage.GREW), told={"7K3Q": told["7K3Q"]._replace(onus=5)})

    assert "🚨 PON 0/1: 5 dari 8 ONU terputus (sebelumnya 2)\n" in text
    assert text.index("CLIENT-003") < text.index("CLIENT-001")
    assert "🚨 PON 0/1: 5 dari 8 ONU terputus\n" in same


# --- times ---


@pytest.mark.parametrize(
    ("first", "last", "zone", "shown"),
    [
        (1734635400, 1734638100, "Asia/Jakarta", ("02:10", "02:55")),
        (1734624000, 1734638100, "Asia/Jakarta", ("2024-12-19 23:00", "2024-12-20 02:55")),
        (1734540000, 1734543600, "Asia/Jakarta", ("2024-12-18 23:40", "2024-12-19 00:40")),
        (1734540000, 1734541000, "Asia/Jakarta", ("2024-12-18 23:40", "23:56")),
        (1734635400, 1734638100, "America/New_York", ("14:10", "14:55")),
    ],
)
def test_a_time_has_its_date_where_it_is_not_plain(
    now: int, first: int, last: int, zone: str, shown: tuple[str, str]
) -> None:
    assert shown == span(first, last, now, ZoneInfo(zone))
    assert shown[0] == clock(first, now, ZoneInfo(zone))


def test_removal_that_ends_a_trouble_is_said_once(
    member: Make, incident: MakeIncident, over: MakeIncident, told_texts: Texts
) -> None:
    hot, well = member(3, value=71.0, status=Status.UP), member(4)
    notes = tuple(
        Note(1, 0, EventKind.REMOVED, Priority.MEDIUM, one.olt_id, one.mac, one.onu_id, one.name)
        for one in (hot, well)
    )
    gone = over(incident(hot, kind=Kind.HEAT), 900, 0, ending=Ending.REMOVED)

    (text,) = told_texts((gone, Stage.CLOSED), notes=notes)

    assert [1, 1] == [text.count(one.mac) for one in (hot, well)]

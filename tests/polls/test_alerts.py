"""What an operator's phone shows of four OLTs: baseline, troubles, quiet, recovery."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from eponctl.simulator import Dialect, SimOlt, SimOnu, make_olt

DIALECTS: tuple[Dialect, ...] = ("A22", "A16", "B13", "B18")
RULE = "──────────────────────────────────────────────────"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
MINUTE = 60


def olts() -> list[SimOlt]:
    made = [
        make_olt(dialect, 8, seed=n, name=f"OLT-{dialect}") for n, dialect in enumerate(DIALECTS)
    ]
    for olt in made:
        for onu in olt.onus:
            onu.name, onu.temperature_c, onu.rx_power_dbm, onu.rtt = "PSB-BUDI", 45.0, -20.5, 289
    return made


def blocks(text: str) -> dict[str, str]:
    """The parts of a text between its empty lines, by their first line."""
    return {part.split("\n")[0]: part for part in text.split("\n\n")}


def marks(text: str) -> dict[str, str]:
    """The incident's id under each ONU's block, by the ONU's MAC."""
    return {
        found[1]: found[2]
        for part in text.split("\n\n")
        if (found := re.search(r"MAC: (\S+)\n(?:.*\n)*   🆔 #(\w{4})$", part))
    }


def news_after(site: Any, minutes: int) -> list[str]:
    """What arrives with the next poll, so long after the last."""
    site.let_pass(minutes * MINUTE)
    site.good_poll()
    texts: list[str] = site.news()
    return texts


def test_bad_day_and_its_end_as_a_phone_shows_them(make_site: Any) -> None:
    a22, a16, b13, b18 = made = olts()
    site = make_site(*made)
    farm = site.farm

    site.good_poll()
    assert [] == news_after(site, 30)
    assert [] == site.history()
    assert 32 == sum(len(site.statuses(olt)) for olt in made)

    def trouble() -> None:
        a22.lose("0/1:1")
        a22.lose("0/1:2", gasp=True)
        b13.lose("0/1/1:1", word="PwrDown", gasp=True)
        b13.onu("0/1/1:2").status = "LoopDetected"
        a16.onu("0/1:1").rx_power_dbm = -28.86
        b18.onu("0/1/2:1").temperature_c = 71.0

    farm.change(trouble)
    [text] = news_after(site, 30)
    found, ids = blocks(text), marks(text)
    assert re.match(
        rf"🚨 EPON MULTI-OLT STATUS ALERT 🚨\n\n⏰ Time: {TIME}\n🌐 Total OLT Monitored: 4\n\n",
        text,
    )
    assert [
        "🏢 OLT-A22 (OLT-A22)",
        RULE,
        "📊 Status: 2 Total Problems",
        "   🔴 DOWN: 1",
        "   🔌 PWRDOWN: 1",
    ] == found["🏢 OLT-A22 (OLT-A22)"].split("\n")
    assert [
        "🔴 NEW DOWN DETECTED:",
        "🔴 PSB-BUDI",
        "   📍 PON: 0/1:1",
        f"   🔗 MAC: {a22.onu('0/1:1').mac}",
        "   🚨 Status: Down (Timeout)",
        "   ⚠️ Priority: HIGH",
        "   🌡️ Temp: 45°C (terakhir)",
        "   📏 Jarak: 160m",
        "   📶 RX: -20.5 dBm (terakhir)",
        "   ❌ Reason: TIMEOUT (Koneksi Terputus)",
        f"   🆔 #{ids[a22.onu('0/1:1').mac]}",
    ] == found["🔴 NEW DOWN DETECTED:"].split("\n")
    assert [
        "🔌 NEW PWRDOWN DETECTED:",
        "🔌 PSB-BUDI",
        "   📍 PON: 0/1:2",
        f"   🔗 MAC: {a22.onu('0/1:2').mac}",
        "   🚨 Status: Down (Dying Gasp)",
        "   ⚠️ Priority: CRITICAL",
        "   🌡️ Temp: 45°C (terakhir)",
        "   📏 Jarak: 160m",
        "   📶 RX: -20.5 dBm (terakhir)",
        "   ❌ Reason: DYING GASP (Listrik Padam)",
        f"   🆔 #{ids[a22.onu('0/1:2').mac]}",
    ] == text.split("\n\n")[3].split("\n")
    for onu_id, shown, priority in (
        ("0/1/1:1", "Status: PwrDown", "CRITICAL"),
        ("0/1/1:2", "Status: LoopDetected", "HIGH"),
        ("0/1:1\n   🔗 MAC: " + a16.onu("0/1:1").mac, "RX: -28.86 dBm", "HIGH"),
        ("0/1/2:1", "Temp: 71°C", "CRITICAL"),
    ):
        [block] = [part for part in text.split("\n\n") if f"PON: {onu_id}\n" in part]
        assert shown in block
        assert f"Priority: {priority}" in block
    assert "📵 RX: -28.86 dBm\n" in text + "\n"
    assert "🔥 Temp: 71°C" in text
    # Two of one PON are one incident; all others are something of their own.
    assert (6, 5) == (len(ids), len({*ids.values()}))
    assert ids[a22.onu("0/1:1").mac] == ids[a22.onu("0/1:2").mac]

    assert [] == news_after(site, 30)

    def repaired() -> None:
        a22.restore("0/1:1")
        a22.restore("0/1:2")
        b13.restore("0/1/1:1")
        b13.onu("0/1/1:2").status = "Up"
        a16.onu("0/1:1").rx_power_dbm = -20.5
        b18.onu("0/1/2:1").temperature_c = 45.0

    farm.change(repaired)
    [text] = news_after(site, 35)
    mac = a22.onu("0/1:1").mac
    pattern = (
        rf"🟢 PSB-BUDI \(DOWN → ONLINE\)\n   📍 PON: 0/1:1\n   🔗 MAC: {mac}\n"
        rf"   ⏰ Recovery Time: {TIME}\n   📈 Previous Status: Down \(Timeout\)\n"
        r"   ⏱️ Was Offline: 1h 5m\n   🎉 Network Restored Successfully!\n"
        rf"   🆔 #{ids[mac]}"
    )
    assert re.search(pattern, text)
    assert ids == marks(text)
    assert {
        ("OLT-A22", "0/1:1", "recovered"),
        ("OLT-A22", "0/1:2", "recovered"),
        ("OLT-A16", "0/1:1", "signal_ok"),
        ("OLT-B13", "0/1/1:1", "recovered"),
        ("OLT-B13", "0/1/1:2", "recovered"),
        ("OLT-B18", "0/1/2:1", "temperature_ok"),
    } == set(site.history()[6:])

    assert [] == news_after(site, 1)
    assert [[]] * 4 == [olt.violations for olt in made]
    assert {1} == {olt.served_concurrently_max for olt in made}


@pytest.mark.parametrize("dialect", ["A11", "A23", "A24", "B12", "B13+B18"])
def test_other_dialects_tell_of_a_lost_onu_and_of_its_return(
    make_site: Any, dialect: Dialect
) -> None:
    olt = make_olt(dialect, 8, name="OLT-1")
    site = make_site(olt)
    lost, mac = olt.onus[0].onu_id, olt.onus[0].mac

    site.good_poll()
    site.farm.change(lambda: olt.lose(lost))
    site.good_poll()
    [gone] = site.news()
    site.farm.change(lambda: olt.restore(lost))
    [back] = news_after(site, 1)
    assert [("OLT-1", lost, "down"), ("OLT-1", lost, "recovered")] == site.history()
    assert "🔴 NEW DOWN DETECTED:" in gone
    assert "✅ RECOVERY DETECTED:" in back
    assert {mac} == marks(gone).keys()
    assert marks(gone) == marks(back)


# --- who is there -----------------------------------------------------------------------------


def test_onus_that_come_go_move_and_restart(make_site: Any) -> None:
    olt = make_olt("A22", 8, name="OLT-1")
    site = make_site(olt)
    site.good_poll()
    keys = "0/1:1", "0/1:2", "0/2:1", "0/2:2"
    moved, gone, renamed, restarted = map(olt.onu, keys)
    new = SimOnu("0/4:9", "BARU", "02:FE:00:00:00:01")
    was, gone_name, restarted_name = (str(onu.name) for onu in (renamed, gone, restarted))

    def change() -> None:
        moved.onu_id = "0/3:9"
        olt.onus.remove(gone)
        renamed.name = "NAMA BARU"
        restarted.restart()
        olt.onus.append(new)

    site.farm.change(change)
    site.good_poll()

    kinds = {(onu_id, kind) for _, onu_id, kind in site.history()}
    assert {
        ("0/3:9", "moved"),
        ("0/1:2", "removed"),
        ("0/2:1", "renamed"),
        ("0/2:2", "restarted"),
        ("0/4:9", "registered"),
    } == kinds
    [text] = site.news()
    # The one that moved has no name.
    assert [
        "ℹ️ CHANGES:",
        f"🔀 Pindah: {moved.mac} · 0/1:1 → 0/3:9",
        f"✏️ Ganti nama: 0/2:1 · {was} → NAMA BARU",
        f"🔄 Restart: {restarted_name} · 0/2:2",
        f"🆕 Baru: BARU · 0/4:9 · {new.mac}",
        f"🗑️ Dihapus: {gone_name} · 0/1:2 · {gone.mac}",
    ] == blocks(text)["ℹ️ CHANGES:"].split("\n")
    assert gone.onu_id not in site.statuses(olt)

    assert [] == news_after(site, 1)


# --- names ------------------------------------------------------------------------------------

HOSTILE: dict[str | bytes, str] = {
    "*VIP*": "\N{ASTERISK OPERATOR}VIP\N{ASTERISK OPERATOR}",
    "[red]x[/red]": "[red]x[/red]",
    "=1+1": "=1+1",
    "O'Brien": "O'Brien",
    "<script>": "<script>",
    "\x1b[31mRED\x07": "RED",
    "{a|b}": "(a¦b)",
    "Jl. Kediri, No. 5 (blok B)": "Jl. Kediri, No. 5 (blok B)",
    "a//b": "a//b",
    "{{ 7*7 }}": "(( 7*7 ))",
    b"\xff\xfeLATIN\xe9": "LATIN",
    "x" * 400: "x" * 59 + "…",
    "');alert(1);var x=new Array('": "alert(1)",
    "BUDI, 'RT 3', \"pojok\"": "pojok",
}


@pytest.mark.parametrize("per_olt", [2, len(HOSTILE)], ids=["blocks", "lines"])
@pytest.mark.parametrize("dialect", ["A22", "B13"])
def test_no_name_keeps_an_alert_from_arriving_harmless(
    make_site: Any, names_by_place: Any, dialect: Dialect, per_olt: int
) -> None:
    made = [
        make_olt(dialect, 2 * per_olt, seed=n, name=f"OLT-{n}", pons=per_olt)
        for n in range(len(HOSTILE) // per_olt)
    ]
    # One of the two on each PON.
    named = [onu for olt in made for onu in olt.onus[::2]]
    for onu, name in zip(named, HOSTILE, strict=True):
        onu.name = name
    site = make_site(*made)
    site.good_poll()
    assert 2 * len(HOSTILE) == sum(len(site.statuses(olt)) for olt in made)

    def trouble() -> None:
        for olt in made:
            for onu in olt.onus[::2]:
                olt.lose(onu.onu_id)

    site.farm.change(trouble)
    run = site.poll("--json")
    assert (0, "") == (run.code, run.err)
    # What is too long for one message goes on in the next poll.
    text = "\n".join([*site.news(), *news_after(site, 1)])
    shown = names_by_place(text)
    places = [(olt.name, onu.onu_id) for olt in made for onu in olt.onus[::2]]
    names = dict(zip(places, HOSTILE.values(), strict=True))
    assert set(names) == set(shown)
    assert [] == [
        (place, shown[place]) for place, name in names.items() if name not in shown[place]
    ]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    events = json.loads(run.out)["events"]
    assert {onu.mac for onu in named} == {event["mac"] for event in events}
    assert "O'Brien" in {event["name"] for event in events}

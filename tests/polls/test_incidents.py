"""What is told of outages: one message for what is one thing, and one when it is over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from eponctl.simulator import GatewayFault, SimOlt, make_olt
from eponctl.simulator.faults import Fault
from eponctl.simulator.scenario import cut_pon, mend_pon

MINUTE = 60


def olt_of(*sizes: int, name: str = "OLT-1", dialect: Any = "A22") -> SimOlt:
    """An OLT with so many ONUs on its PONs, all named and 100 m apart."""
    olt = make_olt(dialect, sum(sizes), seed=len(name) + sum(map(ord, name)), name=name)
    kept = dict(zip(olt.pons, sizes, strict=False))
    spare = list(olt.onus)
    olt.onus.clear()
    for pon, size in kept.items():
        for number in range(1, size + 1):
            onu = spare.pop()
            onu.onu_id, onu.name, onu.rtt = f"{pon}:{number}", f"C-{pon}-{number:02d}", 60 * number
            onu.status, onu.rx_power_dbm, onu.temperature_c = "Up", -20.0, 40.0
            olt.onus.append(onu)
    return olt


def lose(olt: SimOlt, onus: Iterable[Any], *, gasps: int = 0) -> None:
    for place, onu in enumerate(list(onus)):
        olt.lose(onu.onu_id, gasp=place < gasps)


def restore(olt: SimOlt, onus: Iterable[Any]) -> None:
    for onu in list(onus):
        if onu.is_lost:
            olt.restore(onu.onu_id)


def incidents(site: Any, *arguments: str) -> list[dict[str, Any]]:
    listed = site.run("incidents", "--json", *arguments)
    assert 0 == listed.code, listed.err
    document = json.loads(listed.out)
    assert "eponctl-incidents/1" == document["schema"]
    found: list[dict[str, Any]] = document["incidents"]
    return found


def next_poll(site: Any, seconds: int = MINUTE) -> None:
    """A poll that goes well, so long after the last."""
    site.let_pass(seconds)
    site.good_poll()


def test_a_cut_pon_and_its_repair_are_a_message_each(make_site: Any) -> None:
    olt = olt_of(64, 8)
    site = make_site(olt)
    site.good_poll()
    site.farm.change(partial(cut_pon(olt.pons[0]), olt))

    next_poll(site)

    [text] = site.news()
    assert len(text) < 1500
    assert "64 dari 64" in text
    [incident] = incidents(site, "--open")
    assert {
        "class": "whole_pon",
        "cause": "fibre_feeder",
        "confidence": "high",
        "olts": ["OLT-1"],
        "pons": [f"OLT-1:{olt.pons[0]}"],
        "onus": 64,
        "restored": 0,
        "of": 64,
        "dying_gasps": 0,
        "bracket_m": None,
        "evidence": "64 of 64 lost in one poll, 0 dying gasps",
        "closed_at": None,
        "acked_at": None,
    }.items() <= incident.items()
    assert incident["told_at"]
    assert f"#{incident['id']}" in text

    next_poll(site)
    assert [] == site.news()
    site.farm.change(partial(mend_pon(olt.pons[0]), olt))
    next_poll(site)

    [text] = site.news()
    assert f"#{incident['id']}" in text
    assert "64 dari 64 ONU kembali online" in text
    assert [] == incidents(site, "--open")


def test_an_area_without_power_is_one_incident(make_site: Any) -> None:
    olts = [olt_of(20, 20, name=f"OLT-{number}") for number in (1, 2, 3)]
    site = make_site(*olts)
    site.good_poll()

    def dark(olt: SimOlt, *pons: str) -> None:
        for pon in pons:
            lose(olt, olt.on_pon(pon)[:14], gasps=12)

    def first() -> None:
        dark(olts[0], *olts[0].pons[:2])
        dark(olts[1], olts[1].pons[0])

    def then() -> None:
        dark(olts[1], olts[1].pons[1])
        dark(olts[2], olts[2].pons[0])

    site.farm.change(first)
    next_poll(site)
    site.farm.change(then)
    next_poll(site)
    messages = site.news()
    [area] = incidents(site, "--open")
    assert ("area", "power_area", "high", 70, 60) == (
        area["class"],
        area["cause"],
        area["confidence"],
        area["onus"],
        area["dying_gasps"],
    )

    def bright() -> None:
        for olt in olts:
            restore(olt, olt.onus)

    site.farm.change(bright)
    next_poll(site)

    messages += site.news()
    assert len(messages) <= 3
    assert {f"#{area['id']}"} == {*re.findall(r"#\w{4}", "\n".join(messages))}


def test_boxes_that_were_dead_before_are_in_no_count(make_site: Any) -> None:
    olt = olt_of(32)
    lose(olt, olt.onus[:10])
    site = make_site(olt)
    site.good_poll()
    site.let_pass(35 * 24 * 3600)
    site.farm.change(partial(lose, olt, olt.onus[10:17]))

    next_poll(site)

    [text] = site.news()
    assert "7 dari 22" in text


def test_a_branch_gets_the_bracket_it_broke_in(make_site: Any) -> None:
    olt = olt_of(32)
    site = make_site(olt)
    site.good_poll()
    known = {onu.onu_id: onu for onu in olt.onus}
    far = sorted(known.values(), key=lambda onu: onu.rtt)[23:]
    site.farm.change(partial(lose, olt, far))

    next_poll(site)

    [text] = site.news()
    [branch] = incidents(site)
    assert ("partial_pon", "fibre_branch", "high", 9, 32) == (
        branch["class"],
        branch["cause"],
        branch["confidence"],
        branch["onus"],
        branch["of"],
    )
    low, high = branch["bracket_m"]
    assert low < high
    assert f"{low}" in text
    assert f"{high}" in text
    assert "survivors' signal unchanged" in branch["evidence"]


def test_an_olt_that_returns_with_onus_missing_says_both_at_once(make_site: Any) -> None:
    olt, other = olt_of(16, name="OLT-1"), olt_of(8, name="OLT-2")
    site = make_site(olt, other)
    site.good_poll()
    olt.fault = Fault.REFUSE
    texts = []
    for _ in range(4):
        site.let_pass(MINUTE)
        assert 1 == site.poll().code
        texts += site.news()
    [unreachable] = texts
    assert "OLT UNREACHABLE" in unreachable
    olt.fault = Fault.NONE
    site.farm.change(partial(lose, olt, olt.onus[:3]))

    next_poll(site)

    [back] = site.news()
    assert "OLT RECOVERY DETECTED" in back
    assert "3 dari 16" in back


def test_an_onu_that_comes_and_goes_is_told_to_flap_and_then_to_be_stable(make_site: Any) -> None:
    olt = olt_of(16)
    site = make_site(olt)
    site.good_poll()
    onu = olt.onus[0]
    for change in range(12):
        site.farm.change(partial((restore if change % 2 else lose), olt, [onu]))
        next_poll(site, 5 * MINUTE)
    texts = site.news()
    assert len(texts) <= 6
    assert 1 == sum("FLAPPING" in text.upper() for text in texts)

    next_poll(site, 70 * MINUTE)

    [stable] = site.news()
    assert "FLAPPING" in stable.upper()
    next_poll(site)
    assert [] == site.news()


def test_a_pon_that_comes_and_goes_stays_within_the_budget(make_site: Any) -> None:
    olt = olt_of(64)
    site = make_site(olt)
    site.good_poll()
    texts = []
    for change in range(24):
        site.farm.change(partial((restore if change % 2 else lose), olt, olt.onus))
        next_poll(site, 5 * MINUTE)
        texts += site.news()
    assert len(texts) <= 6

    next_poll(site, 70 * MINUTE)

    assert [] == incidents(site, "--open")
    assert 1 == len(site.news())


def test_an_outage_that_came_and_went_while_the_gateway_was_dead_is_not_told_twice(
    make_site: Any,
) -> None:
    olt = olt_of(16)
    site = make_site(olt)
    site.good_poll()
    site.gateway.fault = GatewayFault.REFUSE
    site.farm.change(partial(lose, olt, olt.onus))
    assert 1 == site.poll().code
    site.farm.change(partial(restore, olt, olt.onus))
    site.poll()
    site.gateway.fault = GatewayFault.NONE
    site.gateway.received.clear()
    site.make_due()

    for _ in range(3):
        site.poll()

    assert len(site.news()) <= 1


def test_what_stays_down_when_the_rest_is_back_gets_a_line_and_an_end_of_its_own(
    make_site: Any,
) -> None:
    olt = olt_of(16)
    site = make_site(olt)
    site.good_poll()
    site.farm.change(partial(lose, olt, olt.onus))
    next_poll(site)
    site.news()
    site.farm.change(partial(restore, olt, olt.onus[1:]))
    next_poll(site)
    next_poll(site)
    [text] = site.news()
    assert "15 dari 16" in text
    assert olt.onus[0].name in text

    site.farm.change(partial(restore, olt, olt.onus))
    next_poll(site)

    [text] = site.news()
    assert "RECOVERY DETECTED" in text
    assert [] == incidents(site, "--open")


def test_silence_holds_and_what_is_still_wrong_at_its_end_is_told(make_site: Any) -> None:
    olt = olt_of(16, 8)
    site = make_site(olt)
    site.good_poll()
    assert 0 == site.run("silence", f"OLT-1:{olt.pons[0]}", "--for", "2h").code
    site.farm.change(partial(lose, olt, [*olt.on_pon(olt.pons[0]), olt.on_pon(olt.pons[1])[0]]))
    next_poll(site)
    [text] = site.news()
    assert olt.on_pon(olt.pons[1])[0].name in text
    assert "16 dari 16" not in text

    next_poll(site, 3 * 3600)

    [text] = site.news()
    assert "16 dari 16" in text


def test_acknowledged_it_is_not_reminded_of(make_site: Any) -> None:
    olt = olt_of(16)
    site = make_site(olt)
    site.good_poll()
    site.farm.change(partial(lose, olt, olt.onus))
    next_poll(site)
    site.news()
    for _ in range(3):
        next_poll(site, 61 * MINUTE)
    [reminder] = site.news()
    [incident] = incidents(site, "--open")
    assert f"eponctl ack {incident['id']}" in reminder

    assert 0 == site.run("ack", f"#{incident['id']}").code
    next_poll(site, 5 * 3600)

    assert [] == site.news()


def test_weak_signals_of_a_whole_pon_are_one_message(make_site: Any) -> None:
    olt = olt_of(16)
    site = make_site(olt)
    site.good_poll()
    for _ in range(3):
        next_poll(site)

    def bent() -> None:
        for onu in olt.onus:
            onu.rx_power_dbm = -24.5

    site.farm.change(bent)
    next_poll(site)
    assert [] == site.news()
    next_poll(site)

    [text] = site.news()
    assert "16" in text
    assert len(text) < 1500


def test_history_replayed_under_its_own_rules_makes_the_same_incidents(make_site: Any) -> None:
    olt = olt_of(32, 8)
    site = make_site(olt)
    site.good_poll()
    for _ in range(2):
        next_poll(site)
    site.farm.change(partial(cut_pon(olt.pons[0]), olt))
    next_poll(site)
    site.farm.change(partial(mend_pon(olt.pons[0]), olt))
    next_poll(site)
    [stored] = incidents(site)

    again = site.run("replay", "--json")
    other = site.folder / "other.toml"
    other.write_text(
        site.config.read_text() + '[alerts]\nquiet = { from = "00:00", to = "23:59" }\n'
    )
    quiet = site.run("replay", "--config", str(other), "--json")

    assert (0, 0) == (again.code, quiet.code)
    [made] = json.loads(again.out)["incidents"]
    same = ("class", "cause", "confidence", "olts", "pons", "onus", "restored", "of", "evidence")
    assert {key: stored[key] for key in same} == {key: made[key] for key in same}
    assert 2 == json.loads(again.out)["messages"] == json.loads(again.out)["stored"]["messages"]
    # Whatever is critical is told in quiet hours too.
    assert 2 == json.loads(quiet.out)["messages"]

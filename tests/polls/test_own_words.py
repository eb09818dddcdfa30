"""Whole polls of the installed command with somebody's own texts, good ones and broken ones."""

from __future__ import annotations

from eponctl.simulator import make_olt
from tests.polls.conftest import Ended, MakeSite


def test_alert_has_ones_own_words_and_no_alert_is_lost_for_them(make_site: MakeSite) -> None:
    olts = [make_olt("A22", 4, seed=seed, name=f"OLT-{seed}") for seed in range(3)]
    site = make_site(*olts, more='[messages]\ndir = "own"\n')
    text = site.folder / "own" / "id" / "onu.j2"
    text.parent.mkdir(parents=True)
    text.write_text("{% macro trouble(onu) %}\n*{{ onu.name }}* mati\n{% endmacro %}")
    first, second, third = (olt.onus[0] for olt in olts)
    first.name = "CLIENT-001"
    site.good_poll()

    site.farm.change(lambda: olts[0].lose(first.onu_id))
    site.good_poll()
    (own,) = site.news()
    site.let_pass(600)
    text.write_text("{% macro trouble(onu) %}\n{{ onu.nmae }}\n{% endmacro %}")
    site.farm.change(lambda: olts[1].lose(second.onu_id))
    broken = site.poll()
    (ours,) = site.news()
    site.let_pass(600)
    text.write_text("{% macro trouble(onu) %}{% for x in y")
    site.farm.change(lambda: olts[2].lose(third.onu_id))
    unreadable = site.poll("--json")
    (again,) = site.news()

    assert "*CLIENT-001* mati" in own
    assert "MAC" not in own
    fault = ":2: OnuView has no 'nmae'; the built-in text is used\n"
    assert Ended(0, "", str(text) + fault) == broken
    assert second.mac in ours
    assert third.mac in again
    assert (0, '{"schema": "eponctl-poll/1"') == (unreadable.code, unreadable.out[:27])
    assert unreadable.err.startswith(f"{text}:1: ")


def test_folder_that_is_gone_is_a_fault_before_anything_is_asked(make_site: MakeSite) -> None:
    olt = make_olt("A22", 2)
    site = make_site(olt, more='[messages]\ndir = "own"\n')

    ended = site.poll()

    assert 2 == ended.code
    assert "messages.dir: expected a folder" in ended.err
    assert not site.database.exists()

"""`why`: the decision in plain words, of an incident and of an ONU."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import Result

from eponctl.commands.why import why
from eponctl.config import load
from eponctl.incidents.records import Ending, Extent, Incident, Kind
from eponctl.model import Event, EventKind, Heat, Priority, Reason, Signal, Status
from eponctl.render.page import Screen, shown
from eponctl.render.whysheets import why_page
from eponctl.telling.records import Stage

Run = Callable[..., Result]
Make = Callable[..., Incident]
CHANNEL = """
[whatsapp]
enabled = true
provider = "console"
recipients = ["6281200000001", "6281200000002"]

[[whatsapp.route]]
recipients = ["6281200000003"]
olts = ["OLT-KEDIRI-*"]
"""
BUDI = "00:11:22:33:44:56"


def quiet(now: int) -> str:
    """Quiet hours from six hours before until six hours after."""
    first, last = (
        datetime.fromtimestamp(now + shift, ZoneInfo("Asia/Jakarta")).strftime("%H:%M")
        for shift in (-6 * 3600, 6 * 3600)
    )
    return f'[alerts]\nquiet = {{ from = "{first}", to = "{last}", min_priority = "critical" }}\n'


@pytest.fixture
def told(network: Any, outage: Make) -> Any:
    """Cut a feeder; one of three recipients was told of it."""
    network.configure(CHANNEL)
    incident = outage()
    network.incident(incident)
    network.told(incident, "6281200000001", Stage.OPENED, at=network.now - 200)
    network.told(incident, "6281200000001", Stage.REMINDER)
    return network


def whys(run: Run, name: str) -> dict[str, str]:
    """Why each recipient was not told of the incident, by the end of its number."""
    (found, *_) = [json.loads(run("why", name, "--json").stdout)]
    incident = found.get("incident") or found["incidents"][0]
    return {one["recipient"][-1]: one["why"] for one in incident["not_told"]}


# --- an incident ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["#7K3Q", "7k3q"])
def test_incident_is_told_in_plain_words(told: Any, run: Run, name: str) -> None:
    result = run("why", name)
    lines = result.stdout.splitlines()

    assert 0 == result.exit_code, result.output
    assert "#7K3Q: whole pon outage, critical, open for 5m 15s" == lines[0]
    for line in (
        "where      OLT-1:0/1",
        "ONUs       64 ONUs, 0 back; the first 20 are listed",
        "class      whole pon: 64 of 64 (100 %) lost: at least 90 %, and 4 ONUs or more",
        "cause      fibre feeder, high",
        "because    g = 0/64 = 0.00 <= 0.2: light was lost rather than power",
        "           and the whole PON: its feeder",
        "evidence   64 of 64 lost in one poll, 0 dying gasps",
    ):
        assert line in lines


def test_first_20_onus_are_listed_and_all_are_in_json(told: Any, run: Run) -> None:
    text = run("why", "7K3Q").stdout
    found = json.loads(run("why", "7K3Q", "--json").stdout)

    assert "CLIENT-020" in text
    assert "CLIENT-021" not in text
    assert 64 == len(found["incident"]["members"])


def test_json_has_the_keys_of_incidents_and_why(told: Any, run: Run) -> None:
    found = json.loads(run("why", "7K3Q", "--json").stdout)
    (listed,) = json.loads(run("incidents", "--json").stdout)["incidents"]

    assert ["schema", "generated_at", "incident"] == list(found)
    assert "eponctl-why/1" == found["schema"]
    incident = found["incident"]
    assert listed == {key: incident[key] for key in listed}
    expected = "kind,priority,merged_into,why_class,why_cause,place,timeline,members,told,not_told"
    assert expected == ",".join(key for key in incident if key not in listed)
    assert ["opened", "reminder"] == [one["stage"] for one in incident["told"]]
    assert ["sent", "queued"] == [one["state"] for one in incident["told"]]


def test_recipients_are_masked(told: Any, run: Run) -> None:
    for line in (("why", "7K3Q"), ("why", "7K3Q", "--json")):
        text = run(*line).stdout

        assert "62812000" not in text
        assert "0001" in text


def test_timeline_has_growth_and_returns(network: Any, run: Run, outage: Make) -> None:
    now = network.now
    made = outage(9, 32, opened_at=now - 315)
    members = [
        *(one._replace(ended_at=now - 60, ending=Ending.RESTORED) for one in made.members[:4]),
        *(one._replace(at=now - 200) for one in made.members[4:]),
    ]
    network.incident(made._replace(members=tuple(members), acked_at=now - 100, closed_at=now - 5))

    steps = json.loads(run("why", "7K3Q", "--json").stdout)["incident"]["timeline"]

    assert [
        "the last good read before it",
        "opened: 4 ONUs",
        "grew: 5 more, 9 in all",
        "acknowledged: no more reminders",
        "4 ONUs back, 5 left",
        "closed after 5m 10s",
    ] == [step["what"] for step in steps]
    assert sorted(step["at"] for step in steps) == [step["at"] for step in steps]


def test_bracket_says_where(network: Any, run: Run, outage: Make) -> None:
    network.incident(outage(9, 32))

    text = run("why", "7K3Q").stdout

    assert "place      between 230 m (last alive) and 240 m (first dead)" in text
    assert "9 of 32 (28 %) lost: 3 or more, but less than 90 %" in text
    assert "all the dead are farther out: a branch" in text


@pytest.mark.parametrize(
    ("lost", "of", "gasps", "words"),
    [
        (64, 64, 64, ["power local, medium", "g = 64/64 = 1.00 >= 0.7: power was lost", "on one"]),
        (10, 64, 4, ["mixed, low", "g = 4/10 = 0.40: between 0.2 (fibre) and 0.7 (power)"]),
        (64, 64, None, ["unknown, low", "the device gives no reason"]),
        (1, 64, 0, ["fibre branch, low", "g = 0/1 = 0.00 <= 0.2: light", "one or two ONUs prove"]),
    ],
)
def test_rule_has_its_numbers(
    network: Any, run: Run, outage: Make, lost: int, of: int, gasps: int | None, words: list[str]
) -> None:
    network.incident(outage(lost, of, gasps))

    found = run("why", "7K3Q").stdout.split("cause      ")[1].splitlines()

    assert [] == [word for word, line in zip(words, found, strict=False) if word not in line]


def test_olt_that_does_not_answer_has_its_error(
    network: Any, run: Run, unreachable: Incident
) -> None:
    network.incident(unreachable)

    text = run("why", "9WXY").stdout

    assert "#9WXY: olt unreachable, high, open for 10m" in text
    assert "error      connect timed out" in text
    assert "opened" in text


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        (
            Kind.SIGNAL,
            {"value": -24.5, "usual": -20.0},
            "-24.5 dBm, 4.5 dB under its usual -20 dBm",
        ),
        (Kind.SIGNAL, {"value": -28.9}, "-28.9 dBm, under rx_power_low"),
        (Kind.HEAT, {"value": 71.0}, "71 °C, over temperature_high"),
        (Kind.FLAPPING, {}, "4 changes of its status or more within an hour"),
    ],
)
def test_other_troubles_have_no_cause_but_a_number(
    network: Any, run: Run, outage: Make, kind: Kind, changes: dict[str, Any], words: str
) -> None:
    made = outage(1, 8)
    member = made.members[0]._replace(**changes)
    network.incident(
        made._replace(kind=kind, members=(member,), verdict=None, detail="weak_signal")
    )

    text = run("why", "7K3Q").stdout
    found = json.loads(run("why", "7K3Q", "--json").stdout)["incident"]

    assert words in text
    assert "cause" not in text
    assert (None, None, kind) == (found["cause"], found["confidence"], found["kind"])


def test_merged_incident_says_where_it_went(network: Any, run: Run, outage: Make) -> None:
    part = outage(3, 64, id="6UVW", merged_into="7K3Q", closed_at=network.now - 100)
    network.incident(outage(), part)
    network.told(part, "6281200000001", Stage.OPENED, at=network.now - 200)
    network.configure(CHANNEL)

    assert "became part of #7K3Q" in run("why", "6UVW").stdout
    (told,) = json.loads(run("why", "7K3Q", "--json").stdout)["incident"]["told"]
    assert ("6UVW", "opened") == (told["incident_id"], told["stage"])


# --- who was not told -------------------------------------------------------------------------


def test_recipient_that_no_route_lets_through_is_named(told: Any, run: Run) -> None:
    assert "no route of this recipient lets critical of OLT-1 through" == whys(run, "7K3Q")["3"]


def test_nothing_holds_it_back_so_the_next_poll_tells(told: Any, run: Run) -> None:
    assert "the next poll tells it" == whys(run, "7K3Q")["2"]


def test_what_was_over_before_it_was_told_is_counted(told: Any, run: Run, outage: Make) -> None:
    told.incident(outage(closed_at=told.now - 10))

    assert "it was over before it was told: only counted" == whys(run, "7K3Q")["2"]


def test_silence_that_hid_an_outage_from_end_to_end_is_named_afterwards(
    told: Any, run: Run, outage: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: float(told.now - 400))
    run("silence", "OLT-1", "--for", "1h", "--why", "splicing")
    monkeypatch.setattr("time.time", lambda: float(told.now))
    run("silence", "end", "1")
    told.incident(outage(closed_at=told.now - 10))

    words = "it was over before it was told, in silence 1 of OLT-1 (splicing): only counted"
    assert words == whys(run, "7K3Q")["2"]


def test_quiet_hours_that_hid_an_outage_are_named_afterwards(
    told: Any, run: Run, outage: Make
) -> None:
    told.configure(quiet(told.now))
    told.incident(outage(1, 8, priority=Priority.HIGH, closed_at=told.now - 10))

    words = "it was over before it was told, in quiet hours: only counted"
    assert words == whys(run, "7K3Q")["2"]


def test_silence_and_its_end_are_named(told: Any, run: Run) -> None:
    run("silence", "OLT-1:0/*", "--for", "2h", "--why", "splicing")

    found = json.loads(run("why", "7K3Q", "--json").stdout)["incident"]["not_told"]
    text = run("why", "7K3Q").stdout

    assert "silence 1 of OLT-1:0/* (splicing)" == found[0]["why"]
    assert found[0]["until"].endswith("+07:00")
    assert "not told   62812…0002: silence 1 of OLT-1:0/* (splicing), until " in text


def test_silence_of_a_part_holds_nothing_back(told: Any, run: Run) -> None:
    run("incidents")
    told.polled("OLT-1", [told.onu(mac="02:00:00:00:01:05", onu_id="0/1:5")])
    run("silence", "OLT-1:0/1:5", "--for", "2h")

    assert "the next poll tells it" == whys(run, "7K3Q")["2"]


def test_maintenance_is_named(told: Any, run: Run) -> None:
    told.configure(
        '[[maintenance]]\ntarget = "OLT-1"\nfrom = "2020-01-01T00:00"\nto = "2090-01-01T00:00"\n'
    )

    assert "maintenance of OLT-1" == whys(run, "7K3Q")["2"]


def test_quiet_hours_hold_what_is_less_urgent(told: Any, run: Run, outage: Make) -> None:
    told.configure(quiet(told.now))
    told.incident(outage(1, 8, priority=Priority.HIGH))

    assert "quiet hours hold what is less urgent" == whys(run, "7K3Q")["2"]


def test_quiet_hours_let_what_is_critical_through(told: Any, run: Run) -> None:
    told.configure(quiet(told.now))

    assert "the next poll tells it" == whys(run, "7K3Q")["2"]


def test_message_that_waits_is_named(told: Any, run: Run, outage: Make) -> None:
    told.told(outage(), "6281200000002", Stage.OPENED)

    assert whys(run, "7K3Q")["2"].startswith("its message waits in the outbox")


def test_budget_that_is_used_up_is_named(told: Any, run: Run, outage: Make) -> None:
    other = outage(1, 8, id="2BCD")
    for _ in range(30):
        told.told(other, "6281200000002", Stage.OPENED, at=told.now - 60)

    assert (
        "its budget of 30 messages an hour is used up; a later poll tells it"
        == whys(run, "7K3Q")["2"]
    )


def test_olt_that_does_not_answer_comes_first(
    told: Any, run: Run, outage: Make, unreachable: Incident
) -> None:
    olt = unreachable._replace(olt_ids=("OLT-1",))
    told.incident(olt)
    told.told(olt, "6281200000002", Stage.OPENED, at=told.now - 60)

    assert "something larger comes first, #9WXY" in whys(run, "7K3Q")["2"]


def test_channel_that_is_off_tells_nobody(network: Any, run: Run, outage: Make) -> None:
    network.configure(CHANNEL.replace("enabled = true", "enabled = false"))
    network.incident(outage())

    assert "[whatsapp] is off in olts.toml" in whys(run, "7K3Q")["2"]


def test_nobody_to_tell_is_said(network: Any, run: Run, outage: Make) -> None:
    network.incident(outage())

    assert "[whatsapp] in olts.toml names nobody" in run("why", "7K3Q").stdout


# --- an ONU -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [BUDI, "0011.2233.4456", "OLT-1:0/1:10", "budi santoso", "budi", f"olt-1:{BUDI}"]
)
def test_onu_is_found_by_what_a_person_knows_of_it(network: Any, run: Run, name: str) -> None:
    found = json.loads(run("why", name, "--json").stdout)

    keys = "schema,generated_at,onu,abandoned,flapping,reasons,quiet,incidents,events"
    assert keys == ",".join(found)
    assert BUDI == found["onu"]["mac"]


def test_name_of_several_is_answered_with_all_of_them(network: Any, run: Run) -> None:
    network.polled(
        "OLT-2", [network.onu(olt_id="OLT-2", mac="02:00:00:00:00:01", name="BUDI SANTOSO")]
    )

    result = run("why", "Budi Santoso")

    assert (2, "") == (result.exit_code, result.stdout)
    assert '"Budi Santoso": fits 2 ONUs' in result.stderr
    assert f"OLT-1:0/1:10: {BUDI} Budi Santoso" in result.stderr
    assert "OLT-2:0/1:1: 02:00:00:00:00:01 BUDI SANTOSO" in result.stderr


def test_exact_name_comes_before_a_part_of_others(network: Any, run: Run) -> None:
    network.polled("OLT-2", [network.onu(olt_id="OLT-2", mac="02:00:00:00:00:01", name="Budi")])

    assert "02:00:00:00:00:01" == json.loads(run("why", "budi", "--json").stdout)["onu"]["mac"]


def test_mac_on_two_olts_is_told_apart_by_its_olt(network: Any, run: Run) -> None:
    network.polled("OLT-2", [network.onu(olt_id="OLT-2", mac=BUDI)])

    assert 2 == run("why", BUDI).exit_code
    assert 0 == run("why", f"OLT-2:{BUDI}").exit_code


def test_onu_named_like_an_id_comes_first_unless_the_id_has_its_sign(
    network: Any, run: Run, outage: Make
) -> None:
    network.polled("OLT-2", [network.onu(olt_id="OLT-2", mac="02:00:00:00:00:01", name="7K3Q")])
    network.incident(outage())

    assert "onu" in json.loads(run("why", "7K3Q", "--json").stdout)
    assert "incident" in json.loads(run("why", "#7K3Q", "--json").stdout)


@pytest.mark.parametrize(
    ("name", "word"), [("nobody", "fits no ONU"), ("#XXXX", "no incident has this id")]
)
def test_what_is_not_there_is_said(network: Any, run: Run, name: str, word: str) -> None:
    result = run("why", name)

    assert (2, "") == (result.exit_code, result.stdout)
    assert word in result.stderr


def reasons(run: Run, name: str) -> list[str]:
    return [one["why"] for one in json.loads(run("why", name, "--json").stdout)["reasons"]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "it is up, and no threshold is crossed"),
        ({"status": Status.DISABLED}, "switched off on purpose"),
        ({"status": Status.UNKNOWN}, "a word for it that is not known"),
        (
            {"status": Status.DOWN, "told_status": Status.UP, "status_off": 0},
            "seen so in 0 polls in a row; 1 are needed",
        ),
        (
            {"status": Status.DOWN, "told_status": Status.DOWN},
            "it was so when it was first seen",
        ),
        (
            {"status": Status.DOWN, "told_status": Status.DOWN, "announced": 1},
            "it began before incidents were kept",
        ),
        ({"signal": Signal.WEAK, "signal_off": 0}, "seen so in 0 polls in a row"),
        ({"signal": Signal.WEAK, "told_signal": Signal.WEAK}, "it was so when it was first seen"),
        ({"heat": Heat.HIGH, "told_heat": Heat.HIGH}, "it was so when it was first seen"),
        ({"missed": 1}, "not found on its OLT in 1 of 1 polls"),
    ],
)
def test_reason_why_nothing_is_told(
    site: Any, run: Run, changes: dict[str, Any], words: str
) -> None:
    site.olt("OLT-1")
    site.polled("OLT-1", [site.onu(**changes)])

    assert any(words in reason for reason in reasons(run, "CLIENT-001"))


def test_onu_that_nobody_can_see_is_not_judged(network: Any, run: Run) -> None:
    assert "its OLT does not answer" in reasons(run, "siti")[0]
    assert "its OLT is disabled in olts.toml" in reasons(run, "OLT-3:0/1:1")[0]


def test_abandoned_onu_says_for_how_long(site: Any, run: Run) -> None:
    site.olt("OLT-1")
    down = {"status": Status.DOWN, "told_status": Status.DOWN, "since": site.now - 35 * 86400}
    site.polled("OLT-1", [site.onu(**down)])

    found = json.loads(run("why", "CLIENT-001", "--json").stdout)

    assert found["abandoned"] is True
    assert found["reasons"][0]["why"].startswith("abandoned: not up for 35d, longer than 30d")
    assert "abandoned  yes: in no count" in run("why", "CLIENT-001").stdout


def test_onu_has_its_incident_and_who_was_told(told: Any, run: Run) -> None:
    mac = "02:00:00:00:01:05"
    told.polled(
        "OLT-1",
        [
            told.onu(
                mac=mac,
                onu_id="0/1:5",
                status=Status.DOWN,
                status_raw="Down",
                reason=Reason.TIMEOUT,
                told_status=Status.DOWN,
                announced=1,
                last_rx_power_dbm=-20.0,
                distance_m=50,
            )
        ],
    )

    text = run("why", mac).stdout
    found = json.loads(run("why", mac, "--json").stdout)

    assert "incident   #7K3Q, whole pon outage, open for 5m 15s" in text
    assert "evidence   64 of 64 lost in one poll" in text
    assert "told       62812…0001: opened, " in text
    assert "not told   62812…0003: no route" in text
    assert "status     Down (Timeout) since " in text
    assert "value      RX -20.0 dBm when it was last up, 50 m" in text
    assert [] == found["reasons"]
    assert ["7K3Q"] == [one["id"] for one in found["incidents"]]


def test_onu_that_flaps_or_is_silenced_says_so(network: Any, run: Run, outage: Make) -> None:
    made = outage(1, 8)
    member = made.members[0]._replace(mac=BUDI)
    network.incident(
        made._replace(kind=Kind.FLAPPING, extent=Extent.SINGLE, members=(member,), verdict=None)
    )
    run("silence", BUDI, "--for", "2h")

    text = run("why", "budi").stdout
    found = json.loads(run("why", "budi", "--json").stdout)

    assert "flapping   yes" in text
    assert f"why        silence 1 of {BUDI}, until " in text
    assert found["flapping"] is True
    assert [BUDI] == [one["target"] for one in found["quiet"]]


def test_onu_of_an_olt_that_does_not_answer_names_that_incident(
    network: Any, run: Run, unreachable: Incident
) -> None:
    network.incident(unreachable)

    assert "#9WXY, olt unreachable" in run("why", "siti").stdout


def test_onu_has_its_last_events_with_their_delivery(network: Any, run: Run) -> None:
    onu = network.onu(mac=BUDI, name="Budi Santoso")
    events = [
        Event(EventKind.DOWN, Priority.HIGH, "OLT-1", network.now - 100 + at, onu, after="down")
        for at in range(12)
    ]
    network.happened(events, ["6281200000001"])

    found = json.loads(run("why", "budi", "--json").stdout)["events"]

    assert 10 == len(found)
    assert found[0]["at"] > found[-1]["at"]
    assert 10 == run("why", "budi").stdout.count("  down  ")


# --- pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", ["7K3Q", "budi"])
def test_page_fits_its_terminal(told: Any, name: str, width: int) -> None:
    config = load(told.folder / "olts.toml")
    page = why_page(why(config, name, now=told.now), config.timezone)

    text = "".join(shown(page, Screen(width, is_coloured=False)))

    assert max(map(len, text.splitlines())) <= width


def test_hostile_names_are_harmless(site: Any, run: Run, outage: Make) -> None:
    site.olt("OLT-1")
    site.polled("OLT-1", [site.onu(name="\x1b[31mred\nline", status_raw="\x1b[2JUp")])
    made = outage(3, 8)
    members = tuple(one._replace(name="a\x1b]0;t\x07b\nc") for one in made.members)
    site.incident(made._replace(members=members))

    for line in (("why", "00:11:22:33:44:55"), ("why", "7K3Q")):
        assert "\x1b" not in run(*line).stdout
        assert "\x1b" not in run(*line, "--json").stdout
    assert "ab c" in run("why", "7K3Q").stdout

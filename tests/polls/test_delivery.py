"""Nothing is lost: gateways that fail, and polls that are killed."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from typing import Any

import pytest

from eponctl.simulator import Delivery, Dialect, GatewayFault, SimOlt, SimOnu, make_olt

OTHER = "6281200000002"
KILLS = 25
MINUTE, HOUR = 60, 3600


@pytest.fixture(scope="module")
def shared(make_site: Any) -> Any:
    """A site after its baseline."""
    site = make_site(make_olt("A22", 30, name="OLT-1", pons=15), deadline_s=1.5)
    site.good_poll()
    return site


@pytest.fixture
def site(shared: Any) -> Any:
    """The shared site, all of it well, and nothing of another test waiting or remembered."""
    shared.gateway.fault = GatewayFault.NONE
    shared.gateway.connected = True
    shared.gateway.api_key = "simulator-key"
    shared.gateway.script.clear()
    olt: SimOlt = shared.farm.olts[0]
    lost = [onu.onu_id for onu in olt.onus if onu.is_lost]
    shared.farm.change(lambda: [*map(olt.restore, lost)])
    # Twice: what went out, or changed, within an hour counts.
    shared.let_pass(HOUR)
    shared.good_poll()
    shared.let_pass(HOUR)
    assert {"up"} == {*shared.statuses(olt).values()}
    assert [] == queued(shared)
    shared.gateway.calls.clear()
    shared.news()
    return shared


def lose_one(site: Any) -> SimOnu:
    """Lose the first ONU of a PON where all are up, so that it is an incident of its own."""
    olt: SimOlt = site.farm.olts[0]
    by_pon = map(olt.on_pon, olt.pons)
    onu = next(onus[0] for onus in by_pon if all(onu.status == "Up" for onu in onus))
    site.farm.change(lambda: olt.lose(onu.onu_id))
    return onu


def queued(site: Any) -> list[tuple[int, int, int]]:
    """Id, age of the news (UTC seconds) and tries of each message that waits."""
    found: list[tuple[int, int, int]] = site.rows(
        "SELECT id, created_at, tries FROM outbox WHERE state = 'queued' ORDER BY id"
    )
    return found


# Not delivered, and so to arrive exactly once later.
FAULTS = [
    GatewayFault.SERVER_ERROR,
    GatewayFault.BAD_GATEWAY,
    GatewayFault.SERVICE_UNAVAILABLE,
    GatewayFault.THROTTLED,
    GatewayFault.DISCONNECTED,
    GatewayFault.WRONG_KEY,
    GatewayFault.QUOTA_ZERO,
    GatewayFault.HANG,
    GatewayFault.RESET,
    GatewayFault.CLOSE_BEFORE_READING,
    GatewayFault.REFUSE,
]
# Delivered, and only the answer is lost: told again, and said to be perhaps a repetition.
UNCLEAR = [
    GatewayFault.HANG_DELIVERED,
    GatewayFault.CLOSE_AFTER_READING,
    GatewayFault.TRUNCATED_JSON,
    GatewayFault.GARBAGE,
]


@pytest.mark.parametrize("fault", FAULTS)
def test_message_that_a_gateway_did_not_take_arrives_later_and_once(
    site: Any, fault: GatewayFault
) -> None:
    site.gateway.fault = fault
    mac = lose_one(site).mac
    run = site.poll()
    assert (1, "", 1) == (run.code, run.out, len(run.lines))
    assert run.err.startswith("eponctl: WhatsApp")
    assert [] == site.news()
    assert "down" == site.rows("SELECT status FROM onu_status WHERE mac = ?", mac)[0][0]

    # While it lasts the poll goes on, tells of it, and makes no second message.
    [(message_id, created_at, _)] = queued(site)
    assert 1 == site.poll().code
    assert [(message_id, created_at)] == [message[:2] for message in queued(site)]

    site.gateway.fault = GatewayFault.NONE
    site.let_pass(MINUTE)
    site.make_due()
    site.good_poll()
    [text] = site.news()
    assert mac in text
    site.let_pass(MINUTE)
    site.good_poll()
    assert [] == site.news()


@pytest.mark.parametrize("fault", UNCLEAR)
def test_message_whose_answer_was_lost_is_told_once_more_and_says_so(
    site: Any, fault: GatewayFault
) -> None:
    site.gateway.fault = fault
    mac = lose_one(site).mac
    assert 1 == site.poll().code
    site.gateway.fault = GatewayFault.NONE
    # Not before its minute has passed.
    site.let_pass(MINUTE // 2)
    assert 1 == site.poll().code
    assert 1 == len(site.gateway.received)
    site.let_pass(MINUTE // 2)
    site.good_poll()
    first, second = site.news()

    assert mac in first
    assert mac in second
    assert "mungkin terulang" not in first
    assert "mungkin terulang" in second
    site.let_pass(MINUTE)
    site.good_poll()
    assert [] == site.news()


def test_news_of_several_polls_that_no_gateway_took_are_one_message_in_their_order(
    site: Any, names_by_place: Any
) -> None:
    site.gateway.fault = GatewayFault.REFUSE
    lost, made, tries = [], [], []
    for _ in range(3):
        lost.append(lose_one(site))
        site.let_pass(MINUTE)
        assert 1 == site.poll().code
        [(_, created_at, tried)] = queued(site)
        made.append(created_at)
        tries.append(tried)
    # Each takes the place of the one before, its age and its tries.
    assert [1, 2, 3] == tries
    assert [made[0] - minutes * MINUTE for minutes in range(3)] == made
    site.gateway.fault = GatewayFault.NONE
    site.make_due()
    site.good_poll()

    [text] = site.news()
    assert [("OLT-1", onu.onu_id) for onu in lost] == list(names_by_place(text))
    site.let_pass(MINUTE)
    site.good_poll()
    assert [] == site.news()


def test_news_within_the_pause_wait_for_its_end_and_are_one_message(
    site: Any, names_by_place: Any
) -> None:
    first = lose_one(site)
    site.good_poll()
    [text] = site.news()
    assert [("OLT-1", first.onu_id)] == list(names_by_place(text))
    lost = []
    for _ in range(2):
        lost.append(lose_one(site))
        site.let_pass(1)
        site.good_poll()
        assert [] == site.news()
        assert 1 == len(queued(site))

    site.let_pass(MINUTE)
    site.good_poll()
    [text] = site.news()
    assert [("OLT-1", onu.onu_id) for onu in lost] == list(names_by_place(text))


def test_what_is_over_before_a_gateway_took_it_is_not_told(site: Any) -> None:
    site.gateway.fault = GatewayFault.REFUSE
    onu = lose_one(site)
    assert 1 == site.poll().code
    assert 1 == len(queued(site))
    site.farm.change(lambda: site.farm.olts[0].restore(onu.onu_id))
    site.let_pass(MINUTE)
    # Nothing waits any more, so there is nothing that a gateway could refuse.
    site.good_poll()
    assert [] == queued(site)
    site.gateway.fault = GatewayFault.NONE
    site.let_pass(MINUTE)
    site.good_poll()

    assert [] == site.news()
    changes = [("OLT-1", onu.onu_id, kind) for kind in ("down", "recovered")]
    assert changes == site.history()[-2:]


def test_recipient_that_fails_does_not_keep_the_others_from_being_told(make_site: Any) -> None:
    olt = make_olt("A22", 8, name="OLT-1")
    site = make_site(
        olt, edit=lambda text: text.replace('["6281200000001"]', f'["6281200000001", "{OTHER}"]')
    )
    site.gateway.fault_for["6281200000001"] = GatewayFault.SERVER_ERROR
    site.good_poll()
    site.farm.change(lambda: olt.lose("0/1:1"))
    assert 1 == site.poll().code

    assert [OTHER] == [delivery.number for delivery in site.gateway.received]
    site.gateway.fault_for.clear()
    site.let_pass(MINUTE)
    site.good_poll()
    assert [OTHER, "6281200000001"] == [delivery.number for delivery in site.gateway.received]


# --- killed -----------------------------------------------------------------------------------


def kill_site(make_site: Any) -> Any:
    dialects: tuple[Dialect, ...] = ("A22", "A16", "B13", "B18")
    olts = [
        make_olt(dialect, 32, seed=n, name=f"OLT-{n}", pons=8) for n, dialect in enumerate(dialects)
    ]
    site = make_site(*olts)
    site.good_poll()
    return site


def settle(site: Any) -> None:
    """Poll until nothing waits."""
    for _ in range(5):
        site.let_pass(MINUTE)
        site.poll()
        if not site.rows("SELECT id FROM outbox WHERE state NOT IN ('sent', 'merged')"):
            return
    pytest.fail("messages still wait")


Place = tuple[str, str]
"""OLT and ONU id."""


def check_nothing_was_lost(site: Any, lost: list[Place], names_by_place: Any) -> None:
    """Each ONU that was lost is told, counted once, and stored as lost; all else is up."""
    texts = "\n".join(delivery.text for delivery in site.gateway.received)
    assert set(lost) == set(names_by_place(texts))
    assert Counter((olt, onu_id, "down") for olt, onu_id in lost) == Counter(site.history())
    listed = json.loads(site.run("incidents", "--json").out)["incidents"]
    assert len(lost) == len(listed)
    assert [] == [incident for incident in listed if incident["told_at"] is None]
    gone = set(lost)
    for olt in site.farm.olts:
        expected = {
            onu.onu_id: "down" if (olt.name, onu.onu_id) in gone else "up" for onu in olt.onus
        }
        assert expected == site.statuses(olt)
    assert [("ok",)] == site.rows("PRAGMA integrity_check")


def test_polls_killed_at_any_moment_lose_no_alert(make_site: Any, names_by_place: Any) -> None:
    site, rng = kill_site(make_site), random.Random(25)
    began = time.monotonic()
    site.good_poll()
    length_s = time.monotonic() - began
    lost: list[Place] = []
    # One PON after the other: what drops on one PON at a time is one outage.
    up = [
        (olt, olt.on_pon(pon)[place])
        for place in range(4)
        for olt in site.farm.olts
        for pon in olt.pons
    ]
    stored: list[bool] = []
    # Until some died before they had stored what they saw, and some after it.
    while len(stored) < KILLS or len(set(stored)) == 1:
        olt, onu = up.pop(0)
        site.farm.change(lambda olt=olt, onu=onu: olt.lose(onu.onu_id))
        lost.append((olt.name, onu.onu_id))
        # So that each may send, and all of them no more than what may go out within an hour.
        site.let_pass(5 * MINUTE)
        process = site.start()
        # All along the run, and more often where it judges, stores and sends.
        time.sleep(length_s * rng.uniform(0.3 if len(stored) % 4 == 0 else 0.7, 1.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            stored.append(lost[-1] in {event[:2] for event in site.history()})
            length_s *= 0.98 if stored[-1] else 1.1
        else:
            # It was quicker: the machine has less to do now.
            length_s *= 0.85
    settle(site)

    check_nothing_was_lost(site, lost, names_by_place)


def test_poll_killed_while_its_message_is_on_the_phone_tells_it_again(
    make_site: Any, names_by_place: Any
) -> None:
    """The one window in which a message can go out twice, between the yes and the commit."""
    site = kill_site(make_site)
    olt = site.farm.olts[0]
    lost: list[Place] = []
    for pon in olt.pons[:4]:
        onu = olt.on_pon(pon)[0]
        site.farm.change(lambda onu=onu: olt.lose(onu.onu_id))
        lost.append((olt.name, onu.onu_id))
        site.let_pass(MINUTE)
        running: list[Any] = []

        def killed(delivery: Delivery, running: list[Any] = running) -> None:
            if running:
                running.pop().send_signal(signal.SIGKILL)

        site.gateway.on_message = killed
        process = site.start()
        running.append(process)
        process.communicate()
        assert -signal.SIGKILL == process.returncode
    site.gateway.on_message = None
    settle(site)

    check_nothing_was_lost(site, lost, names_by_place)
    texts = [delivery.text for delivery in site.gateway.received]
    # What the phone had when its poll was killed came again, with what was new by then.
    assert len(texts) > 4
    assert all("(mungkin terulang)" in text for text in texts[4:-1])


def test_daily_report_comes_behind_the_news_of_its_poll(make_site: Any) -> None:
    site = make_site(
        make_olt("A22", 4, name="OLT-1"),
        edit=lambda text: text.replace("hourly = false", 'hourly = false\ndaily = "00:00"'),
    )
    site.good_poll()
    assert [] == site.news(), "the first report is that of the first whole day"
    # Its last one was long ago, and there was a whole day of polls before today.
    site.let_pass(2 * 24 * HOUR)
    site.rows("UPDATE meta SET value = '2026-01-01' WHERE key = 'reported_day'")
    lose_one(site)

    site.good_poll()
    # The pause between two messages to one telephone is longer than this site gives a poll.
    site.let_pass(MINUTE)
    site.good_poll()
    heads = [text.split("\n")[0] for text in site.news()]
    assert ["🚨 EPON MULTI-OLT STATUS ALERT 🚨", "📋 DAILY STATUS REPORT 📋"] == heads
    site.let_pass(MINUTE)
    site.good_poll()
    assert [] == site.news(), "once a day"

    site.rows("UPDATE meta SET value = '2026-01-01' WHERE key = 'reported_day'")
    lose_one(site)
    site.gateway.fault = GatewayFault.SERVER_ERROR
    failed = site.poll()
    assert (1, 1) == (failed.code, len(failed.lines)), "a gateway that fails is tried once"
    assert 2 == len(queued(site)), "both wait"

"""Nothing is lost: gateways that fail, and polls that are killed."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from typing import Any

import pytest

from eponctl.simulator import Delivery, Dialect, GatewayFault, SimOlt, make_olt

OTHER = "6281200000002"
KILLS = 25


@pytest.fixture(scope="module")
def shared(make_site: Any) -> Any:
    """A site after its baseline; each test takes ONUs of its own."""
    site = make_site(make_olt("A22", 60, name="OLT-1", pons=15), deadline_s=1.5)
    site.good_poll()
    return site


@pytest.fixture
def site(shared: Any) -> Any:
    """The shared site, its gateway well and nothing of another test waiting."""
    shared.gateway.fault = GatewayFault.NONE
    shared.gateway.connected = True
    shared.gateway.api_key = "simulator-key"
    shared.gateway.script.clear()
    if shared.rows("SELECT id FROM outbox WHERE state = 'queued'"):
        shared.make_due()
        shared.poll()
    shared.gateway.calls.clear()
    shared.news()
    return shared


def lose_one(site: Any) -> str:
    """Lose an ONU that is up; its MAC."""
    olt: SimOlt = site.farm.olts[0]
    onu = next(onu for onu in olt.onus if onu.status == "Up")
    site.farm.change(lambda: olt.lose(onu.onu_id))
    return onu.mac


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
    mac = lose_one(site)
    run = site.poll()
    assert (1, "", 1) == (run.code, run.out, len(run.lines))
    assert run.err.startswith("eponctl: WhatsApp")
    assert [] == site.news()
    assert "down" == site.rows("SELECT status FROM onu_status WHERE mac = ?", mac)[0][0]

    # While it lasts the poll goes on, tells of it, and makes no second message.
    assert 1 == site.poll().code
    [(waiting,)] = site.rows("SELECT count(*) FROM outbox WHERE state = 'queued'")
    assert 1 == waiting

    site.gateway.fault = GatewayFault.NONE
    site.make_due()
    site.good_poll()
    [text] = site.news()
    assert mac in text
    site.good_poll()
    assert [] == site.news()


@pytest.mark.parametrize("fault", UNCLEAR)
def test_message_whose_answer_was_lost_is_told_once_more_and_says_so(
    site: Any, fault: GatewayFault
) -> None:
    site.gateway.fault = fault
    mac = lose_one(site)
    assert 1 == site.poll().code
    site.gateway.fault = GatewayFault.NONE
    # Not before its minute has passed.
    assert 1 == site.poll().code
    assert 1 == len(site.gateway.received)
    site.make_due()
    site.good_poll()
    first, second = site.news()

    assert mac in first
    assert mac in second
    assert "mungkin terulang" not in first
    assert "mungkin terulang" in second
    site.good_poll()
    assert [] == site.news()


def test_news_of_several_polls_arrive_in_their_order(site: Any) -> None:
    site.gateway.fault = GatewayFault.REFUSE
    macs = []
    for _ in range(3):
        macs.append(lose_one(site))
        assert 1 == site.poll().code
    site.gateway.fault = GatewayFault.NONE
    site.make_due()
    site.good_poll()

    texts = site.news()
    assert macs == [mac for text in texts for mac in macs if mac in text]


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
    site.make_due()
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
        site.make_due()
        site.poll()
        if not site.rows("SELECT id FROM outbox WHERE state != 'sent'"):
            return
    pytest.fail("messages still wait")


def check_nothing_was_lost(site: Any, lost: list[tuple[str, str, str]]) -> None:
    """Each ONU that was lost is told, counted once, and stored as lost; all else is up."""
    texts = "\n".join(delivery.text for delivery in site.gateway.received)
    assert [] == [mac for _, _, mac in lost if f"MAC: {mac}" not in texts]
    assert Counter((olt, onu_id, "down") for olt, onu_id, _ in lost) == Counter(site.history())
    gone = {(olt, onu_id) for olt, onu_id, _ in lost}
    for olt in site.farm.olts:
        expected = {
            onu.onu_id: "down" if (olt.name, onu.onu_id) in gone else "up" for onu in olt.onus
        }
        assert expected == site.statuses(olt)
    assert [("ok",)] == site.rows("PRAGMA integrity_check")


def test_polls_killed_at_any_moment_lose_no_alert(make_site: Any) -> None:
    site, rng = kill_site(make_site), random.Random(25)
    began = time.monotonic()
    site.good_poll()
    length_s = time.monotonic() - began
    lost: list[tuple[str, str, str]] = []
    # One PON after the other: three of one PON would be told in lines, without their MACs.
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
        lost.append((olt.name, onu.onu_id, onu.mac))
        process = site.start()
        # All along the run, and more often where it judges, stores and sends.
        time.sleep(length_s * rng.uniform(0.3 if len(stored) % 4 == 0 else 0.7, 1.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            stored.append(lost[-1][:2] in {event[:2] for event in site.history()})
            length_s *= 0.98 if stored[-1] else 1.1
        else:
            # It was quicker: the machine has less to do now.
            length_s *= 0.85
    settle(site)

    check_nothing_was_lost(site, lost)


def test_poll_killed_while_its_message_is_on_the_phone_tells_it_again(make_site: Any) -> None:
    """The one window in which a message can go out twice, between the yes and the commit."""
    site = kill_site(make_site)
    olt = site.farm.olts[0]
    lost = []
    for onu in olt.onus[:4]:
        site.farm.change(lambda onu=onu: olt.lose(onu.onu_id))
        lost.append((olt.name, onu.onu_id, onu.mac))
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

    check_nothing_was_lost(site, lost)
    texts = [delivery.text for delivery in site.gateway.received]
    # What the phone had when its poll was killed came again, and no message more than that.
    assert 4 == len(set(texts))
    assert len(texts) <= 2 * 4

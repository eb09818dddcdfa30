"""Every fault of the simulated gateway met by a whole delivery: all arrives, repeats are marked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import peewee
import pytest

from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome
from eponctl.outbox import Delivery, deliver
from eponctl.provider import Provider
from eponctl.simulator import Gateway, GatewayFault
from eponctl.store import outbox as store
from eponctl.store.database import open_database
from eponctl.whatsapp.mpwa import Mpwa

TO, OTHER = "6281200000001", "6281200000002"
ONCE, MARKED, TWICE = ["text"], ["(repeat) text"], ["text", "(repeat) text"]

ARRIVES: dict[GatewayFault, list[str]] = {
    GatewayFault.NONE: ONCE,
    GatewayFault.REFUSE: ONCE,
    GatewayFault.CLOSE_BEFORE_READING: MARKED,
    GatewayFault.RESET: MARKED,
    GatewayFault.HANG: MARKED,
    GatewayFault.HANG_DELIVERED: TWICE,
    GatewayFault.CLOSE_AFTER_READING: TWICE,
    GatewayFault.TRUNCATED_JSON: TWICE,
    GatewayFault.GARBAGE: TWICE,
    GatewayFault.WRONG_CONTENT_TYPE: ONCE,
    GatewayFault.DRIP: TWICE,
    GatewayFault.GZIP: ONCE,
    GatewayFault.NOT_FOUND: ONCE,
    GatewayFault.THROTTLED: ONCE,
    GatewayFault.SERVER_ERROR: MARKED,
    GatewayFault.BAD_GATEWAY: ONCE,
    GatewayFault.SERVICE_UNAVAILABLE: ONCE,
    GatewayFault.GATEWAY_TIMEOUT: MARKED,
    GatewayFault.UNKNOWN_NUMBER: ONCE,
    GatewayFault.DISCONNECTED: ONCE,
    GatewayFault.SEND_FAILED: ONCE,
    GatewayFault.CHECK_CONNECTION: MARKED,
    GatewayFault.DELIVERED_BUT_FAILED: TWICE,
    GatewayFault.WRONG_KEY: ONCE,
    GatewayFault.OTHER_USER: ONCE,
    GatewayFault.NO_PERMISSION: ONCE,
    GatewayFault.QUOTA_ZERO: ONCE,
    GatewayFault.INVALID_PARAMETERS: ONCE,
}


@dataclass
class Line:
    """A database, a provider and a gateway between which messages go."""

    database: peewee.Database
    gateway: Gateway
    provider: Provider
    now: int = 1_700_000_000

    def queue(self, *recipients: str) -> None:
        """One message each."""
        for to in recipients:
            store.enqueue(to, "alert", "text", self.now)

    def poll(self, after_s: int = 10, budget_s: float = 5.0) -> Delivery:
        """Deliver what is due, `after_s` seconds later by the clock on the wall."""
        self.now += after_s
        return deliver(
            self.provider,
            self.database,
            WhatsAppSettings(max_age_s=3600),
            now=lambda: self.now,
            monotonic=time.monotonic,
            budget_s=budget_s,
            summary=lambda messages: [f"{len(messages)} not delivered"],
            repeat=lambda text: f"(repeat) {text}",
        )


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Everything works."""
    with (
        Gateway(disconnected_delay=0.0, api_key="key-1") as gateway,
        open_database(tmp_path / "eponctl.db", create=True) as database,
    ):
        yield Line(database, gateway, Mpwa(gateway.send_url, "key-1", gateway.sender))


def test_every_fault_is_listed() -> None:
    assert set(GatewayFault) == set(ARRIVES)


@pytest.mark.parametrize("fault", ARRIVES)
def test_message_arrives_later(line: Line, fault: GatewayFault) -> None:
    line.queue(TO)
    line.gateway.fault = fault
    first = line.poll(budget_s=1.0)
    line.gateway.fault = GatewayFault.NONE
    runs = [line.poll(wait_s) for wait_s in (10, 60, 900)]

    assert ARRIVES[fault] == line.gateway.texts_for(TO)
    assert 1 == first.sent + sum(run.sent for run in runs)
    assert (0, 0) == (runs[-1].queued, sum(run.failed for run in runs))
    assert bool(first.faults) == (first.sent == 0)


@pytest.mark.parametrize("has_info_devices", [True, False])
def test_session_that_is_lost_for_long_loses_no_message(
    line: Line, *, has_info_devices: bool
) -> None:
    line.gateway.has_info_devices = has_info_devices
    line.gateway.connected = False
    line.queue(TO, OTHER)
    stopped = {line.poll(10).channel_stopped for _ in range(20)}
    line.gateway.connected = True
    line.poll(10)

    assert {Outcome.SENDER_DOWN} == stopped
    assert [ONCE, ONCE] == [line.gateway.texts_for(to) for to in (TO, OTHER)]


def test_only_recipient_of_an_older_build_outlives_a_lost_session(line: Line) -> None:
    line.gateway.has_info_devices = False
    line.gateway.connected = False
    line.queue(TO)
    for _ in range(30):
        line.poll(10)
    line.gateway.connected = True
    line.poll(10)

    assert ONCE == line.gateway.texts_for(TO)


def test_lost_session_is_asked_for_and_not_tried_with_messages(line: Line) -> None:
    line.gateway.connected = False
    line.queue(TO)
    for _ in range(3):
        line.poll(10)

    asked = [call.path for call in line.gateway.calls]
    assert ["/send-message", "/info-devices", "/info-devices", "/info-devices"] == asked


def test_number_that_is_not_on_whatsapp_is_given_up_and_told(line: Line) -> None:
    line.gateway.unknown_numbers.add(TO)
    line.queue(TO, OTHER)
    line.poll()
    delivery = line.poll()

    assert (1, 0) == (delivery.failed, delivery.queued)
    (fault,) = delivery.faults
    assert fault.startswith("WhatsApp 62812…0001: given up (gateway: The destination Number not")
    assert ONCE == line.gateway.texts_for(OTHER)

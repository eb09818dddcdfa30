"""Whole deliveries through each kind of gateway: faults, lost sessions, templates, look-ups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast

import peewee
import pytest

from eponctl.config import parse
from eponctl.errors import Outcome
from eponctl.outbox import Delivery, deliver
from eponctl.provider import Provider, load
from eponctl.settings import WhatsAppSettings
from eponctl.simulator import GatewayFault, cloudgate, evolutiongate, fonntegate, gowagate, wahagate
from eponctl.simulator.othergateway import Kind, OtherGateway
from eponctl.store import outbox as store
from eponctl.store.database import open_database

TO, OTHER, GROUP = "6281200000001", "6281200000002", "120363000000000000@g.us"
ONCE, MARKED, TWICE = ["text"], ["(repeat) text"], ["text", "(repeat) text"]
MODULES = (fonntegate, gowagate, wahagate, cloudgate, evolutiongate)

ARRIVES: dict[GatewayFault, list[str]] = {
    GatewayFault.NONE: ONCE,
    GatewayFault.REFUSE: ONCE,
    GatewayFault.HANG_DELIVERED: TWICE,
    GatewayFault.CLOSE_AFTER_READING: TWICE,
    GatewayFault.TRUNCATED_JSON: TWICE,
    GatewayFault.GARBAGE: TWICE,
    GatewayFault.WRONG_CONTENT_TYPE: ONCE,
    GatewayFault.GZIP: ONCE,
    GatewayFault.NOT_FOUND: ONCE,
    GatewayFault.THROTTLED: ONCE,
    GatewayFault.SERVER_ERROR: MARKED,
    GatewayFault.BAD_GATEWAY: ONCE,
    GatewayFault.SERVICE_UNAVAILABLE: ONCE,
    GatewayFault.GATEWAY_TIMEOUT: MARKED,
    GatewayFault.RESET: MARKED,
    GatewayFault.WRONG_KEY: ONCE,
    GatewayFault.DISCONNECTED: ONCE,
}


@dataclass
class Line:
    """A database, a provider and a gateway between which messages go."""

    database: peewee.Database
    gateway: OtherGateway
    provider: Provider
    settings: WhatsAppSettings
    now: int = 1_700_000_000

    def queue(self, *recipients: str, text: str = "text") -> None:
        """One message each."""
        for to in recipients:
            store.enqueue(to, "alert", text, self.now)

    def poll(self, after_s: int = 10, budget_s: float = 5.0) -> Delivery:
        """Deliver what is due, `after_s` seconds later by the clock on the wall."""
        self.now += after_s
        return deliver(
            self.provider,
            self.database,
            self.settings,
            now=lambda: self.now,
            monotonic=time.monotonic,
            budget_s=budget_s,
            summary=lambda messages: [f"{len(messages)} not delivered"],
            repeat=lambda text: f"(repeat) {text}",
        )


MakeLine = Callable[[ModuleType], Line]


@pytest.fixture
def make_line(tmp_path: Path) -> Iterator[MakeLine]:
    """Give a function that starts a gateway of a kind, and all that sends to it."""
    with ExitStack() as stack:

        def make(module: ModuleType) -> Line:
            key = "noc:key-1" if module is gowagate else "key-1"
            gateway = stack.enter_context(OtherGateway(cast(Kind, module), api_key=key))
            text = gateway.configuration(TO)
            settings = parse(text, tmp_path / "olts.toml").whatsapp
            database = stack.enter_context(open_database(tmp_path / "eponctl.db", create=True))
            return Line(database, gateway, load(settings), settings)

        yield make


@pytest.mark.parametrize("module", MODULES)
def test_message_arrives_at_people_and_groups(module: ModuleType, make_line: MakeLine) -> None:
    line = make_line(module)
    line.queue(TO, GROUP, text="PON 0/1: 3 ONU\n*tebal* 🚨 {a|b} @ 628")
    delivery = line.poll()

    assert (2, ()) == (delivery.sent, delivery.faults)
    assert [TO, GROUP] == [one.number for one in line.gateway.received]
    assert {"PON 0/1: 3 ONU\n*tebal* 🚨 {a|b} @ 628"} == {o.text for o in line.gateway.received}


@pytest.mark.parametrize("fault", ARRIVES)
@pytest.mark.parametrize("module", MODULES)
def test_message_arrives_later(
    module: ModuleType, fault: GatewayFault, make_line: MakeLine
) -> None:
    if fault is GatewayFault.DISCONNECTED and module is cloudgate:
        return  # there is no session to be lost
    line = make_line(module)
    # To a group, of which nobody asks whether it is there.
    line.queue(GROUP)
    line.gateway.fault = fault
    first = line.poll(budget_s=0.3)
    line.gateway.fault = GatewayFault.NONE
    runs = [line.poll(wait_s) for wait_s in (10, 60, 900)]

    assert ARRIVES[fault] == line.gateway.texts_for(GROUP)
    assert 1 == first.sent + sum(run.sent for run in runs)
    assert (0, 0) == (runs[-1].queued, sum(run.failed for run in runs))
    assert bool(first.faults) == (first.sent == 0)


@pytest.mark.parametrize("module", [fonntegate, gowagate, wahagate, evolutiongate])
def test_lost_session_is_asked_for_and_not_tried_with_messages(
    module: ModuleType, make_line: MakeLine
) -> None:
    line = make_line(module)
    line.gateway.connected = False
    line.queue(TO, OTHER)
    stopped = {line.poll(10).channel_stopped for _ in range(5)}
    tries = [call for call in line.gateway.calls if call.path == line.gateway.kind.PATH]
    line.gateway.connected = True
    line.poll(10)

    assert {Outcome.SENDER_DOWN} == stopped
    assert len(tries) <= 1
    assert [ONCE, ONCE] == [line.gateway.texts_for(to) for to in (TO, OTHER)]


@pytest.mark.parametrize("module", MODULES)
def test_number_that_is_not_on_whatsapp_is_given_up_and_told(
    module: ModuleType, make_line: MakeLine
) -> None:
    line = make_line(module)
    line.gateway.unknown_numbers.add(TO)
    line.queue(TO, OTHER)
    runs = [line.poll() for _ in range(2)]

    assert (1, 0) == (sum(run.failed for run in runs), runs[-1].queued)
    (fault,) = (fault for run in runs for fault in run.faults if "given up" in fault)
    assert fault.startswith("WhatsApp 62812…0001: given up (gateway: ")
    assert ([], ONCE) == (line.gateway.texts_for(TO), line.gateway.texts_for(OTHER))


def test_who_has_not_written_for_a_day_gets_the_template_on_one_line(make_line: MakeLine) -> None:
    line = make_line(cloudgate)
    line.gateway.silent_numbers.add(TO)
    line.queue(TO, OTHER, text="🚨 ALERT 🚨\n\n──────\n   🔴 DOWN: 2\n\tdua     ONU")
    line.poll()

    assert ["Kabar OLT: 🚨 ALERT 🚨 | 🔴 DOWN: 2 | dua ONU"] == line.gateway.texts_for(TO)
    assert line.gateway.texts_for(OTHER)[0].startswith("🚨 ALERT 🚨\n\n──────")


def test_long_text_is_cut_to_what_a_template_holds(make_line: MakeLine) -> None:
    line = make_line(cloudgate)
    line.gateway.silent_numbers.add(TO)
    line.queue(TO, text="\n".join(f"CLIENT-{place:03} 0/1:{place}" for place in range(200)))
    line.poll()

    (text,) = line.gateway.texts_for(TO)
    assert text.endswith("…")
    assert len(text) <= 1024


def test_waha_asks_for_a_number_once_in_a_run(make_line: MakeLine) -> None:
    line = make_line(wahagate)
    line.provider.pause_s = 0.0
    line.queue(TO, TO, TO)
    line.poll()

    paths = [call.path for call in line.gateway.calls]
    assert ["/api/contacts/check-exists", *["/api/sendText"] * 3] == paths


def test_gowas_closed_account_is_not_hurried(make_line: MakeLine) -> None:
    line = make_line(gowagate)
    line.gateway.silent_numbers.add(TO)
    line.queue(TO)
    delivery = line.poll()

    assert (0, 1) == (delivery.failed, delivery.queued)
    assert "let the recipient write to the sender once" in delivery.faults[0]
    line.gateway.silent_numbers.clear()
    assert 0 == line.poll(5 * 3600).sent
    assert 1 == line.poll(3600).sent

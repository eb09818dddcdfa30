"""The farm: ports, threads, start and stop; the builders; the scenario; the runner."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import tomllib
import urllib.request
from collections.abc import Callable
from functools import partial

import pytest
import requests

from eponctl.simulator import (
    At,
    Dialect,
    Farm,
    Fault,
    Gateway,
    PortInUse,
    Scenario,
    SimOlt,
    change,
    configuration,
    cut_pon,
    demo_scenario,
    fault,
    lose,
    make_farm,
    make_olt,
    mend_pon,
    remove,
    restart,
    restore,
    run,
    story,
)

KnownOlt = Callable[[Dialect], SimOlt]


def free_ports(count: int) -> int:
    """The first of so many in a row, below those that the system gives to whoever asks for any."""
    for first in range(20_000 + os.getpid() % 1000 * 10, 32_000, 10):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for port in range(first, first + count):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    pytest.fail("no ports are free")


def test_five_hundred_olts_start_and_stop_quickly(
    raw_get: Callable[[SimOlt, str], socket.socket],
) -> None:
    olts = [make_olt("A22", 4, seed=number, name=f"OLT-{number}") for number in range(500)]
    before = threading.active_count()
    start = time.monotonic()
    with Farm(olts) as farm:
        assert len({olt.port for olt in olts}) == 500
        assert threading.active_count() == before + 1
        farm.warm()
        with raw_get(olts[499], "/onuAllPonOnuList.asp") as sock:
            assert sock.recv(15) == b"HTTP/1.0 200 OK"
    assert time.monotonic() - start < 5
    assert threading.active_count() == before


def test_stops_promptly_with_clients_hanging(
    known_olt: KnownOlt, raw_get: Callable[[SimOlt, str], socket.socket]
) -> None:
    olts = [known_olt("A22"), known_olt("B13")]
    olts[0].fault = Fault.HANG
    olts[1].fault = Fault.DRIP
    with Farm(olts):
        clients = [raw_get(olt, "/system.asp") for olt in olts for _ in range(5)]
        start = time.monotonic()
    assert time.monotonic() - start < 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((olts[0].host, olts[0].port))
    for client in clients:
        client.close()


def test_ports_count_up_from_the_base(known_olt: KnownOlt) -> None:
    base = free_ports(2)
    with Farm([known_olt("A22"), known_olt("B13")], base_port=base) as farm:
        assert [olt.port for olt in farm.olts] == [base, base + 1]


def test_port_in_use_is_said_with_a_hint(known_olt: KnownOlt) -> None:
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(PortInUse, match=str(port)) as caught,
            Farm([known_olt("A22")], base_port=port),
        ):
            pass
        with pytest.raises(PortInUse), Gateway(port=port):
            pass
        with pytest.raises(PortInUse), Farm([known_olt("A22")], gateway=Gateway(port=port)):
            pass
    assert "--port" in caught.value.hint
    assert threading.active_count() == before


def test_listens_on_loopback_only(known_olt: KnownOlt) -> None:
    with pytest.raises(ValueError, match="127"), Farm([known_olt("A22")], host="0.0.0.0"):
        pass


def test_two_olts_of_one_name_are_refused(known_olt: KnownOlt) -> None:
    with pytest.raises(ValueError, match="same name"):
        Farm([known_olt("A22"), known_olt("A22")])


def test_changes_show_together(
    serve: Callable[..., Farm], fetch: Callable[..., requests.Response]
) -> None:
    olt = make_olt("A22", 200)
    farm = serve(olt)
    stop = threading.Event()

    def set_all(word: str) -> None:
        for onu in olt.onus:
            onu.status = word

    def flip() -> None:
        while not stop.is_set():
            farm.change(partial(set_all, "Down"))
            farm.change(partial(set_all, "Up"))

    thread = threading.Thread(target=flip)
    thread.start()
    counts = {fetch(olt, "/onuAllPonOnuList.asp").text.count("'Up'") for _ in range(30)}
    stop.set()
    thread.join()
    assert counts <= {0, 200}


def test_builders_are_deterministic_and_plausible() -> None:
    one, two = (make_olt("B13", 64, seed=5) for _ in range(2))
    facts = [
        [(onu.onu_id, onu.name, onu.mac, onu.rx_power_dbm, onu.rtt) for onu in olt.onus]
        for olt in (one, two)
    ]
    assert facts[0] == facts[1]
    assert one.pons == ["0/1/1", "0/1/2"]
    assert len({onu.mac for onu in one.onus}) == 64
    assert all(onu.mac.startswith("02:") for onu in one.onus)
    assert all(-25 <= (onu.rx_power_dbm or 0) <= -16 for onu in one.onus)
    assert all(32 <= (onu.temperature_c or 0) <= 48 for onu in one.onus)
    farm = make_farm(8, 4)
    assert [olt.name for olt in farm][:2] == ["OLT-SIM-01", "OLT-SIM-02"]
    assert [olt.dialect for olt in farm] == [
        "A22", "A16", "B13", "B18", "A11", "B12", "B13+B18", "A22",
    ]  # fmt: skip


def test_scenario_does_each_event_once_and_in_order() -> None:
    olt = make_olt("A22", 16)
    first, second = olt.onus[0], olt.onus[4]
    plot = Scenario(
        [
            At(20, olt.name, restore(first.onu_id)),
            At(10, olt.name, lose(first.onu_id, gasp=True)),
            At(10, olt.name, change(second.onu_id, temperature_c=71.0)),
        ]
    )
    with Farm([olt]) as farm:
        assert plot.advance(farm, 9.9) == []
        assert [event.when for event in plot.advance(farm, 10)] == [10, 10]
        assert (first.status, first.dying_gasp, second.temperature_c) == ("Down", True, 71.0)
        assert plot.advance(farm, 15) == []
        plot.advance(farm, 100)
        assert first.status == "Up"
        assert plot.advance(farm, 1000) == []


def test_actions() -> None:
    olt = make_olt("A22", 16)
    with Farm([olt]) as farm:
        count = olt.onus[0].deregister_count
        events = [
            At(1, olt.name, restart(olt.onus[0].onu_id)),
            At(2, olt.name, cut_pon("0/2", spare=1)),
            At(3, olt.name, mend_pon("0/2")),
            At(4, olt.name, remove("0/3:1")),
            At(5, olt.name, fault(Fault.CUT, page="/x")),
            At(6, olt.name, fault(Fault.NONE, page="/x")),
        ]
        plot = Scenario(events)
        plot.advance(farm, 1)
        assert olt.onus[0].deregister_count == count + 1
        plot.advance(farm, 2)
        assert [onu.is_lost for onu in olt.on_pon("0/2")] == [False, True, True, True]
        plot.advance(farm, 3)
        assert not any(onu.is_lost for onu in olt.onus)
        plot.advance(farm, 4)
        assert len(olt.onus) == 15
        plot.advance(farm, 5)
        assert olt.page_faults == {"/x": Fault.CUT}
        plot.advance(farm, 6)
        assert olt.page_faults == {}


@pytest.mark.parametrize(("olts", "onus"), [(1, 1), (1, 16), (3, 8), (9, 64)])
def test_story_ends_well_and_repeats(olts: int, onus: int) -> None:
    devices = make_farm(olts, onus)
    plot = story(devices)
    assert plot.period == 300
    with Farm(devices) as farm:
        for rounds in (0, 300):
            told = [
                event
                for second in range(0, 299, 5)
                for event in plot.advance(farm, rounds + second)
            ]
            assert told
            assert all(event.note for event in told)
            assert all(onu.status == "Up" for olt in devices for onu in olt.onus)
            assert all(olt.fault is Fault.NONE for olt in devices)


def test_demo_has_faults_and_then_recovery() -> None:
    devices = make_farm(3, 16)
    plot = demo_scenario(devices)
    with Farm(devices) as farm:
        plot.advance(farm, 1)
        words = {onu.status for olt in devices for onu in olt.onus}
        assert words == {"Up", "Down", "PwrDown", "LoopDetected"}
        assert -28.86 in {onu.rx_power_dbm for olt in devices for onu in olt.onus}
        plot.advance(farm, 2)
        assert {onu.status for olt in devices for onu in olt.onus} == {"Up"}
        assert min(onu.rx_power_dbm or 0 for olt in devices for onu in olt.onus) > -26


def test_runner_serves_until_it_is_told_to_stop() -> None:
    said: list[str] = []
    stop = threading.Event()
    port = free_ports(3)
    thread = threading.Thread(target=run, args=(2, 8, port, said.append, stop))
    thread.start()
    limit = time.monotonic() + 5
    while not said and time.monotonic() < limit:
        time.sleep(0.02)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = (
        f"http://127.0.0.1:{port}/send-message?api_key=simulator-key&sender=6281200000000"
        "&number=0812&message=*Halo*%20dunia"
    )
    with opener.open(url, timeout=5) as answer:
        assert answer.status == 200
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert f"http://127.0.0.1:{port}/send-message" in said[0]
    assert f"OLT-SIM-02  http://127.0.0.1:{port + 2}  admin/admin  A16" in said[0]
    assert "to 62812" in said[1]
    assert "│ Halo dunia" in said[1]


def test_runner_says_at_once_that_a_port_is_taken() -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortInUse):
        run(1, 1, taken.getsockname()[1], said.append, threading.Event())
    assert said == []


def test_configuration_names_everything() -> None:
    devices = make_farm(2, 1)
    gateway = Gateway()
    with Farm(devices, gateway=gateway):
        found = tomllib.loads(configuration(devices, gateway))
        assert found["whatsapp"]["api_url"] == gateway.send_url
        assert [olt["url"] for olt in found["olt"]] == [olt.url for olt in devices]

"""What the simulator's tests share: OLTs with known rows, and plain clients."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import requests

from eponctl.simulator import Dialect, SimOlt, SimOnu

Fetch = Callable[..., requests.Response]


def _known_onus(family: str) -> list[SimOnu]:
    """Return two ONUs, the second one lost, with every value set."""
    slot = "0" if family == "A" else "0/1"
    up = SimOnu(
        f"{slot}/2:1",
        "WARUNG",
        "02:AB:00:00:00:01",
        temperature_c=30.0,
        bias_ma=14.0,
        tx_power_dbm=1.72,
        rx_power_dbm=-28.86,
        rtt=1163,
        online_seconds=166365,
        deregister_count=5,
        firmware="0101",
        chip="9125",
    )
    lost = SimOnu(
        f"{slot}/2:2",
        "NA",
        "02:AB:00:00:00:02",
        temperature_c=38.0,
        bias_ma=22.0,
        tx_power_dbm=1.78,
        rx_power_dbm=-30.97,
        rtt=1389,
        auth=2,
        online_seconds=166439,
        deregister_count=6,
        firmware="1002",
        chip="1601",
    )
    for onu in (up, lost):
        onu.ports = 2
        onu.offline_reason = 1
        onu.dying_gasp = True
        onu.registered_at = datetime.fromisoformat("2026-03-11 16:14:06")
        onu.deregistered_at = datetime.fromisoformat("2026-03-11 16:13:30")
        onu.first_registered_at = datetime.fromisoformat("2026-01-01 00:00:01")
    lost.status = "Down"
    return [up, lost]


@pytest.fixture
def known_olt() -> Callable[[Dialect], SimOlt]:
    """Give a function that builds an OLT with the two known ONUs."""

    def build(dialect: Dialect) -> SimOlt:
        return SimOlt(f"OLT-{dialect}", dialect, _known_onus(dialect[0]))

    return build


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    """Give a session that asks no proxy and no .netrc."""
    with requests.Session() as made:
        made.trust_env = False
        yield made


@pytest.fixture
def fetch(session: requests.Session) -> Fetch:
    """Give a function that gets a page of an OLT with the right credentials."""

    def get(olt: SimOlt, path: str, timeout: float = 5.0) -> requests.Response:
        auth = (olt.username, olt.password)
        return session.get(olt.url + path, auth=auth, timeout=timeout, allow_redirects=False)

    return get


@pytest.fixture
def raw_get() -> Callable[[SimOlt, str], socket.socket]:
    """Give a function that sends a request with credentials over a bare socket and returns it."""

    def get(olt: SimOlt, path: str) -> socket.socket:
        sock = socket.create_connection((olt.host, olt.port), timeout=3)
        head = f"GET {path} HTTP/1.1\r\nHost: olt\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n"
        sock.sendall(head.encode())
        return sock

    return get


@pytest.fixture
def read_all() -> Callable[[socket.socket], bytes]:
    """Give a function that reads until the peer closes."""

    def read(sock: socket.socket) -> bytes:
        data = b""
        while chunk := sock.recv(65_536):
            data += chunk
        return data

    return read


@pytest.fixture
def rows_of() -> Callable[[bytes, str], list[str]]:
    """Give a function that cuts the lines of an array out of a page, without understanding them."""

    def rows(body: bytes, variable: str) -> list[str]:
        text = body.decode()
        opening = f"var {variable}=new Array(\n"
        start = text.index(opening) + len(opening)
        return text[start : text.index("\n);", start)].split("\n")

    return rows

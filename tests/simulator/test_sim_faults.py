"""Every fault of an OLT, seen from the client's end of the wire."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest
import requests

from eponctl.simulator import Dialect, Farm, Fault, SimOlt, make_olt

Serve = Callable[..., Farm]
Fetch = Callable[..., requests.Response]
KnownOlt = Callable[[Dialect], SimOlt]
RowsOf = Callable[[bytes, str], list[str]]

WHOLE_BOX = "/onuAllPonOnuList.asp"


@pytest.fixture
def olt(serve: Serve) -> SimOlt:
    made = make_olt("A22", 40, seed=3)
    made.drip_seconds = 0.02
    serve(made)
    return made


def test_refused_and_open_again(olt: SimOlt, fetch: Fetch) -> None:
    for _ in range(3):
        olt.fault = Fault.REFUSE
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((olt.host, olt.port), timeout=2)
        olt.fault = Fault.NONE
        assert fetch(olt, WHOLE_BOX).status_code == 200


def test_an_olt_may_refuse_from_the_start(serve: Serve, fetch: Fetch, known_olt: KnownOlt) -> None:
    olt = known_olt("A22")
    olt.fault = Fault.REFUSE
    serve(olt)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((olt.host, olt.port), timeout=2)
    olt.fault = Fault.NONE
    assert fetch(olt, WHOLE_BOX).status_code == 200


def test_hang_says_nothing_and_ends_with_the_fault(
    olt: SimOlt, fetch: Fetch, raw_get: Callable[[SimOlt, str], socket.socket]
) -> None:
    olt.fault = Fault.HANG
    with raw_get(olt, WHOLE_BOX) as sock:
        sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        olt.fault = Fault.NONE
        sock.settimeout(2)
        assert sock.recv(1) == b""
    assert olt.log[-1].status == 0
    assert fetch(olt, WHOLE_BOX).status_code == 200


def test_a_client_that_gives_up_frees_a_hanging_device(olt: SimOlt, fetch: Fetch) -> None:
    olt.fault_queue = [Fault.HANG]
    with pytest.raises(requests.ReadTimeout):
        fetch(olt, WHOLE_BOX, timeout=0.2)
    assert fetch(olt, WHOLE_BOX).status_code == 200
    assert olt.served_concurrently_max == 1


def test_drip_sends_the_true_page_byte_by_byte(
    olt: SimOlt, raw_get: Callable[[SimOlt, str], socket.socket]
) -> None:
    olt.fault = Fault.DRIP
    with raw_get(olt, WHOLE_BOX) as sock:
        head, rest = sock.recv(65_536).partition(b"\r\n\r\n")[::2]
        assert head.startswith(b"HTTP/1.0 200 OK\r\n")
        pieces = [sock.recv(100) for _ in range(6)]
    assert (rest + b"".join(pieces)).startswith(b"<html>"[: len(rest) + 6])
    assert max(len(piece) for piece in pieces) <= 2


def test_drip_of_headers_never_comes_to_a_body(
    olt: SimOlt, raw_get: Callable[[SimOlt, str], socket.socket]
) -> None:
    olt.drip_seconds = 0.0
    olt.fault = Fault.DRIP_HEADERS
    data = b""
    with raw_get(olt, WHOLE_BOX) as sock:
        while len(data) < 600:
            data += sock.recv(65_536)
    assert data.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"\r\n\r\n" not in data


def test_cut_ends_amid_a_value(olt: SimOlt, fetch: Fetch) -> None:
    whole = fetch(olt, WHOLE_BOX).content
    olt.fault = Fault.CUT
    cut = fetch(olt, WHOLE_BOX).content
    assert whole.startswith(cut[: cut.index(b"new Array(")])
    assert b"\n);" not in cut
    assert cut[-1:] not in b"',\n("
    assert len(whole) * 0.4 < len(cut) < len(whole) * 0.8


@pytest.mark.parametrize(
    ("fault", "status", "part"),
    [
        (Fault.FOREIGN, 200, b"Network Video Recorder"),
        (Fault.UNAUTHORIZED, 401, b"Wrong Password"),
        (Fault.DENIED, 200, b"Access Denied! Please login."),
        (Fault.LOGIN_PAGE, 200, b'type="password"'),
        (Fault.EMPTY_BODY, 200, b""),
        (Fault.EMPTY_ARRAY, 200, b"var onutable=new Array();\n"),
        (Fault.SERVER_ERROR, 500, b"Internal Server Error"),
    ],
)
def test_canned_answers(olt: SimOlt, fetch: Fetch, fault: Fault, status: int, part: bytes) -> None:
    olt.fault = fault
    answer = fetch(olt, WHOLE_BOX)
    assert answer.status_code == status
    assert part in answer.content
    assert (fault is Fault.EMPTY_BODY) == (answer.content == b"")


def test_page_without_its_array(olt: SimOlt, fetch: Fetch) -> None:
    olt.fault = Fault.NO_ARRAY
    body = fetch(olt, WHOLE_BOX).content
    assert b"onutable" not in body
    assert body.endswith(b"</html>\n")
    assert b"<script language" in body


def test_some_pages_come_without_their_array(olt: SimOlt, fetch: Fetch) -> None:
    olt.missing_array_times = 2
    found = [b"onutable" in fetch(olt, WHOLE_BOX).content for _ in range(3)]
    assert found == [False, False, True]


def test_reset(olt: SimOlt, raw_get: Callable[[SimOlt, str], socket.socket]) -> None:
    olt.fault = Fault.RESET
    with raw_get(olt, WHOLE_BOX) as sock, pytest.raises(ConnectionResetError):
        sock.recv(1)


def test_redirects(olt: SimOlt, fetch: Fetch) -> None:
    olt.fault = Fault.REDIRECT_ELSEWHERE
    answer = fetch(olt, WHOLE_BOX)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://192.0.2.1/index.asp")
    olt.fault = Fault.REDIRECT_LOGIN
    answer = fetch(olt, WHOLE_BOX)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login.asp")
    assert b'type="password"' in fetch(olt, "/login.asp").content


def test_gzip_bomb_is_small_on_the_wire_and_huge_unpacked(
    olt: SimOlt,
    raw_get: Callable[[SimOlt, str], socket.socket],
    read_all: Callable[[socket.socket], bytes],
) -> None:
    olt.fault = Fault.GZIP_BOMB
    with raw_get(olt, WHOLE_BOX) as sock:
        head, _, body = read_all(sock).partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert len(body) < 128 * 1024
    assert len(gzip.decompress(body)) == 64 * 1024 * 1024


def test_huge_plain_body(
    olt: SimOlt,
    raw_get: Callable[[SimOlt, str], socket.socket],
    read_all: Callable[[socket.socket], bytes],
) -> None:
    olt.fault = Fault.HUGE
    with raw_get(olt, WHOLE_BOX) as sock:
        assert len(read_all(sock)) > 9 * 1024 * 1024


def test_few_rows_are_well_formed(olt: SimOlt, fetch: Fetch, rows_of: RowsOf) -> None:
    olt.fault = Fault.FEW_ROWS
    rows = rows_of(fetch(olt, WHOLE_BOX).content, "onutable")
    assert len(rows) == 4
    assert all(row.strip(",").count(",") == 21 for row in rows)


@pytest.mark.parametrize(("fault", "commas"), [(Fault.BROKEN_ROW, 20), (Fault.EXTRA_VALUE, 22)])
def test_one_row_of_another_length(
    olt: SimOlt, fetch: Fetch, fault: Fault, commas: int, rows_of: RowsOf
) -> None:
    olt.fault = fault
    rows = rows_of(fetch(olt, WHOLE_BOX).content, "onutable")
    lengths = [row.strip(",").count(",") for row in rows]
    assert sorted(set(lengths)) == sorted({21, commas})
    assert lengths.count(commas) == 1


def test_fault_of_one_page(serve: Serve, fetch: Fetch) -> None:
    olt = make_olt("B13", 20)
    farm = serve(olt)
    bad, good = (f"/onuConfigOnuList.asp?oltponno=0/1/{port}" for port in (2, 1))
    farm.set_fault(olt, Fault.SERVER_ERROR, page=bad)
    assert fetch(olt, bad).status_code == 500
    assert fetch(olt, "/onuConfigOnuList.asp?oltponno=0%2F1%2F2").status_code == 500
    assert fetch(olt, good).status_code == 200
    farm.set_fault(olt.name, Fault.NONE, page=bad)
    assert fetch(olt, bad).status_code == 200
    farm.set_fault(olt, Fault.REFUSE, page=bad)
    with pytest.raises(requests.ConnectionError):
        fetch(olt, bad)


def test_state_changing_requests_are_recorded_and_refused(
    olt: SimOlt, session: requests.Session, fetch: Fetch
) -> None:
    answer = session.post(olt.url + "/goform/setOnu", data={"onuId": "0/1:1"}, timeout=5)
    assert answer.status_code == 500
    assert fetch(olt, "/goform/setLogSearchTarget?log_target=x").status_code == 500
    assert [one.method for one in olt.violations] == ["POST", "GET"]


def test_one_connection_at_a_time(
    olt: SimOlt,
    raw_get: Callable[[SimOlt, str], socket.socket],
    read_all: Callable[[socket.socket], bytes],
) -> None:
    olt.latency = 0.1
    start = time.monotonic()

    def client() -> None:
        with raw_get(olt, WHOLE_BOX) as sock:
            read_all(sock)

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - start > 0.39
    assert olt.served_concurrently_max >= 2
    assert [one.status for one in olt.log] == [200] * 4


def test_a_client_in_sequence_is_seen_as_one(olt: SimOlt, fetch: Fetch) -> None:
    for _ in range(20):
        fetch(olt, WHOLE_BOX)
    assert olt.served_concurrently_max == 1
    assert olt.log[0].path == WHOLE_BOX


def test_clients_that_reset_or_talk_nonsense_do_no_harm(olt: SimOlt, fetch: Fetch) -> None:
    for text in (b"", b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.0\r\nContent-Length: 99\r\n\r\n"):
        sock = socket.create_connection((olt.host, olt.port))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.sendall(text)
        sock.close()
    assert fetch(olt, WHOLE_BOX).status_code == 200

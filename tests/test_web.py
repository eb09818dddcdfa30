"""HTTP to one device: limits that hold, credentials that stay, errors that are ours."""

from __future__ import annotations

import functools
import gzip
import inspect
import logging
import socket
import ssl
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from requests import exceptions as rq
from urllib3 import exceptions as u3

from eponctl.errors import (
    ForeignRedirect,
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    Unreachable,
)
from eponctl.simulator import Farm, Fault, SimOlt, make_olt
from eponctl.web import MAX_PAGE_BYTES, Page, Web
from eponctl.weberrors import mapped

DATA = Path(__file__).parent / "data"
WHOLE = "/onuAllPonOnuList.asp"
OK = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"
PASSWORD = "rahasia-sekali"
# What `admin:rahasia-sekali` is on the wire.
BASIC = "YWRtaW46cmFoYXNpYS1zZWthbGk="

Answer = bytes | Callable[[socket.socket, bytes], None]


@dataclass
class Server:
    """A server that plays answers by path and keeps what it was asked."""

    answers: dict[str, Answer]
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.done = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                plain = connection
                stream = self.tls.wrap_socket(plain, server_side=True) if self.tls else plain
                with stream:
                    self.answer(stream)
        except OSError:
            pass  # the client left, as many of these tests mean it to

    def answer(self, stream: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = stream.recv(65536)
            if not piece:
                return
            request += piece
            if piece[:1] == b"\x16":  # a TLS client; this is a plain server
                stream.sendall(OK)
                return
        self.requests.append(request)
        path = request.split(b" ")[1].decode()
        answer = self.answers.get(path, b"HTTP/1.0 404 Not Found\r\n\r\n")
        if callable(answer):
            answer(stream, request)
        else:
            stream.sendall(answer)

    def close(self) -> None:
        self.done.set()
        self.socket.close()

    def drip(self, head: bytes, piece: bytes = b" ") -> Answer:
        """An answer that goes on without end, a piece every 20 ms."""

        def answer(stream: socket.socket, _: bytes) -> None:
            stream.sendall(head)
            while not self.done.wait(0.02):
                stream.sendall(piece)

        return answer


def redirect(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.0 {status} Moved\r\nLocation: {to}\r\n\r\n".encode()


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    """Start servers; all are stopped when the test ends."""
    started: list[Server] = []

    def start(tls: ssl.SSLContext | None = None, **answers: Answer) -> Server:
        by_path: dict[str, Answer] = {f"/{name}": answer for name, answer in answers.items()}
        started.append(Server(by_path, tls))
        return started[-1]

    yield start
    for one in started:
        one.close()


Start = Callable[..., Server]
Connect = Callable[..., Web]


# --- pages --------------------------------------------------------------------------------------


def test_page_without_a_length_ends_with_the_connection(server: Start, web_to: Connect) -> None:
    page = web_to(server(a=OK + b"pa\xffge").url).get("/a")

    assert ("/a", 200, "text/html", b"pa\xffge") == (
        page.path,
        page.status,
        page.headers["content-type"],
        page.body,
    )


def test_page_in_chunks_or_packed_is_unpacked(server: Start, web_to: Connect) -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    packed = OK.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + gzip.compress(
        b"abcde"
    )
    web = web_to(server(chunked=chunked, packed=packed).url)

    assert [b"abcde", b"abcde"] == [web.get("/chunked").body, web.get("/packed").body]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"9\r\nshort"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"no number\r\nshort"),
        (b"", b""),
        (b"\x16\x03\x01 no http", b"\r\n\r\n"),
        (b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 200, b"\r\n"),
        (b"HTTP/1.0 200 OK\r\nX: " + b"y" * 70_000, b"\r\n\r\n"),
        (b"HTTP/1.0 two OK\r\n\r\n", b"page"),
    ],
)
def test_answer_that_is_no_whole_one_is_no_page(
    head: bytes, body: bytes, server: Start, web_to: Connect
) -> None:
    with pytest.raises(Unreachable) as caught:
        web_to(server(a=head + body).url).get("/a")
    assert len(caught.value.message) < 160
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize(
    "body",
    [b"no gzip at all", gzip.compress(b"a", mtime=0)[:10] + b"\xff" * 30],
    ids=["nonsense", "nonsense behind a head"],
)
def test_page_that_cannot_be_unpacked_is_a_changed_page(
    encoding: str, body: bytes, server: Start, web_to: Connect
) -> None:
    head = OK.replace(b"\r\n\r\n", f"\r\nContent-Encoding: {encoding}\r\n\r\n".encode())
    with pytest.raises(PageChanged) as caught:
        web_to(server(a=head + body).url).get("/a")
    assert "cannot be unpacked" in caught.value.message


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, LoginRejected),
        (403, LoginRejected),
        (404, PageMissing),
        (400, PageChanged),
        (500, PageChanged),
        (503, PageChanged),
        (599, PageChanged),
    ],
)
def test_status_is_an_error_of_ours(
    status: int, error: type[OltError], server: Start, web_to: Connect
) -> None:
    answer = f"HTTP/1.0 {status} Text\r\n\r\npage".encode()
    with pytest.raises(error) as caught:
        web_to(server(a=answer).url).get("/a")
    assert error is type(caught.value)
    assert f"HTTP {status}" in caught.value.message


# --- the cap ------------------------------------------------------------------------------------


def test_page_of_eight_mebibytes_is_read_and_one_byte_more_is_not(
    server: Start, web_to: Connect
) -> None:
    web = web_to(server(at=OK + b"x" * MAX_PAGE_BYTES, over=OK + b"x" * (MAX_PAGE_BYTES + 1)).url)

    assert MAX_PAGE_BYTES == len(web.get("/at").body)
    with pytest.raises(PageChanged) as caught:
        web.get("/over")
    assert "/over: more than 8 MiB" == caught.value.message


@functools.cache
def packed_bomb(is_gzip: bool) -> bytes:
    """256 MiB of spaces, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if is_gzip else 15)
    piece = b" " * 2**20
    return b"".join([packer.compress(piece) for _ in range(256)] + [packer.flush()])


@pytest.mark.parametrize("layers", ["gzip", "deflate", "gzip, gzip"])
@pytest.mark.parametrize("status", ["200 OK", "302 Moved\r\nLocation: /b", "401 No"])
def test_bomb_is_put_out_at_the_cap(
    layers: str, status: str, server: Start, web_to: Connect
) -> None:
    bomb = packed_bomb("gzip" in layers)
    if layers == "gzip, gzip":
        bomb = gzip.compress(bomb)
    head = f"HTTP/1.0 {status}\r\nContent-Encoding: {layers}\r\n\r\n".encode()
    web = web_to(server(bomb=head + bomb).url)
    started = time.process_time()
    with pytest.raises(PageChanged) as caught:
        web.get("/bomb")

    assert "/bomb: more than 8 MiB" == caught.value.message
    assert time.process_time() - started < 1


# --- the deadline -------------------------------------------------------------------------------


def ends_at_the_deadline(web: Web, path: str, deadline_s: float = 0.5) -> None:
    started = time.monotonic()
    with web.within(), pytest.raises(Unreachable) as caught:
        web.fetch(path)
    elapsed = time.monotonic() - started
    assert deadline_s - 0.1 <= elapsed < deadline_s + 1
    assert "deadline" in caught.value.message
    assert 0.0 == web.seconds_left()


@pytest.mark.parametrize(
    "head",
    [
        OK,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        OK.removesuffix(b"\r\n") + b"X-Slow: ",
        b"HTTP/1.0 200 O",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"a")[:10],
    ],
    ids=["body", "body with length", "headers", "status line", "nothing", "packed"],
)
@pytest.mark.parametrize("retries", [0, 3])
def test_device_that_drips_cannot_outlive_the_deadline(
    head: bytes, retries: int, server: Start, web_to: Connect
) -> None:
    device = server()
    device.answers["/a"] = device.drip(head)

    ends_at_the_deadline(web_to(device.url, 0.5, retries=retries), "/a")


@pytest.mark.parametrize("piece", [b"1\r\nx\r\n", b"X: y\r\n"])
def test_drip_of_whole_pieces_cannot_outlive_the_deadline(
    piece: bytes, server: Start, web_to: Connect
) -> None:
    device = server()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + b"\r\n" * (piece[0] == ord("1"))
    device.answers["/a"] = device.drip(head, piece)
    web = web_to(device.url, 0.5)
    with web.within(), pytest.raises(Unreachable):
        web.get("/a")


def test_drip_through_tls_cannot_outlive_the_deadline(
    server: Start, web_to: Connect, tls: ssl.SSLContext
) -> None:
    device = server(tls)
    device.answers["/a"] = device.drip(OK)

    ends_at_the_deadline(web_to(device.url, 0.5, verify_tls=False), "/a")


def test_silent_device_ends_at_the_read_timeout(server: Start, web_to: Connect) -> None:
    device = server()
    device.answers["/a"] = lambda *_: (device.done.wait(5), None)[1]
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        web_to(device.url, read_timeout_s=0.2).get("/a")

    assert "/a: no answer in time" == caught.value.message
    assert time.monotonic() - started < 1


def test_device_that_does_not_take_the_handshake_ends_at_the_deadline(
    server: Start, web_to: Connect
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        ends_at_the_deadline(web_to(url, 0.5, verify_tls=False), "/a")


def test_abort_ends_a_conversation_from_another_thread(server: Start, web_to: Connect) -> None:
    device = server()
    device.answers["/a"] = device.drip(OK)
    web = web_to(device.url)
    threading.Timer(0.1, web.abort).start()
    with pytest.raises(Unreachable):
        web.get("/a")
    with pytest.raises(Unreachable) as caught:
        web.get("/a")

    assert ("out of time", False) == (caught.value.message, caught.value.was_sent)
    assert 1 == device.connections


def test_delay_between_pages_does_not_outlast_the_deadline(server: Start, web_to: Connect) -> None:
    web = web_to(server(a=OK).url, 0.3, page_delay_s=5.0)
    web.get("/a")
    started = time.monotonic()
    with pytest.raises(Unreachable):
        web.get("/a")
    assert time.monotonic() - started < 1


def test_refused_connection_was_not_sent(web_to: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        web_to(f"http://127.0.0.1:{port}").get("/a")

    assert ("cannot connect: connection refused", False) == (
        caught.value.message,
        caught.value.was_sent,
    )


# --- redirects and credentials ------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_on_the_same_host_is_followed_with_credentials(
    status: int, server: Start, web_to: Connect
) -> None:
    device = server(b=OK + b"page")
    device.answers["/a"] = redirect("/b?x=1", status)
    device.answers["/b?x=1"] = OK + b"page"
    page = web_to(device.url).get("/a")

    assert (b"page", "/b?x=1") == (page.body, device.requests[1].split(b" ")[1].decode())
    assert all(b"Authorization: Basic YWRtaW46YWRtaW4=" in asked for asked in device.requests)


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{0}/b", "//127.0.0.1:{0}/b", "http://localhost:{0}/b"]
)
def test_redirect_elsewhere_is_not_followed(target: str, server: Start, web_to: Connect) -> None:
    other = server(b=OK)
    device = server(a=redirect(target.format(other.port)))
    with pytest.raises(ForeignRedirect) as caught:
        web_to(device.url, retries=3).fetch("/a")

    assert (0, 1) == (other.connections, device.connections)
    assert f":{other.port}" in caught.value.message


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:{0}/b",
        "http://127.0.0.1:{0}@192.0.2.1/b",
        "http://127.0.0.1@192.0.2.1:{0}/b",
        "http://localhost:{0}/b",
        "http://127.0.0.1/b",
        "ftp://127.0.0.1:{0}/b",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_redirect_to_anything_but_this_origin_is_not_followed(
    target: str, server: Start, web_to: Connect
) -> None:
    device = server()
    device.answers["/a"] = redirect(target.format(device.port))
    with pytest.raises(ForeignRedirect):
        web_to(device.url).get("/a")
    assert 1 == device.connections


@pytest.mark.parametrize("target", ["http://[::1", "http://127.0.0.1:99999/", "http://[x]/", "//["])
def test_redirect_to_nonsense_is_a_changed_page(
    target: str, server: Start, web_to: Connect
) -> None:
    with pytest.raises(PageChanged):
        web_to(server(a=redirect(target)).url).get("/a")


@pytest.mark.parametrize("answer", [redirect("/a"), redirect(""), b"HTTP/1.0 302 Found\r\n\r\n"])
def test_redirects_come_to_an_end(answer: bytes, server: Start, web_to: Connect) -> None:
    device = server(a=answer)
    with pytest.raises(PageChanged) as caught:
        web_to(device.url).get("/a")

    assert (4, "/a: more than 3 redirects") == (device.connections, caught.value.message)


@pytest.mark.parametrize("name", ["é.asp".encode(), "页.asp".encode("gb18030"), b"a b.asp#top"])
def test_redirect_goes_to_the_very_bytes_that_it_says(
    name: bytes, server: Start, web_to: Connect
) -> None:
    device = server(a=b"HTTP/1.0 302 Found\r\nLocation: /" + name + b"\r\n\r\n")
    path = quote(name.partition(b"#")[0])
    device.answers[f"/{path}"] = OK
    web_to(device.url).get("/a")

    assert device.requests[1].startswith(f"GET /{path} HTTP/1.1\r\n".encode())


def test_redirect_to_a_login_page_is_a_refused_login(server: Start, web_to: Connect) -> None:
    device = server(a=redirect("/Login.asp"))
    with pytest.raises(LoginRejected):
        web_to(device.url, retries=3).fetch("/a")
    assert 1 == device.connections


def test_credentials_of_a_redirect_are_not_used(server: Start, web_to: Connect) -> None:
    device = server(b=OK)
    device.answers["/a"] = redirect(f"http://someone:else@127.0.0.1:{device.port}/b")
    web_to(device.url).get("/a")

    assert b"Authorization: Basic YWRtaW46YWRtaW4=" in device.requests[1]


def test_letters_beyond_latin_are_sent_as_utf8(server: Start, limits: Callable[..., Any]) -> None:
    device = server(a=OK)
    with Web(device.url, limits(), login=("admin", "påß密")) as web:
        web.get("/a")

    assert b"Authorization: Basic YWRtaW46cMOlw5/lr4Y=\r\n" in device.requests[0]


def test_proxies_and_netrc_are_not_asked(
    server: Start,
    limits: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy, device = server(), server(a=OK + b"page")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Web(device.url, limits()) as anonymous, Web(device.url, limits(), login=("a", "b")) as web:
        assert [b"page", b"page"] == [anonymous.get("/a").body, web.get("/a").body]

    assert 0 == proxy.connections
    assert b"Authorization" not in device.requests[0]
    assert b"Authorization: Basic YTpi" in device.requests[1]


def test_what_a_plain_session_would_have_done_is_what_the_test_is_about(
    server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = server()
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    requests.get("http://olt.invalid/a", timeout=2)

    assert 1 == proxy.connections


def test_cookies_of_a_device_reach_no_other_page(server: Start, web_to: Connect) -> None:
    device = server(a=OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"), b=OK)
    web = web_to(device.url)
    web.get("/a")
    page = web.get("/b")

    assert 200 == page.status
    assert 2 == web.request_count


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_every_request_has_a_connection_of_its_own(
    version: str, server: Start, web_to: Connect
) -> None:
    # As a 1.1 device says nothing of closing, a client might keep the line; the device does not.
    answer = f"HTTP/{version} 200 OK\r\nContent-Length: 4\r\n\r\npage".encode()
    device = server(a=answer)
    web = web_to(device.url)

    assert [b"page"] * 30 == [web.get("/a").body for _ in range(30)]
    assert 30 == device.connections
    assert all(b"Connection: close" in asked for asked in device.requests)


# --- TLS ----------------------------------------------------------------------------------------


@pytest.fixture
def tls() -> ssl.SSLContext:
    """A device's own certificate, good until 2126 (`openssl req -x509 -days 36500`)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "selfsigned.crt", DATA / "selfsigned.key")
    return context


def test_certificate_of_the_device_itself_is_refused_unless_told_otherwise(
    server: Start, web_to: Connect, tls: ssl.SSLContext
) -> None:
    device = server(tls, a=OK + b"page")
    with pytest.raises(Unreachable) as caught:
        web_to(device.url).get("/a")

    assert "TLS failed" in caught.value.message
    assert "verify_tls = false" in caught.value.hint
    assert ([], False) == (device.requests, caught.value.was_sent)


def test_certificate_is_taken_when_told_so_and_nobody_is_warned(
    server: Start, web_to: Connect, tls: ssl.SSLContext
) -> None:
    device = server(tls, a=OK + b"page")
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        page = web_to(device.url, verify_tls=False).get("/a")

    assert (b"page", []) == (page.body, [str(warning.message) for warning in caught])
    assert before == list(warnings.filters)


def test_one_lenient_conversation_makes_no_other_lenient(
    server: Start, web_to: Connect, tls: ssl.SSLContext
) -> None:
    device = server(tls, a=OK)
    web_to(device.url, verify_tls=False).get("/a")
    with pytest.raises(Unreachable):
        web_to(device.url, verify_tls=True).get("/a")


def test_plain_page_behind_https_says_so(server: Start, web_to: Connect) -> None:
    plain = server(a=OK)
    with pytest.raises(Unreachable) as caught:
        web_to(plain.url.replace("http:", "https:"), verify_tls=False).get("/a")
    assert "TLS failed" in caught.value.message


# --- tries --------------------------------------------------------------------------------------


def refuse(page: Page) -> None:
    if page.body != b"good":
        raise PageChanged("bad page")


@pytest.mark.parametrize(("bad", "retries", "is_read"), [(1, 1, True), (2, 1, False), (2, 2, True)])
def test_page_that_the_check_refuses_is_tried_again(
    bad: int, retries: int, is_read: bool, server: Start, web_to: Connect
) -> None:
    device = server()
    device.answers["/a"] = lambda stream, _: stream.sendall(
        OK + (b"good" if len(device.requests) > bad else b"bad")
    )
    web = web_to(device.url, retries=retries)
    if is_read:
        assert b"good" == web.fetch("/a", refuse).body
    else:
        with pytest.raises(PageChanged):
            web.fetch("/a", refuse)
    assert min(bad, retries) + 1 == web.request_count


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_will_not_change_is_not_tried_again(
    status: int, server: Start, web_to: Connect
) -> None:
    device = server(a=f"HTTP/1.0 {status} No\r\n\r\n".encode())
    with pytest.raises(OltError):
        web_to(device.url, retries=5).fetch("/a")
    assert 1 == device.connections


# --- what is logged -----------------------------------------------------------------------------


def test_each_request_is_one_line_without_a_secret(
    server: Start, limits: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    device = server(a=OK + b"page")
    device.answers["/b?oltponno=0/1"] = redirect("/a")
    with (
        caplog.at_level(logging.DEBUG, "eponctl"),
        Web(device.url, limits(), login=("admin", PASSWORD)) as web,
    ):
        web.get("/b?oltponno=0/1")
        with pytest.raises(PageMissing) as caught:
            web.get("/c")

    lines = [record.getMessage() for record in caplog.records if record.name.startswith("eponctl")]
    assert ["GET /b?oltponno=0/1 302 0 B", "GET /a 200 4 B", "GET /c 404 0 B"] == [
        line[: line.index(" B ") + 2] for line in lines
    ]
    assert all(" ms" in line for line in lines)
    assert BASIC in device.requests[0].decode()
    for secret in (PASSWORD, BASIC, "Authorization"):
        assert secret not in caplog.text
        assert secret not in f"{caught.value.message}{caught.value.hint}{caught.value!r}"


def test_request_that_fails_is_logged_too(
    web_to: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG, "eponctl"),
        socket.create_server(("127.0.0.1", 0)) as closed,
    ):
        port = closed.getsockname()[1]
        closed.close()
        with pytest.raises(Unreachable):
            web_to(f"http://127.0.0.1:{port}").get("/a")

    (line,) = [record.getMessage() for record in caplog.records if record.name == "eponctl.web"]
    assert line.startswith("GET /a - 0 B ")


# --- errors -------------------------------------------------------------------------------------


def made(kind: type[Exception]) -> Exception:
    """An exception of this class, however it wants to be made."""
    if kind is rq.JSONDecodeError:
        return kind("text", "document", 0)
    return kind("text")


REQUESTS_ERRORS = sorted(
    (
        kind
        for _, kind in inspect.getmembers(rq, inspect.isclass)
        if issubclass(kind, rq.RequestException)
    ),
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", REQUESTS_ERRORS)
def test_every_exception_of_requests_is_an_error_of_ours(kind: type[Exception]) -> None:
    error = mapped(made(kind), "/a")

    assert isinstance(error, OltError)
    assert "text" in error.message or "time" in error.message


def test_requests_has_as_many_exceptions_as_were_looked_at() -> None:
    assert len(REQUESTS_ERRORS) >= 20


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TimeoutError(), "/a: no answer in time"),
        (ConnectionResetError(104, "reset by peer"), "/a: the connection broke"),
        (u3.ProtocolError("x", ConnectionResetError(104, "reset by peer")), "the connection broke"),
        (u3.DecodeError("bad"), "cannot be unpacked"),
        (u3.LocationParseError("http://["), "/a: not a usable address"),
        (rq.ConnectionError(), "the connection broke (ConnectionError)"),
        (rq.ConnectionError("y" * 900), "..."),
    ],
)
def test_other_exceptions_of_the_wire_are_errors_of_ours_and_short(
    error: Exception, message: str
) -> None:
    ours = mapped(error, "/a")

    assert message in ours.message
    assert len(ours.message) < 130


def test_host_that_nobody_knows_is_said_to_be_unknown(
    monkeypatch: pytest.MonkeyPatch, web_to: Connect
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable) as caught:
        web_to("http://olt.invalid").get("/a")

    assert ("the host's name is not known", False) == (caught.value.message, caught.value.was_sent)


@pytest.mark.parametrize("url", ["http://", "http://a..b", "http://127.0.0.1:x", "http://\x00"])
def test_address_that_cannot_be_used_is_an_error_of_ours(url: str, web_to: Connect) -> None:
    with pytest.raises(OltError):
        web_to(url).get("/a")


# --- the simulator agrees -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REFUSE, Unreachable),
        (Fault.RESET, Unreachable),
        (Fault.UNAUTHORIZED, LoginRejected),
        (Fault.REDIRECT_LOGIN, LoginRejected),
        (Fault.REDIRECT_ELSEWHERE, ForeignRedirect),
        (Fault.GZIP_BOMB, PageChanged),
        (Fault.HUGE, PageChanged),
        (Fault.SERVER_ERROR, PageChanged),
    ],
)
def test_fault_of_a_simulated_device_is_an_error_of_ours(
    fault: Fault, error: type[OltError], serve: Callable[..., Farm], web_to: Connect
) -> None:
    olt: SimOlt = make_olt("A22", 2)
    olt.fault = fault
    serve(olt)
    with pytest.raises(error):
        web_to(olt).get(WHOLE)


def test_sockets_of_tests_stay_on_this_machine() -> None:
    for address in (("192.0.2.1", 80), ("olt.invalid", 80)):
        with (
            socket.socket() as one,
            pytest.raises(pytest.fail.Exception, match="tried to leave this machine"),
        ):
            one.connect(address)
    with pytest.raises(pytest.fail.Exception, match="look-up of 'olt"):
        socket.getaddrinfo("olt.invalid", 80)

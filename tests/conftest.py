"""What all tests share: loopback only, recordings that replay, and simulated devices."""

from __future__ import annotations

import copy
import hashlib
import ipaddress
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import vcr

from eponctl.simulator import Farm, SimOlt
from eponctl.web import Limits, Web

# A shell starts what runs in the background with Ctrl-C ignored, and children inherit that: what
# the tests interrupt would go on for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# --- loopback only ----------------------------------------------------------------------------


def _is_loopback(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return text == "localhost"


def _needs_dns(host: object) -> bool:
    if host is None or host in {"", b""}:
        return False
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text != "localhost"
    return False


def _refuse(what: str) -> None:
    # Not an OSError: what is tested would take that for a device that does not answer.
    pytest.fail(f"a test tried to leave this machine: {what}")


def _check_address(family: int, address: object) -> None:
    if (
        family in {socket.AF_INET, socket.AF_INET6}
        and isinstance(address, tuple)
        and not _is_loopback(address[0])
    ):
        _refuse(f"connection to {address[0]}:{address[1]}")


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Let sockets reach 127.0.0.0/8, ::1 and Unix sockets, and names only `localhost`."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    sendto, getaddrinfo = socket.socket.sendto, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check_address(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check_address(self.family, address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _check_address(self.family, rest[-1])
        return sendto(self, data, *rest)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if _needs_dns(host):
            _refuse(f"look-up of {host!r}")
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


# --- recordings -------------------------------------------------------------------------------

RECORDED_HOST = "olt.example"
_MAC = re.compile(rb"(?:[0-9A-Fa-f]{2}([:-])){5}[0-9A-Fa-f]{2}")
_ROW_NAME = re.compile(
    rb"(['\"]\d+(?:/\d+){1,3}:\d+['\"]\s*,\s*)(['\"])(.{0,2000}?)\2"
    rb"(?=\s*,\s*['\"](?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}['\"])",
    re.DOTALL,
)
_LOG_NAME = re.compile(rb"((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2} ?)\[[^\]]*\]")
_IPV4 = re.compile(rb"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_PHONE = re.compile(rb"\+?\b(?:62|0)8\d{8,11}\b")
_UNSET = {b"NA", b"Na", b"N/A", b"--", b"-", b""}
_KEPT_HEADERS = {"content-type", "content-encoding", "server"}


def _invented(kind: bytes, value: bytes) -> bytes:
    """The same short digest for the same value, so that rows of several pages still agree."""
    return hashlib.sha256(kind + value.upper()).hexdigest().encode()


def _scrubbed_mac(found: re.Match[bytes]) -> bytes:
    digest = _invented(b"mac", found[0].replace(b"-", b":"))
    text = found[1].join([b"02", *(digest[at : at + 2] for at in range(0, 10, 2))])
    return text.upper() if found[0].upper() == found[0] else text


def _scrubbed_name(found: re.Match[bytes]) -> bytes:
    if found[3].strip() in _UNSET:
        return found[0]
    return found[1] + found[2] + b"NAME-" + _invented(b"name", found[3])[:6] + found[2]


def scrub_body(body: bytes) -> bytes:
    """A page without the names, MACs, addresses and telephone numbers of its owner."""
    body = _ROW_NAME.sub(_scrubbed_name, body)
    body = _LOG_NAME.sub(rb"\1[NAME]", body)
    body = _MAC.sub(_scrubbed_mac, body)
    return _PHONE.sub(b"6281200000000", _IPV4.sub(b"192.0.2.1", body))


def scrub_request(request: Any) -> Any:
    """A request without credentials, to a host that does not exist."""
    clean = copy.copy(request)
    clean.headers = {}
    clean.uri = re.sub(r"//[^/]+", f"//{RECORDED_HOST}", request.uri, count=1)
    return clean


def scrub_response(response: dict[str, Any]) -> dict[str, Any]:
    """A response without what names its owner: its date, cookies and redirects with it."""
    clean = copy.deepcopy(response)
    clean["headers"] = {
        name: values for name, values in clean["headers"].items() if name.lower() in _KEPT_HEADERS
    }
    clean["body"]["string"] = scrub_body(clean["body"]["string"])
    return clean


@pytest.fixture(scope="session")
def scrub() -> Callable[[bytes], bytes]:
    """Scrub the body of a page."""
    return scrub_body


@pytest.fixture
def recorder() -> vcr.VCR:
    """Replay cassettes as they are; what is not in one does not reach the network."""
    return vcr.VCR(record_mode="none", match_on=["method", "uri"])


@pytest.fixture
def recording() -> vcr.VCR:
    """Make a new cassette, scrubbed before it is written."""
    return vcr.VCR(
        record_mode="once",
        before_record_request=scrub_request,
        before_record_response=scrub_response,
        decode_compressed_response=True,
    )


# --- devices ----------------------------------------------------------------------------------


@pytest.fixture
def serve() -> Iterator[Callable[..., Farm]]:
    """Serve simulated OLTs on loopback until the test ends."""
    started: list[Farm] = []

    def start(*olts: SimOlt, host: str = "127.0.0.1") -> Farm:
        farm = Farm(olts, host)
        farm.__enter__()
        started.append(farm)
        return farm

    yield start
    for farm in started:
        farm.close()


@pytest.fixture
def limits() -> Callable[..., Limits]:
    """Limits with so many seconds left."""

    def make(seconds: float = 20.0, **changes: Any) -> Limits:
        values = {"connect_timeout_s": 5.0, "read_timeout_s": 5.0} | changes
        return Limits(deadline_at=time.monotonic() + seconds, **values)

    return make


@pytest.fixture
def web_to(limits: Callable[..., Limits]) -> Iterator[Callable[..., Web]]:
    """Open a conversation with a simulated OLT or a url; all are closed when the test ends."""
    opened: list[Web] = []

    def connect(
        olt: SimOlt | str, seconds: float = 20.0, *, verify_tls: bool = True, **changes: Any
    ) -> Web:
        if isinstance(olt, SimOlt):
            url, login = olt.url, (olt.username, olt.password)
        else:
            url, login = olt, ("admin", "admin")
        web = Web(url, limits(seconds, **changes), login=login, verify_tls=verify_tls)
        opened.append(web)
        return web

    yield connect
    for web in opened:
        web.__exit__()

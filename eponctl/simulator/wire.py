"""The little HTTP that both simulated servers need, on non-blocking sockets of an asyncio loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

_HEAD_LIMIT = 64 * 1024
_BODY_LIMIT = 8 * 1024 * 1024
_REASONS = {
    200: "OK",
    201: "Created",
    302: "Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}
_REQUEST_LINE_WORDS = 3

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request: `target` as sent, `path` decoded, without query; header names in lower case."""

    method: str
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


async def read_request(sock: socket.socket) -> Request | None:
    """Read one request with its body; None when the peer left or sent no HTTP."""
    loop = asyncio.get_running_loop()
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = await loop.sock_recv(sock, 65_536)
        if not chunk or len(data) > _HEAD_LIMIT:
            return None
        data += chunk
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if len(words) != _REQUEST_LINE_WORDS or not length.isdigit() or int(length) > _BODY_LIMIT:
        return None
    body = await _rest_of_body(sock, rest, int(length))
    if body is None:
        return None
    split = urlsplit(words[1])
    query = dict(parse_qsl(split.query, keep_blank_values=True))
    return Request(words[0], words[1], unquote(split.path), query, headers, body)


async def _rest_of_body(sock: socket.socket, begun: bytes, length: int) -> bytes | None:
    """Read a body that has begun with the head; None when the peer left before its end."""
    parts, missing = [begun], length - len(begun)
    while missing > 0:
        chunk = await asyncio.get_running_loop().sock_recv(sock, 262_144)
        if not chunk:
            return None
        parts.append(chunk)
        missing -= len(chunk)
    return b"".join(parts)


def http(status: int, body: bytes, headers: Headers = (), *, version: str = "1.0") -> bytes:
    """Write a response; no length is added, `Connection: close` is."""
    lines = [f"HTTP/{version} {status} {_REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


async def drip(sock: socket.socket, data: bytes, seconds: float, *, for_ever: bool) -> None:
    """Send one byte at a time, `seconds` apart; spaces without end afterwards when `for_ever`.

    Ends with OSError when the client closes the connection.
    """
    loop = asyncio.get_running_loop()
    for position in range(len(data)):
        await loop.sock_sendall(sock, data[position : position + 1])
        await asyncio.sleep(seconds)
    while for_ever:
        await loop.sock_sendall(sock, b" ")
        await asyncio.sleep(seconds)


async def until_client_leaves(sock: socket.socket) -> None:
    """Say nothing until the client closes its side."""
    loop = asyncio.get_running_loop()
    while await loop.sock_recv(sock, 65_536):
        pass


def reset_on_close(sock: socket.socket) -> None:
    """Make the coming close a TCP reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def has_left(sock: socket.socket) -> bool:
    """Whether the client has closed its side already (nothing is taken from the stream)."""
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True

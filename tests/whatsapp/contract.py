"""What the contracts of all gateways are held to: what a refusal is, and how a network fails."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from eponctl.errors import Outcome, SendError
from eponctl.web import Limits


@dataclass(frozen=True)
class Refused:
    """What a refusal must come out as; `text` is a part of its message."""

    outcome: Outcome
    text: str
    hint: str = ""
    retry_after_s: float | None = None
    needed_tries: int = 1


def limits(seconds: float = 10.0, read_timeout_s: float = 5.0) -> Limits:
    """Limits of which `seconds` are left."""
    return Limits(2.0, read_timeout_s, time.monotonic() + seconds)


def said(error: SendError, expected: Refused) -> Refused:
    """The error in the form of what is expected of it, to compare the two."""
    return Refused(
        error.outcome,
        expected.text if expected.text in error.message else error.message,
        expected.hint if expected.hint and expected.hint in error.hint else error.hint,
        error.retry_after_s,
        error.needed_tries,
    )


def answer(
    body: bytes, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: application/json"
) -> bytes:
    """A whole HTTP answer."""
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


YES = answer(b'{"status":true,"msg":"Message sent successfully!"}')


def whole_request(line: socket.socket) -> bytes:
    """Read one request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += line.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = (
        int(field.split(b":")[1])
        for field in head.split(b"\r\n")
        if field.lower().startswith(b"content-length:")
    )
    length = next(lengths, 0)
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def reset(line: socket.socket) -> None:
    """Close with RST instead of FIN."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(line: socket.socket) -> None:
    """Read the request and say nothing until the other side gives up."""
    whole_request(line)
    with contextlib.suppress(OSError):
        line.recv(1)


def reset_unread(line: socket.socket) -> None:
    """Break the connection amid the request: at once would be, now and then, no connection."""
    line.recv(1)
    reset(line)


def reset_after_reading(line: socket.socket) -> None:
    """Break the connection with the request read: the message may have been sent."""
    whole_request(line)
    reset(line)


def close_after_reading(line: socket.socket) -> None:
    """Close in good order, without an answer."""
    whole_request(line)


def truncated(line: socket.socket) -> None:
    """Promise more than is sent."""
    whole_request(line)
    line.sendall(YES[:-10])


def cut_json(line: socket.socket) -> None:
    """End the JSON early, in a whole HTTP answer."""
    whole_request(line)
    line.sendall(answer(b'{"status":true,"ms'))


def no_http(line: socket.socket) -> None:
    """Answer something that is no HTTP."""
    whole_request(line)
    line.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def false_gzip(line: socket.socket) -> None:
    """Say gzip, send none."""
    whole_request(line)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip"
    line.sendall(answer(b"not gzip at all", head))


def drip(line: socket.socket) -> None:
    """Send an answer that never ends, a byte at a time."""
    whole_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
    with contextlib.suppress(OSError):
        while True:
            line.sendall(b" ")
            time.sleep(0.02)


Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(behaves: Behaviour, scheme: str = "http") -> Iterator[str]:
    """Give the address of a server on loopback that treats every connection so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    with line, contextlib.suppress(OSError):
                        behaves(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        # Closing alone would not wake the thread that waits in accept.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


FAULTS: tuple[Behaviour, ...] = (
    hang,
    reset_unread,
    reset_after_reading,
    close_after_reading,
    truncated,
    cut_json,
    no_http,
    false_gzip,
    drip,
)
"""Faults after the request was written: the message may have been sent."""

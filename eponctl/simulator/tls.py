"""TLS before a simulated device: each connection is unwrapped, and handed on in the clear."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

_CHUNK_BYTES = 64 * 1024


def context_of(certificate: str, key: str) -> ssl.SSLContext:
    """Return what serves TLS with the certificate and the key of these files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def unwrapped(
    sock: socket.socket,
    context: ssl.SSLContext,
    handle: Callable[[socket.socket], Awaitable[None]],
) -> None:
    """Shake hands, and let `handle` talk over a socket without TLS until both have finished.

    A client that does not like the certificate leaves: then nothing is handled.
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock.dup(), ssl=context)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    theirs.settimeout(0)
    with ours:
        inward = asyncio.create_task(_inward(reader, ours))
        outward = asyncio.create_task(_outward(ours, writer))
        try:
            with theirs:
                await handle(theirs)
            await outward
        finally:
            inward.cancel()
            outward.cancel()
            await asyncio.gather(inward, outward, return_exceptions=True)
            transport.close()


async def _inward(reader: asyncio.StreamReader, ours: socket.socket) -> None:
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            await asyncio.get_running_loop().sock_sendall(ours, chunk)
        ours.shutdown(socket.SHUT_WR)


async def _outward(ours: socket.socket, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await asyncio.get_running_loop().sock_recv(ours, _CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()

"""One OLT on the network: one request at a time, and the faults of the connection."""

from __future__ import annotations

import asyncio
import socket
import time

from eponctl.simulator import tls, wire
from eponctl.simulator.background import Door
from eponctl.simulator.faults import Fault
from eponctl.simulator.olt import Served, SimOlt
from eponctl.simulator.site import Answer, Site, changes_state

_STALLING = {Fault.HANG, Fault.DRIP, Fault.DRIP_HEADERS}


class OltServer:
    """Serves one `SimOlt`; every method runs in the loop's thread."""

    def __init__(self, olt: SimOlt, host: str, port: int) -> None:
        """Prepare the socket on `host` and `port` (0: any free one); nothing listens yet."""
        self.olt = olt
        self.site = Site(olt)
        self._tls = tls.context_of(*olt.certificate) if olt.certificate else None
        self._door = Door(host, port, self._welcome)
        self._turn = asyncio.Lock()
        self._open: set[socket.socket] = set()
        self._stalled: set[asyncio.Task[object]] = set()

    def start(self) -> None:
        """Take the port and listen, unless the OLT is to refuse. PortInUse when it is taken."""
        self._door.open()
        self.olt.host, self.olt.port = self._door.host, self._door.port
        self.fault_changed()

    def fault_changed(self) -> None:
        """Open or shut the door as the fault says and let go of clients held by an older fault."""
        if self.olt.fault is Fault.REFUSE:
            self._door.shut()
            self._door.drop_connections()
            return
        self._door.open()
        for task in list(self._stalled):
            task.cancel()

    async def close(self) -> None:
        """Stop listening and break off what is under way."""
        await self._door.close()

    async def _welcome(self, sock: socket.socket) -> None:
        if self._tls is None:
            await self._handle(sock)
        else:
            await tls.unwrapped(sock, self._tls, self._handle)

    async def _handle(self, sock: socket.socket) -> None:
        # Clients that gave up are not at the device any more, even if the loop has not noticed yet.
        self._open.add(sock)
        if len(self._open) > 1:
            present = sum(not wire.has_left(other) for other in self._open)
        else:
            present = 1
        self.olt.served_concurrently_max = max(self.olt.served_concurrently_max, present)
        try:
            request = await wire.read_request(sock)
            if request is not None:
                async with self._turn:
                    await self._serve(sock, request)
        finally:
            self._open.discard(sock)

    async def _serve(self, sock: socket.socket, request: wire.Request) -> None:
        olt = self.olt
        if olt.latency > 0:
            await asyncio.sleep(olt.latency)
        if olt.family == "B":
            olt.note("Web: web connection , current web client=1")
        violation = changes_state(request)
        fault, aimed = olt.fault_of(request.target)
        if fault in {Fault.RESET, Fault.REFUSE}:
            wire.reset_on_close(sock)
            self._record(request, 0, violation=violation)
        elif fault in _STALLING:
            self._record(request, 0, violation=violation)
            await self._stall(sock, request, fault)
        else:
            answer = self.site.answer(request, fault, aimed=aimed)
            self._record(request, answer.status, violation=violation)
            body = b"" if request.method == "HEAD" else answer.body
            await _send(sock, self._head(answer), body)

    async def _stall(self, sock: socket.socket, request: wire.Request, fault: Fault) -> None:
        """Hold the client in one of the slow ways, until it leaves or the fault changes."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (we run in a task, always)
        self._stalled.add(task)
        try:
            if fault is Fault.HANG:
                await wire.until_client_leaves(sock)
                return
            answer = self.site.answer(request, Fault.NONE, aimed=False)
            head = self._head(answer)
            if fault is Fault.DRIP:
                await asyncio.get_running_loop().sock_sendall(sock, head)
                await wire.drip(sock, answer.body, self.olt.drip_seconds, for_ever=True)
            else:
                endless = head.removesuffix(b"\r\n\r\n") + b"\r\nX-Slow: "
                await wire.drip(sock, endless, self.olt.drip_seconds, for_ever=True)
        finally:
            self._stalled.discard(task)

    def _head(self, answer: Answer) -> bytes:
        """Return the header lines; the date is the device's own clock in its own form."""
        moment = self.olt.now()
        headers = [
            ("Date", f"{moment:%a %b} {moment.day} {moment:%H:%M:%S %Y}"),
            ("Server", "GoAhead-Webs"),
            ("Pragma", "no-cache"),
            ("Cache-Control", "no-cache"),
            ("Content-Type", "text/html"),
        ]
        return wire.http(answer.status, b"", [*headers, *answer.headers])

    def _record(self, request: wire.Request, status: int, *, violation: bool) -> None:
        served = Served(time.time(), request.method, request.target, status)
        self.olt.record(served, violation=violation)


async def _send(sock: socket.socket, head: bytes, body: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(sock, head + body)

"""A WhatsApp gateway of the MPWA kind on loopback, with a phone book of what every recipient got.

What it answers is `account`'s; this module has the connection, the script of faults and the
record of calls.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import NamedTuple, Self

from eponctl.simulator import mpwa, wire
from eponctl.simulator.account import Account, Delivery
from eponctl.simulator.background import Background, Door
from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.mpwa import Reply

#: Faults after which the client has no HTTP answer.
_SILENT = {
    GatewayFault.REFUSE,
    GatewayFault.RESET,
    GatewayFault.HANG,
    GatewayFault.HANG_DELIVERED,
    GatewayFault.CLOSE_BEFORE_READING,
    GatewayFault.CLOSE_AFTER_READING,
}
#: Faults of a single message: as `Gateway.fault` they leave `/info-devices` alone.
_OF_A_MESSAGE = {
    GatewayFault.UNKNOWN_NUMBER,
    GatewayFault.SEND_FAILED,
    GatewayFault.CHECK_CONNECTION,
    GatewayFault.DELIVERED_BUT_FAILED,
    GatewayFault.QUOTA_ZERO,
    GatewayFault.INVALID_PARAMETERS,
}
_DANGEROUS = {"/logout-device", "/delete-device"}


class Call(NamedTuple):
    """One request to the gateway; `status` is 0 when the client got no HTTP answer."""

    at: float
    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    status: int


class Gateway(Account):
    """An MPWA gateway; serves inside a `Farm`, or alone as a context manager.

    What a call meets is decided in this order: the first of `script` (taken away), `fault_for` of
    the recipient (in the gateway's own form of the number), `fault`. All attributes may be set
    from any thread at any time.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = "simulator-key",
        sender: str = "6281200000000",
        disconnected_delay: float = 5.0,
        throttle_per_minute: int | None = None,
        seed: int = 0,
        on_message: Callable[[Delivery], None] | None = None,
    ) -> None:
        """Set up a connected device with unlimited credit.

        `port` 0 is any free one. `disconnected_delay` is seconds that a send takes to fail while
        the device is away. `throttle_per_minute` is off by default; the real gateway has 60.
        `on_message` is called in the gateway's thread for every delivery and must not block.
        """
        super().__init__(
            api_key=api_key,
            sender=sender,
            disconnected_delay=disconnected_delay,
            throttle_per_minute=throttle_per_minute,
            seed=seed,
            on_message=on_message,
        )
        self.drip_seconds = 0.2
        self.script: list[GatewayFault] = []
        self.calls: list[Call] = []
        self.violations: list[Call] = []
        self._fault = GatewayFault.NONE
        self._host = host
        self._asked_port = port
        self._door: Door | None = None
        self._background: Background | None = None
        self._owned: Background | None = None

    def __enter__(self) -> Self:
        """Serve from a thread of its own."""
        self._owned = Background("eponctl-gateway")
        try:
            self.open(self._owned)
        except BaseException:
            self._owned.stop()
            self._owned = None
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving; conversations under way are broken off."""
        self.close()

    def open(self, background: Background) -> None:
        """Serve from the given thread. PortInUse when the port is taken."""
        door = Door(self._host, self._asked_port, self._handle)
        background.call(door.open)
        self._door, self._background = door, background
        self._apply_refusal()

    def close(self) -> None:
        """Stop serving; calling it twice does no harm."""
        if self._background is not None and self._door is not None:
            self._background.wait(self._door.close)
        self._background = None
        if self._owned is not None:
            self._owned.stop()
            self._owned = None

    @property
    def url(self) -> str:
        """The address without path; `api_url` of a configuration is this plus `/send-message`."""
        if self._door is None:
            msg = "the gateway is not being served"
            raise RuntimeError(msg)
        return f"http://{self._door.host}:{self._door.port}"

    @property
    def send_url(self) -> str:
        """The address of the one route that matters."""
        return f"{self.url}/send-message"

    @property
    def fault(self) -> GatewayFault:
        """The fault that every call meets; in force when the assignment returns."""
        return self._fault

    @fault.setter
    def fault(self, fault: GatewayFault) -> None:
        self._fault = fault
        self._apply_refusal()

    def _apply_refusal(self) -> None:
        if self._background is not None and self._door is not None:
            refuse = self._fault is GatewayFault.REFUSE
            self._background.call(self._door.shut if refuse else self._door.open)

    async def _handle(self, sock: socket.socket) -> None:
        if self._next_fault_is(GatewayFault.CLOSE_BEFORE_READING):
            return
        request = await wire.read_request(sock)
        if request is None:
            return
        locale = self.locale
        path = request.path
        if path.startswith("/id/"):
            locale, path = "id", path.removeprefix("/id")
        if path == "/_received":
            listing = json.dumps([asdict(one) for one in self.received], ensure_ascii=False)
            await _write(sock, Reply(200, listing.encode()))
            return
        parameters = mpwa.parameters(request)
        if path == "/send-message":
            fault = self._take_fault(parameters.get("number", ""))
        else:
            fault = GatewayFault.NONE if self._fault in _OF_A_MESSAGE else self._fault
        reply = await self.reply(request, path, parameters, fault, locale)
        status = 0 if fault in _SILENT else reply.status
        call = Call(time.time(), request.method, path, parameters, request.headers, status)
        self.calls.append(call)
        if path in _DANGEROUS:
            self.violations.append(call)
        await self._deliver_reply(sock, reply, fault)

    def _next_fault_is(self, fault: GatewayFault) -> bool:
        """Look at the coming fault before anything is read; take it away when it is this."""
        if self.script:
            if self.script[0] is fault:
                self.script.pop(0)
                return True
            return False
        return self._fault is fault

    def _take_fault(self, number: str) -> GatewayFault:
        """Choose the fault of one call; `Account` looks after the single ones of a list."""
        if self.script:
            return self.script.pop(0)
        numbers = mpwa.receivers(number)
        if len(numbers) == 1 and numbers[0] in self.fault_for:
            return self.fault_for[numbers[0]]
        return self._fault

    async def _deliver_reply(self, sock: socket.socket, reply: Reply, fault: GatewayFault) -> None:
        """Write the answer, or do to it what the fault says."""
        if fault in {GatewayFault.HANG, GatewayFault.HANG_DELIVERED}:
            await wire.until_client_leaves(sock)
        elif fault in {GatewayFault.RESET, GatewayFault.REFUSE}:
            wire.reset_on_close(sock)
        elif fault in {GatewayFault.CLOSE_AFTER_READING, GatewayFault.CLOSE_BEFORE_READING}:
            return
        elif fault is GatewayFault.TRUNCATED_JSON:
            await _write(sock, Reply(reply.status, reply.body[: len(reply.body) // 2]))
        elif fault is GatewayFault.GARBAGE:
            await _write(sock, mpwa.as_page(200, "Welcome to nginx!"))
        elif fault is GatewayFault.WRONG_CONTENT_TYPE:
            await _write(sock, Reply(reply.status, reply.body, "text/html; charset=UTF-8"))
        elif fault is GatewayFault.DRIP:
            data = wire.http(reply.status, reply.body, _headers(reply), version="1.1")
            await wire.drip(sock, data, self.drip_seconds, for_ever=False)
        elif fault is GatewayFault.GZIP:
            headers = (*reply.headers, ("Content-Encoding", "gzip"))
            packed = gzip.compress(reply.body)
            await _write(sock, Reply(reply.status, packed, reply.content_type, headers))
        else:
            await _write(sock, reply)


def _headers(reply: Reply) -> list[tuple[str, str]]:
    return [("Content-Type", reply.content_type), *reply.headers]


async def _write(sock: socket.socket, reply: Reply) -> None:
    headers = [*_headers(reply), ("Content-Length", str(len(reply.body)))]
    data = wire.http(reply.status, reply.body, headers, version="1.1")
    await asyncio.get_running_loop().sock_sendall(sock, data)

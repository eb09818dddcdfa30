"""Gateways of other kinds than MPWA on loopback: the same door, script of faults and phone book.

How each kind is asked and answers is its own module's (`fonntegate`, `gowagate`, `wahagate`,
`cloudgate`, `evolutiongate`); here are the connection, the faults of the network, and what reaches
the phones.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from eponctl.simulator import mpwa, wire
from eponctl.simulator.account import Delivery
from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.gateway import Call, Gateway
from eponctl.simulator.mpwa import Reply
from eponctl.simulator.wire import Request

_PAGES = {
    GatewayFault.NOT_FOUND: mpwa.as_page(404, "404 Not Found"),
    GatewayFault.THROTTLED: mpwa.as_page(429, "Too Many Requests"),
    GatewayFault.SERVER_ERROR: mpwa.as_page(500, "Server Error"),
    GatewayFault.BAD_GATEWAY: mpwa.as_page(502, "502 Bad Gateway"),
    GatewayFault.SERVICE_UNAVAILABLE: mpwa.as_page(503, "Service Unavailable"),
    GatewayFault.GATEWAY_TIMEOUT: mpwa.as_page(504, "504 Gateway Time-out"),
}
_NOT_DELIVERED = {
    GatewayFault.REFUSE,
    GatewayFault.RESET,
    GatewayFault.HANG,
    GatewayFault.CLOSE_BEFORE_READING,
}
_NO_ANSWER = _NOT_DELIVERED | {GatewayFault.HANG_DELIVERED, GatewayFault.CLOSE_AFTER_READING}


class Kind(Protocol):
    """One kind of gateway: a module has these."""

    PATH: str
    """Where messages are sent to."""
    PROVIDER: str
    """What olts.toml calls it, and whatever else it needs there, as lines of [whatsapp]."""

    def recipient(self, request: Request) -> str:
        """Whom a message is for, in the plain form: digits or a group's id."""
        ...

    def answer(self, gateway: OtherGateway, request: Request, fault: GatewayFault) -> Reply:
        """Answer a request; what is to reach a phone is given to `gateway.deliver`."""
        ...


class OtherGateway(Gateway):
    """A gateway of another kind; beside what all have, it knows who wrote within 24 hours."""

    def __init__(
        self,
        kind: Kind,
        *,
        api_key: str = "simulator-key",
        sender: str = "6281200000000",
        on_message: Callable[[Delivery], None] | None = None,
    ) -> None:
        """Set up a connected device; everybody has written to it lately."""
        super().__init__(
            api_key=api_key, sender=sender, disconnected_delay=0.0, on_message=on_message
        )
        self.kind = kind
        #: Who has not written to the sender for 24 hours: free text does not reach them.
        self.silent_numbers: set[str] = set()

    @property
    def send_url(self) -> str:
        """The address for sending, whole."""
        return f"{self.url}{self.kind.PATH}"

    def configuration(self, recipient: str) -> str:
        """The lines of [whatsapp] for this gateway."""
        lines = ["[whatsapp]", self.kind.PROVIDER, f'api_url = "{self.send_url}"']
        lines += [f'api_key = "{self.api_key}"', f'sender = "{self.sender}"']
        return "\n".join([*lines, f'recipients = ["{recipient}"]']) + "\n"

    def deliver(self, number: str, text: str) -> str:
        """Put a message on the recipient's phone as it is, and return its id."""
        delivery = Delivery(time.time(), number, text, self.sender)
        self.received.append(delivery)
        if self.on_message is not None:
            self.on_message(delivery)
        return f"3EB0{self._rng.getrandbits(64):016X}"

    async def _handle(self, sock: socket.socket) -> None:
        if self._next_fault_is(GatewayFault.CLOSE_BEFORE_READING):
            return
        request = await wire.read_request(sock)
        if request is None:
            return
        if request.path == "/_received":
            listing = json.dumps([asdict(one) for one in self.received], ensure_ascii=False)
            await self._deliver_reply(sock, Reply(200, listing.encode()), GatewayFault.NONE)
            return
        is_message = request.path == self.kind.PATH
        to = self.kind.recipient(request) if is_message else ""
        fault = self._take_fault(to) if is_message else self._fault
        if fault in _PAGES:
            reply = _PAGES[fault]
        elif fault in _NOT_DELIVERED:
            reply = mpwa.as_page(500, "never seen")
        else:
            reply = self.kind.answer(self, request, fault)
        status = 0 if fault in _NO_ANSWER else reply.status
        given = {name: str(value) for name, value in fields(request).items()}
        self.calls.append(
            Call(time.time(), request.method, request.path, given, request.headers, status)
        )
        await self._deliver_reply(sock, reply, fault)

    def is_away(self, fault: GatewayFault) -> bool:
        """Whether the device has lost its session."""
        return not self.connected or fault is GatewayFault.DISCONNECTED

    def is_unknown(self, number: str, fault: GatewayFault) -> bool:
        """Whether the number is not on WhatsApp."""
        return fault is GatewayFault.UNKNOWN_NUMBER or number in self.unknown_numbers


def fields(request: Request) -> dict[str, Any]:
    """The fields of a JSON body, as they are; of a form, as texts."""
    if "json" not in request.headers.get("content-type", ""):
        return dict(mpwa.parameters(request))
    try:
        value = json.loads(request.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def number_of(chat: object) -> str:
    """A person's digits or a group's id, of a chat's id."""
    name, _, server = str(chat).partition("@")
    return name if server in {"c.us", "s.whatsapp.net"} else str(chat)

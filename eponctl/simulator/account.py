"""What an MPWA gateway answers: key, credit, throttle, device state, and what reaches the phones.

`mpwa` knows the texts and this module the state; the connection and its faults are `gateway`'s
business.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from eponctl.simulator import mpwa
from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.mpwa import Reply
from eponctl.simulator.wire import Request

#: Faults for which nothing is decided here: the client gets no answer and the phone no message.
_BEFORE_DELIVERY = {
    GatewayFault.REFUSE,
    GatewayFault.RESET,
    GatewayFault.HANG,
    GatewayFault.CLOSE_BEFORE_READING,
}
_PAGES = {
    GatewayFault.NOT_FOUND: mpwa.as_page(404, "404 Not Found"),
    GatewayFault.SERVER_ERROR: mpwa.as_page(500, "Server Error"),
    GatewayFault.BAD_GATEWAY: mpwa.as_page(502, "502 Bad Gateway"),
    GatewayFault.SERVICE_UNAVAILABLE: mpwa.as_page(503, "Service Unavailable"),
    GatewayFault.GATEWAY_TIMEOUT: mpwa.as_page(504, "504 Gateway Time-out"),
}
_REFUSALS = {
    GatewayFault.CHECK_CONNECTION: mpwa.CHECK_CONNECTION,
    GatewayFault.WRONG_KEY: mpwa.UNKNOWN_KEY,
    GatewayFault.OTHER_USER: mpwa.OTHER_USER,
    GatewayFault.NO_PERMISSION: mpwa.NO_PERMISSION,
    GatewayFault.QUOTA_ZERO: mpwa.NO_CREDIT,
    GatewayFault.INVALID_PARAMETERS: mpwa.INVALID_PARAMETERS,
}
_NO = {"", "0", "false"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it arrived on a phone or in a group; `at` is in epoch seconds."""

    at: float
    number: str
    text: str
    sender: str


class Account:
    """A user of the gateway with one device: the state behind a `Gateway`, open to be set."""

    def __init__(
        self,
        *,
        api_key: str,
        sender: str,
        disconnected_delay: float,
        throttle_per_minute: int | None,
        seed: int,
        on_message: Callable[[Delivery], None] | None,
    ) -> None:
        """Set up a connected device with unlimited credit; the arguments are those of `Gateway`."""
        self.api_key = api_key
        self.sender = sender
        #: Numbers of devices that belong to other users of the gateway.
        self.other_senders: set[str] = set()
        self.connected = True
        #: Failed sends after which a disconnected device is connected again; None is never.
        self.reconnect_after: int | None = None
        self.disconnected_delay = disconnected_delay
        self.throttle_per_minute = throttle_per_minute
        self.throttle_window_s = 60.0
        #: Messages left in the plan; None is unlimited.
        self.credit: int | None = None
        self.unknown_numbers: set[str] = set()
        #: Older builds lack `/info-devices`.
        self.has_info_devices = True
        self.locale: Literal["en", "id"] = "en"
        self.fault_for: dict[str, GatewayFault] = {}
        self.received: list[Delivery] = []
        self.on_message = on_message
        self._rng = random.Random(seed)  # noqa: S311  (a coin for spintax)
        self._window_start = 0.0
        self._window_hits = 0

    def texts_for(self, number: str) -> list[str]:
        """Return what one recipient got, in order, repetitions included."""
        return [delivery.text for delivery in self.received if delivery.number == number]

    async def reply(
        self,
        request: Request,
        path: str,
        parameters: dict[str, str],
        fault: GatewayFault,
        locale: str,
    ) -> Reply:
        """Answer a request; messages are delivered on the way."""
        if fault in _PAGES:
            return _PAGES[fault]
        if path not in {"/send-message", "/info-devices"} or request.method not in {"GET", "POST"}:
            return _PAGES[GatewayFault.NOT_FOUND]
        headers = self._throttle()
        throttled = fault is GatewayFault.THROTTLED or ("X-RateLimit-Remaining", "-1") in headers
        if throttled:
            return _too_many(request, self._retry_after(), self.throttle_per_minute or 60)
        if fault in _BEFORE_DELIVERY:
            return mpwa.said(400, mpwa.FAILED)
        if fault in _REFUSALS:
            reply = mpwa.said(400, _REFUSALS[fault], locale=locale)
        elif path == "/info-devices":
            reply = self._info(parameters, fault)
        else:
            reply = await self._send(parameters, fault, locale)
        return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, *headers))

    def _throttle(self) -> tuple[tuple[str, str], ...]:
        """Count a request; return the rate headers, with -1 remaining for one too many."""
        limit = self.throttle_per_minute
        if limit is None:
            return ()
        now = time.monotonic()
        if now - self._window_start >= self.throttle_window_s or not self._window_hits:
            self._window_start, self._window_hits = now, 0
        self._window_hits += 1
        remaining = max(-1, limit - self._window_hits)
        return (("X-RateLimit-Limit", str(limit)), ("X-RateLimit-Remaining", str(remaining)))

    def _retry_after(self) -> int:
        """Return the whole seconds until the window of the throttle ends; at least 1."""
        left = self._window_start + self.throttle_window_s - time.monotonic()
        return max(1, int(left + 1)) if self._window_hits else int(self.throttle_window_s)

    def _info(self, parameters: dict[str, str], fault: GatewayFault) -> Reply:
        """Answer the device list."""
        if not self.has_info_devices:
            return _PAGES[GatewayFault.NOT_FOUND]
        if parameters.get("api_key") != self.api_key:
            return mpwa.said(400, mpwa.UNKNOWN_KEY)
        away = not self.connected or fault is GatewayFault.DISCONNECTED
        state = "Disconnect" if away else "Connected"
        return mpwa.as_json(200, {"status": True, "info": [{"body": self.sender, "status": state}]})

    async def _send(self, given: dict[str, str], fault: GatewayFault, locale: str) -> Reply:
        """Check key, credit and parameters, then send to each receiver and sum up."""
        refusal = self._refusal(given)
        if refusal:
            return mpwa.said(400, refusal, locale=locale)
        # The tail of a list that the credit does not cover is dropped without a word.
        numbers = mpwa.receivers(given["number"])[: self.credit]
        text = mpwa.with_footer(given["message"], given.get("footer", ""))
        if not given["message"] or not numbers:
            return mpwa.said(400, mpwa.FAILED, locale=locale)
        result, problem = await self._send_each(numbers, text, fault)
        if fault is GatewayFault.DELIVERED_BUT_FAILED or len(text.encode()) > mpwa.HISTORY_BYTES:
            return mpwa.said(400, mpwa.CHECK_CONNECTION, locale=locale)
        if given.get("full", "").lower() not in _NO:
            data = {"status": True, "data": result}
            return mpwa.as_json(200, data if result else {"status": False, "message": problem})
        if result:
            return mpwa.said(200, mpwa.SENT, ok=True, locale=locale)
        return mpwa.said(400, mpwa.FAILED, locale=locale)

    async def _send_each(
        self, numbers: list[str], text: str, fault: GatewayFault
    ) -> tuple[dict[str, object] | None, str]:
        """Send to one receiver after the other; return the last success and the last problem."""
        result: dict[str, object] | None = None
        problem = mpwa.CHECK_WHATSAPP
        for number in numbers:
            own = self.fault_for.get(number, fault) if len(numbers) > 1 else fault
            failure = await self._failure(number, own)
            if failure:
                problem = failure
            else:
                result = self._deliver(number, text)
        return result, problem

    def _refusal(self, given: dict[str, str]) -> str | None:
        """Return the text of the first thing wrong with a call; None when it may be sent."""
        sender = given.get("sender", "")
        if given.get("api_key") != self.api_key or sender not in {self.sender, *self.other_senders}:
            return mpwa.UNKNOWN_KEY
        if sender in self.other_senders:
            return mpwa.OTHER_USER
        if self.credit is not None and self.credit <= 0:
            return mpwa.NO_CREDIT
        if "number" not in given or "message" not in given:
            return mpwa.INVALID_PARAMETERS
        return None

    async def _failure(self, number: str, fault: GatewayFault) -> str | None:
        """Return why a receiver cannot be reached, in the words of `full=1`; None when it can."""
        if not self.connected or fault is GatewayFault.DISCONNECTED:
            await asyncio.sleep(self.disconnected_delay)
            self._count_towards_reconnection()
            # A person's number is looked up first, and the look-up is what fails; a group's is not.
            return mpwa.CHECK_WHATSAPP if mpwa.is_group(number) else mpwa.NOT_REGISTERED
        if fault is GatewayFault.SEND_FAILED:
            return mpwa.CHECK_WHATSAPP
        if fault is GatewayFault.UNKNOWN_NUMBER or number in self.unknown_numbers:
            return mpwa.CHECK_WHATSAPP if mpwa.is_group(number) else mpwa.NOT_REGISTERED
        return None

    def _count_towards_reconnection(self) -> None:
        if self.reconnect_after is None or self.connected:
            return
        self.reconnect_after -= 1
        if self.reconnect_after <= 0:
            self.connected, self.reconnect_after = True, None

    def _deliver(self, number: str, text: str) -> dict[str, object]:
        """Put a message on the recipient's phone and return the raw result of it."""
        final = mpwa.spun(text, number, self._rng)
        delivery = Delivery(time.time(), number, final, self.sender)
        self.received.append(delivery)
        if self.credit is not None:
            self.credit -= 1
        if self.on_message is not None:
            self.on_message(delivery)
        message_id = f"3EB0{self._rng.getrandbits(64):016X}"
        return mpwa.full_result(mpwa.jid(number), message_id, final, int(delivery.at))


def _too_many(request: Request, retry_after: int, limit: int) -> Reply:
    """Return the throttle's answer: JSON for clients that asked for JSON, else a page."""
    headers = (
        ("X-RateLimit-Limit", str(limit)),
        ("X-RateLimit-Remaining", "0"),
        ("Retry-After", str(retry_after)),
    )
    if "json" in request.headers.get("accept", ""):
        reply = mpwa.as_json(429, {"message": mpwa.TOO_MANY})
    else:
        reply = mpwa.as_page(429, "Too Many Requests")
    return Reply(reply.status, reply.body, reply.content_type, headers)

"""What GOWA answers, from section 7 of the field notes on gateways: a code for each failure."""

from __future__ import annotations

import base64

from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.mpwa import Reply, as_json, as_page
from eponctl.simulator.othergateway import OtherGateway, fields, number_of
from eponctl.simulator.wire import Request

PATH = "/send/message"
PROVIDER = 'provider = "gowa"'

_LONGEST_PERSON = 15


def recipient(request: Request) -> str:
    """The phone; without a server's name, what is too long for a person is a group."""
    phone = str(fields(request).get("phone", "")).removeprefix("+")
    is_group = "@" not in phone and len(phone) > _LONGEST_PERSON
    return f"{phone}@g.us" if is_group else number_of(phone)


def answer(gateway: OtherGateway, request: Request, fault: GatewayFault) -> Reply:
    """Answer /send/message and /app/status."""
    expected = "Basic " + base64.b64encode(gateway.api_key.encode()).decode()
    is_wrong = request.headers.get("authorization") != expected
    if is_wrong or fault is GatewayFault.WRONG_KEY:
        headers = (("WWW-Authenticate", 'Basic realm="Restricted"'),)
        return Reply(401, b"Unauthorized", "text/plain", headers)
    if (request.method, request.path) == ("GET", "/app/status"):
        if gateway.is_away(fault):
            return _lost()
        return as_json(200, {"code": "SUCCESS", "message": "Connection status retrieved"})
    if (request.method, request.path) != ("POST", PATH):
        return as_page(404, "Not Found")
    return _sent(gateway, request, fault)


def _sent(  # noqa: PLR0911  (a table, as code)
    gateway: OtherGateway, request: Request, fault: GatewayFault
) -> Reply:
    given, to = fields(request), recipient(request)
    if gateway.is_away(fault):
        return _lost()
    if not given.get("message"):
        return _no(400, "VALIDATION_ERROR", "message: cannot be blank.")
    if to.startswith("0"):
        return _no(400, "VALIDATION_ERROR", "phone number must be in international format")
    if gateway.is_unknown(to, fault):
        return _no(400, "INVALID_JID", f"Phone {to} is not on whatsapp")
    if to in gateway.silent_numbers:
        return _no(429, "WA_REACHOUT_TIMELOCK", "account may not open new chats")
    if fault is GatewayFault.SEND_FAILED:
        return _no(500, "INTERNAL_SERVER_ERROR", "context canceled")
    name = gateway.deliver(to, str(given["message"]))
    said = f"Message sent to {given['phone']}"
    results = {"message_id": name, "status": said}
    return as_json(200, {"code": "SUCCESS", "message": said, "results": results})


def _lost() -> Reply:
    return _no(401, "AUTHENTICATION_ERROR", "you are not logged in")


def _no(status: int, code: str, message: str) -> Reply:
    return as_json(status, {"code": code, "message": message})

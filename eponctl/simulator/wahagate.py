"""What WAHA answers, from section 5 of the field notes on gateways: it takes numbers that are not.

A number without WhatsApp is answered as sent, and nothing arrives: only the look-up tells.
"""

from __future__ import annotations

from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.mpwa import Reply, as_json, as_page
from eponctl.simulator.othergateway import OtherGateway, fields, number_of
from eponctl.simulator.wire import Request

PATH = "/api/sendText"
PROVIDER = 'provider = "waha"\nsession = "noc"'
SESSION = "noc"


def recipient(request: Request) -> str:
    """The chat; a bare number is a person."""
    return number_of(fields(request).get("chatId", ""))


def answer(  # noqa: PLR0911  (a table, as code)
    gateway: OtherGateway, request: Request, fault: GatewayFault
) -> Reply:
    """Answer /api/sendText, /api/contacts/check-exists and /api/sessions."""
    if request.headers.get("x-api-key") != gateway.api_key or fault is GatewayFault.WRONG_KEY:
        return as_json(401, {"message": "Unauthorized", "statusCode": 401})
    if request.path == f"/api/sessions/{SESSION}":
        state = "SCAN_QR_CODE" if gateway.is_away(fault) else "WORKING"
        return as_json(200, {"name": SESSION, "status": state})
    if request.path == "/api/contacts/check-exists":
        return _exists(gateway, request, fault)
    if request.path != PATH or request.method != "POST":
        return as_page(404, "Not Found")
    given, to = fields(request), recipient(request)
    if given.get("session") != SESSION:
        return _no_session(str(given.get("session")))
    if gateway.is_away(fault):
        return _not_working()
    if fault is GatewayFault.SEND_FAILED:
        text = f"2 UNKNOWN: no LID found for {to}@s.whatsapp.net from server"
        echo = {"path": PATH, "method": "POST", "body": given}
        return as_json(500, {"statusCode": 500, "exception": {"message": text}, "request": echo})
    if gateway.is_unknown(to, fault):
        return as_json(201, {"key": {"id": "3EB0DEADBEEF"}, "ack": 1})
    name = gateway.deliver(to, str(given.get("text", "")))
    return as_json(201, {"id": f"true_{given['chatId']}_{name}"})


def _exists(gateway: OtherGateway, request: Request, fault: GatewayFault) -> Reply:
    if request.query.get("session") != SESSION:
        return _no_session(request.query.get("session", ""))
    if gateway.is_away(fault):
        return _not_working()
    number = request.query.get("phone", "")
    if gateway.is_unknown(number, fault):
        return as_json(200, {"numberExists": False})
    return as_json(200, {"numberExists": True, "chatId": f"{number}@c.us"})


def _no_session(name: str) -> Reply:
    text = f"We didn't find a session with name '{name}'."
    return as_json(404, {"statusCode": 404, "message": text, "error": "Not Found"})


def _not_working() -> Reply:
    text = "Session status is not as expected. Try again later or restart the session"
    state = {"session": SESSION, "status": "SCAN_QR_CODE", "expected": ["WORKING"]}
    return as_json(422, {"error": text, **state})

"""What Fonnte answers, from section 2 of the field notes on gateways: refusals at HTTP 200."""

from __future__ import annotations

from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.mpwa import Reply, as_json, as_page, normalised
from eponctl.simulator.othergateway import OtherGateway, fields
from eponctl.simulator.wire import Request

PATH = "/send"
PROVIDER = 'provider = "fonnte"'


def recipient(request: Request) -> str:
    """The target; a leading 0 is replaced unless countryCode says 0."""
    given = fields(request)
    target = str(given.get("target", ""))
    return target if given.get("countryCode") == "0" else normalised(target)


def answer(  # noqa: PLR0911  (a table, as code)
    gateway: OtherGateway, request: Request, fault: GatewayFault
) -> Reply:
    """Answer /send and /device."""
    if request.method != "POST" or request.path not in {PATH, "/device"}:
        return as_page(404, "404 Not Found")
    token = request.headers.get("authorization", "")
    if token != gateway.api_key or fault is GatewayFault.WRONG_KEY:
        return _no("token invalid")
    if request.path == "/device":
        state = "disconnect" if gateway.is_away(fault) else "connect"
        return as_json(200, {"status": True, "device_status": state, "quota": "78"})
    given, to = fields(request), recipient(request)
    if not given.get("target") or not given.get("message"):
        return _no("input invalid")
    if gateway.is_away(fault):
        return _no("request invalid on disconnected device")
    if gateway.credit == 0 or fault is GatewayFault.QUOTA_ZERO:
        return _no("insufficient quota")
    if gateway.is_unknown(to, fault):
        return _no("target invalid")
    gateway.deliver(to, str(given["message"]))
    taken = {
        "detail": "success! message in queue",
        "id": [str(80367170 + len(gateway.received))],
        "process": "pending",
        "requestid": 2937124,
        "status": True,
        "target": [to],
    }
    return as_json(200, taken)


def _no(reason: str) -> Reply:
    return as_json(200, {"reason": reason, "status": False})

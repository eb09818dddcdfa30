"""What Evolution API answers, from section 6 of the field notes on gateways."""

from __future__ import annotations

from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.mpwa import Reply, as_json, as_page
from eponctl.simulator.othergateway import OtherGateway, fields
from eponctl.simulator.wire import Request

PATH = "/message/sendText/noc"
PROVIDER = 'provider = "http"\nhttp.preset = "evolution"\nsession = "noc"'


def recipient(request: Request) -> str:
    """The number, digits or a group's id."""
    return str(fields(request).get("number", ""))


def answer(  # noqa: PLR0911  (a table, as code)
    gateway: OtherGateway, request: Request, fault: GatewayFault
) -> Reply:
    """Answer /message/sendText and /instance/connectionState."""
    if request.headers.get("apikey") != gateway.api_key or fault is GatewayFault.WRONG_KEY:
        return _no(401, "Unauthorized", "Unauthorized")
    if request.path == "/instance/connectionState/noc":
        state = "close" if gateway.is_away(fault) else "open"
        return as_json(200, {"instance": {"instanceName": "noc", "state": state}})
    if request.path != PATH:
        name = request.path.rpartition("/")[2]
        return _no(404, "Not Found", [f'The "{name}" instance does not exist'])
    given, to = fields(request), recipient(request)
    if request.method != "POST":
        return as_page(404, "Not Found")
    if not given.get("text"):
        return _no(400, "Bad Request", ["Text is required"])
    if gateway.is_away(fault):
        return _no(500, "Internal Server Error", "Connection Closed")
    if gateway.is_unknown(to, fault):
        who = {"jid": f"{to}@s.whatsapp.net", "exists": False, "number": to}
        return _no(400, "Bad Request", [who])
    if fault is GatewayFault.SEND_FAILED:
        return _no(500, "Internal Server Error", "something went wrong")
    name = gateway.deliver(to, str(given["text"]))
    key = {"remoteJid": to, "fromMe": True, "id": name}
    return as_json(201, {"key": key, "message": {}, "status": "PENDING"})


def _no(status: int, error: str, message: object) -> Reply:
    return as_json(status, {"status": status, "error": error, "response": {"message": message}})

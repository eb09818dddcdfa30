"""What the Cloud API answers, from section 4 of the field notes on gateways: codes, templates."""

from __future__ import annotations

import re
from typing import Any

from eponctl.simulator.faults import GatewayFault
from eponctl.simulator.mpwa import Reply, as_json
from eponctl.simulator.othergateway import OtherGateway, fields
from eponctl.simulator.wire import Request

PATH = "/v23.0/100000000000001/messages"
PROVIDER = 'provider = "cloud"\ntemplate = "olt_alert"'
TEMPLATE = ("olt_alert", "id")
OPENING = "Kabar OLT: "
"""The template's own words."""

_BODY_CHARS, _TEXT_CHARS = 1024, 4096
_FORBIDDEN = re.compile(r"[\n\t]| {5}")


def recipient(request: Request) -> str:
    """The number, with or without a plus."""
    return str(fields(request).get("to", "")).removeprefix("+")


def answer(  # noqa: PLR0911  (a table, as code)
    gateway: OtherGateway, request: Request, fault: GatewayFault
) -> Reply:
    """Answer the one route."""
    if request.path != PATH:
        return _no(400, 100, "Unsupported post request")
    is_wrong = request.headers.get("authorization") != f"Bearer {gateway.api_key}"
    if is_wrong or fault is GatewayFault.WRONG_KEY:
        return _no(401, 190, "Error validating access token")
    given, to = fields(request), recipient(request)
    if fault is GatewayFault.QUOTA_ZERO:
        return _no(400, 131042, "Business eligibility payment issue")
    if fault is GatewayFault.SEND_FAILED:
        return _no(500, 131000, "Something went wrong")
    if gateway.is_unknown(to, fault):
        return _no(400, 131026, "Message undeliverable")
    if given.get("type") == "template":
        text = _templated(given.get("template"))
        if isinstance(text, Reply):
            return text
    else:
        text = str((given.get("text") or {}).get("body", ""))
        if to in gateway.silent_numbers:
            return _no(400, 131047, "Re-engagement message")
        if not text or len(text) > _TEXT_CHARS:
            return _no(400, 131009, "Parameter value is not valid")
    name = gateway.deliver(to, text)
    taken = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to}],
        "messages": [{"id": f"wamid.{name}"}],
    }
    return as_json(200, taken)


def _templated(template: Any) -> str | Reply:
    """The text of a template's message, or what is wrong with it."""
    if (template["name"], template["language"]["code"]) != TEMPLATE:
        return _no(404, 132001, "Template name does not exist in the translation")
    values = [one["text"] for part in template["components"] for one in part["parameters"]]
    if len(values) != 1:
        return _no(400, 132000, "Number of parameters does not match")
    if _FORBIDDEN.search(values[0]):
        return _no(400, 132018, "Param text cannot have new-line/tab characters")
    text = f"{OPENING}{values[0]}"
    return text if len(text) <= _BODY_CHARS else _no(400, 132005, "Translated text too long")


def _no(status: int, code: int, message: str) -> Reply:
    error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    return as_json(status, {"error": {**error, "fbtrace_id": "AbCdEf"}})

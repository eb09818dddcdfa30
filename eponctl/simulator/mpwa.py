"""The contract of an MPWA gateway in words and rules: bodies, numbers, spintax.

Written from section 1 of the field notes on gateways, without sockets or state; the spelling of
the messages is the real one, mistakes included.
"""

from __future__ import annotations

import email
import email.policy
import json
import random
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from eponctl.simulator.wire import Request

SENT = "Message sent successfully!"
FAILED = "Failed to send message!"
CHECK_CONNECTION = "Failed to send message!, Check your connection!"
INVALID_PARAMETERS = "Invalid parameters!"
OTHER_USER = "Invalid api_key or sender,please check again"
UNKNOWN_KEY = "Invali api_key or sender,please check again (2)"
NO_PERMISSION = "You do not have permission to use this feature, Please purchase/upgrade your plan"
NO_CREDIT = (
    "You no longer have enough messages, recharge your message counter or upgrade your plan."
)
NOT_REGISTERED = "The destination Number not registered in WhatsApp or your sender not connected"
CHECK_WHATSAPP = "Check your whatsapp connection"
TOO_MANY = "Too Many Attempts."

#: History is kept in a column of this many bytes; a longer text is sent and then reported as
#: failed.
HISTORY_BYTES = 65_535

#: What the Indonesian locale is known to say; other texts are left in English here.
INDONESIAN = {SENT: "Pesan berhasil terkirim!", FAILED: "Gagal mengirim pesan!"}

_SPINTAX = re.compile(r"\{([^{}]*\|[^{}]*)\}")
_GROUP_SUFFIXES = ("@g.us", "@newsletter")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer of the gateway before it goes onto the wire."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def said(status: int, message: str, *, ok: bool = False, locale: str = "en") -> Reply:
    """Return the short answer: `status` and `msg`."""
    text = INDONESIAN.get(message, message) if locale == "id" else message
    return as_json(status, {"status": ok, "msg": text})


def as_json(status: int, value: object) -> Reply:
    """Return a JSON answer in PHP's habit: no spaces between tokens."""
    return Reply(status, json.dumps(value, separators=(",", ":")).encode())


def as_page(status: int, title: str) -> Reply:
    """Return an HTML answer, as the web server before the gateway or the framework gives."""
    html = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1></body></html>\n"
    )
    return Reply(status, html.encode(), "text/html; charset=UTF-8")


def full_result(jid: str, message_id: str, text: str, epoch: int) -> dict[str, object]:
    """Return `data` of a success with `full=1`."""
    return {
        "key": {"remoteJid": jid, "fromMe": True, "id": message_id},
        "message": {"extendedTextMessage": {"text": text}},
        "messageTimestamp": str(epoch),
    }


def parameters(request: Request) -> dict[str, str]:
    """Merge query and body (JSON, form or multipart) and trim every field; the body wins.

    A JSON null counts as absent; numbers and booleans become text.
    """
    merged: dict[str, str] = dict(request.query)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        merged.update(_json_fields(request.body))
    elif kind == "multipart/form-data":
        merged.update(_multipart_fields(request))
    elif request.body:
        merged.update(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return {name: value.strip() for name, value in merged.items()}


def normalised(number: str) -> str:
    """Return a recipient as the gateway uses it: digits with country code; groups unchanged."""
    if number.endswith(_GROUP_SUFFIXES):
        return number
    digits = re.sub(r"\D", "", number)
    digits = digits.removeprefix("00")
    return "62" + digits[1:] if digits.startswith("08") else digits


def receivers(number: str) -> list[str]:
    """Split a list of recipients at `|`, normalise them and drop repetitions."""
    parts = [normalised(part.strip()) for part in number.split("|")]
    return list(dict.fromkeys(part for part in parts if part))


def jid(number: str) -> str:
    """Return the WhatsApp id of a recipient."""
    return number if number.endswith(_GROUP_SUFFIXES) else f"{number}@s.whatsapp.net"


def is_group(number: str) -> bool:
    """Whether a recipient is a group or channel, whose existence is not checked."""
    return number.endswith(_GROUP_SUFFIXES)


def spun(text: str, number: str, rng: random.Random) -> str:
    """Spoil a text as the gateway does: `{a|b}` becomes one of both, `{number}` the receiver.

    It is done twice, once by each half of the gateway, so a choice may itself hold a choice.
    """
    for _ in range(2):
        text = text.replace("{number}", number)
        text = _SPINTAX.sub(lambda found: rng.choice(found.group(1).split("|")), text)
    return text


def with_footer(text: str, footer: str) -> str:
    """Append the footer as a quoted line in italics."""
    return f"{text}\n\n> _{footer}_" if footer else text


def _json_fields(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {str(name): _as_text(item) for name, item in value.items() if item is not None}


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else json.dumps(value)


def _multipart_fields(request: Request) -> dict[str, str]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode("utf-8", "replace")
    return fields

"""Gateways that the provider `http` knows by name: how each is asked, and what its answers mean.

What a preset says is the default of the same key in [whatsapp.http], so every part can be said
otherwise there. Only what the field notes say: where a gateway's answers are not known (onesender,
whapi, neonize), a 2xx with JSON that does not deny it counts as taken, all else as unclear.

Source: field/whatsapp-gateways.md sections 3, 6, 8, 9, 12 and 14.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from eponctl.settings import HttpRule, HttpSettings

_HALF_HOUR_S = 1800

_EVOLUTION = HttpSettings(
    preset="evolution",
    auth="header",
    auth_name="apikey",
    body={"number": "{{to}}", "text": "{{text}}", "linkPreview": False},
    success_status=(201,),
    success={"key.id": ()},
    level="sent",
    id_path="key.id",
    errors=(
        HttpRule("sender_down", text="Connection Closed"),
        # The instance is not loaded; its word for a message of the older form.
        HttpRule("sender_down", status=(500,), text="reading 'textMessage'"),
        HttpRule("bad_recipient", path="response.message[0].exists", any_of=(False,)),
        # Its word for a group that is not there.
        HttpRule("bad_recipient", status=(400,), text=r"\[object Object\]"),
        HttpRule("bad_config", status=(400,), path="response.message", text="."),
    ),
    error_text=("response.message", "message", "error"),
    health_url="../../instance/connectionState/{{session}}",
    health_path="instance.state",
    health_ok=("open",),
)
_WABLAS = HttpSettings(
    preset="wablas",
    auth="header",
    auth_name="Authorization",
    body={"data": [{"phone": "{{to}}", "message": "{{text}}", "isGroup": "{{is_group}}"}]},
    success={"status": (True, "true"), "data.messages[0].status": ("pending", "sent")},
    level="queued",
    id_path="data.messages[0].id",
    errors=(
        HttpRule("sender_down", path="message", text="disconnect"),
        HttpRule("bad_config", path="message", text="token|secret|quota|expired"),
        HttpRule("bad_recipient", path="message", text="phone|number"),
        # A no in words that nobody has written down.
        HttpRule(
            "bad_message", status=(200, 400, 422), path="status", any_of=(False, "false"), tries=3
        ),
    ),
    error_text=("message",),
)
_ONESENDER = HttpSettings(
    preset="onesender",
    auth="bearer",
    body={
        "recipient_type": "individual",
        "to": "{{to}}",
        "type": "text",
        "text": {"body": "{{text}}"},
    },
    group_body={"recipient_type": "group"},
    person="s.whatsapp.net",
)
_WHAPI = HttpSettings(preset="whapi", auth="bearer", body={"to": "{{to}}", "body": "{{text}}"})
_NEONIZE = HttpSettings(preset="neonize", body={"phone": "{{to}}", "message": "{{text}}"})
_CALLMEBOT = HttpSettings(
    preset="callmebot",
    method="GET",
    body_type="query",
    body={"phone": "{{to}}", "text": "{{text}}", "apikey": "{{recipient_key}}"},
    person="e164",
    groups=False,
    # Its 2xx mean all sorts of things: only the words count.
    success_status=(200,),
    success_text="Message queued",
    level="queued",
    errors=(
        HttpRule("ok", status=(210,)),
        HttpRule("bad_config", text="APIKey is invalid"),
        HttpRule("retry", text="25 messages per 240 minutes", wait_s=_HALF_HOUR_S),
        HttpRule("bad_config", status=(201, 203)),
        HttpRule("bad_recipient", status=(202,)),
        HttpRule("retry", status=(204, 205, 207, 208, 209), wait_s=_HALF_HOUR_S),
    ),
    max_chars=1000,
)
_TWILIO = HttpSettings(
    preset="twilio",
    auth="basic",
    body_type="form",
    body={"To": "{{to}}", "From": "whatsapp:+{{sender}}", "Body": "{{text}}"},
    person="whatsapp+e164",
    groups=False,
    success_status=(201,),
    success={"sid": ()},
    level="queued",
    id_path="sid",
    errors=(
        HttpRule("bad_recipient", path="code", any_of=(21211, 21612, 21614, 21610, 21608)),
        HttpRule("bad_config", path="code", any_of=(20003, 21606)),
        HttpRule("retry", path="code", any_of=(20429, 21611)),
        HttpRule("bad_message", path="code", any_of=(21617,)),
    ),
    error_text=("message",),
    max_chars=1550,
)

PRESETS: Mapping[str, HttpSettings] = MappingProxyType(
    {
        one.preset: one
        for one in (_EVOLUTION, _WABLAS, _ONESENDER, _WHAPI, _CALLMEBOT, _TWILIO, _NEONIZE)
    }
)
ADDRESSES: Mapping[str, str] = MappingProxyType(
    {"fonnte": "https://api.fonnte.com/send", "callmebot": "https://api.callmebot.com/whatsapp.php"}
)
"""Where hosted gateways are, by provider or preset: what `api_url` need not say."""

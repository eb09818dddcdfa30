"""The keys of [whatsapp]: which gateway, who is told, and what each gateway cannot do without.

Makes the settings of a channel, and, for the provider `http`, of how it is asked: what
[whatsapp.http] does not say is its preset's. Must not know the gateways themselves. Long, as that
table has many kinds of values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eponctl.configsecret import path_from, secret
from eponctl.configtable import Table
from eponctl.configvalues import (
    Expected,
    Parser,
    blank_or,
    choice,
    flag,
    kind,
    matching,
    page_url,
    person,
    recipient,
    seconds,
    shown,
    text,
    unshown,
    urgency,
    wanted,
    whole,
    whole_seconds,
)
from eponctl.errors import Outcome
from eponctl.gatewaypresets import ADDRESSES, PRESETS
from eponctl.settings import HttpRule, HttpSettings, Route, Secret, WhatsAppSettings

PROVIDERS = ("mpwa", "fonnte", "gowa", "waha", "cloud", "http", "console", "file")

_DAY_S = 86400
_LEVELS = ("queued", "accepted", "sent", "server-ack")
_AUTHS = ("none", "basic", "bearer", "header", "query", "field")
_NAMED_AUTHS = ("header", "query", "field")
_PERSONS = ("digits", "e164", "c.us", "s.whatsapp.net", "whatsapp+e164")
_PLACES = ("to", "text", "sender", "session", "recipient_key", "is_group")
_PLACE = re.compile(r"\{\{(.*?)\}\}")
# Gateways that answer nobody without a key; the others may stand where only we reach them.
_KEYED = frozenset({"mpwa", "fonnte", "waha", "cloud"})

_SESSION = matching(r"[A-Za-z0-9@._-]{1,128}", "letters, digits, '@', '-', '_', '.'")
_TEMPLATE = matching(r"[a-z0-9_]{1,512}", "lower-case letters, digits and '_'")
_LANGUAGE = matching(r"[a-z]{2,3}(_[A-Z]{2})?", 'a language, as "id" or "en_US"')
_NAME = matching(r"[A-Za-z0-9_-]{1,64}", "letters, digits, '-', '_'")
_PATH = matching(r"[\w-]+(\[\d+\])*(\.[\w-]+(\[\d+\])*)*", 'a path, as "data.messages[0].id"')


def whatsapp(root: Table, base: Path) -> WhatsAppSettings:
    """A table that is there is enabled unless it says otherwise: silence must be on purpose."""
    default = WhatsAppSettings()
    with root.table("whatsapp") as table:
        enabled = table.take("enabled", flag, table.is_given)
        provider = table.take("provider", choice(*PROVIDERS), default.provider)
        http = _http(table, base, is_used=enabled and provider == "http")
        address = _address(provider, base)
        place = ADDRESSES.get(http.preset if provider == "http" else provider, "")
        is_keyed = provider in _KEYED or (provider == "http" and http.auth != "none")
        found = WhatsAppSettings(
            enabled=enabled,
            provider=provider,
            api_url=table.take("api_url", blank_or(address), default.api_url) or place,
            api_key=secret(table, "api_key", base, is_needed=enabled and is_keyed),
            sender=table.take("sender", blank_or(person), default.sender),
            recipients=table.take_list("recipients", recipient),
            max_age_s=table.take("max_age", whole_seconds(1, 30 * _DAY_S), default.max_age_s),
            routes=tuple(_route(route) for route in table.tables("route")),
            session=table.take("session", blank_or(_SESSION), default.session),
            template=table.take("template", blank_or(_TEMPLATE), default.template),
            template_language=table.take("template_language", _LANGUAGE, default.template_language),
            http=http,
        )
        if enabled:
            _need_channel(table, found, address)
    return found


def _address(provider: str, base: Path) -> Parser[str]:
    if provider == "file":
        path_of = path_from(base)
        return lambda value: str(path_of(value))
    if provider == "console":
        return text
    return lambda value: _placed(page_url(value))


def _need_channel(table: Table, found: WhatsAppSettings, address: Parser[str]) -> None:
    """Note what an enabled channel cannot do without."""
    if not found.recipients and not found.routes and "recipients" not in table.faulty:
        table.missing("recipients", "at least one recipient, here or in a [[whatsapp.route]]")
    if found.provider != "console" and not found.api_url and "api_url" not in table.faulty:
        table.missing("api_url", wanted(address))
    is_login = found.provider == "gowa" or (found.provider == "http" and found.http.auth == "basic")
    if is_login and found.api_key and found.api_key.value and ":" not in found.api_key.value:
        table.fault("api_key", "expected user:password")
    needs_key = found.provider == "http" and "{{recipient_key}}" in repr(found.http.body)
    if needs_key and not (found.http.keys or found.api_key):
        table.missing("api_key", "a key for everybody, or one for each in [whatsapp.http] keys")
    needs_sender = found.provider == "mpwa" or (
        found.provider == "http" and "{{sender}}" in repr(found.http)
    )
    if needs_sender and not found.sender and "sender" not in table.faulty:
        table.missing("sender", wanted(person))


def _route(table: Table) -> Route:
    default = Route(recipients=())
    with table:
        recipients = table.take_list("recipients", recipient)
        if not recipients and "recipients" not in table.faulty:
            table.missing("recipients", "at least one recipient, as [...]")
        olts = table.take_list("olts", text)
        if not olts and "olts" in table and "olts" not in table.faulty:
            table.fault("olts", 'expected at least one pattern, as "OLT-KEDIRI-*", got none')
        least = table.take("min_priority", urgency, default.min_priority)
    return Route(recipients, olts or default.olts, least)


# --- [whatsapp.http] ---


def _http(root: Table, base: Path, *, is_used: bool) -> HttpSettings:
    """The preset, with what the file says otherwise."""
    with root.table("http") as table:
        preset = table.take("preset", blank_or(choice(*sorted(PRESETS))), "")
        default = PRESETS.get(preset, HttpSettings())
        rules = tuple(_rule(rule) for rule in table.tables("errors"))
        found = HttpSettings(
            preset=preset,
            method=table.take("method", choice("POST", "GET"), default.method),
            auth=table.take("auth", choice(*_AUTHS), default.auth),
            auth_name=table.take("auth_name", blank_or(_NAME), default.auth_name),
            headers=table.take("headers", _headers, default.headers),
            body_type=table.take("body_type", choice("json", "form", "query"), default.body_type),
            body=table.take("body", _tree, default.body),
            group_body=table.take("group_body", _tree, default.group_body),
            person=table.take("person", choice(*_PERSONS), default.person),
            groups=table.take("groups", flag, default.groups),
            keys=table.take("keys", _keys_from(base), default.keys),
            success_status=table.take("success_status", _statuses, default.success_status),
            success=table.take("success", _conditions, default.success),
            success_text=table.take("success_text", blank_or(text), default.success_text),
            level=table.take("level", choice(*_LEVELS), default.level),
            id_path=table.take("id_path", blank_or(_PATH), default.id_path),
            errors=(*rules, *default.errors),
            error_text=table.take_list("error_text", _PATH) or default.error_text,
            health_url=table.take("health_url", blank_or(_relative), default.health_url),
            health_path=table.take("health_path", blank_or(_PATH), default.health_path),
            health_ok=table.take_list("health_ok", text) or default.health_ok,
            max_chars=table.take("max_chars", whole(1000, 65536), default.max_chars),
        )
        if is_used:
            _need_request(table, found)
    return found


def _need_request(table: Table, found: HttpSettings) -> None:
    """Note what makes a request impossible, or say nothing to anybody."""
    if found.auth in _NAMED_AUTHS and not found.auth_name and "auth_name" not in table.faulty:
        table.missing("auth_name", f"the name of the {found.auth} that carries api_key")
    if "body" in table.faulty:
        return
    used = set(_PLACE.findall(repr(found.body)))
    lacking = [f"{{{{{name}}}}}" for name in ("to", "text") if name not in used]
    if lacking:
        table.fault("body", f"expected {' and '.join(lacking)} in it, where the gateway wants them")
    if found.body_type == "json":
        return
    values = (*found.body.values(), *found.group_body.values())
    if any(isinstance(value, dict | list) for value in values):
        table.fault("body", f"expected no tables or arrays in it, for body_type {found.body_type}")


def _rule(table: Table) -> HttpRule:
    with table:
        then = table.need("then", choice("ok", *Outcome), "ambiguous")
        rule = HttpRule(
            then=then,
            status=table.take("status", _statuses, ()),
            path=table.take("path", _PATH, ""),
            text=table.take("text", _pattern, ""),
            any_of=table.take("any_of", _values, ()),
            wait_s=round(table.take("wait", seconds(0, 900), 0.0)),
        )
        if not (rule.status or rule.text or rule.any_of or table.faulty):
            table.missing("status", "a status, a text, or a path with any_of")
        if rule.any_of and not rule.path and not table.faulty:
            table.missing("path", "where in the answer one of any_of stands")
    return rule


def _placed(value: str) -> str:
    """A text whose placeholders are known."""
    for name in _PLACE.findall(value):
        if name not in _PLACES:
            known = ", ".join(f"{{{{{one}}}}}" for one in _PLACES)
            raise Expected(f"placeholders of {known}", got=shown(f"{{{{{name}}}}}"))
    return value


def _relative(value: object) -> str:
    """An address on the gateway, whole or as a path; it never leads to another host."""
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value) or "//" in value:
        raise Expected('a path, as "/api/status", counted from api_url')
    return _placed(value)


def _headers(value: object) -> Mapping[str, str]:
    """Fixed headers. What one may hold by mistake is a key: it is not shown."""
    expected = "a table of header names and texts without placeholders; a key goes by `auth`"
    if not isinstance(value, dict):
        raise Expected(expected, got=kind(value))
    for name, content in value.items():
        is_text = isinstance(content, str) and re.fullmatch(r"[!-~]([ -~]*[!-~])?", content)
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or not is_text or "{{" in content:
            raise Expected(expected, got="")
    return value


def _tree(value: object) -> Mapping[str, Any]:
    """A table of texts, numbers, booleans, arrays and tables, with known placeholders."""
    if not isinstance(value, dict):
        raise Expected('a table, as { number = "{{to}}", message = "{{text}}" }', got=kind(value))
    _check_leaves(value)
    return value


def _check_leaves(value: object) -> None:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _check_leaves(inner)
    elif isinstance(value, str):
        _placed(value)
    elif not isinstance(value, bool | int | float):
        raise Expected("texts, numbers, true or false in it", got=kind(value))


def _keys_from(base: Path) -> Parser[Mapping[str, Secret]]:
    """Keys by recipient: the key itself, `env:NAME` or `file:PATH`."""
    expected = 'a table of recipients and keys, as { "6281200000001" = "env:CALLMEBOT_1" }'

    def parse_keys(value: object) -> Mapping[str, Secret]:
        if not isinstance(value, dict):
            raise Expected(expected, got=kind(value))
        return {_key_owner(name): _key(key) for name, key in value.items()}

    def _key_owner(name: str) -> str:
        try:
            return recipient(name)
        except Expected as error:
            raise Expected(f"{expected}; of {shown(name)}: {error.expected}", got="") from None

    def _key(key: object) -> Secret:
        if not isinstance(key, str) or not key:
            raise Expected(expected, got="")
        if key.startswith("env:"):
            return Secret(env=key.removeprefix("env:"))
        if key.startswith("file:"):
            return Secret(file=unshown(path_from(base))(key.removeprefix("file:")))
        return Secret(value=key)

    return parse_keys


def _statuses(value: object) -> tuple[int, ...]:
    """One HTTP status or several."""
    parse = whole(100, 599)
    try:
        return tuple(parse(one) for one in (value if isinstance(value, list) else [value]))
    except Expected:
        raise Expected("HTTP statuses, as [200, 201]") from None


def _values(value: object) -> tuple[Any, ...]:
    expected = 'an array of texts, numbers, true or false, as [true, "true"]'
    if not isinstance(value, list):
        raise Expected(expected)
    if not all(isinstance(one, str | int | float | bool) for one in value):
        raise Expected(expected)
    return tuple(value)


def _conditions(value: object) -> Mapping[str, tuple[Any, ...]]:
    """Where in the answer which values mean yes; no values: anything that is there."""
    if not isinstance(value, dict):
        raise Expected('a table of paths and values, as { status = [true, "true"] }')
    return {_PATH(path): _values(values) for path, values in value.items()}


def _pattern(value: object) -> str:
    """A regular expression."""
    found = text(value)
    try:
        re.compile(found)
    except re.error as error:
        raise Expected(f"a regular expression ({error})") from None
    return found

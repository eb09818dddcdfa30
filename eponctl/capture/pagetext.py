"""A page of any kind without what may be somebody's: JSON by its keys, HTML by its parts.

What is not known to be a device's own word is taken for a name: a recording that says too little
can be made again. Works on text in which each letter is a byte (latin-1).
"""

from __future__ import annotations

import re

from eponctl.capture import rows
from eponctl.capture.invention import MAC
from eponctl.capture.rows import Invent
from eponctl.capture.vocabulary import TEXT_PART, is_harmless, is_harmless_text

# --- JSON ---------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)(?P<end>"|\Z)(?P<colon>\s*:)?|-?\d[\d.eE+-]*', re.DOTALL
)
# Keys whose texts are a device's own words, whatever these are.
_OWN_KEYS = frozenset(
    {
        "status",
        "last_down_reason",
        "reason",
        "product_name",
        "sys_ver",
        "fw_ver",
        "hw_ver",
        "bl_ver",
    }
    | {"message", "msg", "register_time", "last_down_time", "dev_type", "onu_type", "vendor"}
    | {"auth_state", "auth_mode", "rtt", "distance", "receive_power", "transmit_power"}
    | {"transmit_bias", "work_temprature", "work_temperature", "work_voltage", "software_ver"}
    | {"hardware_ver", "build_time", "extmodel", "portstate", "mstate", "resource", "macaddr"}
    | {"fw_version", "alive_time", "code"}
)
_OWN_TEXT = re.compile(r"[\w ./:,()+-]{0,80}", re.ASCII)
_NAMES = re.compile(
    r"(?:^|_)(?:name|desc|alias|host|hostname|location|contact|user)", re.IGNORECASE
)
_SERIAL = re.compile(r"^(?:sn|serial\w*|lic_\w+|loid|imei)$", re.IGNORECASE)


def json_text(text: str, invent: Invent) -> str:
    """JSON, whole or cut short."""
    key = ""

    def of_token(found: re.Match[str]) -> str:
        nonlocal key
        inside = found["text"]
        if inside is None:
            return invent_digits(found[0]) if _SERIAL.match(key) else found[0]
        if found["colon"]:
            key = inside.lower()
            return found[0]
        if _keeps(key, inside):
            return found[0]
        return f'"{invent(inside)}{found["end"]}'

    return _TOKEN.sub(of_token, text)


def invent_digits(number: str) -> str:
    """A number of as many digits that means nothing."""
    return re.sub(r"\d", "9", number)


def _keeps(key: str, value: str) -> bool:
    if key in _OWN_KEYS:
        return bool(_OWN_TEXT.fullmatch(value))
    if MAC.fullmatch(value):
        return True
    return is_harmless_text(value) and not (_NAMES.search(key) or _SERIAL.match(key))


# --- HTML and its scripts -------------------------------------------------------------------------

_PART = re.compile(
    rf"(?P<row>{rows.TABLE_ROW.pattern})"
    r"|(?P<comment><!--.*?-->)"
    r"|(?P<script><script\b[^<>]*>.*?(?:</script\s*>|\Z))"
    r"|(?P<style><style\b.*?(?:</style\s*>|\Z))"
    r"|(?P<tag></?[A-Za-z!](?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*>)"
    r"|(?P<text>[^<]+|<)",
    re.IGNORECASE | re.DOTALL,
)
_INNER = re.compile(
    r"(?P<tag></?[A-Za-z!](?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*>)|(?P<text>[^<]+|<)", re.DOTALL
)
_ATTRIBUTE = re.compile(
    r"(\b(?:value|title|alt|placeholder|content|summary|label)\s*=\s*)"
    r"(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))",
    re.IGNORECASE,
)
_EVENT = re.compile(r"(\bon\w{2,20}\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_ARGUMENT = re.compile(r"(?<=[(,])(\s*)(['\"])([^'\"<>]*)\2(?=\s*[,)])")
_ASSIGNED = re.compile(r"(=\s*)(['\"])([^'\"<>\\\r\n]*)\2(?=\s*(?:;|\r|\n|$))")
# A key, which is blotted out by now, and a cell of an array, whose columns are known.
_NO_TEXT = re.compile(r"(?:SessionKey\.value|\w\[\d{1,6}\])\s*\Z")


def html_text(text: str, invent: Invent, doubted: Invent) -> str:
    """HTML with scripts and tables, whole or cut short; `doubted` is for words of free text."""
    # First by their places in the page, before the markup in somebody's name misleads.
    text = rows.cells(rows.arrays(text, invent), invent)
    table_rows = rows.TableRows(invent, lambda inside: _loose(inside, doubted))

    def of_part(found: re.Match[str]) -> str:
        kind, part = found.lastgroup, found[0]
        if kind == "row":
            return table_rows.row(part)
        if kind == "script":
            return _script(part, doubted)
        if kind == "style":
            return part
        if kind == "tag":
            return _tag(part, doubted)
        return _words(part, doubted)

    return _PART.sub(of_part, text)


def _loose(text: str, invent: Invent) -> str:
    """Tags and text of which nothing is known."""
    return _INNER.sub(
        lambda found: (_tag if found["tag"] else _words)(found[0], invent),
        text,
    )


def _words(text: str, invent: Invent) -> str:
    """A text word by word, MACs as they are."""

    def of_words(inside: str) -> str:
        return TEXT_PART.sub(
            lambda found: found[0] if _is_kept(found[0]) else invent(found[0]), inside
        )

    pieces, at = [], 0
    for mac in MAC.finditer(text):
        pieces += [of_words(text[at : mac.start()]), mac[0]]
        at = mac.end()
    return "".join([*pieces, of_words(text[at:])])


def _is_kept(part: str) -> bool:
    return part.startswith("&") or "." in part or is_harmless(part)


def _tag(tag: str, invent: Invent) -> str:
    def of_attribute(found: re.Match[str]) -> str:
        sign, value = next(
            (sign, value)
            for sign, value in zip(('"', "'", ""), found.groups()[1:], strict=True)
            if value is not None
        )
        return found[1] + sign + _value(value, invent) + sign

    if "charset" not in tag.lower():
        tag = _ATTRIBUTE.sub(of_attribute, tag)
    return _EVENT.sub(lambda found: found[1] + _arguments(found[2], invent), tag)


def _arguments(code: str, invent: Invent) -> str:
    return _ARGUMENT.sub(
        lambda found: f"{found[1]}{found[2]}{_value(found[3], invent)}{found[2]}", code
    )


def _script(script: str, invent: Invent) -> str:
    """A script: values of arrays, and texts that are assigned to something."""
    script = rows.array_values(script, invent)

    def of_assigned(found: re.Match[str]) -> str:
        if _NO_TEXT.search(script, max(0, found.start() - 40), found.start()):
            return found[0]
        return f"{found[1]}{found[2]}{_value(found[3], invent)}{found[2]}"

    return _ASSIGNED.sub(of_assigned, script)


def _value(value: str, invent: Invent) -> str:
    is_kept = is_harmless_text(value) or MAC.fullmatch(value) or rows.is_place(value)
    return value if is_kept else invent(value)

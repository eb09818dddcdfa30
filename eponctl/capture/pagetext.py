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
_SERIAL = re.compile(
    r"^(?:sn|serial\w*|lic_\w+|loid|imei|pin|\w*(?:passw|pwd|psk|secret|ssid|pppoe|phone)\w*|\w+_key)$",
    re.IGNORECASE,
)


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
    r"(?<=[\s\"'])([A-Za-z_\x80-\xff][\w\x80-\xff:.-]*)(?:(\s*=\s*)(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+)))?"
)
# Attributes that hold a text for people, and those that make up the page.
_TELLING = frozenset({"value", "title", "alt", "placeholder", "content", "summary", "label"})
_MARKUP = frozenset(
    """
    action align alink async autocomplete background bgcolor body border cellpadding cellspacing
    charset checked class code codebase color cols colspan compact coords defer dir disabled
    enctype face for frameborder framespacing headers height hidden href hspace http-equiv id lang
    language leftmargin link marginheight marginwidth maxlength media method multiple name nohref
    noresize noshade nowrap readonly rel rows rowspan rules scrolling selected shape size span src
    start style tabindex target topmargin type usemap valign vlink vspace width wrap xmlns
    """.split()  # noqa: SIM905  (a word a line would be all one sees)
)
# A field of a form whose value is somebody's, also where it is a number or a common word.
_OWNED_FIELD = re.compile(
    r"type\s*=\s*[\"']?password"
    r"|\b(?:name|id)\s*=\s*[\"']?[\w-]*(?:pass|pwd|psk|secret|pin\b|ssid|pppoe|serial|loid|phone|contact)",
    re.IGNORECASE,
)
_IS_EVENT = re.compile(r"on(?!u)[a-z]{3,20}|onunload")
# What is asked for in a link.
_QUERY = re.compile(r"([?&]\w{1,30}=)([^&#\"'<>]*)")
_EVENT = re.compile(r"(\bon\w{2,20}\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_ARGUMENT = re.compile(r"(?<=[(,])(\s*)(['\"])([^'\"<>]*)\2(?=\s*[,)])")
# In a script, beside its arrays: comments and texts.
_CODE = re.compile(
    r"(?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<quote>['\"`])(?P<inside>(?:[^\\\r\n]|\\.)*?)(?P=quote)",
    re.DOTALL,
)
# A key, which is blotted out by now, and a cell of an array, whose columns are known.
_NO_TEXT = re.compile(r"SessionKey\.value\s*=\s*\Z")


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
    if part.startswith("&"):
        # Many in a row are a name, letter by letter.
        return part.count("&") == 1 or is_harmless_text(part)
    return "." in part or is_harmless(part)


def _tag(tag: str, invent: Invent) -> str:
    is_owned = bool(_OWNED_FIELD.search(tag))

    def of_attribute(found: re.Match[str]) -> str:
        key = found[1].lower()
        if key in _MARKUP or _IS_EVENT.fullmatch(key):
            return _QUERY.sub(lambda one: one[1] + _words(one[2], invent), found[0])
        if found[2] is None:
            # Of a name with blanks that stands there without quotes.
            return found[1] if is_harmless(found[1]) else invent(found[1])
        sign, value = next(
            (sign, value)
            for sign, value in zip(('"', "'", ""), found.groups()[2:], strict=True)
            if value is not None
        )
        if key not in _TELLING:
            new = _words(value, invent)
        elif is_owned and key == "value":
            new = value if _is_blotted(value) else invent(value)
        else:
            new = _value(value, invent)
        return found[1] + found[2] + sign + new + sign

    if "charset" not in tag.lower() and not tag.startswith("<!"):
        tag = _ATTRIBUTE.sub(of_attribute, tag)
    return _EVENT.sub(lambda found: found[1] + _arguments(found[2], invent), tag)


def _arguments(code: str, invent: Invent) -> str:
    return _ARGUMENT.sub(
        lambda found: f"{found[1]}{found[2]}{_value(found[3], invent)}{found[2]}", code
    )


def _is_blotted(value: str) -> bool:
    return len(set(value)) <= 1


def _script(script: str, invent: Invent) -> str:
    """A script: values of arrays, and all other texts, also those of its comments."""
    opening, tag, code = script.partition(">")
    code = rows.array_values(code, invent)
    pieces, at = [opening, tag], 0
    for start, end in rows.data_spans(code):
        pieces += [_code(code[at:start], invent), code[start:end]]
        at = end
    return "".join([*pieces, _code(code[at:], invent)])


def _code(code: str, invent: Invent) -> str:
    def of_text(found: re.Match[str]) -> str:
        if found["comment"] is not None:
            return _loose(found[0], invent)
        inside, sign = found["inside"], found["quote"]
        if _NO_TEXT.search(code, max(0, found.start() - 40), found.start()):
            return found[0]
        # Markup and addresses are the page's own, what stands in them may be somebody's.
        is_markup = re.search("[</?=]", inside)
        return sign + (_loose if is_markup else _value)(inside, invent) + sign

    return _CODE.sub(of_text, code)


def _value(value: str, invent: Invent) -> str:
    is_kept = is_harmless_text(value) or MAC.fullmatch(value) or rows.is_place(value)
    return value if is_kept else invent(value)

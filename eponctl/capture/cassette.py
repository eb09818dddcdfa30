"""A recording as a YAML document of the kind that vcr reads.

Written by hand, in the two forms of YAML that leave nothing open: texts of printable ASCII as a
block, everything else in double quotes with escapes, bytes that are no UTF-8 in base64.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from eponctl.capture.recording import Exchange

# What a block takes as it is: nothing that YAML would strip, fold or read as an indentation.
_BLOCK = re.compile(r"[!-~][ -~]*\n(?:(?:[!-~][ -~]*)?\n)*[!-~][ -~]*\n|[!-~][ -~]*\n")
_PLAIN_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SPECIAL = re.compile(r'[^ -~]|["\\]')
_LAST_OF_BYTE, _LAST_OF_TWO = 0xFF, 0xFFFF
_LINE = 76


def document(exchanges: Iterable[Exchange], remarks: Iterable[str] = ()) -> str:
    """The whole document; `remarks` become comments at its head."""
    lines = [f"# {_ascii(remark)}" for remark in remarks]
    lines.append("interactions:")
    for exchange in exchanges:
        lines += _interaction(exchange)
    if lines[-1] == "interactions:":
        lines[-1] = "interactions: []"
    return "\n".join([*lines, "version: 1", ""])


def _interaction(exchange: Exchange) -> Iterator[str]:
    # Nothing of what was sent but the address: a form or a header may hold a password.
    yield "- request:"
    yield f"    method: {exchange.method}"
    yield f"    uri: {quoted(exchange.url)}"
    yield "    body: null"
    yield "    headers: {}"
    yield "  response:"
    yield "    status:"
    yield f"      code: {exchange.status}"
    yield f"      message: {quoted(_reason(exchange.status))}"
    if exchange.headers:
        yield "    headers:"
        for name, value in exchange.headers.items():
            yield f"      {quoted(name)}:"
            yield f"      - {quoted(value)}"
    else:
        yield "    headers: {}"
    yield "    body:"
    yield from _body(exchange.body)


def _body(body: bytes) -> Iterator[str]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        yield "      string: !!binary |"
        packed = base64.b64encode(body).decode()
        for start in range(0, len(packed), _LINE):
            yield f"        {packed[start : start + _LINE]}"
        return
    if _BLOCK.fullmatch(text):
        yield "      string: |"
        for line in text.splitlines():
            yield f"        {line}" if line else ""
        return
    yield f"      string: {quoted(text)}"


def quoted(text: str) -> str:
    """A text in double quotes, ASCII only; a new line of the file after each of the text's."""
    escaped = _SPECIAL.sub(_escape, text)
    # A blank at the beginning of the file's line would be taken for its indentation.
    parts = escaped.split("\\n")
    if "\\\\n" in escaped or len(parts) <= _MOST_LINES_IN_ONE:
        return f'"{escaped}"'
    lines = [f"\\x20{part[1:]}" if part.startswith(" ") else part for part in parts[1:]]
    return '"' + "\\n\\\n        ".join([parts[0], *lines]) + '"'


_MOST_LINES_IN_ONE = 2


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign in _PLAIN_ESCAPES:
        return _PLAIN_ESCAPES[sign]
    code = ord(sign)
    if code <= _LAST_OF_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_OF_TWO else f"\\U{code:08x}"


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _ascii(text: str) -> str:
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)

"""Where `[[olt]]` tables and their values stand in the text of an olts.toml, line by line.

Knows TOML's strings, arrays, comments and line endings, and nothing else: the text is one that
tomllib has parsed already, and whoever cuts at these places has to parse what comes of it again.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

_BOM = "\ufeff"

_STRING = r"""
      \"{3} (?: \\. | [^\\] )*? \"{3,5}      # up to two quotes may stand before the closing three
    | '{3} .*? '{3,5}
    | " (?: \\. | [^"\\\n] )* "
    | ' [^'\n]* '
"""
_KEY = rf"(?: {_STRING} | [^\"'=\[\]\#\n] )+"
_HEADER = re.compile(rf"[ \t]* (?P<open>\[\[?) (?P<key>{_KEY}) \]", re.VERBOSE | re.DOTALL)
_PAIR = re.compile(rf"(?P<indent>[ \t]*) (?P<key>{_KEY}) = [ \t]*", re.VERBOSE | re.DOTALL)
_TOKEN = re.compile(
    rf"{_STRING} | \#[^\n]* | [\[{{] | [\]}}] | \n | [^\"'\#\[\]{{}}\n]+", re.VERBOSE | re.DOTALL
)


class NotUnderstood(ValueError):
    """The text is not laid out as this module thinks that TOML is."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(f"line {text.count(chr(10), 0, at) + 1} is not understood")


@dataclass(slots=True)
class Pair:
    """`key = value`, with the line's own start and end, line ending included."""

    key: str
    start: int
    indent: str
    value_start: int
    value_end: int
    end: int


@dataclass(slots=True)
class OltTable:
    """A table's place in the text.

    It ends behind its last pair and the comments that directly follow, unless these lead to the
    next table: then they are about that one. `gap_end` is behind the blank lines that follow.
    """

    start: int
    header_end: int
    end: int
    gap_end: int
    pairs: dict[str, Pair] = field(default_factory=dict)


def olt_tables(text: str) -> list[OltTable]:
    """The `[[olt]]` tables in order. Raises NotUnderstood, on no text that tomllib takes."""
    spans: list[OltTable] = []
    current: OltTable | None = None
    at = len(_BOM) if text.startswith(_BOM) else 0
    while at < len(text):
        start, line = at, _line_at(text, at)
        at += len(line)
        if line.lstrip().startswith("#") or not line.strip():
            continue
        header = _HEADER.match(text, start)
        if header is None:
            pair = _pair_at(text, start)
            at = pair.end
            if current is not None:
                current.pairs[pair.key] = pair
                current.end = current.gap_end = at
            continue
        key = _key(header)
        current = None
        if header["open"] == "[[" and key == ("olt",):
            current = OltTable(start, at, at, at)
            spans.append(current)
    for span in spans:
        _take_in_what_follows(text, span)
    return spans


def _take_in_what_follows(text: str, span: OltTable) -> None:
    end = span.end
    while (line := _line_at(text, end)).lstrip().startswith("#"):
        end += len(line)
    if not line.strip():  # a blank line, or the end of the text
        span.end = end
    span.gap_end = span.end
    while (line := _line_at(text, span.gap_end)) and not line.strip():
        span.gap_end += len(line)


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start) + 1
    return text[start : end or len(text)]


def _pair_at(text: str, start: int) -> Pair:
    match = _PAIR.match(text, start)
    if match is None:
        raise NotUnderstood(text, start)
    at = value_end = match.end()
    depth = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise NotUnderstood(text, at)
        at = token.end()
        first = token[0][0]
        if first == "\n" and depth == 0:
            break
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(first, 0)
        if first != "#" and token[0].strip():
            value_end = token.start() + len(token[0].rstrip())
    key = ".".join(_key(match))
    return Pair(key, start, match["indent"], match.end(), value_end, at)


def _key(match: re.Match[str]) -> tuple[str, ...]:
    """A dotted key's parts, as tomllib reads them."""
    try:
        value: object = tomllib.loads(f"{match['key'].strip()} = 0")
    except tomllib.TOMLDecodeError:
        raise NotUnderstood(match.string, match.start()) from None
    parts = []
    while isinstance(value, dict):
        ((part, value),) = value.items()
        parts.append(part)
    return tuple(parts)

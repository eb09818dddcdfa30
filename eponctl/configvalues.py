"""What a value of olts.toml may be: one parser for each kind of value, and how values are shown.

A parser takes what tomllib made of a value and returns what the program wants, or raises Expected.
Knows the forms of durations, addresses, recipients and zones. Must not know keys or tables.
Long, as there are many kinds; each parser stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeGuard, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from eponctl.model import Priority

T = TypeVar("T")
Parser = Callable[[object], T]

CLIP = 60
"""Characters of a wrong value that a message shows."""

_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([smhd]?)")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_URL = re.compile(
    r"(?P<origin>https?://(?P<host>[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?)(?P<path>/[!-~]*)?",
    re.IGNORECASE,
)
_LAST_PORT = 65535
_IPV4_PARTS, _IPV4_DIGITS, _IPV4_MOST = 4, 3, 255
_PERSON = re.compile(r"(\+|00)?([0-9]+)")
_PERSON_DIGITS = range(8, 16)
_GROUP = re.compile(r"[0-9]+(?:-[0-9]+)?@g\.us|[0-9]+@newsletter")
_INDONESIAN_ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
_HUGE = 10**15


class Expected(ValueError):
    """A value is not what its key takes; `got` replaces the value's own text ("": not shown)."""

    def __init__(self, expected: str, got: str | None = None) -> None:
        super().__init__(expected)
        self.expected = expected
        self.got = got


def wanted(parse: Parser[T]) -> str:
    """What a parser expects, in its own words."""
    try:
        parse(None)
    except Expected as error:
        return error.expected
    return "anything"


def nearest(word: str, known: Iterable[str], *, name_all: bool = False) -> str:
    """`; did you mean "x"?` for the known word that looks most like this one, else nothing.

    With `name_all`, where none looks like it, all of them.
    """
    import difflib

    names = sorted(set(known))
    by_folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold()[:CLIP], by_folded, n=1)
    if close:
        return f'; did you mean "{by_folded[close[0]]}"?'
    return f"; known here: {', '.join(names)}" if name_all and names else ""


def shown(value: object) -> str:
    """A value as a message shows it: as in TOML, on one line, printable, clipped."""
    if isinstance(value, str):
        safe = "".join(
            char if char.isprintable() else f"\\u{ord(char):04x}" for char in value[: CLIP + 1]
        )
        return f'"{safe[:CLIP]}…"' if len(safe) > CLIP else f'"{safe}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _HUGE):
        return str(value)
    return kind(value)


def kind(value: object) -> str:
    """What TOML calls a value's type; for values whose text may hold a secret."""
    names: tuple[tuple[type, str], ...] = (
        (str, "text"),
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (list, "an array"),
        (dict, "a table"),
    )
    return next((name for type_, name in names if isinstance(value, type_)), "a date or time")


def flag(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise Expected("true or false")
    return value


def text(value: object) -> str:
    """One line of text that is not blank."""
    if not isinstance(value, str):
        raise Expected("text in quotes")
    if not value.strip() or any(ord(char) < ord(" ") or char == "\x7f" for char in value):
        raise Expected("one line of text, not empty")
    return value


def hidden(value: object) -> str:
    """Text that no message may show."""
    if not isinstance(value, str):
        raise Expected("text in quotes", got=kind(value))
    return value


def matching(pattern: str, expected: str) -> Parser[str]:
    """Text that a regular expression fits whole."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Expected(expected)
        return value

    return parse


def choice(*names: str) -> Parser[str]:
    """One of a few words."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            hint = nearest(value, names) if isinstance(value, str) else ""
            raise Expected(f"one of {', '.join(names)}", got=f"{shown(value)}{hint}")
        return value

    return parse


def urgency(value: object) -> Priority:
    """A priority; `normal` is no choice: nothing of that priority is an alert."""
    return Priority(choice(Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM)(value))


def blank_or(parse: Parser[str]) -> Parser[str]:
    """What the parser takes, or empty text: "not set yet"."""
    return lambda value: "" if isinstance(value, str) and not value else parse(value)


def unshown(parse: Parser[T]) -> Parser[T]:
    """What the parser takes; a message does not show what was got instead."""

    def parse_unshown(value: object) -> T:
        try:
            return parse(value)
        except Expected as error:
            raise Expected(error.expected, got="") from None

    return parse_unshown


def number(least: float, most: float, unit: str) -> Parser[float]:
    """A number within bounds; whole ones count, true and false do not."""

    def parse(value: object) -> float:
        if not _is_number(value) or not least <= value <= most:
            raise Expected(f"a number from {least:g} to {most:g} ({unit})")
        return float(value)

    return parse


def whole(least: int, most: int) -> Parser[int]:
    """A whole number within bounds."""

    def parse(value: object) -> int:
        if not _is_number(value) or not isinstance(value, int) or not least <= value <= most:
            raise Expected(f"a whole number from {least} to {most}")
        return value

    return parse


def seconds(least: float, most: float) -> Parser[float]:
    """A duration within bounds, in seconds."""

    def parse(value: object) -> float:
        duration = duration_s(value)
        if not least <= duration <= most:
            raise Expected(f"a duration from {_spelled(least)} to {_spelled(most)}")
        return duration

    return parse


def whole_seconds(least: int, most: int) -> Parser[int]:
    """A duration within bounds, in whole seconds."""
    parse = seconds(least, most)
    return lambda value: round(parse(value))


def duration_s(value: object) -> float:
    """Seconds of `"90s"`, `"15m"`, `"6h"`, `"30d"`, or of a number of seconds; never negative.

    Raises Expected, a ValueError.
    """
    if _is_number(value) and 0 <= value < _HUGE:
        return float(value)
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Expected('a duration as "90s", "15m", "6h", "30d" or in seconds')
    return float(match[1]) * _UNIT_SECONDS[match[2]]


def _spelled(duration: float) -> str:
    for unit in "dhm":
        if duration >= _UNIT_SECONDS[unit] and duration % _UNIT_SECONDS[unit] == 0:
            return f"{duration / _UNIT_SECONDS[unit]:g} {unit}"
    return f"{duration:g} s"


def _is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is one to TOML; nan passes, and is within no bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def origin(value: object) -> str:
    """`http(s)://host[:port]`, in lower case, without the slash that may stand behind it."""
    expected = "http(s)://host[:port]"
    base, path = _url(value, expected)
    if path not in {"", "/"}:
        raise Expected(f"{expected} without a path")
    return base


def page_url(value: object) -> str:
    """`http(s)://host[:port]/path`, as a gateway's documentation gives it."""
    expected = "http(s)://host[:port]/path, as https://gateway.example/send-message"
    base, path = _url(value, expected)
    if path in {"", "/"}:
        raise Expected(expected)
    return base + path


def _url(value: object, expected: str) -> tuple[str, str]:
    if isinstance(value, str) and any(mark in value for mark in "@?#"):
        # What stands there may be a password or a key: it has its own place, and is not shown.
        raise Expected(f"{expected} without user, password, ?query or #fragment", got="")
    match = _URL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Expected(expected)
    if not 0 < int(match["port"] or 80) <= _LAST_PORT:
        raise Expected(f"{expected} with a port from 1 to {_LAST_PORT}")
    if not _is_host(match["host"]):
        raise Expected(f"{expected} with a name, or an address of four numbers up to 255")
    return match["origin"].lower(), match["path"] or ""


def _is_host(host: str) -> bool:
    """Not so "192.168.1": to the C library an address, of another machine than the one meant."""
    if host[0] == "[":
        return _is_ipv6(host[1:-1])
    labels = host.split(".")
    if not all(label.isdecimal() for label in labels):
        return all(labels)
    return len(labels) == _IPV4_PARTS and all(
        len(label) <= _IPV4_DIGITS and int(label) <= _IPV4_MOST for label in labels
    )


def _is_ipv6(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def person(value: object) -> str:
    """A telephone number as digits with country code, 62 where none is given.

    Source: field/whatsapp-gateways.md sections 1 and 10.
    """
    expected = 'a telephone number of 8 to 15 digits, as "6281200000001"'
    match = _PERSON.fullmatch(re.sub(r"[\s().-]", "", value)) if isinstance(value, str) else None
    if match is None:
        raise Expected(expected)
    is_international, digits = match[1] is not None, match[2]
    if digits[0] in "08" and not is_international:
        digits = "62" + digits.removeprefix("0")
    elif digits.startswith("620"):  # +62 (0)812
        digits = "62" + digits.removeprefix("620")
    if digits[0] == "0" or len(digits) not in _PERSON_DIGITS:
        raise Expected(expected)
    return digits


def recipient(value: object) -> str:
    """A telephone number, or the id of a group or channel."""
    if isinstance(value, str) and _GROUP.fullmatch(value.strip()):
        return value.strip()
    try:
        return person(value)
    except Expected as error:
        raise Expected(f"{error.expected}, or an id ending in @g.us or @newsletter") from None


def zone(value: object) -> ZoneInfo:
    """An IANA time zone."""
    expected = 'an IANA time zone, as "Asia/Jakarta"'
    if not isinstance(value, str):
        raise Expected(expected)
    found = known_zone(value)
    if found is None:
        local = _INDONESIAN_ZONES.get(value.upper())
        hint = f'; did you mean "{local}"?' if local else nearest(value, available_timezones())
        raise Expected(expected, got=f"{shown(value)}{hint}")
    return found


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, if this machine has it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a stray file, a folder, a path: all "no such zone"
        return None

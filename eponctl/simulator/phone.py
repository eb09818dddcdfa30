"""How a WhatsApp text roughly looks on a phone: formatting marks consumed, lists and quotes drawn.

The rules are those of section 11 of the field notes on gateways: an opening mark counts at the
start of a line or after white space, `>` or another mark; a closing one before the end of the
line or anything that is no letter or digit; at least one character stands between; only a block
in triple back-ticks spans lines. There is no escape character.
"""

from __future__ import annotations

import re
import unicodedata

_MARKS = "*_~`"
_ANSI = {"*": "1", "_": "3", "~": "9", "`": "2"}
_BLOCK = re.compile(r"```(.+?)```", re.DOTALL)
_BULLET = re.compile(r"[-*] (?=\S)")
_QUOTE = re.compile(r"> ?")


def phone_view(text: str, *, ansi: bool = False) -> str:
    """Return a message as plain text without its formatting marks.

    With `ansi` the formatting is kept as terminal styles (bold, italic, strike-through, dim).
    Control characters other than the newline are dropped: a message may carry a device's text.
    """
    clean = "".join(
        char for char in text if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"}
    )
    pieces = _BLOCK.split(clean)
    # The odd pieces are the insides of blocks, shown as they are.
    shown = [
        _styled(piece, "`", ansi=ansi) if number % 2 else _lines(piece, ansi=ansi)
        for number, piece in enumerate(pieces)
    ]
    return "".join(shown)


def _lines(text: str, *, ansi: bool) -> str:
    return "\n".join(_line(line, ansi=ansi) for line in text.split("\n"))


def _line(line: str, *, ansi: bool) -> str:
    """Draw the prefix of a line, then its inside."""
    quote = _QUOTE.match(line)
    if quote:
        return "│ " + _inline(line[quote.end() :], ansi=ansi)
    bullet = _BULLET.match(line)
    if bullet:
        return "• " + _inline(line[bullet.end() :], ansi=ansi)
    return _inline(line, ansi=ansi)


def _inline(text: str, *, ansi: bool, before: str = "") -> str:
    """Consume the marks in one line; `before` is the character in front of it."""
    out: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        end = -1
        if char in _MARKS and _may_open(text[position - 1] if position else before):
            end = _closing(text, position)
        if end < 0:
            out.append(char)
            position += 1
            continue
        inside = text[position + 1 : end]
        if char != "`":
            inside = _inline(inside, ansi=ansi, before=char)
        out.append(_styled(inside, char, ansi=ansi))
        position = end + 1
    return "".join(out)


def _may_open(before: str) -> bool:
    return not before or before.isspace() or before == ">" or before in _MARKS


def _closing(text: str, opening: int) -> int:
    """Return where the mark at `opening` is closed; -1 when it is not."""
    mark = text[opening]
    place = text.find(mark, opening + 2)
    while place >= 0:
        if place + 1 == len(text) or not text[place + 1].isalnum():
            return place
        place = text.find(mark, place + 1)
    return -1


def _styled(text: str, mark: str, *, ansi: bool) -> str:
    return f"\x1b[{_ANSI[mark]}m{text}\x1b[0m" if ansi else text

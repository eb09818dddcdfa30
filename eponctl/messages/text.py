"""Device text made harmless for a phone, and numbers and times as people read them.

Knows WhatsApp's formatting rules (field/whatsapp-gateways.md, section 11); knows no template, no
language, no event. Lengths are in UTF-16 units, the larger of the two ways in which gateways count:
an emoji is two for a JavaScript server, one code point for others.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, tzinfo

NAME_LIMIT = 60
"""Units of a customer's name; a compact block's worst case hangs on it (tests/messages)."""

# What most names are made of. Anything else takes the slow way; so must "1. x" and "a://b", which
# have two separators side by side.
_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[ .,/()#+:_-][A-Za-z0-9]+)*\)?")
# `\x1b[31m` and its 8-bit form, `\x1b]0;title\x07`: dropped with their tails, which would else be
# left standing as "[31m". A lone ESC goes as every control character does.
_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x9c|\x1b\\)"
)
# Look-alikes by name, for one cannot see which is which.
_MARKS = str.maketrans(
    {"*": "\N{ASTERISK OPERATOR}", "_": "\N{FULLWIDTH LOW LINE}", "~": "\N{TILDE OPERATOR}"}
)
_MARK = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])")
# MPWA picks one of `{a|b}` at random, Fonnte and Wablas fill in variables; a backtick has no use
# between letters, so it always goes.
_ALWAYS = str.maketrans(
    {"`": "\N{MODIFIER LETTER GRAVE ACCENT}", "{": "(", "}": ")", "|": "\N{BROKEN BAR}"}
)
_MENTION = re.compile(r"@(?=\d)")
_LIST_OR_QUOTE = re.compile(r"([->]|\d+\.)(?= |$)")
_PREFIXES = str.maketrans(
    {
        "-": "\N{EN DASH}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        ".": "\N{ONE DOT LEADER}",
    }
)


def neutral(text: str, limit: int = NAME_LIMIT) -> str:
    """Return a device's text such that no phone and no gateway does anything but show it.

    Dropped: terminal sequences with their tails, control, bidirectional, zero-width and every other
    format character. Line breaks and tabs become a space, runs of spaces one. Marks that WhatsApp
    could take for formatting become look-alikes, but not between two ASCII letters or digits, where
    it takes them for nothing: `PSB_BUDI_RT03` stays what one can search for. Also harmless are
    spintax, mentions, `://`, and `- `, `> ` or `1. ` at the beginning. U+FFFD, which stands for
    bytes that were no UTF-8, stays; a lone surrogate becomes one. Longer than `limit` units: cut,
    with an ellipsis. May be empty; neutral(neutral(x)) is neutral(x).
    """
    if len(text) <= limit and _PLAIN.fullmatch(text):
        return text
    if not text.isprintable():
        text = _without_invisible(_TERMINAL.sub("", text))
    text = " ".join(unicodedata.normalize("NFC", text).split()).translate(_ALWAYS)
    text = _MENTION.sub("@ ", text).replace("://", ": //")
    # Cut before the marks are judged: a cut may part one from the letter behind it.
    text = _MARK.sub(lambda mark: mark[0].translate(_MARKS), clip(text, limit))
    prefix = _LIST_OR_QUOTE.match(text)
    return prefix[0].translate(_PREFIXES) + text[prefix.end() :] if prefix else text


def _without_invisible(text: str) -> str:
    kept: list[str] = []
    for char in text:
        category = unicodedata.category(char)
        if category == "Cs":
            kept.append("\ufffd")
        elif char.isspace():
            kept.append(" ")
        elif category not in {"Cc", "Cf"}:
            kept.append(char)
    return "".join(kept)


def units(text: str) -> int:
    """Return the length in UTF-16 units: never less than the number of code points."""
    if text.isascii():
        return len(text)
    return len(text) + sum(char > "\uffff" for char in text)


def clip(text: str, limit: int) -> str:
    """Return the text, or as much of it as fits into `limit` units with an ellipsis behind it."""
    if units(text) <= limit:
        return text
    start = text.encode("utf-16-le", "replace")[: 2 * (limit - 1)]
    return start.decode("utf-16-le", "ignore").rstrip() + "…"


def number(value: float, digits: int = 2) -> str:
    """Return a number without needless zeros: `45`, `-28.86`."""
    rounded = f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no "-0"
    return rounded.rstrip("0").rstrip(".")


def duration(seconds: int) -> str:
    """Return the two largest units that matter: `1d 4h`, `2h 3m`, `5m 15s`, `5m`, `0s`."""
    minutes, second = divmod(max(0, seconds), 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    amounts = [(day, "d"), (hour, "h"), (minute, "m"), (second, "s")]
    first = next((place for place, (amount, _) in enumerate(amounts) if amount), len(amounts) - 1)
    shown = [f"{amount}{unit}" for amount, unit in amounts[first : first + 2] if amount]
    return " ".join(shown) or "0s"


def moment(at: int, zone: tzinfo) -> str:
    """Return UTC seconds as the original writes a time: `2024-12-20 10:30:15`, in `zone`."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def clock(at: int, now: int, zone: tzinfo) -> str:
    """Return the minute of UTC seconds: `02:10`, with its date if that is not today's."""
    moment_at = datetime.fromtimestamp(at, zone)
    is_today = moment_at.date() == datetime.fromtimestamp(now, zone).date()
    return moment_at.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M")


def span(first: int, last: int, now: int, zone: tzinfo) -> tuple[str, str]:
    """Return both ends of a time; the second has a date only where it is another than the first."""
    return clock(first, now, zone), clock(last, first, zone)

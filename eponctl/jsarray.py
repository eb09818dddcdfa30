"""`new Array(...)` of embedded web pages: where it stands, its values, its rows.

These pages print device text into JavaScript without much care: names hold quotes, commas,
brackets, `//`. So there are two readers. The strict one splits on the separators and then proves
what it found (7 us a row). Where it cannot prove itself, the tolerant one reads value by value.
Method and evidence: field notes on the .asp family, section (a).

Knows nothing of what a column means.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from eponctl.errors import PageChanged

ID = r"\d{1,3}(?:/\d{1,3}){1,3}:\d{1,4}"
MAC = r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"

_IS_ID = re.compile(ID).fullmatch
_IS_MAC = re.compile(MAC).fullmatch
_STRICT_SEPARATOR = re.compile(r"'\s*,\s*'")
# The end of an array: the bracket, and then the end of the statement. A `)` in a customer's name
# is followed by more of the name.
_END = re.compile(r"\)\s*(?:;|\n|\r|$|</|//|var\b|function\b)")
# A comment without an end reaches to the end of the page: looking for its end again and again would
# cost the square of the page's length.
_BLANK = re.compile(r"(?:[\s,]+|//[^\n]*(?:\n|$)|/\*(?:.*?\*/|.*))+", re.DOTALL)
_BARE = re.compile(r"[^\s,'\")]+")
# A row's first three values. The name is whatever stands between id and MAC: so it may hold
# quotes, commas and brackets of any kind.
_ANCHOR = re.compile(
    rf"(['\"])({ID})\1\s*,\s*(['\"])(.{{0,2000}}?)\3\s*,\s*(['\"])({MAC})\5(?=\s*[,)])", re.DOTALL
)
_ID_VALUE = re.compile(rf"(['\"]){ID}\1\s*,")
# An id in another place than a row's first is a row of another length.
_QUOTED_ID = re.compile(rf"'{ID}'")
_ANCHOR_VALUES = 3
_MARKS = re.compile(r"['\"\\]")
_UNESCAPE = re.compile(r"\\(['\"\\/])")


class Table(NamedTuple):
    """Rows of one length (`stride`; 0 where there are none), and the rows that have another."""

    stride: int
    rows: tuple[tuple[str, ...], ...]
    odd_rows: tuple[tuple[str, ...], ...] = ()


Fits = Callable[[tuple[str, ...]], bool]


def _never(row: tuple[str, ...]) -> bool:  # noqa: ARG001  (a `Fits`)
    return False


def array_start(text: str, *names: str) -> int | None:
    """Where the values of `var NAME = new Array(` begin, whatever the case; None: not there.

    Of several names the first on the page: what comes later may stand in a customer's name.
    """
    name = "|".join(names)
    found = re.search(rf"\bvar\s+(?:{name})\s*=\s*new\s+Array\s*\(", text, re.IGNORECASE)
    return found.end() if found else None


def values(text: str, start: int) -> tuple[str, ...]:
    """All values of the array that begins at `start`. Raises PageChanged when it has no end."""
    found: list[str] = []
    position = _skip(text, start)
    while not _END.match(text, position):
        value, position = _value(text, position)
        found.append(value)
        position = _skip(text, position)
    return tuple(found)


def table(text: str, start: int, fits: Fits = _never) -> Table:
    """The rows (id, name, MAC, ...) of the ONU array that begins at `start`.

    Raises PageChanged when the array has no end. Rows of another length than most are kept apart,
    for the caller to report: their columns cannot be trusted. Between two lengths that are equally
    frequent, that of the rows which `fits` says look right is the table's.
    """
    return _strict_table(text, start) or _tolerant_table(text, start, fits)


def _strict_table(text: str, start: int) -> Table | None:
    """The table, if splitting on the separators proves itself; None: read it with more care."""
    end = _END.search(text, start)
    if not end:
        return None
    body = text[start : end.start()].strip(", \t\r\n")
    if not (body.startswith("'") and body.endswith("'")):
        return None
    # A bracket that only seemed the last one.
    if _ANCHOR.search(text, end.start(), end.end() + 4000):
        return None
    # Most pages have a comma between values and one line a row: three times as fast to split.
    # Unless a name may be a comma and a line break, which would look like the end of a row.
    if ",',\n'" not in body:
        table = _proved(body[1:-1].replace("',\n'", "','").split("','"), body)
        if table:
            return table
    return _proved(_STRICT_SEPARATOR.split(body[1:-1]), body)


def _proved(tokens: list[str], body: str) -> Table | None:
    """The rows that these values make up, if all of them stand where they must."""
    stride = _stride_of(tokens)
    if not _are_rows(tokens, stride) or _has_other_ids(tokens, stride, body):
        return None
    if _MARKS.search("".join(tokens)) and not _unescape_names(tokens, stride):
        return None
    return Table(stride, tuple(zip(*[iter(tokens)] * stride, strict=True)))


def _has_other_ids(tokens: list[str], stride: int, body: str) -> bool:
    """Whether an id stands anywhere but first in a row: then a row has another length."""
    ids = tokens[::stride]
    if body.count("/") == sum(map(_slashes, ids)):
        return False
    return len(_QUOTED_ID.findall(body)) != len(ids)


def _slashes(text: str) -> int:
    return text.count("/")


def _are_rows(tokens: list[str], stride: int) -> bool:
    return (
        stride >= _ANCHOR_VALUES
        and not len(tokens) % stride
        and all(map(_IS_ID, tokens[::stride]))
        and all(map(_IS_MAC, tokens[2::stride]))
    )


def _unescape_names(tokens: list[str], stride: int) -> bool:
    """Take the escapes out of the names; False when quotes stand anywhere else.

    Between an id and a MAC, each in its place, a quote can only belong to the name. Elsewhere it is
    one that is no separator, or that of a row in a comment: not for the strict reader.
    """
    others = tokens.copy()
    del others[1::stride]
    if _MARKS.search("".join(others)) or any(map(_ID_VALUE.search, tokens[1::stride])):
        return False
    tokens[1::stride] = [_UNESCAPE.sub(r"\1", name) for name in tokens[1::stride]]
    return True


def _stride_of(tokens: list[str]) -> int:
    """Distance from the first id to the second; all of them where there is only one."""
    for index in range(3, min(len(tokens) - 2, 60)):
        if _IS_ID(tokens[index]) and _IS_MAC(tokens[index + 2]):
            return index
    return len(tokens)


def _tolerant_table(text: str, start: int, fits: Fits) -> Table:
    rows: list[list[str]] = []
    position = _skip(text, start)
    while not _END.match(text, position):
        anchor = _anchor(text, position)
        if anchor:
            rows.append([anchor[2], _UNESCAPE.sub(r"\1", anchor[4]), anchor[6]])
            position = anchor.end()
        else:
            value, position = _value(text, position)
            # An id without a MAC behind it still begins a row, if a broken one.
            if _IS_ID(value) or not rows:
                rows.append([])
            rows[-1].append(value)
        position = _skip(text, position)
    return _sorted_out(list(map(tuple, rows)), fits)


def _anchor(text: str, position: int) -> re.Match[str] | None:
    """A row's beginning at `position`; None when its MAC belongs to a later row."""
    found = _ANCHOR.match(text, position)
    if found and _ID_VALUE.search(text, found.start(4), found.end(4)):
        return None
    return found


def _sorted_out(rows: list[tuple[str, ...]], fits: Fits) -> Table:
    anchored = [row for row in rows if _is_anchored(row)]
    if not anchored:
        return Table(0, (), tuple(rows))
    lengths = Counter(map(len, anchored))
    most = max(lengths.values())
    rivals = {length for length, rows_of_it in lengths.items() if rows_of_it == most}
    proofs = Counter(len(row) for row in anchored if len(rivals) > 1 and fits(row))
    stride = max(rivals, key=lambda length: (proofs[length], length))
    good = tuple(row for row in anchored if len(row) == stride)
    odd = tuple(row for row in rows if len(row) != stride or not _is_anchored(row))
    return Table(stride, good, odd)


def _is_anchored(row: tuple[str, ...]) -> bool:
    return len(row) >= _ANCHOR_VALUES and bool(_IS_ID(row[0]) and _IS_MAC(row[2]))


def _skip(text: str, position: int) -> int:
    """Past blanks, commas and comments; comments count only here, outside quotes."""
    found = _BLANK.match(text, position)
    position = found.end() if found else position
    if position >= len(text):
        raise PageChanged("the table has no end: the page was cut short")
    return position


def _value(text: str, position: int) -> tuple[str, int]:
    quote = text[position]
    if quote in "'\"":
        return _quoted(text, position + 1, quote)
    found = _BARE.match(text, position)
    if not found:
        # A bracket amid the values that does not end the array.
        return text[position], position + 1
    return found[0], found.end()


def _quoted(text: str, begin: int, quote: str) -> tuple[str, int]:
    """A quoted value; a quote closes it only where a value can end, for names hold lone quotes."""
    position = begin
    while True:
        position = text.find(quote, position)
        if position < 0:
            raise PageChanged("the table has no end: the page was cut short")
        if not _is_escaped(text, begin, position) and _closes(text, position + 1):
            return _UNESCAPE.sub(r"\1", text[begin:position]), position + 1
        position += 1


def _is_escaped(text: str, begin: int, position: int) -> bool:
    backslashes = 0
    while position - backslashes > begin and text[position - backslashes - 1] == "\\":
        backslashes += 1
    return backslashes % 2 == 1


_AFTER_VALUE = re.compile(r"[ \t]*(?:,|\r?\n|//|/\*)|\s*\)\s*(?:;|\n|\r|$|</|//|var\b|function\b)")


def _closes(text: str, position: int) -> bool:
    return bool(_AFTER_VALUE.match(text, position))

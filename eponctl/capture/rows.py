"""Names in the rows of the families' pages, found by their places: arrays, tables, cells.

Each function takes and gives text in which each letter is a byte. Values whose column is known to
hold the device's own words stay as they are, also words that nobody knows yet: to learn these is
what a recording is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from eponctl import jsarray, units
from eponctl.capture.invention import MAC
from eponctl.capture.vocabulary import is_harmless_text

Invent = Callable[[str], str]

# --- arrays of .asp pages ---------------------------------------------------------------------

_QUOTED_MAC = rf"['\"]{jsarray.MAC}['\"]"
_PLACE = rf"{jsarray.ID}|\d{{1,3}}(?:/\d{{1,3}}){{1,3}}"
# Id, name, MAC: a name is whatever stands between, quotes and commas and all.
_ROW = re.compile(
    rf"(['\"](?:{_PLACE})['\"]\s*,\s*)(['\"])(.{{0,2000}}?)(\2\s*,\s*)(?={_QUOTED_MAC})", re.DOTALL
)
_ID_VALUE = re.compile(rf"['\"](?:{_PLACE})['\"]\s*,")
# Rows that are not whole: what comes behind an id, and what comes before a MAC.
_BEHIND_ID = re.compile(
    rf"(['\"]{jsarray.ID}['\"]\s*,\s*)(['\"])([^'\"\r\n]{{0,200}})(\2)(?=\s*[,)])"
)
_CUT = re.compile(rf"(['\"]{jsarray.ID}['\"]\s*,\s*)(['\"])([^'\"\r\n]*)()\Z")
_BEFORE_MAC = re.compile(rf"()(['\"])([^'\"\r\n]{{0,200}})(\2\s*,\s*)(?={_QUOTED_MAC})")
_LOG = re.compile(rf"(\b{jsarray.MAC}\s?)(\[)([^\]\r\n<]{{0,200}})(\])")
_IS_PLACE = re.compile(rf"\s*(?:[EG]PON)?(?:{_PLACE})\s*", re.IGNORECASE)
# Behind the id in an array of optics.
_MEASURED = re.compile(r"-?\d{1,3}\.\d{1,4}")
# Before the MAC in an array about the device itself.
_VERSION = re.compile(r"[Vv]\d[\d.]*|Rel(?:ease)? ?\d+|\d+\.[\d.]+|\d{1,4}")
_COUNTS = re.compile(r"ONU Total=[\w=,]*")


def arrays(text: str, invent: Invent) -> str:
    """Names in rows of an array, and in lines of a log."""

    def renamed(found: re.Match[str]) -> str:
        if _ID_VALUE.search(found[3]):
            # The MAC is that of a later row.
            head, _, tail = found[3].partition(found[2])
            return found[1] + found[2] + _named(head, invent) + found[2] + tail + found[4]
        return found[1] + found[2] + _named(found[3], invent) + found[4]

    def measured(found: re.Match[str]) -> str:
        return found[0] if _MEASURED.fullmatch(found[3]) else renamed(found)

    def versioned(found: re.Match[str]) -> str:
        return found[0] if _VERSION.fullmatch(found[3]) else renamed(found)

    text = _BEHIND_ID.sub(measured, _ROW.sub(renamed, text))
    text = _CUT.sub(renamed, text)
    return _LOG.sub(renamed, _BEFORE_MAC.sub(versioned, text))


def is_place(text: str) -> bool:
    """Whether a text is the id of a PON or an ONU."""
    return bool(_IS_PLACE.fullmatch(text))


def _named(text: str, invent: Invent) -> str:
    is_place = _IS_PLACE.fullmatch(text) or MAC.fullmatch(text) or _COUNTS.fullmatch(text)
    return text if is_place else invent(text)


# Of these the other columns are known; in any other array each value may be somebody's.
_KNOWN = {"onutable", "pononutable", "ponlisttable", "onuinfo", "onuopminfo", "portcounters"}
_ARRAY = re.compile(r"(\b(\w{1,40})\s*=\s*new\s+Array\s*\()(.*?)(\)\s*(?:;|\n|\r|$|</))", re.DOTALL)
_VALUE = re.compile(r"(['\"])(.{0,2000}?)\1(?=\s*(?:,|$|//|/\*|\n|\r))", re.DOTALL)
_SHORT_WORD = re.compile(r"[A-Za-z0-9_.:/+-]{0,20}")
_SYSTEM = "sysinfo"
# Model, software, revision, hardware: both families agree.
_OWN_FACTS = frozenset({3, 4, 5, 9})
_SERIAL, _LEAST_OF_SERIAL = 10, 4


def array_values(text: str, invent: Invent) -> str:
    """Values of arrays that may be somebody's; rows have had their names replaced before."""

    def of_array(found: re.Match[str]) -> str:
        name, at = found[2].lower(), -1

        def of_value(value: re.Match[str]) -> str:
            nonlocal at
            at += 1
            is_own = (name == _SYSTEM and at in _OWN_FACTS) or (
                name in _KNOWN and bool(_SHORT_WORD.fullmatch(value[2]))
            )
            is_serial = name == _SYSTEM and at == _SERIAL and len(value[2]) >= _LEAST_OF_SERIAL
            is_kept = is_own or (_is_free(value[2]) and not is_serial)
            new = value[2] if is_kept else invent(value[2])
            return value[1] + new + value[1]

        return found[1] + _VALUE.sub(of_value, found[3]) + found[4]

    return _ARRAY.sub(of_array, text)


def data_spans(code: str) -> Iterator[tuple[int, int]]:
    """Where a script has arrays and cells of arrays, one after another."""
    found = [*_ARRAY.finditer(code), *_CELL.finditer(code)]
    end = 0
    for one in sorted(found, key=re.Match.start):
        if one.start() >= end:
            end = one.end()
            yield one.start(), end


def _is_free(text: str) -> bool:
    return bool(_IS_PLACE.fullmatch(text) or MAC.fullmatch(text)) or is_harmless_text(text)


# --- an assignment for each cell ---------------------------------------------------------------

_CELL = re.compile(
    r"(\b(\w{1,40})\[\d{1,6}\]\s*=\s*)(['\"])(.*?)"
    # The last of these: a page that was cut.
    r"(\3[ \t]*;?[ \t]*(?=[\r\n]|$|</script|(?:var\b|\w{1,40}\[\d{1,6}\]\s*=))|\Z)",
    re.IGNORECASE,
)
_OWN_CELLS = frozenset(
    {"intfname", "macaddress", "intfproto", "deregreason", "bintfname", "bszstate"}
    | {"bszdeactreason", "onustat", "deactrea"}
)
_PLAIN_STATE = re.compile(r"[A-Za-z0-9_./: -]{0,40}")


def cells(text: str, invent: Invent) -> str:
    """Values of `name[0]="..."`; what follows a quote amid a line belongs to the value."""

    def of_cell(found: re.Match[str]) -> str:
        key, value = found[2].lower().removesuffix("1"), found[4]
        is_own = key in _OWN_CELLS and bool(_PLAIN_STATE.fullmatch(value))
        is_kept = is_own or (_is_free(value) and not _holds_names(key))
        return found[1] + found[3] + (value if is_kept else invent(value)) + found[5]

    return _CELL.sub(of_cell, text)


def _holds_names(key: str) -> bool:
    return "desc" in key or "alias" in key or key.endswith("name")


# --- rows of HTML tables -----------------------------------------------------------------------

TABLE_ROW = re.compile(r"<tr\b(?:(?!</tr|<tr\b|</table).)*", re.IGNORECASE | re.DOTALL)
_ANCHOR = re.compile(r">\s*[EG]PON\d+/\d+(?::\d+)?\s*<", re.IGNORECASE)
_TABLE_CELL = re.compile(
    r"(<t[dh]\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)(.*?)(?=</t[dh]\s*>|<t[dh]\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_TAGS = re.compile(r"<[^<>]*>")
# Columns that hold the device's own words, whatever these are.
_OWN_COLUMNS = frozenset(
    {"onu id", "status", "mac address", "distance", "rtt", "last register time", "alive time"}
    | {"last deregister time", "last deregister reason", "temperature", "supply voltage"}
    | {"tx bias current", "tx power", "rx power", "type", "auth state", "exchange", "auth mode"}
    | {"auth", "auth flag", "mac", "upgrade", "detail"}
)
_OWN_LABELS = frozenset(
    {"device model", "hardware version", "firmware version", "software version", "running time"}
    | {"cpu usage", "memory usage", "mac address", "vendor id", "receive power", "transmit power"}
    | {"temperature", "supply voltage", "bias current"}
)
_OWNED_LABEL = re.compile(
    r"serial|\bsn\b|pass|\bpin\b|\bkey\b|psk|ssid|pppoe|loid|contact|location|phone"
)
_OWN_VALUE = re.compile(r"[A-Za-z0-9 .,:;_()/&#%+-]{0,60}")
_PAIR = 2


class TableRows:
    """The rows of a page's tables, one after another: headings are remembered for what follows."""

    def __init__(self, invent: Invent, loose: Callable[[str], str]) -> None:
        self._invent = invent
        self._loose = loose
        self._headings: list[str] = []

    def row(self, found: str) -> str:
        """One row, from `<tr` to what ends it."""
        columns = [_heading(cell[2]) for cell in _TABLE_CELL.finditer(found)]
        if {"onu id", "mac address"} <= set(columns):
            self._headings = columns
            return found
        if _ANCHOR.search(found):
            return self._of_onu(found, len(columns))
        if len(columns) == _PAIR and columns[0] in _OWN_LABELS:
            return self._pair(found)
        if len(columns) == _PAIR and _OWNED_LABEL.search(columns[0]):
            return self._pair(found, is_owned=True)
        return self._loose(found)

    def _of_onu(self, row: str, width: int) -> str:
        headings, at = self._headings if len(self._headings) == width else [], -1

        def of_cell(found: re.Match[str]) -> str:
            nonlocal at
            at += 1
            heading = headings[at] if headings else None
            return found[1] + self._cell(found[2], heading)

        return _TABLE_CELL.sub(of_cell, row)

    def _cell(self, inside: str, heading: str | None) -> str:
        plain = _TAGS.sub("", inside).strip()
        if heading in _OWN_COLUMNS and _OWN_VALUE.fullmatch(plain):
            return inside
        if units.is_missing(plain) or _IS_PLACE.fullmatch(plain) or MAC.fullmatch(plain):
            return inside
        if heading != "description" and is_harmless_text(plain):
            return self._loose(inside) if "<" in inside else inside
        return self._invent(inside)

    def _pair(self, row: str, *, is_owned: bool = False) -> str:
        at = -1

        def of_cell(found: re.Match[str]) -> str:
            nonlocal at
            at += 1
            plain = _TAGS.sub("", found[2])
            if at == 0 or (not is_owned and _OWN_VALUE.fullmatch(plain)):
                return found[1] + found[2]
            if "<" in found[2]:
                return found[1] + self._loose(found[2])
            return found[1] + self._invent(found[2])

        return _TABLE_CELL.sub(of_cell, row)


def _heading(cell: str) -> str:
    plain = re.sub(r"\([^()]*\)", " ", _TAGS.sub("", cell).replace("&deg;", " "))
    return " ".join(plain.lower().split()).rstrip(" :")

"""Records to CSV (RFC 4180): CRLF, quotes where needed, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from eponctl.render.plain import safe
from eponctl.views.records import Record, keys

# Full-width forms too: some spreadsheets take them for the narrow ones.
_FORMULA = tuple("=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
                 "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip


class _Line:
    """What csv.writer writes to: it keeps the last row."""

    text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def document(kind: type[Record], records: Iterable[Record]) -> Iterator[str]:
    """A line of keys and a line a record, each with its end."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(keys(kind))
    yield line.text
    for record in records:
        writer.writerow([_cell(value) for value in record])
        yield line.text


def _cell(value: object) -> object:
    """Numbers stay numbers, None is empty; a text can be nothing but a text."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def harmless(text: str) -> str:
    """The text on one line, without controls, and marked as text where it looks like a formula."""
    if text.isprintable() and text[:1].isalnum():  # nearly all: the quick way
        return text
    line = safe(text)
    # Spaces before it are no protection: some importers trim.
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line

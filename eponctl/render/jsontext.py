"""Records to JSON, a row at a time and a line a row, so that memory stays flat.

ASCII only: what a device smuggled into a name stays an escape, on a terminal as in a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from eponctl.views.records import Record, keys

_encode = json.JSONEncoder(allow_nan=False).encode


def lines(records: Iterable[Record]) -> Iterator[str]:
    """An object a line. All records are of one kind."""
    names: tuple[str, ...] = ()
    for record in records:
        names = names or keys(type(record))
        yield _encode(dict(zip(names, record, strict=True))) + "\n"


def document(head: Mapping[str, object], tables: Mapping[str, Iterable[Record]]) -> Iterator[str]:
    """One object in pieces: what `head` holds, then a list under each table's name.

    All records of a table are of one kind.
    """
    yield _encode(head)[:-1]
    for name, records in tables.items():
        yield f",\n{_encode(name)}: ["
        names: tuple[str, ...] = ()
        for record in records:
            separator = ",\n" if names else "\n"
            names = names or keys(type(record))
            yield separator + _encode(dict(zip(names, record, strict=True)))
        yield "\n]" if names else "]"
    yield "}\n"

"""`db` in words: what is wrong with the database, what was cleaned up, how large it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from eponctl.render import values
from eponctl.render.plain import safe
from eponctl.render.sheet import NOTHING, Column, Line, Page, Sheet

if TYPE_CHECKING:  # a page must not cost the database
    from eponctl.commands.database import Cleanup, Stats
    from eponctl.store.upkeep import Fault

_STEP = 1000.0
_UNITS = ("B", "kB", "MB", "GB", "TB")


def size(number: float | None) -> str:
    """Bytes as people read them: `1.4 MB`."""
    if number is None:
        return NOTHING
    place = 0
    while abs(number) >= _STEP and place < len(_UNITS) - 1:
        number, place = number / _STEP, place + 1
    return f"{number:.0f} {_UNITS[place]}" if place == 0 else f"{number:.1f} {_UNITS[place]}"


def fault_lines(path: str, faults: Sequence[Fault]) -> Iterator[str]:
    """A line for each fault, and one for what to do."""
    if not faults:
        yield f"{safe(path)}: whole, up to date, and yours alone"
    for fault in faults:
        yield f"problem  {safe(fault.what)}"
        yield f"  do     {safe(fault.hint)}"


def cleanup_lines(done: Cleanup) -> Iterator[str]:
    """What is gone, and the file before and after."""
    for table, rows in sorted(done.rows.items()):
        yield f"{table}: {values.counted(rows, 'row')} gone"
    if not done.rows:
        yield "nothing was old enough to go"
    yield f"the file: {size(done.before.file_bytes)} before, {size(done.after.file_bytes)} now"
    if done.is_made_anew:
        yield "it was made anew: from now on polls give back what becomes free"


_COLUMNS = (
    Column("TABLE"),
    Column("ROWS", is_right=True),
    Column("SIZE", is_right=True),
    Column("OLDEST", rank=1),
    Column("NEWEST", rank=2),
)


def stats_page(found: Stats, zone: tzinfo) -> Page:
    """The file, what it grows by, and its tables."""
    rows = [
        (
            one.name,
            str(one.rows),
            size(one.bytes),
            values.moment(one.oldest_at, zone),
            values.moment(one.newest_at, zone),
        )
        for one in found.tables
    ]
    return Page(
        tuple(Line(text, hang=2) for text in _head(found)), (Sheet("Tables", _COLUMNS, rows),)
    )


def _head(found: Stats) -> Iterator[str]:
    of = found.size
    waiting = f", {size(of.wal_bytes)} in its log" if of.wal_bytes else ""
    yield f"{safe(str(found.path))}: {size(of.file_bytes)}{waiting}, {size(of.free_bytes)} free"
    if found.growth_bytes_per_day is None:
        yield "what it grows by is known after a day"
        return
    if found.bytes_per_onu_and_day is not None:
        each = size(found.bytes_per_onu_and_day)
        yield f"{values.counted(found.onus, 'ONU')}, {each} for each and day"
    yield (
        f"grows by {size(found.growth_bytes_per_day)} a day, "
        f"up to about {size(found.settles_at_bytes)}"
    )


def stats_object(found: Stats, iso: Callable[[int | None], str | None]) -> dict[str, object]:
    """The same as JSON has it."""
    return {
        "path": str(found.path),
        "file_bytes": found.size.file_bytes,
        "wal_bytes": found.size.wal_bytes,
        "free_bytes": found.size.free_bytes,
        "onus": found.onus,
        "bytes_per_onu_and_day": _rounded(found.bytes_per_onu_and_day),
        "growth_bytes_per_day": _rounded(found.growth_bytes_per_day),
        "settles_at_bytes": found.settles_at_bytes,
        "tables": [
            {
                "name": one.name,
                "rows": one.rows,
                "bytes": one.bytes,
                "oldest_at": iso(one.oldest_at),
                "newest_at": iso(one.newest_at),
            }
            for one in found.tables
        ],
    }


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)

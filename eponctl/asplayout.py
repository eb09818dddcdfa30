"""The columns of the `.asp` family's tables, dialect by dialect. Pure.

A dialect is told by the depth of its ids and the number of its columns. Of one that nobody has
seen, optics are found by their values. Evidence: field notes on the .asp family.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from eponctl import jsarray, units
from eponctl.errors import UnknownFirmware


class Layout(NamedTuple):
    """Column numbers of one dialect; None: the dialect does not have it."""

    dialect: str
    temperature: int | None = None
    tx: int | None = None
    rx: int | None = None
    rtt: int | None = None
    # How often the page's own script takes the 157 m off: once on B13, twice elsewhere.
    offsets: int = 2
    ctc: int | None = None
    auth: int | None = None
    reason: int | None = None
    gasp: int | None = None
    uptime: int | None = None
    deregistrations: int | None = None
    # B18's column 14: two sources read it in two ways, and nobody published a row.
    unsure_reason: int | None = None


_A22 = Layout(
    "A22", 11, 14, 15, 10, ctc=7, auth=9, reason=18, gasp=21, uptime=19, deregistrations=20
)
LAYOUTS: dict[tuple[int, int], Layout] = {
    # (slashes in the id, columns)
    (1, 11): Layout("A11", rtt=10, ctc=7, auth=9),
    (1, 16): Layout("A16", 11, 14, 15, 10, ctc=7, auth=9),
    (1, 22): _A22,
    (1, 23): _A22,
    (1, 24): _A22,
    (2, 12): Layout("B12", 7, 10, 11),
    (2, 13): Layout("B13", 7, 10, 11, 12, offsets=1),
    (2, 18): Layout("B18", 7, 10, 11, 15, uptime=12, deregistrations=13, unsure_reason=14),
}
STRIDES = frozenset(stride for _, stride in LAYOUTS)
PREFIX_COLUMNS = 7


def layout_of(found: jsarray.Table, path: str) -> tuple[Layout, tuple[str, ...]]:
    """The columns of this table, and what is to be said of them.

    Of an unknown layout only what its values prove. Raises UnknownFirmware where that is nothing.
    """
    depth = found.rows[0][0].count("/")
    layout = LAYOUTS.get((depth, found.stride))
    if layout:
        return layout, ()
    if found.stride < PREFIX_COLUMNS:
        raise UnknownFirmware(
            f"{path}: rows of {found.stride} values; known are {sorted(STRIDES)}",
            "please send a recording of it: `eponctl olt capture ID -o FILE`",
        )
    optics = _find_optics(found.rows)
    dialect = f"{'A' if depth == 1 else 'B'}?{found.stride}"
    note = f"{path}: unknown layout of {found.stride} columns: state and name are read" + (
        ", optics by their values" if optics else ", nothing else"
    )
    if optics is None:
        return Layout(dialect), (note,)
    return Layout(dialect, optics, optics + 3, optics + 4), (note,)


def is_known(row: tuple[str, ...]) -> bool:
    """Whether a row of this length is one of a known dialect."""
    return (row[0].count("/"), len(row)) in LAYOUTS


def fits(row: tuple[str, ...]) -> bool:
    """Whether the row has a known length and, where optics should stand, nothing but optics.

    Generous, for it is about columns in the wrong place, not about modules with odd values.
    """
    layout = LAYOUTS.get((row[0].count("/"), len(row)))
    if layout is None or layout.temperature is None:
        return layout is not None
    optics = row[layout.temperature : layout.temperature + len(_WIDE_RANGES)]
    return all(
        units.is_missing(text)
        or ((value := units.number(text)) is not None and low <= value <= high)
        for text, (low, high) in zip(optics, _WIDE_RANGES, strict=True)
    )


WIDE_TEMPERATURE, WIDE_TX, WIDE_RX = (-60, 150), (-60, 14), (-60, 14)
# Temperature, voltage, bias, TX, RX.
_WIDE_RANGES = (WIDE_TEMPERATURE, (0, 14), (0, 400), WIDE_TX, (-60, 0))
_OPTICS_RANGES = ((0, 120), (2, 6), (-0.01, 150), (0, 10), (-45, 0))


def _find_optics(rows: Iterable[tuple[str, ...]]) -> int | None:
    """Where five values in a row can only be temperature, voltage, bias, TX and RX."""
    up = [row for row in rows if row[3].strip().lower() == "up"]
    if not up:
        return None
    places = [
        place
        for place in range(PREFIX_COLUMNS, len(up[0]) - 4)
        if all(_are_optics(row[place : place + 5]) for row in up)
        and any(units.number(row[place]) is not None for row in up)
    ]
    return places[0] if len(places) == 1 else None


def _are_optics(values: tuple[str, ...]) -> bool:
    numbers = [units.number(value) for value in values]
    if all(units.is_missing(value) for value in values):
        return True
    return all(
        value is not None and low < value < high
        for value, (low, high) in zip(numbers, _OPTICS_RANGES, strict=True)
    )

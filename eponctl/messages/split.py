"""Long messages in parts: between blocks, never inside one. Pure; knows no event, no language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eponctl.messages.text import clip, units

LIMIT = 4000
"""UTF-16 units of one message: fits every gateway that takes text of a useful length."""
MAX_BYTES = 60_000
"""UTF-8 bytes: MPWA logs a message after sending it, into a column of 65,535."""
RESERVE = 40
"""Units kept free in every part for a counter and for the mark of a possible repeat."""
MIN_LIMIT = 1000
"""The smallest limit that leaves room for heads with a block behind them."""

_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks under one heading, which is repeated where the group goes on in another part."""

    head: str
    blocks: tuple[str, ...]
    gap: str = _GAP


@dataclass(frozen=True, slots=True)
class Section:
    """Groups under one head. `again` stands in its place where it goes on in another part."""

    head: str
    groups: tuple[Group, ...]
    again: str = ""


@dataclass(frozen=True, slots=True)
class _Atom:
    """One block, and what may have to stand before it."""

    section: Section
    is_first_of_section: bool
    group: Group
    block: str


def pack(
    head: str, sections: Sequence[Section], *, again: str = "", limit: int = LIMIT
) -> list[str]:
    """Return the parts, each within `limit` units and 60,000 bytes, `(1/2)` behind if several.

    The first part begins with `head`, each further one with `again`. Empty heads take no room. A
    block that is longer than a part can hold goes on in the next at the end of a line, so that a
    gateway with a smaller limit loses nothing; within LIMIT the blocks of this package never are.

    Raises ValueError when `limit` is under MIN_LIMIT, or so small that heads alone fill a part.
    """
    most = room(limit)
    parts: list[str] = []
    text, size, last = head, units(head), None
    for atom in _atoms(max(head, again, key=units), sections, most):
        piece = _behind(last, atom, _GAP if text else "")
        if last is not None and size + units(piece) > most:
            parts.append(text)
            text, size = again, units(again)
            piece = _behind(None, atom, _GAP if text else "")
        text, size, last = text + piece, size + units(piece), atom
    parts.append(text)
    if len(parts) == 1:
        return parts
    return [f"{part}{_GAP}({place}/{len(parts)})" for place, part in enumerate(parts, start=1)]


def room(limit: int) -> int:
    """Return how many units a text may have for the gateway's limit, with RESERVE kept free.

    Raises ValueError when `limit` is under MIN_LIMIT.
    """
    if limit < MIN_LIMIT:
        message = f"a message limit of {limit} units is under {MIN_LIMIT}"
        raise ValueError(message)
    return min(limit, MAX_BYTES // 3) - RESERVE  # a UTF-16 unit is at most 3 bytes of UTF-8


def _behind(last: _Atom | None, atom: _Atom, gap: str) -> str:
    """Return an atom with the heads that are due, given what stands before it in its part."""
    if last is not None and last.group is atom.group:
        return atom.group.gap + atom.block
    block = _joined("\n", atom.group.head, atom.block)
    if last is not None and last.section is atom.section:
        return gap + block
    head = atom.section.head if atom.is_first_of_section else atom.section.again
    return gap + _joined(_GAP, head, block)


def _joined(gap: str, *texts: str) -> str:
    return gap.join(text for text in texts if text)


def _atoms(head: str, sections: Sequence[Section], most: int) -> Iterator[_Atom]:
    for section in sections:
        is_first = True
        for group in section.groups:
            heads = _joined(_GAP, head, max(section.head, section.again, key=units), group.head)
            left = most - units(heads) - len(_GAP)
            for block in group.blocks:
                for piece in _pieces(block, left):
                    yield _Atom(section, is_first, group, piece)
                    is_first = False


def _pieces(block: str, most: int) -> Iterator[str]:
    """Yield the block whole, or as many lines at a time as fit."""
    if units(block) <= most:
        yield block
        return
    if most <= 1:
        message = "heads leave no room for a block"
        raise ValueError(message)
    piece = ""
    for whole_line in block.split("\n"):
        line = clip(whole_line, most)
        if piece and units(piece) + 1 + units(line) > most:
            yield piece
            piece = line
        else:
            piece = f"{piece}\n{line}" if piece else line
    yield piece

"""Where data goes: a terminal, a pipe, a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eponctl.render.page import Screen
    from eponctl.render.sheet import Page
    from eponctl.views.records import Record


def screen() -> Screen | None:
    """The terminal that stdout is; None for a pipe, a file, or one that can do nothing."""
    if not sys.stdout.isatty() or os.environ.get("TERM") in {"dumb", "unknown"}:
        return None
    import shutil

    from eponctl.render.page import Screen

    width = shutil.get_terminal_size().columns
    return Screen(width, is_coloured=not os.environ.get("NO_COLOR"))


def show(page: Page) -> None:
    """A page, as fits where stdout goes."""
    from eponctl.render.page import shown

    put(shown(page, screen()))


def put_json(head: Mapping[str, object], tables: Mapping[str, Iterable[Record]]) -> None:
    """One object, a row a line."""
    from eponctl.render.jsontext import document

    put(document(head, tables))


def put(pieces: Iterable[str], *, encoding: str | None = None) -> None:
    """Data to stdout, in its own encoding or the one named; what that lacks is a question mark.

    Raises EponctlError when it cannot be written.
    """
    from eponctl.errors import EponctlError

    charset = encoding or sys.stdout.encoding
    try:
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode(charset, "replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is still buffered would fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise EponctlError(f"standard output: {error.strerror}") from error


def put_line(text: str) -> None:
    """A text with a line's end to stdout, at once. Raises EponctlError as `put` does."""
    put([text if text.endswith("\n") else f"{text}\n"])


def put_words(text: str) -> None:
    """What is said rather than listed: as `put_line`, and broken between words for a terminal."""
    terminal = screen()
    if terminal is not None:
        from eponctl.render.plain import broken

        lines = (broken(line, terminal.width) for line in text.splitlines())
        text = "\n".join(part for parts in lines for part in parts)
    put_line(text)


def replace(pieces: Iterable[str], path: Path, new_mode: int | None = None) -> None:
    """UTF-8 data whole or not at all into a file; `new_mode` as atomicfile.replacing has it.

    Raises EponctlError when it cannot be written.
    """
    from eponctl.atomicfile import replacing

    with replacing(path, new_mode) as file:
        for piece in pieces:
            file.write(piece.encode())


def put_or_replace(pieces: Iterable[str], path: str | None) -> None:
    """UTF-8 data to stdout, or whole or not at all into the file of this name; `-` is stdout.

    Raises EponctlError when it cannot be written.
    """
    if path is None or path == "-":
        put(pieces, encoding="utf-8")
        return
    replace(pieces, Path(path))

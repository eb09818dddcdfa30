"""The key of [messages]: a folder with one's own texts, `<language>/<template>.j2`.

Knows which names a text can have. Must not know what stands in a file: a broken one is met, and
told, where its text is made.
"""

from __future__ import annotations

import os
from pathlib import Path

from eponctl.configsecret import path_from
from eponctl.configtable import Table
from eponctl.configvalues import nearest, shown

_OURS = Path(__file__).parent / "messages"
_ENDING = ".j2"


def languages() -> tuple[str, ...]:
    """The languages that there are texts in."""
    return tuple(sorted(path.name for path in _OURS.iterdir() if any(path.glob(f"*{_ENDING}"))))


def names() -> tuple[str, ...]:
    """The files that each language has."""
    return tuple(sorted(path.name for path in (_OURS / languages()[0]).glob(f"*{_ENDING}")))


def folder(table: Table, base: Path) -> Path | None:
    """The folder; whatever in it can never be used is a fault each."""
    found = table.take("dir", path_from(base), None)
    if found is None:
        return None
    if not found.is_dir():
        is_there = os.path.lexists(found)
        what = "is none" if is_there else "is not there; `eponctl messages init` makes it"
        table.fault("dir", f"expected a folder: {found} {what}")
        return None
    try:
        for what in _strangers(found):
            table.fault("dir", what)
    except OSError as error:
        table.fault("dir", f"{found} cannot be read: {error.strerror}")
    return found


def _strangers(place: Path) -> list[str]:
    """What is wrong with the names in a folder; hidden files and editors' copies are let be."""
    found = []
    for path in sorted(place.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and path.name in languages():
            found += [
                f"no text is called {shown(f'{path.name}/{one.name}')}{_known(one.name, names())}"
                for one in sorted(path.iterdir())
                if _is_text(one) and one.name not in names()
            ]
        elif path.is_dir():
            known = _known(path.name, languages())
            found.append(f"no language is called {shown(path.name)}{known}")
        elif _is_text(path):
            expected = f"expected in {' or '.join(f'{one}/' for one in languages())}"
            found.append(f"{shown(path.name)}: {expected}, the folder of its language")
    return found


def _is_text(path: Path) -> bool:
    return path.name.endswith(_ENDING) and not path.name.startswith((".", "#"))


def _known(name: str, known: tuple[str, ...]) -> str:
    near = nearest(name, known)
    return f"{near} (known: {', '.join(known)})"

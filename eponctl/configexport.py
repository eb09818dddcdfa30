"""The key of [export]: which files each poll writes, as "FORMAT:PATH".

Must not know how a format is made, nor whether its folder is there: that is the poll's to find out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from eponctl.configsecret import path_from
from eponctl.configtable import Table
from eponctl.configvalues import Expected, Parser, nearest, shown
from eponctl.settings import ExportTarget

FORMATS = ("html", "prometheus", "json", "ndjson", "csv")


def targets(table: Table, base: Path, taken: Iterable[Path]) -> tuple[ExportTarget, ...]:
    """The files, in the order given. `taken` are files that must never be written over."""
    return table.take_list("after_poll", _target(base, taken))


def _target(base: Path, taken: Iterable[Path]) -> Parser[ExportTarget]:
    """A parser of the items of one list: it remembers those before."""
    expected = f'"FORMAT:PATH", as "html:status.html"; formats: {", ".join(FORMATS)}'
    path_of = path_from(base)
    # One file has many names: what a link leads to counts.
    seen = {os.path.realpath(path): "which is a file of eponctl's own" for path in taken}

    def parse(value: object) -> ExportTarget:
        format_, mark, name = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not mark or not name.strip():
            raise Expected(expected)
        if format_ not in FORMATS:
            raise Expected(expected, got=f"{shown(value)}{nearest(format_, FORMATS)}")
        target = ExportTarget(format_, path_of(name))
        plain = os.path.realpath(target.path)
        if plain in seen:
            raise Expected("a file of its own", got=f"{shown(value)}, {seen[plain]}")
        seen[plain] = "which is there already"
        return target

    return parse

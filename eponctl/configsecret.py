"""Two kinds of values that lie outside of the file: paths beside it, and secrets.

Knows the three keys of a secret. Must not know whose it is.
"""

from __future__ import annotations

import os
from pathlib import Path

from eponctl.configtable import Table
from eponctl.configvalues import Expected, Parser, hidden, matching, text, unshown
from eponctl.settings import Secret

_VARIABLE = unshown(matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable"))


def path_from(base: Path) -> Parser[Path]:
    """A file's path; a relative one counts from the folder of the configuration."""

    def parse_path(value: object) -> Path:
        name = text(value)
        if "://" in name:  # an engine's URL, with a password perhaps
            raise Expected("a file's path", got="a URL")
        # Not Path.expanduser: that raises where there is no home, as under some timers.
        return base / os.path.expanduser(name)  # noqa: PTH111

    return parse_path


def secret(
    table: Table, name: str, base: Path, *, is_needed: bool, may_be_empty: bool = False
) -> Secret | None:
    """Exactly one of `name`, `name_env`, `name_file`; some devices have an empty password."""
    keys = (name, f"{name}_env", f"{name}_file")
    given = [key for key in keys if key in table]
    found = Secret(
        value=table.take(keys[0], hidden, None),
        env=table.take(keys[1], _VARIABLE, None),
        file=table.take(keys[2], unshown(path_from(base)), None),
    )
    if len(given) > 1:
        table.fault(given[1], f"expected only one of {', '.join(keys)}, got {len(given)}")
    elif not given and is_needed:
        table.fault(name, f"missing, expected one of {', '.join(keys)}")
    elif is_needed and not may_be_empty and found.value is not None and not found.value:
        table.fault(name, "expected text that is not empty")
    return found if found != Secret() else None

"""Edits of olts.toml that touch only the lines of the `[[olt]]` table they are about.

Must not know what the keys mean: config.parse judges the new text before it replaces the old. Nor
can a mistake of configlines.py do harm: the new text is parsed and compared with what was wanted.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from eponctl import config
from eponctl.atomicfile import draft_of, hint_for
from eponctl.configlines import NotUnderstood, OltTable, olt_tables
from eponctl.configvalues import nearest, shown
from eponctl.errors import ConfigError, Problem
from eponctl.settings import Config

_ORDER = (
    "id",
    "name",
    "url",
    "username",
    "password",
    "password_env",
    "password_file",
    "driver",
    "enabled",
    "verify_tls",
)
"""Where a new key goes in its table; others go behind these."""


# --- the edits ---


def add_olt(path: Path, values: Mapping[str, object]) -> Config:
    """Add a table with these keys behind the last OLT; None stands for "not given".

    A file that does not exist is made, with its folders, readable by its owner only. Returns the
    new configuration. Raises ConfigError; the old file is then intact.
    """
    given = {key: value for key, value in values.items() if value is not None}
    original = _original(path)

    def change(tables: list[dict[str, object]]) -> None:
        tables.append(dict(given))

    text = _with_table(original, given)
    return _replace(original, text, change)


def edit_olt(path: Path, olt_id: str, changes: Mapping[str, object | None]) -> Config:
    """Set keys of one OLT's table, or take them out (None); other lines stay as they are.

    Returns the new configuration. Raises ConfigError: no such OLT, or a file that cannot be edited
    line by line, or would have faults; the old file is then intact.
    """
    original = _original(path)
    position = original.position(olt_id)
    before = original.tables[position]
    news = {key: new for key, new in changes.items() if key not in before or before[key] != new}

    def change(tables: list[dict[str, object]]) -> None:
        merged = {**before, **news}
        tables[position] = {key: value for key, value in merged.items() if value is not None}

    text = original.text
    for key, value in sorted(news.items(), key=lambda item: _rank(item[0])):
        table = _spans(text, original.path)[position]
        text = _with_key(text, table, key, value, original.newline)
    return _replace(original, text, change)


def remove_olt(path: Path, olt_id: str) -> Config:
    """Take out one OLT's table with the comments inside it, not those above it.

    Returns the new configuration. Raises ConfigError as `edit_olt` does.
    """
    original = _original(path)
    position = original.position(olt_id)
    table = original.spans[position]

    def change(tables: list[dict[str, object]]) -> None:
        del tables[position]

    head = original.text[: table.start]
    is_apart = not head.strip() or head.endswith(("\n\n", "\n\r\n"))
    tail = original.text[table.gap_end if is_apart else table.end :]
    return _replace(original, head + tail, change)


def _with_table(original: _Original, values: Mapping[str, object]) -> str:
    text, newline = original.text, original.newline
    at = original.spans[-1].end if original.spans else len(text)
    head, tail = text[:at], text[at:]
    if head and not head.endswith("\n"):
        head += newline
    if head and not head.endswith(newline * 2):
        head += newline
    lines = [f"{key} = {_serialised(values[key])}" for key in sorted(values, key=_rank)]
    if tail and not tail.startswith(("\n", "\r\n")):
        lines.append("")
    return head + "".join(line + newline for line in ("[[olt]]", *lines)) + tail


def _with_key(text: str, table: OltTable, key: str, value: object | None, newline: str) -> str:
    pair = table.pairs.get(key)
    if value is None:
        return text if pair is None else text[: pair.start] + text[pair.end :]
    if pair is not None:
        return text[: pair.value_start] + _serialised(value) + text[pair.value_end :]
    before = [known for known in table.pairs.values() if _rank(known.key) < _rank(key)]
    at, indent = (before[-1].end, before[-1].indent) if before else (table.header_end, "")
    head = text[:at]
    if not head.endswith("\n"):
        head += newline
    return f"{head}{indent}{key} = {_serialised(value)}{newline}{text[at:]}"


def _rank(key: str) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def _serialised(value: object) -> str:
    import tomli_w

    return tomli_w.dumps({"key": value}).removeprefix("key = ").rstrip("\n")


# --- the file as it is ---


@dataclass(frozen=True, slots=True)
class _Original:
    """The file before an edit; `data` is None where there is no file yet."""

    path: Path
    data: bytes | None
    text: str
    document: dict[str, object]
    tables: list[dict[str, object]]
    spans: list[OltTable]

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def position(self, olt_id: str) -> int:
        """Where in `tables` and `spans` the one OLT of that id is."""
        ids = [table.get("id") for table in self.tables]
        if ids.count(olt_id) == 1:
            return ids.index(olt_id)
        if olt_id in ids:
            what = f"there are {ids.count(olt_id)} OLTs with the id {shown(olt_id)}"
        else:
            hint = nearest(olt_id, [id_ for id_ in ids if isinstance(id_, str)])
            what = f"there is no OLT with the id {shown(olt_id)}{hint}"
        raise ConfigError([Problem(str(self.path), "olt", what)])


def _original(path: Path) -> _Original:
    try:
        is_regular = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return _Original(path, None, "", {}, [], [])
    except OSError:
        is_regular = True  # reading it says what is the matter
    if not is_regular:
        raise _no_line_edit(path, "", "is no regular file")
    text = config.read_text(path)
    document = config.parse_toml(text, path)
    spans = _spans(text, path)
    found = document.get("olt", [])
    tables = (
        [table for table in found if isinstance(table, dict)] if isinstance(found, list) else []
    )
    if len(spans) != len(tables) or ("olt" in document and not spans):
        raise _no_line_edit(path, "olt", "is not written as [[olt]] tables")
    return _Original(path, text.encode(), text, document, tables, spans)


def _spans(text: str, path: Path) -> list[OltTable]:
    try:
        return olt_tables(text)
    except NotUnderstood as error:
        raise _no_line_edit(path, "", str(error)) from None


def _no_line_edit(path: Path, key: str, what: str) -> ConfigError:
    problem = Problem(str(path), key, f"{what}: it cannot be edited line by line")
    return ConfigError([problem], "edit the file by hand, with each OLT under a line [[olt]]")


# --- the file as it will be ---


def _replace(
    original: _Original, text: str, change: Callable[[list[dict[str, object]]], None]
) -> Config:
    """Check the new text against the data that it should hold, and put it in the file's place."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        what = "a value holds bytes that are no text"
        raise ConfigError([Problem(str(original.path), "olt", what)]) from None
    expected = deepcopy(original.document)
    tables = deepcopy(original.tables)
    change(tables)
    if tables:
        expected["olt"] = tables
    else:
        expected.pop("olt", None)
    if config.parse_toml(text, original.path) != expected:
        raise _no_line_edit(original.path, "", "is laid out in an unusual way")
    new = config.parse(text, original.path)
    if data != original.data:
        _write(original, data)
    return new


def _write(original: _Original, data: bytes) -> None:
    """Replace the file at once or not at all; what a link points at, not the link."""
    path = original.path
    try:
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
        with draft_of(path, new_mode=0o600, check=lambda: _refuse_if_changed(original)) as file:
            file.write(data)
    except OSError as error:
        what = f"cannot be written, and is as it was: {error.strerror or error}"
        raise ConfigError([Problem(str(path), "", what)], hint_for(error)) from error


def _refuse_if_changed(original: _Original) -> None:
    """Somebody else's edit since the file was read must not be undone."""
    path = original.path
    now = path.read_bytes() if path.exists() else None
    if now != original.data:
        problem = Problem(str(path), "", "was changed by somebody else meanwhile")
        raise ConfigError([problem], "nothing was written; try again")

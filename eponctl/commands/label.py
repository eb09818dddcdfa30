"""`eponctl onu label` and `eponctl onu import`: who the customers behind ONUs are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from eponctl.commands.choice import mac_of
from eponctl.errors import ConfigError, Problem
from eponctl.settings import Config
from eponctl.store import customers, onuhistory
from eponctl.store.customers import Customer
from eponctl.store.database import open_database

NAME_LIMIT = 80
_LIMITS = {"name": NAME_LIMIT, "phone": 40, "note": 500}
_COLUMNS = ("mac", *_LIMITS)
_MOST_BYTES = 20_000_000


class Labelled(NamedTuple):
    """What an ONU's customer is called now, None: nothing; and whether an OLT has that ONU."""

    mac: str
    name: str | None
    was_known: bool
    is_there: bool


class Imported(NamedTuple):
    """What a file said: its customers, columns that mean nothing here, MACs that no OLT has."""

    customers: tuple[Customer, ...]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]


def label(config: Config, mac: str, text: str) -> Labelled:
    """Give an ONU's customer this name; an empty one removes all that was known of them.

    Raises ConfigError for what is no MAC, or too long a name; StoreError when there is no database.
    """
    from eponctl.configvalues import shown

    found, name = mac_of(mac), _one_line(text)
    if found is None:
        raise ConfigError([Problem(shown(mac), "", "expected a MAC, as 02:11:22:33:44:55")])
    if len(name) > NAME_LIMIT:
        expected = f"expected {NAME_LIMIT} characters at the most, got {len(name)}"
        raise ConfigError([Problem("TEXT", "", expected)])
    with open_database(config.database) as database, database.atomic("IMMEDIATE"):
        is_there = any(one.mac == found for one in onuhistory.places(database))
        was_known = customers.of(found) is not None
        if name:
            customers.name(found, name)
        else:
            customers.forget(found)
    return Labelled(found, name or None, was_known, is_there)


def import_(config: Config, path: Path, *, is_dry_run: bool = False) -> Imported:
    """Take over a file's customers; columns that it lacks stay as they are known.

    Raises ConfigError with every bad line, and then nothing of the file is stored; StoreError when
    there is no database.
    """
    reader = _Reader(path)
    found = tuple(reader.customers())
    if reader.problems:
        hint = "nothing of the file was stored"
        raise ConfigError(reader.problems[:_MOST_PROBLEMS] + reader.left_out(), hint)
    with open_database(config.database) as database, database.atomic("IMMEDIATE"):
        known = {one.mac for one in onuhistory.places(database)}
        if not is_dry_run and found:
            customers.put(found, [name for name in reader.columns if name in _LIMITS])
    absent = tuple(one.mac for one in found if one.mac not in known)
    return Imported(found, reader.ignored, absent)


_MOST_PROBLEMS = 50


class _Reader:
    """A CSV file as customers; what is wrong with it is in `problems`, by line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.columns: tuple[str, ...] = ()
        self.ignored: tuple[str, ...] = ()

    def left_out(self) -> list[Problem]:
        """How many problems are more than anybody reads."""
        more = len(self.problems) - _MOST_PROBLEMS
        return [Problem(str(self.path), "", f"... and {more} bad lines more")] if more > 0 else []

    def customers(self) -> Iterator[Customer]:
        """The customers, one a line, in the file's order."""
        text = self._text()
        first_line = text.partition("\n")[0]
        delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines: dict[str, int] = {}
        line = 1
        try:
            for row in rows:
                if line == 1:
                    self._take_header(row)
                    if self.problems:
                        return
                elif any(cell.strip() for cell in row):
                    customer = self._customer(row, line, lines)
                    if customer is not None:
                        yield customer
                line = rows.line_num + 1
        except csv.Error as error:
            self._fault(line, f"no CSV: {error}")
        if not self.columns and not self.problems:
            self._fault(1, "expected a header with mac and name, got an empty file")

    def _text(self) -> str:
        try:
            if self.path.stat().st_size > _MOST_BYTES:
                raise ConfigError([Problem(str(self.path), "", "too large: more than 20 MB")])
            data = self.path.read_bytes()
        except OSError as error:
            what = f"cannot be read: {error.strerror or error}"
            raise ConfigError([Problem(str(self.path), "", what)]) from error
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            hint = "save it as CSV UTF-8; nothing of the file was stored"
            raise ConfigError(
                [Problem(str(self.path), f"line {line}", "not UTF-8")], hint
            ) from None

    def _take_header(self, row: Sequence[str]) -> None:
        from eponctl.configvalues import shown

        found = tuple(cell.strip().casefold() for cell in row)
        if not {"mac", "name"} <= set(found):
            got = shown(",".join(row)[:80])
            self._fault(1, f"expected a header with mac and name (phone, note), got {got}")
        twice = [name for name in _COLUMNS if found.count(name) > 1]
        if twice:
            self._fault(1, f"column {twice[0]} is there twice")
        self.columns = found
        self.ignored = tuple(name for name in found if name not in _COLUMNS)

    def _customer(self, row: Sequence[str], line: int, lines: dict[str, int]) -> Customer | None:
        from eponctl.configvalues import shown

        if len(row) > len(self.columns):
            self._fault(line, f"expected {len(self.columns)} columns, got {len(row)}")
            return None
        values = {name: _one_line(cell) for name, cell in zip(self.columns, row, strict=False)}
        before = len(self.problems)
        mac = mac_of(values["mac"])
        if mac is None:
            self._fault(line, f"expected a MAC, got {shown(values['mac'])}")
        elif lines.setdefault(mac, line) != line:
            self._fault(line, f"{mac} is in line {lines[mac]} already")
        if not values.get("name"):
            self._fault(line, "no name")
        for name, limit in _LIMITS.items():
            length = len(values.get(name, ""))
            if length > limit:
                self._fault(line, f"{name}: expected {limit} characters at the most, got {length}")
        if mac is None or len(self.problems) > before:
            return None
        return Customer(
            mac, values["name"], values.get("phone") or None, values.get("note") or None
        )

    def _fault(self, line: int, text: str) -> None:
        self.problems.append(Problem(str(self.path), f"line {line}", text))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def shown_macs(macs: Iterable[str], most: int = 10) -> str:
    """The first of these MACs, and how many more there are."""
    those = list(macs)
    more = f" and {len(those) - most} more" if len(those) > most else ""
    return ", ".join(those[:most]) + more

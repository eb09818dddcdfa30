"""Reading TOML tables so that every fault is found in one go, each with its key's path.

A Table hands out its keys through parsers, notes each fault and goes on with a stand-in. Knows
TOML's tables and arrays; must not know which keys olts.toml has, nor what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self, TypeVar

from eponctl.configvalues import Expected, Parser, kind, nearest, shown, wanted
from eponctl.errors import Problem

T = TypeVar("T")

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Table:
    """One TOML table being read. On leaving its `with`, every key that was not taken is a fault."""

    def __init__(
        self,
        data: Mapping[str, object],
        file: str,
        path: str = "",
        faults: list[Problem] | None = None,
        *,
        is_given: bool = True,
    ) -> None:
        self.faults: list[Problem] = [] if faults is None else faults
        self.faulty: set[str] = set()
        self.is_given = is_given
        self._data = data
        self._file = file
        self._path = path
        self._known: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in self._data:
            if key not in self._known:
                self.fault(key, f"unknown key{nearest(key, self._known, name_all=True)}")

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def path_of(self, key: str) -> str:
        """The key's path from the top of the file: `olt[2].url`."""
        name = key if _BARE_KEY.fullmatch(key) else shown(key)
        return f"{self._path}.{name}" if self._path else name

    def fault(self, key: str, text: str, item: int | None = None) -> None:
        """Note what is wrong with a key, or with one item (from 1) of its array."""
        place = self.path_of(key) if item is None else f"{self.path_of(key)}[{item}]"
        self.faulty.add(key)
        self.faults.append(Problem(self._file, place, text))

    def take(self, key: str, parse: Parser[T], default: T) -> T:
        """The key's value; the default where it is absent or (with a fault) wrong."""
        self._known.append(key)
        if key not in self._data:
            return default
        return self._parsed(key, self._data[key], parse, default)

    def need(self, key: str, parse: Parser[T], stand_in: T) -> T:
        """The key's value; its absence is a fault."""
        if key not in self._data:
            self.missing(key, wanted(parse))
        return self.take(key, parse, stand_in)

    def missing(self, key: str, expected: str) -> None:
        """Note that a key is absent."""
        self.fault(key, f"missing, expected {expected}")

    def take_list(self, key: str, parse: Parser[T]) -> tuple[T, ...]:
        """An array's items without the wrong ones; an item that is there twice is a fault."""
        items: list[T] = []
        values = self._array(key, "an array, as [...]")
        for number, value in enumerate(values, start=1):
            item = self._parsed(key, value, parse, None, number)
            if item in items:
                self.fault(key, f"expected each only once, got {shown(value)} again", number)
            elif item is not None:
                items.append(item)
        return tuple(items)

    def table(self, key: str) -> Table:
        """The table under a key; an empty one, not `is_given`, where there is none."""
        self._known.append(key)
        value = self._data.get(key)
        if key in self._data and not isinstance(value, dict):
            self.fault(key, f"expected a table, as [{self.path_of(key)}], got {kind(value)}")
        data = value if isinstance(value, dict) else {}
        is_given = isinstance(value, dict)
        return Table(data, self._file, self.path_of(key), self.faults, is_given=is_given)

    def tables(self, key: str) -> list[Table]:
        """The tables of an array of tables, named from 1: `olt[1]`."""
        path = self.path_of(key)
        expected = f"tables, each under [[{path}]]"
        found = []
        for number, value in enumerate(self._array(key, expected), start=1):
            if isinstance(value, dict):
                found.append(Table(value, self._file, f"{path}[{number}]", self.faults))
            else:
                self.fault(key, f"expected a table under [[{path}]], got {kind(value)}", number)
        return found

    def _array(self, key: str, expected: str) -> list[object]:
        self._known.append(key)
        value = self._data.get(key, [])
        if isinstance(value, list):
            return value
        self.fault(key, f"expected {expected}, got {kind(value)}")
        return []

    def _parsed(
        self, key: str, value: object, parse: Parser[T], default: T, item: int | None = None
    ) -> T:
        try:
            return parse(value)
        except Expected as error:
            got = shown(value) if error.got is None else error.got
            text = f"expected {error.expected}"
            self.fault(key, f"{text}, got {got}" if got else text, item)
            return default

"""Who the customer behind an ONU is, as the operator says it: by MAC, on whatever OLT it is.

Every function works on the database that is open (database.py). Also MACs that no OLT has are kept:
their boxes may come yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple, cast

from peewee import chunked

from eponctl.store.schema import CustomerRow

_CHUNK = 500  # values in one statement


class Customer(NamedTuple):
    """One customer; only `name` leaves `eponctl onu`."""

    mac: str
    name: str
    phone: str | None = None
    note: str | None = None


def names(macs: Iterable[str] | None = None) -> dict[str, str]:
    """The customers' names by MAC, all or of these ONUs; ONUs without one are left out."""
    if macs is None:
        return dict(_connection().execute("SELECT mac, name FROM customer"))
    found: dict[str, str] = {}
    for some in chunked(sorted(set(macs)), _CHUNK):
        sql = f"SELECT mac, name FROM customer WHERE mac IN ({', '.join('?' * len(some))})"
        found.update(_connection().execute(sql, some))
    return found


def of(mac: str) -> Customer | None:
    """All that is known of the customer of this ONU."""
    row = (
        _connection()
        .execute("SELECT mac, name, phone, note FROM customer WHERE mac = ?", (mac,))
        .fetchone()
    )
    return None if row is None else Customer(*row)


def name(mac: str, text: str) -> None:
    """Give an ONU's customer this name; phone and note stay."""
    _connection().execute(_UPSERT.format("name = excluded.name"), (mac, text, None, None))


def forget(mac: str) -> bool:
    """Forget all of an ONU's customer; whether there was anything."""
    return bool(CustomerRow.delete().where(CustomerRow.mac == mac).execute())


def put(customers: Iterable[Customer], columns: Iterable[str]) -> None:
    """Write these, over what was known in `columns` of them; the caller holds the transaction."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
    _connection().executemany(_UPSERT.format(changes), customers)


_UPSERT = (
    "INSERT INTO customer (mac, name, phone, note) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (mac) DO UPDATE SET {}"
)


def _connection() -> sqlite3.Connection:
    return cast(sqlite3.Connection, CustomerRow._meta.database.connection())  # noqa: SLF001

"""Customers' names beside those of their devices, in all that a bulletin tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eponctl.messages.text import NAME_LIMIT, clip, neutral, units
from eponctl.model import EventKind
from eponctl.telling.records import Bulletin, Item, Note

CUSTOMER_LIMIT = 36
"""Units of a customer's name beside a device's: a name that a device gave itself leaves it room."""


def beside(name: str | None, customer: str | None) -> str | None:
    """Return what to call an ONU: `CLIENT-001 (Budi Santoso)`; one name where both are the same.

    Both are neutral already, and together not longer than one name may be.
    """
    who = neutral(customer or "")
    device = neutral(name or "")
    if not who:
        return name
    if device.casefold() in {"", who.casefold()}:
        return who
    who = clip(who, CUSTOMER_LIMIT)
    return f"{clip(device, NAME_LIMIT - units(who) - len(' ()'))} ({who})"


def macs_in(bulletin: Bulletin) -> Iterator[str]:
    """Yield the MACs of all ONUs that a bulletin may name, some of them more than once."""
    for item in bulletin.items:
        yield from (member.mac for member in item.incident.members)
    yield from (note.mac for note in bulletin.notes if note.mac)


def with_customers(bulletin: Bulletin, customers: Mapping[str, str]) -> Bulletin:
    """Return the bulletin with each ONU's customer (by MAC) beside the device's name."""
    if not customers:
        return bulletin
    return bulletin._replace(
        items=tuple(_item(item, customers) for item in bulletin.items),
        notes=tuple(_note(note, customers) for note in bulletin.notes),
    )


def _item(item: Item, customers: Mapping[str, str]) -> Item:
    members = tuple(
        member._replace(name=beside(member.name, customers.get(member.mac)))
        for member in item.incident.members
    )
    return item._replace(incident=item.incident._replace(members=members))


def _note(note: Note, customers: Mapping[str, str]) -> Note:
    customer = customers.get(note.mac or "")
    if note.kind is EventKind.RENAMED:
        # Its line has both names, and no other.
        return note._replace(after=beside(note.after, customer))
    return note._replace(name=beside(note.name, customer))

"""What is told, to whom, and what was told before. Records only; times are UTC seconds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from eponctl.incidents.records import Extent, Incident, Kind
from eponctl.model import EventKind, Priority


class Stage(StrEnum):
    """What a message says of an incident."""

    OPENED = "opened"
    GREW = "grew"
    HALF = "half"
    CLOSED = "closed"
    REMINDER = "reminder"


class Told(NamedTuple):
    """What one recipient was surely or perhaps told of one incident, in all messages together.

    Messages about incidents that were merged into it count, but `is_own` is True only when a
    message named its own id. `onus` and `extent` are the most that was told; `first_at` and
    `last_at` when. `is_lost`: the gateway refused the message for good, and nothing else of this
    incident goes to this recipient.
    """

    first_at: int
    last_at: int
    onus: int
    extent: Extent
    is_own: bool = True
    has_half: bool = False
    is_closed: bool = False
    is_lost: bool = False


class Note(NamedTuple):
    """One event that has no end (moved, renamed, registered, ...) and waits to be told.

    `alert_id` is its row in the alert history; the rest is what it was then.
    """

    alert_id: int
    at: int
    kind: EventKind
    priority: Priority
    olt_id: str
    mac: str | None
    onu_id: str | None
    name: str | None
    before: str | None = None
    after: str | None = None
    detail: str | None = None


class Item(NamedTuple):
    """One thing to say of one incident."""

    incident: Incident
    stage: Stage


class Bulletin(NamedTuple):
    """All that one recipient is told now, in one message where it fits.

    `passed` counts, by kind, what came and went untold since the quiet time began. `gap` is a time
    without polls (from, to) before this one. `quiet` is the quiet time (from, to) whose digest this
    is. `is_digest`: it must be one message, whatever has to be left out of it.
    """

    recipient: str
    items: tuple[Item, ...] = ()
    notes: tuple[Note, ...] = ()
    passed: Mapping[Kind, int] = MappingProxyType({})
    gap: tuple[int, int] | None = None
    quiet: tuple[int, int] | None = None
    is_digest: bool = False


class Tell(NamedTuple):
    """The mark that a message leaves in the ledger: what it says of which incident."""

    incident_id: str
    stage: Stage
    onus: int
    extent: Extent


def tell_of(item: Item) -> Tell:
    """What the ledger keeps of an item that was put into a message."""
    incident = item.incident
    return Tell(incident.id, item.stage, len(incident.members), incident.extent)

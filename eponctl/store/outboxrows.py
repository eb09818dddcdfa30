"""Messages as the store gives them out, and what is told of one to the store. Records only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from eponctl.errors import Outcome
from eponctl.store.schema import MessageRow

ALERT = "alert"
"""The kind of a message about incidents and notes; those of this kind can be withdrawn."""
SUMMARY = "summary"
"""The kind of a message that tells of others, which grew too old or stayed unclear."""


class State(StrEnum):
    """Where a message stands; only the first is sent by itself."""

    QUEUED = "queued"
    SENT = "sent"
    UNSURE = "unsure"
    DEAD = "dead"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one recipient, and what became of it so far.

    `tries_alike` counts the last failures with this `outcome` in a row. `sent_at` is when the
    gateway took it; as long as the state is another, when it may first have taken it. `bulletin` is
    the id of the first part of a message in several parts (schema.MessageRow).
    """

    id: int
    created_at: int
    recipient: str
    kind: str
    text: str
    state: State
    due_at: int
    tries: int
    tries_alike: int
    tried_at: int | None
    outcome: Outcome | None
    error: str | None
    sent_at: int | None
    gateway_id: str | None
    bulletin: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a try that failed makes of its message; `maybe_sent_at` as Message.sent_at."""

    at: int
    state: State
    outcome: Outcome
    error: str
    tries_alike: int
    due_at: int
    maybe_sent_at: int | None


class Inherited(NamedTuple):
    """What a message takes over from those in whose place it comes: their age, and their tries."""

    created_at: int
    due_at: int
    tries: int = 0
    tries_alike: int = 0
    tried_at: int | None = None
    outcome: Outcome | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages are in which state."""

    queued: int = 0
    sent: int = 0
    unsure: int = 0
    dead: int = 0
    merged: int = 0


def message_of(row: MessageRow) -> Message:
    """The message of a row."""
    return Message(
        id=row.id,
        created_at=row.created_at,
        recipient=row.recipient,
        kind=row.kind,
        text=row.text,
        state=State(row.state),
        due_at=row.due_at,
        tries=row.tries,
        tries_alike=row.tries_alike,
        tried_at=row.tried_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        error=row.error,
        sent_at=row.sent_at,
        gateway_id=row.gateway_id,
        bulletin=row.bulletin,
    )

"""Incidents and messages for the tests of the store, made with as few words as they need."""

from __future__ import annotations

from typing import Any

from eponctl.errors import Outcome
from eponctl.incidents.records import Extent, Incident, Kind, Member
from eponctl.model import Priority, Status
from eponctl.store import outbox
from eponctl.store.outbox import Attempt, State
from eponctl.telling.records import Stage, Tell

NOW = 1_800_000_000
ANN, BOB = "6281200000001", "6281200000002"


def member(number: int = 1, **changes: Any) -> Member:
    """One ONU that went down."""
    made = Member(
        olt_id="OLT-1",
        mac=f"02:00:00:00:{number >> 8:02X}:{number & 255:02X}",
        onu_id=f"0/1:{number}",
        name=f"CLIENT-{number}",
        status=Status.DOWN,
        status_raw="Down",
        priority=Priority.HIGH,
        at=NOW,
    )
    return made._replace(**changes)


def incident(name: str, onus: int = 1, **changes: Any) -> Incident:
    """An outage of so many ONUs that goes on."""
    made = Incident(
        id=name,
        kind=Kind.OUTAGE,
        extent=Extent.SINGLE,
        priority=Priority.HIGH,
        opened_at=NOW,
        grown_at=NOW,
        members=tuple(map(member, range(1, onus + 1))),
        olt_ids=("OLT-1",),
        of={"OLT-1:0/1": 22},
    )
    return made._replace(**changes)


def tell(name: str, stage: Stage = Stage.OPENED, **changes: Any) -> Tell:
    """What a message says of an incident."""
    return Tell(name, stage, 1, Extent.SINGLE)._replace(**changes)


def queue(to: str, *tells: Tell, at: int = NOW, **more: Any) -> int:
    """Queue a message that tells of these."""
    return outbox.enqueue(to, outbox.ALERT, "text", at, tells=tells, **more)


def send(to: str, *tells: Tell, at: int = NOW) -> int:
    """The same, and the gateway took it at once."""
    message_id = queue(to, *tells, at=at)
    outbox.mark_sent(message_id, at, None)
    return message_id


def fail(message_id: int, state: State, *, maybe_sent_at: int | None = None, at: int = NOW) -> None:
    """A try that failed and left the message in this state."""
    outcome = Outcome.BAD_MESSAGE if state is State.DEAD else Outcome.AMBIGUOUS
    attempt = Attempt(at, state, outcome, "gateway: HTTP 500", 1, at + 60, maybe_sent_at)
    outbox.mark_failed(message_id, attempt)

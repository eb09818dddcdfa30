"""The messages about one incident, one by one, for `why`. Read-only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from eponctl.store.outboxrows import State
from eponctl.store.schema import MessageIncidentRow, MessageRow
from eponctl.store.told import roots_of


class Telling(NamedTuple):
    """One message about an incident, or about one that became part of it (`incident_id`).

    `sent_at` is when the gateway took it, or may have.
    """

    incident_id: str
    recipient: str
    stage: str
    state: State
    created_at: int
    sent_at: int | None


def about(incident_id: str) -> list[Telling]:
    """The messages about this incident, in the order of making; those withdrawn are left out."""
    was_withdrawn = (MessageRow.state == State.MERGED) & MessageRow.sent_at.is_null()
    query = (
        MessageIncidentRow.select(
            MessageIncidentRow.incident,
            MessageRow.recipient,
            MessageIncidentRow.stage,
            MessageRow.state,
            MessageRow.created_at,
            MessageRow.sent_at,
        )
        .join(MessageRow)
        .where(MessageIncidentRow.incident.in_(sorted(roots_of([incident_id]))), ~was_withdrawn)
        .order_by(MessageRow.id)
    )
    rows = cast(Iterable[tuple[Any, ...]], query.tuples())
    return [telling._replace(state=State(telling.state)) for telling in map(Telling._make, rows)]

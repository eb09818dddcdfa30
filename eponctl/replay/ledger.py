"""Who was told what of which incident, by a gateway that takes everything at once. Pure.

What the outbox is to a poll: what was told is what was planned.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from eponctl.telling.records import Stage, Tell, Told


class _Line(NamedTuple):
    at: int
    tell: Tell


class Ledger:
    """What each recipient was told, with what became part of an incident counting for it.

    `others` are the times at which each recipient got messages of other kinds, in their order.
    """

    def __init__(self, others: Mapping[str, Sequence[int]]) -> None:
        self._lines: dict[tuple[str, str], list[_Line]] = {}
        self._parts: dict[str, set[str]] = {}
        self._others = others
        self._sent: dict[str, list[int]] = {}

    def absorb(self, incident_id: str, into: str) -> None:
        """Let what is told of an incident count for another, which it became part of."""
        parts = self._parts.setdefault(into, set())
        parts |= {incident_id, *self._parts.get(incident_id, ())}

    def parts_of(self, incident_id: str) -> frozenset[str]:
        """Its id, and those of the incidents that became part of it."""
        return frozenset({incident_id, *self._parts.get(incident_id, ())})

    def tell(self, recipient: str, tells: Iterable[Tell], at: int, messages: int = 0) -> None:
        """Remember what so many messages said."""
        for tell in tells:
            self._lines.setdefault((tell.incident_id, recipient), []).append(_Line(at, tell))
        self._sent.setdefault(recipient, []).extend([at] * messages)

    def told(
        self, incident_ids: Iterable[str], recipients: Collection[str]
    ) -> dict[tuple[str, str], Told]:
        """What each of them was told of each of these, as store.ledger has it."""
        names = list(incident_ids)
        found = {
            (name, recipient): self._told(name, recipient)
            for name in names
            for recipient in recipients
        }
        return {key: told for key, told in found.items() if told is not None}

    def _told(self, incident_id: str, recipient: str) -> Told | None:
        own = self._lines.get((incident_id, recipient), [])
        parts = self._parts.get(incident_id, ())
        lines = [*own, *(line for part in parts for line in self._of(part, recipient))]
        if not lines:
            return None
        stages = {line.tell.stage for line in own}
        return Told(
            first_at=min(line.at for line in lines),
            last_at=max(line.at for line in lines),
            onus=max(line.tell.onus for line in lines),
            extent=max((line.tell.extent for line in lines), key=lambda extent: extent.rank),
            is_own=bool(own),
            has_half=Stage.HALF in stages,
            is_closed=Stage.CLOSED in stages,
        )

    def _of(self, incident_id: str, recipient: str) -> list[_Line]:
        return self._lines.get((incident_id, recipient), [])

    def recent(self, recipient: str, since: int, now: int) -> int:
        """How many messages of any kind it got since then, and by now."""
        return sum(
            bisect_right(times, now) - bisect_left(times, since)
            for times in (self._sent.get(recipient, ()), self._others.get(recipient, ()))
        )

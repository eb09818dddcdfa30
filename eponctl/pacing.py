"""Whose turn it is: everybody's messages in their order, with a pause between two to one recipient.

Recipients take turns, so that none waits for another's pause. Knows the time only as it is told; no
gateway, no table, and of a message nothing but whom it is for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

MOST_WAIT_S = 30.0
"""Longest time spent in pauses in one run; then the rest is left to the next."""

T = TypeVar("T")


class Turn(NamedTuple, Generic[T]):
    """The next message, and how long to wait before it may be sent (seconds)."""

    recipient: str
    message: T
    wait_s: float


class Turns(Generic[T]):
    """What is to be sent, by recipient, and from when on each may be sent to again.

    All times are of one clock, in seconds. `ready_at` is for those who got something just before.
    """

    def __init__(
        self,
        queues: Iterable[tuple[str, Sequence[T]]],
        *,
        pause_s: float,
        ready_at: Mapping[str, float],
    ) -> None:
        self._lanes = deque((recipient, deque(queue)) for recipient, queue in queues if queue)
        self._pause_s = pause_s
        self._ready_at = dict(ready_at)
        self._left_s = MOST_WAIT_S

    def next(self, at: float, until: float) -> Turn[T] | None:
        """Whose turn it is: the first who need not wait, else who waits least; `at` is now.

        None where nothing is left, or nothing that may be begun before `until` and without more
        waiting than one run may have.
        """
        if not self._lanes:
            return None
        waits = [max(0.0, self._ready_at.get(recipient, at) - at) for recipient, _ in self._lanes]
        wait_s = min(waits)
        if wait_s > self._left_s or at + wait_s > until:
            return None
        self._left_s -= wait_s
        place = waits.index(wait_s)
        recipient, lane = self._lanes[place]
        del self._lanes[place]
        message = lane.popleft()
        if lane:
            self._lanes.append((recipient, lane))
        return Turn(recipient, message, wait_s)

    def took(self, recipient: str, at: float) -> None:
        """Something was given to this recipient, surely or perhaps."""
        self._ready_at[recipient] = at + self._pause_s

    def leave(self, recipient: str) -> None:
        """Nothing more goes to this recipient."""
        self._lanes = deque(lane for lane in self._lanes if lane[0] != recipient)

    def pausing(self, at: float) -> frozenset[str]:
        """Those for whom something is left, and who may not be sent to yet."""
        return frozenset(to for to, _ in self._lanes if self._ready_at.get(to, at) > at)

"""Events on a farm at given times: what happens to whom, and when.

Time is a plain number that the caller advances: seconds since the start, or the number of a step.
Nothing here looks at a clock, so a scenario runs the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from eponctl.simulator.farm import Farm
from eponctl.simulator.faults import Fault
from eponctl.simulator.olt import SimOlt

Action = Callable[[SimOlt], None]


@dataclass(frozen=True, slots=True)
class At:
    """At time `when`, `action` is done to the OLT of this name; `note` says it in words."""

    when: float
    olt: str
    action: Action
    note: str = ""


class Scenario:
    """Events in the order of time; with a `period` they begin anew after so much time."""

    def __init__(self, events: Iterable[At], period: float | None = None) -> None:
        """Take the events in any order; those of the same time keep theirs."""
        self.events = sorted(events, key=lambda event: event.when)
        self.period = period
        self._done = 0
        self._round = 0

    def advance(self, farm: Farm, elapsed: float) -> list[At]:
        """Do everything that is due at `elapsed` and has not been done; return it in order.

        Each event is done in one piece: no page shows half of it. KeyError when an event names an
        unknown OLT.
        """
        happened: list[At] = []
        if self.period:
            while elapsed >= (self._round + 1) * self.period:
                happened += self._play(farm, self.period)
                self._round += 1
                self._done = 0
            elapsed -= self._round * self.period
        return happened + self._play(farm, elapsed)

    def _play(self, farm: Farm, until: float) -> list[At]:
        happened = []
        while self._done < len(self.events) and self.events[self._done].when <= until:
            event = self.events[self._done]
            self._done += 1
            farm.change(partial(event.action, farm.olt(event.olt)))
            happened.append(event)
        return happened


def lose(*onu_ids: str, reason: int = 1, gasp: bool = False, word: str = "Down") -> Action:
    """Take ONUs off their PON; see `SimOnu.lose`."""

    def action(olt: SimOlt) -> None:
        for onu_id in onu_ids:
            olt.lose(onu_id, reason, gasp=gasp, word=word)

    return action


def restore(*onu_ids: str) -> Action:
    """Bring back those of the ONUs that are lost; see `SimOnu.restore`."""

    def action(olt: SimOlt) -> None:
        for onu_id in onu_ids:
            if olt.onu(onu_id).is_lost:
                olt.restore(onu_id)

    return action


def restart(*onu_ids: str) -> Action:
    """Let ONUs re-register unseen; see `SimOnu.restart`."""

    def action(olt: SimOlt) -> None:
        for onu_id in onu_ids:
            olt.restart(onu_id)

    return action


def change(onu_id: str, **values: object) -> Action:
    """Set attributes of an ONU; AttributeError for an unknown one.

    Example: `change("0/1:3", rx_power_dbm=-28.86)`.
    """

    def action(olt: SimOlt) -> None:
        onu = olt.onu(onu_id)
        for name, value in values.items():
            getattr(onu, name)
            setattr(onu, name, value)

    return action


def cut_pon(pon: str, *, gasp: bool = False, spare: int = 0) -> Action:
    """Take all ONUs of a PON but the first `spare` off at once; with `gasp` it is a power cut."""

    def action(olt: SimOlt) -> None:
        for onu in olt.on_pon(pon)[spare:]:
            olt.lose(onu.onu_id, gasp=gasp)

    return action


def mend_pon(pon: str) -> Action:
    """Bring back all ONUs of a PON that are lost."""

    def action(olt: SimOlt) -> None:
        for onu in olt.on_pon(pon):
            if onu.is_lost:
                olt.restore(onu.onu_id)

    return action


def remove(onu_id: str) -> Action:
    """Delete an ONU from the OLT: it is not in the list any more."""

    def action(olt: SimOlt) -> None:
        olt.onus.remove(olt.onu(onu_id))

    return action


def fault(kind: Fault, page: str | None = None) -> Action:
    """Put a fault on the OLT, or on the pages whose path begins with `page`; NONE takes it away."""

    def action(olt: SimOlt) -> None:
        if page is None:
            olt.fault = kind
        elif kind is Fault.NONE:
            olt.page_faults.pop(page, None)
        else:
            olt.page_faults[page] = kind

    return action

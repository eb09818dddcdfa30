"""A network without devices: ONUs that are lost and come back, judged poll by poll.

What stands between a device's page and an incident, with nothing but data: for tests of the engine,
and for the benchmark of its verdicts.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from eponctl.incidents.book import PollView
from eponctl.incidents.engine import Advance, advance
from eponctl.incidents.records import Incident, Kind
from eponctl.judge import Rules, judge
from eponctl.model import (
    EVENT_PRIORITIES,
    Event,
    EventKind,
    OltReading,
    OnuReading,
    OnuState,
    Reason,
    Status,
)
from eponctl.settings import AlertSettings, Thresholds

NOW, MINUTE, HOUR = 1_800_000_000, 60, 3600
_CHANGES = frozenset({EventKind.DOWN, EventKind.PWRDOWN, EventKind.RECOVERED})
Where = tuple[str, str, int]
"""An ONU: OLT, PON, number."""


@dataclass
class Network:
    """OLTs with their PONs and how many ONUs each has; polled once a minute unless told.

    `is_telling` False: devices that give no reason for an outage.
    """

    sizes: Mapping[str, Mapping[str, int]]
    settings: AlertSettings = field(default_factory=AlertSettings)
    confirm_polls: int = 1
    is_telling: bool = True
    now: int = NOW
    onus: dict[str, dict[str, OnuReading]] = field(default_factory=dict)
    states: dict[str, Mapping[str, OnuState]] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._read_at: dict[str, int] = {}
        self._away: set[str] = set()
        self._changes: dict[tuple[str, str], list[int]] = {}
        self._ids = (f"{number:04d}" for number in itertools.count(1))
        macs = (
            f"02:{n >> 16 & 255:02X}:00:00:{n >> 8 & 255:02X}:{n & 255:02X}"
            for n in itertools.count(1)
        )
        for olt_id, pons in self.sizes.items():
            self.onus[olt_id] = {
                (mac := next(macs)): OnuReading(
                    f"{pon}:{number}",
                    mac,
                    f"{olt_id}-{pon}-{number:02d}",
                    Status.UP,
                    "Up",
                    rx_power_dbm=-20.0,
                    temperature_c=40.0,
                    distance_m=500 + 50 * number,
                )
                for pon, size in pons.items()
                for number in range(1, size + 1)
            }
        self.poll()

    # --- what happens ---

    def find(self, olt_id: str, pon: str, numbers: Iterable[int] = ()) -> list[tuple[str, str]]:
        """The ONUs of a PON: those with these numbers, or all."""
        wanted = set(numbers)
        return [
            (olt_id, mac)
            for mac, onu in self.onus[olt_id].items()
            if onu.pon == pon and (not wanted or int(onu.onu_id.rpartition(":")[2]) in wanted)
        ]

    def lose(self, onus: Iterable[tuple[str, str]], *, gasps: Collection[int] = ()) -> None:
        """Take ONUs off; those at the places in `gasps` said that their power went."""
        for place, (olt_id, mac) in enumerate(onus):
            is_gasp = place in gasps
            reason, word = (Reason.DYING_GASP, "Dying_gasp") if is_gasp else (Reason.TIMEOUT, "TO")
            self.onus[olt_id][mac] = self.onus[olt_id][mac]._replace(
                status=Status.PWRDOWN if is_gasp and self.is_telling else Status.DOWN,
                status_raw="Down",
                reason=reason if self.is_telling else None,
                reason_raw=word if self.is_telling else None,
                rx_power_dbm=None,
                temperature_c=None,
            )

    def restore(self, onus: Iterable[tuple[str, str]], rx_power_dbm: float = -20.0) -> None:
        """Bring ONUs back."""
        for olt_id, mac in onus:
            self.set(
                olt_id,
                mac,
                status=Status.UP,
                status_raw="Up",
                reason=None,
                reason_raw=None,
                rx_power_dbm=rx_power_dbm,
                temperature_c=40.0,
            )

    def set(self, olt_id: str, mac: str, **values: object) -> None:
        """Give an ONU other values."""
        self.onus[olt_id][mac] = self.onus[olt_id][mac]._replace(**values)  # type: ignore[arg-type]

    # --- what is seen of it ---

    def poll(self, *, seconds: int = MINUTE, unread: Collection[str] = ()) -> list[Incident]:
        """One poll, a minute after the last; the incidents that are new or changed."""
        self.now += seconds
        before, events = dict(self.states), list[Event]()
        for olt_id in self.onus:
            if olt_id in unread:
                events += self._unreachable(olt_id)
            else:
                events += self._read(olt_id)
        read = [olt_id for olt_id in self.onus if olt_id not in unread]
        made = self._advance({olt: before.get(olt, {}) for olt in read}, read, events)
        for olt_id in read:
            self._read_at[olt_id] = self.now
        self.events = [*events, *(event for _, event in made.outages)]
        self.incidents.update({incident.id: incident for incident in made.incidents})
        return list(made.incidents)

    def open(self, *kinds: Kind) -> list[Incident]:
        """The incidents under way, of these kinds or of all."""
        return [
            one
            for one in self.incidents.values()
            if one.is_open and (not kinds or one.kind in kinds)
        ]

    def _read(self, olt_id: str) -> list[Event]:
        judged = judge(
            olt_id,
            self.states.get(olt_id, {}),
            OltReading("A22", tuple(self.onus[olt_id].values())),
            Rules(Thresholds(), self.confirm_polls),
            now=self.now,
            is_baseline=olt_id not in self.states,
            last_success_at=self._read_at.get(olt_id),
        )
        self.states[olt_id] = judged.onus
        self._away.discard(olt_id)
        for event in judged.events:
            if event.kind in _CHANGES and event.onu:
                self._changes.setdefault((olt_id, event.onu.mac), []).append(event.at)
        return list(judged.events)

    def _unreachable(self, olt_id: str) -> list[Event]:
        if olt_id in self._away:
            return []
        self._away.add(olt_id)
        kind = EventKind.OLT_UNREACHABLE
        return [Event(kind, EVENT_PRIORITIES[kind], olt_id, self.now, detail="no answer in time")]

    def _advance(
        self, before: Mapping[str, Mapping[str, OnuState]], read: list[str], events: list[Event]
    ) -> Advance:
        view = PollView(
            now=self.now,
            events=events,
            before=before,
            after={olt_id: self.states[olt_id] for olt_id in read},
            read_at=self._read_at,
            olt_ids=frozenset(self.onus),
            changes=self._changes,
            new_id=lambda: next(self._ids),
        )
        return advance(self.open(), view, self.settings)

"""The words and records that every part shares: frozen, without I/O, importing nothing but errors.

Readings are what a driver saw in one scrape. States are what is remembered between polls. Events
are what changed. All are named tuples: made in 0.3 us, against 2.2 us for a frozen dataclass, and
the class itself in 0.06 ms against 0.4 to 0.8, which a poll pays before it asks anything. Times
(`*_at`, `since`, `at`) are UTC seconds since the epoch: one whole number to store and compare,
made a datetime where it is shown.

Long, because it is one list of words: whoever looks for one should not have to guess the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from eponctl.errors import OltError


class Status(StrEnum):
    """What an ONU is doing."""

    UP = "up"
    DOWN = "down"
    PWRDOWN = "pwrdown"
    LOOP = "loop"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


OUTAGES = frozenset({Status.DOWN, Status.PWRDOWN, Status.LOOP})


class Reason(StrEnum):
    """Why an ONU is not up, as the device says it."""

    TIMEOUT = "timeout"
    DYING_GASP = "dying_gasp"
    LOS = "los"
    AUTH_FAILED = "auth_failed"
    DEREGISTERED = "deregistered"
    ADMIN = "admin"


class Priority(StrEnum):
    """How urgent something is; compare with `rank` (0 is the most urgent)."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    NORMAL = "normal"

    @property
    def rank(self) -> int:
        """0 for critical to 3 for normal."""
        return _RANKS[self]


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}


class Signal(StrEnum):
    """Where the received power stands against the thresholds, and against what is usual.

    STEPPED: above the threshold of WEAK, and far below the ONU's own usual power.
    """

    OK = "ok"
    WEAK = "weak"
    STEPPED = "stepped"
    OVERLOAD = "overload"


class Heat(StrEnum):
    """Where the temperature stands against the threshold."""

    OK = "ok"
    HIGH = "high"


class EventKind(StrEnum):
    """What can happen to an ONU or an OLT between two polls."""

    DOWN = "down"
    PWRDOWN = "pwrdown"
    LOOP = "loop"
    AUTH_FAILED = "auth_failed"
    RECOVERED = "recovered"
    WEAK_SIGNAL = "weak_signal"
    OVERLOAD = "overload"
    SIGNAL_OK = "signal_ok"
    HIGH_TEMPERATURE = "high_temperature"
    TEMPERATURE_OK = "temperature_ok"
    REGISTERED = "registered"
    REMOVED = "removed"
    MOVED = "moved"
    RENAMED = "renamed"
    RESTARTED = "restarted"
    OLT_UNREACHABLE = "olt_unreachable"
    OLT_RECOVERED = "olt_recovered"
    PON_OUTAGE = "pon_outage"
    POWER_OUTAGE = "power_outage"


class OnuReading(NamedTuple):
    """One ONU as one scrape saw it. None: the device gave no (believable) value.

    Optics of an ONU that is not up are stale on these devices and already dropped here.
    """

    onu_id: str
    mac: str
    name: str | None
    status: Status
    status_raw: str
    reason: Reason | None = None
    reason_raw: str | None = None
    temperature_c: float | None = None
    rx_power_dbm: float | None = None
    tx_power_dbm: float | None = None
    distance_m: int | None = None
    auth_status: str | None = None
    ctc_status: str | None = None
    firmware: str | None = None
    uptime_s: int | None = None
    deregistrations: int | None = None

    @property
    def pon(self) -> str:
        """The part of the id before the colon: `0/1` of `0/1:3`."""
        return self.onu_id.rpartition(":")[0]


class OltFacts(NamedTuple):
    """What a device says of itself; None where it does not."""

    model: str | None = None
    firmware: str | None = None
    uptime: str | None = None


class OltReading(NamedTuple):
    """One whole scrape of one OLT.

    `failed_pons` names the PONs that could not be read whole; no row of theirs is in `onus`.
    `unreadable` holds the MACs of rows that were there but could not be understood: not observed.
    `counted` is the device's own count of ONUs by PON where it gives one. `is_complete` is False
    when the page left room for rows that were not seen; then nothing is taken to be missing.
    `is_whole_table` says that one page gave all PONs, so that a read fails as a whole only.
    `lacks_optics` says that the lists of this dialect carry no optics: what is None here is not
    gone but comes from slower pages, and stays as it was.
    `memory` is what the driver wants to be told at the next poll; `notes` are oddities, for people.
    """

    dialect: str | None
    onus: tuple[OnuReading, ...]
    facts: OltFacts | None = None
    failed_pons: Mapping[str, OltError] = MappingProxyType({})
    unreadable: frozenset[str] = frozenset()
    counted: Mapping[str, int] | None = None
    is_complete: bool = True
    is_whole_table: bool = True
    lacks_optics: bool = False
    memory: str | None = None
    notes: tuple[str, ...] = ()


class OnuState(NamedTuple):
    """What is remembered of one ONU; its identity is (olt_id, mac).

    `status` and what follows is the last observation. `since` is when that status began,
    `outage_at` when the present outage did; `outage_raw` and `outage_reason` are its name, kept for
    the message that ends it. While `missed` is 0 the ONU was seen whenever its OLT was read;
    `seen_at` counts only after that. The `told_*` fields are what has been settled, and
    announced where it was news; the `*_off` fields count the polls in a row that differ from it.
    `announced` says for which of status, signal and heat the trouble was made an event.
    `distance_m` stays as it is until a reading differs from it by more than the noise of ranging.
    `optics_at` is when its optics were last measured; None while that is whenever it is seen up.
    `usual_rx_dbm` is the first power that was read, later the median of 7 days; `step_off` counts
    the polls in a row far below it, and while that fall is a trouble, `step_ref_dbm` is what it
    fell from.
    """

    olt_id: str
    mac: str
    onu_id: str
    name: str | None
    status: Status
    status_raw: str
    reason: Reason | None
    reason_raw: str | None
    temperature_c: float | None
    rx_power_dbm: float | None
    tx_power_dbm: float | None
    distance_m: int | None
    last_rx_power_dbm: float | None
    last_temperature_c: float | None
    online_since: int | None
    optics_at: int | None
    auth_status: str | None
    ctc_status: str | None
    firmware: str | None
    deregistrations: int | None
    signal: Signal
    heat: Heat
    since: int
    outage_at: int | None
    outage_raw: str | None
    outage_reason: Reason | None
    seen_at: int
    missed: int
    told_status: Status
    status_off: int
    told_signal: Signal
    signal_off: int
    told_heat: Heat
    heat_off: int
    announced: int
    usual_rx_dbm: float | None = None
    step_off: int = 0
    step_ref_dbm: float | None = None

    @property
    def pon(self) -> str:
        """The part of the id before the colon: `0/1` of `0/1:3`."""
        return self.onu_id.rpartition(":")[0]

    @property
    def is_problem(self) -> bool:
        """Not up (and not switched off on purpose), or a threshold is crossed."""
        if self.status is Status.UP:
            return self.signal is not Signal.OK or self.heat is not Heat.OK
        return self.status is not Status.DISABLED


class Event(NamedTuple):
    """One change of one ONU (or of the OLT: then `mac` is None), at one time.

    `onu` is the state after the change. `before` and `after` are the words of the JSON's `from`
    and `to`. `lasted_s` is the length of the trouble that ended, in seconds; `before_text` how that
    trouble was called, as in `Down (Timeout)`. `at` is when it was first seen.
    """

    kind: EventKind
    priority: Priority
    olt_id: str
    at: int
    onu: OnuState | None = None
    before: str | None = None
    after: str | None = None
    before_text: str | None = None
    lasted_s: int | None = None
    detail: str | None = None

    @property
    def mac(self) -> str | None:
        """The ONU's identity on its OLT, None for an event of the OLT itself."""
        return self.onu.mac if self.onu else None


def outage_priority(status: Status, reason: Reason | None) -> Priority:
    """Urgency of an ONU's status: interface.md, vocabulary.

    A link that was lost for a reason nobody named counts as a timeout: it may well be a fibre.
    """
    if status is Status.PWRDOWN or (status is Status.DOWN and reason is Reason.DYING_GASP):
        return Priority.CRITICAL
    if status is Status.LOOP:
        return Priority.HIGH
    if status is Status.DOWN:
        planned = reason in {Reason.DEREGISTERED, Reason.ADMIN}
        return Priority.MEDIUM if planned else Priority.HIGH
    return Priority.MEDIUM if status is Status.UNKNOWN else Priority.NORMAL


_REASON_WORDS = {
    Reason.TIMEOUT: "Timeout",
    Reason.DYING_GASP: "Dying Gasp",
    Reason.LOS: "LOS",
    Reason.AUTH_FAILED: "Auth Failed",
    Reason.DEREGISTERED: "Deregistered",
    Reason.ADMIN: "Deactivated",
}


def status_text(status_raw: str, reason: Reason | None) -> str:
    """The device's own word with the reason behind it: `Down (Timeout)`."""
    return f"{status_raw} ({_REASON_WORDS[reason]})" if reason else status_raw


def onu_priority(onu: OnuState) -> Priority:
    """Urgency of the worst that is the matter with an ONU now."""
    worst = outage_priority(onu.status, onu.reason)
    if onu.status is Status.UP:
        if onu.heat is not Heat.OK:
            return Priority.CRITICAL
        if onu.signal is not Signal.OK:
            return Priority.HIGH
    return worst


EVENT_PRIORITIES: Mapping[EventKind, Priority] = {
    EventKind.PWRDOWN: Priority.CRITICAL,
    EventKind.HIGH_TEMPERATURE: Priority.CRITICAL,
    EventKind.PON_OUTAGE: Priority.CRITICAL,
    EventKind.POWER_OUTAGE: Priority.CRITICAL,
    EventKind.DOWN: Priority.HIGH,
    EventKind.LOOP: Priority.HIGH,
    EventKind.AUTH_FAILED: Priority.HIGH,
    EventKind.WEAK_SIGNAL: Priority.HIGH,
    EventKind.OVERLOAD: Priority.HIGH,
    EventKind.OLT_UNREACHABLE: Priority.HIGH,
    EventKind.RESTARTED: Priority.MEDIUM,
    EventKind.REGISTERED: Priority.MEDIUM,
    EventKind.REMOVED: Priority.MEDIUM,
    EventKind.MOVED: Priority.MEDIUM,
    EventKind.RENAMED: Priority.MEDIUM,
}
"""Priority of each kind of trouble; an end has the priority of the trouble that it ends."""


class OltSummary(NamedTuple):
    """One OLT as a report or an alert's head shows it; averages are over ONUs that are up.

    `problems` counts what is wrong now, by word: DOWN, PWRDOWN, LOOP, UNKNOWN for ONUs that are not
    up, WEAK SIGNAL, OVERLOAD, HIGH TEMPERATURE for those that are. `disabled` ONUs are in `onus`,
    in no other number. `unreachable_since` is None while the OLT answers.
    """

    olt_id: str
    name: str
    onus: int
    online: int
    disabled: int
    problem_onus: int
    problems: Mapping[str, int]
    avg_temperature_c: float | None
    avg_rx_power_dbm: float | None
    unreachable_since: int | None = None


class OltState(NamedTuple):
    """What is remembered of one OLT. `failures` counts the failed polls in a row.

    `failed_pons` maps a PON that could not be read to when it last was (None: never);
    `onus_by_pon` is what was known after the last good read.
    `announced_at` is when "unreachable" was made an event; None while that is not so.
    """

    olt_id: str
    driver: str | None = None
    dialect: str | None = None
    memory: str | None = None
    model: str | None = None
    firmware: str | None = None
    uptime: str | None = None
    baseline_at: int | None = None
    last_poll_at: int | None = None
    last_success_at: int | None = None
    poll_ms: int | None = None
    failures: int = 0
    failing_since: int | None = None
    error: str | None = None
    announced_at: int | None = None
    failed_pons: Mapping[str, int | None] = MappingProxyType({})
    onus_by_pon: Mapping[str, int] = MappingProxyType({})
    optics_at: int | None = None

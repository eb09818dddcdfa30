"""What an incident is: a trouble with a beginning, an end, and the ONUs it is about. Records only.

Everything that is told and later taken back is one of these: a cut PON, an OLT that does not
answer, one weak signal. Interface.md's `incidents` are those of kind OUTAGE and OLT. Times are UTC
seconds since the epoch. What was told of an incident, and to whom, stands in the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from eponctl.model import Priority, Reason, Status


class Kind(StrEnum):
    """What sort of trouble."""

    OUTAGE = "outage"
    OLT = "olt"
    SIGNAL = "signal"
    HEAT = "heat"
    LOOP = "loop"
    AUTH = "auth"
    FLAPPING = "flapping"


class Extent(StrEnum):
    """How much is struck: the JSON's `class`, the least first."""

    SINGLE = "single"
    PARTIAL_PON = "partial_pon"
    WHOLE_PON = "whole_pon"
    WHOLE_OLT = "whole_olt"
    AREA = "area"
    OLT_UNREACHABLE = "olt_unreachable"

    @property
    def rank(self) -> int:
        """0 for single to 5."""
        return _EXTENT_RANKS[self]


_EXTENT_RANKS = {extent: rank for rank, extent in enumerate(Extent)}


class Cause(StrEnum):
    """What broke."""

    FIBRE_FEEDER = "fibre_feeder"
    FIBRE_BRANCH = "fibre_branch"
    POWER_AREA = "power_area"
    POWER_LOCAL = "power_local"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How far the evidence carries the cause."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Ending(StrEnum):
    """How an incident ended for one ONU."""

    RESTORED = "restored"
    REMOVED = "removed"  # deleted from its OLT, or replaced by another box
    DISABLED = "disabled"  # switched off on purpose
    ACCEPTED = "accepted"  # the signal stays where it fell to, which is usual by now (steps.py)
    PASSED_ON = "passed_on"  # another incident is about it now


class Survivors(StrEnum):
    """What the signal of the ONUs that stayed up did meanwhile."""

    UNCHANGED = "unchanged"
    FELL = "fell"
    UNKNOWN = "unknown"


class Member(NamedTuple):
    """One ONU of an incident, as it was when it was struck; `name` and what follows may be None.

    `at` is when the trouble was first seen, `after` the good read before (None: not known).
    `is_gasp`: True for a dying gasp or a power-down word, False for another reason, None where the
    device gives no reason. `value` is the measurement of a weak signal (dBm) or of heat (degrees
    C), or how often an ONU that flaps changed within the hour; `usual` what a signal fell from by a
    step (dBm; None: a threshold was crossed). rx and temperature are the last that were read while
    it was up. `ended_at` and `ending` are set together.
    """

    olt_id: str
    mac: str
    onu_id: str
    name: str | None
    status: Status
    status_raw: str
    priority: Priority
    at: int
    after: int | None = None
    reason: Reason | None = None
    reason_raw: str | None = None
    is_gasp: bool | None = None
    distance_m: int | None = None
    rx_power_dbm: float | None = None
    temperature_c: float | None = None
    value: float | None = None
    usual: float | None = None
    ended_at: int | None = None
    ending: Ending | None = None

    @property
    def pon(self) -> str:
        """The PON's key over all OLTs: `OLT-KEDIRI-01:0/1`."""
        return pon_key(self.olt_id, self.onu_id.rpartition(":")[0])

    @property
    def is_open(self) -> bool:
        """Whether it is still struck."""
        return self.ended_at is None


def pon_key(olt_id: str, pon: str) -> str:
    """The key of a PON over all OLTs: `OLT-KEDIRI-01:0/1`."""
    return f"{olt_id}:{pon}"


class Evidence(NamedTuple):
    """What a verdict rests on.

    `lost` of `of` ONUs (those up at the last good read), in `polls` polls; `gasps` dying gasps
    among the `said` ONUs whose device gives reasons. `is_farther`: all the dead are farther than
    the farthest survivor; `is_stretch`: no survivor among them; None where distances do not tell.
    """

    lost: int
    of: int
    polls: int
    gasps: int
    said: int
    survivors: Survivors | None = None
    is_farther: bool | None = None
    is_stretch: bool | None = None


class Verdict(NamedTuple):
    """What happened, as far as the evidence carries it.

    `bracket_m`: the last survivor's and the first dead ONU's distance (m), between which the fibre
    is broken. `is_interleaved`: dead and living alternate, so it is a branch, not the trunk.
    """

    extent: Extent
    cause: Cause
    confidence: Confidence
    evidence: Evidence
    bracket_m: tuple[int, int] | None = None
    is_interleaved: bool = False


class Incident(NamedTuple):
    """One trouble from its beginning to its end.

    `id` is four letters and digits, unique among what is remembered. `of` maps each PON's key to
    how many of its ONUs were up before. `verdict` is None for what has no cause: everything but
    outages. `grown_at` is when the last ONU was struck, `polls` in how many polls that happened.
    `merged_into` names the incident that this one became part of. `detail` is the error of an OLT
    that does not answer. `acked_at` ends reminders.
    """

    id: str
    kind: Kind
    extent: Extent
    priority: Priority
    opened_at: int
    grown_at: int
    members: tuple[Member, ...] = ()
    olt_ids: tuple[str, ...] = ()
    of: Mapping[str, int] = MappingProxyType({})
    polls: int = 1
    verdict: Verdict | None = None
    after: int | None = None
    closed_at: int | None = None
    acked_at: int | None = None
    merged_into: str | None = None
    detail: str | None = None

    @property
    def pons(self) -> tuple[str, ...]:
        """The keys of its PONs, in order."""
        return tuple(sorted({member.pon for member in self.members}))

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.closed_at is None

    @property
    def standing(self) -> tuple[Member, ...]:
        """Its ONUs that are still struck."""
        return tuple(member for member in self.members if member.is_open)

    @property
    def restored(self) -> int:
        """How many of its ONUs are back."""
        return sum(member.ending is Ending.RESTORED for member in self.members)

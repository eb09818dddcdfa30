"""The public objects, one record each: a field's name is its key in JSON and CSV.

This is the only place where those names stand (interface.md, sections 4 and 5). Times are texts in
ISO 8601 with offset; None is null. Units ride in the names.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

SCHEMA = "eponctl/1"
REPORT_SCHEMA = "eponctl-report/1"
OLT_LIST_SCHEMA = "eponctl-olts/1"
OUTBOX_SCHEMA = "eponctl-outbox/1"
PREVIEW_SCHEMA = "eponctl-preview/1"
INCIDENTS_SCHEMA = "eponctl-incidents/1"
SILENCES_SCHEMA = "eponctl-silences/1"
WHY_SCHEMA = "eponctl-why/1"
ONU_SCHEMA = "eponctl-onu/1"


class SummaryRecord(NamedTuple):
    """All enabled OLTs that were asked for, whatever else was filtered.

    ONUs of an OLT that cannot be read count as they last were; averages leave them out. What is
    abandoned is in `onus`, and in no other number: neither a problem nor expected to be online.
    """

    olts: int
    olts_unreachable: int
    onus: int
    online: int
    problems: int
    uptime_percent: float | None
    avg_temperature_c: float | None
    avg_rx_power_dbm: float | None


class OltRecord(NamedTuple):
    """One OLT of olts.toml. Counts are the last known ones; averages are null while they are."""

    id: str
    name: str
    enabled: bool
    driver: str
    dialect: str | None
    model: str | None
    firmware: str | None
    reachable: bool
    error: str | None
    last_poll_at: str | None
    last_success_at: str | None
    poll_seconds: float | None
    onus: int
    online: int
    problems: int
    avg_temperature_c: float | None
    avg_rx_power_dbm: float | None


class OnuRecord(NamedTuple):
    """One ONU as it was last seen; `stale` says that the last poll did not see it."""

    olt_id: str
    onu_id: str
    pon: str
    name: str | None
    mac: str
    status: str
    status_raw: str
    reason: str | None
    reason_raw: str | None
    priority: str
    problem: bool
    temperature_c: float | None
    rx_power_dbm: float | None
    tx_power_dbm: float | None
    distance_m: int | None
    last_rx_power_dbm: float | None
    last_temperature_c: float | None
    auth_status: str | None
    ctc_status: str | None
    firmware: str | None
    since: str | None
    last_seen_at: str | None
    stale: bool
    optics_at: str | None
    customer: str | None


class AlertRecord(NamedTuple):
    """One event of the history. `delivery` null: no message tells of it."""

    at: str | None
    olt_id: str
    onu_id: str | None
    mac: str | None
    name: str | None
    kind: str
    from_: str | None
    to: str | None
    priority: str
    lasted_seconds: int | None
    delivery: str | None
    customer: str | None


class StatRecord(NamedTuple):
    """One OLT in one poll; `onus` without the disabled ones."""

    at: str | None
    olt_id: str
    ok: bool
    poll_seconds: float
    onus: int
    online: int
    problems: int
    avg_temperature_c: float | None
    avg_rx_power_dbm: float | None
    error: str | None


class OltEntry(NamedTuple):
    """One OLT of olts.toml, as the list of them shows it; never its login."""

    id: str
    name: str
    url: str
    driver: str
    dialect: str | None
    model: str | None
    firmware: str | None
    enabled: bool
    state: str


class PreviewRecord(NamedTuple):
    """One message in its parts; `recipient` is null but for what waits in the outbox."""

    kind: str
    language: str
    parts: tuple[str, ...]
    recipient: str | None


class MessageRecord(NamedTuple):
    """One message of the outbox."""

    id: int
    created_at: str | None
    recipient: str
    kind: str
    state: str
    tries: int
    due_at: str | None
    tried_at: str | None
    outcome: str | None
    error: str | None
    text: str


class IncidentRecord(NamedTuple):
    """One outage, or one OLT that does not answer: of this no ONU was seen, so it counts none.

    `onus` of `of` were lost, `restored` of them are back. `dying_gasps` null: no device of theirs
    says. `bracket_m` is the last survivor's and the first dead ONU's distance. `cause` and
    `confidence` are null only in `why`, of troubles that have no cause.
    """

    id: str
    class_: str
    cause: str | None
    confidence: str | None
    olts: tuple[str, ...]
    pons: tuple[str, ...]
    onus: int
    restored: int
    of: int
    dying_gasps: int | None
    bracket_m: tuple[int, int] | None
    evidence: str
    opened_at: str | None
    told_at: str | None
    closed_at: str | None
    acked_at: str | None


class SilenceRecord(NamedTuple):
    """What somebody wished to hear nothing of, and how many whole OLTs and ONUs that is."""

    id: int
    target: str
    olts: int
    onus: int
    why: str | None
    from_at: str | None
    until_at: str | None
    ended_at: str | None


Record: TypeAlias = (
    SummaryRecord
    | OltRecord
    | OnuRecord
    | AlertRecord
    | StatRecord
    | OltEntry
    | MessageRecord
    | PreviewRecord
    | IncidentRecord
    | SilenceRecord
)


def keys(kind: type[Record]) -> tuple[str, ...]:
    """The names of a record's fields as the outside knows them; `from` is a word of Python."""
    return tuple(name.rstrip("_") for name in kind._fields)


def as_object(record: Record) -> dict[str, object]:
    """A record as JSON has it."""
    return dict(zip(keys(type(record)), record, strict=True))

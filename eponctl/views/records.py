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


class SummaryRecord(NamedTuple):
    """All enabled OLTs that were asked for, whatever else was filtered.

    ONUs of an OLT that cannot be read count as they last were; averages leave them out.
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


Record: TypeAlias = (
    SummaryRecord | OltRecord | OnuRecord | AlertRecord | StatRecord | OltEntry | MessageRecord
)


def keys(kind: type[Record]) -> tuple[str, ...]:
    """The names of a record's fields as the outside knows them; `from` is a word of Python."""
    return tuple(name.rstrip("_") for name in kind._fields)

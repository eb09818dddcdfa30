"""States of OLTs and ONUs to the records that the outside sees. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from functools import lru_cache

from eponctl.model import OltState, OnuState, onu_priority
from eponctl.settings import OltSettings
from eponctl.store.queries import Tally
from eponctl.views.records import OltEntry, OltRecord, OnuRecord, SummaryRecord

Iso = Callable[[int | None], str | None]
"""UTC seconds to ISO 8601 with offset; None stays None."""

_ALL = 100.0


class OltCondition(StrEnum):
    """How an OLT is doing, in one word; `partial`: some of its PONs could not be read."""

    OK = "ok"
    PARTIAL = "partial"
    UNREACHABLE = "unreachable"
    NEVER_POLLED = "never_polled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Watched:
    """One OLT of olts.toml and what is remembered of it; a fresh state if it was never polled."""

    olt: OltSettings
    state: OltState
    tally: Tally

    @property
    def is_reachable(self) -> bool:
        """Whether it was ever polled, and could be read the last time."""
        return self.state.last_poll_at is not None and self.state.failures == 0

    @property
    def condition(self) -> OltCondition:
        """How it is doing, as far as anybody looks."""
        if not self.olt.enabled:
            return OltCondition.DISABLED
        if self.state.last_poll_at is None:
            return OltCondition.NEVER_POLLED
        if self.state.failures:
            return OltCondition.UNREACHABLE
        return OltCondition.PARTIAL if self.state.failed_pons else OltCondition.OK


def iso_in(zone: tzinfo) -> Iso:
    """A function that writes times in this zone; rows of one poll share theirs, so it remembers."""

    @lru_cache(maxsize=4096)
    def iso(at: int | None) -> str | None:
        return None if at is None else datetime.fromtimestamp(at, zone).isoformat()

    return iso


def is_stale(onu: OnuState, olt: OltState) -> bool:
    """Whether the last poll did not see it: the row is the last known state."""
    return olt.failures > 0 or onu.missed > 0 or onu.pon in olt.failed_pons


def last_seen_at(onu: OnuState, olt: OltState) -> int | None:
    """When it was last seen; not kept per ONU while that is whenever its OLT or PON was read."""
    if onu.missed:
        return onu.seen_at
    read_at = olt.failed_pons.get(onu.pon, olt.last_success_at)
    return onu.seen_at if read_at is None else read_at


def optics_at(onu: OnuState, olt: OltState) -> int | None:
    """When its optics were last measured; not kept per ONU while that is whenever it is seen up."""
    if onu.optics_at is not None:
        return onu.optics_at
    is_measured = (onu.temperature_c, onu.rx_power_dbm, onu.tx_power_dbm) != (None, None, None)
    return last_seen_at(onu, olt) if is_measured else None


def onu_record(onu: OnuState, olt: OltState, iso: Iso, customer: str | None = None) -> OnuRecord:
    """One ONU, and its customer's name, as the outside sees them."""
    return OnuRecord(
        olt_id=onu.olt_id,
        onu_id=onu.onu_id,
        pon=onu.pon,
        name=onu.name,
        mac=onu.mac,
        status=onu.status,
        status_raw=onu.status_raw,
        reason=onu.reason,
        reason_raw=onu.reason_raw,
        priority=onu_priority(onu),
        problem=onu.is_problem,
        temperature_c=rounded(onu.temperature_c, 2),
        rx_power_dbm=rounded(onu.rx_power_dbm, 2),
        tx_power_dbm=rounded(onu.tx_power_dbm, 2),
        distance_m=onu.distance_m,
        last_rx_power_dbm=rounded(onu.last_rx_power_dbm, 2),
        last_temperature_c=rounded(onu.last_temperature_c, 2),
        auth_status=onu.auth_status,
        ctc_status=onu.ctc_status,
        firmware=onu.firmware,
        since=iso(onu.since),
        last_seen_at=iso(last_seen_at(onu, olt)),
        stale=is_stale(onu, olt),
        optics_at=iso(optics_at(onu, olt)),
        customer=customer,
    )


def olt_record(watched: Watched, iso: Iso) -> OltRecord:
    """One OLT as the outside sees it; what was measured before it fell silent is no average."""
    olt, state, tally = watched.olt, watched.state, watched.tally
    measured = tally if watched.is_reachable else Tally()
    return OltRecord(
        id=olt.id,
        name=olt.name,
        enabled=olt.enabled,
        driver=state.driver or olt.driver,
        dialect=state.dialect,
        model=state.model,
        firmware=state.firmware,
        reachable=watched.is_reachable,
        error=state.error,
        last_poll_at=iso(state.last_poll_at),
        last_success_at=iso(state.last_success_at),
        poll_seconds=None if state.poll_ms is None else state.poll_ms / 1000,
        onus=tally.onus,
        online=tally.online,
        problems=tally.problems,
        avg_temperature_c=_mean(measured.temperature_sum, measured.temperatures, digits=1),
        avg_rx_power_dbm=_mean(measured.power_sum, measured.powers, digits=2),
    )


def summary_record(olts: Iterable[Watched]) -> SummaryRecord:
    """The enabled ones of these OLTs together."""
    enabled = [watched for watched in olts if watched.olt.enabled]
    whole = total_of(enabled)
    measured = _sum(watched.tally for watched in enabled if watched.is_reachable)
    return SummaryRecord(
        olts=len(enabled),
        olts_unreachable=sum(watched.state.failures > 0 for watched in enabled),
        onus=whole.onus,
        online=whole.online,
        problems=whole.problems,
        uptime_percent=percent(whole.online, whole.expected),
        avg_temperature_c=_mean(measured.temperature_sum, measured.temperatures, digits=1),
        avg_rx_power_dbm=_mean(measured.power_sum, measured.powers, digits=2),
    )


def total_of(olts: Iterable[Watched]) -> Tally:
    """Counts of the enabled ones of these OLTs together."""
    return _sum(watched.tally for watched in olts if watched.olt.enabled)


def olt_entry(watched: Watched) -> OltEntry:
    """One OLT as the list of OLTs shows it."""
    olt, state = watched.olt, watched.state
    return OltEntry(
        id=olt.id,
        name=olt.name,
        url=olt.url,
        driver=state.driver or olt.driver,
        dialect=state.dialect,
        model=state.model,
        firmware=state.firmware,
        enabled=olt.enabled,
        state=watched.condition,
    )


def percent(part: int, whole: int) -> float | None:
    """One decimal; 100.0 only when it is all of them. None of nothing."""
    if whole <= 0:
        return None
    exact = _ALL * part / whole
    return round(exact if part == whole else min(exact, 99.9), 1)


def rounded(value: float | None, digits: int) -> float | None:
    """The value with so many decimals, and no "-0.0"."""
    return None if value is None else round(value, digits) + 0.0


def _mean(total: float, count: int, *, digits: int) -> float | None:
    return rounded(total / count, digits) if count else None


def _sum(tallies: Iterable[Tally]) -> Tally:
    columns = list(zip(*tallies, strict=True))
    return Tally(*map(sum, columns)) if columns else Tally()

"""What the driver's tests share: the notes' view of a simulated ONU, and one read of an OLT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from eponctl import driver
from eponctl.driver import Known
from eponctl.drivers import hioso
from eponctl.model import OltReading, OnuReading, Reason, Status
from eponctl.simulator import SimOlt, SimOnu
from eponctl.web import Web

STATUSES = {
    "Up": Status.UP,
    "Down": Status.DOWN,
    "PwrDown": Status.PWRDOWN,
    "LoopDetected": Status.LOOP,
}
REASONS = {
    0: (None, "Other"),
    1: (Reason.TIMEOUT, "TIMEOUT"),
    2: (Reason.DEREGISTERED, "ONU-init"),
    3: (Reason.DEREGISTERED, "OLT-init"),
    4: (Reason.AUTH_FAILED, "RejectByBlackList"),
    5: (Reason.AUTH_FAILED, "RejectByWhiteList"),
}
UNSURE = {0: "0 (Timeout or Other)", 1: "1 (Dying_gasp or TIMEOUT)"}
CTC = (None, "MpcpDiscovery", "MpcpSla", "CtcInfo", "RequestCfg", "CtcNegDone")
HAS_COUNTERS = {"A22", "A23", "A24", "B18", "B13+B18"}


def _distance(onu: SimOnu, dialect: str) -> int | None:
    """Field notes, section 5: 157 m are taken off once on B13, twice elsewhere."""
    metres = onu.rtt * 1.6393
    if dialect == "B12" or onu.rtt <= 1:
        return None
    metres -= 157
    if dialect in {"B13", "B13+B18"}:
        return max(1, round(metres))
    return round(metres - 157) if metres > 157 else 1


def _outage(onu: SimOnu, dialect: str) -> tuple[Status, Reason | None, str | None]:
    """Status, reason and the reason's text for what the dialect shows of an ONU."""
    # B18 has no word for a loss of power.
    word = "Down" if dialect == "B18" and onu.status == "PwrDown" else onu.status
    status = STATUSES.get(word, Status.UNKNOWN)
    if dialect[0] == "A" and onu.auth == 2:
        return Status.DISABLED, Reason.ADMIN, "Deactivate"
    if status not in {Status.DOWN, Status.PWRDOWN} or dialect not in HAS_COUNTERS:
        return status, None, None
    if dialect[0] == "A" and not onu.dying_gasp:
        return status, *REASONS[onu.offline_reason]
    if dialect[0] == "A" or (dialect == "B13+B18" and status is Status.PWRDOWN):
        return Status.PWRDOWN, Reason.DYING_GASP, "Dying_gasp"
    return status, None, UNSURE[int(onu.dying_gasp or onu.status == "PwrDown")]


def expected_of(onu: SimOnu, dialect: str) -> OnuReading:
    """The reading of an ONU by the field notes; its uptime to within seconds."""
    status, reason, raw = _outage(onu, dialect)
    is_up = status is Status.UP
    word = "Down" if dialect == "B18" and onu.status == "PwrDown" else onu.status
    name = onu.name.decode("utf-8", "replace") if isinstance(onu.name, bytes) else onu.name
    ctc = 1 if dialect in {"A11", "A16"} and onu.is_lost and onu.ctc == 5 else onu.ctc
    return OnuReading(
        onu.onu_id,
        onu.mac.upper(),
        None if name == "NA" else name.strip(),
        status,
        word,
        reason,
        raw,
        onu.temperature_c if is_up else None,
        onu.rx_power_dbm if is_up else None,
        onu.tx_power_dbm if is_up else None,
        _distance(onu, dialect) if is_up else None,
        ("Deactivate" if onu.auth == 2 else "Activate") if dialect[0] == "A" else None,
        CTC[ctc] if dialect[0] == "A" else None,
        onu.firmware,
        onu.uptime() if is_up and dialect in HAS_COUNTERS else None,
        onu.deregister_count if dialect in HAS_COUNTERS else None,
    )


def _without_uptime(onu: OnuReading) -> OnuReading:
    return onu._replace(uptime_s=None)


@dataclass(frozen=True)
class Rules:
    """How one read of an OLT is made and compared."""

    web_to: Callable[..., Web]

    def poll(
        self, olt: SimOlt, known: Known | None = None, seconds: float = 20.0, **limits: float
    ) -> OltReading:
        """One read, as the poll does it; pages slow for the device are asked for."""
        known = known or Known()
        web = self.web_to(olt, seconds, **limits)
        with web.within():
            scrape = hioso.fetch(web, known)
        return driver.believed(hioso.read(scrape, known), known)

    def expected(self, olt: SimOlt) -> list[OnuReading]:
        return [_without_uptime(expected_of(onu, olt.dialect)) for onu in olt.onus]

    def seen(self, reading: OltReading) -> list[OnuReading]:
        return [_without_uptime(onu) for onu in reading.onus]

    def known(self, olt: SimOlt, reading: OltReading) -> Known:
        """What the next poll knows."""
        counts = {pon: len(olt.on_pon(pon)) for pon in olt.pons}
        return Known(reading.memory, counts, wants_slow_pages=False)


@pytest.fixture
def rules(web_to: Callable[..., Web]) -> Rules:
    """Read simulated OLTs, and compare with the notes' view of them."""
    return Rules(web_to)

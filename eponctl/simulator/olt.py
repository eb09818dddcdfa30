"""One simulated OLT: its ONUs, its settings, its faults and the record of what was asked of it.

Data and plain state changes only; pages are made in `site`, connections in `oltserver`.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, NamedTuple, get_args
from urllib.parse import unquote

from eponctl.simulator.faults import Fault
from eponctl.simulator.onu import DEVICE_UTC_OFFSET, SimOnu, device_now

#: The letter is the page family, the number the values per row; `B13+B18` has the per-PON and the
#: whole-box page.
Dialect = Literal["A11", "A16", "A22", "A23", "A24", "B12", "B13", "B18", "B13+B18"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

#: A long-running farm forgets the oldest requests beyond this number.
LOG_LIMIT = 20_000
#: Lines kept in the device's own log: 27 pages of 20.
SYSLOG_LINES = 540


class Served(NamedTuple):
    """One request that reached an OLT; `status` is 0 when there was no HTTP answer."""

    at: float
    method: str
    path: str
    status: int


@dataclass(eq=False)
class SimOlt:
    """An OLT of one page dialect.

    `latency` is seconds per page. `fault` holds for every page; `page_faults` for the pages whose
    path and query begin with the key (the longest key wins, and wins over `fault`); `fault_queue`
    gives the next requests one fault each before all others. `missing_array_times` counts down
    over pages that come without their array. `rows_per_page` limits per-PON pages. `counters`
    puts ONU totals on family B's PON list, `counter_override` replaces the text of single PONs.
    `b12_last` says whether dialect B12 prints its last value as a bare number or not at all.
    `b18_reason` chooses between the two readings of column 14 of the 18-column page. With a
    `certificate` (its file, and its key's) it speaks TLS. After a farm has started the OLT, `url`
    is where it listens.
    """

    #: What serves it on the network; None: `oltserver.OltServer`.
    server_class: ClassVar[Any] = None

    name: str
    dialect: Dialect
    onus: list[SimOnu] = field(default_factory=list)
    username: str = "admin"
    password: str = "admin"  # noqa: S105  (of an invented device)
    latency: float = 0.0
    model: str = "HA7304C"
    firmware: str = "V2.3.1"
    uptime_seconds: int = 26_891
    mac: str = "02:00:5E:00:00:01"
    fault: Fault = Fault.NONE
    page_faults: dict[str, Fault] = field(default_factory=dict)
    fault_queue: list[Fault] = field(default_factory=list)
    missing_array_times: int = 0
    quote_style: Literal["backslash", "raw"] = "backslash"
    rows_per_page: int | None = None
    no_pon_list: bool = False
    counters: bool = True
    counter_override: dict[str, str] = field(default_factory=dict)
    b12_last: Literal["bare", "absent"] = "bare"
    b18_reason: Literal["gasp-flag", "reason-code"] = "gasp-flag"
    drip_seconds: float = 0.2
    redirect_to: str = "http://192.0.2.1/index.asp"
    utc_offset: timedelta = DEVICE_UTC_OFFSET
    pons: list[str] = field(default_factory=list)
    certificate: tuple[str, str] | None = None
    log: list[Served] = field(default_factory=list, repr=False)
    violations: list[Served] = field(default_factory=list, repr=False)
    served_concurrently_max: int = 0
    syslog: deque[str] = field(default_factory=lambda: deque(maxlen=SYSLOG_LINES), repr=False)
    started_at: float = field(default_factory=time.time, repr=False)
    host: str = field(default="", init=False)
    port: int = field(default=0, init=False)
    on_fault: Callable[[], None] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the dialect and list the PON ports the ONUs are on, unless they were given."""
        if self.dialect not in DIALECTS:
            msg = f"unknown dialect {self.dialect!r}; known: {', '.join(DIALECTS)}"
            raise ValueError(msg)
        if not self.pons:
            self.pons = sorted({onu.pon for onu in self.onus}, key=_numbers)

    def __setattr__(self, name: str, value: object) -> None:
        """Store the value; tell the server of a new fault, for its socket may have to close."""
        object.__setattr__(self, name, value)
        if name == "fault" and self.on_fault is not None:
            self.on_fault()

    @property
    def family(self) -> str:
        """`A` or `B`: which set of pages the device has."""
        return self.dialect[0]

    @property
    def kind(self) -> str:
        """What sort of device it is, for people."""
        return self.dialect

    @property
    def whole_box_columns(self) -> int | None:
        """Values per row on the page of all PONs; None when the firmware lacks that page."""
        return {"A22": 22, "A23": 23, "A24": 24, "B18": 18, "B13+B18": 18}.get(self.dialect)

    @property
    def pon_columns(self) -> int | None:
        """Values per row on the page of one PON; None when the firmware lacks that page."""
        if self.dialect == "B18":
            return None
        if self.dialect == "B12":
            return 13 if self.b12_last == "bare" else 12
        if self.family == "B":
            return 13
        return 11 if self.dialect == "A11" else 16

    @property
    def url(self) -> str:
        """The address, no slash at the end. RuntimeError before a farm has started the OLT."""
        if not self.port:
            msg = f"{self.name} is not being served: start a Farm with it first"
            raise RuntimeError(msg)
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    def onu(self, onu_id: str) -> SimOnu:
        """Return the ONU with this id; KeyError when there is none."""
        for onu in self.onus:
            if onu.onu_id == onu_id:
                return onu
        raise KeyError(onu_id)

    def on_pon(self, pon: str) -> list[SimOnu]:
        """Return the ONUs of one PON port, in the order of the list."""
        return [onu for onu in self.onus if onu.pon == pon]

    def now(self) -> datetime:
        """Tell what the OLT's clock shows."""
        return device_now(self.utc_offset)

    def lose(self, onu_id: str, reason: int = 1, *, gasp: bool = False, word: str = "Down") -> None:
        """Take an ONU off the PON (see `SimOnu.lose`) and note it in the device's own log."""
        onu = self.onu(onu_id)
        onu.lose(reason, gasp=gasp, word=word, now=self.now())
        if gasp or word == "PwrDown":
            self.note(f"EPON: Onu {onu_id} {onu.mac.lower()} dying-gasp")
        self.note(f"EPON: Slot {onu_id} Onu {onu.mac.lower()}[{_log_name(onu)}] Lost")

    def restore(self, onu_id: str) -> None:
        """Bring an ONU back (see `SimOnu.restore`) and note it in the device's own log."""
        onu = self.onu(onu_id)
        onu.restore(now=self.now())
        self.note(f"EPON: Onu {onu_id} {onu.mac.lower()} [{_log_name(onu)}] Discovery")

    def restart(self, onu_id: str) -> None:
        """Let an ONU re-register unseen (see `SimOnu.restart`)."""
        onu = self.onu(onu_id)
        onu.restart(now=self.now())
        self.note(f"EPON: Onu {onu_id} {onu.mac.lower()} [{_log_name(onu)}] Discovery")

    def note(self, line: str) -> None:
        """Add a line to the device's own log (family B shows it on a page)."""
        moment = self.now()
        self.syslog.append(f"{moment:%b} {moment.day} {moment:%H:%M:%S} {line}")

    def fault_of(self, target: str) -> tuple[Fault, bool]:
        """Choose the fault for a request and say whether it is meant for this very page or request.

        `target` is path and query as sent; keys of `page_faults` are compared with it both
        percent-encoded and decoded. Takes the first of `fault_queue` away.
        """
        if self.fault_queue:
            return self.fault_queue.pop(0), True
        decoded = unquote(target)
        for prefix in sorted(self.page_faults, key=len, reverse=True):
            if target.startswith(prefix) or decoded.startswith(prefix):
                return self.page_faults[prefix], True
        return self.fault, False

    def record(self, served: Served, *, violation: bool = False) -> None:
        """Add a request to the log, and to `violations` when it would have changed the device."""
        if len(self.log) >= LOG_LIMIT:
            del self.log[: LOG_LIMIT // 2]
        self.log.append(served)
        if violation:
            self.violations.append(served)


def _numbers(pon: str) -> list[int]:
    """Order PON ids by their numbers, so that `0/10` comes after `0/9`."""
    return [int(digits) for digits in re.findall(r"\d+", pon)]


def _log_name(onu: SimOnu) -> str:
    """Return the name as the log's brackets hold it; the log spells an unset name `Na`."""
    name = onu.name.decode("utf-8", "replace") if isinstance(onu.name, bytes) else onu.name
    return "Na" if name == "NA" else name

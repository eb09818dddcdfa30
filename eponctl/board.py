"""What the JSON of the `/board` family (HSGQ) says of the device itself: model, clock, PONs. Pure.

What it says of ONUs is boardlist.py's. Evidence: field notes on other web dialects, section 2.
Which pages a device has, and how one gets at them, is drivers/hsgq.py's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, NamedTuple

from eponctl import units
from eponctl.envelope import content, of, text, whole
from eponctl.errors import PageChanged, SessionBusy, UnknownFirmware
from eponctl.model import OltFacts
from eponctl.web import Page

MOST_PONS = 64
GPON = 2
OTHER = "check the OLT's url and its `driver` in olts.toml"


class Clock(NamedTuple):
    """The device's own clock, without a zone, and how long the device is up."""

    now: datetime
    uptime: timedelta


class Port(NamedTuple):
    """A PON by its number, and how many ONUs the device counts there; None: it does not."""

    port: int
    onus: int | None


# --- the device itself ------------------------------------------------------------------------


def check_front(page: Page) -> None:
    """Refuse the front page of anything but an EPON device of this family."""
    if page.body.strip() and not page.body.lstrip().startswith(b"{"):
        raise UnknownFirmware(f"{page.path}: not the answer of this family", OTHER)
    found = front(page)
    if found is not None and not _model(found) and whole(of(found, "ponports")) is None:
        raise UnknownFirmware(f"{page.path}: it names no product", OTHER)
    refuse_gpon(found)


def front(page: Page) -> Any:
    """What the front page holds; None where it is for those who are logged in."""
    try:
        return content(page)
    except SessionBusy:
        return None


def refuse_gpon(board: Any) -> None:
    """Raise UnknownFirmware where a device says that it is of another sort."""
    if whole(of(board, "device_type")) == GPON:
        raise UnknownFirmware("a GPON build: this driver reads EPON only", OTHER)


def is_telling(board: Any) -> bool:
    """Whether the front page has all that the system page would be asked for."""
    return bool(has_facts(board) and of(board, "device_type"))


def has_facts(board: Any) -> bool:
    """Whether this page names model and firmware."""
    return bool(_model(board) and _firmware(board))


def facts(board: Any, clock: Clock | None) -> OltFacts:
    """What the device says of itself."""
    return OltFacts(_model(board), _firmware(board), str(clock.uptime) if clock else None)


def _model(board: Any) -> str | None:
    return units.label(text(of(board, "product_name")))


def _firmware(board: Any) -> str | None:
    return units.label(text(of(board, "fw_ver"))) or units.label(text(of(board, "sys_ver")))


def clock(times: Any) -> Clock | None:
    """The device's clock; None where it is none."""
    try:
        days, hours, minutes, seconds = of(times, "uptime")
        year, month, day, *time = of(times, "time_now")
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        # Its zone does not matter: only differences of its own times are looked at.
        return Clock(datetime.combine(date(year, month, day), clock_time(*time), UTC), length)
    except (TypeError, ValueError, OverflowError):
        return None


# --- its PONs ---------------------------------------------------------------------------------


def pon_of(port: int | str) -> str:
    """The PON of this number, as an ONU's id has it."""
    return f"0/{port}"


def ports(page: Page) -> list[Port]:
    """The PONs of a device, in order, with its own counts. Raises PageChanged."""
    rows = content(page)
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_PONS:
        raise PageChanged(f"{page.path}: no list of PONs")
    found: dict[int, Port] = {}
    for row in rows:
        port = whole(of(row, "port_id"))
        if not port or port in found:
            raise PageChanged(
                f"{page.path}: the list of PONs has a row without a number of its own"
            )
        counts = [whole(of(row, key)) for key in ("online", "offline")]
        sums = [count for count in counts if count is not None and count >= 0]
        found[port] = Port(port, sum(sums) if len(sums) == len(counts) else None)
    return [found[port] for port in sorted(found)]

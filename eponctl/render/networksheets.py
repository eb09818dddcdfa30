"""`status` as a page: its head and its ONUs, and what their colours mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import lru_cache, partial
from typing import TypeVar

from eponctl.model import Heat, OltState, OnuState, Priority, Signal, Status, onu_priority
from eponctl.render import values
from eponctl.render.oltsheets import experimental, olts_sheet
from eponctl.render.sheet import (
    NOTHING,
    OLT,
    Column,
    Line,
    Page,
    Sheet,
    Style,
    by_word,
    warning,
    without_empty,
)
from eponctl.views.network import is_stale, last_seen_at, summary_record, total_of
from eponctl.views.status import NetworkStatus

OLD_S = 900
"""A last poll this long ago is called out: cron has stopped, or nothing can be written."""

STATUSES = by_word(
    {
        Status.UP: Style.GOOD,
        Status.DOWN: Style.BAD,
        Status.PWRDOWN: Style.WORST,
        Status.LOOP: Style.BAD,
        Status.UNKNOWN: Style.WARN,
        Status.DISABLED: Style.FAINT,
    }
)
PRIORITIES = by_word(
    {
        Priority.CRITICAL: Style.WORST,
        Priority.HIGH: Style.BAD,
        Priority.MEDIUM: Style.WARN,
        Priority.NORMAL: Style.FAINT,
    }
)


def _last(text: str) -> Style:
    return Style.FAINT if text.startswith("(") else Style.PLAIN


# --- a whole page -----------------------------------------------------------------------------


def status_page(status: NetworkStatus, zone: tzinfo) -> Page:
    """Summary, OLTs, and the ONUs that were asked for."""
    return Page(
        tuple(head_lines(status, zone)),
        (olts_sheet(status.olts, status.now), onus_sheet(status, zone)),
    )


def head_lines(status: NetworkStatus, zone: tzinfo) -> Iterator[Line]:
    """How many there are of what, when that was, and what is not to be trusted blindly."""
    total = summary_record(status.olts)
    share = "" if total.uptime_percent is None else f" ({values.percent(total.uptime_percent)})"
    yield Line(
        f"{values.counted(total.olts, 'OLT')}, {total.olts_unreachable} unreachable; "
        f"{values.counted(total.onus, 'ONU')}: {total.online} online{share}, "
        f"{values.counted(total.problems, 'problem')}",
        Style.BAD if total.olts_unreachable else Style.WARN if total.problems else Style.GOOD,
    )
    abandoned = total_of(status.olts).abandoned
    if abandoned:
        yield Line(f"abandoned: {abandoned}, in no count; `status --state abandoned` lists them")
    polls = [
        watched.state.last_poll_at
        for watched in status.olts
        if watched.olt.enabled and watched.state.last_poll_at is not None
    ]
    if not polls:
        return
    last = max(polls)
    ago = values.age(last, status.now)
    average = (values.celsius(total.avg_temperature_c), values.dbm(total.avg_rx_power_dbm))
    means = ", ".join(text for text in average if text != NOTHING)
    yield Line(
        (f"average {means}; " if means else "")
        + f"last poll {values.moment(last, zone)}, {ago} ago"
    )
    if status.now - last >= OLD_S:
        yield Line(
            f"! OLD: the last poll was {ago} ago; does `eponctl poll` still run?", Style.WORST
        )
    # Not under the table: a pipe gets no notes.
    yield from experimental(
        (watched.olt.id, watched.state.dialect) for watched in status.olts if watched.olt.enabled
    )


# --- ONUs -------------------------------------------------------------------------------------

_ONU_COLUMNS = (
    OLT,
    Column("ONU"),
    Column("NAME", least=12, style_of=lambda _: Style.STRONG),
    Column("CUSTOMER", least=8),
    Column("STATUS", style_of=STATUSES),
    Column("REASON", least=8),
    Column("PRIORITY", rank=3, style_of=PRIORITIES),
    Column("FOR", is_right=True),
    Column("RX", rank=2, is_right=True, style_of=_last),
    Column("TEMP", rank=4, is_right=True, style_of=_last),
    Column("DISTANCE", rank=5, is_right=True),
    Column("STALE", rank=1, style_of=warning),
    Column("MAC", rank=6),
    Column("SINCE", rank=7),
    Column("SEEN", rank=8, is_right=True),
)


# A column that the rows are in the order of is never left out.
_SORTED = {
    "mac": "MAC",
    "priority": "PRIORITY",
    "rx": "RX",
    "temperature": "TEMP",
    "distance": "DISTANCE",
}


def onus_sheet(status: NetworkStatus, zone: tzinfo) -> Sheet:
    """The ONUs that were asked for."""
    row, states, customers = _rower(status.now, zone), status.states, status.customers
    rows = [row(onu, states[onu.olt_id], customers.get(onu.mac)) for onu in status.onus]
    sorted_by = _SORTED.get(status.wanted.sort or "")
    columns = tuple(
        replace(column, rank=0) if column.title == sorted_by else column for column in _ONU_COLUMNS
    )
    if len(status.olts) == 1:
        columns = (replace(columns[0], rank=9), *columns[1:])
    sheet = Sheet(
        f"{'Problems' if status.wanted.lists_problems else 'ONUs'}: {len(rows)}",
        columns,
        rows,
        tuple(_notes(rows)),
        empty=_empty(status),
    )
    return without_empty(sheet, "CUSTOMER")


def _empty(status: NetworkStatus) -> str:
    if status.wanted.narrows or not status.wanted.lists_problems:
        return "No ONU fits."
    if any(watched.olt.enabled and not watched.is_reachable for watched in status.olts):
        return "No ONU was a problem when it was last read; not all OLTs could be read."
    return "No problems."


def _rower(now: int, zone: tzinfo) -> Callable[[OnuState, OltState, str | None], tuple[str, ...]]:
    """A function from ONUs to rows; many share their values, so each is put into words once."""
    dbm, celsius, distance = _once(values.dbm), _once(values.celsius), _once(values.distance)
    age = _once(partial(values.age, now=now))
    moment = _once(partial(values.moment, zone=zone))

    def row(onu: OnuState, olt: OltState, customer: str | None) -> tuple[str, ...]:
        rx, temperature = onu.rx_power_dbm, onu.temperature_c
        is_off = onu.status is not Status.UP
        if is_off and rx is None and onu.last_rx_power_dbm is not None:
            rx_text = f"({dbm(onu.last_rx_power_dbm)})"
        else:
            rx_text = dbm(rx)
        if is_off and temperature is None and onu.last_temperature_c is not None:
            heat_text = f"({celsius(onu.last_temperature_c)})"
        else:
            heat_text = celsius(temperature)
        return (
            onu.olt_id,
            values.words(onu.onu_id),
            values.words(onu.name),
            values.words(customer),
            onu.status,
            _reason(onu),
            onu_priority(onu),
            age(onu.since),
            rx_text,
            heat_text,
            distance(onu.distance_m),
            "stale" if is_stale(onu, olt) else NOTHING,
            values.words(onu.mac),
            moment(onu.since),
            age(last_seen_at(onu, olt)),
        )

    return row


T = TypeVar("T")


def _once(call: Callable[[T], str]) -> Callable[[T], str]:
    return lru_cache(maxsize=4096)(call)


def _reason(onu: OnuState) -> str:
    """Why it is a problem: the threshold that is crossed, or what the device says."""
    if onu.status is not Status.UP:
        raw = onu.status_raw if onu.status is Status.UNKNOWN else None
        return values.word(onu.reason) if onu.reason else values.words(onu.reason_raw or raw)
    if onu.heat is Heat.HIGH:
        return "high temp" if onu.signal is Signal.OK else f"high temp, {_SIGNALS[onu.signal]}"
    return _SIGNALS[onu.signal]


_SIGNALS = {
    Signal.OK: NOTHING,
    Signal.WEAK: "weak signal",
    Signal.STEPPED: "signal fell",
    Signal.OVERLOAD: "overload",
}


def _notes(rows: Sequence[Sequence[str]]) -> Iterator[Line]:
    places = {column.title: place for place, column in enumerate(_ONU_COLUMNS)}
    if any(
        row[places["RX"]].startswith("(") or row[places["TEMP"]].startswith("(") for row in rows
    ):
        yield Line("(…): the last value that was read while it was up", Style.FAINT, ("RX", "TEMP"))
    if any(row[places["STALE"]] != NOTHING for row in rows):
        yield Line(
            "stale: the last poll did not see it; this is how it was before", Style.WARN, ("STALE",)
        )

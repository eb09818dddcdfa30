"""`status` and `olt list` as pages: what stands in which column, and what its colour means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from functools import lru_cache

from eponctl.commands.status import NetworkStatus
from eponctl.model import Heat, OltState, OnuState, Priority, Signal, Status, onu_priority
from eponctl.render import values
from eponctl.render.sheet import NOTHING, Column, Line, Page, Sheet, Style, by_word
from eponctl.views.network import (
    OltCondition,
    Watched,
    is_stale,
    last_seen_at,
    olt_entry,
    percent,
    summary_record,
)

OLD_S = 900
"""A last poll this long ago is called out: cron has stopped, or nothing can be written."""

CONDITIONS = by_word(
    {
        values.word(OltCondition.OK): Style.GOOD,
        values.word(OltCondition.PARTIAL): Style.WARN,
        values.word(OltCondition.UNREACHABLE): Style.WORST,
        values.word(OltCondition.NEVER_POLLED): Style.WARN,
        values.word(OltCondition.DISABLED): Style.FAINT,
    }
)
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


def _count(text: str) -> Style:
    return Style.GOOD if text == "0" else Style.BAD


def _last(text: str) -> Style:
    return Style.FAINT if text.startswith("(") else Style.PLAIN


def _warning(text: str) -> Style:
    return Style.PLAIN if text == NOTHING else Style.WARN


# --- a whole page -----------------------------------------------------------------------------


def status_page(status: NetworkStatus, zone: tzinfo) -> Page:
    """Summary, OLTs, and the ONUs that were asked for."""
    return Page(tuple(_head(status, zone)), (_olts(status), _onus(status, zone)))


def _head(status: NetworkStatus, zone: tzinfo) -> Iterator[Line]:
    total = summary_record(status.olts)
    share = "" if total.uptime_percent is None else f" ({values.percent(total.uptime_percent)})"
    yield Line(
        f"{_counted(total.olts, 'OLT')}, {total.olts_unreachable} unreachable; "
        f"{_counted(total.onus, 'ONU')}: {total.online} online{share}, "
        f"{_counted(total.problems, 'problem')}",
        Style.BAD if total.olts_unreachable else Style.WARN if total.problems else Style.GOOD,
    )
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
        (f"average {means}; " if means else "") + f"last poll {values.moment(last, zone)}, {ago} ago"
    )
    if status.now - last >= OLD_S:
        yield Line(f"! OLD: the last poll was {ago} ago; does `eponctl poll` still run?", Style.WORST)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


# --- OLTs -------------------------------------------------------------------------------------

_OLT_COLUMNS = (
    Column("OLT", style_of=lambda _: Style.STRONG),
    Column("NAME", rank=3, least=10),
    Column("STATE", style_of=CONDITIONS),
    Column("ONLINE", is_right=True),
    Column("SHARE", rank=5, is_right=True),
    Column("PROBLEMS", is_right=True, style_of=_count),
    Column("TEMP", rank=4, is_right=True),
    Column("RX", rank=4, is_right=True),
    Column("POLLED", rank=1, is_right=True),
    Column("READ", rank=6, is_right=True),
    Column("ERROR", rank=7, least=24, style_of=_warning),
)


def _olts(status: NetworkStatus) -> Sheet:
    rows = [_olt(watched, status.now) for watched in status.olts]
    return Sheet(
        "OLTs (POLLED, READ: how long ago the last poll and the last good one were)",
        _OLT_COLUMNS,
        rows,
        empty="No OLT in olts.toml yet; `eponctl olt add` adds one.",
    )


def _olt(watched: Watched, now: int) -> tuple[str, ...]:
    olt, state, tally = watched.olt, watched.state, watched.tally
    if not olt.enabled:
        nothing = (NOTHING,) * (len(_OLT_COLUMNS) - 3)
        return (values.words(olt.id), values.words(olt.name), values.word(watched.condition), *nothing)
    has_values = watched.is_reachable
    mean_c = tally.temperature_sum / tally.temperatures if tally.temperatures else None
    mean_dbm = tally.power_sum / tally.powers if tally.powers else None
    return (
        values.words(olt.id),
        values.words(olt.name),
        values.word(watched.condition),
        f"{tally.online}/{tally.onus - tally.disabled}",
        values.percent(percent(tally.online, tally.onus - tally.disabled)),
        str(tally.problems),
        values.celsius(mean_c if has_values else None),
        values.dbm(mean_dbm if has_values else None),
        values.age(state.last_poll_at, now),
        values.age(state.last_success_at, now),
        values.words(state.error),
    )


# --- ONUs -------------------------------------------------------------------------------------

_ONU_COLUMNS = (
    Column("OLT", least=8),
    Column("ONU"),
    Column("NAME", least=10, style_of=lambda _: Style.STRONG),
    Column("STATUS", style_of=STATUSES),
    Column("REASON", least=8),
    Column("PRIORITY", rank=2, style_of=PRIORITIES),
    Column("FOR", is_right=True),
    Column("RX", rank=1, is_right=True, style_of=_last),
    Column("TEMP", rank=3, is_right=True, style_of=_last),
    Column("DISTANCE", rank=4, is_right=True),
    Column("STALE", rank=1, style_of=_warning),
    Column("MAC", rank=5),
    Column("SINCE", rank=6),
    Column("SEEN", rank=7, is_right=True),
)


def _onus(status: NetworkStatus, zone: tzinfo) -> Sheet:
    states = status.states
    moment = lru_cache(maxsize=4096)(lambda at: values.moment(at, zone))
    rows = [
        (*_onu(onu, status.now), *_seen(onu, states[onu.olt_id], status.now), moment(onu.since))
        for onu in status.onus
    ]
    return Sheet(
        f"{'Problems' if status.wanted.lists_problems else 'ONUs'}: {len(rows)}",
        _ONU_COLUMNS,
        rows,
        tuple(_notes(status)),
        empty="No problems." if status.wanted == type(status.wanted)() else "No ONU fits.",
    )

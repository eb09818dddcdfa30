"""OLTs as tables: how they are doing, and the list of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from eponctl.render import values
from eponctl.render.sheet import NOTHING, OLT, Column, Line, Page, Sheet, Style, by_word, warning
from eponctl.views.network import OltCondition, Watched, olt_entry, percent

_NONE = "No OLT in olts.toml yet; `eponctl olt add` adds one."

_CONDITIONS = by_word(
    {
        values.word(OltCondition.OK): Style.GOOD,
        values.word(OltCondition.PARTIAL): Style.WARN,
        values.word(OltCondition.UNREACHABLE): Style.WORST,
        values.word(OltCondition.NEVER_POLLED): Style.WARN,
        values.word(OltCondition.DISABLED): Style.FAINT,
    }
)


def _count(text: str) -> Style:
    return Style.GOOD if text == "0" else Style.BAD


_OLT_COLUMNS = (
    replace(OLT, style_of=lambda _: Style.STRONG),
    Column("NAME", rank=3, least=14),
    Column("STATE", style_of=_CONDITIONS),
    Column("ONLINE", is_right=True),
    Column("SHARE", rank=5, is_right=True),
    Column("PROBLEMS", is_right=True, style_of=_count),
    Column("TEMP", rank=4, is_right=True),
    Column("RX", rank=4, is_right=True),
    Column("POLLED", rank=1, is_right=True),
    Column("READ", rank=6, is_right=True),
    Column("ERROR", rank=7, falls_below=True, style_of=warning),
)


def olts_sheet(olts: Sequence[Watched], now: int) -> Sheet:
    """One row per OLT; of one that was never polled, or is disabled, nothing but that."""
    rows = [_olt(watched, now) for watched in olts]
    return Sheet(f"OLTs: {len(rows)}", _OLT_COLUMNS, rows, empty=_NONE)


def experimental(dialects: Iterable[tuple[str, str | None]]) -> tuple[Line, ...]:
    """A line that names the OLTs whose dialect says that its driver is experimental."""
    ids = [values.words(olt_id) for olt_id, dialect in dialects if _EXPERIMENTAL in (dialect or "")]
    if not ids:
        return ()
    text = f"experimental driver, compare with the device's own page: {', '.join(ids)}"
    return (Line(text, Style.WARN),)


_EXPERIMENTAL = "(experimental)"


def _olt(watched: Watched, now: int) -> tuple[str, ...]:
    olt, state, tally = watched.olt, watched.state, watched.tally
    if not olt.enabled or state.last_poll_at is None:
        nothing = (NOTHING,) * (len(_OLT_COLUMNS) - 3)
        return (
            values.words(olt.id),
            values.words(olt.name),
            values.word(watched.condition),
            *nothing,
        )
    has_values = watched.is_reachable
    mean_c = tally.temperature_sum / tally.temperatures if tally.temperatures else None
    mean_dbm = tally.power_sum / tally.powers if tally.powers else None
    return (
        values.words(olt.id),
        values.words(olt.name),
        values.word(watched.condition),
        f"{tally.online}/{tally.expected}",
        values.percent(percent(tally.online, tally.expected)),
        str(tally.problems),
        values.celsius(mean_c if has_values else None),
        values.dbm(mean_dbm if has_values else None),
        _ago(state.last_poll_at, now),
        _ago(state.last_success_at, now),
        values.words(state.error),
    )


def _ago(at: int | None, now: int) -> str:
    return NOTHING if at is None else f"{values.age(at, now)} ago"


# --- the list of OLTs -------------------------------------------------------------------------

_LIST_COLUMNS = (
    replace(OLT, style_of=lambda _: Style.STRONG),
    Column("NAME", rank=1, least=10),
    Column("URL", least=27),
    Column("STATE", style_of=_CONDITIONS),
    Column("DRIVER", rank=2),
    Column("DIALECT", rank=3),
    Column("MODEL", rank=4, least=8),
    Column("FIRMWARE", rank=5, least=8),
)


def olt_list_page(olts: Sequence[Watched]) -> Page:
    """The OLTs of olts.toml; what is not in a record (a login) cannot be shown."""
    entries = [olt_entry(watched) for watched in olts]
    rows = [
        (
            values.words(entry.id),
            values.words(entry.name),
            values.words(entry.url),
            values.word(entry.state),
            values.words(entry.driver),
            values.words(entry.dialect),
            values.words(entry.model),
            values.words(entry.firmware),
        )
        for entry in entries
    ]
    notes = experimental((entry.id, entry.dialect) for entry in entries)
    return Page((), (Sheet(f"OLTs: {len(rows)}", _LIST_COLUMNS, rows, notes, empty=_NONE),))

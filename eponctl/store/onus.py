"""ONU states, in bulk: one SELECT, and statements over whole lists.

The two or three paths that touch every ONU at every poll are SQL on peewee's own connection (5 us
a row, against 60 to 80 through insert_many); everything else uses the models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import peewee

from eponctl import optics
from eponctl.model import Heat, OnuState, Reason, Signal, Status
from eponctl.store.schema import OnuRow

_COLUMNS = OnuState._fields
_PLACES = {name: place for place, name in enumerate(_COLUMNS)}
_STATUS = {status.value: status for status in Status}
_REASON: dict[str | None, Reason | None] = {None: None}
_REASON.update({reason.value: reason for reason in Reason})
_SIGNAL = {signal.value: signal for signal in Signal}
_HEAT = {heat.value: heat for heat in Heat}

# What a quiet poll changes, and what stands together in OnuState for that: measurements, and at its
# end what is usual of them. Their own short statement touches no index.
_FIRST, _LAST, _USUAL = map(_PLACES.__getitem__, ("temperature_c", "auth_status", "usual_rx_dbm"))
_MEASURED = _COLUMNS[_FIRST:_LAST] + _COLUMNS[_USUAL:]


@dataclass(slots=True)
class OltBook:
    """The ONUs of one OLT as the database has them: state, row id and optical track by MAC."""

    states: dict[str, OnuState] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    tracks: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OnuChanges:
    """What one poll writes of one OLT's ONUs; `tracks`, `samples` and `hours` go by MAC."""

    book: OltBook
    states: Mapping[str, OnuState]
    removed: Sequence[str] = ()
    tracks: Mapping[str, bytes] = field(default_factory=dict)
    samples: Sequence[tuple[str, optics.Sample]] = ()
    hours: Sequence[tuple[str, optics.HourRow]] = ()


def load(
    database: peewee.SqliteDatabase, olt_ids: Iterable[str] | None = None
) -> dict[str, OltBook]:
    """Every ONU that is there, by OLT; ONUs that were removed are left out."""
    wanted = None if olt_ids is None else set(olt_ids)
    books: dict[str, OltBook] = {}
    for row in _rows(database):
        if wanted is not None and row[2] not in wanted:
            continue
        book = books.setdefault(row[2], OltBook())
        state = state_of(row[2:])
        book.states[state.mac] = state
        book.ids[state.mac] = row[0]
        if row[1] is not None:
            book.tracks[state.mac] = row[1]
    return books


def _rows(database: peewee.SqliteDatabase) -> Iterator[tuple[Any, ...]]:
    names = ", ".join(("id", "optics", *_COLUMNS))
    cursor = database.execute_sql(f"SELECT {names} FROM onu_status WHERE gone_at IS NULL")
    return iter(cursor)


def state_of(row: Sequence[Any]) -> OnuState:
    """An OnuState from a row in the order of its fields, with its words made enums again."""
    values = list(row)
    for place, words in _ENUMS:
        values[place] = words[values[place]]
    return OnuState._make(values)


_ENUMS: tuple[tuple[int, Mapping[Any, Any]], ...] = (
    (_PLACES["status"], _STATUS),
    (_PLACES["told_status"], _STATUS),
    (_PLACES["reason"], _REASON),
    (_PLACES["outage_reason"], _REASON),
    (_PLACES["signal"], _SIGNAL),
    (_PLACES["told_signal"], _SIGNAL),
    (_PLACES["heat"], _HEAT),
    (_PLACES["told_heat"], _HEAT),
)


def save(database: peewee.SqliteDatabase, changes: Sequence[OnuChanges], now: int) -> None:
    """Write what changed; the caller holds the transaction."""
    whole: list[Sequence[Any]] = []
    measured: list[Sequence[Any]] = []
    tracks: list[Sequence[Any]] = []
    for change in changes:
        for mac, state in change.states.items():
            before, track = change.book.states.get(mac), change.tracks.get(mac)
            if before is None or not _differs_in_measures_only(before, state):
                whole.append(_row_of(state, track or change.book.tracks.get(mac)))
            elif state != before:
                kept_track = track or change.book.tracks.get(mac)
                values = state[_FIRST:_LAST] + state[_USUAL:]
                measured.append((*values, kept_track, change.book.ids[mac]))
            elif track is not None:
                tracks.append((track, change.book.ids[mac]))
    connection = database.connection()
    connection.executemany(_UPSERT, whole)
    connection.executemany(_UPDATE_MEASURED, measured)
    connection.executemany("UPDATE onu_status SET optics = ? WHERE id = ?", tracks)
    gone = [change.book.ids[mac] for change in changes for mac in change.removed]
    for part in peewee.chunked(gone, 500):
        OnuRow.update(gone_at=now).where(OnuRow.id.in_(part)).execute()
    _save_history(database, changes)


def _row_of(state: OnuState, track: bytes | None) -> list[Any]:
    """The values of a row. With plain words for enums, for which SQLite would look for adapters."""
    row = [*state, track]
    for place, _ in _ENUMS:
        word = row[place]
        row[place] = None if word is None else str(word)
    return row


def _differs_in_measures_only(before: OnuState, state: OnuState) -> bool:
    if before is state:
        return True
    return before[:_FIRST] == state[:_FIRST] and before[_LAST:_USUAL] == state[_LAST:_USUAL]


_UPSERT = (
    f"INSERT INTO onu_status ({', '.join(_COLUMNS)}, optics) "
    f"VALUES ({', '.join('?' * (len(_COLUMNS) + 1))}) ON CONFLICT (olt_id, mac) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS[2:], "optics"))
    + ", gone_at = NULL"
)
_UPDATE_MEASURED = (
    f"UPDATE onu_status SET {', '.join(f'{name} = ?' for name in _MEASURED)}, optics = ? "
    "WHERE id = ?"
)


def _save_history(database: peewee.SqliteDatabase, changes: Sequence[OnuChanges]) -> None:
    samples: list[Sequence[Any]] = []
    hours: list[Sequence[Any]] = []
    for change in changes:
        ids = change.book.ids
        if any(mac not in ids for mac, _ in change.samples):
            ids = _ids(next(iter(change.states.values())).olt_id)
        samples += [(ids[mac], *sample) for mac, sample in change.samples]
        hours += [(ids[mac], *hour) for mac, hour in change.hours]
    connection = database.connection()
    connection.executemany(_INSERT_SAMPLE, samples)
    connection.executemany(_INSERT_HOUR, hours)


_INSERT_SAMPLE = (
    "INSERT INTO optical_history (onu, at, rx, temperature) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (onu, at) DO UPDATE SET rx = excluded.rx, temperature = excluded.temperature"
)
_INSERT_HOUR = (
    "INSERT INTO optical_hourly (onu, hour, rx_min, rx_avg, rx_max, temperature_avg, "
    "temperature_max) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (onu, hour) DO NOTHING"
)


def _ids(olt_id: str) -> dict[str, int]:
    query = OnuRow.select(OnuRow.mac, OnuRow.id).where(OnuRow.olt_id == olt_id).tuples()
    return dict(cast(Iterable[tuple[str, int]], query))

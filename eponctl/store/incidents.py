"""Incidents, with the ONUs that they are about. What was told of them is ledger.py's.

Every function works on the database that is open (database.py). Times are UTC seconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import peewee

from eponctl.incidents.records import Incident, Member
from eponctl.store.incidentrows import (
    COLUMNS,
    MEMBER_COLUMNS,
    incident_of,
    member_of,
    member_rows_of,
    row_of,
)
from eponctl.store.schema import IncidentOnuRow, IncidentRow

_CHUNK = 500  # values in one statement
# Nothing that is taken for something else on a phone or by an ear: no 0 and O, no 1, I and L.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_ID_LENGTH = 4
_TRIES = 20  # rounds of drawing before ids become longer: 4 letters are 920,000 ids


def open_() -> list[Incident]:
    """The incidents that go on, the oldest first."""
    # What is not closed is not settled either: the two together are one index.
    is_open = IncidentRow.settled_at.is_null() & IncidentRow.closed_at.is_null()
    return found(is_open)[::-1]


def get(incident_id: str) -> Incident | None:
    """The incident of that id, as a person may write it (`#7k3q`); None if there is none."""
    return next(iter(found(IncidentRow.id == canonical(incident_id))), None)


def canonical(incident_id: str) -> str:
    """An id as it is stored: `7K3Q` for `#7k3q`."""
    return incident_id.strip().removeprefix("#").upper()


def history(since: int, *, is_open_only: bool = False) -> list[Incident]:
    """The incidents that went on at any time since then, or go on still; the newest first.

    Also those that became part of another one. `is_open_only`: only what goes on, since whenever.
    """
    if is_open_only:
        return open_()[::-1]
    return found(_lasted_until(since))


def about(olt_id: str, mac: str, since: int) -> list[Incident]:
    """Of those that `history` gives, the ones that this ONU is or was a part of."""
    is_its = (IncidentOnuRow.olt_id == olt_id) & (IncidentOnuRow.mac == mac)
    own = IncidentOnuRow.select(IncidentOnuRow.incident).where(is_its)
    return found(IncidentRow.id.in_(own) & _lasted_until(since))


def _lasted_until(since: int) -> peewee.Expression:
    return IncidentRow.closed_at.is_null() | (IncidentRow.closed_at >= since)


def found(condition: peewee.Expression) -> list[Incident]:
    """The incidents that fit the condition, the newest first; for the other modules of the store.

    One query where there are none, one more for each 500 that there are.
    """
    query = (
        IncidentRow.select(*(getattr(IncidentRow, name) for name in COLUMNS))
        .where(condition)
        .order_by(IncidentRow.opened_at.desc(), IncidentRow.id.desc())
    )
    rows = list(cast(Iterable[tuple[Any, ...]], query.tuples()))
    members = _members([row[0] for row in rows])
    return [incident_of(row, members[row[0]]) for row in rows]


def _members(incident_ids: list[str]) -> dict[str, list[Member]]:
    members: dict[str, list[Member]] = {incident_id: [] for incident_id in incident_ids}
    database = IncidentOnuRow._meta.database  # noqa: SLF001
    for some in peewee.chunked(incident_ids, _CHUNK):
        # The database's own rows: an area outage has thousands, each a third of peewee's price.
        sql = _SELECT_MEMBERS.format(", ".join("?" * len(some)))
        for row in database.execute_sql(sql, some):
            members[row[0]].append(member_of(row[1:]))
    return members


def save(database: peewee.SqliteDatabase, incidents: Iterable[Incident]) -> None:
    """Write incidents with their ONUs over what was stored; the caller holds the transaction.

    None of them is settled: somebody may still have to be told.
    """
    chosen = list(incidents)
    if not chosen:
        return
    connection = database.connection()
    connection.executemany(_UPSERT, [row_of(incident) for incident in chosen])
    members = [row for incident in chosen for row in member_rows_of(incident)]
    connection.executemany(_UPSERT_MEMBER, members)
    too_many = [(incident.id, len(incident.members)) for incident in chosen]
    connection.executemany("DELETE FROM incident_onu WHERE incident = ? AND number >= ?", too_many)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


_SELECT_MEMBERS = (
    f"SELECT {_quoted(('incident', *Member._fields))} FROM incident_onu "
    "WHERE incident IN ({}) ORDER BY incident, number"
)
_UPSERT = (
    f"INSERT INTO incident ({_quoted(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "
    "ON CONFLICT (id) DO UPDATE SET settled_at = NULL, "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in COLUMNS[1:] if name != "acked_at")
    # Whoever acknowledges it while a poll is under way is not undone by the poll.
    + ", acked_at = COALESCE(excluded.acked_at, acked_at)"
)
_UPSERT_MEMBER = (
    f"INSERT INTO incident_onu ({_quoted(MEMBER_COLUMNS)}) "
    f"VALUES ({', '.join('?' * len(MEMBER_COLUMNS))}) ON CONFLICT (incident, number) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in MEMBER_COLUMNS[2:])
)


def new_ids(count: int) -> list[str]:
    """So many ids that no incident has, all different: `7K3Q`."""
    chosen: dict[str, None] = {}
    tries = 0
    while len(chosen) < count:
        length = _ID_LENGTH + tries // _TRIES
        drawn = ["".join(_drawn(length)) for _ in range(count - len(chosen))]
        taken = _taken(drawn)
        chosen.update((incident_id, None) for incident_id in drawn if incident_id not in taken)
        tries += 1
    return list(chosen)


def _drawn(length: int) -> Iterator[str]:
    return (secrets.choice(_LETTERS) for _ in range(length))


def _taken(incident_ids: list[str]) -> set[str]:
    taken: set[str] = set()
    for some in peewee.chunked(incident_ids, _CHUNK):
        query = IncidentRow.select(IncidentRow.id).where(IncidentRow.id.in_(some))
        taken.update(row[0] for row in cast(Iterable[tuple[str]], query.tuples()))
    return taken


def id_source(at_once: int = 20) -> Callable[[], str]:
    """Give a function that makes an id that no incident has, another one with each call.

    For one poll, which cannot know how many it needs: ids are drawn only when one is wanted.
    """
    given: set[str] = set()

    def endless() -> Iterator[str]:
        while True:
            for incident_id in new_ids(at_once):
                if incident_id not in given:
                    given.add(incident_id)
                    yield incident_id

    return endless().__next__


def acknowledge(incident_id: str, now: int) -> Incident | None:
    """End the reminders of an incident that goes on; what it is then, None if there is none.

    One that became part of another stands for that one. The first time counts.
    """
    incident = get(incident_id)
    seen: set[str] = set()
    while incident and incident.merged_into and incident.id not in seen:
        seen.add(incident.id)
        incident = get(incident.merged_into)
    if incident and incident.is_open and incident.acked_at is None:
        incident = incident._replace(acked_at=now)
        IncidentRow.update(acked_at=now).where(IncidentRow.id == incident.id).execute()
    return incident

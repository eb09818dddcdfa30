"""`eponctl status`: how the network stands, from the database; no device is touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import peewee

from eponctl.commands.network import abandoned_before, place, watched_olts
from eponctl.model import OnuState, Status, onu_priority
from eponctl.settings import Config
from eponctl.store import customers, queries
from eponctl.store.database import open_database
from eponctl.views.network import Watched, is_stale
from eponctl.views.status import NetworkStatus, Wanted

PROBLEM, STALE, ABANDONED = "problem", "stale", "abandoned"
STATES = (*(status.value for status in Status), PROBLEM, STALE, ABANDONED)
"""What `--state` takes."""
_NEVER = float("inf")
_LEAST_OF_MAC = 4


def status(config: Config, wanted: Wanted, *, now: int) -> NetworkStatus:
    """Read what was asked for. ONUs of disabled OLTs are nobody's business, and are left out.

    Raises ConfigError for an OLT that is not there, StoreError when nothing was polled yet.
    """
    with open_database(config.database) as database, database.atomic():
        return status_of(database, config, wanted, now=now)


def status_of(
    database: peewee.SqliteDatabase, config: Config, wanted: Wanted, *, now: int
) -> NetworkStatus:
    """The same, of the database that is open."""
    before = abandoned_before(config, now)
    olts = watched_olts(database, config, wanted.olt_ids, now=now)
    named = customers.names()
    onus = list(_matching(_read(database, olts, wanted, before), olts, wanted, named))
    order = {watched.olt.id: number for number, watched in enumerate(olts)}
    onus.sort(key=lambda onu: (order[onu.olt_id], place(onu)))
    sort = wanted.sort or ("priority" if wanted.lists_problems and not wanted.everything else "olt")
    onus.sort(key=SORTS[sort])
    return NetworkStatus(now, olts, tuple(onus), wanted, named)


def _read(
    database: peewee.SqliteDatabase, olts: Iterable[Watched], wanted: Wanted, before: int
) -> Iterator[OnuState]:
    """All ONUs of these OLTs, or those alone that are a problem, or abandoned.

    Abandoned since before that time, they are a problem no more.
    """
    enabled = [watched.olt.id for watched in olts if watched.olt.enabled]
    if wanted.lists_problems or wanted.state == PROBLEM:
        found = iter(()) if wanted.state == ABANDONED else queries.problem_onus(database, before)
    elif wanted.state == ABANDONED:
        found = queries.abandoned_onus(database, before)
    else:
        return (onu for olt_id in enabled for onu in queries.onus_of(database, olt_id))
    known = set(enabled)
    return (onu for onu in found if onu.olt_id in known)


def _matching(
    onus: Iterable[OnuState],
    olts: Iterable[Watched],
    wanted: Wanted,
    named: Mapping[str, str],
) -> Iterable[OnuState]:
    """Those that fit the text, the PON and the state."""
    if wanted.pon is not None:
        onus = (onu for onu in onus if onu.pon == wanted.pon)
    if wanted.state == STALE:
        states = {watched.olt.id: watched.state for watched in olts}
        onus = (onu for onu in onus if is_stale(onu, states[onu.olt_id]))
    elif wanted.state not in {None, PROBLEM, ABANDONED}:
        onus = (onu for onu in onus if onu.status == wanted.state)
    return onus if wanted.text is None else filter(_finder(wanted.text, named), onus)


def _finder(text: str, named: Mapping[str, str]) -> Callable[[OnuState], bool]:
    part = text.strip().casefold()
    mac = re.sub("[:.-]", "", part).upper()
    # A short number is part of many MACs, but is meant as part of a name.
    is_long = mac != part.upper() or len(mac) >= _LEAST_OF_MAC
    is_mac = is_long and re.fullmatch("[0-9A-F]+", mac) is not None

    def fits(onu: OnuState) -> bool:
        return (
            part in (onu.name or "").casefold()
            or part in named.get(onu.mac, "").casefold()
            or part in onu.onu_id.casefold()
            or (is_mac and mac in onu.mac.replace(":", ""))
            or (":" in part and part in f"{onu.olt_id}:{onu.onu_id}".casefold())
        )

    return fits


# --- sorting ----------------------------------------------------------------------------------


def _rx(onu: OnuState) -> float:
    return _or_last(onu.last_rx_power_dbm if onu.rx_power_dbm is None else onu.rx_power_dbm)


def _heat(onu: OnuState) -> float:
    value = onu.last_temperature_c if onu.temperature_c is None else onu.temperature_c
    return _or_last(None if value is None else -value)


def _or_last(value: float | None) -> float:
    return _NEVER if value is None else value


_WORST_FIRST = {status: rank for rank, status in enumerate(
    (Status.PWRDOWN, Status.DOWN, Status.LOOP, Status.UNKNOWN, Status.UP, Status.DISABLED)
)}  # fmt: skip

SORTS: Mapping[str, Callable[[OnuState], Any]] = {
    "olt": lambda _: 0,
    "name": lambda onu: (onu.name is None, (onu.name or "").casefold()),
    "mac": lambda onu: onu.mac,
    "status": lambda onu: _WORST_FIRST[onu.status],
    "priority": lambda onu: onu_priority(onu).rank,
    "since": lambda onu: -onu.since,
    "rx": _rx,
    "temperature": _heat,
    "distance": lambda onu: _or_last(onu.distance_m),
}
"""What `--sort` takes: the weakest, the hottest, the latest, the worst, the nearest first.

What is alike stays in the order of olts.toml and of the ids; a value that is not known comes last.
"""

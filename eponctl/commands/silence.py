"""`eponctl silence`: quiet on purpose, for a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import peewee

from eponctl.commands.choice import mac_of
from eponctl.errors import ConfigError, Problem
from eponctl.model import OnuState
from eponctl.settings import Config
from eponctl.store import queries
from eponctl.store import silences as store
from eponctl.store.database import open_database
from eponctl.store.silences import Silence
from eponctl.views.silences import Silenced
from eponctl.windows import fits, is_target

_FORM = "OLT[:PON[:ONU]], each a name or a glob, or a MAC"


def begin(config: Config, text: str, *, now: int, until: int, why: str | None) -> Silenced:
    """Silence what the target fits, in the place of an older silence of the same target.

    Raises ConfigError, and stores nothing, when it fits nothing that is known; StoreError when
    there is no database.
    """
    target = mac_of(text) or text.strip()
    with open_database(config.database) as database, database.atomic("IMMEDIATE"):
        onus = list(_known_onus(database, config))
        olts, covered = _covered(target, config, onus)
        if not (olts or covered):
            raise _fits_nothing(text, target, config, onus)
        for old in store.active(now):
            if old.target == target:
                store.end(old.id, now)
        number = store.add(target, now, until, why)
        return Silenced(Silence(number, target, now, until, why), olts, covered)


def listed(config: Config, *, now: int) -> list[Silenced]:
    """What is silenced now, the first to end first. Raises StoreError when there is no database."""
    with open_database(config.database) as database, database.atomic():
        active = sorted(store.active(now), key=lambda one: (one.until_at, one.id))
        return _with_cover(active, database, config)


def end(config: Config, which: str, *, now: int) -> list[Silenced]:
    """End the silence of this number, or those of this target.

    Raises ConfigError when there is none, StoreError when there is no database.
    """
    wanted = mac_of(which) or which.strip()
    with open_database(config.database) as database, database.atomic("IMMEDIATE"):
        active = store.active(now)
        chosen = [one for one in active if wanted in {str(one.id), one.target}]
        if not chosen:
            raise _not_active(which, active)
        for one in chosen:
            store.end(one.id, now)
        return _with_cover([one._replace(ended_at=now) for one in chosen], database, config)


def _not_active(which: str, active: Iterable[Silence]) -> ConfigError:
    from eponctl.configvalues import shown

    known = [Problem(f"silence {one.id}", "", one.target) for one in active]
    hint = "name one by its number or target" if known else "nothing is silenced now"
    return ConfigError([Problem(shown(which), "", "no silence that goes on"), *known], hint)


# --- what a target covers ---


def _known_onus(database: peewee.SqliteDatabase, config: Config) -> Iterator[OnuState]:
    for olt in config.olts:
        yield from queries.onus_of(database, olt.id)


def _with_cover(
    silences: Sequence[Silence], database: peewee.SqliteDatabase, config: Config
) -> list[Silenced]:
    onus = list(_known_onus(database, config)) if silences else []
    return [Silenced(one, *_covered(one.target, config, onus)) for one in silences]


def _covered(target: str, config: Config, onus: Iterable[OnuState]) -> tuple[int, int]:
    """How many whole OLTs the target fits, and how many ONUs."""
    olts = sum(fits(target, olt.id) for olt in config.olts)
    return olts, sum(fits(target, onu.olt_id, onu.pon, onu.onu_id, onu.mac) for onu in onus)


def _fits_nothing(text: str, target: str, config: Config, onus: Sequence[OnuState]) -> ConfigError:
    from eponctl.configvalues import nearest, shown

    if not is_target(target):
        return ConfigError([Problem(shown(text), "", f"expected {_FORM}")])
    named = [onu for onu in onus if (onu.name or "").casefold() == text.strip().casefold()]
    near = (
        f'; did you mean "{named[0].mac}"?'
        if len(named) == 1
        else nearest(target, _alike(target, config, onus))
    )
    hint = "`eponctl status --all` shows what is known; nothing was stored"
    return ConfigError(
        [Problem(shown(text), "", f"fits no OLT, PON or ONU that is known{near}")], hint
    )


def _alike(target: str, config: Config, onus: Iterable[OnuState]) -> set[str]:
    """What the target may have been meant to be: targets of its own depth that fit something."""
    if mac_of(target):
        return {onu.mac for onu in onus}
    depth = target.count(":")
    if depth == 0:
        return {olt.id for olt in config.olts}
    if depth == 1:
        return {f"{onu.olt_id}:{onu.pon}" for onu in onus}
    own = target.rpartition(":")[0]
    near = {f"{onu.olt_id}:{onu.onu_id}" for onu in onus if fits(own, onu.olt_id, onu.pon)}
    return near or {f"{onu.olt_id}:{onu.onu_id}" for onu in onus}

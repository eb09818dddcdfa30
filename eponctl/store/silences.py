"""Silences: quiet on purpose, each for a time, ending by itself or by hand. UTC seconds."""

from __future__ import annotations

from typing import NamedTuple

import peewee

from eponctl.store.schema import SilenceRow


class Silence(NamedTuple):
    """Nothing is told of what `target` fits (OLT[:PON[:ONU]], a glob) from then until then.

    `ended_at` is when it was ended by hand, before its time.
    """

    id: int
    target: str
    from_at: int
    until_at: int
    why: str | None = None
    ended_at: int | None = None

    @property
    def over_at(self) -> int:
        """When it ends or ended."""
        return self.until_at if self.ended_at is None else min(self.until_at, self.ended_at)


def add(target: str, from_at: int, until_at: int, why: str | None = None) -> int:
    """Begin a silence, at once or later, and return its id."""
    row = SilenceRow.create(target=target, from_at=from_at, until_at=until_at, why=why)
    return int(row.id)


def active(now: int) -> list[Silence]:
    """Those that are in force, the oldest first."""
    return [one for one in _silences(SilenceRow.until_at > now) if one.from_at <= now < one.over_at]


def listing() -> list[Silence]:
    """All that is remembered, the oldest first."""
    return _silences(SilenceRow.id > 0)


def end(silence_id: int, now: int) -> Silence | None:
    """End a silence before its time; what it is then, None if there is none of that id.

    One that is over stays as it is.
    """
    silence = next(iter(_silences(SilenceRow.id == silence_id)), None)
    if silence is None or silence.over_at <= now:
        return silence
    SilenceRow.update(ended_at=now).where(SilenceRow.id == silence_id).execute()
    return silence._replace(ended_at=now)


def _silences(condition: peewee.Expression) -> list[Silence]:
    query = SilenceRow.select().where(condition).order_by(SilenceRow.id)
    return [
        Silence(row.id, row.target, row.from_at, row.until_at, row.why, row.ended_at)
        for row in query
    ]

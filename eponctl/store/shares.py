"""How many of an OLT's ONUs were online, in steps of time: sums over the polls of each step.

From monitoring_stats: a row for each poll, of which thinning.py leaves fewer after a week. Times
are UTC seconds; a step's number is its time divided by its length.
"""

from __future__ import annotations

from typing import NamedTuple

import peewee


class Share(NamedTuple):
    """Sums over the polls of a step that read the OLT: its ONUs online, of those expected."""

    online: int
    of: int

    @property
    def part(self) -> float | None:
        """From 0 to 1; None where no poll could read it, or it has no ONUs."""
        return self.online / self.of if self.of else None


_SHARES = """
    SELECT at / ?, SUM(CASE WHEN is_ok THEN online ELSE 0 END),
           SUM(CASE WHEN is_ok THEN onus ELSE 0 END)
    FROM monitoring_stats WHERE olt_id = ? AND at >= ? GROUP BY 1
"""


def shares_since(
    database: peewee.SqliteDatabase, olt_id: str, since: int, step_s: int
) -> dict[int, Share]:
    """The steps in which it was polled, by number, the first of them whole if `since` begins it."""
    rows = database.execute_sql(_SHARES, (step_s, olt_id, since))
    return {step: Share(online, of) for step, online, of in rows}

"""All that a page or metrics show of the network at one moment. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple, TypeAlias

from eponctl.incidents.records import Incident
from eponctl.model import OltState, OnuState
from eponctl.store.trends import TrendRow
from eponctl.views.history import Told
from eponctl.views.network import Watched, percent

MOST_LINES = 6
"""So many OLTs have a line each; of more, their lowest, mean and highest are drawn."""

Values: TypeAlias = tuple[float | None, ...]


class Overview(NamedTuple):
    """The network now: OLTs in the order of olts.toml, ONUs of the enabled ones by OLT and id.

    `waiting` are messages that have not arrived, `failed` those that were given up.
    """

    now: int
    olts: tuple[Watched, ...]
    onus: tuple[OnuState, ...]
    customers: Mapping[str, str]
    open_incidents: int
    waiting: int
    failed: int

    @property
    def states(self) -> Mapping[str, OltState]:
        """The OLTs' states by id."""
        return {watched.olt.id: watched.state for watched in self.olts}

    @property
    def last_poll_at(self) -> int | None:
        """When an enabled OLT was asked last."""
        polls = [one.state.last_poll_at for one in self.olts if one.olt.enabled]
        return max((at for at in polls if at is not None), default=None)


class Trends(NamedTuple):
    """What a network was like in steps of equal length, `starts` of them; a line for each name.

    None: it was not read then. `online_percent` is of the ONUs that are not switched off.
    """

    starts: tuple[int, ...]
    step_s: int
    names: tuple[str, ...]
    online_percent: tuple[Values, ...]
    problems: tuple[Values, ...]
    temperature_c: tuple[Values, ...]
    rx_power_dbm: tuple[Values, ...]


class Dashboard(NamedTuple):
    """The network now and how it came here; incidents and alerts since `since`, newest first.

    ONUs that have been down since before `abandoned_before` are abandoned. `told_at` is when anyone
    was told of an incident first, by its id. `has_more` says that there were more alerts.
    """

    overview: Overview
    abandoned_before: int
    trends: Trends | None
    since: int
    incidents: tuple[Incident, ...]
    told_at: Mapping[str, int]
    alerts: tuple[Told, ...]
    has_more: bool


def trends(
    rows: Iterable[TrendRow], olts: Sequence[tuple[str, str]], since: int, until: int, step_s: int
) -> Trends:
    """The lines of these OLTs, by id and name; the steps are those of the rows."""
    starts = tuple(range(since // step_s * step_s, until + 1, step_s))
    found = {(row.olt_id, row.at): row for row in rows}

    def lines(value: Callable[[TrendRow], float | None]) -> tuple[Values, ...]:
        each = tuple(
            tuple(value(row) if (row := found.get((olt_id, at))) else None for at in starts)
            for olt_id, _ in olts
        )
        return each if len(olts) <= MOST_LINES else _bundled(each)

    names = tuple(name for _, name in olts)
    return Trends(
        starts,
        step_s,
        names if len(olts) <= MOST_LINES else ("highest OLT", "mean of OLTs", "lowest OLT"),
        lines(lambda row: percent(round(row.online * 1000), round(row.onus * 1000))),
        lines(lambda row: row.problems),
        lines(lambda row: row.temperature_c),
        lines(lambda row: row.rx_power_dbm),
    )


def _bundled(lines: Sequence[Values]) -> tuple[Values, ...]:
    columns = [[one for one in column if one is not None] for column in zip(*lines, strict=True)]
    return tuple(
        tuple(pick(column) if column else None for column in columns) for pick in (max, fmean, min)
    )

"""Incidents and their ONUs to rows of the database, and back. Pure; rows never leave this package.

What no query looks into (mappings, lists, the verdict) is JSON in a column of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from eponctl.incidents.records import (
    Cause,
    Confidence,
    Ending,
    Evidence,
    Extent,
    Incident,
    Kind,
    Member,
    Survivors,
    Verdict,
)
from eponctl.model import Priority, Reason, Status

COLUMNS = tuple(name for name in Incident._fields if name != "members")
"""The columns of an incident, in the order of `row_of` and `incident_of`."""
MEMBER_COLUMNS = ("incident", "number", *Member._fields)
"""The columns of an incident's ONU, in the order of `member_rows_of`."""


def row_of(incident: Incident) -> list[Any]:
    """The values of an incident's row."""
    values = incident._asdict()
    values["olt_ids"] = json.dumps(incident.olt_ids)
    values["of"] = json.dumps(dict(incident.of))
    values["verdict"] = None if incident.verdict is None else json.dumps(_verdict(incident.verdict))
    return [values[name] for name in COLUMNS]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {**verdict._asdict(), "evidence": verdict.evidence._asdict()}


def incident_of(row: Sequence[Any], members: Sequence[Member]) -> Incident:
    """The incident of a row in the order of `COLUMNS`, with its ONUs in their order."""
    values = dict(zip(COLUMNS, row, strict=True))
    values["kind"], values["extent"] = Kind(values["kind"]), Extent(values["extent"])
    values["priority"] = Priority(values["priority"])
    values["olt_ids"] = tuple(json.loads(values["olt_ids"]))
    values["of"] = MappingProxyType(json.loads(values["of"]))
    values["verdict"] = values["verdict"] and _verdict_of(json.loads(values["verdict"]))
    return Incident(**values, members=tuple(members))


def _verdict_of(found: dict[str, Any]) -> Verdict:
    evidence = found["evidence"]
    survivors, bracket = evidence["survivors"], found["bracket_m"]
    return Verdict(
        extent=Extent(found["extent"]),
        cause=Cause(found["cause"]),
        confidence=Confidence(found["confidence"]),
        evidence=Evidence(**{**evidence, "survivors": survivors and Survivors(survivors)}),
        bracket_m=None if bracket is None else tuple(bracket),
        is_interleaved=found["is_interleaved"],
    )


def member_rows_of(incident: Incident) -> list[list[Any]]:
    """The rows of an incident's ONUs, numbered in their order.

    With plain words for enums, for which SQLite would look for adapters.
    """
    rows: list[list[Any]] = []
    for number, member in enumerate(incident.members):
        row = [incident.id, number, *member]
        for place in _WORD_PLACES:
            if row[place] is not None:
                row[place] = str(row[place])
        rows.append(row)
    return rows


_WORD_PLACES = tuple(map(MEMBER_COLUMNS.index, ("status", "priority", "reason", "ending")))


def member_of(row: Sequence[Any]) -> Member:
    """The ONU of a row in the order of Member's fields."""
    values = list(row)
    for place, words in _WORDS:
        values[place] = words[values[place]]
    return Member(*values)


_WORDS: tuple[tuple[int, dict[Any, Any]], ...] = tuple(
    (Member._fields.index(name), {None: None, **words})
    for name, words in (
        ("status", {word.value: word for word in Status}),
        ("priority", {word.value: word for word in Priority}),
        ("reason", {word.value: word for word in Reason}),
        ("ending", {word.value: word for word in Ending}),
        ("is_gasp", {0: False, 1: True}),
    )
)

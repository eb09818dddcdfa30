"""A reading in the form of an `.expected.json`: whatever is usual left out.

The recordings' test (tests/drivers/test_recordings.py) compares in this form, too.
"""

from __future__ import annotations

import json
from typing import Any

from eponctl.model import OltReading, OnuReading

_USUAL: dict[str, Any] = {
    "facts": None,
    "failed_pons": {},
    "unreadable": [],
    "counted": {},
    "is_complete": True,
    "is_whole_table": True,
    "lacks_optics": False,
    "notes": 0,
}


def of_reading(reading: OltReading) -> dict[str, Any]:
    """What a reading holds, without what is usual."""
    facts = reading.facts
    found = {
        "dialect": reading.dialect,
        "memory": reading.memory,
        "facts": facts
        and {"model": facts.model, "firmware": facts.firmware, "uptime": facts.uptime},
        "failed_pons": {pon: type(error).__name__ for pon, error in reading.failed_pons.items()},
        "unreadable": sorted(reading.unreadable),
        "counted": dict(reading.counted or {}),
        "is_complete": reading.is_complete,
        "is_whole_table": reading.is_whole_table,
        "lacks_optics": reading.lacks_optics,
        "notes": len(reading.notes),
        "onus": sorted(map(_onu, reading.onus), key=_place),
    }
    return {key: value for key, value in found.items() if key not in _USUAL or value != _USUAL[key]}


def _onu(onu: OnuReading) -> dict[str, Any]:
    return {"name": onu.name} | {
        key: value for key, value in onu._asdict().items() if value is not None
    }


def _place(onu: dict[str, Any]) -> tuple[str, int]:
    pon, _, number = onu["onu_id"].rpartition(":")
    return pon, int(number)


def without_owner(expected: dict[str, Any]) -> dict[str, Any]:
    """The part of an expectation that redaction must not change."""
    facts = expected.get("facts") or {}
    kept = {key: value for key, value in expected.items() if key not in _OF_AN_OWNER}
    onus = [
        {key: value for key, value in onu.items() if key not in {"name", "mac"}}
        for onu in expected.get("onus", ())
    ]
    unreadable = len(expected.get("unreadable", ()))
    return {**kept, "facts": bool(facts), "onus": onus, "unreadable": unreadable}


# `memory` may hold MACs.
_OF_AN_OWNER = {"onus", "facts", "unreadable", "memory"}


def text(expected: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(expected, indent=2, ensure_ascii=False) + "\n"

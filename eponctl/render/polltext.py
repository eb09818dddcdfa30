"""A poll's result as lines for people and as interface.md's object."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from eponctl.model import Event
from eponctl.outcome import OltResult
from eponctl.poll import PollResult
from eponctl.render import values
from eponctl.render.plain import safe
from eponctl.views.incidents import incident_records
from eponctl.views.records import as_object


def faults(result: PollResult) -> Iterator[str]:
    """One line for each thing that failed in the field."""
    for olt in result.olts:
        if not olt.is_ok:
            hint = f" ({olt.hint})" if olt.hint else ""
            yield f"eponctl: {olt.olt_id}: {olt.error}{hint}"
    for fault in result.faults:
        yield f"eponctl: {fault}"


def notes(result: PollResult) -> Iterator[str]:
    """What was odd on the pages, without being a fault."""
    for olt in result.olts:
        counts = f"{values.counted(olt.onus, 'ONU')}, {values.counted(olt.requests, 'request')}"
        yield f"{olt.olt_id}: {counts}, {olt.seconds:.2f} s"
        for note in olt.notes:
            yield f"{olt.olt_id}: {note}"


def closing(result: PollResult, *, is_dry_run: bool) -> str:
    """The run in one line, for a terminal."""
    read = sum(olt.is_ok for olt in result.olts)
    onus = sum(olt.onus for olt in result.olts)
    kinds = Counter(values.word(event.kind) for event in result.events)
    news = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing new"
    parts = [f"{read} of {len(result.olts)} OLTs read", values.counted(onus, "ONU"), news]
    if is_dry_run:
        parts.append("dry run: nothing was stored or sent")
    elif result.queued or result.sent or result.failed:
        parts.append(_messages(result))
    return f"{'; '.join(parts)} ({result.seconds:.1f} s)"


def _messages(result: PollResult) -> str:
    failed = f", {result.failed} failed" if result.failed else ""
    return f"messages: {result.queued} queued, {result.sent} sent{failed}"


def safe_text(text: str) -> str:
    """A message's text for the terminal, line by line."""
    return "\n".join(safe(line) for line in text.splitlines())


def as_json(result: PollResult, zone: tzinfo) -> str:
    """The object of `poll --json`: interface.md section 5."""
    return json.dumps(
        {
            "schema": "eponctl-poll/1",
            "started_at": _time(result.started_at, zone),
            "seconds": round(result.seconds, 3),
            "olts": [_olt(olt) for olt in result.olts],
            "events": [_event(event, zone) for event in result.events],
            "incidents": list(
                map(as_object, incident_records(result.incidents, result.told_at, zone))
            ),
            "messages": {
                "queued": result.queued,
                "sent": result.sent,
                "failed": result.failed,
            },
        }
    )


def _olt(olt: OltResult) -> dict[str, Any]:
    return {
        "id": olt.olt_id,
        "ok": olt.is_ok,
        "error": olt.error,
        "onus": olt.onus,
        "seconds": round(olt.seconds, 3),
    }


def _event(event: Event, zone: tzinfo) -> dict[str, Any]:
    return {
        "olt_id": event.olt_id,
        "onu_id": event.onu.onu_id if event.onu else None,
        "mac": event.mac,
        "name": event.onu.name if event.onu else None,
        "kind": event.kind,
        "from": event.before,
        "to": event.after,
        "priority": event.priority,
        "at": _time(event.at, zone),
    }


def _time(at: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).isoformat()

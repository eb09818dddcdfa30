"""What came of a replay, beside what was stored, and its object in JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from eponctl.incidents.records import Incident
from eponctl.replay.run import Replayed
from eponctl.views.incidents import incident_record
from eponctl.views.network import Iso, iso_in
from eponctl.views.records import as_object

REPLAY_SCHEMA = "eponctl-replay/1"


class Comparison(NamedTuple):
    """The time from `since` to `until` under the rules of a file, and as it was.

    Recipients are masked; `counts` has those that would have got messages, who gets most first.
    `origins` are the stored incidents that each incident is made of. `notes` say what was not
    replayed. `is_telling` False: the rules send nothing to anybody.
    """

    since: int
    until: int
    rules: Path
    replayed: Replayed
    counts: tuple[tuple[str, int], ...]
    stored_incidents: int
    stored_messages: int
    origins: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    notes: tuple[str, ...] = ()
    is_telling: bool = True

    @property
    def messages(self) -> int:
        """How many messages there would have been."""
        return sum(count for _, count in self.counts)


def replay_object(found: Comparison, zone: tzinfo, *, has_texts: bool) -> dict[str, Any]:
    """What `replay --json` has beside its head; the texts only where they are asked for."""
    iso = iso_in(zone)
    replayed = found.replayed
    texts = [
        {"at": iso(one.at), "recipient": one.recipient, "text": text}
        for one in replayed.sendings
        for text in one.texts
    ]
    return {
        "since": iso(found.since),
        "rules": str(found.rules),
        "polls": replayed.polls,
        "messages": found.messages,
        "recipients": [
            {"recipient": recipient, "messages": count} for recipient, count in found.counts
        ],
        "stored": {"incidents": found.stored_incidents, "messages": found.stored_messages},
        "incidents": [_incident(one, found, iso) for one in replayed.incidents],
        **({"texts": texts} if has_texts else {}),
    }


def _incident(incident: Incident, found: Comparison, iso: Iso) -> dict[str, Any]:
    """The keys of `incidents --json`, and what only a replay knows."""
    record = as_object(incident_record(incident, found.replayed.told_at.get(incident.id), iso))
    return record | {
        "kind": incident.kind,
        "priority": incident.priority,
        "messages": found.replayed.messages.get(incident.id, 0),
        "stored_as": found.origins.get(incident.id, ()),
    }

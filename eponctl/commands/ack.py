"""`eponctl ack`: somebody is at it, so no more reminders."""

from __future__ import annotations

from typing import NamedTuple

from eponctl.errors import ConfigError, Problem
from eponctl.incidents.records import Incident
from eponctl.settings import Config
from eponctl.store import incidents as store
from eponctl.store.database import open_database
from eponctl.views.incidents import kind_words, where


class Acknowledged(NamedTuple):
    """The incident as it stands now; `asked` is the id that was given, which may be part of it.

    `was_before`: there was nothing to do, as it is closed or was acknowledged before.
    """

    incident: Incident
    asked: str
    was_before: bool


def ack(config: Config, text: str, *, now: int) -> Acknowledged:
    """Acknowledge an incident, in any case, with or without `#`.

    Raises ConfigError when there is none of this id, StoreError when there is no database.
    """
    with open_database(config.database) as database, database.atomic("IMMEDIATE"):
        incident = store.acknowledge(text, now)
        if incident is None:
            raise unknown(text)
    was_before = not incident.is_open or incident.acked_at != now
    return Acknowledged(incident, store.canonical(text), was_before)


def unknown(text: str) -> ConfigError:
    """There is no incident of this id; it names those that are open, of the open database."""
    from eponctl.configvalues import shown

    known = [
        Problem(f"#{one.id}", "", f"open: {kind_words(one)}, {where(one)}") for one in store.open_()
    ]
    problem = Problem(shown(f"#{store.canonical(text)}"), "", "no incident has this id")
    hint = "an id stands in each message of its incident; `eponctl incidents` lists outages"
    return ConfigError([problem, *known], hint)

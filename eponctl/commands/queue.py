"""`eponctl whatsapp queue`: what waits in the outbox, and what never arrived."""

from __future__ import annotations

from collections.abc import Sequence

from eponctl.settings import Config
from eponctl.store import outbox
from eponctl.store.database import open_database
from eponctl.store.outbox import Message, State


def queue(config: Config, *, everything: bool = False) -> Sequence[Message]:
    """What is queued, unclear or refused for good; `everything`: also what was sent or merged.

    Oldest first. Raises StoreError when there is no database.
    """
    with open_database(config.database):
        return outbox.listing(tuple(State)) if everything else outbox.listing()

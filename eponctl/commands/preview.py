"""`eponctl whatsapp preview`: what messages look like, made by the texts that polls use."""

from __future__ import annotations

from typing import NamedTuple

from eponctl.commands.samples import ALL_KINDS, KINDS, texts
from eponctl.settings import Config
from eponctl.store import outbox
from eponctl.store.database import open_database

__all__ = ["ALL_KINDS", "KINDS", "Sample", "samples", "waiting"]


class Sample(NamedTuple):
    """One message in its parts; `recipient` only of what waits in the outbox."""

    kind: str
    language: str
    parts: tuple[str, ...]
    recipient: str | None = None


def samples(
    config: Config, *, now: int, languages: tuple[str, ...], kinds: tuple[str, ...] = KINDS
) -> list[Sample]:
    """A message of each of these kinds in each of these languages; no database is looked at."""
    return [
        Sample(kind, language, tuple(parts))
        for language in languages
        for kind, parts in texts(config._replace(language=language), now, kinds)
    ]


def waiting(config: Config) -> list[Sample]:
    """What waits in the outbox, word for word. Raises StoreError when there is no database."""
    with open_database(config.database):
        return [
            Sample(one.kind, config.language, (one.text,), one.recipient) for one in outbox.queued()
        ]

"""Silences to the records that the outside sees. Pure."""

from __future__ import annotations

from typing import NamedTuple

from eponctl.store.silences import Silence
from eponctl.views.network import Iso
from eponctl.views.records import SilenceRecord


class Silenced(NamedTuple):
    """A silence, and what it covers of that which is known: whole OLTs, and ONUs."""

    silence: Silence
    olts: int
    onus: int


def silence_record(silenced: Silenced, iso: Iso) -> SilenceRecord:
    """One silence as the outside sees it."""
    silence = silenced.silence
    return SilenceRecord(
        id=silence.id,
        target=silence.target,
        olts=silenced.olts,
        onus=silenced.onus,
        why=silence.why,
        from_at=iso(silence.from_at),
        until_at=iso(silence.until_at),
        ended_at=iso(silence.ended_at),
    )

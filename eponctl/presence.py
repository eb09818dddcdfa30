"""Which ONUs a reading is about: one row of each, who is missing, who took whose place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eponctl.model import OltReading, OnuReading, OnuState, Status


def by_mac(onus: Iterable[OnuReading], before: Mapping[str, OnuState]) -> dict[str, OnuReading]:
    """One row per MAC. Of two the one that is up wins, then the one at the known id.

    Where that settles nothing, any rule will do that does not ask for their order.
    """
    chosen: dict[str, OnuReading] = {}
    for onu in onus:
        other = chosen.get(onu.mac)
        if other is None or _beats(onu, other, before.get(onu.mac)):
            chosen[onu.mac] = onu
    return chosen


def _beats(onu: OnuReading, other: OnuReading, known: OnuState | None) -> bool:
    def rank(row: OnuReading) -> tuple[bool, bool]:
        return row.status is Status.UP, known is not None and row.onu_id == known.onu_id

    return (rank(onu), repr(other)) > (rank(other), repr(onu))


def is_missing(known: OnuState, reading: OltReading) -> bool:
    """Whether its row can be said not to be there, rather than not to have been seen."""
    return (
        reading.is_complete
        and known.pon not in reading.failed_pons
        and known.mac not in reading.unreadable
    )


def replacements(
    newcomers: Iterable[OnuReading],
    before: Mapping[str, OnuState],
    seen: Mapping[str, OnuReading],
    reading: OltReading,
) -> dict[str, str]:
    """The new MACs that have the id and the name of an ONU that is missing, each with its MAC."""
    named = sorted((onu for onu in newcomers if onu.name), key=lambda onu: onu.mac)
    if not named:
        return {}
    gone: dict[tuple[str, str | None], str] = {}
    for mac in sorted(before.keys() - seen.keys()):
        known = before[mac]
        if is_missing(known, reading):
            gone.setdefault((known.onu_id, known.name), mac)
    old_macs = {onu.mac: gone.pop((onu.onu_id, onu.name), None) for onu in named}
    return {mac: old_mac for mac, old_mac in old_macs.items() if old_mac}

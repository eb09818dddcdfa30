"""The polls of a time, judged and told anew: what alerting.py does, with nothing stored. Pure.

The same engine and the same plan; the database is a ledger in memory, and the gateway takes
everything at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from eponctl.incidents.records import Incident
from eponctl.replay.judging import Judging
from eponctl.replay.telling import Sending, Telling
from eponctl.settings import Config
from eponctl.store.past import Past
from eponctl.store.pulses import KEPT, gap_after


class Replayed(NamedTuple):
    """What came of it: incidents that went on since then, the newest first, and what was sent.

    `told_at` is when anyone was told first, `messages` how many told of it, each by incident id.
    """

    polls: int
    incidents: tuple[Incident, ...] = ()
    told_at: Mapping[str, int] = MappingProxyType({})
    messages: Mapping[str, int] = MappingProxyType({})
    sendings: tuple[Sending, ...] = ()


def replay(past: Past, config: Config) -> Replayed:
    """Judge and tell the past under the alert settings, maintenance and routes of `config`."""
    judging = Judging(past, config)
    telling = Telling(past, config, judging)
    times: deque[int] = deque(maxlen=KEPT)
    polls = 0
    for pulse in past.pulses:
        if pulse.at >= past.from_at:
            events, changed = judging.poll(pulse)
            telling.follow(changed, events, pulse.at)
            telling.tell(gap_after(times, pulse.at), pulse.at)
            polls += pulse.at >= past.since
        times.append(pulse.at)
    found = listed(judging.all.values(), past.since)
    told_at = {one.id: telling.told_at(one.id) for one in found}
    return Replayed(
        polls=polls,
        incidents=tuple(found),
        told_at={name: at for name, at in told_at.items() if at is not None},
        messages={one.id: telling.messages_about(one.id, past.since) for one in found},
        sendings=tuple(one for one in telling.sendings if one.at >= past.since),
    )


def listed(incidents: Iterable[Incident], since: int) -> list[Incident]:
    """Those that went on since then, and are not part of another; the newest first."""
    found = [
        one
        for one in incidents
        if one.merged_into is None and (one.closed_at is None or one.closed_at >= since)
    ]
    return sorted(found, key=lambda one: (-one.opened_at, one.id))

"""Why someone was not told of an incident, as far as it can be known afterwards. Pure.

The rules are those of telling/; this asks them one by one, in their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from eponctl import windows
from eponctl.incidents.records import Incident
from eponctl.model import Priority
from eponctl.settings import Config
from eponctl.telling.hush import cover_of, hushed_by, is_covered
from eponctl.telling.plan import budget
from eponctl.telling.records import Told
from eponctl.telling.routing import part_for

HOUR_S = 3600


class Reason(NamedTuple):
    """Why something is not told, and until when where that is known (UTC seconds)."""

    why: str
    until: int | None = None


class Hush(NamedTuple):
    """A silence or a maintenance, and when it ends or ended: `words` name it."""

    target: str
    until: int
    words: str


class Channel(NamedTuple):
    """What telling depends on, now.

    `open_` are all open incidents, `told` what was told of them, by id and recipient; `hushes` what
    is quiet on purpose, `hushes_then` what was when the incident began; `used` how many messages
    each recipient got within the last hour. `waiting` are the recipients for whom a message about
    this incident is in the outbox.
    """

    now: int
    config: Config
    open_: Sequence[Incident]
    told: Mapping[tuple[str, str], Told]
    hushes: Sequence[Hush]
    hushes_then: Sequence[Hush]
    used: Mapping[str, int]
    waiting: Collection[str]


def reason(recipient: str, incident: Incident, channel: Channel) -> Reason:
    """Why this recipient was told nothing of this incident."""
    told = channel.told.get((incident.id, recipient))
    if told is not None and told.is_lost:
        return Reason("the gateway refused its message for good")
    if incident.merged_into is not None:
        return Reason(f"it became part of #{incident.merged_into} before: see there")
    part = part_for(recipient, incident, channel.config.whatsapp.routes)
    if part is None:
        olts = ", ".join(incident.olt_ids)
        return Reason(f"no route of this recipient lets {incident.priority} of {olts} through")
    if not incident.is_open:
        return Reason(f"it was over before it was told{_meanwhile(part, channel)}: only counted")
    if not channel.config.whatsapp.enabled:
        return Reason("[whatsapp] is off in olts.toml: nobody is told anything")
    return _held(recipient, part, channel)


def _meanwhile(incident: Incident, channel: Channel) -> str:
    """What held it back from its beginning to its end, where that can be known afterwards."""
    over_at = incident.closed_at or channel.now
    hush = hush_of(incident, channel.hushes_then)
    if hush is not None and hush.until >= over_at:
        return f", in {hush.words}"
    span = _quiet_span(incident, channel.config, incident.opened_at)
    return ", in quiet hours" if span and span[1] >= over_at else ""


def _held(recipient: str, incident: Incident, channel: Channel) -> Reason:
    """What holds an open incident back now, in the order in which a poll asks."""
    hush = hush_of(incident, channel.hushes)
    if hush is not None:
        return Reason(hush.words, hush.until)
    span = _quiet_span(incident, channel.config, channel.now)
    if span is not None:
        return Reason("quiet hours hold what is less urgent", span[1])
    if recipient in channel.waiting:
        return Reason("its message waits in the outbox: `eponctl whatsapp queue`")
    most = channel.config.alerts.max_per_hour
    left = budget(channel.used.get(recipient, 0), most)
    if left.is_spent or (left.is_critical_only and incident.priority is not Priority.CRITICAL):
        return Reason(f"its budget of {most} messages an hour is used up; a later poll tells it")
    larger = _larger(recipient, incident, channel)
    if larger:
        return Reason(f"something larger comes first, {larger}; what is left is told after that")
    return Reason("the next poll tells it")


def hush_of(incident: Incident, hushes: Iterable[Hush]) -> Hush | None:
    """What is quiet on purpose and covers all of an incident: of several the last to end."""
    some = [hush for hush in hushes if _touches(hush, incident)]
    if not some or not hushed_by([hush.target for hush in some], incident):
        return None
    return max(some, key=lambda hush: hush.until)


def _touches(hush: Hush, incident: Incident) -> bool:
    if not incident.members:
        return any(windows.fits(hush.target, olt_id) for olt_id in incident.olt_ids)
    return any(
        windows.fits(hush.target, member.olt_id, None, member.onu_id, member.mac)
        for member in incident.members
    )


def _quiet_span(incident: Incident, config: Config, at: int) -> tuple[int, int] | None:
    """The quiet time at `at`, if it holds something as urgent as this."""
    quiet = config.alerts.quiet
    if quiet is None or incident.priority.rank <= quiet.min_priority.rank:
        return None
    return windows.quiet_span(quiet, at, config.timezone)


def _larger(recipient: str, incident: Incident, channel: Channel) -> str | None:
    """The larger incident beneath which this one lies, which the recipient knows of."""
    for other in channel.open_:
        if other.id != incident.id:
            cover = cover_of([other], lambda one: (one.id, recipient) in channel.told)
            if is_covered(incident, cover):
                return f"#{other.id}"
    return None

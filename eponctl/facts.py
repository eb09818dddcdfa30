"""What changes about an ONU besides its status: place, name, distance, age of optics, restarts.

None of it is a trouble, so none of it has an end: it is said once. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from eponctl.model import Event, EventKind, OltReading, OnuReading, OnuState, Status
from eponctl.settle import event_of

DISTANCE = "distance"
"""The detail of a MOVED that is told by the distance alone."""

# A device's uptime is a whole number, read some seconds before or after the poll before.
_UPTIME_SLACK_S = 10
_DISTANCE_NOISE_M = 50
# So many of a PON at once, and at least half of it, are a longer fibre or another formula.
_SEVERAL, _MOST_SHARE = 3, 0.5


def facts_changed(
    known: OnuState, onu: OnuReading, state: OnuState, now: int, last_seen_at: int | None
) -> Iterable[Event]:
    """The events; `state` is `known` with this reading in it, `known` was seen `last_seen_at`."""
    has_moved = onu.onu_id != known.onu_id
    if has_moved:
        yield event_of(EventKind.MOVED, state, now, before=known.onu_id, after=onu.onu_id)
    elif state.distance_m != known.distance_m and known.distance_m and _is_up_in_both(known, onu):
        before, after = f"{known.distance_m} m", f"{state.distance_m} m"
        yield event_of(EventKind.MOVED, state, now, before=before, after=after, detail=DISTANCE)
    if onu.name != known.name:
        yield event_of(EventKind.RENAMED, state, now, before=known.name, after=onu.name)
    # What moved has registered anew, of course.
    if not has_moved and _has_restarted(known, onu, last_seen_at):
        yield event_of(EventKind.RESTARTED, state, now)


def _is_up_in_both(known: OnuState, onu: OnuReading) -> bool:
    return onu.status is Status.UP and known.status is Status.UP


# --- distance ---


def distance_after(known: OnuState, onu: OnuReading) -> int | None:
    """Its distance from now on: what is known, until a reading differs by more than the noise.

    So a creep of a few metres a poll is told when it has come far enough, and once. A reading of
    None or 0 is no distance; one of an ONU that was not up may be stale, or before a repair, so
    that the first one after it is taken as it is.
    """
    before, read = known.distance_m, onu.distance_m
    if not read or read == before:
        return before
    if before and _is_up_in_both(known, onu) and is_near(before, read):
        return before
    return read if onu.status is Status.UP or not before else before


def is_near(before_m: int | None, distance_m: int) -> bool:
    """Whether the difference of two distances is the noise of ranging."""
    return before_m is not None and abs(distance_m - before_m) <= _DISTANCE_NOISE_M


def without_shifts(events: list[Event], reading: OltReading) -> list[Event]:
    """The events but for distances that changed on half a PON at once: none of these ONUs moved.

    The feeder is longer now, or another page was read, which takes its offset off once, not twice.
    """
    moved = Counter(event.onu.pon for event in events if event.onu and event.detail == DISTANCE)
    shifted = {
        pon
        for pon, count in moved.items()
        if count >= _SEVERAL and count >= _ranged(reading, pon) * _MOST_SHARE
    }
    if not shifted:
        return events
    return [
        event
        for event in events
        if not (event.onu and event.detail == DISTANCE and event.onu.pon in shifted)
    ]


def _ranged(reading: OltReading, pon: str) -> int:
    return sum(
        bool(onu.distance_m) and onu.status is Status.UP and onu.pon == pon for onu in reading.onus
    )


# --- the age of optics ---


def optics_at(
    known: OnuState, onu: OnuReading, reading: OltReading, now: int, last_seen_at: int | None
) -> int | None:
    """When the optics that are remembered from now were measured; None: with its last read.

    That is so where they come with every list, and is not written down anew with each poll.
    """
    if _is_measured(onu) and not reading.lacks_optics:
        return None
    # A list may have the power alone: what else there is comes from the slow pages.
    if _is_measured(onu) and (onu.temperature_c, onu.tx_power_dbm) != (None, None):
        return now
    if known.optics_at is None and _has_optics(known):
        return known.seen_at if last_seen_at is None else last_seen_at
    return known.optics_at


def is_newly_measured(known: OnuState, onu: OnuReading, reading: OltReading) -> bool:
    """Whether values that may be the same as before are younger now, and that has to be kept."""
    is_kept = reading.lacks_optics or known.optics_at is not None
    return is_kept and _is_measured(onu)


def _is_measured(onu: OnuReading) -> bool:
    return onu.status is Status.UP and _has_optics(onu)


def _has_optics(onu: OnuReading | OnuState) -> bool:
    return (onu.temperature_c, onu.rx_power_dbm, onu.tx_power_dbm) != (None, None, None)


# --- restarts ---


def online_since(known: OnuState, onu: OnuReading, now: int) -> int | None:
    """When it registered; the same as before unless it differs by more than the slack."""
    if onu.uptime_s is None:
        return None
    since = now - onu.uptime_s
    if known.online_since is not None and abs(since - known.online_since) <= _UPTIME_SLACK_S:
        return known.online_since
    return since


def _has_restarted(known: OnuState, onu: OnuReading, last_seen_at: int | None) -> bool:
    """Up in both polls, and registered anew between them."""
    if not _is_up_in_both(known, onu):
        return False
    before, count = known.deregistrations, onu.deregistrations
    if before is not None and count is not None and count > before:
        return True
    if onu.uptime_s is None or known.online_since is None or last_seen_at is None:
        return False
    return onu.uptime_s < last_seen_at - known.online_since - _UPTIME_SLACK_S

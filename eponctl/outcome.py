"""One OLT's pages made into what is to be stored and told of it; runs in the main thread.

A good read is judged. A failed one changes no ONU: it is counted, and announced once.
"""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from eponctl import driver, optics
from eponctl.errors import OltError, SessionBusy, UnknownFirmware
from eponctl.judge import Rules, judge
from eponctl.model import (
    EVENT_PRIORITIES,
    Event,
    EventKind,
    OltFacts,
    OltReading,
    OltState,
    OnuState,
)
from eponctl.scrape import Bug, Scraped
from eponctl.settings import Config
from eponctl.store.onus import OltBook, OnuChanges

BUSY_PATIENCE_S = 3600
"""How long somebody may have a device's session before nobody watching it is worth an alert."""


class OltResult(NamedTuple):
    """How one OLT's read went; `error` is one line for people, also where only PONs failed."""

    olt_id: str
    is_ok: bool
    error: str | None
    hint: str
    onus: int
    seconds: float
    requests: int
    notes: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """One OLT after this poll: next state, and what is to be written of its ONUs.

    `before` and `after` are all its ONUs by MAC, as the poll found them and as it leaves them; None
    where it could not be read: nothing is known to have changed then. `blips` is as in Judgement.
    """

    result: OltResult
    state: OltState
    changes: OnuChanges
    events: tuple[Event, ...]
    before: Mapping[str, OnuState] | None = None
    after: Mapping[str, OnuState] | None = None
    blips: int = 0


def outcome_of(
    item: Scraped,
    state: OltState,
    book: OltBook,
    config: Config,
    now: int,
    usuals: Mapping[str, float] | None = None,
) -> Outcome:
    """Judge this OLT's pages, or count its failure; never raises for what a device did.

    `usuals` are medians (dBm) by MAC for those of the OLT's ONUs that `judge.pending_steps` names.
    """
    try:
        scrape = _scrape(item)
        reading = item.job.driver.read(scrape, item.job.known)
        reading = driver.believed(reading, item.job.known)
        name = scrape.driver or driver.resolved(item.job.olt.driver, state.driver)
        return _read_outcome(item, reading, state, book, config, now, usuals, name)
    except OltError as error:
        return _failed_outcome(item, error, state, book, config, now)
    except Exception as error:  # noqa: BLE001  (one OLT's bug must not end the poll of the others)
        bug = Bug(f"{type(error).__name__}: {error}", traceback.format_exc())
        return _failed_outcome(item, _BugError(bug), state, book, config, now)


class _BugError(OltError):
    """A bug of ours while reading one OLT, with the trace for the crash file."""

    kind = "bug"

    def __init__(self, bug: Bug) -> None:
        super().__init__(f"a bug in eponctl: {bug.text}")
        self.trace = bug.trace


def _scrape(item: Scraped) -> driver.Scrape:
    if isinstance(item.result, Bug):
        raise _BugError(item.result)
    if isinstance(item.result, OltError):
        raise item.result
    return item.result


def _read_outcome(
    item: Scraped,
    reading: OltReading,
    state: OltState,
    book: OltBook,
    config: Config,
    now: int,
    usuals: Mapping[str, float] | None,
    name: str,
) -> Outcome:
    remembered = state.memory if state.driver == name else None
    judgement = judge(
        state.olt_id,
        book.states,
        reading,
        Rules(config.thresholds, config.poll.confirm_polls, config.alerts.step_drop_db),
        now=now,
        is_baseline=state.baseline_at is None,
        last_success_at=state.last_success_at,
        failed_before=state.failed_pons,
        usuals=usuals,
    )
    facts = reading.facts or OltFacts(state.model, state.firmware, state.uptime)
    has_new_firmware = bool(state.firmware) and facts.firmware != state.firmware
    # Of a session that is lost amid the PONs all that are left have the very same to say.
    error = "; ".join(dict.fromkeys(map(str, reading.failed_pons.values()))) or None
    next_state = state._replace(
        driver=name,
        dialect=reading.dialect or state.dialect,
        # New firmware may have other, better pages.
        memory=None if has_new_firmware else reading.memory or remembered,
        model=facts.model,
        firmware=facts.firmware,
        uptime=facts.uptime,
        # A device that has just started may show an empty table: no baseline to compare with.
        baseline_at=state.baseline_at or (now if reading.onus else None),
        last_poll_at=now,
        last_success_at=now,
        poll_ms=round(item.seconds * 1000),
        failures=0,
        failing_since=None,
        error=error,
        announced_at=None,
        failed_pons={
            pon: state.failed_pons.get(pon, state.last_success_at) for pon in reading.failed_pons
        },
        onus_by_pon=_onus_by_pon(judgement.onus),
        optics_at=now if item.job.known.wants_slow_pages else state.optics_at,
    )
    events = judgement.events
    if state.announced_at is not None:
        events = (_back(state, now), *events)
    result = OltResult(
        state.olt_id,
        error is None,
        error,
        "",
        len(reading.onus),
        item.seconds,
        item.requests,
        reading.notes,
    )
    observed = {onu.mac for onu in reading.onus}
    changes = _changes(book, judgement.onus, judgement.removed, observed, now)
    return Outcome(
        result, next_state, changes, events, book.states, judgement.onus, judgement.blips
    )


def _onus_by_pon(onus: Mapping[str, OnuState]) -> dict[str, int]:
    return dict(Counter([onu.pon for onu in onus.values()]))


def _failed_outcome(
    item: Scraped, error: OltError, state: OltState, book: OltBook, config: Config, now: int
) -> Outcome:
    """A failed read changes no ONU; it is counted, and announced once.

    A session that is somebody else's says that the device is there: for `BUSY_PATIENCE_S` such
    reads count as one.
    """
    if isinstance(error, _BugError):
        write_crash_file(config.database, state.olt_id, error.trace)
    is_patient = isinstance(error, SessionBusy) and (
        now - (state.failing_since or now) < BUSY_PATIENCE_S
    )
    failures = max(1, state.failures) if is_patient else state.failures + 1
    next_state = state._replace(
        last_poll_at=now,
        poll_ms=round(item.seconds * 1000),
        failures=failures,
        failing_since=state.failing_since or now,
        error=error.message,
    )
    events: tuple[Event, ...] = ()
    # A build that was never read was never lost: that is for whoever wrote olts.toml.
    is_lost = not isinstance(error, UnknownFirmware) or state.last_success_at is not None
    is_due = is_lost and not is_patient and failures >= config.poll.unreachable_polls
    if is_due and state.announced_at is None:
        next_state = next_state._replace(announced_at=now)
        kind = EventKind.OLT_UNREACHABLE
        since = next_state.failing_since or now
        events = (Event(kind, EVENT_PRIORITIES[kind], state.olt_id, since, detail=error.message),)
    result = OltResult(
        state.olt_id,
        is_ok=False,
        error=error.message,
        hint=error.hint,
        onus=0,
        seconds=item.seconds,
        requests=item.requests,
    )
    return Outcome(result, next_state, OnuChanges(book, {}), events)


def _back(state: OltState, now: int) -> Event:
    since = state.failing_since or now
    priority = EVENT_PRIORITIES[EventKind.OLT_UNREACHABLE]
    return Event(
        EventKind.OLT_RECOVERED,
        priority,
        state.olt_id,
        now,
        lasted_s=now - since,
        detail=state.error,
    )


def write_crash_file(database: Path, name: str, trace: str) -> None:
    """Keep the trace of a bug of ours beside the database, for its owner only."""
    path = database.with_name(f"eponctl-crash-{name}.txt")
    with suppress(OSError):
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(trace)


def _changes(
    book: OltBook,
    onus: Mapping[str, OnuState],
    removed: Sequence[str],
    observed: Collection[str],
    now: int,
) -> OnuChanges:
    """What differs from the database: states, optical tracks, history worth keeping.

    What is remembered of an ONU that was not observed is no measurement of this poll.
    """
    states: dict[str, OnuState] = {}
    tracks: dict[str, bytes] = {}
    samples: list[tuple[str, optics.Sample]] = []
    hours: list[tuple[str, optics.HourRow]] = []
    for mac, onu in onus.items():
        if mac not in observed:
            if onu is not book.states[mac]:
                states[mac] = onu
            continue
        packed = book.tracks.get(mac)
        if packed and optics.is_quiet(packed, now, onu.rx_power_dbm, onu.temperature_c):
            if onu is not book.states.get(mac):
                states[mac] = onu
            continue
        before = optics.unpacked(packed) if packed else None
        track, sample, hour = optics.follow(before, now, onu.rx_power_dbm, onu.temperature_c)
        tracks[mac] = optics.packed(track)
        if sample:
            samples.append((mac, sample))
        if hour:
            hours.append((mac, hour))
        states[mac] = onu
    return OnuChanges(book, states, removed, tracks, samples, hours)

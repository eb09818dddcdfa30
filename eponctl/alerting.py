"""What a poll's events become: incidents, notes, and the messages that are due.

Runs inside the poll's one transaction, in the main thread. Rules are elsewhere: what belongs
together in incidents/, who is told what in telling/, the words in messages/. Here they meet the
database, which is also the ledger: what was told is what the outbox says was sent. What stands
beside it is toldonce.py's.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import peewee

from eponctl import naming, notify, toldonce, windows
from eponctl.incidents import engine
from eponctl.incidents.book import Onu, PollView
from eponctl.incidents.records import Incident, Kind
from eponctl.model import Event, EventKind, OltState, OltSummary
from eponctl.outcome import Outcome, write_crash_file
from eponctl.settings import Config
from eponctl.store import events as store_events
from eponctl.store import incidents as store_incidents
from eponctl.store import ledger, silences
from eponctl.store import outbox as store_outbox
from eponctl.store.pending import Pending, withdrawable
from eponctl.telling import hush
from eponctl.telling.plan import Situation, plan
from eponctl.telling.records import Bulletin, tell_of
from eponctl.telling.routing import is_for, note_recipients, recipients

HOUR_S = 3600
_NOTES = frozenset(
    {
        EventKind.REGISTERED,
        EventKind.REMOVED,
        EventKind.MOVED,
        EventKind.RENAMED,
        EventKind.RESTARTED,
    }
)
_CHANGES = frozenset({EventKind.DOWN, EventKind.PWRDOWN, EventKind.RECOVERED})


class Recorded(NamedTuple):
    """The poll's events, those of outages included, and the incidents that are new or changed."""

    events: tuple[Event, ...] = ()
    incidents: tuple[Incident, ...] = ()


# --- incidents ---


def record(
    database: peewee.SqliteDatabase,
    outcomes: Sequence[Outcome],
    states: Mapping[str, OltState],
    config: Config,
    now: int,
) -> Recorded:
    """Store the poll's events with the incidents that they make up, and let its notes wait.

    `states` are the OLTs' before this poll.
    """
    events = [event for outcome in outcomes for event in outcome.events]
    running = store_incidents.open_()
    if not (events or running):
        return Recorded()
    view = _view(outcomes, events, states, running, config, now)
    made = engine.advance(running, view, config.alerts)
    by_id = {incident.id: incident for incident in [*running, *made.incidents]}
    ids: list[str | None] = [
        None if event.kind in _NOTES else incident_id
        for event, incident_id in zip(events, engine.ids_of(events, by_id.values()), strict=True)
    ]
    everything = [*events, *(event for _, event in made.outages)]
    ids += [incident_id for incident_id, _ in made.outages]
    alert_ids = store_events.add(database, everything, now, ids)
    store_incidents.save(database, made.incidents)
    if config.whatsapp.enabled:
        _add_notes(everything, alert_ids, config, now)
    return Recorded(tuple(everything), made.incidents)


def _view(
    outcomes: Sequence[Outcome],
    events: Sequence[Event],
    states: Mapping[str, OltState],
    running: Sequence[Incident],
    config: Config,
    now: int,
) -> PollView:
    return PollView(
        now=now,
        events=events,
        before={one.state.olt_id: one.before for one in outcomes if one.before is not None},
        after={one.state.olt_id: one.after for one in outcomes if one.after is not None},
        read_at={olt_id: state.last_success_at for olt_id, state in states.items()},
        olt_ids=frozenset(olt.id for olt in config.olts if olt.enabled),
        changes=_changes(events, running, now),
        new_id=store_incidents.id_source(),
    )


def _changes(
    events: Iterable[Event], running: Iterable[Incident], now: int
) -> dict[Onu, list[int]]:
    """When the status of those that changed now, or flap, changed within the last hour."""
    fresh = [
        ((event.olt_id, event.onu.mac), event.at)
        for event in events
        if event.onu and event.kind in _CHANGES
    ]
    flapping = [
        (member.olt_id, member.mac)
        for incident in running
        if incident.kind is Kind.FLAPPING
        for member in incident.standing
    ]
    onus = {*flapping, *(onu for onu, _ in fresh)}
    changes = store_events.changes(onus, now - HOUR_S) if onus else {}
    for onu, at in fresh:
        changes.setdefault(onu, []).append(at)
    return changes


# --- notes ---


def _add_notes(events: Sequence[Event], alert_ids: Sequence[int], config: Config, now: int) -> None:
    """Let what has no end wait for its recipients; in maintenance or silence it is not told."""
    targets: list[str] | None = None
    waiting: dict[str, list[int]] = {}
    for event, alert_id in zip(events, alert_ids, strict=True):
        if event.kind not in _NOTES or event.onu is None:
            continue
        targets = _targets(config, now) if targets is None else targets
        onu = event.onu
        if any(windows.fits(one, onu.olt_id, onu.pon, onu.onu_id, onu.mac) for one in targets):
            continue
        for recipient in note_recipients(event, config):
            waiting.setdefault(recipient, []).append(alert_id)
    ledger.add_notes(waiting)


def _targets(config: Config, now: int) -> list[str]:
    """What is quiet on purpose now."""
    planned = [
        window.target
        for window in config.maintenance
        if windows.is_in_maintenance(window, now, config.timezone)
    ]
    return [*planned, *(silence.target for silence in silences.active(now))]


# --- telling ---


def tell(config: Config, summaries: Mapping[str, OltSummary], now: int) -> int:
    """Put what is due into the outbox, in the place of what waits there and says less; how many."""
    everyone = recipients(config.whatsapp)
    waiting = ledger.pending()
    found = _situation(config, everyone, waiting, now)
    bulletins = {bulletin.recipient: bulletin for bulletin in plan(found, config)}
    queued, message_ids = 0, dict[str, int]()
    for recipient in everyone:
        made, mine = bulletins.get(recipient), withdrawable(waiting.get(recipient, ()))
        if mine and made and _says_the_same(made, mine):
            continue
        inherited = ledger.withdraw([part for one in mine for part in one.message_ids])
        if made is None:
            continue
        first, *more = _texts(naming.named(made), found, config, summaries)
        queued += 1 + len(more)
        message_ids[recipient] = store_outbox.enqueue(
            recipient,
            store_outbox.ALERT,
            first,
            now,
            [note.alert_id for note in made.notes],
            more=more,
            tells=list(map(tell_of, made.items)),
            inherited=inherited if mine else None,
        )
    toldonce.mark_digests(config, found, bulletins, message_ids)
    toldonce.mark_gaps(bulletins, message_ids)
    ledger.settle(now, everyone)
    return queued


def _says_the_same(made: Bulletin, waiting: Sequence[Pending]) -> bool:
    tells = {tell for one in waiting for tell in one.tells}
    notes = {alert_id for one in waiting for alert_id in one.alert_ids}
    return tells == set(map(tell_of, made.items)) and notes == {
        note.alert_id for note in made.notes
    }


def _situation(
    config: Config,
    everyone: Sequence[str],
    waiting: Mapping[str, Sequence[Pending]],
    now: int,
) -> Situation:
    incidents = [*store_incidents.open_(), *ledger.closings_due(everyone)]
    targets = _targets(config, now)
    also = {
        recipient: [alert for one in withdrawable(found) for alert in one.alert_ids]
        for recipient, found in waiting.items()
    }
    return Situation(
        now=now,
        incidents=incidents,
        told=ledger.told(incident.id for incident in incidents),
        notes={name: ledger.notes(name, also.get(name, ())) for name in everyone},
        passed=partial(_passed, config),
        recent=ledger.recent(everyone, now - HOUR_S),
        hushed=lambda incident: bool(targets) and hush.hushed_by(targets, incident),
        gaps=toldonce.gaps(everyone, waiting),
        digested_at=toldonce.digested_at(everyone, waiting),
    )


def _passed(config: Config, recipient: str, from_at: int, to_at: int) -> Counter[Kind]:
    """What came and went in that time and would have been this recipient's to know."""
    return Counter(
        incident.kind
        for incident in ledger.untold(from_at, to_at, recipient)
        if is_for(recipient, incident.priority, incident.olt_ids, config.whatsapp.routes)
    )


def _texts(
    made: Bulletin, found: Situation, config: Config, summaries: Mapping[str, OltSummary]
) -> list[str]:
    """The bulletin in words; the bare fact where a bug in them would lose it."""
    told = {
        incident_id: known
        for (incident_id, recipient), known in found.told.items()
        if recipient == made.recipient
    }
    try:
        texts = notify.bulletin_texts(made, summaries, told, config, found.now)
        left = config.alerts.max_per_hour - found.recent.get(made.recipient, 0)
        if len(texts) > max(1, left):
            whole = made._replace(is_digest=True)
            texts = notify.bulletin_texts(whole, summaries, told, config, found.now)
    except Exception:  # noqa: BLE001  (a bug in the words must not lose what they are about)
        write_crash_file(config.database, "messages", traceback.format_exc())
        texts = [notify.bare_text(made)]
    return texts

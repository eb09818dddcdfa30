"""The plan's half of a replay: who would have been told what, in which words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from eponctl import notify, windows
from eponctl.incidents.records import Incident, Kind
from eponctl.messages.customers import with_customers
from eponctl.model import Event, EventKind, OltState, OltSummary
from eponctl.replay.judging import Judging
from eponctl.replay.ledger import Ledger
from eponctl.settings import Config, OltSettings
from eponctl.store.past import Past
from eponctl.summary import summarise
from eponctl.telling import hush
from eponctl.telling.plan import Situation, budget, plan
from eponctl.telling.quiet import hours_of
from eponctl.telling.records import Bulletin, Note, Told, tell_of
from eponctl.telling.routing import note_recipients, recipients

HOUR_S = 3600
NOTES = frozenset(
    {
        EventKind.REGISTERED,
        EventKind.REMOVED,
        EventKind.MOVED,
        EventKind.RENAMED,
        EventKind.RESTARTED,
    }
)


class Sending(NamedTuple):
    """One bulletin to one recipient: its texts, and the incidents that it tells of."""

    at: int
    recipient: str
    texts: tuple[str, ...]
    incident_ids: tuple[str, ...] = ()


class Telling:
    """The messages, poll by poll, to the recipients of `config`."""

    def __init__(self, past: Past, config: Config, judging: Judging) -> None:
        self.sendings: list[Sending] = []
        self._config, self._judging = config, judging
        self._everyone = recipients(config.whatsapp) if config.whatsapp.enabled else ()
        self._silences, self._customers = past.silences, past.customers
        self._ledger = _ledger_of(past, self._everyone)
        self._over: list[Incident] = []
        self._owed: dict[str, Incident] = {}
        self._notes: dict[str, list[Note]] = {}
        self._note_count = 0
        self._summed: dict[str, OltSummary] = {}
        # Of a quiet time that was over at the poll before the digest is done.
        polled_at = max((one.at for one in past.pulses if one.at < past.from_at), default=0)
        self._digested_at = dict.fromkeys(self._everyone, polled_at)
        self._gaps: dict[str, tuple[int, int]] = {}

    def follow(self, changed: Iterable[Incident], events: Iterable[Event], now: int) -> None:
        """Take up what a poll made of the incidents, and what it saw that has no end."""
        for incident in changed:
            if incident.merged_into is not None:
                self._ledger.absorb(incident.id, incident.merged_into)
            elif not incident.is_open:
                self._over.append(incident)
                self._owed[incident.id] = incident
        notes = [event for event in events if event.kind in NOTES and event.onu]
        if notes and self._everyone:
            self._add_notes(notes, self._targets(now))

    def tell(self, gap: tuple[int, int] | None, now: int) -> None:
        """Send what is due now."""
        if gap:
            self._gaps = dict.fromkeys(self._everyone, gap)
        if not self._everyone or not (self._has_open() or self._owes_digest(now)):
            return
        found = self._situation(now)
        bulletins = plan(found, self._config)
        self._summed.clear()
        for made in bulletins:
            self._send(made, found)
            if made.gap:
                del self._gaps[made.recipient]
        self._mark_digests(found, {made.recipient: made for made in bulletins})
        self._owed = {
            one.id: one
            for one in self._owed.values()
            if any(not told.is_closed for told in self._told([one.id]).values())
        }

    def told_at(self, incident_id: str) -> int | None:
        """When anyone was told of it first."""
        told = self._told([incident_id]).values()
        return min((one.first_at for one in told), default=None)

    def messages_about(self, incident_id: str, since: int) -> int:
        """How many messages since then told of it, or of what became part of it."""
        names = self._ledger.parts_of(incident_id)
        return sum(
            len(one.texts)
            for one in self.sendings
            if one.at >= since and not names.isdisjoint(one.incident_ids)
        )

    # --- what there is to tell ---

    def _has_open(self) -> bool:
        return bool(self._judging.open or self._owed or any(self._notes.values()))

    def _owes_digest(self, now: int) -> bool:
        last = hours_of(self._config, now).last
        return last is not None and any(at < last[1] for at in self._digested_at.values())

    def _situation(self, now: int) -> Situation:
        incidents = [*self._judging.running(), *self._owed.values()]
        targets = self._targets(now)
        return Situation(
            now=now,
            incidents=incidents,
            told=self._told(one.id for one in incidents),
            notes=self._notes,
            passed=self._passed,
            recent={name: self._ledger.recent(name, now - HOUR_S, now) for name in self._everyone},
            hushed=lambda incident: bool(targets) and hush.hushed_by(targets, incident),
            gaps=dict(self._gaps),
            digested_at=self._digested_at,
        )

    def _told(self, incident_ids: Iterable[str]) -> Mapping[tuple[str, str], Told]:
        return self._ledger.told(incident_ids, self._everyone)

    def _passed(self, recipient: str, from_at: int, to_at: int) -> Mapping[Kind, int]:
        over = [one for one in self._over if from_at <= (one.closed_at or 0) < to_at]
        told = self._told(one.id for one in over)
        return Counter(one.kind for one in over if (one.id, recipient) not in told)

    def _targets(self, now: int) -> list[str]:
        """What was quiet on purpose then: planned in these rules, or silenced by somebody."""
        planned = [
            window.target
            for window in self._config.maintenance
            if windows.is_in_maintenance(window, now, self._config.timezone)
        ]
        active = [one.target for one in self._silences if one.from_at <= now < one.over_at]
        return [*planned, *active]

    def _add_notes(self, events: Iterable[Event], targets: Sequence[str]) -> None:
        for event in events:
            onu = event.onu
            if onu is None or any(
                windows.fits(one, onu.olt_id, onu.pon, onu.onu_id, onu.mac) for one in targets
            ):
                continue
            self._note_count += 1
            note = Note(
                alert_id=self._note_count,
                at=event.at,
                kind=event.kind,
                priority=event.priority,
                olt_id=event.olt_id,
                mac=onu.mac,
                onu_id=onu.onu_id,
                name=onu.name,
                before=event.before,
                after=event.after,
                detail=event.detail,
            )
            for recipient in note_recipients(event, self._config):
                self._notes.setdefault(recipient, []).append(note)

    # --- telling it ---

    def _send(self, made: Bulletin, found: Situation) -> None:
        now, recipient = found.now, made.recipient
        texts = self._texts(made, found)
        tells = [tell_of(item) for item in made.items]
        self._ledger.tell(recipient, tells, now, len(texts))
        done = {note.alert_id for note in made.notes}
        left = [note for note in self._notes.get(recipient, ()) if note.alert_id not in done]
        self._notes[recipient] = left
        ids = dict.fromkeys(tell.incident_id for tell in tells)
        self.sendings.append(Sending(now, recipient, tuple(texts), tuple(ids)))

    def _texts(self, made: Bulletin, found: Situation) -> list[str]:
        """As alerting.py: in one message where the budget has no room for its parts."""
        told = {name: known for (name, to), known in found.told.items() if to == made.recipient}
        summaries = self._summaries(made, found.now)
        config, now = self._config, found.now
        made = with_customers(made, self._customers)
        texts = notify.bulletin_texts(made, summaries, told, config, now)
        left = config.alerts.max_per_hour - found.recent.get(made.recipient, 0)
        if len(texts) > max(1, left):
            whole = made._replace(is_digest=True)
            texts = notify.bulletin_texts(whole, summaries, told, config, now)
        return texts

    def _summaries(self, made: Bulletin, now: int) -> dict[str, OltSummary]:
        """The OLTs that a bulletin names, as its heads show them, in their order."""
        named = {olt_id for item in made.items for olt_id in item.incident.olt_ids}
        named.update(note.olt_id for note in made.notes)
        chosen = [olt for olt in self._config.olts if olt.enabled and olt.id in named]
        for olt in chosen:
            if olt.id not in self._summed:
                self._summed[olt.id] = self._summary(olt, now)
        return {olt.id: self._summed[olt.id] for olt in chosen}

    def _summary(self, olt: OltSettings, now: int) -> OltSummary:
        away_since = min(
            (
                one.opened_at
                for one in self._judging.open.values()
                if one.kind is Kind.OLT and one.olt_ids == (olt.id,)
            ),
            default=None,
        )
        return summarise(
            olt,
            OltState(olt.id, failing_since=away_since, announced_at=away_since),
            self._judging.onus(olt.id),
            now=now,
            abandoned_after_s=self._config.alerts.abandoned_after_s,
        )

    def _mark_digests(self, found: Situation, bulletins: Mapping[str, Bulletin]) -> None:
        """As alerting.py: whose digest is done, told or found to be empty."""
        last = hours_of(self._config, found.now).last
        if last is None:
            return
        for recipient, at in list(self._digested_at.items()):
            made, used = bulletins.get(recipient), found.recent.get(recipient, 0)
            is_free = not budget(used, self._config.alerts.max_per_hour).is_critical_only
            is_done = made.quiet is not None if made else is_free
            if at < last[1] and is_done:
                self._digested_at[recipient] = found.now


def _ledger_of(past: Past, everyone: Sequence[str]) -> Ledger:
    """What they were told before, of what went on already."""
    others = {
        name: sorted(
            [
                *past.others.get(name, ()),
                *(at for at in past.news.get(name, ()) if at < past.from_at),
            ]
        )
        for name in everyone
    }
    ledger = Ledger(others)
    for said in past.said:
        ledger.tell(said.recipient, [said.tell], said.at)
    for name, roots in past.absorbed.items():
        for root in roots:
            ledger.absorb(name, root)
    return ledger

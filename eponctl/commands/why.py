"""`eponctl why`: how an incident was judged and told, or why nothing is told of an ONU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from eponctl.commands.ack import unknown
from eponctl.commands.choice import olt_of, onu_of
from eponctl.commands.network import abandoned_before
from eponctl.incidents.records import Incident, Kind
from eponctl.model import OltState, OnuState
from eponctl.settings import Config
from eponctl.store import customers, ledger, outbox, queries, silences, tellings
from eponctl.store import incidents as store
from eponctl.store import olts as store_olts
from eponctl.store.database import open_database
from eponctl.store.outboxrows import State
from eponctl.store.queries import Tally
from eponctl.summary import is_abandoned
from eponctl.telling.records import Told
from eponctl.telling.routing import recipients
from eponctl.views.network import Watched
from eponctl.views.stories import IncidentStory, OnuStory, Story, Untold
from eponctl.views.unalerted import reasons
from eponctl.views.untold import HOUR_S, Channel, Hush, reason
from eponctl.windows import fits, maintenance_end

MOST_EVENTS = 10
_ID = re.compile("[0-9A-Za-z]{4,8}")


def why(config: Config, text: str, *, now: int) -> Story:
    """The story of the incident or the ONU that is meant.

    An id may come without `#`; an ONU of that very name then comes first. Raises ConfigError when
    nothing fits, or several ONUs do; StoreError when there is no database.
    """
    with open_database(config.database) as database, database.atomic():
        facts = _Facts(config, now)
        if text.startswith("#"):
            return _of_id(text, facts)
        onus = [onu for olt in config.olts for onu in queries.onus_of(database, olt.id)]
        named = customers.names()
        is_named = any(
            text.casefold() in {(onu.name or "").casefold(), named.get(onu.mac, "").casefold()}
            for onu in onus
        )
        if not is_named and _ID.fullmatch(text) and store.get(text):
            return _of_id(text, facts)
        return _of_onu(onu_of(onus, text, named), facts)


class _Facts:
    """What the open database says of telling; read where it is needed, and once."""

    def __init__(self, config: Config, now: int) -> None:
        self.config = config
        self.now = now

    @cached_property
    def open_(self) -> list[Incident]:
        """All incidents that go on."""
        return store.open_()

    @cached_property
    def told(self) -> dict[tuple[str, str], Told]:
        """What was told of those, by id and recipient."""
        return ledger.told(incident.id for incident in self.open_)

    @cached_property
    def used(self) -> dict[str, int]:
        """How many messages each recipient got within the last hour."""
        return ledger.recent(recipients(self.config.whatsapp), self.now - HOUR_S)

    def hushes(self, at: int) -> list[Hush]:
        """What is, or was, quiet on purpose at that time."""
        return [*self._silences(at), *self._maintenance(at)]

    def _silences(self, at: int) -> Iterator[Hush]:
        for one in silences.active(at):
            because = f" ({one.why})" if one.why else ""
            yield Hush(one.target, one.over_at, f"silence {one.id} of {one.target}{because}")

    def _maintenance(self, at: int) -> Iterator[Hush]:
        for window in self.config.maintenance:
            end = maintenance_end(window, at, self.config.timezone)
            if end is not None:
                yield Hush(window.target, end, f"maintenance of {window.target}")


# --- an incident ------------------------------------------------------------------------------


def _of_id(text: str, facts: _Facts) -> IncidentStory:
    incident = store.get(text)
    if incident is None:
        raise unknown(text)
    return _of_incident(incident, facts)


def _of_incident(incident: Incident, facts: _Facts) -> IncidentStory:
    about = tellings.about(incident.id)
    reached = {one.recipient for one in about if one.sent_at is not None}
    waiting = {one.recipient for one in about if one.state is State.QUEUED}
    told = dict(facts.told)
    told.update(ledger.told([incident.id]))
    channel = Channel(
        now=facts.now,
        config=facts.config,
        open_=facts.open_,
        told=told,
        hushes=facts.hushes(facts.now),
        hushes_then=facts.hushes(incident.opened_at),
        used=facts.used,
        waiting=waiting - reached,
    )
    everyone = recipients(facts.config.whatsapp)
    return IncidentStory(
        now=facts.now,
        incident=incident,
        told=tuple(one._replace(recipient=_masked(one.recipient)) for one in about),
        untold=tuple(
            Untold(_masked(one), reason(one, incident, channel))
            for one in everyone
            if one not in reached
        ),
        customers=customers.names(member.mac for member in incident.members),
    )


def _masked(recipient: str) -> str:
    # It comes with all that speaks HTTP: only where there is somebody to be masked.
    from eponctl.masking import masked

    return masked(recipient)


# --- an ONU -----------------------------------------------------------------------------------


def _of_onu(onu: OnuState, facts: _Facts) -> OnuStory:
    config, now = facts.config, facts.now
    olt = olt_of(config, onu.olt_id)
    watched = Watched(olt, store_olts.load().get(olt.id) or OltState(olt.id), Tally())
    own = [
        incident
        for incident in store.about(onu.olt_id, onu.mac, now)
        if any(one.mac == onu.mac and one.olt_id == onu.olt_id for one in incident.standing)
    ]
    covering = [one for one in facts.open_ if one.kind is Kind.OLT and onu.olt_id in one.olt_ids]
    hushes = [
        hush
        for hush in facts.hushes(now)
        if fits(hush.target, onu.olt_id, onu.pon, onu.onu_id, onu.mac)
    ]
    events = queries.events_of(onu.olt_id, onu.mac, MOST_EVENTS)
    deliveries = outbox.delivery_of(alert.id for alert in events)
    return OnuStory(
        now=now,
        onu=onu,
        watched=watched,
        is_abandoned=is_abandoned(onu, abandoned_before(config, now)),
        is_flapping=any(one.kind is Kind.FLAPPING for one in own),
        incidents=tuple(_of_incident(one, facts) for one in (*own, *covering)),
        hushes=tuple(hushes),
        reasons=tuple(reasons(onu, watched, own, hushes, config=config, now=now)),
        events=tuple((alert, deliveries.get(alert.id)) for alert in events),
        customer=customers.names([onu.mac]).get(onu.mac),
    )

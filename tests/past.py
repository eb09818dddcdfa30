"""A network whose polls are saved as `poll` saves them: a database with a history to replay."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from eponctl import saving
from eponctl.driver import Known, Scrape
from eponctl.errors import Unreachable
from eponctl.incidents.records import Incident
from eponctl.model import OltReading, OnuReading
from eponctl.replay.run import Replayed, replay
from eponctl.scrape import Job, Scraped
from eponctl.settings import Config, OltSettings, ReportSettings, WhatsAppSettings
from eponctl.store import incidents, olts, outbox, past
from eponctl.store.database import open_database
from eponctl.store.outboxrows import State
from eponctl.web import Web
from tests.network import MINUTE, Network

ANN, BOB = "6281200000001", "6281200000002"


class Driver:
    """A driver that has read these ONUs."""

    SENDS_BASIC = True

    def __init__(self, onus: Iterable[OnuReading]) -> None:
        self._onus = tuple(onus)

    def fetch(self, web: Web, known: Known) -> Scrape:
        raise AssertionError

    def read(self, scrape: Scrape, known: Known) -> OltReading:
        return OltReading("A22", self._onus)


@dataclass
class StoredNetwork(Network):
    """OLTs with their PONs, polled once a minute; the gateway takes everything at once.

    `rules` are fields of the configuration that are not as usual.
    """

    folder: Path = field(kw_only=True)
    rules: dict[str, Any] = field(default_factory=dict, kw_only=True)

    @property
    def config(self) -> Config:
        """What the polls are judged and told by."""
        usual = Config(
            self.folder / "olts.toml",
            self.folder / "eponctl.db",
            ZoneInfo("Asia/Jakarta"),
            alerts=self.settings,
            report=ReportSettings(hourly=False),
            whatsapp=WhatsAppSettings(enabled=True, recipients=(ANN,)),
            olts=tuple(
                OltSettings(olt_id, f"Name of {olt_id}", "http://127.0.0.1:9", "admin", None)
                for olt_id in self.sizes
            ),
        )
        return usual._replace(**self.rules)

    def poll(self, *, seconds: int = MINUTE, unread: Collection[str] = ()) -> list[Incident]:
        """One poll, a minute after the last; the incidents that are new or changed."""
        self.now += seconds
        config, now = self.config, self.now
        with open_database(config.database, create=True) as database:
            states, books = olts.load(), saving.books_of(database)
            usuals = saving.usuals_of(database, books, now)
            scraped = [self._scraped(olt, unread) for olt in config.olts if olt.enabled]
            outcomes = saving.outcomes_of(scraped, states, books, usuals, config, now, None)
            summaries = saving.summaries_of(config, states, books, outcomes, now)
            saved = saving.save(database, config, outcomes, states, summaries, now)
            for message in outbox.queued():
                outbox.mark_sent(message.id, now, None)
        return list(saved.incidents)

    def _scraped(self, olt: OltSettings, unread: Collection[str]) -> Scraped:
        is_read = olt.id not in unread
        job = Job(olt, Driver(self.onus[olt.id].values()), Known(), ("admin", "admin"))
        return Scraped(job, Scrape("all", {}) if is_read else Unreachable("no answer"), 0.1)

    # --- what is there afterwards ---

    def stored(self, since: int = 0) -> list[Incident]:
        """Every incident that went on since then, and is not part of another."""
        with open_database(self.config.database):
            return [one for one in incidents.history(since) if one.merged_into is None]

    def texts(self, since: int = 0) -> list[str]:
        """What was sent since then, with ids by their order."""
        with open_database(self.config.database):
            sent = [one for one in outbox.listing([State.SENT]) if (one.sent_at or 0) >= since]
        return with_plain_ids(message.text for message in sent)

    def past(self, since: int = 0, begin: int | None = None) -> past.Past:
        """The history since then, as it is loaded for a replay."""
        with open_database(self.config.database) as database, database.atomic():
            return past.load(database, since, self.now, begin)

    def replayed(self, since: int = 0, **rules: Any) -> Replayed:
        """The history since then under rules of which these fields are others."""
        return replay(self.past(since), self.config._replace(**rules))


def sent_texts(replayed: Replayed) -> list[str]:
    """What would have been sent, with ids by their order."""
    return with_plain_ids(text for one in replayed.sendings for text in one.texts)


def with_plain_ids(texts: Iterable[str]) -> list[str]:
    """The texts with #1, #2, ... in the place of ids, in the order in which these appear."""
    known: dict[str, str] = {}

    def plain(found: re.Match[str]) -> str:
        return found[1] + known.setdefault(found[2], str(len(known) + 1))

    return [re.sub(r"(#|ack )(\w+)", plain, text) for text in texts]


def without_ids(incidents: Iterable[Incident]) -> list[Incident]:
    """These incidents without what depends on their ids, in an order of their own."""
    found = [
        one._replace(
            id="",
            of=dict(sorted(one.of.items())),
            members=tuple(sorted(one.members, key=lambda member: member[:2])),
        )
        for one in incidents
    ]
    return sorted(found, key=_beginning)


def _beginning(incident: Incident) -> tuple[Any, ...]:
    onus = [(member.olt_id, member.mac, member.at) for member in incident.members]
    times = incident.opened_at, incident.grown_at
    return incident.kind, times, incident.olt_ids, len(onus), onus

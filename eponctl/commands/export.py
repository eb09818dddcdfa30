"""`eponctl export`: tables as records, streamed: memory stays flat whatever their length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import peewee

from eponctl.commands.incidents import outages
from eponctl.commands.network import place, watched_olts
from eponctl.settings import Config
from eponctl.store import customers, outbox, queries
from eponctl.store.database import open_database
from eponctl.views.history import alert_record, stat_record
from eponctl.views.incidents import incident_records
from eponctl.views.network import (
    Iso,
    Watched,
    iso_in,
    olt_record,
    onu_record,
    summary_record,
)
from eponctl.views.records import (
    AlertRecord,
    IncidentRecord,
    OltRecord,
    OnuRecord,
    Record,
    StatRecord,
    SummaryRecord,
)


class Table(StrEnum):
    """What can be exported by itself."""

    ONUS = "onus"
    OLTS = "olts"
    ALERTS = "alerts"
    STATS = "stats"


INCIDENTS = "incidents"
DAY_S = 86400

RECORDS: Mapping[str, type[Record]] = {
    Table.ONUS: OnuRecord,
    Table.OLTS: OltRecord,
    Table.ALERTS: AlertRecord,
    Table.STATS: StatRecord,
}


@dataclass(frozen=True, slots=True)
class Exported:
    """Tables by name, to be read once, while the database is open; and the summary of the whole."""

    tables: Mapping[str, Iterator[Record]]
    summary: SummaryRecord | None = None


@contextmanager
def exported(config: Config, table: Table | None, *, now: int) -> Iterator[Exported]:
    """One table; or OLTs, ONUs and their summary, and the incidents of a day.

    All rows are of one moment. Histories come oldest first, OLTs in the order of olts.toml, ONUs by
    OLT and id, incidents as `eponctl incidents` has them.
    Raises StoreError when there is no database, or nothing was polled yet.
    """
    iso = iso_in(config.timezone)
    with open_database(config.database) as database, database.atomic():
        if table is Table.ALERTS:
            yield Exported({table: _alerts(iso)})
        elif table is Table.STATS:
            yield Exported({table: (stat_record(stat, iso) for stat in queries.stats())})
        else:
            olts = watched_olts(database, config, now=now)
            records: dict[str, Iterator[Record]] = {
                Table.OLTS: (olt_record(watched, iso) for watched in olts),
                Table.ONUS: _onus(database, olts, iso),
            }
            if table is None:
                records[INCIDENTS] = _incidents(config, now)
                yield Exported(records, summary_record(olts))
            else:
                yield Exported({table: records[table]})


def _incidents(config: Config, now: int) -> Iterator[IncidentRecord]:
    found = outages(now - DAY_S)
    return iter(incident_records(found.incidents, found.told_at, config.timezone))


def _onus(
    database: peewee.SqliteDatabase, olts: Sequence[Watched], iso: Iso
) -> Iterator[OnuRecord]:
    named = customers.names()
    for watched in olts:
        if watched.olt.enabled:
            onus = sorted(queries.onus_of(database, watched.olt.id), key=place)
            yield from (onu_record(onu, watched.state, iso, named.get(onu.mac)) for onu in onus)


def _alerts(iso: Iso) -> Iterator[AlertRecord]:
    for some in queries.alerts():
        deliveries = outbox.delivery_of(alert.id for alert in some)
        named = customers.names(alert.mac for alert in some if alert.mac)
        yield from (
            alert_record(alert, deliveries.get(alert.id), iso, named.get(alert.mac or ""))
            for alert in some
        )

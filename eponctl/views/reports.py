"""A report's object in JSON. Pure."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from eponctl.reports import Outage, Report, Shares, Who
from eponctl.views.incidents import incident_record
from eponctl.views.network import Iso, iso_in, rounded
from eponctl.views.records import as_object


def report_object(report: Report, zone: tzinfo) -> dict[str, Any]:
    """What `report --json` has beside its head: whole lists, what matters most first."""
    iso, period = iso_in(zone), report.period
    return {
        "period": period.every.value,
        "from": iso(period.since),
        "to": iso(period.until),
        "summary": {
            "olts": len(report.olts),
            "onus": report.onus,
            **_shares(report.shares),
            "outages": len(report.outages),
            "no_polls_seconds": report.gap_s,
        },
        "olts": [
            {
                "id": olt.olt_id,
                "name": olt.name,
                "onus": olt.onus,
                **_shares(olt.shares),
                "not_read_seconds": olt.unread_s,
                "outages": olt.outages,
            }
            for olt in report.olts
        ],
        "worst_onus": [
            {**_who(one.onu), **_shares(one.shares), "drops": one.drops} for one in report.worst
        ],
        "outages": [_outage(one, iso) for one in report.outages],
        "falling_signals": [
            {
                **_who(one.onu),
                "rx_power_dbm": rounded(one.fall.level_dbm, 2),
                "db_per_day": rounded(one.fall.slope_db, 3),
                "fell_db": rounded(one.fall.fell_db, 2),
                "fit": rounded(one.fall.tau, 2),
                "limit_dbm": report.limit_dbm,
                "days_to_limit": rounded(one.days, 1),
            }
            for one in report.falling
        ],
        "weak_signals": [
            {
                **_who(one.onu),
                "rx_power_dbm": rounded(one.rx_dbm, 2),
                "overload": one.is_overload,
            }
            for one in report.weak
        ],
        "flapping": [{**_who(one.onu), "drops": one.drops} for one in report.flappers],
        "abandoned": [{**_who(one.onu), "down_since": iso(one.since)} for one in report.abandoned],
        "gaps": [
            {"from": iso(gap.since), "to": iso(gap.until), "seconds": gap.until - gap.since}
            for gap in report.gaps
        ],
    }


def _shares(shares: Shares) -> dict[str, float | int | None]:
    return {
        "availability_percent": shares.percent,
        "up_seconds": shares.up_s,
        "fibre_seconds": shares.fibre_s,
        "power_seconds": shares.power_s,
        "other_seconds": shares.other_s,
        "not_observed_seconds": shares.unseen_s,
        "maintenance_seconds": shares.maintenance_s,
        "disabled_seconds": shares.disabled_s,
    }


def _who(who: Who) -> dict[str, str | None]:
    return {
        "olt_id": who.olt_id,
        "onu_id": who.onu_id,
        "mac": who.mac,
        "name": who.name,
        "customer": who.customer,
    }


def _outage(outage: Outage, iso: Iso) -> dict[str, Any]:
    record = as_object(incident_record(outage.incident, None, iso))
    del record["told_at"]
    return record | {
        "seconds": outage.lasted_s,
        "planned": outage.is_planned,
        "onu": None if outage.onu is None else _who(outage.onu),
    }

"""The tables [alerts] and [[maintenance]] of olts.toml, with the forms of time that only they have.

Knows times of day, hours of a week and local times as they are written. What a time of a zone's
clock is in UTC, and what a target covers, is windows.py's.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from eponctl import windows
from eponctl.configtable import Table
from eponctl.configvalues import (
    Expected,
    Parser,
    number,
    shown,
    urgency,
    wanted,
    whole,
    whole_seconds,
)
from eponctl.settings import AlertSettings, Maintenance, Quiet, Weekly

_HOUR_S = 3600
_DAY_S = 86400

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_WEEKLY = re.compile(
    rf"([A-Z]{{3}}) ({_CLOCK.pattern})-({_CLOCK.pattern})", re.IGNORECASE | re.ASCII
)
_LOCAL = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


def alerts(root: Table) -> AlertSettings:
    """The table [alerts]."""
    default = AlertSettings()
    with root.table("alerts") as table:
        return AlertSettings(
            incident_window_s=table.take(
                "incident_window", whole_seconds(1, _DAY_S), default.incident_window_s
            ),
            area_window_s=table.take(
                "area_window", whole_seconds(1, _DAY_S), default.area_window_s
            ),
            # A third of them is kept for what is critical: fewer than three cannot be shared.
            max_per_hour=table.take("max_per_hour", whole(3, 600), default.max_per_hour),
            reminder_after_s=table.take(
                "reminder_after", _or_off(whole_seconds(1, 30 * _DAY_S)), default.reminder_after_s
            ),
            abandoned_after_s=table.take(
                "abandoned_after", whole_seconds(_HOUR_S, 3650 * _DAY_S), default.abandoned_after_s
            ),
            step_drop_db=table.take("step_drop_db", number(0.1, 40, "dB"), default.step_drop_db),
            quiet=_quiet(table),
        )


def _or_off(parse: Parser[int]) -> Parser[int | None]:
    def parse_or_off(value: object) -> int | None:
        if value == "off":
            return None
        try:
            return parse(value)
        except Expected as error:
            raise Expected(f'{error.expected}, or "off"', error.got) from None

    return parse_or_off


def _quiet(alerts_table: Table) -> Quiet | None:
    with alerts_table.table("quiet") as table:
        if not table.is_given:
            return None
        begin, end = table.need("from", minute_of_day, 0), table.need("to", minute_of_day, 0)
        if begin == end and not table.faulty & {"from", "to"}:
            table.fault("to", f"expected another time than from, got {shown(_clock(end))}")
        return Quiet(begin, end, table.take("min_priority", urgency, Quiet(0, 0).min_priority))


def maintenance(root: Table, zone: tzinfo) -> tuple[Maintenance, ...]:
    """The tables [[maintenance]]; their local times are of `zone`.

    Whether there is an OLT that a target covers is not asked, as with a route's patterns.
    """
    return tuple(_maintenance(table, zone) for table in root.tables("maintenance"))


def _maintenance(table: Table, zone: tzinfo) -> Maintenance:
    with table:
        target = table.need("target", _target, "")
        begin, end = table.take("from", _local, None), table.take("to", _local, None)
        weekly = table.take("weekly", _weekly, None)
        _need_either(table)
        if begin and end and end <= begin:
            begun, ended = (shown(one.isoformat(timespec="minutes")) for one in (begin, end))
            table.fault("to", f"expected a time after from ({begun}), got {ended}")
    starts_at = windows.instant(begin, zone) if begin else None
    return Maintenance(target, starts_at, windows.instant(end, zone) if end else None, weekly)


def _need_either(table: Table) -> None:
    """Note what is missing, or too much, of from and to or weekly."""
    given = [key for key in ("from", "to") if key in table]
    if "weekly" in table:
        if given:
            table.fault("weekly", f"expected either from and to, or weekly, got {given[0]} too")
    elif not given:
        table.missing("from", "from and to, or weekly")
    else:
        for key in {"from", "to"}.difference(given):
            table.missing(key, wanted(_local))


def _target(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not windows.is_target(value):
        raise Expected('OLT[:PON[:ONU]], as "OLT-KEDIRI-*" or "OLT-KEDIRI-01:0/1:3", or a MAC')
    return value


def minute_of_day(value: object) -> int:
    """A time of day, in minutes since midnight."""
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Expected('a time of day in quotes, from "00:00" to "23:59"')
    return _minutes(match[0])


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _weekly(value: object) -> Weekly:
    """Hours of a day of the week. Up to the time at which they begin: a whole day long."""
    match = _WEEKLY.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[1].capitalize() not in _WEEKDAYS:
        raise Expected(f'a day ({", ".join(_WEEKDAYS)}) and hours, as "Sun 01:00-03:00"')
    weekday = _WEEKDAYS.index(match[1].capitalize())
    return Weekly(weekday, _minutes(match[2]), _minutes(match[5]))


def _local(value: object) -> datetime:
    """A local time as it is written: naive."""
    if isinstance(value, str) and _LOCAL.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:  # the 30th of February
            pass
    raise Expected('a local time in quotes, as "2026-12-01T01:00"')

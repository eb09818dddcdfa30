"""The keys of olts.toml: which there are, what each may be, and which belong together.

Every table has its function, which makes one of the dataclasses of settings.py; those of alerts and
maintenance stand in configalerts.py. Must not know drivers, gateways or the database: a driver's
name is only looked at for its form.
"""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from eponctl import configalerts
from eponctl.configtable import Table
from eponctl.configvalues import (
    Expected,
    Parser,
    blank_or,
    choice,
    flag,
    hidden,
    matching,
    number,
    origin,
    page_url,
    person,
    recipient,
    seconds,
    shown,
    text,
    unshown,
    urgency,
    wanted,
    whole,
    whole_seconds,
    zone,
)
from eponctl.settings import (
    Config,
    OltSettings,
    PollSettings,
    ReportSettings,
    Retention,
    Route,
    Secret,
    Thresholds,
    WhatsAppSettings,
)

PROVIDERS = ("mpwa", "console", "file")
LANGUAGES = ("id", "en")

_HOUR_S = 3600
_DAY_S = 86400

_OLT_ID = matching(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}",
    "letters, digits, '-', '_', '.' (up to 64, the first a letter or digit)",
)
_DRIVER = matching(r"[a-z][a-z0-9_]*", '"auto" or the name of a driver')
# What is put here by mistake may be the secret itself, or hold it: "admin:password".
_USERNAME = unshown(matching(r"[^:\x00-\x1f\x7f]+", "a user name without a colon"))
_VARIABLE = unshown(matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable"))


def read(root: Table, path: Path, database: Path, machine_zone: ZoneInfo) -> Config:
    """Make a Config of the file's top table; its faults are in `root.faults` afterwards.

    `path` is absolute. The other two are what counts where the file says nothing.
    """
    base = path.parent
    with root:
        database = root.take("database", _path_from(base), database)
        timezone = root.take("timezone", zone, machine_zone)
        return Config(
            path=path,
            database=database,
            timezone=timezone,
            language=root.take("language", choice(*LANGUAGES), "id"),
            poll=_poll(root),
            thresholds=_thresholds(root),
            alerts=configalerts.alerts(root),
            maintenance=configalerts.maintenance(root, timezone),
            report=_report(root),
            retention=_retention(root),
            whatsapp=_whatsapp(root, base),
            olts=_olts(root, base),
        )


def _path_from(base: Path) -> Parser[Path]:
    """A file's path; a relative one counts from the folder of the configuration."""

    def parse_path(value: object) -> Path:
        name = text(value)
        if "://" in name:  # an engine's URL, with a password perhaps
            raise Expected("a file's path", got="a URL")
        # Not Path.expanduser: that raises where there is no home, as under some timers.
        return base / os.path.expanduser(name)  # noqa: PTH111

    return parse_path


def _poll(root: Table) -> PollSettings:
    default = PollSettings()
    with root.table("poll") as table:
        return PollSettings(
            request_timeout_s=table.take(
                "request_timeout", seconds(0.01, 600), default.request_timeout_s
            ),
            olt_deadline_s=table.take(
                "olt_deadline", seconds(0.01, _HOUR_S), default.olt_deadline_s
            ),
            max_parallel=table.take("max_parallel", whole(1, 512), default.max_parallel),
            page_delay_s=table.take("page_delay", seconds(0, 60), default.page_delay_s),
            retries=table.take("retries", whole(0, 10), default.retries),
            optics_every_s=table.take(
                "optics_every", whole_seconds(0, 7 * _DAY_S), default.optics_every_s
            ),
            confirm_polls=table.take("confirm_polls", whole(1, 100), default.confirm_polls),
            unreachable_polls=table.take(
                "unreachable_polls", whole(1, 1000), default.unreachable_polls
            ),
        )


def _thresholds(root: Table) -> Thresholds:
    default = Thresholds()
    heat, power = number(0, 150, "degrees C"), number(-60, 20, "dBm")
    with root.table("thresholds") as table:
        found = Thresholds(
            temperature_high_c=table.take("temperature_high", heat, default.temperature_high_c),
            temperature_clear_c=table.take("temperature_clear", heat, default.temperature_clear_c),
            rx_power_low_dbm=table.take("rx_power_low", power, default.rx_power_low_dbm),
            rx_power_clear_dbm=table.take("rx_power_clear", power, default.rx_power_clear_dbm),
            rx_power_high_dbm=table.take("rx_power_high", power, default.rx_power_high_dbm),
        )
        _need_order(
            table,
            temperature_clear=found.temperature_clear_c,
            temperature_high=found.temperature_high_c,
        )
        _need_order(
            table, rx_power_low=found.rx_power_low_dbm, rx_power_clear=found.rx_power_clear_dbm
        )
        _need_order(
            table, rx_power_clear=found.rx_power_clear_dbm, rx_power_high=found.rx_power_high_dbm
        )
    return found


def _need_order(table: Table, **pair: float) -> None:
    """Demand that the first of two values is below the second, unless one has a fault already."""
    (low, lower), (high, higher) = pair.items()
    if lower < higher or table.faulty & {low, high}:
        return
    # Told at a key that the file gives: the other may be a default that nobody wrote.
    if low in table:
        limit = f"{high} ({higher:g}{'' if high in table else ', the default'})"
        table.fault(low, f"expected less than {limit}, got {lower:g}")
    else:
        table.fault(high, f"expected more than {low} ({lower:g}, the default), got {higher:g}")


def _report(root: Table) -> ReportSettings:
    with root.table("report") as table:
        return ReportSettings(hourly=table.take("hourly", flag, ReportSettings().hourly))


def _retention(root: Table) -> Retention:
    default, days = Retention(), whole(1, 36500)
    with root.table("retention") as table:
        return Retention(
            alerts_days=table.take("alerts", days, default.alerts_days),
            stats_days=table.take("stats", days, default.stats_days),
            optical_days=table.take("optical", days, default.optical_days),
        )


def _whatsapp(root: Table, base: Path) -> WhatsAppSettings:
    """A table that is there is enabled unless it says otherwise: silence must be on purpose."""
    default = WhatsAppSettings()
    with root.table("whatsapp") as table:
        enabled = table.take("enabled", flag, table.is_given)
        provider = table.take("provider", choice(*PROVIDERS), default.provider)
        address = _address(provider, base)
        found = WhatsAppSettings(
            enabled=enabled,
            provider=provider,
            api_url=table.take("api_url", blank_or(address), default.api_url),
            api_key=_secret(table, "api_key", base, is_needed=enabled and provider == "mpwa"),
            sender=table.take("sender", blank_or(person), default.sender),
            recipients=table.take_list("recipients", recipient),
            max_age_s=table.take("max_age", whole_seconds(1, 30 * _DAY_S), default.max_age_s),
            routes=tuple(_route(route) for route in table.tables("route")),
        )
        if enabled:
            _need_channel(table, found, address)
    return found


def _address(provider: str, base: Path) -> Parser[str]:
    if provider == "mpwa":
        return page_url
    if provider == "file":
        path_of = _path_from(base)
        return lambda value: str(path_of(value))
    return text


def _need_channel(table: Table, found: WhatsAppSettings, address: Parser[str]) -> None:
    """Note what an enabled channel cannot do without."""
    if not found.recipients and not found.routes and "recipients" not in table.faulty:
        table.missing("recipients", "at least one recipient, here or in a [[whatsapp.route]]")
    if found.provider in {"mpwa", "file"} and not found.api_url and "api_url" not in table.faulty:
        table.missing("api_url", wanted(address))
    if found.provider == "mpwa" and not found.sender and "sender" not in table.faulty:
        table.missing("sender", wanted(person))


def _route(table: Table) -> Route:
    default = Route(recipients=())
    with table:
        recipients = table.take_list("recipients", recipient)
        if not recipients and "recipients" not in table.faulty:
            table.missing("recipients", "at least one recipient, as [...]")
        olts = table.take_list("olts", text)
        if not olts and "olts" in table and "olts" not in table.faulty:
            table.fault("olts", 'expected at least one pattern, as "OLT-KEDIRI-*", got none')
        least = table.take("min_priority", urgency, default.min_priority)
    return Route(recipients, olts or default.olts, least)


def _olts(root: Table, base: Path) -> tuple[OltSettings, ...]:
    found: list[OltSettings] = []
    first: dict[str, int] = {}
    for position, table in enumerate(root.tables("olt"), start=1):
        olt = _olt(table, base)
        if olt.id and first.setdefault(olt.id, position) != position:
            what = f"expected an id of its own, got {shown(olt.id)}, which olt[{first[olt.id]}] has"
            table.fault("id", what)
        found.append(olt)
    return tuple(found)


def _olt(table: Table, base: Path) -> OltSettings:
    with table:
        olt_id = table.need("id", _OLT_ID, "")
        return OltSettings(
            id=olt_id,
            name=table.take("name", text, olt_id),
            url=table.need("url", origin, ""),
            username=table.need("username", _USERNAME, ""),
            password=_secret(table, "password", base, is_needed=True, may_be_empty=True),
            driver=table.take("driver", _DRIVER, "auto"),
            enabled=table.take("enabled", flag, default=True),
            verify_tls=table.take("verify_tls", flag, default=True),
        )


def _secret(
    table: Table, name: str, base: Path, *, is_needed: bool, may_be_empty: bool = False
) -> Secret | None:
    """Exactly one of `name`, `name_env`, `name_file`; some devices have an empty password."""
    keys = (name, f"{name}_env", f"{name}_file")
    given = [key for key in keys if key in table]
    found = Secret(
        value=table.take(keys[0], hidden, None),
        env=table.take(keys[1], _VARIABLE, None),
        file=table.take(keys[2], unshown(_path_from(base)), None),
    )
    if len(given) > 1:
        table.fault(given[1], f"expected only one of {', '.join(keys)}, got {len(given)}")
    elif not given and is_needed:
        table.fault(name, f"missing, expected one of {', '.join(keys)}")
    elif is_needed and not may_be_empty and found.value is not None and not found.value:
        table.fault(name, "expected text that is not empty")
    return found if found != Secret() else None

"""The keys of olts.toml: which there are, what each may be, and which belong together.

Every table has its function, which makes one of the dataclasses of settings.py; those of alerts and
maintenance stand in configalerts.py, those of gateways in configwhatsapp.py. Must not know drivers
or the database: a driver's name is only looked at for its form.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from eponctl import configalerts, configwhatsapp
from eponctl.configsecret import path_from, secret
from eponctl.configtable import Table
from eponctl.configvalues import (
    Expected,
    choice,
    flag,
    matching,
    number,
    origin,
    page_url,
    seconds,
    shown,
    text,
    unshown,
    whole,
    whole_seconds,
    zone,
)
from eponctl.settings import (
    Config,
    ExportTarget,
    OltSettings,
    PollSettings,
    ReportSettings,
    Retention,
    Secret,
    Thresholds,
)

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


def read(root: Table, path: Path, database: Path, machine_zone: ZoneInfo) -> Config:
    """Make a Config of the file's top table; its faults are in `root.faults` afterwards.

    `path` is absolute. The other two are what counts where the file says nothing.
    """
    base = path.parent
    with root:
        database = root.take("database", path_from(base), database)
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
            whatsapp=configwhatsapp.whatsapp(root, base),
            healthcheck=_healthcheck(root, base),
            exports=_exports(root, base, (path, database)),
            messages_dir=_messages_dir(root, base),
            olts=_olts(root, base),
        )


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
        return ReportSettings(
            hourly=table.take("hourly", flag, ReportSettings().hourly),
            daily_minute=table.take("daily", configalerts.minute_of_day, None),
        )


def _retention(root: Table) -> Retention:
    default, days = Retention(), whole(1, 36500)
    with root.table("retention") as table:
        return Retention(
            alerts_days=table.take("alerts", days, default.alerts_days),
            stats_days=table.take("stats", days, default.stats_days),
            optical_days=table.take("optical", days, default.optical_days),
        )


def _healthcheck(root: Table, base: Path) -> Secret | None:
    """The url of the dead-man switch: a secret, for whoever has it can keep the switch quiet."""
    with root.table("healthcheck") as table:
        found = secret(table, "url", base, is_needed=False)
        if found is None or found.value is None:
            return found
        try:
            return Secret(page_url(found.value)) if found.value else None
        except Expected as error:
            table.fault("url", f"expected {error.expected}")
            return None


def _exports(root: Table, base: Path, taken: tuple[Path, ...]) -> tuple[ExportTarget, ...]:
    """Files that each poll writes; most configurations have none, and load nothing for it."""
    with root.table("export") as table:
        if not table.is_given:
            return ()
        from eponctl import configexport

        return configexport.targets(table, base, taken)


def _messages_dir(root: Table, base: Path) -> Path | None:
    """The folder of one's own texts; most configurations have none, and load nothing for it."""
    with root.table("messages") as table:
        if not table.is_given:
            return None
        from eponctl import configmessages

        return configmessages.folder(table, base)


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
            password=secret(table, "password", base, is_needed=True, may_be_empty=True),
            driver=table.take("driver", _DRIVER, "auto"),
            enabled=table.take("enabled", flag, default=True),
            verify_tls=table.take("verify_tls", flag, default=True),
        )

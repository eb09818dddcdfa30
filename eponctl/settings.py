"""What a configuration is, once read: immutable, comparable, complete.

Knows the keys' names, units and defaults. Must not know the file: reading, checking and finding it
is config.py's, which also gives these names out; the rest of the package imports them from there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, final
from zoneinfo import ZoneInfo

from eponctl.errors import ConfigError, Problem
from eponctl.model import Priority


@final
class Secret:
    """A password or key, from the file's text, the environment or a file; shows as `***`.

    Exactly one of the three is set. Environment and file are read when it is revealed, so that a
    command which needs no secret runs without it. No tuple: nothing that walks through the
    configuration comes upon its text.
    """

    __slots__ = ("env", "file", "value")

    def __init__(
        self, value: str | None = None, env: str | None = None, file: Path | None = None
    ) -> None:
        self.value, self.env, self.file = value, env, file

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def _parts(self) -> tuple[str | None, str | None, Path | None]:
        return self.value, self.env, self.file

    def reveal(self) -> str:
        """Its text; of a file, without the newline at the end.

        Raises ConfigError: the variable is not set or empty; the file is missing, unreadable, empty
        or not UTF-8.
        """
        if self.env is not None:
            return _from_environment(self.env)
        if self.file is not None:
            return _from_file(self.file)
        return self.value or ""


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        problem = Problem(f"environment variable {name}", "", "not set, or empty")
        hint = "cron does not see your shell's variables: set it in the crontab, or use a file"
        raise ConfigError([problem], hint)
    return value


def _from_file(path: Path) -> str:
    try:
        text = path.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise ConfigError([Problem(str(path), "", what)]) from error
    except UnicodeDecodeError:
        # The decoder's error carries the bytes, which are the secret: it must not be chained.
        raise ConfigError([Problem(str(path), "", "not UTF-8 text")]) from None
    if not text:
        raise ConfigError([Problem(str(path), "", "is empty")])
    return text


class PollSettings(NamedTuple):
    """How devices are asked, and how often something must be seen. Times in seconds.

    `request_timeout_s` is to connect, and between two reads; `olt_deadline_s` bounds one OLT's
    whole scrape. `retries` are tries beyond the first. `optics_every_s` 0: with every poll.
    """

    request_timeout_s: float = 10.0
    olt_deadline_s: float = 60.0
    max_parallel: int = 128
    page_delay_s: float = 0.0
    retries: int = 1
    optics_every_s: int = 900
    confirm_polls: int = 1
    unreachable_polls: int = 2


class Thresholds(NamedTuple):
    """Where a value becomes a problem, and where it has recovered: degrees C and dBm."""

    temperature_high_c: float = 65.0
    temperature_clear_c: float = 60.0
    rx_power_low_dbm: float = -27.0
    rx_power_clear_dbm: float = -26.0
    rx_power_high_dbm: float = -8.0


class Quiet(NamedTuple):
    """The hours of the day in which less urgent things are held: minutes since local midnight.

    `to_minute` before `from_minute` reaches over midnight. What is of `min_priority` or more urgent
    is told all the same.
    """

    from_minute: int
    to_minute: int
    min_priority: Priority = Priority.CRITICAL


class AlertSettings(NamedTuple):
    """How troubles become incidents, and how often people are told. Times in seconds.

    `reminder_after_s` None: no reminders. `max_per_hour` is of messages per recipient.
    """

    incident_window_s: int = 900
    area_window_s: int = 300
    max_per_hour: int = 30
    reminder_after_s: int | None = 3600
    abandoned_after_s: int = 2592000
    step_drop_db: float = 3.0
    quiet: Quiet | None = None


class Weekly(NamedTuple):
    """A window that comes every week: weekday (0 is Monday) and minutes since local midnight.

    `to_minute` at or before `from_minute` is of the day after.
    """

    weekday: int
    from_minute: int
    to_minute: int


class Maintenance(NamedTuple):
    """A time in which nothing is told of what `target` fits: OLT[:PON[:ONU]], a glob.

    Once, from `starts_at` to `ends_at` (UTC seconds), or `weekly`.
    """

    target: str
    starts_at: int | None = None
    ends_at: int | None = None
    weekly: Weekly | None = None


class ReportSettings(NamedTuple):
    """Which reports `poll` sends by itself."""

    hourly: bool = True


class Retention(NamedTuple):
    """How many days of what are kept; hourly roll-ups of optics stay for `stats_days`."""

    alerts_days: int = 365
    stats_days: int = 90
    optical_days: int = 30


class Route(NamedTuple):
    """What its recipients get: alerts of OLTs whose id fits one of the globs, this urgent or more.

    Recipients are canonical: digits with country code, or an id ending in @g.us or @newsletter.
    """

    recipients: tuple[str, ...]
    olts: tuple[str, ...] = ("*",)
    min_priority: Priority = Priority.MEDIUM


class WhatsAppSettings(NamedTuple):
    """The gateway and who is told.

    `api_url` is the gateway's send address for mpwa, an absolute path for `file`, empty for
    `console`. While `enabled` is False anything may be missing. `max_age_s` is in seconds.
    """

    enabled: bool = False
    provider: str = "mpwa"
    api_url: str = ""
    api_key: Secret | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()
    max_age_s: int = 21600
    routes: tuple[Route, ...] = ()


class OltSettings(NamedTuple):
    """One OLT: where it is and how to log in. `url` is scheme, host and port, no slash behind."""

    id: str
    name: str
    url: str
    username: str
    password: Secret | None
    driver: str = "auto"
    enabled: bool = True
    verify_tls: bool = True


class Config(NamedTuple):
    """A whole olts.toml without a fault. Paths are absolute; `olts` are in the file's order."""

    path: Path
    database: Path
    timezone: ZoneInfo
    language: str = "id"
    poll: PollSettings = PollSettings()
    thresholds: Thresholds = Thresholds()
    alerts: AlertSettings = AlertSettings()
    maintenance: tuple[Maintenance, ...] = ()
    report: ReportSettings = ReportSettings()
    retention: Retention = Retention()
    whatsapp: WhatsAppSettings = WhatsAppSettings()
    olts: tuple[OltSettings, ...] = ()

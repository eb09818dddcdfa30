"""What a configuration is, once read: immutable, comparable, complete.

Knows the keys' names, units and defaults. Must not know the file: reading, checking and finding it
is config.py's, which also gives these names out; the rest of the package imports them from there.
Long, because it is one list: a key of olts.toml, its unit, its default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, final
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
    """Which reports `poll` sends by itself; the daily one at a minute since local midnight."""

    hourly: bool = True
    daily_minute: int | None = None


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


class HttpRule(NamedTuple):
    """What an answer of a gateway means: `then` (a word of errors.Outcome) if all that is set fits.

    `status` is HTTP's; `text` a regular expression, searched at `path` of the answer's JSON, or in
    the whole answer where no path is named; `any_of` are values, one of which stands at `path`.
    `then` may also be "ok". `wait_s` is the least time to the next try, `tries` how many must end
    like this before it is believed; 0 is what is usual.
    """

    then: str
    status: tuple[int, ...] = ()
    path: str = ""
    text: str = ""
    any_of: tuple[Any, ...] = ()
    wait_s: int = 0
    tries: int = 0


class HttpSettings(NamedTuple):
    """How the provider `http` asks a gateway, and what its answers mean.

    Texts and trees may hold {{to}}, {{text}}, {{sender}}, {{session}}, {{recipient_key}} and
    {{is_group}}. `person` is the form of a number. A yes is one of the statuses `success_status`,
    every path of `success` with one of its values (any where there are none), and `success_text`
    in the answer, case aside. Of `errors` the first that fits counts. Paths are dotted,
    `data.messages[0].id`.
    """

    preset: str = ""
    method: str = "POST"
    auth: str = "none"
    auth_name: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    body_type: str = "json"
    body: Mapping[str, Any] = MappingProxyType({"number": "{{to}}", "message": "{{text}}"})
    group_body: Mapping[str, Any] = MappingProxyType({})
    person: str = "digits"
    groups: bool = True
    keys: Mapping[str, Secret] = MappingProxyType({})
    success_status: tuple[int, ...] = (200, 201)
    success: Mapping[str, tuple[Any, ...]] = MappingProxyType({})
    success_text: str = ""
    level: str = "accepted"
    id_path: str = ""
    errors: tuple[HttpRule, ...] = ()
    error_text: tuple[str, ...] = ("msg", "message", "reason", "error", "error.message", "detail")
    health_url: str = ""
    health_path: str = ""
    health_ok: tuple[str, ...] = ()
    max_chars: int = 4000


class WhatsAppSettings(NamedTuple):
    """The gateway and who is told.

    `api_url` is the gateway's send address, an absolute path for `file`, empty for `console`. While
    `enabled` is False anything may be missing. `max_age_s` is in seconds. `session` is which of
    several at a gateway sends: WAHA's session, GOWA's device. `template` and its language are of
    the Cloud API: what goes to those who have not written for 24 hours.
    """

    enabled: bool = False
    provider: str = "mpwa"
    api_url: str = ""
    api_key: Secret | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()
    max_age_s: int = 21600
    routes: tuple[Route, ...] = ()
    session: str = ""
    template: str = ""
    template_language: str = "id"
    http: HttpSettings = HttpSettings()

    @property
    def max_chars(self) -> int:
        """The longest text of one message that the gateway takes, in UTF-16 units."""
        return self.http.max_chars if self.provider == "http" else 4000


class ExportTarget(NamedTuple):
    """A file that each poll writes: `format` is one of configexport.FORMATS, the path absolute."""

    format: str
    path: Path


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


class Words(NamedTuple):
    """Whose words texts are in: a language, and a folder with somebody's own in place of ours."""

    language: str
    folder: Path | None = None


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
    healthcheck: Secret | None = None
    exports: tuple[ExportTarget, ...] = ()
    messages_dir: Path | None = None
    olts: tuple[OltSettings, ...] = ()

    @property
    def words(self) -> Words:
        """What texts are made with."""
        return Words(self.language, self.messages_dir)

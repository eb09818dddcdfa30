"""olts.toml: where it is, what it says, and how its secrets are kept.

The door to the configuration: the classes of settings.py are given out here too. Which keys
there are is configschema.py's; edits of the file are configfile.py's.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from eponctl import configschema
from eponctl.configschema import LANGUAGES
from eponctl.configtable import Table
from eponctl.configvalues import duration_s, known_zone
from eponctl.configwhatsapp import PROVIDERS
from eponctl.errors import ConfigError, Problem
from eponctl.settings import (
    AlertSettings,
    Config,
    HttpRule,
    HttpSettings,
    Maintenance,
    OltSettings,
    PollSettings,
    Quiet,
    ReportSettings,
    Retention,
    Route,
    Secret,
    Thresholds,
    Weekly,
    WhatsAppSettings,
)

__all__ = [
    "LANGUAGES",
    "PROVIDERS",
    "AlertSettings",
    "Config",
    "HttpRule",
    "HttpSettings",
    "Maintenance",
    "OltSettings",
    "PollSettings",
    "Quiet",
    "ReportSettings",
    "Retention",
    "Route",
    "Secret",
    "Thresholds",
    "Weekly",
    "WhatsAppSettings",
    "duration_s",
    "examined",
    "exposed",
    "exposed_files",
    "find",
    "load",
    "machine_zone",
    "parse",
    "parse_toml",
    "places",
    "read_text",
    "secret_problems",
]

_SYSTEM_FILE = Path("/etc/eponctl/olts.toml")
_SYSTEM_DATABASE = Path("/var/lib/eponctl/eponctl.db")


# --- where it is ---


def places(explicit: str | None, environ: Mapping[str, str], cwd: Path) -> tuple[Path, ...]:
    """Where the file is looked for, in order. The first is where a new one belongs."""
    named = explicit or environ.get("EPONCTL_CONFIG")
    if named:
        return (cwd / named,)
    folders = []
    if environ.get("XDG_CONFIG_HOME", "").startswith("/"):  # a relative one counts as unset: XDG
        folders.append(Path(environ["XDG_CONFIG_HOME"]))
    elif environ.get("HOME"):
        folders.append(Path(environ["HOME"], ".config"))
    users = [folder / "eponctl" / "olts.toml" for folder in folders]
    return (cwd / "olts.toml", *users, _SYSTEM_FILE)


def find(explicit: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The configuration file to use: the first of `places` that exists, whatever it is.

    Raises ConfigError: none does.
    """
    tried = []
    for path in places(explicit, environ, cwd):
        try:
            path.stat()
        except OSError as error:
            is_absent = isinstance(error, FileNotFoundError | NotADirectoryError)
            tried.append(str(path) if is_absent else f"{path} ({error.strerror})")
        else:
            return path
    problem = Problem("no configuration file", "", f"tried {', '.join(tried)}")
    hint = "`eponctl demo` shows it at work without one; `eponctl olt add` begins one"
    raise ConfigError([problem], hint)


# --- reading it ---


def load(path: Path) -> Config:
    """Read and check a file.

    Raises ConfigError with all its faults. Keys' paths count from 1: `olt[2]` is the second OLT.
    """
    return parse(read_text(path), path)


def read_text(path: Path) -> str:
    """A file's text, line endings and a byte order mark as they are. Raises ConfigError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise ConfigError([Problem(str(path), "", what)]) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"line {line}: expected UTF-8 text, got byte 0x{data[error.start]:02x}"
        # The decoder's error carries the whole file, with its passwords: it must not be chained.
        raise ConfigError([Problem(str(path), "", what)]) from None


def parse(content: str, path: Path) -> Config:
    """Check a file's text as if it stood at `path`. Raises ConfigError with all its faults."""
    config, faults = examined(content, path)
    if faults:
        raise ConfigError(faults)
    return config


def examined(content: str, path: Path) -> tuple[Config, list[Problem]]:
    """What a text says, with a stand-in for whatever is wrong in it, and all its faults.

    For who looks only: nothing may be done after a file with faults. Raises ConfigError: no TOML.
    """
    root = Table(parse_toml(content, path), str(path))
    place = path.absolute()
    database = _SYSTEM_DATABASE if place == _SYSTEM_FILE else place.parent / "eponctl.db"
    return configschema.read(root, place, database, machine_zone()), root.faults


def parse_toml(content: str, path: Path) -> dict[str, object]:
    """Only read TOML, whatever its keys; a byte order mark is passed over. Raises ConfigError."""
    try:
        return tomllib.loads(content.removeprefix("\ufeff"))
    except RecursionError:
        fault = "arrays or tables nested too deep"
    except ValueError as error:
        # "Invalid value (at line 3, column 9)"; a number of too many digits has no place.
        match = re.fullmatch(r"(.*) \(at (.*)\)", str(error), re.DOTALL)
        fault = f"{match[2]}: not TOML: {match[1]}" if match else f"not TOML: {error}"
    raise ConfigError([Problem(str(path), "", fault)])


def machine_zone(environ: Mapping[str, str] = os.environ, etc: Path = Path("/etc")) -> ZoneInfo:
    """The zone this machine is set to, else UTC. Raises ConfigError: it knows no zones at all."""
    zones = (known_zone(name) for name in _machine_zone_names(environ, etc))
    found = next((zone for zone in zones if zone is not None), None)
    if found is not None:
        return found
    problem = Problem("this machine", "", "has no time zone database")
    raise ConfigError([problem], "install the package tzdata")


def _machine_zone_names(environ: Mapping[str, str], etc: Path) -> Iterator[str]:
    """$TZ may be a name, `:name` or a path; /etc/localtime is a link into the database."""
    if environ.get("TZ"):
        yield environ["TZ"].removeprefix(":").rpartition("zoneinfo/")[2]
    with suppress(OSError, UnicodeDecodeError):
        yield (etc / "timezone").read_text("utf-8").strip()
    with suppress(OSError):
        yield str((etc / "localtime").readlink()).rpartition("zoneinfo/")[2]
    yield "UTC"


# --- its secrets ---


def secret_problems(config: Config) -> list[Problem]:
    """What keeps the secrets that a poll needs from being revealed now: one fault for each.

    Those of OLTs and of a WhatsApp channel that are not enabled do not count.
    """
    secrets = [
        (f"olt[{number}].password", olt.password)
        for number, olt in enumerate(config.olts, start=1)
        if olt.enabled
    ]
    if config.whatsapp.enabled:
        secrets.append(("whatsapp.api_key", config.whatsapp.api_key))
        secrets += [("whatsapp.http.keys", key) for key in config.whatsapp.http.keys.values()]
    problems = []
    for key, secret in secrets:
        if secret is None:
            continue
        try:
            secret.reveal()
        except ConfigError as error:
            form = "env" if secret.env else "file"
            place = key if key.endswith(".keys") else f"{key}_{form}"
            problems.append(Problem(str(config.path), place, error.message))
    return problems


def exposed(config: Config) -> list[str]:
    """A line for each file that holds a password or key and can be read by everybody here."""
    return [
        f"{file} holds a password and can be read by everyone: chmod 600 {shlex.quote(str(file))}"
        for file in exposed_files(config)
    ]


def exposed_files(config: Config) -> list[Path]:
    """The files that hold a password or key and can be read by everybody here."""
    secrets = [olt.password for olt in config.olts] + [config.whatsapp.api_key]
    secrets += [*config.whatsapp.http.keys.values(), config.healthcheck]
    files = [config.path if secret.value else secret.file for secret in secrets if secret]
    named = dict.fromkeys(file for file in files if file)
    return [file for file in named if _is_readable_by_others(file)]


def _is_readable_by_others(path: Path) -> bool:
    with suppress(OSError):
        return bool(path.stat().st_mode & stat.S_IROTH)
    return False

"""`eponctl doctor`: what is wrong with an installation, from its file to its gateway.

Looks, and changes nothing. What each part says of itself stands in that part; here it becomes a
finding: well, worth a look, or wrong, with what to do. What devices and the gateway say is in
doctor_asks.py.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from eponctl import config as configuration
from eponctl.commands import schedule
from eponctl.commands.choice import driver_problems
from eponctl.commands.schedule_status import Standing
from eponctl.commands.schedule_status import status as standing_of
from eponctl.errors import ConfigError, EponctlError, Problem
from eponctl.messages.text import duration
from eponctl.schedule import machine
from eponctl.schedule.job import name_of
from eponctl.schedule.machine import Machine
from eponctl.settings import Config
from eponctl.store import upkeep

_LEAST_FREE, _LITTLE_FREE = 50_000_000, 500_000_000
_BUILT_IN = 2026  # a clock that is before this year was never set
_MEND = "mend it; olts.toml of the repository is the commented sample"
_KEY_OF_DATABASE = "database"


class Mark(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Finding(NamedTuple):
    """One line of the doctor's: what was looked at, how it stands, and what to do.

    `about` is an OLT's id. `text` and `do` may hold what a device or a gateway wrote.
    """

    what: str
    mark: Mark
    text: str
    do: str = ""
    about: str | None = None


class Examined(NamedTuple):
    """The configuration as far as it can be understood; None: not at all.

    `has_faults`: there are stand-ins in it, so nothing may be asked by it. `problems` are all that
    a poll would refuse to begin with.
    """

    config: Config | None
    problems: tuple[Problem, ...] = ()
    hint: str = ""
    has_faults: bool = False


# --- the configuration ---


def examine(explicit: str | None, environ: Mapping[str, str], cwd: Path) -> Examined:
    """Find the configuration and read it; what is wrong with it is no error here."""
    try:
        path = configuration.find(explicit, environ, cwd)
        config, faults = configuration.examined(configuration.read_text(path), path)
    except ConfigError as error:
        return Examined(None, tuple(error.problems), error.hint, has_faults=True)
    if faults:
        return Examined(config, tuple(faults), has_faults=True)
    return Examined(config, (*configuration.secret_problems(config), *driver_problems(config)))


def of_configuration(examined: Examined) -> Iterator[Finding]:
    """Where it is, and each of its faults."""
    config = examined.config
    for problem in examined.problems:
        do = examined.hint or _what_to_do(problem, config)
        yield Finding("configuration", Mark.WRONG, str(problem), do)
    if config is None or examined.problems:
        return
    off = sum(not olt.enabled for olt in config.olts)
    olts = f"{len(config.olts)} OLT{'' if len(config.olts) == 1 else 's'}"
    text = f"{config.path}: {olts}" + (f", {off} of them disabled" if off else "")
    yield Finding("configuration", Mark.OK, text)


def _what_to_do(problem: Problem, config: Config | None) -> str:
    if config is None:
        return ""
    env_file = config.path.with_suffix(".env")
    if problem.key.endswith("_env"):
        if env_file.exists():
            return f"the schedule reads it from {env_file}; here: `set -a; . {env_file}`"
        return "set it here, and where polls run (crontab, systemd); or use a file"
    return _MEND


# --- what lies on this machine ---


def of_machine(examined: Examined, of: Machine, now: int) -> Iterator[Finding]:
    """Permissions, clock, database, disk and schedule, as far as the configuration names them."""
    config = examined.config
    if config is None or any(one.key == _KEY_OF_DATABASE for one in examined.problems):
        yield from _of_clock(None, of, now, None)
        yield _unknown("database", "where it is, the configuration does not tell")
        return
    yield from _of_permissions(config)
    # Before anything opens it, which would bring an older schema up to date.
    of_database = list(_of_database(config))
    standing = _standing(config, of, now)
    last_at = standing.last.at if isinstance(standing, Standing) else None
    yield from _of_clock(config.timezone, of, now, last_at)
    yield from of_database
    yield _of_disk(config.database)
    if isinstance(standing, Standing):
        yield from _of_schedule(standing, now)
    else:
        yield _unknown("schedule", standing.message, standing.hint)
    if config.messages_dir is not None:
        yield from _of_messages(config, now)


def _of_messages(config: Config, now: int) -> Iterator[Finding]:
    """One's own texts; a message goes out with the built-in one in the place of a broken one."""
    from eponctl.commands import messages

    checked = messages.check(config, now=now)
    for fault in checked.faults:
        do = "mend it; `eponctl messages check` looks again"
        yield Finding("messages", Mark.WARNING, f"{fault}; the built-in text is sent", do)
    if not checked.faults:
        count = len(checked.files)
        text = f"{config.messages_dir}: {count} file{'' if count == 1 else 's'}, all can be used"
        yield Finding("messages", Mark.OK, text)


def _standing(config: Config, of: Machine, now: int) -> Standing | EponctlError:
    try:
        return standing_of(config, of, now)
    except EponctlError as error:
        return error


def _unknown(what: str, why: str, do: str = "mend the configuration first") -> Finding:
    return Finding(what, Mark.WARNING, f"not known: {why}", do)


def _of_permissions(config: Config) -> Iterator[Finding]:
    found = list(_exposures(config))
    if config.database.exists():
        found += [
            Finding("permissions", Mark.WRONG, fault.what, fault.hint)
            for fault in upkeep.faults_of_files(config.database)
        ]
    else:
        folder = _nearest_folder(config.database)
        if not os.access(folder, os.W_OK | os.X_OK):
            what = f"{folder}: not writable for you, and the database belongs there"
            found.append(Finding("permissions", Mark.WRONG, what, "check who owns the folder"))
    yield from found
    if not found:
        text = "no secret and nothing of the database is open to others"
        yield Finding("permissions", Mark.OK, text)


def _exposures(config: Config) -> Iterator[Finding]:
    for file in configuration.exposed_files(config):
        what = f"{file} holds a password and can be read by everyone"
        yield Finding("permissions", Mark.WRONG, what, f"chmod 600 {shlex.quote(str(file))}")
    env_file = config.path.with_suffix(".env")
    with suppress(OSError):
        if env_file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            what = f"{env_file} holds secrets for the schedule and can be read by others"
            do = f"chmod 600 {shlex.quote(str(env_file))}"
            yield Finding("permissions", Mark.WRONG, what, do)


def _of_clock(
    zone: tzinfo | None, of: Machine, now: int, last_poll_at: int | None
) -> Iterator[Finding]:
    """What time it is here, and whether that can be."""
    when = datetime.fromtimestamp(now, zone or UTC)
    name = getattr(zone, "key", "UTC") if zone else "UTC"
    text = f"{when:%Y-%m-%d %H:%M:%S}, {name} (UTC{when:%z})"
    do = "set it: `timedatectl set-ntp true`, or `date`"
    if when.year < _BUILT_IN:
        yield Finding("clock", Mark.WRONG, f"{text}: it was never set", do)
    elif last_poll_at is not None and last_poll_at > now:
        ahead = duration(last_poll_at - now)
        yield Finding("clock", Mark.WRONG, f"{text}: {ahead} before the last poll", do)
    elif machine.is_clock_kept(of) is False:
        yield Finding("clock", Mark.WARNING, f"{text}: nothing keeps it right", do)
    else:
        yield Finding("clock", Mark.OK, text)


def _of_database(config: Config) -> Iterator[Finding]:
    path = config.database
    if not path.exists():
        yield Finding("database", Mark.WARNING, f"{path}: not there yet", "run `eponctl poll`")
        return
    faults = list(upkeep.faults_of_content(path))
    for fault in faults:
        yield Finding("database", Mark.WRONG, f"{path}: {fault.what}", fault.hint)
    if not faults:
        size = _bytes(upkeep.file_size(path).file_bytes)
        yield Finding("database", Mark.OK, f"{path}: whole and up to date, {size}")


def _of_disk(database: Path) -> Finding:
    folder = _nearest_folder(database)
    try:
        free, nodes = shutil.disk_usage(folder).free, os.statvfs(folder)
    except OSError as error:
        return Finding("disk", Mark.WRONG, f"{folder}: {error.strerror}", "check who owns it")
    text = f"{folder}: {_bytes(free)} free"
    size = database.stat().st_size if database.exists() else 0
    if nodes.f_files and not nodes.f_favail:
        return Finding("disk", Mark.WRONG, f"{folder}: no room for more files", "remove some files")
    if free < _LEAST_FREE:
        return Finding("disk", Mark.WRONG, text, "free some: soon nothing can be stored")
    if free < max(_LITTLE_FREE, 2 * size):
        do = "free some: `eponctl db backup` and `db cleanup` need room for a copy"
        return Finding("disk", Mark.WARNING, text, do)
    return Finding("disk", Mark.OK, text)


def _nearest_folder(path: Path) -> Path:
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _bytes(number: int) -> str:
    unit, size = ("GB", 1e9) if number >= 1e9 else ("MB", 1e6)  # noqa: PLR2004
    return f"{number / size:.1f} {unit}"


def _of_schedule(standing: Standing, now: int) -> Iterator[Finding]:
    """What runs polls; what is missing there is wrong only where polls are overdue for it."""
    mark = Mark.WRONG if standing.is_overdue else Mark.WARNING
    for problem in standing.problems:
        what, _, do = problem.partition(": ")
        yield Finding("schedule", mark, f"{what}{_ago(standing, now, what)}", do)
    if standing.result not in {None, "success"}:
        what = f"the last run by systemd ended with `{standing.result}`"
        yield Finding("schedule", Mark.WARNING, what, f"`journalctl -u {standing.name}` says why")
    if standing.is_well:
        by = ", ".join(f"{one.by}, {schedule.pace(one.every_s)}" for one in standing.installed)
        by = by or "a line of your crontab"
        yield Finding("schedule", Mark.OK, f"{by}{_ago(standing, now)}")


def pace(config: Config, of: Machine) -> int | None:
    """Every how many seconds what we installed polls; None: it is not known."""
    installed = schedule.installed(name_of(config.path, of.default), of)
    return next((one.every_s for one in installed if one.every_s), None)


def _ago(standing: Standing, now: int, said: str = "") -> str:
    last = standing.last
    if last.at is None or last.at > now:
        return ""
    ago = duration(now - last.at)
    return f" ({ago})" if "the last poll" in said else f"; the last poll was {ago} ago"


# --- all together ---

_WRONG, _CONFIGURATION = 1, 2


def exit_code(examined: Examined, findings: Iterable[Finding]) -> int:
    """2 for a configuration that no poll would begin with, 1 when something else is wrong."""
    if examined.problems:
        return _CONFIGURATION
    return _WRONG if any(one.mark is Mark.WRONG for one in findings) else 0

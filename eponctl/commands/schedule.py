"""`eponctl schedule`: the timer or the line of cron that runs `poll`: put there, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from eponctl.atomicfile import draft_of, hint_for
from eponctl.errors import ConfigError, EponctlError, Problem
from eponctl.schedule import crontab, machine, units
from eponctl.schedule.job import Job, job_of, spelled
from eponctl.schedule.machine import Machine
from eponctl.settings import Config

EVERY_S = 60


class By(StrEnum):
    """What runs it."""

    SYSTEMD = "systemd"
    CRON = "cron"


class Written(NamedTuple):
    """What an install writes, or has written: texts by where they stand; notes for the person.

    `is_new` False: all of it was there already, word for word.
    """

    by: By
    job: Job
    texts: Mapping[str, str]
    notes: tuple[str, ...]
    is_new: bool = True


class Installed(NamedTuple):
    """What is there: texts by where they stand. `every_s` None: somebody changed the pace.

    `line` is that of the command in the crontab.
    """

    by: By
    texts: Mapping[str, str]
    every_s: int | None
    line: int | None = None


def plan(
    config: Config, of: Machine, by: By | None, every_s: int, *, is_for_show: bool = False
) -> Written:
    """What `install` would write; nothing is. Raises ConfigError, EponctlError.

    `is_for_show`: also where it could not be installed; a note says why.
    """
    by = by or (By.SYSTEMD if of.has_systemd else By.CRON)
    job = job_of(config, of.program, every_s, of.default)
    if by is By.CRON:
        text = crontab.block(job)
        old, why_not = "", ""
        try:
            old = machine.read_crontab()
        except EponctlError as error:
            if not is_for_show:
                raise
            why_not = f"it cannot be installed here: {error.message}"
        before = crontab.found(old, job.name)
        notes = (*filter(None, [why_not]), *_notes(job, of, by), *_notes_of_crontab(old))
        is_new = before is None or before.text != text
        return Written(by, job, {_crontab_of(of): text}, notes, is_new)
    notes = _notes(job, of, by)
    if not of.has_systemd:
        missing = "systemd does not run here (no /run/systemd/system)"
        if not is_for_show:
            raise EponctlError(missing, "use --cron")
        notes = (f"it cannot be installed here: {missing}", *notes)
    files = units.files(job, of.units, user=_user(config, of), is_system=of.is_root)
    with suppress(EponctlError):  # no crontab, no lines of it
        notes = (*notes, *_notes_of_crontab(machine.read_crontab()))
    is_new = any(_text_of(path) != text for path, text in files.items())
    return Written(by, job, {str(path): text for path, text in files.items()}, notes, is_new)


def install(written: Written, of: Machine) -> None:
    """Write what was planned, and start it. Raises EponctlError; then nothing has changed."""
    job = written.job
    others = [one for one in installed(job.name, of) if one.by is not written.by]
    if others:
        what = f"{others[0].by} runs it already: {', '.join(others[0].texts)}"
        raise EponctlError(what, "`eponctl schedule remove` first")
    if written.by is By.CRON:
        _install_in_crontab(job, written)
    else:
        _install_units(job, written, of)


def _install_in_crontab(job: Job, written: Written) -> None:
    old = machine.read_crontab()
    [text] = written.texts.values()
    new = crontab.with_block(old, job.name, text)
    if new != old:
        machine.write_crontab(new)


def _install_units(job: Job, written: Written, of: Machine) -> None:
    before = {Path(path): _text_of(Path(path)) for path in written.texts}
    for path, old in before.items():
        if old is not None and not units.is_ours(old):
            what = f"{path}: is there, and was not written by `eponctl schedule`"
            raise EponctlError(what, "take it away first, or keep it and leave this be")
    try:
        _make_folders(job)
        for where, text in written.texts.items():
            _write(Path(where), text)
        timer = f"{job.name}.timer"
        machine.systemctl(of, "daemon-reload")
        machine.systemctl(of, "enable", timer)
        # A timer that runs already keeps its old pace until it begins anew.
        machine.systemctl(of, "restart", timer)
    except EponctlError:
        _take_back(before, of)
        raise


def _take_back(before: Mapping[Path, str | None], of: Machine) -> None:
    with suppress(EponctlError, OSError):
        if not any(before.values()):
            for path in before:
                if path.suffix == ".timer":
                    machine.systemctl(of, "disable", "--now", path.name)
    with suppress(EponctlError, OSError):
        for path, text in before.items():
            if text is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, text)
        machine.systemctl(of, "daemon-reload")


def _make_folders(job: Job) -> None:
    """A folder that a service may write to must be there when it starts."""
    for folder in job.writes_to:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EponctlError(f"{folder}: {error.strerror or error}", hint_for(error)) from error


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft_of(path, new_mode=0o644) as file:
            file.write(text.encode(errors="surrogateescape"))
    except OSError as error:
        hint = "run this as root for the system's units, or as a plain user for your own"
        raise EponctlError(f"{path}: cannot be written: {error.strerror}", hint) from error


def remove(config: Config, of: Machine, by: By | None) -> list[Installed]:
    """Take away what runs this configuration's poll; what it was. Raises EponctlError."""
    name = job_of(config, of.program, EVERY_S, of.default).name
    gone = [one for one in installed(name, of) if by in {None, one.by}]
    for one in gone:
        if one.by is By.CRON:
            machine.write_crontab(crontab.without_block(machine.read_crontab(), name))
        else:
            _remove_units(one, name, of)
    return gone


def _remove_units(one: Installed, name: str, of: Machine) -> None:
    if of.has_systemd:
        machine.systemctl(of, "disable", "--now", f"{name}.timer")
    for path in map(Path, one.texts):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            what = f"{path}: cannot be taken away: {error.strerror}"
            raise EponctlError(what, "try it as root") from error
    if of.has_systemd:
        machine.systemctl(of, "daemon-reload")
        # Otherwise a service that failed last is still listed as such.
        with suppress(EponctlError):
            machine.systemctl(of, "reset-failed", f"{name}.service")


def installed(name: str, of: Machine) -> list[Installed]:
    """What is there of this job: units that we wrote, a block in the crontab."""
    found = []
    paths = [of.units / f"{name}.service", of.units / f"{name}.timer"]
    texts = {str(path): text for path in paths if (text := _text_of(path)) and units.is_ours(text)}
    if texts:
        found.append(Installed(By.SYSTEMD, texts, units.every_of(texts.get(str(paths[1]), ""))))
    with suppress(_NoCrontab):
        block = crontab.found(_crontab_if_any(), name)
        if block:
            texts = {_crontab_of(of): block.text}
            found.append(Installed(By.CRON, texts, block.every_s, block.line))
    return found


class _NoCrontab(Exception):
    """There is no cron here, or none for this user: so no block either."""


def _crontab_if_any() -> str:
    try:
        return machine.read_crontab()
    except EponctlError as error:
        raise _NoCrontab from error


def shown(config: Config, of: Machine) -> list[Installed]:
    """What is installed for this configuration."""
    return installed(job_of(config, of.program, EVERY_S, of.default).name, of)


def _user(config: Config, of: Machine) -> str | None:
    """As whom a system's service runs: whose the database is; None: root, or a user's own units."""
    owner = machine.owner_of(config.database)
    return machine.user_name(owner) if of.is_root and owner else None


def _notes(job: Job, of: Machine, by: By) -> tuple[str, ...]:
    notes = []
    if by is By.SYSTEMD and not of.keeps_running:
        notes.append(
            f"it runs only while {of.user} is logged in; `loginctl enable-linger` lifts that"
        )
    for name in job.env_names:
        where = f"put it into {job.env_file}" if by is By.SYSTEMD else "set it in the crontab"
        notes.append(f"{name} is read from the environment, which is another one there: {where}")
    if job.every_s < job.longest_s / 3:
        notes.append(
            f"a poll may take up to {job.longest_s} s when devices do not answer; while one runs, "
            "the next is passed over"
        )
    return tuple(notes)


def _notes_of_crontab(text: str) -> tuple[str, ...]:
    return tuple(
        f"line {line} of your crontab runs a poll too, and was not written by this: "
        "take it out (`crontab -e`), or the two get in each other's way"
        for line in crontab.own_lines(text)
    )


def _crontab_of(of: Machine) -> str:
    return f"crontab of {of.user}"


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EponctlError(f"{path}: {error.strerror or error}") from error


def by_of(*, systemd: bool, cron: bool) -> By | None:
    """What the options name; None: what the machine has. Raises ConfigError on both."""
    if systemd and cron:
        raise ConfigError([Problem("--systemd, --cron", "", "expected only one of them")])
    return By.SYSTEMD if systemd else By.CRON if cron else None


def pace(every_s: int | None) -> str:
    """A pace in words."""
    return "at a pace of its own" if every_s is None else f"every {spelled(every_s)}"

"""`eponctl olt add|edit|remove|enable|disable`: what was asked for, made a change of olts.toml.

Knows which option stands for which key. The file's lines are configfile.py's, the keys' rules
configschema.py's: an option is checked by parsing a file that holds nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from eponctl import config, configfile
from eponctl.commands.choice import driver_fault, olt_of
from eponctl.errors import ConfigError, Problem
from eponctl.settings import Config, OltSettings, Secret, WhatsAppSettings

_PASSWORD_KEYS = {"password", "password_env", "password_file"}
_WAYS = "--password-env VAR, --password-file FILE, --password-stdin"

# What stands in a check for what is still to be asked for, or is in the file already.
_STAND_INS = {"id": "x", "url": "http://x", "username": "x", "password": ""}
_OPTIONS = {"id": "ID", "password": "password"}
_FAULT_KEY = re.compile(r"olt\[1\]\.(\w+)")


@dataclass(frozen=True, slots=True)
class Change:
    """One OLT before and after; None where it was not there, or could not be read."""

    path: Path
    olt_id: str
    before: OltSettings | None
    after: OltSettings | None
    is_new_file: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PasswordOptions:
    """The options that say where a password is; the last two only promise one.

    `argument` is one that was typed into the command line, which is refused.
    """

    env: str | None = None
    file: str | None = None
    is_on_stdin: bool = False
    is_asked_for: bool = False
    argument: str | None = field(default=None, repr=False)

    @property
    def awaits_text(self) -> bool:
        """Whether the password itself is still to be read or asked for."""
        return self.is_on_stdin or self.is_asked_for

    @property
    def is_given(self) -> bool:
        """Whether any of them is there."""
        return self.awaits_text or self.env is not None or self.file is not None

    def keys(self, path: Path, cwd: Path) -> dict[str, object]:
        """The keys of olts.toml at `path` for what is known without asking."""
        if self.env is not None:
            return {"password_env": self.env}
        if self.file is not None:
            return {"password_file": _as_from(path, self.file, cwd)}
        return {}

    def problems(self) -> list[Problem]:
        """What is wrong with them as such."""
        if self.argument is not None:
            text = "not taken on the command line, where everybody on this machine can read it"
            return [Problem("--password", "", f"{text}; expected one of {_WAYS}")]
        given = [self.env is not None, self.file is not None, self.is_on_stdin, self.is_asked_for]
        if sum(given) > 1:
            return [Problem("password", "", "expected only one of the --password options")]
        return []


def _as_from(path: Path, name: str, cwd: Path) -> str:
    """A file's name as olts.toml must give it: there it counts from the file, here from us."""
    if not name or path.absolute().parent == cwd.absolute():
        return name
    return str(cwd.absolute() / Path(name).expanduser())


# --- checks, before anything is asked or written ---


def place(explicit: str | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The file that there is, or where the first one belongs."""
    try:
        return config.find(explicit, environ, cwd)
    except ConfigError:
        return config.places(explicit, environ, cwd)[0]


def check(
    values: Mapping[str, object], awaited: Collection[str], password: PasswordOptions
) -> None:
    """Raise ConfigError with all that is wrong with the options, each by its name.

    `values` go by key; `awaited` are keys that come later.
    """
    given = {key: value for key, value in values.items() if value is not None}
    coming = {*awaited, "password"} if password.awaits_text else {*awaited}
    if _PASSWORD_KEYS & given.keys():
        coming.discard("password")
    stand_ins = {key: _STAND_INS[key] for key in coming}
    problems = _value_problems({**stand_ins, **given}) + password.problems()
    if password.argument is not None:
        # It says already what a missing one would.
        problems = [problem for problem in problems if problem.file != "password"]
    if problems:
        raise ConfigError(problems)


def check_change(values: Mapping[str, object], password: PasswordOptions) -> None:
    """Raise ConfigError with all that is wrong with the options of an edit; also: there is none."""
    if not values and not password.is_given and password.argument is None:
        text = "expected at least one option that changes something"
        raise ConfigError([Problem("olt edit", "", text)], "`eponctl olt edit --help` lists them")
    check(values, _STAND_INS.keys() - values.keys(), password)


def check_there(path: Path, olt_id: str) -> None:
    """Raise ConfigError: there is no such OLT; of a file with faults that cannot be said yet."""
    _before(path, olt_id)


def check_free(path: Path, olt_id: str) -> None:
    """Raise ConfigError: the file has faults, or the id is taken."""
    if not _is_there(path):
        return
    if any(olt.id == olt_id for olt in config.load(path).olts):
        hint = f"`eponctl olt edit {olt_id}` changes it"
        raise ConfigError([Problem(str(path), "", f"there is an OLT {olt_id} already")], hint)


def _is_there(path: Path) -> bool:
    """False also where one may not look; writing then says what is the matter."""
    with suppress(OSError):
        path.stat()
        return True
    return False


def _value_problems(given: Mapping[str, object]) -> list[Problem]:
    import tomli_w

    problems = []
    try:
        config.parse(tomli_w.dumps({"olt": [given]}), Path("olts.toml"))
    except ConfigError as error:
        problems = [_by_option(problem) for problem in error.problems]
    driver = given.get("driver")
    if isinstance(driver, str) and not any(problem.file == "--driver" for problem in problems):
        fault = driver_fault(driver)
        problems += [Problem("--driver", "", fault)] if fault else []
    return problems


def _by_option(problem: Problem) -> Problem:
    found = _FAULT_KEY.fullmatch(problem.key)
    key = found[1] if found else problem.key
    text = problem.text
    if key == "password" and text.startswith("missing"):
        text = f"missing, expected one of {_WAYS}"
    return Problem(_OPTIONS.get(key, f"--{key.replace('_', '-')}"), "", text)


def piped_password(data: bytes) -> str:
    """The one line that came on stdin, without its end. Raises ConfigError, never showing it."""
    try:
        text = data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # The decoder's error carries the bytes, which are the password: it must not be chained.
        raise ConfigError([Problem("--password-stdin", "", "not UTF-8 text")]) from None
    if not text or "\n" in text:
        got = "nothing" if not text else "several"
        raise ConfigError([Problem("--password-stdin", "", f"expected one line, got {got}")])
    return text


# --- the changes ---


def add(path: Path, olt_id: str, values: Mapping[str, object]) -> Change:
    """Add an OLT, to a new file where there is none. Raises ConfigError; the file is as before."""
    is_new = not _is_there(path)
    after = configfile.add_olt(path, {"id": olt_id, **values})
    return _change(path, olt_id, None, after, is_new_file=is_new)


def edit(path: Path, olt_id: str, values: Mapping[str, object]) -> Change:
    """Set these keys of one OLT; a password in one form replaces one in another.

    A file with faults may be edited if it has none afterwards. Raises ConfigError.
    """
    changes: dict[str, object | None] = dict(values)
    if _PASSWORD_KEYS & values.keys():
        changes.update(dict.fromkeys(_PASSWORD_KEYS - values.keys()))
    before = _before(path, olt_id)
    return _change(path, olt_id, before, configfile.edit_olt(path, olt_id, changes))


def switch(path: Path, olt_id: str, *, is_on: bool) -> Change:
    """Enable or disable an OLT; one that is so already is left alone. Raises ConfigError."""
    before = _before(path, olt_id)
    if before is not None and before.enabled == is_on:
        return Change(path, olt_id, before, before)
    return edit(path, olt_id, {"enabled": is_on})


def remove(path: Path, olt_id: str) -> Change:
    """Take one OLT out of the file; the database is not touched. Raises ConfigError."""
    before = _before(path, olt_id)
    return _change(path, olt_id, before, configfile.remove_olt(path, olt_id))


def _before(path: Path, olt_id: str) -> OltSettings | None:
    try:
        found = config.load(path)
    except ConfigError:
        return None
    return olt_of(found, olt_id)


def _change(
    path: Path, olt_id: str, before: OltSettings | None, found: Config, *, is_new_file: bool = False
) -> Change:
    after = next((olt for olt in found.olts if olt.id == olt_id), None)
    return Change(path, olt_id, before, after, is_new_file, _warnings(before, after, found))


def _warnings(
    before: OltSettings | None, after: OltSettings | None, found: Config
) -> tuple[str, ...]:
    """What may be wrong with where the password is, once it, or the need of it, is new."""
    if after is None or after.password is None:
        return ()
    if before is not None and (before.password, before.enabled) == (after.password, after.enabled):
        return ()
    exposed = config.exposed(found._replace(olts=(after,), whatsapp=WhatsAppSettings()))
    return (*exposed, *_unreadable(after.password))


def _unreadable(secret: Secret) -> list[str]:
    try:
        secret.reveal()
    except ConfigError as error:
        return [error.message + (f" ({error.hint})" if error.hint else "")]
    return []

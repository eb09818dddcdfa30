"""The machine that is to poll by itself: who runs this, what it has, and its two schedulers.

The only place that starts programs: systemctl, timedatectl and crontab. Knows nothing of polls.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from eponctl.errors import EponctlError

_TIMEOUT_S = 60
_ROOT = 0


class Machine(NamedTuple):
    """Who runs this, and where things are for them.

    `units` is the folder of systemd's units, `default` the usual configuration. `keeps_running`:
    a plain user's timers run also while nobody is logged in.
    """

    uid: int
    user: str
    program: tuple[str, ...]
    units: Path
    default: Path
    has_systemd: bool
    keeps_running: bool = True

    @property
    def is_root(self) -> bool:
        """Whether the system's own units are meant, not a user's."""
        return self.uid == _ROOT


def machine(
    uid: int, environ: Mapping[str, str], *, root: Path = Path("/"), python: str = sys.executable
) -> Machine:
    """The machine as this user finds it; `root` is where its folders are."""
    user = user_name(uid)
    home = Path(environ.get("HOME") or "/")
    base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    is_root = uid == _ROOT
    return Machine(
        uid=uid,
        user=user,
        program=program(python),
        units=root / "etc/systemd/system" if is_root else base / "systemd/user",
        default=Path("/etc/eponctl/olts.toml") if is_root else base / "eponctl/olts.toml",
        has_systemd=(root / "run/systemd/system").is_dir(),
        keeps_running=is_root or (root / "var/lib/systemd/linger" / user).exists(),
    )


def here() -> Machine:
    """The machine that we are on."""
    return machine(os.geteuid(), os.environ)


def program(python: str) -> tuple[str, ...]:
    """How to call this eponctl: by its environment's own file, which needs no PATH."""
    door = Path(python).absolute().with_name("eponctl")
    return (str(door),) if door.is_file() else (str(Path(python).absolute()), "-m", "eponctl")


def user_name(uid: int) -> str:
    """A user's name; the number where there is none."""
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def owner_of(path: Path) -> int | None:
    """Whose a file is, or the nearest folder above that is there."""
    for place in (path, *path.parents):
        with suppress(OSError):
            return place.stat().st_uid
    return None


# --- systemd ---


def systemctl(of: Machine, *arguments: str) -> None:
    """Ask systemd for something. Raises EponctlError with its own words when it refuses."""
    ended = _systemctl(of, arguments)
    if ended.returncode:
        scope = "" if of.is_root else "--user "
        what = f"systemctl {scope}{' '.join(arguments)}: {_said(ended)}"
        raise EponctlError(what, _hint_of_systemd(of, ended.stderr))


def is_active(of: Machine, unit: str) -> bool:
    """Whether a unit is up; not so where systemd cannot be asked."""
    try:
        return _systemctl(of, ("is-active", "--quiet", unit)).returncode == 0
    except EponctlError:
        return False


def last_result(of: Machine, unit: str) -> str | None:
    """How the last run of a service ended in systemd's words: `success`, `timeout`; None: none."""
    try:
        ended = _systemctl(of, ("show", "--property=Result,ExecMainStartTimestamp", unit))
    except EponctlError:
        return None
    values = dict(line.split("=", 1) for line in ended.stdout.splitlines() if "=" in line)
    return values.get("Result") if values.get("ExecMainStartTimestamp") else None


def is_clock_kept(of: Machine) -> bool | None:
    """Whether systemd knows the clock to be set by others; None: it cannot be asked."""
    if not of.has_systemd:
        return None
    try:
        ended = _run(["timedatectl", "show", "--property=NTPSynchronized", "--value"], None, "")
    except EponctlError:
        return None
    return {"yes": True, "no": False}.get(ended.stdout.strip())


def _systemctl(of: Machine, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    scope = [] if of.is_root else ["--user"]
    return _run(["systemctl", *scope, *arguments], None, "`--cron` does it without systemd")


def _hint_of_systemd(of: Machine, stderr: str) -> str:
    lower = stderr.casefold()
    if not of.is_root and ("bus" in lower or "xdg_runtime_dir" in lower):
        return "log in as this user itself, not by su or sudo; or use --cron; or install it as root"
    if "denied" in lower or "authentication" in lower:
        return "try it as root"
    if "not been booted" in lower or "bus" in lower:
        return "systemd does not run here: use --cron"
    return ""


# --- cron ---


def read_crontab() -> str:
    """The user's crontab; empty where there is none. Raises EponctlError when it is refused."""
    ended = _run(["crontab", "-l"], None, _NO_CRON)
    if ended.returncode == 0:
        return ended.stdout
    if not ended.stdout and any(
        word in ended.stderr.casefold() for word in ("no crontab", "no such file")
    ):
        return ""
    raise EponctlError(f"crontab -l: {_said(ended)}", _CRON_REFUSES)


def write_crontab(text: str) -> None:
    """Put this in the place of the user's crontab; nothing but white space: there is none then.

    Raises EponctlError when it is refused; the old one stays.
    """
    command = ["crontab", "-"] if text.strip() else ["crontab", "-r"]
    ended = _run(command, text if text.strip() else None, _NO_CRON)
    if ended.returncode:
        raise EponctlError(f"{' '.join(command)}: {_said(ended)}", _CRON_REFUSES)


_NO_CRON = "install cron (Debian: apt install cron), or use --systemd"
_CRON_REFUSES = "root decides in /etc/cron.allow and /etc/cron.deny who may have a crontab"


def _run(command: Sequence[str], text: str | None, hint: str) -> subprocess.CompletedProcess[str]:
    """Run one of them. Bytes that are no UTF-8 survive the way through."""
    try:
        return subprocess.run(  # noqa: S603  (constant names, looked for on PATH as by a person)
            command,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise EponctlError(f"{command[0]}: no such command here", hint) from error
    except subprocess.TimeoutExpired as error:
        what = f"{command[0]}: no answer within {_TIMEOUT_S} s"
        raise EponctlError(what, "try again; nothing is half written") from error
    except OSError as error:
        raise EponctlError(f"{command[0]}: {error.strerror or error}", hint) from error


def _said(ended: subprocess.CompletedProcess[str]) -> str:
    """The last line that it said, or how it ended."""
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"ended with {ended.returncode}"

"""The systemd units of a job as text. Pure: knows the format, asks no system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from eponctl.errors import ConfigError, Problem
from eponctl.schedule.job import MINUTE_S, Job, refuse_breaks, spelled

MARK = "# Written by `eponctl schedule install`; `eponctl schedule remove` takes it away."

_PRIVATE_TMP, _TMP = "PrivateTmp=yes", ("/tmp", "/var/tmp")  # noqa: S108  (only compared with)
# What a poll never does is forbidden: where there is a bug, or a hostile page, it ends there.
_HARDENING = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    _PRIVATE_TMP,
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "UMask=0077",
)
# These take capabilities away, which a plain user's manager may not do: the unit would not start.
_HARDENING_OF_SYSTEM = (
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
)
# root still reads a configuration that is another one's, and leaves files as their owner's.
_CAPABILITIES_OF_ROOT = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER"
_SECOND_S = 1


def service(job: Job, *, user: str | None, is_system: bool) -> str:
    """The service: one poll. `user`: as whom, of a system's service; None: as root.

    Raises ConfigError where systemd cannot take a path.
    """
    refuse_breaks(job)
    if set(job.command[0]) & set("\"'\\"):
        what = "systemd runs no program with a quote or a backslash in its path"
        raise ConfigError([Problem(job.command[0], "", what)], "`--cron` can")
    return "\n".join(_service(job, user, is_system=is_system)) + "\n"


def _service(job: Job, user: str | None, *, is_system: bool) -> Iterator[str]:
    yield MARK
    yield "[Unit]"
    yield f"Description=eponctl: one poll of {_percents(str(job.config))}"
    if is_system:
        yield "Wants=network-online.target"
        yield "After=network-online.target"
    yield ""
    yield "[Service]"
    yield "Type=oneshot"
    if user:
        yield f"User={_percents(user)}"
    program, *arguments = job.command
    yield f"ExecStart={_quoted(program)} {' '.join(map(_argument, arguments))}"
    if job.env_names:
        yield "# For secrets that the configuration takes from the environment: NAME=value lines."
        yield f"EnvironmentFile=-{_percents(str(job.env_file))}"
    yield "# 75: another poll holds the lock; nothing was done, and the next one will."
    yield "SuccessExitStatus=75"
    yield f"TimeoutStartSec={job.longest_s}s"
    yield "# What a poll says is a fault; that it began and ended is none."
    yield "SyslogLevel=warning"
    yield "LogLevelMax=notice"
    yield f"ReadWritePaths={' '.join(_quoted(str(folder)) for folder in job.writes_to)}"
    # Its own /tmp would hide what lies there: somebody tries this out.
    is_in_tmp = any(map(_is_in_tmp, (Path(program), job.config, *job.writes_to)))
    yield from (line for line in _HARDENING if not (is_in_tmp and line == _PRIVATE_TMP))
    if is_system:
        yield from _HARDENING_OF_SYSTEM
        yield f"CapabilityBoundingSet={'' if user else _CAPABILITIES_OF_ROOT}"


def _is_in_tmp(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _TMP)


def timer(job: Job) -> str:
    """The timer: the first poll soon after the start, then so long after the last one began."""
    every = f"{job.every_s}s"
    accuracy = f"{_SECOND_S}s" if job.every_s >= MINUTE_S else "100ms"
    return "\n".join(
        (
            MARK,
            "[Unit]",
            f"Description=eponctl: a poll every {spelled(job.every_s)}",
            "",
            "[Timer]",
            f"OnBootSec={min(job.every_s, MINUTE_S)}s",
            f"OnUnitActiveSec={every}",
            f"AccuracySec={accuracy}",
            "",
            "[Install]",
            "WantedBy=timers.target",
            "",
        )
    )


def files(job: Job, folder: Path, *, user: str | None, is_system: bool) -> dict[Path, str]:
    """Both units, by where they stand. Raises ConfigError as `service` does."""
    return {
        folder / f"{job.name}.service": service(job, user=user, is_system=is_system),
        folder / f"{job.name}.timer": timer(job),
    }


def is_ours(text: str) -> bool:
    """Whether we wrote this unit."""
    return text.startswith(MARK)


def every_of(timer_text: str) -> int | None:
    """The pace of a timer that we wrote, in seconds."""
    found = re.search(r"^OnUnitActiveSec=(\d+)s$", timer_text, re.MULTILINE)
    return int(found[1]) if found else None


def _percents(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """One word, as systemd reads it; quoted only where it must be."""
    escaped = _percents(text.replace("\\", "\\\\").replace('"', '\\"'))
    return escaped if re.fullmatch(r"[\w./:@%+=,-]+", escaped) else f'"{escaped}"'


def _argument(text: str) -> str:
    """One argument of a command: here, but not in its first word, `$` would begin a variable."""
    return _quoted(text).replace("$", "$$")

"""One scheduled poll: its name, its command, its pace, and what it needs of the machine. Pure."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from eponctl.errors import ConfigError, Problem
from eponctl.settings import Config, Secret

LEAST_S, MOST_S = 10, 86400
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
# Beyond the deadlines of devices and gateway: to judge, to store, to clean up.
_SLACK_S = 60
_MOST_SLUG = 40


class Job(NamedTuple):
    """A poll of one configuration, every so many seconds.

    `writes_to` are the folders it needs to write to; `longest_s` is what a poll may take at most.
    `env_file` may hold the variables that `env_names`, secrets of the configuration, are read from.
    """

    name: str
    command: tuple[str, ...]
    every_s: int
    config: Path
    writes_to: tuple[Path, ...]
    longest_s: int
    env_names: tuple[str, ...] = ()

    @property
    def env_file(self) -> Path:
        """Beside the configuration: `olts.env`."""
        return self.config.with_suffix(".env")


def job_of(config: Config, program: tuple[str, ...], every_s: int, default: Path) -> Job:
    """The job that polls this configuration. `default` is the one whose job needs no other name.

    Raises ConfigError on a pace that nothing can keep.
    """
    if not LEAST_S <= every_s <= MOST_S:
        what = f"expected a time from {LEAST_S}s to 1d, got {spelled(every_s)}"
        raise ConfigError([Problem("--every", "", what)])
    path = _straight(config.path)
    return Job(
        name=name_of(path, default),
        command=(*program, "-c", str(path), "poll"),
        every_s=every_s,
        config=path,
        writes_to=tuple(dict.fromkeys(map(_straight, _folders(config)))),
        longest_s=longest_s(config),
        env_names=tuple(
            dict.fromkeys(secret.env for secret in _secrets(config) if secret and secret.env)
        ),
    )


def name_of(config: Path, default: Path) -> str:
    """`eponctl` for the usual configuration; others have a name that tells them apart."""
    config = _straight(config)
    if config == default:
        return "eponctl"
    words = config.parent.name if config.stem == "olts" else f"{config.parent.name}-{config.stem}"
    slug = re.sub("[^a-z0-9]+", "-", words.casefold())[:_MOST_SLUG].strip("-")
    mark = hashlib.sha256(str(config).encode(errors="surrogateescape")).hexdigest()[:6]
    return "-".join(part for part in ("eponctl", slug, mark) if part)


def _straight(path: Path) -> Path:
    """The path without `..`: systemd takes none, and a job has one name from wherever it is named.

    Other links stay as they are.
    """
    return Path(os.path.realpath(path.parent)) / path.name if ".." in path.parts else path


def longest_s(config: Config) -> int:
    """What a poll may take: every OLT its deadline, in turns if need be; the gateway as long."""
    enabled = sum(olt.enabled for olt in config.olts)
    rounds = max(1, math.ceil(enabled / config.poll.max_parallel))
    return math.ceil((rounds + 1) * config.poll.olt_deadline_s) + _SLACK_S


def _folders(config: Config) -> Iterator[Path]:
    # The lock and a crash file stand beside the database.
    yield Path(os.path.realpath(config.database)).parent  # where a link leads
    if config.whatsapp.enabled and config.whatsapp.provider == "file":
        yield Path(config.whatsapp.api_url).parent
    # What a poll exports is drafted beside its file.
    yield from (target.path.parent for target in config.exports)


def _secrets(config: Config) -> Iterator[Secret | None]:
    yield from (olt.password for olt in config.olts if olt.enabled)
    if config.whatsapp.enabled:
        yield config.whatsapp.api_key
        yield from config.whatsapp.http.keys.values()
    yield config.healthcheck


def spelled(seconds: int) -> str:
    """`90s`, `15m`, `6h`, `1d`: as olts.toml writes a duration."""
    for unit, length in (("d", DAY_S), ("h", HOUR_S), ("m", MINUTE_S)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def refuse_breaks(job: Job) -> None:
    """Raise ConfigError where a path has a line break or the like: no line can hold that."""
    for text in (*job.command, *map(str, job.writes_to)):
        if any(ord(char) < ord(" ") or char == "\x7f" for char in text):
            what = "a path with a control character in it can be scheduled by nothing"
            raise ConfigError([Problem(ascii(text), "", what)])

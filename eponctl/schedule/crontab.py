"""A job in a crontab: a marked block of its own; what stands outside of it is never touched. Pure.

A `%` in a command ends it, unless a backslash stands before it: that is cron's, not the shell's.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from eponctl.errors import ConfigError, EponctlError, Problem
from eponctl.schedule.job import DAY_S, HOUR_S, MINUTE_S, Job, refuse_breaks, spelled

_MARK = re.compile(r"# (BEGIN|END) eponctl schedule: (\S+)")
# Minutes that divide an hour, and hours that divide a day: others would come at odd distances.
_FIELDS = {MINUTE_S: "* * * * *", HOUR_S: "0 * * * *", DAY_S: "0 0 * * *"}
_FIELDS |= {n * MINUTE_S: f"*/{n} * * * *" for n in (2, 3, 4, 5, 6, 10, 12, 15, 20, 30)}
_FIELDS |= {n * HOUR_S: f"0 */{n} * * *" for n in (2, 3, 4, 6, 8, 12)}
_PACES = {fields: every_s for every_s, fields in _FIELDS.items()}


class Block(NamedTuple):
    """A block that is there: its text, the line (from 1) of its command, its pace in seconds.

    `every_s` None: somebody changed the pace to one that we do not write.
    """

    text: str
    line: int
    every_s: int | None


def block(job: Job) -> str:
    """The lines to add. Raises ConfigError on a pace or a path that cron cannot take."""
    refuse_breaks(job)
    if job.every_s not in _FIELDS:
        paces = ", ".join(spelled(every_s) for every_s in sorted(_FIELDS))
        what = f"cron can do {paces}; got {spelled(job.every_s)}"
        raise ConfigError([Problem("--every", "", what)], "`--systemd` can do any, from 10s on")
    for part in job.command:
        if "\\" in part:
            what = "cron cannot take a path with a backslash in it"
            raise ConfigError([Problem(part, "", what)], "`--systemd` can")
    command = " ".join(map(shlex.quote, job.command)).replace("%", "\\%")
    return (
        f"# BEGIN eponctl schedule: {job.name}\n"
        f"{_FIELDS[job.every_s]} {command}\n"
        f"# END eponctl schedule: {job.name}\n"
    )


def found(text: str, name: str) -> Block | None:
    """The block of this job. Raises EponctlError when its marks are not in order."""
    lines = text.splitlines(keepends=True)
    span = _span(lines, name)
    if span is None:
        return None
    begin, end = span
    commands = [n for n in range(begin + 1, end) if not _is_idle(lines[n])]
    place = commands[0] if commands else begin
    return Block("".join(lines[begin : end + 1]), place + 1, _pace(lines[place]))


def _pace(line: str) -> int | None:
    return _PACES.get(" ".join(line.split()[:5]))


def with_block(text: str, name: str, new: str) -> str:
    """The crontab with this block, in the place of the old one or at the end."""
    lines = text.splitlines(keepends=True)
    span = _span(lines, name)
    if span is not None:
        begin, end = span
        return "".join([*lines[:begin], new, *lines[end + 1 :]])
    is_open = bool(text) and not text.endswith("\n")
    return text + ("\n" if is_open else "") + new


def without_block(text: str, name: str) -> str:
    """The crontab without this job's block."""
    lines = text.splitlines(keepends=True)
    span = _span(lines, name)
    return text if span is None else "".join([*lines[: span[0]], *lines[span[1] + 1 :]])


def own_lines(text: str) -> list[int]:
    """Lines (from 1) outside of any block that run `eponctl poll`: somebody wrote them."""
    return list(_own(text))


def _own(text: str) -> Iterator[int]:
    inside = None
    for number, line in enumerate(text.splitlines(), start=1):
        mark = _MARK.match(line)
        if mark:
            inside = mark[2] if mark[1] == "BEGIN" else None
        elif inside is None and not _is_idle(line) and re.search(r"eponctl\b.*\bpoll\b", line):
            yield number


def _is_idle(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _span(lines: list[str], name: str) -> tuple[int, int] | None:
    """The places of the two marks of this job."""
    marks = [
        (mark[1], place)
        for place, line in enumerate(lines)
        if (mark := _MARK.match(line)) and mark[2] == name
    ]
    if not marks:
        return None
    if [word for word, _ in marks] != ["BEGIN", "END"]:
        raise EponctlError(
            f"crontab: the marks of the block `{name}` are not one BEGIN and one END",
            "put them in order, or take the block out, with `crontab -e`",
        )
    return marks[0][1], marks[1][1]

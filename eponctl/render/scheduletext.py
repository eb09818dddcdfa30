"""The schedule in words: what was written, what is there, how it stands; and as one JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING

from eponctl.render import values
from eponctl.render.plain import safe

if TYPE_CHECKING:
    from eponctl.commands.schedule import Installed
    from eponctl.commands.schedule_status import Standing

_WIDTH = 10
_SHOWN_OLTS = 8


def texts(written: Mapping[str, str]) -> Iterator[str]:
    """Each text under a line that says where it stands."""
    for where, text in written.items():
        yield f"--- {safe(where)}"
        yield from (safe(line) for line in text.splitlines())


def places(installed: Iterable[Installed]) -> str:
    """Where it is."""
    return ", ".join(safe(where) for one in installed for where in one.texts)


def standing_lines(standing: Standing, now: int, zone: tzinfo) -> Iterator[str]:
    """A line for each thing; what is wrong comes last."""
    from eponctl.commands.schedule import pace

    if not standing.installed:
        own = ", ".join(f"line {line} of your crontab" for line in standing.own_lines)
        yield _line("runs by", f"{own}, not written by this" if own else "nothing")
    for one in standing.installed:
        where = places([one]) if one.line is None else f"{places([one])}, line {one.line}"
        yield _line("runs by", f"{one.by}, {pace(one.every_s)}: {where}")
    last = standing.last
    if last.at is None:
        yield _line("last poll", "none yet")
    else:
        ago = values.age(last.at, now)
        yield _line("last poll", f"{values.moment(last.at, zone)}, {ago} ago")
        read = last.olts - len(last.failed)
        waiting = f"; {values.counted(last.waiting, 'message')} wait" if last.waiting else ""
        yield _line("it read", f"{read} of {values.counted(last.olts, 'OLT')}{waiting}")
    for olt_id, error in last.failed[:_SHOWN_OLTS]:
        yield _line("", f"{olt_id}: {safe(error)}")
    if len(last.failed) > _SHOWN_OLTS:
        yield _line("", f"… and {len(last.failed) - _SHOWN_OLTS} more: `eponctl status`")
    if standing.result:
        yield _line("systemd", f"its last run ended with `{safe(standing.result)}`")
    allowed = values.seconds(standing.allowed_s)
    yield _line("overdue", f"{'YES' if standing.is_overdue else 'no'}, from {allowed} on")
    yield from (_line("do", problem) for problem in standing.problems)


def _line(label: str, text: str) -> str:
    return f"{label:{_WIDTH}}{text}".rstrip()


def standing_object(
    standing: Standing, iso: Callable[[int | None], str | None]
) -> dict[str, object]:
    """The same as JSON has it."""
    last = standing.last
    return {
        "name": standing.name,
        "by": [str(one.by) for one in standing.installed],
        "where": [where for one in standing.installed for where in one.texts],
        "every_seconds": standing.every_s,
        "own_crontab_lines": list(standing.own_lines),
        "last_poll_at": iso(last.at),
        "olts": last.olts,
        "olts_failed": [{"id": olt_id, "error": error} for olt_id, error in last.failed],
        "messages_waiting": last.waiting,
        "result": standing.result,
        "overdue": standing.is_overdue,
        "overdue_after_seconds": standing.allowed_s,
        "problems": list(standing.problems),
    }

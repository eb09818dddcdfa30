"""Two years of 1,000 ONUs in the database: its size, what cleaning costs a poll, and `onu` of one.

Coarse where that is honest: a day is written at once, by the statements that polls use, not in its
1,440 transactions; so the tables hold what they would, and the file may be packed a little better.
Cleaning runs after each day as polls run it, with their limit of time, until it is done. At the end
eponctl did not run for half a year: all of that is old at once.

`python -m tests.bench.years [DAYS] [ONUS]` runs it alone; two years take some minutes.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import peewee

from eponctl.judge import first_state
from eponctl.model import Event, EventKind, OnuReading, OnuState, Priority, Status
from eponctl.optics import HourRow, Sample
from eponctl.saving import CLEANING_S
from eponctl.settings import Retention, Thresholds
from eponctl.store import events, olts, onus, retention
from eponctl.store.database import open_database
from eponctl.store.olts import PollStat
from eponctl.store.onus import OltBook, OnuChanges
from tests.bench.status import above_pass_s

DAYS, ONUS = 730, 1000
DAY_S = 86400
_ONUS_PER_OLT = 128
_POLL_S = 60
# What noise of 0.3 dB leaves of samples in a day (optics.SAMPLES_A_DAY), and events of a bad day.
_SAMPLES, _EVENTS = 16, 0.1
_PAUSE_DAYS = 180


class Years(NamedTuple):
    """Megabytes: the largest the file was, and after the pause; seconds of one poll's cleaning.

    `onu_cpu_s` is what `eponctl onu` of one of them takes at the end of the years, above `pass`.
    """

    most_mb: float
    bound_mb: float
    after_pause_mb: float
    longest_s: float
    longest_after_pause_s: float
    polls_after_pause: int
    onu_cpu_s: float


def bound_mb(onu_count: int, keep: Retention) -> float:
    """What limits.md allows: 31 bytes a sample, 47 an hour, 1 kB an event and state, 100 a poll.

    A quarter more for pages that are not full.
    """
    olts_ = -(-onu_count // _ONUS_PER_OLT)
    samples = keep.optical_days * _SAMPLES * 31
    hours = keep.stats_days * 24 * 47
    alerts = keep.alerts_days * _EVENTS * 1000
    stats = 7 * DAY_S // _POLL_S + (keep.stats_days - 7) * DAY_S // 300
    return 1.25 * (onu_count * (samples + hours + alerts + 1000) + olts_ * stats * 100) / 1e6


def measure(days: int = DAYS, onu_count: int = ONUS) -> Years:
    """Let the years pass."""
    keep = Retention()
    start = (int(time.time()) // DAY_S - days) * DAY_S
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "eponctl.db")
        with open_database(path, create=True) as database:
            books = _begun(database, onu_count, start)
            most, longest = 0, 0.0
            for day in range(days):
                _write(database, books, start + day * DAY_S, random.Random(day))
                runs = _cleaned(database, keep, start + (day + 1) * DAY_S)
                longest = max(longest, *runs)
                most = max(most, path.stat().st_size)
            onu_cpu_s = _onu_cpu_s(Path(folder), onu_count)
            runs = _cleaned(database, keep, start + (days + _PAUSE_DAYS) * DAY_S)
            _checkpoint(database)
        return Years(
            most / 1e6,
            bound_mb(onu_count, keep),
            path.stat().st_size / 1e6,
            longest,
            max(runs),
            len(runs),
            onu_cpu_s,
        )


def _begun(database: peewee.SqliteDatabase, onu_count: int, start: int) -> dict[str, OltBook]:
    states: dict[str, dict[str, OnuState]] = {}
    for number in range(onu_count):
        olt_id = f"OLT-{number // _ONUS_PER_OLT:03d}"
        mac = f"02:00:00:00:{number >> 8:02X}:{number & 255:02X}"
        reading = OnuReading(f"0/1:{number}", mac, f"CLIENT-{number:04d}", Status.UP, "Up")
        states.setdefault(olt_id, {})[mac] = first_state(olt_id, reading, Thresholds(), start)
    with database.atomic():
        onus.save(database, [OnuChanges(OltBook(), some) for some in states.values()], start)
    return onus.load(database)


def _write(
    database: peewee.SqliteDatabase, books: dict[str, OltBook], at: int, chance: random.Random
) -> None:
    """What the polls of one day leave."""
    with database.atomic("IMMEDIATE"):
        for olt_id, book in books.items():
            samples, hours = [], []
            for mac in book.states:
                rx = chance.randrange(-2700, -1500)
                samples += [
                    (mac, Sample(at + chance.randrange(DAY_S), rx, 450)) for _ in range(_SAMPLES)
                ]
                hours += [
                    (mac, HourRow(at // 3600 + hour, rx - 20, rx, rx + 20, 450, 470))
                    for hour in range(24)
                ]
            onus.save(database, [OnuChanges(book, {}, samples=samples, hours=hours)], at)
            count = len(book.states)
            olts.add_stats(
                PollStat(then, olt_id, True, 412, count, count - 2, 2, 45.0, -21.5, None)
                for then in range(at, at + DAY_S, _POLL_S)
            )
            struck = chance.sample(list(book.states.values()), round(count * _EVENTS))
            events.add(
                database,
                [Event(EventKind.DOWN, Priority.HIGH, olt_id, at, onu) for onu in struck],
                at,
            )


def _cleaned(database: peewee.SqliteDatabase, keep: Retention, now: int) -> list[float]:
    """Seconds of each poll that cleaned, until it was done."""
    runs: list[float] = []
    is_done = False
    while not is_done:
        began = time.monotonic()
        has_time = partial(_is_before, began + CLEANING_S)
        is_done = retention.clean(database, keep, now, has_time=has_time).is_done
        runs.append(time.monotonic() - began)
    return runs


def _onu_cpu_s(folder: Path, onu_count: int) -> float:
    ids = [f"OLT-{number:03d}" for number in range(-(-onu_count // _ONUS_PER_OLT))]
    Path(folder, "olts.toml").write_text("".join(map(_OLT.format, ids)))
    return above_pass_s(["onu", f"CLIENT-{onu_count // 2:04d}"], folder)


_OLT = """[[olt]]
id = "{}"
url = "http://127.0.0.1"
username = "admin"
password = "admin"
"""


def _is_before(end_at: float) -> bool:
    return time.monotonic() < end_at


def _checkpoint(database: Any) -> None:
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


if __name__ == "__main__":
    for name, value in measure(*map(int, sys.argv[1:]))._asdict().items():
        sys.stdout.write(f"{name:24}{value:10.3f}\n")

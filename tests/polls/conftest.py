"""Whole polls of the installed command against a farm and a gateway in this process."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eponctl.simulator import Farm, Gateway, SimOlt, configuration

EPONCTL = Path(sys.executable).with_name("eponctl")
TIMEOUT_S = 60
_TIMES = frozenset({"at", "since", "online_since", "failing_since"})
# What the tests wait for nothing longer than.
QUICK = """
timezone = "Asia/Jakarta"
[poll]
request_timeout = 2.0
olt_deadline = {deadline_s}
retries = 0
optics_every = "0s"
{poll}
[report]
hourly = {hourly}
"""


@dataclass(frozen=True)
class Ended:
    """One run of the command that has ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it said on stderr."""
        return self.err.splitlines()


@dataclass
class Site:
    """A folder with an olts.toml and a database, and the simulated world it points at."""

    folder: Path
    farm: Farm
    gateway: Gateway
    env: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The olts.toml."""
        return self.folder / "olts.toml"

    @property
    def database(self) -> Path:
        """The database, where it is by default."""
        return self.folder / "eponctl.db"

    def configure(
        self,
        *,
        poll: str = "",
        deadline_s: float = 4.0,
        hourly: bool = False,
        more: str = "",
        edit: Callable[[str], str] = str,
        olts: Sequence[SimOlt] | None = None,
    ) -> None:
        """Write olts.toml: `poll` are lines of that table, `more` goes to the end."""
        head = QUICK.format(poll=poll, deadline_s=deadline_s, hourly=str(hourly).lower())
        text = head + configuration(self.farm.olts if olts is None else olts, self.gateway) + more
        self.config.write_text(edit(text), encoding="utf-8")
        self.config.chmod(0o600)

    def start(
        self, *arguments: str, before: Sequence[str] = (), verb: Sequence[str] = ("poll",)
    ) -> subprocess.Popen[str]:
        """Begin a poll, or another verb; `before` are options before it."""
        names = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
        env = {name: os.environ[name] for name in names if name in os.environ}
        return subprocess.Popen(
            [str(EPONCTL), "-c", str(self.config), *before, *verb, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env={**env, **self.env},
            # SIGINT is for the one that a test means.
            start_new_session=True,
        )

    def poll(self, *arguments: str, before: Sequence[str] = ()) -> Ended:
        """One whole poll."""
        return ended(self.start(*arguments, before=before))

    def run(self, *arguments: str) -> Ended:
        """Another command than a poll."""
        return ended(self.start(*arguments, verb=()))

    def good_poll(self, *arguments: str) -> None:
        """One whole poll that goes well, and so says nothing."""
        assert Ended(0, "", "") == self.poll(*arguments)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What is in the database; a change is committed."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    def make_due(self) -> None:
        """Let the times pass that undelivered messages have to wait."""
        self.rows("UPDATE outbox SET due_at = 0")

    def let_pass(self, seconds: int) -> None:
        """Make everything that is remembered so much older, as if that time had passed."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})"):
                    if kind == "INTEGER" and (name in _TIMES or name.endswith("_at")):
                        connection.execute(f'UPDATE "{table}" SET "{name}" = "{name}" - {seconds}')
            times = connection.execute("SELECT value FROM meta WHERE key = 'poll_times'").fetchone()
            if times:
                older = json.dumps([at - seconds for at in json.loads(times[0])])
                connection.execute("UPDATE meta SET value = ? WHERE key = 'poll_times'", [older])

    def news(self) -> list[str]:
        """The texts that arrived since this was last asked."""
        received = self.gateway.received
        texts = [delivery.text for delivery in received]
        received.clear()
        return texts

    def statuses(self, olt: SimOlt) -> dict[str, str]:
        """Status of each ONU of an OLT that the database knows, by id."""
        sql = "SELECT onu_id, status FROM onu_status WHERE olt_id = ? AND gone_at IS NULL"
        return dict(self.rows(sql, olt.name))

    def history(self) -> list[tuple[str, str | None, str]]:
        """OLT, ONU and kind of every event, in order."""
        return self.rows("SELECT olt_id, onu_id, kind FROM alert_history ORDER BY id")


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a run; one that takes too long is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"the poll did not end: {err}")
    return Ended(process.returncode, out, err)


MakeSite = Callable[..., Site]


@pytest.fixture(scope="module")
def make_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeSite]:
    """Give a function that starts a farm of these OLTs with a gateway and writes its olts.toml.

    Keywords are those of Site.configure.
    """
    started: list[Farm] = []

    def make(*olts: SimOlt, **configured: Any) -> Site:
        gateway = Gateway(disconnected_delay=0.2)
        farm = Farm(olts, gateway=gateway)
        farm.__enter__()
        started.append(farm)
        site = Site(tmp_path_factory.mktemp("site"), farm, gateway)
        site.configure(**configured)
        return site

    yield make
    for farm in started:
        farm.close()


@pytest.fixture(scope="session")
def names_by_place() -> Callable[[str], dict[tuple[str, str], str]]:
    """Give a function that reads alerts: ONUs' names that went down, by OLT and ONU id."""
    return _names_by_place


def _names_by_place(text: str) -> dict[tuple[str, str], str]:
    _, *sections = re.split(r"^🏢 .* \((\S+)\)$", text, flags=re.MULTILINE)
    block, line = r"^🔴 (.*)\n   📍 PON: (\S+)$", r"^🔴 (?:(.*) · )?(\S+) · Down.* · #\w{4}$"
    return {
        (olt_id, place): name
        for olt_id, section in zip(sections[::2], sections[1::2], strict=True)
        for pattern in (block, line)
        for name, place in re.findall(pattern, section, re.MULTILINE)
    }

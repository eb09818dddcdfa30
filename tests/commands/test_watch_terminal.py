"""`status --watch` on a pseudo-terminal: it comes, it shows, it goes, and leaves nothing behind."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from eponctl.cli.watch import with_seconds

ENTERS, LEAVES, SHOWS_CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
PATIENCE_S = 20


class Terminal:
    """A pseudo-terminal with eponctl on it; what it wrote so far, and how its lines are set."""

    def __init__(self, site: Any, arguments: Sequence[str], code: str = "", **streams: Any) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(100, 30)
        self.before = termios.tcgetattr(self.slave)
        self.text = ""
        program = [sys.executable, *(["-c", code] if code else ["-m", "eponctl"])]
        line = [*program, "-c", str(site.folder / "olts.toml"), "status"]
        env = {**os.environ, "TERM": "xterm", "COLUMNS": "33", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            [*line, *arguments],
            env=env,
            start_new_session=True,
            **{"stdin": self.slave, "stdout": self.slave, "stderr": self.slave} | streams,
        )

    def resize(self, columns: int, lines: int) -> None:
        termios.tcsetwinsize(self.slave, (lines, columns))

    def wait_for(self, pattern: str) -> None:
        """Read until this was written, counting from the last time that it was waited."""
        found = ""
        until = time.monotonic() + PATIENCE_S
        while not re.search(pattern, found):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                pytest.fail(f"{pattern!r} was not written: {found!r}")
            found += os.read(self.master, 65536).decode("utf-8", "replace")
        self.text += found

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> int:
        """The exit code, with all that was written to the end."""
        code = self.process.wait(PATIENCE_S)
        while select.select([self.master], [], [], 0)[0]:
            self.text += os.read(self.master, 65536).decode("utf-8", "replace")
        return code

    @property
    def is_as_before(self) -> bool:
        """Whether the screen, the cursor and the lines are given back."""
        screens = re.findall(r"\x1b\[\?1049[hl]", self.text)
        cursors = re.findall(r"\x1b\[\?25[hl]", self.text)
        lines = termios.tcgetattr(self.slave)
        return (screens[-1], cursors[-1], lines) == (LEAVES, SHOWS_CURSOR, self.before)


@pytest.fixture
def terminal(network: Any) -> Iterator[Callable[..., Terminal]]:
    started: list[Terminal] = []

    def start(*arguments: str, **streams: Any) -> Terminal:
        started.append(Terminal(network, arguments, **streams))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        os.close(one.master)
        os.close(one.slave)


def test_q_leaves_the_terminal_as_it_was(terminal: Callable[..., Terminal]) -> None:
    shown = terminal("--watch")
    shown.wait_for("q or Ctrl-C leaves")
    canonical = termios.tcgetattr(shown.slave)[3] & termios.ICANON
    shown.type(b"xq")

    assert 0 == shown.end()
    assert canonical == 0
    assert shown.text.index(ENTERS) < shown.text.index("Budi Santoso") < shown.text.index(LEAVES)
    assert shown.is_as_before


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_it_as_it_was(
    number: signal.Signals, code: int, terminal: Callable[..., Terminal]
) -> None:
    shown = terminal("--watch", "60")
    shown.wait_for("leaves")
    shown.process.send_signal(number)

    assert code == shown.end()
    assert shown.is_as_before
    assert "Traceback" not in shown.text


BUG = """
from eponctl.cli.main import run
from eponctl.commands.watch import Watcher

looks, look = [], Watcher.look

def broken(self, now):
    looks.append(now)
    return look(self, now) if len(looks) < 3 else looks[now]

Watcher.look = broken
run()
"""


def test_a_bug_leaves_it_as_it_was(terminal: Callable[..., Terminal]) -> None:
    shown = terminal("--watch", "1", code=BUG)

    assert 1 == shown.end()
    assert "IndexError" in shown.text.rpartition(LEAVES)[2]
    assert shown.is_as_before


def test_what_cannot_be_read_is_a_line_and_no_end(
    network: Any, terminal: Callable[..., Terminal]
) -> None:
    shown = terminal("--watch", "1")
    shown.wait_for("leaves")
    file = network.folder / "olts.toml"
    file.rename(network.folder / "aside")
    shown.wait_for(r"! as it was at [^!]*cannot[^!]*be[^!]*read")
    (network.folder / "aside").rename(file)
    shown.wait_for("message waits")
    shown.type(b"Q")

    assert 0 == shown.end()
    assert shown.is_as_before


def test_it_follows_the_size_of_the_terminal(terminal: Callable[..., Terminal]) -> None:
    shown = terminal("--watch", "60", "--all")
    shown.wait_for("leaves")
    assert "MAC" not in shown.text
    shown.resize(200, 40)
    shown.process.send_signal(signal.SIGWINCH)
    shown.wait_for("MAC[^q]*00:11:22:33:44:55")
    shown.wait_for("leaves")
    shown.type(b"q")

    assert 0 == shown.end()


def test_what_a_poll_stores_is_shown(network: Any, terminal: Callable[..., Terminal]) -> None:
    shown = terminal("--watch", "1", "santi")
    shown.wait_for("No ONU fits")
    network.polled("OLT-1", [network.onu(name="Santi")])
    shown.wait_for("Santi")
    shown.type(b"q")

    assert 0 == shown.end()


def test_without_a_keyboard_no_key_is_read(terminal: Callable[..., Terminal]) -> None:
    shown = terminal("--watch", stdin=subprocess.DEVNULL)
    shown.wait_for(r"\d+s; Ctrl-C leaves")
    shown.process.send_signal(signal.SIGINT)

    assert 130 == shown.end()
    assert shown.is_as_before


def test_without_a_terminal_it_is_a_wrong_call(network: Any, run: Callable[..., Any]) -> None:
    found = run("status", "--watch")

    assert 2 == found.exit_code
    assert "expected a terminal on stdout" in found.stderr


@pytest.mark.parametrize(
    "arguments", [["--watch", "--olt", "OLT-7"], ["--watch", "0"], ["--watch", "--json"]]
)
def test_a_wrong_call_takes_no_screen(
    arguments: list[str], terminal: Callable[..., Terminal]
) -> None:
    shown = terminal(*arguments)

    assert 2 == shown.end()
    assert ENTERS not in shown.text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["--watch"], ["--watch=5s"]),
        (["--watch", "2"], ["--watch", "2"]),
        (["--watch", "1m", "budi"], ["--watch", "1m", "budi"]),
        (["--watch", "budi"], ["--watch=5s", "budi"]),
        (["--watch", "02:11"], ["--watch=5s", "02:11"]),
        (["--watch=3", "12"], ["--watch=3", "12"]),
        (["budi", "--watch", "--problems"], ["budi", "--watch=5s", "--problems"]),
        (["--", "--watch"], ["--", "--watch"]),
    ],
)
def test_seconds_may_be_left_out(typed: list[str], meant: list[str]) -> None:
    assert meant == with_seconds(typed)

"""`status --watch`: the terminal's keys, signals and size, round a frame that is drawn anew.

However it ends, the terminal is as it was: by a key, a signal, or an error.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import typer
from typer.core import TyperCommand

from eponctl.cli.frame import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from typer import _click as click

    from eponctl.commands.watch import Watcher
    from eponctl.render.livescreen import LiveScreen
    from eponctl.render.watchsheets import View
    from eponctl.views.status import Wanted

OPTION, DEFAULT = "--watch", "5s"
_LEAST_S = 1
_MOST_S = 3600
_is_time = re.compile(r"[0-9]+(?:\.[0-9]+)?[smhd]?").fullmatch
_SIZE = (80, 24)  # of a terminal that does not say
_LEAVING = {
    signal.SIGINT: EXIT_INTERRUPTED,
    signal.SIGTERM: 128 + signal.SIGTERM,
    signal.SIGHUP: 128 + signal.SIGHUP,
}
_DRAWING = (signal.SIGWINCH, signal.SIGCONT)


class Watchable(TyperCommand):
    """A command whose option `--watch` may have a value, or none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As any, once the option has its value."""
        return super().parse_args(ctx, with_seconds(args))


def with_seconds(arguments: Sequence[str]) -> list[str]:
    """The arguments, with the default behind a `--watch` that no number follows.

    `status --watch kediri` looks for kediri; for a name that is a number there is `--watch=5 12`.
    """
    found: list[str] = []
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*found, *arguments[place:]]
        follows = arguments[place + 1] if place + 1 < len(arguments) else ""
        if argument == OPTION and not _is_time(follows):
            argument = f"{OPTION}={DEFAULT}"  # noqa: PLW2901  (it is what was meant)
        found.append(argument)
    return found


def seconds_between(text: str) -> int:
    """How often the screen is made anew. Raises BadParameter."""
    from eponctl.cli.options import seconds_of

    seconds = seconds_of(text, OPTION)
    if not _LEAST_S <= seconds <= _MOST_S:
        what = f"expected a time from {_LEAST_S}s to 1h, got {text}"
        raise typer.BadParameter(what, param_hint=OPTION)
    return seconds


def watch(path: Path, wanted: Wanted, every_s: int) -> int:
    """Show it until somebody has seen enough; the exit code of how it ended.

    Raises ConfigError: there is no terminal, or what is wanted is not there.
    """
    from eponctl.commands.watch import Watcher
    from eponctl.errors import ConfigError, Problem, StoreError

    if not sys.stdout.isatty() or os.environ.get("TERM") in {"dumb", "unknown"}:
        what = "expected a terminal on stdout, and one that can move its cursor"
        raise ConfigError([Problem(OPTION, "", what)], "without it, `status` writes once")
    watcher = Watcher(path, wanted)
    # Before the screen is taken: a wrong call is one line. A database may still come.
    with suppress(StoreError):
        watcher.look(int(time.time()))
    from eponctl.render.livescreen import LiveScreen

    is_coloured = not os.environ.get("NO_COLOR")
    with _Keys() as keys, LiveScreen(is_coloured=is_coloured) as screen:
        return _shown(watcher, every_s, keys, screen)


def _shown(watcher: Watcher, every_s: int, keys: _Keys, screen: LiveScreen) -> int:
    from eponctl.render.watchsheets import frame

    while True:
        view = _view(watcher, every_s, keys)
        due = time.monotonic() + every_s
        while True:
            size = _size()
            screen.show(frame(view, *size), *size)
            code = keys.wait(due, screen)
            if code is not None:
                return code
            if time.monotonic() >= due:
                break


def _view(watcher: Watcher, every_s: int, keys: _Keys) -> View:
    from eponctl.errors import EponctlError
    from eponctl.render.watchsheets import View

    now, fault = int(time.time()), None
    try:
        watcher.look(now)
    except EponctlError as error:
        lines = str(error).splitlines()
        fault = lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "")
        fault += f"; {error.hint}" if error.hint else ""
    is_ascii = not sys.stdout.encoding.casefold().startswith("utf")
    return View(watcher.last, now, every_s, fault, keys.are_read, is_ascii)


def _size() -> tuple[int, int]:
    """Columns and lines of the terminal, as it says itself, not as $COLUMNS has it."""
    with suppress(OSError):
        found = os.get_terminal_size(sys.stdout.fileno())
        if found.columns and found.lines:
            return found.columns, found.lines
    return _SIZE


class _Keys:
    """Single keys of the terminal that stdin is, and the signals that mean something here.

    While it is entered, keys come without Enter and are not shown. Signals do nothing of
    themselves, so that none of them cuts a frame in two: `wait` takes them one by one.
    """

    def __init__(self) -> None:
        self.are_read = sys.stdin.isatty()
        self._before: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        self._signals, self._wake = -1, -1

    def __enter__(self) -> Self:
        self._signals, self._wake = os.pipe()
        os.set_blocking(self._signals, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (*_LEAVING, *_DRAWING, signal.SIGTSTP):
            self._handlers[number] = signal.signal(number, _only_wake)
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._signals)
        os.close(self._wake)

    def wait(self, until: float, screen: LiveScreen) -> int | None:
        """The exit code, if that is what was meant; None: time is up, or it must be drawn."""
        import select

        while True:
            waits = [self._signals, *([sys.stdin.fileno()] if self.are_read else [])]
            left = max(0.0, until - time.monotonic())
            ready, _, _ = select.select(waits, [], [], left)
            if not ready:
                return None
            if self._signals in ready:
                return self._of_signals(os.read(self._signals, 64), screen)
            if self._says_leave():
                return 0

    def _says_leave(self) -> bool:
        """Whether q is among the keys; at the end of stdin there are none any more."""
        try:
            typed = os.read(sys.stdin.fileno(), 64)
        except OSError:  # the terminal is gone
            typed = b""
        if not typed:
            self.are_read = False
        return not typed.startswith(b"\x1b") and b"q" in typed.lower()

    def _of_signals(self, numbers: bytes, screen: LiveScreen) -> int | None:
        codes = [_LEAVING[signal.Signals(one)] for one in numbers if one in _LEAVING]
        if codes:
            return codes[0]
        if signal.SIGTSTP in numbers:
            with self._left_alone(screen):
                signal.raise_signal(signal.SIGTSTP)
        return None

    @contextmanager
    def _left_alone(self, screen: LiveScreen) -> Iterator[None]:
        """Meanwhile the terminal is the shell's: Ctrl-Z, until `fg`."""
        screen.leave()
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            yield
        finally:
            signal.signal(signal.SIGTSTP, _only_wake)
            self._take()
            screen.enter()

    def _take(self) -> None:
        if not self.are_read:
            return
        import termios
        import tty

        self._before = termios.tcgetattr(sys.stdin.fileno())
        tty.setcbreak(sys.stdin.fileno())

    def _give_back(self) -> None:
        if self._before is None:
            return
        import termios

        with suppress(termios.error, OSError):  # a terminal that is gone
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)
        self._before = None


def _only_wake(*_: object) -> None:
    """A signal's handler: Python has written its number to the pipe by then."""

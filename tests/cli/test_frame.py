"""What verbs say to people: on a terminal, and anywhere else."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios

import pytest

from eponctl.cli.frame import say

FAULT = "eponctl: /etc/eponctl/olts.toml: olt[12].driver: expected one of auto, bdcom, hioso, hsgq"


def test_terminal_gets_lines_that_fit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with open(slave, "w", encoding="utf-8") as stderr:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr(sys, "stderr", stderr)
        say(FAULT)
        stderr.flush()
        seen = os.read(terminal, 4096).decode().splitlines()
    os.close(terminal)

    assert [
        "eponctl: /etc/eponctl/olts.toml:",
        "  olt[12].driver: expected one of auto,",
        "  bdcom, hioso, hsgq",
    ] == seen


def test_anything_else_gets_a_line_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    say(FAULT)

    assert f"{FAULT}\n" == capsys.readouterr().err

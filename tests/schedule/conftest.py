"""A crontab and a systemctl that only write down what they are asked; the first ones on PATH."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from eponctl import config as configuration
from eponctl.config import Config
from eponctl.schedule.machine import Machine, machine

_CRONTAB = """#!/bin/sh
cd "{folder}"
echo "$*" >> crontab.asked
if [ -e crontab.refuses ]; then echo "You (ann) are not allowed to use this program" >&2; exit 1; fi
case "$1" in
  -l) [ -e tab ] || {{ echo "no crontab for ann" >&2; exit 1; }}; cat tab ;;
  -r) rm tab ;;
  -) cat > tab ;;
esac
"""
_SYSTEMCTL = """#!/bin/sh
cd "{folder}"
echo "$*" >> systemctl.asked
[ "$1" = --user ] && shift
case "$1" in
  "$(cat systemctl.refuses 2>/dev/null)") echo "Failed to $1: Access denied" >&2; exit 1 ;;
  restart) touch active ;;
  disable) rm -f active ;;
  is-active) [ -e active ] ;;
  show) printf 'Result=exit-code\\nExecMainStartTimestamp=Sun 2026-11-22 10:30:15 WIB\\n' ;;
esac
"""


class Fakes(NamedTuple):
    """The folder of what was asked and what there is, and how to make a machine there."""

    folder: Path
    machine: Callable[..., Machine]

    @property
    def tab(self) -> str | None:
        """The crontab; None: there is none."""
        path = self.folder / "tab"
        return path.read_text("utf-8") if path.exists() else None

    def has_tab(self, text: str) -> None:
        """Let there be this crontab."""
        (self.folder / "tab").write_text(text, "utf-8")

    def asked(self, program: str) -> list[str]:
        """The command lines that a program was given."""
        path = self.folder / f"{program}.asked"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def refuse(self, program: str, what: str = "") -> None:
        """Let crontab refuse all, or systemctl one thing."""
        (self.folder / f"{program}.refuses").write_text(what)


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """Give both programs, and a machine with a root folder of its own."""
    folder = tmp_path / "fakes"
    (folder / "bin").mkdir(parents=True)
    for name, script in (("crontab", _CRONTAB), ("systemctl", _SYSTEMCTL)):
        path = folder / "bin" / name
        path.write_text(script.format(folder=folder))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.with_name("eponctl").touch()

    def make(uid: int = 0, *, systemd: bool = True) -> Machine:
        root = tmp_path / "root"
        (root / "run").mkdir(parents=True, exist_ok=True)
        if systemd:
            (root / "run/systemd/system").mkdir(parents=True, exist_ok=True)
        environ = {"HOME": str(tmp_path / "home")}
        return machine(uid, environ, root=root, python=str(python))

    return Fakes(folder, make)


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Config]:
    """Give a function that makes a configuration, of this text in this folder."""

    def make(text: str = "", folder: str = "site", name: str = "olts.toml") -> Config:
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        path = place / name
        path.write_text(text or OLT, "utf-8")
        path.chmod(0o600)
        return configuration.load(path)

    return make


OLT = '[[olt]]\nid = "A"\nurl = "http://127.0.0.1:9"\nusername = "admin"\npassword = "x"\n'

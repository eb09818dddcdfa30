"""`status` on 25,600 ONUs: CPU beyond a bare interpreter, in turns, medians."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.make_database import make_database

EPONCTL = Path(sys.executable).with_name("eponctl")


def cpu_above_pass_s(runs: int = 9) -> float:
    """Seconds of CPU of a piped `status`, less those of `python -c pass`."""
    with tempfile.TemporaryDirectory() as folder:
        make_database(Path(folder), 100, 256, now=int(time.time()))
        return above_pass_s(["status"], Path(folder), runs)


def above_pass_s(arguments: list[str], folder: Path, runs: int = 9) -> float:
    """Seconds of CPU of a piped eponctl, less those of `python -c pass`; the first not counted."""
    _cpu_s([str(EPONCTL), *arguments], folder)
    differences = [
        _cpu_s([str(EPONCTL), *arguments], folder) - _cpu_s([sys.executable, "-c", "pass"], folder)
        for _ in range(runs)
    ]
    return statistics.median(differences)


def _cpu_s(command: list[str], folder: Path) -> float:
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime

"""Whole polls against `curl --parallel` on the same pages, in turns; ratios, medians."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FARM = Path(__file__).with_name("farm.py")
EPONCTL = Path(sys.executable).with_name("eponctl")
PAGE = "/onuAllPonOnuList.asp"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of wall clock: medians over the runs, and the median of the ratios run by run."""

    poll_s: float
    curl_s: float
    ratio: float
    most_mb: float


def measure(olts: int, onus: int, runs: int = 7) -> Timing:
    """Poll a farm of A22 boxes at 200 ms; the first poll, a baseline, is not counted."""
    with tempfile.TemporaryDirectory() as name, _farm(olts, onus) as urls:
        folder = Path(name)
        _write_files(folder, urls)
        _poll(folder)
        polls, curls = [], []
        most_mb = 0.0
        for _ in range(runs):
            curls.append(_timed(_curl_command(folder), folder)[0])
            seconds, mb = _timed([str(EPONCTL), "poll"], folder)
            polls.append(seconds)
            most_mb = max(most_mb, mb)
        ratios = [poll / curl for poll, curl in zip(polls, curls, strict=True)]
        return Timing(
            statistics.median(polls), statistics.median(curls), statistics.median(ratios), most_mb
        )


@contextmanager
def _farm(olts: int, onus: int) -> Iterator[list[str]]:
    command = [sys.executable, str(FARM), str(olts), str(onus)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as farm:
        assert farm.stdout is not None
        urls = [line.strip() for line in iter(farm.stdout.readline, "\n")]
        try:
            yield urls
        finally:
            farm.communicate()


def _write_files(folder: Path, urls: list[str]) -> None:
    tables = [
        f'[[olt]]\nid = "OLT-{place:03d}"\nurl = "{url}"\nusername = "admin"\npassword = "admin"\n'
        for place, url in enumerate(urls)
    ]
    Path(folder, "olts.toml").write_text("[report]\nhourly = false\n" + "".join(tables))
    lines = [f'url = "{url}{PAGE}"\noutput = "/dev/null"\n' for url in urls]
    Path(folder, "urls").write_text("".join(lines))


def _curl_command(folder: Path) -> list[str]:
    curl = shutil.which("curl")
    if curl is None:
        sys.exit("the benchmark needs curl")
    return [
        *(curl, "--silent", "--parallel", "--parallel-immediate", "--parallel-max", "300"),
        *("--user", "admin:admin", "--http1.0", "--config", str(folder / "urls")),
    ]


def _poll(folder: Path) -> None:
    subprocess.run([str(EPONCTL), "poll"], cwd=folder, check=True)


def _timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds of one run, and its peak of memory in MB."""
    began = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return time.perf_counter() - began, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1024

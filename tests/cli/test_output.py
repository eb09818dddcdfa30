"""What becomes of output where nobody takes it: a full disk, a closed stream, another charset."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from eponctl.simulator import Farm, Gateway, make_farm
from eponctl.simulator import configuration as farm_configuration

VERBS = ("poll --json", "olt test", "whatsapp test", "whatsapp test --json", "olt list", "--help")
FULL = "eponctl: standard output: No space left on device\n"
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with an olts.toml that nothing is behind."""
    path = tmp_path / "olts.toml"
    path.write_text(
        '[poll]\nrequest_timeout = 0.5\nretries = 0\n[whatsapp]\nprovider = "file"\n'
        'api_url = "sent.txt"\nrecipients = ["6281200000001"]\n'
        '[[olt]]\nid = "OLT-1"\nurl = "http://127.0.0.1:9"\nusername = "a"\npassword = ""\n'
    )
    path.chmod(0o600)
    return tmp_path


def run(
    folder: Path, line: str, redirection: str = "", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run eponctl as a shell does."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m eponctl {line} {redirection}', sys.executable],
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        check=False,
        timeout=30,
        encoding="utf-8",
        errors="replace",
    )


@needs_full
@pytest.mark.parametrize("line", VERBS)
def test_a_full_disk_is_one_line_and_no_traceback(folder: Path, line: str) -> None:
    found = run(folder, line, ">/dev/full")

    assert 1 == found.returncode
    assert found.stderr.endswith(FULL)
    assert "Traceback" not in found.stderr


@needs_full
@pytest.mark.parametrize("line", ["demo", "simulate --port 0"])
def test_a_simulation_ends_where_nobody_can_read_it(folder: Path, line: str) -> None:
    found = run(folder, line, ">/dev/full")

    assert (1, FULL) == (found.returncode, found.stderr)


@pytest.mark.parametrize(("line", "code"), [(line, None) for line in VERBS] + [("polll", 2)])
def test_closed_streams_are_no_traceback(folder: Path, line: str, code: int | None) -> None:
    whole = run(folder, line)
    closed = run(folder, line, "<&- >&-")

    assert (code or whole.returncode) == closed.returncode
    assert "Traceback" not in closed.stderr
    assert "" == run(folder, line, "<&- >&- 2>&-").stderr


def test_a_closed_stream_does_not_write_into_the_database(folder: Path) -> None:
    devices, gateway = make_farm(1, 8), Gateway()
    with Farm(devices, gateway=gateway):
        (folder / "olts.toml").write_text(farm_configuration(devices, gateway))
        found = [run(folder, line, "<&- >&- 2>&-") for line in ("poll", "poll -vv", "status")]
        shown = run(folder, "status")

    assert [0, 0, 0] == [one.returncode for one in found]
    assert "1 OLT, 0 unreachable; 8 ONUs" in shown.stdout


@needs_full
def test_messages_that_nobody_can_read_leave_the_exit_code(folder: Path) -> None:
    assert 1 == run(folder, "poll", "2>/dev/full").returncode
    assert 2 == run(folder, "-c nowhere.toml poll", "2>/dev/full").returncode


@pytest.mark.parametrize("line", ["whatsapp test", "olt test"])
def test_a_terminal_without_utf_8_gets_question_marks(folder: Path, line: str) -> None:
    environ = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = run(folder, line, environ={**environ, "PYTHONIOENCODING": "ascii"})

    assert "Traceback" not in found.stderr
    assert found.stdout.isascii()
    assert (0 if line == "whatsapp test" else 1) == found.returncode


def test_faults_are_told_before_the_object_that_a_reader_may_not_take(folder: Path) -> None:
    found = run(folder, "poll --json", "| head -c 1")

    assert "eponctl: OLT-1: cannot connect" in found.stderr


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("status --sort temp", 'did you mean "temperature"?'),
        ("status --state pwr", 'did you mean "pwrdown"?'),
        ("alerts --priority crit", 'did you mean "critical"?'),
        ("alerts --since yesterday", 'got "yesterday"'),
    ],
)
def test_a_word_that_is_not_known_is_answered_with_the_one_it_begins(
    folder: Path, line: str, word: str
) -> None:
    found = run(folder, line)

    assert 2 == found.returncode
    assert word in found.stderr

"""`eponctl olt capture` as a whole command: what it shows, asks, writes, and how it ends."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eponctl.cli.program import program
from eponctl.lock import poll_lock
from eponctl.simulator import Farm, Fault, SimOlt, make_olt

app = program()
PASSWORD = "rahasia-sekali"


@pytest.fixture
def olt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimOlt]:
    """Give an OLT with its olts.toml in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EPONCTL_CONFIG", raising=False)
    made = make_olt("A22", 6, pons=2, name="OLT-A")
    made.password = PASSWORD
    with Farm([made]):
        path = tmp_path / "olts.toml"
        path.write_text(
            "[poll]\nrequest_timeout = 2.0\nretries = 0\n"
            f'[[olt]]\nid = "OLT-A"\nurl = "{made.url}"\nusername = "admin"\n'
            f'password = "{PASSWORD}"\n'
        )
        path.chmod(0o600)
        yield made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["olt", "capture", *arguments])


def test_both_files_are_written_for_nobody_else_and_what_was_replaced_is_told(
    olt: SimOlt, tmp_path: Path
) -> None:
    found = run("OLT-A", "-o", "a.yaml", "--yes")

    assert 0 == found.exit_code
    assert "/onuAllPonOnuList.asp  " in found.stdout
    assert "6 MACs" in found.stdout
    assert "driver hioso reads 6 ONUs" in found.stdout
    assert "wrote a.yaml and a.expected.json" in found.stderr
    for name in ("a.yaml", "a.expected.json"):
        assert 0o600 == stat.S_IMODE((tmp_path / name).stat().st_mode)
        assert PASSWORD not in (tmp_path / name).read_text()
    assert PASSWORD not in found.output


def test_nothing_is_asked_of_a_device_where_nobody_can_be_asked(olt: SimOlt) -> None:
    found = run("OLT-A", "-o", "a.yaml")

    assert (2, []) == (found.exit_code, olt.log)
    assert "--yes: needed where nobody can be asked" in found.stderr


def test_file_that_is_there_is_only_overwritten_by_force(olt: SimOlt, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kept")
    (tmp_path / "a.yaml").chmod(0o644)
    refused = run("OLT-A", "-o", "a.yaml", "--yes")

    assert (2, [], "kept") == (refused.exit_code, olt.log, (tmp_path / "a.yaml").read_text())
    assert "--force" in refused.stderr
    assert 0 == run("OLT-A", "-o", "a.yaml", "--yes", "--force").exit_code
    assert 0o600 == stat.S_IMODE((tmp_path / "a.yaml").stat().st_mode)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("OLT-B", "-o", "a.yaml"), "did you mean OLT-A?"),
        (("OLT-A", "-o", "a.txt"), "ends in .yaml"),
        (("OLT-A", "-o", "nowhere/a.yaml"), "there is no folder nowhere"),
    ],
)
def test_wrong_call_says_what_is_right(
    olt: SimOlt, arguments: tuple[str, ...], expected: str
) -> None:
    found = run(*arguments, "--yes")

    assert (2, []) == (found.exit_code, olt.log)
    assert expected in found.stderr


def test_missing_configuration_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EPONCTL_CONFIG", str(tmp_path / "none.toml"))
    found = run("OLT-A", "-o", "a.yaml", "--yes")

    assert 2 == found.exit_code
    assert "none.toml" in found.stderr


def test_device_that_does_not_answer_leaves_no_file(olt: SimOlt, tmp_path: Path) -> None:
    olt.fault = Fault.REFUSE
    found = run("OLT-A", "-o", "a.yaml", "--yes")

    assert (1, ["olts.toml"]) == (found.exit_code, [path.name for path in tmp_path.iterdir()])
    assert "OLT-A: cannot connect" in found.stderr
    assert "nothing was written" in found.stderr


def test_poll_that_runs_is_not_disturbed(olt: SimOlt, tmp_path: Path) -> None:
    with poll_lock(tmp_path / "eponctl.db"):
        found = run("OLT-A", "-o", "a.yaml", "--yes")

    assert (75, []) == (found.exit_code, olt.log)


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 130), (b"y\n", 0), (b"\x04", 130)])
def test_person_is_asked_on_a_terminal(
    olt: SimOlt, tmp_path: Path, answer: bytes, code: int
) -> None:
    eponctl = str(Path(sys.executable).with_name("eponctl"))
    command = [eponctl, "olt", "capture", "OLT-A", "-o", "a.yaml"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs
    ) as made:
        os.close(theirs)
        seen = b""
        ends_at = time.monotonic() + 20
        while b"[y/N]" not in seen and time.monotonic() < ends_at:
            if select.select([ours], [], [], 0.2)[0]:
                seen += os.read(ours, 65536)
        os.write(ours, answer)
        ended = made.wait(20)
    os.close(ours)

    assert b"Write a.yaml and a.expected.json? [y/N]" in seen
    assert code == ended
    assert (code == 0) == (tmp_path / "a.yaml").exists()

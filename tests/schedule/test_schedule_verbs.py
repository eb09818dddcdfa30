"""`eponctl schedule ...` as whole commands: root and a plain user, systemd and cron."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eponctl.cli.program import program
from eponctl.config import Config
from eponctl.model import OltState
from eponctl.schedule import machine
from eponctl.store import olts, pulses
from eponctl.store.database import open_database

Run = Callable[..., Result]
Configure = Callable[..., Config]
ANN = 4242
OWN_LINE = "* * * * * cd /etc/eponctl && eponctl poll\n"


@pytest.fixture
def run(fakes: Any, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a verb of schedule on a machine."""

    def call(
        *arguments: str, uid: int = 0, systemd: bool = True, config: Config | None = None
    ) -> Result:
        of = fakes.machine(uid, systemd=systemd)
        monkeypatch.setattr(machine, "here", lambda: of)
        path = str((config or configure()).path)
        return CliRunner().invoke(program(), ["-c", path, "schedule", *arguments])

    return call


def ok(result: Result) -> str:
    assert 0 == result.exit_code, result.stderr
    return result.stdout


def polled(config: Config, ago_s: int, error: str | None = None) -> None:
    """Let the last poll of OLT A have been so long ago."""
    at = int(time.time()) - ago_s
    with open_database(config.database, create=True) as database, database.atomic():
        state = OltState("A", last_poll_at=at, failures=int(bool(error)), error=error)
        olts.save([state])
        pulses.record(at)


def units(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.glob("eponctl*"))


# --- systemd ---


@pytest.mark.parametrize("uid", [0, ANN])
def test_units_are_shown_written_and_started(uid: int, run: Run, fakes: Any) -> None:
    shown = ok(run("install", uid=uid))
    folder = fakes.machine(uid).units
    scope = "" if uid == 0 else "--user "

    assert [".service", ".timer"] == units(folder)
    for path in folder.iterdir():
        assert f"--- {path}\n{path.read_text()}" in shown
        assert 0o644 == path.stat().st_mode & 0o777
    timer = next(folder.glob("*.timer")).name
    assert [
        f"{scope}daemon-reload",
        f"{scope}enable {timer}",
        f"{scope}restart {timer}",
    ] == fakes.asked("systemctl")


def test_root_has_the_systems_units_and_a_user_their_own(fakes: Any, tmp_path: Path) -> None:
    assert tmp_path / "root/etc/systemd/system" == fakes.machine(0).units
    assert tmp_path / "home/.config/systemd/user" == fakes.machine(ANN).units


@pytest.mark.parametrize("arguments", [("install", "--dry-run"), ("show",)])
def test_looking_writes_nothing(arguments: tuple[str, ...], run: Run, fakes: Any) -> None:
    result = run(*arguments)

    assert "OnUnitActiveSec=60s" in ok(result)
    assert not fakes.machine().units.exists()
    assert [] == fakes.asked("systemctl")
    assert "not installed" in result.stderr or "nothing was written" in result.stderr


def test_second_install_changes_the_pace(run: Run, fakes: Any) -> None:
    run("install")
    again = run("install")
    ok(run("install", "--every", "10s"))
    [timer] = fakes.machine().units.glob("*.timer")

    assert "word for word" in again.stderr
    assert "OnUnitActiveSec=10s" in timer.read_text()
    assert "OnUnitActiveSec=10s" in ok(run("show"))


def test_remove_leaves_nothing(run: Run, fakes: Any) -> None:
    run("install")
    result = run("remove")

    assert [] == units(fakes.machine().units)
    assert "taken away: " in ok(result)
    assert fakes.asked("systemctl")[-3].startswith("disable --now eponctl-site-")
    assert "nothing to take away" in run("remove").stderr


def test_unit_that_somebody_wrote_is_not_overwritten(run: Run, fakes: Any) -> None:
    run("install")
    [timer] = fakes.machine().units.glob("*.timer")
    timer.write_text("[Timer]\nOnCalendar=daily\n")
    result = run("install")
    run("remove")

    assert 1 == result.exit_code
    assert "was not written by `eponctl schedule`" in result.stderr
    assert "OnCalendar=daily" in timer.read_text()


def test_install_that_systemd_refuses_leaves_nothing(run: Run, fakes: Any) -> None:
    fakes.refuse("systemctl", "enable")
    result = run("install")

    assert 1 == result.exit_code
    assert "enable: Access denied" in result.stderr
    assert "try it as root" in result.stderr
    assert [] == units(fakes.machine().units)


def test_user_is_told_that_timers_end_with_the_login(run: Run) -> None:
    assert "loginctl enable-linger" in run("install", uid=ANN).stderr
    assert "loginctl" not in run("install", uid=0).stderr


def test_service_of_the_system_runs_as_whom_the_database_belongs_to(
    run: Run, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configure()
    monkeypatch.setattr(machine, "owner_of", lambda path: ANN if path == config.database else 0)

    assert f"\nUser={ANN}\n" in ok(run("install"))
    assert "User=" not in ok(run("install", uid=ANN))


def test_where_systemd_does_not_run_it_says_so(run: Run) -> None:
    result = run("install", "--systemd", systemd=False)

    assert 1 == result.exit_code
    assert "use --cron" in result.stderr


# --- cron ---


def test_cron_is_taken_where_there_is_no_systemd(run: Run, fakes: Any) -> None:
    fakes.has_tab("MAILTO=ann\n")
    shown = ok(run("install", systemd=False))

    assert fakes.tab.startswith("MAILTO=ann\n# BEGIN eponctl schedule: ")
    assert shown.partition("\n")[2] == fakes.tab.removeprefix("MAILTO=ann\n")
    ok(run("remove", systemd=False))
    assert "MAILTO=ann\n" == fakes.tab


def test_crontab_that_held_nothing_else_is_gone(run: Run, fakes: Any) -> None:
    run("install", "--cron")
    run("remove")

    assert fakes.tab is None


def test_crontab_that_is_not_utf8_comes_back_as_it_was(run: Run, fakes: Any) -> None:
    (fakes.folder / "tab").write_bytes(b"# caf\xe9\n")
    run("install", "--cron")
    run("remove")

    assert b"# caf\xe9\n" == (fakes.folder / "tab").read_bytes()


def test_dry_run_of_cron_writes_nothing(run: Run, fakes: Any) -> None:
    assert "# BEGIN" in ok(run("install", "--cron", "--dry-run"))
    assert fakes.tab is None


def test_own_line_is_noticed_and_left(run: Run, fakes: Any) -> None:
    fakes.has_tab(OWN_LINE)
    for by in ("--cron", "--systemd"):
        assert "line 1 of your crontab runs a poll too" in run("install", by).stderr
        run("remove")
    assert OWN_LINE == fakes.tab


def test_two_schedulers_are_not_installed_at_once(run: Run, fakes: Any) -> None:
    ok(run("install", "--cron"))
    result = run("install", "--systemd")

    assert 1 == result.exit_code
    assert "cron runs it already" in result.stderr
    assert not fakes.machine().units.exists()


def test_two_configurations_do_not_collide(run: Run, configure: Configure, fakes: Any) -> None:
    one, other = configure(folder="east"), configure(folder="west")
    for config in (one, other):
        ok(run("install", config=config))
    ok(run("remove", config=one))

    assert [".service", ".timer"] == units(fakes.machine().units)
    assert str(other.path) in ok(run("show", config=other))


def test_crontab_that_is_refused_is_one_line_and_what_to_do(run: Run, fakes: Any) -> None:
    fakes.refuse("crontab")
    result = run("install", "--cron")

    assert 1 == result.exit_code
    assert ["eponctl: crontab -l: You (ann)", "hint: root decides in /etc/cro"] == [
        line[:30] for line in result.stderr.splitlines()
    ]


def test_what_would_be_written_is_shown_where_it_cannot_be(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    line = run("install", "--cron", "--dry-run", systemd=False)
    units = run("install", "--systemd", "--dry-run", systemd=False)

    assert (0, 0) == (line.exit_code, units.exit_code)
    assert "* * * * *" in line.stdout
    assert "[Timer]" in units.stdout
    assert "cannot be installed here: crontab: no such command" in line.stderr
    assert "cannot be installed here: systemd does not run here" in units.stderr


def test_where_there_is_no_cron_it_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("install", systemd=False)

    assert 1 == result.exit_code
    assert "crontab: no such command here" in result.stderr
    assert "install cron" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("install", "--cron", "--systemd"), ("install", "--every", "5s"), ("install", "--every", "x")],
)
def test_wrong_options_are_usage(arguments: tuple[str, ...], run: Run) -> None:
    assert 2 == run(*arguments).exit_code


# --- status ---


def test_schedule_that_keeps_its_pace_is_well(run: Run, configure: Configure) -> None:
    run("install")
    polled(configure(), ago_s=20)
    text = ok(run("status"))

    assert "systemd, every 1m: " in text
    assert "20s ago" in text or "21s ago" in text
    assert "1 of 1 OLT" in text


def test_poll_that_is_overdue_is_exit_1(run: Run, configure: Configure) -> None:
    run("install")
    polled(configure(), ago_s=3600)
    result = run("status")

    assert 1 == result.exit_code
    assert "YES" in result.stdout


def test_status_says_how_the_last_poll_ended(run: Run, configure: Configure) -> None:
    run("install")
    polled(configure(), ago_s=5, error="cannot connect: \x1b[31mrefused")
    text = ok(run("status"))

    assert "0 of 1 OLT" in text
    assert "A: cannot connect: refused" in text
    assert "`exit-code`" in text


def test_status_without_any_schedule_is_exit_1(run: Run, configure: Configure) -> None:
    polled(configure(), ago_s=5)
    result = run("status")

    assert 1 == result.exit_code
    assert "nothing runs it" in result.stdout


def test_own_line_of_a_crontab_is_a_schedule_too(
    run: Run, configure: Configure, fakes: Any
) -> None:
    fakes.has_tab(OWN_LINE)
    polled(configure(), ago_s=5)

    assert "line 1 of your crontab, not written by this" in ok(run("status"))


def test_timer_that_does_not_run_is_exit_1(run: Run, configure: Configure, fakes: Any) -> None:
    run("install")
    polled(configure(), ago_s=5)
    (fakes.folder / "active").unlink()
    result = run("status")

    assert 1 == result.exit_code
    assert "timer does not run" in result.stdout


def test_unit_that_the_configuration_has_outgrown_is_told(run: Run, configure: Configure) -> None:
    run("install")
    config = configure('database = "../elsewhere/e.db"\n' + configure().path.read_text())
    polled(config, ago_s=5)
    result = run("status", config=config)

    assert 1 == result.exit_code
    assert "not as it would be written now" in result.stdout


def test_status_as_json(run: Run, configure: Configure) -> None:
    run("install", "--every", "30s")
    polled(configure(), ago_s=5)
    found = json.loads(ok(run("status", "--json")))

    assert ("eponctl-schedule/1", ["systemd"], 30) == (
        found["schema"],
        found["by"],
        found["every_seconds"],
    )
    assert (False, 1, [], []) == (
        found["overdue"],
        found["olts"],
        found["olts_failed"],
        found["problems"],
    )


def test_program_is_that_of_the_environment(tmp_path: Path) -> None:
    door = tmp_path / "eponctl"
    python = tmp_path / "python"

    assert (str(python), "-m", "eponctl") == machine.program(str(python))
    door.touch()
    assert (str(door),) == machine.program(str(python))
    assert Path(machine.here().program[0]).is_absolute()
    assert os.geteuid() == machine.here().uid

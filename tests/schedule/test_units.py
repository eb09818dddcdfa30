"""Units that systemd reads as they are meant, whatever a path is called."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from eponctl.errors import ConfigError
from eponctl.schedule import units
from eponctl.schedule.job import Job

PROGRAM = "/opt/eponctl/bin/eponctl"


def job(path: str = "/etc/eponctl/olts.toml", every_s: int = 60, program: str = PROGRAM) -> Job:
    config = Path(path)
    return Job(
        "eponctl", (program, "-c", path, "poll"), every_s, config, (config.parent,), longest_s=180
    )


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_service_runs_one_poll_of_this_file_by_the_environments_own_program() -> None:
    found = lines(units.service(job(), user=None, is_system=True))

    assert "Type=oneshot" in found
    assert f"ExecStart={PROGRAM} -c /etc/eponctl/olts.toml poll" in found
    assert "TimeoutStartSec=180s" in found
    assert "SuccessExitStatus=75" in found


def test_service_may_write_to_its_own_folders_only() -> None:
    found = lines(units.service(job("/srv/a b/olts.toml"), user=None, is_system=True))

    assert {"ProtectSystem=strict", "PrivateTmp=yes", "NoNewPrivileges=yes"} <= set(found)
    assert 'ReadWritePaths="/srv/a b"' in found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a b/x", '"/a b/x"'),
        ("/50%/x", "/50%%/x"),
        ('/say "hi"/x', '"/say \\"hi\\"/x"'),
        ("/it's/x", '"/it\'s/x"'),
        ("/$HOME/x", '"/$$HOME/x"'),
        ("/back\\slash/x", '"/back\\\\slash/x"'),
    ],
)
def test_special_characters_in_the_configurations_path_stay_what_they_are(
    path: str, expected: str
) -> None:
    text = units.service(job(path), user=None, is_system=True)

    assert f"ExecStart={PROGRAM} -c {expected} poll" in lines(text)


@pytest.mark.parametrize("path", ["/tmp/try/olts.toml", "/var/tmp/olts.toml"])
def test_what_lies_in_tmp_is_not_hidden_from_the_poll(path: str) -> None:
    assert "PrivateTmp" not in units.service(job(path), user=None, is_system=True)
    assert "PrivateTmp=yes" in units.service(job("/tmpfiles/x"), user=None, is_system=True)


def test_dollar_is_doubled_in_arguments_only() -> None:
    text = units.service(job("/$d/olts.toml", program="/$p/eponctl"), user=None, is_system=True)

    assert 'ExecStart="/$p/eponctl" -c "/$$d/olts.toml" poll' in lines(text)
    assert 'ReadWritePaths="/$d"' in lines(text)


@pytest.mark.parametrize("program", ["/it's/eponctl", '/a"b/eponctl', "/a\\b/eponctl"])
def test_program_that_systemd_would_not_run_is_refused(program: str) -> None:
    with pytest.raises(ConfigError, match="no program with a quote"):
        units.service(job(program=program), user=None, is_system=True)


def test_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(ConfigError, match="control character"):
        units.service(job("/a\nExecStart=/bin/sh/olts.toml"), user=None, is_system=True)


def test_root_keeps_only_what_it_needs_and_another_user_nothing() -> None:
    as_root = lines(units.service(job(), user=None, is_system=True))
    as_ann = lines(units.service(job(), user="ann", is_system=True))

    assert "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER" in as_root
    assert {"User=ann", "CapabilityBoundingSet="} <= set(as_ann)
    assert [] == [line for line in as_root if line.startswith("User=")]


def test_users_own_unit_asks_for_nothing_that_its_manager_may_not_give() -> None:
    text = units.service(job(), user=None, is_system=False)

    for taken in ("CapabilityBoundingSet", "ProtectKernel", "ProtectClock", "PrivateDevices"):
        assert taken not in text
    assert "network-online.target" not in text
    assert "ProtectSystem=strict" in text


def test_file_for_the_environment_stands_there_where_a_secret_comes_from_it() -> None:
    without = units.service(job("/50%/olts.toml"), user=None, is_system=True)
    with_one = units.service(
        job("/50%/olts.toml")._replace(env_names=("PW",)), user=None, is_system=True
    )

    assert "EnvironmentFile" not in without
    assert "EnvironmentFile=-/50%%/olts.env" in lines(with_one)


@pytest.mark.parametrize(
    ("every_s", "boot", "accuracy"), [(10, "10s", "100ms"), (60, "60s", "1s"), (900, "60s", "1s")]
)
def test_timer_counts_from_one_poll_to_the_next(every_s: int, boot: str, accuracy: str) -> None:
    text = units.timer(job(every_s=every_s))

    assert f"OnBootSec={boot}\nOnUnitActiveSec={every_s}s\nAccuracySec={accuracy}\n" in text
    assert every_s == units.every_of(text)
    assert units.is_ours(text)


ANALYZE = shutil.which("systemd-analyze")
REAL = Path("/bin/true")


@pytest.mark.parametrize("is_system", [True, False])
@pytest.mark.parametrize("folder", ["plain", "a b", "50% off", 'say "hi"', "it's", "$HOME"])
def test_systemd_has_nothing_to_say_about_the_units(
    tmp_path: Path, folder: str, is_system: bool
) -> None:
    made = job(str(tmp_path / folder / "olts.toml"), program=str(REAL))
    made = made._replace(env_names=("PW",))
    user = "root" if is_system else None
    files = units.files(made, tmp_path, user=user, is_system=is_system)
    for path, text in files.items():
        path.write_text(text)
    if ANALYZE is None:  # then the texts above say it
        assert 2 == len(files)
        return
    scope = "--system" if is_system else "--user"
    run = subprocess.run(
        [ANALYZE, scope, "--man=no", "verify", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )

    assert (0, "") == (run.returncode, run.stderr)

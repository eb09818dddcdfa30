"""A block of our own in somebody's crontab."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eponctl.errors import ConfigError, EponctlError
from eponctl.schedule import crontab
from eponctl.schedule.job import Job


def job(path: str = "/etc/eponctl/olts.toml", every_s: int = 60, name: str = "eponctl") -> Job:
    command = ("/opt/eponctl/bin/eponctl", "-c", path, "poll")
    return Job(name, command, every_s, Path(path), (Path(path).parent,), 180)


def as_cron_runs_it(line: str) -> list[str]:
    """The arguments that the shell gets: what stands before a % that has no backslash."""
    command, escaped = "", False
    for char in line.split(None, 5)[5]:
        if escaped:
            command = command[:-1] + char if char == "%" else command + char
            escaped = False
            continue
        if char == "%":
            break
        escaped = char == "\\"
        command += char
    return shlex.split(command)


@pytest.mark.parametrize(
    "path", ["/a b/x", "/50%/x", "/50% off/x", '/say "hi"/x', "/it's 5%/x", "/$HOME/x", "/a;b/x"]
)
def test_shell_gets_the_path_as_it_is(path: str) -> None:
    [_, line, _] = crontab.block(job(path)).splitlines()

    assert list(job(path).command) == as_cron_runs_it(line)


@pytest.mark.parametrize(
    ("every_s", "fields"),
    [
        (60, "* * * * *"),
        (300, "*/5 * * * *"),
        (3600, "0 * * * *"),
        (7200, "0 */2 * * *"),
        (86400, "0 0 * * *"),
    ],
)
def test_pace_is_written_and_read_again(every_s: int, fields: str) -> None:
    text = crontab.block(job(every_s=every_s))
    found = crontab.found(text, "eponctl")

    assert text.splitlines()[1].startswith(f"{fields} /opt/")
    assert found is not None
    assert (every_s, 2) == (found.every_s, found.line)


@pytest.mark.parametrize("every_s", [10, 45, 90, 7 * 60, 5 * 3600])
def test_pace_that_cron_cannot_keep_is_refused(every_s: int) -> None:
    with pytest.raises(ConfigError, match="cron can do 1m, 2m"):
        crontab.block(job(every_s=every_s))


@pytest.mark.parametrize("path", ["/a\n* * * * * rm/x", "/a\\b/x"])
def test_path_that_no_line_can_hold_is_refused(path: str) -> None:
    with pytest.raises(ConfigError):
        crontab.block(job(path))


LINES = st.sampled_from(
    ["# a comment", "", "MAILTO=ann", "0 1 * * * backup", "@reboot x", "* * * * * eponctl poll"]
)


@given(st.lists(LINES), st.booleans())
def test_what_stands_outside_of_the_block_is_never_touched(rest: list[str], ends: bool) -> None:
    before = "\n".join(rest) + ("\n" if ends and rest else "")
    with_one = crontab.with_block(before, "eponctl", crontab.block(job()))
    changed = crontab.with_block(with_one, "eponctl", crontab.block(job(every_s=300)))
    whole = before + "\n" if before and not before.endswith("\n") else before

    assert whole + crontab.block(job()) == with_one
    assert whole + crontab.block(job(every_s=300)) == changed
    assert whole == crontab.without_block(changed, "eponctl")


def test_block_keeps_its_place_among_the_lines() -> None:
    before = "MAILTO=ann\n" + crontab.block(job()) + "0 1 * * * backup\n"
    new = crontab.block(job(every_s=300))

    assert f"MAILTO=ann\n{new}0 1 * * * backup\n" == crontab.with_block(before, "eponctl", new)


def test_jobs_of_two_configurations_have_a_block_each() -> None:
    other = job("/srv/olts.toml", name="eponctl-srv-123456")
    both = crontab.with_block(crontab.block(job()), other.name, crontab.block(other))

    assert crontab.block(other) == crontab.without_block(both, "eponctl")
    assert [] == crontab.own_lines(both)


def test_lines_that_somebody_wrote_are_noticed() -> None:
    text = (
        "# * * * * * eponctl poll\n"
        "* * * * *  cd /etc/eponctl && /opt/eponctl/bin/eponctl -c olts.toml poll\n"
        "0 7 * * * eponctl report --send\n" + crontab.block(job()) + "*/5 * * * * eponctl poll\n"
    )

    assert [2, 7] == crontab.own_lines(text)


@pytest.mark.parametrize(
    "broken",
    [
        "# BEGIN eponctl schedule: eponctl\n* * * * * x\n",
        "# END eponctl schedule: eponctl\n",
        "# END eponctl schedule: eponctl\n# BEGIN eponctl schedule: eponctl\n",
    ],
)
def test_block_whose_marks_are_not_in_order_is_left_alone(broken: str) -> None:
    for action in (
        lambda: crontab.found(broken, "eponctl"),
        lambda: crontab.with_block(broken, "eponctl", "x"),
        lambda: crontab.without_block(broken, "eponctl"),
    ):
        with pytest.raises(EponctlError, match="one BEGIN and one END"):
            action()


def test_pace_that_somebody_changed_is_not_known() -> None:
    text = crontab.block(job()).replace("* * * * * /", "*/7 1-5 * * * /")
    found = crontab.found(text, "eponctl")

    assert found is not None
    assert found.every_s is None

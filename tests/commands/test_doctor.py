"""`doctor` as a whole command: what it says of what is well, and of each thing that is not."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eponctl import provider
from eponctl.cli.program import program
from eponctl.commands import doctor_asks
from eponctl.commands.doctor import Finding, Mark
from eponctl.errors import Outcome, SendError
from eponctl.lock import poll_lock
from eponctl.provider import Checkup, Health
from eponctl.schedule import machine
from eponctl.schedule.machine import Machine
from eponctl.simulator import Farm, Gateway, SimOlt, make_olt
from eponctl.store import pulses
from eponctl.store.database import open_database

Found = dict[str, list[tuple[str, str]]]
OLT = '\n[[olt]]\nid = "{id}"\nurl = "{url}"\nusername = "admin"\npassword = "{password}"\n'


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(disconnected_delay=0.0, api_key="simulator-key") as started:
        yield started


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without systemd and with an empty crontab."""
    crontab = tmp_path / "bin" / "crontab"
    crontab.parent.mkdir()
    crontab.write_text("#!/bin/sh\necho 'no crontab' >&2; exit 1\n")
    crontab.chmod(0o755)
    monkeypatch.setenv("PATH", f"{crontab.parent}:{os.environ['PATH']}")
    of = machine.machine(os.geteuid(), {"HOME": str(tmp_path)}, root=tmp_path)
    monkeypatch.setattr(machine, "here", lambda: of)
    return of


@pytest.fixture
def file(tmp_path: Path, gateway: Gateway, here: Machine, serve: Callable[..., Farm]) -> Path:
    """An olts.toml with one OLT that answers, and a gateway."""
    olt = make_olt("A22", 8, name="OLT-1")
    serve(olt)
    path = tmp_path / "etc" / "olts.toml"
    path.parent.mkdir()
    path.write_text(
        f'timezone = "Asia/Jakarta"\n[poll]\nrequest_timeout = 1.0\nretries = 0\n'
        f'[whatsapp]\nenabled = true\napi_url = "{gateway.send_url}"\n'
        f'api_key = "simulator-key"\nsender = "{gateway.sender}"\nrecipients = ["6281200000001"]\n'
        + entry(olt)
    )
    path.chmod(0o600)
    return path


def entry(olt: SimOlt, password: str | None = None) -> str:
    return OLT.format(id=olt.name, url=olt.url, password=password or olt.password)


def doctor(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(program("doctor"), ["-c", str(file), "doctor", *arguments])


def seen(file: Path, code: int) -> Found:
    """State and text by what was looked at; an OLT by its id."""
    result = doctor(file, "--json")
    assert code == result.exit_code, result.output
    found: Found = {}
    for one in json.loads(result.stdout)["findings"]:
        found.setdefault(one["olt"] or one["what"], []).append((one["state"], one["text"]))
    return found


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def polled(file: Path, ago_s: int = 5) -> None:
    """Let there be a database, and a poll so long ago."""
    with open_database(file.parent / "eponctl.db", create=True) as database, database.atomic():
        pulses.record(int(time.time()) - ago_s)


def test_all_that_is_there_is_looked_at(file: Path) -> None:
    polled(file)
    found = seen(file, 0)

    assert [
        "configuration",
        "permissions",
        "clock",
        "database",
        "disk",
        "schedule",
        "OLT-1",
        "gateway",
    ] == list(found)
    assert {"schedule"} == {what for what, told in found.items() if told[0][0] != "ok"}
    assert ("ok", f"{file}: 1 OLT") == found["configuration"][0]
    assert "logged in; hioso A22, 8/8 ONUs up; 3 requests, 0." in found["OLT-1"][0][1]
    assert "Asia/Jakarta (UTC+0700)" in found["clock"][0][1]
    assert ("ok", "mpwa: the sender is connected") == found["gateway"][0]


def test_a_pipe_gets_plain_lines(file: Path) -> None:
    polled(file)
    result = doctor(file)
    lines = result.stdout.splitlines()

    assert "\x1b" not in result.output
    assert lines[0] == f"configuration  ok       {file}: 1 OLT"
    assert any(
        line.startswith("schedule       warning  nothing runs it; the last poll was ")
        for line in lines
    )
    assert "                        do: `eponctl schedule install`" in lines
    assert "0 wrong, 1 worth a look\n" == result.stderr


def test_before_the_first_poll_it_says_what_comes_next(file: Path) -> None:
    found = seen(file, 1)

    assert "not there yet" in found["database"][0][1]
    assert "wrong" == found["schedule"][0][0]
    assert not (file.parent / "eponctl.db").exists()


def test_a_broken_file_is_told_fault_by_fault_and_nobody_is_asked(
    file: Path, gateway: Gateway
) -> None:
    change(file, 'username = "admin"', 'usernam = "admin"')
    change(file, "retries = 0", 'retries = "none"')
    found = seen(file, 2)

    assert 3 == len(found["configuration"])
    assert "poll.retries" in found["configuration"][0][1]
    assert {"not asked: the configuration has faults"} == {
        text for what in ("olt", "gateway") for _, text in found[what]
    }
    assert "ok" == found["disk"][0][0]


@pytest.mark.parametrize("text", [None, "x = [", "\xff"])
def test_a_file_that_is_none_leaves_the_clock(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.write_text(text, "latin-1")
    found = seen(file, 2)

    assert ["configuration", "clock", "database", "olt", "gateway"] == list(found)


def test_secrets_and_a_database_that_others_can_read_are_wrong(file: Path) -> None:
    polled(file)
    file.chmod(0o644)
    (file.parent / "eponctl.db").chmod(0o644)
    (file.parent / "olts.env").write_text("A=b\n")
    (file.parent / "olts.env").chmod(0o640)
    told = [text for state, text in seen(file, 1)["permissions"] if state == "wrong"]

    assert [
        f"{file} holds a password and can be read by everyone",
        f"{file.parent}/olts.env holds secrets for the schedule and can be read by others",
        f"{file.parent}/eponctl.db: open to others",
    ] == told
    assert f"do: chmod 600 {file}\n" in doctor(file).stdout


def test_a_database_that_is_none_is_wrong_and_the_rest_goes_on(file: Path) -> None:
    database = file.parent / "eponctl.db"
    database.write_bytes(b"no database" * 500)
    database.chmod(0o600)
    found = seen(file, 1)

    assert "wrong" == found["database"][0][0]
    assert "not known" in found["schedule"][0][1]
    assert "wrong" == found["OLT-1"][0][0]
    assert "ok" == found["gateway"][0][0]


def test_a_clock_before_the_last_poll_is_wrong(file: Path) -> None:
    polled(file, ago_s=-7200)

    state, text = seen(file, 1)["clock"][0]
    assert "wrong" == state
    assert "before the last poll" in text


def test_overdue_polls_are_wrong(file: Path) -> None:
    polled(file, ago_s=90000)

    assert ("wrong", "the last poll is too long ago (1d 1h)") in seen(file, 1)["schedule"]


def test_each_olt_says_what_is_wrong_with_it(file: Path, serve: Callable[..., Farm]) -> None:
    other = make_olt("A22", 4, name="OLT-2")
    serve(other)
    with file.open("a") as text:
        text.write(
            entry(other, "not-this")
            + OLT.format(id="OLT-3", url="http://127.0.0.1:9", password="x")
        )
        text.write('driver = "hioso"\n')
    polled(file)
    found = seen(file, 1)

    assert ["ok", "wrong", "wrong"] == [found[f"OLT-{number}"][0][0] for number in (1, 2, 3)]
    assert "refused" in found["OLT-2"][0][1]
    assert "connection refused" in found["OLT-3"][0][1]
    assert "not-this" not in doctor(file).output


def test_a_secret_that_is_not_set_is_a_fault_of_the_configuration(
    file: Path, serve: Callable[..., Farm], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EPONCTL_NOT_THERE", raising=False)
    with file.open("a") as text:
        text.write(OLT.format(id="OLT-2", url="http://127.0.0.1:9", password="x"))
    change(file, 'password = "x"', 'password_env = "EPONCTL_NOT_THERE"')
    polled(file)
    found = seen(file, 2)

    assert "olt[2].password_env" in found["configuration"][0][1]
    assert "ok" == found["OLT-1"][0][0]
    assert found["OLT-2"][0][1].startswith("not asked")


def test_a_poll_that_runs_is_left_in_peace(
    file: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled(file)
    monkeypatch.setattr(doctor_asks, "_TURN_S", 0.0)
    real = doctor_asks.findings
    monkeypatch.setattr(doctor_asks, "findings", lambda *given: real(*given, patience_s=0.0))
    with poll_lock(file.parent / "eponctl.db"):
        state, text = seen(file, 0)["OLT-1"][0]

    assert "warning" == state
    assert "not asked: another poll" in text


def test_a_gateway_without_its_session_is_wrong(file: Path, gateway: Gateway) -> None:
    polled(file)
    change(file, 'api_key = "simulator-key"', 'api_key = "another"')

    state, text = seen(file, 1)["gateway"][0]
    assert "wrong" == state
    assert "another" not in text


@pytest.mark.parametrize(
    ("checkup", "mark", "do"),
    [
        (Checkup(Health.CONNECTED), Mark.OK, ""),
        (Checkup(Health.UNKNOWN), Mark.WARNING, "whatsapp test"),
        (Checkup(Health.DISCONNECTED), Mark.WRONG, provider.CHECK_SENDER),
        (Checkup(Health.UNKNOWN, SendError(Outcome.RETRY, "gateway: x")), Mark.WRONG, "api_url"),
        (
            Checkup(Health.UNKNOWN, SendError(Outcome.BAD_CONFIG, "gateway: x", hint="the key")),
            Mark.WRONG,
            "the key",
        ),
    ],
)
def test_what_a_gateway_says_of_its_session(checkup: Checkup, mark: Mark, do: str) -> None:
    found: Finding = doctor_asks._of_checkup(checkup, "gowa")

    assert mark == found.mark
    assert do in found.do


def test_alerts_that_go_nowhere_are_worth_a_look(file: Path) -> None:
    polled(file)
    change(file, "enabled = true", "enabled = false")

    assert ("warning", "disabled: nobody is told of anything") == seen(file, 0)["gateway"][0]


def test_advice_that_several_share_is_given_once(file: Path) -> None:
    with file.open("a") as text:
        for number in (2, 3):
            text.write(OLT.format(id=f"OLT-{number}", url="http://127.0.0.1:9", password="x"))
            text.write('driver = "hioso"\n')
    polled(file)

    assert 1 == doctor(file).stdout.count("check the port in the url")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("onu.name", ("ok", "own: 1 file, all can be used")),
        (
            "onu.nmae",
            ("warning", "own/id/onu.j2:2: OnuView has no 'nmae'; the built-in text is sent"),
        ),
    ],
)
def test_texts_of_ones_own_are_looked_at(file: Path, value: str, expected: tuple[str, str]) -> None:
    text = file.parent / "own" / "id" / "onu.j2"
    text.parent.mkdir(parents=True)
    text.write_text(f"{{% macro trouble(onu) %}}\n{{{{ {value} }}}}\n{{% endmacro %}}")
    file.write_text(file.read_text() + '\n[messages]\ndir = "own"\n')

    state, said = expected
    assert [(state, f"{file.parent}/{said}")] == seen(file, 1)["messages"]

"""`eponctl olt ...` as whole commands, against simulated devices."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eponctl import driver
from eponctl.cli.program import program
from eponctl.lock import poll_lock
from eponctl.simulator import Farm, Fault, Gateway, configuration, make_olt

app = program()

Run = Callable[..., Result]
POLL = "[poll]\nrequest_timeout = 0.4\nolt_deadline = 0.8\nretries = 0\n\n"
NEW = ("--url", "http://192.0.2.7:88", "--username", "admin", "--password-env", "OLT_PASSWORD")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs eponctl in an empty folder and returns code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    for name in ("EPONCTL_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OLT_PASSWORD", "from-the-environment")

    def call(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=stdin)

    return call


@pytest.fixture(scope="module")
def farm() -> Iterator[Farm]:
    """Give a farm that lasts; tests take their faults back."""
    olts = [
        make_olt("A22", 16, name="OLT-A", seed=1),
        make_olt("A16", 8, name="OLT-B", seed=2),
    ]
    with Farm(olts, gateway=Gateway()) as started:
        yield started


@pytest.fixture
def network(farm: Farm, run: Run, tmp_path: Path) -> Iterator[Farm]:
    """Give the farm with its configuration in the folder that commands run in."""
    assert farm.gateway is not None
    path = tmp_path / "olts.toml"
    path.write_text(POLL + configuration(farm.olts, farm.gateway))
    path.chmod(0o600)
    yield farm
    for olt in farm.olts:
        farm.set_fault(olt, Fault.NONE)
        farm.change(olt.page_faults.clear)


def config_text() -> str:
    return Path("olts.toml").read_text(encoding="utf-8")


# --- add ---


def test_add_begins_a_file_that_only_its_owner_reads(run: Run) -> None:
    result = run("olt", "add", "OLT-1", *NEW)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        f"OLT-1: wrote the new file {Path.cwd() / 'olts.toml'}",
        "next: `eponctl olt test OLT-1`, then `eponctl poll`",
    ]
    assert stat.S_IMODE(Path("olts.toml").stat().st_mode) == 0o600
    assert config_text() == (
        '[[olt]]\nid = "OLT-1"\nurl = "http://192.0.2.7:88"\nusername = "admin"\n'
        'password_env = "OLT_PASSWORD"\n'
    )


def test_add_begins_the_file_that_config_names_and_repeats_it_in_the_next_step(run: Run) -> None:
    result = run("--config", "new/my olts.toml", "olt", "add", "OLT-1", *NEW)
    assert result.exit_code == 0
    assert "`eponctl -c 'new/my olts.toml' olt test OLT-1`" in result.stderr
    assert Path("new/my olts.toml").exists()


def test_add_keeps_what_is_in_the_file(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    Path("olts.toml").write_text("# mine\n" + config_text())
    result = run(
        "olt", "add", "OLT-2", *NEW, "--name", "Bukit", "--driver", "hioso", "--no-verify-tls",
        "--disabled",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "then `eponctl olt enable OLT-2`" in result.stderr
    assert config_text().startswith("# mine\n[[olt]]\n")
    assert 'name = "Bukit"\n' in config_text()
    assert 'driver = "hioso"\nenabled = false\nverify_tls = false\n' in config_text()


def test_add_tells_all_faults_at_once_by_their_options(run: Run) -> None:
    result = run("olt", "add", "OLT 1", "--driver", "hiosso", "--username", "a:b")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "ID",
        "--url",
        "--username",
        "password",
        "--driver",
    ]
    assert lines[3] == (
        "password: missing, expected one of --password-env VAR, --password-file FILE, "
        "--password-stdin"
    )
    names = ", ".join(("auto", *driver.names()))
    assert lines[4].endswith(f'expected one of {names}, got "hiosso"; did you mean "hioso"?')
    assert not Path("olts.toml").exists()


def test_add_needs_a_user_name_where_nobody_can_be_asked(run: Run) -> None:
    result = run("olt", "add", "OLT-1", "--url", "http://a", "--password-env", "X")
    assert result.exit_code == 2
    assert "--username: missing" in result.stderr


def test_add_refuses_an_id_that_is_taken(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    before = config_text()
    result = run("olt", "add", "OLT-1", *NEW)
    assert (result.exit_code, config_text()) == (2, before)
    assert "there is an OLT OLT-1 already" in result.stderr
    assert "`eponctl olt edit OLT-1`" in result.stderr


def test_a_password_on_the_command_line_is_refused_and_never_shown(run: Run) -> None:
    for verb in (("add", "OLT-1", "--url", "http://a", "--username", "u"), ("edit", "OLT-1")):
        Path("olts.toml").write_text("")
        result = run("olt", *verb, "--password", "hunter2")
        assert result.exit_code == 2
        assert "--password: not taken on the command line" in result.stderr
        assert "--password-stdin" in result.stderr
        assert "hunter2" not in result.output


def test_a_password_in_a_url_is_refused_and_never_shown(run: Run) -> None:
    result = run("olt", "add", "OLT-1", "--url", "http://admin:hunter2@a", *NEW[2:])
    assert result.exit_code == 2
    assert "without user, password" in result.stderr
    assert "hunter2" not in result.output


def test_a_piped_password_stands_in_the_file_and_nowhere_else(run: Run) -> None:
    result = run("olt", "add", "OLT-1", *NEW[:4], "--password-stdin", stdin='hun"ter2\n')
    assert result.exit_code == 0
    assert 'hun"ter2' == tomllib.loads(config_text())["olt"][0]["password"]
    assert "ter2" not in result.output


@pytest.mark.parametrize(
    ("piped", "fault"),
    [
        (b"", "expected one line, got nothing"),
        (b"\n", "expected one line, got nothing"),
        (b"hunter\n2\n", "expected one line, got several"),
        (b"hunter\xff", "not UTF-8 text"),
    ],
)
def test_a_piped_password_that_is_none_is_refused(run: Run, piped: bytes, fault: str) -> None:
    result = run("olt", "add", "OLT-1", *NEW[:4], "--password-stdin", stdin=piped)
    assert result.exit_code == 2
    assert f"--password-stdin: {fault}" in result.stderr
    assert "hunter" not in result.output
    assert not Path("olts.toml").exists()


def test_two_places_for_a_password_are_one_too_many(run: Run) -> None:
    result = run("olt", "add", "OLT-1", *NEW, "--password-file", "pw")
    assert result.exit_code == 2
    assert "password: expected only one of the --password options" in result.stderr


def test_a_password_file_is_the_same_file_from_everywhere(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path.cwd()
    secret = home / "pw"
    secret.touch(0o600)
    secret.write_text("x")
    run("olt", "add", "OLT-1", *NEW[:4], "--password-file", "pw")
    assert 'password_file = "pw"' in config_text()
    Path("below").mkdir()
    monkeypatch.chdir("below")
    result = run("-c", "../olts.toml", "olt", "edit", "OLT-1", "--password-file", "../pw")
    assert (result.exit_code, "warning" in result.stderr) == (0, False)
    assert f'password_file = "{home}/below/../pw"' in (home / "olts.toml").read_text()


def test_a_secret_that_is_not_there_yet_or_open_to_all_is_warned_of(run: Run) -> None:
    missing = run("olt", "add", "OLT-1", *NEW[:4], "--password-env", "NOT_SET")
    assert missing.exit_code == 0
    assert "warning: environment variable NOT_SET: not set, or empty" in missing.stderr
    Path("olts.toml").chmod(0o644)
    exposed = run("olt", "edit", "OLT-1", "--password-stdin", stdin="x")
    assert "olts.toml holds a password and can be read by everyone: chmod 600" in exposed.stderr


# --- edit, remove, enable, disable ---


def test_edit_changes_only_what_is_named_and_says_so(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    result = run(
        "olt", "edit", "OLT-1", "--url", "https://192.0.2.8", "--name", "Bukit", "--no-verify-tls"
    )
    assert result.exit_code == 0
    assert result.stderr == (
        "OLT-1: url https://192.0.2.8 (was http://192.0.2.7:88); name Bukit (was OLT-1); "
        "TLS certificates are not checked\n"
    )
    assert 'password_env = "OLT_PASSWORD"' in config_text()


def test_edit_switches_the_form_of_a_password_in_one_call(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    result = run("olt", "edit", "OLT-1", "--password-stdin", stdin="hunter2")
    assert result.stderr == "OLT-1: password changed, in the file itself\n"
    assert 'password = "hunter2"' in config_text()
    assert "password_env" not in config_text()
    result = run("olt", "edit", "OLT-1", "--password-env", "OLT_PASSWORD")
    assert result.stderr == "OLT-1: password from the environment variable OLT_PASSWORD\n"
    assert "hunter2" not in config_text()


def test_edit_needs_a_change_and_says_when_it_is_none(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    none = run("olt", "edit", "OLT-1")
    assert none.exit_code == 2
    assert "expected at least one option that changes something" in none.stderr
    same = run("olt", "edit", "OLT-1", "--username", "admin")
    assert (same.exit_code, same.stderr) == (0, "OLT-1: nothing changed: it was so already\n")


def test_edit_mends_a_file_that_its_own_fault_keeps_from_loading(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    Path("olts.toml").write_text(config_text().replace("http://192.0.2.7:88", "192.0.2.7"))
    result = run("olt", "edit", "OLT-1", "--url", "http://192.0.2.7")
    assert result.exit_code == 0
    assert 'url = "http://192.0.2.7"' in config_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("edit", "OLT-2", "--name", "x"),
        ("remove", "OLT-2", "--yes"),
        ("remove", "OLT-2"),
        ("enable", "OLT-2"),
        ("disable", "OLT-2"),
        ("test", "OLT-2"),
    ],
)
def test_an_unknown_id_is_answered_with_the_nearest(run: Run, arguments: tuple[str, ...]) -> None:
    run("olt", "add", "OLT-1", *NEW)
    result = run("olt", *arguments)
    assert result.exit_code == 2
    assert 'no OLT has the id "OLT-2"' in result.stderr
    assert "did you mean OLT-1?" in result.stderr


def test_remove_needs_yes_where_nobody_can_be_asked(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    refused = run("olt", "remove", "OLT-1", stdin="y\n")
    assert (refused.exit_code, "OLT-1" in config_text()) == (2, True)
    assert "--yes: needed where nobody can be asked" in refused.stderr
    done = run("olt", "remove", "OLT-1", "--yes")
    assert (done.exit_code, config_text()) == (0, "")
    assert "its history stays in the database" in done.stderr


def test_disable_and_enable_say_what_changed(run: Run) -> None:
    run("olt", "add", "OLT-1", *NEW)
    told = [run("olt", verb, "OLT-1").stderr for verb in ("disable", "disable", "enable", "enable")]
    assert told == [
        "OLT-1: disabled, polls pass it over; what is known of it stays\n",
        "OLT-1: was disabled already\n",
        "OLT-1: enabled, the next poll reads it\n",
        "OLT-1: was enabled already\n",
    ]
    assert "enabled = true" in config_text()


def test_quiet_leaves_only_errors_and_warnings(run: Run) -> None:
    assert run("-q", "olt", "add", "OLT-1", *NEW).output == ""
    assert run("-q", "olt", "disable", "OLT-1").output == ""
    assert run("-q", "olt", "remove", "OLT-1").exit_code == 2


def test_list_shows_the_olts_and_no_password(network: Farm, run: Run) -> None:
    plain, as_json = run("olt", "list"), run("olt", "list", "--json")
    assert (plain.exit_code, as_json.exit_code) == (0, 0)
    assert network.olt("OLT-A").url in plain.stdout
    assert ["OLT-A", "OLT-B"] == [olt["id"] for olt in json.loads(as_json.stdout)["olts"]]
    assert "password" not in as_json.stdout


# --- on a terminal ---


def at_terminal(answers: dict[str, bytes], *arguments: str) -> tuple[int, str]:
    """Run eponctl with a terminal on stdin, answer each prompt, and return code and stderr."""
    main, terminal = pty.openpty()
    told = ""
    with subprocess.Popen(
        [sys.executable, "-c", "from eponctl.__main__ import main; main()", *arguments],
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        waiting = dict(answers)
        while data := os.read(process.stderr.fileno(), 4096):
            told += data.decode()
            for prompt in [prompt for prompt in waiting if told.rstrip().endswith(prompt)]:
                os.write(main, waiting.pop(prompt))
    os.close(main)
    os.close(terminal)
    assert not waiting
    return process.returncode, told


def test_a_person_is_asked_for_user_and_password(run: Run) -> None:
    answers = {"[admin]:": b"\n", "it has none):": b"hunter2\n"}
    code, told = at_terminal(answers, "olt", "add", "OLT-1", "--url", "http://192.0.2.7")
    assert code == 0
    assert "User name of OLT-1 [admin]: " in told
    assert "hunter2" not in told
    assert 'username = "admin"\npassword = "hunter2"\n' in config_text()


def test_faults_are_told_before_a_person_is_asked(run: Run) -> None:
    code, told = at_terminal({}, "olt", "add", "OLT-1", "--url", "192.0.2.7")
    assert (code, told.count("\n"), "--url: expected" in told) == (2, 1, True)


@pytest.mark.parametrize(
    ("answer", "code", "stays"), [(b"y\n", 0, False), (b"\n", 130, True), (b"\x04", 130, True)]
)
def test_remove_asks_a_person(run: Run, answer: bytes, code: int, stays: bool) -> None:
    run("olt", "add", "OLT-1", *NEW)
    assert code == at_terminal({"[y/N]": answer}, "olt", "remove", "OLT-1")[0]
    assert stays == ("OLT-1" in config_text())


# --- test ---


def test_test_says_what_was_read_and_stores_nothing(network: Farm, run: Run) -> None:
    result = run("olt", "test")
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == f"OLT-A ok {network.olt('OLT-A').url}"
    for line in (
        "answers yes",
        "login accepted, as admin",
        "driver hioso, dialect A22",
        "firmware V2.3.1",
        "ONUs 16, 16 up",
        "up by PON 0/1 4 of 4 0/2 4 of 4 0/3 4 of 4 0/4 4 of 4",
        "optics yes",
    ):
        assert line in lines
    assert "\x1b" not in result.output
    assert result.stderr == "2 of 2 OLTs read well\n"
    assert not Path("eponctl.db").exists()


@pytest.mark.parametrize(
    ("fault", "problem", "advice"),
    [
        (Fault.REFUSE, "connection refused", "check the port"),
        (Fault.HANG, "no answer in time", "stuck or busy"),
        (Fault.DRIP, "deadline", "olt_deadline"),
        (Fault.CUT, "cut short", "page_delay"),
        (Fault.FOREIGN, '"Network Video Recorder"', "olt detect http://127.0.0.1:"),
        (Fault.UNAUTHORIZED, "HTTP 401", "olt edit OLT-A --username U --ask-password"),
        (Fault.DENIED, "login page", "login form"),
        (Fault.EMPTY_BODY, "GET /: HTTP 200, empty", "olt detect http://127.0.0.1:"),
        (Fault.RESET, "connection broke", "stuck or busy"),
        (Fault.REDIRECT_ELSEWHERE, "HTTP 302 to http://192.0.2.1", "olt detect http://127"),
    ],
)
def test_test_says_what_is_wrong_and_what_to_do(
    network: Farm, run: Run, fault: Fault, problem: str, advice: str
) -> None:
    network.set_fault("OLT-A", fault)
    result = run("olt", "test", "OLT-A")
    assert result.exit_code == 1
    assert "OLT-A  FAILED" in result.stdout
    told = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert problem in told["problem"]
    assert advice in told["do"]


def test_one_that_fails_does_not_keep_the_others_from_being_read(network: Farm, run: Run) -> None:
    network.set_fault("OLT-A", Fault.UNAUTHORIZED)
    found = json.loads(run("olt", "test", "--json").stdout)
    assert found["schema"] == "eponctl-olt-test/1"
    wrong, right = found["olts"]
    assert (wrong["ok"], wrong["kind"], wrong["login"]) == (False, "login", "refused")
    assert (wrong["reachable"], wrong["onus"], wrong["pons"]) == (True, None, [])
    assert (right["ok"], right["error"], right["login"]) == (True, None, "accepted")
    assert (right["dialect"], right["onus"], right["up"]) == ("A16", 8, 8)
    assert right["pons"][0] == {"pon": "0/1", "onus": 2, "up": 2, "error": None}
    assert right["optics"] is True


def test_a_disabled_olt_is_tested_by_name_only(network: Farm, run: Run) -> None:
    run("olt", "disable", "OLT-A")
    assert "OLT-A" not in run("olt", "test").stdout
    assert "(disabled: polls pass it over)" in run("olt", "test", "OLT-A").stdout
    run("olt", "disable", "OLT-B")
    nothing = run("olt", "test")
    assert (nothing.exit_code, "no OLT is enabled" in nothing.stderr) == (2, True)


def test_odd_rows_are_noted(network: Farm, run: Run) -> None:
    network.set_fault("OLT-A", Fault.BROKEN_ROW)
    result = run("olt", "test", "OLT-A")
    assert result.exit_code == 0
    assert "has 21 values, not 22" in result.stdout


def test_a_pon_that_cannot_be_read_fails_the_test_beside_those_that_can(
    network: Farm, run: Run
) -> None:
    network.set_fault("OLT-B", Fault.CUT, "/onuOverview.asp?oltponno=0/2")
    result = run("olt", "test", "OLT-B")
    assert result.exit_code == 1
    assert "0/1 2 of 2   0/2 not read   0/3 2 of 2" in result.stdout


@pytest.mark.parametrize("olt", ["OLT-A", "OLT-B"])
def test_a_table_that_polls_refuse_is_accepted_on_purpose_only(
    network: Farm, run: Run, olt: str
) -> None:
    # OLT-A gives one table, OLT-B a page per PON.
    assert run("poll", "--no-send").exit_code == 0
    page = "/onuOverview.asp?oltponno=0/2" if olt == "OLT-B" else None
    network.set_fault(olt, Fault.EMPTY_ARRAY, page)
    assert run("poll", "--no-send").exit_code == 1
    refused = run("olt", "test", olt)
    assert refused.exit_code == 1
    assert f"if they were really taken away: `eponctl olt test {olt} --accept`" in refused.stdout
    assert run("poll", "--no-send").exit_code == 1
    accepted = run("olt", "test", olt, "--accept")
    assert accepted.exit_code == 0
    assert "accepted   the next good read is the new baseline" in accepted.stdout
    baseline = run("poll", "--no-send", "--json")
    assert baseline.exit_code == 0
    assert [] == [event for event in json.loads(baseline.stdout)["events"] if event["onu_id"]]


def test_what_polls_believe_or_cannot_read_is_not_accepted(network: Farm, run: Run) -> None:
    run("poll", "--no-send")
    well = run("olt", "test", "OLT-A", "--accept")
    assert well.exit_code == 0
    assert "OLT-A: nothing to accept" in well.stderr
    network.set_fault("OLT-A", Fault.CUT)
    cut = run("olt", "test", "OLT-A", "--accept")
    assert (cut.exit_code, "accepted" in cut.output) == (1, False)
    assert run("olt", "test", "--accept").exit_code == 2


def test_test_leaves_a_device_to_the_poll_that_reads_it(network: Farm, run: Run) -> None:
    with poll_lock(Path("eponctl.db").absolute()):
        result = run("olt", "test")
    assert (result.exit_code, result.stdout) == (75, "")


def test_interrupted_amid_a_page_it_leaves_the_lock(network: Farm, run: Run) -> None:
    network.set_fault("OLT-A", Fault.HANG)
    Path("olts.toml").write_text(config_text().replace(POLL, ""))
    Path("olts.toml").chmod(0o600)
    before = len(network.olt("OLT-A").log)
    with subprocess.Popen(
        [sys.executable, "-c", "from eponctl.__main__ import main; main()", "olt", "test"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        deadline = time.monotonic() + 10
        while len(network.olt("OLT-A").log) == before and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=10)
    assert (process.returncode, stdout) == (130, b"")
    assert stderr == b"interrupted; nothing is half written\n"
    with poll_lock(Path("eponctl.db").absolute()):
        pass


def test_what_keeps_a_poll_from_starting_is_told_at_once(network: Farm, run: Run) -> None:
    text = config_text().replace('password = "admin"', 'password_env = "NOT_SET"')
    Path("olts.toml").write_text(text + 'driver = "hiosso"\n')
    result = run("olt", "test")
    assert result.exit_code == 2
    names = ", ".join(("auto", *driver.names()))
    assert f'olt[2].driver: expected one of {names}, got "hiosso"; did you' in result.stderr
    assert "olt[1].password_env: environment variable NOT_SET" in result.stderr
    assert "olt[2].password_env" in result.stderr


def test_hostile_text_of_a_device_is_harmless(network: Farm, run: Run) -> None:
    olt = network.olt("OLT-A")
    before = olt.firmware
    try:
        network.change(lambda: setattr(olt, "firmware", "V1\x1b[31m\u202e"))
        result = run("olt", "test", "OLT-A")
        as_json = run("olt", "test", "OLT-A", "--json")
    finally:
        network.change(lambda: setattr(olt, "firmware", before))
    assert "firmware   V1\n" in result.stdout
    assert as_json.stdout.isascii()
    assert "\x1b" not in as_json.stdout

"""`eponctl whatsapp ...` as whole commands, against a simulated gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from eponctl.cli.program import program
from eponctl.simulator import Gateway, GatewayFault

app = program()

Run = Callable[..., Result]
FIRST, SECOND, GROUP = "6281200000001", "6281200000002", "120363000000000000@g.us"
KEY = "simulator-key"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs eponctl in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EPONCTL_CONFIG", raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    return call


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Give a gateway that has one user."""
    with Gateway(disconnected_delay=0.0, api_key=KEY) as started:
        yield started


@pytest.fixture
def channel(gateway: Gateway, run: Run) -> Gateway:
    """Give the gateway, with a configuration for it in the folder that commands run in."""
    Path("olts.toml").write_text(
        f'language = "en"\n[poll]\nolt_deadline = 0.8\nrequest_timeout = 0.4\n[whatsapp]\n'
        f'enabled = true\napi_url = "{gateway.send_url}"\napi_key = "{KEY}"\n'
        f'sender = "{gateway.sender}"\nrecipients = ["{FIRST}", "{SECOND}"]\n'
        f'[[whatsapp.route]]\nrecipients = ["{SECOND}", "{GROUP}"]\n'
    )
    Path("olts.toml").chmod(0o600)
    return gateway


def change(old: str, new: str) -> None:
    path = Path("olts.toml")
    path.write_text(path.read_text().replace(old, new))


def test_the_first_recipient_gets_the_test_message(channel: Gateway, run: Run) -> None:
    result = run("whatsapp", "test")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("62812…0001: taken, ")
    assert "sent: the gateway has handed it on, the phone should show it, id 3EB0" in result.stdout
    assert [FIRST] == [delivery.number for delivery in channel.received]
    assert "if you can read this, alerts will arrive here" in channel.received[0].text
    assert not Path("eponctl.db").exists()


def test_key_that_everyone_can_read_is_warned_of(channel: Gateway, run: Run) -> None:
    Path("olts.toml").chmod(0o644)
    result = run("whatsapp", "test")

    assert result.exit_code == 0
    assert "can be read by everyone: chmod 600" in result.stderr
    assert len(channel.received) == 1


def test_to_takes_a_number_as_people_write_it(channel: Gateway, run: Run) -> None:
    assert run("whatsapp", "test", "--to", "0812-0000-7890").exit_code == 0
    assert ["6281200007890"] == [delivery.number for delivery in channel.received]


def test_all_are_everybody_once(channel: Gateway, run: Run) -> None:
    found = json.loads(run("whatsapp", "test", "--all", "--json").stdout)
    assert (found["schema"], found["provider"]) == ("eponctl-whatsapp-test/1", "mpwa")
    assert [FIRST, SECOND, GROUP] == [one["recipient"] for one in found["messages"]]
    assert len(channel.received) == 3
    first = found["messages"][0]
    assert (first["ok"], first["level"], first["outcome"], first["error"]) == (
        True,
        "sent",
        None,
        None,
    )
    assert first["gateway_id"].startswith("3EB0")


@pytest.mark.parametrize(
    ("fault", "what", "advice"),
    [
        (GatewayFault.REFUSE, "not sent; a poll keeps its messages", "check the gateway"),
        (GatewayFault.BAD_GATEWAY, "not sent; a poll keeps its messages", "check the gateway"),
        (GatewayFault.THROTTLED, "not sent; a poll keeps its messages", "in a minute"),
        (GatewayFault.HANG, "perhaps sent: no clear answer came", "if it came, all is well"),
        (GatewayFault.GARBAGE, "perhaps sent: no clear answer came", "if it came, all is well"),
        (GatewayFault.SERVER_ERROR, "perhaps sent: no clear answer", "if it came, all is well"),
        (GatewayFault.DISCONNECTED, "it has lost its WhatsApp session", "scan its QR code"),
        (GatewayFault.WRONG_KEY, "the gateway refuses what [whatsapp]", "check api_key and sender"),
        (GatewayFault.NOT_FOUND, "the gateway refuses what [whatsapp]", "check api_url"),
        (GatewayFault.QUOTA_ZERO, "the gateway refuses what [whatsapp]", "renew or top up"),
        (GatewayFault.UNKNOWN_NUMBER, "does not reach this recipient", "number is on WhatsApp"),
    ],
)
def test_a_failure_is_told_in_words(
    channel: Gateway, run: Run, fault: GatewayFault, what: str, advice: str
) -> None:
    channel.fault = fault
    result = run("whatsapp", "test")
    assert result.exit_code == 1
    first, problem, todo = result.stdout.splitlines()
    assert what in first
    assert "  problem  gateway: " in problem
    assert advice in todo
    assert KEY not in result.output


def test_what_would_meet_everybody_is_tried_once(channel: Gateway, run: Run) -> None:
    channel.fault = GatewayFault.WRONG_KEY
    result = run("whatsapp", "test", "--all")
    assert result.exit_code == 1
    assert result.stdout.count("not tried, it would fail alike") == 2
    assert len(channel.calls) == 1
    found = json.loads(run("whatsapp", "test", "--all", "--json").stdout)["messages"]
    assert ["bad_config", None, None] == [one["outcome"] for one in found]


def test_one_recipient_that_fails_does_not_stop_the_others(channel: Gateway, run: Run) -> None:
    channel.unknown_numbers.add(FIRST)
    found = json.loads(run("whatsapp", "test", "--all", "--json").stdout)["messages"]
    assert [False, True, True] == [one["ok"] for one in found]
    assert found[0]["outcome"] == "bad_recipient"


def test_a_disabled_channel_can_be_tried(channel: Gateway, run: Run) -> None:
    change("enabled = true", "enabled = false")
    result = run("whatsapp", "test")
    assert (result.exit_code, len(channel.received)) == (0, 1)
    assert "[whatsapp] is disabled: polls send nothing" in result.stderr


def test_what_a_disabled_channel_lacks_is_told_at_once(channel: Gateway, run: Run) -> None:
    change("enabled = true", "enabled = false")
    change(f'sender = "{channel.sender}"\n', "")
    change(f'api_key = "{KEY}"\n', "")
    result = run("whatsapp", "test", "--to", "nobody")
    assert (result.exit_code, channel.calls) == (2, [])
    assert "--to: expected a telephone number" in result.stderr
    assert "whatsapp.sender: missing" in result.stderr
    assert "whatsapp.api_key: missing" in result.stderr


def test_without_a_channel_there_is_nothing_to_try(run: Run) -> None:
    Path("olts.toml").write_text('language = "en"\n')
    result = run("whatsapp", "test")
    assert result.exit_code == 2
    assert "whatsapp: missing, expected a table" in result.stderr
    assert run("whatsapp", "test", "--to", FIRST).exit_code == 2


def test_to_and_all_exclude_each_other(channel: Gateway, run: Run) -> None:
    assert run("whatsapp", "test", "--to", FIRST, "--all").exit_code == 2
    assert channel.calls == []


def test_a_key_that_cannot_be_had_is_a_fault_of_the_configuration(
    channel: Gateway, run: Run
) -> None:
    change(f'api_key = "{KEY}"', 'api_key_env = "NOT_SET_ANYWHERE"')
    result = run("whatsapp", "test")
    assert (result.exit_code, channel.calls) == (2, [])
    assert "NOT_SET_ANYWHERE: not set, or empty" in result.stderr


def test_the_console_does_not_spoil_the_object(channel: Gateway, run: Run) -> None:
    change("[whatsapp]\n", '[whatsapp]\nprovider = "console"\n')
    result = run("whatsapp", "test", "--json")
    assert json.loads(result.stdout)["messages"][0]["ok"] is True
    assert "TEST MESSAGE" in result.stderr


def test_queue_shows_what_waits(channel: Gateway, run: Run) -> None:
    assert run("poll", "--no-send").exit_code == 0
    plain, as_json = run("whatsapp", "queue"), run("whatsapp", "queue", "--all", "--json")
    assert (plain.exit_code, plain.stdout) == (0, "Nothing waits.\n")
    assert json.loads(as_json.stdout)["messages"] == []

"""`eponctl whatsapp preview|retry|drop`, and `test` through every kind of gateway."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
from typer.testing import CliRunner, Result

from eponctl.cli.program import program
from eponctl.errors import Outcome
from eponctl.lock import poll_lock
from eponctl.simulator import (
    Gateway,
    GatewayFault,
    cloudgate,
    evolutiongate,
    fonntegate,
    gowagate,
    wahagate,
)
from eponctl.simulator.othergateway import Kind, OtherGateway
from eponctl.store import byhand
from eponctl.store import outbox as store
from eponctl.store.database import open_database
from eponctl.store.outbox import Attempt, Message, State

Run = Callable[..., Result]
FIRST, SECOND = "6281200000001", "6281200000002"
app = program()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs eponctl in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EPONCTL_CONFIG", raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    return call


def configure(channel: str) -> None:
    path = Path("olts.toml")
    path.write_text('language = "en"\n[poll]\nolt_deadline = 2\nrequest_timeout = 0.4\n' + channel)
    path.chmod(0o600)


@pytest.fixture
def gateway(run: Run) -> Iterator[Gateway]:
    """Give a gateway, with a configuration for it."""
    with Gateway(disconnected_delay=0.0) as started:
        configure(
            f'[whatsapp]\napi_url = "{started.send_url}"\napi_key = "{started.api_key}"\n'
            f'sender = "{started.sender}"\nrecipients = ["{FIRST}"]\n'
        )
        yield started


def queue(*recipients: str, age_s: int = 0, more: tuple[str, ...] = ()) -> list[int]:
    """One message for each that is due in ten minutes; its further parts are `more`."""
    now = int(time.time()) - age_s
    with open_database(Path("eponctl.db"), create=True) as database, database.atomic():
        ids = [store.enqueue(to, "alert", f"news for {to}", now, more=more) for to in recipients]
        for name in ids:
            fail(name, State.QUEUED, Outcome.RETRY, due_at=now + 600)
    return ids


def fail(message_id: int, state: State, outcome: Outcome, due_at: int = 0) -> None:
    """Note a failed try."""
    store.mark_failed(message_id, Attempt(1, state, outcome, "refused", 1, due_at, None))


def outbox() -> dict[int, Message]:
    with open_database(Path("eponctl.db")):
        return {message.id: message for message in store.listing(tuple(State))}


def states() -> list[State]:
    return [message.state for message in outbox().values()]


# --- retry -------------------------------------------------------------------------------------


def test_retry_sends_what_is_not_due_yet(gateway: Gateway, run: Run) -> None:
    first, second = queue(FIRST, SECOND)
    result = run("whatsapp", "retry")

    assert (0, "") == (result.exit_code, result.stderr)
    assert [
        f"{first}  62812…0001  sent: news for {FIRST}",
        f"{second}  62812…0002  sent: news for {SECOND}",
    ] == result.stdout.splitlines()
    assert [FIRST, SECOND] == [one.number for one in gateway.received]


def test_retry_of_one_sends_what_waits_before_it_and_leaves_the_others(
    gateway: Gateway, run: Run
) -> None:
    first, second, other = queue(FIRST, FIRST, SECOND)
    result = run("whatsapp", "retry", str(second), "--json")
    found = json.loads(result.stdout)

    assert "eponctl-outbox/1" == found["schema"]
    assert [second] == [one["id"] for one in found["messages"]]
    # The second waits for the pause between two messages to one telephone.
    assert "1 not tried yet: its recipient got something just before" in result.stderr
    assert [FIRST] == [one.number for one in gateway.received]
    kept = outbox()
    assert (State.SENT, State.QUEUED, State.QUEUED) == tuple(
        kept[name].state for name in (first, second, other)
    )


def test_retry_takes_a_message_that_was_given_up(gateway: Gateway, run: Run) -> None:
    (name,) = queue(FIRST)
    with open_database(Path("eponctl.db")):
        fail(name, State.DEAD, Outcome.BAD_RECIPIENT)

    assert 0 == run("whatsapp", "retry").exit_code
    assert [] == gateway.received
    result = run("whatsapp", "retry", str(name))
    assert (0, [State.SENT], 1) == (result.exit_code, states(), len(gateway.received))


def test_retry_all_leaves_what_is_old_or_was_dropped(gateway: Gateway, run: Run) -> None:
    (young,) = queue(FIRST)
    (old,) = queue(FIRST, age_s=7 * 3600)
    (dropped,) = queue(SECOND)
    with open_database(Path("eponctl.db")):
        fail(young, State.DEAD, Outcome.BAD_MESSAGE)
        fail(old, State.DEAD, Outcome.BAD_MESSAGE)
    assert 0 == run("whatsapp", "drop", str(dropped), "--yes").exit_code
    result = run("whatsapp", "retry", "--all")

    found = outbox()
    assert 0 == result.exit_code
    assert (State.SENT, State.DEAD, State.DEAD) == tuple(
        found[name].state for name in (young, old, dropped)
    )


def test_retry_that_fails_says_why_and_exits_1(gateway: Gateway, run: Run) -> None:
    queue(FIRST)
    gateway.fault = GatewayFault.DISCONNECTED
    result = run("whatsapp", "retry")

    assert 1 == result.exit_code
    assert result.stdout.startswith("1  62812…0001  waits (gateway: the sender is not connected")
    assert "scan its QR code" in result.stderr
    assert [State.QUEUED] == states()


def test_retry_of_what_is_too_old_becomes_a_summary(gateway: Gateway, run: Run) -> None:
    (name,) = queue(FIRST, age_s=7 * 3600)
    result = run("whatsapp", "retry", str(name))

    assert (0, True) == (result.exit_code, "told in a summary" in result.stdout)
    assert "UNDELIVERED ALERTS SUMMARY" in gateway.received[0].text


def test_an_id_that_cannot_be_tried_is_told_with_all_the_others(gateway: Gateway, run: Run) -> None:
    (name,) = queue(FIRST)
    run("whatsapp", "retry")
    result = run("whatsapp", "retry", str(name), "77")

    assert 2 == result.exit_code
    assert [
        f"message {name}: was sent: there is nothing to do for it",
        "message 77: there is none of this id",
        "hint: `eponctl whatsapp queue` shows what waits and what was given up",
    ] == result.stderr.splitlines()


@pytest.mark.parametrize("verb", [("retry",), ("retry", "--all"), ("drop", "--all", "--yes")])
def test_where_nothing_waits_it_is_said(gateway: Gateway, run: Run, verb: tuple[str, ...]) -> None:
    queue()
    result = run("whatsapp", *verb)
    assert (0, "", "nothing waits\n") == (result.exit_code, result.stdout, result.stderr)
    assert [] == json.loads(run("whatsapp", *verb, "--json").stdout)["messages"]


@pytest.mark.parametrize("verb", ["retry", "drop"])
def test_nothing_is_touched_while_a_poll_runs(gateway: Gateway, run: Run, verb: str) -> None:
    queue(FIRST)
    with poll_lock(Path("eponctl.db").absolute()):
        result = run("whatsapp", verb, "--all", *(["--yes"] if verb == "drop" else []))
    assert (75, [State.QUEUED]) == (result.exit_code, states())


def test_a_disabled_channel_sends_nothing_again(gateway: Gateway, run: Run) -> None:
    queue(FIRST)
    path = Path("olts.toml")
    path.write_text(path.read_text().replace("[whatsapp]\n", "[whatsapp]\nenabled = false\n"))
    result = run("whatsapp", "retry")
    assert 2 == result.exit_code
    assert "whatsapp.enabled: is false: nothing can be sent" in result.stderr


# --- drop --------------------------------------------------------------------------------------


def test_drop_gives_up_what_is_named_and_says_so(gateway: Gateway, run: Run) -> None:
    first, second = queue(FIRST, SECOND)
    result = run("whatsapp", "drop", str(first), "--yes")

    assert 0 == result.exit_code
    assert f"{first}  62812…0001  given up (given up on purpose): " in result.stdout
    assert {first: State.DEAD, second: State.QUEUED} == {k: m.state for k, m in outbox().items()}
    run("whatsapp", "retry")
    assert [SECOND] == [one.number for one in gateway.received]


def test_a_message_in_parts_is_dropped_whole(gateway: Gateway, run: Run) -> None:
    (first,) = queue(FIRST, more=("part two", "part three"))
    run("whatsapp", "drop", str(first + 2), "--yes")
    assert [State.DEAD] * 3 == states()


def test_drop_names_what_it_is_about_or_leaves_all_as_it_is(gateway: Gateway, run: Run) -> None:
    queue(FIRST)
    bare, unasked = run("whatsapp", "drop"), run("whatsapp", "drop", "1")
    both = run("whatsapp", "drop", "1", "--all")

    assert [2, 2, 2] == [bare.exit_code, unasked.exit_code, both.exit_code]
    assert "expected ids of messages, or --all" in bare.stderr
    assert "--yes: needed where nobody can be asked" in unasked.stderr
    assert "expected either ids or --all" in both.stderr
    assert [State.QUEUED] == states()


def test_what_was_given_up_already_cannot_be_dropped(gateway: Gateway, run: Run) -> None:
    queue(FIRST)
    run("whatsapp", "drop", "1", "--yes")
    result = run("whatsapp", "drop", "1", "--yes")
    assert 2 == result.exit_code
    assert f"message 1: was given up already ({byhand.GIVEN_UP})" in result.stderr


# --- preview -----------------------------------------------------------------------------------


def test_preview_shows_each_kind_in_both_languages_without_a_database(run: Run) -> None:
    configure("")
    found = json.loads(run("whatsapp", "preview", "--language", "both", "--json").stdout)

    assert "eponctl-preview/1" == found["schema"]
    kinds = [(one["language"], one["kind"]) for one in found["messages"]]
    assert len(set(kinds)) == len(kinds) == 18
    assert all(one["parts"] and one["recipient"] is None for one in found["messages"])
    texts = {(one["language"], one["kind"]): one["parts"][0] for one in found["messages"]}
    assert "Feeder fibre cut (high confidence)" in texts["en", "outage"]
    assert "Kabel feeder putus (keyakinan tinggi)" in texts["id", "outage"]
    assert not Path("eponctl.db").exists()


def test_preview_of_one_kind_is_in_the_language_of_the_file(run: Run) -> None:
    configure("")
    result = run("whatsapp", "preview", "--kind", "test")
    assert result.stdout.startswith("──── test, en\n✅")
    assert 2 == run("whatsapp", "preview", "--kind", "tset").exit_code
    assert 2 == run("whatsapp", "preview", "--language", "jv").exit_code
    assert 2 == run("whatsapp", "preview", "--queue", "--kind", "test").exit_code


def test_preview_of_the_queue_is_what_waits_word_for_word(gateway: Gateway, run: Run) -> None:
    queue(SECOND, FIRST)
    found = json.loads(run("whatsapp", "preview", "--queue", "--json").stdout)["messages"]
    assert [(SECOND, [f"news for {SECOND}"]), (FIRST, [f"news for {FIRST}"])] == [
        (one["recipient"], one["parts"]) for one in found
    ]
    assert "──── alert, to 62812…0002\nnews for" in run("whatsapp", "preview", "--queue").stdout
    assert [] == gateway.received


# --- test, through every kind of gateway -------------------------------------------------------

WORDS: list[tuple[ModuleType, GatewayFault, str, str]] = [
    (module, fault, what, advice)
    for module in (fonntegate, gowagate, wahagate, cloudgate, evolutiongate)
    for fault, what, advice in (
        (GatewayFault.WRONG_KEY, "refuses what [whatsapp]", "check api_key"),
        (GatewayFault.NOT_FOUND, "refuses what [whatsapp]", "check api_url"),
        (GatewayFault.DISCONNECTED, "has lost its WhatsApp session", "scan its QR code"),
        (GatewayFault.UNKNOWN_NUMBER, "does not reach this recipient", "number is on WhatsApp"),
        (GatewayFault.THROTTLED, "tries again by itself", "in a minute"),
        (GatewayFault.SERVER_ERROR, "perhaps sent", "if it came, all is well"),
    )
    if not (module is cloudgate and fault is GatewayFault.DISCONNECTED)
]
WORDS += [
    (fonntegate, GatewayFault.QUOTA_ZERO, "refuses what [whatsapp]", "top up the plan"),
    (cloudgate, GatewayFault.QUOTA_ZERO, "refuses what [whatsapp]", "top up the plan"),
]


@pytest.mark.parametrize(("module", "fault", "what", "advice"), WORDS)
def test_a_failure_is_told_in_words(
    module: ModuleType, fault: GatewayFault, what: str, advice: str, run: Run
) -> None:
    key = "noc:hunter9" if module is gowagate else "hunter9"
    with OtherGateway(cast(Kind, module), api_key=key) as gateway:
        configure(gateway.configuration(FIRST))
        gateway.fault = fault
        result = run("whatsapp", "test")

    assert 1 == result.exit_code
    first, problem, todo = result.stdout.splitlines()
    assert what in first
    assert "  problem  gateway: " in problem
    assert advice in todo
    assert "hunter9" not in result.output


def test_a_template_that_is_not_there_is_told_in_words(run: Run) -> None:
    with OtherGateway(cast(Kind, cloudgate)) as gateway:
        configure(gateway.configuration(FIRST).replace("olt_alert", "olt_alarm"))
        gateway.silent_numbers.add(FIRST)
        result = run("whatsapp", "test")
        configure(gateway.configuration(FIRST).replace('template = "olt_alert"', ""))
        without = run("whatsapp", "test")

    assert "(#132001) Template name does not exist" in result.stdout
    assert "check template and template_language: approved" in result.stdout
    assert "has not written for 24 h: set template to an approved one" in without.stdout

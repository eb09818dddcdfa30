"""Customers' names: `onu label`, `onu import`, and every place that shows them."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from eponctl.cli.program import program
from eponctl.model import Event, EventKind, Priority, Status
from eponctl.store import customers
from eponctl.store.customers import Customer
from eponctl.store.database import open_database

Run = Callable[..., Result]
FIRST, BUDI, SITI = "00:11:22:33:44:55", "00:11:22:33:44:56", "AA:BB:CC:DD:EE:01"
NOWHERE = "02:99:99:99:99:99"


@pytest.fixture
def call(network: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the whole program on the network."""
    monkeypatch.setattr(time, "time", lambda: float(network.now))

    def run(*arguments: str) -> Result:
        line = ["-c", str(network.folder / "olts.toml"), *arguments]
        return CliRunner().invoke(program(), line, catch_exceptions=False)

    return run


def stored(network: Any) -> dict[str, Customer]:
    with open_database(network.folder / "eponctl.db"):
        return {mac: found for mac in customers.names() if (found := customers.of(mac))}


def file(network: Any, text: str | bytes) -> str:
    path: Path = network.folder / "customers.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


# --- label ---


def test_label_names_changes_and_removes(network: Any, call: Run) -> None:
    assert f"{FIRST}: Pak Joko\n" == call("onu", "label", "0011.2233.4455", " Pak  Joko ").stdout
    assert {FIRST: Customer(FIRST, "Pak Joko")} == stored(network)

    call("onu", "label", FIRST, "Bu Joko")
    assert {FIRST: Customer(FIRST, "Bu Joko")} == stored(network)

    assert f"{FIRST}: removed\n" == call("onu", "label", FIRST, "").stdout
    assert {} == stored(network)
    assert f"{FIRST}: had no name\n" == call("onu", "label", FIRST, " ").stdout


def test_label_of_an_unknown_mac_is_kept_and_told(network: Any, call: Run) -> None:
    ended = call("onu", "label", NOWHERE, "Pak Joko")

    assert 0 == ended.exit_code
    assert "is on no OLT" in ended.stderr
    assert [NOWHERE] == list(stored(network))


@pytest.mark.parametrize(("mac", "text"), [("CLIENT-001", "X"), ("00:11", "X"), (FIRST, "x" * 81)])
def test_label_that_cannot_be_is_refused(network: Any, call: Run, mac: str, text: str) -> None:
    ended = call("onu", "label", mac, text)

    assert (2, "") == (ended.exit_code, ended.stdout)
    assert "expected" in ended.stderr
    assert {} == stored(network)


# --- import ---


@pytest.mark.parametrize(
    "text",
    [
        f"mac,name,phone,note\n{FIRST},Pak Joko,62812-0000-0001,pagar biru\n",
        f"\ufeffMAC;Name;Phone;Note\r\n{FIRST};Pak Joko;62812-0000-0001;pagar biru\r\n",
        'phone,mac,note,name\n62812-0000-0001,001122334455,"pagar\nbiru",Pak Joko',
        f"mac,name,phone,note\n\n,,,\n{FIRST},  Pak  Joko ,62812-0000-0001,pagar biru\n",
    ],
)
def test_file_is_read_with_either_separator_and_any_order(
    network: Any, call: Run, text: str
) -> None:
    ended = call("onu", "import", file(network, text))

    assert (0, "1 customer stored\n") == (ended.exit_code, ended.stdout)
    expected = Customer(FIRST, "Pak Joko", "62812-0000-0001", "pagar biru")
    assert {FIRST: expected} == stored(network)


def test_columns_that_are_left_out_stay_and_empty_ones_go(network: Any, call: Run) -> None:
    call("onu", "import", file(network, f"mac,name,phone,note\n{FIRST},A,62812-0000-0001,x"))
    call("onu", "import", file(network, f"mac,name,note\n{FIRST},B,"))

    assert {FIRST: Customer(FIRST, "B", "62812-0000-0001", None)} == stored(network)
    call("onu", "label", FIRST, "C")
    assert {FIRST: Customer(FIRST, "C", "62812-0000-0001", None)} == stored(network)


def test_macs_that_no_olt_has_are_told_of_and_kept(network: Any, call: Run) -> None:
    ended = call("onu", "import", file(network, f"mac,name,age\n{FIRST},A,7\n{NOWHERE},B,8\n"))

    assert (0, "2 customers stored\n") == (ended.exit_code, ended.stdout)
    assert f"1 of them: {NOWHERE}\n" in ended.stderr
    assert "columns that mean nothing here: age\n" in ended.stderr
    assert [FIRST, NOWHERE] == sorted(stored(network))


def test_dry_run_stores_nothing(network: Any, call: Run) -> None:
    ended = call("onu", "import", file(network, f"mac,name\n{FIRST},A\n"), "--dry-run")

    assert (0, "1 customer; nothing was stored (--dry-run)\n") == (ended.exit_code, ended.stdout)
    assert {} == stored(network)


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_bad_lines_are_all_told_and_nothing_is_stored(
    network: Any, call: Run, dry_run: list[str]
) -> None:
    text = (
        "mac,name,note\n"
        f"{FIRST},Good,\n"
        "00:11,Short,\n"
        f'{BUDI},,"a\nnote"\n'
        f"{FIRST},Again,\n"
        f"{SITI},A,b,c\n"
        f"{SITI},{'x' * 81},\n"
    )
    ended = call("onu", "import", file(network, text), *dry_run)

    assert (2, "") == (ended.exit_code, ended.stdout)
    lines = [line.rpartition("customers.csv: ")[2] for line in ended.stderr.splitlines()]
    expected = [
        'line 3: expected a MAC, got "00:11"',
        "line 4: no name",
        f"line 6: {FIRST} is in line 2 already",
        "line 7: expected 3 columns, got 4",
        "line 8: name: expected 80 characters at the most, got 81",
        "hint: nothing of the file was stored",
    ]
    assert expected == lines
    assert {} == stored(network)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "line 1: expected a header"),
        (f"{FIRST},Pak Joko\n".encode(), "line 1: expected a header with mac and name"),
        (b"mac,name,name\n", "line 1: column name is there twice"),
        (b"mac,name\n00:11:22:33:44:55,caf\xe9\n", "line 2: not UTF-8"),
        (b'mac,name\n00:11:22:33:44:55,"open\n', "line 2: no CSV"),
    ],
)
def test_file_that_is_none_is_refused_with_its_line(
    network: Any, call: Run, text: bytes, expected: str
) -> None:
    ended = call("onu", "import", file(network, text))

    assert (2, "") == (ended.exit_code, ended.stdout)
    assert expected in ended.stderr
    assert {} == stored(network)


def test_file_that_is_not_there_is_told(call: Run) -> None:
    ended = call("onu", "import", "/nowhere/x.csv")

    assert 2 == ended.exit_code
    assert "/nowhere/x.csv: cannot be read: No such file" in ended.stderr


def test_many_bad_lines_are_told_by_their_number(network: Any, call: Run) -> None:
    ended = call("onu", "import", file(network, "mac,name\n" + "x,y\n" * 500))

    assert len(ended.stderr.splitlines()) < 60
    assert "... and 450 bad lines more" in ended.stderr


# --- where they are shown ---


@pytest.fixture
def named(network: Any, outage: Callable[..., Any]) -> Any:
    """Budi's box is called Pak Joko's by the operator; its fall is an event and an incident."""
    budi = network.onu(mac=BUDI, onu_id="0/1:10", name="Budi Santoso", status=Status.DOWN)
    down = Event(EventKind.DOWN, Priority.HIGH, "OLT-1", network.now - 315, budi, "up", "down")
    network.happened([down])
    cut = outage(lost=4)
    first = cut.members[0]._replace(mac=BUDI, name="Budi Santoso")
    network.incident(cut._replace(members=(first, *cut.members[1:])))
    with open_database(network.folder / "eponctl.db"):
        customers.put([Customer(BUDI, "Pak Joko", "62812-0000-0001", "pagar")], ["name"])
    return network


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["status", "--all"],
        ["status", "joko"],
        ["alerts"],
        ["why", "joko"],
        ["why", BUDI],
        ["why", "7K3Q"],
        ["onu", "pak joko"],
        ["onu", BUDI],
        ["status", "--json"],
        ["alerts", "--json"],
        ["why", "joko", "--json"],
        ["why", "7K3Q", "--json"],
        ["onu", "joko", "--json"],
        ["export", "--json"],
        ["export", "--csv"],
        ["export", "--csv", "--table", "alerts"],
    ],
)
def test_customer_stands_beside_the_device(named: Any, call: Run, arguments: list[str]) -> None:
    ended = call(*arguments)

    assert 0 == ended.exit_code
    (line, *_) = [line for line in ended.stdout.splitlines() if "Pak Joko" in line]
    assert "Budi Santoso" in line


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["alerts", "--json"], ["why", BUDI, "--json"], ["export", "--json"]],
)
def test_phone_and_note_are_in_onu_only(named: Any, call: Run, arguments: list[str]) -> None:
    assert "62812-0000-0001" in call("onu", BUDI).stdout
    contact = {"name": "Pak Joko", "phone": "62812-0000-0001", "note": "pagar"}
    assert contact == json.loads(call("onu", BUDI, "--json").stdout)["contact"]
    assert "62812-0000-0001" not in call(*arguments).output


def test_where_nobody_is_named_json_has_null_and_tables_no_column(network: Any, call: Run) -> None:
    found = json.loads(call("status", "--json").stdout)

    assert {None} == {onu["customer"] for onu in found["onus"]}
    assert "CUSTOMER" not in call("status", "--all").stdout


def test_csv_has_the_customer_last(named: Any, call: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(call("export", "--csv").stdout)))

    assert "customer" == list(rows[0])[-1]
    assert ["Pak Joko"] == [row["customer"] for row in rows if row["mac"] == BUDI]


def test_hostile_customer_is_harmless_everywhere(named: Any, call: Run) -> None:
    call("onu", "label", BUDI, "=1+1\x1b]0;x\x07")

    assert "'=1+1" in call("export", "--csv").stdout
    for arguments in (["status"], ["alerts"], ["why", BUDI], ["why", "7K3Q"], ["onu", BUDI]):
        assert "\x1b" not in call(*arguments).output


def test_names_of_several_onus_of_one_customer_are_candidates(named: Any, call: Run) -> None:
    call("onu", "label", FIRST, "Pak Joko")
    ended = call("onu", "pak joko")

    assert 2 == ended.exit_code
    assert f"OLT-1:0/1:10: {BUDI} Budi Santoso (Pak Joko)\n" in ended.stderr
    assert f"OLT-1:0/1:1: {FIRST} CLIENT-001 (Pak Joko)\n" in ended.stderr

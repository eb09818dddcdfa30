"""Names that a device (or whoever writes into it) made up: there in every output, and harmless."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from eponctl.cli.output import put
from eponctl.model import Event, EventKind, Priority, Status
from eponctl.render.networksheets import status_page
from eponctl.render.page import Screen, shown

Run = Callable[..., Result]
LONG = "Jalan " + "panjang " * 49 + "ok"
HOSTILE = {
    "*VIP*": "*VIP*",
    "[red]x[/red]": "[red]x[/red]",
    "=1+1": "=1+1",
    "-2+3": "-2+3",
    "@SUM(A1)": "@SUM(A1)",
    "\uff1d1+1": "\uff1d1+1",
    "O'Brien": "O'Brien",
    "<script>": "<script>",
    "\x1b[31mred": "red",
    "\x1b]0;title\x07bell": "bell",
    "{a|b}": "{a|b}",
    "Jl. Kediri, No. 5 (blok B)": "Jl. Kediri, No. 5 (blok B)",
    "a//b": "a//b",
    "{{ 7*7 }}": "{{ 7*7 }}",
    LONG: LONG,
    "x\ufffdy": "x\ufffdy",
    "two\nlines": "two lines",
    "tab\there": "tab here",
    "csi\x9b31m": "csi 31m",
    "\u202egnp.exe": "gnp.exe",
    "日本 さくら": "日本 さくら",
    'say "hi", \\n': 'say "hi", \\n',
}
"""What the device says: what a person sees of it."""
FORMULAS = {"=1+1", "-2+3", "@SUM(A1)", "\uff1d1+1"}
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]")


@pytest.fixture
def hostile(site: Any) -> Any:
    """One ONU with each of the names, each a problem, with an event that tells of it."""
    site.olt("OLT-1")
    onus = [
        site.onu(
            name=name,
            mac=f"00:00:00:00:00:{place:02X}",
            onu_id=f"0/1:{place + 1}",
            status=Status.UNKNOWN,
            status_raw=name,
            reason_raw=name,
        )
        for place, name in enumerate(HOSTILE)
    ]
    site.polled("OLT-1", onus, error="\x1b[2Jgone\nand more")
    kind, priority = EventKind.DOWN, Priority.HIGH
    site.happened(
        [Event(kind, priority, "OLT-1", site.now, onu, before=onu.name, after="x") for onu in onus],
        ["6281234567890"],
    )
    return site


@pytest.mark.parametrize("verb", [("status",), ("status", "--all"), ("alerts",)])
def test_pipe_has_each_name_on_its_one_line(hostile: Any, run: Run, verb: tuple[str]) -> None:
    text = run(*verb).stdout

    assert not CONTROLS.search(text)
    for name in HOSTILE.values():
        assert sum(f"  {name}  " in line for line in text.splitlines()) == 1


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("is_coloured", [True, False])
def test_terminal_has_each_name_as_text(
    hostile: Any, run: Run, width: int, is_coloured: bool
) -> None:
    from eponctl.commands.status import status
    from eponctl.config import load
    from eponctl.views.status import Wanted

    config = load(hostile.folder / "olts.toml")
    page = status_page(status(config, Wanted(), now=hostile.now), config.timezone)

    text = "".join(shown(page, Screen(width, is_coloured=is_coloured)))
    bare = re.sub(r"\x1b\[[\d;]*m", "", text)

    assert is_coloured or bare == text
    assert not CONTROLS.search(bare)
    for name in HOSTILE.values():
        assert name[:11].rstrip() in bare


def test_json_gives_names_as_they_are_in_ascii(hostile: Any, run: Run) -> None:
    for verb in (["status", "--json"], ["export", "--json"]):
        result = run(*verb)

        assert result.stdout.isascii()
        assert not CONTROLS.search(result.stdout)
        assert list(HOSTILE) == [onu["name"] for onu in json.loads(result.stdout)["onus"]]


@pytest.mark.parametrize("table", ["onus", "alerts"])
def test_csv_runs_nothing(hostile: Any, run: Run, table: str) -> None:
    text = run("export", "--csv", "--table", table).stdout_bytes.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert not CONTROLS.search(text.replace("\r\n", "\n"))
    expected = [f"'{name}" if name in FORMULAS else name for name in HOSTILE.values()]
    assert expected == [row["name"] for row in rows]
    assert not any((cell or "x")[0] in "=+@\t\r" for row in rows for cell in row.values())


def test_text_that_stdout_cannot_hold_is_a_question_mark(
    hostile: Any, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    put(["45.0 °C 日本"], encoding="ascii")

    assert b"45.0 ?C ??" == capfdbinary.readouterr().out

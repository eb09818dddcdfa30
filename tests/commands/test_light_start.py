"""What only looks starts quickly: it imports nothing that only other verbs need."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

HEAVY = {"requests", "urllib3", "lxml", "jinja2", "pydantic", "markdown_it", "asyncio", "tomli_w"}
CODE = """
import json, sys
import typer
from eponctl.cli import incidents, views
from eponctl.cli.frame import Globals

app = typer.Typer(rich_markup_mode=None)

@app.callback()
def globals_(context: typer.Context) -> None:
    context.obj = Globals(config=sys.argv[1])

views.register(app)
incidents.register(app)
try:
    app(sys.argv[2:])
except SystemExit as end:
    assert end.code == 0, end.code
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["status", "--all"],
        ["status", "--json"],
        ["alerts"],
        ["incidents"],
        ["incidents", "--json"],
        ["silence", "list"],
        ["silence", "OLT-1", "--for", "2h"],
        ["why", "budi"],
    ],
)
def test_views_import_nothing_heavy(network: Any, arguments: list[str]) -> None:
    file = str(network.folder / "olts.toml")
    ended = subprocess.run(
        [sys.executable, "-c", CODE, file, *arguments], capture_output=True, check=True, text=True
    )
    modules = set(json.loads(ended.stderr))

    assert modules.isdisjoint(HEAVY)
    assert "rich" not in modules

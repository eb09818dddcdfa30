"""`eponctl poll`: one run."""

from __future__ import annotations

from typing import Annotated

import typer

from eponctl.cli import completing
from eponctl.cli.onepoll import run_poll


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(poll)


def poll(
    context: typer.Context,
    olt: Annotated[
        list[str] | None,
        typer.Option(
            "--olt",
            metavar="ID",
            help="Only this OLT; repeatable.",
            autocompletion=completing.olt_ids,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and compare; store and send nothing.")
    ] = False,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Store as usual, leave messages to a later poll.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as one object.")] = False,
) -> None:
    """One run: read every enabled OLT, compare, store, alert, exit.

    Without a terminal it prints nothing when all is well, and one line per fault on stderr.
    """
    run_poll(context, olt or [], dry_run=dry_run, no_send=no_send, as_json=as_json)

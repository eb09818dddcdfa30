"""`eponctl db ...`: the database itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from eponctl.cli.frame import EXIT_FIELD, errors_told, leave, load_config
from eponctl.cli.group import Verbs
from eponctl.cli.options import AsJson, head_of
from eponctl.cli.output import put_line, show

STATS_SCHEMA = "eponctl-db-stats/1"
CHECK_SCHEMA = "eponctl-db-check/1"


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    db = typer.Typer(
        cls=Verbs, no_args_is_help=True, help="The database: is it whole, a copy, its size."
    )
    for verb in (check, backup, cleanup, stats):
        db.command()(verb)
    app.add_typer(db, name="db")


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Is it whole, up to date, and nobody else's; exit 1 and what to do when not.

    It changes nothing, and works while polls go on.
    """
    with errors_told(context):
        from eponctl.commands import database as command
        from eponctl.render.dbsheets import fault_lines

        config = load_config(context)
        faults = command.check(config)
        if as_json:
            import json

            told = {"path": str(config.database), "faults": [fault._asdict() for fault in faults]}
            put_line(json.dumps(head_of(config, int(time.time()), CHECK_SCHEMA) | told))
        else:
            put_line("\n".join(fault_lines(str(config.database), faults)))
    leave(EXIT_FIELD if faults else 0)


def backup(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the copy goes.", show_default=False)
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Copy it into FILE, whole or not at all; also while a poll writes.

    The copy is one file, for its owner only, and was looked through. To restore it: copy it over
    the database while no poll runs, and take the files of that name with -wal and -shm away.
    """
    with errors_told(context):
        from eponctl.commands import database as command
        from eponctl.render.dbsheets import size
        from eponctl.render.plain import safe

        written = command.backup(load_config(context), file, overwrites=force)
        put_line(safe(f"{file}: {size(written)}, whole"))


def cleanup(context: typer.Context) -> None:
    """Do now what polls do once a day: take away what is older than [retention] says.

    A file from before that was possible is made anew, so that it can become smaller.
    """
    with errors_told(context):
        from eponctl.commands import database as command
        from eponctl.render.dbsheets import cleanup_lines

        done = command.cleanup(load_config(context), now=int(time.time()))
        put_line("\n".join(cleanup_lines(done)))


def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """How large it is, what is in it, and what it will come to."""
    with errors_told(context):
        from eponctl.commands import database as command
        from eponctl.render.dbsheets import stats_object, stats_page

        config = load_config(context)
        found = command.stats(config)
        if not as_json:
            show(stats_page(found, config.timezone))
            return
        import json

        from eponctl.views.network import iso_in

        now = int(time.time())
        told = stats_object(found, iso_in(config.timezone))
        put_line(json.dumps(head_of(config, now, STATS_SCHEMA) | told))

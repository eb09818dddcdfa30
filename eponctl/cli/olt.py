"""`eponctl olt ...`: the list of OLTs, and trying one out."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated

import typer

from eponctl.cli import completing
from eponctl.cli.frame import EXIT_FIELD, errors_told, globals_of, leave, load_config, say
from eponctl.cli.group import Verbs
from eponctl.cli.oltcapture import capture
from eponctl.cli.oltdetect import detect
from eponctl.cli.oltedit import add, disable, edit, enable, remove
from eponctl.cli.options import AsJson
from eponctl.cli.output import put_line


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    olts = typer.Typer(cls=Verbs, no_args_is_help=True, help="The list of OLTs; try one out.")
    olts.command("list")(list_)
    for verb in (add, edit, remove, enable, disable):
        olts.command()(verb)
    olts.command("test")(try_out)
    olts.command()(detect)
    olts.command()(capture)
    app.add_typer(olts, name="olt")


def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every OLT of olts.toml: where it is, how it is, what it turned out to be."""
    from eponctl.cli.views import show_olt_list

    show_olt_list(context, as_json=as_json)


def try_out(
    context: typer.Context,
    olt_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="Default: all that are enabled.",
            autocompletion=completing.olt_ids,
        ),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept",
            help="If polls refuse an OLT because most of its ONUs are gone, and they really are: "
            "let the next good read of it be a new baseline, which alerts no ONU.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Log in to OLTs, read them as a poll does, and say what was found; nothing is stored.

    Exit 1 when one of them failed; 75 while a poll is running, for a device gets one page at a
    time.
    """
    with errors_told(context):
        import time

        from eponctl.commands import olt_test
        from eponctl.errors import ConfigError, Problem
        from eponctl.render import olttext

        if accept and not olt_ids:
            raise ConfigError([Problem("--accept", "", "expected the ids of the OLTs it is for")])
        config = load_config(context, tries_logins=True)
        olts = olt_test.chosen(config, olt_ids or [])
        at = int(time.time())
        with contextlib.ExitStack() as stack:
            progress = None
            if sys.stderr.isatty() and not globals_of(context).is_quiet:
                progress = stack.enter_context(olttext.testing(len(olts)))
            tests = olt_test.read_olts(config, olts, accepts=accept, progress=progress)
        put_line(olttext.as_json(tests, at, config.timezone) if as_json else olttext.blocks(tests))
        if globals_of(context).verbose:
            for trace in filter(None, (one.trace for one in tests)):
                say(trace)
        if not globals_of(context).is_quiet:
            for line in olttext.closing(tests, accepts=accept):
                say(line)
    leave(0 if all(one.is_ok for one in tests) else EXIT_FIELD)

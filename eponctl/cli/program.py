"""The program as typer sees it: its global options and its verbs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli.frame import Globals
from eponctl.cli.group import Verbs
from eponctl.cli.main import is_flag

if TYPE_CHECKING:
    from typer import _click as click

# The verbs, in the order of the help, each with the module that adds it.
VERBS = {
    "poll": "poll",
    "status": "views",
    "onu": "onu",
    "alerts": "views",
    "incidents": "incidents",
    "why": "incidents",
    "replay": "replay",
    "silence": "incidents",
    "ack": "incidents",
    "report": "views",
    "export": "views",
    "check": "check",
    "doctor": "doctor",
    "olt": "olt",
    "whatsapp": "whatsapp",
    "messages": "messages",
    "schedule": "schedule",
    "db": "db",
    "simulate": "simulate",
    "demo": "simulate",
}


class _Program(Verbs):
    """The verbs as VERBS has them; typer puts those with verbs of their own behind all others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        known = super().list_commands(ctx)
        return [verb for verb in VERBS if verb in known]


def program(verb: str | None = None) -> typer.Typer:
    """The whole program; with a verb only what that one needs: building all takes 10 ms more."""
    app = typer.Typer(
        name="eponctl",
        cls=_Program,
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Polls EPON OLTs, remembers what it saw, and tells by WhatsApp what changed.",
    )
    app.callback()(_globals)
    modules = dict.fromkeys(VERBS.values()) if verb is None else (VERBS[verb],)
    for module in modules:
        importlib.import_module(f"eponctl.cli.{module}").register(app)
    return app


def _version(is_wanted: bool) -> None:
    if is_wanted:
        from eponctl import __version__

        typer.echo(f"eponctl {__version__}")
        raise typer.Exit


def _globals(
    context: typer.Context,
    config: Annotated[
        str | None, typer.Option("--config", "-c", metavar="FILE", help="The olts.toml to use.")
    ] = None,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="More; twice: each HTTP request.",
        ),
    ] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")] = False,
    version: Annotated[  # noqa: ARG001
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    context.obj = Globals(config, verbose, quiet)
    if verbose:
        _log_to_stderr(verbose)


def _log_to_stderr(verbose: int) -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("eponctl")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)


def verb_of(arguments: list[str]) -> str | None:
    """The verb, if the line is plain enough to tell it; None: whatever the whole program says."""
    values = iter(arguments)
    for argument in values:
        if argument in {"-c", "--config"}:
            next(values, None)
        elif not (argument.startswith("--config=") or is_flag(argument)):
            return argument if argument in VERBS else None
    return None

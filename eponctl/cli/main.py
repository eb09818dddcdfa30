"""The program: its global options and its verbs."""

from __future__ import annotations

import gc
import itertools
import os
import re
import sys
from typing import Annotated

import typer

from eponctl.cli import olt as olt_verbs
from eponctl.cli import poll as poll_verb
from eponctl.cli import simulate as simulate_verbs
from eponctl.cli import views as view_verbs
from eponctl.cli import whatsapp as whatsapp_verbs
from eponctl.cli.frame import Globals

app = typer.Typer(
    name="eponctl",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Polls EPON OLTs, remembers what it saw, and tells by WhatsApp what changed.",
)


def _version(is_wanted: bool) -> None:
    if is_wanted:
        from eponctl import __version__

        typer.echo(f"eponctl {__version__}")
        raise typer.Exit


@app.callback()
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


poll_verb.register(app)
view_verbs.register(app)
olt_verbs.register(app)
whatsapp_verbs.register(app)
simulate_verbs.register(app)


def main() -> None:
    """Run the program."""
    # A short run frees nothing worth looking for: a tenth to a fifth of its CPU time.
    gc.disable()
    try:
        app(hoisted(sys.argv[1:]))
    except SystemExit as end:
        _leave(end)


def hoisted(arguments: list[str]) -> list[str]:
    """The arguments with the global options before the verb, wherever they were typed.

    `eponctl poll -vv` is what people type; what stands behind `--` is left alone.
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*front, *rest, argument, *waiting]
        if argument in {"-c", "--config"}:
            front += [argument, *itertools.islice(waiting, 1)]
        elif argument.startswith("--config=") or _IS_FLAG(argument):
            front.append(argument)
        else:
            rest.append(argument)
    return [*front, *rest]


_IS_FLAG = re.compile(r"-[vq]+|--verbose|--quiet").fullmatch


def _leave(end: SystemExit) -> None:
    """Exit at once: without taking the interpreter apart, and without waiting for a device.

    A thread may still hang in the resolver; what was to be written is written by now.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        os._exit(1)
    os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))

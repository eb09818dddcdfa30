"""The program: its global options and its verbs."""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import os
import re
import sys
from typing import Annotated, NoReturn

import typer

from eponctl.cli.frame import EXIT_FIELD, Globals, say

# The verbs, in the order of the help, each with the module that adds it.
VERBS = {
    "poll": "poll",
    "status": "views",
    "alerts": "views",
    "report": "views",
    "export": "views",
    "olt": "olt",
    "whatsapp": "whatsapp",
    "simulate": "simulate",
    "demo": "simulate",
}


def program(verb: str | None = None) -> typer.Typer:
    """The whole program; with a verb only what that one needs: building all takes 10 ms more."""
    app = typer.Typer(
        name="eponctl",
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


def run() -> None:
    """Run the verb that the command line names, and exit."""
    _complete_streams()
    arguments = hoisted(sys.argv[1:])
    try:
        program(_verb_of(arguments))(arguments)
    except SystemExit as end:
        _leave(end)
    except OSError as error:  # of --help and --version; what verbs write is errors_told's
        _unwritten(error)


def _complete_streams() -> None:
    """Make stdout take every character, and stand something in for streams that are closed.

    Otherwise the next file that is opened, a database for one, would take a closed one's number,
    and get what is meant for a terminal.
    """
    spare = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    while spare <= _STDERR:
        spare = os.open(os.devnull, os.O_RDWR)
    os.close(spare)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _verb_of(arguments: list[str]) -> str | None:
    """The verb, if the line is plain enough to tell it; None: whatever the whole program says."""
    values = iter(arguments)
    for argument in values:
        if argument in {"-c", "--config"}:
            next(values, None)
        elif not (argument.startswith("--config=") or _IS_FLAG(argument)):
            return argument if argument in VERBS else None
    return None


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


_STDERR = 2
_IS_FLAG = re.compile(r"-[vq]+|--verbose|--quiet").fullmatch


def _leave(end: SystemExit) -> None:
    """Exit at once: without taking the interpreter apart, and without waiting for a device.

    A thread may still hang in the resolver; what was to be written is written by now.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        _unwritten(error)
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))


def _unwritten(error: OSError) -> NoReturn:
    """Exit because stdout does not take what was for it; not the place to try once more."""
    if isinstance(error, BrokenPipeError):
        os._exit(0)
    say(f"eponctl: standard output: {error.strerror or error}")
    os._exit(EXIT_FIELD)

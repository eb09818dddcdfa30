"""From the command line to an exit code: streams, cron's short way, the program for the rest."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import sys
from typing import NoReturn

from eponctl.cli.frame import EXIT_FIELD, Globals, say


def run() -> None:
    """Run the verb that the command line names, and exit."""
    _complete_streams()
    arguments = hoisted(sys.argv[1:])
    try:
        cron = plain_poll(arguments)
        if cron:
            from eponctl.cli.onepoll import run_poll

            run_poll(cron)
        from eponctl.cli.program import program, verb_of

        line = arguments
        if _COMPLETING in os.environ:
            from eponctl.cli.completing import words

            line = hoisted(words())
        program(verb_of(line))(arguments)
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


def plain_poll(arguments: list[str]) -> Globals | None:
    """The global options of `[-c FILE] poll` and nothing else: the line that runs every minute.

    It needs no typer, which takes longer to load than the poll takes to judge 10,000 ONUs.
    """
    if arguments == ["poll"]:
        return Globals()
    if len(arguments) == len(_WITH_FILE) and arguments[0] in {"-c", "--config"}:
        return Globals(config=arguments[1]) if arguments[2] == "poll" else None
    return None


_WITH_FILE = ("-c", "FILE", "poll")
_COMPLETING = "_EPONCTL_COMPLETE"
"""The variable by which a shell asks what could stand at the cursor."""


def hoisted(arguments: list[str]) -> list[str]:
    """The arguments with the global options before the verb, wherever they were typed.

    `eponctl poll -vv` is what people type; what stands behind `--` is left alone, and so is the
    file that `replay --config` names: that one is of other rules, not the configuration.
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*front, *rest, argument, *waiting]
        of_config = rest if rest[:1] == ["replay"] else front
        if argument in {"-c", "--config"}:
            of_config += [argument, *itertools.islice(waiting, 1)]
        elif argument.startswith("--config="):
            of_config.append(argument)
        elif is_flag(argument):
            front.append(argument)
        else:
            rest.append(argument)
    return [*front, *rest]


_STDERR = 2
is_flag = re.compile(r"-[vq]+|--verbose|--quiet").fullmatch


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

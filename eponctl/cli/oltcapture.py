"""`eponctl olt capture`: a recording of one OLT's pages, without what names its owner."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from eponctl.cli.frame import (
    EXIT_INTERRUPTED,
    errors_told,
    globals_of,
    leave,
    load_config,
    say,
)
from eponctl.cli.options import OltId
from eponctl.cli.output import put_line


def capture(
    context: typer.Context,
    olt_id: OltId,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The recording, a .yaml; what the driver reads from it goes beside it.",
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Record what an OLT answers, without passwords, names, MACs and addresses.

    Asks for the pages that a poll asks for, and some more that nobody has seen yet; changes nothing
    on the device. Shows what was replaced, and asks before it writes. Exit 75 while a poll is
    running, for a device gets one page at a time.
    """
    with errors_told(context):
        from eponctl.commands import olt_capture
        from eponctl.errors import ConfigError, Problem
        from eponctl.render import capturetext

        if not yes and not sys.stdin.isatty():
            raise ConfigError([Problem("--yes", "", "needed where nobody can be asked")])
        config = load_config(context, tries_logins=True)
        files = olt_capture.target(Path(output), overwrites=force)
        found = olt_capture.captured(config, olt_id)
        if not (yes and globals_of(context).is_quiet):
            put_line(capturetext.summary(found))
        if not yes and not _agrees(capturetext.question(files, found)):
            say("nothing was written")
            leave(EXIT_INTERRUPTED)
        paths = olt_capture.write(found, files)
        if not globals_of(context).is_quiet:
            for line in capturetext.written(paths, found):
                say(line)


def _agrees(question: str) -> bool:
    # Not input(): it may write its prompt to stdout, which is for data.
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        sys.stderr.write("\n")
        raise KeyboardInterrupt
    return answer.strip().lower() in {"y", "yes", "ya"}

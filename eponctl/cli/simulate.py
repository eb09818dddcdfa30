"""`eponctl simulate` and `eponctl demo`: the main job without a device."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eponctl.cli.frame import EXIT_FIELD, EXIT_INTERRUPTED, errors_told, leave, say
from eponctl.cli.output import put_line


class Family(StrEnum):
    """The families that the simulator has; a test holds them to its own list."""

    HIOSO = "hioso"
    VSOL = "vsol"
    HSGQ = "hsgq"
    BDCOM = "bdcom"
    ALL = "all"


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(simulate)
    app.command()(demo)


def simulate(
    context: typer.Context,
    olts: Annotated[
        int, typer.Option("--olts", metavar="N", min=1, max=500, help="How many OLTs.")
    ] = 4,
    onus: Annotated[
        int, typer.Option("--onus", metavar="N", min=1, max=512, help="ONUs on each.")
    ] = 16,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="P",
            min=0,
            max=65000,
            help="The gateway's; the OLTs' follow. 0: any.",
        ),
    ] = 18080,
    family: Annotated[
        list[Family] | None,
        typer.Option("--family", help="What the OLTs are, in turn. Repeatable.  [default: hioso]"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="FILE", help="A new file: an olts.toml that polls this farm."),
    ] = None,
) -> None:
    """Serve a farm of simulated OLTs and a WhatsApp gateway on loopback, until Ctrl-C.

    ONUs fail and recover by a script of five minutes, and each message is shown as a phone would
    show it. The olts.toml of the repository fits the first four of the usual ones.
    """
    with errors_told(context):
        import threading

        from eponctl.errors import EponctlError
        from eponctl.simulator import FAMILIES, PortInUse, run

        chosen = family or [Family.HIOSO]
        families = FAMILIES if Family.ALL in chosen else [one.value for one in chosen]
        is_stopped = False
        end, faults = threading.Event(), list[Exception]()

        def line(text: str) -> None:
            nonlocal is_stopped
            is_stopped = is_stopped or text == "stopped"
            try:
                put_line(text)
            except (EponctlError, OSError) as error:  # raised below, for this may be a thread
                faults.append(error)
                end.set()

        try:
            run(olts, onus, port, line, end, families=families, ready=_writer(output))
        except PortInUse as error:
            say(f"eponctl: {error.strerror}")
            say(f"hint: {error.hint}")
            leave(EXIT_FIELD)
        if faults:
            raise faults[0]
        if is_stopped:
            leave(EXIT_INTERRUPTED)


def _writer(output: Path | None) -> Callable[[str], None] | None:
    """What writes the olts.toml; a file that is there already stays as it is."""
    if output is None:
        return None
    if output.exists():
        raise typer.BadParameter(f"{output} is there already: name a new file", param_hint="-o")

    def write(text: str) -> None:
        # As an olts.toml with passwords in it ought to be, though these open nothing.
        handle = os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)

    return write


def demo(context: typer.Context) -> None:
    """Show the main job on an embedded farm: a baseline, faults, their alerts, and recovery.

    It takes some seconds and leaves nothing behind.
    """
    with errors_told(context):
        from eponctl.commands.demo import play

        play(put_line)

"""`eponctl simulate` and `eponctl demo`: the main job without a device."""

from __future__ import annotations

from typing import Annotated

import typer

from eponctl.cli.frame import EXIT_FIELD, EXIT_INTERRUPTED, errors_told, leave, say
from eponctl.cli.output import put_line


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
) -> None:
    """Serve a farm of simulated OLTs and a WhatsApp gateway on loopback, until Ctrl-C.

    ONUs fail and recover by a script of five minutes, and each message is shown as a phone would
    show it. The olts.toml of the repository fits the first four.
    """
    with errors_told(context):
        import threading

        from eponctl.errors import EponctlError
        from eponctl.simulator import PortInUse, run

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
            run(olts, onus, port, line, end)
        except PortInUse as error:
            say(f"eponctl: {error.strerror}")
            say(f"hint: {error.hint}")
            leave(EXIT_FIELD)
        if faults:
            raise faults[0]
        if is_stopped:
            leave(EXIT_INTERRUPTED)


def demo(context: typer.Context) -> None:
    """Show the main job on an embedded farm: a baseline, faults, their alerts, and recovery.

    It takes some seconds and leaves nothing behind.
    """
    with errors_told(context):
        from eponctl.commands.demo import play

        play(put_line)

"""`eponctl olt detect`: which family of OLT answers at an address."""

from __future__ import annotations

from typing import Annotated

import typer

from eponctl.cli.frame import EXIT_FIELD, errors_told, globals_of, leave, say
from eponctl.cli.options import AsJson
from eponctl.cli.output import put_line


def detect(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="http(s)://host[:port]")],
    verify_tls: Annotated[
        bool,
        typer.Option("--verify-tls/--no-verify-tls", help="Whether its certificate is checked."),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Say which family of OLT answers at an address, how sure that is, and what it was told by.

    At most six pages are asked for, without a password; nothing is stored and no olts.toml is
    needed. Exit 1 when it is no OLT that can be read.
    """
    with errors_told(context):
        from eponctl.commands.olt_detect import look_at
        from eponctl.render import olttext

        look = look_at(url, verify_tls=verify_tls)
        put_line(olttext.look_as_json(look) if as_json else olttext.look(look))
        if not as_json and not globals_of(context).is_quiet:
            say(olttext.next_of(look))
    leave(0 if look.detection.driver else EXIT_FIELD)

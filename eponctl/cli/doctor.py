"""`eponctl doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from eponctl.cli.frame import errors_told, globals_of, leave, say
from eponctl.cli.options import AsJson
from eponctl.cli.output import put, put_line, screen

if TYPE_CHECKING:
    from eponctl.commands.doctor import Examined, Finding


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(doctor)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look at configuration, permissions, clock, database, disk, schedule, each OLT, the gateway.

    Says what is wrong and what to do; changes nothing, sends nothing. Exit 1 when something is
    wrong, 2 when it is the configuration; a warning is only worth a look. While a poll runs its
    OLTs are left in peace.
    """
    with errors_told(context):
        from eponctl.commands import doctor as command
        from eponctl.render import doctortext
        from eponctl.schedule import machine

        examined = command.examine(globals_of(context).config, os.environ, Path.cwd())
        now, of = int(time.time()), machine.here()
        findings = [*command.of_configuration(examined), *command.of_machine(examined, of, now)]
        findings += _asked(context, examined)
        code = command.exit_code(examined, findings)
        if as_json:
            import json
            from datetime import UTC

            from eponctl.views.network import iso_in

            iso = iso_in(examined.config.timezone if examined.config else UTC)
            put_line(json.dumps(doctortext.as_object(findings, code, now, iso)))
        else:
            put(doctortext.shown(findings, screen()))
            if not globals_of(context).is_quiet:
                say(doctortext.closing(findings))
    leave(code)


def _asked(context: typer.Context, examined: Examined) -> list[Finding]:
    from eponctl.commands.doctor import Finding, Mark

    config = examined.config
    if config is None or examined.has_faults:
        what, do = "not asked: the configuration has faults", "mend them first"
        return [Finding(name, Mark.WARNING, what, do) for name in ("olt", "gateway")]
    from eponctl.commands import doctor_asks
    from eponctl.commands.doctor import pace
    from eponctl.render import olttext
    from eponctl.schedule import machine

    enabled = sum(olt.enabled for olt in config.olts)
    with contextlib.ExitStack() as stack:
        progress = None
        if enabled and sys.stderr.isatty() and not globals_of(context).is_quiet:
            progress = stack.enter_context(olttext.testing(enabled))
        return doctor_asks.findings(config, pace(config, machine.here()), progress)

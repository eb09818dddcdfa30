"""`eponctl check`: a plugin for Nagios and Icinga: everything on stdout, exit 0 to 3."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from eponctl.cli.frame import config_path, leave
from eponctl.cli.options import Olt
from eponctl.cli.output import put_line

if TYPE_CHECKING:
    from typer import _click as click

_UNKNOWN = 3
_PERCENT = 100.0


class _Plugin(TyperCommand):
    """A command whose usage errors are a plugin's, too."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        from typer._click.exceptions import UsageError

        try:
            return super().make_context(info_name, args, parent, **extra)
        except UsageError as error:
            _leave_unknown(error.format_message())


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(cls=_Plugin)(check)


def check(
    context: typer.Context,
    olt: Olt = None,
    warning: Annotated[
        str,
        typer.Option(
            "--warning", metavar="PERCENT", help="Above this share of ONUs with a problem."
        ),
    ] = "5",
    critical: Annotated[
        str, typer.Option("--critical", metavar="PERCENT", help="The same, for CRITICAL.")
    ] = "15",
) -> None:
    """A plugin for Nagios and Icinga, from the database.

    Exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: nothing is known, or the call was wrong. CRITICAL
    is an OLT that does not answer, a critical incident that nobody acknowledged, a last poll of
    more than 10 intervals ago (3: WARNING), or a share of problems above --critical. What is in
    maintenance or silenced raises nothing but the share.
    """
    from eponctl.errors import EponctlError

    try:
        code = _checked(context, olt, _share(warning, "--warning"), _share(critical, "--critical"))
    except EponctlError as error:
        lines = str(error).splitlines()
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        _leave_unknown(f"{lines[0]}{more}" + (f"; {error.hint}" if error.hint else ""))
    except OSError as error:
        _leave_unknown(f"{error.filename or 'eponctl'}: {error.strerror or error}")
    except KeyboardInterrupt:
        _leave_unknown("interrupted")
    leave(code)


def _checked(context: typer.Context, olt: str | None, warning: float, critical: float) -> int:
    from eponctl import config as configuration
    from eponctl.commands import check as command
    from eponctl.render import plugintext

    if warning > critical:
        _leave_unknown("--warning: expected no more than --critical")
    # A warning on stderr would be none of a plugin's: the file's mode is other verbs' business.
    config, now = configuration.load(config_path(context)), int(time.time())
    checked = command.check(config, olt, command.Limits(warning, critical), now=now)
    put_line("\n".join(plugintext.lines(checked)))
    return int(checked.health)


def _share(text: str, option: str) -> float:
    try:
        share = float(text.strip().removesuffix("%"))
    except ValueError:
        share = -1.0
    if not 0 <= share <= _PERCENT:
        from eponctl.configvalues import shown

        _leave_unknown(f"{option}: expected a percentage from 0 to 100, got {shown(text)}")
    return share


def _leave_unknown(text: str) -> NoReturn:
    from eponctl.render.plugintext import unknown

    put_line(unknown(text))
    leave(_UNKNOWN)

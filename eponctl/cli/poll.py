"""`eponctl poll`: one run."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli.frame import errors_told, globals_of, leave, load_config, say
from eponctl.cli.output import put_line

if TYPE_CHECKING:
    from eponctl.poll import PollResult
    from eponctl.settings import Config


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(poll)


def poll(
    context: typer.Context,
    olt: Annotated[
        list[str] | None, typer.Option("--olt", metavar="ID", help="Only this OLT; repeatable.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and compare; store and send nothing.")
    ] = False,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Store as usual, leave messages to a later poll.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as one object.")] = False,
) -> None:
    """One run: read every enabled OLT, compare, store, alert, exit.

    Without a terminal it prints nothing when all is well, and one line per fault on stderr.
    """
    with errors_told(context):
        from eponctl import config as configuration
        from eponctl.commands.choice import chosen_olts, driver_problems
        from eponctl.errors import ConfigError
        from eponctl.poll import PollOptions
        from eponctl.poll import poll as run

        config = load_config(context)
        chosen = chosen_olts(config, olt or [])
        problems = [*configuration.secret_problems(config), *driver_problems(config)]
        if problems:
            raise ConfigError(problems)
        options = PollOptions(chosen, is_dry_run=dry_run, sends=not no_send)
        with contextlib.ExitStack() as stack:
            if as_json:
                # The provider `console` prints messages there: stdout is for the one object.
                stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            progress = None
            if sys.stderr.isatty() and not globals_of(context).is_quiet:
                from eponctl.render.progress import polling

                total = len(chosen) or sum(one.enabled for one in config.olts)
                progress = stack.enter_context(polling(total))
            result = run(config, options, progress=progress)
        _tell(context, result, config, as_json=as_json, is_dry_run=dry_run)
    leave(result.exit_code)


def _tell(
    context: typer.Context,
    result: PollResult,
    config: Config,
    *,
    as_json: bool,
    is_dry_run: bool,
) -> None:
    is_watched = sys.stderr.isatty() and not globals_of(context).is_quiet
    if not (as_json or is_dry_run or is_watched or globals_of(context).verbose or result.exit_code):
        # As cron likes it; and nothing that makes words is even imported.
        return
    from eponctl.render import polltext

    for line in polltext.faults(result):
        say(line)
    if as_json:
        put_line(polltext.as_json(result, config.timezone))
    elif is_dry_run:
        for text in result.messages:
            put_line(polltext.safe_text(text))
    if globals_of(context).verbose:
        for line in polltext.notes(result):
            say(line)
    if is_watched:
        say(polltext.closing(result, is_dry_run=is_dry_run))

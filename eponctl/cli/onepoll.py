"""One poll, from its options to its exit code. Knows nothing of typer: cron's line goes without."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from eponctl.cli.frame import errors_told, globals_of, leave, load_config, say
from eponctl.cli.output import put_line

if TYPE_CHECKING:
    from eponctl.cli.frame import Call
    from eponctl.healthcheck import Watch
    from eponctl.poll import PollResult
    from eponctl.settings import Config


def run_poll(
    context: Call,
    olt: Sequence[str] = (),
    *,
    dry_run: bool = False,
    no_send: bool = False,
    as_json: bool = False,
) -> NoReturn:
    """Do it, tell of it, and leave."""
    with errors_told(context):
        from eponctl import config as configuration
        from eponctl.commands.choice import chosen_olts, driver_problems
        from eponctl.errors import ConfigError
        from eponctl.poll import PollOptions
        from eponctl.poll import poll as run

        config = load_config(context)
        chosen = chosen_olts(config, olt)
        options = PollOptions(chosen, is_dry_run=dry_run, sends=not no_send)
        with contextlib.ExitStack() as stack:
            watch = None
            if config.healthcheck and not dry_run:
                from eponctl.healthcheck import Watch

                watch = stack.enter_context(Watch(config.healthcheck))
            problems = [*configuration.secret_problems(config), *driver_problems(config)]
            if problems:
                raise ConfigError(problems)
            if as_json:
                # The provider `console` prints messages there: stdout is for the one object.
                stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            progress = None
            if sys.stderr.isatty() and not globals_of(context).is_quiet:
                from eponctl.render.progress import polling

                total = len(chosen) or sum(one.enabled for one in config.olts)
                progress = stack.enter_context(polling(total))
            result = run(config, options, progress=progress, began=watch.began if watch else None)
        if config.exports and not dry_run:
            from eponctl.cli.afterpoll import export_all

            faults = export_all(config, now=int(time.time()))
            result = result._replace(faults=(*result.faults, *faults))
        _tell(context, result, config, as_json=as_json, is_dry_run=dry_run)
        if watch:
            _report(context, watch, result)
    leave(result.exit_code)


def _report(context: Call, watch: Watch, result: PollResult) -> None:
    """Tell the dead-man switch how it ended: in numbers, for that service is somebody else's."""
    read = sum(olt.is_ok for olt in result.olts)
    line = f"{read} of {len(result.olts)} OLTs read, {result.seconds:.1f} s"
    if result.sent or result.failed:
        line += f"; messages: {result.sent} sent, {result.failed} failed"
    watch.ended("fail" if result.exit_code else "", line)
    if globals_of(context).verbose:
        for fault in watch.faults:
            say(f"healthcheck: {fault}")


def _tell(
    context: Call,
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

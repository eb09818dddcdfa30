"""`eponctl schedule ...`: what runs `poll` by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli.frame import EXIT_FIELD, errors_told, globals_of, leave, load_config, say
from eponctl.cli.group import Verbs
from eponctl.cli.options import AsJson, head_of, seconds_of
from eponctl.cli.output import put_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA = "eponctl-schedule/1"
Systemd = Annotated[bool, typer.Option("--systemd", help="By a timer of systemd.")]
Cron = Annotated[bool, typer.Option("--cron", help="By a line of your crontab.")]
Every = Annotated[
    str, typer.Option("--every", metavar="TIME", help="From 10s on; cron: whole minutes.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show it; change nothing.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    schedule = typer.Typer(
        cls=Verbs, no_args_is_help=True, help="The timer that runs `poll` by itself."
    )
    for verb in (install, remove, show, status):
        schedule.command()(verb)
    app.add_typer(schedule, name="schedule")


def install(
    context: typer.Context,
    systemd: Systemd = False,
    cron: Cron = False,
    every: Every = "60s",
    dry_run: DryRun = False,
) -> None:
    """Show what is to be written, write it, and start it.

    As root a timer of the system, as a plain user one of your own; a block in the crontab where
    there is no systemd. An installed one is brought up to date.
    """
    every_s = seconds_of(every, "--every")
    with errors_told(context):
        from eponctl.commands import schedule as command
        from eponctl.schedule import machine

        by, of = command.by_of(systemd=systemd, cron=cron), machine.here()
        written = command.plan(load_config(context), of, by, every_s, is_for_show=dry_run)
        is_quiet = globals_of(context).is_quiet
        if dry_run or not is_quiet:
            _put_texts(written.texts)
        if not dry_run:
            command.install(written, of)
        if is_quiet:
            return
        for note in written.notes:
            say(f"note: {note}")
        done = f"polls run {command.pace(written.job.every_s)}, by {written.by}"
        if dry_run:
            say("dry run: nothing was written")
        elif written.is_new:
            say(f"installed: {done}; `eponctl schedule status` says how they go")
        else:
            say(f"it was there already, word for word: {done}")


def _put_texts(written: Mapping[str, str]) -> None:
    from eponctl.render.scheduletext import texts

    _put_lines(texts(written))


def _put_lines(lines: Iterable[str]) -> None:
    put_line("\n".join(lines))


def remove(
    context: typer.Context,
    systemd: Systemd = False,
    cron: Cron = False,
    dry_run: DryRun = False,
) -> None:
    """Take it away again; what you wrote yourself stays."""
    with errors_told(context):
        from eponctl.commands import schedule as command
        from eponctl.render.scheduletext import places
        from eponctl.schedule import machine

        by, of = command.by_of(systemd=systemd, cron=cron), machine.here()
        config = load_config(context)
        if dry_run:
            gone = [one for one in command.shown(config, of) if by in {None, one.by}]
        else:
            gone = command.remove(config, of, by)
        word = "would be taken away" if dry_run else "taken away"
        for one in gone:
            put_line(f"{word}: {places([one])}")
        if not gone:
            say("there is nothing to take away")


def show(
    context: typer.Context,
    systemd: Systemd = False,
    cron: Cron = False,
    every: Every = "60s",
) -> None:
    """Print the units or the lines that are installed, or those that would be."""
    every_s = seconds_of(every, "--every")
    with errors_told(context):
        from eponctl.commands import schedule as command
        from eponctl.schedule import machine

        by, of = command.by_of(systemd=systemd, cron=cron), machine.here()
        config = load_config(context)
        found = [one for one in command.shown(config, of) if by in {None, one.by}]
        for one in found:
            _put_texts(one.texts)
        if not found:
            planned = command.plan(config, of, by, every_s, is_for_show=True)
            _put_texts(planned.texts)
            for note in planned.notes:
                say(f"note: {note}")
            say("not installed: this is what `eponctl schedule install` would write")


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """When the last poll was, how it ended, what runs the next; exit 1 when something is wrong."""
    with errors_told(context):
        from eponctl.commands.schedule_status import status as command
        from eponctl.render.scheduletext import standing_lines, standing_object
        from eponctl.schedule import machine

        config, now = load_config(context), int(time.time())
        standing = command(config, machine.here(), now)
        if as_json:
            import json

            from eponctl.views.network import iso_in

            told = standing_object(standing, iso_in(config.timezone))
            put_line(json.dumps(head_of(config, now, SCHEMA) | told))
        else:
            _put_lines(standing_lines(standing, now, config.timezone))
    leave(0 if standing.is_well else EXIT_FIELD)

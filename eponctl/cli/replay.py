"""`eponctl replay`: stored history under other rules."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from eponctl.cli.frame import errors_told, globals_of, load_config, say
from eponctl.cli.options import AsJson, head_of, seconds_of
from eponctl.cli.output import put, put_line, put_words, show


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(replay)


def replay(
    context: typer.Context,
    since: Annotated[
        str, typer.Option("--since", metavar="AGE", help="How far back: 90s, 15m, 24h, 30d.")
    ] = "24h",
    rules: Annotated[
        str | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="The rules: an olts.toml of which [alerts], [[maintenance]], [whatsapp], "
            "language and timezone count. Before the verb it is the usual option.",
        ),
    ] = None,
    texts: Annotated[bool, typer.Option("--texts", help="Every message, with its time.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stored history under other rules: which incidents, how many messages.

    Copy olts.toml, edit the copy, and try it: `eponctl replay --config copy.toml`. Without it the
    same rules. Database and OLTs are those of the usual olts.toml; nothing is stored, sent or asked
    of a device. Gateways take everything at once. STORED AS are the incidents that were made of it
    then; an id without an r is of one that went on already.

    Not replayed is what pages were judged by: thresholds, confirm_polls, unreachable_polls,
    step_drop_db, for history holds what was settled. Drops from before reasons and distances were
    kept have an unknown cause. What was switched off and on meanwhile may count as lost or up.
    """
    with errors_told(context):
        from eponctl import config as configuration
        from eponctl.commands import replay as command

        age_s = seconds_of(since, "--since")
        config, now = load_config(context), int(time.time())
        other = config if rules is None else configuration.load(Path(rules))
        found = command.replay(config, other, max(0, now - age_s), now=now)
        if not globals_of(context).is_quiet:
            for note in found.notes:
                say(f"note: {note}")
        if as_json:
            import json

            from eponctl.views.replays import REPLAY_SCHEMA, replay_object

            head = head_of(other, now, REPLAY_SCHEMA)
            put_line(json.dumps(head | replay_object(found, other.timezone, has_texts=texts)))
            return
        from eponctl.render.replaysheets import message_lines, replay_page, totals_line

        show(replay_page(found, other.timezone))
        if texts:
            put(["\n", *message_lines(found, other.timezone)])
        put_words(f"\n{totals_line(found)}" if not texts else totals_line(found))

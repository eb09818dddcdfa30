"""`eponctl messages ...`: one's own words in the place of ours."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from eponctl.cli.completing import kinds_of_message, languages
from eponctl.cli.frame import (
    EXIT_FIELD,
    config_path,
    errors_told,
    globals_of,
    leave,
    load_config,
    say,
)
from eponctl.cli.group import Verbs
from eponctl.cli.options import AsJson, head_of, one_of
from eponctl.cli.output import put_json, put_line

CHECK_SCHEMA = "eponctl-messages-check/1"


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    messages = typer.Typer(
        cls=Verbs, no_args_is_help=True, help="Your own words in messages and reports."
    )
    for verb in (init, check, show):
        messages.command()(verb)
    app.add_typer(messages, name="messages")


def init(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Default: dir of [messages], else `messages` beside olts.toml.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Write the built-in texts into a folder, in both languages, to be changed there."""
    with errors_told(context):
        from eponctl.commands import messages as command

        is_configured = False
        if folder is None:
            folder, is_configured = command.read_folder(config_path(context))
        written = command.init(folder, overwrites=force)
        put_line("\n".join(map(str, written)))
        if not globals_of(context).is_quiet:
            if not is_configured:
                say(f'to have it used, put into olts.toml: [messages] dir = "{folder.absolute()}"')
            say("keep what you change, delete the rest; then `eponctl messages check`")


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Make every text in both languages of invented data: what is broken, and where.

    Exit 1 when something is. Polls send the built-in text in the place of a broken one.
    """
    with errors_told(context):
        from eponctl.commands import messages as command

        config, now = load_config(context), int(time.time())
        checked = command.check(config, now=now)
        if as_json:
            import json

            told = {
                "dir": str(config.messages_dir) if config.messages_dir else None,
                "files": list(map(str, checked.files)),
                "faults": [
                    {"path": str(fault.path), "line": fault.line or None, "what": fault.what}
                    for fault in checked.faults
                ],
            }
            put_line(json.dumps(head_of(config, now, CHECK_SCHEMA) | told, ensure_ascii=False))
        else:
            from eponctl.render.plain import safe

            for fault in checked.faults:
                put_line(safe(str(fault)))
            if not checked.faults and not globals_of(context).is_quiet:
                count = len(checked.files)
                own = f"{count} file{'' if count == 1 else 's'} of your own" if count else "no own"
                own = "no [messages] dir" if config.messages_dir is None else own
                say(f"every text can be used in both languages ({own})")
    leave(EXIT_FIELD if checked.faults else 0)


def show(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Which message, as outage or daily. Default: one of each usual sort.",
            autocompletion=kinds_of_message,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="L",
            help="id, en or both. Default: the file's.",
            autocompletion=languages,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show messages with your words as a phone does, from invented data; nothing is sent."""
    with errors_told(context):
        from eponctl.commands import preview as command
        from eponctl.config import LANGUAGES

        wanted = one_of((*LANGUAGES, "both"), language, "--language")
        chosen = one_of(command.ALL_KINDS, name, "NAME")
        config, now = load_config(context), int(time.time())
        found = command.samples(
            config,
            now=now,
            languages=LANGUAGES if wanted == "both" else (wanted or config.language,),
            kinds=(chosen,) if chosen else command.KINDS,
        )
        if as_json:
            from eponctl.views.records import PREVIEW_SCHEMA, PreviewRecord

            head = head_of(config, now, PREVIEW_SCHEMA)
            put_json(head, {"messages": (PreviewRecord(*one) for one in found)})
            return
        from eponctl.cli.outbox import framed

        put_line("\n".join(framed(found)))

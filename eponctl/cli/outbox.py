"""`eponctl whatsapp preview|retry|drop`: the messages themselves, before and after sending."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli import completing
from eponctl.cli.frame import (
    EXIT_FIELD,
    EXIT_INTERRUPTED,
    errors_told,
    globals_of,
    leave,
    load_config,
    say,
)
from eponctl.cli.options import AsJson, head_of, one_of
from eponctl.cli.output import put_json, put_line, put_words

if TYPE_CHECKING:
    from eponctl.commands.preview import Sample
    from eponctl.settings import Config
    from eponctl.store.outbox import Message

Ids = Annotated[
    list[int] | None,
    typer.Argument(metavar="[ID]...", help="Messages, as `whatsapp queue` numbers them."),
]


def preview(
    context: typer.Context,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="K",
            help="Only this kind, as outage. Default: all.",
            autocompletion=completing.usual_kinds,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="L",
            help="id, en or both. Default: the file's.",
            autocompletion=completing.languages,
        ),
    ] = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="What waits in the outbox instead, word for word.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what messages look like: one of each kind, by the texts that polls use.

    The happenings are invented; nothing is sent or stored, and no database is needed but for
    --queue.
    """
    with errors_told(context):
        import time

        from eponctl.commands import preview as command
        from eponctl.config import LANGUAGES
        from eponctl.errors import ConfigError, Problem

        wanted = one_of((*LANGUAGES, "both"), language, "--language")
        chosen = one_of(command.KINDS, kind, "--kind")
        if queue and (wanted or chosen):
            what = "expected without --kind and --language: what waits is written already"
            raise ConfigError([Problem("--queue", "", what)])
        config, now = load_config(context), int(time.time())
        languages = LANGUAGES if wanted == "both" else (wanted or config.language,)
        if queue:
            found = command.waiting(config)
        else:
            found = command.samples(config, now=now, languages=languages)
        shown = [one for one in found if chosen in {None, one.kind}]
        if as_json:
            from eponctl.views.records import PREVIEW_SCHEMA, PreviewRecord

            head = head_of(config, now, PREVIEW_SCHEMA)
            put_json(head, {"messages": (PreviewRecord(*one) for one in shown)})
            return
        if not shown:
            say("nothing waits")
            return
        put_line("\n".join(framed(shown)))


def framed(samples: Iterable[Sample]) -> Iterable[str]:
    """Each message as it goes out, with a line before it; `*` and `_` are WhatsApp's own marks."""
    from eponctl.masking import masked
    from eponctl.render.plain import safe

    for one in samples:
        for number, text in enumerate(one.parts, start=1):
            part = f", {number} of {len(one.parts)}" if len(one.parts) > 1 else ""
            to = f", to {masked(one.recipient)}" if one.recipient else f", {one.language}"
            yield f"──── {one.kind}{to}{part}"
            yield from map(safe, text.split("\n"))
            yield ""


def retry(
    context: typer.Context,
    message_ids: Ids = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="All that waits, and what was given up within max_age."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try messages now, whenever they are due: the named ones, or all that wait.

    A named one may also have been given up. What waits before it for the same recipient goes
    first. Exit 1 when something was not taken.
    """
    with errors_told(context):
        import time

        from eponctl.commands import byhand

        _either(message_ids, everything=everything)
        config = load_config(context, tries_logins=True)
        tried = byhand.retry(config, message_ids or [], also_failed=everything, clock=time.time)
        _show(context, config, tried.messages, as_json=as_json, empty="nothing waits")
        for fault in tried.faults:
            say(fault)
        if tried.untried and not globals_of(context).is_quiet:
            say(f"{tried.untried} not tried yet: its recipient got something just before")
    leave(EXIT_FIELD if tried.faults else 0)


def drop(
    context: typer.Context,
    message_ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that waits.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give up messages that wait, on purpose: they are never sent.

    Their recipients are not told of those incidents any more, not of their end either; of new ones
    they are. `whatsapp retry ID` takes it back.
    """
    with errors_told(context):
        from eponctl.commands import byhand
        from eponctl.errors import ConfigError, Problem

        _either(message_ids, everything=everything)
        if not message_ids and not everything:
            hint = "`eponctl whatsapp queue` shows what waits"
            raise ConfigError([Problem("drop", "", "expected ids of messages, or --all")], hint)
        config = load_config(context)
        chosen = byhand.droppable(config, message_ids or [])
        if chosen and not yes:
            _ask(chosen)
        dropped = byhand.drop(config, chosen) if chosen else ()
        _show(context, config, dropped, as_json=as_json, empty="nothing waits")


def _either(message_ids: Sequence[int] | None, *, everything: bool) -> None:
    from eponctl.errors import ConfigError, Problem

    if message_ids and everything:
        raise ConfigError([Problem("--all", "", "expected either ids or --all")])


def _ask(chosen: Sequence[Message]) -> None:
    from eponctl.errors import ConfigError, Problem

    if not sys.stdin.isatty():
        raise ConfigError([Problem("--yes", "", "needed where nobody can be asked")])
    for line in map(_line, chosen):
        say(line)
    what = "this message" if len(chosen) == 1 else f"these {len(chosen)} messages"
    # Not input(): it may write its prompt to stdout, which is for data.
    sys.stderr.write(f"Give up {what}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes", "ya"}:
        say("nothing was changed")
        leave(EXIT_INTERRUPTED)


def _show(
    context: typer.Context,
    config: Config,
    messages: Sequence[Message],
    *,
    as_json: bool,
    empty: str,
) -> None:
    """What the messages are now: a line each, or one object."""
    if as_json:
        import time

        from eponctl.views.history import message_record
        from eponctl.views.network import iso_in
        from eponctl.views.records import OUTBOX_SCHEMA

        iso = iso_in(config.timezone)
        head = head_of(config, int(time.time()), OUTBOX_SCHEMA)
        put_json(head, {"messages": (message_record(message, iso) for message in messages)})
    elif messages:
        put_words("\n".join(map(_line, messages)))
    elif not globals_of(context).is_quiet:
        say(empty)


def _line(message: Message) -> str:
    from eponctl.masking import masked
    from eponctl.render.plain import safe

    lines = (line for line in message.text.splitlines() if line.strip())
    error = f" ({message.error})" if message.error else ""
    begin = next(lines, "")
    return safe(
        f"{message.id}  {masked(message.recipient)}  {_STATES[message.state]}{error}: {begin}"
    )


_STATES = {
    "queued": "waits",
    "sent": "sent",
    "unsure": "perhaps sent",
    "dead": "given up",
    "merged": "told in a summary",
}

"""`eponctl whatsapp ...`: trying the gateway, and what waits for it; outbox.py has the rest."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eponctl.cli import outbox
from eponctl.cli.frame import EXIT_FIELD, errors_told, globals_of, leave, load_config, say
from eponctl.cli.group import Verbs
from eponctl.cli.options import AsJson
from eponctl.cli.output import put_line, put_words

if TYPE_CHECKING:
    from eponctl.commands.whatsapp_test import Sent


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    whatsapp = typer.Typer(
        cls=Verbs, no_args_is_help=True, help="Try the gateway; see what waits for it."
    )
    whatsapp.command("test")(try_out)
    for verb in (outbox.preview, queue, outbox.retry, outbox.drop):
        whatsapp.command()(verb)
    app.add_typer(whatsapp, name="whatsapp")


def try_out(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="RECIPIENT", help="A number or group id; default: the first."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Everybody in [whatsapp] and its routes, once each.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send a test message straight to the gateway, and say what its answer means.

    It passes the outbox over. Works while `enabled = false`, if all else is there.
    """
    with errors_told(context):
        import time

        from eponctl.commands import whatsapp_test
        from eponctl.errors import ConfigError, Problem

        if to is not None and everybody:
            raise ConfigError([Problem("--to", "", "expected only one of --to and --all")])
        loaded = load_config(context, tries_logins=True)
        config, names = whatsapp_test.channel(loaded, to)
        is_told = sys.stderr.isatty() and not globals_of(context).is_quiet
        with contextlib.ExitStack() as stack:
            if as_json:  # the provider `console` writes to stdout, which is the object's
                stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            sent = whatsapp_test.send(
                config,
                names if everybody else names[:1],
                clock=time.time,
                monotonic=time.monotonic,
                progress=_progress if is_told else None,
            )
        if as_json:
            put_line(_as_json(config.whatsapp.provider, sent))
        else:
            put_words("\n".join(_lines(sent)))
        if not loaded.whatsapp.enabled and not globals_of(context).is_quiet:
            say("note: [whatsapp] is disabled: polls send nothing until it says enabled = true")
    leave(0 if all(one.is_ok for one in sent) else EXIT_FIELD)


def _progress(recipient: str) -> None:
    from eponctl.masking import masked

    say(f"sending to {masked(recipient)} ...")


def _lines(sent: Sequence[Sent]) -> Iterator[str]:
    from eponctl.commands.whatsapp_test import LEVELS, OUTCOMES
    from eponctl.masking import masked
    from eponctl.render.plain import safe

    for one in sent:
        who = masked(one.recipient)
        if one.receipt is not None:
            level, found = one.receipt.level, one.receipt.gateway_id
            # WAHA's ids begin with the number.
            name = f", id {found.replace(one.recipient, who)}" if found else ""
            yield safe(f"{who}: taken, {one.seconds:.1f} s; {level}: {LEVELS[level]}{name}")
        elif one.error is not None:
            yield safe(f"{who}: {OUTCOMES[one.error.outcome]} ({one.error.outcome})")
            yield safe(f"  problem  {one.error.message}")
            if one.hint:
                yield safe(f"  do       {one.hint}")
        else:
            yield f"{who}: not tried, it would fail alike"


def _as_json(provider: str, sent: Sequence[Sent]) -> str:
    """`level` is queued, accepted, sent or server-ack; `outcome` is errors.Outcome's word.

    A recipient that was not tried has neither.
    """
    import json

    def entry(one: Sent) -> dict[str, Any]:
        return {
            "recipient": one.recipient,
            "ok": one.is_ok,
            "level": one.receipt.level if one.receipt else None,
            "gateway_id": one.receipt.gateway_id if one.receipt else None,
            "outcome": one.error.outcome if one.error else None,
            "error": one.error.message if one.error else None,
            "hint": one.hint or None,
            "seconds": round(one.seconds, 3),
        }

    schema = "eponctl-whatsapp-test/1"
    messages = [entry(one) for one in sent]
    return json.dumps({"schema": schema, "provider": provider, "messages": messages})


def queue(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was sent, or merged into a summary.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what waits in the outbox, and what was given up."""
    from eponctl.cli.views import show_queue

    show_queue(context, as_json=as_json, everything=everything)

"""`eponctl report`: to people, on a terminal, as a page, or by WhatsApp."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eponctl.cli.frame import EXIT_FIELD, errors_told, globals_of, leave, load_config, say
from eponctl.cli.options import AsJson, Output, head_of, not_ours
from eponctl.cli.output import put, put_or_replace, screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eponctl.commands.report import Hourly, Sent
    from eponctl.reports import Report
    from eponctl.settings import Config


def report(
    context: typer.Context,
    hourly: Annotated[
        bool, typer.Option("--hourly", help="How the network stands now, an OLT a line.")
    ] = False,
    daily: Annotated[bool, typer.Option("--daily", help="Yesterday.")] = False,
    weekly: Annotated[
        bool, typer.Option("--weekly", help="The last week from Monday to Sunday.")
    ] = False,
    monthly: Annotated[bool, typer.Option("--monthly", help="The last calendar month.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send it by WhatsApp, and say so.")] = False,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """How the network stands, or how a day, week or month was.

    Availability, outages, signals that fall, ONUs that come and go, times without data. Times in
    which nobody looked are no downtime, maintenance is not either. With -o FILE.html it is a page
    for a browser. --send sends it, and prints it only with --json or -o.
    """
    wanted = {"hourly": hourly, "daily": daily, "weekly": weekly, "monthly": monthly}
    chosen = [name for name, is_chosen in wanted.items() if is_chosen]
    if len(chosen) != 1:
        raise typer.BadParameter(
            "exactly one is needed", param_hint="--hourly, --daily, --weekly or --monthly"
        )
    is_page = output is not None and output.lower().endswith((".html", ".htm"))
    if hourly and is_page and not as_json:
        raise typer.BadParameter("only the other reports can be a page", param_hint="--hourly")
    with errors_told(context):
        from eponctl.commands import report as command
        from eponctl.periods import Every

        config, now = load_config(context), int(time.time())
        not_ours(output, config)
        if hourly:
            sent = command.send_hourly(config, clock=time.time) if send else None
            made = sent.report if sent else command.hourly(config, now=now)
            if as_json or output is not None or sent is None:
                pieces = _hourly_json(made, config, now) if as_json else _texts(made)
                put_or_replace(pieces, output) if as_json or output else put(pieces)
            _tell_sent(context, sent)
            return
        every = Every(chosen[0])
        told = command.send_periodic(config, every, clock=time.time) if send else None
        found = told.report if told else command.periodic(config, every, now=now)
        if as_json:
            put_or_replace(_json(found, config), output)
        elif is_page:
            from eponctl.render.htmlpage import page

            put_or_replace([page(found, config.timezone)], output)
        elif output is not None and output != "-":
            put_or_replace(_shown(found, config, on_screen=False), output)
        elif told is None:
            put(_shown(found, config, on_screen=output is None))
        _tell_sent(context, told)


def _texts(made: Hourly) -> list[str]:
    return ["\n\n".join(made.texts), "\n"]


def _hourly_json(made: Hourly, config: Config, now: int) -> Iterable[str]:
    from eponctl.render.jsontext import document
    from eponctl.views.network import iso_in, olt_record, summary_record
    from eponctl.views.records import REPORT_SCHEMA

    iso = iso_in(config.timezone)
    summary = summary_record(made.olts)._asdict()
    head = head_of(config, now, REPORT_SCHEMA, period="hourly", summary=summary)
    return document(head, {"olts": (olt_record(watched, iso) for watched in made.olts)})


def _json(found: Report, config: Config) -> Iterable[str]:
    import json

    from eponctl.views.records import REPORT_SCHEMA
    from eponctl.views.reports import report_object

    head = head_of(config, found.made_at, REPORT_SCHEMA)
    yield json.dumps(head | report_object(found, config.timezone)) + "\n"


def _shown(found: Report, config: Config, *, on_screen: bool) -> Iterable[str]:
    from eponctl.render.page import shown
    from eponctl.render.reportsheets import report_page

    on = screen() if on_screen else None
    # Into a pipe or a file goes all there is.
    page = report_page(found, config.timezone) if on else report_page(found, config.timezone, None)
    return shown(page, on)


def _tell_sent(context: typer.Context, sent: Sent[Any] | None) -> None:
    if sent is None:
        return
    for fault in sent.faults:
        say(f"eponctl: {fault}")
    done = sent.messages - sent.missing - sent.following
    if not globals_of(context).is_quiet or sent.missing:
        what = f"{done} of {sent.messages} messages sent"
        if sent.following:
            follow = "follows" if sent.following == 1 else "follow"
            what = f"{done} sent, {sent.following} {follow} with the next poll"
            if sent.missing:
                what = f"{what}, {sent.missing} not delivered"
        say(f"report: {what} (recipients: {sent.recipients})")
    if sent.missing:
        say("hint: what was not delivered is in the outbox, and due at the next poll")
        leave(EXIT_FIELD)

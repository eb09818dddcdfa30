"""The verbs that hand things on: `report` to people, `export` to other programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli.frame import EXIT_FIELD, errors_told, globals_of, leave, load_config, say
from eponctl.cli.options import AsJson, Output, head_of, one_of
from eponctl.cli.output import put, put_or_replace

if TYPE_CHECKING:
    from eponctl.commands.report import Sent


def report(
    context: typer.Context,
    hourly: Annotated[
        bool, typer.Option("--hourly", help="How the network stands now, an OLT a line.")
    ] = False,
    send: Annotated[bool, typer.Option("--send", help="Send it by WhatsApp, and say so.")] = False,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """The report as text; --send sends it, and prints it only with --json or -o."""
    if not hourly:
        raise typer.BadParameter("which report? so far there is this one", param_hint="--hourly")
    with errors_told(context):
        from eponctl.commands import report as command

        config, now = load_config(context), int(time.time())
        sent = command.send_hourly(config, clock=time.time) if send else None
        made = sent.report if sent else command.hourly(config, now=now)
        if as_json:
            from eponctl.render.jsontext import document
            from eponctl.views.network import iso_in, olt_record, summary_record
            from eponctl.views.records import REPORT_SCHEMA

            iso = iso_in(config.timezone)
            summary = summary_record(made.olts)._asdict()
            head = head_of(config, now, REPORT_SCHEMA, period="hourly", summary=summary)
            rows = {"olts": (olt_record(watched, iso) for watched in made.olts)}
            put_or_replace(document(head, rows), output)
        elif output is not None:
            put_or_replace(["\n\n".join(made.texts), "\n"], output)
        elif sent is None:
            put(["\n\n".join(made.texts), "\n"])
        if sent:
            _tell_sent(context, sent)


def _tell_sent(context: typer.Context, sent: Sent) -> None:
    for fault in sent.faults:
        say(f"eponctl: {fault}")
    done = sent.messages - sent.missing
    if not globals_of(context).is_quiet or sent.missing:
        say(f"report: {done} of {sent.messages} messages sent (recipients: {sent.recipients})")
    if sent.missing:
        say("hint: what was not delivered is in the outbox, and due at the next poll")
        leave(EXIT_FIELD)


def export(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, a row a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV: UTF-8, RFC 4180.")] = False,
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="T",
            help="onus, olts, alerts or stats. Without it: --json has summary, OLTs, ONUs and "
            "incidents, --csv has ONUs.",
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Tables for other programs, to stdout or whole into a file."""
    if as_json == as_csv:
        raise typer.BadParameter("exactly one is needed", param_hint="--json and --csv")
    with errors_told(context):
        from eponctl.commands import export as command
        from eponctl.render import csvtext, jsontext

        name = one_of(tuple(command.Table), table, "--table")
        chosen = command.Table(name) if name else command.Table.ONUS if as_csv else None
        config, now = load_config(context), int(time.time())
        with command.exported(config, chosen, now=now) as found:
            if as_csv:
                ((kind, rows),) = found.tables.items()
                pieces = csvtext.document(command.RECORDS[kind], rows)
            else:
                head = head_of(config, now)
                if found.summary:
                    head["summary"] = found.summary._asdict()
                pieces = jsontext.document(head, found.tables)
            put_or_replace(pieces, output)

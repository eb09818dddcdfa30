"""The verbs that only look, `status` and `alerts`; and two lists that belong to other verbs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from eponctl.cli import completing, exports, report
from eponctl.cli.frame import config_path, errors_told, leave, load_config
from eponctl.cli.options import AsJson, Olt, head_of, one_of, seconds_of
from eponctl.cli.output import put_json, show
from eponctl.cli.watch import Watchable

if TYPE_CHECKING:
    from eponctl.views.records import Record
    from eponctl.views.status import Wanted


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command(cls=Watchable)(status)
    for verb in (alerts, report.report, exports.export):
        app.command()(verb)


def status(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEXT]",
            help="Part of an ONU's name, its customer's, its MAC or id.",
            show_default=False,
        ),
    ] = None,
    olt: Olt = None,
    pon: Annotated[
        str | None, typer.Option("--pon", metavar="P", help="Only this PON, as 0/1.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="S",
            help="up, down, pwrdown, loop, disabled, unknown, problem, stale or abandoned.",
            autocompletion=completing.states,
        ),
    ] = None,
    problems: Annotated[
        bool, typer.Option("--problems", help="Only problems, also of what TEXT finds.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every ONU.")] = False,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="K",
            help="olt, name, mac, status, priority, since, rx, temperature or distance: "
            "worst or latest first.",
            autocompletion=completing.sorts,
        ),
    ] = None,
    watch: Annotated[
        str | None,
        typer.Option(
            "--watch",
            metavar="[SECONDS]",
            help="On the whole screen, made anew every so often (5s), until q or Ctrl-C.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How the network stands: summary, OLTs, problems. No device is touched.

    TEXT, --pon and --state list every ONU that fits; --json lists all unless told otherwise. The
    summary counts all enabled OLTs, or the one of --olt, whatever else is asked for. q ends
    --watch with exit code 0, Ctrl-C with 130.
    """
    with errors_told(context):
        from eponctl.commands import status as command
        from eponctl.views.network import iso_in, olt_record, onu_record, summary_record
        from eponctl.views.status import Wanted

        wanted = Wanted(
            text=text,
            olt_ids=() if olt is None else (olt,),
            pon=pon,
            state=one_of(command.STATES, state, "--state"),
            only_problems=problems,
            everything=everything or as_json,
            sort=one_of(command.SORTS, sort, "--sort"),
        )
        if watch is not None:
            _watch(context, wanted, watch, as_json=as_json)
        config, now = load_config(context), int(time.time())
        found = command.status(config, wanted, now=now)
        if not as_json:
            from eponctl.render.networksheets import status_page

            show(status_page(found, config.timezone))
            return
        iso, states = iso_in(config.timezone), found.states
        head = head_of(config, now, summary=summary_record(found.olts)._asdict())
        tables: dict[str, Iterable[Record]] = {
            "olts": (olt_record(watched, iso) for watched in found.olts),
            "onus": (
                onu_record(onu, states[onu.olt_id], iso, found.customers.get(onu.mac))
                for onu in found.onus
            ),
        }
        put_json(head, tables)


def _watch(context: typer.Context, wanted: Wanted, every: str, *, as_json: bool) -> NoReturn:
    from eponctl.cli.watch import seconds_between
    from eponctl.cli.watch import watch as command

    if as_json:
        raise typer.BadParameter("expected only one of --watch and --json", param_hint="--watch")
    leave(command(config_path(context), wanted, seconds_between(every)))


def alerts(
    context: typer.Context,
    since: Annotated[
        str, typer.Option("--since", metavar="AGE", help="How far back: 90s, 15m, 24h, 30d.")
    ] = "24h",
    olt: Olt = None,
    priority: Annotated[
        str | None,
        typer.Option(
            "--priority",
            metavar="P",
            help="This urgent or more: critical, high or medium.",
            autocompletion=completing.priorities,
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="The newest N.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What happened, and whether anybody was told.

    The newest is the last line, as in a log; with --json it is the first row.
    """
    with errors_told(context):
        from eponctl.commands import alerts as command
        from eponctl.model import Priority

        found_priority = one_of(tuple(Priority), priority, "--priority")
        age_s = seconds_of(since, "--since")
        config, now = load_config(context), int(time.time())
        told = command.alerts(
            config,
            max(0, now - age_s),
            olt_id=olt,
            priority=None if found_priority is None else Priority(found_priority),
            limit=limit,
        )
        if not as_json:
            from eponctl.render.historysheets import alerts_page

            show(alerts_page(told, config.timezone))
            return
        from eponctl.views.history import alert_record
        from eponctl.views.network import iso_in

        iso = iso_in(config.timezone)
        rows = (alert_record(one.alert, one.delivery, iso, one.customer) for one in told)
        put_json(head_of(config, now), {"alerts": rows})


# --- lists of other verbs ---------------------------------------------------------------------


def show_olt_list(context: typer.Context, *, as_json: bool) -> None:
    """`olt list`: also before the first poll."""
    with errors_told(context):
        from eponctl.commands.network import listed_olts

        config = load_config(context)
        olts = listed_olts(config)
        if not as_json:
            from eponctl.render.oltsheets import olt_list_page

            show(olt_list_page(olts))
            return
        from eponctl.views.network import olt_entry
        from eponctl.views.records import OLT_LIST_SCHEMA

        head = head_of(config, int(time.time()), OLT_LIST_SCHEMA)
        put_json(head, {"olts": map(olt_entry, olts)})


def show_queue(context: typer.Context, *, as_json: bool, everything: bool) -> None:
    """`whatsapp queue`: what waits and what failed; `everything`: the whole outbox."""
    with errors_told(context):
        from eponctl.commands.queue import queue

        config = load_config(context)
        messages = queue(config, everything=everything)
        if not as_json:
            from eponctl.render.historysheets import queue_page

            show(queue_page(messages, config.timezone))
            return
        from eponctl.views.history import message_record
        from eponctl.views.network import iso_in
        from eponctl.views.records import OUTBOX_SCHEMA

        iso = iso_in(config.timezone)
        head = head_of(config, int(time.time()), OUTBOX_SCHEMA)
        put_json(head, {"messages": (message_record(message, iso) for message in messages)})

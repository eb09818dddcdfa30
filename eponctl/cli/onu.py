"""`eponctl onu REF`: one ONU; `onu label` and `onu import`: who its customer is."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli.frame import errors_told, globals_of, load_config, say
from eponctl.cli.group import Verbs
from eponctl.cli.options import AsJson, head_of, seconds_of
from eponctl.cli.output import put_line, screen, show

if TYPE_CHECKING:
    from typer import _click as click
    from typer._click.shell_completion import CompletionItem

    from eponctl.cli.frame import Call
    from eponctl.commands.label import Imported

_REF = "REF"
_JSON_STEPS = 200


class _RefGroup(Verbs):
    """A group whose first argument is an ONU where it is no word of the group.

    An ONU that is called as one of the words is reached by its MAC.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Options before REF are REF's, not the group's; but for the one that every group has.
        is_option = bool(args) and args[0].startswith("-")
        if is_option and args[0] not in ctx.help_option_names:
            args = ["--", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # REF stands for an ONU: nobody means to type it.
        return [one for one in super().shell_complete(ctx, incomplete) if one.value != _REF]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] in self.commands and args[0] != _REF:
            return super().resolve_command(ctx, args)
        return None, self.commands[_REF], args


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(
        cls=_RefGroup,
        no_args_is_help=True,
        subcommand_metavar="REF [OPTIONS] | label MAC TEXT | import FILE.csv",
        help="One ONU: how it is and how it was; who its customer is.\n\n"
        "`eponctl onu REF --help` says more of REF and its options.",
    )
    group.command(_REF)(onu)
    group.command("label")(label)
    group.command("import")(import_)
    app.add_typer(group, name="onu")


def onu(
    context: typer.Context,
    ref: Annotated[
        str,
        typer.Argument(
            metavar="REF",
            help="Its MAC, OLT-ID:0/1:3, or a name that no other has: its own or its customer's.",
            show_default=False,
        ),
    ],
    since: Annotated[
        str,
        typer.Option(
            "--since", metavar="AGE", help="How far back signal, incidents and events go."
        ),
    ] = "7d",
    as_json: AsJson = False,
) -> None:
    """One ONU: facts, signal over time, availability, incidents, events.

    REF is a MAC in any notation, OLT-ID:0/1:3, or a name. Availability counts only time in which
    somebody looked: OTHER is down without a cause that is known, MAINTENANCE what was quiet on
    purpose. An ONU that is named "label" or "import" is reached by its MAC.
    """
    with errors_told(context):
        from eponctl.commands import onu as command

        age_s = seconds_of(since, "--since")
        if age_s <= 0:
            raise typer.BadParameter(
                "expected more than nothing, as 24h or 7d", param_hint="--since"
            )
        config, now = load_config(context), int(time.time())
        on = screen()
        if as_json:
            steps = _JSON_STEPS
        else:
            from eponctl.render.trendchart import NUMBERED_STEPS, steps_within

            steps = NUMBERED_STEPS if on is None else steps_within(on.width)
        facts = command.facts(config, ref, max(0, now - age_s), now=now, steps=steps)
        if as_json:
            import json

            from eponctl.views.onus import facts_object
            from eponctl.views.records import ONU_SCHEMA

            head = head_of(config, now, ONU_SCHEMA)
            put_line(json.dumps(head | facts_object(facts, config.timezone)))
            return
        from eponctl.render.onusheets import onu_page

        is_ascii = not sys.stdout.encoding.casefold().startswith("utf")
        show(onu_page(facts, config.timezone, draws=on is not None, is_ascii=is_ascii))


def label(
    context: typer.Context,
    mac: Annotated[
        str, typer.Argument(metavar="MAC", help="The ONU's, in any notation.", show_default=False)
    ],
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT", help='The customer\'s name; "" removes it.', show_default=False
        ),
    ],
) -> None:
    """Say who the customer of an ONU is: shown beside the device's name.

    In tables, alerts and exports. "" removes the name, and phone and note with it.
    """
    with errors_told(context):
        from eponctl.commands import label as command
        from eponctl.render.plain import safe

        done = command.label(load_config(context), mac, text)
        if done.name is not None:
            put_line(safe(f"{done.mac}: {done.name}"))
        else:
            put_line(f"{done.mac}: {'removed' if done.was_known else 'had no name'}")
        if not done.is_there and done.name is not None and not globals_of(context).is_quiet:
            say(f"{done.mac} is on no OLT (yet); the name is kept")


def import_(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE.csv",
            help="UTF-8; its first line names the columns: mac, name, and phone, note.",
            show_default=False,
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file, store nothing.")
    ] = False,
) -> None:
    """Take over customers from a CSV file: mac, name, phone, note.

    Separated by , or ;. One bad line, and nothing of the file is stored. Customers that the file
    does not name stay as they are; so do phone and note where it has no such column. MACs that no
    OLT has are told of, and kept.
    """
    with errors_told(context):
        from eponctl.commands import label as command

        done = command.import_(load_config(context), Path(file), is_dry_run=dry_run)
        count = len(done.customers)
        what = "1 customer" if count == 1 else f"{count} customers"
        put_line(f"{what}; nothing was stored (--dry-run)" if dry_run else f"{what} stored")
        if not globals_of(context).is_quiet:
            _tell_import(done, context)


def _tell_import(done: Imported, context: Call) -> None:
    from eponctl.commands.label import shown_macs

    if done.ignored:
        say(f"columns that mean nothing here: {', '.join(done.ignored)}")
    if done.absent:
        most = len(done.absent) if globals_of(context).verbose else 10
        macs = shown_macs(done.absent, most)
        say(f"on no OLT (yet), kept all the same: {len(done.absent)} of them: {macs}")

"""`eponctl export`: what is known, for other programs, and as a page for people."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from eponctl.cli import completing
from eponctl.cli.frame import errors_told, load_config
from eponctl.cli.options import Output, not_ours, one_of
from eponctl.cli.output import put_or_replace


def export(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, a row a line.")] = False,
    as_ndjson: Annotated[
        bool, typer.Option("--ndjson", help="A JSON object a line, and nothing around them.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV: UTF-8, RFC 4180.")] = False,
    as_prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Metrics for node_exporter's textfile collector.")
    ] = False,
    as_html: Annotated[
        bool, typer.Option("--html", help="One page with everything in it: the dashboard.")
    ] = False,
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="T",
            help="onus, olts, alerts or stats. Without it: --json has summary, OLTs, ONUs and "
            "incidents, --ndjson and --csv have ONUs.",
            autocompletion=completing.tables,
        ),
    ] = None,
    output: Output = None,
) -> None:
    """What is known for other programs, or as a page; to stdout or whole into a file."""
    wanted = {
        "json": as_json,
        "ndjson": as_ndjson,
        "csv": as_csv,
        "prometheus": as_prometheus,
        "html": as_html,
    }
    chosen = [name for name, is_wanted in wanted.items() if is_wanted]
    if len(chosen) != 1:
        *most, last = (f"--{name}" for name in wanted)
        hint = f"{', '.join(most)} and {last}"
        raise typer.BadParameter("exactly one is needed", param_hint=hint)
    with errors_told(context):
        from eponctl.cli import formats
        from eponctl.commands.export import Table

        (format_,) = chosen
        if table is not None and format_ not in formats.TABLES:
            what = f"--{format_} is always of the whole network"
            raise typer.BadParameter(what, param_hint="--table")
        name = one_of(tuple(Table), table, "--table")
        config, now = load_config(context), int(time.time())
        not_ours(output, config)
        with formats.exported(config, format_, name, now=now) as pieces:
            put_or_replace(pieces, output)

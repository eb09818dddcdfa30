"""The verbs about incidents: `incidents`, `why`, `silence`, `ack`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli import completing
from eponctl.cli.frame import errors_told, load_config
from eponctl.cli.options import AsJson, head_of, seconds_of
from eponctl.cli.output import put_json, put_line, put_words, show

if TYPE_CHECKING:
    from eponctl.settings import Config
    from eponctl.views.silences import Silenced

_LONGEST_S = 366 * 86400
_LIST, _END = "list", "end"


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    for verb in (incidents, why, silence, ack):
        app.command()(verb)


def incidents(
    context: typer.Context,
    is_open_only: Annotated[bool, typer.Option("--open", help="Only what goes on.")] = False,
    since: Annotated[
        str, typer.Option("--since", metavar="AGE", help="How far back: 90s, 15m, 24h, 30d.")
    ] = "24h",
    as_json: AsJson = False,
) -> None:
    """Outages and silent OLTs, with cause and evidence.

    What goes on is always there. The newest is the last line; with --json it is the first row.
    """
    with errors_told(context):
        from eponctl.commands import incidents as command

        age_s = seconds_of(since, "--since")
        config, now = load_config(context), int(time.time())
        found = command.incidents(config, max(0, now - age_s), is_open_only=is_open_only)
        if not as_json:
            from eponctl.render.incidentsheets import incidents_page

            page = incidents_page(found, is_open_only=is_open_only, now=now, zone=config.timezone)
            show(page)
            return
        from eponctl.views.incidents import incident_records
        from eponctl.views.records import INCIDENTS_SCHEMA

        rows = incident_records(found.incidents, found.told_at, config.timezone)
        put_json({"schema": INCIDENTS_SCHEMA}, {"incidents": rows})


def why(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="ONU|#ID",
            help="An incident's id, or an ONU: its MAC, OLT-ID:0/1:3 or name.",
            show_default=False,
            autocompletion=completing.incidents,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The decision in plain words: an incident's, an ONU's.

    Why it was judged as it was, and who was told what, or was not, and why.
    A shell takes #7K3Q for a comment: write 7K3Q, or '#7K3Q'.
    """
    wanted = _given(what, "ONU|#ID")
    with errors_told(context):
        from eponctl.commands import why as command

        config, now = load_config(context), int(time.time())
        story = command.why(config, wanted, now=now)
        if as_json:
            import json

            from eponctl.views.records import WHY_SCHEMA
            from eponctl.views.stories import story_object

            head = head_of(config, now, WHY_SCHEMA)
            put_line(json.dumps(head | story_object(story, config.timezone)))
            return
        from eponctl.render.whysheets import why_page

        show(why_page(story, config.timezone))


def _given(text: str | None, name: str) -> str:
    if text is None or not text.strip():
        hint = "missing; a shell takes #7K3Q for a comment: write 7K3Q, or '#7K3Q'"
        raise typer.BadParameter(hint, param_hint=name)
    return text.strip()


def silence(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET|list|end",
            help="OLT[:PON[:ONU]], each a name or a glob, or a MAC; or one of the two words.",
            show_default=False,
            autocompletion=completing.targets,
        ),
    ],
    which: Annotated[
        str | None,
        typer.Argument(metavar="[ID|TARGET]", help="After `end`: which one.", show_default=False),
    ] = None,
    length: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="How long: 30m, 2h, 1d.")
    ] = None,
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="For others.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell nothing of TARGET for a time; list, end.

    As `eponctl silence 'OLT-1:0/1' --for 2h --why splicing`. Polls go on, and what is still wrong
    at the end is told then. `silence list` shows what is silenced now, `silence end ID|TARGET` ends
    it before its time. OLTs that are called list or end are reached by a glob: `lis[t]`.
    """
    if target in {_LIST, _END}:
        if length is not None or why is not None:
            raise typer.BadParameter(f"not with `silence {target}`", param_hint="--for, --why")
        if target == _LIST and which is not None:
            raise typer.BadParameter("`silence list` shows all", param_hint="ID")
    elif which is not None:
        raise typer.BadParameter("only behind `end`; one TARGET at a time", param_hint="ID|TARGET")
    with errors_told(context):
        if target == _LIST:
            _list_silences(context, as_json=as_json)
        elif target == _END:
            _end_silence(context, _given(which, "ID|TARGET"), as_json=as_json)
        else:
            _begin_silence(context, target, _length_s(length), why, as_json=as_json)


def _length_s(length: str | None) -> int:
    if length is None:
        raise typer.BadParameter("is missing: for how long, as 30m, 2h, 1d", param_hint="--for")
    found = seconds_of(length, "--for")
    if not 0 < found <= _LONGEST_S:
        raise typer.BadParameter("expected a time of up to a year", param_hint="--for")
    return found


def _begin_silence(
    context: typer.Context, target: str, length_s: int, why: str | None, *, as_json: bool
) -> None:
    from eponctl.commands import silence as command

    config, now = load_config(context), int(time.time())
    made = command.begin(config, target, now=now, until=now + length_s, why=why)
    if as_json:
        _put_silences(config, [made], now)
        return
    from eponctl.render.incidentsheets import silenced_line

    put_words(silenced_line(made, now, config.timezone))


def _list_silences(context: typer.Context, *, as_json: bool) -> None:
    from eponctl.commands import silence as command

    config, now = load_config(context), int(time.time())
    found = command.listed(config, now=now)
    if as_json:
        _put_silences(config, found, now)
        return
    from eponctl.render.incidentsheets import silences_page

    show(silences_page(found, now, config.timezone))


def _end_silence(context: typer.Context, which: str, *, as_json: bool) -> None:
    from eponctl.commands import silence as command

    config, now = load_config(context), int(time.time())
    ended = command.end(config, which, now=now)
    if as_json:
        _put_silences(config, ended, now)
        return
    from eponctl.render.plain import safe

    for one in ended:
        put_words(safe(f"{one.silence.target}: silence {one.silence.id} ended"))


def _put_silences(config: Config, silences: list[Silenced], now: int) -> None:
    from eponctl.views.network import iso_in
    from eponctl.views.records import SILENCES_SCHEMA
    from eponctl.views.silences import silence_record

    iso = iso_in(config.timezone)
    rows = (silence_record(one, iso) for one in silences)
    put_json(head_of(config, now, SILENCES_SCHEMA), {"silences": rows})


def ack(
    context: typer.Context,
    incident: Annotated[
        str | None,
        typer.Argument(
            metavar="#ID",
            help="The incident's id, as in its messages.",
            autocompletion=completing.open_incidents,
        ),
    ] = None,
) -> None:
    """Somebody is at it: no more reminders.

    A shell takes #7K3Q for a comment: write 7K3Q, or '#7K3Q'.
    """
    wanted = _given(incident, "#ID")
    with errors_told(context):
        from eponctl.commands import ack as command
        from eponctl.render.incidentsheets import acked_line

        config, now = load_config(context), int(time.time())
        put_words(acked_line(command.ack(config, wanted, now=now), config.timezone))

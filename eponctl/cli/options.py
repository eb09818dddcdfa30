"""Options that several verbs share, and how their words are understood."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli import completing

if TYPE_CHECKING:
    from eponctl.settings import Config

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]
Olt = Annotated[
    str | None,
    typer.Option("--olt", metavar="ID", help="Only this OLT.", autocompletion=completing.olt_ids),
]
OltId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The OLT's id, as in olts.toml.", autocompletion=completing.olt_ids
    ),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Into this file, whole or not at all."),
]


def not_ours(output: str | None, config: Config) -> None:
    """Raises BadParameter for a file to write that is one which eponctl lives by."""
    own = (str(config.path), *(f"{config.database}{end}" for end in ("", "-wal", "-shm", ".lock")))
    if output is not None and os.path.realpath(output) in {os.path.realpath(one) for one in own}:
        raise typer.BadParameter(f"{output} is a file of eponctl's own", param_hint="--output")


def one_of(known: Iterable[str], word: str | None, option: str) -> str | None:
    """The word, if it is known. Raises BadParameter with the nearest one, and all there are."""
    words = [str(one) for one in known]
    if word is None or word in words:
        return word
    from eponctl.configvalues import nearest, shown

    begun = [one for one in words if word and one.startswith(word.casefold())]
    near = nearest(begun[0] if len(begun) == 1 else word, words)
    what = f"unknown: {shown(word)}{near} (known: {', '.join(words)})"
    raise typer.BadParameter(what, param_hint=option)


def seconds_of(text: str, option: str) -> int:
    """Seconds of a duration as in olts.toml. Raises BadParameter."""
    from eponctl.configvalues import Expected, duration_s, shown

    try:
        return round(duration_s(text))
    except Expected as error:
        raise typer.BadParameter(
            f"expected {error.expected}, got {shown(text)}", param_hint=option
        ) from None


def head_of(config: Config, now: int, schema: str = "", **more: object) -> dict[str, object]:
    """What every JSON object begins with, and what else it is to have beside its tables."""
    from eponctl.views.network import iso_in
    from eponctl.views.records import SCHEMA

    return {"schema": schema or SCHEMA, "generated_at": iso_in(config.timezone)(now), **more}

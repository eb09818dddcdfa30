"""How a group of verbs lists them in its help: in full, and in an order that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer import _click as click

_MOST = 200


class Verbs(TyperGroup):
    """A group that says of each verb the whole first sentence, on two lines where it must."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list."""
        known = ((name, self.commands[name]) for name in self.list_commands(ctx))
        rows = [(name, one.get_short_help_str(_MOST)) for name, one in known if not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

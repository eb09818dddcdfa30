"""The formats of `export`, and of what each poll writes: from the database to pieces of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eponctl.settings import Config

TABLES = frozenset({"json", "ndjson", "csv"})
"""The formats that can be of one table; the others are of the whole network."""
_ONE_TABLE = frozenset({"ndjson", "csv"})
_RELOAD_S = 60  # a page that every poll writes looks for a newer one


@contextmanager
def exported(
    config: Config, format_: str, table: str | None = None, *, now: int, is_live: bool = False
) -> Iterator[Iterable[str]]:
    """The export in pieces, to be taken while the database is open.

    `is_live`: it is written anew by each poll. Raises StoreError.
    """
    if format_ == "prometheus":
        from eponctl.commands.overview import overview
        from eponctl.render import prometheus

        yield prometheus.document(overview(config, now=now))
    elif format_ == "html":
        from eponctl.commands.overview import dashboard
        from eponctl.render.dashboard import document as page

        seen = dashboard(config, now=now)
        yield page.document(seen, config, reload_s=_RELOAD_S if is_live else None)
    else:
        with _tables(config, format_, table, now) as pieces:
            yield pieces


@contextmanager
def _tables(config: Config, format_: str, table: str | None, now: int) -> Iterator[Iterable[str]]:
    from eponctl.commands import export
    from eponctl.render import csvtext, jsontext
    from eponctl.views.network import iso_in
    from eponctl.views.records import SCHEMA

    word = table or (export.Table.ONUS if format_ in _ONE_TABLE else None)
    chosen = export.Table(word) if word else None
    with export.exported(config, chosen, now=now) as found:
        if format_ == "json":
            at = iso_in(config.timezone)(now)
            head: dict[str, object] = {"schema": SCHEMA, "generated_at": at}
            if found.summary:
                head["summary"] = found.summary._asdict()
            yield jsontext.document(head, found.tables)
            return
        ((kind, rows),) = found.tables.items()
        is_csv = format_ == "csv"
        yield csvtext.document(export.RECORDS[kind], rows) if is_csv else jsontext.lines(rows)

"""A bar on stderr while OLTs are being read; only on a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from eponctl.outcome import OltResult
from eponctl.render.plain import safe


@contextlib.contextmanager
def polling(total: int) -> Iterator[Callable[[OltResult], None]]:
    """Show the bar, and give what must be called for each OLT that is done."""
    bar = Progress(
        TextColumn("polling"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[last]}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("polling", total=total, last="")

        def done(result: OltResult) -> None:
            sign = "ok" if result.is_ok else "failed"
            bar.update(task, advance=1, last=safe(f"{result.olt_id} {sign}"))

        yield done

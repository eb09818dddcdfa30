"""What each poll writes for others: the files of [export], each whole or not at all.

Knows nothing of typer. Nothing here may take from a poll what it has done: what goes wrong is a
line for stderr.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING

from eponctl.cli.formats import exported
from eponctl.cli.output import replace
from eponctl.errors import EponctlError

if TYPE_CHECKING:
    from eponctl.settings import Config, ExportTarget

# node_exporter runs as a user of its own; the others hold names of customers.
_MODES = {"prometheus": 0o644}
_MODE = 0o640


def export_all(config: Config, *, now: int) -> Iterator[str]:
    """Write the files; a fault for each that could not be written, which is as it was then."""
    for target in config.exports:
        fault = _export(config, target, now)
        if fault:
            yield f"export {target.format}: {fault}"


def _export(config: Config, target: ExportTarget, now: int) -> str:
    try:
        with exported(config, target.format, now=now, is_live=True) as pieces:
            replace(pieces, target.path, _MODES.get(target.format, _MODE))
    except EponctlError as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message
    except OSError as error:
        return f"{target.path}: {error.strerror or error}"
    except Exception:  # noqa: BLE001  (a bug in a page must not take the poll's own words away)
        from eponctl.outcome import write_crash_file

        name = f"export-{target.format}"
        write_crash_file(config.database, name, traceback.format_exc())
        return f"a bug in eponctl; eponctl-crash-{name}.txt beside the database says where"
    return ""

"""A report as one page for a browser: nothing in it runs, and nothing is loaded from elsewhere.

The same tables as on a terminal, by report.html.j2; jinja2 escapes every text.
"""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path

from eponctl.render.reportsheets import report_page, title
from eponctl.render.sheet import Style
from eponctl.reports import Report

MOST = 200
_CLASSES = {
    Style.GOOD: "good",
    Style.WARN: "warn",
    Style.BAD: "bad",
    Style.WORST: "bad strong",
    Style.FAINT: "faint",
    Style.STRONG: "strong",
}


def page(report: Report, zone: tzinfo) -> str:
    """The whole document."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = report_page(report, zone, MOST)
    facts = [
        (line.text[: line.hang].strip(), line.text[line.hang :], _CLASSES.get(line.style, ""))
        for line in shown.head
        if line.hang
    ]
    template = environment.get_template("report.html.j2")
    return template.render(title=title(report), facts=facts, sheets=shown.sheets, classes=_CLASSES)

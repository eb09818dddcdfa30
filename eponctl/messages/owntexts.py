"""Somebody's own texts in the place of ours: one file per template, which holds what differs.

It is read as if it stood behind the built-in template, in jinja2's sandbox: a macro or a `set` that
it defines anew counts, in the built-in macros too, and all it does not name stays. What cannot be
used (broken, empty, too long, never done) is noted in textfaults, and the built-in text is taken:
no message is lost for its words. Knows no text; what devices wrote is harmless before it gets here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from eponctl.configvalues import nearest
from eponctl.messages.sandbox import Unusable, bounded_memory, bounded_time, environment
from eponctl.messages.split import RESERVE
from eponctl.messages.text import units
from eponctl.textfaults import TextFault, note

if TYPE_CHECKING:
    from jinja2 import nodes

LONGEST = 3000
"""UTF-16 units of one block: it fits into a message with its heads."""
LONGEST_HEAD = 500
"""Of what stands above blocks; what leaves these no room all the same, notify.py deals with."""
HEADS = frozenset(
    {
        "head",
        "head_again",
        "quiet",
        "gap",
        "section",
        "section_again",
        "unreachable_section",
        "heading",
        "crowd_heading",
        "changes_heading",
        "digest_heading",
    }
)
REPEAT = "repeat"
# A counter behind it may be "\n\n(12/34)".
_LONGEST_REPEAT = RESERVE - 12
MAX_BYTES = 200_000


class OwnTexts:
    """The macros of one file; what it cannot be used for is noted once, and not tried again."""

    def __init__(self, path: Path, builtin: Path) -> None:
        """Compile both together; a file that cannot be is noted, and has no texts."""
        self._path = path
        self._above = 0
        self._lines: dict[str, int] = {}
        self._broken: set[str] = set()
        self._macros: Any = None
        try:
            ours, own = builtin.read_text("utf-8"), own_source(path)
            self._above = ours.count("\n")
            with bounded_memory():
                self._template = _compiled(ours + own, path)
                self._lines = macro_lines(own)
                with bounded_time(str(path)):
                    self._macros = self._template.module
        except Exception as error:  # noqa: BLE001  (whatever a file of somebody's does to jinja2)
            self._note(error)

    def text(self, macro: str, *values: object) -> str | None:
        """Return the block that a macro makes; None: the built-in one is to be taken."""
        if self._macros is None or macro in self._broken:
            return None
        try:
            with bounded_memory(), bounded_time(str(self._path)):
                found = str(getattr(self._macros, macro)(*values)).strip("\n")
            _check(macro, found)
        except Exception as error:  # noqa: BLE001  (a template may raise anything)
            self._broken.add(macro)
            self._note(error, macro)
            return None
        return found

    def _note(self, error: Exception, macro: str = "") -> None:
        line, what = self._line_of(error), _in_words(error)
        if macro and line <= 0:
            line = self._lines.get(macro, 0)
            what = f"{macro}: {what}" if line else f"with it, ours of {macro} breaks: {what}"
        note(TextFault(self._path, max(line, 0), what))

    def _line_of(self, error: Exception) -> int:
        """Return the line of the file where it happened; 0 or less: in none of its own."""
        line = getattr(error, "lineno", None)
        if isinstance(line, int):
            return line - self._above
        found, trace = 0, error.__traceback__
        while trace is not None:
            found = self._line_in(trace) or found
            trace = trace.tb_next
        return found - self._above

    def _line_in(self, trace: TracebackType) -> int:
        if trace.tb_frame.f_code.co_filename != str(self._path):
            return 0
        return int(self._template.get_corresponding_lineno(trace.tb_lineno))


@cache
def load(path: Path, builtin: Path) -> OwnTexts | None:
    """Return the texts of a file over those of the built-in one; None where there is no file."""
    return OwnTexts(path, builtin) if path.is_file() else None


def own_source(path: Path) -> str:
    """Return what a file says. Raises ValueError or OSError."""
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        message = f"larger than {MAX_BYTES // 1000} kB"
        raise ValueError(message)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"line {line}: not UTF-8 text"
        raise ValueError(message) from None


def oddities(path: Path, builtin: Path) -> list[TextFault]:
    """Return what of a file can never be seen: words outside of macros, and names nobody uses.

    Of a file that cannot be compiled: nothing, for that is told when it is loaded.
    """
    from jinja2 import TemplateSyntaxError, nodes

    try:
        ours, own = (environment().parse(own_source(one)) for one in (builtin, path))
    except (TemplateSyntaxError, ValueError, OSError):
        return []
    known = {name for name, _ in _defined(ours)}
    used = known | {name.name for name in own.find_all(nodes.Name) if name.ctx == "load"}
    found = [
        TextFault(path, line, f"nothing uses {name}{nearest(name, known)}")
        for name, line in _defined(own)
        if name not in used
    ]
    for node in own.body:
        if isinstance(node, nodes.Output):
            # Words have `data`, values have none.
            said = [(part, str(getattr(part, "data", "x"))) for part in node.nodes]
            lines = [part.lineno + _blank_lines(text) for part, text in said if text.strip()]
            what = "what stands outside of a macro is never sent"
            found += [TextFault(path, line, what) for line in lines[:1]]
    return found


def _blank_lines(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count("\n")


def _defined(template: nodes.Template) -> list[tuple[str, int]]:
    """Return the macros and variables at the top of a template, each with its line."""
    from jinja2 import nodes

    found = []
    for node in template.body:
        if isinstance(node, nodes.Macro):
            found.append((node.name, node.lineno))
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            found.append((node.target.name, node.lineno))
    return found


def macro_lines(source: str) -> dict[str, int]:
    """Return the line of each macro and variable of a file. Raises jinja2's TemplateSyntaxError."""
    return dict(_defined(environment().parse(source)))


def _compiled(source: str, path: Path) -> Any:
    from jinja2 import Template

    inside = environment()
    code = inside.compile(source, name=path.name, filename=str(path))
    return Template.from_code(inside, code, inside.make_globals(None))


def _check(macro: str, text: str) -> None:
    """Raise Unusable for a text that says nothing, or that leaves no room for the others."""
    if not text.strip():
        message = "an empty text"
        raise Unusable(message)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        message = "half a letter, as \\ud83d without its other half"
        raise Unusable(message)
    most = _LONGEST_REPEAT if macro == REPEAT else LONGEST_HEAD if macro in HEADS else LONGEST
    if units(text) > most:
        message = f"{units(text)} characters, more than the {most} that it may have"
        raise Unusable(message)


_OBJECT = re.compile(r"'(?:[\w.]+\.)?(\w+)(?: object)?' has no attribute '(\w+)'")


def _in_words(error: Exception) -> str:
    """Return what jinja2 or Python says, on one line, without the names of our modules."""
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return "makes more than a text needs"
    if isinstance(error, RecursionError):
        return "calls itself without end"
    if str(error).startswith("no loader"):
        return "include, import and extends are not for texts: all must stand in this file"
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    said = " ".join(_OBJECT.sub(r"\1 has no '\2'", str(text)).split())
    # Not everything is known of every ONU.
    return f"{said}; {{% if %}} asks whether there is a value" if said.startswith("None ") else said

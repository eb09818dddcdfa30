"""The README's command reference, made from the code: `python -m tests.reference` writes it.

What stands between the two marks is this module's; a test holds it to the program.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from eponctl.cli.program import VERBS, program

README = Path(__file__).parent.parent / "README.md"
BEGIN = "<!-- command reference: written by `python -m tests.reference`, not by hand -->\n"
END = "<!-- end of the command reference -->\n"
WIDTH = 130
# Said once, above the list.
_EVERYWHERE = {"--help"}
_AS_JSON = "One JSON object instead of tables."


def reference() -> str:
    """All verbs in the order of the help, each with its usage, what it does, its options."""
    top = typer.main.get_command(program())
    blocks = [_entry("eponctl", top, "Before any verb, or behind it")]
    for verb in VERBS:
        blocks += _entries(f"eponctl {verb}", _commands(top)[verb])
    return "\n".join(blocks) + "\n"


def _commands(command: Any) -> dict[str, Any]:
    """The commands of a group; none of anything else."""
    return getattr(command, "commands", {})


def _entries(path: str, command: Any) -> Iterator[str]:
    inner = _commands(command)
    if not inner:
        yield _entry(path, command, _first(command.help))
    for name, one in inner.items():
        # A group that takes something else than its words calls that one in capitals.
        below = path if name.isupper() else f"{path} {name}"
        if not one.hidden:
            yield from _entries(below, one)


def _first(text: str | None) -> str:
    """The first paragraph of a help, on one line."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def _entry(path: str, command: Any, what: str) -> str:
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    options = [
        one
        for one in shown
        if one.param_type_name == "option" and not _EVERYWHERE.intersection(one.opts)
    ]
    usage = " ".join(
        [path, *(_metavar(one) for one in arguments), *(["[OPTIONS]"] * bool(options))]
    )
    lines = [f"- **`{usage}`**<br>", f"{_escaped(what)}<br>"]
    told = [_argument(one) for one in arguments if one.help] + [_option(one) for one in options]
    lines.append(" · ".join(told) if told else "")
    return "\n".join(_wrapped(line) for line in lines if line).removesuffix("<br>")


def _wrapped(line: str) -> str:
    indent = "" if line.startswith("- ") else "  "
    return textwrap.fill(
        line,
        WIDTH,
        initial_indent=indent,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _argument(argument: Any) -> str:
    return f"`{_metavar(argument)}` {_escaped(argument.help)}"


def _option(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    value = option.metavar or ("" if option.is_flag or option.count else option.type.name.upper())
    is_told = option.show_default and option.default not in {None, False, True}
    default = f" (default: {option.default})" if is_told else ""
    what = "" if option.help == _AS_JSON else f" {_escaped(_first(option.help))}"
    return f"`{f'{names} {value}'.strip()}`{what}{default}"


def _escaped(text: str) -> str:
    """The text as Markdown shows it, word for word; code stays code."""
    pieces = re.split(r"(`[^`]*`)", text.rstrip("."))
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([*_<>\[\]])", r"\\\1", piece)
        for piece in pieces
    )


def split(text: str) -> tuple[str, str, str]:
    """A README before, between and behind the marks. Raises ValueError when these are not there."""
    before, begin, rest = text.partition(BEGIN)
    found, end, behind = rest.partition(END)
    if not begin or not end:
        message = f"README.md: expected the lines {BEGIN.strip()} and {END.strip()}"
        raise ValueError(message)
    return before + begin, found, end + behind


def main() -> int:
    """Write it; say whether that changed anything."""
    text = README.read_text("utf-8")
    before, found, behind = split(text)
    made = reference()
    if found == made:
        sys.stdout.write("README.md: the command reference is up to date\n")
        return 0
    README.write_text(before + made + behind, "utf-8")
    sys.stdout.write("README.md: the command reference was written anew\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`eponctl olt add`, `edit`, `remove`, `enable` and `disable`: what writes olts.toml."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eponctl.cli.frame import (
    EXIT_INTERRUPTED,
    config_path,
    errors_told,
    globals_of,
    leave,
    say,
)
from eponctl.cli.options import OltId

if TYPE_CHECKING:
    from eponctl.commands.olt_edit import Change, PasswordOptions

NewOltId = Annotated[str, typer.Argument(metavar="ID", help="The new OLT's id.")]
Url = Annotated[str | None, typer.Option(metavar="URL", help="http(s)://host[:port]")]
Name = Annotated[str | None, typer.Option(metavar="NAME", help="What messages call it.")]
Username = Annotated[str | None, typer.Option(metavar="USER", help="User of its web page.")]
Driver = Annotated[
    str | None, typer.Option(metavar="DRIVER", help='Default: "auto", which finds out by itself.')
]
PasswordEnv = Annotated[
    str | None, typer.Option(metavar="VAR", help="The password is in this environment variable.")
]
PasswordFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="The password is in this file.")
]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read it from stdin, keep it in olts.toml.")
]
PasswordArgument = Annotated[str | None, typer.Option("--password", hidden=True)]


def add(
    context: typer.Context,
    olt_id: NewOltId,
    url: Url = None,
    name: Name = None,
    username: Username = None,
    password_env: PasswordEnv = None,
    password_file: PasswordFile = None,
    password_stdin: PasswordStdin = False,
    password: PasswordArgument = None,
    driver: Driver = None,
    no_verify_tls: Annotated[
        bool, typer.Option("--no-verify-tls", help="Its TLS certificate is its own.")
    ] = False,
    disabled: Annotated[
        bool, typer.Option("--disabled", help="Write it down, do not poll it yet.")
    ] = False,
) -> None:
    """Add an OLT to olts.toml, or begin one with it. --url is needed.

    On a terminal, user name and password are asked for when no option gives them.
    """
    with errors_told(context):
        from eponctl.commands import olt_edit
        from eponctl.render import olttext

        path = olt_edit.place(globals_of(context).config, os.environ, Path.cwd())
        options = olt_edit.PasswordOptions(
            password_env, password_file, password_stdin, argument=password
        )
        if sys.stdin.isatty() and not options.is_given:
            options = replace(options, is_asked_for=True)
        values = {
            "url": url,
            "name": name,
            "username": username,
            "driver": driver,
            "verify_tls": False if no_verify_tls else None,
            "enabled": False if disabled else None,
            **options.keys(path, Path.cwd()),
        }
        awaited = {"username"} if username is None and sys.stdin.isatty() else set()
        olt_edit.check({"id": olt_id, **values}, awaited, options)
        olt_edit.check_free(path, olt_id)
        if awaited:
            values["username"] = _line(f"User name of {olt_id} [admin]: ") or "admin"
        change = olt_edit.add(path, olt_id, {**values, **_password(olt_id, options)})
        _tell(context, change, olttext.added(change, _command(context)))


def edit(
    context: typer.Context,
    olt_id: OltId,
    url: Url = None,
    name: Name = None,
    username: Username = None,
    password_env: PasswordEnv = None,
    password_file: PasswordFile = None,
    password_stdin: PasswordStdin = False,
    ask_password: Annotated[
        bool, typer.Option("--ask-password", help="Ask for it, keep it in olts.toml.")
    ] = False,
    password: PasswordArgument = None,
    driver: Driver = None,
    verify_tls: Annotated[
        bool | None,
        typer.Option("--verify-tls/--no-verify-tls", help="Whether its certificate is checked."),
    ] = None,
) -> None:
    """Change what olts.toml says of one OLT; all else in the file stays as it is."""
    with errors_told(context):
        from eponctl.commands import olt_edit
        from eponctl.render import olttext

        path = config_path(context)
        options = olt_edit.PasswordOptions(
            password_env, password_file, password_stdin, ask_password, password
        )
        given = {
            "url": url,
            "name": name,
            "username": username,
            "driver": driver,
            "verify_tls": verify_tls,
            **options.keys(path, Path.cwd()),
        }
        values = {key: value for key, value in given.items() if value is not None}
        olt_edit.check_change(values, options)
        olt_edit.check_there(path, olt_id)
        change = olt_edit.edit(path, olt_id, {**values, **_password(olt_id, options)})
        _tell(context, change, [olttext.edited(change)])


def remove(
    context: typer.Context,
    olt_id: OltId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take an OLT out of olts.toml; its history stays in the database."""
    with errors_told(context):
        from eponctl.commands import olt_edit
        from eponctl.errors import ConfigError, Problem
        from eponctl.render import olttext

        path = config_path(context)
        olt_edit.check_there(path, olt_id)
        if not yes:
            if not sys.stdin.isatty():
                raise ConfigError([Problem("--yes", "", "needed where nobody can be asked")])
            question = f"Remove {olt_id} from {path}? Its history stays in the database. [y/N] "
            if _line(question).lower() not in {"y", "yes", "ya"}:
                say("nothing was changed")
                leave(EXIT_INTERRUPTED)
        change = olt_edit.remove(path, olt_id)
        _tell(context, change, [olttext.removed(change)])


def enable(context: typer.Context, olt_id: OltId) -> None:
    """Let polls read an OLT again."""
    _switch(context, olt_id, is_on=True)


def disable(context: typer.Context, olt_id: OltId) -> None:
    """Let polls pass an OLT over; what is known of it stays."""
    _switch(context, olt_id, is_on=False)


def _switch(context: typer.Context, olt_id: str, *, is_on: bool) -> None:
    with errors_told(context):
        from eponctl.commands import olt_edit
        from eponctl.render import olttext

        change = olt_edit.switch(config_path(context), olt_id, is_on=is_on)
        _tell(context, change, [olttext.switched(change)])


# --- asking, and telling ---


def _password(olt_id: str, options: PasswordOptions) -> dict[str, object]:
    """The key that a password typed or piped in becomes; none where an option names its place."""
    if options.is_on_stdin and not sys.stdin.isatty():
        from eponctl.commands import olt_edit

        return {"password": olt_edit.piped_password(sys.stdin.buffer.read())}
    if not options.awaits_text:
        return {}
    import getpass

    prompt = f"Password of {olt_id} (not shown; only Enter: it has none): "
    return {"password": _answered(lambda: getpass.getpass(prompt))}


def _line(prompt: str) -> str:
    # Not input(): it may write its prompt to stdout, which is for data.
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return _answered(sys.stdin.readline, at_end="").strip()


def _answered(ask: Callable[[], str], at_end: str | None = None) -> str:
    """A person's answer; Ctrl-D (`at_end`, or EOFError), like Ctrl-C, is none."""
    try:
        answer = ask()
    except (KeyboardInterrupt, EOFError):
        answer = None
    if answer is None or answer == at_end:
        sys.stderr.write("\n")
        raise KeyboardInterrupt
    return answer


def _tell(context: typer.Context, change: Change, lines: Iterable[str]) -> None:
    for warning in change.warnings:
        say(f"warning: {warning}")
    if not globals_of(context).is_quiet:
        for line in lines:
            say(line)


def _command(context: typer.Context) -> str:
    """How to call this eponctl again, with the same file."""
    file = globals_of(context).config
    return f"eponctl -c {shlex.quote(file)}" if file else "eponctl"

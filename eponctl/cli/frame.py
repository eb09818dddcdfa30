"""What all verbs share: global options, exit codes, stdout for data and stderr for people."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeAlias

if TYPE_CHECKING:
    import typer

    from eponctl.settings import Config

    Call: TypeAlias = "typer.Context | Globals"

EXIT_FIELD, EXIT_USAGE, EXIT_LOCKED, EXIT_INTERRUPTED = 1, 2, 75, 130


class Globals(NamedTuple):
    """The options before the verb; `verbose` counts the -v."""

    config: str | None = None
    verbose: int = 0
    is_quiet: bool = False


def globals_of(context: Call) -> Globals:
    """The global options of this call: typer's, or of a line that was plain enough without it."""
    if isinstance(context, Globals):
        return context
    return context.find_object(Globals) or Globals()


def config_path(context: Call) -> Path:
    """The configuration file of this call. Raises ConfigError when there is none."""
    from eponctl import config

    return config.find(globals_of(context).config, os.environ, Path.cwd())


def load_config(context: Call, *, tries_logins: bool = False) -> Config:
    """The configuration of this call. Raises ConfigError with all of its faults.

    A file of passwords that everyone can read is told of to a person, and by verbs that try a login
    to anybody; not by `poll` to cron, which would mail it every minute.
    """
    from eponctl import config

    loaded = config.load(config_path(context))
    if tries_logins or sys.stderr.isatty() or globals_of(context).verbose:
        for line in config.exposed(loaded):
            say(f"warning: {line}")
    return loaded


def say(text: str) -> None:
    """A message for people: one or more lines to stderr, harmless whatever a device wrote.

    A terminal gets them broken between words, anything else as they are: a line a fault. Where
    stderr takes nothing, nobody listens: the exit code still tells.
    """
    from eponctl.render.plain import broken, safe

    lines = [safe(line) for line in text.splitlines()]
    with contextlib.suppress(OSError):
        if sys.stderr.isatty():
            width = os.get_terminal_size(sys.stderr.fileno()).columns
            lines = [part for line in lines for part in broken(line, width)]
        sys.stderr.write("\n".join(lines) + "\n")


def leave(code: int) -> NoReturn:
    """End this verb with an exit code."""
    raise SystemExit(code)


@contextlib.contextmanager
def errors_told(context: Call) -> Iterator[None]:
    """The last catcher: what the world did becomes a line, a hint and an exit code.

    A bug keeps its traceback.
    """
    from eponctl import errors, textfaults

    try:
        yield
        sys.stdout.flush()
    except errors.ConfigError as error:
        _fail(error, EXIT_USAGE)
    except errors.LockHeld as error:
        _fail(error, EXIT_LOCKED)
    except errors.EponctlError as error:
        _show_trace(context)
        _fail(error, EXIT_FIELD)
    except KeyboardInterrupt:
        say("interrupted; nothing is half written")
        leave(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): no fault of anybody's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        leave(0)
    except OSError as error:  # the machine's doing, whoever met it
        _show_trace(context)
        what = error.strerror or str(error)
        _fail(OSError(f"{error.filename}: {what}" if error.filename else what), EXIT_FIELD)
    finally:
        for fault in textfaults.taken():
            say(f"{fault}; the built-in text is used")


def _show_trace(context: Call) -> None:
    if globals_of(context).verbose:
        import traceback

        say(traceback.format_exc())


def _fail(error: Exception, code: int) -> NoReturn:
    say(f"eponctl: {error}" if "\n" not in str(error) else str(error))
    hint = getattr(error, "hint", "")
    if hint:
        say(f"hint: {hint}")
    leave(code)

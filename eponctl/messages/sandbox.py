"""What somebody's own texts run in: no files, nothing of Python's insides, and not for ever.

jinja2's sandbox bounds one range(); loops within loops, texts times a billion and powers of powers
are bounded here, by the time that a text takes and by the memory that the process may have
meanwhile. Knows no text.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_SECONDS = 0.5
"""CPU time that one block may take: many times what the longest of ours does."""
MAX_MEMORY = 128 * 2**20
"""Bytes that the process may grow by meanwhile."""
MAX_RESULT = 100_000
"""The longest text or list that `*` may make, and with bits for letters the largest number."""
MAX_DIGITS = 20
"""Digits that a number is rounded to: more than it has."""


class Unusable(Exception):
    """A text that no message may have."""


def environment() -> ImmutableSandboxedEnvironment:
    """Return the sandbox: no attributes that begin with `_`, no changes, no endless results."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Bounded(ImmutableSandboxedEnvironment):
        """With operators that are looked at; those are not worked out while compiling, either."""

        intercepted_binops = frozenset({"*", "**"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if _size(operator, left, right) > MAX_RESULT:
                message = f"{operator} makes more than a text needs"
                raise Unusable(message)
            return super().call_binop(context, operator, left, right)

    # Like the built-in ones: plain texts for a phone.
    bounded = Bounded(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A made-up text of any length, in one go.
    del bounded.globals["lipsum"]
    bounded.filters["round"] = _round
    return bounded


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    """Round as jinja2 does, which works out a power of ten for it."""
    from jinja2.filters import FILTERS

    digits = max(-MAX_DIGITS, min(precision, MAX_DIGITS))
    return cast(float, FILTERS["round"](value, digits, method))


def _size(operator: str, left: object, right: object) -> int:
    """Return how large the result will be, about: letters, items, or bits of a number."""
    if isinstance(right, int) and isinstance(left, str | list | tuple):
        return len(left) * right
    if isinstance(left, int) and isinstance(right, str | list | tuple):
        return len(right) * left
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length()
        return bits * max(right, 0) if operator == "**" else bits + right.bit_length()
    return 0


@contextmanager
def bounded_time(filename: str) -> Iterator[None]:
    """Raise Unusable from within code of that file's that runs for too long, or what it calls.

    By the interpreter's own hook: a thread cannot be stopped from without, and a signal reaches but
    the main one.
    """
    end_at = time.thread_time() + MAX_SECONDS

    def watch(frame: FrameType, _event: str, _value: object) -> Any:
        if time.thread_time() > end_at:
            message = f"not done after {MAX_SECONDS} s"
            raise Unusable(message)
        # Of what it calls, each call is enough: a filter's generator is called for each item.
        return watch if frame.f_code.co_filename == filename else None

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(before)


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Let what takes too much memory fail with MemoryError, where the system can do that."""
    restore = None
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + MAX_MEMORY
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY or soft > most:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
            restore = (soft, hard)
    try:
        yield
    finally:
        if restore is not None:
            resource.setrlimit(resource.RLIMIT_AS, restore)

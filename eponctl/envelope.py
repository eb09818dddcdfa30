"""The envelope around every answer of the `/board` family (HSGQ), and single values of its JSON.

A value may be a number or a text, missing or of another kind altogether: what it is not, it is not.
Evidence: field notes on other web dialects, section 2.3. What the answers mean is board.py's.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from eponctl.errors import PageChanged, SessionBusy
from eponctl.web import Page

OK, NO_LOGIN, TIMED_OUT = 1, 0, -1
_NO_SESSION = re.compile(r"token|session|log ?in|expired", re.IGNORECASE)
_BUSY = "somebody may have logged in as the same user: give eponctl a user of its own"


class Answer(NamedTuple):
    """What every answer holds; above 1 a code comes with a message for the operator."""

    code: int
    message: str
    data: Any

    @property
    def said(self) -> str:
        """Code and message, for a message of ours."""
        return f"code {self.code}: {self.message[:60]!r}"


def opened(page: Page) -> Answer:
    """An answer out of its envelope. Raises PageChanged for what is none."""
    if not page.body.strip():
        raise PageChanged(f"{page.path}: the answer is empty; the session may have ended")
    try:
        # Not strict: a customer's name may hold any control character.
        found = json.loads(page.body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        is_cut = page.body.lstrip().startswith(b"{")
        what = "the answer is cut short or broken" if is_cut else "the answer is no JSON"
        raise PageChanged(f"{page.path}: {what}") from error
    code = whole(of(found, "code"))
    if code is None:
        raise PageChanged(f"{page.path}: the answer has no code")
    return Answer(code, text(found.get("message", found.get("msg"))), found.get("data"))


def content(page: Page) -> Any:
    """What an answer holds. Raises PageChanged, SessionBusy when the token is good no more."""
    answer = opened(page)
    if answer.code == OK:
        return answer.data
    if answer.code in {NO_LOGIN, TIMED_OUT} or _NO_SESSION.search(answer.message):
        raise ended(page.path, answer.said)
    raise PageChanged(f"{page.path}: refused by the device ({answer.said})")


def ended(path: str, why: str) -> SessionBusy:
    """What to raise where the device knows our session no more."""
    return SessionBusy(f"{path}: the session has ended ({why})", _BUSY)


def of(data: Any, key: str) -> Any:
    """The value of a key; None where there is none, or where this is no object."""
    return data.get(key) if isinstance(data, dict) else None


def text(value: Any) -> str:
    """A value of JSON as text; empty for none, for lists and for objects."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    # Half a pair of surrogates, which JSON can spell, is no text that could be stored.
    return str(value).encode("utf-8", "replace").decode()


def whole(value: Any) -> int | None:
    """A whole number of JSON, also as text; None for anything else."""
    found = _WHOLE.fullmatch(text(value).strip())
    return int(found[0]) if found else None


_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)

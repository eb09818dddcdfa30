"""How gateways are asked, and how their answers are read: JSON by paths, refusals by their words.

What providers share. Must not know any of them: which answer means what is theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from eponctl.errors import OltError, Outcome, SendError
from eponctl.masking import masked
from eponctl.provider import (
    CHECK_API_KEY,
    CHECK_KEY,
    CHECK_URL,
    hidden,
    quoted,
    refusal,
    retry_after_s,
    unanswered,
)
from eponctl.web import Page, Web

_STEP = re.compile(r"[^.\[\]]+")
_ERRORS, _SERVER_ERRORS = 400, 500
_TAG = re.compile(r"<[^>]*>")
_LONGEST_ID = 200


def asked(
    web: Web,
    method: str,
    url: str,
    *,
    secrets: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Page:
    """The gateway's answer, whatever its status. Raises SendError: none came that can be read."""
    every = {"Accept": "application/json", **(headers or {})}
    # A key may stand in the address, or the recipient: neither belongs into a log.
    shown = hidden(urlsplit(url).path, *secrets, *(quote(one, safe="") for one in secrets))
    try:
        return web.ask(
            method, url, headers=every, json=json, form=form, query=query, shown=masked(shown)
        )
    except OltError as error:
        raise unanswered(error, *secrets) from error


def sendable(text: str) -> str:
    """The text without what no gateway could read. Raises SendError: nothing is in it."""
    if not text.strip():
        raise SendError(Outcome.BAD_MESSAGE, "the message is empty")
    # A lone surrogate would make the gateway refuse the whole request as nonsense.
    return text.encode(errors="replace").decode()


def parsed(page: Page) -> dict[str, Any]:
    """The answer's JSON object; empty when it is something else.

    A yes is one with a letter that is no UTF-8, too: a text that is echoed may be cut amid one.
    """
    try:
        found = json.loads(page.body.decode(json.detect_encoding(page.body), "replace"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def found(answer: Any, path: str) -> Any:
    """What stands at a path as `data.messages[0].id`, whatever the case of its keys, or None."""
    for step in _STEP.findall(path):
        if isinstance(answer, dict):
            by_name = {str(name).lower(): value for name, value in answer.items()}
            answer = by_name.get(step.lower())
        elif isinstance(answer, list) and step.isdecimal():
            answer = answer[int(step)] if int(step) < len(answer) else None
        else:
            return None
    return answer


def words(answer: Any, *paths: str) -> str:
    """The first of these texts that is there; several in a list, or in lists of it, are one."""
    for path in paths:
        parts = _leaves(found(answer, path))
        text = " ".join(str(part) for part in parts if isinstance(part, str | int | float))
        if text.strip():
            return text
    return ""


def _leaves(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [leaf for part in value for leaf in (part if isinstance(part, list) else [part])]


def identity(answer: Any, *paths: str) -> str | None:
    """The message's id at the first of these paths that has one, as it can be kept and shown.

    Whatever a gateway calls it, a yes stays a yes: what cannot be kept of the name is left out.
    """
    for path in paths:
        value = found(answer, path)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return "".join(filter(str.isprintable, str(value)))[:_LONGEST_ID] or "?"
    return None


def is_yes(value: object) -> bool:
    """Whether a gateway means true: some write their booleans as text."""
    return str(value).lower() in {"true", "1"}


def is_no(value: object) -> bool:
    """Whether a gateway says false, and does not only leave it out."""
    return str(value).lower() in {"false", "0"}


Meaning = tuple[Outcome, str, Iterable[str]]
"""What one of these words (in lower case) in a refusal means, and what to do about it."""


def meant(
    page: Page, text: str, meanings: Iterable[Meaning], *, secrets: tuple[str, ...]
) -> SendError:
    """What a refusal in a gateway's own words means: by the first that knows them, else unknown."""
    for outcome, hint, known in meanings:
        if any(word in text.lower() for word in known):
            return refused(page, outcome, text, hint=hint, secrets=secrets)
    return unknown(page, text, secrets=secrets)


def refused(
    page: Page,
    outcome: Outcome,
    text: str,
    *,
    hint: str = "",
    secrets: tuple[str, ...] = (),
    needed_tries: int = 1,
    wait_s: float | None = None,
) -> SendError:
    """What a gateway said in its own words, as an error; its wish to wait is kept."""
    said = f"gateway: {quoted(text, *secrets)}" if text.strip() else f"gateway: HTTP {page.status}"
    wait = retry_after_s(page) or wait_s
    return SendError(outcome, said, hint=hint, retry_after_s=wait, needed_tries=needed_tries)


def unknown(page: Page, text: str = "", *, secrets: tuple[str, ...] = ()) -> SendError:
    """What an answer means that no rule knows: what its status says, else unclear. Its text stays.

    An answer of 4xx that is not the gateway's at all comes from another server.
    """
    by_status = refusal(page)
    shown = quoted(text, *secrets)
    if by_status is not None:
        said = f"{by_status.message}: {shown}" if shown else by_status.message
        wait = by_status.retry_after_s
        # Elsewhere than at MPWA a key stands for itself.
        hint = CHECK_API_KEY if by_status.hint == CHECK_KEY else by_status.hint
        return SendError(by_status.outcome, said, hint=hint, retry_after_s=wait)
    if shown:
        return SendError(Outcome.AMBIGUOUS, f"gateway: HTTP {page.status}: {shown}")
    if _ERRORS <= page.status < _SERVER_ERRORS and not parsed(page):
        said = f"gateway: HTTP {page.status}, not as such a gateway answers"
        return SendError(Outcome.BAD_CONFIG, said, hint=CHECK_URL)
    return SendError(Outcome.AMBIGUOUS, "gateway: an answer that says neither yes nor no")


def plain(page: Page) -> str:
    """The answer's text without tags, for one that is no JSON."""
    return _TAG.sub(" ", page.body.decode("utf-8", "replace"))

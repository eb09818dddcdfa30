"""What a page of the `/action/` family (V-SOL) is: a table, a login, nothing, or of another build.

Every one of them comes with status 200, and names may hold any text: only what stands where the
page itself puts it counts. Pure. Evidence: field notes on other web dialects, section 1.
What the tables say is action.py's.
"""

from __future__ import annotations

import re
from itertools import islice

_SMALL_BYTES = 16 * 1024
# Markup may stand within a heading, and other columns between these two.
_GAP = rb"(?:\s|&nbsp;|<[^<>]*>)*"
_ID_HEADING, _MAC_HEADING = (
    re.compile(pattern, re.IGNORECASE)
    for pattern in (rb">\s*ONU" + _GAP + rb"ID\s*<", rb"MAC" + _GAP + rb"Address")
)
_HEADING_BYTES, _MOST_HEADINGS = 3000, 20
_ANCHOR = re.compile(rb">\s*EPON(\d+/\d+):\d+\s*<", re.IGNORECASE)
_ONLINE = re.compile(rb">\s*Online\s*<", re.IGNORECASE)
_GPON = re.compile(rb">\s*GPON\d+/\d+:\d+|OMCC\s+State", re.IGNORECASE)
_LOGGED_OUT = re.compile(
    rb"lgform|loginBtn|<input[^<>]{0,300}type\s*=\s*[\"']?password|login\.html|window\.top\.location"
    rb"|LoginFailed|do not have access",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    rb"LoginFailed|do not have access|lgform|loginBtn|<input[^<>]{0,300}type\s*=\s*[\"']?password",
    re.IGNORECASE,
)
_CAPTCHA = re.compile(rb"\bvc1\.png|verification_code", re.IGNORECASE)
_USER, _PASS = (
    re.compile(rb"name\s*=\s*[\"']?" + name + rb"\b", re.IGNORECASE) for name in (b"user", b"pass")
)
_KEY_VALUE = re.compile(
    rb"""SessionKey(?:\.value\s*=\s*|["']?\s[^<>]{0,80}?\bvalue\s*=\s*)(["']?)([A-Za-z0-9]*)\1"""
)
# In an address; `SessionKey=document.createElement(...)` is a script's.
_KEY_LINK = re.compile(rb"(?:[?&]|&amp;)SessionKey=([A-Za-z0-9]+)")
_MARKUP = re.compile(rb"<(script|style|title)\b.*?</\1\s*>|<[^<>]*>", re.IGNORECASE | re.DOTALL)


def key(body: bytes) -> str | None:
    """The session's key; empty where the page leaves it blank, None where it has none."""
    found = [value for _, value in _KEY_VALUE.findall(body)]
    value: bytes | None = next(filter(None, reversed(found)), b"" if found else None)
    if not value and (link := _KEY_LINK.search(body)):
        value = link[1]
    return None if value is None else value.decode()


def is_login_form(body: bytes) -> bool:
    """Whether it asks for a user and a password by the names of this family."""
    return bool(_USER.search(body) and _PASS.search(body))


def wants_captcha(body: bytes) -> bool:
    """Whether the login wants a code off an image, too."""
    return bool(_CAPTCHA.search(body))


def is_refusal(body: bytes) -> bool:
    """Whether an answer to a login says no."""
    return bool(_REFUSED.search(body))


def is_logged_out(body: bytes) -> bool:
    """Whether a page is for somebody who is not logged in."""
    return bool(_LOGGED_OUT.search(body)) or _is_empty(body)


def is_gpon(body: bytes) -> bool:
    """Whether a list is of a GPON build."""
    return bool(_GPON.search(body))


def has_online(body: bytes) -> bool:
    """Whether a list has an ONU that is online."""
    return bool(_ONLINE.search(body))


def has_end(body: bytes) -> bool:
    """Whether the table is closed behind its last row."""
    return body.lower().rfind(b"</table") >= _last_row(body)


def pons_on(body: bytes) -> set[str]:
    """The PONs that have rows on the page."""
    return {found.decode() for found in _ANCHOR.findall(body)}


def _last_row(body: bytes) -> int:
    """Where the last row begins, or the headings where there is no row."""
    return max([found.start() for found in _ANCHOR.finditer(body)], default=0)


def has_headings(body: bytes) -> bool:
    """Whether a table of ONUs seems to be there: the two headings near each other."""
    return any(
        _MAC_HEADING.search(
            body, max(0, found.start() - _HEADING_BYTES), found.end() + _HEADING_BYTES
        )
        for found in islice(_ID_HEADING.finditer(body), _MOST_HEADINGS)
    )


def _is_empty(body: bytes) -> bool:
    return len(body) < _SMALL_BYTES and not _MARKUP.sub(b"", body).strip()


def clip(body: bytes) -> str:
    """How a page begins, for a message."""
    return repr(" ".join(body[:200].decode("utf-8", "replace").split())[:60])

"""User name, password, tokens and keys, in every spelling in which a page may show them.

Works on text in which each letter is a byte (latin-1), whatever a page's encoding.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from eponctl.capture.vocabulary import is_harmless

SCRUBBED = "scrubbed"
# Shorter ones stand in a page by chance: in numbers, in words.
_LEAST_LETTERS, _LEAST_AMID_WORDS = 4, 6
# What markup and scripts are made of; replacing these would break a page.
_MARKUP = frozenset(
    """
    body center charset class color data document element font form frame function head height
    href html http https image input javascript lang language link list location main meta
    method name option pass password post render root script select size span style submit table
    text title type user username utf-8 value width window
    """.split()  # noqa: SIM905  (a word a line would be all one sees)
)
_USUAL_USERS = frozenset({"admin", "root", "guest", "super", "operator", "common", "manu", "diag"})

# As V-SOL's pages give it: the value of a field, or a part of an address.
_SESSION_KEY = re.compile(
    r"""(SessionKey(?:\.value\s*=\s*["']?|["']?\s[^<>]{0,80}?\bvalue\s*=\s*["']?|=))([A-Za-z0-9]+)"""
)
_KEYED = re.compile(
    r"""(["']?\b(?:api_?key|passwd|password|pass|token|secret|psk|community)["']?\s*[:=]\s*)"""
    r"""(?:"([^"\r\n]*)"|'([^'\r\n]*)')""",
    re.IGNORECASE,
)
_BASIC = re.compile(r"\b(Basic )([A-Za-z0-9+/=]{8,})", re.IGNORECASE)


class Secrets:
    """What is to be found and blotted out."""

    def __init__(self, username: str, password: str, tokens: Iterable[str]) -> None:
        words: set[str] = set()
        anywhere: set[str] = set()
        for form in _spellings(username, password, tokens):
            # Longer ones may stand amid other letters: what they are in is no word.
            (anywhere if len(form) >= _LEAST_AMID_WORDS else words).add(form)
        self._pattern = re.compile(
            "|".join(
                [
                    *map(re.escape, sorted(anywhere, key=len, reverse=True)),
                    *(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])" for word in words),
                ]
            )
            or r"(?!)"
        )
        self.is_unsafe = bool(password) and not _is_telling(password)
        """Whether the password is too short or too common to be looked for."""

    def blotted(self, text: str) -> tuple[str, int]:
        """The text without them, and how many there were; each as long as it was."""
        text, found = self._pattern.subn(lambda one: blot(one[0]), text)
        keys = 0

        def without_key(one: re.Match[str]) -> str:
            nonlocal keys
            keys += one[2] != blot(one[2], "a")
            return one[1] + blot(one[2], "a")

        def without_value(one: re.Match[str]) -> str:
            nonlocal keys
            value, sign = (one[2], '"') if one[2] is not None else (one[3], "'")
            if value in {"", SCRUBBED, "***"}:
                return one[0]
            keys += 1
            return f"{one[1]}{sign}{SCRUBBED}{sign}"

        text = _SESSION_KEY.sub(without_key, text)
        text = _KEYED.sub(without_value, text)
        # Also where it is no login: what looks like one must not stand in a recording.
        return _BASIC.sub(lambda one: one[1] + "...", text), found + keys


def blot(text: str, sign: str = "x") -> str:
    """As many of one sign as there were letters."""
    return sign * len(text)


def _is_telling(secret: str) -> bool:
    return (
        len(secret) >= _LEAST_LETTERS
        and secret.lower() not in _MARKUP
        and (secret.isdigit() or not is_harmless(secret))
        and secret != blot(secret)
    )


def _spellings(username: str, password: str, tokens: Iterable[str]) -> Iterator[str]:
    plain = [token for token in tokens if _is_telling(token)]
    if _is_telling(password):
        plain.append(password)
    if _is_telling(username) and username.lower() not in _USUAL_USERS:
        plain.append(username)
    for secret in plain:
        escaped = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
        for form in {secret, quote(secret, safe=""), quote_plus(secret), html.escape(secret)}.union(
            escaped
        ):
            yield _as_bytes(form)
    if password:
        pair = f"{username}:{password}"
        for secret in (password, pair):
            yield hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()
            yield hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest().upper()
            packed = base64.b64encode(secret.encode()).decode()
            if len(packed) >= _LEAST_AMID_WORDS:
                yield packed
                yield packed.rstrip("=")
                yield quote(packed, safe="")
    packed = base64.b64encode(username.encode()).decode()
    if len(packed) >= _LEAST_AMID_WORDS:
        yield packed


def _as_bytes(text: str) -> str:
    """A text as it looks where each of its bytes is taken for a letter."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")

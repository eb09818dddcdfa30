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
_LEAST_LETTERS, _LEAST_AMID_WORDS, _LEAST_PACKED = 4, 6, 8
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
    r"""(["']?\b(?:pass|\w{0,24}?(?:api_?key|passw|passphrase|pwd|token|secret|psk|community|ssid"""
    r"""|pppoe|wpa|wep)\w{0,24})(?:\[\d{1,6}\])?["']?\s*[:=]=?\s*)(?:"([^"\r\n]*)"|'([^'\r\n]*)')""",
    re.IGNORECASE,
)
# What a session or a person is called in an address; what is asked of a device has other names.
_QUERIED = re.compile(
    r"""((?<=[?&;])(?:sid|user\w{0,24}|\w{0,24}?(?:session|token|passw|pwd)\w{0,24}|name)=)([^&;\s"'<>#\\]+)""",
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

        def without_argument(one: re.Match[str]) -> str:
            nonlocal keys
            if is_harmless(one[2]):
                return one[0]
            keys += 1
            return one[1] + blot(one[2])

        text = _SESSION_KEY.sub(without_key, text)
        text = _KEYED.sub(without_value, text)
        text = _QUERIED.sub(without_argument, text)
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
        for text in (password, f"{username}:{password}"):
            for data in {text.encode(), text.encode("gb18030", "replace")}:
                yield from _digests(data)
                yield from _packings(data)
        if _is_telling(password):
            yield from map(_as_bytes, _disguises(password))
    packed = base64.b64encode(username.encode()).decode()
    if len(packed) >= _LEAST_AMID_WORDS:
        yield packed


def _digests(secret: bytes) -> Iterator[str]:
    """What a login is made of on boxes that do not send it as it is."""
    for name in ("md5", "sha1", "sha256"):
        digest = hashlib.new(name, secret, usedforsecurity=False).hexdigest()
        yield from (digest, digest.upper())


def _packings(secret: bytes) -> Iterator[str]:
    """In hexadecimal and base64, also amid a longer text that was packed."""
    if len(secret) >= _LEAST_LETTERS:
        yield from (secret.hex(), secret.hex().upper())
    packed = base64.b64encode(secret).decode()
    for form in (packed, packed.rstrip("="), quote(packed, safe=""), _packed_again(packed)):
        if len(form) >= _LEAST_AMID_WORDS:
            yield form
    for ahead in range(3):
        # Letters that only the secret decides; what stands before and behind decides the others.
        longer = base64.b64encode(b"\0" * ahead + secret).decode()
        inner = longer[-(-ahead * 8 // 6) : (ahead + len(secret)) * 8 // 6]
        if len(inner) >= _LEAST_PACKED:
            yield from {inner, inner.replace("+", "-").replace("/", "_")}


def _packed_again(packed: str) -> str:
    return base64.b64encode(packed.encode()).decode()


def _disguises(secret: str) -> Iterator[str]:
    """Letter by letter, as pages and addresses may write it; and in letters of one size."""
    data = secret.encode()
    yield quote(quote(secret, safe=""), safe="")
    for digits in ("%02x", "%02X"):
        yield "".join(f"%{digits % byte}" for byte in data)
        yield "".join(f"\\x{digits % byte}" for byte in data)
    for digits in ("%04x", "%04X"):
        yield "".join(f"\\u{digits % ord(letter)}" for letter in secret)
    for digits in ("#%d", "#x%x", "#x%X"):
        yield "".join(f"&{digits % ord(letter)};" for letter in secret)
    for form in {secret.lower(), secret.upper(), quote(secret, safe="").lower()}:
        if _is_telling(form):
            yield form


def _as_bytes(text: str) -> str:
    """A text as it looks where each of its bytes is taken for a letter."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")

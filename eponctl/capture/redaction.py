"""Exchanges with a device, made a recording that names nobody. Pure.

Whatever belongs to somebody is replaced by an invention: the same by the same, in all exchanges.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from eponctl.capture import pagetext
from eponctl.capture.invention import (
    CUT_MAC,
    DIGITS,
    EMAIL,
    IPV4,
    IPV6,
    MAC,
    NAME,
    PHONE,
    URL,
    Inventions,
    Kind,
    plain_text,
)
from eponctl.capture.recording import REPLAY_URL, TOKEN, Exchange
from eponctl.capture.secrets import SCRUBBED, Secrets
from eponctl.capture.vocabulary import is_harmless_text

# Of an answer's headers; the others tell of their owner, or are no longer true of the body.
_KEPT_HEADERS = ("Content-Type", "Server", "Location", "WWW-Authenticate", TOKEN)
_LEAST_LETTERS, _LEAST_DIGITS = 4, 7
_WORD = re.compile(r"[0-9A-Za-z\x80-\xff]+")
_REALM = re.compile(r'"([^"]*)"')
_MODEL = re.compile(r"\b[A-Z]{1,5}\d{2,5}[A-Z0-9-]{0,8}\b")
_FILE_NAME = re.compile(r";\s*name\s*=.*", re.IGNORECASE)
_SESSION_IN_PATH = re.compile(r";\w*session\w*=[^?#]*", re.IGNORECASE)


class Owner(NamedTuple):
    """What is known of whom a device belongs to: its url, its login, what people call it."""

    url: str
    username: str = ""
    password: str = ""
    words: Sequence[str] = ()


class Redacted(NamedTuple):
    """An exchange as it may be shown, and how many things of each kind were replaced in it."""

    exchange: Exchange
    replaced: Mapping[Kind, int]


class Redaction(NamedTuple):
    """All exchanges; `is_unsafe`: the password could not be looked for."""

    exchanges: tuple[Redacted, ...]
    is_unsafe: bool = False


def redacted(exchanges: Iterable[Exchange], owner: Owner) -> Redaction:
    """The exchanges without what belongs to somebody."""
    exchanges = tuple(exchanges)
    secrets = Secrets(owner.username, owner.password, _tokens(exchanges))
    work = _Work(Inventions(owner.url), secrets, owner)
    # Once to learn the names, which may stand on an earlier page in another place.
    for one in exchanges:
        work.body(one.body)
    work.learn()
    return Redaction(tuple(work.exchange(one) for one in exchanges), secrets.is_unsafe)


def _tokens(exchanges: Iterable[Exchange]) -> list[str]:
    """What a session hung on: tokens and cookies, of either side."""
    found: list[str] = []
    for one in exchanges:
        for headers in (one.headers, one.sent):
            for name, value in headers.items():
                if name.lower() == TOKEN.lower() and value != "null":
                    found.append(value)
                if name.lower() in {"cookie", "set-cookie"}:
                    pairs = [part.partition("=") for part in re.split("[;,]", value)]
                    found += [
                        content.strip('" ')
                        for key, _, content in pairs
                        if key.strip().lower() not in _ATTRIBUTES
                    ]
    return found


_ATTRIBUTES = frozenset({"path", "expires", "domain", "max-age", "samesite", "secure", "httponly"})


class _Work:
    """One redaction under way."""

    def __init__(self, inventions: Inventions, secrets: Secrets, owner: Owner) -> None:
        self.inventions = inventions
        self.secrets = secrets
        self.owner = owner
        self.known: dict[str, list[tuple[str, str]]] = {}
        host = urlsplit(owner.url).hostname or ""
        for word in (*owner.words, "" if IPV4.fullmatch(host) else host):
            if _is_telling(word):
                inventions.name(word.encode().decode("latin-1"))

    def learn(self) -> None:
        """Take the names so far for words to be found anywhere, by their first letters."""
        for name in self.inventions.sure & self.inventions.names.keys():
            new, start = self.inventions.names[name], _WORD.search(name)
            if start and _is_telling(name):
                self.known.setdefault(start[0], []).append((name, new))
        for names in self.known.values():
            names.sort(key=lambda pair: -len(pair[0]))

    def exchange(self, one: Exchange) -> Redacted:
        count: Counter[Kind] = Counter()
        self.inventions.count = count
        parts = urlsplit(one.url)
        # A page may be named like a customer; what is asked of it is not.
        query = self.line(f"?{parts.query}") if parts.query else ""
        url = REPLAY_URL + self.plain(_SESSION_IN_PATH.sub("", parts.path)) + query
        headers = {
            name: self.header(name, value)
            for name in _KEPT_HEADERS
            if (value := one.headers.get(name))
        }
        if headers.get(TOKEN, "null") != "null":
            headers[TOKEN] = SCRUBBED
        body = self.body(one.body)
        return Redacted(Exchange(one.method, url, one.status, headers, body, {}), dict(count))

    def body(self, body: bytes) -> bytes:
        """A page, of whatever kind."""
        text = CUT_MAC.sub(self.inventions.cut_mac, self.literal(body.decode("latin-1")))
        invent = self.inventions.name
        if re.match(r"\s*[{\[]", text):
            text = pagetext.json_text(text, invent)
        else:
            text = pagetext.html_text(text, invent, self.inventions.word)
        # Once more: what stood between may have come together.
        return self.plain(text).encode("latin-1")

    def header(self, name: str, value: str) -> str:
        if name == "WWW-Authenticate":
            value = _REALM.sub(self._realm, value)
        return self.line(_FILE_NAME.sub("", _SESSION_IN_PATH.sub("", value)))

    def _realm(self, found: re.Match[str]) -> str:
        """A realm: the firmware's, or what the device was called."""
        is_own = is_harmless_text(_MODEL.sub("", found[1]))
        return found[0] if is_own else f'"{self.inventions.word(found[1])}"'

    def line(self, text: str) -> str:
        """A header or an address."""
        return self.literal(text.encode().decode("latin-1")).encode("latin-1").decode()

    def literal(self, text: str) -> str:
        """What can be told by its form, or is known by heart."""
        return self.named(self.plain(text))

    def plain(self, text: str) -> str:
        inventions = self.inventions
        text, count = self.secrets.blotted(text)
        if count:
            inventions.count["secret"] += count
        text = URL.sub(inventions.url, text)
        text = EMAIL.sub(inventions.email, text)
        text = MAC.sub(inventions.mac, IPV6.sub(inventions.ipv6, text))
        text = DIGITS.sub(inventions.mac, PHONE.sub(inventions.phone, text))
        return IPV4.sub(inventions.ipv4, text)

    def named(self, text: str) -> str:
        """Names that were learnt, wherever they stand."""
        if not self.known:
            return text
        pieces, at = [], 0
        for word in _WORD.finditer(text):
            if word.start() < at:
                continue
            for name, new in self.known.get(word[0], ()):
                start = word.start() - _offset(name)
                end = start + len(name)
                if start >= at and text[start:end] == name and not _goes_on(text, name, end):
                    self.inventions.count["name"] += 1
                    pieces += [text[at:start], new]
                    at = end
                    break
        return "".join([*pieces, text[at:]])


def _offset(name: str) -> int:
    found = _WORD.search(name)
    return found.start() if found else 0


def _goes_on(text: str, name: str, end: int) -> bool:
    """Whether the word that a name ends with is longer in this text."""
    return bool(_WORD.fullmatch(name[-1]) and _WORD.match(text, end))


def _is_telling(name: str) -> bool:
    """Whether a name is so much one that it is replaced wherever it stands."""
    plain = plain_text(name)
    if plain.isdecimal():
        return len(plain) >= _LEAST_DIGITS
    return (
        len(plain) >= _LEAST_LETTERS
        and not is_harmless_text(plain)
        and not NAME.fullmatch(plain)
        and not _is_markup(plain)
    )


def _is_markup(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z]{4,10}", text)) and text in _MARKUP


_MARKUP = frozenset(
    """
    array body border center class color colspan cellspacing document font frame frameset
    function head height href html http https hidden javascript lang meta normal return script
    select size span style text title type value width window null true false
    """.split()  # noqa: SIM905  (a word a line would be all one sees)
)

"""What stands in a recording for what was there: the same for the same, in the same notation.

Inventions are counted, not computed: what is computed from a MAC can be computed back. They are
known again by their form, so that redacting what was redacted changes nothing. Works on text in
which each letter is a byte (latin-1), whatever a page's encoding.
"""

from __future__ import annotations

import html
import ipaddress
import re
from collections import Counter
from typing import Literal
from urllib.parse import urlsplit

from eponctl import units
from eponctl.capture.recording import REPLAY_HOST

Kind = Literal["MAC", "name", "address", "phone", "secret"]

_SEPARATOR = (
    r"(?:\\?[:\-._]|%(?:25)?3[Aa]|%(?:25)?2[Dd]|&#(?:58|45|[Xx]3[Aa]|[Xx]2[Dd]);|&colon;"
    r"|\\x3[Aa]|\\u003[Aa])"
)
_HEX = "[0-9A-Fa-f]"
MAC = re.compile(
    rf"(?<!{_HEX}){_HEX}{{2}}(?P<pair>{_SEPARATOR})(?:{_HEX}{{2}}(?P=pair)){{4}}{_HEX}{{2}}(?!{_HEX})"
    rf"|(?<!{_HEX}){_HEX}{{4}}(?P<quad>[.\-:]){_HEX}{{4}}(?P=quad){_HEX}{{4}}(?!{_HEX})"
    rf"|(?<![0-9A-Za-z]){_HEX}{{6}}(?P<half>[.\-:]){_HEX}{{6}}(?![0-9A-Za-z])"
    # Six numbers in a row are no MAC; with a letter amid them they are.
    rf"|(?<![0-9A-Za-z])(?=[\d ,]{{0,16}}[A-Fa-f]){_HEX}{{2}}(?P<loose>[ ,])"
    rf"(?:{_HEX}{{2}}(?P=loose)){{4}}{_HEX}{{2}}(?![0-9A-Za-z])"
    rf"|(?:(?<![0-9A-Za-z])|(?<=\b0[xX])|(?<=\b[Mm]ac)|(?<=\bMAC))(?=\d*[A-Fa-f]){_HEX}{{12}}(?![0-9A-Za-z])"
)
_GROUPS = {"pair": 6, "loose": 6, "quad": 3, "half": 2}
# Twelve digits may be a telephone number, too.
DIGITS = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
# What a page that was cut ends with, amid a MAC.
CUT_MAC = re.compile(
    rf"(?<!{_HEX})(?:(?:{_HEX}{{2}}[:\-]){{2,5}}{_HEX}{{0,2}}|(?:{_HEX}{{4}}\.){{1,2}}{_HEX}{{0,4}})\Z"
)
_INVENTED_MAC = "02EB0C"

NAME = re.compile(r"NAME\d{4,}x*")
IPV4 = re.compile(r"(?<![\d.])(?<![vV])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
IPV6 = re.compile(
    rf"(?<![\w:.])(?:(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}"
    rf"|(?:{_HEX}{{1,4}}:){{1,6}}(?::{_HEX}{{1,4}}){{1,6}})(?![\w:])"
)
URL = re.compile(r"\b([a-z]{2,6})://(?:[^/\s\"'@<>\\]*@)?([\w.\-\[\]]+)(:\d{1,5})?", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)
PHONE = re.compile(
    r"(?<![\d.])(?:\+?62|0)8\d{7,11}(?!\d)"
    r"|(?<![\d.])(?:\+?62|0)[ -]?8\d{1,3}(?:[ -]\d{3,5}){2,3}(?!\d)"
    # Of other countries, and of lines that end at a wall.
    r"|(?<![\w.+])\+(?=(?:[ ()-]{0,2}\d){8})[1-9][\d ()-]{6,20}\d"
    r"|(?<![\w.])(?:\(0\d{2,3}\) ?|0\d{2,3}[ -])\d{5,8}(?![\d.])"
)
_INVENTED_PHONE = re.compile(r"6281200\d{6}")
_EXAMPLES = ("192.0.2.", "127.", "255.", "0.")
_MOST_EXAMPLES = 254
# Not all that Python takes for one: a byte of a letter may look like a blank of latin-1.
_BLANKS = " \t\r\n\v\f"


class Inventions:
    """What was invented so far, and how often each kind was put in since `count` was emptied."""

    def __init__(self, own_url: str) -> None:
        self.count: Counter[Kind] = Counter()
        self.names: dict[str, str] = {}
        self.sure: set[str] = set()
        """Those of the names that stood in a place for names."""
        self._macs: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._long_addresses: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        self._phones: dict[str, str] = {}
        self._own = _origin(own_url)

    def mac(self, found: re.Match[str]) -> str:
        """A locally administered MAC in the notation and the case of the one that was there."""
        text = found[0]
        kind, separator = next(
            ((kind, sign) for kind, sign in found.groupdict().items() if sign), ("", "")
        )
        digits = "".join(text.split(separator)) if separator else text
        if digits.upper().startswith(_INVENTED_MAC):
            return text
        self.count["MAC"] += 1
        known = self._macs
        new = known.setdefault(digits.upper(), f"{_INVENTED_MAC}{len(known) + 1:06X}")
        new = new.lower() if re.search("[a-f]", digits) else new
        step = len(new) // _GROUPS.get(kind, 1)
        return separator.join(new[at : at + step] for at in range(0, len(new), step))

    def cut_mac(self, found: re.Match[str]) -> str:
        """The beginning of an invented MAC."""
        digits = iter(_INVENTED_MAC + "0" * 6)
        new = re.sub(_HEX, lambda _: next(digits), found[0])
        self.count["MAC"] += new != found[0]
        return new

    def name(self, text: str) -> str:
        """A name of the same length, if that has room for one; what stands for no name stays."""
        self.sure.add(plain_text(text))
        return self.word(text)

    def word(self, text: str) -> str:
        """As `name`, for what only may be one: elsewhere the same word stays."""
        plain = plain_text(text)
        if units.is_missing(plain) or NAME.fullmatch(plain):
            return text
        self.count["name"] += 1
        new = self.names.setdefault(plain, f"NAME{len(self.names) + 1:04d}".ljust(len(plain), "x"))
        # The blanks around it: pages pad their cells.
        start = len(text) - len(text.lstrip(_BLANKS))
        return text[:start] + new + text[len(text.rstrip(_BLANKS)) :]

    def ipv4(self, found: re.Match[str]) -> str:
        """An address of those that are for examples; netmasks and the like stay."""
        text = found[0]
        if any(int(part) > 255 for part in text.split(".")):  # noqa: PLR2004  (a byte's most)
            return text
        return text if text.startswith(_EXAMPLES) else self._address(text)

    def ipv6(self, found: re.Match[str]) -> str:
        """An address of those that are for examples."""
        text = found[0].lower()
        try:
            ipaddress.IPv6Address(text)
        except ValueError:
            return found[0]
        if text.startswith("2001:db8:"):
            return found[0]
        self.count["address"] += 1
        number = len(self._long_addresses) + 1
        return self._long_addresses.setdefault(text, f"2001:db8::{number:04d}")

    def _address(self, text: str) -> str:
        self.count["address"] += 1
        number = min(len(self._addresses) + 1, _MOST_EXAMPLES)
        return self._addresses.setdefault(text, f"192.0.2.{number}")

    def url(self, found: re.Match[str]) -> str:
        """A url to a host that does not exist; of the device itself to the recording's host."""
        scheme, host = found[1].lower(), found[2].lower()
        if host.endswith(".example") or host.startswith(_EXAMPLES):
            return found[0]
        self.count["address"] += 1
        if _origin(f"{scheme}://{host}{found[3] or ''}") == self._own:
            return f"http://{REPLAY_HOST}"
        new = self._hosts.setdefault(host, f"host-{len(self._hosts) + 1}.example")
        return f"{scheme}://{new}{found[3] or ''}"

    def email(self, found: re.Match[str]) -> str:
        """An address that nobody has."""
        if found[0].endswith("@mail.example"):
            return found[0]
        self.count["address"] += 1
        return "somebody@mail.example"

    def phone(self, found: re.Match[str]) -> str:
        """A number that nobody has."""
        if _INVENTED_PHONE.fullmatch(found[0]):
            return found[0]
        self.count["phone"] += 1
        digits = re.sub(r"\D", "", found[0])
        return self._phones.setdefault(digits, f"628120000{len(self._phones) + 1:04d}")


def plain_text(text: str) -> str:
    """A text as a person would read it, without the escapes of the page that it stands on."""
    return re.sub(r"\\(['\"\\/])", r"\1", html.unescape(text)).strip(_BLANKS)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)

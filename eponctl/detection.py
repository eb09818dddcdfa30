"""Which family of firmware answers at an address, told without a password; the driver of `auto`.

A device is looked at by up to six GETs, cheapest first, which carry no password and change nothing.
Fingerprints: field notes on other dialects, section 7. HIOSO and BDCOM boxes ask for HTTP Basic
before they show anything: which of the two it is shows only when one's own pages are there.

As a driver: `fetch` looks, loads the driver of the family that was found and hands over; `read`
goes by what the scrape says. Polls remember the driver and come here once per OLT.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from eponctl.driver import AUTO, Known, Scrape, load
from eponctl.errors import PageChanged, PageMissing, UnknownFirmware
from eponctl.model import OltReading
from eponctl.web import Page, Web

SENDS_BASIC = False
MOST_REQUESTS = 6
"""What a look takes at the most, where every request is answered at once."""
CAPTCHA = "CAPTCHA build: unattended login is not possible"
GPON = "GPON build: only EPON is read"
_OK, _UNAUTHORIZED, _NOT_FOUND = 200, 401, 404
_GPON_TYPE = "2"


class Confidence(StrEnum):
    """How sure a family is; NONE where there is none."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"
    NONE = "none"


class Detection(NamedTuple):
    """What was seen at an address, a line a request, and whose that is.

    `family` is the name of a driver; None: unknown. `rival` is another that looks the same until
    somebody logs in. `obstacle` says why a device of this family cannot be read.
    """

    family: str | None
    confidence: Confidence
    saw: tuple[str, ...]
    rival: str | None = None
    obstacle: str | None = None

    @property
    def driver(self) -> str | None:
        """What to write into olts.toml; None: nothing there would help."""
        if self.obstacle:
            return None
        return AUTO if self.rival else self.family


def detect(web: Web, *, is_thorough: bool = True) -> Detection:
    """Look at a device. Raises Unreachable, and PageChanged on a page that cannot be taken.

    `is_thorough`: also ask V-SOL boxes for the page that GPON builds lack. It costs the device much
    where our address is logged in already, so polls leave that to the driver.
    """
    looking = _Looking(web, is_thorough=is_thorough)
    for found in looking.answers():
        if found:
            return found
    return Detection(None, Confidence.NONE, tuple(looking.saw))


# --- as a driver ---


def fetch(web: Web, known: Known) -> Scrape:
    """Find out the family and let its driver ask.

    Raises OltError; UnknownFirmware where it is no family's, or cannot be read.
    """
    found = detect(web, is_thorough=False)
    if found.family is None:
        raise UnknownFirmware(
            f"no OLT of a family that is known: {found.saw[0]}",
            f"`eponctl olt detect {web.base_url}` says what was seen there",
        )
    if found.obstacle:
        raise UnknownFirmware(found.obstacle, f"it looks like {found.family}: {found.saw[-1]}")
    try:
        return _fetched(found.family, web, known)
    except PageChanged as error:
        if not found.rival:
            raise
        try:
            return _fetched(found.rival, web, known)
        except PageMissing:
            pass
        except PageChanged:
            if isinstance(error, UnknownFirmware):
                # None of the likelier one's pages is there, but the rival's is.
                raise
        raise


def read(scrape: Scrape, known: Known) -> OltReading:
    """What the family's driver makes of its pages. Raises PageChanged and its children."""
    if scrape.driver is None:
        raise ValueError("a scrape that says no driver is none of this one's")
    return load(scrape.driver).read(scrape, known)


def _fetched(family: str, web: Web, known: Known) -> Scrape:
    driver = load(family)
    if driver.SENDS_BASIC:
        web.use_basic()
    return driver.fetch(web, known)._replace(driver=family)


# --- looking ---


class _Looking:
    """One look at a device under way; `saw` has a line for each answer."""

    def __init__(self, web: Web, *, is_thorough: bool) -> None:
        self._web = web
        self._is_thorough = is_thorough
        self._front_body = b""
        self.saw: list[str] = []

    def answers(self) -> Iterator[Detection | None]:
        """What each step comes to, lazily, in the order of cost; None: on to the next."""
        yield self._front("/")
        yield self._board("/board_info")
        yield self._onu_list("/onuAllPonOnuList.asp", "hioso", _HIOSO_LIST, "a table of ONUs")
        yield self._login_form("/action/login.html")
        yield self._onu_list("/onuintfstate.asp", "bdcom", _BDCOM_LIST, "arrays of ONUs")
        yield self._other_form("/login.asp")

    def _front(self, path: str) -> Detection | None:
        page = self._web.probe(path)
        self._front_body = page.body
        location = page.headers.get("Location", "")
        if "/action/login" in location or b"/action/login" in page.body:
            self._see(page, f"{_described(page)}, on to /action/login: V-SOL")
            form = self._login_form("/action/login.html", is_expected=True)
            return form or self._found("vsol", Confidence.LIKELY)
        return self._otherwise(page)

    def _board(self, path: str) -> Detection | None:
        page = self._web.probe(path)
        board = _json(page)
        is_open = "product_name" in board
        if not is_open and not _wants_login(board):
            return self._otherwise(page)
        self._see(page, f"JSON {'with product_name' if is_open else 'that wants a login'}: HSGQ")
        obstacle = GPON if str(board.get("device_type", "")) == _GPON_TYPE else None
        flags = self._web.probe("/system_custom")
        if str(_json(flags).get("captcha", "")) == "1":
            self._see(flags, "captcha 1")
            obstacle = obstacle or CAPTCHA
        confidence = Confidence.CERTAIN if is_open else Confidence.LIKELY
        return self._found("hsgq", confidence, obstacle=obstacle)

    def _login_form(self, path: str, *, is_expected: bool = False) -> Detection | None:
        page = self._web.probe(path)
        if page.status != _OK or not (_USER.search(page.body) and _PASS.search(page.body)):
            return self._otherwise(page)
        is_sure = is_expected or bool(_VSOL_LOGIN.search(page.body))
        if not is_sure and page.body == self._front_body:
            # A server with one page for whatever it is asked for.
            return self._otherwise(page)
        self._see(page, "a login form with user and pass: V-SOL")
        obstacle = None
        if _VSOL_CAPTCHA.search(page.body):
            self._see(page, "images of a verification code")
            obstacle = CAPTCHA
        if self._is_thorough and not obstacle:
            optics = self._web.probe("/action/onuopmdiag.html")
            if optics.status == _NOT_FOUND:
                self._see(optics, "HTTP 404; EPON builds have it")
                obstacle = GPON
        confidence = Confidence.CERTAIN if is_sure else Confidence.LIKELY
        return self._found("vsol", confidence, obstacle=obstacle)

    def _onu_list(
        self, path: str, family: str, list_: re.Pattern[bytes], what: str
    ) -> Detection | None:
        page = self._web.probe(path)
        if page.status == _OK and list_.search(page.body):
            self._see(page, f"{what}, without a login")
            return self._found(family, Confidence.CERTAIN)
        return self._otherwise(page)

    def _other_form(self, path: str) -> Detection | None:
        page = self._web.probe(path)
        if b"userName" in page.body:
            self._see(page, "a login form with userName, as of Tenda boxes: no driver reads them")
            return None
        return self._otherwise(page)

    def _otherwise(self, page: Page) -> Detection | None:
        """The two families that ask for HTTP Basic, HIOSO's refusal with status 200, or neither."""
        if page.status == _OK and _REFUSAL.search(page.body):
            self._see(page, "HTTP 200 with a refusal, as of HIOSO")
            return self._found("hioso", Confidence.LIKELY)
        asked = page.headers.get("WWW-Authenticate", "")
        if page.status != _UNAUTHORIZED or not asked.lower().startswith("basic"):
            self._see(page, _described(page))
            return None
        server = _clip(page.headers.get("Server", "")) or "unnamed"
        self._see(page, f"HTTP 401, {_clip(asked)}, server {server}: HIOSO or BDCOM")
        is_usual = "goahead" in server.lower()
        confidence = Confidence.LIKELY if is_usual else Confidence.GUESS
        return self._found("hioso", confidence, rival="bdcom")

    def _see(self, page: Page, what: str) -> None:
        self.saw.append(f"GET {page.path}: {what}")

    def _found(
        self,
        family: str,
        confidence: Confidence,
        *,
        rival: str | None = None,
        obstacle: str | None = None,
    ) -> Detection:
        return Detection(family, confidence, tuple(self.saw), rival, obstacle)


_HIOSO_LIST = re.compile(rb"\bvar\s+onutable\s*=\s*new\s+Array", re.IGNORECASE)
_BDCOM_LIST = re.compile(rb"\bintfName1?\s*\[\s*\d+\s*\]\s*=")
_REFUSAL = re.compile(rb"\A\s*(?:<[^>]*>\s*)*access denied", re.IGNORECASE)
_USER = re.compile(rb"""<input[^>]*\bname\s*=\s*['"]?user['"\s/>]""", re.IGNORECASE)
_PASS = re.compile(rb"""<input[^>]*\bname\s*=\s*['"]?pass['"\s/>]""", re.IGNORECASE)
_VSOL_LOGIN = re.compile(rb"OLT Web Management Interface|\blgform\b|\bloginBtn\b")
_VSOL_CAPTCHA = re.compile(rb"\bvc1\.png|verification_code", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]*)", re.IGNORECASE)
_MOST_LETTERS = 60


def _json(page: Page) -> Mapping[str, Any]:
    """A JSON answer with its `data` spread out beside the rest; empty: it is no such thing."""
    if page.status != _OK:
        return {}
    try:
        answer = json.loads(page.body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(answer, dict):
        return {}
    data = answer.get("data")
    return {**answer, **data} if isinstance(data, dict) else answer


def _wants_login(board: Mapping[str, Any]) -> bool:
    """Whether this is HSGQ's answer to strangers; many a server says `code` and `message`."""
    words = str(board.get("message") or board.get("msg"))
    return board.get("code") in _LOGIN_CODES and bool(_LOGIN_WORDS.search(words))


_LOGIN_CODES = (0, -1)
_LOGIN_WORDS = re.compile(r"token|log.?in|session", re.IGNORECASE)


def _described(page: Page) -> str:
    """A page that says nothing of its family, in a few words."""
    words = f"HTTP {page.status}"
    if location := page.headers.get("Location"):
        return f"{words} to {_clip(location)}"
    if not page.body.strip():
        return f"{words}, empty"
    title = _TITLE.search(page.body)
    return f'{words}, "{_clip(title[1].decode("utf-8", "replace"))}"' if title else words


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else line[: _MOST_LETTERS - 3] + "..."

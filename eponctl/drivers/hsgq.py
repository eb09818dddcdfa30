"""HSGQ EPON OLTs with a JSON interface behind their web page, and their relabels.

Models: HSGQ E04, E04M, E04ID, E08; the same interface as Avies, HSAirpo, BTPON SEL1884.
Firmware seen: none by number; the vendor's page source of 2017 to 2021, clients up to 2026.
Login: a form with an MD5 of user and password; a token comes in the header `X-Token` and goes with
every request. A device has four sessions, or one a user: one login a poll, and always a logout.
Pages: `/board_info` (before the login), `/board?info=pon`, `/onu_allow_list` per PON, `/time`;
slow: `/ponmgmt?form=optical_onu` per PON, `/board?info=system`. Where no PON's list is given out:
`/onu_allow_list` without a number, which makes `/onutable` anew, and then that.
Quirks: `/onutable` by itself is as old as the last one who had it made; reason and times describe
the last outage, even of an ONU that is up; keys are missing on older firmware.
Evidence: field notes on other families, section 2; no capture of a device was ever published.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from eponctl import board, boardlist
from eponctl.board import Clock, pon_of
from eponctl.boardlist import Table
from eponctl.driver import Known, Scrape
from eponctl.envelope import OK, TIMED_OUT, content, ended, of, opened, text, whole
from eponctl.errors import (
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    SessionBusy,
    UnknownFirmware,
    Unreachable,
)
from eponctl.model import OltFacts, OltReading
from eponctl.web import Page, Web

SENDS_BASIC = False
DIALECT = "JSON"
# Plans, remembered between polls: a list for each PON, or one for all.
PER_PON, WHOLE = "JSON per PON", "JSON whole"
FRONT, FEATURES = "/board_info", "/system_custom"
LOGIN, LOGOUT = "/userlogin?form=login", "/userlogin?form=logout"
PONS, SYSTEM, CLOCK = "/board?info=pon", "/board?info=system", "/time?form=info"
LIST, OPTICS = "/onu_allow_list?port_id=", "/ponmgmt?form=optical_onu&port_id="
MAKING, TABLE = "/onu_allow_list", "/onutable"
OPTICS_RESERVE_S = 5.0

# --- asking the device ------------------------------------------------------------------------


def fetch(web: Web, known: Known) -> Scrape:
    """The pages of one scrape, one after another, between one login and one logout.

    Nothing secret is sent before the device has shown that it is one of these. Raises OltError.
    """
    asking = _Asking(web, known)
    asking.front()
    with web.session(asking.log_out):
        asking.log_in()
        plan = asking.onus()
    return Scrape(plan, asking.pages, asking.failed)


class _Asking:
    """One scrape under way: the token, the pages so far, and those that failed."""

    def __init__(self, web: Web, known: Known) -> None:
        self.web = web
        self.known = known
        self.token = ""
        self.ended: SessionBusy | None = None
        self.pages: dict[str, Page] = {}
        self.failed: dict[str, OltError] = {}

    def front(self) -> None:
        """What every visitor may see: whether this is such a device, and may be logged in to."""
        try:
            self.pages[FRONT] = self.web.fetch(FRONT, board.check_front)
        except (PageMissing, LoginRejected) as error:
            raise UnknownFirmware(
                f"not a device of this family ({error.message})", board.OTHER
            ) from error
        if self.known.memory and not self.known.wants_slow_pages:
            return
        # Older firmware may have no such page; it has no CAPTCHA then, either.
        features: Any = {}
        with contextlib.suppress(PageChanged, LoginRejected, SessionBusy):
            features = content(self.web.fetch(FEATURES))
        if text(of(features, "captcha")).lower() in {"1", "true"}:
            raise UnknownFirmware(
                "CAPTCHA build: unattended login is not possible",
                "switch the CAPTCHA off on the device's web page",
            )

    def log_in(self) -> None:
        """Raises LoginRejected, or SessionBusy when the device has no session left."""
        user, password = self.web.credentials
        key = hashlib.md5(f"{user}:{password}".encode(), usedforsecurity=False).hexdigest()
        value = base64.b64encode(password.encode()).decode()
        # Firmware differs in whether it looks at `value`; none minds it.
        fields = {"name": user, "key": key, "value": value, "captcha_v": "", "captcha_f": ""}
        with self.web.arriving():
            page = self.post(LOGIN, fields, "null")
        # Kept before the answer is looked at: a session that was opened is to be ended.
        self.token = page.headers.get("X-Token", "").strip().removeprefix("null")
        if page.status in _REFUSED:
            raise LoginRejected(f"HTTP {page.status}, user name or password refused")
        if page.status != _FINE:
            raise PageChanged(f"{LOGIN}: HTTP {page.status}")
        answer = opened(page)
        if answer.code != OK:
            is_busy = answer.code == TIMED_OUT or (
                _NO_PLACE.search(answer.message) and not _LOCKED.search(answer.message)
            )
            raise (SessionBusy if is_busy else LoginRejected)(f"login refused ({answer.said})")
        if not self.token:
            raise PageChanged(f"{LOGIN}: accepted, but no token came with it")

    def log_out(self) -> None:
        if self.token:
            self.post(LOGOUT, {"name": self.web.credentials[0]}, self.token)

    def post(self, path: str, fields: Mapping[str, str], token: str) -> Page:
        headers = {"Content-Type": "application/json;charset=UTF-8", "X-Token": token}
        url = self.web.base_url.rstrip("/") + path
        return self.web.post_json(url, {"method": "set", "param": fields}, headers)

    def onus(self) -> str:
        """The lists first; what is slow, or only nice to have, once they are there."""
        front = board.front(self.pages[FRONT])
        if self.known.wants_slow_pages and not board.is_telling(front) and self.has(SYSTEM):
            board.refuse_gpon(content(self.pages[SYSTEM]))
        ports = self.ports(front)
        plan, ports = self.lists(ports)
        self.has(CLOCK)
        if self.known.wants_slow_pages:
            self.optics(ports)
        return plan

    def lists(self, ports: list[int]) -> tuple[str, list[int]]:
        """The ONUs, PON by PON or all at once: which of the two it was, and the PONs read so."""
        if self.known.memory == WHOLE:
            self.whole_table()
            return WHOLE, ports
        read = [port for port in ports if self.has(f"{LIST}{port}")]
        if read:
            return PER_PON, read
        errors = [self.failed.pop(f"{LIST}{port}") for port in ports]
        # Whoever refuses each PON may give them out together; whoever does not answer will not.
        if self.ended or not all(isinstance(error, PageChanged) for error in errors):
            raise errors[0]
        try:
            self.whole_table()
        except OltError:
            raise errors[0] from None
        return WHOLE, ports

    def whole_table(self) -> None:
        """The list of all PONs, made anew: by itself it is as old as when it last was."""
        for path in (MAKING, TABLE):
            if not self.has(path):
                raise self.failed[path]

    def optics(self, ports: Iterable[int]) -> None:
        for port in ports:
            slow = f"{OPTICS}{port}"
            if self.web.seconds_left() < OPTICS_RESERVE_S:
                return
            # A device that does not answer once would take its time again for each PON.
            if not self.has(slow) and isinstance(self.failed[slow], Unreachable):
                return

    def ports(self, front: Any) -> list[int]:
        """The device's own list of PONs, or as many as it says it has. Raises OltError."""
        if self.has(PONS):
            return [pon.port for pon in board.ports(self.pages[PONS])]
        error, most = self.failed[PONS], whole(of(front, "ponports"))
        if not isinstance(error, PageChanged) or not most or most > board.MOST_PONS:
            raise error
        return list(range(1, most + 1))

    def has(self, path: str) -> bool:
        """Ask for a page; a failure is kept. Once the session has ended nothing is asked for."""
        try:
            if self.ended:
                raise self.ended
            page = self.web.fetch(path, content, {"X-Token": self.token})
        except LoginRejected as error:
            # The login was good: it is the session that the device knows no more.
            self.failed[path] = self.ended = ended(path, error.message)
        except SessionBusy as error:
            self.failed[path] = self.ended = error
        except OltError as error:
            self.failed[path] = error
        else:
            self.pages[path] = page
            return True
        return False


_FINE, _REFUSED = 200, frozenset({401, 403})
# The texts of refusals are not known by heart: only a hint at the number of logins is one.
_NO_PLACE = re.compile(r"session|online|already|limit|exceed|too many|max|full|busy", re.IGNORECASE)
_LOCKED = re.compile(r"password|lock|attempt|wrong|incorrect", re.IGNORECASE)


# --- reading the pages ------------------------------------------------------------------------


def read(scrape: Scrape, known: Known) -> OltReading:  # noqa: ARG001  (part of the protocol)
    """What the pages say. Raises PageChanged when not one of the lists can be believed."""
    clock = board.clock(content(scrape.pages[CLOCK])) if CLOCK in scrape.pages else None
    counted = _counted(scrape)
    tables, failed = _tables(scrape, counted, clock)
    onus = [onu for table in tables for onu in table.onus]
    if failed and not (tables if scrape.plan != WHOLE else onus):
        raise next(iter(failed.values()))
    modules = boardlist.modules(
        page for path, page in scrape.pages.items() if path.startswith(OPTICS)
    )
    slow = {pon_of(path.removeprefix(OPTICS)) for path in scrape.pages if path.startswith(OPTICS)}
    return OltReading(
        dialect=DIALECT,
        onus=tuple(boardlist.with_optics(onu, modules) for onu in onus),
        facts=_facts(scrape, clock),
        failed_pons=failed,
        unreadable=frozenset().union(*(table.odd for table in tables)),
        counted={pon: count for pon, count in counted.items() if count is not None},
        is_complete=all(table.is_complete for table in tables),
        is_whole_table=False,
        lacks_optics=any(onu.pon not in slow for onu in onus),
        memory=scrape.plan,
        notes=tuple(note for table in tables for note in table.notes),
    )


def _counted(scrape: Scrape) -> dict[str, int | None]:
    """The device's PONs, and its own counts where it has them; nothing where it gave no list."""
    if PONS not in scrape.pages:
        return {}
    return {pon_of(pon.port): pon.onus for pon in board.ports(scrape.pages[PONS])}


def _tables(
    scrape: Scrape, counted: Mapping[str, int | None], clock: Clock | None
) -> tuple[list[Table], dict[str, OltError]]:
    """The PONs that can be believed, and why the others cannot."""
    if scrape.plan == WHOLE:
        return boardlist.of_all(scrape.pages[TABLE], counted, clock)
    tables: list[Table] = []
    failed: dict[str, OltError] = {
        pon_of(path.removeprefix(LIST)): error
        for path, error in scrape.failed.items()
        if path.startswith(LIST)
    }
    for path, page in scrape.pages.items():
        if path.startswith(LIST):
            pon = pon_of(path.removeprefix(LIST))
            try:
                tables.append(boardlist.of_pon(page, pon, counted.get(pon), clock))
            except PageChanged as error:
                failed[pon] = error
    return tables, failed


def _facts(scrape: Scrape, clock: Clock | None) -> OltFacts | None:
    """From one and the same page in every poll, so that two of them do not take turns."""
    front = board.front(scrape.pages[FRONT])
    if board.has_facts(front):
        return board.facts(front, clock)
    return board.facts(content(scrape.pages[SYSTEM]), clock) if SYSTEM in scrape.pages else None

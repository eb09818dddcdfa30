"""HIOSO, HisFocus and FIT EPON OLTs with `.asp` pages (GoAhead), and their relabels.

Models: HIOSO HA7304, HA7304C, HA7104(S), HA7302CST; HisFocus 2-PON; FIT FNCS4000 blades.
Firmware seen: V2.1, V2.3.1 (family A); v7.68, v7.80 (family B).
Login: HTTP Basic with every request; a refusal may come with status 200.
Pages: `/onuAllPonOnuList.asp` (A22, B18), `/onuOverview.asp` per PON (A11, A16),
`/onuConfigOnuList.asp` per PON (B12, B13), lists of PONs, `/onuConfig.asp` per ONU, `/system.asp`.
Quirks: reason columns describe the last outage, even of an ONU that is up; optics of an ONU that
is down are those of its last good hour; some pages come without their table now and then.
Evidence: field notes on the .asp family; no complete page was ever published.
"""

from __future__ import annotations

import contextlib
import re

from eponctl import asp, asppages, jsarray
from eponctl.asppages import (
    BOTH_B,
    CONFIG,
    CONFIG_B,
    CONFIG_LIST,
    DETAIL,
    GUESSED_A,
    OVERVIEW,
    OVERVIEW_A,
    OVERVIEW_LIST,
    SYSTEM,
    WHOLE,
    WHOLE_A,
    WHOLE_B,
    WITH_DETAIL,
)
from eponctl.driver import Known, Scrape
from eponctl.errors import (
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    UnknownFirmware,
)
from eponctl.model import OltReading, OnuReading, Status
from eponctl.web import Page, Web

SENDS_BASIC = True
# Blades without a list of PONs have these four.
GUESSED_PONS = ("0/1", "0/2", "0/3", "0/4")
DETAIL_RESERVE_S = 2.0
FAMILY_B_SLASHES = 2

# --- asking the device ------------------------------------------------------------------------

_HALF_PLANS = (WHOLE_B, CONFIG_B)


def fetch(web: Web, known: Known) -> Scrape:
    """The pages of one scrape, one after another, on the remembered way or on a new one.

    A page that the device no longer has sends us to look for its dialect anew. A page that is
    there but bad does not: another page of the same box would tell less, and that would look like
    a change. Raises OltError.
    """
    if known.memory:
        plan = known.memory.removesuffix(WITH_DETAIL)
        if known.wants_slow_pages and plan in _HALF_PLANS:
            # The other half may only have been away when it was looked for.
            with contextlib.suppress(PageChanged):
                return _Asking(web, known).from_nothing()
        try:
            return _Asking(web, known).along(plan, has_detail=known.memory != plan)
        except PageMissing:
            pass
    return _Asking(web, known).from_nothing()


class _Asking:
    """One scrape under way: the pages so far, and those that failed."""

    def __init__(self, web: Web, known: Known) -> None:
        self.web = web
        self.known = known
        self.pages: dict[str, Page] = {}
        self.failed: dict[str, OltError] = {}

    def from_nothing(self) -> Scrape:
        """Find out which pages this device has; section (a) of the field notes."""
        try:
            whole = self.get(WHOLE)
        except PageMissing as missing:
            return self.without_whole_page(missing)
        first = _first_id(whole)
        if first and not _is_family_b(first):
            return self.done(WHOLE_A)
        try:
            self.pons(CONFIG_LIST, CONFIG)
        except PageMissing:
            return self.done(WHOLE_B)
        except PageChanged as error:
            # Enough for this time; `read` has the pages per PON looked for again.
            self.failed[CONFIG_LIST] = error
            return self.done(WHOLE_B)
        return self.done(BOTH_B)

    def without_whole_page(self, missing: PageMissing) -> Scrape:
        for plan in (CONFIG_B, OVERVIEW_A, GUESSED_A):
            try:
                return self.along(plan)
            except PageMissing:
                continue
        raise UnknownFirmware(
            f"none of the pages of this family is there ({missing.message})",
            "check the OLT's url and its `driver` in olts.toml",
        ) from missing

    def along(self, plan: str, *, has_detail: bool = False) -> Scrape:
        """Ask for the pages of a known plan."""
        if plan in {WHOLE_A, WHOLE_B}:
            first = _first_id(self.get(WHOLE))
            if first and _is_family_b(first) != (plan == WHOLE_B):
                raise PageMissing(f"{WHOLE}: the page of another family")
        if plan == WHOLE_B and self.holds_few(WHOLE):
            # The list of PONs has the device's own count, to settle whether that can be true.
            self.try_get(CONFIG_LIST)
        if plan == BOTH_B:
            # The state comes from the pages per PON; the whole page adds what they lack.
            self.try_get(WHOLE)
            if isinstance(missing := self.failed.get(WHOLE), PageMissing):
                raise missing
        if plan in {BOTH_B, CONFIG_B}:
            self.pons(CONFIG_LIST, CONFIG)
        if plan == OVERVIEW_A:
            self.pons(OVERVIEW_LIST, OVERVIEW)
        if plan == GUESSED_A:
            self.guessed_pons()
        return self.done(plan, has_detail=has_detail)

    def get(self, path: str) -> Page:
        self.pages[path] = self.web.fetch(path, check_page)
        return self.pages[path]

    def try_get(self, path: str) -> None:
        """A page that one can do without; only a refused login is not to be borne."""
        try:
            self.get(path)
        except LoginRejected:
            raise
        except OltError as error:
            self.failed[path] = error

    def pons(self, list_path: str, pon_path: str) -> None:
        listed = asp.pon_counts(self.get(list_path).body)
        if not listed:
            raise PageChanged(f"{list_path}: the list of PONs is empty")
        for pon in listed:
            self.try_get(pon_path + pon)
        wanted = [pon_path + pon for pon in listed]
        if wanted and all(path in self.failed for path in wanted):
            raise self.failed[wanted[0]]

    def guessed_pons(self) -> None:
        first = OVERVIEW + GUESSED_PONS[0]
        try:
            self.get(first)
        except PageMissing:
            raise
        except PageChanged as error:
            self.failed[first] = error
        for pon in GUESSED_PONS[1:]:
            self.try_get(OVERVIEW + pon)
            # A blade may have fewer PONs than guessed; one that had ONUs must be there.
            is_strange = isinstance(self.failed.get(OVERVIEW + pon), PageChanged)
            if is_strange and not self.known.onus_by_pon.get(pon):
                del self.failed[OVERVIEW + pon]

    def holds_few(self, path: str) -> bool:
        macs = len(_MAC_BYTES.findall(self.pages[path].body))
        return macs < self.known.onus * 0.3

    def leaves_optics_out(self, path: str) -> bool:
        """Whether this list has rows without optics; `details` sees whether it is all of them."""
        return path in self.pages and bool(_NO_OPTICS.search(self.pages[path].body))

    def done(self, plan: str, *, has_detail: bool = False) -> Scrape:
        if self.known.wants_slow_pages:
            self.try_get(SYSTEM)
            if has_detail or plan in {OVERVIEW_A, GUESSED_A} or self.leaves_optics_out(WHOLE):
                self.details()
        return Scrape(plan, self.pages, self.failed)

    def details(self) -> None:
        """A page per ONU that is up and has no optics in its list: as long as time allows."""
        onus: list[OnuReading] = []
        for path, page in self.pages.items():
            if path.startswith(_LISTS):
                with contextlib.suppress(PageChanged):
                    onus += asp.table(path, page.body).onus
        if any(onu.rx_power_dbm is not None for onu in onus):
            return
        for onu in onus:
            if self.web.seconds_left() < DETAIL_RESERVE_S:
                return
            if onu.status is Status.UP:
                self.try_get(DETAIL.format(onu=onu.onu_id, pon=onu.pon))


_LISTS = (WHOLE, OVERVIEW, CONFIG)
# The arrays that are read here: the pages' scripts have others, also when these are missing.
_ARRAY_START = re.compile(
    rb"\bvar\s+(?:onutable|ponOnuTable|ponListTable|sysInfo|onuinfo|onuOpmInfo)"
    rb"\s*=\s*new\s+Array\s*\(",
    re.IGNORECASE,
)
_ARRAY_END = re.compile(rb"\)\s*(?:;|\n|\r|$|<)")
_MAC_BYTES = re.compile(jsarray.MAC.encode())
_NO_OPTICS = re.compile(rb"""(?:(['"])--\1\s*,\s*){2}""")
_LOGIN = re.compile(rb"access denied|please login|<input[^>]*type=.?password", re.IGNORECASE)
_UNDEFINED = b"Undefined procedure"


def check_page(page: Page) -> None:
    """Refuse a page that holds no table, saying what it is instead; a name may hold any word."""
    start = _ARRAY_START.search(page.body)
    if start:
        if not _ARRAY_END.search(page.body, start.end()):
            raise PageChanged(f"{page.path}: the table has no end: the page was cut short")
        return
    if _UNDEFINED in page.body:
        raise PageMissing(f"{page.path}: the device has no such page")
    if _LOGIN.search(page.body):
        raise LoginRejected(f"{page.path}: user name or password refused (login page)")
    if not page.body.strip():
        raise PageChanged(f"{page.path}: the page is empty")
    raise PageChanged(f"{page.path}: no table on the page; it begins {_clip(page.body)}")


def _clip(body: bytes) -> str:
    return repr(" ".join(body[:200].decode("utf-8", "replace").split())[:60])


_FIRST_ID = re.compile(rb"['\"](" + jsarray.ID.encode() + rb")['\"]")


def _first_id(page: Page) -> str:
    found = _FIRST_ID.search(page.body)
    return found[1].decode() if found else ""


def _is_family_b(onu_id: str) -> bool:
    return onu_id.count("/") >= FAMILY_B_SLASHES


# --- reading the pages ------------------------------------------------------------------------


def read(scrape: Scrape, known: Known) -> OltReading:  # noqa: ARG001  (part of the protocol)
    """What the pages say. Raises PageChanged when not one of them can be believed."""
    return asppages.reading_of(scrape)

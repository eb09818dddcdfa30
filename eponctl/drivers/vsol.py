"""V-SOL EPON OLTs with `/action/*.html` pages, and their relabels (DBC, Syrotech, Netlink).

Models: V1600D-MINI, V1600D4, V1600D8, V1600D16, V1601E04, V1601E04-DP, V1601E08.
Firmware seen: V2.03.78R (V1600D8), V2.03.75R (Netlink V1600D).
Login: a form, once; the session hangs on the client's address (A), a cookie (B), or the address and
a key that changes with every answer (C); some have no key at all. There is one session: a person
who logs in takes it, and is let keep it.
Pages: `onustatusinfo.html` for all PONs or PON by PON, `onuauthinfo.html`, `systeminfo.html`, and
`onuopmdiag.html` when optics are due: the device asks every ONU for that one.
Quirks: one request at a time; the device's clock may be decades off; a slot that an ONU once had
stays listed; a sensor that is dead gives the ends of its scale; no page of a login that was lost
has another status than 200.
Evidence: field notes on other web dialects, section 1; `select=255` of the page of states rests on
one script, so its answer is looked at.
"""

from __future__ import annotations

import contextlib

from eponctl import action, actionpage, html
from eponctl.actionsession import AUTH, OPTICS, STATUS, SYSTEM, Session, path_of
from eponctl.driver import Known, Scrape
from eponctl.errors import ForeignRedirect, OltError, PageChanged, SessionBusy, UnknownFirmware
from eponctl.model import OltReading, Status
from eponctl.web import Page, Web

SENDS_BASIC = False
ALL = "255"
# Plans, remembered between polls: one page for all PONs or a page each, asked for by POST or not.
WHOLE, SINGLE, POSTED = "whole", "pons", "+post"
OPTICS_RESERVE_S = 3.0

# --- asking the device ------------------------------------------------------------------------


def fetch(web: Web, known: Known) -> Scrape:
    """The pages of one scrape. Logs in unless it is in already, and out if it logged in.

    Raises OltError; SessionBusy when somebody else has the session, or takes it before a PON was
    read.
    """
    asking = _Asking(web, known)
    if asking.is_in():
        return asking.scrape()
    with web.session(asking.session.farewell):
        asking.session.log_in()
        return asking.scrape()


class _Asking:
    """One scrape under way: the pages so far, and those that failed."""

    def __init__(self, web: Web, known: Known) -> None:
        self.web = web
        self.known = known
        self.plan = (known.memory or "").partition(" ")[0]
        self.session = Session(
            web, posts=self.plan.endswith(POSTED), was_read=known.memory is not None
        )
        self.pages: dict[str, Page] = {}
        self.failed: dict[str, OltError] = {}
        self.confirmed: set[str] = set()

    @property
    def first_select(self) -> str:
        """What to ask for first: all PONs, unless it is known that this gives too little."""
        if not self.plan.startswith(SINGLE):
            return ALL
        return min(map(_number, self.known.onus_by_pon), key=int, default=ALL)

    def is_in(self) -> bool:
        """Whether the device takes us for logged in: by address, from before, or by a person."""
        try:
            self.ask(STATUS, self.first_select)
        except (UnknownFirmware, ForeignRedirect):
            raise
        except (PageChanged, SessionBusy):
            return False
        return True

    def scrape(self) -> Scrape:
        plan = self.states()
        if self.lists_nothing() and self.lists_by_post():
            self.pages.clear()
            plan = self.states()
        # What was read is true, whoever has the session now; the rest comes with another poll.
        if not self.session.is_lost:
            with contextlib.suppress(SessionBusy):
                self.extras()
        return Scrape(plan + (POSTED if self.session.posts else ""), self.pages, self.failed)

    def states(self) -> str:
        """The pages of states; by which plan."""
        page = self.first_page()
        pons = self.pons(page)
        if self.first_select == ALL and self.is_whole(page):
            return WHOLE
        self.pages.pop(path_of(STATUS, ALL), None)
        self.ask_pons(pons)
        if not any(path.startswith(STATUS) for path in self.pages):
            raise next(iter(self.failed.values()))
        return SINGLE

    def lists_nothing(self) -> bool:
        """Whether every PON came with a table, by GET, and not one with an ONU."""
        has_rows = any(actionpage.pons_on(page.body) for page in self.pages.values())
        return not (self.session.posts or self.failed or has_rows)

    def lists_by_post(self) -> bool:
        """Whether this build shows an address the headings alone, and its ONUs to its own form."""
        self.session.posts = True
        try:
            page = self.session.ask(STATUS, ALL)
        except OltError:
            # A build without ONUs that takes no such form; whether we are still in will show.
            self.session.is_lost = self.session.posts = False
            return False
        self.session.posts = bool(actionpage.pons_on(page.body))
        return self.session.posts

    def first_page(self) -> Page:
        path = path_of(STATUS, self.first_select)
        if path not in self.pages:
            self.pages[path] = self.session.first(self.first_select)
        return self.pages[path]

    def pons(self, page: Page) -> list[str]:
        """The numbers of the PONs there are, by the page's own choice; they may have gaps."""
        choices = html.options(html.decoded(page.body), "select")
        found = {choice for choice in choices if choice.isdecimal() and 0 < int(choice) < _EXTRA}
        found = found or {
            _number(pon) for pon in (*self.known.onus_by_pon, *actionpage.pons_on(page.body))
        }
        if not found:
            raise PageChanged(f"{page.path}: no PONs to choose from, and no ONUs")
        return sorted(found, key=int)

    def is_whole(self, page: Page) -> bool:
        """Whether the answer to "all PONs" holds several, and all that had ONUs a poll before."""
        found = actionpage.pons_on(page.body)
        least = 1 if self.plan.startswith(WHOLE) else 2
        return len(found) >= least and found >= set(self.known.onus_by_pon)

    def ask_pons(self, pons: list[str]) -> None:
        """The states PON by PON; with the session's end all that are left have failed."""
        left = list(pons)
        try:
            while left:
                self.ask_pon(left[0])
                left.pop(0)
        except SessionBusy as error:
            self.failed.update({path_of(STATUS, pon): error for pon in left})

    def ask_pon(self, pon: str) -> None:
        """The states of one PON; what fails is its own failure, except the session's end."""
        path = path_of(STATUS, pon)
        try:
            page = self.pages.get(path) or self.ask(STATUS, pon)
            if not _is_of(page, pon) and not self.session.posts:
                # This build takes no choice from an address.
                self.session.posts = True
                page = self.ask(STATUS, pon)
            if not _is_of(page, pon):
                raise PageChanged(f"{path}: the page holds the ONUs of another PON")
        except SessionBusy:
            self.pages.pop(path, None)
            raise
        except UnknownFirmware:
            raise
        except OltError as error:
            self.pages.pop(path, None)
            self.failed[path] = error

    def extras(self) -> None:
        """Pages that one can do without; raises SessionBusy when there is no use in going on."""
        self.try_ask(AUTH, ALL)
        if not self.known.wants_slow_pages:
            return
        listed = {
            pon for path in self.pages if path.startswith(STATUS) for pon in _up_on(self, path)
        }
        for pon in sorted(map(_number, listed), key=int):
            if self.web.seconds_left() < OPTICS_RESERVE_S:
                self.failed[path_of(OPTICS, pon)] = PageChanged(f"PON {pon}: no time for optics")
                continue
            self.try_ask(OPTICS, pon)
        # The last page: nobody knows whether it shows the key that comes after its own.
        try:
            self.pages[SYSTEM] = self.session.system(self.proven)
        except OltError as error:
            self.failed[SYSTEM] = error

    def try_ask(self, name: str, select: str) -> None:
        try:
            self.ask(name, select)
        except OltError as error:
            self.failed[path_of(name, select)] = error
            if isinstance(error, SessionBusy):
                raise
            if self.session.lacks_table and name not in self.confirmed:
                self.confirmed.add(name)
                self.session.confirm(self.proven)

    @property
    def proven(self) -> str:
        """What to choose for a page of states that is sure to have a table."""
        return next(path for path in self.pages if path.startswith(STATUS)).rpartition("=")[2]

    def ask(self, name: str, select: str) -> Page:
        page = self.session.ask(name, select)
        self.pages[path_of(name, select)] = page
        return page


# 254 and 255 are no PONs.
_EXTRA = 254


def _number(pon: str) -> str:
    return pon.rpartition("/")[2]


def _is_of(page: Page, pon: str) -> bool:
    return all(_number(found) == pon for found in actionpage.pons_on(page.body))


def _up_on(asking: _Asking, path: str) -> set[str]:
    """The PONs on this page that may have an ONU to ask for its optics."""
    page = asking.pages[path]
    return actionpage.pons_on(page.body) if actionpage.has_online(page.body) else set()


# --- reading the pages ------------------------------------------------------------------------


def read(scrape: Scrape, known: Known) -> OltReading:
    """What the pages say. Raises PageChanged when the states cannot be believed."""
    is_whole = scrape.plan.startswith(WHOLE)
    tables, failed = _tables(scrape)
    if failed and (is_whole or not tables):
        raise next(iter(failed.values()))
    optics = action.Optics({}, is_complete=False)
    if any(path.startswith(OPTICS) for path in scrape.pages):
        optics = action.optics(
            {path: page.body for path, page in scrape.pages.items() if path.startswith(OPTICS)}
        )
    auth_page = scrape.pages.get(path_of(AUTH, ALL))
    auths = action.auths(AUTH, auth_page.body) if auth_page else {}
    onus = [onu for table in tables.values() for onu in action.onus(table, auths, optics.rows)]
    ghosts = action.ghosts(onus)
    doubtful = frozenset().union(*(table.odd for table in tables.values()))
    if failed:
        # The slot where such an ONU is up may be on a PON that was not read.
        ghosts |= frozenset((known.memory or "").split()[1:])
        doubtful |= ghosts
    doubtful -= {onu.mac for onu in onus if onu.status is Status.UP}
    system = scrape.pages.get(SYSTEM)
    lost = {path: table.lost for path, table in tables.items() if table.lost}
    return OltReading(
        dialect="keyed"
        if any(actionpage.key(page.body) for page in scrape.pages.values())
        else "keyless",
        onus=action.without_ghosts(onus, doubtful),
        facts=action.facts(system.body) if system else None,
        failed_pons=failed,
        unreadable=doubtful,
        is_complete=not lost,
        is_whole_table=is_whole,
        lacks_optics=not optics.is_complete
        or any(path.startswith(OPTICS) for path in scrape.failed),
        memory=" ".join([scrape.plan, *sorted(ghosts)]) if onus else None,
        notes=tuple(f"{path}: {count} rows cannot be understood" for path, count in lost.items()),
    )


def _tables(scrape: Scrape) -> tuple[dict[str, action.Rows], dict[str, OltError]]:
    """The pages of states by path, and the PONs whose page is missing or cannot be believed."""
    tables: dict[str, action.Rows] = {}
    failed = {
        f"0/{_select(path)}": error
        for path, error in scrape.failed.items()
        if path.startswith(STATUS)
    }
    for path, page in scrape.pages.items():
        if path.startswith(STATUS):
            try:
                tables[path] = action.states(path, page.body)
            except PageChanged as error:
                failed[f"0/{_select(path)}"] = error
    return tables, failed


def _select(path: str) -> str:
    return path.rpartition("=")[2]

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
from collections.abc import Mapping

from eponctl import action, actionpage, html
from eponctl.driver import Known, Scrape
from eponctl.errors import (
    ForeignRedirect,
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    SessionBusy,
    UnknownFirmware,
)
from eponctl.model import OltReading, Status
from eponctl.web import Page, Web

SENDS_BASIC = False
LOGIN, MAIN, LOGOUT = "/action/login.html", "/action/main.html", "/action/loginout.html"
STATUS, AUTH = "/action/onustatusinfo.html", "/action/onuauthinfo.html"
OPTICS, SYSTEM = "/action/onuopmdiag.html", "/action/systeminfo.html"
ALL = "255"
# Plans, remembered between polls: one page for all PONs or a page each, asked for by POST or not.
WHOLE, SINGLE, POSTED = "whole", "pons", "+post"
OPTICS_RESERVE_S = 3.0

# --- asking the device ------------------------------------------------------------------------

# What each page's own form sends; 100 and 300 are its searches. Other numbers change the device.
_SEARCH = {"searchMac": "", "searchDescription": ""}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    STATUS: {**_SEARCH, "who": "100"},
    AUTH: {"onutype": "0", **_SEARCH, "onuid": "0/", "select2": "1/", "who": "300"},
    OPTICS: {"port_refresh": "Refresh", **_SEARCH, "onuid": "0/", "who": "100"},
}


def fetch(web: Web, known: Known) -> Scrape:
    """The pages of one scrape. Logs in unless it is in already, and out if it logged in.

    Raises OltError; SessionBusy when somebody else has the session, or takes it amid the states.
    """
    asking = _Asking(web, known)
    if asking.is_in():
        return asking.scrape()
    with web.session(asking.farewell):
        asking.log_in()
        return asking.scrape()


class _Asking:
    """One scrape under way: the session, the pages so far, and those that failed."""

    def __init__(self, web: Web, known: Known) -> None:
        self.web = web
        self.known = known
        self.plan = (known.memory or "").partition(" ")[0]
        self.posts = self.plan.endswith(POSTED)
        self.key = ""
        self.has_logged_in = self.was_greeted = self.is_lost = False
        self.has_table = self.lacks_table = self.is_blank_usual = False
        self.pages: dict[str, Page] = {}
        self.failed: dict[str, OltError] = {}

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

    def log_in(self) -> None:
        """Send the password, once, to what is the login page for sure."""
        _check_login_page(self.web.probe(LOGIN))
        user, password = self.web.credentials
        # From here on there may be a session, also when no answer comes.
        self.has_logged_in, self.is_lost = True, False
        reply = self.web.post_form(
            MAIN,
            {"user": user, "pass": password, "button": "Login", "who": "100"},
            {"Referer": self.web.base_url + LOGIN},
        )
        self.was_greeted = b"loginout.html" in reply.body
        if reply.status >= _ERRORS and reply.status not in _FORBIDDEN:
            raise PageChanged(f"{MAIN}: HTTP {reply.status}")
        if not self.was_greeted and (
            reply.status in _FORBIDDEN or actionpage.is_refusal(reply.body)
        ):
            self.is_lost = True
            raise LoginRejected(
                f"{MAIN}: user name or password refused, or the session is somebody else's"
            )

    def farewell(self) -> None:
        # A session that somebody else has taken is not ours to end.
        if self.has_logged_in and not self.is_lost:
            self.web.get(LOGOUT)

    def scrape(self) -> Scrape:
        page = self.first_page()
        pons = self.pons(page)
        if self.first_select == ALL and self.is_whole(page):
            plan = WHOLE
        else:
            plan = SINGLE
            self.pages.pop(_path(STATUS, ALL), None)
            for pon in pons:
                self.ask_pon(pon)
            if not any(path.startswith(STATUS) for path in self.pages):
                raise next(iter(self.failed.values()))
        # What was read is true, whoever has the session now; the rest comes with another poll.
        with contextlib.suppress(SessionBusy):
            self.extras()
        return Scrape(plan + (POSTED if self.posts else ""), self.pages, self.failed)

    def first_page(self) -> Page:
        """The page that shows that we are in; by POST where GET gives no table."""
        path = _path(STATUS, self.first_select)
        if path in self.pages:
            return self.pages[path]
        try:
            return self.ask(STATUS, self.first_select)
        except SessionBusy as error:
            if not self.was_greeted:
                raise LoginRejected(f"{MAIN}: user name or password refused") from error
            if self.posts or not self.key:
                raise
        except PageChanged as error:
            if self.posts or not self.lacks_table:
                raise
            self.refuse_gpon(error)
        self.posts = True
        return self.ask(STATUS, self.first_select)

    def refuse_gpon(self, error: PageChanged) -> None:
        try:
            page = self.web.get(OPTICS)
            self.key = actionpage.key(page.body) or self.key
        except PageMissing:
            raise UnknownFirmware(f"{error.message}; {_GPON_TEXT}", _GPON_HINT) from error
        except OltError:
            return

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

    def ask_pon(self, pon: str) -> None:
        """The states of one PON; what fails is its own failure, except the session's end."""
        path = _path(STATUS, pon)
        try:
            page = self.pages.get(path) or self.ask(STATUS, pon)
            if not _is_of(page, pon) and not self.posts:
                # This build takes no choice from an address.
                self.posts = True
                page = self.ask(STATUS, pon)
            if not _is_of(page, pon):
                raise PageChanged(f"{path}: the page holds the ONUs of another PON")
        except (SessionBusy, UnknownFirmware):
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
                self.failed[_path(OPTICS, pon)] = PageChanged(f"PON {pon}: no time for optics")
                continue
            self.try_ask(OPTICS, pon)
        # The last page: nobody knows whether it shows the key that comes after its own.
        try:
            self.pages[SYSTEM] = self.web.get(SYSTEM)
        except OltError as error:
            self.failed[SYSTEM] = error

    def try_ask(self, name: str, select: str) -> None:
        try:
            self.ask(name, select)
        except OltError as error:
            self.failed[_path(name, select)] = error
            if isinstance(error, SessionBusy):
                raise

    def ask(self, name: str, select: str) -> Page:
        """A page with a table of ONUs. Raises OltError; SessionBusy where the login is gone."""
        path = _path(name, select)
        try:
            page = self.posted(name, select) if self.posts else self.web.fetch(path, self.check)
        except LoginRejected as error:
            self.is_lost = True
            raise SessionBusy(f"{error.message}: {_LOST_TEXT}") from error
        except SessionBusy:
            self.is_lost = True
            raise
        self.is_lost, self.has_table = False, True
        self.pages[path] = page
        return page

    def posted(self, name: str, select: str) -> Page:
        """The page as its own form asks for it; without a key where the device gives none."""
        if not self.key:
            self.key = actionpage.key(self.web.get(name).body) or ""
        key = {"SessionKey": self.key} if self.key else {}
        page = self.web.post_form(name, {"select": select, **_FIELDS[name], **key})
        if page.status == _NOT_FOUND:
            raise PageMissing(f"{name}: HTTP 404")
        if page.status >= _ERRORS and page.status not in _FORBIDDEN:
            raise PageChanged(f"{name}: HTTP {page.status}")
        if page.status != _OK:
            raise SessionBusy(f"{name}: HTTP {page.status}: {_LOST_TEXT}")
        self.check(page)
        return page

    def check(self, page: Page) -> None:
        """Refuse a page without a whole table, saying what that means; a name may be any text."""
        key = actionpage.key(page.body)
        self.key = key or self.key
        if not actionpage.has_headings(page.body):
            self.refuse(page, is_blank=key == "")
        # A build that leaves it blank with ONUs on the page leaves it blank always.
        self.is_blank_usual |= key == "" and bool(actionpage.pons_on(page.body))
        if key == "" and not self.is_blank_usual and not actionpage.pons_on(page.body):
            raise SessionBusy(f"{page.path}: no key and no ONUs: {_LOST_TEXT}")
        if not actionpage.has_end(page.body):
            raise PageChanged(f"{page.path}: the table has no end: the page was cut short")

    def refuse(self, page: Page, *, is_blank: bool) -> None:
        if actionpage.is_gpon(page.body):
            raise UnknownFirmware(f"{page.path}: {_GPON_TEXT}", _GPON_HINT)
        if is_blank:
            # A key from before would not help: POST is not tried with it.
            self.key = ""
        was_there = self.has_table and page.path.startswith(STATUS)
        if is_blank or was_there or actionpage.is_logged_out(page.body):
            raise SessionBusy(f"{page.path}: no table on the page: {_LOST_TEXT}")
        self.lacks_table = True
        raise PageChanged(f"{page.path}: no table of ONUs; it begins {actionpage.clip(page.body)}")


_OK, _NOT_FOUND, _ERRORS, _FORBIDDEN = 200, 404, 400, frozenset({401, 403})
# 254 and 255 are no PONs.
_EXTRA = 254
_LOST_TEXT = "the only session is somebody else's"
_GPON_TEXT = "GPON build: only EPON devices of this family can be read"
_GPON_HINT = "this OLT cannot be polled; set `enabled = false` for it"


def _check_login_page(page: Page) -> None:
    """Make sure that a password may be sent. Raises PageChanged, UnknownFirmware."""
    if actionpage.wants_captcha(page.body):
        raise UnknownFirmware(
            "CAPTCHA build: unattended login is not possible",
            "ask the vendor for firmware without it",
        )
    if page.status != _OK or not actionpage.is_login_form(page.body):
        what = f"HTTP {page.status}" if page.status != _OK else "no login form"
        kind = PageMissing if page.status == _NOT_FOUND else PageChanged
        raise kind(
            f"{LOGIN}: {what}; the password was not sent",
            "check the OLT's url (http or https, port) and its `driver` in olts.toml",
        )


def _path(name: str, select: str) -> str:
    return f"{name}?select={select}"


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
    auth_page = scrape.pages.get(_path(AUTH, ALL))
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

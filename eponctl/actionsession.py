"""The one session of a device of the `/action/` family (V-SOL): its login, its key, its pages.

Knows how a page with a table is asked for, and by what a login shows that is gone or was never
good. Which pages a poll needs is drivers/vsol.py's; what they say is action.py's.
Evidence: field notes on other web dialects, section 1.3.
"""

from __future__ import annotations

from collections.abc import Mapping

from eponctl import action, actionpage
from eponctl.errors import (
    LoginRejected,
    OltError,
    PageChanged,
    PageMissing,
    SessionBusy,
    UnknownFirmware,
)
from eponctl.web import Page, Web

LOGIN, MAIN, LOGOUT = "/action/login.html", "/action/main.html", "/action/loginout.html"
STATUS, AUTH = "/action/onustatusinfo.html", "/action/onuauthinfo.html"
OPTICS, SYSTEM = "/action/onuopmdiag.html", "/action/systeminfo.html"

# What each page's own form sends; 100 and 300 are its searches. Other numbers change the device.
_SEARCH = {"searchMac": "", "searchDescription": ""}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    STATUS: {**_SEARCH, "who": "100"},
    AUTH: {"onutype": "0", **_SEARCH, "onuid": "0/", "select2": "1/", "who": "300"},
    OPTICS: {"port_refresh": "Refresh", **_SEARCH, "onuid": "0/", "who": "100"},
}
_OK, _NOT_FOUND, _ERRORS, _FORBIDDEN = 200, 404, 400, frozenset({401, 403})
_LOST_TEXT = "the only session is somebody else's"
_GPON_TEXT = "GPON build: only EPON devices of this family can be read"
_GPON_HINT = "this OLT cannot be polled; set `enabled = false` for it"


def path_of(name: str, select: str) -> str:
    """The address of a page of one PON, or of all."""
    return f"{name}?select={select}"


class Session:
    """What the device takes us for: logged in or not, by which key, and by GET or by POST.

    `was_read`: it was read before, with this user and password for all we know.
    """

    def __init__(self, web: Web, *, posts: bool, was_read: bool) -> None:
        self.web = web
        self.posts = posts
        self.was_read = was_read
        self.key = ""
        self.has_logged_in = self.was_greeted = self.is_lost = False
        self.has_table = self.lacks_table = self.is_blank_usual = False

    def log_in(self) -> None:
        """Send the password, once, to what is the login page for sure."""
        _check_login_page(self.web.probe(LOGIN))
        user, password = self.web.credentials
        # From here on there may be a session, also when no answer comes.
        self.has_logged_in, self.is_lost = True, False
        form = {"user": user, "pass": password, "button": "Login", "who": "100"}
        with self.web.arriving():
            reply = self.web.post_form(MAIN, form, {"Referer": self.web.base_url + LOGIN})
        self.was_greeted = b"loginout.html" in reply.body
        if reply.status >= _ERRORS and reply.status not in _FORBIDDEN:
            raise PageChanged(f"{MAIN}: HTTP {reply.status}")
        is_refusal = reply.status in _FORBIDDEN or actionpage.is_refusal(reply.body)
        if is_refusal and not self.was_greeted:
            self.is_lost = True
            is_sure = reply.status in _FORBIDDEN or actionpage.is_login_form(reply.body)
            raise self.refused(is_sure=is_sure)

    def refused(self, *, is_sure: bool) -> OltError:
        """Why a login was no good; `is_sure`: that is how a wrong password is answered.

        Other answers come when a person is logged in, too: then a password that was right is.
        """
        text = f"{MAIN}: user name or password refused"
        if is_sure:
            return LoginRejected(text)
        text = f"{text}, or the session is somebody else's"
        return SessionBusy(text, _BUSY_HINT) if self.was_read else LoginRejected(text)

    def farewell(self) -> None:
        """Log out; a session that somebody else has taken is not ours to end."""
        if self.has_logged_in and not self.is_lost:
            self.web.get(LOGOUT)

    def first(self, select: str) -> Page:
        """The page that shows that we are in; by POST where GET gives no table."""
        try:
            return self.ask(STATUS, select)
        except SessionBusy as error:
            if not self.was_greeted:
                raise self.refused(is_sure=False) from error
            if self.posts or not self.key:
                raise
        except PageChanged as error:
            if self.posts or not self.lacks_table:
                raise
            self.refuse_gpon(error)
        self.posts = True
        return self.ask(STATUS, select)

    def refuse_gpon(self, error: PageChanged) -> None:
        """Raise UnknownFirmware where the page of optics is missing."""
        try:
            page = self.web.get(OPTICS)
            self.key = actionpage.key(page.body) or self.key
        except PageMissing:
            raise UnknownFirmware(f"{error.message}; {_GPON_TEXT}", _GPON_HINT) from error
        except OltError:
            return

    def ask(self, name: str, select: str) -> Page:
        """A page with a table of ONUs. Raises OltError; SessionBusy where the login is gone."""
        self.lacks_table = False
        try:
            if self.posts:
                page = self.posted(name, select)
            else:
                page = self.web.fetch(path_of(name, select), self.check)
        except LoginRejected as error:
            raise self.lost(error.message) from error
        except SessionBusy:
            self.is_lost = True
            raise
        self.is_lost, self.has_table = False, True
        return page

    def system(self, select: str) -> Page:
        """The page about the device itself; `select` as `confirm` has it."""
        try:
            page = self.web.get(SYSTEM)
        except LoginRejected as error:
            raise self.lost(error.message) from error
        if action.facts(page.body) is None:
            self.confirm(select)
        return page

    def confirm(self, select: str) -> None:
        """Make sure that we are in still, by a page of states that came before.

        For pages that are not as they should be: their build's, or of a login that is gone.
        """
        # The page shows no key that could come next: a fresh one is asked for.
        self.key = ""
        self.ask(STATUS, select)

    def lost(self, why: str) -> SessionBusy:
        """What to raise where the device knows our login no more."""
        self.is_lost = True
        return SessionBusy(f"{why}: {_LOST_TEXT}")

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
            raise self.lost(f"{name}: HTTP {page.status}")
        self.check(page)
        return page

    def check(self, page: Page) -> None:
        """Refuse a page without a whole table, saying what that means; a name may be any text."""
        key = actionpage.key(page.body)
        self.key = key or self.key
        # A GPON build may head its list as an EPON one; of EPON rows each name may be any text.
        is_other = actionpage.is_gpon(page.body) and not actionpage.pons_on(page.body)
        if is_other or not actionpage.has_headings(page.body):
            self.refuse(page, is_blank=key == "")
        # A build that leaves it blank with ONUs on the page leaves it blank always.
        self.is_blank_usual |= key == "" and bool(actionpage.pons_on(page.body))
        if key == "" and not self.is_blank_usual and not actionpage.pons_on(page.body):
            raise SessionBusy(f"{page.path}: no key and no ONUs: {_LOST_TEXT}")
        if not actionpage.has_end(page.body):
            raise PageChanged(f"{page.path}: the table has no end: the page was cut short")

    def refuse(self, page: Page, *, is_blank: bool) -> None:
        """Raise what it means that a page has no table."""
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


_BUSY_HINT = "if nobody is logged in on its web page, check user name and password"


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

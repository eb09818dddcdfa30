"""A simulated V-SOL OLT: its ONUs, its one session, and what of its build can be switched.

Data and plain state changes only; pages are made in `vsolpages`, answers in `vsol`.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import Literal, get_args

from eponctl.simulator.olt import SimOlt

#: What a session hangs on: the client's address (A, keyless), a cookie (B), or the address and a
#: key that changes with every answer and that each POST must send (C).
Build = Literal["A", "B", "C", "keyless"]
BUILDS: tuple[Build, ...] = get_args(Build)
PERSON = "a person"


@dataclass(eq=False)
class VsolOlt(SimOlt):
    """A V-SOL OLT for a farm.

    ONU ids are `0/1:3`; an ONU's `name` in bytes goes onto the page as it is, text is encoded in
    GB 18030. `session` is who has the only session: an address, a cookie, or PERSON. A person
    comes in after `person_after` more data pages (None: never), and is let in by displacing the
    other; a login while a person is there displaces the person, or fails when `refuses_second`.
    `answers_all` False: the page of states gives its first PON for `select=255`. `reads_get`
    False: a table comes for a POST with the form's fields only, or with `ignores_get_select` for
    the first PON whatever was asked, with `get_lists_nothing` the headings alone. `blank` leaves
    the key blank and the table empty while somebody is logged in. `shows_login`: who is not in gets
    the login page, with status 200, instead of a page with a blank key. `columns` are "usual",
    "shuffled" or "extra". `year` is what the device's clock shows (None: the present one).
    `without_description` leaves that column out of the optics. After a request that would change
    the device every answer is an error, until `violations` is cleared.
    """

    dialect: str = "A22"  # type: ignore[assignment]
    build: Build = "A"
    session: str | None = None
    key: str = ""
    person_after: int | None = None
    refuses_second: bool = False
    answers_all: bool = True
    reads_get: bool = True
    ignores_get_select: bool = False
    get_lists_nothing: bool = False
    blank: bool = False
    has_captcha: bool = False
    is_gpon: bool = False
    login_status: int = 200
    shows_login: bool = False
    columns: Literal["usual", "shuffled", "extra"] = "usual"
    has_hd_cells: bool = True
    without_description: bool = False
    year: int | None = None
    most_connections: int = 3
    dropped: int = 0
    logins: int = 0
    logouts: int = 0

    def __post_init__(self) -> None:
        """Check the build, and list the PON ports the ONUs are on, unless they were given."""
        super().__post_init__()
        if self.build not in BUILDS:
            msg = f"unknown build {self.build!r}; known: {', '.join(BUILDS)}"
            raise ValueError(msg)
        self._random = random.Random(self.name)  # noqa: S311  (keys of an invented device)
        self._cookies = itertools.count(1)

    @property
    def kind(self) -> str:
        """What sort of device it is, for people."""
        return f"V-SOL {self.build}"

    def turn_key(self) -> str:
        """Return the next key: five lower-case letters; none on builds that have none."""
        if self.build == "keyless":
            return ""
        self.key = "".join(self._random.choices("abcdefghijklmnopqrstuvwxyz", k=5))
        return self.key

    def new_cookie(self) -> str:
        """Return the value of a cookie that was never given before."""
        return f"{self.name}-{next(self._cookies)}"

    def enter_person(self) -> None:
        """Let a person log in: whoever was in is out."""
        self.session = PERSON

    def count_page(self) -> None:
        """Count down to the moment when a person comes in."""
        if self.person_after is None:
            return
        if self.person_after == 0:
            self.person_after = None
            self.enter_person()
        else:
            self.person_after -= 1

"""What a driver is, how one is found by its name, and when a reading is too poor to be believed."""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple, Protocol, cast

from eponctl.errors import OltError, PageChanged
from eponctl.model import OltReading
from eponctl.web import Page, Web

_BELIEVABLE_SHARE = 0.3


class Known(NamedTuple):
    """What the polls before know of an OLT, for its driver.

    `memory` is what the driver asked to be told; None: find out anew. `onus_by_pon` counts what was
    there a poll before. `wants_slow_pages` says that pages which cost the device much are due.
    """

    memory: str | None = None
    onus_by_pon: Mapping[str, int] = MappingProxyType({})
    wants_slow_pages: bool = True

    @property
    def onus(self) -> int:
        """How many ONUs the OLT had a poll before."""
        return sum(self.onus_by_pon.values())


class Scrape(NamedTuple):
    """The pages of one scrape by path as asked for, and those that failed.

    `driver` is the one that was found to fit; None: the one that olts.toml or the past names.
    """

    plan: str
    pages: Mapping[str, Page]
    failed: Mapping[str, OltError] = MappingProxyType({})
    driver: str | None = None


class Driver(Protocol):
    """A module in drivers/: one family of firmware.

    `SENDS_BASIC`: its devices want user name and password with every request. Others log in with a
    form, by `Web.credentials`, and out again, by `Web.session`.
    """

    SENDS_BASIC: bool

    def fetch(self, web: Web, known: Known) -> Scrape:
        """Ask the device, page after page; runs in a thread of its own. Raises OltError."""
        ...

    def read(self, scrape: Scrape, known: Known) -> OltReading:
        """What the pages say; pure. Raises PageChanged and its children."""
        ...


@cache
def names() -> tuple[str, ...]:
    """The drivers there are, by file name."""
    import pkgutil

    package = importlib.import_module("eponctl.drivers")
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))


AUTO = "auto"
"""What olts.toml says where the family is to be found out."""


def load(name: str) -> Driver:
    """The driver of this name; that of `auto` looks at the device, and hands over."""
    # By name: it stands above the drivers, and few polls need it.
    module = "eponctl.detection" if name == AUTO else f"eponctl.drivers.{name}"
    return cast(Driver, importlib.import_module(module))


def resolved(name: str, remembered: str | None = None) -> str:
    """The driver to ask with: for `auto` the one that fitted before, if it is still there."""
    return remembered if name == AUTO and remembered and is_there(remembered) else name


@cache
def is_there(name: str) -> bool:
    """Whether there is a driver of this name."""
    # Not by `names`: listing them takes 10 ms, and each poll comes through here.
    is_public = name.isidentifier() and not name.startswith("_")
    return is_public and importlib.util.find_spec(f"eponctl.drivers.{name}") is not None


def believed(reading: OltReading, known: Known) -> OltReading:
    """The reading, with every PON that lost most of its ONUs made a failed one.

    Of a table of the whole device only the sum is looked at: a PON may be taken out of it.
    A page can be well formed and still hold next to nothing: a device that has just started, a
    table of the wrong PON. Under 30 % of what was there a poll before is believed only when the
    device's own count says the same. Raises PageChanged when that holds for the OLT as a whole.
    A table with nothing inside is not believed against that count, whatever was known before.
    """
    counted = sum((reading.counted or {}).values())
    if reading.is_whole_table and not reading.onus and counted:
        raise PageChanged(f"the table is empty, and the device counts {counted} ONUs")
    found = Counter([onu.pon for onu in reading.onus])
    healthy = {pon: n for pon, n in known.onus_by_pon.items() if pon not in reading.failed_pons}
    doubted = {
        pon: PageChanged(f"PON {pon}: {found[pon]} ONUs where {before} were known")
        for pon, before in healthy.items()
        if _is_doubtful(pon, found[pon], before, reading)
    }
    if reading.is_whole_table:
        total, before = len(reading.onus), sum(healthy.values())
        if doubted and total < before * _BELIEVABLE_SHARE:
            raise PageChanged(f"the table holds {total} ONUs where {before} were known", _HINT)
        return reading
    if not doubted:
        return reading
    failed = {**reading.failed_pons, **doubted}
    kept = tuple(onu for onu in reading.onus if onu.pon not in doubted)
    if not kept and set(known.onus_by_pon) <= set(failed):
        raise PageChanged(str(next(iter(doubted.values()))), _HINT)
    return reading._replace(onus=kept, failed_pons=failed)


_HINT = "if they were really taken away: `eponctl olt test ID --accept`"


def _is_doubtful(pon: str, found: int, before: int, reading: OltReading) -> bool:
    if found >= before * _BELIEVABLE_SHARE:
        return False
    counted = reading.counted or {}
    return counted.get(pon) != found

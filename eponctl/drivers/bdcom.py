"""BDCOM EPON OLTs with `.asp` pages that fill JavaScript arrays. EXPERIMENTAL.

Models: P3310, P3608 and their kin; firmware unknown.
Login: HTTP Basic with every request.
Pages: `/onuintfstate.asp`, an assignment for each field and row: `intfName[0]="EPON0/1:1"`; with
the same index `MACAddress`, `intfproto` (the state), `deregReason`, `description`. Some firmware
has a 1 behind each name, newer says `onuName`, `onustat`, `deactRea`. Distance is nowhere, optics
only on a page per ONU: not read yet.
Quirks: MACs as `0200.5e00.0001`; a reason describes the last outage, even of an ONU that is up.
Evidence: two authors' code (field notes on other dialects, section 3). No page of a real device was
ever published, so nothing here was seen to work: send us yours.
"""

from __future__ import annotations

import re

from eponctl import units
from eponctl.driver import Known, Scrape
from eponctl.errors import PageChanged, UnknownFirmware
from eponctl.model import OltReading, OnuReading, Reason, Status
from eponctl.web import Page, Web

SENDS_BASIC = True
PAGE = "/onuintfstate.asp"
NOTE = "the driver for BDCOM is experimental: compare what it says with the device's own page"

_CELL = re.compile(
    r"""\b(\w{1,20})[ \t]*\[[ \t]*(\d{1,6})[ \t]*\]\s*=\s*"""
    r"""(["'])(.{0,300}?)\3[ \t]*(?=;|[\r\n]|$|<)"""
)
# Newer firmware, as one author has it.
_NEWER = {"onuName": "intfName", "onustat": "intfproto", "deactRea": "deregReason"}
_NAME = re.compile(rb"\b(?:intf|onu)Name1?\b")
_FILLED = re.compile(_NAME.pattern + rb"\s*\[\s*\d")
_ID = re.compile(r"EPON(\d+/\d+:\d+)", re.IGNORECASE)
_HEX = re.compile(r"[^0-9A-Fa-f]")
_POWER = re.compile(r"dying|gasp|power.?off", re.IGNORECASE)
_LIGHT = re.compile(r"wire.?down|\blosi?\b", re.IGNORECASE)
_GPON = re.compile(rb"\b(?:BintfName|onuName)\s*\[|GPON\d")
_EPON = re.compile(rb"""["']EPON\d""", re.IGNORECASE)
_STATES = dict.fromkeys(("up", "enable", "active"), Status.UP) | dict.fromkeys(
    ("down", "disable", "inactive", "lost", "deregistered"), Status.DOWN
)
_MAC_DIGITS = 12


def fetch(web: Web, known: Known) -> Scrape:  # noqa: ARG001  (part of the protocol)
    """The one page. Raises OltError."""
    return Scrape("arrays", {PAGE: web.fetch(PAGE, _check)})


def _check(page: Page) -> None:
    """Refuse a page without the arrays, or one that ends amid them."""
    if _GPON.search(page.body) and not _EPON.search(page.body):
        raise UnknownFirmware(f"{page.path}: GPON build: only EPON is read")
    names = list(_NAME.finditer(page.body))
    if not names:
        raise PageChanged(f"{page.path}: no table of ONUs on the page")
    if b"</script" not in page.body[names[-1].end() :].lower():
        raise PageChanged(f"{page.path}: the table has no end: the page was cut short")


def read(scrape: Scrape, known: Known) -> OltReading:  # noqa: ARG001  (part of the protocol)
    """The arrays joined by index; a row that lacks its id, MAC or state was not observed.

    Raises PageChanged when that is so of all of them.
    """
    rows: dict[int, dict[str, str]] = {}
    body = scrape.pages[PAGE].body
    for name, index, _, value in _CELL.findall(body.decode("utf-8", "replace")):
        row = rows.setdefault(int(index), {})
        key = _NEWER.get(plain := name.removesuffix("1"), plain)
        # Twice the same cell: which is the device's, and which stands in somebody's name?
        row[key] = value if key not in row else ""
    rows = {index: row for index, row in rows.items() if row.keys() & {"intfName", "MACAddress"}}
    onus = {index: onu for index, row in rows.items() if (onu := _onu(row))}
    if not onus and (rows or _FILLED.search(body)):
        raise PageChanged(f"{PAGE}: the arrays hold rows, and none that can be read")
    lost = [_mac(row.get("MACAddress", "")) for index, row in rows.items() if index not in onus]
    notes = (f"{len(lost)} rows could not be read",) if lost else ()
    return OltReading(
        dialect="arrays (experimental)",
        onus=tuple(onus[index] for index in sorted(onus)),
        unreadable=frozenset(mac for mac in lost if mac),
        is_complete=all(lost),
        lacks_optics=True,
        memory=scrape.plan,
        notes=(NOTE, *notes),
    )


def _onu(row: dict[str, str]) -> OnuReading | None:
    onu_id, mac = _ID.fullmatch(row.get("intfName", "")), _mac(row.get("MACAddress", ""))
    word = units.label(row.get("intfproto", ""))
    if not (onu_id and mac and word):
        return None
    status, reason = _STATES.get(word.lower(), Status.UNKNOWN), None
    raw = units.label(row.get("deregReason", "")) if status is Status.DOWN else None
    if raw and _POWER.search(raw):
        status, reason = Status.PWRDOWN, Reason.DYING_GASP
    elif raw and _LIGHT.search(raw):
        reason = Reason.LOS
    name = units.label(row.get("description", ""))
    return OnuReading(onu_id[1], mac, name, status, word, reason, raw)


def _mac(text: str) -> str | None:
    digits = _HEX.sub("", text)
    pairs = (digits[at : at + 2] for at in range(0, _MAC_DIGITS, 2))
    return ":".join(pairs).upper() if len(digits) == _MAC_DIGITS else None

"""Pages beyond those that a driver asks for: what the field notes call unknown, by family.

GET only, and nothing that is known to change a device or to cost it much. A family that is not in
here has no further pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from eponctl.capture.recording import Exchange, target_of

# Asked for once each. `{onu}`, `{pon}` and `{port}` stand for an ONU that is there (see `paths`).
PATHS: Mapping[str, Sequence[str]] = {
    # Frames and menu: which pages there are; lists that another plan would have used; an ONU's own
    # page; the log, whose place on family A is not known.
    "hioso": (
        "/",
        "/item.asp",
        "/system.asp",
        "/onuOverviewPonList.asp",
        "/onuConfigPonList.asp",
        "/onuOverview.asp?oltponno={pon}",
        "/onuConfigOnuList.asp?oltponno={pon}",
        "/onuConfig.asp?onuno={onu}&oltponno={pon}",
        "/sys_log.asp",
        "/sys_log_page.asp?page=0",
    ),
    # What 254 means; a PON's own optics; an ONU's own page.
    "vsol": (
        "/action/systeminfo.html",
        "/action/onustatusinfo.html?select=254",
        "/action/poninfo.html",
        "/action/onuBasic.html?gponid={port}&gonuid={number}",
    ),
    # Whether `/onutable` is old before it is asked to be made anew; which side's power it holds.
    "hsgq": (
        "/system_custom",
        "/system_lang",
        "/board?info=system",
        "/board?info=cpu",
        "/usermgmt?form=userlevel",
        "/onutable",
        "/onu_allow_list",
        "/onutable",
        "/onu_deny_list?port_id={port}",
        "/onumgmt?form=base-info&port_id={port}&onu_id={number}",
        "/onumgmt?form=optical-diagnose&port_id={port}&onu_id={number}",
        "/ponmgmt?form=optical_pon&polarity=0&port_id={port}&onu_id={number}",
        "/ponmgmt?form=optical_poninfo",
    ),
    # How it logs in, what arrays there are, an ONU's optics.
    "bdcom": (
        "/",
        "/index.asp",
        "/systemstate.asp",
        "/onuintfbasicinfo.asp?intfName=EPON{onu}",
    ),
}
# What a monitor must never send, whoever adds a path above.
_HARMFUL = re.compile(
    r"who=|/go[a-z]+/|reboot|save|def_config|backup|restore|delete|download|clear|form=config|optstate"
    r"|^/set|form=log",
    re.IGNORECASE,
)
_ID = re.compile(rb"(?<![\d/])(\d{1,3}(?:/\d{1,3}){1,2}:\d{1,4})(?!\d)")
_JSON_ID = re.compile(rb'"port_id"\s*:\s*(\d{1,3})\s*,\s*"onu_id"\s*:\s*(\d{1,4})')
_DOWN = re.compile(rb"""['">](?:Down|PwrDown|Offline)['"<]""", re.IGNORECASE)


def paths(family: str, kept: Iterable[Exchange]) -> list[str]:
    """The further pages of a device of this family, that it was not asked for yet.

    Those about one ONU are about the first on the pages so far, and the first that is down.
    """
    kept = list(kept)
    asked = {target_of(one.url) for one in kept if one.method == "GET"}
    onus = _onus([one.body for one in kept])
    found: list[str] = []
    for path in PATHS.get(family, ()):
        fills = [_fill(path, onu) for onu in onus] if "{" in path else [path]
        found += [one for one in dict.fromkeys(fills) if one not in asked]
    return [path for path in found if not _HARMFUL.search(path)]


def _fill(path: str, onu: str) -> str:
    pon, _, number = onu.partition(":")
    return path.format(onu=onu, pon=pon, port=pon.rpartition("/")[2], number=number)


def _onus(bodies: Iterable[bytes]) -> list[str]:
    """The first ONU of all, and the first in whose row a state says that it is down."""
    first: list[str] = []
    down: list[str] = []
    for body in bodies:
        found = list(_ID.finditer(body))
        for at, match in enumerate(found):
            onu = match[1].decode()
            end = found[at + 1].start() if at + 1 < len(found) else match.end() + 300
            first = first or [onu]
            if _DOWN.search(body, match.end(), min(end, match.end() + 300)):
                down = [onu]
                break
        if not found and (json := _JSON_ID.search(body)):
            first = first or [f"0/{json[1].decode()}:{json[2].decode()}"]
        if first and down:
            break
    return list(dict.fromkeys(first + down))

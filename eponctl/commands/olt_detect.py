"""`eponctl olt detect`: whose web page answers at an address, told without a password."""

from __future__ import annotations

import time
from typing import NamedTuple

from eponctl.configvalues import Expected, origin, shown
from eponctl.detection import Detection, detect
from eponctl.errors import ConfigError, Problem
from eponctl.web import Limits, Web

REQUEST_TIMEOUT_S, DEADLINE_S = 10.0, 30.0


class Look(NamedTuple):
    """One look at an address; `url` as olts.toml takes it."""

    url: str
    detection: Detection
    requests: int
    verify_tls: bool


def look_at(url: str, *, verify_tls: bool = True) -> Look:
    """See who is there. Raises ConfigError for what is no address, and OltError."""
    try:
        address = origin(url)
    except Expected as error:
        got = shown(url) if error.got is None else error.got
        text = f"expected {error.expected}" + (f", got {got}" if got else "")
        raise ConfigError([Problem("URL", "", text)]) from None
    limits = Limits(REQUEST_TIMEOUT_S, REQUEST_TIMEOUT_S, time.monotonic() + DEADLINE_S)
    with Web(address, limits, verify_tls=verify_tls) as web, web.within():
        return Look(address, detect(web), web.request_count, verify_tls)

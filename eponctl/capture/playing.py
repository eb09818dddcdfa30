"""A recording played to the driver whose pages it holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eponctl import driver
from eponctl.capture import expectation
from eponctl.capture.recording import REPLAY_URL, Exchange, ReplayWeb, target_of
from eponctl.driver import Known
from eponctl.errors import OltError


def replayed(
    family: str, exchanges: Iterable[Exchange], retries: int
) -> tuple[dict[str, Any], list[Exchange]]:
    """What the driver makes of a recording, and what of it nobody asked for."""
    module = driver.load(family)
    known = Known()
    with ReplayWeb(exchanges, sends_basic=module.SENDS_BASIC, retries=retries) as web:
        try:
            reading = driver.believed(module.read(module.fetch(web, known), known), known)
        except OltError as error:
            return {"error": type(error).__name__}, web.unplayed
        return expectation.of_reading(reading), web.unplayed


def hosted(kept: Iterable[Exchange], url: str) -> list[Exchange]:
    """The exchanges as they were, but for the host."""
    base = url.rstrip("/")
    return [
        one._replace(
            url=REPLAY_URL + target_of(one.url),
            headers={
                name: value.replace(base, REPLAY_URL) if name.lower() == "location" else value
                for name, value in one.headers.items()
                # They were unpacked, and no cookie is of the recording's host.
                if name.lower() not in {"content-encoding", "set-cookie"}
            },
        )
        for one in kept
    ]

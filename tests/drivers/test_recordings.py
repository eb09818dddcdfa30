"""Recordings against what a person worked out of them: drop in a pair, and it is a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import vcr
from vcr.errors import CannotOverwriteExistingCassetteException

from eponctl import driver
from eponctl.driver import Known
from eponctl.errors import OltError
from eponctl.model import OltReading, OnuReading
from eponctl.web import Limits, Web

CASSETTES = Path(__file__).parents[2] / "cassettes"
RECORDINGS = sorted(path for name in driver.names() for path in (CASSETTES / name).glob("*.yaml"))
URL = "http://olt.example"
DEFAULTS: dict[str, Any] = {
    "facts": None,
    "failed_pons": {},
    "unreadable": [],
    "counted": {},
    "is_complete": True,
    "is_whole_table": True,
    "lacks_optics": False,
    "notes": 0,
}


def onu_as_json(onu: OnuReading) -> dict[str, Any]:
    return {"name": onu.name} | {
        key: value for key, value in onu._asdict().items() if value is not None
    }


def as_json(reading: OltReading) -> dict[str, Any]:
    """A reading in the form of an expected.json, whatever is usual left out."""
    facts = reading.facts
    found = {
        "dialect": reading.dialect,
        "memory": reading.memory,
        "facts": facts
        and {"model": facts.model, "firmware": facts.firmware, "uptime": facts.uptime},
        "failed_pons": {pon: type(error).__name__ for pon, error in reading.failed_pons.items()},
        "unreadable": sorted(reading.unreadable),
        "counted": dict(reading.counted or {}),
        "is_complete": reading.is_complete,
        "is_whole_table": reading.is_whole_table,
        "lacks_optics": reading.lacks_optics,
        "notes": len(reading.notes),
        "onus": sorted(map(onu_as_json, reading.onus), key=place),
    }
    return {
        key: value for key, value in found.items() if key not in DEFAULTS or value != DEFAULTS[key]
    }


def place(onu: dict[str, Any]) -> tuple[str, int]:
    pon, _, number = onu["onu_id"].rpartition(":")
    return pon, int(number)


@pytest.mark.parametrize("path", RECORDINGS, ids=[path.stem for path in RECORDINGS])
def test_recording_is_read_as_expected(
    path: Path, recorder: vcr.VCR, limits: Callable[..., Limits]
) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text("utf-8"))
    known = Known(**expected.pop("known", {}))
    # Pages that were recorded for people: no driver asks for them.
    further = expected.pop("further", [])
    module = driver.load(path.parent.name)
    found: dict[str, Any]
    with recorder.use_cassette(str(path)) as cassette:
        with Web(
            URL,
            limits(retries=expected.pop("retries", 0)),
            login=("admin", "x"),
            sends_basic=module.SENDS_BASIC,
        ) as web:
            try:
                scrape = module.fetch(web, known)
                found = as_json(driver.believed(module.read(scrape, known), known))
            except OltError as error:
                found = {"error": type(error).__name__}
        left = [
            f"{request.method} {request.uri.removeprefix(URL)}"
            for at, (request, _) in enumerate(cassette.data)
            if not cassette.play_counts[at]
        ]
        assert further == left, "the recording holds pages that nobody asked for"

    assert expected == found


def test_page_that_is_not_recorded_does_not_reach_the_network(
    recorder: vcr.VCR, limits: Callable[..., Limits]
) -> None:
    path = CASSETTES / "hioso" / "ha7304_v2.1-a22.yaml"
    with (
        recorder.use_cassette(str(path)),
        Web(URL, limits()) as web,
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        web.get("/not-recorded.asp")

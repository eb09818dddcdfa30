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
from eponctl.capture.expectation import of_reading
from eponctl.driver import Known
from eponctl.errors import OltError
from eponctl.web import Limits, Web

CASSETTES = Path(__file__).parents[2] / "cassettes"
RECORDINGS = sorted(path for name in driver.names() for path in (CASSETTES / name).glob("*.yaml"))
URL = "http://olt.example"


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
                found = of_reading(driver.believed(module.read(scrape, known), known))
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

"""Every recording there is, hostile names and broken pages among them, redacted once more."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from eponctl import driver
from eponctl.capture import expectation
from eponctl.capture.invention import NAME
from eponctl.capture.recording import Exchange, ReplayWeb
from eponctl.capture.redaction import Owner, redacted
from eponctl.capture.vocabulary import is_harmless_text
from eponctl.driver import Known
from eponctl.errors import OltError

CASSETTES = Path(__file__).parents[2] / "cassettes"
RECORDINGS = sorted(path for name in driver.names() for path in (CASSETTES / name).glob("*.yaml"))
OWNER = Owner("http://192.168.1.100:88", "admin", "rahasia-sekali")


def exchanges_of(path: Path) -> list[Exchange]:
    requests, responses = deserialize(path.read_text("utf-8"), yamlserializer)
    return [
        Exchange(
            request.method,
            request.uri,
            response["status"]["code"],
            {name: values[0] for name, values in response["headers"].items()},
            response["body"]["string"],
            {},
        )
        for request, response in zip(requests, responses, strict=True)
    ]


def read(path: Path, exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """What the driver makes of it, as the recordings' own test has it read."""
    terms = json.loads(path.with_suffix(".expected.json").read_text("utf-8"))
    module, known = driver.load(path.parent.name), Known(**terms.get("known", {}))
    retries = terms.get("retries", 0)
    with ReplayWeb(exchanges, sends_basic=module.SENDS_BASIC, retries=retries) as web:
        try:
            return expectation.of_reading(
                driver.believed(module.read(module.fetch(web, known), known), known)
            )
        except OltError as error:
            return {"error": type(error).__name__}


@pytest.mark.parametrize("path", RECORDINGS, ids=[path.stem for path in RECORDINGS])
def test_redacted_recording_is_read_as_it_was_and_names_nobody(path: Path) -> None:
    before = exchanges_of(path)
    after = [one.exchange for one in redacted(before, OWNER).exchanges]
    first, second = read(path, before), read(path, after)

    assert expectation.without_owner(first) == expectation.without_owner(second)
    text = "\n".join(one.body.decode("utf-8", "replace") for one in after)
    own = [onu["mac"] for onu in first.get("onus", ())]
    own += [
        onu["name"]
        for onu in first.get("onus", ())
        if onu["name"] and len(onu["name"]) > 3 and not is_harmless_text(onu["name"])
    ]
    assert [] == [one for one in own if one.lower() in text.lower()]
    assert {onu["name"] is None for onu in first.get("onus", ())} == {
        onu["name"] is None for onu in second.get("onus", ())
    }
    names = {onu["name"] for onu in second.get("onus", ()) if onu["name"]}
    assert [] == [name for name in names if not NAME.fullmatch(name)]

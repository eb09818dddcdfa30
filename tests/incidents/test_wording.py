"""Evidence and place in the words of JSON, logs and `why`."""

from __future__ import annotations

from typing import Any

import pytest

from eponctl.incidents.records import (
    Cause,
    Confidence,
    Evidence,
    Extent,
    Survivors,
    Verdict,
)
from eponctl.incidents.wording import bracket_text, evidence_text

CUT = Evidence(lost=64, of=64, polls=1, gasps=0, said=64)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "64 of 64 lost in one poll, 0 dying gasps"),
        (
            {"lost": 19, "of": 22, "said": 19, "survivors": Survivors.UNCHANGED},
            "19 of 22 lost in one poll, 0 dying gasps, survivors' signal unchanged",
        ),
        (
            {"lost": 19, "of": 22, "said": 19, "survivors": Survivors.FELL},
            "19 of 22 lost in one poll, 0 dying gasps, survivors' signal fell",
        ),
        (
            {"lost": 19, "of": 22, "said": 19, "survivors": Survivors.UNKNOWN},
            "19 of 22 lost in one poll, 0 dying gasps",
        ),
        ({"polls": 3, "gasps": 60}, "64 of 64 lost in 3 polls, 60 dying gasps"),
        (
            {"lost": 1, "said": 1, "gasps": 1},
            "1 of 64 lost in one poll, 1 dying gasp",
        ),
        (
            {"gasps": 12, "said": 14},
            "64 of 64 lost in one poll, 12 dying gasps among 14 whose device says",
        ),
        (
            {"gasps": 1, "said": 1},
            "64 of 64 lost in one poll, 1 dying gasp among 1 whose device says",
        ),
        ({"said": 0}, "64 of 64 lost in one poll, this device gives no reason"),
        (
            {"lost": 9, "of": 32, "said": 9, "is_farther": True, "is_stretch": True},
            "9 of 32 lost in one poll, 0 dying gasps, all farther than the last survivor",
        ),
        (
            {
                "lost": 9,
                "of": 32,
                "said": 9,
                "survivors": Survivors.UNCHANGED,
                "is_farther": False,
                "is_stretch": True,
            },
            "9 of 32 lost in one poll, 0 dying gasps, survivors' signal unchanged, in one stretch",
        ),
        (
            {"lost": 9, "of": 32, "said": 9, "is_farther": False, "is_stretch": False},
            "9 of 32 lost in one poll, 0 dying gasps",
        ),
    ],
)
def test_evidence_is_one_line_that_says_what_counts(changes: Any, expected: str) -> None:
    assert expected == evidence_text(CUT._replace(**changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"bracket_m": (2310, 2480)}, "between 2310 m (last alive) and 2480 m (first dead)"),
        ({"bracket_m": (0, 480)}, "between the OLT and 480 m (first dead)"),
        ({"is_interleaved": True}, "a branch, not the trunk"),
    ],
)
def test_place_is_a_bracket_a_branch_or_nothing(changes: Any, expected: str | None) -> None:
    found = Verdict(Extent.PARTIAL_PON, Cause.FIBRE_BRANCH, Confidence.MEDIUM, CUT)

    assert expected == bracket_text(found._replace(**changes))

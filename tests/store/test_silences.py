"""Silences: in force from then until then, unless they are ended before."""

from __future__ import annotations

import pytest

from eponctl.store import silences
from eponctl.store.silences import Silence
from tests.store.made import NOW

pytestmark = pytest.mark.usefixtures("database")


def active(at: int) -> list[int]:
    return [one.id for one in silences.active(at)]


def test_silence_is_in_force_from_its_first_second_to_before_its_last() -> None:
    name = silences.add("OLT-1:0/1", NOW, NOW + 60, "works on the pole")

    assert [Silence(name, "OLT-1:0/1", NOW, NOW + 60, "works on the pole")] == silences.active(NOW)
    assert [[], [name], [name], []] == list(map(active, (NOW - 1, NOW, NOW + 59, NOW + 60)))


def test_silence_that_was_ended_is_over_from_then() -> None:
    name = silences.add("OLT-1", NOW, NOW + 60)
    ended = Silence(name, "OLT-1", NOW, NOW + 60, ended_at=NOW + 9)

    assert ended == silences.end(name, NOW + 9)
    assert ([name], []) == (active(NOW + 8), active(NOW + 9))
    # The first end counts, and what is over by itself is not ended again.
    assert ended == silences.end(name, NOW + 20)
    assert ended == silences.end(name, NOW + 99)
    assert None is silences.end(name + 1, NOW)


def test_all_that_is_remembered_is_listed_the_oldest_first() -> None:
    names = [silences.add(f"OLT-{number}", NOW, NOW + 60 * number) for number in (1, 3, 2)]
    silences.end(names[1], NOW + 5)

    assert names == [one.id for one in silences.listing()]
    assert [names[2]] == active(NOW + 61)

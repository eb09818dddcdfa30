"""A town for each test that wants one, with a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.alerting.town import SIZES, Sizes, Town, config_of, town_in
from tests.network import NOW


@pytest.fixture
def make_town(tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """Give a function that makes a town, read once; keywords are the configuration's."""
    with ExitStack() as stack:

        def make(at: int = NOW, *, sizes: Sizes = SIZES, **configured: object) -> Town:
            return town_in(stack, config_of(tmp_path, sizes, **configured), at, sizes)

        yield make

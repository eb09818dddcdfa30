"""Invented happenings, told by the texts that polls use: what a message of each kind looks like.

Thresholds, language, zone and words are the configuration's, OLTs too, where it has any. Between
them the kinds reach every text there is, with all that can be known of an ONU and with next to
nothing, so that what can be said of them can be said in a poll. A test sees to that.
"""

from __future__ import annotations

from collections.abc import Iterator

from eponctl.commands.samples import periodic, sometimes, usual
from eponctl.commands.samples.scene import OLT, Scene
from eponctl.settings import Config

KINDS = tuple(usual.MAKERS)
"""One of each sort of message."""
_MAKERS = {**usual.MAKERS, **sometimes.MAKERS, **periodic.MAKERS}
ALL_KINDS = tuple(_MAKERS)
"""Those, and what comes now and then."""


def texts(config: Config, now: int, kinds: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield each of these kinds with the parts of its message, or of its several messages."""
    olt = next(((one.id, one.name) for one in config.olts if one.enabled), OLT)
    scene = Scene(config, now, olt)
    for kind in kinds:
        yield kind, _MAKERS[kind](scene)

"""What a device of a known or an unknown family is asked for, and in which order it is kept."""

from __future__ import annotations

from eponctl import detection, driver
from eponctl.capture import further
from eponctl.capture.recording import Exchange, RecordingWeb
from eponctl.driver import Known
from eponctl.errors import OltError, PageChanged


def asked(
    web: RecordingWeb, names: list[str]
) -> tuple[str | None, list[Exchange], OltError | None]:
    """Whose pages they are, the exchanges, and why the driver has not got all it wants.

    What the driver asked for comes first, then what else was asked.
    """
    probes: list[Exchange] = []
    try:
        if not names:
            found = detection.detect(web, is_thorough=False)
            probes, web.kept = web.kept, []
            if found.family is None or found.obstacle:
                what = found.obstacle or "no OLT of a family that is known"
                return None, probes, PageChanged(f"{what}: {found.saw[-1]}")
            names = [found.family, *filter(None, [found.rival])]
    except OltError as error:
        return None, web.kept, error
    others: list[Exchange] = []
    for name in names:
        fault = _fetched(web, name)
        if not isinstance(fault, PageChanged) or name == names[-1]:
            if fault is None or isinstance(fault, PageChanged):
                web.go_further()
            return name, [*web.kept, *others, *probes], fault
        others, web.kept = [*others, *web.kept], []
    raise AssertionError  # the last name returns


def _fetched(web: RecordingWeb, name: str) -> OltError | None:
    module = driver.load(name)
    if module.SENDS_BASIC:
        web.use_basic()
    web.further = lambda: further.paths(name, web.kept)
    try:
        module.fetch(web, Known())
    except OltError as error:
        return error
    return None

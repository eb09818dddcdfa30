"""What is said of OLTs whose driver is experimental."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Any

from eponctl.model import OltState
from eponctl.render.networksheets import head_lines
from eponctl.render.oltsheets import olt_list_page
from eponctl.settings import OltSettings
from eponctl.store.queries import Tally
from eponctl.views.network import Watched
from eponctl.views.status import NetworkStatus

NOW = 1_800_000_000


def watched(olt_id: str, *, enabled: bool = True, **state: Any) -> Watched:
    olt = OltSettings(olt_id, olt_id, "http://192.0.2.1", "admin", None, enabled=enabled)
    return Watched(olt, OltState(olt_id, last_poll_at=NOW, **state), Tally())


def test_olts_of_an_experimental_driver_are_named(status: NetworkStatus, zone: tzinfo) -> None:
    olts = [
        watched("OLT-1", dialect="A22"),
        watched("OLT-2", dialect="arrays (experimental)"),
        watched("OLT-3"),
        watched("OLT-4", dialect="arrays (experimental)"),
        watched("OLT-5", dialect="arrays (experimental)", enabled=False),
    ]
    note = "experimental driver, compare with the device's own page: OLT-2, OLT-4"

    head = [line.text for line in head_lines(replace(status, olts=tuple(olts)), zone)]
    assert note == head[-1]
    [sheet] = olt_list_page(olts).sheets
    assert [f"{note}, OLT-5"] == [line.text for line in sheet.notes]
    head = [line.text for line in head_lines(replace(status, olts=tuple(olts[:1])), zone)]
    assert not any("experimental" in line for line in head)

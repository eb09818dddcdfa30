"""Ready scenarios: the repeating story of `eponctl simulate` and the two steps of `eponctl demo`.

Both take whatever OLTs they get: a device of the right family when there is one, another when
there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eponctl.simulator.faults import Fault
from eponctl.simulator.olt import SimOlt
from eponctl.simulator.scenario import (
    Action,
    At,
    Scenario,
    change,
    cut_pon,
    fault,
    lose,
    mend_pon,
    restart,
    restore,
)

#: Seconds after which the story of `simulate` begins anew.
STORY_SECONDS = 300.0

_WEAK_DBM = -28.86
_HOT_C = 71.0


def story(olts: Sequence[SimOlt]) -> Scenario:
    """Tell about five minutes of a bad day, times in seconds; at the end all is well."""
    cast = _Cast(olts)
    first, power, cut, away = cast.reasons, cast.power, cast.cut, cast.away
    events = [
        *_single(10, first, 2, lose, "an ONU times out"),
        *_single(25, first, 0, lambda onu: lose(onu, gasp=True), "an ONU gasps: no power"),
        *_single(40, power, 0, _power_down, "an ONU reports PwrDown"),
        *_single(55, power, 1, lambda onu: change(onu, status="LoopDetected"), "a loop"),
        *_single(70, first, 1, lambda onu: change(onu, rx_power_dbm=_WEAK_DBM), "weak signal"),
        *_single(85, first, 3, lambda onu: change(onu, temperature_c=_HOT_C), "71 degrees C"),
        At(110, cut.name, cut_pon(cut.pons[-1]), f"PON {cut.pons[-1]} is cut"),
        At(130, away.name, fault(Fault.REFUSE), "the OLT does not answer any more"),
        *_single(160, first, 2, restore, "the ONU is back"),
        *_single(170, first, 0, restore, "power is back"),
        *_single(180, power, 0, restore, "power is back"),
        *_single(190, power, 1, lambda onu: change(onu, status="Up"), "the loop is gone"),
        *_repaired(200, first, 1, "rx_power_dbm", "the signal is good again"),
        *_repaired(210, first, 3, "temperature_c", "it has cooled down"),
        At(225, away.name, fault(Fault.NONE), "the OLT answers again"),
        At(240, cut.name, mend_pon(cut.pons[-1]), f"PON {cut.pons[-1]} is spliced"),
        *_single(265, first, 4, restart, "an ONU restarts"),
    ]
    return Scenario(events, STORY_SECONDS)


def demo_scenario(olts: Sequence[SimOlt]) -> Scenario:
    """Two steps for `eponctl demo`: at time 1 the faults come, at time 2 all is well again."""
    cast = _Cast(olts)
    first, power, cut = cast.reasons, cast.power, cast.cut
    events = [
        *_single(1, first, 2, lose, "an ONU times out"),
        *_single(1, first, 0, lambda onu: lose(onu, gasp=True), "an ONU gasps: no power"),
        *_single(1, power, 0, _power_down, "an ONU reports PwrDown"),
        *_single(1, power, 1, lambda onu: change(onu, status="LoopDetected"), "a loop"),
        *_single(1, first, 1, lambda onu: change(onu, rx_power_dbm=_WEAK_DBM), "weak signal"),
        *_single(1, first, 3, lambda onu: change(onu, temperature_c=_HOT_C), "71 degrees C"),
        At(1, cut.name, cut_pon(cut.pons[-1]), f"PON {cut.pons[-1]} is cut"),
        *_single(2, first, 2, restore, "the ONU is back"),
        *_single(2, first, 0, restore, "power is back"),
        *_single(2, power, 0, restore, "power is back"),
        *_single(2, power, 1, lambda onu: change(onu, status="Up"), "the loop is gone"),
        *_repaired(2, first, 1, "rx_power_dbm", "the signal is good again"),
        *_repaired(2, first, 3, "temperature_c", "it has cooled down"),
        At(2, cut.name, mend_pon(cut.pons[-1]), f"PON {cut.pons[-1]} is spliced"),
    ]
    return Scenario(events)


_OnuAction = Callable[[str], Action]


class _Cast:
    """Who plays which part, from the OLTs there are."""

    def __init__(self, olts: Sequence[SimOlt]) -> None:
        if not olts or not all(olt.onus for olt in olts):
            msg = "a story needs at least one OLT, and ONUs on each"
            raise ValueError(msg)
        # Only A22 pages carry reasons and the gasp flag; PwrDown is known from B's per-PON page.
        self.reasons = next((olt for olt in olts if olt.dialect == "A22"), olts[0])
        family_b = [olt for olt in olts if olt.family == "B" and olt.pon_columns]
        self.power = family_b[0] if family_b else olts[-1]
        others = [olt for olt in olts if olt not in {self.reasons, self.power}]
        # Where reasons are given, the cause of a cut is told too.
        has_other_pons = len({onu.pon for onu in self.reasons.onus}) > 1
        self.cut = self.reasons if has_other_pons else others[0] if others else olts[-1]
        self.away = others[-1] if others else olts[-1]


def _single(when: float, olt: SimOlt, part: int, action: _OnuAction, note: str) -> list[At]:
    """Return the event for one ONU, or nothing when the OLT has too few ONUs for this part."""
    onu_id = _player(olt, part)
    if onu_id is None:
        return []
    return [At(when, olt.name, action(onu_id), f"{onu_id}: {note}")]


def _repaired(when: float, olt: SimOlt, part: int, value: str, note: str) -> list[At]:
    """Return the event that gives an ONU back the value it has now."""
    onu_id = _player(olt, part)
    if onu_id is None:
        return []
    action = change(onu_id, **{value: getattr(olt.onu(onu_id), value)})
    return [At(when, olt.name, action, f"{onu_id}: {note}")]


def _player(olt: SimOlt, part: int) -> str | None:
    """Choose an ONU of the first PON, so that the cut of the last PON does not meet it."""
    first = olt.on_pon(olt.pons[0]) or olt.onus
    return first[part].onu_id if part < len(first) else None


def _power_down(onu_id: str) -> Action:
    return lose(onu_id, word="PwrDown", gasp=True)

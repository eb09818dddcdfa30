"""What a bulletin says, as golden files to be read: every scenario in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from eponctl.incidents.records import (
    Cause,
    Confidence,
    Ending,
    Evidence,
    Extent,
    Incident,
    Kind,
    Member,
    Survivors,
    Verdict,
)
from eponctl.messages import LANGUAGES
from eponctl.model import EventKind, OltSummary, Priority, Reason, Status
from eponctl.telling.records import Note, Stage, Told

CUT = "\n8<\n"
HOUR_S = 3600
UP = {"status": Status.UP, "status_raw": "Up", "reason": None, "reason_raw": None}
GASP = {
    "status": Status.PWRDOWN,
    "status_raw": "PwrDown",
    "reason": Reason.DYING_GASP,
    "reason_raw": "Dying Gasp",
    "priority": Priority.CRITICAL,
    "is_gasp": True,
}

Golden = Callable[[str], str]
Texts = Callable[..., list[str]]


class Made(NamedTuple):
    """The samples' makers, and the time that they are made for."""

    member: Callable[..., Member]
    incident: Callable[..., Incident]
    over: Callable[..., Incident]
    olt: Callable[..., OltSummary]
    now: int

    def note(self, kind: EventKind, place: int, **changes: str | None) -> Note:
        """Something that happened to an ONU and has no end."""
        note = Note(
            alert_id=place,
            at=self.now,
            kind=kind,
            priority=Priority.MEDIUM,
            olt_id="OLT-KEDIRI-01",
            mac=f"02:11:22:33:44:{place:02X}",
            onu_id=f"0/1:{place}",
            name=f"CLIENT-{place:03}",
        )
        return note._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def made(
    member: Callable[..., Member],
    incident: Callable[..., Incident],
    over: Callable[..., Incident],
    olt: Callable[..., OltSummary],
    now: int,
) -> Made:
    """Gather the makers of samples."""
    return Made(member, incident, over, olt, now)


# --- outages of several ONUs ---


def _cut_pon(made: Made) -> Incident:
    """Scenario 1: a PON of 64 is cut; four boxes lost their power with it."""
    members = [made.member(place) for place in range(1, 61)]
    members += [made.member(place, **GASP) for place in range(61, 65)]
    evidence = Evidence(lost=64, of=64, polls=1, gasps=4, said=64)
    verdict = Verdict(Extent.WHOLE_PON, Cause.FIBRE_FEEDER, Confidence.HIGH, evidence)
    return made.incident(*members, of=64, extent=Extent.WHOLE_PON, verdict=verdict)


def _cut(made: Made, texts: Texts) -> list[str]:
    cut = _cut_pon(made)
    olt = (made.olt(problems={"DOWN": 60, "PWRDOWN": 4}),)
    well = (made.olt(problems={}),)
    repaired = made.over(cut, 5100)
    return [
        *texts((cut, Stage.OPENED), olts=olt),
        *texts((repaired, Stage.CLOSED), olts=well),
    ]


def _area_members(made: Made) -> list[Member]:
    places = [
        ("OLT-KEDIRI-01", "0/1"),
        ("OLT-KEDIRI-01", "0/10"),
        ("OLT-KEDIRI-01", "0/2"),
        ("OLT-KEDIRI-03", "0/3"),
        ("OLT-KEDIRI-02", "0/4"),
    ]
    return [
        made.member(place, pon, olt_id=olt_id, **(GASP if place % 7 else {}))
        for olt_id, pon in places
        for place in range(1, 21)
    ]


def _area(made: Made, texts: Texts) -> list[str]:
    """Scenario 2: five PONs on three OLTs lose their power within two polls."""
    evidence = Evidence(lost=100, of=110, polls=2, gasps=90, said=100)
    area = made.incident(
        *_area_members(made),
        of=22,
        extent=Extent.AREA,
        polls=2,
        verdict=Verdict(Extent.AREA, Cause.POWER_AREA, Confidence.HIGH, evidence),
    )
    return [
        *texts((area, Stage.OPENED)),
        *texts((made.over(area, 7200, *range(60, 100)), Stage.HALF)),
        *texts((made.over(area, 7200), Stage.CLOSED)),
    ]


def _branch(made: Made, texts: Texts) -> list[str]:
    """Scenario 4: 9 of 32, all beyond 2.3 km, after a night in which nobody polled."""
    members = [made.member(place, distance_m=2470 + place * 10) for place in range(1, 10)]
    evidence = Evidence(
        9, 32, polls=1, gasps=0, said=9, survivors=Survivors.UNCHANGED, is_farther=True
    )
    verdict = Verdict(
        Extent.PARTIAL_PON, Cause.FIBRE_BRANCH, Confidence.HIGH, evidence, (2310, 2480)
    )
    branch = made.incident(*members, of=32, verdict=verdict, after=made.now - 2700)
    alternating = evidence._replace(is_farther=False, survivors=Survivors.FELL)
    interleaved = verdict._replace(
        confidence=Confidence.MEDIUM, evidence=alternating, bracket_m=None, is_interleaved=True
    )
    return [
        *texts((branch, Stage.OPENED)),
        *texts((branch._replace(id="8M2X", verdict=interleaved), Stage.OPENED)),
    ]


def _seven_of_22(made: Made, texts: Texts) -> list[str]:
    """Scenario 3: 10 boxes dead for 35 days are no part of it; the device gives no reason."""
    members = [
        made.member(place, name=None, reason=None, reason_raw=None, is_gasp=None)
        for place in range(1, 8)
    ]
    verdict = Verdict(
        Extent.PARTIAL_PON, Cause.UNKNOWN, Confidence.LOW, Evidence(7, 22, 2, gasps=0, said=0)
    )
    return texts((made.incident(*members, of=22, polls=2, verdict=verdict), Stage.OPENED))


def _causes(made: Made, texts: Texts) -> list[str]:
    """The other causes, at other extents: a whole OLT, one PON's power, some of each."""
    everywhere = [
        made.member(place, pon, **GASP) for pon in ("0/1", "0/2") for place in range(1, 5)
    ]
    whole = Verdict(Extent.WHOLE_OLT, Cause.POWER_AREA, Confidence.HIGH, Evidence(8, 8, 1, 8, 8))
    local = Verdict(
        Extent.PARTIAL_PON, Cause.POWER_LOCAL, Confidence.MEDIUM, Evidence(4, 20, 1, 1, 1)
    )
    mixed = Verdict(Extent.PARTIAL_PON, Cause.MIXED, Confidence.LOW, Evidence(4, 20, 1, 2, 4))
    stretch = mixed._replace(
        cause=Cause.FIBRE_BRANCH, evidence=Evidence(4, 20, 1, 0, 4, is_stretch=True)
    )
    some = [made.member(place, "0/3") for place in range(1, 5)]
    return texts(
        (made.incident(*everywhere, of=4, extent=Extent.WHOLE_OLT, verdict=whole), Stage.OPENED),
        (made.incident(*some, of=20, verdict=local, id="4N7P"), Stage.OPENED),
        (made.incident(*some, of=20, verdict=mixed, id="2QX9"), Stage.OPENED),
        (made.incident(*some, verdict=stretch, id="9RTL"), Stage.OPENED),
    )


def _olt_back(made: Made, texts: Texts) -> list[str]:
    """Scenario 5: the OLT is away for 4 polls and returns with 3 ONUs gone."""
    away = made.incident(
        kind=Kind.OLT,
        extent=Extent.OLT_UNREACHABLE,
        priority=Priority.HIGH,
        olt_ids=("OLT-KEDIRI-02",),
        opened_at=made.now - 240,
        detail="connect timed out: http://192.168.1.100:88",
    )
    gone = made.incident(
        *(made.member(place, "0/4", olt_id="OLT-KEDIRI-02") for place in (2, 5, 11)),
        of=16,
        id="3WZ8",
        after=made.now - 300,
        verdict=Verdict(
            Extent.PARTIAL_PON, Cause.FIBRE_BRANCH, Confidence.MEDIUM, Evidence(3, 16, 1, 0, 3)
        ),
    )
    silent = made.olt(
        olt_id="OLT-KEDIRI-02", name="OLT Kediri Timur", unreachable_since=made.now - 240
    )
    closed = away._replace(closed_at=made.now)
    removed = closed._replace(id="6HJ4", olt_ids=("OLT-KEDIRI-09",))
    return [
        *texts((away, Stage.OPENED), olts=(made.olt(), silent)),
        *texts((gone, Stage.OPENED), (closed, Stage.CLOSED)),
        *texts((removed, Stage.CLOSED)),
    ]


def _grew(made: Made, texts: Texts) -> list[str]:
    """From 4 to 9 on one PON, one of them back already; then one ONU that was told became two."""
    evidence = Evidence(9, 32, polls=3, gasps=1, said=9, survivors=Survivors.UNCHANGED)
    verdict = Verdict(Extent.PARTIAL_PON, Cause.FIBRE_BRANCH, Confidence.MEDIUM, evidence)
    members = [made.member(place, at=made.now - 600 + place * 60) for place in range(1, 10)]
    grown = made.incident(*members, of=32, polls=3, verdict=verdict, opened_at=made.now - 600)
    left = range(1, 9)
    told = Told(made.now - 500, made.now - 500, 4, Extent.PARTIAL_PON)
    pair = made.incident(made.member(1, "0/2", at=made.now - 600), made.member(2, "0/2"), id="5VKD")
    pair_told = told._replace(onus=1, extent=Extent.SINGLE)
    return texts(
        (made.over(grown, 300, *left), Stage.GREW),
        (pair, Stage.GREW),
        told={"7K3Q": told, "5VKD": pair_told},
    )


def _half(made: Made, texts: Texts) -> list[str]:
    """32 of 64 are back, and of another PON one of two."""
    half = made.over(_cut_pon(made), HOUR_S, *range(32, 64))
    pair = made.incident(made.member(1, "0/2"), made.member(2, "0/2"), id="5VKD")
    return texts((half, Stage.HALF), (made.over(pair, 300, 1), Stage.HALF))


def _over_but_for_some(made: Made, texts: Texts) -> list[str]:
    """A repair that leaves two down, one removed, one switched off."""
    members = [
        member._replace(
            ended_at=made.now,
            ending={
                3: Ending.PASSED_ON,
                7: Ending.PASSED_ON,
                8: Ending.REMOVED,
                9: Ending.DISABLED,
            }.get(place, Ending.RESTORED),
        )
        for place, member in enumerate(_cut_pon(made).members)
    ]
    cut = _cut_pon(made)._replace(
        members=tuple(members), opened_at=made.now - 2 * HOUR_S, closed_at=made.now
    )
    pair = made.incident(made.member(1, "0/2"), made.member(2, "0/2"), id="5VKD")
    gone = made.over(pair, 300, 1, ending=Ending.REMOVED)
    off = made.over(pair, 300, 1, ending=Ending.DISABLED)._replace(id="9RTL")
    left = made.over(pair, 300, 1, ending=Ending.PASSED_ON)._replace(id="2QX9")
    return [
        *texts((cut, Stage.CLOSED)),
        *texts((gone, Stage.CLOSED), (off, Stage.CLOSED), (left, Stage.CLOSED)),
    ]


def _reminder(made: Made, texts: Texts) -> list[str]:
    cut = _cut_pon(made)
    alone = made.incident(
        made.member(9, "0/3", **GASP), id="4N7P", opened_at=made.now - 20 * HOUR_S, after=None
    )
    return texts((made.over(cut, 2 * HOUR_S, *range(60)), Stage.REMINDER), (alone, Stage.REMINDER))


# --- what is no outage ---


def _flapping(made: Made, texts: Texts) -> list[str]:
    """One ONU; then a PON's, of which one ended down."""
    one = made.incident(made.member(3, value=6.0), kind=Kind.FLAPPING)
    uncounted = one._replace(id="9RTL", members=(made.member(4),))
    many = made.incident(
        *(made.member(place, "0/2") for place in range(1, 65)),
        of=64,
        kind=Kind.FLAPPING,
        extent=Extent.WHOLE_PON,
        priority=Priority.HIGH,
        id="4N7P",
    )
    calm = made.over(many, 5400, 2, ending=Ending.PASSED_ON)
    return [
        *texts((one, Stage.OPENED), (uncounted, Stage.OPENED), (many, Stage.OPENED)),
        *texts((made.over(one, 5400), Stage.CLOSED), (calm, Stage.CLOSED)),
    ]


def _step_drop(made: Made, texts: Texts) -> list[str]:
    """One ONU's signal fell; then most of a PON's, which got worse and recovered.

    At last as if they had stayed there for most of a week.
    """
    one = made.incident(
        made.member(3, **UP, value=-24.4, usual=-20.3), kind=Kind.SIGNAL, detail="weak_signal"
    )
    pon = made.incident(
        *(
            made.member(place, "0/2", **UP, value=-24.0 - place / 10, usual=-20.5)
            for place in range(1, 13)
        ),
        of=20,
        kind=Kind.SIGNAL,
        detail="weak_signal",
        priority=Priority.HIGH,
        id="4N7P",
    )
    told = Told(made.now - 600, made.now - 600, 6, Extent.PARTIAL_PON)
    return [
        *texts((one, Stage.OPENED), (pon, Stage.OPENED)),
        *texts((pon, Stage.GREW), told={"4N7P": told}),
        *texts((made.over(one, 900), Stage.CLOSED), (made.over(pon, 900), Stage.CLOSED)),
        *texts(
            (made.over(one, DAYS_S, 0, ending=Ending.ACCEPTED), Stage.CLOSED),
            (made.over(pon, DAYS_S, *range(12), ending=Ending.ACCEPTED), Stage.CLOSED),
        ),
        *texts((made.over(pon, DAYS_S, 4, 5, ending=Ending.ACCEPTED), Stage.CLOSED)),
    ]


DAYS_S = 302_400


def _heat(made: Made, texts: Texts) -> list[str]:
    """A PON that warmed together: a cabinet in the sun."""
    pon = made.incident(
        *(made.member(place, **UP, value=64.5 + place / 2) for place in range(1, 13)),
        of=20,
        kind=Kind.HEAT,
    )
    half = made.over(pon, 900, *range(6))
    return [
        *texts((pon, Stage.OPENED)),
        *texts((half, Stage.HALF)),
        *texts((made.over(pon, 7200), Stage.CLOSED)),
    ]


def _single_troubles(made: Made) -> list[Incident]:
    """One of each kind and status that has a block of its own."""
    member, incident = made.member, made.incident
    loop = {"status": Status.LOOP, "status_raw": "LoopDetected", "reason": None, "reason_raw": None}
    high = {"priority": Priority.HIGH}
    return [
        incident(member(1), id="D0WN"),
        incident(member(2, **GASP), id="PWRD", priority=Priority.CRITICAL),
        incident(member(3, **loop), id="L00P", kind=Kind.LOOP),
        incident(member(4, reason=Reason.AUTH_FAILED), id="AVTH", kind=Kind.AUTH),
        incident(member(5, **UP, value=-28.86), id="WEAK", kind=Kind.SIGNAL, detail="weak_signal"),
        incident(member(6, **UP, value=-6.0), id="0VER", kind=Kind.SIGNAL, detail="overload"),
        incident(member(7, **UP, value=-24.4, usual=-20.3), id="STEP", kind=Kind.SIGNAL, **high),
        incident(
            member(8, **UP, value=71.0), id="HEAT", kind=Kind.HEAT, priority=Priority.CRITICAL
        ),
        incident(member(9, value=5.0), id="FLAP", kind=Kind.FLAPPING),
    ]


def _single(made: Made, texts: Texts) -> list[str]:
    troubles = _single_troubles(made)
    return [
        *texts(*((one, Stage.OPENED) for one in troubles)),
        *texts(*((made.over(one, 315), Stage.CLOSED) for one in troubles[::2])),
    ]


def _crowd(made: Made, texts: Texts) -> list[str]:
    """Three of each kind on one OLT, which have nothing to do with each other."""
    troubles = [
        one._replace(id=f"{one.id[:3]}{place}")
        for one in _single_troubles(made)
        for place in range(3)
    ]
    return [
        *texts(*((one, Stage.OPENED) for one in troubles)),
        *texts(*((made.over(one, 315), Stage.CLOSED) for one in troubles)),
    ]


# --- what stands around them ---


def _notes(made: Made) -> tuple[Note, ...]:
    note = made.note
    return (
        note(EventKind.MOVED, 1, before="0/1:1", after="0/2:7"),
        note(EventKind.RENAMED, 2, before="CLIENT-002", after="BUDI_RT03"),
        note(EventKind.RENAMED, 3, before=None, after="SITI_RT01"),
        note(EventKind.REGISTERED, 4, name=None),
        note(EventKind.REGISTERED, 5, before="02:00:00:00:00:01"),
        note(EventKind.REMOVED, 6, before="up"),
        note(EventKind.RESTARTED, 7),
        note(EventKind.MOVED, 8, before="150", after="2400", detail="distance"),
        note(EventKind.WEAK_SIGNAL, 9),
    )


def _changes(made: Made, texts: Texts) -> list[str]:
    """Between a trouble and an end; on the other OLT more than are named."""
    down = made.incident(made.member(1), id="D0WN")
    back = made.over(made.incident(made.member(2), id="5VKD"), 315)
    many = tuple(
        made.note(EventKind.REGISTERED, place, olt_id="OLT-KEDIRI-02") for place in range(1, 26)
    )
    at_once = tuple(
        made.note(EventKind.RESTARTED, place, onu_id=f"0/2:{place}") for place in range(1, 33)
    )
    return texts((back, Stage.CLOSED), (down, Stage.OPENED), notes=(*_notes(made), *at_once, *many))


def _gap(made: Made, texts: Texts) -> list[str]:
    """The poller itself was away; in the second message nothing had happened meanwhile."""
    gap = (made.now - 30_000, made.now - 27_300)
    down = made.incident(
        *(made.member(place) for place in (1, 2)), after=gap[0], opened_at=gap[1], id="D0WN"
    )
    back = made.over(made.incident(made.member(3), id="5VKD"), made.now - gap[0])
    return [
        *texts((down, Stage.OPENED), (back, Stage.CLOSED), gap=gap, is_digest=True),
        *texts(gap=(made.now - 100_000, made.now - 60)),
    ]


def _quiet(made: Made, texts: Texts) -> list[str]:
    """What the night held, as the morning's digest."""
    night = (made.now - 45_015, made.now - 15)
    cut = made.over(_cut_pon(made), 4 * HOUR_S, *range(52))
    weak = made.incident(
        made.member(5, "0/3", **UP, value=-28.86), kind=Kind.SIGNAL, detail="weak_signal", id="WEAK"
    )
    down = made.incident(made.member(7, "0/4", olt_id="OLT-KEDIRI-02"), id="D0WN")
    pair = made.incident(made.member(8, "0/4"), made.member(9, "0/4", **GASP), id="5VKD")
    back = made.over(made.incident(made.member(2, "0/2"), id="4N7P"), 315)
    return texts(
        (back, Stage.CLOSED),
        (weak, Stage.OPENED),
        (down, Stage.OPENED),
        (pair, Stage.OPENED),
        (cut, Stage.OPENED),
        notes=_notes(made)[:3],
        passed={Kind.OUTAGE: 3, Kind.SIGNAL: 1, Kind.HEAT: 0},
        quiet=night,
        is_digest=True,
    )


def _over_budget(made: Made, texts: Texts) -> list[str]:
    """More than fits: the most urgent of all stages, then how to list the rest."""
    cut = _cut_pon(made)
    area = made.incident(
        *_area_members(made),
        of=22,
        extent=Extent.AREA,
        id="4N7P",
        verdict=Verdict(
            Extent.AREA, Cause.POWER_AREA, Confidence.HIGH, Evidence(100, 110, 2, 9, 9)
        ),
    )
    heat = made.incident(
        *(made.member(place, "0/7", **UP, value=68.0) for place in range(1, 13)),
        of=20,
        kind=Kind.HEAT,
        id="HEAT",
    )
    away = made.incident(
        kind=Kind.OLT,
        extent=Extent.OLT_UNREACHABLE,
        priority=Priority.HIGH,
        olt_ids=("OLT-KEDIRI-03",),
        opened_at=made.now - 240,
        id="0LT3",
    )
    singles = [made.incident(made.member(place, "0/5"), id=f"S{place:03}") for place in range(40)]
    ends = [made.over(one._replace(id=f"E{one.id[1:]}"), 60) for one in singles[:30]]
    told = Told(made.now - 600, made.now - 600, 30, Extent.PARTIAL_PON)
    return texts(
        *((one, Stage.CLOSED) for one in ends),
        *((one, Stage.OPENED) for one in singles),
        (made.over(cut._replace(id="2QX9"), 60, *range(20)), Stage.HALF),
        (cut._replace(id="9RTL", opened_at=made.now - 2 * HOUR_S), Stage.REMINDER),
        (cut, Stage.GREW),
        (away._replace(id="0LT4", closed_at=made.now), Stage.CLOSED),
        (away, Stage.OPENED),
        (heat, Stage.OPENED),
        (area, Stage.OPENED),
        (made.over(area._replace(id="3WZ8"), 5400), Stage.CLOSED),
        notes=_notes(made),
        passed={Kind.OLT: 2, Kind.FLAPPING: 1},
        told={"7K3Q": told},
        limit=2000,
        is_digest=True,
    )


SCENARIOS: dict[str, Callable[[Made, Texts], list[str]]] = {
    "cut": _cut,
    "area": _area,
    "branch": _branch,
    "seven-of-22": _seven_of_22,
    "causes": _causes,
    "olt-back": _olt_back,
    "grew": _grew,
    "half": _half,
    "over-but-for-some": _over_but_for_some,
    "reminder": _reminder,
    "flapping": _flapping,
    "step-drop": _step_drop,
    "heat": _heat,
    "single": _single,
    "crowd": _crowd,
    "changes": _changes,
    "gap": _gap,
    "quiet": _quiet,
    "over-budget": _over_budget,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_reads_as_it_was_agreed(
    made: Made, told_texts: Texts, golden: Golden, name: str, language: str
) -> None:
    def texts(*items: tuple[Incident, Stage], **others: object) -> list[str]:
        return told_texts(*items, language=language, **others)

    assert golden(f"{name}-{language}") == CUT.join(SCENARIOS[name](made, texts))

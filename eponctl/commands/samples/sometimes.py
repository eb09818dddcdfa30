"""Messages that come now and then; with `usual` they reach every text of bulletins and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from eponctl import messages, notify
from eponctl.commands.samples.scene import (
    DROP,
    GASP,
    HOT,
    HOUR_S,
    LASTED_S,
    OTHER,
    Scene,
    backlog_text,
    member,
    note,
    outage,
    restored,
    several,
    single,
    unknown,
    unreachable,
)
from eponctl.commands.samples.usual import MAKERS as USUAL
from eponctl.incidents.records import (
    Cause,
    Confidence,
    Ending,
    Evidence,
    Extent,
    Kind,
    Survivors,
    Verdict,
)
from eponctl.messages import Backlog
from eponctl.model import EventKind, Status
from eponctl.telling.records import Item, Stage, Told


def _bare(scene: Scene) -> list[str]:
    """Of an ONU of which a device says nothing but that it is gone, and of an outage likewise."""
    nothing: dict[str, Any] = {
        "name": None,
        "reason": None,
        "reason_raw": None,
        "is_gasp": None,
        "distance_m": None,
        "rx_power_dbm": None,
        "temperature_c": None,
        "after": None,
    }
    one = member(scene.olt[0], scene.now, **nothing)
    raw = member(scene.olt[0], scene.now, 4, **{**nothing, "reason_raw": "Code 17"})
    few = tuple(member(scene.olt[0], scene.now, place, **nothing) for place in range(5, 9))
    lost = outage(scene)._replace(id="2BCD", members=few, after=None, verdict=unknown(4, said=0))
    report = scene.summary(
        onus=0, online=0, problem_onus=0, avg_temperature_c=None, avg_rx_power_dbm=None
    )
    return [
        *scene.told(*(Item(single(found), Stage.OPENED) for found in (one, raw))),
        *scene.told(Item(lost, Stage.OPENED)),
        *scene.told(Item(unreachable(scene)._replace(detail=None), Stage.OPENED), summaries=()),
        *notify.hourly([report], scene.config, now=scene.now, low_since={}, passed=2),
        *notify.hourly([], scene.config, now=scene.now, low_since={}),
    ]


def _crowd(scene: Scene) -> list[str]:
    members = (member(scene.olt[0], scene.now, place) for place in range(1, 6))
    found = (single(member)._replace(id=f"4N7{member.mac[-1]}") for member in members)
    return scene.told(*(Item(one, Stage.OPENED) for one in found))


def _grown(scene: Scene) -> list[str]:
    one = single(member(scene.olt[0], scene.now))
    two = one._replace(members=(*one.members, member(scene.olt[0], scene.now, 4)))
    told = Told(scene.now - 60, scene.now - 60, 1, Extent.SINGLE)
    before = {two.id: told, "7K3Q": told._replace(onus=40, extent=Extent.WHOLE_PON)}
    return scene.told(Item(two, Stage.GREW), Item(outage(scene), Stage.GREW), before=before)


def _half(scene: Scene) -> list[str]:
    return scene.told(Item(outage(scene, back=40), Stage.HALF))


def _restored(scene: Scene) -> list[str]:
    whole = outage(scene, back=64)._replace(closed_at=scene.now)
    part = [*outage(scene, back=60).members]
    part[1] = part[1]._replace(ending=Ending.REMOVED)
    part[2] = part[2]._replace(ending=Ending.DISABLED)
    other = whole._replace(id="8MMQ", members=tuple(part))
    return scene.told(Item(whole, Stage.CLOSED), Item(other, Stage.CLOSED))


def _area(scene: Scene) -> list[str]:
    """A power cut over two OLTs, and a cut of a branch on some PONs of one."""
    members = [
        member(olt_id, scene.now, place, pon=f"0/{pon}", **GASP)
        for olt_id in (scene.olt[0], OTHER[0])
        for pon in range(1, 9)
        for place in range(1, 4)
    ]
    evidence = Evidence(48, 60, 2, 40, 44, Survivors.FELL, is_farther=True)
    verdict = Verdict(Extent.AREA, Cause.POWER_AREA, Confidence.MEDIUM, evidence)
    area = several(scene, "3XYZ", members, verdict)._replace(olt_ids=(scene.olt[0], OTHER[0]))
    branch = Verdict(
        Extent.PARTIAL_PON,
        Cause.FIBRE_BRANCH,
        Confidence.LOW,
        Evidence(6, 32, 1, 0, 6, Survivors.UNCHANGED, is_farther=False, is_stretch=True),
        bracket_m=(2310, 2480),
    )
    part = several(scene, "4MNP", members[:6], branch)
    mixed = branch._replace(cause=Cause.MIXED, bracket_m=None, is_interleaved=True)
    whole = several(scene, "5QRS", members[:24], mixed._replace(extent=Extent.WHOLE_OLT))
    olts = (scene.summary(), scene.summary(of=OTHER))
    return scene.told(
        *(Item(one, Stage.OPENED) for one in (area, part, whole)),
        Item(area._replace(id="3XYA"), Stage.HALF),
        summaries=olts,
    )


def _other_troubles(scene: Scene) -> list[str]:
    """Heat, a loop, a refused login, an overload, a step, flapping: of one ONU and of several."""
    one = member(scene.olt[0], scene.now, status=Status.UP, status_raw="Up", reason=None)
    found = [
        single(one._replace(value=71.0), kind=Kind.HEAT),
        single(one._replace(status=Status.LOOP, status_raw="LoopDetected"), kind=Kind.LOOP),
        single(one, kind=Kind.AUTH),
        single(one._replace(value=-6.5), kind=Kind.SIGNAL)._replace(detail=EventKind.OVERLOAD),
        single(one._replace(value=-24.4, usual=-20.3), kind=Kind.SIGNAL),
        single(one._replace(value=9.0), kind=Kind.FLAPPING),
        single(one, kind=Kind.FLAPPING),
    ]
    said = [scene.told(Item(incident, Stage.OPENED)) for incident in found]
    for kind, values in ((Kind.SIGNAL, DROP), (Kind.HEAT, HOT), (Kind.FLAPPING, {})):
        struck = [
            one._replace(onu_id=f"0/1:{place}", mac=f"02:11:22:33:44:{place:02X}", **values)
            for place in range(1, 9)
        ]
        whole = several(scene, "6TUV", struck, None)._replace(kind=kind)
        back = tuple(
            member._replace(ended_at=scene.now, ending=Ending.RESTORED) for member in struck
        )
        over = whole._replace(members=back, closed_at=scene.now)
        half = whole._replace(members=(*back[:4], *struck[4:]))
        said += [
            scene.told(Item(whole, Stage.OPENED)),
            scene.told(Item(half, Stage.HALF)),
            scene.told(Item(over, Stage.CLOSED)),
            scene.told(Item(whole, Stage.REMINDER)),
            scene.told(
                *(Item(one, stage) for one, stage in ((whole, Stage.OPENED), (over, Stage.CLOSED))),
                is_digest=True,
                quiet=(scene.now - 8 * HOUR_S, scene.now),
            ),
        ]
    return [text for texts in said for text in texts]


def _ends(scene: Scene) -> list[str]:
    """How troubles of one ONU end, other than an outage by its being back."""
    back = restored(scene)
    ended = [
        single(back._replace(value=-28.3), kind=Kind.SIGNAL),
        single(
            back._replace(value=-24.3, usual=-20.1, ending=Ending.ACCEPTED),
            kind=Kind.SIGNAL,
        ),
        single(back._replace(value=71.0), kind=Kind.HEAT),
        single(back, kind=Kind.FLAPPING),
        single(back._replace(ending=Ending.REMOVED)),
        single(back._replace(ending=Ending.DISABLED)),
        single(back._replace(ending=Ending.PASSED_ON)),
    ]
    silent = unreachable(scene)._replace(opened_at=scene.now - LASTED_S, closed_at=scene.now)
    gone = silent._replace(id="9XQ3", olt_ids=("OLT-KEDIRI-99",))
    items = [Item(one._replace(closed_at=scene.now), Stage.CLOSED) for one in ended]
    items += [Item(silent, Stage.CLOSED), Item(gone, Stage.CLOSED)]
    items.append(Item(single(back)._replace(id="5R2T"), Stage.OPENED))
    return scene.told(*items)


def _reminders(scene: Scene) -> list[str]:
    open_for = scene.now - HOUR_S
    one = single(member(scene.olt[0], open_for))
    return scene.told(
        Item(outage(scene._replace(now=open_for)), Stage.REMINDER), Item(one, Stage.REMINDER)
    )


def _changes(scene: Scene) -> list[str]:
    found = [
        note(scene),
        note(scene, EventKind.RENAMED, before=None, after="CLIENT-003"),
        note(scene, EventKind.REGISTERED, before=None, after=None),
        note(scene, EventKind.REGISTERED, before="02:11:22:33:44:99", after=None),
        note(scene, EventKind.REMOVED, before=None, after=None),
        note(scene, EventKind.RESTARTED, before=None, after=None),
        note(scene, EventKind.MOVED, before="1480", after="1610", detail="distance"),
        note(scene, EventKind.DOWN, before=None, after=None),
    ]
    return scene.told(notes=tuple(found * 3))


def _digest(scene: Scene) -> list[str]:
    """A night's digest: of two OLTs, with more than one message can hold."""
    members = [
        member(olt_id, scene.now, place)
        for olt_id in (scene.olt[0], OTHER[0])
        for place in range(1, 100)
    ]
    singles = [single(one)._replace(id=f"{place:04}") for place, one in enumerate(members)]
    pair = single(members[0])._replace(members=tuple(members[:2]))
    over = [
        single(one._replace(ended_at=scene.now, ending=Ending.RESTORED), closed_at=scene.now)
        for one in members
    ]
    items = [
        Item(unreachable(scene), Stage.OPENED),
        Item(unreachable(scene)._replace(closed_at=scene.now), Stage.CLOSED),
        Item(
            unreachable(scene)._replace(closed_at=scene.now, olt_ids=("OLT-KEDIRI-99",)),
            Stage.CLOSED,
        ),
        Item(outage(scene, back=4), Stage.OPENED),
        Item(outage(scene), Stage.REMINDER),
        Item(outage(scene, back=64)._replace(closed_at=scene.now), Stage.CLOSED),
        Item(pair, Stage.REMINDER),
        *(Item(one, Stage.OPENED) for one in (pair, *singles)),
        *(Item(one, Stage.CLOSED) for one in over),
    ]
    return scene.told(
        *items,
        summaries=(scene.summary(), scene.summary(of=OTHER)),
        notes=(note(scene),) * 99,
        passed=dict.fromkeys(Kind, 2),
        gap=(scene.now - 2 * HOUR_S, scene.now - HOUR_S),
        quiet=(scene.now - 8 * HOUR_S, scene.now),
        is_digest=True,
    )


def _gap(scene: Scene) -> list[str]:
    gap = (scene.now - 2 * HOUR_S, scene.now - HOUR_S)
    return [*scene.told(gap=gap), *scene.told(notes=(note(scene),), gap=gap)]


def _long(scene: Scene) -> list[str]:
    """A message in several parts, and an hourly report in several."""
    outages = (outage(scene)._replace(id=f"7K{place:02}") for place in range(20))
    olts = [
        scene.summary(
            of=(f"OLT-{place}", f"OLT Kediri {place}"),
            online=60 if place % 2 else 127,
            unreachable_since=None if place % 3 else scene.now,
        )
        for place in range(99)
    ]
    low_since = {one.olt_id: scene.now - HOUR_S for one in olts}
    report = notify.hourly(olts, scene.config, now=scene.now, low_since=low_since, passed=3)
    return [*scene.told(*(Item(one, Stage.OPENED) for one in outages)), *report]


def _backlogs(scene: Scene) -> list[str]:
    names = [f"CLIENT-{place:03}" for place in range(1, 40)]
    kinds = Counter({EventKind.DOWN: 30, EventKind.OLT_UNREACHABLE: 1})
    first_at = scene.now - 8 * HOUR_S
    full = Backlog(40, first_at, scene.now, kinds, names, 4, [scene.olt[0]], ["7K3Q", "4N7P"])
    return [
        backlog_text(scene, full),
        backlog_text(scene, Backlog(1, first_at, first_at, {}, [])),
        messages.repeat_marked(USUAL["down"](scene)[0], scene.config.words),
    ]


MAKERS: Mapping[str, Callable[[Scene], list[str]]] = {
    "bare": _bare,
    "crowd": _crowd,
    "grown": _grown,
    "half": _half,
    "restored": _restored,
    "area": _area,
    "troubles": _other_troubles,
    "ends": _ends,
    "reminder": _reminders,
    "changes": _changes,
    "digest": _digest,
    "gap": _gap,
    "long": _long,
    "backlog": _backlogs,
}
"""What makes each of them, by kind."""

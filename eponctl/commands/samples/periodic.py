"""Daily, weekly and monthly reports of a time that was not quiet, and of one that was."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eponctl import notify
from eponctl.commands.samples.scene import HOUR_S, LASTED_S, Scene, member, outage, unreachable
from eponctl.incidents.records import Cause, Confidence, Extent, Incident
from eponctl.periods import Every, last_period
from eponctl.reports import (
    Abandoned,
    Falling,
    Flapper,
    Gap,
    OltTime,
    OnuTime,
    Outage,
    Report,
    Shares,
    Weak,
    Who,
)
from eponctl.trends import Fall

_DAY_S = 86400
_MANY = 12


def _daily(scene: Scene) -> list[str]:
    return notify.periodic(_report(scene, Every.DAILY, 1), scene.config)


def _weekly(scene: Scene) -> list[str]:
    return notify.periodic(_report(scene, Every.WEEKLY, 2), scene.config)


def _monthly(scene: Scene) -> list[str]:
    return notify.periodic(_report(scene, Every.MONTHLY, _MANY), scene.config)


def _quiet_day(scene: Scene) -> list[str]:
    """A day without trouble; and one of which nothing is known."""
    period = last_period(Every.DAILY, scene.now, scene.config.timezone)
    limit = scene.config.thresholds.rx_power_low_dbm
    olt = OltTime(*scene.olt, 128, Shares(up_s=128 * _DAY_S), 0, 0)
    calm = Report(
        period, scene.now, 128, olt.shares, (olt,), (), (), (), (), (), (), (), limit_dbm=limit
    )
    unseen = Shares(unseen_s=128 * _DAY_S)
    unknown = calm._replace(shares=unseen, olts=(olt._replace(shares=unseen),))
    none = calm._replace(olts=(), onus=0, shares=Shares(), gaps=(Gap(period.since, period.until),))
    return [text for one in (calm, unknown, none) for text in notify.periodic(one, scene.config)]


def _report(scene: Scene, every: Every, count: int) -> Report:
    """A time with `count` of each sort of trouble."""
    period = last_period(every, scene.now, scene.config.timezone)
    shares = Shares(
        up_s=127 * _DAY_S,
        fibre_s=6 * HOUR_S,
        power_s=2 * HOUR_S,
        other_s=HOUR_S,
        maintenance_s=HOUR_S,
    )
    places = range(1, count + 1)
    who = [_who(scene, place) for place in places]
    fall = Fall(-0.22, -25.1, 3.1, -0.9, 0.2, 0.1)
    return Report(
        period=period,
        made_at=scene.now,
        onus=128,
        shares=shares,
        olts=(
            OltTime(*scene.olt, 128, shares, 600, count),
            OltTime("OLT-KEDIRI-02", "OLT Kediri Timur", 64, Shares(unseen_s=_DAY_S), 0, 0),
        ),
        worst=tuple(OnuTime(one, shares, 3) for one in who),
        outages=(*_outages(scene, who[0]), *(_outage(scene) for _ in places)),
        falling=tuple(Falling(one, fall, None if one is who[-1] else 19.0) for one in who),
        weak=tuple(Weak(one, -28.3, is_overload=one is who[-1]) for one in who),
        flappers=tuple(Flapper(one, 9) for one in who),
        abandoned=tuple(Abandoned(one, scene.now - 40 * _DAY_S) for one in who),
        gaps=tuple(Gap(period.since + HOUR_S, period.since + 2 * HOUR_S) for _ in places),
        limit_dbm=scene.config.thresholds.rx_power_low_dbm,
    )


def _who(scene: Scene, place: int) -> Who:
    one = member(scene.olt[0], scene.now, place)
    return Who(one.olt_id, one.onu_id, one.mac, one.name, "Budi Santoso" if place == 1 else None)


def _outages(scene: Scene, who: Who) -> list[Outage]:
    """Of one ONU, of a silent OLT, of a whole OLT, over two OLTs; planned, open and unknown."""
    feeder = outage(scene)
    one = feeder._replace(id="4N7P", members=feeder.members[:1], extent=Extent.SINGLE)
    whole = feeder._replace(id="5QRS", extent=Extent.WHOLE_OLT)
    pons = [
        found._replace(onu_id=f"0/{place}:1") for place, found in enumerate(feeder.members[:4], 1)
    ]
    area = feeder._replace(id="3XYZ", members=tuple(pons), olt_ids=(scene.olt[0], "OLT-KEDIRI-02"))
    closed: list[Incident] = [
        found._replace(closed_at=scene.now) for found in (one, unreachable(scene), whole, area)
    ]
    several = [
        Outage(found, who if found.id == "4N7P" else None, cause, confidence, LASTED_S, is_planned)
        for found, cause, confidence, is_planned in (
            (closed[0], Cause.UNKNOWN, Confidence.LOW, False),
            (closed[1], Cause.UNKNOWN, Confidence.LOW, False),
            (closed[2], Cause.MIXED, Confidence.MEDIUM, False),
            (closed[3], Cause.POWER_AREA, Confidence.HIGH, True),
        )
    ]
    return [*several, _outage(scene)]


def _outage(scene: Scene) -> Outage:
    return Outage(
        outage(scene), None, Cause.FIBRE_FEEDER, Confidence.HIGH, LASTED_S, is_planned=False
    )


MAKERS: Mapping[str, Callable[[Scene], list[str]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "monthly": _monthly,
    "quiet_day": _quiet_day,
}
"""What makes each of them, by kind."""

"""An ONU of an incident as the templates show it: what is the matter with it, or what ended it.

Knows which kind of trouble has which heading and sign; the words are the templates'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eponctl.incidents.records import Ending, Incident, Kind, Member
from eponctl.messages.text import clock, duration, moment, neutral, number
from eponctl.messages.views import (
    ID_LIMIT,
    REASON_LIMIT,
    Occasion,
    Optic,
    kind_sign,
    onu_label,
    onu_name,
    status_words,
)
from eponctl.model import EventKind, Priority, Status

_SIGNS: Mapping[str, str] = {
    "signal_drop": "📉",
    "flapping": "🔃",
    "stable": "🟢",
    "disabled": "🚫",
    "accepted": "📉",
    "passed_on": "🔴",
}
_ENDS: Mapping[Kind, str] = {
    Kind.SIGNAL: "signal_ok",
    Kind.HEAT: "temperature_ok",
    Kind.FLAPPING: "stable",
}
_AFTER: Mapping[Kind, str] = {
    Kind.SIGNAL: "NORMAL",
    Kind.HEAT: "NORMAL",
    Kind.FLAPPING: "STABLE",
}
_OUTAGE_WORDS: Mapping[Status, str] = {Status.PWRDOWN: "pwrdown", Status.LOOP: "loop"}
_STATE_WORDS: Mapping[str, str] = {
    "auth_failed": "AUTH FAILED",
    "weak_signal": "WEAK SIGNAL",
    "signal_drop": "SIGNAL DROP",
    "high_temperature": "HIGH TEMPERATURE",
}


class OnuView(NamedTuple):
    """One ONU's block; what is empty or None has no line.

    `what` is the key of its heading; `gist` what a line says of it, in no language. `reason` is one
    of model.Reason, `reason_raw` the device's own word where none is known. `usual` is the power
    (dBm) that it fell from, `changes` how often a flapping ONU changed. `back` is when it ended,
    said beside the trouble. `known` of the incident's `total` ONUs were told before.
    """

    id: str
    what: str
    sign: str
    name: str
    onu_id: str
    label: str
    mac: str
    status: str
    priority: Priority
    temperature: Optic | None
    distance: str
    rx_power: Optic | None
    usual: str
    changes: str
    reason: str
    reason_raw: str
    at: str
    before: str
    before_text: str
    lasted: str
    back: str
    gist: str
    known: int = 0
    total: int = 0


def trouble_word(member: Member, incident: Incident) -> str:
    """Return the key of the heading under which this ONU's trouble stands."""
    match incident.kind:
        case Kind.LOOP | Kind.FLAPPING:
            return incident.kind.value
        case Kind.AUTH:
            return "auth_failed"
        case Kind.HEAT:
            return "high_temperature"
        case Kind.SIGNAL if incident.detail == EventKind.OVERLOAD:
            return "overload"
        case Kind.SIGNAL:
            return "weak_signal" if member.usual is None else "signal_drop"
        case _:
            return _OUTAGE_WORDS.get(member.status, "down")


def end_word(member: Member, incident: Incident) -> str:
    """Return the key of the heading under which the end of it stands."""
    if member.ending in {None, Ending.RESTORED}:
        return _ENDS.get(incident.kind, "recovered")
    return str(member.ending)


def word_emoji(word: str) -> str:
    """Return the emoji of a heading's key."""
    return _SIGNS.get(word) or kind_sign(word)


def member_label(member: Member) -> str:
    """Return its name and id: `CLIENT-001 · 0/1:3`."""
    return onu_label(member.name, member.onu_id, member.mac)


def trouble_view(member: Member, incident: Incident, occasion: Occasion) -> OnuView:
    """Return an ONU with what is the matter with it and, where it is over already, since when."""
    what = trouble_word(member, incident)
    view = _view(member, incident, occasion, what)
    if member.ended_at is None or member.ending is not Ending.RESTORED:
        return view
    back = clock(member.ended_at, occasion.now, occasion.zone)
    return view._replace(back=back, gist=f"{view.gist} → {_after(incident)} {back}")


def end_view(member: Member, incident: Incident, occasion: Occasion) -> OnuView:
    """Return an ONU with how its trouble ended."""
    trouble, what = trouble_word(member, incident), end_word(member, incident)
    view = _view(member, incident, occasion, trouble)
    if member.ended_at is not None:
        ended_at = member.ended_at
    else:
        ended_at = occasion.now if incident.closed_at is None else incident.closed_at
    before, lasted = _STATE_WORDS.get(trouble, trouble.upper()), duration(ended_at - member.at)
    is_over = member.ending in {None, Ending.RESTORED}
    return view._replace(
        what=what,
        sign=word_emoji(what),
        at=moment(ended_at, occasion.zone),
        before=before,
        before_text=_before_text(view, trouble),
        lasted=lasted,
        gist=f"{before} → {_after(incident)} · {lasted}"
        if is_over
        else _before_text(view, trouble),
    )


def _after(incident: Incident) -> str:
    return _AFTER.get(incident.kind, "ONLINE")


def _view(member: Member, incident: Incident, occasion: Occasion, what: str) -> OnuView:
    # The reason columns tell of the last outage; of an ONU that is up they tell nothing.
    is_up = member.status is Status.UP
    reason, reason_raw = (None, None) if is_up else (member.reason, member.reason_raw)
    priority = member.priority if incident.kind is Kind.OUTAGE else incident.priority
    status = status_words(member.status, member.status_raw, reason)
    view = OnuView(
        id=incident.id,
        what=what,
        sign=word_emoji(what),
        name=onu_name(member.name, member.onu_id, member.mac),
        onu_id=neutral(member.onu_id, ID_LIMIT),
        label=member_label(member),
        mac=neutral(member.mac, ID_LIMIT),
        status=status,
        priority=priority,
        temperature=_temperature(member, incident, occasion),
        distance="" if member.distance_m is None else number(member.distance_m),
        rx_power=_rx_power(member, incident, occasion),
        usual=number(member.usual) if what == "signal_drop" and member.usual is not None else "",
        changes=number(member.value, 0) if what == "flapping" and member.value else "",
        reason=reason.value if reason else "",
        reason_raw=neutral(reason_raw or "", REASON_LIMIT),
        at="",
        before="",
        before_text="",
        lasted="",
        back="",
        gist="",
    )
    return view._replace(gist=_gist(view, what))


def _gist(view: OnuView, what: str) -> str:
    if what == "signal_drop" and view.rx_power:
        return f"{view.usual} → {view.rx_power.text} dBm"
    if what in {"weak_signal", "overload"} and view.rx_power:
        return f"{view.rx_power.text} dBm"
    if what == "high_temperature" and view.temperature:
        return f"{view.temperature.text}°C"
    return what if what == "flapping" else view.status


def _before_text(view: OnuView, trouble: str) -> str:
    """Return how the trouble was called: `Down (Timeout)`, `RX -28.86 dBm`, `Temp 71°C`."""
    gist = _gist(view, trouble)
    if trouble in {"weak_signal", "overload", "signal_drop"} and view.rx_power:
        return f"RX {gist}"
    return f"Temp {gist}" if trouble == "high_temperature" and view.temperature else gist


def _temperature(member: Member, incident: Incident, occasion: Occasion) -> Optic | None:
    value = member.temperature_c
    if incident.kind is Kind.HEAT and member.value is not None:
        value = member.value
    if value is None:
        return None
    is_last = member.status is not Status.UP
    return Optic(occasion.limits.heat_sign(value), number(value), is_last)


def _rx_power(member: Member, incident: Incident, occasion: Occasion) -> Optic | None:
    value = member.rx_power_dbm
    if incident.kind is Kind.SIGNAL and member.value is not None:
        value = member.value
    if value is None:
        return None
    is_last = member.status is not Status.UP
    return Optic(occasion.limits.signal_sign(value), number(value), is_last)


def newest(members: Sequence[Member], known: int) -> list[Member]:
    """Return those that were struck after the first `known`, in the order in which they were."""
    return sorted(members, key=_struck_at)[known:]


def _struck_at(member: Member) -> int:
    return member.at

"""An incident that struck several ONUs at once, as one block: what, where, how many, why. Pure.

Knows what of an incident is shown and how much of it; the words are the templates'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from statistics import median
from typing import NamedTuple

from eponctl.incidents.records import Ending, Extent, Incident, Kind, Member, Verdict
from eponctl.messages.members import member_label, newest, trouble_word, word_emoji
from eponctl.messages.text import clock, duration, moment, neutral, number, span
from eponctl.messages.views import ID_LIMIT, Occasion, olt_name, word_sign
from eponctl.model import Status
from eponctl.telling.records import Item, Stage

ENDS = frozenset({Stage.HALF, Stage.CLOSED})
"""The stages that tell of something good."""
MAX_NAMES = 6
"""So many ONUs are named at most; the others are counted."""
MAX_PONS = 12
"""So many PONs are named at most."""
_APART_S = 90  # polls a minute apart, and what cron and slow OLTs take besides
_MEASURED = frozenset({Kind.SIGNAL, Kind.HEAT})
_COUNTED = {Status.PWRDOWN: "PWRDOWN", Status.LOOP: "LOOP", Status.UNKNOWN: "UNKNOWN"}


class PonView(NamedTuple):
    """How many ONUs of how many on one PON; `olt` where the lines of another OLT begin."""

    olt: str
    pon: str
    number: int
    of: int


class EvidenceView(NamedTuple):
    """What a verdict rests on, as records.Evidence has it; `survivors` is a word or empty."""

    lost: int
    of: int
    polls: int
    gasps: int
    said: int
    survivors: str
    is_farther: bool
    is_stretch: bool


class IncidentView(NamedTuple):
    """One incident of several ONUs; what is empty, 0 or None has no line.

    `kind` is the incident's, or for a trouble of optics the key of its heading. `number` of `of`
    ONUs are struck or, when `is_over` (or half over), back; `before` is how many were told last.
    `pon` is empty where there are several: `pons` names them, `other_pons` counts the rest.
    `names` are the first of those that are struck still, `others` how many more are. `accepted`
    signals stay low and are usual by now; `is_accepted`: none came back, and these are the number.
    """

    id: str
    kind: str
    stage: str
    is_over: bool
    sign: str
    is_whole_olt: bool
    olts: int
    pon: str
    pon_count: int
    pons: tuple[PonView, ...]
    other_pons: int
    number: int
    of: int
    before: int
    back: int
    standing: int
    median: str
    counts: tuple[tuple[str, str, int], ...]
    cause: str
    confidence: str
    evidence: EvidenceView | None
    bracket: tuple[int, int] | None
    is_interleaved: bool
    since: tuple[str, str]
    names: tuple[str, ...]
    others: int
    at: str
    lasted: str
    removed: int
    disabled: int
    accepted: int
    is_accepted: bool


def incident_view(item: Item, occasion: Occasion) -> IncidentView:
    """Return what one message says of an incident of several ONUs."""
    incident, stage = item
    is_over = stage in ENDS
    kind = _kind(incident)
    olts, pons = olts_of(incident), incident.pons
    named = _named(item, occasion)
    told, closed_at = occasion.told.get(incident.id), incident.closed_at
    until = occasion.now if closed_at is None else closed_at
    verdict = incident.verdict
    endings = Counter(member.ending for member in incident.members)
    is_accepted = stage is Stage.CLOSED and endings[Ending.ACCEPTED] > 0 and not incident.restored
    ending = Ending.ACCEPTED if is_accepted else Ending.RESTORED
    shown = _pon_views(incident, occasion, ending if is_over else None) if len(pons) > 1 else ()
    return IncidentView(
        id=incident.id,
        kind=kind,
        stage=stage.value,
        is_over=is_over,
        sign="📉" if is_accepted else _sign(incident, stage, kind),
        is_whole_olt=incident.extent is Extent.WHOLE_OLT,
        olts=len(olts),
        pon=pon_name(pons[0]) if len(pons) == 1 else "",
        pon_count=len(pons),
        pons=shown[:MAX_PONS],
        other_pons=max(0, len(shown) - MAX_PONS),
        number=endings[ending] if is_over else len(incident.members),
        of=len(incident.members) if is_over else _of(incident),
        before=told.onus if told and told.onus < len(incident.members) else 0,
        back=incident.restored,
        standing=len(incident.standing),
        median=_median(incident, kind),
        counts=_counts(incident) if incident.kind is Kind.OUTAGE else (),
        cause=verdict.cause.value if verdict else "",
        confidence=verdict.confidence.value if verdict else "",
        evidence=_evidence(verdict) if verdict else None,
        bracket=verdict.bracket_m if verdict else None,
        is_interleaved=bool(verdict and verdict.is_interleaved),
        since=since(incident, occasion),
        names=tuple(_name(member, incident) for member in named[:MAX_NAMES]),
        others=max(0, len(named) - MAX_NAMES),
        at=moment(until, occasion.zone),
        lasted=duration(until - incident.opened_at),
        removed=endings[Ending.REMOVED],
        disabled=endings[Ending.DISABLED],
        accepted=endings[Ending.ACCEPTED],
        is_accepted=is_accepted,
    )


def olts_of(incident: Incident) -> tuple[str, ...]:
    """Return the ids of the OLTs that an incident is about, in order."""
    return incident.olt_ids or tuple(sorted({member.olt_id for member in incident.members}))


def pon_name(key: str) -> str:
    """Return the PON of a key: `0/1` of `OLT-KEDIRI-01:0/1`; what names no PON is its OLT."""
    olt_id, _, pon = key.partition(":")
    return neutral(pon, ID_LIMIT) or neutral(olt_id)


def since(incident: Incident, occasion: Occasion) -> tuple[str, str]:
    """Return when it began: the polls before and after, where they lie far apart, else one time."""
    now, zone, opened_at = occasion.now, occasion.zone, incident.opened_at
    if incident.after is not None and opened_at - incident.after > _APART_S:
        return span(incident.after, opened_at, now, zone)
    return clock(opened_at, now, zone), ""


def _kind(incident: Incident) -> str:
    """Return the kind of a whole PON's trouble: optics by what most of its ONUs have."""
    if incident.kind not in _MEASURED:
        return incident.kind.value
    words = Counter(trouble_word(member, incident) for member in incident.members)
    return words.most_common(1)[0][0]


def _sign(incident: Incident, stage: Stage, kind: str) -> str:
    if stage in ENDS:
        return "🟢"
    return "🚨" if incident.kind is Kind.OUTAGE else word_emoji(kind)


def _of(incident: Incident) -> int:
    """Return how many ONUs there were; 0 where that is not known of every PON."""
    if any(pon not in incident.of for pon in incident.pons):
        return 0
    of = sum(incident.of[pon] for pon in incident.pons)
    return of if of >= len(incident.members) else 0


def _pon_views(
    incident: Incident, occasion: Occasion, ending: Ending | None
) -> tuple[PonView, ...]:
    """Return the PONs with how many are struck or, of what is over, how many ended that way."""
    struck = Counter(member.pon for member in incident.members)
    back = Counter(member.pon for member in incident.members if member.ending is ending)
    views, last = [], ""
    is_one_olt = len(olts_of(incident)) == 1
    for key in _in_order(incident.pons, occasion):
        olt_id = key.partition(":")[0]
        of = struck[key] if ending else incident.of.get(key, 0)
        number = back[key] if ending else struck[key]
        head = "" if is_one_olt or olt_id == last else _olt_head(olt_id, occasion)
        views.append(PonView(head, pon_name(key), number, of if of >= number else 0))
        last = olt_id
    return tuple(views)


def _in_order(pons: Iterable[str], occasion: Occasion) -> list[str]:
    """Return PONs by OLT as configured, then as a person counts: `0/2` before `0/10`."""
    places = {olt_id: place for place, olt_id in enumerate(occasion.olts)}

    def place(key: str) -> tuple[int, str, list[tuple[int, str]]]:
        olt_id, _, pon = key.partition(":")
        steps = [(int(step), "") if _is_number(step) else (0, step) for step in pon.split("/")]
        return places.get(olt_id, len(places)), olt_id, steps

    return sorted(pons, key=place)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= ID_LIMIT


def _olt_head(olt_id: str, occasion: Occasion) -> str:
    olt = occasion.olts.get(olt_id)
    shown = neutral(olt_id)
    return f"{olt_name(olt)} ({shown})" if olt else shown


def _named(item: Item, occasion: Occasion) -> list[Member]:
    """Return the ONUs to name: those struck still, of an outage that grew those told of last."""
    incident, stage = item
    if stage is Stage.CLOSED:
        return [member for member in incident.members if member.ending is Ending.PASSED_ON]
    told = occasion.told.get(incident.id)
    if stage is Stage.GREW and told:
        fresh = [member for member in newest(incident.members, told.onus) if member.is_open]
        first = {(member.olt_id, member.mac) for member in fresh}
        rest = [one for one in incident.standing if (one.olt_id, one.mac) not in first]
        return fresh + rest
    return _spread(incident.standing)


def _spread(members: Iterable[Member]) -> list[Member]:
    """Return them in turn from each PON, so that the first few tell of the whole area."""
    by_pon: dict[str, list[Member]] = {}
    for member in members:
        by_pon.setdefault(member.pon, []).append(member)
    rounds = zip_longest(*by_pon.values())
    return [member for one_round in rounds for member in one_round if member]


def _name(member: Member, incident: Incident) -> str:
    label = member_label(member)
    if len(olts_of(incident)) > 1:
        label = f"{label} · {neutral(member.olt_id, ID_LIMIT)}"
    if incident.kind is Kind.SIGNAL and member.value is not None:
        return f"{label} · {number(member.value)} dBm"
    if incident.kind is Kind.HEAT and member.value is not None:
        return f"{label} · {number(member.value)}°C"
    return label


def _median(incident: Incident, kind: str) -> str:
    """Return the fall of a signal (dB), else the level (dBm, degrees C), in the middle of all."""
    if incident.kind not in _MEASURED:
        return ""
    if kind == "signal_drop":
        falls = [
            member.value - member.usual
            for member in incident.members
            if member.value is not None and member.usual is not None
        ]
        return number(median(falls), 1) if falls else ""
    values = [member.value for member in incident.members if member.value is not None]
    return number(median(values), 1) if values else ""


def _counts(incident: Incident) -> tuple[tuple[str, str, int], ...]:
    words = Counter(_COUNTED.get(member.status, "DOWN") for member in incident.members)
    return tuple((word_sign(word), word, count) for word, count in words.most_common())


def _evidence(verdict: Verdict) -> EvidenceView:
    evidence = verdict.evidence
    return EvidenceView(
        lost=evidence.lost,
        of=evidence.of,
        polls=evidence.polls,
        gasps=evidence.gasps,
        said=evidence.said,
        survivors=evidence.survivors.value if evidence.survivors else "",
        is_farther=bool(evidence.is_farther),
        is_stretch=bool(evidence.is_stretch),
    )


def names_of(members: Sequence[Member]) -> str:
    """Return one or two ONUs on a line: the first one's label, and how many more."""
    label = member_label(members[0])
    return label if len(members) == 1 else f"{label} (+{len(members) - 1})"

"""Why an incident was judged as it was: the rule in words, with its numbers. Pure.

The rules are those of incidents/; this names the one that fits and what it was given.
"""

from __future__ import annotations

from eponctl.incidents.flapping import MANY_CHANGES
from eponctl.incidents.records import (
    Cause,
    Confidence,
    Evidence,
    Extent,
    Incident,
    Kind,
    Member,
    Verdict,
)
from eponctl.incidents.verdict import (
    FIBRE_SHARE,
    POWER_SHARE,
    SEVERAL,
    WHOLE_ONUS,
    WHOLE_SHARE,
)
from eponctl.messages.text import number
from eponctl.model import EventKind

_PERCENT = 100


def class_reason(incident: Incident) -> str:
    """Why it is of this class."""
    if incident.kind is Kind.OLT:
        return "the OLT did not answer; of its ONUs nothing is known meanwhile"
    if incident.kind is Kind.OUTAGE:
        return _outage_reason(incident)
    if incident.extent is Extent.SINGLE:
        return "one ONU by itself" if len(incident.members) == 1 else "fewer than 3 ONUs"
    return f"{_lost_of(incident)} ONUs of the PON went together"


def _outage_reason(incident: Incident) -> str:
    lost_of, pons = _lost_of(incident), len(incident.pons)
    if incident.extent is Extent.SINGLE:
        return f"{lost_of} lost: fewer than {SEVERAL} are a trouble of their own"
    if incident.extent is Extent.PARTIAL_PON:
        few = len(incident.members) >= WHOLE_SHARE * sum(incident.of.values())
        but = f"fewer than {WHOLE_ONUS}" if few else f"less than {_percent(WHOLE_SHARE)}"
        return f"{lost_of} lost: {SEVERAL} or more, but {but}"
    if incident.extent is Extent.WHOLE_PON:
        share = _percent(WHOLE_SHARE)
        return f"{lost_of} lost: at least {share}, and {WHOLE_ONUS} ONUs or more"
    if incident.extent is Extent.WHOLE_OLT:
        return f"{lost_of} lost: every PON that has ONUs ({pons})"
    olts = len(incident.olt_ids)
    on = f"{pons} PONs of {olts} OLTs" if olts > 1 else f"{pons} PONs"
    return f"{lost_of} lost on {on} about the same time, of the same cause"


def _lost_of(incident: Incident) -> str:
    lost = len(incident.members)
    of = max(lost, sum(incident.of.values()))
    return f"{lost} of {of} ({_percent(lost / of)})"


def _percent(share: float) -> str:
    # Rounded down, as 89.9 % is not 90 %; the tiny part mends what floats make of 0.29 * 100.
    return f"{int(share * _PERCENT + 1e-9)} %"


def cause_reasons(incident: Incident) -> tuple[str, ...]:
    """Which rule gave the cause, with its numbers, clause by clause; none of what has no cause."""
    if incident.kind is Kind.OLT:
        return ("an OLT that does not answer tells nothing but its error",)
    verdict = incident.verdict
    if verdict is None:
        return ()
    clauses = (
        _share(verdict.evidence),
        _rule(verdict, len(incident.pons)),
        "fewer than half of their devices say why" if _few_say(verdict) else "",
    )
    return tuple(filter(None, clauses))


def _share(evidence: Evidence) -> str:
    """The share of dying gasps, and which side of the two limits it is on."""
    if not evidence.said:
        return ""
    share = evidence.gasps / evidence.said
    text = f"g = {evidence.gasps}/{evidence.said} = {share:.2f}"
    if share <= FIBRE_SHARE:
        return f"{text} <= {FIBRE_SHARE}: light was lost rather than power"
    if share >= POWER_SHARE:
        return f"{text} >= {POWER_SHARE}: power was lost"
    return f"{text}: between {FIBRE_SHARE} (fibre) and {POWER_SHARE} (power)"


def _rule(verdict: Verdict, pons: int) -> str:
    if verdict.cause is Cause.UNKNOWN:
        return "the device gives no reason, so nothing tells fibre from power"
    if verdict.cause is Cause.MIXED:
        return "neither can be claimed"
    if verdict.extent is Extent.SINGLE:
        return "but one or two ONUs prove little"
    return _of_fibre(verdict, pons) if verdict.cause in _FIBRE else _of_power(verdict, pons)


_FIBRE = frozenset({Cause.FIBRE_FEEDER, Cause.FIBRE_BRANCH})


def _few_say(verdict: Verdict) -> bool:
    """Whether too few devices say why for anything to be sure."""
    evidence = verdict.evidence
    is_unsure = verdict.confidence is not Confidence.HIGH and evidence.said > 0
    return is_unsure and 2 * evidence.said < evidence.lost


def _of_fibre(verdict: Verdict, pons: int) -> str:
    is_feeder = verdict.cause is Cause.FIBRE_FEEDER
    if pons > 1:
        far = "and parts of several PONs: a cable further out"
        return "and whole PONs: the cable of their feeders" if is_feeder else far
    if is_feeder and verdict.extent is Extent.WHOLE_PON:
        return "and the whole PON: its feeder"
    if is_feeder:
        return "and all of the PON's ONUs that were up: its feeder"
    return _of_branch(verdict)


def _of_branch(verdict: Verdict) -> str:
    evidence = verdict.evidence
    if evidence.survivors is None:
        return "none of the PON's others is known to be up now: a branch, or its feeder"
    if verdict.is_interleaved:
        return "others of the PON stayed up, dead and alive in turn: a branch, not the trunk"
    if evidence.is_farther:
        return "others of the PON stayed up, and all the dead are farther out: a branch"
    if evidence.is_stretch:
        return "others of the PON stayed up, and the dead are in one stretch: a branch"
    return "others of the PON stayed up: a branch"


def _of_power(verdict: Verdict, pons: int) -> str:
    if verdict.cause is Cause.POWER_AREA:
        return f"on {pons} PONs: the power of an area"
    return "on one PON: a power cut near it, or a cabinet's"


def member_reason(member: Member, kind: Kind, detail: str | None) -> str | None:
    """What one ONU's value was compared with; None for what has no value."""
    if kind is Kind.FLAPPING:
        return f"{MANY_CHANGES} changes of its status or more within an hour"
    if member.value is None:
        return None
    if kind is Kind.HEAT:
        return f"{number(member.value, 1)} °C, over temperature_high"
    value = f"{number(member.value, 1)} dBm"
    if member.usual is not None:
        fell = number(member.usual - member.value, 1)
        return f"{value}, {fell} dB under its usual {number(member.usual, 1)} dBm"
    limit = "over rx_power_high" if detail == EventKind.OVERLOAD else "under rx_power_low"
    return f"{value}, {limit}"

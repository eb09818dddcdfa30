"""A verdict's evidence and place in English, for JSON, logs and `why`. Pure.

What people are sent is in messages/, in their language.
"""

from __future__ import annotations

from eponctl.incidents.records import Evidence, Survivors, Verdict

_SIGNALS = {
    Survivors.UNCHANGED: "survivors' signal unchanged",
    Survivors.FELL: "survivors' signal fell",
}


def evidence_text(evidence: Evidence) -> str:
    """What a verdict rests on: `19 of 22 lost in one poll, 0 dying gasps, in one stretch`."""
    polls = "one poll" if evidence.polls == 1 else f"{evidence.polls} polls"
    parts = [f"{evidence.lost} of {evidence.of} lost in {polls}", _gasps(evidence)]
    if evidence.survivors in _SIGNALS:
        parts.append(_SIGNALS[evidence.survivors])
    if evidence.is_farther:
        parts.append("all farther than the last survivor")
    elif evidence.is_stretch:
        parts.append("in one stretch")
    return ", ".join(parts)


def _gasps(evidence: Evidence) -> str:
    if not evidence.said:
        return "this device gives no reason"
    gasps = "1 dying gasp" if evidence.gasps == 1 else f"{evidence.gasps} dying gasps"
    if evidence.said < evidence.lost:
        return f"{gasps} among {evidence.said} whose device says"
    return gasps


def bracket_text(verdict: Verdict) -> str | None:
    """Where the fibre is broken, as far as distances tell; None: they do not."""
    if verdict.is_interleaved:
        return "a branch, not the trunk"
    if verdict.bracket_m is None:
        return None
    alive, dead = verdict.bracket_m
    if not alive:
        return f"between the OLT and {dead} m (first dead)"
    return f"between {alive} m (last alive) and {dead} m (first dead)"

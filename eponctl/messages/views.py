"""Events as the templates show them: every value a text, device text made harmless, signs chosen.

Knows which emoji stands for what and where a value comes from; the words are the templates'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from eponctl.messages.text import duration, moment, neutral, number
from eponctl.model import Event, EventKind, OltSummary, OnuState, Reason, Status, status_text

ID_LIMIT = 24
STATUS_LIMIT = 24
REASON_LIMIT = 40
DETAIL_LIMIT = 200

LOST = (EventKind.DOWN, EventKind.PWRDOWN, EventKind.LOOP, EventKind.AUTH_FAILED)
"""The kinds of trouble in which a customer is offline."""
ENDS = frozenset({EventKind.RECOVERED, EventKind.SIGNAL_OK, EventKind.TEMPERATURE_OK})
"""The kinds that end an ONU's trouble."""

_EMOJI: Mapping[EventKind, str] = {
    EventKind.DOWN: "🔴",
    EventKind.PWRDOWN: "🔌",
    EventKind.LOOP: "🔁",
    EventKind.AUTH_FAILED: "🔐",
    EventKind.RECOVERED: "🟢",
    EventKind.WEAK_SIGNAL: "📵",
    EventKind.OVERLOAD: "🔆",
    EventKind.SIGNAL_OK: "🟢",
    EventKind.HIGH_TEMPERATURE: "🔥",
    EventKind.TEMPERATURE_OK: "🟢",
    EventKind.REGISTERED: "🆕",
    EventKind.REMOVED: "🗑️",
    EventKind.MOVED: "🔀",
    EventKind.RENAMED: "✏️",
    EventKind.RESTARTED: "🔄",
    EventKind.OLT_UNREACHABLE: "⛔",
    EventKind.OLT_RECOVERED: "🟢",
}
_WORD_SIGNS: Mapping[str, str] = {
    "UNKNOWN": "❓",
    **{kind.value.upper().replace("_", " "): sign for kind, sign in _EMOJI.items()},
}

_STATUS_WORDS: Mapping[Status, str] = {
    Status.UP: "Up",
    Status.DOWN: "Down",
    Status.PWRDOWN: "PwrDown",
    Status.LOOP: "LoopDetected",
    Status.DISABLED: "Disabled",
    Status.UNKNOWN: "Unknown",
}
# What `Event.before` and `Event.after` say, in the words of a recovery's name line.
_STATE_WORDS: Mapping[str, str] = {
    "up": "ONLINE",
    "weak": "WEAK SIGNAL",
    "high": "HIGH TEMPERATURE",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a value's sign turns from fine to bad: degrees C and dBm, the limit itself is bad."""

    temperature_high_c: float
    rx_power_low_dbm: float
    rx_power_high_dbm: float

    def heat_sign(self, temperature_c: float) -> str:
        """Return the emoji before a temperature."""
        return "🔥" if temperature_c >= self.temperature_high_c else "🌡️"

    def signal_sign(self, rx_power_dbm: float) -> str:
        """Return the emoji before a received power."""
        if rx_power_dbm <= self.rx_power_low_dbm:
            return "📵"
        return "🔆" if rx_power_dbm >= self.rx_power_high_dbm else "📶"


@dataclass(frozen=True, slots=True)
class Optic:
    """A temperature or a power with its sign. `is_last`: read while the ONU was up."""

    sign: str
    text: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class OnuView:
    """An ONU's event as its block shows it; what is empty or None has no line.

    `reason` is one of model.Reason, which the template puts into words, `reason_raw` the device's
    own where no reason is known. `before`, `after` are shown as they are. `label` is name and id.
    """

    kind: str
    sign: str
    name: str
    onu_id: str
    label: str
    mac: str
    status: str
    priority: str
    temperature: Optic | None
    distance: str
    rx_power: Optic | None
    reason: str
    reason_raw: str
    at: str
    before: str
    after: str
    before_text: str
    lasted: str


@dataclass(frozen=True, slots=True)
class OltView:
    """An OLT's own event: it became unreachable, or answers again."""

    sign: str
    name: str
    priority: str
    error: str
    since: str
    at: str
    lasted: str


def kind_sign(kind: EventKind) -> str:
    """Return the emoji of a kind of event."""
    return _EMOJI[kind]


def kind_word(kind: EventKind) -> str:
    """Return the word of a kind of event: `WEAK SIGNAL`."""
    return kind.value.upper().replace("_", " ")


def word_sign(word: str) -> str:
    """Return the emoji of a word of `OltSummary.problems`, such as `WEAK SIGNAL`."""
    return _WORD_SIGNS.get(word, "⚠️")


def olt_name(olt: OltSummary) -> str:
    """Return the configured name, else the id. The operator's own text, but a line all the same."""
    return neutral(olt.name) or neutral(olt.olt_id)


def onu_name(onu: OnuState) -> str:
    """Return what to call an ONU: its name, else its id, else its MAC; never empty."""
    return neutral(onu.name or "") or neutral(onu.onu_id, ID_LIMIT) or neutral(onu.mac) or "?"


def _status(onu: OnuState, reason: Reason | None) -> str:
    word = neutral(onu.status_raw, STATUS_LIMIT) or _STATUS_WORDS[onu.status]
    return status_text(word, reason)


def onu_view(event: Event, onu: OnuState, limits: Limits, zone: tzinfo) -> OnuView:
    """Return an ONU's event as its block shows it."""
    before, after = _change(event)
    name, onu_id = onu_name(onu), neutral(onu.onu_id, ID_LIMIT)
    # The reason columns tell of the last outage; of an ONU that is up again they tell nothing.
    reason, reason_raw = (None, None) if onu.status is Status.UP else (onu.reason, onu.reason_raw)
    return OnuView(
        kind=event.kind.value,
        sign=_EMOJI[event.kind],
        name=name,
        onu_id=onu_id,
        label=f"{name} · {onu_id}" if onu_id and onu_id != name else name,
        mac=neutral(onu.mac, ID_LIMIT),
        status=_status(onu, reason),
        priority=event.priority.value.upper(),
        temperature=_temperature(onu, limits),
        distance="" if onu.distance_m is None else number(onu.distance_m),
        rx_power=_rx_power(onu, limits),
        reason=reason.value if reason else "",
        reason_raw=neutral(reason_raw or "", REASON_LIMIT),
        at=moment(event.at, zone),
        before=before,
        after=after,
        before_text=neutral(event.before_text or ""),
        lasted="" if event.lasted_s is None else duration(event.lasted_s),
    )


def olt_view(event: Event, olt: OltSummary, zone: tzinfo) -> OltView:
    """Return an OLT's own event; it is unreachable since the first poll that failed."""
    since = event.at if olt.unreachable_since is None else olt.unreachable_since
    return OltView(
        sign=_EMOJI[event.kind],
        name=olt_name(olt),
        priority=event.priority.value.upper(),
        error=neutral(event.detail or "", DETAIL_LIMIT),
        since=moment(since, zone),
        at=moment(event.at, zone),
        lasted="" if event.lasted_s is None else duration(event.lasted_s),
    )


def _change(event: Event) -> tuple[str, str]:
    """Return from and to: names and ids as they are, states as the original's capital words."""
    if event.kind is EventKind.RENAMED:
        return neutral(event.before or ""), neutral(event.after or "")
    if event.kind is EventKind.MOVED:
        return neutral(event.before or "", ID_LIMIT), neutral(event.after or "", ID_LIMIT)
    return _state_word(event.before or "down"), _state_word(event.after or "up")


def _state_word(word: str) -> str:
    return _STATE_WORDS.get(word) or neutral(word, STATUS_LIMIT).replace("_", " ").upper()


def _temperature(onu: OnuState, limits: Limits) -> Optic | None:
    value, is_last = _current_or_last(onu.status, onu.temperature_c, onu.last_temperature_c)
    return None if value is None else Optic(limits.heat_sign(value), number(value), is_last)


def _rx_power(onu: OnuState, limits: Limits) -> Optic | None:
    value, is_last = _current_or_last(onu.status, onu.rx_power_dbm, onu.last_rx_power_dbm)
    return None if value is None else Optic(limits.signal_sign(value), number(value), is_last)


def _current_or_last(
    status: Status, current: float | None, last: float | None
) -> tuple[float | None, bool]:
    """Return the value to show and whether it is an old one.

    A driver drops what an ONU that is not up still claims to measure, so a current value is fresh
    whatever the status. Last values stand in for it only while the ONU is not up: while it is, a
    missing one means that this device or this poll gave none.
    """
    if current is not None or status is Status.UP:
        return current, False
    return last, True

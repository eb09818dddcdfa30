"""Signs, names and numbers as every text shows them, device text made harmless.

Knows which emoji stands for what; the words are the templates'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from types import MappingProxyType
from typing import NamedTuple

from eponctl.messages.templates import Language
from eponctl.messages.text import neutral
from eponctl.model import EventKind, OltSummary, Reason, Status, status_text
from eponctl.telling.records import Told

ID_LIMIT = 24
STATUS_LIMIT = 24
REASON_LIMIT = 40
DETAIL_LIMIT = 200

# By word, not by member: a kind that is only counted needs no sign of its own.
_EMOJI: Mapping[str, str] = {
    "down": "🔴",
    "pwrdown": "🔌",
    "loop": "🔁",
    "auth_failed": "🔐",
    "recovered": "🟢",
    "weak_signal": "📵",
    "overload": "🔆",
    "signal_ok": "🟢",
    "high_temperature": "🔥",
    "temperature_ok": "🟢",
    "registered": "🆕",
    "removed": "🗑️",
    "moved": "🔀",
    "renamed": "✏️",
    "restarted": "🔄",
    "olt_unreachable": "⛔",
    "olt_recovered": "🟢",
    "pon_outage": "🚨",
    "power_outage": "🚨",
    "unknown": "❓",
}
_OTHER_SIGN = "⚠️"

_STATUS_WORDS: Mapping[Status, str] = {
    Status.UP: "Up",
    Status.DOWN: "Down",
    Status.PWRDOWN: "PwrDown",
    Status.LOOP: "LoopDetected",
    Status.DISABLED: "Disabled",
    Status.UNKNOWN: "Unknown",
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


class Occasion(NamedTuple):
    """What every text of one bulletin needs to know besides what it tells; `now` in UTC seconds.

    `olts` holds every OLT by id, as far as it is configured; `told` what this recipient was told
    of an incident before.
    """

    language: Language
    limits: Limits
    now: int
    zone: tzinfo
    olts: Mapping[str, OltSummary] = MappingProxyType({})
    told: Mapping[str, Told] = MappingProxyType({})


def kind_sign(kind: EventKind | str) -> str:
    """Return the emoji of a kind of event."""
    return _EMOJI.get(kind, _OTHER_SIGN)


def kind_word(kind: EventKind) -> str:
    """Return the word of a kind of event: `WEAK SIGNAL`."""
    return kind.value.upper().replace("_", " ")


def word_sign(word: str) -> str:
    """Return the emoji of a word of `OltSummary.problems`, such as `WEAK SIGNAL`."""
    return kind_sign(word.lower().replace(" ", "_"))


def olt_name(olt: OltSummary) -> str:
    """Return the configured name, else the id. The operator's own text, but a line all the same."""
    return neutral(olt.name) or neutral(olt.olt_id)


def onu_name(name: str | None, onu_id: str, mac: str) -> str:
    """Return what to call an ONU: its name, else its id, else its MAC; never empty."""
    return neutral(name or "") or neutral(onu_id, ID_LIMIT) or neutral(mac, ID_LIMIT) or "?"


def onu_label(name: str | None, onu_id: str, mac: str) -> str:
    """Return name and id on one line: `CLIENT-001 · 0/1:3`."""
    shown, where = onu_name(name, onu_id, mac), neutral(onu_id, ID_LIMIT)
    return f"{shown} · {where}" if where and where != shown else shown


def status_words(status: Status, status_raw: str, reason: Reason | None) -> str:
    """Return the device's word for a status with the reason behind it: `Down (Timeout)`."""
    return status_text(neutral(status_raw, STATUS_LIMIT) or _STATUS_WORDS[status], reason)

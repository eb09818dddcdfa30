"""The hourly report: how the network stands, an OLT a line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from eponctl.messages.split import LIMIT, Group, Section, pack
from eponctl.messages.templates import Language, Texts
from eponctl.messages.text import moment, number
from eponctl.messages.views import Limits, olt_name
from eponctl.model import OltSummary

LOW_PERCENT = 80.0
"""An OLT with fewer of its ONUs online is red."""
_ALL = 100.0


@dataclass(frozen=True, slots=True)
class Averages:
    """Over every ONU of the network that is up and gave a value, in degrees C and dBm."""

    temperature_c: float | None
    rx_power_dbm: float | None


@dataclass(frozen=True, slots=True)
class _Network:
    """The network's numbers as texts; empty where there is nothing to tell."""

    time: str
    olts: int
    onus: int
    online: int
    problems: int
    uptime: str
    temperature: str
    rx_power: str
    passed: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One OLT's numbers as texts; empty where there is nothing to tell."""

    sign: str
    name: str
    online: int
    onus: int
    percent: str
    is_unreachable: bool
    temperature: str
    temperature_sign: str
    rx_power: str
    rx_power_sign: str
    since: str


def hourly_report(
    summaries: Sequence[OltSummary],
    *,
    now: int,
    zone: tzinfo,
    language: Language,
    limits: Limits,
    averages: Averages | None = None,
    passed: int = 0,
    low_since: Mapping[str, int] | None = None,
    limit: int = LIMIT,
) -> list[str]:
    """Return the report's parts, OLTs in the order given.

    `disabled` ONUs count in `Total ONU` alone, not in what is online, nor in what it is compared
    with. Without `averages` the OLTs' own are weighted by their ONUs online, which is the same as
    long as every ONU that is up gives a value. `low_since` says since when (UTC seconds) an OLT
    has been under 80 % online, by OLT id, where that is known. `passed` counts what came and went
    without anyone being told; 0 has no line.
    """
    texts = Texts(language, "report")
    network = _network(summaries, averages or _averages(summaries), moment(now, zone), passed)
    since = low_since or {}
    lines = tuple(
        texts("line", _line(olt, limits, zone, since.get(olt.olt_id))) for olt in summaries
    )
    sections = [
        Section("", (Group("", lines, gap="\n"),)),
        Section("", (Group("", (texts("health", network),)),)),
    ]
    head, again = texts("head", network), texts("head_again", network)
    return pack(head, sections, again=again, limit=limit)


def _network(
    summaries: Sequence[OltSummary], averages: Averages, time: str, passed: int
) -> _Network:
    online = sum(olt.online for olt in summaries)
    return _Network(
        time=time,
        olts=len(summaries),
        onus=sum(olt.onus for olt in summaries),
        online=online,
        problems=sum(olt.problem_onus for olt in summaries),
        uptime=_percent_text(_percent(online, sum(map(_enabled, summaries)))),
        temperature=_tenths(averages.temperature_c),
        rx_power=_tenths(averages.rx_power_dbm),
        passed=passed,
    )


def _line(olt: OltSummary, limits: Limits, zone: tzinfo, low_since: int | None) -> _Line:
    percent = _percent(olt.online, _enabled(olt))
    is_unreachable = olt.unreachable_since is not None
    is_low = percent is not None and percent < LOW_PERCENT
    # What was read before the OLT fell silent says nothing of now.
    temperature = None if is_unreachable else olt.avg_temperature_c
    rx_power = None if is_unreachable else olt.avg_rx_power_dbm
    is_hot = temperature is not None and temperature >= limits.temperature_high_c
    is_weak = rx_power is not None and rx_power <= limits.rx_power_low_dbm
    is_red, is_yellow = is_unreachable or is_low, olt.problem_onus > 0 or is_hot or is_weak
    since = olt.unreachable_since if is_unreachable else low_since if is_low else None
    return _Line(
        sign="🔴" if is_red else "🟡" if is_yellow else "🟢",
        name=olt_name(olt),
        online=olt.online,
        onus=_enabled(olt),
        percent=_percent_text(percent),
        is_unreachable=is_unreachable,
        temperature="" if temperature is None else number(temperature, digits=1),
        temperature_sign="🔥" if is_hot else "🌡️",
        rx_power="" if rx_power is None else number(rx_power, digits=1),
        rx_power_sign="📵" if is_weak else "📶",
        since="" if since is None else moment(since, zone),
    )


def _enabled(olt: OltSummary) -> int:
    return olt.onus - olt.disabled


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole > 0 else None


def _percent_text(percent: float | None) -> str:
    """Return one decimal; only when all are online does it read 100.0."""
    if percent is None:
        return ""
    return f"{percent if percent >= _ALL else min(percent, 99.9):.1f}"


def _tenths(value: float | None) -> str:
    return "" if value is None else f"{round(value, 1) + 0.0:.1f}"


def _averages(summaries: Iterable[OltSummary]) -> Averages:
    reachable = [olt for olt in summaries if olt.unreachable_since is None]
    return Averages(
        _weighted(reachable, lambda olt: olt.avg_temperature_c),
        _weighted(reachable, lambda olt: olt.avg_rx_power_dbm),
    )


def _weighted(
    summaries: Iterable[OltSummary], average: Callable[[OltSummary], float | None]
) -> float | None:
    pairs = [
        (value, olt.online)
        for olt in summaries
        if (value := average(olt)) is not None and olt.online > 0
    ]
    weight = sum(online for _, online in pairs)
    return sum(value * online for value, online in pairs) / weight if weight else None

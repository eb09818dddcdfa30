"""The network as metrics: Prometheus's text exposition format, for node_exporter.

Base units: degrees Celsius, seconds, metres, shares of 1. dBm has none, so it stands in the name.
What was not observed has no series. Source: prometheus.io, "Exposition formats" and "Naming".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from eponctl import __version__
from eponctl.model import OnuState, Status
from eponctl.render.plain import safe
from eponctl.store.queries import Tally
from eponctl.views.dashboard import Overview
from eponctl.views.network import Watched, is_stale, last_seen_at, total_of

Labels: TypeAlias = Mapping[str, str | None]
Series: TypeAlias = tuple[Labels, float | None]

_PREFIX = "eponctl_"


class _Gauge(NamedTuple):
    """One metric: its name without the prefix, what it says, and where its value comes from."""

    name: str
    help: str
    value: Callable[[Overview], Iterable[Series]]


def document(overview: Overview) -> Iterator[str]:
    """The metrics in pieces, those of one name together."""
    for gauge in _GAUGES:
        name, is_first = _PREFIX + gauge.name, True
        for labels, value in gauge.value(overview):
            if value is None:
                continue
            if is_first:
                yield f"# HELP {name} {gauge.help}\n# TYPE {name} gauge\n"
                is_first = False
            yield f"{name}{_labels(labels)} {_number(value)}\n"


def _labels(labels: Labels) -> str:
    """The labels that have a text; an empty one is the same as none."""
    parts = [f'{name}="{_escaped(text)}"' for name, text in labels.items() if text]
    return f"{{{','.join(parts)}}}" if parts else ""


def _escaped(text: str) -> str:
    return safe(text).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    whole = int(value)
    return str(whole) if whole == value else repr(round(value, 6))


# --- the whole --------------------------------------------------------------------------------


def _of_all(value: Callable[[Overview], float | None]) -> Callable[[Overview], list[Series]]:
    return lambda overview: [({}, value(overview))]


def _is_all_read(overview: Overview) -> float | None:
    enabled = [watched for watched in overview.olts if watched.olt.enabled]
    return float(all(watched.is_reachable for watched in enabled)) if enabled else None


# --- OLTs -------------------------------------------------------------------------------------


def _of_olts(value: Callable[[Watched], float | None]) -> Callable[[Overview], Iterator[Series]]:
    """A series for each OLT that is polled."""

    def series(overview: Overview) -> Iterator[Series]:
        for watched in overview.olts:
            if watched.olt.enabled and watched.state.last_poll_at is not None:
                yield {"olt": watched.olt.id}, value(watched)

    return series


def _olt_info(overview: Overview) -> Iterator[Series]:
    for watched in overview.olts:
        if watched.olt.enabled:
            state = watched.state
            yield (
                {
                    "olt": watched.olt.id,
                    "name": watched.olt.name,
                    "driver": state.driver or watched.olt.driver,
                    "dialect": state.dialect,
                    "model": state.model,
                    "firmware": state.firmware,
                },
                1,
            )


def _poll_seconds(watched: Watched) -> float | None:
    return None if watched.state.poll_ms is None else watched.state.poll_ms / 1000


def _is_read(watched: Watched) -> bool:
    return watched.is_reachable


def _of_read(value: Callable[[Tally], float | None]) -> Callable[[Overview], Iterator[Series]]:
    """A series for each OLT that the last poll could read: of others nothing is known now."""
    return _of_olts(lambda watched: value(watched.tally) if watched.is_reachable else None)


def _share(tally: Tally) -> float | None:
    return tally.online / tally.expected if tally.expected > 0 else None


def _temperature(tally: Tally) -> float | None:
    return tally.temperature_sum / tally.temperatures if tally.temperatures else None


def _power(tally: Tally) -> float | None:
    return tally.power_sum / tally.powers if tally.powers else None


# --- ONUs -------------------------------------------------------------------------------------


def _identity(onu: OnuState) -> dict[str, str | None]:
    return {"olt": onu.olt_id, "onu": onu.onu_id, "mac": onu.mac}


def _of_seen(value: Callable[[OnuState], float | None]) -> Callable[[Overview], Iterator[Series]]:
    """A series for each ONU that the last poll saw."""

    def series(overview: Overview) -> Iterator[Series]:
        states = overview.states
        for onu in overview.onus:
            if not is_stale(onu, states[onu.olt_id]):
                yield _identity(onu), value(onu)

    return series


def _onu_info(overview: Overview) -> Iterator[Series]:
    for onu in overview.onus:
        more = {
            "pon": onu.pon,
            "name": onu.name,
            "customer": overview.customers.get(onu.mac),
            "firmware": onu.firmware,
        }
        yield {**_identity(onu), **more}, 1


def _status(overview: Overview) -> Iterator[Series]:
    states = overview.states
    for onu in overview.onus:
        if not is_stale(onu, states[onu.olt_id]):
            yield {**_identity(onu), "status": onu.status, "reason": onu.reason}, 1


def _last_seen(overview: Overview) -> Iterator[Series]:
    states = overview.states
    for onu in overview.onus:
        yield _identity(onu), last_seen_at(onu, states[onu.olt_id])


_GAUGES = (
    _Gauge("build_info", "1; which eponctl wrote this.", lambda _: [({"version": __version__}, 1)]),
    _Gauge(
        "last_poll_timestamp_seconds",
        "When an OLT was asked last.",
        _of_all(lambda overview: overview.last_poll_at),
    ),
    _Gauge(
        "last_poll_success", "1 if the last poll read every enabled OLT.", _of_all(_is_all_read)
    ),
    _Gauge(
        "online_ratio",
        "ONUs online, of those that are neither switched off nor abandoned; of OLTs that are read.",
        _of_all(lambda overview: _share(total_of(filter(_is_read, overview.olts)))),
    ),
    _Gauge(
        "incidents_open",
        "Outages and silent OLTs that go on.",
        _of_all(lambda overview: overview.open_incidents),
    ),
    _Gauge(
        "messages_waiting",
        "Messages that have not arrived yet.",
        _of_all(lambda overview: overview.waiting),
    ),
    _Gauge(
        "messages_failed", "Messages that were given up.", _of_all(lambda overview: overview.failed)
    ),
    _Gauge("olt_info", "1; what an OLT is.", _olt_info),
    _Gauge(
        "olt_up",
        "1 if the last poll could read the OLT.",
        _of_olts(lambda watched: float(watched.is_reachable)),
    ),
    _Gauge(
        "olt_last_poll_timestamp_seconds",
        "When the OLT was asked last.",
        _of_olts(lambda watched: watched.state.last_poll_at),
    ),
    _Gauge(
        "olt_last_success_timestamp_seconds",
        "When the OLT was read last.",
        _of_olts(lambda watched: watched.state.last_success_at),
    ),
    _Gauge("olt_poll_duration_seconds", "What its last poll took.", _of_olts(_poll_seconds)),
    _Gauge("olt_onus", "ONUs that are known.", _of_olts(lambda watched: watched.tally.onus)),
    _Gauge("olt_onus_online", "ONUs that are up.", _of_read(lambda tally: tally.online)),
    _Gauge(
        "olt_onus_problem",
        "ONUs that are down, weak or hot; without abandoned ones.",
        _of_read(lambda tally: tally.problems),
    ),
    _Gauge(
        "olt_onus_disabled",
        "ONUs that are switched off on purpose.",
        _of_read(lambda tally: tally.disabled),
    ),
    _Gauge(
        "olt_onus_abandoned",
        "ONUs that are down for longer than abandoned_after.",
        _of_read(lambda tally: tally.abandoned),
    ),
    _Gauge("olt_online_ratio", "As eponctl_online_ratio, of one OLT.", _of_read(_share)),
    _Gauge("olt_temperature_celsius", "Mean of its ONUs that are up.", _of_read(_temperature)),
    _Gauge("olt_rx_power_dbm", "Mean of its ONUs that are up, in dBm.", _of_read(_power)),
    _Gauge("onu_info", "1; what an ONU is, and whose.", _onu_info),
    _Gauge(
        "onu_up",
        "1 if the ONU is up; as all that follows only of ONUs that the last poll saw.",
        _of_seen(lambda onu: float(onu.status is Status.UP)),
    ),
    _Gauge("onu_status", "1; how it is, and why.", _status),
    _Gauge(
        "onu_problem",
        "1 if the ONU is down, weak or hot.",
        _of_seen(lambda onu: float(onu.is_problem)),
    ),
    _Gauge(
        "onu_since_timestamp_seconds",
        "Since when it has been up, or down.",
        _of_seen(lambda onu: onu.since),
    ),
    _Gauge(
        "onu_temperature_celsius",
        "Its temperature while it is up.",
        _of_seen(lambda onu: onu.temperature_c),
    ),
    _Gauge(
        "onu_rx_power_dbm",
        "The power that it receives while it is up, in dBm.",
        _of_seen(lambda onu: onu.rx_power_dbm),
    ),
    _Gauge(
        "onu_tx_power_dbm",
        "The power that it sends while it is up, in dBm.",
        _of_seen(lambda onu: onu.tx_power_dbm),
    ),
    _Gauge("onu_distance_meters", "How far away it is.", _of_seen(lambda onu: onu.distance_m)),
    _Gauge(
        "onu_last_seen_timestamp_seconds",
        "When it was seen last; of every ONU that is known.",
        _last_seen,
    ),
)

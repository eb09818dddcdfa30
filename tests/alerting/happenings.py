"""What can happen to a town between two polls, and in what order: for whatever_happens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from hypothesis import strategies as st

from eponctl.model import Priority, Reason, Status
from eponctl.settings import Route
from eponctl.store import incidents, silences
from tests.alerting.town import CID, SIZES, Answer, Town
from tests.network import HOUR, MINUTE

Where = tuple[str, str]
"""A PON: OLT id and PON."""

PONS: list[Where] = [(olt_id, pon) for olt_id, pons in SIZES.items() for pon in pons]
ROUTES = [
    (Route((CID,), ("OLT-A",), Priority.HIGH),),
    (Route((CID,), ("OLT-B",)), Route((CID,), min_priority=Priority.CRITICAL)),
    (),
]


# --- in the field ---


def drop(town: Town, where: Where, which: set[int], is_gasp: bool) -> None:
    """Take some ONUs of a PON off."""
    lost = _up(town, where, which)
    town.network.lose(lost, gasps=range(len(lost)) if is_gasp else ())


def drop_all(town: Town, pons: set[Where], is_gasp: bool) -> None:
    """Take whole PONs off."""
    for where in sorted(pons):
        drop(town, where, set(), is_gasp)


def come_back(town: Town, where: Where, which: set[int]) -> None:
    """Bring some ONUs of a PON back, whatever they did."""
    town.network.restore(town.network.find(*where, which))


def all_come_back(town: Town, pons: set[Where]) -> None:
    """Bring whole PONs back."""
    for where in sorted(pons):
        come_back(town, where, set())


def measure(
    town: Town, where: Where, which: set[int], rx_power_dbm: float, temperature_c: float
) -> None:
    """Let what is up be weak, overloaded, hot, or well."""
    for onu in _up(town, where, which):
        town.network.set(*onu, rx_power_dbm=rx_power_dbm, temperature_c=temperature_c)


def flap(town: Town, where: Where, number: int, seconds: int) -> None:
    """Let one ONU come and go, with a poll for each change."""
    for _ in range(3):
        drop(town, where, {number}, is_gasp=False)
        town.poll(seconds=seconds)
        come_back(town, where, {number})
        town.poll(seconds=seconds)


def turn(
    town: Town, where: Where, number: int, status: Status, status_raw: str, reason: Reason | None
) -> None:
    """Give one ONU another status."""
    for onu in town.network.find(*where, {number}):
        town.network.set(*onu, status=status, status_raw=status_raw, reason=reason)
        town.network.set(*onu, rx_power_dbm=None, temperature_c=None)


def remove(town: Town, where: Where, number: int) -> None:
    """Take one ONU out of its OLT's table, as long as the table is believed then."""
    for olt_id, mac in town.network.find(*where, {number}):
        if len(town.network.find(*where)) > 3:
            del town.network.onus[olt_id][mac]


def rename(town: Town, where: Where, number: int, name: str) -> None:
    """Give one ONU another name."""
    for onu in town.network.find(*where, {number}):
        town.network.set(*onu, name=name)


def olt_goes_or_returns(town: Town, olt_id: str) -> None:
    """Let an OLT answer no longer, or again."""
    town.away ^= {olt_id}


def pon_cannot_be_read_or_can(town: Town, where: Where) -> None:
    """Let one PON of an OLT that answers be unreadable, or readable again."""
    town.unread ^= {where}


def _up(town: Town, where: Where, which: set[int]) -> list[tuple[str, str]]:
    found = town.network.find(*where, which)
    return [(olt, mac) for olt, mac in found if town.network.onus[olt][mac].status is Status.UP]


# --- what people do ---


def silence(town: Town, target: str, hours: int) -> None:
    """Begin a silence."""
    silences.add(target, town.now, town.now + hours * HOUR)


def end_silences(town: Town) -> None:
    """End what silences there are."""
    for one in silences.active(town.now):
        silences.end(one.id, town.now)


def acknowledge(town: Town, which: int) -> None:
    """Acknowledge one of the incidents that go on."""
    for one in incidents.open_()[which:][:1]:
        incidents.acknowledge(one.id, town.now)


def edit_routes(town: Town, routes: tuple[Route, ...]) -> None:
    """Change what the third recipient gets."""
    whatsapp = town.config.whatsapp._replace(routes=routes)
    town.config = town.config._replace(whatsapp=whatsapp)


def poll_one(town: Town, olt_id: str) -> None:
    """Poll one OLT by hand."""
    town.poll(olt_ids=[olt_id])


def poll_dry(town: Town) -> None:
    """Do a dry run."""
    town.save(is_dry_run=True)


def gateway_is(town: Town, usual: Answer) -> None:
    """Let the gateway be like this from now on."""
    town.gateway.usual = usual


# --- in what order ---


class Step(NamedTuple):
    """Something happens, time passes, and a poll finds it; the gateway's next answers are these."""

    happens: Callable[[Town], None]
    seconds: int
    answers: list[Answer]


def _happening(what: Callable[..., None], **arguments: object) -> st.SearchStrategy[object]:
    return st.builds(partial, st.just(what), **arguments)  # type: ignore[arg-type]


_WHERE, _SOME_PONS = st.sampled_from(PONS), st.sets(st.sampled_from(PONS), min_size=1)
_SOME, _NUMBER = st.sets(st.integers(1, 6), min_size=1), st.integers(1, 4)
_OLT, _IS_GASP = st.sampled_from(sorted(SIZES)), st.booleans()
_RX, _HEAT = st.sampled_from([-20.0, -24.5, -28.5, -6.0]), st.sampled_from([40.0, 40.0, 70.0])
_TARGET = st.sampled_from(["OLT-A", "OLT-A:0/1", "OLT-*:*:1", "OLT-B:0/1:2", "*"])
_USUAL = [Answer.TAKES, Answer.TAKES, Answer.LEAVES, Answer.LOSES, Answer.HAS_NO_SENDER]
_TURNS = [
    (Status.LOOP, "Loop", None),
    (Status.DISABLED, "Disabled", Reason.ADMIN),
    (Status.DOWN, "Down", Reason.AUTH_FAILED),
]


def _often() -> list[st.SearchStrategy[object]]:
    return [
        _happening(drop, where=_WHERE, which=_SOME, is_gasp=_IS_GASP),
        _happening(drop_all, pons=_SOME_PONS, is_gasp=_IS_GASP),
        _happening(all_come_back, pons=_SOME_PONS),
        _happening(gateway_is, usual=st.sampled_from(_USUAL)),
        _happening(rename, where=_WHERE, number=_NUMBER, name=st.sampled_from("xyz")),
    ]


_HAPPENINGS = st.one_of(
    *_often(),
    *_often(),
    _happening(come_back, where=_WHERE, which=_SOME),
    _happening(measure, where=_WHERE, which=_SOME, rx_power_dbm=_RX, temperature_c=_HEAT),
    _happening(flap, where=_WHERE, number=_NUMBER, seconds=st.sampled_from([120, 420])),
    *[
        _happening(
            turn,
            where=_WHERE,
            number=_NUMBER,
            status=st.just(status),
            status_raw=st.just(status_raw),
            reason=st.just(reason),
        )
        for status, status_raw, reason in _TURNS
    ],
    _happening(remove, where=_WHERE, number=_NUMBER),
    _happening(olt_goes_or_returns, olt_id=_OLT),
    _happening(pon_cannot_be_read_or_can, where=_WHERE),
    _happening(silence, target=_TARGET, hours=st.sampled_from([1, 3])),
    st.just(end_silences),
    _happening(acknowledge, which=st.integers(0, 3)),
    _happening(edit_routes, routes=st.sampled_from(ROUTES)),
    _happening(poll_one, olt_id=_OLT),
    st.just(poll_dry),
)
STEPS = st.lists(
    st.builds(
        Step,
        _HAPPENINGS,
        st.sampled_from([MINUTE] * 5 + [20 * MINUTE, 2 * HOUR, 9 * HOUR]),
        st.lists(st.sampled_from([*Answer, Answer.TAKES, Answer.TAKES]), max_size=3),
    ),
    min_size=3,
    max_size=15,
)

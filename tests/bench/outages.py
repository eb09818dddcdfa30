"""1,000 seeded outages: how often the cause is right, and how many messages it takes to say so.

What happens: a feeder is cut, a branch is cut, the power of an area or of one block goes, and in
between single boxes go for reasons of their own. 10 % of the dying gasps get lost, 3 % are false;
distances wander by a few metres; one box in twelve has been dead for months. The rival counts what
a tool would send that tells of every ONU.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from eponctl.incidents.records import Cause, Confidence, Extent, Incident, Kind
from eponctl.model import EventKind
from tests.network import MINUTE, Network
from tests.recipient import Recipient

OUTAGES = 1000
_OLTS, _PONS, _ONUS = 3, 4, 32
_MISSED, _FALSE = 0.10, 0.03
_ABANDONED = 1 / 12
_PER_ONU = frozenset({EventKind.DOWN, EventKind.PWRDOWN, EventKind.RECOVERED})
Onu = tuple[str, str]


@dataclass
class Score:
    """What came of all outages."""

    outages: int = 0
    right: int = 0
    high: int = 0
    high_right: int = 0
    messages: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def right_share(self) -> float:
        """How many outages were given their true cause."""
        return self.right / self.outages

    @property
    def high_precision(self) -> float:
        """How many of the causes that were called certain were true."""
        return self.high_right / max(1, self.high)

    @property
    def messages_each(self) -> float:
        """Messages to one recipient for one outage, from its beginning to its end.

        Those about single drops in between are counted as if they were about the outage.
        """
        return self.messages / self.outages


def measure(outages: int = OUTAGES, seed: int = 1) -> Score:
    """Let them happen, a network for each."""
    score = Score()
    for number in range(outages):
        _one(random.Random(seed * 1_000_003 + number), score)
    return score


def _one(chance: random.Random, score: Score) -> None:
    network = _aged(chance)
    recipient = Recipient(network)
    truth, struck = _struck(chance, network)
    gasps = truth in {Cause.POWER_AREA, Cause.POWER_LOCAL}
    for some in _waves(chance, struck, 2 if truth is Cause.POWER_AREA else 1):
        _lose(chance, network, some, is_gasping=gasps)
        _polled(network, recipient)
    for _ in range(3):
        _polled(network, recipient)
    _judge(score, network, struck, truth)
    for some in _waves(chance, struck, 3):
        network.restore(some)
        _polled(network, recipient)
    for _ in range(2):
        _polled(network, recipient)
    score.messages += recipient.messages


def _polled(network: Network, recipient: Recipient, seconds: int = MINUTE) -> int:
    """Let time pass; return how many messages the rival would have sent."""
    _wander(network)
    network.poll(seconds=seconds)
    recipient.listen()
    return sum(event.kind in _PER_ONU for event in network.events)


def storm_share() -> float:
    """Messages in three storms for each one of a tool that tells of every ONU.

    An OLT of 512 loses its uplink fibre and gets it back; an area of five PONs of 64 its power; a
    PON of 64 comes and goes every five minutes for two hours.
    """
    stories = (_uplink_cut, _dark_quarter, _shaking_pon)
    messages, rival = 0, 0
    for story in stories:
        network = Network({"OLT-1": {f"0/{pon}": 64 for pon in range(1, 9)}})
        recipient = Recipient(network)
        rival += story(network, recipient)
        messages += recipient.messages
    return messages / rival


def _uplink_cut(network: Network, recipient: Recipient) -> int:
    onus = _all(network)
    network.lose(onus)
    told = _polled(network, recipient) + _polled(network, recipient)
    for some in (onus[::2], onus):
        network.restore(some)
        told += _polled(network, recipient)
    return told


def _dark_quarter(network: Network, recipient: Recipient) -> int:
    told = 0
    onus = [one for pon in range(1, 6) for one in network.find("OLT-1", f"0/{pon}")]
    for some in (onus[:192], onus[192:]):
        network.lose(some, gasps={place for place in range(len(some)) if place % 10})
        told += _polled(network, recipient)
    for some in (onus[::3], onus):
        network.restore(some)
        told += _polled(network, recipient)
    return told


def _shaking_pon(network: Network, recipient: Recipient) -> int:
    told = 0
    onus = network.find("OLT-1", "0/1")
    for _ in range(12):
        network.lose(onus)
        told += _polled(network, recipient, 5 * MINUTE)
        network.restore(onus)
        told += _polled(network, recipient, 5 * MINUTE)
    for _ in range(15):
        told += _polled(network, recipient, 5 * MINUTE)
    return told


def _aged(chance: random.Random) -> Network:
    """A network some weeks old: boxes at their distances, some dead, a single drop now and then."""
    sizes: Mapping[str, Mapping[str, int]] = {
        f"OLT-{olt}": {f"0/{pon}": _ONUS for pon in range(1, _PONS + 1)}
        for olt in range(1, _OLTS + 1)
    }
    network = Network(sizes)
    for olt_id, onus in network.onus.items():
        for mac in onus:
            network.set(olt_id, mac, distance_m=chance.randrange(300, 8000))
    network.poll()
    dead = [onu for onu in _all(network) if chance.random() < _ABANDONED]
    network.lose(dead)
    network.poll()
    network.poll(seconds=35 * 24 * 60 * MINUTE)
    return network


def _all(network: Network) -> list[Onu]:
    return [(olt_id, mac) for olt_id, onus in network.onus.items() for mac in onus]


def _up(network: Network, olt_id: str, pon: str) -> list[Onu]:
    onus = network.onus[olt_id]
    found = [one for one in network.find(olt_id, pon) if onus[one[1]].status_raw == "Up"]
    return sorted(found, key=lambda one: onus[one[1]].distance_m or 0)


def _struck(chance: random.Random, network: Network) -> tuple[Cause, list[Onu]]:
    """A true cause, and whom it strikes."""
    truth = chance.choice(
        [Cause.FIBRE_FEEDER, Cause.FIBRE_BRANCH, Cause.POWER_AREA, Cause.POWER_LOCAL]
    )
    pons = [(olt_id, f"0/{pon}") for olt_id in network.onus for pon in range(1, _PONS + 1)]
    chance.shuffle(pons)
    first = _up(network, *pons[0])
    if truth is Cause.FIBRE_FEEDER:
        return truth, first
    if truth is Cause.FIBRE_BRANCH:
        return truth, first[-chance.randrange(5, 2 * len(first) // 3) :]
    if truth is Cause.POWER_LOCAL:
        return truth, chance.sample(first, chance.randrange(5, 2 * len(first) // 3))
    struck: list[Onu] = []
    for pon in pons[: chance.randrange(2, 6)]:
        there = _up(network, *pon)
        struck += chance.sample(there, chance.randrange(6, len(there)))
    return truth, struck


def _waves(chance: random.Random, onus: list[Onu], most: int) -> list[list[Onu]]:
    """The ONUs in one to `most` parts, in any order."""
    shuffled = chance.sample(onus, len(onus))
    parts = chance.randrange(1, most + 1)
    return [shuffled[place::parts] for place in range(parts)]


def _lose(chance: random.Random, network: Network, onus: list[Onu], *, is_gasping: bool) -> None:
    true, false = (1 - _MISSED, _FALSE)
    share = true if is_gasping else false
    network.lose(onus, gasps={place for place in range(len(onus)) if chance.random() < share})
    # A box somewhere else, for a reason of its own.
    if chance.random() < 1 / 4:
        other = chance.choice([onu for onu in _all(network) if onu not in onus])
        if network.onus[other[0]][other[1]].status_raw == "Up":
            network.lose([other], gasps={0} if chance.random() < 1 / 2 else set())


def _wander(network: Network) -> None:
    """Distances as they are measured: a few metres more or less with each poll."""
    for onus in network.onus.values():
        for place, (mac, onu) in enumerate(onus.items()):
            if onu.distance_m is not None:
                step = (network.now // MINUTE + place) % 3 - 1
                onus[mac] = onu._replace(distance_m=onu.distance_m + 2 * step)


def _judge(score: Score, network: Network, struck: list[Onu], truth: Cause) -> None:
    found = max(network.open(Kind.OUTAGE), key=lambda one: _overlap(one, struck))
    verdict = found.verdict
    score.outages += 1
    if verdict is None or found.extent is Extent.SINGLE:
        score.wrong.append(f"{truth}: {len(struck)} ONUs, taken for single drops")
        return
    is_right = verdict.cause is truth
    score.right += is_right
    if verdict.confidence is Confidence.HIGH:
        score.high += 1
        score.high_right += is_right
    if not is_right:
        score.wrong.append(f"{truth} taken for {verdict.cause}: {verdict.evidence}")


def _overlap(incident: Incident, struck: list[Onu]) -> int:
    return len({(member.olt_id, member.mac) for member in incident.members}.intersection(struck))

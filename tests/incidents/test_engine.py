"""What the engine makes of drops and returns: one incident for what is one thing."""

from __future__ import annotations

import pytest

from eponctl.incidents.records import Cause, Confidence, Ending, Extent, Incident, Kind
from eponctl.model import EventKind, Priority, Status
from eponctl.settings import AlertSettings
from tests.network import HOUR, MINUTE, Network

PON = ("OLT-1", "0/1")


def one_pon(size: int = 64, **more: object) -> Network:
    return Network({"OLT-1": {"0/1": size, "0/2": 8}}, **more)  # type: ignore[arg-type]


def only(network: Network) -> Incident:
    (incident,) = network.open()
    return incident


def outline(incident: Incident) -> tuple[Extent, Cause | None, Confidence | None, int, int]:
    verdict = incident.verdict
    return (
        incident.extent,
        verdict.cause if verdict else None,
        verdict.confidence if verdict else None,
        len(incident.members),
        sum(incident.of.values()),
    )


# --- one PON ---


def test_a_cut_pon_is_one_incident() -> None:
    network = one_pon()
    network.lose(network.find(*PON))

    network.poll()

    whole = (Extent.WHOLE_PON, Cause.FIBRE_FEEDER, Confidence.HIGH, 64, 64)
    assert whole == outline(only(network))
    assert Priority.CRITICAL is only(network).priority
    assert [EventKind.PON_OUTAGE] == [event.kind for event in network.events if not event.onu]


def test_repaired_in_one_piece_it_closes_at_once() -> None:
    network = one_pon()
    network.lose(network.find(*PON))
    network.poll()
    network.restore(network.find(*PON))

    (closed,) = network.poll()

    assert (network.now, 64, None) == (closed.closed_at, closed.restored, closed.merged_into)
    assert [] == network.open()


def test_a_slow_repair_stays_one_incident_to_its_end() -> None:
    network = one_pon()
    onus = network.find(*PON)
    network.lose(onus)
    network.poll()
    for some in (onus[:20], onus[20:50], onus[50:63]):
        network.restore(some)
        network.poll()
        assert 1 == len(network.open())
    network.restore(onus)

    network.poll()

    assert [] == network.open()
    assert 1 == len(network.incidents)


def test_one_that_stays_away_when_the_rest_is_back_gets_an_incident_of_its_own() -> None:
    network = one_pon()
    onus = network.find(*PON)
    network.lose(onus)
    network.poll()
    began = network.now
    network.restore(onus[1:])
    network.poll()
    assert 1 == len(network.open())

    network.poll()

    (rest,) = network.open()
    (whole,) = (one for one in network.incidents.values() if one.closed_at)
    assert (Extent.SINGLE, began, 1) == (rest.extent, rest.opened_at, len(rest.members))
    assert (63, Ending.PASSED_ON) == (whole.restored, whole.members[0].ending)


def test_boxes_dead_for_long_count_nowhere() -> None:
    network = one_pon(32)
    network.lose(network.find(*PON, range(1, 11)))
    network.poll()
    for _ in range(3):
        network.poll(seconds=12 * 24 * HOUR)
    network.lose(network.find(*PON, range(11, 18)))

    network.poll()

    (fresh,) = (one for one in network.open() if one.opened_at == network.now)
    assert (7, 22) == (len(fresh.members), sum(fresh.of.values()))


def test_drops_within_the_window_belong_together() -> None:
    network = one_pon()
    for number in (1, 2, 3):
        network.lose(network.find(*PON, [number]))
        network.poll(seconds=14 * MINUTE)

    assert (Extent.PARTIAL_PON, 3) == (only(network).extent, len(only(network).members))
    assert 3 == only(network).polls


def test_drops_beyond_the_window_are_two_things() -> None:
    network = one_pon()
    network.lose(network.find(*PON, [1]))
    network.poll()
    network.lose(network.find(*PON, [2]))
    network.poll(seconds=16 * MINUTE)

    assert 2 == len(network.open())


def test_an_onu_that_drops_again_is_struck_anew_in_the_same_incident() -> None:
    network = one_pon()
    onus = network.find(*PON)
    network.lose(onus)
    network.poll()
    network.restore(onus[:10])
    network.poll()
    network.lose(onus[:10])

    network.poll()

    assert (64, 0) == (len(only(network).members), only(network).restored)


def test_a_reason_that_comes_late_mends_the_verdict() -> None:
    network = one_pon()
    onus = network.find(*PON)
    network.lose(onus)
    network.poll()
    network.lose(onus, gasps=range(64))

    network.poll()

    assert Cause.POWER_LOCAL is outline(only(network))[1]
    assert {network.now - MINUTE} == {member.at for member in only(network).members}


def test_a_device_without_reasons_leaves_the_cause_unknown() -> None:
    network = one_pon(is_telling=False)
    network.lose(network.find(*PON))

    network.poll()

    assert (Cause.UNKNOWN, Confidence.LOW) == outline(only(network))[1:3]


def test_an_onu_that_is_deleted_while_it_is_down_ends_its_incident() -> None:
    network = one_pon()
    ((olt_id, mac),) = network.find(*PON, [1])
    network.lose([(olt_id, mac)])
    network.poll()
    del network.onus[olt_id][mac]

    (closed,) = network.poll()

    assert [Ending.REMOVED] == [member.ending for member in closed.members]


def test_an_onu_switched_off_while_it_is_down_ends_its_incident() -> None:
    network = one_pon()
    ((olt_id, mac),) = network.find(*PON, [1])
    network.lose([(olt_id, mac)])
    network.poll()
    network.set(olt_id, mac, status=Status.DISABLED)

    (closed,) = network.poll()

    assert [Ending.DISABLED] == [member.ending for member in closed.members]


def test_an_olt_that_is_not_read_changes_nothing() -> None:
    network = one_pon()
    network.lose(network.find(*PON))
    network.poll()
    before = only(network)
    network.restore(network.find(*PON))

    network.poll(unread=["OLT-1"])

    assert [before] == network.open(Kind.OUTAGE)


# --- several PONs ---


def five_pons() -> Network:
    return Network(
        {
            "OLT-1": {"0/1": 32, "0/2": 32, "0/3": 32},
            "OLT-2": {"0/1": 32, "0/2": 32},
            "OLT-3": {"0/1": 32, "0/2": 32},
        }
    )


def test_power_lost_on_five_pons_over_two_polls_is_one_area() -> None:
    network = five_pons()
    first = [("OLT-1", "0/1"), ("OLT-1", "0/2"), ("OLT-2", "0/1")]
    for pon in first:
        network.lose(network.find(*pon)[:20], gasps=range(17))
    network.poll()
    for pon in [("OLT-2", "0/2"), ("OLT-3", "0/1")]:
        network.lose(network.find(*pon)[:20], gasps=range(17))

    network.poll()

    area = only(network)
    assert (Extent.AREA, Cause.POWER_AREA, Confidence.HIGH, 100, 160) == outline(area)
    assert ("OLT-1", "OLT-2", "OLT-3") == area.olt_ids
    assert 2 == area.polls


def test_cuts_at_different_times_are_not_an_area() -> None:
    network = five_pons()
    network.lose(network.find("OLT-1", "0/1"))
    network.poll()
    network.lose(network.find("OLT-2", "0/1"))

    network.poll(seconds=6 * MINUTE)

    assert 2 == len(network.open())


def test_a_cut_and_a_power_failure_at_the_same_time_are_two_things() -> None:
    network = five_pons()
    network.lose(network.find("OLT-1", "0/1"))
    network.lose(network.find("OLT-2", "0/1")[:20], gasps=range(20))

    network.poll()

    causes = {one.verdict.cause for one in network.open() if one.verdict}
    assert {Cause.FIBRE_FEEDER, Cause.POWER_LOCAL} == causes


def test_single_boxes_switched_off_everywhere_are_no_area() -> None:
    network = five_pons()
    for pon in [("OLT-1", "0/1"), ("OLT-1", "0/2"), ("OLT-2", "0/1"), ("OLT-3", "0/1")]:
        network.lose(network.find(*pon, [7]), gasps=[0])

    network.poll()

    assert 4 == len(network.open())
    assert {Extent.SINGLE} == {one.extent for one in network.open()}


def test_an_olt_that_lost_everything_is_one_incident_even_with_small_pons() -> None:
    network = Network({"OLT-1": {"0/1": 2, "0/2": 2, "0/3": 1}, "OLT-2": {"0/1": 8}})
    network.lose([onu for pon in ("0/1", "0/2", "0/3") for onu in network.find("OLT-1", pon)])

    network.poll()

    assert (Extent.WHOLE_OLT, 5) == (only(network).extent, len(only(network).members))


def test_an_area_has_the_id_of_what_was_known_first() -> None:
    network = five_pons()
    olt_1, olt_2 = network.find("OLT-1", "0/1"), network.find("OLT-2", "0/1")
    network.lose(olt_1[:3], gasps=range(3))
    network.poll()
    known = only(network)
    # Most of its ONUs dropped after those of the other PON.
    network.lose(olt_2[:2], gasps=range(2))
    network.poll()
    network.lose(olt_1[3:20], gasps=range(17))
    network.lose(olt_2[2:3], gasps=range(1))

    network.poll()

    assert (known.id, Extent.AREA, 23) == (
        only(network).id,
        only(network).extent,
        len(only(network).members),
    )


def test_a_box_that_loses_its_power_soon_after_the_area_belongs_to_it() -> None:
    network = five_pons()
    for pon in ("0/1", "0/2"):
        network.lose(network.find("OLT-1", pon)[:20], gasps=range(20))
    network.poll()
    area = only(network)
    network.lose(network.find("OLT-1", "0/3")[:1], gasps=range(1))
    network.poll(seconds=2 * MINUTE)

    assert (area.id, 41) == (only(network).id, len(only(network).members))


def test_a_box_that_loses_its_power_long_after_the_area_has_a_trouble_of_its_own() -> None:
    network = five_pons()
    for pon in ("0/1", "0/2"):
        network.lose(network.find("OLT-1", pon)[:20], gasps=range(20))
    network.poll()
    network.lose(network.find("OLT-1", "0/3")[:1], gasps=range(1))
    network.poll(seconds=6 * MINUTE)

    assert [40, 1] == [len(one.members) for one in network.open()]


def test_a_box_that_is_lost_after_a_cable_was_cut_has_a_trouble_of_its_own() -> None:
    network = five_pons()
    for pon in ("0/1", "0/2"):
        network.lose(network.find("OLT-1", pon))
    network.poll()
    network.lose(network.find("OLT-1", "0/3")[:1])
    network.poll()

    assert [64, 1] == [len(one.members) for one in network.open()]


def test_what_merged_is_closed_without_being_told() -> None:
    network = five_pons()
    for pon in ("0/1", "0/2"):
        network.lose(network.find("OLT-1", pon)[:20], gasps=range(20))
    network.poll()
    network.restore(network.find("OLT-1", "0/1"))
    network.restore(network.find("OLT-1", "0/2"))
    network.poll()

    merged = [one for one in network.incidents.values() if one.merged_into]
    assert [] == network.open()
    assert 1 == len(merged)


# --- other troubles ---


def test_an_unreachable_olt_is_an_incident_until_it_answers() -> None:
    network = five_pons()
    network.poll(unread=["OLT-2"])
    assert (Kind.OLT, ("OLT-2",), "no answer in time") == (
        only(network).kind,
        only(network).olt_ids,
        only(network).detail,
    )

    network.poll(unread=["OLT-2"])
    assert 1 == len(network.incidents)
    network.poll()

    assert [] == network.open()


def test_a_loop_takes_the_onu_out_of_its_outage() -> None:
    network = one_pon()
    ((olt_id, mac),) = network.find(*PON, [1])
    network.lose([(olt_id, mac)])
    network.poll()
    network.set(olt_id, mac, status=Status.LOOP, status_raw="LoopDetected")

    network.poll()

    assert [Kind.LOOP] == [one.kind for one in network.open()]
    (outage,) = (one for one in network.incidents.values() if one.kind is Kind.OUTAGE)
    assert only(network).id == outage.merged_into


def weaken(network: Network, numbers: range, rx_power_dbm: float = -28.0) -> None:
    for olt_id, mac in network.find(*PON, numbers):
        network.set(olt_id, mac, rx_power_dbm=rx_power_dbm)


def test_a_few_weak_signals_are_incidents_of_their_own() -> None:
    network = one_pon(20)
    weaken(network, range(1, 5))

    network.poll()

    assert [(Kind.SIGNAL, Extent.SINGLE)] * 4 == [(one.kind, one.extent) for one in network.open()]


def test_half_a_pon_that_gets_weak_is_the_pon() -> None:
    network = one_pon(20)
    weaken(network, range(1, 8))
    network.poll()
    weaken(network, range(8, 13))

    network.poll()

    assert (Extent.PARTIAL_PON, 12, {"OLT-1:0/1": 20}) == (
        only(network).extent,
        len(only(network).members),
        only(network).of,
    )


@pytest.mark.parametrize(
    ("usual", "now", "ending"),
    [
        # Fallen for most of a week: the median has followed.
        (-24.0, -24.0, Ending.ACCEPTED),
        (-23.9, -23.6, Ending.ACCEPTED),
        (-20.0, -20.2, Ending.RESTORED),
        (-23.9, -20.2, Ending.RESTORED),
    ],
)
def test_signal_that_stays_where_it_fell_is_accepted_and_not_restored(
    usual: float, now: float, ending: Ending
) -> None:
    network = one_pon(20)
    weaken(network, range(1, 2), -24.0)
    network.poll()
    network.poll()
    states = network.states["OLT-1"]
    ((_, mac),) = network.find(*PON, [1])
    network.states["OLT-1"] = {**states, mac: states[mac]._replace(usual_rx_dbm=usual)}
    weaken(network, range(1, 2), now)

    network.poll()

    assert [] == network.open()
    (incident,) = network.incidents.values()
    assert [ending] == [one.ending for one in incident.members]


def test_a_pon_that_warmed_together_is_one_incident_and_cools_as_one() -> None:
    network = one_pon(20)
    for olt_id, mac in network.find(*PON):
        network.set(olt_id, mac, temperature_c=70.0)
    network.poll()
    assert (Kind.HEAT, Extent.WHOLE_PON) == (only(network).kind, only(network).extent)
    for olt_id, mac in network.find(*PON):
        network.set(olt_id, mac, temperature_c=45.0)

    network.poll()

    assert [] == network.open()


# --- flapping ---


def flap(network: Network, onus: list[tuple[str, str]], changes: int, seconds: int = 300) -> None:
    for change in range(changes):
        if change % 2:
            network.restore(onus)
        else:
            network.lose(onus)
        network.poll(seconds=seconds)


def test_four_changes_within_an_hour_are_flapping_and_then_it_is_quiet() -> None:
    network = one_pon()
    onus = network.find(*PON, [1])
    flap(network, onus, 4)
    assert [Kind.FLAPPING] == [one.kind for one in network.open()]
    known = set(network.incidents)

    flap(network, onus, 8)

    assert known == set(network.incidents)


def test_four_changes_in_more_than_an_hour_are_not() -> None:
    network = one_pon()

    flap(network, network.find(*PON, [1]), 4, seconds=21 * MINUTE)

    assert [] == network.open(Kind.FLAPPING)


def test_it_is_stable_after_half_an_hour_up_with_less_than_two_changes_an_hour() -> None:
    network = one_pon()
    flap(network, network.find(*PON, [1]), 12)
    last_up = network.now
    while network.open():
        network.poll()

    assert network.now - last_up == HOUR - 300


@pytest.mark.parametrize("number", [1, 64])
def test_what_ends_flapping_by_staying_down_is_down(number: int) -> None:
    network = one_pon()
    onus = network.find(*PON, range(1, number + 1))
    flap(network, onus, 7)
    for _ in range(70):
        network.poll()

    assert [Kind.OUTAGE] == [one.kind for one in network.open()]
    assert number == len(only(network).members)


def test_a_pon_that_flaps_is_one_incident() -> None:
    network = one_pon()

    flap(network, network.find(*PON), 6)

    assert (Kind.FLAPPING, Extent.WHOLE_PON, 64) == (
        only(network).kind,
        only(network).extent,
        len(only(network).members),
    )


def test_with_confirmation_the_denominator_is_from_before_the_drop() -> None:
    network = one_pon(20, confirm_polls=2)
    network.lose(network.find(*PON, range(1, 8)))
    network.poll()
    assert [] == network.open()

    network.poll()

    assert (7, 20) == outline(only(network))[3:]


def test_an_olt_that_is_taken_out_ends_what_was_open_on_it() -> None:
    network = one_pon(settings=AlertSettings())
    network.lose(network.find(*PON))
    network.poll()
    del network.onus["OLT-1"]

    network.poll()

    assert [] == network.open()

"""`export --prometheus`, as the official client reads it."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from eponctl.model import Status
from eponctl.render import prometheus
from eponctl.views.dashboard import Overview
from eponctl.views.network import is_stale
from tests.dashboards import HOSTILE, NOW, OLTS, dashboard, onus

SEEN = dashboard(120).overview


def read(overview: Overview) -> dict[str, Metric]:
    text = "".join(prometheus.document(overview))
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(family: Metric, **labels: str) -> list[float]:
    return [
        sample.value for sample in family.samples if labels.items() <= dict(sample.labels).items()
    ]


def of_onu(families: Mapping[str, Metric], mac: str) -> dict[str, float]:
    return {
        name: found[0] for name, family in families.items() if (found := values(family, mac=mac))
    }


def test_every_metric_is_a_gauge_with_help_and_a_prefix_and_stands_together() -> None:
    families = list(text_string_to_metric_families("".join(prometheus.document(SEEN))))

    assert {"gauge"} == {family.type for family in families}
    assert all(family.documentation for family in families)
    assert all(family.name.startswith("eponctl_") for family in families)
    assert len(families) == len({family.name for family in families}) == len(prometheus._GAUGES)
    everything = [
        (sample.name, *sorted(sample.labels.items())) for f in families for sample in f.samples
    ]
    assert len(everything) == len(set(everything))


def test_olts_have_their_last_poll_and_whether_it_went_well() -> None:
    families = read(SEEN)

    assert [1, 1, 0] == [values(families["eponctl_olt_up"], olt=olt)[0] for olt in OLTS]
    polled = families["eponctl_olt_last_poll_timestamp_seconds"]
    success = families["eponctl_olt_last_success_timestamp_seconds"]
    assert [NOW - 12] * 3 == values(polled)
    assert [NOW - 12, NOW - 12, NOW - 640] == values(success)
    assert [0.412] * 3 == values(families["eponctl_olt_poll_duration_seconds"])
    assert ([NOW - 12], [0]) == (
        values(families["eponctl_last_poll_timestamp_seconds"]),
        values(families["eponctl_last_poll_success"]),
    )


def test_of_an_olt_that_does_not_answer_nothing_is_claimed() -> None:
    families = read(SEEN)

    silent = {name for name, family in families.items() if values(family, olt="OLT-BLITAR-01")}
    assert {
        "eponctl_olt_info",
        "eponctl_olt_up",
        "eponctl_olt_last_poll_timestamp_seconds",
        "eponctl_olt_last_success_timestamp_seconds",
        "eponctl_olt_poll_duration_seconds",
        "eponctl_olt_onus",
        "eponctl_onu_info",
        "eponctl_onu_last_seen_timestamp_seconds",
    } == silent


def test_onu_that_is_down_has_no_optics_and_one_that_is_up_has() -> None:
    families = read(SEEN)
    seen = [onu for onu in SEEN.onus if not is_stale(onu, SEEN.states[onu.olt_id])]
    up = next(onu for onu in seen if onu.status is Status.UP and not onu.is_problem)
    down = next(onu for onu in seen if onu.status is Status.DOWN)

    optics = {
        f"eponctl_onu_{name}" for name in ("rx_power_dbm", "tx_power_dbm", "temperature_celsius")
    }
    assert not optics & set(of_onu(families, down.mac))
    assert {"eponctl_onu_up": 0, "eponctl_onu_problem": 1}.items() <= of_onu(
        families, down.mac
    ).items()
    found = of_onu(families, up.mac)
    assert optics <= set(found)
    assert (up.rx_power_dbm, up.distance_m, up.since, 1) == (
        found["eponctl_onu_rx_power_dbm"],
        found["eponctl_onu_distance_meters"],
        found["eponctl_onu_since_timestamp_seconds"],
        found["eponctl_onu_up"],
    )
    told = [
        sample.labels
        for sample in families["eponctl_onu_status"].samples
        if sample.labels["mac"] == down.mac
    ]
    identity = {"olt": down.olt_id, "onu": down.onu_id, "mac": down.mac}
    assert [identity | {"status": "down", "reason": "timeout"}] == told


def test_share_is_a_ratio_of_the_olts_that_are_read() -> None:
    tallies = [watched.tally for watched in SEEN.olts if watched.is_reachable]
    expected = sum(one.online for one in tallies) / sum(one.expected for one in tallies)

    (found,) = values(read(SEEN)["eponctl_online_ratio"])
    assert round(expected, 6) == found < 1


def test_labels_hold_whatever_a_device_wrote() -> None:
    names = {
        HOSTILE: HOSTILE,
        'say "hi"': 'say "hi"',
        "back\\slash\\n": "back\\slash\\n",
        "two\nlines\r\n": "two lines",
        'x"} 1\neponctl_onu_up{mac="y': 'x"} 1 eponctl_onu_up{mac="y',
        "\x1b[31mred\u202e": "red",
        "\ud800": "\ufffd",
        "{a=1}, b": "{a=1}, b",
    }
    some = onus(len(names))
    named = tuple(onu._replace(name=name) for onu, name in zip(some, names, strict=True))
    overview = SEEN._replace(onus=named, customers={some[0].mac: 'Bu "Siti"\n'})

    samples = read(overview)["eponctl_onu_info"].samples
    assert list(names.values()) == [sample.labels["name"] for sample in samples]
    assert 'Bu "Siti"' == samples[0].labels["customer"]
    assert "customer" not in samples[1].labels
    assert len(names) >= len(read(overview)["eponctl_onu_up"].samples)


def test_before_the_first_poll_of_an_olt_it_has_only_its_description() -> None:
    watched = SEEN.olts[0]
    fresh = watched.__class__(watched.olt, watched.state.__class__("OLT-KEDIRI-01"), watched.tally)

    families = read(SEEN._replace(olts=(fresh, *SEEN.olts[1:]), onus=()))

    assert {"eponctl_olt_info"} == {
        name for name, family in families.items() if values(family, olt="OLT-KEDIRI-01")
    }

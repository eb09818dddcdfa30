"""A replay under the same rules gives what was stored; under others it gives what those make of it.

The history comes to be as in a poll: judged, saved in one transaction, and marked as sent.
"""

from __future__ import annotations

import itertools
import random
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eponctl import alerting
from eponctl.incidents.records import Cause, Extent, Incident, Kind, Survivors, Verdict
from eponctl.model import OnuReading, Reason, Status
from eponctl.replay import judging, telling
from eponctl.replay.origins import origins
from eponctl.settings import AlertSettings, Maintenance, Quiet, Route, WhatsAppSettings
from eponctl.store import incidents as store_incidents
from eponctl.store import silences
from eponctl.store.database import open_database
from tests.network import HOUR, MINUTE
from tests.past import ANN, BOB, StoredNetwork, sent_texts, without_ids

ZONE = ZoneInfo("Asia/Jakarta")
SIZES = {"OLT-1": {"0/1": 16, "0/2": 8}, "OLT-2": {"0/1": 8}}
MORNING = int(datetime(2027, 1, 15, 9, tzinfo=ZONE).timestamp())
Make = Callable[..., StoredNetwork]


@pytest.fixture(autouse=True)
def _counted_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ids be given in their order, as a replay gives them: texts list equals by their id."""
    numbers = itertools.count(1)
    monkeypatch.setattr(store_incidents, "id_source", lambda: lambda: f"{next(numbers):04}")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a network that has its baseline; keywords are fields of StoredNetwork."""

    def make(**changes: object) -> StoredNetwork:
        values: dict[str, object] = {"sizes": SIZES, "now": MORNING, "folder": tmp_path}
        return StoredNetwork(**(values | changes))  # type: ignore[arg-type]

    return make


def opened(incidents: Sequence[Incident]) -> list[tuple[Kind, Extent, int]]:
    """Kind, class and size of each, the oldest first."""
    return [(one.kind, one.extent, len(one.members)) for one in reversed(incidents)]


# --- the same rules ---


def cut_and_mended(network: StoredNetwork) -> None:
    pon = network.find("OLT-1", "0/1")
    network.lose(pon)
    network.poll()
    network.poll(seconds=2 * HOUR)
    network.restore(pon[1:])
    network.poll()
    network.poll()
    network.restore(pon)
    network.poll()


def dark_area(network: StoredNetwork) -> None:
    first = [*network.find("OLT-1", "0/1"), *network.find("OLT-1", "0/2")]
    network.lose(first, gasps=range(0, 24, 1))
    network.poll()
    network.lose(network.find("OLT-2", "0/1", range(1, 7)), gasps=range(5))
    network.poll()
    network.restore([*first, *network.find("OLT-2", "0/1")])
    network.poll()


def broken_branch(network: StoredNetwork) -> None:
    network.lose(network.find("OLT-1", "0/1", range(11, 17)))
    network.poll()


def silent_olt(network: StoredNetwork) -> None:
    for _ in range(3):
        network.poll(unread=["OLT-2"])
    network.lose(network.find("OLT-2", "0/1", [1, 2, 3]))
    network.poll()
    network.restore(network.find("OLT-2", "0/1"))
    network.poll()


def flapping(network: StoredNetwork) -> None:
    onu = network.find("OLT-1", "0/2", [3])
    for change in range(9):
        (network.restore if change % 2 else network.lose)(onu)
        network.poll(seconds=5 * MINUTE)
    network.poll(seconds=70 * MINUTE)
    network.restore(onu)
    network.poll()


def signals(network: StoredNetwork) -> None:
    for olt_id, mac in network.find("OLT-1", "0/2"):
        network.set(olt_id, mac, rx_power_dbm=-24.5, temperature_c=71.0)
    network.set(*network.find("OLT-2", "0/1", [4])[0], rx_power_dbm=-28.8)
    network.poll()
    network.poll()
    for olt_id, mac in network.find("OLT-1", "0/2"):
        network.set(olt_id, mac, rx_power_dbm=-20.0, temperature_c=41.0)
    network.poll()


def changes(network: StoredNetwork) -> None:
    (olt_id, moved), (_, renamed), (_, removed), (_, far) = network.find(
        "OLT-1", "0/2", range(1, 5)
    )
    network.set(olt_id, moved, onu_id="0/1:33")
    network.set(olt_id, renamed, name="O'Brien \"Warnet\" 'x'")
    network.set(olt_id, far, distance_m=2222)
    del network.onus[olt_id][removed]
    mac = "02:FF:00:00:00:01"
    network.onus[olt_id][mac] = OnuReading("0/2:40", mac, "new", Status.UP, "Up")
    network.poll()
    network.lose([(olt_id, moved), (olt_id, renamed), (olt_id, mac), (olt_id, far)])
    network.poll()
    network.restore([(olt_id, moved)])
    network.poll()


def other_troubles(network: StoredNetwork) -> None:
    (olt_id, looping), (_, refused), (_, disabled) = network.find("OLT-1", "0/1", range(1, 4))
    off = {"rx_power_dbm": None, "temperature_c": None}
    network.set(olt_id, looping, status=Status.LOOP, status_raw="LoopDetected", **off)
    reason = {"reason": Reason.AUTH_FAILED, "reason_raw": "Auth"}
    network.set(olt_id, refused, status=Status.DOWN, status_raw="Down", **reason, **off)
    network.lose([(olt_id, disabled)])
    network.poll()
    network.set(olt_id, disabled, status=Status.DISABLED, status_raw="Disable", reason=None)
    network.poll()
    network.restore([(olt_id, looping), (olt_id, refused), (olt_id, disabled)])
    network.poll()
    network.lose(network.find("OLT-1", "0/1"))
    network.poll()


def out_of_order(network: StoredNetwork) -> None:
    """Silenced, acknowledged, without data for a while."""
    network.lose(network.find("OLT-1", "0/1"))
    network.poll()
    (incident,) = network.stored()
    with open_database(network.config.database):
        store_incidents.acknowledge(incident.id, network.now + 5)
        silences.add("OLT-2", network.now + 5, network.now + HOUR)
    network.lose(network.find("OLT-2", "0/1"))
    network.poll()
    network.poll(seconds=5 * HOUR)


STORIES = (
    cut_and_mended,
    dark_area,
    broken_branch,
    silent_olt,
    flapping,
    signals,
    changes,
    other_troubles,
    out_of_order,
)


@pytest.mark.parametrize("happen", STORIES)
def test_same_rules_make_the_same_incidents_and_messages(
    make: Make, happen: Callable[[StoredNetwork], None]
) -> None:
    network = make()
    happen(network)

    replayed = network.replayed()

    assert replayed.incidents
    assert without_ids(network.stored()) == without_ids(replayed.incidents)
    assert network.texts() == sent_texts(replayed)


@pytest.mark.parametrize("happen", STORIES)
def test_what_went_on_before_is_known_when_a_replay_begins(
    make: Make, happen: Callable[[StoredNetwork], None]
) -> None:
    network = make()
    happen(network)
    since = network.now - 3 * MINUTE

    replayed = network.replayed(since)

    assert without_ids(network.stored(since)) == without_ids(replayed.incidents)
    assert network.texts(since) == sent_texts(replayed)


def test_confirmation_by_several_polls_changes_nothing(make: Make) -> None:
    from eponctl.settings import PollSettings

    network = make(rules={"poll": PollSettings(confirm_polls=2)})
    pon = network.find("OLT-1", "0/1")
    network.lose(pon[:1])
    network.poll()
    network.restore(pon[:1])
    network.poll()
    network.lose(pon)
    network.poll()
    network.poll()
    network.restore(pon)
    network.poll()
    network.poll()

    replayed = network.replayed()

    assert [(Kind.OUTAGE, Extent.WHOLE_PON, 16)] == opened(replayed.incidents)
    assert {"OLT-1:0/1": 16} == dict(replayed.incidents[0].of)
    assert without_ids(network.stored()) == without_ids(replayed.incidents)


class Chance:
    """Anything that may happen to a small network, one thing between any two polls."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        quiet = Quiet(self.random.randrange(1440), self.random.randrange(1440))
        rules = AlertSettings(
            quiet=quiet
            if self.random.random() < 0.4 and quiet.from_minute != quiet.to_minute
            else None,
            max_per_hour=self.random.choice([3, 30]),
        )
        sizes = {"OLT-1": {"0/1": 8, "0/2": 4}, "OLT-2": {"0/1": 6}}
        self.network = StoredNetwork(sizes, rules, now=MORNING, folder=folder)
        self.steps = 0

    def live(self, polls: int) -> None:
        kinds = (self.lose, self.lose, self.restore, self.restore, self.measure, self.change)
        for self.steps in range(polls):
            self.random.choice(kinds)()
            unread = [olt for olt in self.network.onus if self.random.random() < 0.08]
            seconds = self.random.choice([*[60] * 12, 300, 1200, 4000, 15000])
            self.network.poll(seconds=seconds, unread=unread)

    def some(self, *, up: bool = True) -> list[tuple[str, str]]:
        """Some ONUs, or a whole PON."""
        onus = self.network.onus
        everyone = [
            (olt_id, mac)
            for olt_id in onus
            for mac, onu in onus[olt_id].items()
            if not up or onu.status is Status.UP
        ]
        if self.random.random() < 0.3:
            olt_id, pon = self.random.choice([("OLT-1", "0/1"), ("OLT-1", "0/2"), ("OLT-2", "0/1")])
            return [onu for onu in everyone if onu in self.network.find(olt_id, pon)]
        return self.random.sample(everyone, min(len(everyone), self.random.choice([1, 2, 5])))

    def lose(self) -> None:
        some = self.some()
        share = self.random.choice([0.0, 0.5, 0.9])
        self.network.lose(some, gasps={n for n in range(20) if self.random.random() < share})

    def restore(self) -> None:
        some = self.some(up=False)
        self.network.restore(some)

    def measure(self) -> None:
        rx, warm = self.random.choice([-28.0, -24.0, -20.0, -7.0]), self.random.choice([70.0, 40.0])
        for olt_id, mac in self.some():
            self.network.set(olt_id, mac, rx_power_dbm=rx, temperature_c=warm)

    def change(self) -> None:
        onus, number = self.network.onus, 50 + self.steps
        for olt_id, mac in self.some()[:1]:
            onu, mac_of_new = onus[olt_id][mac], f"02:FF:00:00:00:{number:02X}"
            what = self.random.randrange(5)
            if what == 0:
                onus[olt_id][mac] = onu._replace(name=f"'{number}\"")
            elif what == 1:
                onus[olt_id][mac] = onu._replace(onu_id=f"{onu.pon}:{number}")
            elif what == 2:
                onus[olt_id][mac] = onu._replace(distance_m=100 * number)
            elif what == 3:
                del onus[olt_id][mac]
            else:
                onus[olt_id][mac_of_new] = onu._replace(
                    mac=mac_of_new,
                    onu_id=f"{onu.pon}:{number}",
                    rx_power_dbm=-20.0,
                    temperature_c=40.0,
                )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_whatever_happens_the_same_rules_make_the_same_of_it(seed: int) -> None:
    with TemporaryDirectory() as folder:
        chance = Chance(Path(folder), seed)
        chance.live(25)
        network = chance.network

        replayed = network.replayed()

        stored, made = without_ids(network.stored()), without_ids(replayed.incidents)
        assert unworded(stored) == unworded(made)
        assert uncounted(network.texts()) == uncounted(sent_texts(replayed))


def unworded(incidents: Sequence[Incident]) -> list[Incident]:
    """The incidents without what is not kept of everything: devices' words, what was measured."""
    return [
        one._replace(
            members=tuple(
                member._replace(status_raw="", reason_raw=None) for member in one.members
            ),
            verdict=one.verdict and _measured_alike(one.verdict),
        )
        for one in incidents
    ]


def _measured_alike(verdict: Verdict) -> Verdict:
    survivors = verdict.evidence.survivors
    if survivors is Survivors.UNCHANGED:
        survivors = Survivors.UNKNOWN
    evidence = verdict.evidence._replace(survivors=survivors, is_farther=None, is_stretch=None)
    return verdict._replace(evidence=evidence)


def uncounted(texts: Sequence[str]) -> list[str]:
    """The texts without what their heads count of an OLT: DOWN that became PWRDOWN is no event.

    And with one word for both, as the devices' own are not kept of everything.
    """
    heads = r"(?m)^(📊 Status|   \S+ [A-Z ]+): .*\n"
    return [re.sub(heads, "", text).replace("PwrDown (", "Down (") for text in texts]


# --- other rules ---


def test_a_shorter_window_makes_two_of_one(make: Make) -> None:
    network = make()
    network.lose(network.find("OLT-1", "0/1", range(1, 9)))
    network.poll()
    network.lose(network.find("OLT-1", "0/1", range(9, 17)))
    network.poll(seconds=10 * MINUTE)

    replayed = network.replayed(alerts=AlertSettings(incident_window_s=5 * MINUTE))

    assert [(Kind.OUTAGE, Extent.WHOLE_PON, 16)] == opened(network.stored())
    assert [(Kind.OUTAGE, Extent.PARTIAL_PON, 8), (Kind.OUTAGE, Extent.WHOLE_PON, 8)] == opened(
        replayed.incidents
    )
    stored = network.stored()[0].id
    assert {"r001": (stored,), "r002": (stored,)} == origins(replayed.incidents, network.past())


def test_a_longer_window_makes_one_of_two(make: Make) -> None:
    network = make()
    network.lose(network.find("OLT-1", "0/1", range(1, 9)))
    network.poll()
    network.lose(network.find("OLT-1", "0/1", range(9, 17)))
    network.poll(seconds=20 * MINUTE)

    replayed = network.replayed(alerts=AlertSettings(incident_window_s=HOUR))

    assert 2 == len(network.stored())
    assert [(Kind.OUTAGE, Extent.WHOLE_PON, 16)] == opened(replayed.incidents)
    both = tuple(reversed([one.id for one in network.stored()]))
    assert {"r001": both} == origins(replayed.incidents, network.past())


def test_a_longer_area_window_makes_one_area_of_two_olts(make: Make) -> None:
    network = make()
    for olt_id in SIZES:
        pon = network.find(olt_id, "0/1")
        network.lose(pon, gasps=range(len(pon)))
        network.poll(seconds=10 * MINUTE)

    replayed = network.replayed(alerts=AlertSettings(area_window_s=15 * MINUTE))

    assert 2 == len(network.stored())
    (area,) = replayed.incidents
    assert (Extent.AREA, 24) == (area.extent, len(area.members))
    assert area.verdict
    assert area.verdict.cause is Cause.POWER_AREA


def test_quiet_hours_hold_and_the_morning_tells(make: Make) -> None:
    evening = int(datetime(2027, 1, 15, 22, 30, tzinfo=ZONE).timestamp())
    network = make(now=evening)
    network.lose(network.find("OLT-1", "0/1", [1]))
    network.poll()
    network.lose(network.find("OLT-1", "0/2", [1]))
    network.poll()
    network.restore(network.find("OLT-1", "0/2", [1]))
    network.poll()
    for _ in range(10):
        network.poll(seconds=HOUR)
    quiet = Quiet(22 * 60, 6 * 60)

    replayed = network.replayed(alerts=AlertSettings(quiet=quiet))

    assert 3 == len(network.texts())
    (digest,) = replayed.sendings
    assert 6 == datetime.fromtimestamp(digest.at, ZONE).hour
    assert "Jam tenang 22:00 sampai 06:00" in digest.texts[0]
    assert "1 outage" in digest.texts[0]


def test_a_quiet_time_that_went_on_already_is_replayed_from_its_beginning(make: Make) -> None:
    evening = int(datetime(2027, 1, 15, 22, 30, tzinfo=ZONE).timestamp())
    rules = AlertSettings(quiet=Quiet(22 * 60, 6 * 60))
    network = make(now=evening, settings=rules)
    network.lose(network.find("OLT-1", "0/2", [1]))
    network.poll()
    network.restore(network.find("OLT-1", "0/2", [1]))
    network.poll()
    for _ in range(8):
        network.poll(seconds=HOUR)
    since = network.now - 4 * HOUR

    from eponctl.replay.run import replay

    replayed = replay(network.past(since, evening - 30 * MINUTE), network.config)

    assert 1 == len(network.texts())
    assert network.texts() == sent_texts(replayed)


def test_without_reminders_there_are_none(make: Make) -> None:
    network = make()
    network.lose(network.find("OLT-1", "0/1"))
    network.poll()
    for _ in range(10):
        network.poll(seconds=HOUR)

    replayed = network.replayed(alerts=AlertSettings(reminder_after_s=None))

    assert 4 == len(network.texts())
    assert [network.now - 10 * HOUR] == [one.at for one in replayed.sendings]
    assert {"r001": 1} == replayed.messages


def test_maintenance_of_the_rules_is_quiet(make: Make) -> None:
    network = make()
    cut_and_mended(network)
    window = Maintenance("OLT-1:0/1", MORNING, network.now + 1)

    replayed = network.replayed(maintenance=(window,))

    assert without_ids(network.stored()) == without_ids(replayed.incidents)
    assert () == replayed.sendings
    assert {} == replayed.told_at


def test_a_smaller_budget_sends_less(make: Make) -> None:
    network = make()
    onus = network.find("OLT-1", "0/1")
    for onu in onus[:9]:
        network.lose([onu])
        network.poll()

    replayed = network.replayed(alerts=AlertSettings(max_per_hour=2))

    assert len(network.texts()) > len(replayed.sendings)
    assert 2 >= len(replayed.sendings)


def test_other_recipients_get_what_their_routes_match(make: Make) -> None:
    network = make()
    silent_olt(network)
    cut_and_mended(network)
    routes = (Route((BOB,), ("OLT-2",)),)
    whatsapp = WhatsAppSettings(enabled=True, recipients=(ANN, BOB), routes=routes)

    replayed = network.replayed(whatsapp=whatsapp)

    of_bob = "\n".join(
        text for one in replayed.sendings if one.recipient == BOB for text in one.texts
    )
    assert {ANN, BOB} == {one.recipient for one in replayed.sendings}
    assert "OLT-2" in of_bob
    assert "OLT-1" not in of_bob


def test_where_nobody_is_told_the_incidents_are_the_same(make: Make) -> None:
    network = make()
    cut_and_mended(network)

    replayed = network.replayed(whatsapp=WhatsAppSettings())

    assert without_ids(network.stored()) == without_ids(replayed.incidents)
    assert () == replayed.sendings


# --- what history there is ---


def test_empty_history_makes_nothing(make: Make) -> None:
    network = make()
    network.poll()

    replayed = network.replayed()

    assert ((), (), 2) == (replayed.incidents, replayed.sendings, replayed.polls)


def test_only_what_went_on_since_then_is_listed_and_counted(make: Make) -> None:
    network = make()
    cut_and_mended(network)
    over_at = network.now
    network.poll(seconds=HOUR)
    network.lose(network.find("OLT-2", "0/1", [5]))
    network.poll()

    replayed = network.replayed(over_at + 1)

    assert [(Kind.OUTAGE, Extent.SINGLE, 1)] == opened(replayed.incidents)
    assert 1 == len(replayed.sendings)
    assert 2 == replayed.polls


def test_what_went_on_for_days_keeps_its_id_and_its_end_is_told(make: Make) -> None:
    network = make()
    onu = network.find("OLT-1", "0/1", [1])
    network.lose(onu)
    network.poll()
    (stored,) = network.stored()
    for _ in range(5):
        network.poll(seconds=15 * HOUR)
    network.restore(onu)
    network.poll()
    since = network.now - HOUR

    replayed = network.replayed(since)

    (incident,) = replayed.incidents
    assert stored.id == incident.id
    assert network.now == incident.closed_at
    assert network.texts(since) == sent_texts(replayed)
    assert {stored.id: (stored.id,)} == origins(replayed.incidents, network.past(since))


def test_polls_that_are_no_longer_kept_are_known_by_what_they_found(make: Make) -> None:
    network = make()
    dark_area(network)
    with closing(sqlite3.connect(network.config.database)) as connection, connection:
        connection.execute("DELETE FROM monitoring_stats")

    replayed = network.replayed()

    assert None is network.past().kept_from
    assert [(Kind.OUTAGE, Extent.AREA, 30)] == opened(replayed.incidents)


def test_drops_without_reason_or_place_have_an_unknown_cause(make: Make) -> None:
    network = make()
    cut_and_mended(network)
    with closing(sqlite3.connect(network.config.database)) as connection, connection:
        connection.execute(
            "UPDATE alert_history SET incident = NULL, reason = NULL, distance_m = NULL"
        )
        connection.execute("DELETE FROM incident")
        connection.execute("DELETE FROM incident_onu")

    replayed = network.replayed()

    assert {(Extent.WHOLE_PON, Cause.UNKNOWN), (Extent.SINGLE, Cause.UNKNOWN)} == {
        (one.extent, one.verdict.cause) for one in replayed.incidents if one.verdict
    }


def test_an_onu_of_which_only_events_are_left_takes_part(make: Make) -> None:
    network = make()
    onu = network.find("OLT-1", "0/1", [1])
    network.lose(onu)
    network.poll()
    del network.onus["OLT-1"][onu[0][1]]
    network.poll()
    with closing(sqlite3.connect(network.config.database)) as connection, connection:
        connection.execute("DELETE FROM onu_status WHERE mac = ?", (onu[0][1],))

    replayed = network.replayed()

    assert without_ids(network.stored()) == without_ids(replayed.incidents)


def test_boxes_that_were_dead_at_the_baseline_and_came_back_do_not_count_before(
    tmp_path: Path,
) -> None:
    network = StoredNetwork({"OLT-1": {}}, folder=tmp_path)
    onus = [
        OnuReading(f"0/1:{n}", f"02:00:00:00:01:{n:02X}", None, Status.UP, "Up", rx_power_dbm=-20.0)
        for n in range(1, 11)
    ]
    network.onus["OLT-1"] = {onu.mac: onu for onu in onus}
    dead = network.find("OLT-1", "0/1", range(7, 11))
    network.lose(dead)
    network.poll()
    network.lose(network.find("OLT-1", "0/1", [1]))
    network.poll()
    network.restore([*dead, *network.find("OLT-1", "0/1", [1])])
    network.poll()
    network.lose(network.find("OLT-1", "0/1", [2]))
    network.poll()

    replayed = network.replayed()

    assert [6, 10] == [one.of["OLT-1:0/1"] for one in reversed(replayed.incidents)]
    assert without_ids(network.stored()) == without_ids(replayed.incidents)


def test_a_replay_writes_nothing(make: Make) -> None:
    network = make()
    cut_and_mended(network)

    def dump() -> list[str]:
        with closing(sqlite3.connect(network.config.database)) as connection:
            return list(connection.iterdump())

    before = dump()
    network.replayed(alerts=AlertSettings(incident_window_s=60))

    assert before == dump()


# --- rules that are written twice ---


def test_notes_and_changes_are_those_of_a_poll() -> None:
    assert alerting._NOTES == telling.NOTES
    assert alerting._CHANGES == judging.CHANGES

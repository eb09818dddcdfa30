"""What a poll puts into the database: events, incidents, notes, and messages in others' place."""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import NoReturn

import pytest

from eponctl import notify, windows
from eponctl.model import EventKind, Priority
from eponctl.settings import AlertSettings, Maintenance, PollSettings, Route, WhatsAppSettings
from eponctl.store import events, incidents, ledger, outbox, silences
from eponctl.store.outbox import Message, State, listing, queued
from eponctl.telling.records import Stage
from tests.alerting.town import ANN, BOB, Answer, Town
from tests.network import HOUR, MINUTE, NOW

MakeTown = Callable[..., Town]
LEAVES, LOSES, TAKES = Answer.LEAVES, Answer.LOSES, Answer.TAKES
FOR_ANN = WhatsAppSettings(enabled=True, recipients=(ANN,))


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    """A town of which Ann alone is told, in English."""
    return make_town(language="en", whatsapp=FOR_ANN)


def lose(town: Town, olt_id: str, pon: str, *numbers: int) -> None:
    town.network.lose(town.network.find(olt_id, pon, numbers))


def restore(town: Town, olt_id: str, pon: str, *numbers: int) -> None:
    town.network.restore(town.network.find(olt_id, pon, numbers))


def rename(town: Town, olt_id: str, pon: str, number: int) -> None:
    [onu] = town.network.find(olt_id, pon, {number})
    town.network.set(*onu, name="NEW")


def by_id(message_id: int) -> Message:
    return next(one for one in listing(tuple(State)) if one.id == message_id)


def stages(town: Town) -> list[Stage]:
    """What was told of incidents, in order."""
    return [tell.stage for one in town.seen for tell in sorted(one.tells)]


# --- messages that wait ---


def test_message_that_waits_and_still_says_the_truth_is_left_alone(town: Town) -> None:
    town.gateway.usual = LEAVES
    lose(town, "OLT-A", "0/1")
    town.poll()
    [before] = queued()

    town.poll()
    town.poll()

    [after] = queued()
    assert (before.id, before.text, 3) == (after.id, after.text, after.tries)


def test_message_that_waits_and_says_less_gives_way_to_one_of_its_age(town: Town) -> None:
    town.gateway.usual = LEAVES
    lose(town, "OLT-A", "0/1", 1)
    town.poll()
    town.poll()
    [less] = queued()
    lose(town, "OLT-A", "0/2", 1)
    town.gateway.usual = TAKES

    town.save()

    [more] = queued()
    assert less.id != more.id
    assert (State.MERGED, None) == (by_id(less.id).state, by_id(less.id).sent_at)
    assert (less.created_at, less.due_at, less.tries, less.tries_alike, less.tried_at) == (
        more.created_at,
        more.due_at,
        more.tries,
        more.tries_alike,
        more.tried_at,
    )
    assert (less.outcome, less.error) == (more.outcome, more.error)
    assert all(f"#{one.id}" in more.text for one in incidents.open_())


def test_note_that_waits_is_told_with_what_comes_next(town: Town) -> None:
    town.gateway.usual = LEAVES
    rename(town, "OLT-A", "0/1", 1)
    town.poll()
    lose(town, "OLT-A", "0/2", 1)
    town.gateway.usual = TAKES

    town.poll(seconds=HOUR)

    [one] = town.seen
    assert 1 == len(one.alerts) == len(one.tells)
    assert [] == ledger.notes(ANN)


def test_what_came_and_went_before_it_was_taken_is_not_told(town: Town) -> None:
    town.gateway.usual = LEAVES
    lose(town, "OLT-A", "0/1")
    town.poll()
    restore(town, "OLT-A", "0/1")
    town.gateway.usual = TAKES

    town.poll()
    town.poll(seconds=HOUR)

    assert [] == town.seen
    assert [] == queued()
    assert 1 == sum(ledger.passed_untold(NOW, town.now).values())


def test_end_goes_to_those_whose_message_was_taken(make_town: MakeTown) -> None:
    town = make_town(whatsapp=WhatsAppSettings(enabled=True, recipients=(ANN, BOB)))
    lose(town, "OLT-A", "0/1")
    town.poll(TAKES, LEAVES)
    restore(town, "OLT-A", "0/1")

    town.poll()
    town.poll(seconds=HOUR)

    assert [(ANN, [Stage.OPENED]), (ANN, [Stage.CLOSED])] == [
        (one.recipient, [tell.stage for tell in one.tells]) for one in town.seen
    ]


def test_message_that_was_perhaps_taken_is_repeated_and_not_withdrawn(town: Town) -> None:
    lose(town, "OLT-A", "0/1", 1)
    town.poll(LOSES)
    [before] = queued()
    restore(town, "OLT-A", "0/1", 1)

    town.poll(seconds=2 * MINUTE)

    assert State.SENT == by_id(before.id).state
    assert [before.id, before.id] == [one.message for one in town.seen[:2]]
    assert [Stage.OPENED, Stage.OPENED, Stage.CLOSED] == stages(town)


def test_bulletin_of_more_parts_than_the_budget_has_left_is_one_digest(
    make_town: MakeTown,
) -> None:
    pons = {f"0/{number}": 8 for number in range(1, 151)}
    alerts = AlertSettings(max_per_hour=3)
    town = make_town(sizes={"OLT-A": pons}, language="en", alerts=alerts, whatsapp=FOR_ANN)
    for pon in pons:
        lose(town, "OLT-A", pon, 1, 2)

    town.poll()

    [one] = town.seen
    assert "Summary: 150 troubles" in one.text
    assert "eponctl incidents --open" in one.text
    assert 150 == len(one.tells)


# --- words ---


def test_bug_in_the_words_does_not_lose_what_they_are_about(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(notify, "bulletin_texts", broken)
    lose(town, "OLT-A", "0/1")

    town.poll()

    [one], [incident] = town.seen, incidents.open_()
    assert f"#{incident.id} opened" in one.text
    assert [Stage.OPENED] == stages(town)
    crash = town.config.database.with_name("eponctl-crash-messages.txt")
    assert "ZeroDivisionError" in crash.read_text()
    assert 0o600 == stat.S_IMODE(crash.stat().st_mode)


# --- notes ---


def test_note_in_maintenance_is_not_told_then_or_later(make_town: MakeTown) -> None:
    window = Maintenance("OLT-A:0/1", NOW, NOW + HOUR)
    town = make_town(maintenance=(window,), whatsapp=FOR_ANN)
    assert windows.is_in_maintenance(window, town.now + MINUTE, town.config.timezone)
    rename(town, "OLT-A", "0/1", 1)
    rename(town, "OLT-A", "0/2", 1)

    town.poll()
    town.poll(seconds=2 * HOUR)

    [one] = town.seen
    [told, held] = events.history(0)
    assert ("0/2:1", "0/1:1") == (told.onu_id, held.onu_id)
    assert {told.id} == one.alerts


def test_note_in_silence_is_not_told_then_or_later(town: Town) -> None:
    silences.add("OLT-A", town.now, town.now + HOUR)
    rename(town, "OLT-A", "0/1", 1)

    town.poll()
    town.poll(seconds=2 * HOUR)

    assert [] == town.seen
    assert [EventKind.RENAMED] == [one.kind for one in events.history(0)]


def test_note_waits_for_those_whose_routes_let_it_through(make_town: MakeTown) -> None:
    routes = (Route((BOB,), min_priority=Priority.HIGH),)
    town = make_town(whatsapp=FOR_ANN._replace(routes=routes))
    town.gateway.usual = LEAVES
    rename(town, "OLT-A", "0/1", 1)

    town.poll()

    assert [ANN] == [one.recipient for one in queued()]
    assert [] == ledger.notes(BOB)


# --- gaps ---


def test_first_poll_after_an_outage_of_our_own_is_one_summary(town: Town) -> None:
    for _ in range(5):
        town.poll()
    lose(town, "OLT-A", "0/1")
    lose(town, "OLT-B", "0/1", 1)
    rename(town, "OLT-A", "0/2", 1)

    town.poll(seconds=45 * MINUTE)

    [one] = town.seen
    assert "No data 15:05 to 15:50" in one.text
    assert (2, 1) == (len(one.tells), len(one.alerts))
    lose(town, "OLT-A", "0/2")
    town.poll()
    assert "No data" not in town.seen[-1].text


def test_time_without_polls_is_told_with_what_it_brought_though_the_gateway_was_away(
    town: Town,
) -> None:
    for _ in range(5):
        town.poll()
    lose(town, "OLT-A", "0/1", 1)
    town.gateway.usual = LEAVES
    town.poll(seconds=45 * MINUTE)
    lose(town, "OLT-B", "0/1", 1)
    town.gateway.usual = TAKES

    town.poll()

    [one] = town.seen
    assert "No data 15:05 to 15:50" in one.text
    assert 2 == len(one.tells)


def test_time_without_polls_is_told_with_what_two_polls_had_to_confirm(
    make_town: MakeTown,
) -> None:
    town = make_town(language="en", whatsapp=FOR_ANN, poll=PollSettings(confirm_polls=2))
    for _ in range(5):
        town.poll()
    lose(town, "OLT-A", "0/1", 1)
    town.poll(seconds=45 * MINUTE)

    town.poll()

    assert ["No data 15:05 to 15:50" in one.text for one in town.seen] == [True]


def test_notes_for_who_left_the_configuration_are_dropped(make_town: MakeTown) -> None:
    town = make_town(whatsapp=WhatsAppSettings(enabled=True, recipients=(ANN, BOB)))
    rename(town, "OLT-A", "0/2", 1)
    town.poll(LEAVES, LEAVES)
    town.config = town.config._replace(whatsapp=FOR_ANN)
    rename(town, "OLT-A", "0/2", 2)

    town.poll()

    assert [] == ledger.notes(BOB)


def test_what_took_the_place_of_an_older_message_goes_before_what_came_later(town: Town) -> None:
    town.gateway.usual = LEAVES
    lose(town, "OLT-A", "0/1", 1)
    town.poll()
    outbox.enqueue(ANN, "report", "a report", town.now + 1)
    lose(town, "OLT-A", "0/2", 1)
    town.gateway.usual = TAKES

    town.poll()

    assert ["alert", "report"] == [one.kind for one in town.seen]


def test_outage_of_our_own_in_which_nothing_happened_is_not_told(town: Town) -> None:
    for _ in range(5):
        town.poll()

    town.poll(seconds=45 * MINUTE)

    assert [] == town.seen


# --- what is recorded ---


def test_events_name_their_incident_and_notes_none(town: Town) -> None:
    lose(town, "OLT-A", "0/1")
    rename(town, "OLT-A", "0/2", 1)

    saved = town.poll()

    [incident] = incidents.open_()
    assert [incident] == list(saved.incidents)
    assert {
        (EventKind.DOWN, incident.id),
        (EventKind.PON_OUTAGE, incident.id),
        (EventKind.RENAMED, None),
    } == {(one.kind, one.incident) for one in events.history(0)}
    assert len(saved.events) == len(events.history(0)) == 6 + 1 + 1


def test_outage_is_an_event_once(town: Town) -> None:
    lose(town, "OLT-A", "0/1", 1, 2, 3)
    town.poll()
    lose(town, "OLT-A", "0/1")

    town.poll()

    kinds = [one.kind for one in events.history(0)]
    assert 1 == kinds.count(EventKind.PON_OUTAGE)


def test_without_whatsapp_incidents_are_kept_and_nobody_is_told(make_town: MakeTown) -> None:
    town = make_town(whatsapp=FOR_ANN._replace(enabled=False))
    lose(town, "OLT-A", "0/1")
    rename(town, "OLT-A", "0/2", 1)

    saved = town.poll()

    assert 1 == len(incidents.open_())
    assert 0 == saved.queued
    assert [] == queued()
    assert [] == ledger.notes(ANN)


def test_dry_run_shows_what_it_would_tell_and_leaves_nothing(town: Town) -> None:
    lose(town, "OLT-A", "0/1")
    town.gateway.at += MINUTE

    saved = town.save(is_dry_run=True)

    [text] = saved.texts
    assert "6 of 6" in text
    assert [] == queued()
    assert [] == incidents.open_()
    assert [] == events.history(0)


def test_incident_is_settled_once_its_end_was_taken(town: Town) -> None:
    lose(town, "OLT-A", "0/1")
    town.poll()
    restore(town, "OLT-A", "0/1")
    town.poll(LEAVES)
    assert ledger.has_open()

    town.poll(seconds=HOUR)
    town.poll()

    assert [Stage.OPENED, Stage.CLOSED] == stages(town)
    assert not ledger.has_open()

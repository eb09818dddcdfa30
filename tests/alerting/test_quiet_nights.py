"""Nights with quiet hours over midnight, also those in which the clock is changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from eponctl.model import EventKind, Priority
from eponctl.settings import AlertSettings, Quiet, Route, WhatsAppSettings
from eponctl.store import events, incidents
from eponctl.store.outbox import queued
from eponctl.telling.records import Stage
from tests.alerting.town import ANN, BOB, Answer, Seen, Town
from tests.network import HOUR, MINUTE

MakeTown = Callable[..., Town]
QUIET = Quiet(22 * 60, 6 * 60)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
JAKARTA = ZoneInfo("Asia/Jakarta")
NIGHTS = [
    (BERLIN, date(2027, 3, 27), 7),
    (BERLIN, date(2027, 10, 30), 9),
    (NEW_YORK, date(2027, 3, 13), 7),
    (NEW_YORK, date(2027, 11, 6), 9),
    (JAKARTA, date(2027, 3, 27), 8),
]
IDS = ["berlin-spring", "berlin-autumn", "new-york-spring", "new-york-autumn", "jakarta"]


def wall(day: date, hour: int, minute: int, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(hour, minute), zone).timestamp())


def night_in(make_town: MakeTown, zone: ZoneInfo, evening: date, **alerts: object) -> Town:
    """A town at half past nine in the evening."""
    return make_town(
        wall(evening, 21, 30, zone),
        timezone=zone,
        language="en",
        alerts=AlertSettings(**({"quiet": QUIET, "reminder_after_s": None} | alerts)),  # type: ignore[arg-type]
        whatsapp=WhatsAppSettings(enabled=True, recipients=(ANN, BOB)),
    )


def poll_until(town: Town, at: int, *answers: Answer) -> list[Seen]:
    """Polls, ten minutes apart, the last at that moment; what was heard meanwhile."""
    heard = len(town.seen)
    while town.now < at:
        town.poll(*answers, seconds=min(10 * MINUTE, at - town.now))
    return town.seen[heard:]


def lose(town: Town, olt_id: str, pon: str, *numbers: int) -> str:
    """Take ONUs off, and tell the next poll's id of it."""
    town.network.lose(town.network.find(olt_id, pon, numbers))
    town.poll()
    return incidents.open_()[-1].id


def told(seen: list[Seen]) -> set[tuple[str, str, Stage]]:
    return {(one.recipient, tell.incident_id, tell.stage) for one in seen for tell in one.tells}


@pytest.mark.parametrize(("zone", "evening", "hours"), NIGHTS, ids=IDS)
def test_night_is_told_in_the_morning_and_once(
    make_town: MakeTown, zone: ZoneInfo, evening: date, hours: int
) -> None:
    town = night_in(make_town, zone, evening)
    begins, ends = wall(evening, 22, 0, zone), wall(evening + timedelta(days=1), 6, 0, zone)
    assert hours * HOUR == ends - begins
    poll_until(town, begins + HOUR)
    lose(town, "OLT-A", "0/1", 1)
    poll_until(town, begins + 3 * HOUR)
    stays = lose(town, "OLT-A", "0/2", 1)
    [renamed] = town.network.find("OLT-A", "0/2", {2})
    town.network.set(*renamed, name="NEW")
    poll_until(town, begins + 5 * HOUR)
    town.network.restore(town.network.find("OLT-A", "0/1"))

    assert [] == poll_until(town, ends - 1)

    morning = poll_until(town, ends)
    assert {(ANN, stays, Stage.OPENED), (BOB, stays, Stage.OPENED)} == told(morning)
    assert [ANN, BOB] == [one.recipient for one in morning]
    note = {one.id for one in events.history(0) if one.kind is EventKind.RENAMED}
    for one in morning:
        assert note == one.alerts
        assert "Held in the quiet hours 22:00 to 06:00" in one.text
        assert "NEW" in one.text
        assert "Came and went meanwhile: 1 outage" in one.text
        assert f"#{stays}" in one.text
    assert [] == poll_until(town, ends + 3 * HOUR)


@pytest.mark.parametrize(("zone", "evening", "hours"), NIGHTS, ids=IDS)
def test_critical_is_told_at_once_in_the_night_and_not_again_in_the_morning(
    make_town: MakeTown, zone: ZoneInfo, evening: date, hours: int
) -> None:
    town = night_in(make_town, zone, evening)
    begins = wall(evening, 22, 0, zone)
    # In the hour that is left out or comes twice, where there is one.
    poll_until(town, begins + 4 * HOUR + 30 * MINUTE)

    cut = lose(town, "OLT-B", "0/1")

    assert {(ANN, cut, Stage.OPENED), (BOB, cut, Stage.OPENED)} == told(town.seen)
    assert [] == poll_until(town, begins + hours * HOUR + HOUR)


def test_what_was_told_in_the_evening_and_ended_in_the_night_is_told_in_the_morning(
    make_town: MakeTown,
) -> None:
    town = night_in(make_town, BERLIN, date(2027, 10, 30))
    evening = lose(town, "OLT-A", "0/1", 1)
    ends = wall(date(2027, 10, 31), 6, 0, BERLIN)
    poll_until(town, ends - 2 * HOUR)
    town.network.restore(town.network.find("OLT-A", "0/1"))
    assert [] == poll_until(town, ends - 1)

    assert {(ANN, evening, Stage.CLOSED), (BOB, evening, Stage.CLOSED)} == told(
        poll_until(town, ends)
    )
    assert [] == poll_until(town, ends + HOUR)


def test_how_urgent_it_must_be_in_the_night_is_configured(make_town: MakeTown) -> None:
    quiet = QUIET._replace(min_priority=Priority.HIGH)
    town = night_in(make_town, JAKARTA, date(2027, 3, 27), quiet=quiet)
    poll_until(town, wall(date(2027, 3, 28), 3, 0, JAKARTA))

    one = lose(town, "OLT-A", "0/1", 1)

    assert {(ANN, one, Stage.OPENED), (BOB, one, Stage.OPENED)} == told(town.seen)


def test_digest_that_the_gateway_does_not_take_waits_and_is_told_once(
    make_town: MakeTown,
) -> None:
    town = night_in(make_town, BERLIN, date(2027, 3, 27))
    ends = wall(date(2027, 3, 28), 6, 0, BERLIN)
    poll_until(town, ends - 2 * HOUR)
    stays = lose(town, "OLT-A", "0/2", 1)
    poll_until(town, ends - 1)
    town.gateway.usual = Answer.LEAVES
    assert [] == poll_until(town, ends + HOUR)
    waiting = [(one.recipient, one.text) for one in queued()]
    town.gateway.usual = Answer.TAKES

    morning = poll_until(town, ends + 2 * HOUR)

    assert waiting == [(one.recipient, one.text) for one in morning]
    assert {(ANN, stays, Stage.OPENED), (BOB, stays, Stage.OPENED)} == told(morning)


def test_digest_that_the_budget_keeps_back_is_told_later_and_once(make_town: MakeTown) -> None:
    town = night_in(make_town, BERLIN, date(2027, 3, 27), max_per_hour=3)
    ends = wall(date(2027, 3, 28), 6, 0, BERLIN)
    poll_until(town, ends - 2 * HOUR)
    lose(town, "OLT-A", "0/2", 1)
    poll_until(town, ends - 40 * MINUTE)
    town.network.restore(town.network.find("OLT-A", "0/2"))
    lose(town, "OLT-B", "0/1")
    town.network.restore(town.network.find("OLT-B", "0/1"))
    poll_until(town, ends - 1)
    assert 4 == len(town.seen)

    assert [] == poll_until(town, ends + 10 * MINUTE)

    later = poll_until(town, ends + 3 * HOUR)
    assert [ANN, BOB] == [one.recipient for one in later]
    assert all("Came and went meanwhile: 1 outage" in one.text for one in later)


def test_digest_whose_message_gives_way_to_another_is_told_with_that(make_town: MakeTown) -> None:
    town = night_in(make_town, BERLIN, date(2027, 3, 27))
    ends = wall(date(2027, 3, 28), 6, 0, BERLIN)
    poll_until(town, ends - 3 * HOUR)
    lose(town, "OLT-A", "0/1", 1)
    stays = lose(town, "OLT-A", "0/2", 1)
    town.network.restore(town.network.find("OLT-A", "0/1"))
    poll_until(town, ends - 1)
    town.gateway.usual = Answer.LEAVES
    poll_until(town, ends + 10 * MINUTE)
    more = lose(town, "OLT-B", "0/1", 1)
    town.gateway.usual = Answer.TAKES

    morning = poll_until(town, ends + HOUR)

    assert [ANN, BOB] == [one.recipient for one in morning]
    assert {stays, more} == {incident_id for _, incident_id, _ in told(morning)}
    assert all("Came and went meanwhile: 1 outage" in one.text for one in morning)


def test_only_what_would_have_been_theirs_to_know_is_counted_for_them(make_town: MakeTown) -> None:
    town = night_in(make_town, BERLIN, date(2027, 3, 27))
    route = Route((BOB,), ("OLT-B",))
    town.config = town.config._replace(
        whatsapp=town.config.whatsapp._replace(recipients=(ANN,), routes=(route,))
    )
    ends = wall(date(2027, 3, 28), 6, 0, BERLIN)
    poll_until(town, ends - 3 * HOUR)
    lose(town, "OLT-A", "0/1", 1)
    town.network.restore(town.network.find("OLT-A", "0/1"))

    morning = poll_until(town, ends + HOUR)

    assert [ANN] == [one.recipient for one in morning]

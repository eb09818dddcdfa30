"""Messages that a person drops or tries again: who is told of what after that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from eponctl.settings import WhatsAppSettings
from eponctl.store import byhand
from eponctl.store import outbox as store
from eponctl.store.outbox import State
from eponctl.store.schema import IncidentRow
from eponctl.telling.records import Stage
from tests.alerting.town import ANN, BOB, Answer, Town, config_of, town_in
from tests.network import HOUR, NOW

LEAVES, TAKES = Answer.LEAVES, Answer.TAKES


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Two people, and OLTs that are well."""
    channel = WhatsAppSettings(enabled=True, recipients=(ANN, BOB))
    with ExitStack() as stack:
        yield town_in(stack, config_of(tmp_path, whatsapp=channel), NOW)


def drop_all(town: Town) -> None:
    with town.database.atomic():
        byhand.give_up(store.listing((State.QUEUED, State.UNSURE)))


def told(town: Town, recipient: str) -> list[Stage]:
    """What this telephone was told of incidents, in order."""
    return [
        tell.stage
        for seen in town.seen
        if seen.recipient == recipient and seen.is_delivered
        for tell in seen.tells
    ]


def waiting(recipient: str) -> list[str]:
    return [message.text for message in store.queued() if message.recipient == recipient]


def lose(town: Town) -> list[tuple[str, str]]:
    onus = town.network.find("OLT-A", "0/1", [1])
    town.network.lose(onus)
    return onus


def test_who_was_told_by_nothing_but_a_dropped_message_is_not_told_of_the_end(town: Town) -> None:
    onus = lose(town)
    town.poll(LEAVES, LEAVES)
    drop_all(town)
    for _ in range(3):
        town.poll()
    town.network.restore(onus)
    for _ in range(2):
        town.poll()

    assert [[], []] == [told(town, ANN), told(town, BOB)]
    assert [] == store.queued()
    assert 0 == IncidentRow.select().where(IncidentRow.settled_at.is_null()).count()


def test_the_next_incident_is_told_to_who_had_a_message_dropped(town: Town) -> None:
    onus = lose(town)
    town.poll(LEAVES, LEAVES)
    drop_all(town)
    town.network.restore(onus)
    town.poll()
    town.poll(seconds=2 * HOUR)
    lose(town)
    town.poll()

    assert [[Stage.OPENED], [Stage.OPENED]] == [told(town, ANN), told(town, BOB)]


def test_one_who_was_perhaps_told_by_what_was_dropped_is_told_of_the_end(town: Town) -> None:
    onus = lose(town)
    town.poll(Answer.ECHOES, TAKES)
    drop_all(town)
    town.network.restore(onus)
    for _ in range(2):
        town.poll()

    assert [[Stage.OPENED, Stage.CLOSED]] * 2 == [told(town, ANN), told(town, BOB)]


def test_who_hears_of_a_beginning_late_hears_of_the_end_too(town: Town) -> None:
    onus = lose(town)
    town.poll(LEAVES, LEAVES)
    drop_all(town)
    town.network.restore(onus)
    town.poll()
    # It is over and settled; now somebody changes their mind.
    dropped = [message for message in store.listing((State.DEAD,)) if message.recipient == ANN]
    with town.database.atomic():
        byhand.make_due(dropped, town.now)
    town.deliver()
    for _ in range(2):
        town.poll()

    assert [[Stage.OPENED, Stage.CLOSED], []] == [told(town, ANN), told(town, BOB)]
    assert 0 == IncidentRow.select().where(IncidentRow.settled_at.is_null()).count()


def test_what_is_tried_again_and_fails_is_replaced_by_how_things_are(town: Town) -> None:
    onus = lose(town)
    town.poll(LEAVES, LEAVES)
    drop_all(town)
    town.network.restore(onus)
    town.poll()
    dropped = store.listing((State.DEAD,))
    with town.database.atomic():
        byhand.make_due(dropped, town.now)
    town.gateway.script = [LEAVES, LEAVES]
    town.deliver()
    assert 1 == len(waiting(ANN))
    town.poll()

    assert [[], []] == [told(town, ANN), told(town, BOB)]
    assert [] == store.queued()

"""Each problem that was told ends once, for those who were told, whatever the town goes through.

Here is no model: the polls are real, on a real database (town.py). What must hold is read from what
the telephones got and what it was linked with; and when all is over and the gateway is well, from
what is left.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eponctl.incidents.records import Extent, Incident, Kind
from eponctl.model import EventKind
from eponctl.settings import (
    AlertSettings,
    PollSettings,
    Quiet,
    ReportSettings,
    WhatsAppSettings,
)
from eponctl.store import incidents, silences
from eponctl.store.outbox import ALERT, SUMMARY
from eponctl.store.schema import (
    AlertRow,
    IncidentRow,
    MessageAlertRow,
    MessageIncidentRow,
    MessageRow,
    NoteRow,
)
from eponctl.telling.records import Stage
from tests.alerting.happenings import PONS, ROUTES, STEPS, Step, all_come_back, end_silences
from tests.alerting.town import ANN, BOB, CID, Answer, Town, config_of, town_in
from tests.network import HOUR, MINUTE

ZONE = ZoneInfo("Asia/Jakarta")
EVENING = int(datetime(2027, 1, 15, 21, tzinfo=ZONE).timestamp())
CONFIGURED = st.fixed_dictionaries(
    {
        "alerts": st.tuples(
            st.sampled_from([None, Quiet(22 * 60, 6 * 60)]), st.sampled_from([3, 5, 30])
        ).map(lambda drawn: AlertSettings(quiet=drawn[0], max_per_hour=drawn[1])),
        "poll": st.sampled_from([1, 1, 2]).map(lambda polls: PollSettings(confirm_polls=polls)),
        "report": st.booleans().map(ReportSettings),
        "whatsapp": st.just(WhatsAppSettings(True, recipients=(ANN, BOB, CID), routes=ROUTES[0])),
    }
)


@given(configured=CONFIGURED, steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_each_problem_told_ends_once_for_those_who_were_told(
    configured: dict[str, Any], steps: list[Step]
) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # Ids break ties: drawn at random, the same story would have several ends.
        patch.setattr(incidents, "secrets", random.Random(3))
        town = town_in(stack, config_of(Path(folder), **configured), EVENING)
        for happens, seconds, answers in steps:
            happens(town)
            town.poll(*answers, seconds=seconds)

        let_all_be_well_but_the_network(town)
        check_what_is_wrong_is_told(town)
        all_come_back(town, set(PONS))
        let_time_pass(town)

        check_nothing_is_left()
        check_each_message_fits_what_came_before(town)
        check_each_told_problem_ended_once(town)
        check_each_note_was_told(town)
        check_budget(town)


# --- in the end ---


def let_all_be_well_but_the_network(town: Town) -> None:
    end_silences(town)
    town.away.clear()
    town.unread.clear()
    town.gateway.usual = Answer.TAKES
    let_time_pass(town)


def let_time_pass(town: Town) -> None:
    """Until what waits for something has got it: quiet hours, budget, calm."""
    now = datetime.fromtimestamp(town.now, ZONE)
    morning = (now + timedelta(days=1)).replace(hour=9, minute=0)
    for seconds in (MINUTE, int((morning - now).total_seconds()), *[61 * MINUTE] * 3):
        town.poll(seconds=seconds)


def check_what_is_wrong_is_told(town: Town) -> None:
    """What waited, for whatever reason, is told to those who get everything."""
    running = incidents.open_()
    large = [one for one in running if one.extent.rank >= Extent.WHOLE_PON.rank]
    for incident in running:
        if incident.kind is not Kind.OUTAGE or is_beneath(incident, large):
            continue
        heard = {
            one.recipient
            for one in town.seen
            if incident.id in {tell.incident_id for tell in one.tells}
        }
        assert {ANN, BOB} <= heard | refused(incident.id) | half_told(town, incident.id)


def is_beneath(incident: Incident, large: Iterable[Incident]) -> bool:
    pons = {pon for one in large if one.id != incident.id for pon in one.pons}
    return pons.issuperset(incident.pons)


def check_nothing_is_left() -> None:
    open_states = MessageRow.state.in_(("queued", "unsure"))
    assert [] == [row.text for row in MessageRow.select().where(open_states)]
    assert [] == list(NoteRow.select())
    assert [] == incidents.open_()
    assert [] == [row.id for row in IncidentRow.select() if row.settled_at is None]


def check_each_message_fits_what_came_before(town: Town) -> None:
    """No good news without bad, nothing after the end, nothing again that was surely taken."""
    lines = all_lines()
    for recipient in (ANN, BOB, CID):
        taken, own, half, over = set[int](), set[str](), set[str](), set[str]()
        for seen in (one for one in town.seen if one.recipient == recipient):
            assert seen.message not in taken
            known = {name for incident_id in own for name in lines[incident_id]}
            for tell in seen.tells if seen.kind != SUMMARY else ():
                assert tell.incident_id not in over
                assert tell.stage is not Stage.HALF or tell.incident_id not in half
                if tell.stage is Stage.CLOSED:
                    assert tell.incident_id in known
                elif tell.stage is not Stage.OPENED:
                    assert tell.incident_id in own
            own |= {tell.incident_id for tell in seen.tells}
            if seen.answer is Answer.TAKES:
                taken.add(seen.message)
                half |= {one.incident_id for one in seen.tells if one.stage is Stage.HALF}
                over |= {one.incident_id for one in seen.tells if one.stage is Stage.CLOSED}


def check_each_told_problem_ended_once(town: Town) -> None:
    lines = all_lines()
    told, ends = set[tuple[str, str]](), defaultdict[tuple[str, str], set[int]](set)
    for seen in (one for one in town.seen if one.is_delivered):
        for tell in seen.tells:
            root = lines[tell.incident_id][-1]
            told.add((root, seen.recipient))
            if tell.stage is Stage.CLOSED:
                assert root == tell.incident_id
                ends[root, seen.recipient].add(seen.message)
    for incident_id, recipient in told:
        if recipient in half_told(town, incident_id):
            continue
        delivered = ends[incident_id, recipient]
        assert delivered or recipient in refused(incident_id)
        # What stayed unclear is told once more, with the summary that took its place.
        assert len([one for one in delivered if MessageRow[one].state == "sent"]) <= 1


def check_each_note_was_told(town: Town) -> None:
    """Of those that came amid a silence nothing is known; the others everybody heard."""
    for row in AlertRow.select().where(AlertRow.kind == EventKind.RENAMED):
        if any(one.from_at <= row.at <= one.over_at for one in silences.listing()):
            continue
        links = MessageAlertRow.select(MessageAlertRow.message).where(
            MessageAlertRow.alert == row.id
        )
        dead = MessageRow.select().where(MessageRow.state == "dead", MessageRow.id.in_(links))
        heard = {one.recipient for one in town.seen if row.id in one.alerts}
        assert {ANN, BOB} <= heard | {message.recipient for message in dead}


def check_budget(town: Town) -> None:
    most = town.config.alerts.max_per_hour
    rows = MessageRow.select().where(
        MessageRow.sent_at.is_null(is_null=False), MessageRow.kind == ALERT
    )
    for recipient in (ANN, BOB, CID):
        times = sorted(int(row.sent_at or 0) for row in rows if row.recipient == recipient)
        assert all(later - at >= HOUR for at, later in zip(times, times[most:], strict=False))
        exact = [one.at for one in town.seen if one.recipient == recipient]
        assert all(later - at >= town.gateway.pause_s for at, later in pairwise(exact))


# --- what is known ---


def all_lines() -> dict[str, list[str]]:
    """Each incident, with those that it became part of, one after the other."""
    into = {row.id: row.merged_into for row in IncidentRow.select()}
    lines = {}
    for incident_id in into:
        line, name = list[str](), cast(str | None, incident_id)
        while name:
            line.append(name)
            name = into[name]
        lines[incident_id] = line
    return lines


def refused(incident_id: str) -> set[str]:
    """To whom a message about it was refused for good."""
    query = (
        MessageRow.select()
        .join(MessageIncidentRow, on=MessageIncidentRow.message == MessageRow.id)
        .where(MessageIncidentRow.incident == incident_id, MessageRow.state == "dead")
    )
    return {row.recipient for row in query}


def half_told(town: Town, incident_id: str) -> set[str]:
    """Who got a message about it of which a process that was killed kept no trace."""
    lines = all_lines()
    return {
        one.recipient
        for one in town.seen
        if one.answer is Answer.IS_KILLED
        for tell in one.tells
        if incident_id in lines[tell.incident_id]
    }

"""One of each sort of message: the first to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from eponctl import messages, notify
from eponctl.commands.samples.scene import (
    LASTED_S,
    Scene,
    backlog_text,
    member,
    note,
    outage,
    restored,
    single,
    unreachable,
    weak,
)
from eponctl.incidents.records import Kind
from eponctl.messages import Backlog
from eponctl.model import EventKind
from eponctl.telling.records import Item, Stage


def _down(scene: Scene) -> list[str]:
    return scene.told(Item(single(member(scene.olt[0], scene.now)), Stage.OPENED))


def _recovered(scene: Scene) -> list[str]:
    back = restored(scene)
    well = scene.summary(online=128, problem_onus=0, problems={})
    incident = single(back, closed_at=scene.now)
    return scene.told(Item(incident, Stage.CLOSED), summaries=(well,))


def _outages(scene: Scene) -> list[str]:
    cut = scene.summary(online=64, problem_onus=64, problems={"DOWN": 64})
    return scene.told(Item(outage(scene), Stage.OPENED), summaries=(cut,))


def _signal(scene: Scene) -> list[str]:
    faint = scene.summary(online=128, problems={"WEAK SIGNAL": 1})
    return scene.told(Item(single(weak(scene), kind=Kind.SIGNAL), Stage.OPENED), summaries=(faint,))


def _olt_silent(scene: Scene) -> list[str]:
    silent = scene.summary(unreachable_since=scene.now)
    return scene.told(Item(unreachable(scene), Stage.OPENED), summaries=(silent,))


def _moved(scene: Scene) -> list[str]:
    well = scene.summary(online=128, problem_onus=0, problems={})
    return scene.told(summaries=(well,), notes=(note(scene),))


def _hourly(scene: Scene) -> list[str]:
    low_since = {scene.olt[0]: scene.now - LASTED_S}
    return notify.hourly([scene.summary()], scene.config, now=scene.now, low_since=low_since)


def _summary(scene: Scene) -> list[str]:
    now = scene.now
    backlog = Backlog(3, now - 4 * LASTED_S, now, Counter({EventKind.DOWN: 3}), ["CLIENT-003"])
    return [backlog_text(scene, backlog)]


def _test(scene: Scene) -> list[str]:
    config = scene.config
    olts = sum(one.enabled for one in config.olts)
    text = messages.test_message(
        olts=olts, now=scene.now, zone=config.timezone, language=config.words
    )
    return [text]


MAKERS: Mapping[str, Callable[[Scene], list[str]]] = {
    "down": _down,
    "recovered": _recovered,
    "outage": _outages,
    "signal": _signal,
    "olt": _olt_silent,
    "note": _moved,
    "report": _hourly,
    "summary": _summary,
    "test": _test,
}
"""What makes each of them, by kind."""

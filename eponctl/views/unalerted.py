"""Why nothing, or nothing more, is told of an ONU now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from eponctl.incidents.records import Incident, Kind
from eponctl.messages.text import duration
from eponctl.model import Heat, OnuState, Signal, Status
from eponctl.settings import Config
from eponctl.settle import TOLD_HEAT, TOLD_SIGNAL, TOLD_STATUS
from eponctl.summary import down_since, is_abandoned
from eponctl.views.network import Watched
from eponctl.views.untold import Hush, Reason


def reasons(
    onu: OnuState,
    watched: Watched,
    incidents: Iterable[Incident],
    hushes: Iterable[Hush],
    *,
    config: Config,
    now: int,
) -> list[Reason]:
    """What is the matter with it, as alerting sees it; `incidents` are the open ones about it."""
    found, kinds = [*_unseen(onu, watched, config)], {incident.kind for incident in incidents}
    if onu.status is Status.UP:
        found += _of_up(onu, kinds, config)
    else:
        found += _of_down(onu, kinds, config, now)
    found += [Reason(hush.words, hush.until) for hush in hushes]
    return found


def _unseen(onu: OnuState, watched: Watched, config: Config) -> Iterator[Reason]:
    """Where nobody looks, or nothing can be seen: nothing is judged."""
    state = watched.state
    if not watched.olt.enabled:
        yield Reason("its OLT is disabled in olts.toml: nobody looks")
    elif state.failures:
        yield Reason("its OLT does not answer: what cannot be seen is not taken for bad")
    elif onu.pon in state.failed_pons:
        yield Reason("its PON could not be read by the last poll: nothing is judged meanwhile")
    elif onu.missed:
        polls = config.poll.confirm_polls
        yield Reason(f"not found on its OLT in {onu.missed} of {polls} polls: not yet removed")


def _of_up(onu: OnuState, kinds: Collection[Kind], config: Config) -> Iterator[Reason]:
    if onu.told_status is not Status.UP:
        yield _unconfirmed(onu.status_off, config)
    for is_bad, is_settled, polls, bit, kind in (
        (
            onu.signal is not Signal.OK,
            onu.signal is onu.told_signal,
            onu.signal_off,
            TOLD_SIGNAL,
            Kind.SIGNAL,
        ),
        (onu.heat is not Heat.OK, onu.heat is onu.told_heat, onu.heat_off, TOLD_HEAT, Kind.HEAT),
    ):
        if not is_settled:
            yield _unconfirmed(polls, config)
        elif is_bad and kind not in kinds:
            yield _older(is_announced=bool(onu.announced & bit))
    if not onu.is_problem:
        yield Reason("it is up, and no threshold is crossed")


def _older(*, is_announced: bool) -> Reason:
    """Of a trouble that no incident is about."""
    if is_announced:
        return Reason("it began before incidents were kept: `eponctl alerts` knows of it")
    return Reason("it was so when it was first seen: nothing changed, so nothing was told")


def _unconfirmed(polls: int, config: Config) -> Reason:
    needed = config.poll.confirm_polls
    return Reason(f"seen so in {polls} polls in a row; {needed} are needed (confirm_polls)")


def _of_down(onu: OnuState, kinds: Collection[Kind], config: Config, now: int) -> Iterator[Reason]:
    after_s = config.alerts.abandoned_after_s
    if onu.status is Status.DISABLED:
        yield Reason("it was switched off on purpose, on the OLT")
        return
    if is_abandoned(onu, now - after_s):
        lasted = duration(now - down_since(onu))
        yield Reason(
            f"abandoned: not up for {lasted}, longer than {duration(after_s)} (abandoned_after)"
        )
    if onu.status is Status.UNKNOWN:
        yield Reason("its OLT has a word for it that is not known: that is neither up nor down")
    elif onu.status is not onu.told_status:
        yield _unconfirmed(onu.status_off, config)
    elif Kind.FLAPPING in kinds:
        yield Reason("it flaps: its changes are not told one by one")
    elif not kinds:
        yield _older(is_announced=bool(onu.announced & TOLD_STATUS))

"""`eponctl doctor`, its second part: what the OLTs and the gateway answer.

All OLTs at once, as `olt test` reads them, and the gateway meanwhile. While a poll runs no OLT is
asked, for a device gets one page at a time: then its last poll has to tell.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from eponctl import provider
from eponctl.commands import olt_test
from eponctl.commands.choice import driver_fault
from eponctl.commands.doctor import Finding, Mark
from eponctl.commands.network import listed_olts
from eponctl.commands.olt_test import OltTest
from eponctl.commands.whatsapp_test import Sent
from eponctl.errors import ConfigError, EponctlError, LockHeld
from eponctl.provider import Checkup, Health
from eponctl.settings import Config, OltSettings
from eponctl.web import Limits

PATIENCE_S = 10.0
"""How long a poll that runs is waited for."""
_TURN_S = 0.1
_MUCH = 0.8  # of an OLT's deadline
_TRY_WHATSAPP = "`eponctl whatsapp test` sends a message, and says what came of it"

Progress = Callable[[OltTest], None]


def findings(
    config: Config,
    every_s: int | None,
    progress: Progress | None = None,
    *,
    patience_s: float = PATIENCE_S,
) -> list[Finding]:
    """A finding for each enabled OLT, in the order of olts.toml, and one for the gateway.

    `every_s` is the pace of polls, where there is one.
    """
    gateway = _begin(config)
    enabled = [olt for olt in config.olts if olt.enabled]
    found = {olt.id: finding for olt in enabled if (finding := _unaskable(olt))}
    askable = [olt for olt in enabled if olt.id not in found]
    try:
        tests = _read(config, askable, progress, patience_s)
        found |= {test.olt.id: _of_test(test, config, every_s) for test in tests}
    except LockHeld as error:
        found |= _of_last_poll(config, askable, error)
    except EponctlError as error:
        for olt in askable:
            found[olt.id] = Finding("olt", Mark.WRONG, f"not asked: {error}", error.hint, olt.id)
    told = [found[olt.id] for olt in enabled]
    if not told:
        do = "`eponctl olt enable ID`" if config.olts else "`eponctl olt add ID` adds one"
        told = [Finding("olt", Mark.WARNING, "none is enabled: nothing is watched", do)]
    return [*told, gateway.get()]


# --- OLTs ---


def _unaskable(olt: OltSettings) -> Finding | None:
    """Why it cannot be asked at all."""
    if fault := driver_fault(olt.driver):
        return Finding("olt", Mark.WRONG, f"not asked: driver: {fault}", about=olt.id)
    try:
        if olt.password:
            olt.password.reveal()
    except ConfigError as error:
        # What to do stands under the configuration, of which this is a fault, too.
        return Finding("olt", Mark.WRONG, f"not asked: {error.message}", about=olt.id)
    return None


def _read(
    config: Config, olts: Sequence[OltSettings], progress: Progress | None, patience_s: float
) -> tuple[OltTest, ...]:
    """Read them, after the poll that runs, if it ends soon. Raises LockHeld, StoreError."""
    until = time.monotonic() + patience_s
    while olts:
        try:
            return olt_test.read_olts(config, olts, progress=progress)
        except LockHeld:
            if time.monotonic() >= until:
                raise
            time.sleep(_TURN_S)
    return ()


def _of_test(test: OltTest, config: Config, every_s: int | None) -> Finding:
    olt_id = test.olt.id
    took = f"{test.requests} request{'' if test.requests == 1 else 's'}, {test.seconds:.2f} s"
    if test.error is not None:
        answers = "logged in, but " if test.is_logged_in else ""
        return Finding("olt", Mark.WRONG, f"{answers}{test.error} ({took})", test.hint, olt_id)
    reading = test.reading
    dialect = f" {reading.dialect}" if reading and reading.dialect else ""
    onus = len(reading.onus) if reading else 0
    text = f"logged in; {test.driver}{dialect}, {test.up}/{onus} ONUs up; {took}"
    deadline_s = config.poll.olt_deadline_s
    if test.seconds > _MUCH * deadline_s:
        do = "raise olt_deadline in [poll], or lower page_delay"
        what = f"{text}: nearly all of olt_deadline ({deadline_s:g} s)"
        return Finding("olt", Mark.WARNING, what, do, olt_id)
    if every_s is not None and test.seconds > every_s:
        do = "poll less often: `eponctl schedule install --every TIME`"
        return Finding("olt", Mark.WARNING, f"{text}: longer than the pace of polls", do, olt_id)
    return Finding("olt", Mark.OK, text, about=olt_id)


def _of_last_poll(
    config: Config, olts: Sequence[OltSettings], held: LockHeld
) -> dict[str, Finding]:
    """What the database knows of those that could not be asked."""
    try:
        states = {one.olt.id: one.state for one in listed_olts(config)}
    except EponctlError:
        states = {}
    found = {}
    for olt in olts:
        state, mark, last = states.get(olt.id), Mark.WARNING, ""
        if state and state.last_poll_at is not None:
            is_read = not state.failures
            mark = Mark.WARNING if is_read else Mark.WRONG
            last = "; the last poll read it" if is_read else f"; in the last poll: {state.error}"
        text = f"not asked: {held.message}{last}"
        found[olt.id] = Finding("olt", mark, text, "try again when it is over", olt.id)
    return found


# --- gateway ---


def _begin(config: Config) -> queue.SimpleQueue[Finding]:
    """Ask the gateway, and put what it said there; no thread that anybody has to wait for."""
    answer: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    settings = config.whatsapp
    if not settings.enabled:
        do = "set enabled = true in [whatsapp], with a gateway"
        answer.put(Finding("gateway", Mark.WARNING, "disabled: nobody is told of anything", do))
        return answer
    try:
        gateway = provider.load(settings)
    except ConfigError as error:
        answer.put(Finding("gateway", Mark.WRONG, f"not asked: {error}", error.hint))
        return answer
    now = time.monotonic()
    limits = Limits(
        config.poll.request_timeout_s, gateway.read_timeout_s, now + config.poll.olt_deadline_s
    )

    def ask() -> None:
        answer.put(_of_checkup(provider.checkup(gateway, limits), settings.provider))

    threading.Thread(target=ask, daemon=True).start()
    return answer


def _of_checkup(checkup: Checkup, name: str) -> Finding:
    """What a gateway's word means; UNKNOWN is no proof of anything."""
    if checkup.error is not None:
        # A failed sending's hints: what keeps it from answering keeps it from sending.
        do = Sent("", error=checkup.error).hint
        return Finding("gateway", Mark.WRONG, f"{name}: {checkup.error.message}", do)
    if checkup.health is Health.CONNECTED:
        return Finding("gateway", Mark.OK, f"{name}: the sender is connected")
    if checkup.health is Health.DISCONNECTED:
        text = f"{name}: it has lost its WhatsApp session"
        return Finding("gateway", Mark.WRONG, text, provider.CHECK_SENDER)
    text = f"{name}: it cannot be asked whether the sender is connected"
    return Finding("gateway", Mark.WARNING, text, _TRY_WHATSAPP)

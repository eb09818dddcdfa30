"""Delivery: what waits in the outbox is handed to the gateway, one message at a time.

    merge what is too old -> (after a lost session: ask for it) -> per recipient, oldest first:
        yes                     sent, committed at once; the next message
        retry                   due again at the next poll, then 5 s to 15 min later, until max_age
        sender down, bad config nothing more in this run; the message stays due
        bad recipient           as often as the gateway's answer needs to be believed, then dead;
                                where WhatsApp has closed it for hours, it is waited for
        bad message             as often as it needs to be believed, then dead; the next message
        ambiguous               once more a minute later, marked as a possible repeat; then unsure

A recipient's later messages wait for the earlier ones, and each for the pause that the provider
asks for; other recipients go on meanwhile. Nothing is dropped in silence: what died is a fault of
this run, what stayed unclear or grew too old becomes a summary.
A message goes out twice only after an unclear answer, or if killed between the gateway's yes and
the commit; the second time it carries its mark.

Knows no gateway, no language and no event: provider, summary and repeat mark are handed in. What
becomes of one message after a try is tries.py's.
"""

from __future__ import annotations

import math
import random
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import peewee

from eponctl import tries
from eponctl.config import WhatsAppSettings
from eponctl.errors import Outcome, SendError
from eponctl.masking import masked
from eponctl.pacing import Turns
from eponctl.provider import Health, Provider, Receipt
from eponctl.store import outbox as store
from eponctl.store.outbox import Message, State
from eponctl.web import Limits

_MIN_LEFT_S = 1.0  # no send begins with less of the budget
_CLOCK_STEP_S = 1  # `sent_at` is a whole second: the message went out up to so much later

T = TypeVar("T")
Summary = Callable[[Sequence[Message]], list[str]]
"""Texts that tell one recipient of messages that it did not (surely) get, oldest first."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One run: how many were taken, died or stayed unclear, and wait still; a line for each fault.

    What waits only for its recipient's pause is in `queued`, and no fault: the next run sends it;
    `pausing` are those recipients.
    `channel_stopped` says why nothing more was tried, where that was the gateway's doing.
    """

    sent: int = 0
    failed: int = 0
    queued: int = 0
    faults: tuple[str, ...] = ()
    channel_stopped: Outcome | None = None
    pausing: frozenset[str] = frozenset()


def deliver(
    provider: Provider,
    database: peewee.Database,
    settings: WhatsAppSettings,
    *,
    now: Callable[[], int],
    monotonic: Callable[[], float],
    budget_s: float,
    summary: Summary,
    repeat: Callable[[str], str],
    connect_timeout_s: float = 10.0,
    jitter: Callable[[], float] = random.random,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivery:
    """Send what is due, for `budget_s` seconds at most; never raises for what a gateway does.

    `now` gives UTC seconds, `monotonic` the clock of web.Limits, `jitter` a number from 0 to 1.
    `sleep` waits so many seconds.
    Raises StoreError's causes: what was committed before stays so, the next run goes on from there.
    """
    limits = Limits(connect_timeout_s, provider.read_timeout_s, monotonic() + budget_s)
    needed_s = min(_MIN_LEFT_S, budget_s / 2)
    run = _Run(provider, database, limits, now, monotonic, repeat, jitter, sleep, needed_s)
    run.merge_backlog(settings.max_age_s, summary)
    run.send_due()
    return run.result()


@dataclass(slots=True)
class _Run:
    """One delivery, and what it has learned so far."""

    provider: Provider
    database: peewee.Database
    limits: Limits
    now: Callable[[], int]
    monotonic: Callable[[], float]
    repeat: Callable[[str], str]
    jitter: Callable[[], float]
    sleep: Callable[[float], None]
    # A yes that takes longer than what is left would be cut, and so become ambiguous.
    needed_s: float
    sent: int = 0
    errors: dict[int, SendError] = field(default_factory=dict)
    lost: dict[int, tuple[Message, State]] = field(default_factory=dict)
    suspect: Message | None = None
    stop: SendError | None = None
    pausing: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)

    def merge_backlog(self, max_age_s: int, summary: Summary) -> None:
        """Put one summary in the place of what is too old, or unclear before the channel worked.

        One for what was perhaps told, and one for what was not.
        """
        now = self.now()
        for recipient, backlog in store.backlog(now - max_age_s).items():
            for messages in store.begun_apart(backlog):
                texts = _guarded(partial(summary, messages))
                if isinstance(texts, SendError):
                    self.notes.append(f"WhatsApp {masked(recipient)}: no summary, {texts.message}")
                elif texts:
                    store.merge(self.database, messages, texts, now)

    def send_due(self) -> None:
        """Send until all is sent or has failed, the channel stops, or the time is up."""
        queues = tries.due(store.queued(), self.now())
        self._ask_for_session(queues)
        turns = self._turns(queues)
        while not self.stop:
            turn = turns.next(self.monotonic(), self.limits.deadline_at - self.needed_s)
            if turn is None:
                self.pausing = turns.pausing(self.monotonic())
                return
            if turn.wait_s:
                self.sleep(turn.wait_s)
            result = self._send(turn.message)
            if isinstance(result, Receipt):
                turns.took(turn.recipient, self.monotonic())
            elif result.outcome is not Outcome.BAD_MESSAGE or turn.message.id not in self.lost:
                turns.leave(turn.recipient)

    def _turns(self, queues: list[list[Message]]) -> Turns[Message]:
        """Everybody's queue; whoever got something just before this run waits for it, too."""
        pause_s, at, now = self.provider.pause_s, self.monotonic(), self.now()
        by_recipient = {queue[0].recipient: queue for queue in queues}
        last_sent = store.last_sent(by_recipient) if pause_s else {}
        ready_at = {
            recipient: at + pause_s + _CLOCK_STEP_S - (now - sent_at)
            for recipient, sent_at in last_sent.items()
            # One that is yet to come is of a clock that was set back since.
            if sent_at <= now
        }
        return Turns(by_recipient.items(), pause_s=pause_s, ready_at=ready_at)

    def result(self) -> Delivery:
        """Count, and put the faults into words."""
        waiting = store.queued()
        return Delivery(
            sent=self.sent,
            failed=len(self.lost),
            queued=len(waiting),
            faults=tuple(self._faults(waiting)),
            channel_stopped=self.stop.outcome if self.stop else None,
            pausing=self.pausing,
        )

    def _ask_for_session(self, queues: list[list[Message]]) -> None:
        """After a lost session ask for it by itself, instead of with a message."""
        if not any(message.outcome is Outcome.SENDER_DOWN for queue in queues for message in queue):
            return
        if _guarded(lambda: self.provider.health(self.limits)) is Health.DISCONNECTED:
            text = "the sender is still not connected to WhatsApp"
            self.stop = SendError(Outcome.SENDER_DOWN, text, hint="connect it at the gateway")

    def _send(self, message: Message) -> Receipt | SendError:
        started = self.monotonic()
        # Killed from here on, nobody knows whether it was taken: it counts as told.
        store.mark_begun(message.id, self.now())
        try:
            result = _guarded(lambda: self._asked(message))
        except BaseException:
            # Ctrl-C amid the request: the gateway may have it.
            self._failed(message, SendError(Outcome.AMBIGUOUS, "interrupted amid the request"))
            raise
        if isinstance(result, SendError):
            self._failed(message, result)
        else:
            store.mark_sent(message.id, self.now(), result.gateway_id)
            self.sent += 1
            self.needed_s = max(self.needed_s, self.monotonic() - started)
        return result

    def _asked(self, message: Message) -> Receipt:
        text = message.text if message.sent_at is None else self.repeat(message.text)
        return self.provider.send(message.recipient, text, self.limits)

    def _failed(self, message: Message, error: SendError) -> None:
        with self.database.atomic("IMMEDIATE"):
            error = self._blamed(message, error)
            trust = self._is_believed(message, error)
            now, jitter = self.now(), self.jitter()
            attempt = tries.after_failure(message, error, now, jitter, is_believed=trust)
            store.mark_failed(message.id, attempt)
        self.errors[message.id] = error
        if attempt.state is not State.QUEUED:
            self.lost[message.id] = message, attempt.state
        if error.outcome in _CHANNEL:
            self.stop = error

    def _blamed(self, message: Message, error: SendError) -> SendError:
        """Blame the session, not two recipients that fail one after the other.

        Only as long as nothing was taken in this run, which would show that the session is there.
        """
        if self.sent or not _is_unclear(error):
            return error
        first, self.suspect = self.suspect, message
        if first is None:
            return error
        store.absolve(first.id, Outcome.SENDER_DOWN)
        self.lost.pop(first.id, None)
        text = f"two recipients in a row were refused, as if the sender was lost ({error.message})"
        return SendError(Outcome.SENDER_DOWN, text, hint=error.hint)

    def _is_believed(self, message: Message, error: SendError) -> bool:
        """Tell whether a recipient may be given up.

        One that got messages before does not vanish as easily as a session does: something must
        have been taken by anyone since its last try.
        """
        if not _is_unclear(error) or not store.has_received(message.recipient):
            return True
        return message.tried_at is not None and store.has_sent_after(message.tried_at)

    def _faults(self, waiting: list[Message]) -> Iterator[str]:
        yield from self.notes
        for message, state in self.lost.values():
            what = "given up" if state is State.DEAD else "perhaps delivered, a summary will tell"
            reason = _reason(self.errors[message.id])
            yield f"WhatsApp {masked(message.recipient)}: {what} ({reason})"
        untried = 0
        for queue in tries.by_recipient(waiting):
            head = queue[0]
            if head.recipient in self.pausing:
                continue
            if head.outcome is None or (self.stop and head.outcome in _CHANNEL):
                untried += len(queue)
            else:
                yield self._fault(head, len(queue) - 1)
        if self.stop:
            yield f"WhatsApp: nothing more was sent: {_reason(self.stop)}; {untried} wait"
        elif untried:
            yield f"WhatsApp: out of time; {untried} wait for the next poll"

    def _fault(self, head: Message, behind: int) -> str:
        reason = _reason(self.errors[head.id]) if head.id in self.errors else head.error
        wait_s = head.due_at - self.now()
        again = f"in {math.ceil(wait_s / 60)} min" if wait_s > 0 else "at the next poll"
        more = f"; {behind} more wait" if behind else ""
        who = masked(head.recipient)
        return f"WhatsApp {who}: not delivered ({reason}), tried again {again}{more}"


_CHANNEL = frozenset({Outcome.SENDER_DOWN, Outcome.BAD_CONFIG})


def _guarded(call: Callable[[], T]) -> T | SendError:
    """Catch, here alone, a bug of a provider or a template: it does not stop the others."""
    try:
        return call()
    except SendError as error:
        return error
    except Exception as error:  # noqa: BLE001
        # Where, but not what: the text of a foreign exception may hold a key or a number.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        text = f"a bug: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        return SendError(Outcome.AMBIGUOUS, text)


def _is_unclear(error: SendError) -> bool:
    return error.outcome is Outcome.BAD_RECIPIENT and error.needed_tries > 1


def _reason(error: SendError) -> str:
    text = masked(error.message)
    return f"{text}: {error.hint}" if error.hint else text

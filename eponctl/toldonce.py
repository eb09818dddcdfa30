"""What each recipient is told once: a time without polls, and the digest of a quiet time.

That it was told is a fact beside the outbox. It counts from the message on that tells it, and no
more where that is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from eponctl.settings import Config
from eponctl.store import events as store_events
from eponctl.store import pulses
from eponctl.store.pending import Pending, withdrawable
from eponctl.telling.plan import Situation, budget
from eponctl.telling.quiet import hours_of
from eponctl.telling.records import Bulletin

GAP = "gap"
"""The fact that says of which time without polls someone was told: which, of one recipient."""
DIGESTED = "digested"
"""The fact that says when the last digest of a quiet time was done: of everybody, or of one."""


def _done_at(what: str, recipient: str, waiting: Iterable[Pending]) -> int:
    """The time that goes with what it was told last of this; 0 while that may be withdrawn."""
    at, _, message_id = (store_events.fact(f"{what}:{recipient}") or "0").partition(" ")
    ids = {part for one in withdrawable(waiting) for part in one.message_ids}
    return 0 if message_id and int(message_id) in ids else int(at)


def gaps(
    everyone: Iterable[str], waiting: Mapping[str, Sequence[Pending]]
) -> dict[str, tuple[int, int]]:
    """The last time without polls, for those who were not told of it yet."""
    gap = pulses.last_gap()
    if gap is None:
        return {}
    return {name: gap for name in everyone if _done_at(GAP, name, waiting.get(name, ())) < gap[1]}


def digested_at(
    everyone: Iterable[str], waiting: Mapping[str, Sequence[Pending]]
) -> dict[str, int]:
    """When each of them got a quiet time's digest last; 0: never, or it may be withdrawn."""
    return {name: _done_at(DIGESTED, name, waiting.get(name, ())) for name in everyone}


def mark_gaps(bulletins: Mapping[str, Bulletin], message_ids: Mapping[str, int]) -> None:
    """Remember who is told of a time without polls, and by which message."""
    for recipient, made in bulletins.items():
        if made.gap and recipient in message_ids:
            known = f"{made.gap[1]} {message_ids[recipient]}"
            store_events.set_fact(f"{GAP}:{recipient}", known)


def mark_digests(
    config: Config,
    found: Situation,
    bulletins: Mapping[str, Bulletin],
    message_ids: Mapping[str, int],
) -> None:
    """Remember whose digest is done: told, by which message, or found to be empty."""
    last = hours_of(config, found.now).last
    if last is None:
        return
    done = {name for name, digested_at in found.digested_at.items() if digested_at >= last[1]}
    for recipient in set(found.digested_at) - done:
        made = bulletins.get(recipient)
        used = found.recent.get(recipient, 0)
        # Else the budget may have kept it back.
        is_free = not budget(used, config.alerts.max_per_hour).is_critical_only
        if made.quiet is not None if made else is_free:
            done.add(recipient)
            if made is None or recipient in message_ids:
                known = f"{found.now} {message_ids.get(recipient, '')}".strip()
                store_events.set_fact(f"{DIGESTED}:{recipient}", known)
    if done == set(found.digested_at):
        store_events.set_fact(DIGESTED, str(found.now))

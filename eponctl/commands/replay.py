"""`eponctl replay`: stored history under other rules, beside what was made of it then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from eponctl.model import EventKind
from eponctl.replay.origins import origins
from eponctl.replay.run import Replayed, listed
from eponctl.replay.run import replay as run
from eponctl.settings import Config
from eponctl.store import past as store
from eponctl.store.database import open_database
from eponctl.store.past import Past
from eponctl.views.replays import Comparison
from eponctl.windows import quiet_span

SETTLED = (
    "what pages were judged by (thresholds, confirm_polls, unreachable_polls, step_drop_db) is not "
    "replayed: history holds what was settled"
)
_DROPS = frozenset({EventKind.DOWN, EventKind.PWRDOWN})


def replay(config: Config, rules: Config, since: int, *, now: int) -> Comparison:
    """Replay what is stored since then; no row is written.

    `config` names database and OLTs, and has what pages were judged by; `rules` says what belongs
    together, when it is quiet, and who is told in which language. Raises StoreError when there is
    no database.
    """
    with open_database(config.database) as database, database.atomic():
        past = store.load(database, since, now, _quiet_since(rules, since))
    replayed = run(past, _under(config, rules))
    counts = _counts(replayed)
    names = {recipient: _masked(recipient) for recipient in counts}
    sendings = [one._replace(recipient=names[one.recipient]) for one in replayed.sendings]
    return Comparison(
        since=since,
        until=now,
        rules=rules.path,
        replayed=replayed._replace(sendings=tuple(sendings)),
        counts=tuple((names[recipient], count) for recipient, count in counts.most_common()),
        stored_incidents=len(listed(past.incidents, since)),
        stored_messages=sum(at >= since for times in past.news.values() for at in times),
        origins=origins(replayed.incidents, past),
        notes=tuple(_notes(config, rules, past)),
        is_telling=rules.whatsapp.enabled,
    )


def _quiet_since(rules: Config, at: int) -> int | None:
    """When the quiet time began that it was then: what that held is told at its end."""
    quiet = rules.alerts.quiet
    span = quiet and quiet_span(quiet, at, rules.timezone)
    return span[0] if span else None


def _under(config: Config, rules: Config) -> Config:
    return config._replace(
        path=rules.path,
        timezone=rules.timezone,
        language=rules.language,
        alerts=rules.alerts,
        maintenance=rules.maintenance,
        whatsapp=rules.whatsapp,
    )


def _counts(replayed: Replayed) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in replayed.sendings:
        counts[one.recipient] += len(one.texts)
    return counts


def _masked(recipient: str) -> str:
    # It comes with all that speaks HTTP: only where there is somebody to be masked.
    from eponctl.masking import masked

    return masked(recipient)


# --- what is not replayed ---------------------------------------------------------------------


def _notes(config: Config, rules: Config, past: Past) -> Iterator[str]:
    changed = list(_changed(config, rules))
    yield f"{SETTLED}; {rules.path.name} differs in {', '.join(changed)}" if changed else SETTLED
    old = sum(one.kind in _DROPS and one.incident is None for one in past.events)
    if old:
        drops = "1 drop is" if old == 1 else f"{old} drops are"
        yield f"{drops} from before reasons and distances were kept: their cause stays unknown"
    first = past.events[0].seen_at if past.events else past.until
    if past.kept_from is not None and first < past.kept_from and past.since < past.kept_from:
        kept_from = datetime.fromtimestamp(past.kept_from, rules.timezone)
        yield f"polls before {kept_from:%Y-%m-%d %H:%M} are not kept, only what they found"


def _changed(config: Config, rules: Config) -> Iterator[str]:
    """The keys that differ and have no effect here, as they are written in olts.toml."""
    before, after = config.thresholds._asdict(), rules.thresholds._asdict()
    for name in before:
        if before[name] != after[name]:
            yield name.removesuffix("_dbm").removesuffix("_c")
    for name in ("confirm_polls", "unreachable_polls"):
        if getattr(config.poll, name) != getattr(rules.poll, name):
            yield name
    if config.alerts.step_drop_db != rules.alerts.step_drop_db:
        yield "step_drop_db"

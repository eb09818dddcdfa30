"""What `eponctl olt test` found, as text and as one JSON object; what an edit changed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from eponctl.model import OltFacts
from eponctl.render.plain import safe
from eponctl.render.values import counted
from eponctl.settings import OltSettings

if TYPE_CHECKING:  # an edit's line must not cost the web library and the database
    from eponctl.commands.olt_detect import Look
    from eponctl.commands.olt_edit import Change
    from eponctl.commands.olt_test import OltTest

_SHOWN_NOTES = 8
_SHOWN_PONS = 16
_WIDTH = 11
_ABSENT = "not given by the device"


# --- olt test ---


def blocks(tests: Sequence[OltTest]) -> str:
    """A block of lines for each OLT, an empty line between two."""
    return "\n\n".join("\n".join(_block(test)) for test in tests)


def _block(test: OltTest) -> Iterator[str]:
    word = "ok" if test.is_ok else "FAILED"
    off = "" if test.olt.enabled else "  (disabled: polls pass it over)"
    yield f"{test.olt.id}  {word}  {test.olt.url}{off}"
    for label, text in _lines(test):
        yield f"  {label:{_WIDTH}}{safe(text)}"


def _lines(test: OltTest) -> Iterator[tuple[str, str]]:
    if test.is_reachable is not None:
        yield "answers", "yes" if test.is_reachable else "no"
    if test.is_logged_in is not None:
        how = "accepted" if test.is_logged_in else "refused"
        yield "login", f"{how}, as {test.olt.username}"
    yield from _facts(test)
    yield "took", f"{counted(test.requests, 'request')}, {test.seconds:.2f} s"
    for note in _clipped(test.notes):
        yield "note", note
    if test.error:
        yield "problem", test.error
    if test.is_accepted:
        yield "accepted", "the next good read is the new baseline; it alerts no ONU"
    elif test.hint:
        yield "do", test.hint


def _facts(test: OltTest) -> Iterator[tuple[str, str]]:
    """What the pages said, where they could be read."""
    reading = test.reading
    if reading is None:
        return
    facts = reading.facts or OltFacts()
    yield "driver", f"{test.driver}, dialect {reading.dialect or 'unknown: the table is empty'}"
    yield "model", facts.model or _ABSENT
    yield "firmware", facts.firmware or _ABSENT
    yield "ONUs", f"{len(reading.onus)}, {test.up} up"
    for start in range(0, len(test.pons), _SHOWN_PONS // 4):
        some = test.pons[start : start + _SHOWN_PONS // 4]
        label = "up by PON" if not start else ""
        yield label, "   ".join(_pon(pon.pon, pon.up, pon.onus, pon.error) for pon in some)
    yield "optics", {True: "yes", False: "none", None: "not known: no ONU is up"}[test.has_optics]


def _pon(pon: str, up: int, onus: int, error: str | None) -> str:
    return f"{pon} not read" if error else f"{pon} {up} of {onus}"


def _clipped(notes: Sequence[str]) -> Iterator[str]:
    yield from notes[:_SHOWN_NOTES]
    if len(notes) > _SHOWN_NOTES:
        yield f"and {len(notes) - _SHOWN_NOTES} more (all with --json)"


def closing(tests: Sequence[OltTest], *, accepts: bool) -> Iterator[str]:
    """Lines for people behind the blocks."""
    if len(tests) > 1:
        well = sum(test.is_ok for test in tests)
        yield f"{well} of {len(tests)} OLTs read well"
    for test in tests:
        if accepts and test.is_ok and not test.is_accepted:
            yield f"{test.olt.id}: nothing to accept, a poll believes this read as it is"


def as_json(tests: Sequence[OltTest], at: int, zone: tzinfo) -> str:
    """The object of `olt test --json`, `at` in UTC seconds; ASCII, so harmless anywhere.

    `kind` is null or unreachable, login, busy, page, firmware, bug; `optics` is null where no ONU
    is up; `login` is accepted, refused, or null where it did not come to that.
    """
    return json.dumps(
        {
            "schema": "eponctl-olt-test/1",
            "tested_at": datetime.fromtimestamp(at, zone).isoformat(),
            "olts": [_object(test) for test in tests],
        }
    )


def _object(test: OltTest) -> dict[str, Any]:
    reading = test.reading
    facts = (reading.facts if reading else None) or OltFacts()
    login = {True: "accepted", False: "refused", None: None}[test.is_logged_in]
    return {
        "id": test.olt.id,
        "name": test.olt.name,
        "url": test.olt.url,
        "enabled": test.olt.enabled,
        "ok": test.is_ok,
        "error": test.error,
        "kind": test.kind,
        "hint": test.hint or None,
        "accepted": test.is_accepted,
        "reachable": test.is_reachable,
        "login": login,
        "driver": test.driver,
        "dialect": reading.dialect if reading else None,
        "model": facts.model,
        "firmware": facts.firmware,
        "uptime": facts.uptime,
        "onus": len(reading.onus) if reading else None,
        "up": test.up if reading else None,
        "pons": [
            {"pon": pon.pon, "onus": pon.onus, "up": pon.up, "error": pon.error}
            for pon in test.pons
        ],
        "optics": test.has_optics,
        "notes": list(test.notes),
        "requests": test.requests,
        "seconds": round(test.seconds, 3),
    }


@contextlib.contextmanager
def testing(total: int) -> Iterator[Callable[[OltTest], None]]:
    """Show on stderr that OLTs are being read, and give what must be called for each one done."""
    from rich.console import Console
    from rich.markup import escape

    done = 0

    with Console(stderr=True).status(f"reading {counted(total, 'OLT')}") as status:

        def tell(test: OltTest) -> None:
            nonlocal done
            done += 1
            sign = "ok" if test.is_ok else "failed"
            status.update(f"{done} of {total} read, last {escape(test.olt.id)} {sign}")

        yield tell


# --- olt detect ---

_FAMILIES = {
    "hioso": "HIOSO, HisFocus or FIT (.asp pages)",
    "hsgq": "HSGQ (JSON)",
    "vsol": "V-SOL (/action pages)",
    "bdcom": "BDCOM (experimental)",
}


def look(look: Look) -> str:
    """A block of lines: the address, the family and how sure it is, what was seen."""
    return "\n".join(_look_lines(look))


def _look_lines(look: Look) -> Iterator[str]:
    found = look.detection
    names = [_FAMILIES.get(name, name) for name in (found.family, found.rival) if name]
    yield look.url
    lines = [
        ("family", ", or ".join(names) or "unknown"),
        ("sure", str(found.confidence) if names else "no family that is known looks like this"),
        *(("saw" if not place else "", line) for place, line in enumerate(found.saw)),
    ]
    if found.obstacle:
        lines.append(("problem", found.obstacle))
    if found.driver:
        lines.append(("olts.toml", f'driver = "{found.driver}"'))
        if not look.verify_tls:
            lines.append(("", "verify_tls = false"))
    for label, text in lines:
        yield f"  {label:{_WIDTH}}{safe(text)}"


def next_of(look: Look) -> str:
    """What to do about it."""
    found = look.detection
    if found.rival:
        return (
            f"both ask for a password first: with it, a poll finds out whether this is "
            f"{found.family} or {found.rival}"
        )
    if found.driver:
        return f'driver = "auto" finds {found.driver} by itself, too'
    if found.obstacle:
        return "no driver here reads it"
    return "is this the OLT's web page? If it is: README, 'Add your OLT'"


def look_as_json(look: Look) -> str:
    """The object of `olt detect --json`; `driver` is null where none can read it."""
    found = look.detection
    return json.dumps(
        {
            "schema": "eponctl-olt-detect/1",
            "url": look.url,
            "family": found.family,
            "rival": found.rival,
            "confidence": found.confidence,
            "driver": found.driver,
            "problem": found.obstacle,
            "saw": list(found.saw),
            "requests": look.requests,
        }
    )


# --- olt add, edit, remove, enable, disable ---


def added(change: Change, command: str) -> Iterator[str]:
    """What was written and what comes next; `command` is how this eponctl was called."""
    what = "wrote the new file" if change.is_new_file else "added to"
    yield f"{change.olt_id}: {what} {change.path}"
    is_on = change.after is None or change.after.enabled
    then = "poll" if is_on else f"olt enable {change.olt_id}"
    yield f"next: `{command} olt test {change.olt_id}`, then `{command} {then}`"


def edited(change: Change) -> str:
    """One line that says what is different now."""
    before, after = change.before, change.after
    if after is None or before is None:
        return f"{change.olt_id}: changed in {change.path}"
    parts = list(_differences(before, after))
    return f"{change.olt_id}: {'; '.join(parts) or 'nothing changed: it was so already'}"


def _differences(before: OltSettings, after: OltSettings) -> Iterator[str]:
    for word in ("url", "name", "username", "driver"):
        old, new = getattr(before, word), getattr(after, word)
        if old != new:
            yield f"{word} {new} (was {old})"
    if before.verify_tls != after.verify_tls:
        yield f"TLS certificates are {'' if after.verify_tls else 'not '}checked"
    if before.password != after.password:
        yield f"password {_place(after)}"


def _place(olt: OltSettings) -> str:
    secret = olt.password
    if secret is None or secret.value is not None:
        return "changed, in the file itself"
    if secret.env is not None:
        return f"from the environment variable {secret.env}"
    return f"from the file {secret.file}"


def switched(change: Change) -> str:
    """One line on an OLT that was enabled or disabled."""
    is_on = change.after is not None and change.after.enabled
    if change.before == change.after and change.before is not None:
        return f"{change.olt_id}: was {'enabled' if is_on else 'disabled'} already"
    if is_on:
        return f"{change.olt_id}: enabled, the next poll reads it"
    return f"{change.olt_id}: disabled, polls pass it over; what is known of it stays"


def removed(change: Change) -> str:
    """One line on an OLT that was taken out."""
    return f"{change.olt_id}: removed from {change.path}; its history stays in the database"

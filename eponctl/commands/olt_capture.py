"""`eponctl olt capture`: a device's pages as a recording that names nobody.

The driver asks as it does for a poll that knows nothing yet; then the further pages are asked for.
What is written was made nameless before, and read again by the driver.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eponctl import driver
from eponctl.atomicfile import draft_of, hint_for
from eponctl.capture import cassette, expectation
from eponctl.capture.asking import asked
from eponctl.capture.invention import Kind
from eponctl.capture.playing import hosted, replayed
from eponctl.capture.recording import Exchange, NotRecorded, RecordingWeb, target_of
from eponctl.capture.redaction import Owner, redacted
from eponctl.commands.olt_test import chosen
from eponctl.errors import ConfigError, EponctlError, OltError, Problem, Unreachable
from eponctl.lock import poll_lock
from eponctl.poll import way_to
from eponctl.settings import Config, OltSettings
from eponctl.store import olts as store_olts
from eponctl.store.database import open_database
from eponctl.web import Limits

# The further pages come on top of what a poll asks for.
_DEADLINE_TIMES = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a recording: what it was, and how many things of each kind were replaced.

    `is_further`: no driver asks for it; it is for people to look at.
    """

    method: str
    path: str
    status: int
    size: int
    replaced: Mapping[Kind, int]
    is_further: bool


@dataclass(frozen=True, slots=True)
class Capture:
    """A recording before it is written.

    `driver` is whose pages these are; None: no family's. `error` is what the driver made of them
    where it could not read them. `expected` is the text of the expectation; None where the
    recording cannot be played back, and `doubts` say why and what else a person should know.
    """

    olt: OltSettings
    driver: str | None
    asked: tuple[Asked, ...]
    document: str
    expected: str | None
    onus: int
    name: str
    error: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """The two files of a recording."""

    recording: Path
    expectation: Path


# --- where to ---


def target(path: Path, *, overwrites: bool) -> Target:
    """The files that a recording goes into. Raises ConfigError when they cannot be written."""
    if path.suffix != ".yaml":
        problem = Problem("-o", "", f'expected a name that ends in .yaml, got "{path.name}"')
        raise ConfigError([problem], "the expectation goes beside it, as NAME.expected.json")
    found = Target(path, path.with_name(path.name.removesuffix(".yaml") + ".expected.json"))
    if not path.parent.is_dir():
        raise ConfigError([Problem(str(path), "", f"there is no folder {path.parent}")])
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ConfigError([Problem(str(path), "", f"the folder {path.parent} is not writable")])
    there = [one for one in (found.recording, found.expectation) if os.path.lexists(one)]
    if any(one.exists() and not one.is_file() for one in there):
        raise ConfigError([Problem(str(one), "", "is no file") for one in there])
    if there and not overwrites:
        problems = [Problem(str(one), "", "is there already") for one in there]
        raise ConfigError(problems, "name another file, or overwrite it with --force")
    return found


def write(capture: Capture, files: Target) -> tuple[Path, ...]:
    """Both files, for nobody else to read, each whole or not at all. Raises EponctlError."""
    texts = [(files.recording, capture.document)]
    if capture.expected is None:
        # One of an older recording would not belong to this one.
        files.expectation.unlink(missing_ok=True)
    else:
        texts.append((files.expectation, capture.expected))
    for path, text in texts:
        try:
            with draft_of(path, new_mode=0o600) as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text.encode())
        except OSError as error:
            message = f"{path}: cannot be written: {error.strerror or error}"
            raise EponctlError(message, hint_for(error)) from error
    return tuple(path for path, _ in texts)


# --- asking ---


def captured(config: Config, olt_id: str) -> Capture:
    """Ask this OLT, and make what it answered nameless; nothing is written.

    Raises ConfigError and LockHeld before anything was asked, Unreachable when nothing came.
    """
    (olt,) = chosen(config, [olt_id])
    password = olt.password.reveal() if olt.password else ""
    with poll_lock(config.database, leaves_file=False):
        names = _remembered(config, olt)
        limits = Limits(
            config.poll.request_timeout_s,
            config.poll.request_timeout_s,
            time.monotonic() + _DEADLINE_TIMES * config.poll.olt_deadline_s,
            config.poll.page_delay_s,
            config.poll.retries,
        )
        try:
            web = RecordingWeb(
                olt.url,
                limits,
                login=(olt.username, password),
                sends_basic=False,
                verify_tls=olt.verify_tls,
            )
        except ValueError as error:
            raise Unreachable(f"not a usable address ({error})") from error
        with web, web.within():
            family, kept, fault = asked(web, names)
    if not kept:
        # Whatever it was: without a page there is nothing to write.
        what = fault.message if fault else "no answer"
        raise Unreachable(
            f"{olt.id}: {what}; nothing was written", f"`eponctl olt test {olt.id}` says more"
        )
    words = (olt.id, olt.name or "")
    owner = Owner(olt.url, olt.username, password, words)
    return _finished(olt, family, kept, fault, owner, config.poll.retries)


def _remembered(config: Config, olt: OltSettings) -> list[str]:
    """The driver to ask with; none where the family is to be found out."""
    state = None
    if config.database.exists():
        with open_database(config.database):
            state = store_olts.load().get(olt.id)
    name = way_to(olt, state)[0] if state else olt.driver
    return [] if name == driver.AUTO else [name]


# --- making it a recording ---


def _finished(
    olt: OltSettings,
    family: str | None,
    kept: Sequence[Exchange],
    fault: OltError | None,
    owner: Owner,
    retries: int,
) -> Capture:
    redaction = redacted(kept, owner)
    exchanges = [one.exchange for one in redaction.exchanges]
    doubts = []
    if redaction.is_unsafe:
        doubts.append(
            "the password is too short or too common a word to be looked for: search the recording"
            " for it"
        )
    expected: dict[str, Any] | None = None
    read: dict[str, Any] = {}
    unplayed = exchanges
    if family:
        try:
            read, unplayed = replayed(family, exchanges, retries)
            before, _ = replayed(family, hosted(kept, owner.url), retries)
            if expectation.without_owner(read) != expectation.without_owner(before):
                doubts.append(
                    "the driver reads the recording otherwise than the device: a word was replaced"
                    " that it needs"
                )
            expected = _with_terms(read, unplayed, retries)
        except NotRecorded as missing:
            doubts.append(f"it cannot be played back, so it is no test: no answer to {missing}")
            unplayed = []
    else:
        doubts.append("no driver reads it, so it is no test: it is for people to look at")
    requests = tuple(
        Asked(
            one.exchange.method,
            target_of(one.exchange.url),
            one.exchange.status,
            len(one.exchange.body),
            one.replaced,
            any(one.exchange is left for left in unplayed),
        )
        for one in redaction.exchanges
    )
    return Capture(
        olt,
        family,
        requests,
        cassette.document(exchanges, _remarks(family, kept, requests)),
        None if expected is None else expectation.text(expected),
        len(read.get("onus", ())),
        _name(read),
        None if fault is None else fault.message,
        tuple(doubts),
    )


def _with_terms(read: dict[str, Any], unplayed: Sequence[Exchange], retries: int) -> dict[str, Any]:
    """The expectation with what the test has to know to play the recording."""
    terms: dict[str, Any] = {"retries": retries} if retries else {}
    if unplayed:
        terms["further"] = [f"{one.method} {target_of(one.url)}" for one in unplayed]
    return {**terms, **read}


def _remarks(family: str | None, kept: Sequence[Exchange], asked: Sequence[Asked]) -> Iterable[str]:
    yield "Recorded by `eponctl olt capture`; names, MACs, addresses and keys are invented."
    yield f"Family: {family or 'unknown'}."
    for one, shown in zip(kept, asked, strict=True):
        cookie = one.headers.get("Set-Cookie")
        if cookie:
            name = re.sub(r"[^\w-]", "", cookie.partition("=")[0])[:40]
            yield f"{shown.method} {shown.path} set a cookie, {name}: left out."


def _name(read: Mapping[str, Any]) -> str:
    """What a recording of this device is called: `<model>_<firmware>-<case>.yaml`."""
    facts = read.get("facts") or {}
    model = re.sub(r"[^a-z0-9]", "", (facts.get("model") or "other").lower()) or "other"
    firmware = re.sub(r"[^a-z0-9.]", "", (facts.get("firmware") or "unknown").lower())
    return f"{model}_{firmware or 'unknown'}-captured.yaml"

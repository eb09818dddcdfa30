"""`eponctl whatsapp test`: one text straight to the gateway, and what its answer means.

Passes the outbox over: nothing is queued, tried again or counted. Works while the channel is
disabled, if its settings would do; what they lack is asked of configschema.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eponctl import config as configuration
from eponctl import messages, provider
from eponctl.configvalues import Expected, recipient, shown
from eponctl.errors import ConfigError, Outcome, Problem, SendError
from eponctl.provider import Level, Provider, Receipt
from eponctl.settings import Config
from eponctl.telling.routing import recipients
from eponctl.web import Limits

CHANNEL = frozenset({Outcome.SENDER_DOWN, Outcome.BAD_CONFIG})
"""What ends a run, for it would meet every other recipient too."""

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.RETRY: "not sent; a poll keeps its messages and tries again by itself",
    Outcome.SENDER_DOWN: "not sent: the gateway answers, but it has lost its WhatsApp session; "
    "a poll keeps its messages until it is back",
    Outcome.BAD_RECIPIENT: "not sent: the gateway does not reach this recipient",
    Outcome.BAD_MESSAGE: "not sent: the gateway refuses this text",
    Outcome.BAD_CONFIG: "not sent: the gateway refuses what [whatsapp] in olts.toml says; "
    "a poll keeps its messages until that is mended",
    Outcome.AMBIGUOUS: "perhaps sent: no clear answer came; look at the phone",
}
LEVELS: Mapping[Level, str] = {
    Level.QUEUED: "the gateway has put it into its queue",
    Level.ACCEPTED: "the gateway has accepted it",
    Level.SENT: "the gateway has handed it on, the phone should show it",
    Level.SERVER_ACK: "WhatsApp's server has it",
}
_HINTS: Mapping[Outcome, str] = {
    Outcome.RETRY: "try again in a minute; if it stays so, check the gateway and api_url",
    Outcome.AMBIGUOUS: "if it came, all is well; if not, try again in a minute",
    Outcome.BAD_MESSAGE: "the gateway's words say what it does not take; the next text may pass",
    Outcome.BAD_CONFIG: "the gateway's words say what it refuses; see the account there",
    Outcome.SENDER_DOWN: "connect the sender again at the gateway",
    Outcome.BAD_RECIPIENT: "check that the number is on WhatsApp, with its country code",
}
_SAMPLE = "the commented sample of olts.toml explains every key"


@dataclass(frozen=True, slots=True)
class Sent:
    """One recipient's try: a receipt, or an error; neither where it was not tried. Seconds."""

    recipient: str
    receipt: Receipt | None = None
    error: SendError | None = None
    seconds: float = 0.0

    @property
    def is_ok(self) -> bool:
        """Whether the gateway took it."""
        return self.receipt is not None

    @property
    def hint(self) -> str:
        """What to do about the error."""
        return "" if self.error is None else self.error.hint or _HINTS.get(self.error.outcome, "")


def channel(config: Config, to: str | None) -> tuple[Config, tuple[str, ...]]:
    """The configuration with its channel complete, and everybody it is for, or only `to`.

    Raises ConfigError: what the settings lack, or a `to` that is no recipient.
    """
    problems: list[Problem] = []
    names: tuple[str, ...] = ()
    if to is not None:
        try:
            names = (recipient(to),)
        except Expected as error:
            problems.append(Problem("--to", "", f"expected {error.expected}, got {shown(to)}"))
    if not config.whatsapp.enabled:
        try:
            config = _as_if_enabled(config, needs_recipients=to is None)
        except ConfigError as error:
            problems += error.problems
    if problems:
        hint = "" if problems[-1].file == "--to" else _SAMPLE
        raise ConfigError(problems, hint)
    return config, names or recipients(config.whatsapp)


def _as_if_enabled(config: Config, *, needs_recipients: bool) -> Config:
    """The same file with `enabled = true`; raises what a poll would then say of it."""
    import tomli_w

    text = configuration.read_text(config.path)
    document: dict[str, Any] = configuration.parse_toml(text, config.path)
    table = document.get("whatsapp")
    if not isinstance(table, dict):
        raise ConfigError([Problem(str(config.path), "whatsapp", "missing, expected a table")])
    table["enabled"] = True
    if not needs_recipients:
        table.setdefault("recipients", ["6280000000000"])
    return configuration.parse(tomli_w.dumps(document), config.path)


def send(
    config: Config,
    recipients: Sequence[str],
    *,
    clock: Callable[[], float],
    monotonic: Callable[[], float],
    progress: Callable[[str], None] | None = None,
) -> tuple[Sent, ...]:
    """Send each of them the test message, until one failure would be everybody's.

    `clock` gives UTC seconds, `monotonic` the clock of web.Limits. Each may take one OLT deadline.
    Raises ConfigError: the key cannot be had.
    """
    gateway = provider.load(config.whatsapp)
    text = messages.test_message(
        now=int(clock()),
        zone=config.timezone,
        language=config.words,
        olts=sum(olt.enabled for olt in config.olts),
    )
    results: list[Sent] = []
    for name in recipients:
        if any(one.error and one.error.outcome in CHANNEL for one in results):
            results.append(Sent(name))
            continue
        if progress:
            progress(name)
        results.append(_sent(gateway, name, text, config, monotonic))
    return tuple(results)


def _sent(
    gateway: Provider, name: str, text: str, config: Config, monotonic: Callable[[], float]
) -> Sent:
    started = monotonic()
    settings = config.poll
    limits = Limits(
        settings.request_timeout_s, gateway.read_timeout_s, started + settings.olt_deadline_s
    )
    try:
        receipt = gateway.send(name, text, limits)
    except SendError as error:
        return Sent(name, error=error, seconds=monotonic() - started)
    return Sent(name, receipt, seconds=monotonic() - started)

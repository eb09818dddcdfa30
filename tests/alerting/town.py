"""A town with OLTs, telephones and one gateway: whole polls, without a device, a wait or a socket.

Everything between the device's table and the gateway is the real thing, on a database in a file.
The gateway's log of what it delivered is the truth of what each telephone saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import peewee

from eponctl import outbox, saving, sending
from eponctl.driver import Known, Scrape
from eponctl.errors import Outcome, SendError, Unreachable
from eponctl.model import OltReading
from eponctl.provider import Health, Level, Receipt
from eponctl.saving import Saved
from eponctl.scrape import Job, Scraped
from eponctl.settings import Config, OltSettings, ReportSettings, WhatsAppSettings
from eponctl.store import olts as store_olts
from eponctl.store import outbox as store_outbox
from eponctl.store.database import open_database
from eponctl.store.links import alerts_of, tells_of
from eponctl.store.outbox import SUMMARY, Message
from eponctl.telling.records import Tell
from eponctl.web import Limits, Web
from tests.network import MINUTE, Network

ANN, BOB, CID = "6281200000001", "6281200000002", "6281200000003"
SIZES = {"OLT-A": {"0/1": 6, "0/2": 4}, "OLT-B": {"0/1": 5}}
REPEATED = "(repeat) "
_A_REQUEST_S = 0.4


class Answer(Enum):
    """What a gateway does with a message."""

    TAKES = auto()
    LEAVES = auto()  # for now
    ECHOES = auto()  # delivers it, and its answer is lost
    LOSES = auto()  # its answer is lost, and so is the message
    REFUSES = auto()  # this text, for good
    KNOWS_NOT = auto()  # this recipient, for good
    HAS_NO_SENDER = auto()
    IS_INTERRUPTED = auto()  # Ctrl-C once it is delivered
    IS_KILLED = auto()  # the process dies between the gateway's yes and the commit


ERRORS: Mapping[Answer, SendError] = {
    Answer.LEAVES: SendError(Outcome.RETRY, "gateway: HTTP 502"),
    Answer.ECHOES: SendError(Outcome.AMBIGUOUS, "gateway: HTTP 500"),
    Answer.LOSES: SendError(Outcome.AMBIGUOUS, "gateway: HTTP 500"),
    Answer.REFUSES: SendError(Outcome.BAD_MESSAGE, "gateway: HTTP 413"),
    Answer.KNOWS_NOT: SendError(Outcome.BAD_RECIPIENT, "gateway: no such number"),
    Answer.HAS_NO_SENDER: SendError(Outcome.SENDER_DOWN, "gateway: not connected"),
}
_DELIVERING = frozenset({Answer.TAKES, Answer.ECHOES, Answer.IS_INTERRUPTED, Answer.IS_KILLED})
_PERHAPS = _DELIVERING | {Answer.LOSES}


class Seen(NamedTuple):
    """One message as the gateway had it: when, for whom, which row of the outbox, what it says."""

    at: float
    recipient: str
    message: int
    kind: str
    text: str
    answer: Answer
    tells: frozenset[Tell]
    alerts: frozenset[int]

    @property
    def is_delivered(self) -> bool:
        """Whether the telephone has it."""
        return self.answer in _DELIVERING


class Killed(BaseException):
    """The process is gone, whatever it was about to write."""


@dataclass
class Gateway:
    """A provider that answers as it is told: first `script`, beyond it `usual`."""

    max_chars = 4000
    max_bytes = 60_000
    read_timeout_s = 50.0
    pause_s = 6.0

    at: float = 0.0
    usual: Answer = Answer.TAKES
    script: list[Answer] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    dies: bool = False

    def send(self, to: str, text: str, limits: Limits) -> Receipt:
        """Answer, and remember what the telephone got, perhaps."""
        self.at += _A_REQUEST_S
        answer = self.script.pop(0) if self.script else self.usual
        if answer in _PERHAPS:
            row = _row_of(to, text.removeprefix(REPEATED))
            tells, alerts = tells_of([row.id]), alerts_of([row.id])
            self.seen.append(
                Seen(
                    self.at,
                    to,
                    row.id,
                    row.kind,
                    row.text,
                    answer,
                    frozenset(tells.get(row.id, ())),
                    frozenset(alerts.get(row.id, ())),
                )
            )
        if answer in ERRORS:
            raise ERRORS[answer]
        if answer is Answer.IS_INTERRUPTED:
            raise KeyboardInterrupt
        self.dies = answer is Answer.IS_KILLED
        return Receipt(Level.SENT)

    def health(self, limits: Limits) -> Health:
        """Tell nothing: the messages find out."""
        return Health.UNKNOWN

    def now(self) -> int:
        """The clock, which is looked at before a yes is written down."""
        if self.dies:
            self.dies = False
            raise Killed
        return int(self.at)

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.at += seconds


def _row_of(recipient: str, text: str) -> Message:
    """The message that is being sent: its recipient's first with this text."""
    waiting = [m for m in store_outbox.queued() if (m.recipient, m.text) == (recipient, text)]
    return min(waiting, key=lambda message: (message.kind != SUMMARY, message.id))


@dataclass(frozen=True)
class _Table:
    """A driver whose device is a Network; a scrape's plan is the OLT's id."""

    network: Network
    SENDS_BASIC = True

    def fetch(self, web: Web, known: Known) -> Scrape:
        """Not asked: the scrape is made without a thread."""
        raise NotImplementedError

    def read(self, scrape: Scrape, known: Known) -> OltReading:
        """The OLT's ONUs as they are now; what `failed` names are PONs."""
        onus = self.network.onus[scrape.plan].values()
        return OltReading(
            "A22",
            tuple(onu for onu in onus if onu.pon not in scrape.failed),
            failed_pons=scrape.failed,
            is_whole_table=False,
        )


Sizes = Mapping[str, Mapping[str, int]]
"""How many ONUs, by OLT and PON."""


def config_of(folder: Path, sizes: Sizes = SIZES, **changes: object) -> Config:
    """The configuration of a town: three recipients who get everything, no reports."""
    values: dict[str, object] = {
        "path": folder / "olts.toml",
        "database": folder / "eponctl.db",
        "timezone": ZoneInfo("Asia/Jakarta"),
        "report": ReportSettings(hourly=False),
        "whatsapp": WhatsAppSettings(enabled=True, recipients=(ANN, BOB, CID)),
        "olts": tuple(
            OltSettings(name, name, "http://127.0.0.1:1", "admin", None) for name in sizes
        ),
    }
    return Config(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Town:
    """OLTs of the configuration, polled when told.

    `away` are those that do not answer, `unread` the PONs that cannot be read (OLT id, PON).
    """

    config: Config
    database: peewee.SqliteDatabase
    gateway: Gateway
    sizes: Sizes
    away: set[str] = field(default_factory=set)
    unread: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.network = Network(self.sizes)

    @property
    def now(self) -> int:
        """UTC seconds."""
        return int(self.gateway.at)

    @property
    def seen(self) -> list[Seen]:
        """What the gateway had, perhaps, so far."""
        return self.gateway.seen

    def poll(self, *answers: Answer, seconds: int = MINUTE, olt_ids: Sequence[str] = ()) -> Saved:
        """One whole poll, so long after the last ended; the gateway's next answers are these.

        `olt_ids`: only these are asked.
        """
        self.gateway.at += seconds
        self.gateway.script = list(answers)
        saved = self.save(olt_ids)
        try:
            self.deliver()
        except (KeyboardInterrupt, Killed):
            return saved
        saving.clean_daily(self.database, self.config, self.now)
        return saved

    def save(self, olt_ids: Sequence[str] = (), *, is_dry_run: bool = False) -> Saved:
        """What a poll does before it delivers."""
        config, now = self.config, self.now
        states, books = store_olts.load(), saving.books_of(self.database)
        usuals = saving.usuals_of(self.database, books, now)
        scraped = [
            self._scraped(olt, Known(onus_by_pon=state.onus_by_pon) if state else Known())
            for olt in config.olts
            if olt.enabled and (not olt_ids or olt.id in olt_ids)
            for state in [states.get(olt.id)]
        ]
        outcomes = saving.outcomes_of(scraped, states, books, usuals, config, now, None)
        summaries = saving.summaries_of(config, states, books, outcomes, now)
        return saving.save(
            self.database, config, outcomes, states, summaries, now, is_dry_run=is_dry_run
        )

    def _scraped(self, olt: OltSettings, known: Known) -> Scraped:
        job = Job(olt, _Table(self.network), known, ("", ""))
        error = Unreachable("no answer in time")
        failed = {pon: error for olt_id, pon in self.unread if olt_id == olt.id}
        scrape = Scrape(olt.id, {}, failed)
        return Scraped(job, error if olt.id in self.away else scrape, 1.0)

    def deliver(self) -> None:
        """What a poll does then, where anything waits."""
        if not saving.has_something_to_send(self.config):
            return
        gateway = self.gateway
        outbox.deliver(
            gateway,
            self.database,
            self.config.whatsapp,
            now=gateway.now,
            monotonic=lambda: gateway.at,
            budget_s=self.config.poll.olt_deadline_s,
            summary=self._summary,
            repeat=lambda text: f"{REPEATED}{text}",
            jitter=lambda: 1.0,
            sleep=gateway.sleep,
        )

    def _summary(self, waiting: Sequence[Message]) -> list[str]:
        return [sending._summary(waiting, self.config, self.now)]


def town_in(stack: ExitStack, config: Config, at: int, sizes: Sizes = SIZES) -> Town:
    """A town whose every OLT was read once, with a database that `stack` closes."""
    database = stack.enter_context(open_database(config.database, create=True))
    town = Town(config, database, Gateway(float(at)), sizes)
    town.poll(seconds=0)
    return town

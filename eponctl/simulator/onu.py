"""One simulated ONU: the values a device would print about it, and what befalls it.

Knows nothing of pages or dialects; see `rows` for how a value is written.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

#: The devices of the field notes stand in Indonesia; their clocks show local time without a zone.
DEVICE_UTC_OFFSET = timedelta(hours=7)

_revisions = itertools.count(1)


def device_now(utc_offset: timedelta = DEVICE_UTC_OFFSET) -> datetime:
    """Tell what a device's clock shows: whole seconds, without a time zone."""
    return (datetime.now(tz=UTC) + utc_offset).replace(microsecond=0, tzinfo=None)


@dataclass(eq=False)
class SimOnu:
    """An ONU as its OLT knows it; every attribute may be set at any time.

    `onu_id` is `0/1:3` (family A) or `0/1/1:3` (family B). A `name` in bytes goes onto the page
    as it is, so that text that is not UTF-8 can be tried. `status` is the device's word: any
    text. Optical values of None are printed as `--`. `rtt` is in ticks of 16 ns, `ctc` and `auth`
    are the codes of the 22-column page (auth 2 is "Deactivate"). The reason, the gasp flag and
    both times describe the last outage and stay filled while the ONU is up. `online_seconds`
    grows with real time while the ONU is registered and stands still while it is lost.
    """

    onu_id: str
    name: str | bytes
    mac: str
    status: str = "Up"
    temperature_c: float | None = 42.0
    voltage_v: float | None = 3.0
    bias_ma: float | None = 12.0
    tx_power_dbm: float | None = 2.06
    rx_power_dbm: float | None = -21.0
    rtt: int = 338
    ctc: int = 5
    ctc_version: int = 21
    auth: int = 0
    offline_reason: int = 0
    dying_gasp: bool = False
    registered_at: datetime | None = None
    deregistered_at: datetime | None = None
    first_registered_at: datetime | None = None
    online_seconds: int = 3600
    deregister_count: int = 0
    firmware: str = "3230"
    chip: str = "6301"
    ports: int = 5
    counted_at: float = field(default_factory=time.time, repr=False)
    revision: int = field(default=0, init=False, repr=False)

    def __setattr__(self, name: str, value: object) -> None:
        """Store the value and take a new revision number, which tells that pages are old."""
        # The dictionary itself: half the price, and a farm sets some millions of values at birth.
        values = self.__dict__
        values[name] = value
        if name == "online_seconds":
            values["counted_at"] = time.time()
        values["revision"] = next(_revisions)

    @property
    def pon(self) -> str:
        """The PON port: the part of the id before the colon."""
        return self.onu_id.partition(":")[0]

    @property
    def is_lost(self) -> bool:
        """Whether the status word (`Down`, `PwrDown`, `PowerOff`, ...) means "not registered".

        `LoopDetected` and unknown words are not lost: their uptime runs on and their optics are
        live.
        """
        word = self.status.lower()
        return "down" in word or "off" in word

    @property
    def started_at(self) -> float:
        """Epoch seconds at which the uptime was, or would have been, zero."""
        return self.counted_at - self.online_seconds

    def uptime(self, now: float | None = None) -> int:
        """Return the seconds online at epoch time `now`; the last known when the ONU is lost."""
        if self.is_lost:
            return self.online_seconds
        return max(0, int((time.time() if now is None else now) - self.started_at))

    def lose(
        self,
        reason: int = 1,
        *,
        gasp: bool = False,
        word: str = "Down",
        now: datetime | None = None,
    ) -> None:
        """Take the ONU off the PON; optics, RTT and uptime stay at their last values.

        `reason` is the device's code (1: timeout), `gasp` says whether it announced a loss of
        power, `now` is the time on the OLT's clock.
        """
        seconds = self.uptime()
        self.status = word
        self.online_seconds = seconds
        self.offline_reason = reason
        self.dying_gasp = gasp
        self.deregistered_at = now or device_now()

    def restore(self, *, now: datetime | None = None) -> None:
        """Bring the ONU back: `Up`, uptime from zero, one more in the deregister counter."""
        self.status = "Up"
        self.online_seconds = 0
        self.deregister_count += 1
        self.registered_at = now or device_now()

    def restart(self, *, now: datetime | None = None) -> None:
        """Let the ONU have re-registered unseen: `Up`, only uptime, counter and times tell."""
        moment = now or device_now()
        self.deregistered_at = moment - timedelta(seconds=40)
        self.restore(now=moment)

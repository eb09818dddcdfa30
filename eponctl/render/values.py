"""Single values as people read them: `-22.5 dBm`, `45.0 °C`, `1.6 km`, `5m 15s`; `-` for none."""

from __future__ import annotations

from datetime import datetime, tzinfo

from eponctl.messages.text import duration
from eponctl.render.plain import safe
from eponctl.render.sheet import NOTHING

_KM = 1000


def words(text: str | None) -> str:
    """A device's text on one line, harmless, with single spaces."""
    return " ".join(safe(text).split()) or NOTHING if text else NOTHING


def beside(name: str | None, customer: str | None) -> str:
    """A device's name with its customer's behind it: `CLIENT-001 (Budi Santoso)`."""
    device, who = words(name), words(customer)
    if who in {NOTHING, device}:
        return device
    return who if device == NOTHING else f"{device} ({who})"


def word(value: str | None) -> str:
    """A word of the vocabulary: `dying gasp`."""
    return value.replace("_", " ") if value else NOTHING


def dbm(value: float | None) -> str:
    """A power."""
    return NOTHING if value is None else f"{round(value, 1) + 0.0:.1f} dBm"


def celsius(value: float | None) -> str:
    """A temperature."""
    return NOTHING if value is None else f"{round(value, 1) + 0.0:.1f} °C"


def distance(metres: int | None) -> str:
    """A distance in m, from 1 km on in km."""
    if metres is None:
        return NOTHING
    return f"{metres} m" if metres < _KM else f"{metres / _KM:.1f} km"


def percent(value: float | None) -> str:
    """A share."""
    return NOTHING if value is None else f"{value:.1f} %"


def seconds(value: int | None) -> str:
    """A length of time, its two largest units."""
    return NOTHING if value is None else duration(value)


def age(at: int | None, now: int) -> str:
    """How long ago that was."""
    return NOTHING if at is None else duration(now - at)


def moment(at: int | None, zone: tzinfo) -> str:
    """A time to the second, in `zone`."""
    return NOTHING if at is None else datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def clock(at: int, now: int, zone: tzinfo) -> str:
    """A time to the minute, in `zone`; with its day where that is not today."""
    when = datetime.fromtimestamp(at, zone)
    is_today = when.date() == datetime.fromtimestamp(now, zone).date()
    return when.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M")


def counted(count: int, what: str) -> str:
    """`1 ONU`, `64 ONUs`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

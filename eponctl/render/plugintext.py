"""`check` as a Nagios or Icinga plugin writes it: a line, what is wrong, performance data.

The character between text and data never stands in the text, whatever a device calls itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from eponctl.commands.check import Checked, Health
from eponctl.render import values
from eponctl.render.plain import clip

NAME = "EPON"
MOST_FAULTS = 20
_LINE = 200


def lines(checked: Checked) -> Iterator[str]:
    """The first line with its performance data, then a line for each fault."""
    summary = checked.summary
    counts = (
        f"{values.counted(summary.olts, 'OLT')}, {checked.unreachable} unreachable; "
        f"{values.counted(summary.onus, 'ONU')}, {summary.online} online, "
        f"{values.counted(summary.problems, 'problem')}"
    )
    worst = sorted(checked.faults, key=lambda fault: -fault.health)
    first = f"{worst[0].text}; {counts}" if worst else counts
    data = " ".join(_data(checked))
    yield f"{NAME} {checked.health.name} - {harmless(first)} | {data}"
    yield from (f"{fault.health.name}: {harmless(fault.text)}" for fault in worst[:MOST_FAULTS])
    if len(worst) > MOST_FAULTS:
        yield f"... and {len(worst) - MOST_FAULTS} more"


def unknown(text: str) -> str:
    """The line of a check that could not be made."""
    return f"{NAME} {Health.UNKNOWN.name} - {harmless(text)}"


def harmless(text: str) -> str:
    """A text on one line, without the character that begins performance data."""
    return clip(values.words(text).replace("|", "¦"), _LINE)


def _data(checked: Checked) -> Iterator[str]:
    """`label=value;warn;crit;min;max`, in base units; what is not known is left out."""
    summary, limits = checked.summary, checked.limits
    yield f"problem_share={checked.share_percent:.1f}%;{limits.warning:g};{limits.critical:g};0;100"
    yield f"problems={summary.problems};;;0;{summary.onus}"
    yield f"online={summary.online};;;0;{summary.onus}"
    yield f"olts_unreachable={checked.unreachable};;0;0;{summary.olts}"
    yield f"critical_incidents={checked.critical_incidents};;0;0"
    if checked.age_s is not None:
        old, very_old = checked.old_s
        yield f"poll_age={checked.age_s}s;{old};{very_old};0"
    if summary.avg_rx_power_dbm is not None:
        yield f"rx_power={summary.avg_rx_power_dbm}"
    if summary.avg_temperature_c is not None:
        yield f"temperature={summary.avg_temperature_c}"

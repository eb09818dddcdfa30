"""How an ONU is written as a row of an array, for each number of values per row.

Written from the field notes alone (section 2 for family A, section 3 for family B). A row is a
list of texts; text that is not UTF-8 travels as surrogate escapes until the page is encoded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from eponctl.simulator.olt import SimOlt
from eponctl.simulator.onu import SimOnu

#: Stands where the seconds online go; replaced when the page is sent. No name can hold it by
#: accident.
UPTIME = "\0uptime\0"

NEVER = "0000-00-00 00:00:00"
_CTC_TEXT = {
    0: "--",
    1: "MpcpDiscovery",
    2: "MpcpSla",
    3: "CtcInfo",
    4: "RequestCfg",
    5: "CtcNegDone",
}
_AUTH_DEACTIVATED = 2
_CTC_DONE = 5


def row_maker(olt: SimOlt, columns: int) -> Callable[[SimOnu], list[str]]:
    """Return the function that writes one ONU with so many values in this OLT's dialect."""
    escape = olt.quote_style == "backslash"

    def prefix(onu: SimOnu, word: str) -> list[str]:
        mac = onu.mac.upper() if olt.family == "A" else onu.mac.lower()
        name = name_text(onu, escape=escape)
        return [onu.onu_id, name, mac, word, onu.firmware, onu.chip, str(onu.ports)]

    def per_pon_a(onu: SimOnu) -> list[str]:
        # Lost rows of the two fixtures: `MpcpDiscovery`, RTT 1, and `--` for all optics.
        ctc = 1 if onu.is_lost and onu.ctc == _CTC_DONE else onu.ctc
        auth = "Deactivate" if onu.auth == _AUTH_DEACTIVATED else "Activate"
        cells = prefix(onu, onu.status)
        cells += [_CTC_TEXT.get(ctc, str(ctc)), str(onu.ctc_version), auth]
        cells.append("1" if onu.is_lost else str(onu.rtt))
        if columns > 11:  # noqa: PLR2004  (the stride is the dialect's name)
            cells += ["--"] * 5 if onu.is_lost else optics(onu)
        return cells

    def whole_box_a(onu: SimOnu) -> list[str]:
        return [
            *prefix(onu, onu.status),
            str(onu.ctc),
            str(onu.ctc_version),
            str(onu.auth),
            str(onu.rtt),
            *optics(onu),
            stamp(onu.registered_at),
            stamp(onu.deregistered_at),
            str(onu.offline_reason),
            uptime_cell(onu),
            str(onu.deregister_count),
            str(int(onu.dying_gasp)),
            *["0"] * (columns - 22),  # what the 23rd and 24th are is not known
        ]

    def per_pon_b(onu: SimOnu) -> list[str]:
        cells = [*prefix(onu, onu.status), *optics(onu), str(onu.rtt)]
        return cells[:columns]

    def whole_box_b(onu: SimOnu) -> list[str]:
        # This page has no word for a loss of power: it says Down, and column 14 tells.
        power_lost = onu.dying_gasp or onu.status == "PwrDown"
        word = "Down" if onu.status == "PwrDown" else onu.status
        reason = int(power_lost) if olt.b18_reason == "gasp-flag" else onu.offline_reason
        return [
            *prefix(onu, word),
            *optics(onu),
            uptime_cell(onu),
            str(onu.deregister_count),
            str(reason),
            str(onu.rtt),
            stamp(onu.registered_at),
            stamp(onu.deregistered_at),
        ]

    if olt.family == "A":
        return whole_box_a if columns >= 22 else per_pon_a  # noqa: PLR2004  (as above)
    return whole_box_b if columns == 18 else per_pon_b  # noqa: PLR2004  (as above)


def name_text(onu: SimOnu, *, escape: bool) -> str:
    """Return the name as it stands between the quotes; bytes are kept as surrogate escapes."""
    name = onu.name
    if isinstance(name, bytes):
        name = name.decode("utf-8", "surrogateescape")
    if escape and ("'" in name or "\\" in name):
        name = name.replace("\\", "\\\\").replace("'", "\\'")
    return name


def optics(onu: SimOnu) -> list[str]:
    """Return temperature, voltage, bias, TX and RX with two decimals, `--` for what is missing."""
    values = (
        onu.temperature_c,
        onu.voltage_v,
        onu.bias_ma,
        onu.tx_power_dbm,
        onu.rx_power_dbm,
    )
    return ["--" if value is None else f"{value:.2f}" for value in values]


def stamp(moment: datetime | None) -> str:
    """Write a time as the device does; never is a row of zeros."""
    return NEVER if moment is None else moment.isoformat(" ", "seconds")


def uptime_cell(onu: SimOnu) -> str:
    """Return the place-holder for a running uptime, or the standing value of a lost ONU."""
    return str(onu.online_seconds) if onu.is_lost else UPTIME


def detail_row(olt: SimOlt, onu: SimOnu) -> list[str]:
    """Return `onuinfo`: 17 values where the 22-column page exists, else 10 (4 to 6 blank on A)."""
    escape = olt.quote_style == "backslash"
    first = onu.first_registered_at or onu.registered_at
    times = [stamp(first), stamp(onu.registered_at), stamp(onu.deregistered_at)]
    mac = onu.mac.upper() if olt.family == "A" else onu.mac.lower()
    head = [onu.onu_id, name_text(onu, escape=escape), mac, onu.status]
    hardware = [onu.firmware, onu.chip, str(onu.ports)]
    if olt.family == "B":
        return [*head, *hardware, *times]
    if olt.whole_box_columns is None:
        return [*head, "", "", "", *times]
    return [
        *head,
        *hardware,
        *times,
        str(onu.ctc),
        str(onu.ctc_version),
        str(onu.auth),
        str(onu.offline_reason),
        uptime_cell(onu),
        str(onu.deregister_count),
        str(int(onu.dying_gasp)),
    ]

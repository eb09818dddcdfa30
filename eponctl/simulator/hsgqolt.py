"""One simulated HSGQ OLT: settings, sessions and the record of what was asked of it.

Data and plain state changes only; answers are made in `hsgqsite`, connections in `hsgq`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, get_args

from eponctl.simulator.olt import SimOlt
from eponctl.simulator.onu import SimOnu

#: The seven states of the vendor's page.
State = Literal["Online", "Offline", "Initial", "Register", "Auth-Fail", "Unauth", "Auth Limit"]
STATES: tuple[State, ...] = get_args(State)


class Spoilt(StrEnum):
    """One way in which an answer of the JSON interface is not what was asked for."""

    #: `{"code": 0}`: the token is not known.
    NO_LOGIN = "code 0"
    #: `{"code": -1}`: the token has been idle for too long.
    TIMED_OUT = "code -1"
    #: `{"code": 2}`: a text for the operator.
    REFUSED = "code 2"
    EMPTY = "empty"
    HTML = "html"
    #: The JSON stops half way.
    CUT = "cut"
    #: `{"code": 1}` and nothing else.
    NO_DATA = "no data"
    #: `data` is an object instead of a list.
    NO_LIST = "no list"
    #: HTTP 401.
    UNAUTHORIZED = "401"
    #: HTTP 403.
    FORBIDDEN = "403"


@dataclass(eq=False)
class HsgqOlt(SimOlt):
    """An OLT with the JSON interface; a `SimOlt` in everything that a farm or a scenario touches.

    `spoilt` holds for the pages whose path and query begin with the key, the login among them.
    `message_key` is `msg` on some firmware. `needs_value` says that a login is checked by its
    `value`, too. `front_needs_token` closes `/board_info` to visitors. `is_old` leaves the keys out
    that older firmware lacks. `auth_form`, `with_units` say how values are written, `words`,
    `reasons` and `powers` replace the text of single ONUs, by ONU id. `lists_all` lists every PON
    whatever was asked for. `counts` replaces what the device counts (online, offline) on a port.
    `sessions` are the tokens that are good now. Texts of refusals are invented: no real one was
    ever published.
    """

    dialect: Any = "HSGQ"
    username: str = "root"
    model: str = "HSGQ-E04"
    firmware: str = "I_V1.0.0_Rel"
    most_sessions: int = 4
    spoilt: dict[str, Spoilt] = field(default_factory=dict)
    message_key: Literal["message", "msg"] = "message"
    needs_value: bool = False
    gives_token: bool = True
    has_features: bool = True
    has_captcha: bool = False
    front_needs_token: bool = False
    device_type: int = 1
    is_old: bool = False
    auth_form: Literal["int", "text", "upper"] = "int"
    with_units: bool = False
    lists_all: bool = False
    words: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    powers: dict[str, object] = field(default_factory=dict)
    counts: dict[int, tuple[int, int]] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    logins: int = 0
    logouts: int = 0
    refused_logins: int = 0
    sessions_most: int = 0
    #: What `/onutable` shows: the rows as they were when they were last asked to be made.
    table: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _serial: Any = field(default_factory=lambda: itertools.count(1), repr=False)

    def __post_init__(self) -> None:
        """List the PON ports the ONUs are on, unless they were given."""
        self.pons = self.pons or sorted({onu.pon for onu in self.onus}, key=port_of)

    @property
    def kind(self) -> str:
        """What sort of device it is, for people."""
        return "HSGQ"

    @property
    def ports(self) -> list[int]:
        """Numbers of the PON ports."""
        return [port_of(pon) for pon in self.pons]

    def open_session(self) -> str | None:
        """Give a token out; None when there is no session left."""
        if len(self.sessions) >= self.most_sessions:
            self.refused_logins += 1
            return None
        self.logins += 1
        token = f"simulated-token-{next(self._serial)}"
        self.sessions[token] = self.username
        self.sessions_most = max(self.sessions_most, len(self.sessions))
        return token

    def end_session(self, token: str) -> None:
        """Take a token back; one that is not known does no harm."""
        if self.sessions.pop(token, None):
            self.logouts += 1

    def word(self, onu: SimOnu) -> str:
        """Return the state as the list prints it."""
        if onu.onu_id in self.words:
            return self.words[onu.onu_id]
        if onu.is_lost:
            return "Offline"
        return "Online" if onu.status == "Up" else onu.status

    def reason(self, onu: SimOnu) -> str:
        """Return the reason of the last outage as the list prints it, also while the ONU is up."""
        is_power = onu.dying_gasp or onu.status == "PwrDown"
        return self.reasons.get(onu.onu_id, "Power Down" if is_power else "Laser out")

    def rows(self, port: int) -> list[dict[str, Any]]:
        """Return the rows of one PON as the list holds them."""
        return [self.row(onu) for onu in self.onus if port_of(onu.pon) == port]

    def row(self, onu: SimOnu) -> dict[str, Any]:
        """Return one ONU as the list holds it."""
        is_up = self.word(onu) == "Online"
        registered = self.now() - timedelta(seconds=onu.uptime())
        row: dict[str, Any] = {
            "port_id": port_of(onu.pon),
            "onu_id": number_of(onu),
            "onu_name": _name(onu),
            "onu_desc": "",
            "macaddr": onu.mac.lower(),
            "status": self.word(onu),
            "auth_state": self._auth(onu),
            "register_time": stamp(registered if is_up else onu.registered_at),
            "last_down_time": stamp(onu.deregistered_at),
            "last_down_reason": self.reason(onu),
            "dev_type": "SFU",
            "rtt": str(onu.rtt),
            "distance": metres(onu),
            "receive_power": self._power(onu, is_up=is_up),
        }
        if self.is_old:
            for key in ("onu_desc", "rtt", "distance"):
                del row[key]
        return row

    def optics(self, onu: SimOnu) -> dict[str, Any]:
        """Return one ONU as the slow page holds it: texts with units."""
        return {
            "port_id": port_of(onu.pon),
            "onu_id": number_of(onu),
            "onu_name": _name(onu),
            "macaddr": onu.mac.lower(),
            "work_temprature": _measured(onu.temperature_c, "0f", "C"),
            "work_voltage": _measured(onu.voltage_v, "2f", "V"),
            "transmit_bias": _measured(onu.bias_ma, "0f", "mA"),
            "transmit_power": _measured(onu.tx_power_dbm, "4f", "dBm"),
            "receive_power": _measured(onu.rx_power_dbm, "4f", "dBm"),
        }

    def _auth(self, onu: SimOnu) -> object:
        is_good = onu.auth == 0
        if self.auth_form == "int":
            return int(is_good)
        word = "true" if is_good else "false"
        return word.upper() if self.auth_form == "upper" else word

    def _power(self, onu: SimOnu, *, is_up: bool) -> object:
        if onu.onu_id in self.powers:
            return self.powers[onu.onu_id]
        if onu.rx_power_dbm is None or not is_up:
            return "-inf"
        return f"{onu.rx_power_dbm:.2f}" + (" dBm" if self.with_units else "")


def port_of(pon: str) -> int:
    """Return the number of a PON: 3 of `0/3`."""
    return int(pon.rpartition("/")[2])


def number_of(onu: SimOnu) -> int:
    """Return the number of an ONU on its PON: 5 of `0/3:5`."""
    return int(onu.onu_id.rpartition(":")[2])


def metres(onu: SimOnu) -> int:
    """Return the distance for an RTT in ticks; 0 for an ONU that was never ranged."""
    return max(0, round(onu.rtt * 1.6393 - 157)) if onu.rtt else 0


def stamp(moment: datetime | None) -> str:
    """Write a time of the OLT's clock; the clock starts in the year 2000."""
    return f"{moment or datetime.fromisoformat('2000-01-01 00:00:00'):%Y/%m/%d %H:%M:%S}"


def _name(onu: SimOnu) -> str:
    return onu.name.decode("utf-8", "replace") if isinstance(onu.name, bytes) else onu.name


def _measured(value: float | None, form: str, unit: str) -> str:
    return "-inf" if value is None else f"{value:.{form}} {unit}"

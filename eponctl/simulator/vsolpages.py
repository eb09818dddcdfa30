"""The HTML of a V-SOL OLT, as bytes: login, menu, lists of ONUs, optics, the system's page.

Written from the field notes on other web dialects alone, section 1.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from eponctl.simulator.faults import Fault
from eponctl.simulator.onu import SimOnu
from eponctl.simulator.vsololt import VsolOlt

ALL = "255"
_HEAD = """<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>OLT Web Management Interface</title>
<script src="/js/jquery.i18n.properties.js"></script>
</head>
<body>
"""
_FOOT = "</body>\n</html>\n"
_CHOICE = """<form name="ponform" method="post" action="{path}">
<select name="select">
{options}
</select>
<input type=hidden name=onuid value=0/>
<input type="hidden" name="who" value="100">
</form>
"""
_EXTRA = (("Upgrade", "N/A"), ("Detail", "N/A"))


def login(olt: VsolOlt) -> bytes:
    """Render the login page; with the five images of a CAPTCHA when the build has one."""
    captcha = ""
    if olt.has_captcha:
        images = "".join(f'<img src="images/vc{n}.png?rand=17">' for n in range(1, 6))
        captcha = f'{images}<input type="text" name="verification_code">\n'
    return encode(
        _HEAD + '<form name="lgform" id="lgform" method="post" action="/action/main.html">\n'
        '<input type="text" name="user"><input type="password" name="pass">\n'
        f'{captcha}<input type="hidden" name="who" value="100">\n'
        '<input type="submit" id="loginBtn" name="button" value="Login">\n</form>\n' + _FOOT
    )


def refused() -> bytes:
    """Render the answer to a wrong password."""
    return encode(_HEAD + "<p>LoginFailed: you do not have access</p>\n" + _FOOT)


def shell() -> bytes:
    """Render the frames and menu that follow a login; some 55 KB, and no key in it."""
    menu = "\n".join(
        f'<a href="/action/{page}.html" target="main" data-i18n-text="{page}">{page}</a>'
        for page in ("systeminfo", "onuauthinfo", "onustatusinfo", "onuopmdiag", "loginout")
    )
    return encode(_HEAD + menu + "\n<!-- " + "menu " * 10_000 + "-->\n" + _FOOT)


def logged_out(olt: VsolOlt) -> bytes:
    """Render a data page for somebody who has no session: no table, and a blank key."""
    if olt.shows_login:
        return login(olt)
    return encode(_HEAD + _key_script(olt, "") + _FOOT)


def states(olt: VsolOlt, select: str, shape: Fault) -> bytes:
    """Render `onustatusinfo.html` of one PON or, where the build does that, of all."""
    if olt.is_gpon:
        return _gpon(olt)
    onus = _chosen(olt, select, has_all=olt.answers_all)
    headings = [
        *("ONU ID", "Status", "MAC Address", "Description", "Distance(m)", "RTT(TQ)"),
        *("Last Register Time", "Last Deregister Time", "Last Deregister Reason", "Alive Time"),
    ]
    return _page(olt, "/action/onustatusinfo.html", headings, onus, _state_cells(olt), shape)


def auths(olt: VsolOlt, select: str, shape: Fault) -> bytes:
    """Render `onuauthinfo.html`; the count of online and of all ONUs stands above the table."""
    onus = _chosen(olt, select, has_all=True)
    headings = [
        *("ONU ID", "Status", "MAC Address", "Description", "RTT(TQ)", "Type", "Auth State"),
        *("Exchange", "Auth Mode", "LOID/Password", "Action"),
    ]

    def cells(onu: SimOnu) -> list[str]:
        return [
            *(_id(onu), _status(onu), onu.mac.lower(), _name(onu), str(onu.rtt), "1GE"),
            "Unauth" if onu.auth else "Auth",
            "MPCP DEREG" if _is_off(onu) else "Finish",
            *("MAC", "N/A", '<input type="button" value="Reboot">'),
        ]

    return _page(olt, "/action/onuauthinfo.html", headings, onus, cells, shape)


def optics(olt: VsolOlt, select: str, shape: Fault) -> bytes:
    """Render `onuopmdiag.html`: ONUs that are online, asked one by one."""
    onus = [onu for onu in _chosen(olt, select, has_all=True) if not _is_off(onu)]
    headings = [
        *("ONU ID", "<font>MAC Address</font>", "<font>Description</font>"),
        *("<font>Distance</font>(m)", "<font>Temperature</font>(&deg;C)", "Supply Voltage"),
        *("TX Bias Current", "TX Power", "RX Power"),
    ]

    def cells(onu: SimOnu) -> list[str]:
        return [
            *(_id(onu), onu.mac.upper(), _name(onu), str(_metres(onu))),
            *(_level(onu.temperature_c), _level(onu.voltage_v), _level(onu.bias_ma)),
            *(_level(onu.tx_power_dbm), _level(onu.rx_power_dbm)),
        ]

    if olt.without_description:
        del headings[2]

        def cells_without(onu: SimOnu) -> list[str]:
            return [cell for place, cell in enumerate(cells(onu)) if place != 2]  # noqa: PLR2004

        return _page(olt, "/action/onuopmdiag.html", headings, onus, cells_without, shape)
    return _page(olt, "/action/onuopmdiag.html", headings, onus, cells, shape)


def system(olt: VsolOlt) -> bytes:
    """Render `systeminfo.html`: labels and values."""
    seconds = olt.uptime_seconds + int(time.time() - olt.started_at)
    hours, minutes = divmod(seconds // 60, 60)
    days, hours = divmod(hours, 24)
    rows = {
        "System Name": f"<input name=hostname value={olt.name}>",
        "Device Model": olt.model,
        "Serial Number": "V0000000001",
        "Hardware Version": "V1.1",
        "Firmware Version": olt.firmware,
        "MAC Address": olt.mac,
        "Running Time": f"{days} Days {hours} Hours {minutes} Minutes {seconds % 60} Seconds",
        "CPU Usage": "7&#37;",
        "Memory Usage": "41&#37;",
    }
    body = "\n".join(
        f"<tr><td class='hd' data-i18n-text=\"x\">{label}</td><td>{value}</td></tr>"
        for label, value in rows.items()
    )
    return encode(_HEAD + f"<table>\n{body}\n</table>\n" + _key_script(olt, olt.key) + _FOOT)


def _gpon(olt: VsolOlt) -> bytes:
    headings = ("ONU", "Admin State", "OMCC State", "Phase State", "Description", "Detail")
    row = "".join(f"<td class='hd'>{heading}</td>" for heading in headings)
    return encode(
        _HEAD + f"<table border=1>\n<tr>{row}</tr>\n</table>\n" + _key_script(olt, "abcde")
    )


def _chosen(olt: VsolOlt, select: str, *, has_all: bool) -> list[SimOnu]:
    if select == ALL and has_all:
        return sorted(olt.onus, key=lambda onu: olt.pons.index(onu.pon))
    pon = olt.pons[0] if select in {ALL, ""} and olt.pons else f"0/{select}"
    return olt.on_pon(pon)


def _page(
    olt: VsolOlt,
    path: str,
    headings: list[str],
    onus: Sequence[SimOnu],
    cells: Callable[[SimOnu], list[str]],
    shape: Fault,
) -> bytes:
    numbers = [pon.rpartition("/")[2] for pon in olt.pons]
    options = [f'<option value="{number}">PON{number}</option>' for number in numbers]
    options.append(f'<option value="{ALL}" selected>All</option>')
    choice = _CHOICE.format(path=path, options="\n".join(options))
    layout = "<table><tr><td>Menu</td><td>ONU</td></tr></table>\n"
    if shape is Fault.NO_ARRAY:
        return encode(_HEAD + choice + layout + _key_script(olt, olt.key) + _FOOT)
    rows = [] if olt.blank or shape is Fault.EMPTY_ARRAY else [cells(onu) for onu in onus]
    if shape is Fault.FEW_ROWS:
        rows = rows[: max(1, len(rows) // 10)]
    order = list(range(len(headings)))
    if olt.columns == "shuffled":
        random.Random(path).shuffle(order)  # noqa: S311  (the same order with every page)
    if olt.columns == "extra":
        headings = [*headings, *[heading for heading, _ in _EXTRA]]
        rows = [[*row, *[cell for _, cell in _EXTRA]] for row in rows]
        order = [len(headings) - 1, *range(len(headings) - 1)]
    lines = [_line([row[at] for at in order], olt, order.index(0)) for row in rows]
    if lines and shape in {Fault.BROKEN_ROW, Fault.EXTRA_VALUE}:
        row = [rows[0][at] for at in order]
        row[4:5] = [] if shape is Fault.BROKEN_ROW else [row[4], "surplus"]
        lines[0] = _line(row, olt, order.index(0))
    head = "".join(f"<td class='hd'>{headings[at]}</td>" for at in order)
    table = f"<table border=1>\n<tr>{head}</tr>\n" + "\n".join(lines) + "\n</table>\n"
    key = "" if olt.blank else olt.key
    return encode(_HEAD + choice + layout + table + _key_script(olt, key) + _FOOT)


def _line(row: Sequence[str], olt: VsolOlt, anchor: int) -> str:
    cells = [
        f"<td class='hd'>{cell}</td>" if olt.has_hd_cells and at == anchor else f"<td>{cell}</td>"
        for at, cell in enumerate(row)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _key_script(olt: VsolOlt, key: str) -> str:
    if olt.build == "keyless":
        return ""
    return f"<script>document.forms[0].SessionKey.value = '{key}';</script>\n"


def _state_cells(olt: VsolOlt) -> Callable[[SimOnu], list[str]]:
    def cells(onu: SimOnu) -> list[str]:
        reason = "Power Off" if onu.dying_gasp else "Wire Down" if onu.offline_reason else "N/A"
        return [
            *(_id(onu), _status(onu), onu.mac.lower(), _name(onu)),
            *(str(_metres(onu)), str(onu.rtt)),
            *(_stamp(onu.registered_at, olt), _stamp(onu.deregistered_at, olt)),
            *(reason, _alive(onu.uptime())),
        ]

    return cells


def _id(onu: SimOnu) -> str:
    return f"EPON{onu.onu_id}"


def _is_off(onu: SimOnu) -> bool:
    return onu.is_lost or onu.status == "Offline"


def _status(onu: SimOnu) -> str:
    if _is_off(onu):
        return "<font color=#ff0000>Offline</font>"
    word = "Online" if onu.status == "Up" else onu.status
    return f"<font color=#008040>{word}</font>"


def _name(onu: SimOnu) -> str:
    name = onu.name
    if isinstance(name, bytes):
        # As it is: `encode` turns these back into the same bytes.
        return name.decode("ascii", "surrogateescape")
    return "" if name == "NA" else name


def _metres(onu: SimOnu) -> int:
    return max(0, round(1.6393 * onu.rtt - 157))


def _level(value: float | None) -> str:
    return "-inf" if value is None else f"{value:.2f}"


def _stamp(moment: datetime | None, olt: VsolOlt) -> str:
    if moment is None:
        return "N/A"
    return f"{olt.year or moment.year}/{moment:%m/%d %H:%M:%S}"


def _alive(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} {clock}" if days else clock


def encode(text: str) -> bytes:
    """Return the page in the device's encoding; bytes of names as they were given."""
    parts = re.split("([\udc80-\udcff]+)", text)
    return b"".join(
        part.encode("ascii", "surrogateescape") if at % 2 else part.encode("gb18030")
        for at, part in enumerate(parts)
    )

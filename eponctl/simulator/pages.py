"""The HTML around the arrays: whole pages of a device as bytes, with the uptimes left open.

A `Page` keeps its array apart from what stands before and behind it, so that a fault can cut,
empty or drop the array. Seconds online are filled in when a page is sent, not when it is
rendered: a page stays valid until an ONU changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eponctl.simulator.faults import Fault
from eponctl.simulator.olt import SimOlt
from eponctl.simulator.onu import SimOnu
from eponctl.simulator.rows import UPTIME, detail_row, optics, row_maker

_HEAD = """<html>
<head>
<title>{title}</title>
<link rel="stylesheet" type="text/css" href="style/normal.css">
<script language="javascript" src="js/common.js"></script>
<script language="javascript">
"""
_SCRIPT_END = """
function Reload()
{
  location.reload();
}
</script>
</head>
"""
_BODY = """<body onload="createTable();">
<div id="title">%s</div>
<table id="list" class="list" border="0" cellspacing="1"></table>
<input type="button" value="Refresh" onclick="Reload();">
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `before` ends behind `new Array(`, `after` begins with the closing bracket.

    `statement` is where in `before` the array's statement begins. `clocks` holds, for each `%d`
    in `array`, the epoch seconds from which an uptime counts; without clocks `array` is plain
    bytes.
    """

    before: bytes
    array: bytes
    after: bytes
    statement: int
    clocks: tuple[float, ...] = ()

    def array_at(self, now: float) -> bytes:
        """Return the inside of the array at epoch time `now`."""
        if not self.clocks:
            return self.array
        return self.array % tuple([max(0, int(now - start)) for start in self.clocks])

    def whole(self, now: float) -> bytes:
        """Return the page."""
        return b"".join((self.before, self.array_at(now), self.after))

    def cut(self, now: float) -> bytes:
        """Return the page up to a place amid a value of the array."""
        array = self.array_at(now)
        end = len(array) * 6 // 10
        while end and array[end - 1 : end] in b"',\n":
            end -= 1
        return self.before + array[:end]

    def without_array(self) -> bytes:
        """Return the page without the statement that declares the array."""
        return self.before[: self.statement] + self.after[self.after.index(b"\n") + 1 :]


def onu_list(olt: SimOlt, pon: str | None, shape: Fault) -> Page:
    """Render the list of one PON, or with None of the whole box, spoilt as `shape` says."""
    columns = olt.whole_box_columns if pon is None else olt.pon_columns
    if columns is None:
        msg = f"dialect {olt.dialect} has no such page"
        raise ValueError(msg)
    onus = olt.onus if pon is None else olt.on_pon(pon)[: olt.rows_per_page]
    if shape is Fault.EMPTY_ARRAY:
        onus = []
    elif shape is Fault.FEW_ROWS:
        onus = onus[: max(1, len(onus) // 10)]
    write = row_maker(olt, columns)
    rows = [write(onu) for onu in onus]
    _break_one(rows, shape)
    bare = olt.dialect == "B12" and olt.b12_last == "bare"
    text = ",\n".join(quoted(row, bare_last=bare) for row in rows)
    clocks = [onu.started_at for onu in onus if not onu.is_lost] if UPTIME in text else []
    variable = "ponOnuTable" if pon is not None and olt.family == "B" else "onutable"
    scalars = "" if pon is None else f"var oltponno='{_script_text(pon)}';\n"
    tail = ""
    if pon is not None and olt.family == "A":
        tail = f"var lineNum=(onutable.length)/{columns};\n"
        if columns > 11:  # noqa: PLR2004  (seen on firmware with optics only)
            tail += 'var displayfunc ="displayAll";\n'
    title = "All ONU" if pon is None else "ONU List"
    return page(title, scalars, variable, text, tail, clocks)


def pon_list(olt: SimOlt, shape: Fault) -> Page:
    """Render the list of PON ports: pairs of id and summary; on family B with the comment."""
    pairs = [] if shape is Fault.EMPTY_ARRAY else [(pon, _summary(olt, pon)) for pon in olt.pons]
    text = ",\n".join(quoted(pair) for pair in pairs)
    if olt.family == "B":
        text = '//"0/1/1","N/A"\n' + text
    return page("PON List", "", "ponListTable", text, "", ())


def detail(olt: SimOlt, onu: SimOnu) -> Page:
    """Render the page of one ONU: `onuinfo` and, as a second array, its optics."""
    scalars = f"var oltponno='{onu.pon}';\nvar onuno='{onu.onu_id}';\n"
    text = quoted(detail_row(olt, onu))
    clocks = [onu.started_at] if UPTIME in text else []
    tail = f"var onuOpmInfo=new Array({quoted([onu.onu_id, *optics(onu)])});\n"
    return page("ONU Configuration", scalars, "onuinfo", text, tail, clocks)


def system(olt: SimOlt, now: float) -> Page:
    """Render the page about the box: double-quoted values, 13 on family A, 11 on B."""
    running = _run_time(olt.uptime_seconds + int(now - olt.started_at))
    if olt.family == "A":
        values = ["EPON", olt.name, "", "OLT", olt.firmware, "1.0", olt.mac, olt.host]
        values += [running, olt.model, "SIM0000001", "12", "48"]
        tail = ""
    else:
        release = "Release20240930"
        values = ["EPON", olt.name, "", olt.model, olt.firmware, release, olt.mac.lower(), olt.host]
        values += [running, "12", "48"]
        tail = 'var devCode="EPON";\n'
    text = ",".join('"' + _script_text(value) + '"' for value in values)
    return page("System", "", "sysInfo", text, tail, ())


def quoted(cells: Sequence[str], *, bare_last: bool = False) -> str:
    """Write values as single-quoted strings with commas; the last one bare when asked."""
    if bare_last:
        return "'" + "','".join(cells[:-1]) + "'," + cells[-1]
    return "'" + "','".join(cells) + "'"


def page(
    title: str,
    scalars: str,
    variable: str,
    array: str,
    tail: str,
    clocks: Iterable[float],
) -> Page:
    """Assemble a page; `array` may hold the place-holder of an uptime once for each of `clocks`."""
    head = _HEAD.format(title=title) + scalars
    inside = encode("\n" + array + "\n" if array else "")
    starts = tuple(clocks)
    if starts:
        inside = inside.replace(b"%", b"%%").replace(UPTIME.encode(), b"%d")
    return Page(
        before=encode(head + f"var {variable}=new Array("),
        array=inside,
        after=encode(");\n" + tail + _SCRIPT_END + _BODY % title),
        statement=len(encode(head)),
        clocks=starts,
    )


def encode(text: str) -> bytes:
    """Turn page text into bytes; surrogate escapes become the bytes they stand for."""
    return text.encode("utf-8", "surrogateescape")


def _break_one(rows: list[list[str]], shape: Fault) -> None:
    """Spoil the row in the middle: the chip id missing, or there twice."""
    if not rows:
        return
    row = rows[len(rows) // 2]
    if shape is Fault.BROKEN_ROW:
        del row[5]
    elif shape is Fault.EXTRA_VALUE:
        row.insert(5, row[5])


def _summary(olt: SimOlt, pon: str) -> str:
    """Return the second half of a PON list pair."""
    if pon in olt.counter_override:
        return olt.counter_override[pon]
    if olt.family == "A" or not olt.counters:
        return "N/A"
    onus = olt.on_pon(pon)
    online = sum(not onu.is_lost for onu in onus)
    return f"ONU Total={len(onus)},Online={online},Offline={len(onus) - online}"


def _run_time(seconds: int) -> str:
    """Write a run time as `sysInfo` does: `7 hours 28 minutes 11 seconds`, days in front."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    text = f"{hour} hours {minute} minutes {second} seconds"
    return f"{days} days {text}" if days else text


def _script_text(text: str) -> str:
    """Keep text that the caller chose (an OLT's name, a query) from ending the script's string."""
    return "".join(char for char in text if char not in "'\"\\<>\r\n")

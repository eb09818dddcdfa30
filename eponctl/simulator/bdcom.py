"""A simulated BDCOM OLT: HTTP Basic, and one page whose script fills an array per field.

Written from the field notes on other dialects, section 3; nobody has published a real page, so what
stands around the assignments is invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eponctl.simulator.build import make_olt
from eponctl.simulator.faults import Fault
from eponctl.simulator.olt import SimOlt
from eponctl.simulator.oltserver import OltServer
from eponctl.simulator.onu import SimOnu
from eponctl.simulator.site import Answer, Site
from eponctl.simulator.wire import Request

ARRAYS = ("intfName", "description", "intfproto", "MACAddress", "deregReason")
_PAGE = "/onuintfstate.asp"
_NOT_FOUND = b"<html><body>404 Site or Page Not Found</body></html>\n"


@dataclass(eq=False)
class BdcomOlt(SimOlt):
    """A BDCOM OLT for a farm; ONU ids are `0/1:3`.

    `suffix` stands behind the name of each array: nothing, or `1`. `by_row` False: array after
    array. `is_reversed` prints the highest index first. `missing` are cells (array, index) that are
    not printed. `words` and `reasons` replace the text of single ONUs, by ONU id.
    """

    dialect: str = "A22"  # type: ignore[assignment]
    suffix: str = ""
    by_row: bool = True
    is_reversed: bool = False
    missing: set[tuple[str, int]] = field(default_factory=set)
    words: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What sort of device it is, for people."""
        return "BDCOM"


class BdcomSite(Site):
    """The pages of one BDCOM OLT."""

    def __init__(self, olt: BdcomOlt) -> None:
        """Serve this OLT."""
        super().__init__(olt)
        self._device = olt

    def warm(self) -> None:
        """Do nothing: the page is made anew each time."""

    def _page_answer(self, request: Request, fault: Fault, *, aimed: bool) -> Answer:  # noqa: ARG002
        if request.path == "/":
            return Answer(200, b"<html><frameset><frame src='index.asp'></frameset></html>\n")
        if request.path == "/systemstate.asp":
            script = b'<script>\nvar cpuUsage="7%"; var memUsage="41%";\n</script>'
            return Answer(200, b"<html><head>" + script + b"</head></html>\n")
        if request.path == "/onuintfbasicinfo.asp":
            return self._optics(request.query.get("intfName", ""))
        if request.path != _PAGE:
            return Answer(404, _NOT_FOUND)
        body = page(self._device, is_empty=fault is Fault.NO_ARRAY)
        return Answer(200, body[: len(body) // 2] if fault is Fault.CUT else body)

    def _optics(self, name: str) -> Answer:
        """Return an ONU's own page; only the words around its power are known."""
        found = [onu for onu in self._device.onus if f"EPON{onu.onu_id}" == name]
        if not found:
            return Answer(404, _NOT_FOUND)
        power = found[0].rx_power_dbm
        shown = "--" if power is None or found[0].is_lost else f"{power:.1f}"
        return Answer(200, f"<html><body>received power(DBm): {shown}</body></html>\n".encode())


class BdcomServer(OltServer):
    """Serves one `BdcomOlt`; every method runs in the loop's thread."""

    def __init__(self, olt: BdcomOlt, host: str, port: int) -> None:
        """Prepare the socket on `host` and `port` (0: any free one); nothing listens yet."""
        super().__init__(olt, host, port)
        self.site = BdcomSite(olt)


BdcomOlt.server_class = BdcomServer


def make_bdcom(
    onus: int = 16,
    *,
    pons: int = 4,
    seed: int = 0,
    name: str | None = None,
    latency: float = 0.0,
) -> BdcomOlt:
    """Build an OLT with all ONUs up, evenly on `pons` ports; everything follows from `seed`.

    `latency` is in seconds per page.
    """
    built = make_olt("A22", onus, pons=pons, seed=seed)
    named = name or f"OLT-BDCOM-{seed}"
    return BdcomOlt(named, onus=built.onus, pons=built.pons, latency=latency)


def page(olt: BdcomOlt, *, is_empty: bool = False) -> bytes:
    """Return the page with all ONUs; `is_empty`: without any array."""
    cells = [] if is_empty else _cells(olt)
    declared = [] if is_empty else [f"var {name}{olt.suffix}=new Array();" for name in ARRAYS]
    lines = ["<html><head><script>", *declared, *cells, "</script></head>", "<body></body></html>"]
    return "\n".join([*lines, ""]).encode("utf-8", "surrogateescape")


def _cells(olt: BdcomOlt) -> list[str]:
    """Return an assignment for each cell, in the order of this OLT."""
    rows = list(enumerate(_values(olt, onu) for onu in olt.onus))
    if olt.is_reversed:
        rows.reverse()
    places = (
        [(name, row) for row in rows for name in ARRAYS]
        if olt.by_row
        else [(name, row) for name in ARRAYS for row in rows]
    )
    return [
        f'{name}{olt.suffix}[{index}]="{values[name]}";'
        for name, (index, values) in places
        if (name, index) not in olt.missing
    ]


def _values(olt: BdcomOlt, onu: SimOnu) -> dict[str, str]:
    name = onu.name.decode("utf-8", "surrogateescape") if isinstance(onu.name, bytes) else onu.name
    digits = onu.mac.replace(":", "").lower()
    reason = ""
    if onu.is_lost or onu.deregistered_at is not None:
        reason = "power-off" if onu.dying_gasp else "wire-down"
    return {
        "intfName": f"EPON{onu.onu_id}",
        "description": "" if name == "NA" else name,
        "intfproto": olt.words.get(onu.onu_id, "down" if onu.is_lost else "up"),
        "MACAddress": ".".join(digits[at : at + 4] for at in (0, 4, 8)),
        "deregReason": olt.reasons.get(onu.onu_id, reason),
    }

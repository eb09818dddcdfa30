"""A simulated HSGQ OLT on the network, and one that is made up; see `hsgqolt` and `hsgqsite`."""

from __future__ import annotations

import asyncio
import socket

from eponctl.simulator import wire
from eponctl.simulator.build import make_olt
from eponctl.simulator.faults import Fault
from eponctl.simulator.hsgqolt import STATES, HsgqOlt, Spoilt
from eponctl.simulator.hsgqsite import HsgqSite, changes_state
from eponctl.simulator.oltserver import OltServer
from eponctl.simulator.site import Answer

__all__ = ["STATES", "HsgqOlt", "HsgqServer", "Spoilt", "make_hsgq"]

_STALLING = {Fault.HANG, Fault.DRIP, Fault.DRIP_HEADERS}


class HsgqServer(OltServer):
    """Serves one `HsgqOlt`; every method runs in the loop's thread."""

    olt: HsgqOlt

    def __init__(self, olt: HsgqOlt, host: str, port: int) -> None:
        """Prepare the socket on `host` and `port` (0: any free one); nothing listens yet."""
        super().__init__(olt, host, port)
        # Another site altogether; what is asked of it is the same.
        self.site = HsgqSite(olt)  # type: ignore[assignment]

    async def _serve(self, sock: socket.socket, request: wire.Request) -> None:
        if self.olt.latency > 0:
            await asyncio.sleep(self.olt.latency)
        violation = changes_state(request)
        fault, aimed = self.olt.fault_of(request.target)
        if fault in {Fault.RESET, Fault.REFUSE}:
            wire.reset_on_close(sock)
            self._record(request, 0, violation=violation)
        elif fault in _STALLING:
            self._record(request, 0, violation=violation)
            await self._stall(sock, request, fault)
        else:
            answer = self.site.answer(request, fault, aimed=aimed)
            self._record(request, answer.status, violation=violation)
            data = self._head(answer) + answer.body
            await asyncio.get_running_loop().sock_sendall(sock, data)

    def _head(self, answer: Answer) -> bytes:
        has_type = any(name == "Content-Type" for name, _ in answer.headers)
        headers = answer.headers if has_type else (("Content-Type", "text/html"), *answer.headers)
        return wire.http(answer.status, b"", [("Cache-Control", "no-cache"), *headers])


HsgqOlt.server_class = HsgqServer


def make_hsgq(
    onus: int = 16,
    *,
    pons: int = 4,
    seed: int = 0,
    name: str | None = None,
    latency: float = 0.0,
) -> HsgqOlt:
    """Build an OLT with all ONUs up, evenly on `pons` ports; everything follows from `seed`.

    `latency` is in seconds per page.
    """
    built = make_olt("A22", onus, pons=pons, seed=seed)
    return HsgqOlt(
        name=name or f"OLT-HSGQ-{seed}",
        onus=built.onus,
        latency=latency,
        model=f"HSGQ-E{pons:02d}",
        # An ONU cannot be up for longer than its OLT.
        uptime_seconds=max([onu.online_seconds for onu in built.onus], default=0) + 86_400,
        mac=built.mac,
        pons=built.pons,
    )

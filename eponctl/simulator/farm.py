"""Many OLTs (and perhaps a gateway) on loopback, served by one thread."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from eponctl.simulator.background import Background
from eponctl.simulator.faults import Fault
from eponctl.simulator.gateway import Gateway
from eponctl.simulator.olt import SimOlt
from eponctl.simulator.oltserver import OltServer

T = TypeVar("T")

#: Descriptors that the rest of the process may need beside those of the farm.
_SPARE_FILES = 256


class Farm:
    """A context manager that serves OLTs, each on a port of its own, until it is left.

    With `base_port` 0 the ports are chosen by the system, else they are `base_port`, `base_port`
    + 1, ... A `gateway` is started and stopped together with the OLTs. Entering raises PortInUse
    when a port is taken.

    Threads: single attributes of an OLT or ONU may be set from any thread and show on the next
    page. Several changes that must show together go through `change`, which runs between two
    answers. Setting `olt.fault` returns when the fault is in force. The soft limit of open files
    of this process is raised when the farm needs more.
    """

    def __init__(
        self,
        olts: Sequence[SimOlt],
        host: str = "127.0.0.1",
        base_port: int = 0,
        *,
        gateway: Gateway | None = None,
    ) -> None:
        """Name the OLTs and their loopback address; ValueError when two share a name."""
        self.olts = list(olts)
        self.gateway = gateway
        self._by_name = {olt.name: olt for olt in self.olts}
        if len(self._by_name) != len(self.olts):
            msg = "two OLTs of a farm have the same name"
            raise ValueError(msg)
        self._host = host
        self._base_port = base_port
        self._background: Background | None = None
        self._servers: list[OltServer] = []

    def __enter__(self) -> Self:
        """Start the thread and listen on all ports."""
        # Per OLT: a listener, a served connection and, in tests, the client's end of it.
        _allow_open_files(3 * len(self.olts) + _SPARE_FILES)
        self._background = Background("eponctl-simulator")
        try:
            self._background.call(self._start)
            if self.gateway is not None:
                self.gateway.open(self._background)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything; conversations under way are broken off."""
        self.close()

    def close(self) -> None:
        """Stop everything, promptly and for good; calling it twice does no harm."""
        if self._background is None:
            return
        for olt in self.olts:
            olt.on_fault = None
        if self.gateway is not None:
            self.gateway.close()
        self._background.wait(self._stop)
        self._background.stop()
        self._background = None

    def olt(self, name: str) -> SimOlt:
        """Return the OLT with this name; KeyError when there is none."""
        return self._by_name[name]

    def change(self, action: Callable[[], T]) -> T:
        """Run `action` in the farm's thread, between two answers, and return what it returns."""
        if self._background is None:
            return action()
        return self._background.call(action)

    def set_fault(self, olt: SimOlt | str, fault: Fault, page: str | None = None) -> None:
        """Put a fault on an OLT, or on its pages whose path begins with `page`.

        It is in force on return; NONE takes it away.
        """
        device = self.olt(olt) if isinstance(olt, str) else olt

        def action() -> None:
            if page is None:
                device.fault = fault
            elif fault is Fault.NONE:
                device.page_faults.pop(page, None)
            else:
                device.page_faults[page] = fault

        self.change(action)

    def warm(self) -> None:
        """Render all ONU lists now: what a benchmark measures is the client, then."""
        for server in self._servers:
            self.change(server.site.warm)

    def _start(self) -> None:
        for number, olt in enumerate(self.olts):
            port = self._base_port + number if self._base_port else 0
            server = (olt.server_class or OltServer)(olt, self._host, port)
            self._servers.append(server)
            server.start()
            olt.on_fault = self._notifier(server)

    def _notifier(self, server: OltServer) -> Callable[[], None]:
        return lambda: self.change(server.fault_changed)

    async def _stop(self) -> None:
        await asyncio.gather(*[server.close() for server in self._servers])
        self._servers.clear()


def _allow_open_files(wanted: int) -> None:
    """Raise the soft limit of open files towards the hard one when it is under `wanted`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # not permitted: the farm may still be small enough
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

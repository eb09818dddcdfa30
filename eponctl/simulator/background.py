"""An asyncio loop in a thread of its own, and listening sockets in it that open and shut."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_BACKLOG = 512
_NO_MORE_FILES = {errno.EMFILE, errno.ENFILE}


class PortInUse(OSError):
    """A port that a simulated device was to listen on is taken; `hint` says what to do."""

    def __init__(self, host: str, port: int) -> None:
        """Say which address is taken."""
        super().__init__(errno.EADDRINUSE, f"{host}:{port} is already in use")
        self.hint = "stop the other program (another `eponctl simulate`?) or choose another --port"


class Background:
    """One thread that runs one event loop; everything simulated lives in it."""

    def __init__(self, name: str) -> None:
        """Start the thread; `stop` must be called in the end."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in the loop's thread and return its result or raise its exception."""
        if threading.current_thread() is self._thread:
            return function()

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run a coroutine function in the loop and wait for it; not from within the loop."""

        async def run() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def stop(self) -> None:
        """End the loop and its thread; whatever still runs in it must have been closed before."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Door:
    """A listening socket on loopback: every connection becomes a task that runs `handle`.

    All methods but `reserve` are for the loop's thread.
    """

    def __init__(
        self, host: str, port: int, handle: Callable[[socket.socket], Awaitable[None]]
    ) -> None:
        """Remember the address (`port` 0: any free one) and who talks to clients.

        ValueError when the address is not in 127.0.0.0/8: a simulator is nobody else's business.
        """
        if ipaddress.ip_address(host) not in ipaddress.ip_network("127.0.0.0/8"):
            msg = f"the simulator listens on 127.0.0.0/8 only, not on {host}"
            raise ValueError(msg)
        self.host = host
        self.port = port
        self._handle = handle
        self._listener: socket.socket | None = None
        self._placeholder: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Listen; PortInUse when another program does already."""
        if self._listener is not None:
            return
        listener = self._bound_socket()
        try:
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise self._explained(error) from error
        self._drop_placeholder()
        self._listener = listener
        asyncio.get_running_loop().add_reader(listener.fileno(), self._accept)

    def shut(self) -> None:
        """Stop listening: clients are refused. A socket that is only bound keeps the port."""
        self._stop_listening()
        if self._placeholder is None:
            self._placeholder = self._bound_socket()

    def drop_connections(self) -> None:
        """Break off the conversations under way."""
        for task in list(self._tasks):
            task.cancel()

    async def close(self) -> None:
        """Stop listening, break off all conversations and wait until they are gone."""
        self._stop_listening()
        self._drop_placeholder()
        tasks = list(self._tasks)
        self.drop_connections()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _bound_socket(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((self.host, self.port))
        except OSError as error:
            sock.close()
            raise self._explained(error) from error
        self.port = sock.getsockname()[1]
        return sock

    def _explained(self, error: OSError) -> OSError:
        return PortInUse(self.host, self.port) if error.errno == errno.EADDRINUSE else error

    def _stop_listening(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener.fileno())
            self._listener.close()
            self._listener = None

    def _drop_placeholder(self) -> None:
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None

    def _accept(self) -> None:
        """Take the connections that wait, some at a time so that others get their turn."""
        loop = asyncio.get_running_loop()
        for _ in range(32):
            if self._listener is None:
                return
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_MORE_FILES:
                    raise
                # Out of descriptors: without a pause the loop would spin on this socket.
                loop.remove_reader(self._listener.fileno())
                loop.call_later(0.1, self._resume)
                return
            sock.settimeout(0)
            task = loop.create_task(self._talk(sock))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _resume(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener.fileno(), self._accept)

    async def _talk(self, sock: socket.socket) -> None:
        # A client that goes away is the daily bread of a server, not an error.
        with sock, suppress(OSError):
            await self._handle(sock)

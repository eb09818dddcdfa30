"""The connections to one host: pools of urllib3, requests' transport, with a socket to be cut.

Each connection serves one request. TLS is by the rules of old devices where `verify_tls` is off.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import LocationParseError

from eponctl.addresses import origin


class Line:
    """The socket that is in use now, so that another thread can cut it.

    Kept beside the connection, which lets go of its socket once a page without a length begins.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.is_connected = False

    def watch(self, connection: Any) -> None:
        """Keep the socket of a connection as soon as it has one."""
        connect = connection.connect

        def connect_and_keep() -> None:
            connect()
            self._socket = connection.sock
            self.is_connected = True

        # Its own dictionary: vcr's stand-in for a connection would pass the method on to the real
        # one that it calls, and both would call each other for ever.
        vars(connection)["connect"] = connect_and_keep

    def cut(self) -> None:
        """Shut the socket in use, from any thread; whoever reads from it finds its end."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # The plain socket's: SSLSocket.shutdown would pull the TLS layer from under the
                # thread that is reading from it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Pools:
    """The connections to a host, for self-signed devices by our TLS rules."""

    def __init__(self, line: Line, *, verify_tls: bool) -> None:
        self._line, self._verify_tls = line, verify_tls
        self._pools: dict[tuple[str, str, int], HTTPConnectionPool] = {}

    def of(self, url: str) -> HTTPConnectionPool:
        """The pool for an address."""
        where = origin(url)
        if where not in self._pools:
            self._pools[where] = self._made(*where)
        return self._pools[where]

    def _made(self, scheme: str, host: str, port: int) -> HTTPConnectionPool:
        if port < 0:
            raise LocationParseError(f"{scheme}://{host}")
        if scheme != "https":
            return _HttpPool(self._line, host, port)
        tls: dict[str, Any] = {"ssl_context": _lenient_tls(), "cert_reqs": "CERT_NONE"}
        if self._verify_tls:
            from requests.utils import DEFAULT_CA_BUNDLE_PATH

            tls = {"ca_certs": DEFAULT_CA_BUNDLE_PATH, "cert_reqs": "CERT_REQUIRED"}
        return _HttpsPool(self._line, host, port, **tls)

    def close(self) -> None:
        """Close what is open."""
        for pool in self._pools.values():
            pool.close()


class _Watching:
    """What our pools add to urllib3's: connections show their sockets, and serve one request."""

    def __init__(self, line: Line, *args: Any, **kwargs: Any) -> None:
        self._line = line
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> Any:
        connection = super()._new_conn()  # type: ignore[misc]
        self._line.watch(connection)
        return connection

    def _put_conn(self, conn: Any) -> None:
        """Close it instead of keeping it: the device was asked to, and may be about to."""
        if conn is not None:
            conn.close()


class _HttpPool(_Watching, HTTPConnectionPool):
    """Connections in the clear."""


class _HttpsPool(_Watching, HTTPSConnectionPool):
    """Connections by TLS, without a warning that was answered in olts.toml."""

    def _validate_conn(self, conn: Any) -> None:
        # The parent's, less its warning: `verify_tls = false` was said for this device; warnings
        # stay on for the rest of the process.
        if conn.is_closed:
            conn.connect()


def _lenient_tls() -> ssl.SSLContext:
    """TLS for devices with a certificate of their own and the ciphers of their year."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context

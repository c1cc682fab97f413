"""Serves the simulator over a socket, with TLS if wanted; the only place that opens a port."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterable
from http.server import ThreadingHTTPServer
from typing import Any

from cspctl.simulator import Simulator, certificates
from cspctl.simulator.app import HOSTS, NOT_SIMULATED, BrokenConnection, StartResponse, written
from cspctl.simulator.connection import Connection

GRACE = 10.0  # seconds that requests under way get at the end


class Server(ThreadingHTTPServer):
    """The simulator at a port: `serve_forever` until `shutdown`, then `server_close`."""

    daemon_threads = True
    block_on_close = False  # idle connections of clients that never end theirs
    request_queue_size = 128

    def __init__(self, simulator: Simulator, host: str, port: int, *, tls: bool) -> None:
        """Listen at once; port 0 takes a free one, which `server_port` then tells."""
        self.application = _Breaking(simulator)
        self.hosts = frozenset(HOSTS) | frozenset(NOT_SIMULATED)
        names = ("localhost", "127.0.0.1", "::1", *(() if host in {"", "0.0.0.0", "::"} else (host,)))  # noqa: S104
        self.tls = certificates.context(simulator.path.parent, (*names, *sorted(self.hosts))) if tls else None
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Connection)

    def server_bind(self) -> None:
        """Bind, without asking the network for this machine's name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def server_close(self) -> None:
        """Take no more connections, and let what has begun come to its end."""
        super().server_close()
        self.application.wait(GRACE)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of our own errors; that clients go away, or do not trust us, is theirs."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError | ssl.SSLError):
            super().handle_error(request, client_address)


def server(simulator: Simulator, host: str, port: int, *, tls: bool = False) -> Server:
    """Return a server of many threads; the caller runs `serve_forever` and later `server_close`.

    With TLS, clients have to trust `certificates.AUTHORITY`, which lies beside the state file; they may also use
    the port as their HTTPS proxy and then reach the simulator under Microsoft's own host names.
    """
    return Server(simulator, host, port, tls=tls)


class _Breaking:
    """Passes requests on, breaks the connection where a fault says so, and knows how many are under way."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._under_way = 0
        self._changed = threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        with self._changed:
            self._under_way += 1
        try:
            return self._simulator(environ, start_response)
        except BrokenConnection as broken:
            connection: socket.socket = environ["simulator.socket"]
            if broken.what == "truncate":
                connection.sendall(_half(broken))
            connection.shutdown(socket.SHUT_RDWR)
            raise
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until no request is under way, but no longer than this."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._under_way and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)


def _half(broken: BrokenConnection) -> bytes:
    whole = written(broken.response)
    data = whole.get_data()
    lines = [f"HTTP/1.1 {whole.status}", *(f"{name}: {value}" for name, value in whole.headers)]
    return "\r\n".join([*lines, "", ""]).encode() + data[: len(data) // 2]

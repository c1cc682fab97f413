"""Serves a simulator in a thread, as `cspctl simulator serve` does in a process."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cspctl.simulator import Simulator
from cspctl.simulator.certificates import AUTHORITY
from cspctl.simulator.serve import server


@dataclass
class Served:
    """A simulator that listens: where, and whom its clients have to trust."""

    simulator: Simulator
    port: int
    authority: Path
    tls: bool

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    @property
    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority)
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 insists on, and others before it
        return context

    def connect(self, *, tls: bool | None = None) -> socket.socket:
        """Open a connection of our own, to say what no well-behaved client library lets us say."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        if self.tls if tls is None else tls:
            return self.trust.wrap_socket(connection, server_hostname="localhost")
        return connection

    def say(self, text: bytes, *, tls: bool | None = None) -> bytes:
        """Send bytes on a connection of their own, and return all that comes until the server closes it."""
        with self.connect(tls=tls) as connection:
            connection.sendall(text)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def served(folder: Path, *, tls: bool = True, speed: float = 100, host: str = "127.0.0.1") -> Iterator[Served]:
    """Serve a simulator whose state is in the folder."""
    simulator = Simulator(folder / "state.sqlite", speed=speed, jumps=False)
    simulator.account(defaultAccessAssignments=True)
    serving = server(simulator, host, 0, tls=tls)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    try:
        yield Served(simulator, serving.server_port, folder / AUTHORITY, tls)
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()
        simulator.close()

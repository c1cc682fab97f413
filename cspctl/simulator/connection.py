"""Speaks HTTP/1.1 with one client: requests in, WSGI, answers out; the only place that parses HTTP.

A connection may begin with TLS, and a client that takes the simulator for its proxy may ask for a tunnel
(CONNECT) to a host of Microsoft's: the tunnel ends here.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

TLS_HANDSHAKE = b"\x16"  # the first byte of a TLS connection; no HTTP method begins with it
IDLE = 600.0  # seconds a connection may be silent
LARGEST_BODY = 32 * 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}")
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,8}")


class Served(Protocol):
    """What a connection needs of its server."""

    application: Wsgi
    tls: ssl.SSLContext | None
    hosts: frozenset[str]
    server_port: int


class _Unreadable(Exception):
    """The request's first line or its body cannot be understood."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Connection(BaseHTTPRequestHandler):
    """One connection, with as many requests as the client likes."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE
    # Headers and body are small; waiting to join them with more costs each answer 40 ms.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Begin TLS if the server has it and the client does; in this thread, where a slow client stops nobody."""
        self._served: Served = self.server  # type: ignore[assignment] # socketserver types it as its base class
        self.request.settimeout(self.timeout)
        if self._served.tls and self.request.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
            self.request = self._served.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        """Close what TLS has put in the place of the socket that the server knows."""
        super().finish()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike: the application knows which it has."""
        if name.startswith("do_"):
            return self._respond
        raise AttributeError(name)

    def do_CONNECT(self) -> None:
        """Let a client that takes us for its proxy reach the host it believes in."""
        host = self.path.rpartition(":")[0].strip("[]").lower()
        if self._served.tls is None:
            self._refuse(501, "A tunnel needs TLS: serve the simulator with --tls.")
        elif host not in self._served.hosts:
            self._refuse(403, f"The simulator does not stand for {host}, and passes nothing on.")
        else:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._tunnelled(self._served.tls)

    def _tunnelled(self, context: ssl.SSLContext) -> None:
        self.connection = self.request = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def _respond(self) -> None:
        try:
            if self._served.tls and not isinstance(self.connection, ssl.SSLSocket) and not self._is_proxied():
                where = f"https://{self.headers.get('Host', 'localhost')}{self.path}"
                raise _Unreadable(400, f"This port speaks HTTPS: {where}")
            environ = self._environ(self._body())
        except _Unreadable as error:
            self._refuse(error.status, str(error))
            return
        status, headers, data = self._asked(environ)
        self._write(status, headers, data)

    def _target(self) -> SplitResult:
        try:
            return urlsplit(self.path)
        except ValueError as error:
            raise _Unreadable(400, f"{self.path} is no address: {error}") from None

    def _is_proxied(self) -> bool:
        """Tell whether the client gives its proxy the whole address, as some do for https too instead of a tunnel."""
        target = self._target()
        return target.scheme in {"http", "https"} and (target.hostname or "") in self._served.hosts

    def _asked(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:  # noqa: ARG001
            began.append((status, headers))

        try:
            data = b"".join(self._served.application(environ, start_response))
        except ConnectionError:  # a fault of the kind that breaks the connection, which it has done already
            raise
        except Exception:
            text = b'{"error": {"code": "InternalServerError", "message": "The simulator failed; see its output."}}'
            self._write("500 Internal Server Error", [("Content-Type", "application/json")], text)
            raise
        status, headers = began[-1]
        return status, headers, data

    def _write(self, status: str, headers: list[tuple[str, str]], data: bytes) -> None:
        """Send the whole answer at once."""
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        names = {name.lower() for name, _ in headers}
        bodiless = self.command == "HEAD" or status[:3] in {"204", "304"}
        if "content-length" not in names and not bodiless:
            lines.append(f"Content-Length: {len(data)}")
        if "date" not in names:
            lines.append(f"Date: {self.date_time_string()}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        self.connection.sendall(head if bodiless else head + data)

    def _refuse(self, status: int, reason: str) -> None:
        """Answer what never reaches the application; what may follow on the connection cannot be understood."""
        self.close_connection = True
        self._write(f"{status} {self.responses[status][0]}", [("Content-Type", "text/plain")], f"{reason}\n".encode())

    def _body(self) -> bytes:
        """Read the body to its end, so that the next request begins where it should."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length") or "0"
        if not _LENGTH.fullmatch(length):
            raise _Unreadable(400, f"Content-Length {length} is not a number.")
        return self._exactly(int(length))

    def _chunks(self) -> Iterable[bytes]:
        room = LARGEST_BODY
        while True:
            size = self.rfile.readline(1024).partition(b";")[0].strip()
            if not _HEXADECIMAL.fullmatch(size):
                raise _Unreadable(400, f"{size!r} is not the length of a chunk.")
            length = int(size, 16)
            if length == 0:
                break
            room -= length
            if room < 0:
                raise _Unreadable(413, "The body is too large.")
            yield self._exactly(length)
            self.rfile.readline(3)
        while self.rfile.readline(65536).strip():
            pass  # trailers

    def _exactly(self, length: int) -> bytes:
        if length > LARGEST_BODY:
            raise _Unreadable(413, "The body is too large.")
        data = self.rfile.read(length)
        if len(data) < length:
            raise _Unreadable(400, "The body ended early.")
        return data

    def _environ(self, body: bytes) -> dict[str, Any]:
        # What a proxy gets has the whole address in its first line, and that counts more than the Host header.
        target = self._target()
        whole = bool(target.scheme and target.netloc)
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(target.path if whole else path).decode("latin-1"),
            "QUERY_STRING": query.partition("#")[0],
            "SERVER_NAME": "localhost",
            "SERVER_PORT": str(self._served.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": target.scheme if whole else "https" if self._served.tls else "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "simulator.socket": self.connection,
        }
        for name in dict.fromkeys(each.lower() for each in self.headers):
            key = name.upper().replace("-", "_")
            if key not in {"CONTENT_TYPE", "CONTENT_LENGTH", "TRANSFER_ENCODING"}:
                environ[f"HTTP_{key}"] = ",".join(self.headers.get_all(name, []))
        if whole:
            environ["HTTP_HOST"] = target.netloc
        return environ

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the ledger knows."""

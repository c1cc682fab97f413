"""Stands between a client and a service, and does to its requests and answers what networks do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Fault = Callable[[str, str], str]
"""What to do to a request, by its method and path: nothing (``""``), ``drop before``, ``drop after``, ``503``."""


@contextmanager
def between(address: str, fault: Fault) -> Iterator[str]:
    """The address at which the service behind `address` can be had, with faults."""
    behind = urlsplit(address).netloc

    def answer(asked: BaseHTTPRequestHandler, body: bytes) -> None:
        what = fault(asked.command, asked.path)
        if what == "drop before":
            return
        if what == "503":
            answered(asked, 503, {"x-ms-error-code": "ServerBusy", "Retry-After": "0"})
            return
        connection = http.client.HTTPConnection(behind, timeout=20)
        try:
            connection.request(asked.command, asked.path, body, dict(asked.headers))
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        if what != "drop after":
            headers = {n: v for n, v in response.getheaders() if n.lower() not in ("connection", "transfer-encoding")}
            answered(asked, response.status, headers, data)

    with serving(answer) as at:
        yield at


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler, bytes], None]) -> Iterator[str]:
    """A server that answers as it is told; what it does not answer is a dropped connection."""

    class Asked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        answered = False

        def one(self) -> None:
            self.answered = False
            answer(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.close_connection = not self.answered

        do_GET = do_PUT = do_HEAD = do_DELETE = one

        def log_message(self, *_: object) -> None:
            pass

        def version_string(self) -> str:
            return "between"

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    server = Server(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answered(asked: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], data: bytes = b"") -> None:
    """Send one answer."""
    asked.send_response_only(status)
    length = {} if any(name.lower() == "content-length" for name in headers) else {"Content-Length": str(len(data))}
    for name, value in {**headers, **length}.items():
        asked.send_header(name, value)
    asked.end_headers()
    if asked.command != "HEAD":
        asked.wfile.write(data)
    asked.answered = True  # type: ignore[attr-defined]

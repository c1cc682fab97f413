"""The simulator with an observer: it notes every request, breaks connections, and kills who asks, at a given one."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx

from cspctl.simulator import Simulator
from cspctl.simulator.app import BrokenConnection
from cspctl.simulator.wire import Response

REQUESTS = "requests.jsonl"
"""The file in which all requests of one world are noted, in order."""
VICTIM = "victim"
"""The file that says which process a served simulator is to kill."""
BROKEN: dict[str, type[httpx.TransportError]] = {"drop": httpx.ReadError, "truncate": httpx.RemoteProtocolError}
CORRELATIONS = ("HTTP_MS_CORRELATIONID", "HTTP_X_MS_CORRELATION_REQUEST_ID", "HTTP_CLIENT_REQUEST_ID")


@dataclass(frozen=True)
class Kill:
    """The request at which the process that makes it is killed: before it has any effect, or after its answer."""

    number: int
    after: bool


class Watched(Simulator):
    """Microsoft's services for one process, which is told apart from others by nothing but its patience."""

    kill: ClassVar[Kill | None] = None
    served: ClassVar[bool] = False
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, unless it is the last one of whoever asks."""
        with self._guard:
            number = self._noted(environ)
        if self.kill == Kill(number, after=False):
            self._end()
        try:
            answer = list(super().__call__(environ, start_response))
        except BrokenConnection as broken:
            if self.served:
                raise
            raise BROKEN[broken.what](str(broken)) from None  # what httpx makes of it where there is a socket
        if self.kill == Kill(number, after=True):
            self._end()
        return answer

    def _noted(self, environ: dict[str, Any]) -> int:
        file = self.path.parent / REQUESTS
        base = next((environ[name] for name in CORRELATIONS if name in environ), "")
        line = {"method": environ["REQUEST_METHOD"], "host": environ.get("HTTP_HOST", ""), "path": environ["PATH_INFO"]}
        with file.open("a+", encoding="utf-8") as notes:
            notes.write(json.dumps({**line, "base": base}) + "\n")
            notes.seek(0)
            return sum(1 for _ in notes) - 1

    def _end(self) -> None:
        """Kill the process that asks, as nothing can prepare for."""
        victim = int((self.path.parent / VICTIM).read_text()) if self.served else os.getpid()
        os.kill(victim, signal.SIGKILL)
        if self.served:
            raise BrokenConnection("drop", Response(503))


def requests(folder: Path) -> list[dict[str, str]]:
    """All requests that a world has seen, in order."""
    file = folder / REQUESTS
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []

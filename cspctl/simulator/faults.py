"""Lets requests fail on purpose, by route and count; the only place that decides whether one does."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from cspctl.simulator.store import Transaction
from cspctl.simulator.wire import Request, Response, Routes


@dataclass(frozen=True)
class Fault:
    """What goes wrong, where and how often.

    `method` ("*" for any) and `path` (a regular expression searched in the path) choose the requests;
    `service` narrows to one of "sign-in", "partner-center", "arm". The first `skip` of them pass, the next
    `times` are hit. `when` says whether the request takes effect: "before" it does not, "after" it does and
    only the answer is replaced. `what` is "status" (answer with `status`, `code`, `message`, `headers`),
    "throttle" (429 with `retry_after` seconds) or "delay" (answer `delay` seconds late). "drop" and "truncate"
    (the answer never arrives, or half of it does) need a socket: in process both raise ConnectionError.
    """

    method: str = "*"
    path: str = ""
    service: str = ""
    skip: int = 0
    times: int = 1
    when: str = "before"
    what: str = "status"
    status: int = 503
    code: str = "ServiceUnavailable"
    message: str = "The service is unavailable."
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: int = 10
    delay: float = 0.0
    seen: int = 0

    def __post_init__(self) -> None:
        """Refuse values that would silently never do anything."""
        if self.when not in {"before", "after"} or self.what not in {
            "status",
            "throttle",
            "delay",
            "drop",
            "truncate",
        }:
            raise ValueError(f"a fault is not {self.when} {self.what}")
        re.compile(self.path)

    def hits(self, service: str, request: Request) -> bool:
        """Tell whether the fault concerns the request, whatever its counts say."""
        return (
            self.method in {"*", request.method}
            and self.service in {"", service}
            and re.search(self.path, request.path, re.IGNORECASE) is not None
        )

    def answer(self, routes: Routes) -> Response:
        """Return what goes out instead of the true answer, in the service's own shape."""
        if self.what == "throttle":
            message = f"Rate limit is exceeded. Try again in {self.retry_after} seconds."
            response = routes.error(429, "TooManyRequests", message)
            response.headers["Retry-After"] = str(self.retry_after)
        else:
            response = routes.error(self.status, self.code, self.message)
        response.headers.update(self.headers)
        return response


def parse(body: dict[str, Any]) -> Fault:
    """Make a fault of its JSON form; an unknown field is a TypeError, an impossible value a ValueError."""
    try:
        return Fault(**body)
    except re.error as error:
        raise ValueError(f"path: {error}") from None


def add(tx: Transaction, fault: Fault) -> None:
    """Arm the fault."""
    tx.put("faults", f"{tx.next('faults'):06d}", asdict(fault))


def clear(tx: Transaction) -> None:
    """Disarm all faults."""
    for number in range(1, int((tx.get("counters", "faults") or {"value": 0})["value"]) + 1):
        tx.delete("faults", f"{number:06d}")


def take(tx: Transaction, service: str, request: Request) -> Fault | None:
    """Count the request against the armed faults and return the first that strikes."""
    last = int((tx.get("counters", "faults") or {"value": 0})["value"])
    for number in range(1, last + 1):
        document = tx.get("faults", f"{number:06d}")
        if document is None or not (fault := Fault(**document)).hits(service, request):
            continue
        document["seen"] = fault.seen + 1
        tx.put("faults", f"{number:06d}", document)
        if fault.skip <= fault.seen < fault.skip + fault.times:
            return fault
    return None

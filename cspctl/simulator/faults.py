"""Lets requests fail on purpose, by route and count; the only place that decides whether one does."""

from __future__ import annotations

import re
import shlex
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

from cspctl.simulator.store import Transaction
from cspctl.simulator.wire import Request, Response, Routes

_PAIR = re.compile(r"[a-z_]+(\.[\w-]+)?=")
_METHOD = re.compile(r"\*|[A-Z]+")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[ -~]*")
SERVICES = ("", "sign-in", "partner-center", "graph", "arm")
LONGEST = 24 * 3600  # seconds; what never answers is a "drop"


def _type(each: Field[Any]) -> type:
    return dict if each.name == "headers" else type(each.default)


@dataclass(frozen=True)
class Fault:
    """What goes wrong, where and how often.

    `method` ("*" for any) and `path` (a regular expression searched in the path) choose the requests;
    `service` narrows to one of "sign-in", "partner-center", "arm", "graph". The first `skip` of them pass, the next
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
        """Refuse values that would silently never do anything, or harm whatever they hit."""
        self._check_types()
        if self.when not in {"before", "after"} or self.what not in {
            "status",
            "throttle",
            "delay",
            "drop",
            "truncate",
        }:
            raise ValueError(f"a fault is not {self.when} {self.what}")
        if not _METHOD.fullmatch(self.method) or not 100 <= self.status <= 599 or self.times < 1 or self.skip < 0:
            raise ValueError("a fault needs a method or *, a status from 100 to 599, times from 1 and skip from 0")
        if not 0 <= self.retry_after <= LONGEST or not 0 <= self.delay <= LONGEST:
            raise ValueError(f"a fault delays by 0 to {LONGEST} seconds")
        if self.service not in SERVICES:
            raise ValueError(f"there is no service {self.service}; there are {', '.join(SERVICES[1:])}")
        if not all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in self.headers.items()):
            raise ValueError("a fault's headers have names and values that HTTP can carry")
        re.compile(self.path)

    def _check_types(self) -> None:
        for each in fields(self):
            value, wanted = getattr(self, each.name), _type(each)
            if isinstance(value, bool) or not isinstance(value, (int, float) if wanted is float else wanted):
                raise ValueError(f"{each.name} is a value of another type")
        if not all(isinstance(each, str) for each in (*self.headers, *self.headers.values())):
            raise ValueError("headers have texts as values")

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


def parse_text(text: str) -> Fault:
    """Make a fault of its written form, `PUT .*virtualNetworks.* status=503 times=2`; raise ValueError.

    A method or *, a regular expression for the path, then fields of `Fault`; `headers.NAME=value` adds a header.
    `delay` and `retry_after` say by themselves what happens.
    """
    method, *rest = shlex.split(text) or ["*"]
    path, pairs = (rest[0], rest[1:]) if rest and not _PAIR.match(rest[0]) else ("", rest)
    body: dict[str, Any] = {"method": method.upper(), "path": path, "headers": {}}
    types = {each.name: _type(each) for each in fields(Fault) if each.name not in {"headers", "seen"}}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name.startswith("headers."):
            body["headers"][name.removeprefix("headers.")] = value
        elif name not in types:
            raise ValueError(f"a fault has no {name}; it has {', '.join(types)} and headers.NAME")
        else:
            body[name] = _read(name, types[name], value)
    implied = {"delay": "delay", "retry_after": "throttle"}
    for name, what in implied.items():
        if name in body:
            body.setdefault("what", what)
    return parse(body)


def written(fault: dict[str, Any]) -> str:
    """Return an armed fault as `parse_text` reads it: what is as usual is left out."""
    usual = {each.name: each.default for each in fields(Fault) if each.name != "headers"}
    pairs = [f"{name}={fault[name]}" for name, value in usual.items() if fault[name] != value]
    pairs += [f"headers.{name}={value}" for name, value in fault["headers"].items()]
    kept = [pair for pair in pairs if not pair.startswith(("method=", "path=", "seen="))]
    return shlex.join([fault["method"], *([fault["path"]] if fault["path"] else []), *kept])


def _read(name: str, type: type, value: str) -> Any:
    try:
        return type(value)
    except ValueError:
        raise ValueError(f"{name}={value} is not a number") from None


def armed(tx: Transaction) -> list[dict[str, Any]]:
    """Return the faults as they were armed, with how many requests each has `seen`."""
    return tx.all("faults")


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

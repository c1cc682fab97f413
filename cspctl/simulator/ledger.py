"""Records every write request and what it brought about; the only place that says what counts as a write."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from cspctl.simulator.store import Transaction
from cspctl.simulator.wire import Request, Response

# Microsoft Graph's questions that are too long for an address.
QUESTION = re.compile(r"/(getByIds|(get|check)MemberGroups|validateProperties)$", re.IGNORECASE)
SECRET = re.compile(r"password|secret|token|assertion|(^|_)code$", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One write request: its number, the virtual time (ISO 8601), the answer's status, its effects in words.

    `tenant` is the `tid` of the caller's token, empty when it had none.
    """

    seq: int
    time: str
    service: str
    tenant: str
    method: str
    path: str
    body: Any
    status: int
    request_id: str
    effects: tuple[str, ...]


def is_write(service: str, request: Request) -> bool:
    """Tell whether the request can change what a partner owns; signing in, checking and administering cannot."""
    if request.path.startswith("/v1/validations/") or (service == "graph" and QUESTION.search(request.path)):
        return False
    return request.method not in {"GET", "HEAD"} and service not in {"sign-in", "simulator"}


def write(request: Request, service: str, response: Response) -> None:
    """Append the request to the ledger, in the transaction of the request itself."""
    seq = request.tx.next("ledger")
    row = Row(
        seq=seq,
        time=request.now.isoformat(),
        service=service,
        tenant=str(request.caller.get("tid", "")),
        method=request.method,
        path=request.path,
        body=redacted(request.body),
        status=response.status,
        request_id=request.request_id,
        effects=tuple(request.tx.effects),
    )
    request.tx.put("ledger", f"{seq:012d}", asdict(row))


def read(tx: Transaction) -> list[Row]:
    """Return all rows, oldest first."""
    return [Row(**{**row, "effects": tuple(row["effects"])}) for row in tx.all("ledger")]


def redacted(body: Any) -> Any:
    """Return the body with the values of secret-looking fields replaced by ***."""
    if isinstance(body, dict):
        return {
            key: "***" if SECRET.search(key) and isinstance(value, str) else redacted(value)
            for key, value in body.items()
        }
    if isinstance(body, list):
        return [redacted(item) for item in body]
    return body

"""Runs what takes time: resources settle, groups vanish, providers register; the only place that ends operations.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request

OPERATIONS = "armOperations"
PENDING = "armPending"

# Seconds after which a client may ask again. Never 0: without the header, clients wait 30 seconds.
RETRY_AFTER = "10"
GROUP_RETRY_AFTER = "15"

Completion = Callable[[Transaction, Document], None]
_completions: dict[str, Completion] = {}


@dataclass(frozen=True)
class Start:
    """What begins now: in which subscription, what ends it (`action` on `target`), after how many seconds.

    `namespace` and `location` are empty for operations without a URL of their own. `family` is the part of the
    URL that the provider calls its operations; `part` names what inside the target is concerned.
    """

    subscription: str
    action: str
    target: str
    seconds: float
    namespace: str = ""
    location: str = ""
    family: str = "operations"
    part: str = ""
    method: str = "PUT"


def completes(action: str) -> Callable[[Completion], Completion]:
    """Declare the function below as what happens when an operation with this action ends."""

    def declare(function: Completion) -> Completion:
        _completions[action] = function
        return function

    return declare


def begin(request: Request, start: Start) -> Document:
    """Write the operation down and return it; it ends by the simulator's clock."""
    id = str(uuid.uuid4())
    due = request.now.timestamp() + start.seconds
    operation: Document = {
        "id": id,
        "subscription": start.subscription,
        "action": start.action,
        "target": start.target,
        "part": start.part,
        "namespace": start.namespace,
        "location": start.location,
        "family": start.family,
        "method": start.method,
        "apiVersion": request.query.get("api-version"),
        "status": "InProgress",
        "startTime": request.now.isoformat(),
        "due": due,
        "pending": f"{start.subscription}/{due:017.3f}/{id}",
    }
    request.tx.put(OPERATIONS, f"{start.subscription}/{id}", operation)
    request.tx.put(PENDING, operation["pending"], {"id": id, "due": due})
    if start.seconds <= 0:
        finish(request.tx, operation)
    return operation


def find(tx: Transaction, subscription: str, id: str) -> Document | None:
    """Return the operation or None."""
    return tx.get(OPERATIONS, f"{subscription}/{id}")


def end_due(tx: Transaction, now: datetime, subscription: str) -> None:
    """Complete what has run its time in the subscription, in the order of the times."""
    for pending in tx.all(PENDING, f"{subscription}/"):
        if pending["due"] > now.timestamp():
            return
        operation = find(tx, subscription, pending["id"])
        if operation is not None:
            finish(tx, operation)


def finish(tx: Transaction, operation: Document) -> None:
    """Let the operation succeed and do what it was for."""
    tx.delete(PENDING, operation["pending"])
    operation["status"] = "Succeeded"
    operation["endTime"] = datetime.fromtimestamp(operation["due"], UTC).isoformat()
    tx.put(OPERATIONS, f"{operation['subscription']}/{operation['id']}", operation)
    _completions[operation["action"]](tx, operation)


def drop(tx: Transaction, subscription: str, id: str) -> None:
    """Forget an operation that a later one makes pointless; its status stays readable as succeeded."""
    operation = find(tx, subscription, id)
    if operation is not None and operation["status"] == "InProgress":
        tx.delete(PENDING, operation["pending"])
        operation["status"] = "Succeeded"
        tx.put(OPERATIONS, f"{subscription}/{id}", operation)


def status_url(request: Request, operation: Document) -> str:
    """Return the URL for the header Azure-AsyncOperation."""
    return _url(request, operation, operation["family"], "")


def result_url(request: Request, operation: Document) -> str:
    """Return the URL for the header Location."""
    if not operation["namespace"]:
        path = f"/subscriptions/{operation['subscription']}/operationresults/{operation['id']}"
        return f"{request.base_url}{path}?api-version={operation['apiVersion']}"
    if operation["family"] == "operations" and operation["namespace"] == "Microsoft.Network":
        return _url(request, operation, "operationResults", "")
    return _url(request, operation, operation["family"], "monitor=true&")


def _url(request: Request, operation: Document, family: str, query: str) -> str:
    path = (
        f"/subscriptions/{operation['subscription']}/providers/{operation['namespace']}"
        f"/locations/{operation['location']}/{family}/{operation['id']}"
    )
    return f"{request.base_url}{path}?{query}api-version={operation['apiVersion']}"

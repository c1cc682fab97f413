"""Refuses writes that come at the wrong time or on a stale etag; the only place that does."""

from __future__ import annotations

from cspctl.simulator.arm import operations
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request


def check_idle(request: Request, document: Document) -> None:
    """Refuse to write while an operation on the resource or a part of it still runs.

    The body carries the URL of that operation, as in https://github.com/Azure/bicep/issues/5132.
    """
    running = document.get("_", {}).get("operation")
    if not running:
        return
    subscription = document["id"].split("/")[2]
    operation = operations.find(request.tx, subscription, running)
    if operation is None or operation["status"] != "InProgress":
        return
    raise refuse(
        409,
        "AnotherOperationInProgress",
        "Another operation on this or dependent resource is in progress. To retrieve status of the operation use "
        f"uri: {operations.status_url(request, operation)}.",
        details=[],
        Retry_After="10",
    )


def check_etag(request: Request, document: Document | None, *, honoured: bool) -> None:
    """Refuse a stale If-Match, and If-None-Match: * on what exists, where the provider honours them."""
    if not honoured:
        return
    wanted = request.headers.get("If-Match")
    if document is None:
        if wanted:
            text = f"The if-match header {wanted} was sent for a resource that does not exist."
            raise refuse(412, "PreconditionFailed", text, details=[])
        return
    if wanted and wanted.strip() not in {"*", document.get("etag")}:
        raise refuse(
            412,
            "PreconditionFailed",
            f"Etag provided in if-match header {wanted} does not match etag {document.get('etag')} of resource "
            f"{document['id']} in NRP data store.",
            details=[],
        )
    if (request.headers.get("If-None-Match") or "").strip() == "*":
        raise refuse(
            412,
            "PreconditionFailed",
            f"The if-none-match header asks that resource {document['id']} does not exist, but it does.",
            details=[],
        )

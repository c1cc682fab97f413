"""Answers for what is asked of delegated administration relationships, and how it goes; the only routes that do.

https://learn.microsoft.com/graph/api/resources/delegatedadminrelationshiprequest and …operation
"""

from __future__ import annotations

import uuid
from typing import Any

from cspctl.simulator import delegations
from cspctl.simulator.graph import objects, query, rights
from cspctl.simulator.graph.delegated_admin import OF, OPERATIONS, ROOT, bad, find, require_agent
from cspctl.simulator.graph.errors import object_body, refuse
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

REQUESTS = "delegatedAdminRelationshipRequests"


# Requests ------------------------------------------------------------------------------------------------


@route("POST", f"{ROOT}/<id>/requests", *rights.WRITE_DELEGATIONS)
def create_request(request: Request, id: str) -> Response:
    """Ask the customer for approval (lockForApproval), or end the relationship (terminate)."""
    require_agent(request)
    found, action = find(request, id), str(object_body(request.body).get("action"))
    if action == "lockForApproval" and found["status"] == "created":
        delegations.lock(request.tx, request.now, found)
    elif action == "terminate" and found["status"] == "active":
        delegations.terminate(request.tx, request.now, found)
    elif action in {"lockForApproval", "terminate"}:
        raise bad(f"The action {action} is not possible in the status {found['status']}.")
    else:
        # Indirect providers' and resellers' approve and reject are not simulated.
        raise bad(f"The action '{action}' is not supported.")
    document = {
        "id": str(uuid.uuid4()),
        "action": action,
        "status": "created",
        "createdDateTime": objects.instant(request.now.isoformat()),
        "lastModifiedDateTime": objects.instant(request.now.isoformat()),
    }
    request.tx.put(REQUESTS, f"{found['id']}/{document['id']}", document)
    request.tx.effects.append(f"delegation {action} {found['id']}")
    location = f"{request.base_url}{request.path.rstrip('/')}/{document['id']}"
    context = query.metadata(request, f"{OF}('{found['id']}')/requests/$entity")
    return Response(201, {"@odata.context": context, **document}, {"Location": location})


def _requests(request: Request, relationship: Document) -> list[dict[str, Any]]:
    found = request.tx.all(REQUESTS, f"{relationship['id']}/")
    return [{**each, "status": "succeeded"} for each in found]


@route("GET", f"{ROOT}/<id>/requests", *rights.READ_DELEGATIONS)
def list_requests(request: Request, id: str) -> Response:
    """Answer what has been asked for of a relationship."""
    found = find(request, id)
    of = f"{OF}('{found['id']}')/requests"
    return query.page(request, _requests(request, found), of, "delegatedAdminRelationshipRequest")


@route("GET", f"{ROOT}/<id>/requests/<asked>", *rights.READ_DELEGATIONS)
def get_request(request: Request, id: str, asked: str) -> Response:
    """Answer one request."""
    found = find(request, id)
    document = next((each for each in _requests(request, found) if each["id"] == asked), None)
    if document is None:
        raise refuse(404, "notFound", f"The delegatedAdminRelationshipRequest '{asked}' was not found.")
    return query.one(request, document, f"{OF}('{found['id']}')/requests", "delegatedAdminRelationshipRequest")


# Operations ----------------------------------------------------------------------------------------------


def _operation(request: Request, operation: Document) -> dict[str, Any]:
    done = request.now.isoformat() >= operation["doneAt"]
    return {
        "id": operation["id"],
        "operationType": operation["operationType"],
        "data": operation["data"],
        "status": "succeeded" if done else "running",
        "createdDateTime": objects.instant(operation["createdAt"]),
        "lastModifiedDateTime": objects.instant(operation["doneAt"] if done else operation["createdAt"]),
    }


@route("GET", f"{ROOT}/<id>/operations", *rights.READ_DELEGATIONS)
def list_operations(request: Request, id: str) -> Response:
    """Answer the long-running operations of a relationship."""
    found = find(request, id)
    shown = [_operation(request, each) for each in request.tx.all(OPERATIONS, f"{found['id']}/")]
    return query.page(request, shown, f"{OF}('{found['id']}')/operations", "delegatedAdminRelationshipOperation")


@route("GET", f"{ROOT}/<id>/operations/<operation>", *rights.READ_DELEGATIONS)
def get_operation(request: Request, id: str, operation: str) -> Response:
    """Answer how an operation goes."""
    found = find(request, id)
    document = request.tx.get(OPERATIONS, f"{found['id']}/{operation}")
    if document is None:
        raise refuse(404, "notFound", f"The delegatedAdminRelationshipOperation '{operation}' was not found.")
    of = f"{OF}('{found['id']}')/operations"
    return query.one(request, _operation(request, document), of, "delegatedAdminRelationshipOperation")

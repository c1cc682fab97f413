"""Answers the URLs at which clients watch operations."""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm import operations, subscriptions
from cspctl.simulator.arm.errors import gateway_404, refuse
from cspctl.simulator.arm.presentation import shown_at
from cspctl.simulator.arm.service import gateway, routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response


@gateway(
    "GET",
    "/subscriptions/<subscription>/operationresults/<id>",
    "Microsoft.Resources/subscriptions/operationresults",
)
def group_result(request: Request, subscription: str, id: str) -> Response:
    """Answer 202 while a resource group is being deleted, 200 without a body when it is gone."""
    operation = _find(request, subscription, id)
    if operation["status"] == "Failed":
        return Response(409, {"error": operation["error"]})
    if operation["status"] != "InProgress":
        return Response(200)
    headers = {"Location": operations.result_url(request, operation), "Retry-After": operations.GROUP_RETRY_AFTER}
    return Response(202, None, headers)


@routes.route("GET", "/subscriptions/<subscription>/providers/<namespace>/locations/<location>/operations/<id>")
def status(request: Request, subscription: str, namespace: str, location: str, id: str) -> Response:  # noqa: ARG001
    """Answer the state of an operation, or with `monitor=true` its result."""
    operation = _find(request, subscription, id)
    if request.query.get("monitor").lower() == "true":
        return _result(request, operation)
    headers = {} if operation["status"] != "InProgress" else {"Retry-After": operations.RETRY_AFTER}
    return Response(200, _status(operation), headers)


@routes.route("GET", "/subscriptions/<subscription>/providers/<namespace>/locations/<location>/DiskOperations/<id>")
def disk_status(request: Request, subscription: str, namespace: str, location: str, id: str) -> Response:
    """Answer the state of an operation on a disk."""
    return status(request, subscription, namespace, location, id)


@routes.route("GET", "/subscriptions/<subscription>/providers/<namespace>/locations/<location>/operationResults/<id>")
def result(request: Request, subscription: str, namespace: str, location: str, id: str) -> Response:  # noqa: ARG001
    """Answer 202 while the operation goes on, then what it led to."""
    return _result(request, _find(request, subscription, id))


def _find(request: Request, subscription: str, id: str) -> Document:
    operation = operations.find(request.tx, subscriptions.spelt(request.tx, subscription), id)
    if operation is None:
        raise refuse(404, "OperationNotFound", f"Operation {id} could not be found.", details=[])
    return operation


def _status(operation: Document) -> dict[str, Any]:
    if operation["namespace"] == "Microsoft.Network":
        return {"status": operation["status"]}
    body = {"startTime": operation["startTime"], "status": operation["status"], "name": operation["id"]}
    if "endTime" in operation:
        body["endTime"] = operation["endTime"]
    return body


def _result(request: Request, operation: Document) -> Response:
    url = operations.result_url(request, operation)
    if operation["status"] == "InProgress":
        return Response(202, None, {"Location": url, "Retry-After": operations.RETRY_AFTER})
    if operation["method"] == "DELETE":
        return Response(204, None, {"Location": url})
    body = shown_at(request, operation["target"], operation["part"])
    if body is None:
        raise gateway_404("ResourceNotFound", f"The resource '{operation['target']}' was not found.")
    return Response(200, body, {"Location": url})

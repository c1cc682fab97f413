"""Creates, changes and deletes resources of any type in resource groups; the only place that does."""

from __future__ import annotations

import copy
from typing import Any

from cspctl.simulator.arm import (
    behaviours,
    bodies,
    ids,
    operations,
    parts,
    preconditions,
    provider_types,
    providers,
    records,
    references,
    resource_groups,
    tags,
)
from cspctl.simulator.arm.addressing import IN_GROUP, Target, addressed, required
from cspctl.simulator.arm.behaviours import Behaviour, Write
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.arm.presentation import presented
from cspctl.simulator.arm.service import routes
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request, Response


@routes.route("PUT", IN_GROUP)
def put(request: Request, subscription: str, group: str, namespace: str, rest: str) -> Response:
    """Create a resource, or replace what a client may set of it."""
    target = addressed(request, subscription, group, namespace, rest)
    body = bodies.sent(request)
    spelt = target.id.subscription
    resource_groups.require(request.tx, subscription, group, for_write=True)
    provider = provider_types.provider(namespace)
    providers.require_registered(request, spelt, provider)
    old = records.find(request.tx, target.id)
    if target.part is not None:
        old = required(request, target)
        preconditions.check_idle(request, old)
        write = parts.put(request, target.id, target.type, target.part, body, old)
    else:
        if old is not None:
            preconditions.check_idle(request, old)
        preconditions.check_etag(request, old, honoured=target.behaviour.etag)
        write = Write(request, target.id, target.type, bodies.new_document(target, body, old), old)
    if target.behaviour.prepare is not None:
        target.behaviour.prepare(write)
    return _begun(write, target)


def _begun(write: Write, target: Target) -> Response:
    """Store the write, begin its operation, and answer."""
    request, new, behaviour = write.request, write.new, target.behaviour
    created = write.old is None or (target.part is not None and records.part(write.old, *target.part) is None)
    _stamp(new, behaviour, behaviour.pending if behaviour.asynchronous else "Succeeded", write.part)
    now = request.now.isoformat()
    hidden = (write.old or {}).get("_", {"createdTime": now})
    new["_"] = {**hidden, "changedTime": now, "operation": None}
    references.update(request.tx, write.old, new)
    seconds = behaviour.part_seconds if write.part is not None else behaviour.write_seconds
    part = "/".join(target.part) if target.part else ""
    records.save(request.tx, new)
    headers = _start(request, target, "settle", seconds, part, new)
    named = write.part["id"] if write.part is not None else new["id"]
    request.tx.effects.append(f"resource {'created' if created else 'changed'} {named}")
    document = records.find(request.tx, target.id) or new
    body = presented(request.tx, document, write.version, write.part and parts.require(document, target.part))
    return Response(behaviour.created if created else behaviour.changed, body, headers)


def _stamp(document: Document, behaviour: Behaviour, state: str, part: Document | None = None) -> None:
    if behaviour.etag:
        records.identify(document)
        records.stamp(document, state, records.new_etag(), only=part)
    elif behaviour.stated:
        document.setdefault("properties", {})["provisioningState"] = state


def _start(
    request: Request, target: Target, action: str, seconds: float, part: str, document: Document
) -> dict[str, str]:
    """Begin the operation and return the headers that let a client watch it."""
    behaviour = target.behaviour
    start = operations.Start(
        target.id.subscription,
        action,
        document["id"],
        seconds,
        namespace=target.id.namespace,
        location=document.get("location", "global"),
        family=behaviour.family,
        part=part,
        method=request.method,
    )
    operation = operations.begin(request, start)
    if operation["status"] == "InProgress":
        document["_"]["operation"] = operation["id"]
        records.save(request.tx, document)
    if not behaviour.asynchronous:
        return {}
    headers = {"Azure-AsyncOperation": operations.status_url(request, operation), "Retry-After": "3"}
    if not part:
        headers["Azure-AsyncNotification"] = "Enabled"
    if request.method == "DELETE" or behaviour.family != "operations":
        headers["Location"] = operations.result_url(request, operation)
        headers["Retry-After"] = "10"
    return headers


@routes.route("PATCH", IN_GROUP)
def patch(request: Request, subscription: str, group: str, namespace: str, rest: str) -> Response:
    """Change tags, or for types that can do more, merge the body into the resource."""
    target = addressed(request, subscription, group, namespace, rest)
    body = bodies.sent(request)
    if target.part is not None:
        raise refuse(405, "HttpMethodNotSupported", f"The type '{target.type.name}' has no PATCH for its parts.")
    resource_groups.require(request.tx, subscription, group, for_write=True)
    document = required(request, target)
    preconditions.check_idle(request, document)
    preconditions.check_etag(request, document, honoured=target.behaviour.etag)
    if target.behaviour.tags_only_patch:
        return _tagged(request, target, document, body)
    merged = _merged({key: value for key, value in document.items() if key != "_"}, body)
    write = Write(request, target.id, target.type, bodies.new_document(target, merged, document), document)
    if target.behaviour.prepare is not None:
        target.behaviour.prepare(write)
    return _begun(write, target)


def _tagged(request: Request, target: Target, document: Document, body: dict[str, Any]) -> Response:
    if set(body) - {"tags"}:
        raise refuse(
            400,
            "InvalidRequestFormat",
            "Cannot parse the request.",
            details=[{"code": "InvalidJson", "message": f"Could not find member '{min(set(body) - {'tags'})}'."}],
        )
    document["tags"] = tags.checked(body.get("tags"))
    _stamp(document, target.behaviour, "Succeeded")
    document["_"]["changedTime"] = request.now.isoformat()
    records.save(request.tx, document)
    request.tx.effects.append(f"resource changed {document['id']}")
    body = presented(request.tx, document, request.query.get("api-version"), None)
    return Response(200, body, {"Azure-AsyncNotification": "Enabled"})


def _merged(old: Any, change: Any) -> Any:
    """Return old with the JSON merge patch applied (RFC 7386)."""
    if not isinstance(change, dict):
        return change
    base = dict(old) if isinstance(old, dict) else {}
    for key, value in change.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = _merged(base.get(key), value)
    return base


@routes.route("DELETE", IN_GROUP)
def delete(request: Request, subscription: str, group: str, namespace: str, rest: str) -> Response:
    """Delete a resource; 204 when there is none."""
    target = addressed(request, subscription, group, namespace, rest)
    document = records.find(request.tx, target.id)
    part = None if document is None or target.part is None else records.part(document, *target.part)
    if document is None or (target.part is not None and part is None):
        return Response(204)
    concerned = document if part is None else part
    preconditions.check_idle(request, document)
    preconditions.check_etag(request, concerned, honoured=target.behaviour.etag)
    if target.behaviour.check_delete is not None:
        target.behaviour.check_delete(request, document, part)
    request.tx.effects.append(f"resource deleted {concerned['id']}")
    name = f"{target.part[0]}/{concerned['name']}" if target.part else ""
    if target.behaviour.asynchronous:
        _stamp(document, target.behaviour, "Deleting", part)
        records.save(request.tx, document)
    headers = _start(request, target, "remove", _delete_seconds(target), name, document)
    return Response(202 if target.behaviour.asynchronous else 200, None, headers)


def _delete_seconds(target: Target) -> float:
    return target.behaviour.part_seconds if target.part else target.behaviour.delete_seconds


@operations.completes("settle")
def _settled(tx: Transaction, operation: Document) -> None:
    document = records.find(tx, operation["target"])
    if document is None:
        return
    id = ids.parse(document["id"])
    if id is None:
        raise LookupError(document["id"])
    version = operation["apiVersion"]
    behaviour = behaviours.of(provider_types.resource_type(id.namespace, id.type, version))
    if behaviour.asynchronous:
        _stamp(document, behaviour, "Succeeded")
    if behaviour.settle is not None:
        behaviour.settle(document)
    document.setdefault("_", {})["operation"] = None
    records.save(tx, document)


@operations.completes("remove")
def _removed(tx: Transaction, operation: Document) -> None:
    document = records.find(tx, operation["target"])
    if document is None:
        return
    if operation["part"]:
        old = copy.deepcopy(document)
        parts.remove(document, operation["part"])
        references.update(tx, old, document)
        records.save(tx, document)
        _settled(tx, operation)
        return
    references.update(tx, document, None)
    for child in tx.all(records.COLLECTION, f"{document['id']}/"):
        references.update(tx, child, None)
    records.remove(tx, document["id"])

"""Answers reads and lists of resources of any type."""

from __future__ import annotations

from cspctl.simulator.arm import behaviours, ids, paging, parts, provider_types, records, resource_groups, subscriptions
from cspctl.simulator.arm.addressing import IN_GROUP, IN_SUBSCRIPTION, addressed, no_parent, own_up, required
from cspctl.simulator.arm.ids import ResourceId
from cspctl.simulator.arm.presentation import presented
from cspctl.simulator.arm.provider_types import ResourceType
from cspctl.simulator.arm.service import routes
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response


@routes.route("GET", IN_GROUP)
def get(request: Request, subscription: str, group: str, namespace: str, rest: str) -> Response:
    """Answer one resource, or the list of a type in the group."""
    types, names = ids.split(rest)
    own_up(request, namespace, types)
    if len(types) > len(names):
        return _list_in_group(request, subscription, group, namespace, rest)
    target = addressed(request, subscription, group, namespace, rest)
    document = required(request, target)
    part = None if target.part is None else parts.require(document, target.part)
    body = presented(request.tx, document, request.query.get("api-version"), part)
    headers = {"ETag": body["etag"]} if target.behaviour.etag and "etag" in body else {}
    return Response(200, body, headers)


@routes.route("HEAD", IN_GROUP)
def head(request: Request, subscription: str, group: str, namespace: str, rest: str) -> Response:
    """Tell whether the resource exists: 204 or 404."""
    target = addressed(request, subscription, group, namespace, rest)
    document = records.find(request.tx, target.id)
    exists = document is not None and (target.part is None or records.part(document, *target.part) is not None)
    return Response(204 if exists else 404)


def _list_in_group(request: Request, subscription: str, group: str, namespace: str, rest: str) -> Response:
    types, names = ids.split(rest)
    version = request.query.get("api-version")
    type = provider_types.resource_type(namespace, "/".join(types), version)
    provider_types.require_version(type, version, request.now)
    found = resource_groups.require(request.tx, subscription, group)
    if names:
        return _list_children(request, type, subscription, found["name"], names)
    spelt = subscriptions.spelt(request.tx, subscription)
    return _listed(request, type, records.in_group(request.tx, spelt, found["name"]))


def _list_children(
    request: Request, type: ResourceType, subscription: str, group: str, names: tuple[str, ...]
) -> Response:
    types = tuple(type.name.split("/"))
    parent_id = ResourceId(subscription, group, type.namespace, types[:-1], names)
    parent = records.find(request.tx, parent_id)
    if parent is None:
        raise no_parent(request, parent_id.child(types[-1], "-"))
    version = request.query.get("api-version")
    owner = provider_types.resource_type(type.namespace, parent_id.type, version)
    list_name = behaviours.of(owner).part_list(types[-1])
    if list_name is None:
        below = request.tx.all(records.COLLECTION, f"{parent['id']}/{types[-1]}/")
        return _listed(request, type, below)
    body = presented(request.tx, parent, version, None)
    return paging.page(request, [dict(item) for item in body["properties"].get(list_name, [])])


@routes.route("GET", IN_SUBSCRIPTION)
def list_in_subscription(request: Request, subscription: str, namespace: str, type: str) -> Response:
    """List the resources of a type in the whole subscription."""
    own_up(request, namespace, (type,))
    version = request.query.get("api-version")
    found = provider_types.resource_type(namespace, type, version)
    provider_types.require_version(found, version, request.now)
    spelt = subscriptions.spelt(request.tx, subscription)
    return _listed(request, found, records.in_subscription(request.tx, spelt))


def _listed(request: Request, type: ResourceType, documents: list[Document]) -> Response:
    version = request.query.get("api-version")
    mine = [each for each in documents if each["type"].lower() == type.key]
    return paging.page(request, [presented(request.tx, each, version, None) for each in mine])

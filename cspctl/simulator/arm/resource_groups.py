"""Keeps resource groups; the only place that creates and deletes them."""

from __future__ import annotations

import re
from typing import Any

from cspctl.simulator.arm import (
    ids,
    operations,
    paging,
    records,
    references,
    regions,
    resource_filter,
    subscriptions,
    tags,
)
from cspctl.simulator.arm.errors import group_not_found, invalid_content, refuse
from cspctl.simulator.arm.service import gateway
from cspctl.simulator.store import Document, Transaction
from cspctl.simulator.wire import Request, Response

COLLECTION = "armGroups"
TYPE = "Microsoft.Resources/subscriptions/resourceGroups"
PATH = "/subscriptions/<subscription>/resourceGroups/<group>"
DELETE_SECONDS = 30.0

LONGEST = 90
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftresources
NAME = re.compile(r"[-\w.()]+")
FIELDS = frozenset({"id", "name", "type", "location", "managedBy", "tags", "properties"})


def find(tx: Transaction, subscription: str, group: str) -> Document | None:
    """Return the resource group or None."""
    return tx.get(COLLECTION, f"{subscription}/{group}")


def require(tx: Transaction, subscription: str, group: str, *, for_write: bool = False) -> Document:
    """Return the resource group, or refuse: there is none, or it is being deleted."""
    document = find(tx, subscription, group)
    if document is None:
        raise group_not_found(group)
    if for_write and records.state(document) == "Deleting":
        raise refuse(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{document['name']}' is in deprovisioning state and cannot perform this operation.",
        )
    return document


@gateway("GET", "/subscriptions/<subscription>/resourceGroups", TYPE)
def list_groups(request: Request, subscription: str) -> Response:
    """List the groups of the subscription; `$filter` knows tagName and tagValue."""
    is_wanted = resource_filter.test(request.query.get("$filter"))
    groups = request.tx.all(COLLECTION, f"{subscription}/")
    return paging.page(request, [_shown(each) for each in groups if is_wanted(each)])


def _shown(group: Document) -> Document:
    return {key: value for key, value in group.items() if key != "_"}


@gateway("GET", PATH, TYPE)
def get_group(request: Request, subscription: str, group: str) -> Response:
    """Answer one group."""
    return Response(200, _shown(require(request.tx, subscription, group)))


@gateway("HEAD", PATH, TYPE)
def head_group(request: Request, subscription: str, group: str) -> Response:
    """Tell whether the group exists: 204 or 404, both without a body."""
    if find(request.tx, subscription, group) is None:
        return Response(404, None, {"x-ms-failure-cause": "gateway"})
    return Response(204)


@gateway("PUT", PATH, TYPE)
def put_group(request: Request, subscription: str, group: str) -> Response:
    """Create the group, or replace its tags."""
    _check_name(group)
    body = _body(request)
    old = find(request.tx, subscription, group)
    if old is not None:
        require(request.tx, subscription, group, for_write=True)
    location = _location(body.get("location"), old)
    spelt = subscriptions.spelt(request.tx, subscription)
    name = old["name"] if old else group
    document = {
        "id": ids.group_id(spelt, name),
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "managedBy": body.get("managedBy", (old or {}).get("managedBy")),
        "tags": tags.checked(body["tags"]) if "tags" in body else None,
        "properties": {"provisioningState": "Succeeded"},
    }
    saved = {key: value for key, value in document.items() if value is not None}
    request.tx.put(COLLECTION, f"{spelt}/{name}", saved)
    request.tx.effects.append(f"resource group {'changed' if old else 'created'} {document['id']}")
    return Response(200 if old else 201, saved)


@gateway("PATCH", PATH, TYPE)
def patch_group(request: Request, subscription: str, group: str) -> Response:
    """Replace the tags, or managedBy."""
    document = require(request.tx, subscription, group, for_write=True)
    body = _body(request)
    if str(body.get("name", document["name"])).lower() != document["name"].lower():
        raise refuse(400, "ResourceGroupNameCannotBeChanged", "The name of a resource group cannot be changed.")
    if "tags" in body:
        document["tags"] = tags.checked(body["tags"])
    if "managedBy" in body:
        document["managedBy"] = body["managedBy"]
    request.tx.put(COLLECTION, f"{subscription}/{group}", document)
    request.tx.effects.append(f"resource group changed {document['id']}")
    return Response(200, _shown(document))


@gateway("DELETE", PATH, TYPE)
def delete_group(request: Request, subscription: str, group: str) -> Response:
    """Begin to delete the group with everything in it: 202 and the URL of the result."""
    document = require(request.tx, subscription, group)
    spelt = subscriptions.spelt(request.tx, subscription)
    operation = operations.find(request.tx, spelt, document.get("_", ""))
    if records.state(document) != "Deleting" or operation is None:
        start = operations.Start(spelt, "delete group", document["name"], DELETE_SECONDS, method="DELETE")
        operation = operations.begin(request, start)
        document.update(properties={"provisioningState": "Deleting"}, _=operation["id"])
        request.tx.put(COLLECTION, f"{spelt}/{document['name']}", document)
        request.tx.effects.append(f"resource group deleted {document['id']}")
    headers = {"Location": operations.result_url(request, operation), "Retry-After": operations.GROUP_RETRY_AFTER}
    return Response(202, None, headers)


@operations.completes("delete group")
def _gone(tx: Transaction, operation: Document) -> None:
    subscription, group = operation["subscription"], operation["target"]
    document = find(tx, subscription, group)
    if document is None:
        return
    blocked = _blocked(tx, subscription, group)
    for resource in records.in_group(tx, subscription, group):
        if resource["id"] not in blocked:
            references.update(tx, resource, None)
            records.remove(tx, resource["id"])
    if not blocked:
        tx.delete(COLLECTION, f"{subscription}/{group}")
        return
    operation.update(status="Failed", error=_blocked_error(document, blocked))
    tx.put(operations.OPERATIONS, f"{subscription}/{operation['id']}", operation)
    document["properties"] = {"provisioningState": "Succeeded"}
    tx.put(COLLECTION, f"{subscription}/{group}", document)


def _blocked(tx: Transaction, subscription: str, group: str) -> dict[str, str]:
    """Return the resources that something outside the group uses, with what uses them."""
    inside = f"{ids.group_id(subscription, group)}/".lower()
    found = {}
    for resource in records.in_group(tx, subscription, group):
        users = [*references.to(tx, resource["id"]), *references.below(tx, resource["id"])]
        outside = [row["source"] for row in users if not row["owner"].lower().startswith(inside)]
        if outside:
            found[resource["id"]] = outside[0]
    return found


def _blocked_error(group: Document, blocked: dict[str, str]) -> dict[str, Any]:
    names = ", ".join(id.split("/providers/")[1] for id in blocked)
    details = [
        {"code": "Conflict", "target": id, "message": f"The resource is in use by {user}."}
        for id, user in blocked.items()
    ]
    message = (
        f"Deletion of resource group '{group['name']}' failed as resources with identifiers '{names}' could not be "
        "deleted. The provisioning state of the resource group will be rolled back. Please check audit logs for "
        "more details."
    )
    return {"code": "ResourceGroupDeletionBlocked", "message": message, "details": details}


@gateway("GET", f"{PATH}/resources", TYPE)
def list_group_resources(request: Request, subscription: str, group: str) -> Response:
    """List what is in the group."""
    document = require(request.tx, subscription, group)
    return _listed(request, records.in_group(request.tx, subscription, document["name"]))


@gateway("GET", "/subscriptions/<subscription>/resources", "Microsoft.Resources/subscriptions/resources")
def list_resources(request: Request, subscription: str) -> Response:
    """List what is in the subscription."""
    return _listed(request, records.in_subscription(request.tx, subscription))


def _listed(request: Request, documents: list[Document]) -> Response:
    is_wanted, expand = resource_filter.test(request.query.get("$filter")), request.query.get("$expand").lower()
    chosen = [each for each in documents if "location" in each and is_wanted(each)]
    return paging.page(request, [_generic(each, expand.split(",")) for each in chosen])


def _generic(document: Document, expand: list[str]) -> dict[str, Any]:
    shown = ("id", "name", "type", "kind", "managedBy", "sku", "identity", "location", "zones", "tags")
    body = {key: document[key] for key in shown if key in document}
    expanded = {"createdtime": "createdTime", "changedtime": "changedTime"}
    body.update({name: document["_"][name] for key, name in expanded.items() if key in expand})
    if "provisioningstate" in expand:
        body["provisioningState"] = records.state(document)
    return body


def _check_name(name: str) -> None:
    if len(name) > LONGEST or not NAME.fullmatch(name) or name.endswith("."):
        raise refuse(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' is invalid. A resource group name can only include "
            f"alphanumeric characters, periods, underscores, hyphens and parenthesis, cannot end in a period and "
            f"has at most {LONGEST} characters.",
        )


def _body(request: Request) -> dict[str, Any]:
    if not isinstance(request.body, dict):
        raise invalid_content("The request body must be a resource group.")
    unknown = sorted(set(request.body) - FIELDS)
    if unknown:
        raise invalid_content(
            f"Could not find member '{unknown[0]}' on object of type 'ResourceGroupDefinition'. Path '{unknown[0]}'."
        )
    return request.body


def _location(location: Any, old: Document | None) -> str:
    if not isinstance(location, str) or not location:
        raise refuse(400, "LocationRequired", "The location property is required for this definition.")
    name = regions.normal(location)
    if name not in regions.REGIONS:
        raise refuse(
            400,
            "LocationNotAvailableForResourceGroup",
            f"The provided location '{location}' is not available for resource group. List of available regions is "
            f"'{','.join(regions.REGIONS)}'.",
        )
    if old is not None and name != old["location"]:
        raise refuse(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{name}'. The Resource group already exists in location "
            f"'{old['location']}'.",
        )
    return name

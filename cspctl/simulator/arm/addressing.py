"""Finds out what the path of a request names, and refuses what does not exist; the only place that does."""

from __future__ import annotations

from dataclasses import dataclass

from cspctl.simulator.arm import behaviours, ids, provider_types, records, resource_groups, subscriptions
from cspctl.simulator.arm.behaviours import Behaviour
from cspctl.simulator.arm.errors import refuse, resource_not_found
from cspctl.simulator.arm.ids import ResourceId
from cspctl.simulator.arm.provider_types import ResourceType
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request

IN_GROUP = "/subscriptions/<subscription>/resourceGroups/<group>/providers/<namespace>/<path:rest>"
IN_SUBSCRIPTION = "/subscriptions/<subscription>/providers/<namespace>/<type>"

# Types that do something when they are written: keeping them as they are sent would only pretend.
NOT_MODELLED = frozenset(
    f"microsoft.{name}"
    for name in (
        "resources/deployments",
        "resources/deploymentscripts",
        "resources/deploymentstacks",
        "authorization/policyassignments",
        "authorization/policydefinitions",
        "authorization/policysetdefinitions",
        # Privileged Identity Management, in its forms for Azure's roles.
        "authorization/roleassignmentscheduleinstances",
        "authorization/roleassignmentschedulerequests",
        "authorization/roleassignmentschedules",
        "authorization/roleeligibilityscheduleinstances",
        "authorization/roleeligibilityschedulerequests",
        "authorization/roleeligibilityschedules",
        "authorization/rolemanagementpolicies",
        "authorization/rolemanagementpolicyassignments",
    )
)


@dataclass(frozen=True)
class Target:
    """What a request addresses: the resource, or a part of one (`part` is then the list and the name in it)."""

    id: ResourceId
    type: ResourceType
    behaviour: Behaviour
    part: tuple[str, str] | None = None


def addressed(
    request: Request, subscription: str, group: str, namespace: str, rest: str, *, any_version: bool = False
) -> Target:
    """Find out what the path names, and refuse types, api-versions, groups and parents that do not exist.

    `any_version`: the request's api-version is that of something else, which belongs to the resource.
    """
    types, names = ids.split(rest)
    own_up(request, namespace, types)
    if len(types) != len(names):
        raise refuse(400, "InvalidResourceType", f"The path '{request.path}' does not name a resource.")
    version = request.query.get("api-version")
    type = provider_types.resource_type(namespace, "/".join(types), version)
    if not any_version:
        provider_types.require_version(type, version, request.now, _location_sent(request))
    found = resource_groups.require(request.tx, subscription, group)
    id = ResourceId(
        subscriptions.spelt(request.tx, subscription),
        found["name"],
        type.namespace,
        tuple(type.name.split("/")),
        names,
    )
    return _inside(request, id, type, version)


def own_up(request: Request, namespace: str, types: tuple[str, ...]) -> None:
    """Refuse what Azure has and the simulator has not: some types, and what extends a single resource (its locks)."""
    key = f"{namespace}/{'/'.join(types)}".lower()
    if key in NOT_MODELLED or "providers" in key.split("/"):
        text = f"The simulator has no route {request.method} {request.path} in the service arm."
        raise refuse(501, "NotImplementedBySimulator", text)


def _inside(request: Request, id: ResourceId, type: ResourceType, version: str) -> Target:
    if id.parent is None:
        return Target(id, type, behaviours.of(type))
    parent = records.find(request.tx, id.parent)
    if parent is None:
        raise no_parent(request, id)
    spelt = ids.parse(parent["id"])
    if spelt is None:
        raise LookupError(parent["id"])
    owner = provider_types.resource_type(type.namespace, spelt.type, version)
    behaviour = behaviours.of(owner)
    list_name = behaviour.part_list(id.types[-1])
    if list_name is not None:
        return Target(spelt, owner, behaviour, (list_name, id.name))
    return Target(spelt.child(id.types[-1], id.name), type, behaviours.of(type))


def no_parent(request: Request, id: ResourceId) -> Refused:
    """Return the refusal of a request for something inside what does not exist."""
    verb = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}.get(request.method, "read")
    return refuse(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{verb}' on resource(s) of type '{id.type}', because the parent resource '{id.parent}' "
        "could not be found.",
        x_ms_failure_cause="gateway",
    )


def _location_sent(request: Request) -> str:
    location = request.body.get("location") if isinstance(request.body, dict) else None
    return location if isinstance(location, str) else ""


def required(request: Request, target: Target) -> Document:
    """Return the resource that is addressed, or refuse: there is none."""
    document = records.find(request.tx, target.id)
    if document is None:
        raise resource_not_found(target.id.type_and_name, target.id.group)
    return document

"""Checks the body of a resource that a client puts, as far as all types agree; the only place that does."""

from __future__ import annotations

import copy
from typing import Any

from cspctl.simulator.arm import provider_types, tags
from cspctl.simulator.arm.addressing import Target
from cspctl.simulator.arm.errors import invalid_content, refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request

# What a client may send at the top of any resource.
TOP_FIELDS = frozenset(
    {"id", "name", "type", "location", "tags", "properties", "sku", "kind", "identity", "plan", "zones", "etag"}
    | {"managedBy", "extendedLocation", "systemData", "placement", "scale", "resources"}
)
SERVER_FIELDS = frozenset({"id", "name", "type", "etag", "systemData", "_"})


def sent(request: Request) -> dict[str, Any]:
    """Return the body, or refuse what is no JSON object."""
    if not isinstance(request.body, dict):
        raise invalid_content("The request body must be a resource in JSON.")
    return request.body


def new_document(target: Target, body: dict[str, Any], old: Document | None) -> Document:
    """Return what will be stored: what the client may set, with id, name and type from the path."""
    unknown = sorted(set(body) - TOP_FIELDS)
    if unknown:
        raise invalid_content(
            f"Could not find member '{unknown[0]}' on object of type 'ResourceDefinition'. Path '{unknown[0]}'."
        )
    if not isinstance(body.get("properties", {}), dict | None):
        raise invalid_content("The properties are not an object.")
    _check_names(target, body)
    new = {key: copy.deepcopy(value) for key, value in body.items() if key not in SERVER_FIELDS and value is not None}
    new.update(id=str(target.id), name=target.id.name, type=target.type.full_name)
    if old is not None:
        new.update(id=old["id"], name=old["name"])
    if "tags" in new:
        new["tags"] = tags.checked(new["tags"], storage=target.type.namespace == "Microsoft.Storage")
    if location := _location(target, body.get("location"), old):
        new["location"] = location
    return new


def _check_names(target: Target, body: dict[str, Any]) -> None:
    sent = body.get("name")
    if isinstance(sent, str) and sent.lower() not in {target.id.name.lower(), "/".join(target.id.names).lower()}:
        raise refuse(
            400,
            "MismatchingResourceName",
            f"The provided resource name '{sent}' did not match the name in the Url '{target.id.name}'.",
        )
    sent = body.get("type")
    if isinstance(sent, str) and sent.lower() != target.type.key:
        raise refuse(
            400,
            "MismatchingResourceType",
            f"The provided resource type '{sent}' did not match the type in the Url '{target.type.full_name}'.",
        )


def _location(target: Target, sent: Any, old: Document | None) -> str:
    if not isinstance(sent, str) or not sent:
        if target.type.is_tracked:
            raise refuse(400, "LocationRequired", "The location property is required for this definition.")
        return ""
    location = provider_types.require_location(target.type, sent)
    if old is not None and old.get("location", location) != location:
        raise refuse(
            409,
            "InvalidResourceLocation",
            f"The resource '{old['name']}' already exists in location '{old['location']}' in resource group "
            f"'{target.id.group}'. A resource with the same name cannot be created in location '{location}'. Please "
            "select a new resource name.",
            x_ms_failure_cause="gateway",
        )
    return location

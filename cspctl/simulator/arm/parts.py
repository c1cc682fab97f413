"""Treats items of a list inside a resource as the child resources that they also are, such as subnets."""

from __future__ import annotations

import copy
from typing import Any

from cspctl.simulator.arm import preconditions, records
from cspctl.simulator.arm.behaviours import Write
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.arm.ids import ResourceId
from cspctl.simulator.arm.provider_types import ResourceType
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request

FIELDS = frozenset({"id", "name", "type", "etag", "properties"})


def require(document: Document, part: tuple[str, str] | None) -> Document:
    """Return the item, or refuse: the resource has none of that name."""
    list_name, name = part or ("", "")
    found = records.part(document, list_name, name)
    if found is None:
        raise refuse(404, "NotFound", f"Resource {document['id']}/{list_name}/{name} not found.", details=[])
    return found


def _unreadable(message: str) -> Refused:
    detail = {"code": "InvalidJson", "message": message}
    return refuse(400, "InvalidRequestFormat", "Cannot parse the request.", details=[detail])


def put(
    request: Request,
    id: ResourceId,
    type: ResourceType,
    part: tuple[str, str],
    body: dict[str, Any],
    old: Document,
) -> Write:
    """Return the write of the whole resource that putting one item of a list amounts to."""
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        text = f"Could not find member '{unknown[0]}' on object of type '{part[0]}'. "
        raise _unreadable(f"{text}Path '{unknown[0]}', line 1, position 1.")
    if not isinstance(body.get("properties"), dict | None):
        raise _unreadable("Error converting value to an object. Path 'properties', line 1, position 1.")
    list_name, name = part
    new = copy.deepcopy(old)
    existing = records.part(new, list_name, name)
    preconditions.check_etag(request, existing, honoured=True)
    item = {"name": existing["name"] if existing else name, "properties": copy.deepcopy(body.get("properties") or {})}
    items = new["properties"].setdefault(list_name, [])
    if existing is None:
        items.append(item)
    else:
        items[items.index(existing)] = item
    return Write(request, id, type, new, old, part=item)


def remove(document: Document, part: str) -> None:
    """Take the item out of its list."""
    list_name, _, name = part.partition("/")
    items = document["properties"].get(list_name, [])
    document["properties"][list_name] = [item for item in items if item["name"].lower() != name.lower()]

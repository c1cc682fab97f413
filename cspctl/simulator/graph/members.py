"""Keeps who is in a group and who owns it; the only place that reads and writes references between objects.

https://learn.microsoft.com/graph/api/group-post-members
"""

from __future__ import annotations

import re
from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.graph import objects, query, rights
from cspctl.simulator.graph.errors import bad_request, not_found, object_body
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

# Some clients put the directory's id between version and type.
REFERENCE = re.compile(
    r"(https?://[^/]+/(v1\.0|beta)/([^/]+/)?)?(directoryObjects|users|groups|servicePrincipals)/(?P<id>[^/]+)",
    re.IGNORECASE,
)
AT_ONCE = 20


def referred(request: Request, reference: Any) -> str:
    """Return the id of the object that an `@odata.id` refers to, which must be there."""
    found = REFERENCE.fullmatch(str(reference or ""))
    if found is None:
        raise bad_request("The request body contains an invalid reference in '@odata.id'.", target="@odata.id")
    _, document = objects.find(request, rights.tenant(request), found["id"])
    return str(document.get("objectId") or document["id"])


def bound(request: Request, body: dict[str, Any], key: str) -> list[str]:
    """Return the ids that `members@odata.bind` or its like refers to."""
    references = body.get(f"{key}@odata.bind") or []
    if len(references) > AT_ONCE:
        raise bad_request(f"The number of references to '{key}' exceeds the limit of {AT_ONCE}.")
    return list(dict.fromkeys(referred(request, each) for each in references))


def added(request: Request, there: list[str], body: dict[str, Any], key: str) -> list[str]:
    """Return the ids that the body binds, none of which may be there yet."""
    new = bound(request, body, key)
    for each in new:
        check_new(there, each, key)
    return new


def check_new(there: list[str], id: str, key: str) -> None:
    """Refuse a reference that exists."""
    if id.lower() in {each.lower() for each in there}:
        text = f"One or more added object references already exist for the following modified properties: '{key}'."
        raise bad_request(text)


def add(request: Request, group: Document, key: str) -> Response:
    """Add the object that the body refers to."""
    id = referred(request, object_body(request.body).get("@odata.id"))
    check_new(group[key], id, key)
    directory.save_group(request.tx, {**group, key: [*group[key], id]})
    request.tx.effects.append(f"group {key} added {group['id']} {id}")
    return Response(204)


def remove(request: Request, group: Document, key: str, id: str) -> Response:
    """Take the object out."""
    kept = [each for each in group[key] if each.lower() != id.lower()]
    if len(kept) == len(group[key]):
        raise not_found(id)
    if key == "owners" and not kept:
        raise bad_request("The group must have at least one owner, hence this owner cannot be removed.")
    directory.save_group(request.tx, {**group, key: kept})
    request.tx.effects.append(f"group {key} removed {group['id']} {id}")
    return Response(204)


def documents(request: Request, ids: list[str]) -> list[tuple[str, Document]]:
    """Return the types and documents of the objects that are still there."""
    tenant = rights.tenant(request)
    found = (directory.principal(request.tx, tenant, each) for each in ids)
    return [each for each in found if each is not None]


def shown(request: Request, ids: list[str]) -> list[dict[str, Any]]:
    """Return the objects as they stand among others."""
    return [objects.shown(request, *each) for each in documents(request, ids)]


def page(request: Request, ids: list[str], kind: str = "") -> Response:
    """Return a page of the objects, or of those of one type (user, group, servicePrincipal)."""
    chosen = [each for each in documents(request, ids) if not kind or each[0].lower() == kind.lower()]
    wanted = bool(request.query.get("$select") or request.query.get("$filter"))
    shape = objects.whole if wanted else objects.shown
    found = [shape(request, *each) for each in chosen]
    return query.page(request, found, "directoryObjects", kind or "directoryObject")


def everybody(request: Request, group: Document) -> list[str]:
    """Return the ids of all that is in the group, within other groups too."""
    found, asked = dict[str, None](), list(group["members"])
    while asked:
        id = asked.pop(0)
        if id in found:
            continue
        found[id] = None
        inner = request.tx.get(directory.GROUPS, f"{group['tenantId']}/{id}")
        asked += inner["members"] if inner else []
    return list(found)

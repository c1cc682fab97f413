"""Answers for delegated administration relationships (GDAP); the only routes that the partner changes them by.

https://learn.microsoft.com/graph/api/resources/delegatedadminrelationship
"""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta
from typing import Any

from cspctl.simulator import delegations, entra_roles, tenants
from cspctl.simulator.graph import objects, query, rights
from cspctl.simulator.graph.errors import denied, object_body, refuse
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Refused, Request, Response

ROOT = "/tenantRelationships/delegatedAdminRelationships"
OF = "tenantRelationships/delegatedAdminRelationships"
LARGEST = 300
NAME_LENGTH = 50
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=730)
EXTENSIONS = ("P0D", "PT0S", "P180D")
WRITTEN = {"displayName", "duration", "customer", "accessDetails", "autoExtendDuration"}
ECHOED = {"id", "status", "createdDateTime", "lastModifiedDateTime", "activatedDateTime", "endDateTime"}
OPERATIONS = "delegatedAdminRelationshipOperations"
KNOWN = {*WRITTEN, *ECHOED}


def bad(message: str) -> Refused:
    """Refuse what is no relationship; the documentation has neither codes nor words for it."""
    return refuse(400, "badRequest", message)


def etag(document: Document) -> str:
    """Return the tag of a version, in the form of the documented answers; a changed status changes it."""
    raw = f"'{document['etag']}-{document.get('status')}'"
    return f'W/"{base64.b64encode(raw.encode()).decode()}"'


def check_etag(request: Request, document: Document) -> None:
    """Refuse a write that names no version or another one than there is."""
    sent = request.headers.get("If-Match")
    if not sent:
        raise refuse(428, "preconditionRequired", "The If-Match header is required.")
    if sent not in (etag(document), "*"):
        raise refuse(412, "preconditionFailed", "The etag in the If-Match header does not match the resource.")


def role_list(roles: list[str]) -> dict[str, Any]:
    """Return accessDetails."""
    return {"unifiedRoles": [{"roleDefinitionId": each} for each in roles]}


def roles_of(body: dict[str, Any]) -> list[str]:
    """Return the template ids that accessDetails names; each must be one of the built-in roles, once."""
    details = body.get("accessDetails")
    listed = details.get("unifiedRoles") if isinstance(details, dict) else None
    if not isinstance(listed, list) or not listed:
        raise bad("The property accessDetails.unifiedRoles is required and must not be empty.")
    ids = [str(each.get("roleDefinitionId", "")).lower() if isinstance(each, dict) else "" for each in listed]
    unknown = [each for each in ids if each not in entra_roles.NAMES]
    if unknown:
        raise bad(f"The role definition '{unknown[0]}' is not supported for delegated administration.")
    if len(set(ids)) != len(ids):
        raise bad("The property accessDetails.unifiedRoles must not contain duplicates.")
    return ids


def shown(relationship: Document) -> dict[str, Any]:
    """Return a relationship as Microsoft Graph answers it."""
    begun = relationship["status"] not in {"created", "approvalPending", "approved", "activating"}
    return {
        "@odata.etag": etag(relationship),
        "id": relationship["id"],
        "displayName": relationship["displayName"],
        "duration": relationship["duration"],
        "customer": relationship["customer"],
        "accessDetails": role_list(relationship["roles"]),
        "status": relationship["status"],
        "autoExtendDuration": relationship["autoExtendDuration"],
        "createdDateTime": objects.instant(relationship["createdAt"]),
        "lastModifiedDateTime": objects.instant(relationship["modifiedAt"]),
        "activatedDateTime": objects.instant(relationship["activatedAt"]) if begun else None,
        "endDateTime": objects.instant(relationship["endsAt"]) if begun else None,
    }


# Who may -------------------------------------------------------------------------------------------------


def is_agent(request: Request) -> bool:
    """Tell whether the caller is one of the partner's agents, or its application."""
    if rights.tenant(request).lower() != tenants.partner_id(request.tx).lower():
        return False
    return bool(request.caller.get("agent")) or not request.is_user


def _visible(request: Request) -> list[Document]:
    # Who is no agent sees nothing, and is not told why; a customer sees its own.
    every = delegations.every(request.tx, request.now)
    if is_agent(request):
        return every
    tenant = rights.tenant(request).lower()
    return [each for each in every if each["customer"] and each["customer"]["tenantId"].lower() == tenant]


def find(request: Request, id: str) -> Document:
    """Return the relationship, or refuse."""
    found = next((each for each in _visible(request) if each["id"].lower() == id.lower()), None)
    if found is None:
        raise refuse(404, "notFound", f"The delegatedAdminRelationship '{id}' was not found.")
    return found


def require_agent(request: Request) -> None:
    """Refuse to write for who is no agent."""
    if not is_agent(request):
        raise denied()


# Relationships -------------------------------------------------------------------------------------------


@route("GET", ROOT, *rights.READ_DELEGATIONS)
def list_relationships(request: Request) -> Response:
    """Answer a page of relationships, the newest last."""
    found = sorted(_visible(request), key=lambda each: str(each["createdAt"]))
    body = [shown(each) for each in found]
    return query.page(request, body, OF, "delegatedAdminRelationship", known=KNOWN, size=LARGEST, largest=LARGEST)


@route("GET", f"{ROOT}/<id>", *rights.READ_DELEGATIONS)
def get(request: Request, id: str) -> Response:
    """Answer one relationship."""
    return query.one(request, shown(find(request, id)), OF, "delegatedAdminRelationship")


@route("POST", ROOT, *rights.WRITE_DELEGATIONS)
def create(request: Request) -> Response:
    """Draft a relationship, which the customer is not asked for yet."""
    require_agent(request)
    body = object_body(request.body)
    for name in ("displayName", "duration", "accessDetails"):
        if not body.get(name):
            raise bad(f"The property {name} is required.")
    fields = _checked(request, body)
    extend = fields.get("autoExtendDuration", "PT0S")
    _check_extension(extend, fields["roles"])
    made = delegations.create(
        request.tx,
        request.now,
        fields["displayName"],
        fields["duration"],
        fields["roles"],
        customer=fields.get("customer"),
        auto_extend=extend,
    )
    request.tx.effects.append(f"delegation created {made['id']}")
    location = f"{request.base_url}{request.path.rstrip('/')}/{made['id']}"
    return query.one(request, shown(made), OF, "delegatedAdminRelationship", status=201, location=location)


def _checked(request: Request, body: dict[str, Any], own: str = "") -> dict[str, Any]:
    """Return the fields that the body gives, in our names; `own` is the id of the relationship that has them."""
    fields: dict[str, Any] = {}
    if "displayName" in body:
        fields["displayName"] = _name(request, body["displayName"], own)
    if "duration" in body:
        fields["duration"] = _duration(body["duration"])
    if "accessDetails" in body:
        fields["roles"] = roles_of(body)
    if body.get("customer"):
        fields["customer"] = _customer(request, body["customer"])
    if "autoExtendDuration" in body:
        fields["autoExtendDuration"] = body["autoExtendDuration"]
    return fields


def _name(request: Request, name: Any, own: str) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH:
        raise bad(f"The property displayName must have 1 to {NAME_LENGTH} characters.")
    for each in delegations.every(request.tx, request.now):
        if each["displayName"].lower() == name.lower() and each["id"] != own:
            raise refuse(409, "conflict", f"A delegatedAdminRelationship with the displayName '{name}' already exists.")
    return name


def _duration(duration: Any) -> str:
    length = delegations.length(str(duration))
    if length is None or not SHORTEST <= length <= LONGEST:
        raise bad("The property duration must be an ISO 8601 duration between P1D and P2Y.")
    return str(duration)


def _customer(request: Request, customer: Any) -> dict[str, Any]:
    found = tenants.find(request.tx, str(customer.get("tenantId", "")) if isinstance(customer, dict) else "")
    if found is None or found["kind"] == "partner":
        raise bad("The property customer.tenantId is not the id of a customer's directory.")
    return {"tenantId": found["id"], "displayName": customer.get("displayName") or found["displayName"]}


def _check_extension(extension: Any, roles: list[str]) -> None:
    if extension not in EXTENSIONS:
        raise bad(f"The property autoExtendDuration must be one of {', '.join(EXTENSIONS)}.")
    if extension == delegations.HALF_YEAR and entra_roles.GLOBAL_ADMINISTRATOR in roles:
        raise bad("A relationship that includes the Global Administrator role cannot be extended automatically.")


@route("PATCH", f"{ROOT}/<id>", *rights.WRITE_DELEGATIONS)
def update(request: Request, id: str) -> Response:
    """Change a draft; of an active relationship only its extension, or drop the Global Administrator's role."""
    require_agent(request)
    found, body = find(request, id), object_body(request.body)
    check_etag(request, found)
    fields = _changes(found, _checked(request, body, own=found["id"]))
    if found["status"] == "active":
        _check_active(found, fields)
    elif found["status"] != "created":
        raise bad(f"A relationship in the status {found['status']} cannot be updated.")
    merged = {**found, **fields}
    _check_extension(merged["autoExtendDuration"], merged["roles"])
    changed = delegations.save(request.tx, request.now, merged)
    request.tx.effects.append(f"delegation updated {found['id']} {', '.join(sorted(fields))}")
    if found["status"] == "active" and "roles" in fields:
        return accepted(request, changed, "delegatedAdminRelationshipUpdate")
    return query.one(request, shown(changed), OF, "delegatedAdminRelationship")


def _changes(found: Document, fields: dict[str, Any]) -> dict[str, Any]:
    # Clients send the whole relationship back: what is as it was is no change.
    def same(key: str, value: Any) -> bool:
        if key == "roles":
            return set(value) == set(found["roles"])
        if key == "customer":
            return bool(found["customer"]) and value["tenantId"] == found["customer"]["tenantId"]
        return bool(value == found[key])

    return {key: value for key, value in fields.items() if not same(key, value)}


def _check_active(found: Document, fields: dict[str, Any]) -> None:
    dropped = set(found["roles"]) - {entra_roles.GLOBAL_ADMINISTRATOR}
    if set(fields) - {"autoExtendDuration", "roles"} or set(fields.get("roles", dropped)) != dropped:
        text = "Of an active relationship only the autoExtendDuration can be updated, or the Global Administrator "
        raise bad(f"{text}role be removed.")


@route("DELETE", f"{ROOT}/<id>", *rights.WRITE_DELEGATIONS)
def delete(request: Request, id: str) -> Response:
    """Throw a draft away."""
    require_agent(request)
    found = find(request, id)
    check_etag(request, found)
    if found["status"] != "created":
        raise bad(f"A relationship in the status {found['status']} cannot be deleted.")
    delegations.remove(request.tx, found)
    request.tx.effects.append(f"delegation deleted {found['id']}")
    return Response(204)


def accepted(request: Request, relationship: Document, kind: str, data: str = "") -> Response:
    """Return that the write is under way, with where to ask how it goes."""
    operation = {
        "id": str(uuid.uuid4()),
        "operationType": kind,
        "data": data,
        "createdAt": request.now.isoformat(),
        "doneAt": (request.now + delegations.LATER).isoformat(),
    }
    request.tx.put(OPERATIONS, f"{relationship['id']}/{operation['id']}", operation)
    version = request.path.split("/")[1]
    location = f"{request.base_url}/{version}{ROOT}/{relationship['id']}/operations/{operation['id']}"
    return Response(202, {}, {"Location": location, "Retry-After": "10"})

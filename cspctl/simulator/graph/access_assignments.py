"""Answers for which of the partner's groups has which delegated roles, and for whom; the only routes that do.

https://learn.microsoft.com/graph/api/resources/delegatedadminaccessassignment and …/delegatedadmincustomer
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import delegations, directory, tenants
from cspctl.simulator.graph import delegated_admin, objects, query, rights
from cspctl.simulator.graph.delegated_admin import ROOT, bad, check_etag, etag, find, require_agent, roles_of
from cspctl.simulator.graph.errors import object_body, refuse
from cspctl.simulator.graph.service import route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

TYPE = "delegatedAdminAccessAssignment"
CUSTOMERS = "/tenantRelationships/delegatedAdminCustomers"


def _shown(assignment: Document) -> dict[str, Any]:
    return {
        "@odata.etag": etag(assignment),
        "id": assignment["id"],
        "status": assignment["status"],
        "createdDateTime": objects.instant(assignment["createdAt"]),
        "lastModifiedDateTime": objects.instant(assignment["modifiedAt"]),
        "accessContainer": {
            "accessContainerId": assignment["groupId"],
            "accessContainerType": "securityGroup",
        },
        "accessDetails": delegated_admin.role_list(assignment["roles"]),
    }


def _of(relationship: Document) -> str:
    return f"{delegated_admin.OF}('{relationship['id']}')/accessAssignments"


def _one(request: Request, relationship: Document, assignment: Document, **more: Any) -> Response:
    return query.one(request, _shown(assignment), _of(relationship), TYPE, **more)


def _find(request: Request, relationship: Document, id: str) -> Document:
    known = delegations.assignments(request.tx, request.now, relationship)
    found = next((each for each in known if each["id"].lower() == id.lower()), None)
    if found is None:
        raise refuse(404, "notFound", f"The delegatedAdminAccessAssignment '{id}' was not found.")
    return found


@route("GET", f"{ROOT}/<id>/accessAssignments", *rights.READ_DELEGATIONS)
def list_assignments(request: Request, id: str) -> Response:
    """Answer the access assignments of a relationship."""
    found = find(request, id)
    shown = [_shown(each) for each in delegations.assignments(request.tx, request.now, found)]
    return query.page(request, shown, _of(found), TYPE)


@route("GET", f"{ROOT}/<id>/accessAssignments/<assignment>", *rights.READ_DELEGATIONS)
def get(request: Request, id: str, assignment: str) -> Response:
    """Answer one access assignment."""
    found = find(request, id)
    return _one(request, found, _find(request, found, assignment))


@route("POST", f"{ROOT}/<id>/accessAssignments", *rights.WRITE_DELEGATIONS)
def create(request: Request, id: str) -> Response:
    """Give roles of an active relationship to a security group; it takes a moment to be active."""
    require_agent(request)
    found, body = find(request, id), object_body(request.body)
    if found["status"] != "active":
        raise bad(f"An access assignment cannot be created in the status {found['status']} of the relationship.")
    group, roles = _group(request, body), _roles(found, body)
    if any(each["groupId"] == group for each in delegations.assignments(request.tx, request.now, found)):
        raise refuse(409, "conflict", f"An access assignment for the accessContainer '{group}' already exists.")
    made = delegations.assign(request.tx, request.now, found, group, roles)
    request.tx.effects.append(f"delegation assigned {found['id']} {group}")
    location = f"{request.base_url}{request.path.rstrip('/')}/{made['id']}"
    return _one(request, found, made, status=201, location=location)


def _group(request: Request, body: dict[str, Any]) -> str:
    container = body.get("accessContainer")
    if not isinstance(container, dict) or container.get("accessContainerType") != "securityGroup":
        raise bad("The property accessContainer must name a container of the type securityGroup.")
    id = str(container.get("accessContainerId", ""))
    found = request.tx.get(directory.GROUPS, f"{tenants.partner_id(request.tx)}/{id}")
    if found is None or found["deletedAt"] is not None or not found["securityEnabled"]:
        raise bad(f"The accessContainerId '{id}' is not the id of a security group.")
    return str(found["id"])


def _roles(relationship: Document, body: dict[str, Any]) -> list[str]:
    roles = roles_of(body)
    foreign = sorted(set(roles) - set(relationship["roles"]))
    if foreign:
        raise bad(f"The role definition '{foreign[0]}' is not part of the relationship.")
    return roles


@route("PATCH", f"{ROOT}/<id>/accessAssignments/<assignment>", *rights.WRITE_DELEGATIONS)
def update(request: Request, id: str, assignment: str) -> Response:
    """Replace the roles of a group: 200 when they are the same, else 202 and an operation to ask about."""
    require_agent(request)
    found = find(request, id)
    old = _find(request, found, assignment)
    check_etag(request, old)
    roles = _roles(found, object_body(request.body))
    if set(roles) == set(old["roles"]):
        return _one(request, found, old)
    delegations.save_assignment(request.tx, request.now, {**old, "roles": roles})
    request.tx.effects.append(f"delegation assignment updated {found['id']} {old['groupId']}")
    return delegated_admin.accepted(request, found, "delegatedAdminAccessAssignmentUpdate", old["id"])


@route("DELETE", f"{ROOT}/<id>/accessAssignments/<assignment>", *rights.WRITE_DELEGATIONS)
def delete(request: Request, id: str, assignment: str) -> Response:
    """Take a group's roles away."""
    require_agent(request)
    found = find(request, id)
    old = _find(request, found, assignment)
    check_etag(request, old)
    delegations.remove_assignment(request.tx, old)
    request.tx.effects.append(f"delegation assignment deleted {found['id']} {old['groupId']}")
    return Response(204)


# Customers -----------------------------------------------------------------------------------------------


def _customers(request: Request) -> list[dict[str, Any]]:
    if not delegated_admin.is_agent(request):
        return []
    active = [each for each in delegations.every(request.tx, request.now) if each["status"] == "active"]
    found: dict[str, Document | None] = {
        each["customer"]["tenantId"]: tenants.find(request.tx, each["customer"]["tenantId"]) for each in active
    }
    return [
        {"id": id, "tenantId": id, "displayName": tenant["displayName"]}
        for id, tenant in sorted(found.items())
        if tenant
    ]


@route("GET", CUSTOMERS, *rights.READ_DELEGATIONS)
def list_customers(request: Request) -> Response:
    """Answer the customers with whom a relationship is active."""
    of = "tenantRelationships/delegatedAdminCustomers"
    return query.page(request, _customers(request), of, "delegatedAdminCustomer", size=300, largest=300)


@route("GET", f"{CUSTOMERS}/<customer>", *rights.READ_DELEGATIONS)
def get_customer(request: Request, customer: str) -> Response:
    """Answer one of these customers by the id of its directory."""
    found = next((each for each in _customers(request) if each["id"].lower() == customer.lower()), None)
    if found is None:
        raise refuse(404, "notFound", f"The delegatedAdminCustomer '{customer}' was not found.")
    return query.one(request, found, "tenantRelationships/delegatedAdminCustomers", "delegatedAdminCustomer")

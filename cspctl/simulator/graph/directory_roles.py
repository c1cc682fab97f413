"""Answers for directory roles, their members and the assignments that this amounts to; the only routes that do.

An assignment is for the whole directory: administrative units and eligible assignments are not simulated.
https://learn.microsoft.com/graph/api/resources/directoryrole and …/unifiedroleassignment
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

from cspctl.simulator import directory, entra_roles
from cspctl.simulator.graph import members, objects, query, rights
from cspctl.simulator.graph.errors import bad_request, invalid, missing, not_found, object_body
from cspctl.simulator.graph.service import not_simulated, route
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

READ = (*rights.READ_ROLES,)
WRITE = (*rights.WRITE_ROLES, "Directory.ReadWrite.All")
KNOWN_ASSIGNMENT = {"id", "principalId", "roleDefinitionId", "directoryScopeId", "resourceScope", "principal"}


# Roles that somebody has used ----------------------------------------------------------------------------


def role_id(tenant: str, template: str) -> str:
    """Return the object id of a role in a directory, which is not that of its template."""
    return str(uuid.uuid5(uuid.UUID(template), tenant.lower()))


def shown(tenant: str, template: str) -> dict[str, Any]:
    """Return a role as it stands in a directory."""
    return {
        "id": role_id(tenant, template),
        "deletedDateTime": None,
        "description": None,
        "displayName": entra_roles.name_of(template),
        "roleTemplateId": template,
    }


def _active(request: Request) -> list[str]:
    """Return the template ids of the roles that are activated: used once, and Global Administrator."""
    tenant = rights.tenant(request)
    used = {str(each["id"]) for each in request.tx.all(directory.ROLES, f"{tenant}/")}
    return sorted((used | {entra_roles.GLOBAL_ADMINISTRATOR}) & set(entra_roles.NAMES))


def _template(request: Request, id: str) -> str:
    tenant = rights.tenant(request)
    found = next((each for each in _active(request) if role_id(tenant, each) == id.lower()), None)
    if found is None:
        raise not_found(id)
    return found


def _active_template(request: Request, template: str) -> str:
    if template.lower() not in _active(request):
        raise not_found(template)
    return template.lower()


@route("GET", "/directoryRoles", *READ)
def list_roles(request: Request) -> Response:
    """Answer the roles that are activated in the directory."""
    found = [shown(rights.tenant(request), each) for each in _active(request)]
    return query.page(request, found, "directoryRoles", "directoryRole")


@route("GET", "/directoryRoleTemplates", *READ)
def list_templates(request: Request) -> Response:
    """Answer all roles that there are."""
    names = entra_roles.NAMES.items()
    found = [{"id": id, "deletedDateTime": None, "description": None, "displayName": name} for id, name in names]
    return query.page(request, found, "directoryRoleTemplates", "directoryRoleTemplate")


@route("POST", "/directoryRoles", *WRITE)
def activate(request: Request) -> Response:
    """Activate a role by its template id."""
    rights.require_role(request, *rights.ROLE_WRITERS)
    template = str(object_body(request.body).get("roleTemplateId") or "").lower()
    if template not in entra_roles.NAMES:
        raise invalid("roleTemplateId", "DirectoryRole")
    if template in _active(request):
        text = "A conflicting object with one or more of the specified property values is present in the directory."
        raise bad_request(text, target="roleTemplateId", detail="ConflictingObjects")
    tenant = rights.tenant(request)
    request.tx.put(directory.ROLES, f"{tenant}/{template}", {"id": template, "tenantId": tenant, "members": []})
    request.tx.effects.append(f"directory role activated {template}")
    return query.one(request, shown(tenant, template), "directoryRoles", "directoryRole", status=201)


@route("GET", "/directoryRoles/<role>", *READ)
def get_role(request: Request, role: str) -> Response:
    """Answer one activated role by its object id."""
    return query.one(
        request, shown(rights.tenant(request), _template(request, role)), "directoryRoles", "directoryRole"
    )


@route("GET", "/directoryRoles(roleTemplateId='<template>')", *READ)
def get_role_by_template(request: Request, template: str) -> Response:
    """Answer one activated role by its template id."""
    found = shown(rights.tenant(request), _active_template(request, template))
    return query.one(request, found, "directoryRoles", "directoryRole")


@route("GET", "/directoryRoles/<role>/members", *READ)
def list_members(request: Request, role: str) -> Response:
    """Answer who has the role."""
    template = _template(request, role)
    return members.page(request, directory.role_members(request.tx, rights.tenant(request), template))


@route("GET", "/directoryRoles(roleTemplateId='<template>')/members", *READ)
def list_members_by_template(request: Request, template: str) -> Response:
    """Answer who has the role, by its template id."""
    found = _active_template(request, template)
    return members.page(request, directory.role_members(request.tx, rights.tenant(request), found))


@route("POST", "/directoryRoles/<role>/members/$ref", *WRITE)
def add_member(request: Request, role: str) -> Response:
    """Give the role to the object that the body refers to."""
    template = _template(request, role)
    _give(request, template, members.referred(request, object_body(request.body).get("@odata.id")))
    return Response(204)


@route("DELETE", "/directoryRoles/<role>/members/<member>/$ref", *WRITE)
def remove_member(request: Request, role: str, member: str) -> Response:
    """Take the role from an object."""
    _take(request, _template(request, role), member)
    return Response(204)


# Writing -------------------------------------------------------------------------------------------------


def _give(request: Request, template: str, principal: str) -> None:
    rights.require_role(request, *rights.ROLE_WRITERS)
    tenant = rights.tenant(request)
    kind, found = objects.find(request, tenant, principal)
    if kind == "Group" and not found["isAssignableToRole"]:
        text = "The group must have the property isAssignableToRole set to true for it to be assigned to a role."
        raise bad_request(text)
    members.check_new(directory.role_members(request.tx, tenant, template), principal, "members")
    directory.add_role_member(request.tx, tenant, template, principal)
    request.tx.effects.append(f"directory role given {template} {principal}")


def _take(request: Request, template: str, principal: str) -> None:
    rights.require_role(request, *rights.ROLE_WRITERS)
    tenant = rights.tenant(request)
    there = directory.role_members(request.tx, tenant, template)
    if template == entra_roles.GLOBAL_ADMINISTRATOR and [each.lower() for each in there] == [principal.lower()]:
        raise bad_request("The last Global Administrator of the organization cannot be removed.")
    if not directory.remove_role_member(request.tx, tenant, template, principal):
        raise not_found(principal)
    request.tx.effects.append(f"directory role taken {template} {principal}")


# Assignments ---------------------------------------------------------------------------------------------


def _definition(template: str) -> dict[str, Any]:
    return {
        "id": template,
        "description": None,
        "displayName": entra_roles.name_of(template),
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "templateId": template,
        "version": "1",
        "rolePermissions": [],
    }


@route("GET", "/roleManagement/directory/roleDefinitions", *READ)
def list_definitions(request: Request) -> Response:
    """Answer the definitions of the built-in roles; custom ones take a licence that is not simulated."""
    found = [_definition(each) for each in entra_roles.NAMES]
    return query.page(request, found, "roleManagement/directory/roleDefinitions", "unifiedRoleDefinition")


@route("GET", "/roleManagement/directory/roleDefinitions/<template>", *READ)
def get_definition(request: Request, template: str) -> Response:
    """Answer one definition; the id of a built-in one is that of its template."""
    if template.lower() not in entra_roles.NAMES:
        raise not_found(template)
    of = "roleManagement/directory/roleDefinitions"
    return query.one(request, _definition(template.lower()), of, "unifiedRoleDefinition")


def _assignment_id(template: str, principal: str) -> str:
    raw = uuid.UUID(template).bytes + uuid.UUID(principal).bytes
    return f"{base64.urlsafe_b64encode(raw).decode().rstrip('=')}-1"


def _assignments(request: Request) -> list[dict[str, Any]]:
    tenant = rights.tenant(request)
    return [
        {
            "id": _assignment_id(template, principal),
            "principalId": principal,
            "resourceScope": "/",
            "directoryScopeId": "/",
            "roleDefinitionId": template,
        }
        for template in _active(request)
        for principal in directory.role_members(request.tx, tenant, template)
    ]


@route("GET", "/roleManagement/directory/roleAssignments", *READ, expand=("principal", "roleDefinition"))
def list_assignments(request: Request) -> Response:
    """Answer a page of assignments, with the principal or the definition that `$expand` asks for."""
    found, expand = _assignments(request), request.query.get("$expand").partition("(")[0]
    for each in found:
        if expand == "principal":
            each["principal"] = objects.shown(request, *_principal(request, each["principalId"]))
        if expand == "roleDefinition":
            each["roleDefinition"] = _definition(each["roleDefinitionId"])
    of = "roleManagement/directory/roleAssignments"
    return query.page(request, found, of, "unifiedRoleAssignment", known={*KNOWN_ASSIGNMENT, "roleDefinition"})


def _principal(request: Request, id: str) -> tuple[str, Document]:
    found = directory.principal(request.tx, rights.tenant(request), id)
    if found is None:
        raise not_found(id)
    return found


def _assignment(request: Request, id: str) -> dict[str, Any]:
    found = next((each for each in _assignments(request) if each["id"] == id), None)
    if found is None:
        raise not_found(id)
    return found


@route("GET", "/roleManagement/directory/roleAssignments/<id>", *READ)
def get_assignment(request: Request, id: str) -> Response:
    """Answer one assignment."""
    of = "roleManagement/directory/roleAssignments"
    return query.one(request, _assignment(request, id), of, "unifiedRoleAssignment")


@route("POST", "/roleManagement/directory/roleAssignments", *rights.WRITE_ROLES)
def create_assignment(request: Request) -> Response:
    """Give a role to a principal for the whole directory."""
    body = object_body(request.body)
    for name in ("principalId", "roleDefinitionId", "directoryScopeId"):
        if not body.get(name):
            raise missing(name, "UnifiedRoleAssignment")
    template, principal = str(body["roleDefinitionId"]).lower(), str(body["principalId"])
    if template not in entra_roles.NAMES:
        raise not_found(template)
    if body["directoryScopeId"] != "/":
        raise not_simulated(request, f" with directoryScopeId {body['directoryScopeId']}")
    _give(request, template, principal)
    of = "roleManagement/directory/roleAssignments"
    found = _assignment(request, _assignment_id(template, principal))
    return query.one(request, found, of, "unifiedRoleAssignment", status=201)


@route("DELETE", "/roleManagement/directory/roleAssignments/<id>", *rights.WRITE_ROLES)
def delete_assignment(request: Request, id: str) -> Response:
    """Take a role from a principal."""
    found = _assignment(request, id)
    _take(request, found["roleDefinitionId"], found["principalId"])
    return Response(204)

"""Answers reads, lists and deletes of role assignments, in the shape of the api-version.

https://learn.microsoft.com/rest/api/authorization/role-assignments
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator import directory
from cspctl.simulator.arm import paging
from cspctl.simulator.arm.authorization import assignments, filters, roles, routing, scopes
from cspctl.simulator.arm.authorization.routing import at_scopes
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.store import Document
from cspctl.simulator.wire import Request, Response

ADMINISTRATORS = frozenset({roles.OWNER, roles.USER_ACCESS_ADMINISTRATOR})
# Since when assignments have conditions and descriptions.
CONDITIONS_SINCE = "2020-03-01-preview"


@at_scopes("GET", assignments.TYPE)
def list_assignments(request: Request, scope: str, _: str) -> Response:
    """List the assignments at the scope, above and below it; `atScope()` leaves those below out."""
    routing.require(request, scope)
    wanted = filters.parsed(request.query.get("$filter"), "atScope", "assignedTo", "principalId")
    every = assignments.in_subscription(request.tx, scopes.subscription(scope))
    found = [each for each in every if _is_near(each, scope, wanted) and _is_of(request, each, wanted)]
    return paging.page(request, [shown(request, each) for each in found])


def _is_near(assignment: Document, scope: str, wanted: dict[str, str]) -> bool:
    if scopes.covers(assignment["scope"], scope):
        return True
    return "atscope" not in wanted and scopes.covers(scope, assignment["scope"])


def _is_of(request: Request, assignment: Document, wanted: dict[str, str]) -> bool:
    """Tell whether the assignment is the principal's; `assignedTo` means those of its groups too."""
    if "principalid" in wanted and assignment["principalId"] != wanted["principalid"].lower():
        return False
    if "assignedto" not in wanted:
        return True
    principal = wanted["assignedto"]
    groups = directory.groups_of(request.tx, assignment["tenantId"], principal)
    return assignment["principalId"] in {principal.lower(), *(each["id"].lower() for each in groups)}


@at_scopes("GET", assignments.TYPE, named=True)
def get_assignment(request: Request, scope: str, name: str) -> Response:
    """Answer one assignment."""
    routing.require(request, scope)
    found = assignments.find(request.tx, scope, name)
    if found is None:
        raise refuse(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
    return Response(200, shown(request, found))


@at_scopes("DELETE", assignments.TYPE, named=True)
def delete_assignment(request: Request, scope: str, name: str) -> Response:
    """Delete the assignment and answer it a last time; 204 if it is not there."""
    routing.require(request, scope)
    found = assignments.find(request.tx, scope, name)
    if found is None:
        return Response(204)
    _check_not_last(request, found)
    body = shown(request, found)
    assignments.delete(request.tx, found)
    request.tx.effects.append(f"role assignment deleted {found['id']}")
    return Response(200, body)


def _check_not_last(request: Request, assignment: Document) -> None:
    """Refuse to leave a subscription without an administrator, unless a global administrator does it.

    https://learn.microsoft.com/azure/role-based-access-control/troubleshooting; it does not name the code.
    """
    tenant, scope = assignment["tenantId"], assignment["scope"]
    if assignment["role"] not in ADMINISTRATORS or scopes.group(scope):
        return
    every = assignments.in_subscription(request.tx, scopes.subscription(scope))
    others = [
        each
        for each in every
        if each["role"] in ADMINISTRATORS and scopes.same(each["scope"], scope) and each["id"] != assignment["id"]
    ]
    global_administrators = directory.role_members(request.tx, tenant, directory.GLOBAL_ADMINISTRATOR)
    if not others and request.caller.get("oid") not in global_administrators:
        raise refuse(400, "CannotDeleteLastRbacAdminAssignment", "Cannot delete the last RBAC admin assignment")


def shown(request: Request, assignment: Document) -> dict[str, Any]:
    """Return the assignment as the api-version of the request answers it."""
    version = request.query.get("api-version")
    subscription = scopes.subscription(assignment["scope"])
    properties: dict[str, Any] = {
        "roleDefinitionId": f"/subscriptions/{subscription}/providers/{roles.TYPE}/{assignment['role']}",
        "principalId": assignment["principalId"],
        "principalType": assignment["principalType"],
        "scope": assignment["scope"],
    }
    since = version >= CONDITIONS_SINCE
    if since:
        properties |= {name: assignment[name] for name in ("condition", "conditionVersion")}
    properties |= {name: assignment[name] for name in ("createdOn", "updatedOn", "createdBy", "updatedBy")}
    if since:
        properties |= {name: assignment[name] for name in ("delegatedManagedIdentityResourceId", "description")}
    if version < "2018":
        # The definitions of the first versions do not know the type of a principal.
        del properties["principalType"]
    return {
        "properties": properties,
        "id": assignment["id"],
        "type": assignments.TYPE,
        "name": assignment["name"],
    }

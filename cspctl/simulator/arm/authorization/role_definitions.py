"""Answers reads and lists of role definitions, in the shape of the api-version.

https://learn.microsoft.com/rest/api/authorization/role-definitions
"""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm import paging
from cspctl.simulator.arm.authorization import filters, roles, routing, scopes
from cspctl.simulator.arm.authorization.roles import Role
from cspctl.simulator.arm.authorization.routing import at_scopes
from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.wire import Refused, Request, Response

# Since when definitions have data actions.
DATA_ACTIONS_SINCE = "2018-01-01-preview"


@at_scopes("GET", roles.TYPE, root=True)
def list_definitions(request: Request, scope: str, _: str) -> Response:
    """List the definitions that can be assigned at the scope; `atScopeAndBelow()` adds those for what is in it."""
    if scope != "/":
        routing.require(request, scope)
    wanted = filters.parsed(request.query.get("$filter"), "atScope", "atScopeAndBelow", "roleName", "type")
    every = roles.every(request.tx, tenant_of(request))
    found = [each for each in every if _is_offered(each, scope, wanted) and _fits(each, wanted)]
    return paging.page(request, [shown(request, each, scope) for each in found])


def _is_offered(role: Role, scope: str, wanted: dict[str, str]) -> bool:
    if role.is_assignable(scope):
        return True
    return "atscopeandbelow" in wanted and any(scopes.covers(scope, each) for each in role.assignable_scopes)


def _fits(role: Role, wanted: dict[str, str]) -> bool:
    kind = "CustomRole" if role.is_custom else "BuiltInRole"
    name = wanted.get("rolename", role.name)
    return role.name.lower() == name.lower() and kind.lower() == wanted.get("type", kind).lower()


@at_scopes("GET", roles.TYPE, named=True, root=True)
def get_definition(request: Request, scope: str, name: str) -> Response:
    """Answer one definition, wherever in the directory it can be assigned."""
    role = roles.find(request.tx, tenant_of(request), name)
    if role is None:
        raise not_found(name)
    return Response(200, shown(request, role, scope))


def not_found(name: str) -> Refused:
    """Refuse: there is no such definition."""
    text = f"The specified role definition with ID '{name.replace('-', '')}' does not exist."
    return refuse(404, "RoleDefinitionDoesNotExist", text)


def tenant_of(request: Request) -> str:
    """Return the directory that the token was issued for."""
    return str(request.caller.get("tid", ""))


def shown(request: Request, role: Role, scope: str) -> dict[str, Any]:
    """Return the definition as the api-version of the request answers it, under the id it has at the scope."""
    subscription = scopes.subscription(scope)
    prefix = f"/subscriptions/{subscription}" if subscription else ""
    properties: dict[str, Any] = {
        "roleName": role.name,
        "type": "CustomRole" if role.is_custom else "BuiltInRole",
        "description": role.description,
        "assignableScopes": list(role.assignable_scopes),
        "permissions": [_permission(request, each) for each in role.permissions],
        "createdOn": role.created_on,
        "updatedOn": role.updated_on,
        "createdBy": role.created_by,
        "updatedBy": role.updated_by,
    }
    return {
        "properties": properties,
        "id": f"{prefix}/providers/{roles.TYPE}/{role.id}",
        "type": roles.TYPE,
        "name": role.id,
    }


def _permission(request: Request, permission: dict[str, Any]) -> dict[str, Any]:
    names = ["actions", "notActions"]
    if request.query.get("api-version") >= DATA_ACTIONS_SINCE:
        names += ["dataActions", "notDataActions"]
    return {name: permission.get(name, []) for name in names}

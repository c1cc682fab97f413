"""Creates, changes and deletes a directory's own role definitions; the only place with the rules for it.

https://learn.microsoft.com/azure/role-based-access-control/custom-roles
"""

from __future__ import annotations

import uuid
from typing import Any

from cspctl.simulator.arm import subscriptions
from cspctl.simulator.arm.authorization import assignments, operations, rights, roles, routing, scopes
from cspctl.simulator.arm.authorization.role_definitions import shown, tenant_of
from cspctl.simulator.arm.authorization.roles import Role
from cspctl.simulator.arm.authorization.routing import at_scopes
from cspctl.simulator.arm.errors import refuse, unauthorized
from cspctl.simulator.wire import Refused, Request, Response

# https://learn.microsoft.com/azure/role-based-access-control/custom-roles#custom-role-limits
MOST = 5000
MOST_SCOPES = 2000
LONGEST_NAME = 512
LONGEST_DESCRIPTION = 2048
LISTS = ("actions", "notActions", "dataActions", "notDataActions")


@at_scopes("PUT", roles.TYPE, named=True)
def put_definition(request: Request, scope: str, name: str) -> Response:
    """Create or replace one of the directory's own roles: 201 in both cases."""
    routing.require(request, scope)
    tenant, id = tenant_of(request), _guid(name)
    old = roles.find(request.tx, tenant, id)
    if old is not None and not old.is_custom:
        raise _built_in(old)
    sent = _properties(request)
    assignable = _assignable(request, sent)
    title = _name(request, id, sent)
    if old is None and len(roles.custom(request.tx, tenant)) >= MOST:
        text = "Role definition limit exceeded. No more role definitions can be created."
        raise refuse(400, "RoleDefinitionLimitExceeded", text)
    now, by = assignments.stamp(request.now), str(request.caller.get("oid", ""))
    since, author = (old.created_on, old.created_by) if old else (now, by)
    permissions = tuple(_permission(each) for each in sent.get("permissions") or [])
    role = Role(id, title, _description(sent), True, assignable, permissions, since, now, author, by)
    roles.save(request.tx, tenant, role)
    request.tx.effects.append(f"role definition {'changed' if old else 'created'} {id}")
    return Response(201, shown(request, role, scope))


@at_scopes("DELETE", roles.TYPE, named=True)
def delete_definition(request: Request, scope: str, name: str) -> Response:
    """Delete one of the directory's own roles that nobody has; 204 if it is not there."""
    tenant, id = tenant_of(request), _guid(name)
    role = roles.find(request.tx, tenant, id)
    if role is None:
        return Response(204)
    if not role.is_custom:
        raise _built_in(role)
    for each in role.assignable_scopes:
        _check_right(request, each, "delete")
    if any(each["role"] == role.id for each in assignments.in_tenant(request.tx, tenant)):
        raise refuse(400, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role.")
    roles.delete(request.tx, tenant, role)
    request.tx.effects.append(f"role definition deleted {role.id}")
    return Response(200, shown(request, role, scope))


def _guid(name: str) -> str:
    try:
        return str(uuid.UUID(name))
    except ValueError:
        text = f"The role definition ID '{name}' is not valid. The role definition ID must be a GUID."
        raise refuse(400, "InvalidRoleDefinitionId", text) from None


def _built_in(role: Role) -> Refused:
    # Documentation says that they cannot be changed, and gives no code.
    return refuse(400, "RoleDefinitionUpdateNotPermitted", f"The built-in role '{role.name}' cannot be changed.")


def _malformed() -> Refused:
    return refuse(400, "BadRequestFormat", "The request was incorrectly formatted.")


def _properties(request: Request) -> dict[str, Any]:
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    if not isinstance(properties, dict) or not isinstance(properties.get("permissions"), list | None):
        raise _malformed()
    if str(properties.get("type") or "CustomRole").lower() != "customrole":
        raise _malformed()
    return properties


def _name(request: Request, id: str, sent: dict[str, Any]) -> str:
    """Return the role's name, which is unique in the directory."""
    name = sent.get("roleName")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise _malformed()
    namesake = roles.named(request.tx, tenant_of(request), name)
    if namesake is not None and namesake.id != id:
        raise refuse(
            409,
            "RoleDefinitionWithSameNameExists",
            "A custom role with the same name already exists in this directory. Use a different name.",
        )
    return name


def _description(sent: dict[str, Any]) -> str:
    text = sent.get("description") or ""
    if not isinstance(text, str) or len(text) > LONGEST_DESCRIPTION:
        raise _malformed()
    return text


def _permission(sent: Any) -> dict[str, list[str]]:
    """Return a permission with all its lists; an action has at most one wildcard."""
    lists = {name: (sent.get(name) or []) for name in LISTS} if isinstance(sent, dict) else {"": None}
    for actions in lists.values():
        if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
            raise _malformed()
        for action in actions:
            operations.check(action)
    return {name: list(actions or []) for name, actions in lists.items()}


def _assignable(request: Request, sent: dict[str, Any]) -> tuple[str, ...]:
    """Return the scopes where the role can be assigned, on all of which the caller may write role definitions."""
    found = sent.get("assignableScopes")
    if not isinstance(found, list) or not 0 < len(found) <= MOST_SCOPES:
        raise _malformed()
    for scope in found:
        if not isinstance(scope, str) or "*" in scope or not scopes.subscription(scope):
            text = f"The assignable scope '{scope}' is not valid."
            raise refuse(400, "InvalidAssignableScope", text)
        _check_right(request, scope, "write")
    return tuple(found)


def _check_right(request: Request, scope: str, verb: str) -> None:
    action = f"{roles.TYPE}/{verb}"
    document = subscriptions.find(request.tx, request.now, scopes.subscription(scope))
    mine = document is not None and str(document["tenantId"]).lower() == tenant_of(request).lower()
    if document is None or not mine or not rights.of(request, document).may(action, scope):
        raise unauthorized(request.caller, action, scope)

"""Does with role assignments what people do in the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cspctl.simulator import directory, tenants
from cspctl.simulator.arm import subscriptions
from cspctl.simulator.arm.authorization import assignments, foreign, roles, scopes
from cspctl.simulator.store import Document, Transaction


def former_partner_principal(tx: Transaction, now: datetime, *, tenant: str, subscription: str = "") -> dict[str, Any]:
    """Before us the customer had another partner, whose agents are Owner of its subscriptions still."""
    found = _tenant(tx, tenant)
    mine = [each for each in subscriptions.in_tenant(tx, now, found["id"]) if each["channel"] == "csp"]
    chosen = [each["id"] for each in mine if not subscription or each["id"].lower() == subscription.lower()]
    if not chosen:
        raise LookupError(f"{tenant} has no such subscription")
    first = foreign.grant_former(tx, now, found["id"], chosen[0])
    principal = str(first["principalId"])
    rest = [foreign.grant_former(tx, now, found["id"], each, principal) for each in chosen[1:]]
    return {"principalId": principal, "roleAssignments": [each["id"] for each in (first, *rest)]}


def assign_role(
    tx: Transaction, now: datetime, *, tenant: str, scope: str, role: str, principal: str
) -> dict[str, Any]:
    """An administrator of the customer assigns a role.

    `scope`: a subscription's id or any longer id; `role`: name or GUID; `principal`: object id, user principal
    name, or a group's display name.
    """
    found = _tenant(tx, tenant)
    scope = (scope if scope.startswith("/") else f"/subscriptions/{scope}").rstrip("/")
    document = subscriptions.find(tx, now, scopes.subscription(scope))
    if document is None or document["tenantId"] != found["id"] or not scopes.exists(tx, scope):
        raise LookupError(f"{tenant} has no scope {scope}")
    definition = roles.find(tx, found["id"], role) or roles.named(tx, found["id"], role)
    if definition is None:
        raise LookupError(f"{tenant} has no role {role}")
    type, id = _principal(tx, found["id"], principal)
    if any(
        scopes.same(each["scope"], scope) and (each["role"], each["principalId"]) == (definition.id, id.lower())
        for each in assignments.in_subscription(tx, scopes.subscription(scope))
    ):
        raise ValueError(f"{principal} has the role {definition.name} there already")
    created = assignments.add(tx, now, found["id"], scope, definition.id, id, type)
    return {"id": created["id"], "principalId": id, "principalType": type}


def _tenant(tx: Transaction, tenant: str) -> Document:
    found = tenants.find(tx, tenant)
    if found is None:
        raise LookupError(f"there is no tenant {tenant}")
    return found


def _principal(tx: Transaction, tenant: str, principal: str) -> tuple[str, str]:
    named = directory.user(tx, tenant, principal) or directory.group(tx, tenant, principal)
    id = str(named["id"]) if named else principal
    found = directory.principal(tx, tenant, id)
    if found is None:
        raise LookupError(f"there is no principal {principal} in the directory")
    return found[0], id

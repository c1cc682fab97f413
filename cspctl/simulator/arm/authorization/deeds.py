"""Does with role assignments what people do in the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cspctl.simulator import directory, tenants
from cspctl.simulator.arm import records, subscriptions
from cspctl.simulator.arm.authorization import assignments, foreign, roles, scopes
from cspctl.simulator.store import Document, Transaction


def former_partner_principal(tx: Transaction, now: datetime, *, tenant: str, subscription: str = "") -> dict[str, Any]:
    """Before us the customer had another partner, whose agents are Owner of its subscriptions still."""
    found = _tenant(tx, tenant)
    mine = [each for each in subscriptions.in_tenant(tx, now, found["id"]) if each["channel"] == "csp"]
    wanted = subscription.lower()
    chosen = [each["id"] for each in mine if wanted in {"", each["id"].lower(), str(each["displayName"]).lower()}]
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

    `scope`: an id, or as much of its end as tells it apart, such as resourceGroups/network; of a subscription also
    its name; `role`: name or GUID; `principal`: object id, user principal name, or a group's display name.
    """
    found = _tenant(tx, tenant)
    scope = _scope(tx, now, found, scope)
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


def _scope(tx: Transaction, now: datetime, tenant: Document, asked: str) -> str:
    """Return the one scope in the tenant that is meant."""
    every = subscriptions.in_tenant(tx, now, tenant["id"])
    if asked.startswith("/"):
        own = any(scopes.covers(f"/subscriptions/{each['id']}", asked) for each in every)
        found = [asked.rstrip("/")] if own and scopes.exists(tx, asked.rstrip("/")) else []
    else:
        found = [scope for each in every for scope in _scopes(tx, each, asked)]
    if len(found) != 1:
        several = f"{len(found)} scopes that end in {asked}: {', '.join(found)}"
        raise LookupError(f"{tenant['domain']} has {several if found else f'no scope {asked}'}")
    return found[0]


def _scopes(tx: Transaction, subscription: Document, asked: str) -> list[str]:
    """Return the subscription if it is meant, by id or name, else what ends in the text."""
    own, end = f"/subscriptions/{subscription['id']}", f"/{asked.strip('/')}".lower()
    if end[1:] in {str(subscription["id"]).lower(), str(subscription["displayName"]).lower()}:
        return [own]
    below = [str(each["id"]) for each in records.in_subscription(tx, str(subscription["id"]))]
    groups = [f"{own}/resourceGroups/{each['name']}" for each in tx.all(scopes.GROUPS, f"{subscription['id']}/")]
    # Subnets and their like have no document of their own.
    parts = [str(item["id"]) for each in below for item in _parts(tx, each)]
    return [each for each in (*groups, *below, *parts) if each.lower().endswith(end)]


def _parts(tx: Transaction, id: str) -> list[Document]:
    document = records.find(tx, id)
    return [item for _, item in records.parts(document) if "id" in item] if document else []


def _principal(tx: Transaction, tenant: str, principal: str) -> tuple[str, str]:
    named = directory.user(tx, tenant, principal) or directory.group(tx, tenant, principal)
    id = str(named["id"]) if named else principal
    found = directory.principal(tx, tenant, id)
    if found is None:
        raise LookupError(f"there is no principal {principal} in the directory")
    return found[0], id

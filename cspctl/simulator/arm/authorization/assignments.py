"""Keeps role assignments; the only place that stores them.

An assignment goes with what it is assigned at: one whose scope has been deleted is removed before anything
else can take the scope's name (documentation is silent about when exactly that happens). One whose principal
has been deleted stays, as in Azure.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from cspctl.simulator.arm.authorization import scopes
from cspctl.simulator.store import Document, Transaction

COLLECTION = "armRoleAssignments"
# The names of assignments are unique in a directory: "{tenant}/{name}" leads to the id.
NAMES = "armRoleAssignmentNames"
TYPE = "Microsoft.Authorization/roleAssignments"


def stamp(now: datetime) -> str:
    """Return the time as Microsoft.Authorization writes it, with seven digits of a second."""
    return f"{now:%Y-%m-%dT%H:%M:%S.%f}0Z"


def add(
    tx: Transaction,
    now: datetime,
    tenant: str,
    scope: str,
    role: str,
    principal: str,
    principal_type: str,
    *,
    name: str = "",
    by: str | None = None,
    **fields: Any,
) -> Document:
    """Write a new assignment and return it; `role` is the definition's GUID, `by` who assigns."""
    name = name or str(uuid.uuid4())
    document: Document = {
        "id": f"{scope}/providers/{TYPE}/{name}",
        "name": name,
        "tenantId": tenant,
        "scope": scope,
        "role": role.lower(),
        "principalId": principal.lower(),
        "principalType": principal_type,
        "condition": None,
        "conditionVersion": None,
        "description": None,
        "delegatedManagedIdentityResourceId": None,
        "createdOn": stamp(now),
        "updatedOn": stamp(now),
        "createdBy": by,
        "updatedBy": by,
        **fields,
    }
    tx.put(NAMES, f"{tenant}/{name}", {"id": document["id"]})
    save(tx, document)
    return document


def save(tx: Transaction, document: Document) -> None:
    """Write the assignment."""
    tx.put(COLLECTION, document["id"], document)


def find(tx: Transaction, scope: str, name: str) -> Document | None:
    """Return the assignment of this name at exactly this scope, or None."""
    return tx.get(COLLECTION, f"{scope}/providers/{TYPE}/{name}")


def by_name(tx: Transaction, tenant: str, name: str) -> Document | None:
    """Return the assignment of this name wherever in the directory it is, or None."""
    known = tx.get(NAMES, f"{tenant}/{name}")
    return None if known is None else tx.get(COLLECTION, known["id"])


def in_subscription(tx: Transaction, subscription: str) -> list[Document]:
    """Return the assignments at the subscription and at everything in it."""
    return tx.all(COLLECTION, f"/subscriptions/{subscription}/")


def in_tenant(tx: Transaction, tenant: str) -> list[Document]:
    """Return every assignment in the directory's subscriptions."""
    return [each for each in tx.all(COLLECTION) if each["tenantId"].lower() == tenant.lower()]


def delete(tx: Transaction, document: Document) -> None:
    """Delete the assignment."""
    tx.delete(COLLECTION, document["id"])
    tx.delete(NAMES, f"{document['tenantId']}/{document['name']}")


def remove_orphans(tx: Transaction, subscription: str) -> None:
    """Delete the assignments whose scope is gone."""
    seen: dict[str, bool] = {}
    for each in in_subscription(tx, subscription):
        scope = each["scope"].lower()
        if scope not in seen:
            seen[scope] = scopes.exists(tx, scope)
        if not seen[scope]:
            delete(tx, each)

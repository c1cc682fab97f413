"""Keeps role definitions, Microsoft's and the customers' own; the only place that says what a role allows.

https://learn.microsoft.com/azure/role-based-access-control/role-definitions
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cspctl.simulator.arm.authorization import scopes
from cspctl.simulator.arm.authorization.built_in import ROLES, BuiltIn
from cspctl.simulator.store import Document, Transaction

COLLECTION = "armRoleDefinitions"
TYPE = "Microsoft.Authorization/roleDefinitions"

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"


@dataclass(frozen=True)
class Role:
    """A role definition: its GUID, whose it is, where it can be assigned, what it permits."""

    id: str
    name: str
    description: str
    is_custom: bool
    assignable_scopes: tuple[str, ...]
    permissions: tuple[dict[str, Any], ...]
    created_on: str
    updated_on: str
    created_by: str | None = None
    updated_by: str | None = None

    def allows(self, action: str) -> bool:
        """Tell whether one of the permissions holds the action and does not take it away again."""
        return any(
            _matches(each.get("actions", []), action) and not _matches(each.get("notActions", []), action)
            for each in self.permissions
        )

    def is_assignable(self, scope: str) -> bool:
        """Tell whether the role can be assigned at the scope."""
        return any(scopes.covers(each, scope) for each in self.assignable_scopes)


def _matches(patterns: list[str], action: str) -> bool:
    return any(_pattern(each).fullmatch(action) for each in patterns)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*"), re.IGNORECASE)


# Real ones differ by role; no client of ours reads them.
_SINCE = "2015-02-02T21:55:09.8800000Z"


def _built_in(each: BuiltIn) -> Role:
    permission = {
        "actions": each.actions.split(),
        "notActions": each.not_actions.split(),
        "dataActions": each.data_actions.split(),
        "notDataActions": each.not_data_actions.split(),
    }
    return Role(each.id, each.name, each.description, False, ("/",), (permission,), _SINCE, _SINCE)


BUILT_IN = {each.id: _built_in(each) for each in ROLES}


def find(tx: Transaction, tenant: str, id: str) -> Role | None:
    """Return the role definition with this GUID in the directory, or None."""
    found = BUILT_IN.get(id.lower())
    if found is not None:
        return found
    document = tx.get(COLLECTION, f"{tenant}/{id}")
    return None if document is None else _custom(document)


def every(tx: Transaction, tenant: str) -> list[Role]:
    """Return the built-in roles and the directory's own, the latter by id."""
    return [*BUILT_IN.values(), *custom(tx, tenant)]


def custom(tx: Transaction, tenant: str) -> list[Role]:
    """Return the directory's own roles."""
    return [_custom(each) for each in tx.all(COLLECTION, f"{tenant}/")]


def named(tx: Transaction, tenant: str, name: str) -> Role | None:
    """Return the role definition of this name, which is unique in a directory, or None."""
    return next((each for each in every(tx, tenant) if each.name.lower() == name.lower()), None)


def save(tx: Transaction, tenant: str, role: Role) -> None:
    """Write one of the directory's own roles."""
    document: Document = {
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "assignableScopes": list(role.assignable_scopes),
        "permissions": list(role.permissions),
        "createdOn": role.created_on,
        "updatedOn": role.updated_on,
        "createdBy": role.created_by,
        "updatedBy": role.updated_by,
    }
    tx.put(COLLECTION, f"{tenant}/{role.id}", document)


def delete(tx: Transaction, tenant: str, role: Role) -> None:
    """Delete one of the directory's own roles."""
    tx.delete(COLLECTION, f"{tenant}/{role.id}")


def _custom(document: Document) -> Role:
    return Role(
        document["id"],
        document["name"],
        document["description"],
        True,
        tuple(document["assignableScopes"]),
        tuple(document["permissions"]),
        document["createdOn"],
        document["updatedOn"],
        document["createdBy"],
        document["updatedBy"],
    )
